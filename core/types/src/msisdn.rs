//! Phone numbers.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// A phone number in E.164, held as digits without the plus.
///
/// Every form in which an Azerbaijani network writes a number becomes the same value, so that one
/// person has one session. Portability makes the prefix worthless for routing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Msisdn(u64);

/// Why a text is not a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MsisdnError {
    /// Fewer than 8 digits, such as a short code.
    #[error("too short for a phone number")]
    Short,
    /// More than the 15 digits of E.164.
    #[error("longer than the 15 digits of E.164")]
    Long,
    /// Something that is not a digit.
    #[error("not a number")]
    Character,
}

impl Msisdn {
    const COUNTRY: &'static str = "994";

    /// Reads `+994501234567`, `00994501234567`, `994501234567`, `0501234567`, `501234567`, with
    /// spaces, dashes and brackets anywhere, and foreign numbers in international form.
    pub fn parse(text: &str) -> Result<Self, MsisdnError> {
        let text = text.trim();
        let mut digits = String::with_capacity(20);
        for (i, c) in text.chars().enumerate() {
            match c {
                '0'..='9' => digits.push(c),
                '+' if i == 0 => {}
                ' ' | '-' | '(' | ')' => {}
                _ => return Err(MsisdnError::Character),
            }
            if digits.len() > 20 {
                return Err(MsisdnError::Long);
            }
        }
        let international = text.starts_with('+');
        let e164 = if international {
            digits
        } else if let Some(rest) = digits.strip_prefix("00") {
            rest.to_owned()
        } else if digits.len() == 10 && digits.starts_with('0') {
            format!("{}{}", Self::COUNTRY, &digits[1..])
        } else if digits.len() == 9 && !digits.starts_with('0') {
            format!("{}{digits}", Self::COUNTRY)
        } else {
            digits
        };
        if e164.starts_with('0') || e164.len() < 8 {
            return Err(MsisdnError::Short);
        }
        if e164.len() > 15 {
            return Err(MsisdnError::Long);
        }
        e164.parse().map(Self).map_err(|_| MsisdnError::Character)
    }

    /// The digits without the plus.
    pub fn digits(&self) -> String {
        self.0.to_string()
    }

    /// Whether it is a number of Azerbaijan's plan.
    pub fn is_azerbaijani(&self) -> bool {
        let digits = self.digits();
        digits.len() == 12 && digits.starts_with(Self::COUNTRY)
    }
}

impl fmt::Debug for Msisdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Msisdn[personal]")
    }
}

impl Serialize for Msisdn {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.digits())
    }
}

impl<'de> Deserialize<'de> for Msisdn {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
