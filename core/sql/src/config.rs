//! Where a store is kept, as configurations say it.

use crate::{PostgresPool, read_address};
use dayaq_author::{Surroundings, Table, read_secret};
use secrecy::{ExposeSecret, SecretString};

/// Where a store is kept.
#[derive(Clone, Debug)]
pub enum StoreConfig {
    /// In an SQLite file.
    Sqlite,
    /// In PostgreSQL.
    Postgres {
        /// `postgres://…`, of one server or of several; may hold a password.
        url: SecretString,
        /// Connections held at most (1 to 100).
        connections: u32,
        /// This process's name among those that share the database; what it held before it died it takes back at its
        /// start. Without one, leases of before run out by themselves.
        instance: Option<String>,
    },
}

impl StoreConfig {
    /// Reads `store` and what belongs to it: `postgres_url` (or `_env`, `_file`), `postgres_connections`, `instance`.
    pub fn read(table: &Table<'_>, around: &dyn Surroundings) -> Self {
        match table.one_of_or("store", &[("sqlite", false), ("postgres", true)], false) {
            false => Self::Sqlite,
            true => Self::Postgres {
                url: read_url(table, around),
                connections: table.integer_or("postgres_connections", 1..=100, PostgresPool::CONNECTIONS),
                instance: table.opt_parse("instance", |name| match name.is_empty() {
                    false => Ok(name.to_owned()),
                    true => Err("must not be empty".to_owned()),
                }),
            },
        }
    }

    /// The name under which leases are held. A file is one process's, so its leases need no name.
    pub fn instance(&self) -> Option<&str> {
        match self {
            Self::Sqlite => Some(""),
            Self::Postgres { instance, .. } => instance.as_deref(),
        }
    }
}

/// The address, judged as it will be when it is connected to. A fault is reported, and then nothing is opened.
fn read_url(table: &Table<'_>, around: &dyn Surroundings) -> SecretString {
    const KEYS: [&str; 3] = ["postgres_url", "postgres_url_env", "postgres_url_file"];
    let url = read_secret(table, KEYS[0], around);
    if let Some(Err(fault)) = url.as_ref().map(|url| read_address(url.expose_secret())) {
        let key = KEYS.into_iter().find(|key| table.has(key)).unwrap_or(KEYS[0]);
        table.error(key, fault.to_string());
    }
    url.unwrap_or_default()
}
