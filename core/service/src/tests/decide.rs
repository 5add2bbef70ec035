//! The means test and the outcome, from facts alone.

use super::family::{DAY, decided, earned, family, fin, granted, household, refused, rules_of, wage};
use super::world::{CHILD, OTHER_CHILD, SPOUSE};
use crate::StoredDecision;
use crate::decide::{AssumedValues, Award, Outcome, Undecidable, decide};
use crate::facts::{Facts, LifeStatus, Month, Person, Vehicle, income_window};
use crate::rules::{Ground, Mark, VehicleBasis};
use dayaq_core_api::{Relation, Value};
use dayaq_types::Money;
use jiff::civil::{Date, date};
use proptest::prelude::*;

#[test]
fn p1_the_official_example_of_2023_comes_to_584_azn() {
    let day = date(2023, 6, 15);
    let decision = decide(&rules_of(day), &family(day), day, AssumedValues::Powerless).unwrap();
    let award = Award { amount: Money::from_manat(584), from: date(2023, 6, 1), until: date(2024, 5, 31) };
    assert_eq!(decision.outcome, Outcome::Granted(award));
    assert_eq!(decision.rules, "2023");
    assert_eq!(award.amount.to_string(), "584,00 AZN");
}

#[test]
fn s10_the_length_of_an_award_follows_the_rules_of_the_day() {
    let check = |day: Date, until: Date, amount: i64| {
        let decision = decide(&rules_of(day), &family(day), day, AssumedValues::Powerless).unwrap();
        let Outcome::Granted(award) = decision.outcome else { panic!("{decision:?}") };
        assert_eq!((award.until, award.amount), (until, Money::from_manat(amount)), "{day}");
    };
    check(date(2020, 10, 31), date(2022, 9, 30), 240);
    check(date(2020, 11, 1), date(2021, 10, 31), 240);
    check(date(2024, 2, 29), date(2025, 1, 31), 680);
    check(date(2025, 12, 31), date(2026, 11, 30), 740);
    check(date(2026, 1, 1), date(2026, 12, 31), 800);
}

#[test]
fn p1_the_window_is_the_twelve_full_months_before_the_month_of_application() {
    let (first, last) = income_window(date(2026, 11, 23), 12);
    assert_eq!((first.to_string(), last.to_string()), ("2025-11".to_owned(), "2026-10".to_owned()));
    let (first, last) = income_window(date(2026, 1, 31), 12);
    assert_eq!((first.to_string(), last.to_string()), ("2025-01".to_owned(), "2025-12".to_owned()));
    let mut facts = family(DAY);
    for month in [Month { year: 2026, month: 11 }, Month { year: 2025, month: 10 }] {
        household(&mut facts)[0].income.push(earned(month, 10_000_000));
    }
    assert_eq!(granted(&facts).amount, Money::from_manat(800));
}

#[test]
fn p1_income_refuses_at_the_sum_of_criteria_and_not_a_qepik_below() {
    let mut facts = family(DAY);
    household(&mut facts)[0].income = wage(DAY, 120_000);
    assert_eq!(refused(&facts), [Ground::Income]);
    let reasons = decided(&facts).reasons();
    assert_eq!(reasons[0].key, "reason-income");
    assert_eq!(reasons[0].args["income"], Value::Money(Money::from_manat(1200)));
    assert_eq!(reasons[0].args["limit"], Value::Money(Money::from_manat(1200)));
    household(&mut facts)[0].income[0].amount = Money::from_qepik(119_988);
    assert_eq!(granted(&facts).amount, Money::from_qepik(1));
}

#[test]
fn p1_the_amount_is_rounded_once_and_a_half_goes_up() {
    let check = |total: i64, expected: i64| {
        let mut facts = family(DAY);
        let month = Month { year: 2026, month: 1 };
        household(&mut facts)[0].income = vec![earned(month, total)];
        assert_eq!(granted(&facts).amount, Money::from_qepik(expected), "{total}");
    };
    check(0, 120_000);
    check(5, 120_000); // 119 999,58
    check(6, 120_000); // 119 999,5
    check(7, 119_999); // 119 999,42
    check(18, 119_999); // 119 998,5
}

#[test]
fn p1_income_of_an_excluded_kind_does_not_count() {
    let check = |day: Date, kind: &str, expected: i64| {
        let mut facts = family(day);
        household(&mut facts)[0].income.iter_mut().for_each(|i| i.kind = kind.to_owned());
        let decision = decide(&rules_of(day), &facts, day, AssumedValues::Powerless).unwrap();
        let Outcome::Granted(award) = decision.outcome else { panic!("{decision:?}") };
        assert_eq!(award.amount, Money::from_manat(expected), "{kind} on {day}");
    };
    check(date(2020, 10, 31), "loan", 240);
    check(date(2020, 11, 1), "loan", 640);
    check(date(2022, 12, 31), "liberated-area-allowance", 400);
    check(date(2023, 1, 1), "liberated-area-allowance", 984);
    check(date(2026, 11, 23), "gift", 800);
}

