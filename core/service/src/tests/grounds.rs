//! Every ground for refusal, from facts alone.

use super::family::{DAY, decided, family, granted, household, income, mark, on, refused, rules_of, spent, wage, with};
use super::world::shipped;
use crate::CoreContent;
use crate::decide::{AssumedValues, Outcome, Undecidable, decide};
use crate::facts::{Deal, Facts, LifeStatus, Month, Person, Property, Status, Vehicle};
use crate::rules::{Ground, Mark, VehicleBasis};
use dayaq_core_api::{Term, Value};
use dayaq_types::Money;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn deal(months_ago: u32, qepik: i64, contract: Option<&str>) -> Deal {
    let month = Month::of(DAY).earlier(months_ago);
    Deal { month, amount: Money::from_qepik(qepik), contract: contract.map(str::to_owned) }
}

fn property(purpose: &str, address: &str) -> Property {
    Property { purpose: purpose.to_owned(), address: address.to_owned() }
}

fn reason(facts: &Facts) -> Term {
    let mut reasons = decided(facts).reasons();
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    reasons.remove(0)
}

#[test]
fn p1_purchases_and_sales_refuse_above_twelve_subsistence_minimums_and_not_at_them() {
    let total = |deals: Vec<Deal>| with(|f| household(f)[1].deals = deals);
    // 12 x 300,00.
    assert_eq!(granted(&total(vec![deal(1, 200_000, None), deal(12, 160_000, None)])).amount, Money::from_manat(800));
    let above = total(vec![deal(1, 200_000, None), deal(12, 160_001, None)]);
    assert_eq!(refused(&above), [Ground::Deals]);
    let term = reason(&above);
    assert_eq!(term.key, "reason-deals");
    assert_eq!(term.args["total"], Value::Money(Money::from_qepik(360_001)));
    assert_eq!(term.args["limit"], Value::Money(Money::from_manat(3600)));
    // The month of application and the thirteenth before it are outside.
    granted(&total(vec![deal(0, 900_000, None), deal(13, 900_000, None)]));
}

#[test]
fn p1_a_deal_that_two_members_or_institutions_tell_of_counts_once() {
    let mut facts =
        with(|f| household(f)[0].deals = vec![deal(3, 300_000, Some("K-17")), deal(3, 300_000, Some("K-17"))]);
    household(&mut facts)[1].deals = vec![deal(2, 300_000, Some("K-17"))];
    granted(&facts);
    household(&mut facts)[1].deals = vec![deal(2, 300_000, Some("K-18"))];
    assert_eq!(refused(&facts), [Ground::Deals]);
    household(&mut facts)[1].deals = vec![deal(2, 300_001, Some("K-17"))];
    let result = decide(&rules_of(DAY), &facts, DAY, AssumedValues::Powerless);
    assert_eq!(result, Err(Undecidable::Contradiction), "one contract with two prices is no evidence");
}

#[test]
fn p1_two_suitable_jobs_refused_refuse_for_a_month_from_the_last() {
    let refusals = |days: &[Date]| with(|f| household(f)[1].jobs_refused = days.to_vec());
    granted(&refusals(&[date(2026, 11, 20)]));
    granted(&refusals(&[date(2026, 9, 1), date(2026, 10, 23)]));
    // Refused after the day of application: that day decides.
    granted(&refusals(&[date(2026, 11, 20), date(2026, 11, 24)]));
    let facts = refusals(&[date(2026, 10, 24), date(2025, 9, 1)]);
    assert_eq!(refused(&facts), [Ground::Jobs]);
    let term = reason(&facts);
    assert_eq!((term.key.as_str(), &term.args["again"]), ("reason-jobs", &Value::Date(date(2026, 11, 24))));
    let two_persons = with(|f| {
        household(f)[0].jobs_refused = vec![date(2026, 11, 1)];
        household(f)[1].jobs_refused = vec![date(2026, 11, 2)];
    });
    granted(&two_persons);
}

