//! Worked households: files of families with what the rules must come to for each; `config/rules/README.md` has the
//! format.
//!
//! A file is read strictly: what is unknown, missing or impossible is a fault with its line.

use crate::calendar::civil;
use crate::decide::{AssumedValues, Decision, Outcome, Undecidable, decide, explain};
use crate::facts::{Facts, Month};
use crate::rules::{Ground, RuleBook};
use dayaq_author::{Diagnostics, Place, Table};
use dayaq_core_api::{Term, Value};
use dayaq_types::Money;
use jiff::civil::Date;

mod member;

/// The most households of a file.
const HOUSEHOLDS_MAX: usize = 10_000;
/// Months for which a sum given as `monthly` is repeated, before the month of application.
const MONTHS: u32 = 12;

/// A family, the day it applies, and what is expected.
#[derive(Clone, Debug)]
pub struct Household {
    /// What the author calls it.
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// The day of application.
    pub registered_on: Date,
    /// How assumed values are taken.
    pub assumed: AssumedValues,
    /// What is known of the family; FINs and names are made up.
    pub facts: Facts,
    /// What the author worked out by hand; `None` where the file only asks.
    pub expected: Option<Expected>,
}

/// What the author worked out by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// How it ends.
    pub ending: Ending,
    /// Grounds that are found and refuse nobody; `None` where the author leaves them open.
    pub noted: Option<Vec<Ground>>,
}

/// How a household ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Granted.
    Granted {
        /// A month's amount.
        amount: Money,
        /// The last day paid for, where the author says it.
        until: Option<Date>,
    },
    /// Refused, for these reasons and no other.
    Refused(Vec<Ground>),
    /// Nothing can be decided yet.
    Undecidable(Undecidable),
    /// No rules govern the day.
    Ungoverned,
}

/// The words of the files for what cannot be decided.
const UNDECIDABLE: [(&str, Undecidable); 6] = [
    ("unverified", Undecidable::Unverified),
    ("unproven", Undecidable::Unproven),
    ("contested", Undecidable::Contested),
    ("assumed", Undecidable::Assumed),
    ("contradiction", Undecidable::Contradiction),
    ("norm", Undecidable::Norm),
];

impl Household {
    /// Reads a file's households in their order; every fault goes to the diagnostics.
    pub fn read(path: &str, text: &str, diagnostics: &Diagnostics) -> Vec<Self> {
        let (document, found) = dayaq_author::parse(path, text);
        let root = document.root(&found);
        let tables = root.tables("household");
        if tables.is_empty() && !found.has_errors() {
            root.error("household", "at least one is needed");
        }
        if tables.len() > HOUSEHOLDS_MAX {
            root.error("household", format!("at most {HOUSEHOLDS_MAX} are taken"));
        }
        let households = tables.into_iter().take(HOUSEHOLDS_MAX).filter_map(read_household).collect();
        root.finish();
        diagnostics.extend(found);
        households
    }

    /// Decides it by the rules of its day; `None` where none govern that day.
    pub fn decide(&self, rules: &RuleBook) -> Option<Result<Decision, Undecidable>> {
        let rules = rules.governing(self.registered_on)?;
        Some(decide(rules, &self.facts, self.registered_on, self.assumed))
    }

    /// Tells line by line how its sum is made, in lines of [`dayaq_core_api::sums::LINES`].
    pub fn explain(&self, rules: &RuleBook) -> Vec<Term> {
        let Some(governing) = rules.governing(self.registered_on) else {
            let args = [("day".to_owned(), Value::Date(self.registered_on))].into_iter().collect();
            return vec![Term { key: "sum-ungoverned".to_owned(), args }];
        };
        let decided = decide(governing, &self.facts, self.registered_on, self.assumed);
        explain(governing, &self.facts, self.registered_on, &decided)
    }

