//! The decision: a pure function of facts, rules and the day of application.
//!
//! Nobody's hand is in it, and no clock: the same arguments give the same decision years later.

use crate::facts::{Facts, Kin, LifeStatus, Month, MonthIncome, Person, income_window};
use crate::rules::{Ground, Mark, NotCounted, Rules};
use dayaq_core_api::{Relation, Term, Value};
use dayaq_types::{Fin, Money};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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

/// The means test in whole numbers: nothing is rounded in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Means {
    /// Members who count.
    pub heads: u32,
    /// The sum of their criteria, a month.
    pub limit: Money,
    /// Their income over the whole window.
    pub income_total: Money,
    /// Months in the window.
    pub months: u32,
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

impl Means {
    /// Tests `average income >= limit` without dividing.
    pub fn reaches_limit(&self) -> bool {
        i128::from(self.income_total.qepik()) >= self.limit_total()
    }

    /// The average monthly income, rounded to the qəpik, for telling it.
    pub fn income_average(&self) -> Money {
        divide(i128::from(self.income_total.qepik()), self.months)
    }

    /// The sum of criteria less the average income, rounded once to the qəpik, an exact half up.
    pub fn amount(&self) -> Money {
        divide(self.limit_total() - i128::from(self.income_total.qepik()), self.months)
    }

    fn limit_total(&self) -> i128 {
        i128::from(self.limit.qepik()) * i128::from(self.months)
    }
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
    match &facts.household {
        Some(household) => {
            found.extend(declaration_faults(facts, household));
            let counted: Vec<&Person> = household.iter().filter(|p| counts(p, rules)).collect();
            if holds_refusing_vehicle(&counted, rules) {
                found.insert(Ground::Vehicle);
            }
            let tested = test_means(&counted, rules, registered_on);
            if tested.reaches_limit() {
                found.insert(Ground::Income);
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
    Ok(Decision { rules: rules.id.clone(), outcome, means, noted, assumed })
}

/// What speaks against the applicant's being who they say: nothing else is gathered where there is any.
pub fn verification_faults(facts: &Facts, registered_on: Date) -> BTreeSet<Ground> {
    let mut found = BTreeSet::new();
    let card = &facts.declared.id_card;
    let identical =
        facts.identity.as_ref().filter(|i| i.life == LifeStatus::Alive).and_then(|i| i.id_card.as_ref()).is_some_and(
            // The İ of a foreigner's card is written I in a declaration.
            |(series, number)| series.replace('İ', "I") == card.series() && number == card.number(),
        );
    if !identical {
        found.insert(Ground::Identity);
    }
    let valid = facts.notary.as_ref().is_some_and(|n| {
        n.applicant == facts.declared.applicant && n.issued_on <= registered_on && registered_on <= n.valid_until
    });
    if !valid {
        found.insert(Ground::Notary);
    }
    found
}

impl Decision {
    /// The reasons of a refusal as phrases with their arguments.
    pub fn reasons(&self) -> Vec<Term> {
        let Outcome::Refused(grounds) = &self.outcome else { return Vec::new() };
        grounds.iter().map(|g| self.reason(*g)).collect()
    }

    fn reason(&self, ground: Ground) -> Term {
        let mut term = Term::bare(ground.term());
        if let (Ground::Income, Some(means)) = (ground, &self.means) {
            term.args.insert("income".to_owned(), Value::Money(means.income_average()));
            term.args.insert("limit".to_owned(), Value::Money(means.limit));
        }
        term
    }
}

fn declaration_faults(facts: &Facts, household: &[Person]) -> BTreeSet<Ground> {
    let mut found = BTreeSet::new();
    if facts.identity.as_ref().is_none_or(|i| i.district != facts.declared.district) {
        found.insert(Ground::Residence);
    }
    let none = Kin::default();
    let kin_of = |fin: Fin| household.iter().find(|p| p.fin == fin).and_then(|p| p.kin.as_ref()).unwrap_or(&none);
    let applicant = kin_of(facts.declared.applicant);
    let spouse = facts.declared.members.iter().find(|m| m.relation == Relation::Spouse).map(|m| kin_of(m.fin));
    for member in &facts.declared.members {
        let known = household.iter().any(|p| p.fin == member.fin && p.identity.is_some());
        let agrees = match member.relation {
            Relation::Spouse => applicant.spouse == Some(member.fin),
            // A child of the declared spouse is a child of the family.
            Relation::Child => {
                applicant.children.contains(&member.fin) || spouse.is_some_and(|s| s.children.contains(&member.fin))
            }
            Relation::Parent => applicant.parents.contains(&member.fin),
            // The registry holds no record of these; sharing the household is what counts.
            Relation::Sibling | Relation::Other => true,
        };
        if !known || !agrees {
            found.insert(Ground::Family);
        }
    }
    found
}

fn counts(person: &Person, rules: &Rules) -> bool {
    !rules.not_counted.iter().any(|status| match status {
        NotCounted::Prisoner => person.prisoner,
        NotCounted::Foreigner => person.identity.as_ref().is_some_and(|i| !i.citizen),
        NotCounted::Dead => lives(person, LifeStatus::Dead),
        NotCounted::Missing => lives(person, LifeStatus::Missing),
    })
}

fn lives(person: &Person, status: LifeStatus) -> bool {
    person.identity.as_ref().is_some_and(|i| i.life == status)
}

fn holds_refusing_vehicle(counted: &[&Person], rules: &Rules) -> bool {
    rules.refusal(Ground::Vehicle).is_some_and(|rule| {
        let refusing = |v: &crate::facts::Vehicle| {
            rule.vehicle_bases.contains(&v.basis) && !(rule.rehabilitation_exempt && v.rehabilitation)
        };
        counted.iter().flat_map(|p| &p.vehicles).any(refusing)
    })
}

fn test_means(counted: &[&Person], rules: &Rules, registered_on: Date) -> Means {
    let heads = u32::try_from(counted.len()).unwrap_or(u32::MAX);
    let (first, last) = income_window(registered_on, rules.income_window_months);
    let in_window = |month: Month| first <= month && month <= last;
    let counts = |i: &&MonthIncome| in_window(i.month) && !rules.income_excluded_kinds.contains(&i.kind);
    let income = counted.iter().flat_map(|p| &p.income).filter(counts);
    Means {
        heads,
        limit: rules.criterion * i64::from(heads),
        income_total: income.map(|i| i.amount).sum(),
        months: rules.income_window_months,
    }
}

fn refuses(rules: &Rules, ground: Ground, assumed: AssumedValues) -> bool {
    let Some(rule) = rules.refusal(ground) else { return false };
    let known = rule.origin.mark != Mark::Assumed && !(ground == Ground::Income && means_are_assumed(rules));
    known || assumed == AssumedValues::Count
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

/// Divides qəpik by months and rounds to the nearest, an exact half up.
fn divide(qepik: i128, months: u32) -> Money {
    let months = i128::from(months.max(1));
    let rounded = (2 * qepik + months).div_euclid(2 * months);
    Money::from_qepik(i64::try_from(rounded).unwrap_or(i64::MAX))
}
