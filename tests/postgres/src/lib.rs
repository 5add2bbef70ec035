//! A real PostgreSQL for tests, and a valve before it that cuts connections within a commit.
//!
//! [`PostgresDatabase::create`] gives an empty database of a server that the test program starts for itself and that
//! ends with it; [`PostgresPair`] is a primary with a standby, for failovers; [`Valve`] shows what becomes of a change
//! whose commit is cut off at any octet, or of a server that falls silent; [`Refusals`] what becomes of one that loses
//! against another. [`Beside`] is who uses a store meanwhile.

mod beside;
mod database;
mod pair;
mod refusals;
mod server;
mod valve;

pub use beside::Beside;
pub use database::PostgresDatabase;
pub use pair::PostgresPair;
pub use refusals::Refusals;
pub use server::PostgresServer;
pub use valve::{Cut, Valve};