#[test]
fn p1_a_vehicle_refuses_whether_owned_or_used_unless_given_for_rehabilitation() {
    let check = |basis, rehabilitation, expected: &[Ground]| {
        let mut facts = family(DAY);
        household(&mut facts)[1].vehicles = vec![Vehicle { basis, rehabilitation }];
        match decided(&facts).outcome {
            Outcome::Refused(grounds) => assert_eq!(grounds, expected),
            Outcome::Granted(_) => assert!(expected.is_empty()),
        }
    };
    check(VehicleBasis::Owned, false, &[Ground::Vehicle]);
    check(VehicleBasis::Used, false, &[Ground::Vehicle]);
    check(VehicleBasis::Owned, true, &[]);
    check(VehicleBasis::Used, true, &[]);
}

#[test]
fn p1_who_is_not_counted_is_neither_a_head_nor_an_earner_nor_a_driver() {
    let uncounted: [fn(&mut Person); 4] = [
        |p| p.prisoner = true,
        |p| p.identity.as_mut().unwrap().citizen = false,
        |p| p.identity.as_mut().unwrap().life = LifeStatus::Dead,
        |p| p.identity.as_mut().unwrap().life = LifeStatus::Missing,
    ];
    for change in uncounted {
        let mut facts = family(DAY);
        let spouse = &mut household(&mut facts)[1];
        spouse.income = wage(DAY, 500_000);
        spouse.vehicles = vec![Vehicle { basis: VehicleBasis::Owned, rehabilitation: false }];
        change(spouse);
        assert_eq!(granted(&facts).amount, Money::from_manat(3 * 300 - 400));
    }
}

#[test]
fn p1_what_was_declared_must_agree_with_the_registers() {
    let check = |expected: Ground, change: fn(&mut Facts)| {
        let mut facts = family(DAY);
        change(&mut facts);
        assert_eq!(refused(&facts), [expected]);
    };
    check(Ground::Residence, |f| f.declared.district = "xacmaz".to_owned());
    check(Ground::Family, |f| household(f)[0].kin.as_mut().unwrap().spouse = None);
    check(Ground::Family, |f| household(f)[0].kin.as_mut().unwrap().children.truncate(1));
    check(Ground::Family, |f| household(f)[0].kin = None);
    check(Ground::Family, |f| household(f)[2].identity = None);
    check(Ground::Family, |f| f.declared.members[0].relation = Relation::Parent);
    check(Ground::Identity, |f| f.identity.as_mut().unwrap().id_card = Some(("AZE".into(), "87654321".into())));
    check(Ground::Identity, |f| f.identity.as_mut().unwrap().id_card = None);
    check(Ground::Identity, |f| f.identity.as_mut().unwrap().life = LifeStatus::Dead);
    check(Ground::Notary, |f| f.notary.as_mut().unwrap().applicant = fin(SPOUSE));
    check(Ground::Notary, |f| f.notary.as_mut().unwrap().valid_until = date(2026, 11, 22));
    check(Ground::Notary, |f| f.notary.as_mut().unwrap().issued_on = date(2026, 11, 24));
    check(Ground::Notary, |f| f.notary = None);
}

#[test]
fn p1_a_child_of_the_spouse_is_a_child_of_the_family_and_siblings_are_taken_at_their_word() {
    let mut facts = family(DAY);
    let members = household(&mut facts);
    members[0].kin.as_mut().unwrap().children.clear();
    members[1].kin.as_mut().unwrap().children = vec![fin(CHILD), fin(OTHER_CHILD)];
    granted(&facts);
    facts.declared.members[2].relation = Relation::Sibling;
    granted(&facts);
}

#[test]
fn s5_every_reason_is_listed() {
    let mut facts = family(DAY);
    facts.declared.district = "xacmaz".to_owned();
    let members = household(&mut facts);
    members[0].income = wage(DAY, 130_000);
    members[0].kin = None;
    members[3].vehicles = vec![Vehicle { basis: VehicleBasis::Used, rehabilitation: false }];
    assert_eq!(refused(&facts), [Ground::Residence, Ground::Family, Ground::Income, Ground::Vehicle]);
    let keys: Vec<_> = decided(&facts).reasons().into_iter().map(|r| r.key).collect();
    assert_eq!(keys, ["reason-residence", "reason-family", "reason-income", "reason-vehicle"]);
}

