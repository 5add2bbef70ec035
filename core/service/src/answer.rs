//! An institution's answer, read strictly: what is missing or of another form is no evidence.

use crate::facts::{Identity, Kin, LifeStatus, Month, MonthIncome, Notary, Vehicle};
use crate::institution::{On404, Request};
use crate::rules::VehicleBasis;
use dayaq_types::{Fin, Money};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Items in a list of an answer, at most.
const ITEMS_MAX: usize = 10_000;
/// Octets in a text of an answer, at most.
const TEXT_OCTETS_MAX: usize = 400;

macro_rules! fact_names {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A fact that a decision needs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum FactName {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl FactName {
            /// All of them.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// The name in the institutions' files.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

fact_names! {
    /// The surname.
    Surname = "surname",
    /// The given name.
    GivenName = "given-name",
    /// The day of birth.
    BirthDate = "birth-date",
    /// The letters of the ID card.
    IdSeries = "id-series",
    /// The digits of the ID card.
    IdNumber = "id-number",
    /// The district of residence.
    District = "district",
    /// `alive`, `dead` or `missing`.
    LifeStatus = "life-status",
    /// The three letters of the citizenship.
    Citizenship = "citizenship",
    /// Vehicles owned or used.
    Vehicles = "vehicles",
    /// Income by month.
    Income = "income",
    /// Husband or wife, or null.
    Spouse = "spouse",
    /// Sons and daughters.
    Children = "children",
    /// Mother and father.
    Parents = "parents",
    /// Whether the person is in prison.
    Prisoner = "prisoner",
    /// Whose the notarised application is.
    NotaryApplicant = "notary-applicant",
    /// Since when it is valid.
    NotaryIssued = "notary-issued",
    /// Until when.
    NotaryUntil = "notary-until",
}

impl FactName {
    /// The keys of each item, where the fact is a list of items.
    pub const fn item_keys(self) -> &'static [&'static str] {
        match self {
            Self::Vehicles => &["basis", "rehabilitation"],
            Self::Income => &["month", "amount_qepik", "kind"],
            Self::Surname
            | Self::GivenName
            | Self::BirthDate
            | Self::IdSeries
            | Self::IdNumber
            | Self::District
            | Self::LifeStatus
            | Self::Citizenship
            | Self::Spouse
            | Self::Children
            | Self::Parents
            | Self::Prisoner
            | Self::NotaryApplicant
            | Self::NotaryIssued
            | Self::NotaryUntil => &[],
        }
    }

    /// Whether a decision can do without it: a small child has no ID card.
    pub const fn may_be_missing(self) -> bool {
        matches!(self, Self::IdSeries | Self::IdNumber)
    }

    /// Whether nothing at all is a value of it.
    pub const fn may_be_empty(self) -> bool {
        matches!(self, Self::Vehicles | Self::Income)
    }
}

/// The value of a fact.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactValue {
    /// A text.
    Text(String),
    /// A day.
    Date(Date),
    /// Yes or no.
    Flag(bool),
    /// Whether a person lives.
    Life(LifeStatus),
    /// A person, or nobody.
    Fin(Option<Fin>),
    /// Persons.
    Fins(Vec<Fin>),
    /// Vehicles.
    Vehicles(Vec<Vehicle>),
    /// Income by month.
    Income(Vec<MonthIncome>),
}

/// What was read in an answer; `known` is false where there is no such person or paper.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether the institution knows the subject.
    pub known: bool,
    /// The facts.
    pub facts: BTreeMap<FactName, FactValue>,
}

/// An answer of the wrong form; names the fact, never its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the fact {fact} is missing or has the wrong form", fact = .0.name())]
pub struct WrongForm(pub FactName);

impl Answer {
    /// Reads the answer with status 200.
    pub fn read(request: &Request, body: &Json) -> Result<Self, WrongForm> {
        let mut facts = BTreeMap::new();
        for source in &request.facts {
            match body.pointer(&source.pointer) {
                None | Some(Json::Null) if source.optional => {}
                None => return Err(WrongForm(source.name)),
                Some(json) => {
                    let value = read_value(source.name, json, &source.item).ok_or(WrongForm(source.name))?;
                    facts.insert(source.name, value);
                }
            }
        }
        Ok(Self { known: true, facts })
    }

    /// The meaning of an answer with status 404.
    pub fn not_found(request: &Request) -> Self {
        match request.on_404 {
            On404::Unknown => Self { known: false, facts: BTreeMap::new() },
            On404::Nothing => {
                let empty = |name| match name {
                    FactName::Income => FactValue::Income(Vec::new()),
                    _ => FactValue::Vehicles(Vec::new()),
                };
                Self { known: true, facts: request.facts.iter().map(|f| (f.name, empty(f.name))).collect() }
            }
        }
    }
}

