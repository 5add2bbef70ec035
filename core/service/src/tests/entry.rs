//! The reasons of article 3, from facts alone.

use super::family::{DAY, decided, household, income, mark, on, with};
use crate::decide::{AssumedValues, Outcome};
use crate::facts::{Disability, Facts, LifeStatus, Person, Status};
use crate::rules::{EntryReason, Ground};
use dayaq_core_api::Term;
use dayaq_types::Money;
use jiff::civil::{Date, date};
use std::collections::BTreeSet;

/// A family of adults without work, whom nothing in article 3 names.
fn idle() -> Facts {
    with(|f| household(f).iter_mut().for_each(|p| p.income.clear()))
}

fn entry(facts: &Facts) -> Vec<EntryReason> {
    decided(facts).basis.unwrap().entry.into_iter().collect()
}

#[test]
fn p1_without_a_reason_of_article_3_only_assumed_values_refuse() {
    let facts = idle();
    let decision = decided(&facts);
    assert!(matches!(decision.outcome, Outcome::Granted(award) if award.amount == Money::from_manat(1200)));
    assert_eq!(decision.noted, [Ground::Entry]);
    assert_eq!(decision.basis.as_ref().unwrap().entry, BTreeSet::new());
    let demo = on(DAY, &facts, AssumedValues::Count);
    assert_eq!(demo.outcome, Outcome::Refused(vec![Ground::Entry]));
    assert_eq!(demo.reasons(), [Term::bare("reason-entry")]);
}

#[test]
fn p1_each_reason_of_article_3_admits() {
    let check = |reason: EntryReason, amount: i64, change: &dyn Fn(&mut Vec<Person>)| {
        let mut facts = idle();
        change(household(&mut facts));
        assert_eq!(entry(&facts), [reason]);
        let Outcome::Granted(award) = on(DAY, &facts, AssumedValues::Count).outcome else { panic!("{reason:?}") };
        assert_eq!(award.amount, Money::from_manat(amount), "{reason:?}");
    };
    let born = |p: &mut Person, day: Date| p.identity.as_mut().unwrap().birth_date = day;
    let disabled = |percent, child| Some(Disability { percent, child });
    check(EntryReason::Incapacity, 1200, &|h| born(&mut h[1], date(1961, 11, 23)));
    check(EntryReason::Incapacity, 1200, &|h| h[1].disability = disabled(61, false));
    check(EntryReason::DisabledChildCare, 1200, &|h| {
        born(&mut h[2], date(2010, 1, 1));
        h[2].disability = disabled(0, true);
    });
    check(EntryReason::YoungChildCare, 1200, &|h| born(&mut h[2], date(2018, 11, 24)));
    check(EntryReason::Study, 1200, &|h| {
        born(&mut h[2], date(2003, 11, 24));
        h[2].statuses.insert(Status::FullTimeStudent);
    });
    check(EntryReason::Study, 1200, &|h| {
        born(&mut h[2], date(2008, 6, 1));
        h[2].statuses.insert(Status::AdmittedFullTime);
    });
    check(EntryReason::UnemploymentInsurance, 1200 - 50, &|h| h[1].income = income("unemployment-insurance", 5_000));
    check(EntryReason::Death, 900, &|h| {
        h[1].died_on = Some(date(2024, 3, 2));
        h[1].identity.as_mut().unwrap().life = LifeStatus::Dead;
    });
    check(EntryReason::Missing, 900, &|h| h[1].identity.as_mut().unwrap().life = LifeStatus::Missing);
    check(EntryReason::Prison, 900, &|h| h[1].prisoner = true);
    check(EntryReason::WhereaboutsUnknown, 900, &|h| mark(&mut h[1], Status::WhereaboutsUnknown));
    check(EntryReason::Work, 1200 - 90, &|h| h[1].income = income("contract", 9_000));
}

#[test]
fn p1_care_takes_somebody_else_who_is_adult() {
    // Nobody of 81 % and more can be without incapacity too.
    let facts = |change: &dyn Fn(&mut Vec<Person>)| {
        let mut facts = idle();
        change(household(&mut facts));
        entry(&facts)
    };
    let heavy = Some(Disability { percent: 81, child: false });
    let both = [EntryReason::Incapacity, EntryReason::DisabledCare];
    assert_eq!(facts(&|h| h[1].disability = heavy), both);
    assert_eq!(facts(&|h| h[1].disability = Some(Disability { percent: 80, child: false })), both[..1]);
    let young = |p: &mut Person| p.identity.as_mut().unwrap().birth_date = date(2009, 1, 1);
    let all_others_young = facts(&|h| {
        h[0].disability = heavy;
        h[1..].iter_mut().for_each(young);
    });
    assert_eq!(all_others_young, both[..1]);
}

#[test]
fn p1_ages_are_those_of_the_day_of_application() {
    let at = |born: Date, study: bool| {
        let mut facts = idle();
        let child = &mut household(&mut facts)[2];
        child.identity.as_mut().unwrap().birth_date = born;
        if study {
            child.statuses.insert(Status::FullTimeStudent);
        }
        entry(&facts)
    };
    assert_eq!(at(date(2018, 11, 24), false), [EntryReason::YoungChildCare]);
    assert_eq!(at(date(2018, 11, 23), false), [], "eight on the day");
    assert_eq!(at(date(2003, 11, 24), true), [EntryReason::Study]);
    assert_eq!(at(date(2003, 11, 23), true), [], "twenty-three on the day");
    assert_eq!(at(date(1961, 11, 23), false), [EntryReason::Incapacity]);
    assert_eq!(at(date(1961, 11, 24), false), []);
}
