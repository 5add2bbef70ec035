//! What is known of a family: declared by the applicant, and given by the institutions.

use crate::rules::VehicleBasis;
use dayaq_core_api::{Member, Meters, Submit};
use dayaq_types::{Fin, IdCard, Money, NotaryNumber};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use uuid::Uuid;

mod proof;
mod property;
mod standing;

pub use proof::{Kinship, Proof};
pub use property::{Deal, Holding, MonthSpend, Property, YieldNorm};
pub use standing::{Disability, Status};

/// A calendar month.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Month {
    /// The year.
    pub year: i16,
    /// From 1 to 12.
    pub month: i8,
}

impl Month {
    /// The month in which the day lies.
    pub fn of(day: Date) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    /// Reads `2025-11`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        let (year, month) = (year.parse().ok()?, month.parse().ok()?);
        (1..=12).contains(&month).then_some(Self { year, month })
    }

    /// The month that many months later.
    pub fn later(self, months: u32) -> Self {
        let count = i64::from(self.year) * 12 + i64::from(self.month) - 1 + i64::from(months);
        Self::counted(count)
    }

    /// The month that many months earlier.
    pub fn earlier(self, months: u32) -> Self {
        let count = i64::from(self.year) * 12 + i64::from(self.month) - 1 - i64::from(months);
        Self::counted(count)
    }

    /// The month of that number, counted from January of the year 0.
    fn counted(count: i64) -> Self {
        let year = i16::try_from(count.div_euclid(12)).unwrap_or(0);
        let month = i8::try_from(count.rem_euclid(12) + 1).unwrap_or(1);
        Self { year, month }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The months whose income counts: the full calendar months before the month of application, first and last.
pub fn income_window(registered_on: Date, months: u32) -> (Month, Month) {
    let of_application = Month::of(registered_on);
    (of_application.earlier(months), of_application.earlier(1))
}

/// What the applicant declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// The applicant.
    pub applicant: Fin,
    /// The applicant's ID card.
    pub id_card: IdCard,
    /// The notarised application's number, where there is one.
    pub notary_number: Option<NotaryNumber>,
    /// The other members.
    pub members: Vec<Member>,
    /// The district of residence.
    pub district: String,
    /// The bank branch chosen.
    pub branch: String,
    /// The meters of the home, where their numbers are known.
    #[serde(default)]
    pub meters: Meters,
}

impl Declared {
    /// The same, handed in under that draft with the number that was missing.
    pub fn handed_in(self, draft: Uuid, number: NotaryNumber) -> Submit {
        let Self { applicant, id_card, notary_number: _, members, district, branch, meters } = self;
        Submit { draft, applicant, id_card, notary_number: Some(number), members, district, branch, meters }
    }
}

impl From<&Submit> for Declared {
    fn from(submit: &Submit) -> Self {
        Self {
            applicant: submit.applicant,
            id_card: submit.id_card.clone(),
            notary_number: submit.notary_number.clone(),
            members: submit.members.clone(),
            district: submit.district.clone(),
            branch: submit.branch.clone(),
            meters: submit.meters.clone(),
        }
    }
}

/// Whom the Ministry of Internal Affairs knows under a FIN.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The surname.
    pub surname: String,
    /// The given name.
    pub given_name: String,
    /// The day of birth.
    pub birth_date: Date,
    /// Series and number of the ID card in force, where there is one.
    pub id_card: Option<(String, String)>,
    /// The district of residence on record.
    pub district: String,
    /// Whether the person lives.
    pub life: LifeStatus,
    /// Whether the person is a citizen.
    pub citizen: bool,
}

/// Whether a person lives, on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LifeStatus {
    /// Alive.
    Alive,
    /// Dead.
    Dead,
    /// Declared missing.
    Missing,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity[personal]")
    }
}

/// A notarised representation application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notary {
    /// Whose it is.
    pub applicant: Fin,
    /// The day on which it was made.
    pub issued_on: Date,
    /// The last day on which it is valid.
    pub valid_until: Date,
    /// Whom it names as members of the family.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Fin>,
}