#[test]
fn an_assumed_value_refuses_nobody_and_pays_nobody() {
    let mut rules = rules_of(DAY);
    let mut facts = family(DAY);
    household(&mut facts)[0].vehicles = vec![Vehicle { basis: VehicleBasis::Owned, rehabilitation: false }];
    rules.refusals.iter_mut().find(|r| r.ground == Ground::Vehicle).unwrap().origin.mark = Mark::Assumed;
    let decision = decide(&rules, &facts, DAY, AssumedValues::Powerless).unwrap();
    assert!(matches!(decision.outcome, Outcome::Granted(_)));
    assert_eq!(decision.noted, [Ground::Vehicle]);
    let demo = decide(&rules, &facts, DAY, AssumedValues::Count).unwrap();
    assert_eq!(demo.outcome, Outcome::Refused(vec![Ground::Vehicle]));

    rules.criterion_origin.mark = Mark::Assumed;
    assert_eq!(decide(&rules, &facts, DAY, AssumedValues::Powerless), Err(Undecidable::Assumed));
    household(&mut facts)[0].income = wage(DAY, 900_000);
    assert_eq!(decide(&rules, &facts, DAY, AssumedValues::Powerless), Err(Undecidable::Assumed));
}

#[test]
fn a_stranger_is_refused_without_a_look_at_the_family_and_never_granted() {
    let mut facts = family(DAY);
    facts.household = None;
    assert_eq!(decide(&rules_of(DAY), &facts, DAY, AssumedValues::Powerless), Err(Undecidable::Unverified));
    facts.notary = None;
    let decision = decided(&facts);
    assert_eq!((decision.outcome, decision.means), (Outcome::Refused(vec![Ground::Notary]), None));
    let mut rules = rules_of(DAY);
    rules.refusals.iter_mut().for_each(|r| r.origin.mark = Mark::Assumed);
    assert_eq!(decide(&rules, &facts, DAY, AssumedValues::Powerless), Err(Undecidable::Unverified));
}

proptest! {
    /// Whatever the incomes, a grant and what is left of the income make up the criteria to half a qəpik a month.
    #[test]
    fn p1_amount_and_income_make_up_the_criteria(qepik in proptest::collection::vec(0i64..200_000, 12)) {
        let mut facts = family(DAY);
        let of = Month::of(DAY);
        household(&mut facts)[2].income = qepik
            .iter()
            .zip(1..)
            .map(|(q, n)| earned(of.earlier(n), *q))
            .collect();
        household(&mut facts)[0].income.clear();
        let total: i64 = qepik.iter().sum();
        match decided(&facts).outcome {
            Outcome::Granted(award) => {
                let gap = 12 * award.amount.qepik() + total - 12 * 120_000;
                prop_assert!((-5..=6).contains(&gap), "{gap}");
                prop_assert!(total < 12 * 120_000);
            }
            Outcome::Refused(grounds) => {
                prop_assert_eq!(grounds, [Ground::Income]);
                prop_assert!(total >= 12 * 120_000);
            }
        }
    }
}

/// What was decided before the rules knew all grounds still opens, and comes to the same when it is made again.
#[test]
fn s6_a_decision_of_before_decodes_and_replays() {
    let before: Vec<serde_json::Value> = serde_json::from_str(include_str!("decisions_before.json")).unwrap();
    assert_eq!(before.len(), 3);
    for stored in before {
        let stored = StoredDecision {
            registered_on: serde_json::from_value(stored["registered_on"].clone()).unwrap(),
            rules: serde_json::from_value(stored["rules"].clone()).unwrap(),
            facts: serde_json::from_value(stored["facts"].clone()).unwrap(),
            decision: serde_json::from_value(stored["decision"].clone()).unwrap(),
        };
        assert_eq!(stored.replay().as_ref(), Ok(&stored.decision));
        assert_eq!(stored.decision.basis, None);
    }
}

/// A decision under today's rules goes through its stored form and comes out the same.
#[test]
fn s6_a_decision_of_today_decodes_and_replays() {
    let (rules, facts) = (rules_of(DAY), family(DAY));
    let decision = decide(&rules, &facts, DAY, AssumedValues::Count).unwrap();
    let stored = StoredDecision {
        registered_on: DAY,
        rules: serde_json::from_str(&serde_json::to_string(&rules).unwrap()).unwrap(),
        facts: serde_json::from_str(&serde_json::to_string(&facts).unwrap()).unwrap(),
        decision: serde_json::from_str(&serde_json::to_string(&decision).unwrap()).unwrap(),
    };
    assert_eq!(stored.replay(), Ok(decision.clone()));
    assert_eq!((&stored.rules, &stored.facts, &stored.decision), (&rules, &facts, &decision));
}
