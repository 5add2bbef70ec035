//! What the stores of gateway and core stand on: an SQL database that makes a change whole or not at all.
//!
//! [`Database`] is the port, with two adapters: [`SqliteFile`], the embedded default, for one process, and
//! [`PostgresPool`], which any number of processes share. A store writes its statements once, in the SQL that both
//! understand. Each store brings its own [`Schema`]; nothing here knows a table, but for those that all stores have alike
//! ([`Marks`]).
//!
//! - What was answered is on the disk: `synchronous=FULL` in a file, and a server that answers before it has written
//!   is refused (D08).
//! - A change that loses against another one is made again (D02); one whose commit was cut off is in doubt, and says
//!   so (D04).
//! - A file is one process's: who comes second is told who has it (E11).
//! - What is past its time is erased a bite at a time, by one process at once ([`Sweeper`]).
//! - A file that is deleted or replaced under the process takes no more changes; one that is damaged is not ready.
//! - Every wait has an end (D07), and no error holds a stored value.

mod address;
mod again;
mod config;
mod database;
mod error;
mod identity;
mod integrity;
mod lock;
mod marks;
mod postgres;
mod servers;
mod sqlite;
mod sweep;

pub use address::read_address;
pub use config::StoreConfig;
pub use database::{Bind, Change, Database, Row};
pub use error::{Failure, StoreError};
pub use marks::Marks;
pub use postgres::PostgresPool;
pub use sqlite::SqliteFile;
pub use sweep::{Column, Due, HELD_MAX, Kind, Sweeper, Tallies, Tally};

use sqlx::migrate::Migrator;

/// Whose tables are in a database, and how they are made.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// The name under which the server lists our connections.
    pub application: &'static str,
    /// The PostgreSQL schema that holds the tables, made where it is missing; two stores with schemas of their own
    /// may share a database. `None` is the server's default.
    pub namespace: Option<&'static str>,
    /// Brings a database up to date.
    pub migrations: &'static Migrator,
}
