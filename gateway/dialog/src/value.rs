use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Holds one answer or one argument.
///
/// Most values are somebody's personal data, so `Debug` shows the kind alone.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    Text(String),
    Number(i64),
    Flag(bool),
    /// An amount in qəpik, hundredths of the manat.
    Money(i64),
    Date(Date),
    /// An item of a list, by its id; shown by its label.
    Item {
        list: String,
        id: String,
    },
    /// The name of an option; `message` is the state's message, whose attribute holds the label.
    Option {
        message: String,
        name: String,
    },
    /// A word of the core, such as a stage or a reason; shown by the message `<family>-<value>`.
    Term(String),
    /// Phrases of the core, such as reasons, each a message of its own with arguments; shown one after the other.
    Phrases(Vec<Phrase>),
    Record(Record),
    Records(Vec<Record>),
}

/// Names a message and what it speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Phrase {
    pub key: String,
    pub args: Record,
}

pub type Record = BTreeMap<String, Value>;

impl Value {
    /// Gives the value as the core and the guards see it; nothing for records.
    pub fn as_text(&self) -> Option<String> {
        match self {
            Value::Text(text) | Value::Term(text) => Some(text.clone()),
            Value::Item { id, .. } => Some(id.clone()),
            Value::Option { name, .. } => Some(name.clone()),
            Value::Number(number) | Value::Money(number) => Some(number.to_string()),
            Value::Flag(flag) => Some(flag.to_string()),
            Value::Date(date) => Some(date.to_string()),
            Value::Phrases(_) | Value::Record(_) | Value::Records(_) => None,
        }
    }

    pub fn as_number(&self) -> Option<i64> {
        match self {
            Value::Number(number) | Value::Money(number) => Some(*number),
            Value::Text(text) => text.parse().ok(),
            Value::Flag(_)
            | Value::Date(_)
            | Value::Item { .. }
            | Value::Option { .. }
            | Value::Term(_)
            | Value::Phrases(_)
            | Value::Record(_)
            | Value::Records(_) => None,
        }
    }

    /// An empty text stands for "no value": authors set it to take an earlier answer back.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Value::Text(text) if text.is_empty())
    }

    /// Replaces what only the engine understands by what the catalogue speaks of.
    pub(crate) fn for_call(&self) -> Value {
        let record = |record: &Record| record.iter().map(|(key, value)| (key.clone(), value.for_call())).collect();
        match self {
            Value::Option { name, .. } => Value::Term(name.clone()),
            Value::Record(fields) => Value::Record(record(fields)),
            Value::Records(items) => Value::Records(items.iter().map(record).collect()),
            Value::Text(_)
            | Value::Number(_)
            | Value::Flag(_)
            | Value::Money(_)
            | Value::Date(_)
            | Value::Item { .. }
            | Value::Term(_)
            | Value::Phrases(_) => self.clone(),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Value::Text(_) => "Text(…)",
            Value::Number(_) => "Number(…)",
            Value::Flag(_) => "Flag(…)",
            Value::Money(_) => "Money(…)",
            Value::Date(_) => "Date(…)",
            Value::Item { .. } => "Item(…)",
            Value::Option { .. } => "Option(…)",
            Value::Term(_) => "Term(…)",
            Value::Phrases(_) => "Phrases(…)",
            Value::Record(_) => "Record(…)",
            Value::Records(_) => "Records(…)",
        })
    }
}

/// Says what a variable or an argument may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Flag,
    Money,
    Date,
    /// An item of the list named.
    Item(String),
    /// One of these names, given by an option of a dialogue.
    Choice(BTreeSet<String>),
    /// One of these words of the core; each needs a message `<family>-<value>`.
    Term {
        family: String,
        values: BTreeSet<String>,
    },
    /// Any of these messages, each with its arguments.
    Phrases(BTreeMap<String, Vec<Arg>>),
    Record(Vec<Arg>),
    Records(Vec<Arg>),
}

/// Describes an argument of an operation, of an outcome or of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg {
    pub name: String,
    pub kind: Kind,
    pub required: bool,
}

impl Arg {
    pub fn required(name: &str, kind: Kind) -> Self {
        Arg { name: name.to_owned(), kind, required: true }
    }

    pub fn optional(name: &str, kind: Kind) -> Self {
        Arg { name: name.to_owned(), kind, required: false }
    }
}

impl Kind {
    /// Says whether a variable of this kind may be handed over as an argument of that kind.
    pub(crate) fn fits(&self, wanted: &Kind) -> bool {
        match (self, wanted) {
            (Kind::Choice(names), Kind::Choice(known)) => names.is_subset(known),
            (Kind::Choice(names), Kind::Term { values, .. }) => names.is_subset(values),
            (Kind::Text | Kind::Number | Kind::Item(_) | Kind::Choice(_) | Kind::Term { .. }, Kind::Text) => true,
            (Kind::Records(given), Kind::Records(wanted)) | (Kind::Record(given), Kind::Record(wanted)) => {
                wanted.iter().all(|field| match given.iter().find(|arg| arg.name == field.name) {
                    Some(arg) => arg.kind.fits(&field.kind) && (arg.required || !field.required),
                    None => !field.required,
                })
            }
            (given, wanted) => given == wanted,
        }
    }

    /// Finds one kind for two places that give the same variable a value.
    pub(crate) fn merged(self, other: Kind) -> Option<Kind> {
        match (self, other) {
            (Kind::Choice(mut left), Kind::Choice(right)) => {
                left.extend(right);
                Some(Kind::Choice(left))
            }
            (left, right) if left == right => Some(left),
            _ => None,
        }
    }

    pub(crate) fn describe(&self) -> String {
        match self {
            Kind::Text => "text".to_owned(),
            Kind::Number => "number".to_owned(),
            Kind::Flag => "yes or no".to_owned(),
            Kind::Money => "money".to_owned(),
            Kind::Date => "date".to_owned(),
            Kind::Item(list) => format!("item of the list {list}"),
            Kind::Choice(names) => format!("one of {}", joined(names)),
            Kind::Term { values, .. } => format!("one of {}", joined(values)),
            Kind::Phrases(phrases) => {
                format!("phrases {}", phrases.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
            }
            Kind::Record(fields) => format!("record of {}", field_names(fields)),
            Kind::Records(fields) => format!("records of {}", field_names(fields)),
        }
    }
}

fn joined(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn field_names(fields: &[Arg]) -> String {
    let shown = |field: &Arg| {
        let optional = if field.required { "" } else { " (optional)" };
        format!("{}: {}{optional}", field.name, field.kind.describe())
    };
    fields.iter().map(shown).collect::<Vec<_>>().join(", ")
}
