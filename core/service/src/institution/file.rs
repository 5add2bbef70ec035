//! Reading an institution's file.

use super::{
    Absent, FactSource, Institution, On404, Period, Place, Request, RequestStage, Subject, Template, Ticket, Unit,
};
use crate::document::Format;
use crate::fact::{FactName, Kind, Shape};
use dayaq_author::Table;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(super) fn read_institution(
    root: &Table<'_>,
    given: &mut BTreeSet<FactName>,
    others: &[Institution],
) -> Option<Institution> {
    let id = root.parse("id", |text| read_id(text, others.iter().map(|o| o.id.as_str())));
    let name = root.string("name");
    let format = root.one_of("format", &[("json", Format::Json), ("xml", Format::Xml)]);
    let timeout = root.integer("timeout_ms", 50..=60_000u64);
    let retry = read_retry(root);
    let mut requests: Vec<Request> = Vec::new();
    for table in root.tables("request") {
        let taken = others.iter().flat_map(|o| &o.requests).chain(&requests).map(|r| r.id.as_str());
        let request = read_request(&table, format, taken, given);
        table.finish();
        requests.extend(request);
    }
    if requests.is_empty() {
        root.error("request", "at least one is needed");
    }
    Some(Institution {
        id: id?,
        name: name?,
        format: format?,
        timeout: Duration::from_millis(timeout?),
        retry,
        requests,
    })
}

fn read_retry(root: &Table<'_>) -> Vec<Duration> {
    let mut waits = Vec::new();
    for (text, place) in root.string_items("retry") {
        match read_wait(&text) {
            Ok(wait) => waits.push(wait),
            Err(error) => root.error("retry", format!("{error} in line {}", place.position.line)),
        }
    }
    if waits.is_empty() {
        root.error("retry", "at least one wait is needed");
    }
    waits
}

/// Reads `30s`, `2m` or `1h`, up to a day.
fn read_wait(text: &str) -> Result<Duration, String> {
    let parse = || {
        let unit = text.chars().last()?;
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        let seconds = match unit {
            's' => number,
            'm' => number.checked_mul(60)?,
            'h' => number.checked_mul(3600)?,
            _ => return None,
        };
        (1..=86_400).contains(&seconds).then(|| Duration::from_secs(seconds))
    };
    parse().ok_or_else(|| format!("must be waits such as \"30s\", \"2m\" or \"1h\", found {text:?}"))
}

fn read_request<'a>(
    table: &Table<'_>,
    format: Option<Format>,
    taken: impl Iterator<Item = &'a str>,
    given: &mut BTreeSet<FactName>,
) -> Option<Request> {
    let id = table.parse("id", |text| read_id(text, taken));
    let subject = table.one_of("subject", &Subject::NAMES);
    let known = subject.map_or(&Place::ALL[..], Subject::places);
    let path = table.parse("path", |text| Template::parse_path(text, known));
    let path_by_address = table.opt_parse("path_by_address", |text| Template::parse_path(text, known));
    let body = table.opt_parse("body", |text| Template::parse(text, known));
    let soap_action = table.opt_parse("soap_action", read_header);
    let stages = [
        ("verification", RequestStage::Verification),
        ("proof", RequestStage::Proof),
        ("evidence", RequestStage::Evidence),
    ];
    let stage = table.one_of("stage", &stages);
    let on_404 = table.one_of("on_404", &[("unknown", On404::Unknown), ("nothing", On404::Nothing)]);
    let absent = table.opt_table("absent").and_then(|table| {
        let absent = (table.parse("pointer", read_pointer), table.string("value"));
        table.finish();
        Some(Absent { pointer: absent.0?, value: absent.1? })
    });
    let pages = table.opt_parse("pages", read_pointer);
    let ticket = table.opt_table("ticket").and_then(|table| read_ticket(table));
    check_request(table, subject, stage, path.as_ref(), pages.is_some(), ticket.is_some());
    let mut facts = Vec::new();
    for fact in table.tables("facts") {
        if let Some(source) = read_fact(&fact, format, on_404) {
            if source.name.sign().is_some() != (subject == Some(Subject::Pair)) {
                fact.error("name", "what proves a member is told of a pair, and of a pair nothing else is");
            }
            if !given.insert(source.name) && !source.name.may_be_joined() {
                fact.error("name", "another request already gives this fact");
            }
            facts.push(source);
        }
        fact.finish();
    }
    if facts.is_empty() {
        table.error("facts", "at least one is needed");
    }
    Some(Request {
        id: id?,
        path: path?,
        path_by_address,
        body,
        soap_action,
        subject: subject?,
        stage: stage?,
        on_404: on_404?,
        absent,
        pages,
        ticket,
        facts,
    })
}

fn read_ticket(table: Table<'_>) -> Option<Ticket> {
    let pointer = table.parse("pointer", read_pointer);
    let path = table.parse("path", |text| Template::parse_path(text, &[Place::Ticket]));
    let wait = table.parse("wait", read_wait);
    if path.as_ref().is_some_and(|path| !path.has(Place::Ticket)) {
        table.error("path", "needs the place {ticket}");
    }
    table.finish();
    Some(Ticket { pointer: pointer?, path: path?, wait: wait? })
}

