//! The decision: a pure function of facts, rules and the day of application.
//!
//! Nobody's hand is in it, and no clock: the same arguments give the same decision years later.

use crate::facts::{Facts, LifeStatus};
use crate::rules::{EntryReason, Ground, Mark, Rules, Sourced};
use counted::{Family, lives};
use dayaq_core_api::{Term, Value};
use dayaq_types::{Fin, Money};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

mod agreement;
mod counted;
mod entry;
mod explain;
mod holdings;
mod means;
mod proof;

pub use agreement::verification_faults;
pub use explain::explain;
pub use holdings::{Measured, Measurements};
pub use means::{IncomeParts, Means};
pub use proof::proven;

/// A decision with everything that led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The rules by which it was made.
    pub rules: String,
    /// Granted or refused.
    pub outcome: Outcome,
    /// The means test; `None` where the applicant could not be verified and no means were looked at.
    pub means: Option<Means>,
    /// Grounds that were found but refuse nobody, because a value behind them is assumed.
    pub noted: Vec<Ground>,
    /// How assumed values were taken.
    pub assumed: AssumedValues,
    /// What else was found, for explaining; `None` where no means were looked at, or the rules are of a time when
    /// nothing more was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
}

/// What a decision was found to rest on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The reasons for which the law gives assistance at all, as far as the family has them.
    pub entry: BTreeSet<EntryReason>,
    /// Income by kind.
    pub income: IncomeParts,
    /// What the grounds that measure something came to.
    pub measured: Measurements,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Granted.
    Granted(Award),
    /// Refused, with every reason.
    Refused(Vec<Ground>),
}

/// What is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Award {
    /// A month's amount; the law knows no least amount.
    pub amount: Money,
    /// The first day paid for: the first of the month of application.
    pub from: Date,
    /// The last day paid for.
    pub until: Date,
}

/// Why no decision can be made yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecidable {
    /// The applicant could not be verified, and the rules do not refuse for it.
    #[error("the applicant is not verified and the rules do not refuse for it")]
    Unverified,
    /// A value that the amount rests on is assumed: it may neither refuse nor pay.
    #[error("a value that the amount rests on is only assumed")]
    Assumed,
    /// Two institutions contradict each other: the decision waits until one of them has put its record right.
    #[error("two institutions contradict each other")]
    Contradiction,
    /// Nothing proves a declared member, and which proof would serve is only assumed.
    #[error("nothing proves a declared member, and which proof would serve is only assumed")]
    Unproven,
    /// Somebody counts in another family's award, and in which of the two they should is only assumed.
    #[error("a member counts in another family's award, and in which they should is only assumed")]
    Contested,
    /// Land or livestock of a kind for which no yield is known.
    #[error("no yield is known for land or livestock of the family")]
    Norm,
}

/// What to do with values marked `assumed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssumedValues {
    /// They refuse nobody and pay nobody.
    #[default]
    Powerless,
    /// They count like any other; for demonstrations alone.
    Count,
}

/// Decides.
pub fn decide(
    rules: &Rules,
    facts: &Facts,
    registered_on: Date,
    assumed: AssumedValues,
) -> Result<Decision, Undecidable> {
    let mut found = verification_faults(facts, registered_on);
    let mut means = None;
    let mut basis = None;
    match &facts.household {
        Some(household) => {
            found.extend(proof::unproven(facts, rules, assumed)?);
            let all = proof::family(facts, household, rules);
            found.extend(agreement::declaration_faults(facts, &all, rules));
            proof::contested(facts, rules, assumed)?;
            let family = Family::new(all, &facts.elsewhere, rules, registered_on);
            if contradicts(&family) {
                return Err(Undecidable::Contradiction);
            }
            let (tested, income) = means::test_means(&family, facts, rules, assumed)?;
            let (grounds, measured) = holdings::measure(&family, facts, rules)?;
            found.extend(grounds);
            if tested.reaches_limit() {
                found.insert(Ground::Income);
            }
            // Rules without reasons are of a time when none were asked for.
            if !rules.entry.is_empty() {
                let entry = entry::entry_reasons(&family, rules);
                // Where nobody counts, that is told; what nobody could have is not.
                if entry.is_empty() && !family.counted.is_empty() {
                    found.insert(Ground::Entry);
                }
                basis = Some(Basis { entry, income, measured });
            }
            means = Some(tested);
        }
        None if found.is_empty() => return Err(Undecidable::Unverified),
        None => {}
    }
    let (reasons, noted): (Vec<Ground>, Vec<Ground>) = found.into_iter().partition(|g| refuses(rules, *g, assumed));
    let outcome = if !reasons.is_empty() {
        Outcome::Refused(reasons)
    } else if noted.iter().any(|g| matches!(g, Ground::Identity | Ground::Notary)) {
        return Err(Undecidable::Unverified);
    } else {
        let Some(means) = means else { return Err(Undecidable::Unverified) };
        if amount_is_assumed(rules, assumed) || means.reaches_limit() {
            return Err(Undecidable::Assumed);
        }
        Outcome::Granted(award(&means, rules, registered_on))
    };
    Ok(Decision { rules: rules.id.clone(), outcome, means, noted, assumed, basis })
}

