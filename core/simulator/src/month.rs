//! Months and the amounts that fall into them.

use jiff::civil::Date;
use serde::Serialize;
use std::fmt;

/// A calendar month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(i32);

impl Month {
    /// The month of a day.
    pub fn of(day: Date) -> Self {
        Self(i32::from(day.year()) * 12 + i32::from(day.month()) - 1)
    }

    /// Reads `2026-11`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        let (year, month): (i32, i32) = (year.parse().ok()?, month.parse().ok()?);
        ((1..=12).contains(&month)).then_some(Self(year * 12 + month - 1))
    }

    /// The month so many months later; earlier where negative.
    pub const fn plus(self, months: i32) -> Self {
        Self(self.0.saturating_add(months))
    }

    /// Months from `earlier` to this one.
    pub const fn since(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }

    /// Its year.
    pub const fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// As `11.2026`.
    pub(crate) fn dotted(self) -> String {
        format!("{:02}.{:04}", self.0.rem_euclid(12) + 1, self.year())
    }

    /// Its place in the year: 0 is January.
    pub const fn of_year(self) -> usize {
        self.0.rem_euclid(12) as usize
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

impl Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// One end of a period of income.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The period is open at this end.
    Open,
    /// This month.
    Fixed(Month),
    /// So many months before the month of the clock at the time of the question: 1 is last month.
    Ago(u16),
}

impl Bound {
    /// Reads `2026-11`, or `-12` for the month twelve before the clock's.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "must be a month such as \"2026-11\", or \"-12\" for twelve months ago".to_owned();
        if let Some(ago) = text.strip_prefix('-') {
            return ago.parse().ok().filter(|n| (1..=240).contains(n)).map(Self::Ago).ok_or_else(wrong);
        }
        Month::parse(text).map(Self::Fixed).ok_or_else(wrong)
    }

    /// The month it stands for, with `open` where there is none.
    pub fn resolve(self, now: Month, open: Month) -> Month {
        match self {
            Self::Open => open,
            Self::Fixed(month) => month,
            Self::Ago(months) => now.plus(-i32::from(months)),
        }
    }
}

/// What an income brings in a month, in qəpik.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// The same each month.
    Monthly(i64),
    /// January to December, the same each year: every window of twelve months has the same sum.
    ByMonth([i64; 12]),
}

impl Amount {
    /// The amount of that month, in qəpik.
    pub const fn of(&self, month: Month) -> i64 {
        match self {
            Self::Monthly(qepik) => *qepik,
            Self::ByMonth(year) => year[month.of_year()],
        }
    }
}
