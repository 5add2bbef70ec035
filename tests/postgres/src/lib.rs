//! A real PostgreSQL for tests, and a valve before it that cuts connections within a commit.
//!
//! [`PostgresDatabase::create`] gives an empty database of a server that the test program starts for itself and that
//! ends with it; [`Valve`] shows what becomes of a change whose commit is cut off at any octet.

mod server;
mod valve;

pub use server::PostgresDatabase;
pub use valve::{Cut, Valve};
