//! The official example's family as facts, for tests to change.

use super::world::{APPLICANT, CHILD, NUMBER, OTHER_CHILD, SPOUSE, World, content, shipped};
use crate::decide::{AssumedValues, Award, Decision, Outcome, decide};
use crate::facts::{
    Declared, Facts, Identity, Kin, LifeStatus, Month, MonthIncome, MonthSpend, Notary, Person, Proof, Status,
};
use crate::rules::{Ground, Rules};
use dayaq_types::{Fin, IdCard, Money, NotaryNumber};
use jiff::civil::{Date, date};

pub fn fin(text: &str) -> Fin {
    Fin::parse(text).unwrap()
}

pub fn identity() -> Identity {
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

pub fn person(text: &str) -> Person {
    Person { identity: Some(identity()), kin: Some(Kin::default()), ..Person::unknown(fin(text)) }
}

/// Named in the notarised application.
pub fn notarised(member: Fin) -> Proof {
    Proof { notary: true, ..Proof::none(member) }
}

/// The official example's family: four members, and an income of 400 AZN a month.
pub fn family(registered_on: Date) -> Facts {
    let mut applicant = person(APPLICANT);
    applicant.kin =
        Some(Kin { spouse: Some(fin(SPOUSE)), children: vec![fin(CHILD), fin(OTHER_CHILD)], parents: Vec::new() });
    applicant.income = wage(registered_on, 40_000);
    let members: Vec<Fin> = World::members().iter().map(|member| member.fin).collect();
    let proofs = members.iter().map(|member| notarised(*member)).collect();
    let notary = Notary { applicant: fin(APPLICANT), issued_on: registered_on, valid_until: registered_on, members };
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
        proofs,
        household: Some(vec![applicant, person(SPOUSE), person(CHILD), person(OTHER_CHILD)]),
        elsewhere: Vec::new(),
        utilities: Vec::new(),
        yields: Vec::new(),
    }
}

pub fn wage(registered_on: Date, qepik: i64) -> Vec<MonthIncome> {
    let of = Month::of(registered_on);
    (1..=12).map(|n| earned(of.earlier(n), qepik)).collect()
}

pub fn earned(month: Month, qepik: i64) -> MonthIncome {
    MonthIncome { month, amount: Money::from_qepik(qepik), kind: "wage".to_owned() }
}

pub fn rules_of(day: Date) -> Rules {
    content(&shipped()).rules.governing(day).unwrap().clone()
}

pub const DAY: Date = date(2026, 11, 23);

pub fn decided(facts: &Facts) -> Decision {
    decide(&rules_of(DAY), facts, DAY, AssumedValues::Powerless).unwrap()
}

pub fn refused(facts: &Facts) -> Vec<Ground> {
    match decided(facts).outcome {
        Outcome::Refused(grounds) => grounds,
        Outcome::Granted(award) => panic!("{award:?}"),
    }
}

pub fn granted(facts: &Facts) -> Award {
    match decided(facts).outcome {
        Outcome::Granted(award) => award,
        Outcome::Refused(grounds) => panic!("{grounds:?}"),
    }
}

pub fn household(facts: &mut Facts) -> &mut Vec<Person> {
    facts.household.as_mut().unwrap()
}

/// The same each month of the window of that day.
pub fn spent(day: Date, qepik: i64) -> Vec<MonthSpend> {
    let of = Month::of(day);
    (1..=12).map(|n| MonthSpend { month: of.earlier(n), amount: Money::from_qepik(qepik) }).collect()
}

pub fn income(kind: &str, qepik: i64) -> Vec<MonthIncome> {
    wage(DAY, qepik).into_iter().map(|i| MonthIncome { kind: kind.to_owned(), ..i }).collect()
}

pub fn on(day: Date, facts: &Facts, assumed: AssumedValues) -> Decision {
    decide(&rules_of(day), facts, day, assumed).unwrap()
}

/// The facts of the family after a change.
pub fn with(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = family(DAY);
    change(&mut facts);
    facts
}

pub fn mark(person: &mut Person, status: Status) {
    person.statuses.insert(status);
}
