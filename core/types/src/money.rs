//! Money in manat, counted in qəpik.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Mul, Sub};

/// An amount in qəpik (1 AZN = 100 qəpik); may be negative.
///
/// Sums saturate at the bounds of `i64`, some 92 quadrillion manat: an absurd amount from a
/// registry refuses by its size and never wraps into a small one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount in qəpik.
    pub const fn from_qepik(qepik: i64) -> Self {
        Self(qepik)
    }

    /// An amount in whole manat.
    pub const fn from_manat(manat: i64) -> Self {
        Self(manat.saturating_mul(100))
    }

    /// The amount in qəpik.
    pub const fn qepik(self) -> i64 {
        self.0
    }

    /// Reads `246`, `246.5` or `246,50`: at most two decimals, no sign, no grouping.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, "00"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 2 {
            return None;
        }
        let part: i64 = format!("{part:0<2}").parse().ok()?;
        whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(part).map(Self)
    }
}

impl fmt::Display for Money {
    /// `240,00 AZN`: decimal comma, no grouping, never the sign ₼, which phones lack.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let qepik = self.0.unsigned_abs();
        write!(f, "{sign}{},{:02} AZN", qepik / 100, qepik % 100)
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Mul<i64> for Money {
    type Output = Self;
    fn mul(self, factor: i64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, Add::add)
    }
}
