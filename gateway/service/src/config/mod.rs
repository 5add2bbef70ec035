//! What the gateway is told: read from the author's tables, every fault reported at once by key and line.
//!
//! The structs here are validated: nothing in them is optional that must be set, and every fallback has
//! been resolved. Files are opened by the caller.

mod aggregator;
mod callback;
mod dialect;
mod fingerprint;
mod flash;
mod operator;
mod reach;
mod redis_servers;
mod sms;

pub use aggregator::{Aggregator, bare_code};
pub use callback::{
    AnswerForm, CallbackEvent, CallbackProfile, Encoding, EventField, Holds, RequestForm, SignatureHeaders, TEXT,
};
pub use dayaq_author::{Environment, Surroundings, read_secret};
pub use dayaq_sql::StoreConfig;
pub use fingerprint::Fingerprint;
pub use flash::FlashRule;
pub use operator::{BindKind, Operator, OperatorLink, Profile, ResponseOrder};
pub use reach::{Address, Reach, Tls, Trust};
pub(crate) use redis_servers::TIMEOUT_MS as REDIS_TIMEOUT_MS;
pub use redis_servers::{RedisConfig, RedisServers};
pub use sms::SmsWriting;

use crate::push::{Hours, NotHours};
use crate::store::{DRAFT_LIFE, Retention};
use dayaq_author::{Diagnostics, Document, Table};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Connections to the listener of health and metrics.
const HTTP_CONNECTIONS: usize = 128;

/// Segments of replies to one phone on one day: half as many again as the largest family takes to apply twice by SMS.
const REPLY_SEGMENTS: u32 = 250;

/// The gateway's part of `dayaq.toml`.
#[derive(Clone, Debug)]
pub struct GatewayConfig {
    /// Where `/healthz`, `/readyz` and `/metrics` listen; loopback unless said otherwise.
    pub http_listen: SocketAddr,
    /// Connections that its listener holds at once (1 to 10000); of one address at most half of them.
    pub http_connections: usize,
    /// Where the gateway store is kept.
    pub store: StoreConfig,
    /// The SQLite file of the gateway store and of the sessions, where those are in SQLite; else nothing opens it.
    pub database: PathBuf,
    /// Where live sessions are kept.
    pub sessions: SessionsConfig,
    /// Turns under way at once; beyond them a deliver_sm is answered RX_T_APPN and comes again (1 to 100000).
    pub turns_max: usize,
    /// Replies to one phone within any minute; what it sends beyond them is dropped (1 to 100000).
    pub replies_per_minute: u32,
    /// Segments of replies to one phone on one day in Baku; beyond them it is told so once, and its texts are answered
    /// again on the next (1 to 100000).
    pub reply_segments_per_day: u32,
    /// Replies to texts of one phone that lead nowhere; then it is told so once, and is answered again when a text of it
    /// leads on or after it was quiet for ten minutes (1 to 100000).
    pub futile_replies: u32,
    /// Beginnings of phone numbers that are ever sent to, in E.164 without the plus.
    pub destinations: Vec<String>,
    /// At which hours notices go out.
    pub hours: Hours,
    /// How long a draft waits to be continued.
    pub draft_ttl: Duration,
    /// How long everything else is kept; whoever reads the whole file sets it from `[retention]`.
    pub retention: Retention,
    /// How long the parts of a long text wait for the others (1 to 600 s).
    pub parts_wait: Duration,
    /// How many parts a text may have; whoever writes more is asked to be shorter (1 to 50).
    pub parts_max: u8,
    /// How often the workers look for due texts and pending calls when nothing wakes them.
    pub poll: Duration,
    /// How long a shutdown may take, everything together (1 to 300 s).
    pub shutdown: Duration,
    /// How many ends of one worker within ten minutes are borne; at the next, the process ends with an error (1 to 100).
    pub worker_ends: usize,
    /// The operators.
    pub operators: Vec<Operator>,
    /// The aggregators, by which phones come over HTTP.
    pub aggregators: Vec<Aggregator>,
}

/// Where live sessions are kept.
#[derive(Clone, Debug)]
pub enum SessionsConfig {
    /// In the gateway's SQLite file.
    Sqlite,
    /// In Redis.
    Redis(Box<RedisConfig>),
}

impl GatewayConfig {
    /// Where the store is, for messages: the key with the file's path. An address may hold a password.
    pub fn place(&self) -> String {
        match self.store {
            StoreConfig::Sqlite => format!("gateway.database {}", self.database.display()),
            StoreConfig::Postgres { .. } => "gateway.postgres_url".to_owned(),
        }
    }