#[test]
fn p1_utilities_and_telecom_refuse_at_fifteen_per_cent_a_head() {
    let spending = |utilities, telecom| {
        with(|f| {
            f.utilities = spent(DAY, utilities);
            household(f)[1].telecom = spent(DAY, telecom);
        })
    };
    // Four heads, 45,00 each.
    let at = spending(15_000, 3_000);
    assert_eq!(refused(&at), [Ground::Utilities]);
    let term = reason(&at);
    assert_eq!(term.key, "reason-utilities");
    assert_eq!(term.args["spending"], Value::Money(Money::from_manat(45)));
    assert_eq!(term.args["limit"], Value::Money(Money::from_manat(45)));
    let mut below = at.clone();
    below.utilities[5].amount = Money::from_qepik(14_999);
    assert_eq!(granted(&below).amount, Money::from_manat(800));
    // One head fewer, and the same spending is more a head; what an uncounted person spends is not the family's.
    let mut conscript = below.clone();
    household(&mut conscript)[3].statuses.insert(Status::Conscript);
    assert_eq!(refused(&conscript), [Ground::Utilities]);
    household(&mut conscript)[1].statuses.insert(Status::Conscript);
    household(&mut conscript)[3].statuses.clear();
    conscript.utilities = spent(DAY, 13_499);
    granted(&conscript);
}

#[test]
fn p1_before_november_2020_utilities_refused_above_ten_per_cent() {
    let check = |day: Date, qepik: i64, refuses: bool| {
        let mut facts = family(day);
        household(&mut facts).iter_mut().for_each(|p| p.income.clear());
        facts.utilities = spent(day, qepik);
        let expected = if refuses { vec![Ground::Utilities] } else { Vec::new() };
        let decision = on(day, &facts, AssumedValues::Powerless);
        let found = match decision.outcome {
            Outcome::Refused(grounds) => grounds,
            Outcome::Granted(_) => Vec::new(),
        };
        assert_eq!(found, expected, "{day} {qepik}");
    };
    // The minimum of 2020 is 190,00: 10 % of it for four are 76,00, and 15 % are 114,00.
    check(date(2020, 10, 31), 7_600, false);
    check(date(2020, 10, 31), 7_601, true);
    check(date(2020, 11, 1), 11_399, false);
    check(date(2020, 11, 1), 11_400, true);
}

#[test]
fn p1_two_properties_of_one_purpose_at_two_addresses_refuse() {
    let owns = |applicant: &[Property], spouse: &[Property]| {
        with(|f| {
            household(f)[0].properties = applicant.to_vec();
            household(f)[1].properties = spouse.to_vec();
        })
    };
    let home = property("dwelling", "Quba, Nizami 24");
    assert_eq!(
        refused(&owns(std::slice::from_ref(&home), &[property("dwelling", "Bakı, Həzi Aslanov 3")])),
        [Ground::Property]
    );
    assert_eq!(reason(&owns(&[home.clone(), property("dwelling", "x")], &[])).key, "reason-property");
    granted(&owns(&[home.clone(), property("garden", "Quba, bağ 3")], &[]));
    granted(&owns(std::slice::from_ref(&home), &[property("dwelling", " quba,  Nizami 24 ")]));
    granted(&owns(&[home], &[]));
}

#[test]
fn p1_every_status_that_is_not_counted_leaves_out_head_income_and_property() {
    let uncounted: [fn(&mut Person); 6] = [
        |p| mark(p, Status::Conscript),
        |p| mark(p, Status::StateKept),
        |p| mark(p, Status::Wanted),
        |p| mark(p, Status::Abroad),
        |p| mark(p, Status::WhereaboutsUnknown),
        |p| {
            p.died_on = Some(DAY);
            p.identity.as_mut().unwrap().life = LifeStatus::Dead;
        },
    ];
    for change in uncounted {
        let facts = with(|f| {
            let spouse = &mut household(f)[1];
            spouse.income = wage(DAY, 500_000);
            spouse.deals = vec![deal(1, 9_000_000, None)];
            spouse.properties = vec![property("dwelling", "a"), property("dwelling", "b")];
            spouse.jobs_refused = vec![DAY, DAY];
            change(spouse);
        });
        assert_eq!(granted(&facts).amount, Money::from_manat(3 * 300 - 400));
    }
    // A student is counted.
    let facts = with(|f| mark(&mut household(f)[1], Status::FullTimeStudent));
    assert_eq!(granted(&facts).amount, Money::from_manat(800));
}

#[test]
fn p1_a_family_in_which_nobody_counts_is_told_so() {
    let facts = with(|f| household(f).iter_mut().for_each(|p| p.identity.as_mut().unwrap().citizen = false));
    assert_eq!(refused(&facts), [Ground::Income]);
    assert_eq!(reason(&facts), Term::bare("reason-not-counted"));
    assert_eq!(on(DAY, &facts, AssumedValues::Count).reasons(), [Term::bare("reason-not-counted")]);
}

