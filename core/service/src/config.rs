//! The part `[core]` of the configuration.

use crate::store::Retention;
use dayaq_author::{Surroundings, Table, read_secret};
use dayaq_sql::StoreConfig;
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Where an institution or the bank answers.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The address, without a slash at its end.
    pub base_url: String,
    /// The bearer token.
    pub token: SecretString,
}

/// How the core runs.
#[derive(Clone, Debug)]
pub struct CoreConfig {
    /// Where the store is kept.
    pub store: StoreConfig,
    /// The SQLite file, where the store is in one; else nothing opens it.
    pub database: PathBuf,
    /// Working days for a decision.
    pub decision_working_days: u32,
    /// Working days before the deadline from which an undecided application raises an alarm.
    pub alarm_working_days: u32,
    /// How often the worker looks for due work when nothing wakes it.
    pub poll: Duration,
    /// How often the bank is asked whether a card is ready.
    pub card_poll: Duration,
    /// How long the bank may take for an answer.
    pub bank_timeout: Duration,
    /// How long what is not needed any more is kept; whoever reads the whole file sets it from `[retention]`.
    pub retention: Retention,
    /// Whether values marked `assumed` refuse and pay; for demonstrations alone.
    pub assumed_values_count: bool,
    /// The institutions by id.
    pub institutions: BTreeMap<String, Endpoint>,
    /// The bank.
    pub bank: Endpoint,
}

impl CoreConfig {
    /// Working days for a decision unless told otherwise.
    pub const DECISION_WORKING_DAYS: u32 = 15;

    /// Reads the table `[core]`; faults go to its diagnostics, and `None` means that there were some.
    ///
    /// Secrets are looked up in the surroundings. `ids` are the institutions that the content knows; each needs an
    /// address.
    pub fn read(table: Table<'_>, ids: &[String], around: &dyn Surroundings) -> Option<Self> {
        let store = StoreConfig::read(&table, around);
        let database = table.string_or("database", "core.sqlite");
        let decision_working_days = table.integer_or("decision_working_days", 1..=60u32, Self::DECISION_WORKING_DAYS);
        let alarm_working_days = table.integer_or("alarm_working_days", 0..=30u32, 3);
        let poll_ms = table.integer_or("poll_ms", 10..=60_000u64, 1000);
        let card_poll_s = table.integer_or("card_poll_s", 1..=86_400u64, 3600);
        let bank_timeout_ms = table.integer_or("bank_timeout_ms", 50..=60_000u64, 10_000);
        let assumed_values_count = table.boolean_or("assumed_values_count", false);
        let mut institutions = BTreeMap::new();
        let mut complete = true;
        let named = table.entries("institutions");
        for (id, endpoint) in named {
            if !ids.contains(&id) {
                table.error("institutions", format!("no institution is called {id:?}"));
                complete = false;
            }
            match read_endpoint(endpoint, around) {
                Some(endpoint) => drop(institutions.insert(id, endpoint)),
                None => {
                    complete = false;
                    institutions.insert(id, nowhere());
                }
            }
        }
        for id in ids.iter().filter(|id| !institutions.contains_key(*id)) {
            table.error("institutions", format!("the address of {id:?} is missing"));
            complete = false;
        }
        let bank = table.table("bank").and_then(|t| read_endpoint(t, around));
        table.finish();
        let bank = bank.filter(|_| complete)?;
        Some(Self {
            store,
            database: PathBuf::from(database),
            decision_working_days,
            alarm_working_days,
            poll: Duration::from_millis(poll_ms),
            card_poll: Duration::from_secs(card_poll_s),
            bank_timeout: Duration::from_millis(bank_timeout_ms),
            retention: Retention::default(),
            assumed_values_count,
            institutions,
            bank,
        })
    }

    /// The defaults, with everybody's address to be filled in.
    pub fn new(database: PathBuf, institutions: BTreeMap<String, Endpoint>, bank: Endpoint) -> Self {
        Self {
            store: StoreConfig::Sqlite,
            database,
            decision_working_days: Self::DECISION_WORKING_DAYS,
            alarm_working_days: 3,
            poll: Duration::from_secs(1),
            card_poll: Duration::from_secs(3600),
            bank_timeout: Duration::from_secs(10),
            retention: Retention::default(),
            assumed_values_count: false,
            institutions,
            bank,
        }
    }
}

impl CoreConfig {
    /// Where the store is, for messages: the key with the file's path. An address may hold a password.
    pub fn place(&self) -> String {
        match self.store {
            StoreConfig::Sqlite => format!("core.database {}", self.database.display()),
            StoreConfig::Postgres { .. } => "core.postgres_url".to_owned(),
        }
    }
}

impl Endpoint {
    /// An address and its token; a slash at the end is dropped.
    pub fn new(base_url: &str, token: &str) -> Self {
        Self { base_url: base_url.trim_end_matches('/').to_owned(), token: SecretString::from(token.to_owned()) }
    }
}

/// Stands for an address whose faults have been reported.
fn nowhere() -> Endpoint {
    Endpoint::new("", "")
}

fn read_endpoint(table: Table<'_>, around: &dyn Surroundings) -> Option<Endpoint> {
    let base_url = table.parse("base_url", |text| match reqwest::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none() => {
            Ok(text.to_owned())
        }
        Ok(_) | Err(_) => Err("must be an address such as https://interior.example/api".to_owned()),
    });
    let token = read_secret(&table, "token", around);
    let visible = |token: &str| !token.is_empty() && token.bytes().all(|b| (0x21..0x7f).contains(&b));
    let fits = token.as_ref().is_none_or(|token| visible(token.expose_secret()));
    if !fits {
        table.error("token", "must be visible ASCII without spaces");
    }
    table.finish();
    Some(Endpoint::new(&base_url?, token.filter(|_| fits)?.expose_secret()))
}
