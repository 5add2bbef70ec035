//! Worked households: sums written by hand beside each, held against the decision.

use super::family::rules_of;
use super::world::{content, shipped};
use crate::decide::AssumedValues;
use crate::household::{Ending, Household};
use crate::rules::{DayKind, Mark, RuleBook};
use dayaq_author::Diagnostics;
use dayaq_types::Money;
use jiff::civil::date;
use std::collections::BTreeSet;
use std::path::Path;

fn worked() -> Vec<Household> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests-data/households");
    let found = Diagnostics::new();
    let mut households = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().display().to_string();
        households.extend(Household::read(&name, &std::fs::read_to_string(&path).unwrap(), &found));
    }
    assert!(found.is_empty(), "{found}");
    households
}

fn book() -> RuleBook {
    content(&shipped()).rules
}

#[test]
fn s5_every_worked_household_comes_to_the_sum_written_by_hand() {
    let (households, rules) = (worked(), book());
    assert!(households.len() >= 80, "{}", households.len());
    assert!(households.iter().all(|h| h.expected.is_some()), "each says what is expected");
    let wrong: Vec<String> = households
        .iter()
        .flat_map(|h| {
            h.mismatches(&rules)
                .into_iter()
                .map(move |line| format!("{}:{} {}: {line}", h.place.path, h.place.position.line, h.name))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn s5_the_worked_households_reach_every_set_of_rules_and_every_ground() {
    let (households, rules) = (worked(), book());
    let governed: BTreeSet<&str> =
        households.iter().filter_map(|h| rules.governing(h.registered_on)).map(|r| r.id.as_str()).collect();
    let expected =
        ["2016", "2017", "2018", "2019", "2020-new", "2020-old", "2021", "2022", "2023", "2024", "2025", "2026"];
    assert_eq!(governed, BTreeSet::from(expected));
    let refused: BTreeSet<_> = households
        .iter()
        .filter_map(|h| h.expected.as_ref())
        .filter_map(|expected| match &expected.ending {
            Ending::Refused(grounds) => Some(grounds.clone()),
            Ending::Granted { .. } | Ending::Undecidable(_) | Ending::Ungoverned => None,
        })
        .flatten()
        .collect();
    let missing: Vec<_> = crate::rules::Ground::ALL.into_iter().filter(|g| !refused.contains(g)).collect();
    assert_eq!(missing, [], "grounds that no household is refused for");
}

#[test]
fn s5_a_wrong_sum_is_told_with_what_came_out() {
    let text = "[[household]]\nname = \"x\"\nregistered_on = 2026-11-23\n[[household.member]]\nrelation = \"applicant\"\n\
                [household.expected]\noutcome = \"granted\"\namount = \"299.99\"\nnoted = []\n";
    let found = Diagnostics::new();
    let households = Household::read("h.toml", text, &found);
    assert!(found.is_empty(), "{found}");
    assert_eq!(
        households[0].mismatches(&book()),
        ["expected granted 299,99 AZN, came to granted 300,00 AZN", "expected noted none, came to entry"]
    );
}

#[test]
fn every_fault_of_a_household_is_told_with_its_line() {
    let text = "[[household]]\nname = \"x\"\nregistered_on = 2026-11-23\nutilites_monthly = \"1.00\"\n\n\
                [[household.member]]\nrelation = \"spouse\"\nstatuses = [\"rich\"]\n\n\
                [[household.member.income]]\nkind = \"wage\"\nmonthly = \"1.005\"\n\n\
                [household.expected]\noutcome = \"refused\"\nreasons = [\"hunch\"]\n";
    let found = Diagnostics::new();
    let households = Household::read("h.toml", text, &found);
    let lines: BTreeSet<_> = found.sorted().iter().map(|d| d.line).collect();
    assert!(lines.is_superset(&BTreeSet::from([4, 7, 8, 12, 16])), "{lines:?}\n{found}");
    assert!(found.has_errors() && households.iter().all(|h| h.assumed == AssumedValues::Powerless));
}

#[test]
fn s5_the_rules_of_2016_to_2019_have_their_own_values_and_say_what_is_not_known() {
    for (year, criterion, minimum, mark) in [
        (2016, 105, 136, Mark::Assumed),
        (2017, 116, 155, Mark::Verified),
        (2018, 130, 173, Mark::Verified),
        (2019, 143, 180, Mark::Verified),
    ] {
        let rules = rules_of(date(year, 7, 1));
        assert_eq!(rules.criterion, Money::from_manat(criterion), "{year}");
        assert_eq!(rules.criterion_origin.mark, mark, "{year}");
        assert_eq!(rules.subsistence.unwrap().value, Money::from_manat(minimum), "{year}");
    }
    assert!(book().governing(date(2016, 2, 4)).is_none(), "nothing is known of before the decision on the rules");
}

#[test]
fn s10_award_and_duties_changed_in_november_2020() {
    for (day, months, report, kind, unclaimed) in [
        (date(2016, 2, 5), 24, 5, DayKind::Calendar, 3),
        (date(2019, 12, 31), 24, 5, DayKind::Calendar, 3),
        (date(2020, 10, 31), 24, 5, DayKind::Calendar, 3),
        (date(2020, 11, 1), 12, 15, DayKind::Working, 2),
        (date(2026, 12, 31), 12, 15, DayKind::Working, 2),
    ] {
        let rules = rules_of(day);
        let duties = rules.duties.unwrap().value;
        assert_eq!(
            (rules.award_months, duties.report_days, duties.report_day_kind, duties.unclaimed_months),
            (months, report, kind, unclaimed),
            "{day}"
        );
    }
}

#[test]
fn s5_no_day_is_promised_for_applications_of_before_the_calendars() {
    let content = content(&shipped());
    for day in [date(2016, 2, 5), date(2020, 11, 1), date(2024, 12, 30)] {
        assert!(content.rules.governing(day).is_some());
        assert_eq!(content.decide_by(day, 15), None, "{day}");
    }
    // All fifteen days lie in 2025: 6 to 10, 13 to 17, 21 to 24 and 27 January; the 1st to 3rd and the 20th are off.
    assert_eq!(content.decide_by(date(2024, 12, 31), 15), Some(date(2025, 1, 27)));
}
