//! An institution's answer, read strictly: what is missing or of another form is no evidence.

use crate::document::{Document, Node};
use crate::fact::{Column, FactName, Kind, Shape};
use crate::facts::Month;
use crate::institution::{FactSource, On404, Period, Request, Unit};
use dayaq_types::Fin;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// Items in a list of an answer, at most, all its pages together.
const ITEMS_MAX: usize = 10_000;
/// Octets in a text of an answer, at most.
const TEXT_OCTETS_MAX: usize = 400;
/// Characters in a key with which another institution is asked, at most.
const KEY_MAX: usize = 40;
/// Square metres in a hectare.
const HECTARE_DECIMALS: usize = 4;

/// What was read in an answer; `known` is false where there is no such person or paper.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether the institution knows the subject.
    pub known: bool,
    /// The facts in one form, whatever the institution's: qəpik, ISO days, our words.
    pub facts: BTreeMap<FactName, Json>,
}

/// An answer of the wrong form; names the fact, never its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the fact {fact} is missing or has the wrong form", fact = .0.name())]
pub struct WrongForm(pub FactName);

impl Answer {
    /// Reads a success.
    pub fn read(request: &Request, document: &Document<'_>) -> Result<Self, WrongForm> {
        let mut facts = BTreeMap::new();
        for source in &request.facts {
            let value = read_fact(source, document.root()).ok_or(WrongForm(source.name))?;
            match (facts.get_mut(&source.name), value) {
                // Land and livestock stand in two lists of one answer.
                (Some(Json::Array(all)), Json::Array(more)) => all.extend(more),
                (_, value) => drop(facts.insert(source.name, value)),
            }
        }
        Ok(Self { known: true, facts })
    }

    /// The meaning of an answer that says that there is nothing under that key.
    pub fn not_found(request: &Request) -> Self {
        match request.on_404 {
            On404::Unknown => Self { known: false, facts: BTreeMap::new() },
            On404::Nothing => {
                Self { known: true, facts: request.facts.iter().map(|f| (f.name, nothing(f.name.shape()))).collect() }
            }
        }
    }

    /// Adds the next page: lists grow, and everything else must say the same on each.
    pub fn add_page(&mut self, page: Self) -> Result<(), WrongForm> {
        for (name, more) in page.facts {
            match (self.facts.get_mut(&name), more) {
                (Some(Json::Array(items)), Json::Array(more)) if items.len() + more.len() <= ITEMS_MAX => {
                    items.extend(more);
                }
                (Some(value), more) if *value == more && !name.shape().is_list() => {}
                _ => return Err(WrongForm(name)),
            }
        }
        Ok(())
    }
}

/// Reads a fact; `None` where it is missing or of the wrong form.
fn read_fact(source: &FactSource, root: Node<'_, '_>) -> Option<Json> {
    let shape = source.name.shape();
    // Of what is no record, nothing is missing either.
    if !source.pointer.is_empty() && !root.is_record() {
        return None;
    }
    let found = root.at(&source.pointer).ok()?;
    let node = match found {
        None if source.optional => return Some(nothing(shape)),
        Some(node) if source.optional && node.is_nothing() => return Some(nothing(shape)),
        None => return None,
        Some(node) => node,
    };
    match shape {
        Shape::One(kind) => read_value(source, kind, node),
        Shape::Perhaps(_) | Shape::Record(_) if node.is_nothing() => Some(Json::Null),
        Shape::Perhaps(kind) => read_value(source, kind, node),
        Shape::Record(columns) => read_columns(source, columns, node).map(Json::Object),
        Shape::List(kind) => {
            let items = node.items(&source.each).filter(|items| items.len() <= ITEMS_MAX)?;
            items.into_iter().map(|item| read_value(source, kind, item)).collect()
        }
        Shape::Rows(columns) => {
            let mut rows = Vec::new();
            for item in node.items(&source.each).filter(|items| items.len() <= ITEMS_MAX)? {
                match source.period {
                    Period::Month => rows.push(Json::Object(read_columns(source, columns, item)?)),
                    Period::Year => rows.extend(read_year(source, columns, item)?),
                }
            }
            (rows.len() <= ITEMS_MAX).then_some(Json::Array(rows))
        }
    }
}

fn nothing(shape: Shape) -> Json {
    match shape {
        Shape::One(Kind::Flag) => Json::Bool(false),
        Shape::One(_) | Shape::Perhaps(_) | Shape::Record(_) => Json::Null,
        Shape::List(_) | Shape::Rows(_) => json!([]),
    }
}

