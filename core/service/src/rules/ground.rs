//! What refuses, and who does not count.

use super::Origin;
use serde::{Deserialize, Serialize};

/// A reason for which the law refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// The ID card is not the applicant's on record.
    Identity,
    /// The notarised application is unknown, another person's, or not valid on the day.
    Notary,
    /// The district of residence is not the one on record.
    Residence,
    /// A member's declared kinship is not the one on record.
    Family,
    /// The average income reaches the sum of the criteria.
    Income,
    /// A vehicle is owned or used.
    Vehicle,
    /// Real estate of one purpose at several addresses.
    Property,
    /// Purchases and sales of the window exceed so many subsistence minimums.
    Deals,
    /// Utilities and telecommunication cost a head so much of the subsistence minimum.
    Utilities,
    /// Suitable jobs were refused, lately.
    Jobs,
    /// None of the reasons for which the law gives assistance at all.
    Entry,
}

impl Ground {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 11] = [
        Self::Identity,
        Self::Notary,
        Self::Residence,
        Self::Family,
        Self::Income,
        Self::Vehicle,
        Self::Property,
        Self::Deals,
        Self::Utilities,
        Self::Jobs,
        Self::Entry,
    ];

    /// The name in the rule files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Notary => "notary",
            Self::Residence => "residence",
            Self::Family => "family",
            Self::Income => "income",
            Self::Vehicle => "vehicle",
            Self::Property => "property",
            Self::Deals => "deals",
            Self::Utilities => "utilities",
            Self::Jobs => "jobs",
            Self::Entry => "entry",
        }
    }

    /// The phrase that tells it to the family.
    pub const fn term(self) -> &'static str {
        match self {
            Self::Identity => "reason-identity",
            Self::Notary => "reason-notary",
            Self::Residence => "reason-residence",
            Self::Family => "reason-family",
            Self::Income => "reason-income",
            Self::Vehicle => "reason-vehicle",
            Self::Property => "reason-property",
            Self::Deals => "reason-deals",
            Self::Utilities => "reason-utilities",
            Self::Jobs => "reason-jobs",
            Self::Entry => "reason-entry",
        }
    }
}

/// Why a member is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotCounted {
    /// In prison.
    Prisoner,
    /// Not a citizen.
    Foreigner,
    /// Dead on record.
    Dead,
    /// Declared missing.
    Missing,
    /// Serving as a conscript.
    Conscript,
    /// Kept wholly at the state's cost.
    StateKept,
    /// Sought by the police.
    Wanted,
    /// A citizen who lives in another country.
    Abroad,
    /// Nobody knows where, and it is on record.
    WhereaboutsUnknown,
}

impl NotCounted {
    /// The name in the rule files.
    pub fn name(self) -> &'static str {
        // Each is in the table, which a test counts.
        Self::NAMES.iter().find(|(_, status)| *status == self).map_or("", |(name, _)| name)
    }

    /// All of them with their names in the rule files.
    pub(crate) const NAMES: [(&'static str, Self); 9] = [
        ("prisoner", Self::Prisoner),
        ("foreigner", Self::Foreigner),
        ("dead", Self::Dead),
        ("missing", Self::Missing),
        ("conscript", Self::Conscript),
        ("state-kept", Self::StateKept),
        ("wanted", Self::Wanted),
        ("abroad", Self::Abroad),
        ("whereabouts-unknown", Self::WhereaboutsUnknown),
    ];
}

/// On what footing a vehicle is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VehicleBasis {
    /// In ownership.
    Owned,
    /// In use.
    Used,
}

/// A refusal and what it needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The ground.
    pub ground: Ground,
    /// Footings on which a vehicle refuses; empty for other grounds.
    pub vehicle_bases: Vec<VehicleBasis>,
    /// Whether a vehicle that the state gave for rehabilitation is exempt.
    pub rehabilitation_exempt: bool,
    /// What the ground measures, where it measures something.
    #[serde(default)]
    pub measure: Option<Measure>,
    /// Where it comes from.
    pub origin: Origin,
}

/// What a ground measures, and where it begins to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// So much real estate of one purpose, each at an address of its own.
    Property {
        /// From this many on.
        count: u32,
    },
    /// Purchases and sales of the window, all together.
    Deals {
        /// Above this many subsistence minimums; never at them.
        minimums: u32,
    },
    /// Utilities and telecommunication, a head and month.
    Utilities {
        /// This many per cent of the subsistence minimum.
        percent: u32,
        /// Whether it refuses at that share, or only above it.
        at_limit: bool,
    },
    /// Suitable jobs refused by one person.
    Jobs {
        /// From this many on.
        count: u32,
        /// Months from the last of them, after which it refuses no more.
        wait_months: u32,
    },
}
