//! What a family has, trades, spends and turns down, held against what refuses.

use super::Undecidable;
use super::counted::Family;
use super::means::divide;
use crate::facts::{Facts, Property, Vehicle};
use crate::rules::{Ground, Measure, Rules};
use dayaq_types::Money;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A sum and what it was held against, as they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// The sum, rounded to the qəpik.
    pub amount: Money,
    /// What refuses at it or above it, rounded to the qəpik.
    pub limit: Money,
}

/// What the grounds that measure something came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measurements {
    /// Purchases and sales of the window.
    pub deals: Option<Measured>,
    /// Utilities and telecommunication, a head and month; `None` where nobody counts.
    pub utilities: Option<Measured>,
    /// From which day on the jobs refused refuse no more; `None` where too few were refused, or long ago.
    pub jobs_again: Option<Date>,
}

/// The grounds that the family's holdings and doings give, with what was measured.
pub(super) fn measure(
    family: &Family<'_>,
    facts: &Facts,
    rules: &Rules,
) -> Result<(BTreeSet<Ground>, Measurements), Undecidable> {
    let mut found = BTreeSet::new();
    let mut measured = Measurements::default();
    if holds_refusing_vehicle(family, rules) {
        found.insert(Ground::Vehicle);
    }
    let minimum = rules.subsistence.as_ref().map(|s| s.value);
    for refusal in &rules.refusals {
        let refuses = match (refusal.measure, minimum) {
            (Some(Measure::Property { count }), _) => most_of_one_purpose(family) >= count,
            (Some(Measure::Deals { minimums }), Some(minimum)) => {
                let amount = deals_total(family)?;
                let limit = minimum * i64::from(minimums);
                measured.deals = Some(Measured { amount, limit });
                amount > limit
            }
            (Some(Measure::Utilities { percent, at_limit }), Some(minimum)) if family.heads() > 0 => {
                let spent = i128::from(family.spending(facts).qepik()) * 100;
                let head_months = family.heads().saturating_mul(rules.income_window_months);
                let share = i128::from(minimum.qepik()) * i128::from(percent);
                let limit = share * i128::from(head_months);
                measured.utilities = Some(Measured {
                    amount: divide(spent, head_months.saturating_mul(100)),
                    limit: divide(share, 100),
                });
                spent > limit || (at_limit && spent == limit)
            }
            (Some(Measure::Jobs { count, wait_months }), _) => {
                measured.jobs_again = jobs_again(family, count, wait_months);
                measured.jobs_again.is_some()
            }
            (Some(Measure::Deals { .. } | Measure::Utilities { .. }) | None, _) => false,
        };
        if refuses {
            found.insert(refusal.ground);
        }
    }
    Ok((found, measured))
}

fn holds_refusing_vehicle(family: &Family<'_>, rules: &Rules) -> bool {
    rules.refusal(Ground::Vehicle).is_some_and(|rule| {
        let refusing =
            |v: &Vehicle| rule.vehicle_bases.contains(&v.basis) && !(rule.rehabilitation_exempt && v.rehabilitation);
        family.counted.iter().flat_map(|p| &p.vehicles).any(refusing)
    })
}

/// How much real estate of one purpose the family has, at most; what two members share at one address is one.
fn most_of_one_purpose(family: &Family<'_>) -> u32 {
    let mut addresses: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for Property { purpose, address } in family.counted.iter().flat_map(|p| &p.properties) {
        let plain = address.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        addresses.entry(purpose).or_default().insert(plain);
    }
    addresses.values().map(|a| u32::try_from(a.len()).unwrap_or(u32::MAX)).max().unwrap_or(0)
}

/// Adds up the purchases and sales of the window; a contract that is told of twice counts once.
fn deals_total(family: &Family<'_>) -> Result<Money, Undecidable> {
    let mut contracts: BTreeMap<&str, Money> = BTreeMap::new();
    let mut total = Money::ZERO;
    for deal in family.counted.iter().flat_map(|p| &p.deals).filter(|d| family.in_window(d.month)) {
        match &deal.contract {
            None => total = total + deal.amount,
            Some(contract) => match contracts.insert(contract, deal.amount) {
                None => total = total + deal.amount,
                Some(known) if known == deal.amount => {}
                Some(_) => return Err(Undecidable::Contradiction),
            },
        }
    }
    Ok(total)
}

/// The latest day from which on somebody's refused jobs refuse no more, where that day is still to come.
fn jobs_again(family: &Family<'_>, count: u32, wait_months: u32) -> Option<Date> {
    let again = family.counted.iter().filter_map(|person| {
        let refused = || person.jobs_refused.iter().filter(|day| **day <= family.day);
        let enough = u32::try_from(refused().count()).unwrap_or(u32::MAX) >= count;
        refused().max().filter(|_| enough).map(|last| last.saturating_add(i64::from(wait_months).months()))
    });
    again.filter(|day| *day > family.day).max()
}
