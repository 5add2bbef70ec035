//! The means test and the grounds, from facts alone.

use super::world::{APPLICANT, CHILD, NUMBER, OTHER_CHILD, SPOUSE, World, content, shipped};
use crate::decide::{AssumedValues, Award, Decision, Outcome, Undecidable, decide};
use crate::facts::{
    Declared, Facts, Identity, Kin, LifeStatus, Month, MonthIncome, Notary, Person, Vehicle, income_window,
};
use crate::rules::{Ground, Mark, Rules, VehicleBasis};
use dayaq_core_api::{Relation, Value};
use dayaq_types::{Fin, IdCard, Money, NotaryNumber};
use jiff::civil::{Date, date};
use proptest::prelude::*;

fn fin(text: &str) -> Fin {
    Fin::parse(text).unwrap()
}

fn identity() -> Identity {
    Identity {
        surname: "Məmmədova".to_owned(),
        given_name: "Aynur".to_owned(),
        birth_date: date(1990, 5, 1),
        id_card: Some(("AZE".to_owned(), "12345678".to_owned())),
        district: "quba".to_owned(),
        life: LifeStatus::Alive,
        citizen: true,
    }
}

fn person(text: &str) -> Person {
    Person { identity: Some(identity()), kin: Some(Kin::default()), ..Person::unknown(fin(text)) }
}

/// The official example's family: four members, and an income of 400 AZN a month.
fn family(registered_on: Date) -> Facts {
    let mut applicant = person(APPLICANT);
    applicant.kin =
        Some(Kin { spouse: Some(fin(SPOUSE)), children: vec![fin(CHILD), fin(OTHER_CHILD)], parents: Vec::new() });
    applicant.income = wage(registered_on, 40_000);
    let notary = Notary { applicant: fin(APPLICANT), issued_on: registered_on, valid_until: registered_on };
    Facts {
        declared: Declared {
            applicant: fin(APPLICANT),
            id_card: IdCard::parse("AZE", "12345678").unwrap(),
            notary_number: NotaryNumber::parse(NUMBER),
            members: World::members(),
            district: "quba".to_owned(),
            branch: "quba-1".to_owned(),
            meters: dayaq_core_api::Meters::default(),
        },
        identity: Some(identity()),
        notary: Some(notary),
        household: Some(vec![applicant, person(SPOUSE), person(CHILD), person(OTHER_CHILD)]),
        utilities: Vec::new(),
        yields: Vec::new(),
    }
}

fn wage(registered_on: Date, qepik: i64) -> Vec<MonthIncome> {
    let of = Month::of(registered_on);
    (1..=12).map(|n| earned(of.earlier(n), qepik)).collect()
}

fn earned(month: Month, qepik: i64) -> MonthIncome {
    MonthIncome { month, amount: Money::from_qepik(qepik), kind: "wage".to_owned() }
}

fn rules_of(day: Date) -> Rules {
    content(&shipped()).rules.governing(day).unwrap().clone()
}

const DAY: Date = date(2026, 11, 23);

fn decided(facts: &Facts) -> Decision {
    decide(&rules_of(DAY), facts, DAY, AssumedValues::Powerless).unwrap()
}

fn refused(facts: &Facts) -> Vec<Ground> {
    match decided(facts).outcome {
        Outcome::Refused(grounds) => grounds,
        Outcome::Granted(award) => panic!("{award:?}"),
    }
}

fn granted(facts: &Facts) -> Award {
    match decided(facts).outcome {
        Outcome::Granted(award) => award,
        Outcome::Refused(grounds) => panic!("{grounds:?}"),
    }
}

fn household(facts: &mut Facts) -> &mut Vec<Person> {
    facts.household.as_mut().unwrap()
}

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
