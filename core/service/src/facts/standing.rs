//! How a person stands before the law: what makes somebody count, and what keeps somebody from earning.

use serde::{Deserialize, Serialize};

/// A yes that an institution gives about a person; a person of whom it says no lacks it.
///
/// Each is a fact of its own in `config/institutions`, under [`Status::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Serves as a conscript (State Service for Mobilization and Conscription).
    Conscript,
    /// Kept wholly at the state's cost (the ministry's own register).
    StateKept,
    /// Sought by the police (Ministry of Internal Affairs).
    Wanted,
    /// Nobody knows where the person is, and it is on record (Ministry of Internal Affairs).
    WhereaboutsUnknown,
    /// Lives in another country (State Migration Service).
    Abroad,
    /// Studies full time (Ministry of Education).
    FullTimeStudent,
    /// Was admitted to full-time study that the school's own register does not show yet (State Examination Centre).
    AdmittedFullTime,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Conscript,
        Self::StateKept,
        Self::Wanted,
        Self::WhereaboutsUnknown,
        Self::Abroad,
        Self::FullTimeStudent,
        Self::AdmittedFullTime,
    ];

    /// The name of the fact.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conscript => "conscript",
            Self::StateKept => "state-kept",
            Self::Wanted => "wanted",
            Self::WhereaboutsUnknown => "whereabouts-unknown",
            Self::Abroad => "abroad",
            Self::FullTimeStudent => "full-time-student",
            Self::AdmittedFullTime => "admitted-full-time",
        }
    }
}

/// A disability on record (Ministry of Health); the fact `disability`, absent or null where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disability {
    /// The loss of the body's functions in per cent, 1 to 100; 0 for a disabled child, whom the register gives no share.
    pub percent: u8,
    /// Whether it is recorded as a child's disability.
    pub child: bool,
}
