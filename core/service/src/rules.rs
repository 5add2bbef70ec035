//! Dated eligibility rules: `config/rules/*.toml`.
//!
//! The kinds of rule are in code, their values in the files. Each value carries its source and a
//! [`Mark`]; the day of application decides which set governs.

use dayaq_author::{Diagnostics, Place};
use dayaq_core_api::Relation;
use dayaq_types::Money;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod duties;
mod entry;
mod ground;
mod proof;
mod read;

pub use duties::{DayKind, Duties};
pub use entry::{Entry, EntryReason, EntryTest};
pub use ground::{Ground, Measure, NotCounted, Refusal, VehicleBasis};
pub use proof::{Contested, ProofRule, Sign};

/// How well a value is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Read in the source named.
    Verified,
    /// Follows from what was read.
    Inferred,
    /// Neither: such a value refuses nobody.
    Assumed,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// How well it is known.
    pub mark: Mark,
    /// The act, page or reasoning.
    pub source: String,
}

/// A value with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

/// The rules for applications of a span of days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Its name, stored with every decision made by it.
    pub id: String,
    /// The first day of application it governs.
    pub from: Date,
    /// The last.
    pub until: Date,
    /// The need criterion: a month's amount for each counted member.
    pub criterion: Money,
    /// Where that comes from.
    pub criterion_origin: Origin,
    /// Full calendar months before the month of application over which income is averaged.
    pub income_window_months: u32,
    /// Kinds of income, in the tax office's words, that do not count.
    pub income_excluded_kinds: Vec<String>,
    /// Where that comes from.
    pub income_origin: Origin,
    /// Who is neither a head nor an earner.
    pub not_counted: Vec<NotCounted>,
    /// Where that comes from.
    pub not_counted_origin: Origin,
    /// Months of an award, from the first day of the month of application.
    pub award_months: u32,
    /// Where that comes from.
    pub award_origin: Origin,
    /// What refuses.
    pub refusals: Vec<Refusal>,
    /// The subsistence minimum: a month's amount; `None` in the rules of decisions that asked for none.
    #[serde(default)]
    pub subsistence: Option<Sourced<Money>>,
    /// Whether land and livestock count as income, by what they are taken to yield.
    #[serde(default)]
    pub holdings: Option<Sourced<bool>>,
    /// Whether income of the kind `assistance`, paid under an earlier award, counts.
    #[serde(default)]
    pub earlier_assistance: Option<Sourced<bool>>,
    /// Whether what is spent on utilities and telecommunication counts as income too.
    #[serde(default)]
    pub utility_spending: Option<Sourced<bool>>,
    /// The reasons for which the law gives assistance at all; empty in the rules of decisions that asked for none.
    #[serde(default)]
    pub entry: Vec<Entry>,
    /// What a family owes while the award runs; `None` in the rules of decisions of before they were kept, which are
    /// written again as they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duties: Option<Sourced<Duties>>,
    /// What proves a declared member, by relation; empty in the rules of decisions of before proof was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<ProofRule>,
    /// In which family somebody counts whom two have proven; `None` in the rules of decisions of before that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contested: Option<Sourced<Contested>>,
}

impl Rules {
    /// The refusal for that ground, where these rules know it.
    pub fn refusal(&self, ground: Ground) -> Option<&Refusal> {
        self.refusals.iter().find(|r| r.ground == ground)
    }

    /// What proves a member declared under that relation, where these rules ask for proof.
    pub fn proof(&self, relation: Relation) -> Option<&ProofRule> {
        self.proofs.iter().find(|rule| rule.relation == relation)
    }
}

/// Every set of rules, by the days it governs.
#[derive(Clone, Debug, Default)]
pub struct RuleBook {
    sets: Vec<Rules>,
    /// Where the last day of each set is written.
    places: BTreeMap<String, Place>,
}

impl RuleBook {
    /// Reads the files, one set each; overlapping spans are a fault, a gap is not: applications of such days wait.
    pub fn read(files: &[(String, String)], diagnostics: &Diagnostics) -> Self {
        let mut book = Self::default();
        for (path, text) in files {
            let (document, found) = dayaq_author::parse(path, text);
            let root = document.root(&found);
            if let Some(rules) = read::read_rules(&root) {
                for other in &book.sets {
                    if other.id == rules.id {
                        root.error("id", format!("another file is already called {:?}", rules.id));
                    }
                    if other.from <= rules.until && rules.from <= other.until {
                        root.error("from", format!("its days overlap those of {:?}", other.id));
                    }
                }
                book.places.insert(rules.id.clone(), root.at("until"));
                book.sets.push(rules);
            }
            root.finish();
            diagnostics.extend(found);
        }
        book.sets.sort_by_key(|r| r.from);
        book
    }

    /// The last day that is governed without a gap from `today`, and where it is written; where nothing governs today, the
    /// last day before it.
    pub fn reaches(&self, today: Date) -> Option<(Place, Date)> {
        let mut last = match self.governing(today) {
            Some(rules) => rules,
            None => self.sets.iter().rfind(|rules| rules.until < today)?,
        };
        if last.until >= today {
            while let Some(next) = last.until.tomorrow().ok().and_then(|day| self.governing(day)) {
                last = next;
            }
        }
        Some((self.places.get(&last.id)?.clone(), last.until))
    }

    /// The rules that govern an application of that day.
    pub fn governing(&self, day: Date) -> Option<&Rules> {
        self.sets.iter().find(|r| r.from <= day && day <= r.until)
    }
}
