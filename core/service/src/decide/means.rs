//! The means test: whole sums, compared without dividing.

use super::counted::Family;
use super::{AssumedValues, Undecidable, applies};
use crate::facts::Facts;
use crate::rules::Rules;
use dayaq_types::Money;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// Income over the whole window by kind, in the institutions' words; land and livestock stand as `holdings`, spending
/// on utilities and telecommunication as `utilities`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomeParts {
    /// What counts.
    pub counted: BTreeMap<String, Money>,
    /// What does not.
    pub ignored: BTreeMap<String, Money>,
}

/// The kind under which the ministry's own register gives what an earlier award paid.
const ASSISTANCE: &str = "assistance";
/// The part that land and livestock make.
const HOLDINGS: &str = "holdings";
/// The part that spending makes.
const UTILITIES: &str = "utilities";

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

/// Adds up what the counted members have.
pub(super) fn test_means(
    family: &Family<'_>,
    facts: &Facts,
    rules: &Rules,
    assumed: AssumedValues,
) -> Result<(Means, IncomeParts), Undecidable> {
    let mut parts = IncomeParts::default();
    let assistance_counts = rules.earlier_assistance.as_ref().is_none_or(|choice| applies(choice, assumed));
    for income in family.counted.iter().flat_map(|p| &p.income).filter(|i| family.in_window(i.month)) {
        let excluded = rules.income_excluded_kinds.contains(&income.kind);
        parts.add(!excluded && (income.kind != ASSISTANCE || assistance_counts), &income.kind, income.amount);
    }
    let holdings_count = rules.holdings.as_ref().is_some_and(|choice| applies(choice, assumed));
    for holding in family.counted.iter().flat_map(|p| &p.holdings) {
        match facts.yields.iter().find(|norm| norm.produce == holding.produce) {
            Some(norm) => {
                // The rules allow whole years alone, so that nothing is lost here.
                let years = i64::from(rules.income_window_months / 12);
                parts.add(holdings_count, HOLDINGS, norm.a_year * i64::from(holding.quantity) * years);
            }
            None if holdings_count => return Err(Undecidable::Norm),
            None => {}
        }
    }
    if rules.utility_spending.as_ref().is_some_and(|choice| applies(choice, assumed)) {
        parts.add(true, UTILITIES, family.spending(facts));
    }
    let heads = family.heads();
    let means = Means {
        heads,
        limit: rules.criterion * i64::from(heads),
        income_total: parts.counted.values().copied().sum(),
        months: rules.income_window_months,
    };
    Ok((means, parts))
}

impl IncomeParts {
    fn add(&mut self, counts: bool, kind: &str, amount: Money) {
        let parts = if counts { &mut self.counted } else { &mut self.ignored };
        let part = parts.entry(kind.to_owned()).or_default();
        *part = *part + amount;
    }
}

/// Divides qəpik by months and rounds to the nearest, an exact half up.
pub(super) fn divide(qepik: i128, months: u32) -> Money {
    let months = i128::from(months.max(1));
    let rounded = (2 * qepik + months).div_euclid(2 * months);
    Money::from_qepik(i64::try_from(rounded).unwrap_or(i64::MAX))
}
