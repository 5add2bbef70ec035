//! The members of a worked household, and the facts that they make.

use super::{MONTHS, read_amount, read_month};
use crate::calendar::civil;
use crate::facts::{
    Deal, Declared, Disability, Facts, Holding, Identity, Kin, Kinship, LifeStatus, Month, MonthIncome, MonthSpend,
    Notary, Person, Proof, Property, Status, Vehicle, YieldNorm,
};
use crate::rules::{Sign, VehicleBasis};
use dayaq_author::{Date as Written, Table};
use dayaq_core_api::{Member, Meters, Relation};
use dayaq_types::{Fin, IdCard, Money, NotaryNumber};
use jiff::civil::{Date, date};

/// The most members of a household, the applicant among them.
const MEMBERS_MAX: usize = 30;
const DISTRICT: &str = "quba";

/// What a member is to the applicant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Applicant,
    Member(Relation),
}

const ROLES: [(&str, Role); 6] = [
    ("applicant", Role::Applicant),
    ("spouse", Role::Member(Relation::Spouse)),
    ("child", Role::Member(Relation::Child)),
    ("parent", Role::Member(Relation::Parent)),
    ("sibling", Role::Member(Relation::Sibling)),
    ("other", Role::Member(Relation::Other)),
];

/// Reads a household's members and home. Registers and declaration agree, but for what the file says otherwise.
pub(super) fn read_facts(table: &Table<'_>, day: Date) -> Option<Facts> {
    let tables = table.tables("member");
    if tables.is_empty() || tables.len() > MEMBERS_MAX {
        table.error("member", format!("from 1 to {MEMBERS_MAX} are needed, the applicant first"));
    }
    let mut people = Vec::new();
    let mut proofs = Vec::new();
    let mut elsewhere = Vec::new();
    for (index, member) in tables.into_iter().take(MEMBERS_MAX).enumerate() {
        let role = member.one_of("relation", &ROLES);
        if role.is_some_and(|role| (role == Role::Applicant) != (index == 0)) {
            member.error("relation", "the first member is the applicant, and no other is");
        }
        let person = read_person(&member, index, day);
        if index > 0 {
            proofs.extend(person.as_ref().map(|person| read_proof(&member, person.fin)));
        }
        if member.boolean_or("elsewhere", false) {
            elsewhere.extend(person.as_ref().map(|person| person.fin));
        }
        people.push((role, person));
        member.finish();
    }
    let mut utilities = monthly(table, "utilities_monthly", day);
    for spend in table.tables("utility") {
        utilities.extend(read_sum(&spend).map(|(month, amount)| MonthSpend { month, amount }));
        spend.finish();
    }
    let yields = table.tables("yield").into_iter().filter_map(|norm| {
        let (produce, a_year) = (norm.string("produce"), norm.parse("a_year", read_amount));
        norm.finish();
        Some(YieldNorm { produce: produce?, a_year: a_year? })
    });
    let yields = yields.collect();
    let declared_district = table.string_or("declared_district", DISTRICT);
    let known_card = table.boolean_or("card_on_record", true);
    let notarised = table.boolean_or("notarised", true);
    let related = table.boolean_or("kinship_on_record", true);
    let people: Option<Vec<(Role, Person)>> = people.into_iter().map(|(role, person)| Some((role?, person?))).collect();
    let mut people = people.filter(|people| !people.is_empty())?;
    if related {
        relate(&mut people);
    }
    let members = people.iter().filter_map(|(role, person)| match role {
        Role::Applicant => None,
        Role::Member(relation) => Some(Member { fin: person.fin, relation: *relation }),
    });
    let members = members.collect();
    let household: Vec<Person> = people.into_iter().map(|(_, person)| person).collect();
    let applicant = household.first()?;
    let mut identity = applicant.identity.clone();
    if !known_card && let Some(identity) = &mut identity {
        identity.id_card = None;
    }
    let named = proofs.iter().filter(|proof| proof.notary).map(|proof| proof.member).collect();
    let notary = Notary { applicant: applicant.fin, issued_on: day, valid_until: day, members: named };
    let notary = notarised.then_some(notary);
    Some(Facts {
        declared: Declared {
            applicant: applicant.fin,
            id_card: IdCard::parse("AZE", "12345678").ok()?,
            notary_number: NotaryNumber::parse("20261123"),
            members,
            district: declared_district,
            branch: "quba-1".to_owned(),
            meters: Meters::default(),
        },
        identity,
        notary,
        proofs,
        household: (known_card && notarised).then_some(household),
        elsewhere,
        utilities,
        yields,
    })
}

/// Writes the declared kinship into the registers.
fn relate(people: &mut [(Role, Person)]) {
    let of = |relation: Relation| -> Vec<Fin> {
        people.iter().filter(|(role, _)| *role == Role::Member(relation)).map(|(_, person)| person.fin).collect()
    };
    let kin = Kin {
        spouse: of(Relation::Spouse).first().copied(),
        children: of(Relation::Child),
        parents: of(Relation::Parent),
    };
    if let Some((_, applicant)) = people.first_mut() {
        applicant.kin = Some(kin);
    }
}

