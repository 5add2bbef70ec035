//! The reasons for which the law gives assistance at all (law 1039-IIQ, article 3).

use super::Origin;
use serde::{Deserialize, Serialize};

/// A reason; any one of them in the family is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryReason {
    /// A counted member cannot work.
    Incapacity,
    /// A counted adult cares for a counted member with a heavy disability.
    DisabledCare,
    /// A counted adult cares for a disabled child.
    DisabledChildCare,
    /// A counted adult cares for a small child.
    YoungChildCare,
    /// A counted member studies full time.
    Study,
    /// A counted member is paid unemployment insurance.
    UnemploymentInsurance,
    /// A member died.
    Death,
    /// A member is declared missing.
    Missing,
    /// A member is in prison.
    Prison,
    /// It is on record that nobody knows where a member is.
    WhereaboutsUnknown,
    /// A counted member works and earns too little.
    Work,
}

impl EntryReason {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Incapacity,
        Self::DisabledCare,
        Self::DisabledChildCare,
        Self::YoungChildCare,
        Self::Study,
        Self::UnemploymentInsurance,
        Self::Death,
        Self::Missing,
        Self::Prison,
        Self::WhereaboutsUnknown,
        Self::Work,
    ];

    /// The name in the rule files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Incapacity => "incapacity",
            Self::DisabledCare => "disabled-care",
            Self::DisabledChildCare => "disabled-child-care",
            Self::YoungChildCare => "young-child-care",
            Self::Study => "study",
            Self::UnemploymentInsurance => "unemployment-insurance",
            Self::Death => "death",
            Self::Missing => "missing",
            Self::Prison => "prison",
            Self::WhereaboutsUnknown => "whereabouts-unknown",
            Self::Work => "work",
        }
    }
}

/// A reason with what it needs to know. Its mark tells how well it is known; it admits all the same, because a value
/// that is only assumed refuses nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The reason.
    pub reason: EntryReason,
    /// What it needs to know.
    pub test: EntryTest,
    /// Where it comes from.
    pub origin: Origin,
}

/// What a reason needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryTest {
    /// Nothing beyond the fact.
    Fact,
    /// From this age on, or from this share of disability on.
    Incapacity {
        /// In full years on the day of application.
        age_from: u32,
        /// In per cent.
        percent_from: u32,
    },
    /// From this share of disability on, in per cent.
    Percent(u32),
    /// Below this age, in full years on the day of application.
    AgeBelow(u32),
    /// Income of one of these kinds in the window.
    Kinds(Vec<String>),
}
