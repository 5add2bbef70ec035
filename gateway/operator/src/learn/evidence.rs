//! What a capture says of one key: how often, where, and what contradicts it.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Where PDUs stand in this capture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub packets: bool,
}

impl Places {
    /// Names one.
    pub fn name(self, place: u64) -> String {
        format!("{} {place}", if self.packets { "packet" } else { "line" })
    }
}

/// Counts what PDUs say.
#[derive(Clone, Debug)]
pub(super) struct Tally<T>(BTreeMap<T, (u64, u64)>);

impl<T> Default for Tally<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Ord + Clone> Tally<T> {
    /// One PDU says this.
    pub fn add(&mut self, value: T, place: u64) {
        self.0.entry(value).or_insert((0, place)).0 += 1;
    }

    pub fn total(&self) -> u64 {
        self.0.values().map(|(count, _)| count).sum()
    }

    pub fn count(&self, value: &T) -> u64 {
        self.0.get(value).map_or(0, |(count, _)| *count)
    }

    pub fn first(&self, value: &T) -> Option<u64> {
        self.0.get(value).map(|(_, place)| *place)
    }

    /// What most say; of equals the first in order.
    pub fn best(&self) -> Option<T> {
        let most = self.0.values().map(|(count, _)| *count).max()?;
        self.0.iter().find(|(_, (count, _))| *count == most).map(|(value, _)| value.clone())
    }

    pub fn values(&self) -> impl Iterator<Item = (&T, u64)> {
        self.0.iter().map(|(value, (count, _))| (value, *count))
    }

    /// The evidence for a value: `12 of 14 begins, such as packet 3; otherwise: text 2 (packet 9)`.
    pub fn says(&self, value: &T, what: &str, places: Places, show: impl Fn(&T) -> String) -> String {
        let (count, total) = (self.count(value), self.total());
        let mut said = format!("{count} of {total} {what}");
        if let Some(place) = self.first(value) {
            let _ = write!(said, ", such as {}", places.name(place));
        }
        let others: Vec<String> = self
            .0
            .iter()
            .filter(|(other, _)| *other != value)
            .map(|(other, (count, place))| format!("{} {count} ({})", show(other), places.name(*place)))
            .take(6)
            .collect();
        if !others.is_empty() {
            let _ = write!(said, "; otherwise: {}", others.join(", "));
        }
        said
    }
}

/// One key of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// The capture says so.
    Set { key: String, value: String, why: String },
    /// It stays as it is by default.
    Left { key: String, value: String, why: String },
}

impl Line {
    pub fn set(key: &str, value: impl ToString, why: impl Into<String>) -> Self {
        Self::Set { key: key.to_owned(), value: value.to_string(), why: why.into() }
    }

    pub fn left(key: &str, value: impl ToString, why: impl Into<String>) -> Self {
        Self::Left { key: key.to_owned(), value: value.to_string(), why: why.into() }
    }
}

/// Quotes a string for TOML; what is no printable ASCII has no place in a profile.
pub(super) fn quoted(text: &str) -> String {
    let plain: String = text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
    format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What is learnt of one table of the profile, and what the engineer should know besides.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    /// Tables in the order of the file: name and lines.
    pub tables: Vec<(&'static str, Vec<Line>)>,
    /// What the capture does not show and would be worth capturing.
    pub missing: Vec<String>,
    /// What stops USSD from working until it is known.
    pub gaps: Vec<String>,
}

impl Findings {
    /// Adds one line to a table.
    pub fn add(&mut self, table: &'static str, line: Line) {
        match self.tables.iter_mut().find(|(name, _)| *name == table) {
            Some((_, lines)) => lines.push(line),
            None => self.tables.push((table, vec![line])),
        }
    }
}
