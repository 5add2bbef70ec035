//! The institutions that are simulated.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An institution, each under its own path prefix and with its own token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Institution {
    /// Ministry of Internal Affairs: identity, residence, vehicles.
    Interior,
    /// Ministry of Taxes: income by month.
    Taxes,
    /// Ministry of Justice: family, notarised applications.
    Justice,
    /// The bank that makes the cards.
    Bank,
}

impl Institution {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Interior, Self::Taxes, Self::Justice, Self::Bank];

    /// The path prefix, without slashes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interior => "interior",
            Self::Taxes => "taxes",
            Self::Justice => "justice",
            Self::Bank => "bank",
        }
    }

    /// Reads that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|i| i.name() == name)
    }

    pub(crate) const NAMES: [(&'static str, Self); 4] = [
        (Self::Interior.name(), Self::Interior),
        (Self::Taxes.name(), Self::Taxes),
        (Self::Justice.name(), Self::Justice),
        (Self::Bank.name(), Self::Bank),
    ];
}

impl fmt::Display for Institution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