#[test]
fn s5_registers_that_contradict_each_other_decide_nothing() {
    let facts = with(|f| household(f)[1].died_on = Some(date(2026, 11, 23)));
    let result = decide(&rules_of(DAY), &facts, DAY, AssumedValues::Powerless);
    assert_eq!(result, Err(Undecidable::Contradiction));
    // Who died after the day of application lived on it.
    let later = with(|f| household(f)[1].died_on = Some(date(2026, 11, 24)));
    assert_eq!(granted(&later).amount, Money::from_manat(800));
}

#[test]
fn p1_a_displaced_family_lives_where_the_committee_settled_it() {
    let mut facts = with(|f| f.identity.as_mut().unwrap().district = "agdam".to_owned());
    assert_eq!(refused(&facts), [Ground::Residence]);
    household(&mut facts)[0].displaced_to = Some("quba".to_owned());
    granted(&facts);
    household(&mut facts)[0].displaced_to = Some("qusar".to_owned());
    assert_eq!(refused(&facts), [Ground::Residence]);
}

#[test]
fn s5_every_ground_at_once_is_listed_in_the_order_of_the_law() {
    let facts = with(|f| {
        f.declared.district = "xacmaz".to_owned();
        f.utilities = spent(DAY, 100_000);
        let members = household(f);
        members[0].kin = None;
        members[0].income = income("rent", 130_000);
        members[0].vehicles.push(Vehicle { basis: VehicleBasis::Owned, rehabilitation: false });
        members[1].properties = vec![property("shop", "a"), property("shop", "b")];
        members[1].deals = vec![deal(1, 9_000_000, None)];
        members[1].jobs_refused = vec![DAY, DAY];
    });
    let expected = [
        Ground::Residence,
        Ground::Family,
        Ground::Income,
        Ground::Vehicle,
        Ground::Property,
        Ground::Deals,
        Ground::Utilities,
        Ground::Jobs,
    ];
    assert_eq!(refused(&facts), expected);
    let demo = on(DAY, &facts, AssumedValues::Count);
    assert_eq!(demo.outcome, Outcome::Refused([&expected[..], &[Ground::Entry]].concat()));
    let terms = dayaq_core_api::catalogue::TERMS;
    for term in demo.reasons() {
        let words = terms.iter().find(|w| w.key == term.key).unwrap_or_else(|| panic!("{}", term.key));
        let names: BTreeSet<&str> = words.args.iter().map(|a| a.name).collect();
        assert_eq!(term.args.keys().map(String::as_str).collect::<BTreeSet<_>>(), names, "{}", term.key);
    }
}

/// Whatever ground is marked `assumed`, it refuses nobody, and is noted.
#[test]
fn s5_no_assumed_ground_refuses() {
    let facts = with(|f| {
        f.utilities = spent(DAY, 100_000);
        let spouse = &mut household(f)[1];
        spouse.properties = vec![property("shop", "a"), property("shop", "b")];
        spouse.deals = vec![deal(1, 9_000_000, None)];
        spouse.jobs_refused = vec![DAY, DAY];
    });
    let found = [Ground::Property, Ground::Deals, Ground::Utilities, Ground::Jobs];
    assert_eq!(refused(&facts), found);
    let mut rules = rules_of(DAY);
    rules.refusals.iter_mut().filter(|r| found.contains(&r.ground)).for_each(|r| r.origin.mark = Mark::Assumed);
    let decision = decide(&rules, &facts, DAY, AssumedValues::Powerless).unwrap();
    assert_eq!(decision.noted, found);
    assert!(matches!(decision.outcome, Outcome::Granted(_)));
    // A minimum that is only assumed weakens what is measured by it.
    let mut rules = rules_of(DAY);
    rules.subsistence.as_mut().unwrap().origin.mark = Mark::Assumed;
    let decision = decide(&rules, &facts, DAY, AssumedValues::Powerless).unwrap();
    assert_eq!(decision.outcome, Outcome::Refused(vec![Ground::Property, Ground::Jobs]));
    assert_eq!(decision.noted, [Ground::Deals, Ground::Utilities]);
}

#[test]
fn s5_the_minimum_of_each_year_is_the_laws() {
    for (year, minimum) in [(2020, 190), (2021, 196), (2022, 210), (2023, 246), (2024, 270), (2025, 285), (2026, 300)] {
        let rules = rules_of(date(year, 12, 1));
        assert_eq!(rules.subsistence.unwrap().value, Money::from_manat(minimum), "{year}");
    }
}

