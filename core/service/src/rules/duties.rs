//! What a family owes while an award runs, as the rules of its day of application have it.

use super::Sourced;
use dayaq_author::Table;
use serde::{Deserialize, Serialize};

/// Duties of an award. They refuse nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duties {
    /// Days within which a change of income is to be reported; 1 to 90.
    pub report_days: u32,
    /// Which days are counted.
    pub report_day_kind: DayKind,
    /// Months after which an award that nobody has fetched stops; 1 to 12.
    pub unclaimed_months: u32,
}

/// Which days are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DayKind {
    /// Every day.
    Calendar,
    /// Those on which people work.
    Working,
}

/// Reads the section `[duties]`.
pub(super) fn read_duties(root: &Table<'_>) -> Option<Sourced<Duties>> {
    let (value, origin) = super::read::section(root, "duties", |table| {
        let report_days = table.integer("report_days", 1..=90u32);
        let kinds = [("calendar", DayKind::Calendar), ("working", DayKind::Working)];
        let report_day_kind = table.one_of("report_day_kind", &kinds);
        let unclaimed_months = table.integer("unclaimed_months", 1..=12u32);
        Some(Duties {
            report_days: report_days?,
            report_day_kind: report_day_kind?,
            unclaimed_months: unclaimed_months?,
        })
    })?;
    Some(Sourced { value, origin })
}
