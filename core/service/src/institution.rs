//! Institutions as data: `config/institutions/*.toml` says what is asked of whom and which facts come back.

mod file;
mod template;

pub use template::{Place, Places, Template};

use crate::document::Format;
use crate::fact::FactName;
use dayaq_author::Diagnostics;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// An institution's connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Institution {
    /// Its id, under which the configuration gives its address and token.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// How it writes.
    pub format: Format,
    /// How long an answer may take.
    pub timeout: Duration,
    /// The waits before the next tries; the last one repeats.
    pub retry: Vec<Duration>,
    /// What is asked.
    pub requests: Vec<Request>,
}

/// One kind of request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its id, unique among all institutions.
    pub id: String,
    /// The path under the institution's address.
    pub path: Template,
    /// The path where the applicant does not know the meter's number.
    pub path_by_address: Option<Template>,
    /// What is posted; without it the request is a GET.
    pub body: Option<Template>,
    /// The SOAPAction header.
    pub soap_action: Option<String>,
    /// For whom it is made.
    pub subject: Subject,
    /// When.
    pub stage: RequestStage,
    /// What an answer of 404 means.
    pub on_404: On404,
    /// How an answer says the same without a 404.
    pub absent: Option<Absent>,
    /// Where an answer says how many pages there are.
    pub pages: Option<String>,
    /// How an answer that is not ready at once is fetched.
    pub ticket: Option<Ticket>,
    /// What is read in the answer.
    pub facts: Vec<FactSource>,
}

/// For whom a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// For each person of the family.
    Person,
    /// For each vehicle that a person has.
    Vehicle,
    /// For the family's home.
    Home,
    /// For the meter of electricity.
    Electricity,
    /// For the meter of water.
    Water,
    /// For the meter of gas.
    Gas,
    /// For the notarised application's number.
    Notary,
    /// For the applicant and a declared member together: the answer is of what they are to each other.
    Pair,
}

impl Subject {
    /// The places that a request about it may have.
    pub const fn places(self) -> &'static [Place] {
        match self {
            Self::Person => &[Place::Fin, Place::WindowFrom, Place::WindowTo, Place::Page],
            Self::Vehicle => &[Place::Fin, Place::Plate],
            Self::Home => &[Place::District, Place::Year, Place::Page],
            Self::Electricity | Self::Water | Self::Gas => {
                &[Place::Meter, Place::Address, Place::WindowFrom, Place::WindowTo, Place::Page]
            }
            Self::Notary => &[Place::Fin, Place::Number],
            Self::Pair => &[Place::Fin, Place::Member],
        }
    }

    const NAMES: [(&'static str, Self); 8] = [
        ("person", Self::Person),
        ("vehicle", Self::Vehicle),
        ("home", Self::Home),
        ("electricity-meter", Self::Electricity),
        ("water-meter", Self::Water),
        ("gas-meter", Self::Gas),
        ("notary", Self::Notary),
        ("pair", Self::Pair),
    ];
}

/// When a request is made for the applicant; for members everything belongs to the evidence, but for what proves them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestStage {
    /// Before anything else.
    Verification,
    /// Once the applicant is verified: what proves the members.
    Proof,
    /// Once it is known who is proven.
    Evidence,
}

/// What an answer of 404 means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On404 {
    /// There is no such person or paper.
    Unknown,
    /// Nothing is known under that key: lists are empty, and what is asked for is not so.
    Nothing,
}

/// Words in an answer that mean what a 404 means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Where.
    pub pointer: String,
    /// What stands there.
    pub value: String,
}

/// How an answer that is prepared is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Where the first answer gives the number.
    pub pointer: String,
    /// The path that answers 202 until it is ready.
    pub path: Template,
    /// The wait between two looks.
    pub wait: Duration,
}

/// In what amounts of money are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Whole qəpik.
    Qepik,
    /// Manat with up to two decimals.
    Azn,
}

/// For what time an amount is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// A month.
    Month,
    /// A year, whose sum is spread over its months.
    Year,
}

/// Where in an answer a fact stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactSource {
    /// The fact.
    pub name: FactName,
    /// The path to it: a JSON pointer, or elements by name.
    pub pointer: String,
    /// The name of a list's elements, in XML.
    pub each: String,
    /// The paths inside each item of a list, by column.
    pub item: BTreeMap<String, String>,
    /// Columns that the institution does not give because they are always the same.
    pub fixed: BTreeMap<String, String>,
    /// Our word for each of the institution's; empty where they are the same. An unknown word is a wrong form.
    pub words: BTreeMap<String, String>,
    /// Whether it may be missing.
    pub optional: bool,
    /// In what its amounts are given.
    pub unit: Unit,
    /// For what time.
    pub period: Period,
    /// Whether its quantities are hectares.
    pub hectares: bool,
}

impl Institution {
    /// Reads the files, one institution each; every fact that a decision needs must come from exactly one request,
    /// or from at least one where several are joined.
    pub fn read(files: &[(String, String)], diagnostics: &Diagnostics) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let mut given: BTreeSet<FactName> = BTreeSet::new();
        let mut complete = true;
        for (path, text) in files {
            let (document, found) = dayaq_author::parse(path, text);
            let root = document.root(&found);
            match file::read_institution(&root, &mut given, &all) {
                Some(institution) => all.push(institution),
                None => complete = false,
            }
            root.finish();
            complete &= !found.has_errors();
            diagnostics.extend(found);
        }
        if complete {
            for name in FactName::ALL.into_iter().filter(|name| !given.contains(name)) {
                let place = dayaq_author::Place::file(files.first().map_or("institutions", |(path, _)| path));
                diagnostics.push(place.error(format!("no institution gives the fact {:?}", name.name())));
            }
        }
        all
    }

    /// The wait after that many failed tries, counted from 1.
    pub fn wait_after(&self, tries: u32) -> Duration {
        let at = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
        self.retry.get(at).or(self.retry.last()).copied().unwrap_or(Duration::from_secs(60))
    }
}
