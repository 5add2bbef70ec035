use std::sync::Arc;

use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

use crate::{Diagnostics, LineIndex, Place, Position, Table};

/// Holds one parsed file, with the position of every key and value.
#[derive(Clone, Debug)]
pub struct Document {
    path: Arc<str>,
    root: Entries,
}

/// Reads a whole TOML text, whatever is wrong with it.
///
/// What could be understood is in the document; every syntax fault is in the diagnostics, which the reading that follows
/// keeps filling. The path is only printed, never opened.
pub fn parse(path: &str, text: &str) -> (Document, Diagnostics) {
    let diagnostics = Diagnostics::new();
    let (table, errors) = DeTable::parse_recoverable(text);
    let reader = TreeReader { path: path.into(), lines: LineIndex::new(text), diagnostics: &diagnostics };
    for error in errors {
        let offset = error.span().map_or(0, |span| span.start);
        diagnostics.push(reader.place(offset, "").error(error.message()));
    }
    let root = reader.entries(table.get_ref(), "");
    (Document { path: path.into(), root }, diagnostics)
}

impl Document {
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Opens the topmost table; what it finds wrong goes to the given collection.
    pub fn root<'d>(&'d self, diagnostics: &'d Diagnostics) -> Table<'d> {
        let place = Place { path: self.path.clone(), position: Position { line: 1, column: 1 }, key: String::new() };
        Table::new(&self.root, place, diagnostics)
    }
}

/// The keys of one table in the order of the file.
pub(crate) type Entries = Vec<Entry>;

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub key: String,
    pub key_at: Position,
    pub node: Node,
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub at: Position,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    String(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Datetime(Datetime),
    Array(Vec<Node>),
    Table(Entries),
}

impl Value {
    pub fn kind(&self) -> &'static str {
        match self {
            Value::String(_) => "a string",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a float",
            Value::Boolean(_) => "a boolean",
            Value::Datetime(_) => "a date or time",
            Value::Array(_) => "an array",
            Value::Table(_) => "a table",
        }
    }
}

struct TreeReader<'t> {
    path: Arc<str>,
    lines: LineIndex<'t>,
    diagnostics: &'t Diagnostics,
}

impl TreeReader<'_> {
    fn place(&self, offset: usize, key: &str) -> Place {
        Place { path: self.path.clone(), position: self.lines.position(offset), key: key.into() }
    }

    fn entries(&self, table: &DeTable<'_>, prefix: &str) -> Entries {
        let mut found: Vec<_> = table.iter().collect();
        found.sort_by_key(|(key, _)| key.span().start);
        found
            .into_iter()
            .filter_map(|(key, value)| {
                let name = key.get_ref().to_string();
                let full = join(prefix, &name);
                let value_at = value.span().start;
                let node = self.node(value.get_ref(), value_at, &full)?;
                // The span of a table under a header is the header; its key says where to look.
                Some(Entry { key: name, key_at: self.lines.position(key.span().start), node })
            })
            .collect()
    }

    fn node(&self, value: &DeValue<'_>, offset: usize, key: &str) -> Option<Node> {
        let unreadable = |what: &str| {
            self.diagnostics.push(self.place(offset, key).error(what));
            None
        };
        let value = match value {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
                Ok(number) => Value::Integer(number),
                Err(_) => return unreadable("number does not fit 64 bits"),
            },
            DeValue::Float(digits) => match digits.as_str().parse() {
                Ok(number) => Value::Float(number),
                Err(_) => return unreadable("not a number"),
            },
            DeValue::Boolean(value) => Value::Boolean(*value),
            DeValue::Datetime(value) => Value::Datetime(*value),
            DeValue::Array(items) => Value::Array(
                items
                    .iter()
                    .enumerate()
                    .filter_map(|(at, item)| self.node(item.get_ref(), item.span().start, &format!("{key}[{at}]")))
                    .collect(),
            ),
            DeValue::Table(table) => Value::Table(self.entries(table, key)),
        };
        Some(Node { at: self.lines.position(offset), value })
    }
}

pub(crate) fn join(prefix: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let key = if plain { key.to_owned() } else { format!("{key:?}") };
    if prefix.is_empty() { key } else { format!("{prefix}.{key}") }
}