    /// Reads `[gateway]`, `[http]`, `[sessions]`, every `[[operator]]` and every `[[aggregator]]` of the root table.
    ///
    /// `None` when something that must be there is not; the diagnostics say what.
    pub fn read(root: &Table<'_>, around: &dyn Surroundings, found: &Diagnostics) -> Option<Self> {
        let http = root.opt_table("http");
        let http_listen = http.as_ref().and_then(|http| http.opt_parse("listen", parse_socket));
        let http_listen = http_listen.unwrap_or_else(default_listen);
        let http_connections = http.map_or(HTTP_CONNECTIONS, |http| {
            let connections = http.integer_or("connections_max", 1..=10_000, HTTP_CONNECTIONS);
            http.finish();
            connections
        });
        let sessions = read_sessions_of(root, around);
        let gateway = root.table("gateway");
        let operators = read_operators(root, around, found);
        let aggregators = aggregator::read_all(root, http_listen, &operators, around, found);
        let gateway = gateway?;
        let store = StoreConfig::read(&gateway, around);
        let sessions = sessions.unwrap_or(SessionsConfig::Sqlite);
        let database = match (&store, &sessions) {
            (StoreConfig::Postgres { .. }, SessionsConfig::Redis(_)) => gateway.opt_string("database"),
            (StoreConfig::Sqlite, SessionsConfig::Redis(_)) | (_, SessionsConfig::Sqlite) => gateway.string("database"),
        };
        let config = Self {
            http_listen,
            http_connections,
            store,
            database: database.map(PathBuf::from).unwrap_or_default(),
            sessions,
            turns_max: gateway.integer_or("turns_max", 1..=100_000, 4_000),
            replies_per_minute: gateway.integer_or("replies_per_minute", 1..=100_000, 60),
            reply_segments_per_day: gateway.integer_or("reply_segments_per_day", 1..=100_000, REPLY_SEGMENTS),
            futile_replies: gateway.integer_or("futile_replies", 1..=100_000, 9),
            destinations: read_destinations(&gateway, found),
            hours: gateway
                .opt_parse("notice_hours", |text| text.parse().map_err(|e: NotHours| e.to_string()))
                .unwrap_or_default(),
            draft_ttl: Duration::from_secs(
                3_600 * gateway.integer_or("draft_hours", 1..=720u64, DRAFT_LIFE.as_secs() / 3_600),
            ),
            retention: Retention::default(),
            parts_wait: Duration::from_secs(gateway.integer_or("parts_wait_s", 1..=600u64, 600)),
            parts_max: gateway.integer_or("parts_max", 1..=50, 10),
            poll: Duration::from_millis(gateway.integer_or("poll_ms", 10..=60_000u64, 500)),
            shutdown: Duration::from_secs(gateway.integer_or("shutdown_s", 1..=300u64, 15)),
            worker_ends: gateway.integer_or("worker_ends", 1..=100, 10),
            operators,
            aggregators,
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

/// Reads `[sessions]` of the root table; without it, sessions are in the gateway's file.
pub(crate) fn read_sessions_of(root: &Table<'_>, around: &dyn Surroundings) -> Option<SessionsConfig> {
    let Some(table) = root.opt_table("sessions") else { return Some(SessionsConfig::Sqlite) };
    let read = read_sessions(&table, around);
    table.finish();
    read
}

fn read_sessions(table: &Table<'_>, around: &dyn Surroundings) -> Option<SessionsConfig> {
    match table.one_of("store", &[("sqlite", false), ("redis", true)])? {
        false => Some(SessionsConfig::Sqlite),
        true => RedisConfig::read(table, around).map(|redis| SessionsConfig::Redis(Box::new(redis))),
    }
}

fn read_destinations(gateway: &Table<'_>, found: &Diagnostics) -> Vec<String> {
    let items = gateway.string_items("destinations");
    for (prefix, place) in &items {
        if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_digit()) {
            found.push(place.error(format!("must be digits of E.164 without the plus, found {prefix:?}")));
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

/// Parses an aggregator's profile file; used for `config/aggregators/*.toml` alone as well.
pub fn read_callback_profile(document: &Document, found: &Diagnostics) -> Option<CallbackProfile> {
    let root = document.root(found);
    let profile = CallbackProfile::read(&root);
    root.finish();
    profile
}

#[cfg(test)]
mod tests;
