//! The answers about one subject, put together.

use crate::answer::Answer;
use crate::fact::FactName;
use crate::facts::{
    Deal, Disability, Holding, Identity, Kin, Kinship, LifeStatus, MonthIncome, MonthSpend, Notary, Proof, Property,
    Status, YieldNorm,
};
use dayaq_types::Fin;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// What the institutions say of one subject.
#[derive(Clone, Default)]
pub struct Known {
    facts: BTreeMap<FactName, Json>,
}

impl Known {
    /// Adds an answer; lists that several institutions give are joined.
    pub fn add(&mut self, answer: Answer) {
        for (name, value) in answer.facts {
            match (self.facts.get_mut(&name), value) {
                (Some(Json::Array(all)), Json::Array(more)) if name.may_be_joined() => all.extend(more),
                (_, value) => drop(self.facts.insert(name, value)),
            }
        }
    }

    /// The value of a fact; `None` where nobody has answered yet or there is none.
    fn get<T: DeserializeOwned>(&self, name: FactName) -> Option<T> {
        serde_json::from_value(self.facts.get(&name)?.clone()).ok()
    }

    /// The items of a list.
    fn list<T: DeserializeOwned>(&self, name: FactName) -> Vec<T> {
        self.get(name).unwrap_or_default()
    }

    fn flag(&self, name: FactName) -> bool {
        self.get(name).unwrap_or(false)
    }

    /// Who that is; `None` where nobody bears the FIN.
    pub fn identity(&self) -> Option<Identity> {
        let life: LifeStatus = self.get(FactName::LifeStatus)?;
        let series: Option<String> = self.get(FactName::IdSeries);
        Some(Identity {
            surname: self.get(FactName::Surname)?,
            given_name: self.get(FactName::GivenName)?,
            birth_date: self.get(FactName::BirthDate)?,
            id_card: series.zip(self.get(FactName::IdNumber)),
            district: self.get(FactName::District)?,
            life,
            citizen: self.get::<String>(FactName::Citizenship)? == "AZE",
        })
    }

    /// The notarised application.
    pub fn notary(&self) -> Option<Notary> {
        Some(Notary {
            applicant: self.get(FactName::NotaryApplicant)?,
            issued_on: self.get(FactName::NotaryIssued)?,
            valid_until: self.get(FactName::NotaryUntil)?,
            members: self.list(FactName::NotaryMembers),
        })
    }

    /// Whether that fact has been asked for and answered.
    pub fn has(&self, name: FactName) -> bool {
        self.facts.contains_key(&name)
    }

    /// What speaks for the member of whom these answers are.
    pub fn proof(&self, member: Fin, notary: bool) -> Proof {
        Proof {
            member,
            notary,
            kinship: self.get::<Option<Kinship>>(FactName::Kinship).flatten(),
            guardianship: self.flag(FactName::Guardianship),
            address: self.flag(FactName::SameAddress),
            meter: self.flag(FactName::SharedMeter),
            visit: self.flag(FactName::HomeVisit),
        }
    }

    /// Kinship; `None` where the registry does not know the person.
    pub fn kin(&self) -> Option<Kin> {
        Some(Kin {
            spouse: self.get::<Option<Fin>>(FactName::Spouse)?,
            children: self.get(FactName::Children)?,
            parents: self.get(FactName::Parents)?,
        })
    }

    /// The vehicles, each with its plate.
    pub fn vehicles(&self) -> Vec<PlatedVehicle> {
        self.list(FactName::Vehicles)
    }

    /// Whether the vehicle that was asked about was given for rehabilitation.
    pub fn rehabilitation(&self) -> bool {
        self.flag(FactName::Rehabilitation)
    }

    /// Income by month, of all kinds.
    pub fn income(&self) -> Vec<MonthIncome> {
        self.list(FactName::Income)
    }

    /// Whether the person is in prison; a person unknown to the registry is not.
    pub fn prisoner(&self) -> bool {
        self.flag(FactName::Prisoner)
    }

    /// What else is so of the person.
    pub fn statuses(&self) -> BTreeSet<Status> {
        Status::ALL.into_iter().filter(|status| self.flag(FactName::of_status(*status))).collect()
    }

    /// The day of death on the acts.
    pub fn died_on(&self) -> Option<Date> {
        self.get(FactName::DiedOn)
    }

    /// A disability.
    pub fn disability(&self) -> Option<Disability> {
        self.get(FactName::Disability)
    }

    /// Where a displaced person is settled.
    pub fn displaced_to(&self) -> Option<String> {
        self.get(FactName::DisplacedTo)
    }

    /// Land and livestock.
    pub fn holdings(&self) -> Vec<Holding> {
        self.list(FactName::Holdings)
    }

    /// Real estate.
    pub fn properties(&self) -> Vec<Property> {
        self.list(FactName::Properties)
    }

    /// Purchases and sales, by whichever office they went.
    pub fn deals(&self) -> Vec<Deal> {
        let mut deals: Vec<Deal> = self.list(FactName::PropertyDeals);
        deals.extend(self.list::<Deal>(FactName::BankDeals));
        deals
    }

    /// Telephony.
    pub fn telecom(&self) -> Vec<MonthSpend> {
        self.list(FactName::Telecom)
    }

    /// The days on which a suitable job was refused.
    pub fn jobs_refused(&self) -> Vec<Date> {
        self.list(FactName::JobsRefused)
    }

    /// What the home spends on electricity, water and gas.
    pub fn utilities(&self) -> Vec<MonthSpend> {
        let all = [FactName::ElectricitySpend, FactName::WaterSpend, FactName::GasSpend];
        all.into_iter().flat_map(|name| self.list::<MonthSpend>(name)).collect()
    }

    /// What land and livestock are taken to yield where the family lives.
    pub fn yields(&self) -> Vec<YieldNorm> {
        self.list(FactName::Yields)
    }

    /// The code of the registered address.
    pub fn address(&self) -> Option<String> {
        self.get(FactName::Address)
    }
}

/// A vehicle as the police know it.
#[derive(Clone, serde::Deserialize)]
pub struct PlatedVehicle {
    /// Its plate.
    pub plate: String,
    /// On what footing it is held.
    pub basis: crate::rules::VehicleBasis,
}