/// A vehicle on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vehicle {
    /// On what footing it is held.
    pub basis: VehicleBasis,
    /// Whether the state gave it for rehabilitation.
    pub rehabilitation: bool,
}

/// Income of one month; a month may occur more than once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthIncome {
    /// The month.
    pub month: Month,
    /// How much; never negative.
    pub amount: Money,
    /// What it is, in the institution's word: `wage`, `contract`, `rent` and so on from the tax office; `pension`,
    /// `allowance`, `assistance` and `unemployment-insurance` from the ministry's own register; `subsidy` from the
    /// Ministry of Agriculture; `loan` from the Central Bank.
    pub kind: String,
}

/// Kinship on record.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Kin {
    /// Husband or wife.
    pub spouse: Option<Fin>,
    /// Sons and daughters.
    pub children: Vec<Fin>,
    /// Mother and father.
    pub parents: Vec<Fin>,
}

/// A counted or uncounted person of the family, as the institutions know that person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The FIN.
    pub fin: Fin,
    /// Who that is; `None` where nobody bears that FIN.
    pub identity: Option<Identity>,
    /// Vehicles held.
    pub vehicles: Vec<Vehicle>,
    /// Income by month.
    pub income: Vec<MonthIncome>,
    /// Kinship; `None` where the Ministry of Justice does not know the person.
    pub kin: Option<Kin>,
    /// Whether the person is in prison.
    pub prisoner: bool,
    /// What else is so of the person.
    #[serde(default)]
    pub statuses: BTreeSet<Status>,
    /// The day of death on the Ministry of Justice's record; the fact `died-on`, absent or null for the living.
    #[serde(default)]
    pub died_on: Option<Date>,
    /// A disability.
    #[serde(default)]
    pub disability: Option<Disability>,
    /// Where an internally displaced person is settled (State Committee for Refugees and IDPs): the district that
    /// counts as the residence; the fact `displaced-to`, absent or null for everybody else.
    #[serde(default)]
    pub displaced_to: Option<String>,
    /// Land and livestock.
    #[serde(default)]
    pub holdings: Vec<Holding>,
    /// Real estate.
    #[serde(default)]
    pub properties: Vec<Property>,
    /// Purchases and sales.
    #[serde(default)]
    pub deals: Vec<Deal>,
    /// Fixed and mobile telephony.
    #[serde(default)]
    pub telecom: Vec<MonthSpend>,
    /// The days on which a suitable job was refused (the ministry's own register); the fact `jobs-refused`.
    #[serde(default)]
    pub jobs_refused: Vec<Date>,
}

impl Person {
    /// Somebody of whom nothing is known.
    pub fn unknown(fin: Fin) -> Self {
        Self {
            fin,
            identity: None,
            vehicles: Vec::new(),
            income: Vec::new(),
            kin: None,
            prisoner: false,
            statuses: BTreeSet::new(),
            died_on: None,
            disability: None,
            displaced_to: None,
            holdings: Vec::new(),
            properties: Vec::new(),
            deals: Vec::new(),
            telecom: Vec::new(),
            jobs_refused: Vec::new(),
        }
    }
}

/// Everything a decision rests on; stored with it, so that it can be replayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// What was declared.
    pub declared: Declared,
    /// Who the applicant is; `None` where nobody bears that FIN.
    pub identity: Option<Identity>,
    /// The notarised application; `None` where no such number is known.
    pub notary: Option<Notary>,
    /// What speaks for each declared member; empty where nothing was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<Proof>,
    /// The applicant, then the members who are proven, as declared; `None` where the applicant could not be verified,
    /// because nothing is gathered about a family on a stranger's word.
    pub household: Option<Vec<Person>>,
    /// Who of the household counts in another family's award.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Fin>,
    /// Electricity, water and gas of the home, by its meters.
    #[serde(default)]
    pub utilities: Vec<MonthSpend>,
    /// What land and livestock are taken to yield.
    #[serde(default)]
    pub yields: Vec<YieldNorm>,
}
