//! The shared nouns of Dayaq: FIN, phone number, ID card, money, language, personal values,
//! clock, randomness and sealing.
//!
//! Nothing here opens a file or a socket. The machine's clock is read in [`clock`] alone and its
//! randomness in [`entropy`] alone; everybody else takes them as arguments.

pub mod clock;
mod document;
pub mod entropy;
mod fin;
mod language;
mod money;
mod msisdn;
mod pii;
pub mod seal;
mod steady;

pub use clock::{Clock, ManualClock, SystemClock, baku_date, baku_moment, baku_start_of_day};
pub use document::{IdCard, IdCardError, NotaryNumber};
pub use entropy::{Entropy, SeededEntropy, SystemEntropy, new_id};
pub use fin::{Fin, FinError};
pub use language::Language;
pub use money::Money;
pub use msisdn::{Msisdn, MsisdnError};
pub use pii::Pii;
pub use steady::SteadyClock;

#[cfg(test)]
mod tests;