fn read_person(table: &Table<'_>, index: usize, day: Date) -> Option<Person> {
    let mut person = Person::unknown(Fin::parse(&format!("5AKT9{:02}", index + 1)).ok()?);
    let lives = [("alive", LifeStatus::Alive), ("dead", LifeStatus::Dead), ("missing", LifeStatus::Missing)];
    person.identity = Some(Identity {
        surname: "Məmmədov".to_owned(),
        given_name: "Ad".to_owned(),
        birth_date: table.opt_date("born").and_then(civil).unwrap_or_else(|| date(1990, 5, 1)),
        id_card: (index == 0).then(|| ("AZE".to_owned(), "12345678".to_owned())),
        district: DISTRICT.to_owned(),
        life: table.one_of_or("life", &lives, LifeStatus::Alive),
        citizen: table.boolean_or("citizen", true),
    });
    person.kin = Some(Kin::default());
    person.prisoner = table.boolean_or("prisoner", false);
    for (text, _) in table.string_items("statuses") {
        match Status::ALL.into_iter().find(|status| status.name() == text) {
            Some(status) => drop(person.statuses.insert(status)),
            None => table.error("statuses", format!("no status is called {text:?}")),
        }
    }
    person.died_on = table.opt_date("died_on").and_then(civil);
    person.disability = read_disability(table);
    person.displaced_to = table.opt_string("displaced_to");
    person.jobs_refused = table.dates("jobs_refused").into_iter().filter_map(|day: Written| civil(day)).collect();
    for vehicle in table.tables("vehicle") {
        let basis = vehicle.one_of("basis", &[("owned", VehicleBasis::Owned), ("used", VehicleBasis::Used)]);
        let rehabilitation = vehicle.boolean_or("rehabilitation", false);
        person.vehicles.extend(basis.map(|basis| Vehicle { basis, rehabilitation }));
        vehicle.finish();
    }
    read_money(table, &mut person, day);
    Some(person)
}

/// Reads what speaks for a member: signs, and the member's kinship to the applicant by its name.
fn read_proof(table: &Table<'_>, member: Fin) -> Proof {
    let mut proof = Proof::none(member);
    if !table.has("proof") {
        proof.notary = true;
        return proof;
    }
    for (text, place) in table.string_items("proof") {
        let kinship = Kinship::ALL.into_iter().find(|kinship| kinship.name() == text);
        match (Sign::parse(&text), kinship) {
            (_, Some(kinship)) => proof.kinship = Some(kinship),
            (Some(Sign::Notary), None) => proof.notary = true,
            (Some(Sign::Guardianship), None) => proof.guardianship = true,
            (Some(Sign::Address), None) => proof.address = true,
            (Some(Sign::Meter), None) => proof.meter = true,
            (Some(Sign::Visit), None) => proof.visit = true,
            (Some(Sign::Kinship) | None, None) => {
                table.error("proof", format!("line {}: nothing is called {text:?}", place.position.line));
            }
        }
    }
    proof
}

fn read_disability(table: &Table<'_>) -> Option<Disability> {
    let percent = table.opt_integer("disability_percent", 1..=100u8);
    let child = table.boolean_or("disabled_child", false);
    (child || percent.is_some()).then(|| Disability { percent: percent.unwrap_or(0), child })
}

fn read_money(table: &Table<'_>, person: &mut Person, day: Date) {
    for income in table.tables("income") {
        let kind = income.string("kind");
        let sums = if income.has("monthly") {
            monthly(&income, "monthly", day)
        } else {
            read_sum(&income).map(|(month, amount)| MonthSpend { month, amount }).into_iter().collect()
        };
        for sum in sums {
            person.income.extend(kind.clone().map(|kind| MonthIncome { month: sum.month, amount: sum.amount, kind }));
        }
        income.finish();
    }
    person.telecom = monthly(table, "telecom_monthly", day);
    for deal in table.tables("deal") {
        let contract = deal.opt_string("contract");
        person.deals.extend(read_sum(&deal).map(|(month, amount)| Deal { month, amount, contract }));
        deal.finish();
    }
    for property in table.tables("property") {
        let (purpose, address) = (property.string("purpose"), property.string("address"));
        person.properties.extend(purpose.zip(address).map(|(purpose, address)| Property { purpose, address }));
        property.finish();
    }
    for holding in table.tables("holding") {
        let (produce, quantity) = (holding.string("produce"), holding.integer("quantity", 1..=100_000_000u32));
        person.holdings.extend(produce.zip(quantity).map(|(produce, quantity)| Holding { produce, quantity }));
        holding.finish();
    }
}

fn read_sum(table: &Table<'_>) -> Option<(Month, Money)> {
    let (month, amount) = (table.parse("month", read_month), table.parse("amount", read_amount));
    Some((month?, amount?))
}

/// The same in each of the twelve months before the month of application; nothing where the key is absent.
fn monthly(table: &Table<'_>, key: &str, day: Date) -> Vec<MonthSpend> {
    let Some(amount) = table.opt_parse(key, read_amount) else { return Vec::new() };
    (1..=MONTHS).map(|n| MonthSpend { month: Month::of(day).earlier(n), amount }).collect()
}
