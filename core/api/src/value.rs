//! Typed arguments of operations, outcomes and notices.

use dayaq_types::Money;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Named arguments.
pub type Args = BTreeMap<String, Value>;

/// A value that the gateway formats for a phone; the core holds no words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "value")]
pub enum Value {
    /// Digits or letters that are the same in every language: a reference, a FIN.
    Text(String),
    /// A count, for plurals.
    Count(u32),
    /// An amount, printed as `240,00 AZN`.
    Money(Money),
    /// A day, printed as `dd.mm.yyyy`.
    Date(Date),
    /// Yes or no, for guards.
    Flag(bool),
    /// The id of an item in a list that the gateway labels (`branches`, `districts`).
    Item {
        /// The list's name.
        list: String,
        /// The item's id.
        id: String,
    },
    /// Phrases, each with arguments of its own: refusal reasons.
    Terms(Vec<Term>),
    /// A repeating group: family members.
    Group(Vec<Args>),
}

/// A phrase that the locales hold, by key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// The key, for example `reason-income`.
    pub key: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Args,
}

impl Term {
    /// A phrase without arguments.
    pub fn bare(key: &str) -> Self {
        Self { key: key.to_owned(), args: Args::new() }
    }
}
