//! How far ahead the content reaches: the last day that rules govern, and the last that the calendar knows.

use crate::content::CoreContent;
use dayaq_author::{Diagnostic, Place};
use jiff::civil::Date;

/// Days ahead, below which whoever runs the service is asked for the next file.
const DAYS_MIN: i32 = 90;

/// How far something reaches that is given day by day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// `rules` or `calendar`.
    pub what: &'static str,
    /// Where its last day is written.
    pub place: Place,
    /// The last day of application that it serves, without a gap from today; a day before today where today is not
    /// served any more.
    pub last: Date,
}

impl Coverage {
    /// Days that are left, none on the last one; below nothing once it is past.
    pub fn days_left(&self, today: Date) -> i32 {
        (self.last - today).get_days()
    }

    /// What there is to do, where it ends soon or has ended.
    pub fn warning(&self, today: Date) -> Option<Diagnostic> {
        let left = self.days_left(today);
        if left >= DAYS_MIN {
            return None;
        }
        let (last, days) = (self.last, if left == 1 { "day" } else { "days" });
        let what = match self.what {
            "rules" => format!("no rules govern applications after {last}"),
            _ => format!("the working days are not known for applications after {last}"),
        };
        let now = if left < 0 {
            "they are taken and kept, and told no day for the decision".to_owned()
        } else {
            format!("{left} {days} left; later ones are taken and kept, and told no day for the decision")
        };
        Some(self.place.warning(format!("{what}: {now}; add the next file")))
    }
}

impl CoreContent {
    /// How far rules and calendar reach, seen from a day.
    pub fn coverage(&self, today: Date, decision_working_days: u32) -> Vec<Coverage> {
        let rules = self.rules.reaches(today).map(|(place, last)| Coverage { what: "rules", place, last });
        let calendar = self.calendar.last_served(today, decision_working_days);
        let calendar = calendar.map(|(place, last)| Coverage { what: "calendar", place, last });
        rules.into_iter().chain(calendar).collect()
    }

    /// The last day for a decision on an application of that day; `None` where nothing can decide it yet, or where the
    /// calendar ends before: then no day may be promised.
    pub fn decide_by(&self, day: Date, decision_working_days: u32) -> Option<Date> {
        self.rules.governing(day)?;
        self.calendar.deadline(day, decision_working_days)
    }
}