fn read_columns(source: &FactSource, columns: &[Column], item: Node<'_, '_>) -> Option<Map<String, Json>> {
    let read = |column: &Column| {
        let value = if let Some(fixed) = source.fixed.get(column.name) {
            Json::String(fixed.clone())
        } else {
            let pointer = source.item.get(column.name);
            match pointer.map(|pointer| item.at(pointer)).transpose().ok()?.flatten() {
                Some(node) if !(column.optional && node.is_nothing()) => read_value(source, column.kind, node)?,
                None | Some(_) if column.optional => Json::Null,
                None | Some(_) => return None,
            }
        };
        Some((column.name.to_owned(), value))
    };
    columns.iter().map(read).collect()
}

/// Spreads a year's sum over its months to the qəpik: the months add up to it.
fn read_year(source: &FactSource, columns: &[Column], item: Node<'_, '_>) -> Option<Vec<Json>> {
    let others: Vec<Column> = columns.iter().filter(|c| c.name != "month").copied().collect();
    let row = read_columns(source, &others, item)?;
    let year: i16 = item.at(source.item.get("year")?).ok()??.word()?.parse().ok()?;
    let total = row.get("amount")?.as_i64()?;
    if !(1900..=2200).contains(&year) {
        return None;
    }
    let month = |month: i8| {
        let share = total / 12 + i64::from(i64::from(month) <= total % 12);
        let mut row = row.clone();
        row.insert("month".to_owned(), month_json(Month { year, month }));
        row.insert("amount".to_owned(), json!(share));
        Json::Object(row)
    };
    Some((1..=12).map(month).collect())
}

fn read_value(source: &FactSource, kind: Kind, node: Node<'_, '_>) -> Option<Json> {
    let word = |node: Node<'_, '_>| {
        let word = node.word()?;
        if source.words.is_empty() { Some(word.into_owned()) } else { source.words.get(word.as_ref()).cloned() }
    };
    Some(match kind {
        Kind::Text => Json::String(plain(node.text()?.as_ref())?.to_owned()),
        Kind::Name => Json::String(plain(&word(node)?)?.to_owned()),
        Kind::OneOf(words) => Json::String(word(node).filter(|word| words.contains(&word.as_str()))?),
        Kind::Key => {
            let text = node.text()?;
            let sound =
                (1..=KEY_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            Json::String(sound.then(|| text.into_owned())?)
        }
        Kind::Flag => match word(node)?.as_str() {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            _ => return None,
        },
        Kind::Date => Json::String(date(node.text()?.as_ref())?.to_string()),
        Kind::Month => month_json(month(node.text()?.as_ref())?),
        Kind::Money => json!(money(source.unit, node)?),
        Kind::Count(most) => {
            let number = match source.hectares {
                true => scaled(node.number().or_else(|| node.text())?.as_ref(), HECTARE_DECIMALS)?,
                false => node.number()?.parse().ok()?,
            };
            json!(u32::try_from(number).ok().filter(|number| *number <= most)?)
        }
        Kind::Fin => json!(Fin::parse(node.text()?.as_ref()).ok()?),
    })
}

fn plain(text: &str) -> Option<&str> {
    (!text.is_empty() && text.len() <= TEXT_OCTETS_MAX && !text.chars().any(char::is_control)).then_some(text)
}

fn date(text: &str) -> Option<Date> {
    let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = text.split(['-', '.']).collect();
    let [a, b, c] = parts[..] else { return None };
    let (year, month, day) = if text.contains('.') { (c, b, a) } else { (a, b, c) };
    if text.contains('.') == text.contains('-') || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

fn month(text: &str) -> Option<Month> {
    if let Some(day) = date(text) {
        return Some(Month::of(day));
    }
    match text.split_once('.') {
        Some((month, year)) => Month::parse(&format!("{year}-{month}")),
        None => Month::parse(text),
    }
}

fn month_json(month: Month) -> Json {
    json!({ "year": month.year, "month": month.month })
}

/// Qəpik; manat come as a number or a text of at most two decimals, with a point or a comma.
fn money(unit: Unit, node: Node<'_, '_>) -> Option<i64> {
    match unit {
        Unit::Qepik => node.number()?.parse().ok().filter(|qepik| *qepik >= 0),
        Unit::Azn => scaled(node.number().or_else(|| node.text())?.as_ref(), 2),
    }
}

/// A decimal number times ten to the power of `decimals`; `None` where something would be lost.
fn scaled(text: &str, decimals: usize) -> Option<i64> {
    let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || part.len() > decimals || !digits(whole) || !digits(part) {
        return None;
    }
    format!("{whole}{part:0<decimals$}").parse().ok()
}
