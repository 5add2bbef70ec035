use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;

use crate::document::{Entries, Entry, Node, Value, join};
use crate::{Diagnostics, Place, Position, closest};

/// Holds a calendar date as the author wrote it, already known to exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    pub year: i16,
    pub month: i8,
    pub day: i8,
}

/// Holds one value that is no date, array or table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scalar {
    String(String),
    Integer(i64),
    Boolean(bool),
}

/// Reads one table key by key and records every fault with its full key and line.
///
/// For each type there are three forms: `string` must be there, `opt_string` may be, `string_or` has a fallback. A `None`
/// from the first has already been reported. [`Table::finish`] reports the keys that nobody asked for.
#[derive(Debug)]
pub struct Table<'d> {
    entries: &'d Entries,
    place: Place,
    diagnostics: &'d Diagnostics,
    asked: RefCell<BTreeSet<String>>,
}

impl<'d> Table<'d> {
    pub(crate) fn new(entries: &'d Entries, place: Place, diagnostics: &'d Diagnostics) -> Self {
        Table { entries, place, diagnostics, asked: RefCell::default() }
    }

    /// Gives the place of this table itself.
    pub fn place(&self) -> Place {
        self.place.clone()
    }

    /// Gives the place of a key's value; of the table, when the key is absent.
    pub fn at(&self, key: &str) -> Place {
        let position = self.entry(key).map_or(self.place.position, |entry| entry.place());
        Place { path: self.place.path.clone(), position, key: self.full(key) }
    }

    /// Records a fault of this key that the caller found.
    pub fn error(&self, key: &str, message: impl Into<String>) {
        self.diagnostics.push(self.at(key).error(message));
    }

    /// Records what is odd about this key and may be meant so.
    pub fn warning(&self, key: &str, message: impl Into<String>) {
        self.diagnostics.push(self.at(key).warning(message));
    }

    /// Records a fault of the table as a whole.
    pub fn error_here(&self, message: impl Into<String>) {
        self.diagnostics.push(self.place.error(message));
    }

