use super::world::{content, shipped};
use crate::{Calendar, DayStatus};
use dayaq_author::Diagnostics;
use jiff::ToSpan;
use jiff::civil::{Date, date};

fn calendar() -> Calendar {
    content(&shipped()).calendar
}

#[test]
fn s8_registered_on_23_november_2026_decided_by_14_december() {
    assert_eq!(calendar().deadline(date(2026, 11, 23), 15), Some(date(2026, 12, 14)));
}

#[test]
fn x02_a_deadline_is_counted_by_both_years_calendars() {
    // 31.12, 1.1 and its transfer to 4.1 are off.
    assert_eq!(calendar().deadline(date(2026, 12, 30), 1), Some(date(2027, 1, 5)));
}

#[test]
fn s8_swapped_days_and_holidays_are_known() {
    let calendar = calendar();
    let check = |day: Date, working| assert_eq!(calendar.is_working(day), Some(working), "{day}");
    check(date(2025, 6, 21), true); // a Saturday worked ...
    check(date(2025, 6, 27), false); // ... for this Friday
    check(date(2025, 3, 10), true); // Women's Day was carried elsewhere
    check(date(2025, 3, 27), false);
    check(date(2026, 3, 30), false); // Novruz and Ramazan together
    check(date(2026, 3, 31), true);
    check(date(2026, 11, 10), false);
    check(date(2026, 11, 21), false); // a plain Saturday
    assert_eq!(calendar.is_working(date(2028, 1, 1)), None);
}

#[test]
fn s8_the_longest_wait_of_three_years_is_33_days() {
    let calendar = calendar();
    let days = date(2025, 1, 1).series(1.day()).take_while(|d| d.year() < 2028);
    let waits = days.filter_map(|day| Some((calendar.deadline(day, 15)? - day).get_days()));
    assert_eq!(waits.max(), Some(33));
}

#[test]
fn a_deadline_beyond_the_calendar_is_not_guessed() {
    assert_eq!(calendar().deadline(date(2027, 12, 20), 15), None);
    assert_eq!(calendar().reaches(date(2026, 11, 23)), Some(date(2027, 12, 31)));
    assert_eq!(calendar().reaches(date(2024, 1, 1)), None);
}

#[test]
fn the_working_days_left_are_counted() {
    let calendar = calendar();
    assert_eq!(calendar.working_days_left(date(2026, 12, 9), date(2026, 12, 14)), Some(3));
    assert_eq!(calendar.working_days_left(date(2026, 12, 14), date(2026, 12, 14)), Some(0));
    assert_eq!(calendar.working_days_left(date(2026, 12, 20), date(2026, 12, 14)), Some(0));
}

#[test]
fn an_estimated_holiday_is_told_from_a_settled_one() {
    let calendar = calendar();
    assert_eq!(calendar.surety(date(2026, 11, 23), date(2026, 12, 14)), DayStatus::Confirmed);
    assert_eq!(calendar.surety(date(2027, 3, 1), date(2027, 3, 19)), DayStatus::Estimated);
}

#[test]
fn every_fault_of_a_calendar_is_told_with_its_line() {
    let text = "year = 2030\n\n[[off]]\nday = 2031-01-01\nname = \"x\"\nstatus = \"confirmed\"\n\n\
                [[off]]\nday = 2030-05-01\nname = \"x\"\nstatus = \"sure\"\n\n\
                [[worked]]\nday = 2030-05-03\nname = \"x\"\nstatus = \"confirmed\"\n";
    let diagnostics = Diagnostics::new();
    Calendar::read(&[("c.toml".to_owned(), text.to_owned())], &diagnostics);
    let found: Vec<_> = diagnostics.sorted().iter().map(|d| (d.line, d.key.clone())).collect();
    let expected = [(4, "off[0].day"), (11, "off[1].status"), (14, "worked[0].day")];
    assert_eq!(found, expected.map(|(line, key)| (line, key.to_owned())), "{diagnostics}");
}
