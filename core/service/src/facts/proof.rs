//! What the institutions say of an applicant and a declared member together.

use dayaq_types::Fin;
use serde::{Deserialize, Serialize};

/// Kinship up to two steps: what the member is to the applicant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Spouse, Self::Child, Self::Parent, Self::Sibling, Self::Grandparent, Self::Grandchild, Self::Stepchild];

    /// Their names, as the fact `kinship` has them.
    pub const NAMES: [&'static str; Self::ALL.len()] = {
        let mut names = [""; Self::ALL.len()];
        let mut n = 0;
        while n < names.len() {
            names[n] = Self::ALL[n].name();
            n += 1;
        }
        names
    };

    /// The name in the files of rules and institutions.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spouse => "spouse",
            Self::Child => "child",
            Self::Parent => "parent",
            Self::Sibling => "sibling",
            Self::Grandparent => "grandparent",
            Self::Grandchild => "grandchild",
            Self::Stepchild => "stepchild",
        }
    }
}

/// What speaks for a member. It is of the pair, and holds nothing of the member alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The member.
    pub member: Fin,
    /// The notarised application names the member.
    pub notary: bool,
    /// What the member is to the applicant, on the acts of civil status.
    pub kinship: Option<Kinship>,
    /// One is the other's guardian.
    pub guardianship: bool,
    /// Both are registered at one address.
    pub address: bool,
    /// Both are served by one meter.
    pub meter: bool,
    /// A visit found both at home.
    pub visit: bool,
}

impl Proof {
    /// Nothing speaks for the member.
    pub const fn none(member: Fin) -> Self {
        Self { member, notary: false, kinship: None, guardianship: false, address: false, meter: false, visit: false }
    }
}
