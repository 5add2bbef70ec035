//! What proves that somebody who was declared belongs to the family.

use super::read::{read_names, read_origin, section};
use super::{Origin, Sourced};
use crate::facts::{Kinship, Proof};
use dayaq_author::Table;
use dayaq_core_api::Relation;
use serde::{Deserialize, Serialize};

/// Something that speaks for a member, as an institution tells it of the applicant and the member together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// The notarised application names the member.
    Notary,
    /// Kinship on the acts of civil status.
    Kinship,
    /// One is the other's guardian.
    Guardianship,
    /// Both are registered at one address.
    Address,
    /// Both are served by one meter.
    Meter,
    /// A visit found both at home.
    Visit,
}

impl Sign {
    const ALL: [Self; 6] = [Self::Notary, Self::Kinship, Self::Guardianship, Self::Address, Self::Meter, Self::Visit];

    /// The name in the rule files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notary => "notary",
            Self::Kinship => "kinship",
            Self::Guardianship => "guardianship",
            Self::Address => "address",
            Self::Meter => "meter",
            Self::Visit => "visit",
        }
    }

    /// Reads that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sign| sign.name() == name)
    }
}

/// What proves a member who was declared under a relation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofRule {
    /// The relation.
    pub relation: Relation,
    /// The kinship that is meant by it.
    pub kin: Vec<Kinship>,
    /// Any one of these is enough; the signs of one serve only together.
    pub any_of: Vec<Vec<Sign>>,
    /// Where that comes from.
    pub origin: Origin,
}

impl ProofRule {
    /// Whether what is known proves the member.
    pub fn accepts(&self, proof: &Proof) -> bool {
        self.any_of.iter().any(|signs| signs.iter().all(|sign| self.holds(*sign, proof)))
    }

    /// Whether the sign serves at all, alone or with others.
    pub fn uses(&self, sign: Sign) -> bool {
        self.any_of.iter().flatten().any(|used| *used == sign)
    }

    /// Whether the registers say what was declared.
    pub fn agrees(&self, proof: &Proof) -> bool {
        proof.kinship.is_some_and(|kinship| self.kin.contains(&kinship))
            || (self.relation == Relation::Child && proof.guardianship)
    }

    fn holds(&self, sign: Sign, proof: &Proof) -> bool {
        match sign {
            Sign::Notary => proof.notary,
            Sign::Kinship => proof.kinship.is_some_and(|kinship| self.kin.contains(&kinship)),
            Sign::Guardianship => proof.guardianship,
            Sign::Address => proof.address,
            Sign::Meter => proof.meter,
            Sign::Visit => proof.visit,
        }
    }
}

/// In which of two families somebody counts whom both have proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contested {
    /// In the one whose award has them already, as long as that runs.
    FirstAward,
}

/// Reads the section `[contested]`.
pub(super) fn read_contested(root: &Table<'_>) -> Option<Sourced<Contested>> {
    let choices = [("first-award", Contested::FirstAward)];
    let (value, origin) = section(root, "contested", |table| table.one_of("counts_in", &choices))?;
    Some(Sourced { value, origin })
}

/// Reads the sections `[[proof]]`; each relation must be there, so that none is left out by oversight.
pub(super) fn read_proofs(root: &Table<'_>) -> Vec<ProofRule> {
    let mut rules: Vec<ProofRule> = Vec::new();
    for table in root.tables("proof") {
        if let Some(rule) = read_proof(&table) {
            if rules.iter().any(|r| r.relation == rule.relation) {
                table.error("relation", "given twice");
            }
            rules.push(rule);
        }
        table.finish();
    }
    for relation in Relation::ALL {
        if !rules.iter().any(|r| r.relation == relation) {
            root.error("proof", format!("the relation {:?} is missing", relation.name()));
        }
    }
    rules
}

fn read_proof(table: &Table<'_>) -> Option<ProofRule> {
    let relation = table.one_of("relation", &Relation::ALL.map(|r| (r.name(), r)));
    let kin = read_names(table, "kin", &Kinship::ALL.map(|k| (k.name(), k)));
    if kin.is_empty() {
        table.error("kin", "at least one is needed");
    }
    let mut any_of = Vec::new();
    for (text, place) in table.string_items("any_of") {
        let signs: Option<Vec<Sign>> = text.split('+').map(|word| Sign::parse(word.trim())).collect();
        match signs {
            None => {
                let known: Vec<&str> = Sign::ALL.iter().map(|sign| sign.name()).collect();
                let known = known.join(", ");
                table.error("any_of", format!("line {}: {text:?} is not of {known}", place.position.line));
            }
            // Hostels and the houses of displaced people: who sleeps under one roof is no family by that.
            Some(signs) if [Sign::Address, Sign::Meter].iter().any(|alone| signs.iter().all(|sign| sign == alone)) => {
                table.error("any_of", format!("line {}: {text:?} alone proves nobody", place.position.line));
            }
            Some(signs) => any_of.push(signs),
        }
    }
    if any_of.is_empty() {
        table.error("any_of", "at least one proof is needed");
    }
    let origin = read_origin(table);
    Some(ProofRule { relation: relation?, kin, any_of, origin: origin? })
}