fn check_request(
    table: &Table<'_>,
    subject: Option<Subject>,
    stage: Option<RequestStage>,
    path: Option<&Template>,
    paged: bool,
    ticketed: bool,
) {
    let first = matches!(subject, Some(Subject::Person | Subject::Notary));
    if stage == Some(RequestStage::Verification) && !first && subject.is_some() {
        table.error("stage", "only a person or a notarised application is verified");
    }
    if let (Some(stage), Some(subject)) = (stage, subject)
        && (stage == RequestStage::Proof) != (subject == Subject::Pair)
    {
        table.error("stage", "proof is asked for of a pair, and of a pair nothing else");
    }
    if paged && path.is_some_and(|path| !path.has(Place::Page)) {
        table.error("pages", "the path needs the place {page}");
    }
    if !paged && path.is_some_and(|path| path.has(Place::Page)) {
        table.error("path", "{page} needs `pages`, which says how many there are");
    }
    if paged && ticketed {
        table.error("ticket", "an answer has pages or a ticket, not both");
    }
    if table.has("path_by_address") && !matches!(subject, Some(Subject::Electricity | Subject::Water | Subject::Gas)) {
        table.error("path_by_address", "suits meters alone");
    }
}

fn read_fact(table: &Table<'_>, format: Option<Format>, on_404: Option<On404>) -> Option<FactSource> {
    let names = FactName::ALL.map(|n| (n.name(), n));
    let name = table.one_of("name", &names);
    let pointer = table.parse("pointer", read_pointer);
    let optional = table.boolean_or("optional", false);
    let unit = table.one_of_or("unit", &[("qepik", Unit::Qepik), ("azn", Unit::Azn)], Unit::Qepik);
    let period = table.one_of_or("period", &[("month", Period::Month), ("year", Period::Year)], Period::Month);
    let hectares = table.boolean_or("hectares", false);
    let each = table.string_or("each", "");
    let map = |key: &str| -> BTreeMap<String, String> {
        table.string_map(key).into_iter().map(|(key, value, _)| (key, value)).collect()
    };
    let (words, fixed) = (map("words"), map("fixed"));
    let mut item = BTreeMap::new();
    if let Some(name) = name {
        let shape = name.shape();
        if optional && !shape.may_be_nothing() {
            table.error("optional", "a decision cannot do without this fact");
        }
        if on_404 == Some(On404::Nothing) && !shape.may_be_nothing() {
            table.error("name", "on_404 = \"nothing\" does not suit a fact that cannot be nothing");
        }
        if shape.is_list() && format == Some(Format::Xml) && each.is_empty() {
            table.error("each", "missing: the name of the list's elements");
        }
        item = read_item(table, shape, period, &fixed);
        check_units(table, shape);
    }
    Some(FactSource { name: name?, pointer: pointer?, each, item, fixed, words, optional, unit, period, hectares })
}

/// Reads the paths of an item's columns; those that are fixed have none, and a year stands for the month.
fn read_item(
    table: &Table<'_>,
    shape: Shape,
    period: Period,
    fixed: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let columns = shape.columns();
    for key in fixed.keys().filter(|key| !columns.iter().any(|c| c.name == *key && c.kind == Kind::Name)) {
        table.error("fixed", format!("{key:?} is not a word of this fact"));
    }
    let monthly = columns.iter().any(|c| c.name == "month");
    if period == Period::Year && !monthly {
        table.error("period", "this fact is not counted by the month");
    }
    if columns.is_empty() {
        return BTreeMap::new();
    }
    let Some(items) = table.table("item") else { return BTreeMap::new() };
    let mut item = BTreeMap::new();
    for column in columns.iter().filter(|c| !fixed.contains_key(c.name)) {
        let key = if period == Period::Year && column.name == "month" { "year" } else { column.name };
        let path = match column.optional {
            true => items.opt_parse(key, read_pointer),
            false => items.parse(key, read_pointer),
        };
        item.extend(path.map(|path| (key.to_owned(), path)));
    }
    items.finish();
    item
}

/// A unit or a translation that nothing would use is a mistake.
fn check_units(table: &Table<'_>, shape: Shape) {
    let kinds: Vec<Kind> = match shape {
        Shape::One(kind) | Shape::Perhaps(kind) | Shape::List(kind) => vec![kind],
        Shape::Record(columns) | Shape::Rows(columns) => columns.iter().map(|c| c.kind).collect(),
    };
    let has = |wanted: fn(&Kind) -> bool| kinds.iter().any(wanted);
    if table.has("unit") && !has(|kind| *kind == Kind::Money) {
        table.error("unit", "this fact has no amount");
    }
    if table.has("hectares") && !has(|kind| matches!(kind, Kind::Count(_))) {
        table.error("hectares", "this fact has no quantity");
    }
    if table.has("words") && !has(|kind| matches!(kind, Kind::Name | Kind::OneOf(_) | Kind::Flag)) {
        table.error("words", "this fact has no words");
    }
}

fn read_pointer(text: &str) -> Result<String, String> {
    if text.starts_with('/') { Ok(text.to_owned()) } else { Err("must be a path such as /person/name".to_owned()) }
}

fn read_header(text: &str) -> Result<String, String> {
    if !text.is_empty() && text.bytes().all(|b| (0x21..0x7f).contains(&b)) {
        Ok(text.to_owned())
    } else {
        Err("must be visible ASCII without spaces".to_owned())
    }
}

fn read_id<'a>(text: &str, mut taken: impl Iterator<Item = &'a str>) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || text.len() > 40 || !text.chars().all(plain) {
        return Err("must be 1 to 40 lower-case letters, digits and dashes".to_owned());
    }
    if taken.any(|other| other == text) {
        return Err(format!("{text:?} is given twice"));
    }
    Ok(text.to_owned())
}