/// Who counts in the family, by these facts.
pub fn heads(rules: &Rules, facts: &Facts, registered_on: Date) -> Vec<Fin> {
    let Some(household) = &facts.household else { return Vec::new() };
    let all = proof::family(facts, household, rules);
    let family = Family::new(all, &facts.elsewhere, rules, registered_on);
    family.counted.iter().map(|person| person.fin).collect()
}

impl Decision {
    /// The reasons of a refusal as phrases with their arguments.
    pub fn reasons(&self) -> Vec<Term> {
        let Outcome::Refused(grounds) = &self.outcome else { return Vec::new() };
        grounds.iter().map(|g| self.reason(*g)).collect()
    }

    fn reason(&self, ground: Ground) -> Term {
        let measured = self.basis.as_ref().map(|b| &b.measured);
        let args = match ground {
            // Nobody counts: the law's sum of nothing is reached by nothing, which would explain nothing.
            Ground::Income if self.means.is_some_and(|m| m.heads == 0) => return Term::bare("reason-not-counted"),
            Ground::Income => {
                self.means.map(|m| vec![("income", Value::Money(m.income_average())), ("limit", Value::Money(m.limit))])
            }
            Ground::Deals => measured
                .and_then(|m| m.deals)
                .map(|d| vec![("total", Value::Money(d.amount)), ("limit", Value::Money(d.limit))]),
            Ground::Utilities => measured
                .and_then(|m| m.utilities)
                .map(|u| vec![("spending", Value::Money(u.amount)), ("limit", Value::Money(u.limit))]),
            Ground::Jobs => measured.and_then(|m| m.jobs_again).map(|day| vec![("again", Value::Date(day))]),
            Ground::Identity
            | Ground::Notary
            | Ground::Residence
            | Ground::Family
            | Ground::Vehicle
            | Ground::Property
            | Ground::Entry => None,
        };
        let args = args.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect();
        Term { key: ground.term().to_owned(), args }
    }
}

/// Whether one institution says that somebody lives of whom another has the day of death.
fn contradicts(family: &Family<'_>) -> bool {
    let died = |p: &crate::facts::Person| p.died_on.is_some_and(|day| day <= family.day);
    family.all.iter().any(|p| died(p) && lives(p, LifeStatus::Alive))
}

/// Whether a choice is taken: one that is only assumed is not, unless assumed values count.
fn applies(choice: &Sourced<bool>, assumed: AssumedValues) -> bool {
    choice.value && (choice.origin.mark != Mark::Assumed || assumed == AssumedValues::Count)
}

fn refuses(rules: &Rules, ground: Ground, assumed: AssumedValues) -> bool {
    let Some(rule) = rules.refusal(ground) else { return false };
    let rests_on_assumed = match ground {
        Ground::Income => means_are_assumed(rules),
        Ground::Deals | Ground::Utilities => {
            [Some(&rules.income_origin), Some(&rules.not_counted_origin), rules.subsistence.as_ref().map(|s| &s.origin)]
                .into_iter()
                .flatten()
                .any(|o| o.mark == Mark::Assumed)
        }
        Ground::Vehicle | Ground::Property | Ground::Jobs | Ground::Entry => {
            rules.not_counted_origin.mark == Mark::Assumed
        }
        Ground::Identity | Ground::Notary | Ground::Residence | Ground::Family => false,
    };
    (rule.origin.mark != Mark::Assumed && !rests_on_assumed) || assumed == AssumedValues::Count
}

fn means_are_assumed(rules: &Rules) -> bool {
    [&rules.criterion_origin, &rules.income_origin, &rules.not_counted_origin].iter().any(|o| o.mark == Mark::Assumed)
}

fn amount_is_assumed(rules: &Rules, assumed: AssumedValues) -> bool {
    assumed == AssumedValues::Powerless && (means_are_assumed(rules) || rules.award_origin.mark == Mark::Assumed)
}

fn award(means: &Means, rules: &Rules, registered_on: Date) -> Award {
    let from = registered_on.first_of_month();
    let next = from.saturating_add(i64::from(rules.award_months).months());
    Award { amount: means.amount(), from, until: next.yesterday().unwrap_or(next) }
}
