//! What a family has, trades and spends.

use super::Month;
use dayaq_types::Money;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that yields by the year: a land share in square metres, or animals by head.
///
/// The fact `holdings`, as a list with `produce` and `quantity`; where several institutions or requests know of some,
/// their lists are joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// What it is, in the word that [`YieldNorm::produce`] uses: `arable`, `cow`.
    pub produce: String,
    /// Whole square metres, or heads.
    pub quantity: u32,
}

/// What a unit of a holding is taken to yield (State Statistics Committee); the fact `yields`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct YieldNorm {
    /// The word of [`Holding::produce`].
    pub produce: String,
    /// The yield of a square metre, or of a head, in a year.
    pub a_year: Money,
}

/// Real estate (State Committee on Property Issues); the fact `properties`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// What it serves: `dwelling`, `garden`, `shop`.
    pub purpose: String,
    /// Where it is; two shares of one home have one address.
    pub address: String,
}

impl fmt::Debug for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Property").field("purpose", &self.purpose).field("address", &"[personal]").finish()
    }
}

/// A purchase or a sale; the facts `property-deals` (State Committee on Property Issues) and `bank-deals` (Central Bank).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deal {
    /// The month.
    pub month: Month,
    /// The price; never negative.
    pub amount: Money,
    /// The contract's number, by which a deal that two institutions or two members know of is counted once.
    pub contract: Option<String>,
}

impl fmt::Debug for Deal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deal").field("month", &self.month).field("amount", &self.amount).finish_non_exhaustive()
    }
}

/// What was spent in a month; a month may occur more than once.
///
/// A person's fact `telecom` (Ministry of Communications); a home's facts `electricity-spend`, `water-spend` and
/// `gas-spend` (Azərişıq, Azərsu, Azəriqaz). A sum that an institution gives for a year is spread over its months to
/// the qəpik, so that the months add up to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthSpend {
    /// The month.
    pub month: Month,
    /// How much; never negative.
    pub amount: Money,
}