    pub fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Lists the keys in the order of the file, and counts none of them as asked for.
    pub fn keys(&self) -> Vec<&'d str> {
        self.entries.iter().map(|entry| entry.key.as_str()).collect()
    }

    pub fn string(&self, key: &str) -> Option<String> {
        self.required(key, "a string", read_string)
    }

    pub fn opt_string(&self, key: &str) -> Option<String> {
        self.optional(key, "a string", read_string)
    }

    pub fn string_or(&self, key: &str, fallback: &str) -> String {
        self.opt_string(key).unwrap_or_else(|| fallback.to_owned())
    }

    pub fn integer<T: Number>(&self, key: &str, range: RangeInclusive<T>) -> Option<T> {
        let number = self.required(key, "an integer", read_integer)?;
        self.in_range(key, number, range)
    }

    pub fn opt_integer<T: Number>(&self, key: &str, range: RangeInclusive<T>) -> Option<T> {
        let number = self.optional(key, "an integer", read_integer)?;
        self.in_range(key, number, range)
    }

    pub fn integer_or<T: Number>(&self, key: &str, range: RangeInclusive<T>, fallback: T) -> T {
        self.opt_integer(key, range).unwrap_or(fallback)
    }

    pub fn boolean(&self, key: &str) -> Option<bool> {
        self.required(key, "true or false", read_boolean)
    }

    pub fn boolean_or(&self, key: &str, fallback: bool) -> bool {
        self.optional(key, "true or false", read_boolean).unwrap_or(fallback)
    }

    /// Reads a number with or without a fraction.
    pub fn float(&self, key: &str) -> Option<f64> {
        self.required(key, "a number", read_float)
    }

    pub fn opt_float(&self, key: &str) -> Option<f64> {
        self.optional(key, "a number", read_float)
    }

    /// Reads a bare TOML date such as `2026-01-01`, without a time.
    pub fn date(&self, key: &str) -> Option<Date> {
        self.required(key, "a date such as 2026-01-31", read_date)
    }

    pub fn opt_date(&self, key: &str) -> Option<Date> {
        self.optional(key, "a date such as 2026-01-31", read_date)
    }

    /// Reads an array of strings; an absent key is an empty array.
    pub fn strings(&self, key: &str) -> Vec<String> {
        self.string_items(key).into_iter().map(|(text, _)| text).collect()
    }

    /// Reads an array of strings, each with its place; an absent key is an empty array.
    pub fn string_items(&self, key: &str) -> Vec<(String, Place)> {
        let place_of = |at, position| self.item_place(key, at, position);
        self.items(key, "an array of strings")
            .iter()
            .enumerate()
            .filter_map(|(at, item)| match &item.value {
                Value::String(text) => Some((text.clone(), place_of(at, item.at))),
                other => self.mistyped(place_of(at, item.at), "a string", other),
            })
            .collect()
    }

    /// Reads an array of bare dates; an absent key is an empty array.
    pub fn dates(&self, key: &str) -> Vec<Date> {
        self.items(key, "an array of dates")
            .iter()
            .enumerate()
            .filter_map(|(at, item)| {
                read_date(&item.value).or_else(|| {
                    self.mistyped(self.item_place(key, at, item.at), "a date such as 2026-01-31", &item.value)
                })
            })
            .collect()
    }

    /// Reads a table whose every value is a string, in the order of the file; an absent key is an empty table.
    pub fn string_map(&self, key: &str) -> Vec<(String, String, Place)> {
        let Some(table) = self.opt_table(key) else { return Vec::new() };
        table
            .keys()
            .into_iter()
            .filter_map(|name| table.string(name).map(|text| (name.to_owned(), text, table.at(name))))
            .collect()
    }

    /// Reads a table whose every value is a string, an integer or a boolean, in the order of the file; an absent key is
    /// an empty table.
    pub fn scalars(&self, key: &str) -> Vec<(String, Scalar, Place)> {
        let Some(table) = self.opt_table(key) else { return Vec::new() };
        table
            .keys()
            .into_iter()
            .filter_map(|name| {
                let value = table.optional(name, "a string, an integer or a boolean", read_scalar)?;
                Some((name.to_owned(), value, table.at(name)))
            })
            .collect()
    }

    pub fn table(&self, key: &str) -> Option<Table<'d>> {
        self.missing_unless_present(key);
        self.opt_table(key)
    }

    pub fn opt_table(&self, key: &str) -> Option<Table<'d>> {
        let entry = self.look_up(key)?;
        let place = self.at(key);
        match &entry.node.value {
            Value::Table(entries) => Some(Table::new(entries, place, self.diagnostics)),
            other => self.mistyped(place, "a table", other),
        }
    }

    /// Reads an array of tables; an absent key is an empty array.
    pub fn tables(&self, key: &str) -> Vec<Table<'d>> {
        self.items(key, "an array of tables")
            .iter()
            .enumerate()
            .filter_map(|(at, item)| {
                let place = self.item_place(key, at, item.at);
                match &item.value {
                    Value::Table(entries) => Some(Table::new(entries, place, self.diagnostics)),
                    other => self.mistyped(place, "a table", other),
                }
            })
            .collect()
    }

    /// Reads a table of named sub-tables, in the order of the file; an absent key is an empty table.
    pub fn entries(&self, key: &str) -> Vec<(String, Table<'d>)> {
        let Some(table) = self.opt_table(key) else { return Vec::new() };
        table.keys().into_iter().filter_map(|name| table.opt_table(name).map(|sub| (name.to_owned(), sub))).collect()
    }

    /// Reads a string that must be one of the given names, and gives the value beside the name.
    pub fn one_of<T: Clone>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        self.parse(key, |text| choose(text, choices))
    }

    pub fn one_of_or<T: Clone>(&self, key: &str, choices: &[(&str, T)], fallback: T) -> T {
        self.opt_parse(key, |text| choose(text, choices)).unwrap_or(fallback)
    }

    /// Reads a string and turns it into a value; the closure's error is the message of the fault.
    pub fn parse<T>(&self, key: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        self.missing_unless_present(key);
        self.opt_parse(key, read)
    }

    pub fn opt_parse<T>(&self, key: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = self.opt_string(key)?;
        match read(&text) {
            Ok(value) => Some(value),
            Err(message) => {
                self.error(key, message);
                None
            }
        }
    }

    /// Reports each key that nobody asked for, with the nearest name that was.
    ///
    /// Call it after a complete reading only: it takes a key that was not asked for as one that does not exist.
    pub fn finish(self) {
        let asked = self.asked.borrow();
        for entry in self.entries.iter().filter(|entry| !asked.contains(&entry.key)) {
            let unset = asked.iter().map(String::as_str).filter(|name| self.entry(name).is_none());
            let hint = closest(&entry.key, unset).or_else(|| closest(&entry.key, asked.iter().map(String::as_str)));
            let message = match hint {
                Some(name) => format!("unknown key, did you mean \"{name}\"?"),
                None => "unknown key".to_owned(),
            };
            let place =
                Place { path: self.place.path.clone(), position: entry.key_at, key: join(&self.place.key, &entry.key) };
            self.diagnostics.push(place.error(message));
        }
    }

    fn full(&self, key: &str) -> String {
        join(&self.place.key, key)
    }

    fn entry(&self, key: &str) -> Option<&'d Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    fn look_up(&self, key: &str) -> Option<&'d Entry> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.entry(key)
    }

    fn missing_unless_present(&self, key: &str) {
        if self.look_up(key).is_none() {
            self.error(key, "missing");
        }
    }

    fn required<T>(&self, key: &str, wanted: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        self.missing_unless_present(key);
        self.optional(key, wanted, read)
    }

    fn optional<T>(&self, key: &str, wanted: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        let entry = self.look_up(key)?;
        read(&entry.node.value).or_else(|| self.mistyped(self.at(key), wanted, &entry.node.value))
    }

    fn mistyped<T>(&self, place: Place, wanted: &str, found: &Value) -> Option<T> {
        self.diagnostics.push(place.error(format!("must be {wanted}, found {}", found.kind())));
        None
    }

    fn items(&self, key: &str, wanted: &str) -> &'d [Node] {
        let Some(entry) = self.look_up(key) else { return &[] };
        match &entry.node.value {
            Value::Array(items) => items,
            other => self.mistyped(self.at(key), wanted, other).unwrap_or(&[]),
        }
    }

    fn item_place(&self, key: &str, at: usize, position: Position) -> Place {
        Place { path: self.place.path.clone(), position, key: format!("{}[{at}]", self.full(key)) }
    }

    fn in_range<T: Number>(&self, key: &str, number: i64, range: RangeInclusive<T>) -> Option<T> {
        let value = T::try_from(number).ok().filter(|value| range.contains(value));
        if value.is_none() {
            self.error(key, format!("must be {} to {}, found {number}", range.start(), range.end()));
        }
        value
    }
}

