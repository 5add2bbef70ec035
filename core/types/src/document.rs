//! Documents a person types: the ID card and the notarised application's number.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// An ID card: its series and number, as printed.
///
/// Citizens: `AZE` and 8 digits (old cards) or `AA` and 7 (new ones). Foreigners and stateless
/// persons: `MYI`, `DYI` or `MOM` and 7 digits (the İ of the card is written I here).
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct IdCard {
    series: String,
    number: String,
}

/// Why a series and number are not an ID card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdCardError {
    /// A series that no card bears.
    #[error("not a series of an ID card: AZE, AA, MYI, DYI or MOM")]
    Series,
    /// The wrong count of digits, or not digits; the right count is given.
    #[error("the number of this series has {0} digits")]
    Number(usize),
}

impl IdCard {
    /// The series known and the digits of each.
    pub const SERIES: [(&'static str, usize); 5] = [("AZE", 8), ("AA", 7), ("MYI", 7), ("DYI", 7), ("MOM", 7)];

    /// Reads a series and a number.
    pub fn parse(series: &str, number: &str) -> Result<Self, IdCardError> {
        let digits = Self::SERIES.iter().find(|(s, _)| *s == series).ok_or(IdCardError::Series)?.1;
        if number.len() != digits || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(IdCardError::Number(digits));
        }
        Ok(Self { series: series.to_owned(), number: number.to_owned() })
    }

    /// The letters before the number.
    pub fn series(&self) -> &str {
        &self.series
    }

    /// The digits.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The last four digits, which open the details of an application to the phone bound to it.
    pub fn last_four(&self) -> &str {
        &self.number[self.number.len() - 4..]
    }
}

impl fmt::Debug for IdCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdCard[personal]")
    }
}

impl<'de> Deserialize<'de> for IdCard {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw {
            series: String,
            number: String,
        }
        let raw = Raw::deserialize(d)?;
        Self::parse(&raw.series, &raw.number).map_err(serde::de::Error::custom)
    }
}

/// The number of the notarised representation application: 4 to 12 digits.
///
/// Notaries issue it, the Ministry of Justice knows it; with the ID card it verifies an application.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct NotaryNumber(String);

impl NotaryNumber {
    /// Reads 4 to 12 digits.
    pub fn parse(text: &str) -> Option<Self> {
        ((4..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())).then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NotaryNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NotaryNumber[personal]")
    }
}

impl<'de> Deserialize<'de> for NotaryNumber {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("a notarised application's number has 4 to 12 digits"))
    }
}