#[test]
fn s5_a_rule_file_that_forgets_something_is_refused() {
    let check = |from: &str, to: &str, expected: &str| {
        let mut files = shipped();
        let (_, text) = files.rules.iter_mut().find(|(name, _)| name == "2026.toml").unwrap();
        let changed = text.replacen(from, to, 1);
        assert_ne!(*text, changed, "{from}");
        *text = changed;
        let (content, found) = CoreContent::read(&files);
        assert!(content.is_none() && found.to_string().contains(expected), "{expected} is missing in\n{found}");
        assert!(found.to_string().lines().all(|line| line.starts_with("2026.toml")), "{found}");
    };
    check("minimums = 12\n", "", "minimums");
    check("at_limit = true\n", "", "at_limit");
    check("count = 2\n", "count = 0\n", "count");
    check("reason = \"prison\"", "reason = \"death\"", "given twice");
    check("reason = \"prison\"", "reason = \"exile\"", "must be one of");
    check("reason = \"prison\"", "reason = \"death\"", "the reason \"prison\" is missing");
    check("ground = \"jobs\"", "ground = \"entry\"", "the ground \"jobs\" is missing");
    check("\"state-kept\"", "\"state-keep\"", "must be among");
    check("percent_from = 81", "percent_from = 101", "percent_from");
    check("window_months = 12", "window_months = 10", "whole years");
    check("[subsistence]", "[subsistense]", "subsistence");
    check("kinds = [\"unemployment-insurance\"]", "kinds = []", "at least one");
}

proptest! {
    /// Whatever is known of a family and whichever grounds are assumed: none of those refuses, each is noted, and the
    /// same facts give the same decision again.
    #[test]
    fn s5_whatever_is_assumed_refuses_nobody(
        facts in any::<[bool; 6]>(),
        assumed in proptest::collection::vec(any::<bool>(), Ground::ALL.len()),
        wage_qepik in 0i64..140_000,
    ) {
        let [jobs, deals, estate, spending, vehicle, stranger] = facts;
        let facts = with(|f| {
            let spouse = &mut household(f)[1];
            spouse.income = wage(DAY, wage_qepik);
            if jobs { spouse.jobs_refused = vec![DAY; 2]; }
            if deals { spouse.deals = vec![deal(1, 9_000_000, None)]; }
            if estate { spouse.properties = vec![property("shop", "a"), property("shop", "b")]; }
            if vehicle { spouse.vehicles = vec![Vehicle { basis: VehicleBasis::Owned, rehabilitation: false }]; }
            if stranger { spouse.identity = None; }
            if spending { f.utilities = spent(DAY, 20_000); }
        });
        let mut rules = rules_of(DAY);
        for refusal in &mut rules.refusals {
            let at = Ground::ALL.iter().position(|g| *g == refusal.ground).unwrap();
            refusal.origin.mark = if assumed[at] { Mark::Assumed } else { Mark::Verified };
        }
        let is_assumed = |ground: &Ground| rules.refusal(*ground).unwrap().origin.mark == Mark::Assumed;
        let all = decide(&rules, &facts, DAY, AssumedValues::Count).unwrap();
        let all = match all.outcome { Outcome::Refused(grounds) => grounds, Outcome::Granted(_) => Vec::new() };
        let result = decide(&rules, &facts, DAY, AssumedValues::Powerless);
        prop_assert_eq!(&result, &decide(&rules, &facts, DAY, AssumedValues::Powerless));
        let expected: Vec<Ground> = all.iter().copied().filter(|g| !is_assumed(g)).collect();
        match result {
            Ok(decision) => {
                prop_assert_eq!(&decision.noted, &all.iter().copied().filter(is_assumed).collect::<Vec<_>>());
                match decision.outcome {
                    Outcome::Refused(grounds) => prop_assert_eq!(grounds, expected),
                    Outcome::Granted(award) => {
                        prop_assert!(expected.is_empty());
                        prop_assert!(award.amount > Money::ZERO);
                    }
                }
            }
            // Nothing speaks against the family but its income, which may neither refuse nor be paid on.
            Err(error) => {
                prop_assert_eq!(error, Undecidable::Assumed);
                prop_assert!(expected.is_empty() && all.contains(&Ground::Income));
            }
        }
    }
}

#[test]
fn s5_whoever_does_not_count_and_each_reason_of_the_law_has_words() {
    use dayaq_core_api::sums;
    assert_eq!(crate::rules::NotCounted::NAMES.map(|(name, _)| name).as_slice(), sums::NOT_COUNTED);
    assert_eq!(crate::rules::EntryReason::ALL.map(|reason| reason.name()).as_slice(), sums::ENTRY);
}
