//! The three languages of the service.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A language that the service speaks. Azerbaijani is written first and is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Azerbaijani.
    #[default]
    Az,
    /// Russian.
    Ru,
    /// English.
    En,
}

impl Language {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Az, Self::Ru, Self::En];

    /// The ISO 639-1 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Az => "az",
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// Reads the ISO 639-1 code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.code() == code)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
