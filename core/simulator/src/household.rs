//! Households: what the registries know of a family, and what the family declares.

use crate::Institution;
use crate::month::{Amount, Bound};
use crate::records::{Records, Utilities};
use dayaq_types::{Fin, IdCard, NotaryNumber, Pii};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How a person is related to the applicant of the household, by the acts of civil status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// The applicant; one in each household.
    Applicant,
    /// Husband or wife.
    Spouse,
    /// Son or daughter of the applicant, and of the spouse where there is one.
    Child,
    /// Mother or father.
    Parent,
    /// Brother or sister.
    Sibling,
    /// Nobody by the acts: a niece, a neighbour.
    Other,
}

impl Relation {
    pub(crate) const NAMES: [(&'static str, Self); 6] = [
        ("applicant", Self::Applicant),
        ("spouse", Self::Spouse),
        ("child", Self::Child),
        ("parent", Self::Parent),
        ("sibling", Self::Sibling),
        ("other", Self::Other),
    ];
}

/// A family with everything that is known of it.
#[derive(Clone, Debug)]
pub struct Household {
    /// Its name in tests and plays, such as `official-example`.
    pub id: String,
    /// What it is for.
    pub note: String,
    /// Its members; one of them is the applicant.
    pub persons: Vec<Person>,
    /// The notarised application that Justice knows.
    pub notary: Option<Notary>,
    /// The code of the registered address.
    pub address: Option<String>,
    /// Electricity, water and gas of the home.
    pub utilities: Utilities,
    /// What the family types, where that differs from what is known.
    pub declares: Declares,
    /// Institutions that behave badly when they are asked about this family.
    pub faults: Vec<HouseholdFault>,
}

/// A person as the registries know them.
#[derive(Clone, Debug)]
pub struct Person {
    /// The FIN.
    pub fin: Fin,
    /// Relation to the applicant.
    pub relation: Relation,
    /// Surname, name, patronymic.
    pub name: Pii<FullName>,
    /// The date of birth.
    pub birth_date: Pii<Date>,
    /// The ID card; small children may have none.
    pub id_card: Option<IdCard>,
    /// The district of the registered residence.
    pub district: String,
    /// The civil status.
    pub status: Status,
    /// The state of citizenship, ISO 3166 alpha-3.
    pub citizenship: String,
    /// Serving a sentence.
    pub prisoner: bool,
    /// Vehicles owned or used by power of attorney.
    pub vehicles: Vec<Vehicle>,
    /// What the person is to the applicant on the acts, where `relation` does not say it: a grandchild, a stepchild.
    pub kinship: Option<Kinship>,
    /// Under the applicant's guardianship, or the applicant's guardian.
    pub guardianship: bool,
    /// Registered with the rest of the household.
    pub registered_here: bool,
    /// A visit found the person at home with the applicant.
    pub visited: bool,
    /// Incomes that Taxes knows of; none makes the person unknown there.
    pub incomes: Vec<Income>,
    /// What the institutions beside those three know.
    pub records: Records,
}

/// Kinship up to two steps: what a person is to the applicant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kinship {
    /// Husband or wife.
    Spouse,
    /// Son or daughter.
    Child,
    /// Mother or father.
    Parent,
    /// Brother or sister.
    Sibling,
    /// Grandmother or grandfather.
    Grandparent,
    /// Grandson or granddaughter.
    Grandchild,
    /// A child of the spouse.
    Stepchild,
}

impl Kinship {
    pub(crate) const NAMES: [(&'static str, Self); 7] = [
        ("spouse", Self::Spouse),
        ("child", Self::Child),
        ("parent", Self::Parent),
        ("sibling", Self::Sibling),
        ("grandparent", Self::Grandparent),
        ("grandchild", Self::Grandchild),
        ("stepchild", Self::Stepchild),
    ];
}

/// A person's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullName {
    /// Surname.
    pub surname: String,
    /// Given name.
    pub name: String,
    /// Father's name with `oğlu` or `qızı`.
    pub patronymic: String,
}

/// Whether a person lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Alive.
    Alive,
    /// Dead.
    Dead,
    /// Declared missing.
    Missing,
}

