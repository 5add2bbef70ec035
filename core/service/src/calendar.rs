//! The working-day calendar: `config/calendar/<year>.toml`.

use dayaq_author::{Diagnostics, Place, Table};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use std::collections::{BTreeMap, BTreeSet};

/// How sure a day off is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DayStatus {
    /// Published.
    Confirmed,
    /// Follows from the law.
    Derived,
    /// Depends on the moon or on a decision not yet made.
    Estimated,
}

/// The working days of the years that the files cover, without a gap.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    years: BTreeMap<i16, Year>,
    places: BTreeMap<i16, Place>,
}

#[derive(Clone, Debug, Default)]
struct Year {
    off: BTreeMap<Date, DayStatus>,
    worked: BTreeSet<Date>,
}

impl Calendar {
    /// Reads the files, one year each; every fault goes to the diagnostics.
    pub fn read(files: &[(String, String)], diagnostics: &Diagnostics) -> Self {
        let mut calendar = Self::default();
        for (path, text) in files {
            let (document, found) = dayaq_author::parse(path, text);
            let root = document.root(&found);
            if let Some(number) = root.integer("year", 2000..=2100i16) {
                let year = Year::read(&root, number);
                calendar.places.insert(number, root.at("year"));
                if calendar.years.insert(number, year).is_some() {
                    root.error("year", format!("another file already gives {number}"));
                }
            }
            root.finish();
            diagnostics.extend(found);
        }
        calendar
    }

    /// Tells whether people work on that day; `None` where no file covers its year.
    pub fn is_working(&self, day: Date) -> Option<bool> {
        let year = self.years.get(&day.year())?;
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        Some(year.worked.contains(&day) || !(weekend || year.off.contains_key(&day)))
    }

    /// Gives the last of `count` working days, of which the first is the first working day after `start`.
    ///
    /// The day of registration itself does not count. `None` where the calendar ends before.
    pub fn deadline(&self, start: Date, count: u32) -> Option<Date> {
        let mut day = start;
        let mut left = count;
        while left > 0 {
            day = day.tomorrow().ok()?;
            if self.is_working(day)? {
                left -= 1;
            }
        }
        Some(day)
    }

    /// Counts the working days after `today` up to and with `until`; none where `until` is past.
    pub fn working_days_left(&self, today: Date, until: Date) -> Option<u32> {
        let mut left = 0;
        let mut day = today;
        while day < until {
            day = day.tomorrow().ok()?;
            left += u32::from(self.is_working(day)?);
        }
        Some(left)
    }

    /// The last day that is covered, in years that follow `from` without a gap.
    pub fn reaches(&self, from: Date) -> Option<Date> {
        let mut year = from.year();
        self.years.get(&year)?;
        while self.years.contains_key(&(year + 1)) {
            year += 1;
        }
        Date::new(year, 12, 31).ok()
    }

    /// The last day of application whose deadline of so many working days is known, in years that follow `today`
    /// without a gap, and where the last of these years is written; where today's year is not covered, the last before
    /// it.
    pub fn last_served(&self, today: Date, count: u32) -> Option<(Place, Date)> {
        let end = match self.reaches(today) {
            Some(end) => end,
            None => Date::new(*self.years.range(..today.year()).next_back()?.0, 12, 31).ok()?,
        };
        let mut last = end;
        while self.deadline(last, count).is_none() {
            last = last.yesterday().ok()?;
        }
        Some((self.places.get(&end.year())?.clone(), last))
    }

    /// The least sure status among the days off after `start` up to `end`.
    pub fn surety(&self, start: Date, end: Date) -> DayStatus {
        let days = self.years.values().flat_map(|y| &y.off);
        days.filter(|(d, _)| **d > start && **d <= end).map(|(_, s)| *s).max().unwrap_or(DayStatus::Confirmed)
    }
}

impl Year {
    fn read(root: &Table<'_>, number: i16) -> Self {
        let mut year = Self::default();
        for off in root.tables("off") {
            let until = read_day(&off, "until", number);
            let status = read_status(&off);
            if let Some(day) = required_day(&off, "day", number) {
                let until = until.unwrap_or(day);
                if until < day {
                    off.error("until", "must not be before day");
                }
                for day in day.series(1.day()).take_while(|d| *d <= until) {
                    if year.off.insert(day, status).is_some() {
                        off.error("day", format!("{day} is listed twice"));
                    }
                }
            }
            off.string("name");
            off.finish();
        }
        for worked in root.tables("worked") {
            if let Some(day) = required_day(&worked, "day", number) {
                if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
                    worked.error("day", "must be a Saturday or a Sunday; other days are worked unless listed as off");
                }
                if year.off.contains_key(&day) || !year.worked.insert(day) {
                    worked.error("day", format!("{day} is listed twice"));
                }
            }
            read_status(&worked);
            worked.string("name");
            worked.finish();
        }
        year
    }
}

fn read_status(table: &Table<'_>) -> DayStatus {
    let names =
        [("confirmed", DayStatus::Confirmed), ("derived", DayStatus::Derived), ("estimated", DayStatus::Estimated)];
    table.one_of("status", &names).unwrap_or(DayStatus::Estimated)
}

fn required_day(table: &Table<'_>, key: &str, year: i16) -> Option<Date> {
    in_year(table, key, table.date(key), year)
}

fn read_day(table: &Table<'_>, key: &str, year: i16) -> Option<Date> {
    in_year(table, key, table.opt_date(key), year)
}

fn in_year(table: &Table<'_>, key: &str, day: Option<dayaq_author::Date>, year: i16) -> Option<Date> {
    let day = civil(day?);
    match day {
        Some(day) if day.year() == year => Some(day),
        Some(_) | None => {
            table.error(key, format!("must be a day of {year}"));
            None
        }
    }
}

/// The same day as the one that an author wrote.
pub(crate) fn civil(day: dayaq_author::Date) -> Option<Date> {
    Date::new(day.year, day.month, day.day).ok()
}
