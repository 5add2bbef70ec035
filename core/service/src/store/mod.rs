//! The core's store on SQLite: write-ahead log, `synchronous = FULL`, foreign keys on.
//!
//! Every write runs in one `BEGIN IMMEDIATE` transaction over a single writing connection, so that no
//! two writers of a process meet; readers have connections of their own. A second store would sit
//! beside this one and be held to the same tests.

mod application;
mod audit;
mod cards;
mod decisions;
mod evidence;
mod intake;
mod jobs;
mod notices;
mod tries;
mod vault;

pub use application::Application;
pub use cards::{Card, CardState};
pub use decisions::StoredDecision;
pub use evidence::Evidence;
pub use intake::Intake;
pub use jobs::{Job, JobKind};
pub use tries::Tried;
pub use vault::Vault;

use dayaq_types::seal::{KeyRing, SealError};
use dayaq_types::{Entropy, Fin, Msisdn};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, Transaction};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Connections that only read.
const READERS_MAX: u32 = 4;
/// How long a call waits for its turn before the core says that it is not available.
const ACQUIRE: Duration = Duration::from_secs(1);
/// How long SQLite waits for another process that holds the file.
const BUSY: Duration = Duration::from_secs(5);
static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

type Tx = Transaction<'static, Sqlite>;

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or is not reachable.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The file was written by a newer version of this program.
    #[error("the database has schema {found}, newer than {known}, which this program knows; use the newer program")]
    Newer {
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The file was written under another master key: nobody in it would be found again.
    #[error("the database was written under another master key")]
    OtherKey,
    /// A migration failed, or an earlier one was cut off or altered.
    #[error("the database could not be migrated: {0}")]
    Migration(MigrateError),
    /// A sealed value did not open.
    #[error("a sealed value: {0}")]
    Seal(#[from] SealError),
    /// A row holds what no row should.
    #[error("a row of {0} is not readable")]
    Row(&'static str),
    /// The draft was handed in from another phone.
    #[error("the draft belongs to another phone")]
    ForeignDraft,
    /// The lease of a job was lost to another worker; nothing was written.
    #[error("the lease was lost")]
    LostLease,
    /// The calendar ends before the deadline.
    #[error("the working-day calendar ends before the deadline")]
    CalendarEnds,
}

/// The store.
#[derive(Clone)]
pub struct SqliteStore {
    write: SqlitePool,
    read: SqlitePool,
    keys: KeyRing,
    entropy: Arc<dyn Entropy>,
}

impl SqliteStore {
    /// Opens the file, makes it where there is none, and brings its schema up to date; refuses a newer schema.
    pub async fn open(path: &Path, keys: KeyRing, entropy: Arc<dyn Entropy>) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .optimize_on_close(false, None);
        let pool = |most: u32| {
            SqlitePoolOptions::new()
                .max_connections(most)
                .acquire_timeout(ACQUIRE)
                .idle_timeout(None)
                .max_lifetime(None)
        };
        let write = pool(1).connect_with(options.clone()).await?;
        match MIGRATIONS.run(&write).await {
            Ok(()) => {}
            Err(MigrateError::VersionMissing(found)) => {
                let known = MIGRATIONS.iter().map(|m| m.version).max().unwrap_or_default();
                return Err(StoreError::Newer { found, known });
            }
            Err(other) => return Err(StoreError::Migration(other)),
        }
        let print = keys.lookup("key", b"dayaq");
        sqlx::query("INSERT INTO key_print (only, print) VALUES (1, ?) ON CONFLICT DO NOTHING")
            .bind(&print[..])
            .execute(&write)
            .await?;
        let found: Vec<u8> = sqlx::query_scalar("SELECT print FROM key_print").fetch_one(&write).await?;
        if found != print {
            return Err(StoreError::OtherKey);
        }
        let read = pool(READERS_MAX).connect_with(options.read_only(true)).await?;
        Ok(Self { write, read, keys, entropy })
    }

    /// Closes its connections; what is in flight ends first.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    /// Answers when the database can be read.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1 FROM applications LIMIT 1").fetch_optional(&self.read).await?;
        Ok(())
    }

    /// The journal mode, `synchronous` and `foreign_keys` as SQLite has them for the writing connection.
    #[cfg(test)]
    pub(crate) async fn settings(&self) -> Result<(String, i64, i64), StoreError> {
        let sql = "SELECT (SELECT journal_mode FROM pragma_journal_mode), \
                   (SELECT synchronous FROM pragma_synchronous), (SELECT foreign_keys FROM pragma_foreign_keys)";
        Ok(sqlx::query_as(sql).fetch_one(&self.write).await?)
    }

    async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(self.write.begin_with("BEGIN IMMEDIATE").await?)
    }

    fn fin_lookup(&self, fin: &Fin) -> Vec<u8> {
        self.keys.lookup("fin", fin.as_str().as_bytes()).to_vec()
    }

    fn msisdn_lookup(&self, msisdn: &Msisdn) -> Vec<u8> {
        self.keys.lookup("msisdn", msisdn.digits().as_bytes()).to_vec()
    }

    fn new_id(&self, now: Timestamp) -> uuid::Uuid {
        dayaq_types::new_id(now, self.entropy.as_ref())
    }
}

/// Milliseconds since 1970, as rows hold them.
fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

fn timestamp(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|_| StoreError::Row("a time"))
}

fn later(at: Timestamp, wait: Duration) -> i64 {
    millis(at).saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
}

fn read_date(text: &str) -> Result<Date, StoreError> {
    text.parse().map_err(|_| StoreError::Row("a day"))
}

fn read_opt_date(text: Option<&str>) -> Result<Option<Date>, StoreError> {
    text.map(read_date).transpose()
}

fn read_id(text: &str) -> Result<uuid::Uuid, StoreError> {
    text.parse().map_err(|_| StoreError::Row("an id"))
}
