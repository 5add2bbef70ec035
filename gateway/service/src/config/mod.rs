//! What the gateway is told: read from the author's tables, every fault reported at once by key and line.
//!
//! The structs here are validated: nothing in them is optional that must be set, and every fallback has
//! been resolved. Files are opened by the caller.

mod dialect;
mod operator;
mod secret;

pub use operator::{BindKind, Operator, OperatorLink, Profile, ResponseOrder};
pub use secret::{Environment, read_secret};

use crate::store::PostgresPool;
use dayaq_author::{Diagnostics, Document, Table};
use secrecy::SecretString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The gateway's part of `dayaq.toml`.
#[derive(Clone, Debug)]
pub struct GatewayConfig {
    /// Where `/healthz`, `/readyz` and `/metrics` listen; loopback unless said otherwise.
    pub http_listen: SocketAddr,
    /// Where the gateway store is kept.
    pub store: StoreConfig,
    /// The SQLite file of the gateway store and of the sessions, where those are in SQLite; else nothing opens it.
    pub database: PathBuf,
    /// Where live sessions are kept.
    pub sessions: SessionsConfig,
    /// Turns under way at once; beyond them a deliver_sm is answered RX_T_APPN and comes again (1 to 100000).
    pub turns_max: usize,
    /// Replies to one phone in a minute; beyond them it hears nothing more until the minute is over (1 to 100000).
    pub replies_per_minute: u32,
    /// Beginnings of phone numbers that are ever sent to, in E.164 without the plus.
    pub destinations: Vec<String>,
    /// How long a draft waits to be continued.
    pub draft_ttl: Duration,
    /// How often the workers look for due texts and pending calls when nothing wakes them.
    pub poll: Duration,
    /// How long a shutdown waits for turns and texts under way.
    pub drain: Duration,
    /// The operators.
    pub operators: Vec<Operator>,
}

/// Where the gateway store is kept.
#[derive(Clone, Debug)]
pub enum StoreConfig {
    /// In the gateway's SQLite file.
    Sqlite,
    /// In PostgreSQL.
    Postgres {
        /// `postgres://…`; may hold a password.
        url: SecretString,
        /// Connections held at most (1 to 100).
        connections: u32,
    },
}

impl StoreConfig {
    /// The key that says where it is, for messages.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Sqlite => "gateway.database",
            Self::Postgres { .. } => "gateway.postgres_url",
        }
    }
}

/// Where live sessions are kept.
#[derive(Clone, Debug)]
pub enum SessionsConfig {
    /// In the gateway's SQLite file.
    Sqlite,
    /// In Redis.
    Redis {
        /// `redis://…`; may hold a password.
        url: SecretString,
        /// The longest an operation may take.
        timeout: Duration,
    },
}

/// Files and environment, so that the reading itself opens nothing.
pub trait Surroundings: Environment {
    /// The text of a file named in the configuration, or why it cannot be read.
    fn file(&self, path: &str) -> Result<String, String>;
}

impl GatewayConfig {
    /// Reads `[gateway]`, `[http]`, `[sessions]` and every `[[operator]]` of the root table.
    ///
    /// `None` when something that must be there is not; the diagnostics say what.
    pub fn read(root: &Table<'_>, around: &dyn Surroundings, found: &Diagnostics) -> Option<Self> {
        let http_listen = root.opt_table("http").map_or_else(default_listen, |http| {
            let listen = http.opt_parse("listen", parse_socket).unwrap_or_else(default_listen);
            http.finish();
            listen
        });
        let sessions = match root.opt_table("sessions") {
            None => Some(SessionsConfig::Sqlite),
            Some(table) => {
                let read = read_sessions(&table, around);
                table.finish();
                read
            }
        };
        let gateway = root.table("gateway");
        let operators = read_operators(root, around, found);
        let gateway = gateway?;
        let store = read_store(&gateway, around);
        let sessions = sessions.unwrap_or(SessionsConfig::Sqlite);
        let database = match (&store, &sessions) {
            (StoreConfig::Postgres { .. }, SessionsConfig::Redis { .. }) => gateway.opt_string("database"),
            (StoreConfig::Sqlite, SessionsConfig::Redis { .. }) | (_, SessionsConfig::Sqlite) => {
                gateway.string("database")
            }
        };
        let config = Self {
            http_listen,
            store,
            database: database.map(PathBuf::from).unwrap_or_default(),
            sessions,
            turns_max: gateway.integer_or("turns_max", 1..=100_000, 4_000),
            replies_per_minute: gateway.integer_or("replies_per_minute", 1..=100_000, 60),
            destinations: read_destinations(&gateway),
            draft_ttl: Duration::from_secs(3_600 * gateway.integer_or("draft_hours", 1..=720u64, 72)),
            poll: Duration::from_millis(gateway.integer_or("poll_ms", 10..=60_000u64, 500)),
            drain: Duration::from_secs(gateway.integer_or("drain_s", 1..=300u64, 10)),
            operators,
        };
        gateway.finish();
        Some(config)
    }
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

fn parse_socket(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("must be an address and port such as 127.0.0.1:8080, found {text:?}"))
}

fn read_store(gateway: &Table<'_>, around: &dyn Surroundings) -> StoreConfig {
    match gateway.one_of_or("store", &[("sqlite", false), ("postgres", true)], false) {
        false => StoreConfig::Sqlite,
        true => StoreConfig::Postgres {
            // A fault is reported, and then nothing is opened.
            url: read_secret(gateway, "postgres_url", around).unwrap_or_default(),
            connections: gateway.integer_or("postgres_connections", 1..=100, PostgresPool::CONNECTIONS),
        },
    }
}

fn read_sessions(table: &Table<'_>, around: &dyn Surroundings) -> Option<SessionsConfig> {
    match table.one_of("store", &[("sqlite", false), ("redis", true)])? {
        false => Some(SessionsConfig::Sqlite),
        true => {
            let timeout = Duration::from_millis(table.integer_or("timeout_ms", 10..=10_000u64, 250));
            read_secret(table, "redis_url", around).map(|url| SessionsConfig::Redis { url, timeout })
        }
    }
}

fn read_destinations(gateway: &Table<'_>) -> Vec<String> {
    let items = gateway.string_items("destinations");
    for (prefix, place) in &items {
        if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_digit()) {
            gateway.error(
                "destinations",
                format!("must be digits of E.164 without the plus, found {prefix:?} (line {})", place.position.line),
            );
        }
    }
    match items.is_empty() {
        true => vec!["994".to_owned()],
        false => items.into_iter().map(|(prefix, _)| prefix).collect(),
    }
}

fn read_operators(root: &Table<'_>, around: &dyn Surroundings, found: &Diagnostics) -> Vec<Operator> {
    let tables = root.tables("operator");
    if tables.is_empty() && !root.has("operator") {
        root.error("operator", "missing: at least one [[operator]] says to which SMSC to bind");
    }
    let mut operators: Vec<Operator> = Vec::new();
    for table in tables {
        let read = Operator::read(&table, around, found);
        if let Some(operator) = &read
            && operators.iter().any(|o| o.name == operator.name)
        {
            table.error("name", format!("another operator is already named {:?}", operator.name));
        }
        table.finish();
        operators.extend(read);
    }
    operators
}

/// Parses a profile file; used for `config/operators/*.toml` alone as well.
pub fn read_profile(document: &Document, found: &Diagnostics) -> Option<Profile> {
    let root = document.root(found);
    let profile = Profile::read(&root);
    root.finish();
    profile
}

#[cfg(test)]
mod tests;