fn read_value(name: FactName, json: &Json, item: &[String]) -> Option<FactValue> {
    Some(match name {
        FactName::Surname
        | FactName::GivenName
        | FactName::IdSeries
        | FactName::IdNumber
        | FactName::District
        | FactName::Citizenship => FactValue::Text(text(json)?.to_owned()),
        FactName::LifeStatus => match text(json)? {
            "alive" => FactValue::Life(LifeStatus::Alive),
            "dead" => FactValue::Life(LifeStatus::Dead),
            "missing" => FactValue::Life(LifeStatus::Missing),
            _ => return None,
        },
        FactName::BirthDate | FactName::NotaryIssued | FactName::NotaryUntil => {
            FactValue::Date(text(json)?.parse().ok()?)
        }
        FactName::Prisoner => FactValue::Flag(json.as_bool()?),
        FactName::Spouse if json.is_null() => FactValue::Fin(None),
        FactName::Spouse | FactName::NotaryApplicant => FactValue::Fin(Some(fin(json)?)),
        FactName::Children | FactName::Parents => FactValue::Fins(list(json)?.iter().map(fin).collect::<Option<_>>()?),
        FactName::Vehicles => FactValue::Vehicles(list(json)?.iter().map(|v| vehicle(v, item)).collect::<Option<_>>()?),
        FactName::Income => FactValue::Income(list(json)?.iter().map(|i| income(i, item)).collect::<Option<_>>()?),
    })
}

fn text(json: &Json) -> Option<&str> {
    json.as_str().filter(|t| !t.is_empty() && t.len() <= TEXT_OCTETS_MAX && !t.chars().any(char::is_control))
}

fn fin(json: &Json) -> Option<Fin> {
    Fin::parse(json.as_str()?).ok()
}

fn list(json: &Json) -> Option<&[Json]> {
    json.as_array().map(Vec::as_slice).filter(|items| items.len() <= ITEMS_MAX)
}

fn vehicle(json: &Json, item: &[String]) -> Option<Vehicle> {
    let [basis, rehabilitation] = item else { return None };
    let basis = match json.pointer(basis)?.as_str()? {
        "owned" => VehicleBasis::Owned,
        "used" => VehicleBasis::Used,
        _ => return None,
    };
    Some(Vehicle { basis, rehabilitation: json.pointer(rehabilitation)?.as_bool()? })
}

fn income(json: &Json, item: &[String]) -> Option<MonthIncome> {
    let [month, amount, kind] = item else { return None };
    let qepik = json.pointer(amount)?.as_i64().filter(|q| *q >= 0)?;
    Some(MonthIncome {
        month: Month::parse(json.pointer(month)?.as_str()?)?,
        amount: Money::from_qepik(qepik),
        kind: text(json.pointer(kind)?)?.to_owned(),
    })
}

/// The answers about one subject, put together.
#[derive(Clone, Default)]
pub struct Known {
    facts: BTreeMap<FactName, FactValue>,
}

impl Known {
    /// Adds an answer.
    pub fn add(&mut self, answer: Answer) {
        self.facts.extend(answer.facts);
    }

    fn get(&self, name: FactName) -> Option<&FactValue> {
        self.facts.get(&name)
    }

    fn text(&self, name: FactName) -> Option<String> {
        match self.get(name)? {
            FactValue::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn date(&self, name: FactName) -> Option<Date> {
        match self.get(name)? {
            FactValue::Date(date) => Some(*date),
            _ => None,
        }
    }

    fn flag(&self, name: FactName) -> Option<bool> {
        match self.get(name)? {
            FactValue::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    fn fins(&self, name: FactName) -> Option<Vec<Fin>> {
        match self.get(name)? {
            FactValue::Fins(fins) => Some(fins.clone()),
            FactValue::Fin(fin) => Some(fin.iter().copied().collect()),
            _ => None,
        }
    }

    /// Who that is; `None` where nobody bears the FIN.
    pub fn identity(&self) -> Option<Identity> {
        Some(Identity {
            surname: self.text(FactName::Surname)?,
            given_name: self.text(FactName::GivenName)?,
            birth_date: self.date(FactName::BirthDate)?,
            id_card: self.text(FactName::IdSeries).zip(self.text(FactName::IdNumber)),
            district: self.text(FactName::District)?,
            life: match self.get(FactName::LifeStatus)? {
                FactValue::Life(life) => *life,
                _ => return None,
            },
            citizen: self.text(FactName::Citizenship)? == "AZE",
        })
    }

    /// The notarised application.
    pub fn notary(&self) -> Option<Notary> {
        Some(Notary {
            applicant: self.fins(FactName::NotaryApplicant)?.first().copied()?,
            issued_on: self.date(FactName::NotaryIssued)?,
            valid_until: self.date(FactName::NotaryUntil)?,
        })
    }

    /// Kinship; `None` where the registry does not know the person.
    pub fn kin(&self) -> Option<Kin> {
        Some(Kin {
            spouse: self.fins(FactName::Spouse)?.first().copied(),
            children: self.fins(FactName::Children)?,
            parents: self.fins(FactName::Parents)?,
        })
    }

    /// Vehicles.
    pub fn vehicles(&self) -> Vec<Vehicle> {
        match self.get(FactName::Vehicles) {
            Some(FactValue::Vehicles(vehicles)) => vehicles.clone(),
            _ => Vec::new(),
        }
    }

    /// Income by month.
    pub fn income(&self) -> Vec<MonthIncome> {
        match self.get(FactName::Income) {
            Some(FactValue::Income(income)) => income.clone(),
            _ => Vec::new(),
        }
    }

    /// Whether the person is in prison; a person unknown to the registry is not.
    pub fn prisoner(&self) -> bool {
        self.flag(FactName::Prisoner).unwrap_or(false)
    }
}