impl Status {
    pub(crate) const NAMES: [(&'static str, Self); 3] =
        [("alive", Self::Alive), ("dead", Self::Dead), ("missing", Self::Missing)];
}

/// A vehicle.
#[derive(Clone, Debug, Serialize)]
pub struct Vehicle {
    /// The registration plate.
    pub plate: String,
    /// Maker and model.
    pub make: String,
    /// The year it was built.
    pub year: i16,
    /// On what ground the person has it.
    pub basis: Basis,
    /// Given by the state for rehabilitation.
    pub rehabilitation: bool,
}

/// On what ground a person has a vehicle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Owned.
    Owned,
    /// Used by power of attorney.
    Used,
}

impl Basis {
    pub(crate) const NAMES: [(&'static str, Self); 2] = [("owned", Self::Owned), ("used", Self::Used)];
}

/// A source of income.
#[derive(Clone, Debug)]
pub struct Income {
    /// `wage`, `business`, `rent`…
    pub kind: String,
    /// The first month.
    pub from: Bound,
    /// The last month.
    pub to: Bound,
    /// How much.
    pub amount: Amount,
}

/// A notarised representation application.
#[derive(Clone, Debug)]
pub struct Notary {
    /// Its number.
    pub number: NotaryNumber,
    /// When it was issued.
    pub issued: Issued,
    /// For how many days it is valid, from the day it was issued.
    pub valid_days: u16,
    /// Whom it names as members of the family; the whole household where the file does not say.
    pub names: Option<Vec<Fin>>,
}

/// When a notarised application was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issued {
    /// On this day.
    On(Date),
    /// So many days before the day on which Justice is asked, so that the file never grows old.
    DaysAgo(u16),
}

/// What the family types where it differs from what the registries know.
#[derive(Clone, Debug, Default)]
pub struct Declares {
    /// Another ID card.
    pub id_card: Option<IdCard>,
    /// Another district.
    pub district: Option<String>,
    /// Another notarised application's number.
    pub notary: Option<NotaryNumber>,
    /// Other relations, by FIN.
    pub relations: BTreeMap<Fin, Relation>,
}

/// An institution that behaves badly when it is asked about a household.
#[derive(Clone, Debug)]
pub struct HouseholdFault {
    /// Which one.
    pub institution: Institution,
    /// How long each answer takes, in real time.
    pub delay: Duration,
    /// How many of the first questions fail with 500.
    pub fail_first: u32,
}

impl Household {
    /// The applicant.
    ///
    /// INVARIANT: the reader refuses a household that does not have exactly one.
    pub fn applicant(&self) -> &Person {
        self.persons.iter().find(|p| p.relation == Relation::Applicant).unwrap_or(&self.persons[0])
    }

    /// What the family would type on a phone.
    pub fn declaration(&self) -> Declaration {
        let applicant = self.applicant();
        let declares = &self.declares;
        Declaration {
            applicant: applicant.fin,
            id_card: declares.id_card.clone().or_else(|| applicant.id_card.clone()),
            notary: declares.notary.clone().or_else(|| self.notary.as_ref().map(|n| n.number.clone())),
            members: self
                .persons
                .iter()
                .filter(|p| p.relation != Relation::Applicant)
                .map(|p| (p.fin, declares.relations.get(&p.fin).copied().unwrap_or(p.relation)))
                .collect(),
            district: declares.district.clone().unwrap_or_else(|| applicant.district.clone()),
            meters: self.utilities.meters(),
        }
    }
}

/// What a family types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The applicant's FIN.
    pub applicant: Fin,
    /// The applicant's ID card.
    pub id_card: Option<IdCard>,
    /// The notarised application's number, where there is one.
    pub notary: Option<NotaryNumber>,
    /// The other members with their relation to the applicant.
    pub members: Vec<(Fin, Relation)>,
    /// The district of residence.
    pub district: String,
    /// The numbers of the meters of electricity, water and gas, as far as the family knows them.
    pub meters: [Option<String>; 3],
}

/// The relatives of a person, as the acts of civil status have them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Family {
    /// Husband or wife.
    pub spouse: Option<Fin>,
    /// Sons and daughters.
    pub children: Vec<Fin>,
    /// Mother and father.
    pub parents: Vec<Fin>,
}

impl Household {
    /// Whom the notarised application names beside the applicant.
    pub fn notarised(&self) -> Vec<Fin> {
        let everybody = || self.persons.iter().filter(|p| p.relation != Relation::Applicant).map(|p| p.fin).collect();
        self.notary.as_ref().and_then(|notary| notary.names.clone()).unwrap_or_else(everybody)
    }

    /// What a person is to the applicant, on the acts of civil status.
    pub fn kinship_of(&self, person: &Person) -> Option<Kinship> {
        person.kinship.or(match person.relation {
            Relation::Spouse => Some(Kinship::Spouse),
            Relation::Child => Some(Kinship::Child),
            Relation::Parent => Some(Kinship::Parent),
            Relation::Sibling => Some(Kinship::Sibling),
            Relation::Applicant | Relation::Other => None,
        })
    }

    /// The relatives of one of its persons.
    pub fn family_of(&self, person: &Person) -> Family {
        let all = |relation| self.persons.iter().filter(move |p| p.relation == relation).map(|p| p.fin);
        let first = |relation| all(relation).next();
        match person.relation {
            Relation::Applicant => Family {
                spouse: first(Relation::Spouse),
                children: all(Relation::Child).collect(),
                parents: all(Relation::Parent).collect(),
            },
            Relation::Spouse => Family {
                spouse: first(Relation::Applicant),
                children: all(Relation::Child).collect(),
                parents: Vec::new(),
            },
            Relation::Child => Family {
                spouse: None,
                children: Vec::new(),
                parents: all(Relation::Applicant).chain(all(Relation::Spouse)).collect(),
            },
            Relation::Parent => Family {
                spouse: all(Relation::Parent).find(|fin| *fin != person.fin),
                children: all(Relation::Applicant).chain(all(Relation::Sibling)).collect(),
                parents: Vec::new(),
            },
            Relation::Sibling => {
                Family { spouse: None, children: Vec::new(), parents: all(Relation::Parent).collect() }
            }
            Relation::Other => Family::default(),
        }
    }
}