    /// Says in a line each what comes out otherwise than expected; nothing where all is as expected, or nothing is.
    pub fn mismatches(&self, rules: &RuleBook) -> Vec<String> {
        let Some(expected) = &self.expected else { return Vec::new() };
        let decided = self.decide(rules);
        let (came, noted) = match &decided {
            None => (Ending::Ungoverned, None),
            Some(Err(why)) => (Ending::Undecidable(*why), None),
            Some(Ok(decision)) => (ending(&decision.outcome, &expected.ending), Some(&decision.noted)),
        };
        let mut lines = Vec::new();
        if came != expected.ending {
            lines.push(format!("expected {}, came to {}", told(&expected.ending), told(&came)));
        }
        if let Some(hoped) = &expected.noted
            && noted.is_none_or(|noted| noted != hoped)
        {
            let noted = noted.map_or_else(|| "nothing decided".to_owned(), |noted| names(noted));
            lines.push(format!("expected noted {}, came to {noted}", names(hoped)));
        }
        lines
    }
}

/// The outcome in the author's terms: what the author left open is left out.
fn ending(outcome: &Outcome, expected: &Ending) -> Ending {
    match outcome {
        Outcome::Granted(award) => {
            let open = matches!(expected, Ending::Granted { until: None, .. });
            Ending::Granted { amount: award.amount, until: (!open).then_some(award.until) }
        }
        Outcome::Refused(grounds) => Ending::Refused(grounds.clone()),
    }
}

fn told(ending: &Ending) -> String {
    match ending {
        Ending::Granted { amount, until: Some(until) } => format!("granted {amount} until {until}"),
        Ending::Granted { amount, until: None } => format!("granted {amount}"),
        Ending::Refused(grounds) => format!("refused: {}", names(grounds)),
        Ending::Undecidable(why) => format!("undecidable: {why}"),
        Ending::Ungoverned => "no rules of that day".to_owned(),
    }
}

fn names(grounds: &[Ground]) -> String {
    let names: Vec<&str> = grounds.iter().map(|ground| ground.name()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn read_household(table: Table<'_>) -> Option<Household> {
    let place = table.place();
    let name = table.string("name");
    let registered_on = table.date("registered_on").and_then(civil);
    let choices = [("powerless", AssumedValues::Powerless), ("count", AssumedValues::Count)];
    let assumed = table.one_of_or("assumed", &choices, AssumedValues::Powerless);
    let facts = registered_on.and_then(|day| member::read_facts(&table, day));
    let expected = table.opt_table("expected").map(read_expected);
    table.finish();
    let expected = match expected {
        None => None,
        Some(expected) => Some(expected?),
    };
    Some(Household { name: name?, place, registered_on: registered_on?, assumed, facts: facts?, expected })
}

#[derive(Clone, Copy)]
enum Word {
    Granted,
    Refused,
    Undecidable,
    Ungoverned,
}

fn read_expected(table: Table<'_>) -> Option<Expected> {
    let words = [
        ("granted", Word::Granted),
        ("refused", Word::Refused),
        ("undecidable", Word::Undecidable),
        ("ungoverned", Word::Ungoverned),
    ];
    let ending = table.one_of("outcome", &words).and_then(|word| match word {
        Word::Granted => {
            let until = table.opt_date("until").and_then(civil);
            Some(Ending::Granted { amount: table.parse("amount", read_amount)?, until })
        }
        Word::Refused => {
            let reasons = read_grounds(&table, "reasons");
            if reasons.is_empty() {
                table.error("reasons", "at least one is needed");
            }
            Some(Ending::Refused(reasons))
        }
        Word::Undecidable => table.one_of("why", &UNDECIDABLE).map(Ending::Undecidable),
        Word::Ungoverned => Some(Ending::Ungoverned),
    });
    let noted = table.has("noted").then(|| read_grounds(&table, "noted"));
    table.finish();
    Some(Expected { ending: ending?, noted })
}

/// Reads grounds, in the order in which they are told whatever the author's order.
fn read_grounds(table: &Table<'_>, key: &str) -> Vec<Ground> {
    let mut grounds = Vec::new();
    for (text, place) in table.string_items(key) {
        match Ground::ALL.iter().find(|ground| ground.name() == text) {
            Some(ground) => grounds.push(*ground),
            None => table.error(key, format!("line {}: no ground is called {text:?}", place.position.line)),
        }
    }
    grounds.sort();
    grounds.dedup();
    grounds
}

fn read_amount(text: &str) -> Result<Money, String> {
    let money = Money::parse(text).filter(|money| *money <= Money::from_manat(100_000_000));
    money.ok_or_else(|| format!("must be an amount in AZN such as \"246.00\", found {text:?}"))
}

fn read_month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| format!("must be a month such as \"2026-01\", found {text:?}"))
}
