//! The FIN, the personal identification number on an Azerbaijani ID card.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// A FIN in its one canonical form: seven Latin capitals and digits, without I and O.
///
/// There is no public check digit, so that a wrong FIN of the right shape is found by the registry
/// alone. Its `Debug` is empty of it; use [`Fin::as_str`] where it must be read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fin([u8; Fin::LEN]);

/// Why a text is not a FIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinError {
    /// Not seven characters.
    #[error("a FIN has 7 characters")]
    Length,
    /// A character outside the alphabet, at this place counted from 1.
    #[error("character {0} is not a capital Latin letter or digit that a FIN may have")]
    Character(usize),
}

impl Fin {
    /// Characters in a FIN.
    pub const LEN: usize = 7;

    /// Reads the canonical form and nothing else: repair of what a person typed is the dialogue's business.
    pub fn parse(text: &str) -> Result<Self, FinError> {
        if text.chars().count() != Self::LEN {
            return Err(FinError::Length);
        }
        let mut octets = [0; Self::LEN];
        for (i, c) in text.chars().enumerate() {
            match c {
                'I' | 'O' => return Err(FinError::Character(i + 1)),
                'A'..='Z' | '0'..='9' => octets[i] = c as u8,
                _ => return Err(FinError::Character(i + 1)),
            }
        }
        Ok(Self(octets))
    }

    /// The seven characters.
    pub fn as_str(&self) -> &str {
        // Every octet was an ASCII letter or digit when the value was made.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Fin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fin[personal]")
    }
}

impl Serialize for Fin {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Fin {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
