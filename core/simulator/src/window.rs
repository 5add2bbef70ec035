//! The window of months that a question is about, and pages of what falls into it.

use crate::Month;
use crate::problem::Problem;
use serde::Deserialize;

/// Months that one question may span.
const MONTHS_MAX: i32 = 120;

/// `?from=2025-11&to=2026-10`, and `&page=1` where answers come by the page.
#[derive(Deserialize)]
pub(crate) struct Window {
    from: Option<String>,
    to: Option<String>,
    page: Option<usize>,
    /// The meter, where it stands in the query.
    pub meter: Option<String>,
    /// The address, where it stands there.
    pub address: Option<String>,
}

impl Window {
    /// The first and the last month.
    pub fn months(&self) -> Result<(Month, Month), Problem> {
        let month = |text: &Option<String>| text.as_deref().and_then(Month::parse);
        let (Some(from), Some(to)) = (month(&self.from), month(&self.to)) else {
            return Err(Problem::bad_request("from and to are months such as 2026-11"));
        };
        if !(0..MONTHS_MAX).contains(&to.since(from)) {
            return Err(Problem::bad_request("the window has 1 to 120 months"));
        }
        Ok((from, to))
    }

    /// Every month of it.
    pub fn each(&self) -> Result<Vec<Month>, Problem> {
        let (from, to) = self.months()?;
        Ok((0..=to.since(from)).map(|n| from.plus(n)).collect())
    }

    /// The items of the page that is asked for, and how many pages there are: one at least.
    pub fn page<T>(&self, items: Vec<T>, size: usize) -> Result<(Vec<T>, usize), Problem> {
        let pages = items.len().div_ceil(size).max(1);
        let page = self.page.unwrap_or(1);
        if !(1..=pages).contains(&page) {
            return Err(Problem::bad_request("there is no such page"));
        }
        Ok((items.into_iter().skip((page - 1) * size).take(size).collect(), pages))
    }
}
