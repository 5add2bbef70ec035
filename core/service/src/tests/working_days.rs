//! The working days of 2025 to 2027, counted in another way from a list of days off.
//!
//! The list has the same published facts as the calendar files: what is independent here is the count, not the facts.

use super::world::{content, shipped};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use std::collections::BTreeSet;

/// Every working day of the three years, in order, by the list alone.
fn worked_days() -> Vec<Date> {
    let mut off = BTreeSet::new();
    let mut swapped_in = BTreeSet::new();
    for line in include_str!("../../tests-data/days_off.csv").lines().skip(1) {
        let day: Date = line.split(',').next().unwrap().parse().unwrap();
        let days = if line.contains("WORKING") { &mut swapped_in } else { &mut off };
        assert!(days.insert(day), "{day} stands twice");
    }
    let weekend = |day: Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    date(2025, 1, 1)
        .series(1.day())
        .take_while(|day| day.year() < 2028)
        .filter(|day| swapped_in.contains(day) || !(weekend(*day) || off.contains(day)))
        .collect()
}

/// The fifteenth working day after, by position in the list.
fn fifteenth(worked: &[Date], day: Date) -> Option<Date> {
    worked.get(worked.partition_point(|other| *other <= day) + 14).copied()
}

#[test]
fn s8_every_day_of_three_years_is_worked_or_off_as_the_list_has_it() {
    let (calendar, worked) = (content(&shipped()).calendar, worked_days());
    for day in date(2025, 1, 1).series(1.day()).take_while(|day| day.year() < 2028) {
        assert_eq!(calendar.is_working(day), Some(worked.binary_search(&day).is_ok()), "{day}");
        assert_eq!(calendar.deadline(day, 15), fifteenth(&worked, day), "{day}");
    }
}

#[test]
fn x02_the_turn_of_the_year_is_counted_by_both_calendars() {
    let (content, worked) = (content(&shipped()), worked_days());
    let check = |day: Date, deadline: Date, promised: Option<Date>| {
        assert_eq!(fifteenth(&worked, day), Some(deadline), "{day} by the list");
        assert_eq!(content.calendar.deadline(day, 15), Some(deadline), "{day} by the calendar");
        assert_eq!(content.decide_by(day, 15), promised, "{day}");
    };
    check(date(2026, 11, 23), date(2026, 12, 14), Some(date(2026, 12, 14)));
    // 5 to 8, 11 to 15, 18 and 19, 21 and 22, 25 and 26 January: the 20th is off.
    check(date(2026, 12, 30), date(2027, 1, 26), Some(date(2027, 1, 26)));
    check(date(2026, 12, 31), date(2027, 1, 26), Some(date(2027, 1, 26)));
    // No rules govern 2027 yet: the calendar alone promises nothing.
    check(date(2027, 1, 4), date(2027, 1, 26), None);
}
