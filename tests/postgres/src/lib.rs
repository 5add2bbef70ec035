//! A real PostgreSQL for tests, and a valve before it that cuts connections within a commit.
//!
//! [`PostgresDatabase::create`] gives an empty database of a server that the test program starts for itself and that
//! ends with it; [`PostgresPair`] is a primary with a standby, for failovers; [`Valve`] shows what becomes of a change
//! whose commit is cut off at any octet, or of a server that falls silent.

mod database;
mod pair;
mod server;
mod valve;

pub use database::PostgresDatabase;
pub use pair::PostgresPair;
pub use server::PostgresServer;
pub use valve::{Cut, Valve};
