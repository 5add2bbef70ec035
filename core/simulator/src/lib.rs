//! The state institutions and the bank as Dayaq's core meets them: simulated, but over real HTTP.
//!
//! Each institution has a path prefix and a bearer token of its own on one listener. What they know
//! is a file of synthetic households; the clock is an argument, so that a card becomes ready when a
//! test moves the time. Nothing is kept on disk. The README beside this crate documents the file and
//! the wire.
//!
//! ```
//! use dayaq_registries::{CardTime, Households, Institution, Registries, RegistriesConfig, Tokens};
//! use dayaq_types::SystemClock;
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let (households, diagnostics) = Households::shipped();
//! let households = households.unwrap_or_else(|| panic!("{diagnostics}"));
//! let running = Registries::start(RegistriesConfig {
//!     listen: "127.0.0.1:0".parse().unwrap(),
//!     households,
//!     clock: Arc::new(SystemClock::new()),
//!     tokens: Tokens::same("a token"),
//!     card_time: CardTime::Weekdays(3),
//! })
//! .await
//! .unwrap();
//! assert!(running.url(Institution::Taxes).ends_with("/taxes"));
//! running.fail_next(Institution::Taxes, 2);
//! running.shutdown().await.unwrap();
//! # }
//! ```

mod admin;
mod agriculture;
mod bank;
mod central_bank;
mod communications;
mod conscription;
mod control;
mod counter;
mod education;
mod examination;
mod health;
mod household;
mod households;
mod institution;
mod interior;
mod justice;
mod migration;
mod ministry;
mod month;
mod problem;
mod property;
mod records;
mod refugees;
mod server;
mod statistics;
mod taxes;
mod token;
mod utilities;
mod window;
mod world;
mod xml;

pub use bank::{CardState, CardStatus, CardTime};
pub use control::Control;
pub use household::{
    Basis, Declaration, Declares, Family, FullName, Household, HouseholdFault, Income, Issued, Notary, Person,
    Relation, Status, Vehicle,
};
pub use households::Households;
pub use institution::Institution;
pub use month::{Amount, Bound, Month};
pub use records::{Account, Admission, Deal, Disability, Estate, Holding, Records, Study, Utilities};
pub use server::{Registries, RegistriesConfig, Running, StartError};
pub use token::Tokens;

use dayaq_types::Fin;
use problem::Problem;

fn read_fin(text: &str) -> Result<Fin, Problem> {
    Fin::parse(text).map_err(|_| Problem::bad_request("not a FIN"))
}

#[cfg(test)]
mod tests;