impl Entry {
    /// A table is looked for at its name, any other value at the value.
    fn place(&self) -> Position {
        match self.node.value {
            Value::Table(_) => self.key_at,
            Value::String(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_)
            | Value::Array(_) => self.node.at,
        }
    }
}

/// Any whole number that a TOML integer may be narrowed to.
pub trait Number: TryFrom<i64> + PartialOrd + Display {}

impl<T: TryFrom<i64> + PartialOrd + Display> Number for T {}

fn choose<T: Clone>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    choices.iter().find(|(name, _)| *name == text).map(|(_, value)| value.clone()).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        format!("must be one of {}, found {text:?}", names.join(", "))
    })
}

fn read_string(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn read_scalar(value: &Value) -> Option<Scalar> {
    match value {
        Value::String(text) => Some(Scalar::String(text.clone())),
        Value::Integer(number) => Some(Scalar::Integer(*number)),
        Value::Boolean(value) => Some(Scalar::Boolean(*value)),
        Value::Float(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => None,
    }
}

fn read_integer(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        _ => None,
    }
}

fn read_boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(value) => Some(*value),
        _ => None,
    }
}

fn read_float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        Value::Integer(number) => Some(*number as f64),
        _ => None,
    }
}

fn read_date(value: &Value) -> Option<Date> {
    let Value::Datetime(found) = value else { return None };
    if found.time.is_some() || found.offset.is_some() {
        return None;
    }
    let date = found.date?;
    Some(Date {
        year: i16::try_from(date.year).ok()?,
        month: i8::try_from(date.month).ok()?,
        day: i8::try_from(date.day).ok()?,
    })
}
