//! What a database can answer instead of doing its work.

use dayaq_types::seal::SealError;
use sqlx::postgres::PgDatabaseError;
use std::time::Duration;

/// The longest that a caller waits for a connection (D07); beyond it the turn is shed.
pub(crate) const CONNECTION_WAIT: Duration = Duration::from_secs(1);

/// SQLite's code for a database that another connection has locked.
const SQLITE_BUSY: u32 = 5;

/// Why a store did not do what was asked. No text here ever holds a stored value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No answer in time. Whether it was done is unknown.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// No connection, or it was lost. Whether it was done is unknown.
    #[error("not reachable: {0}")]
    Unreachable(String),
    /// The server said no; the value is its error code, such as `OOM` or `READONLY`. It was not done.
    #[error("refused with {0}")]
    Refused(String),
    /// The address of the server cannot be used.
    #[error("bad address: {0}")]
    Address(String),
    /// Every connection was taken, or none could be made. It was not done.
    #[error("no connection within {0:?}")]
    NoConnection(Duration),
    /// None of the servers takes changes, each for its reason. It was not done.
    #[error("no server that takes changes: {0}")]
    NoServer(String),
    /// It lost against another transaction, by this SQLSTATE; it was not done.
    #[error("lost against another transaction: {0}")]
    Contended(String),
    /// Other writers of the same session were first so often in a row; it was not done.
    #[error("overtaken by {0} other writes in a row")]
    Overtaken(usize),
    /// The server may lose what it has answered.
    #[error("{setting} = {value}: what was answered could be lost; set it to {wanted}")]
    Volatile {
        /// The server's setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// The server is not of the kind that was meant, or not as it must be; in words, with what to do. It was not done.
    #[error("{0}")]
    Unfit(String),
    /// The database failed; it was not done.
    #[error("database: {0}")]
    Database(String),
    /// A text to be stored holds NUL (F03); nothing was done.
    #[error("a text holds NUL")]
    Nul,
    /// A process has the file open already, perhaps this one; nothing was touched.
    #[error("{by} has it open; one process at a time (lock: {lock})")]
    Held {
        /// The process, its host, and since when, as the lock's file says.
        by: String,
        /// The lock's file.
        lock: String,
    },
    /// The file is not the one that was opened any more, or its log is gone; nothing was changed.
    #[error("{0}: what was written since would be lost; end this process, and start it on the right file")]
    Replaced(String),
    /// The database file is damaged.
    #[error("damaged: {0}; restore it from its backup")]
    Damaged(String),
    /// The store was written under another master key: nobody in it would be found again.
    #[error("the database was written under another master key")]
    OtherKey,
    /// A newer program has already changed the schema.
    #[error("the schema has migration {0}, which this program does not know: it was written by a newer one")]
    NewerSchema(i64),
    /// An earlier migration stopped half-way.
    #[error("migration {0} is half-applied: restore the database from its backup")]
    HalfMigrated(i64),
    /// A value does not open under the keys of this process.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether the change may have been made all the same, so that only a repeat with the same token is safe.
    pub const fn is_in_doubt(&self) -> bool {
        match self {
            Self::Timeout(_) | Self::Unreachable(_) => true,
            Self::Refused(_)
            | Self::Address(_)
            | Self::NoConnection(_)
            | Self::NoServer(_)
            | Self::Contended(_)
            | Self::Overtaken(_)
            | Self::Volatile { .. }
            | Self::Unfit(_)
            | Self::Database(_)
            | Self::Nul
            | Self::Held { .. }
            | Self::Replaced(_)
            | Self::Damaged(_)
            | Self::OtherKey
            | Self::NewerSchema(_)
            | Self::HalfMigrated(_)
            | Self::Sealed(_)
            | Self::Closed => false,
        }
    }
}

impl StoreError {
    /// The SQLSTATE of a server that takes no changes: a replica, or one that is told so.
    pub(crate) const READ_ONLY: &'static str = "25006";

    /// Whether a server that said it may be of use a moment later.
    pub(crate) const fn is_passing(&self) -> bool {
        match self {
            Self::Timeout(_)
            | Self::Unreachable(_)
            | Self::Refused(_)
            | Self::NoConnection(_)
            | Self::NoServer(_)
            | Self::Contended(_) => true,
            Self::Address(_)
            | Self::Overtaken(_)
            | Self::Volatile { .. }
            | Self::Unfit(_)
            | Self::Database(_)
            | Self::Nul
            | Self::Held { .. }
            | Self::Replaced(_)
            | Self::Damaged(_)
            | Self::OtherKey
            | Self::NewerSchema(_)
            | Self::HalfMigrated(_)
            | Self::Sealed(_)
            | Self::Closed => false,
        }
    }

    /// Whether the connection that said it is of use to the next: not one that is silent or gone, and not one to a server
    /// that takes no changes any more, for another may.
    pub(crate) fn leaves_connection(&self) -> bool {
        !self.is_in_doubt() && !matches!(self, Self::Refused(code) if code == Self::READ_ONLY)
    }
}

/// A store's own error, which a database's may be the cause of.
pub trait Failure: From<StoreError> + Send + 'static {
    /// What the database said, if it is the cause.
    fn database(&self) -> Option<&StoreError>;
}

impl Failure for StoreError {
    fn database(&self) -> Option<&StoreError> {
        Some(self)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut => return Self::NoConnection(CONNECTION_WAIT),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => return Self::Closed,
            sqlx::Error::Io(cause) => return Self::Unreachable(cause.kind().to_string()),
            sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => return Self::Unreachable(error.to_string()),
            sqlx::Error::Database(refusal) => {
                if let Some(refusal) = refusal.try_downcast_ref::<PgDatabaseError>() {
                    return Self::from_postgres(refusal);
                }
                // SQLITE_BUSY, by whatever is in the way: the low octet is the error, the others say more of it.
                let code = refusal.code().and_then(|code| code.parse::<u32>().ok());
                if code.is_some_and(|code| code & 0xff == SQLITE_BUSY) {
                    return Self::Contended("SQLITE_BUSY".to_owned());
                }
            }
            // The others are faults of a statement or of a row.
            _ => {}
        }
        // Both databases name tables and columns in their errors, never values: all of ours are bound.
        Self::Database(error.to_string())
    }
}

impl StoreError {
    fn from_postgres(refusal: &PgDatabaseError) -> Self {
        let code = refusal.code().to_owned();
        match code.as_str() {
            "40001" | "40P01" => Self::Contended(code),
            // The server goes down or comes up, or has ended this connection.
            "57P01" | "57P02" | "57P03" | "57P04" | "57P05" => Self::Unreachable(code),
            code if code.starts_with("08") => Self::Unreachable(code.to_owned()),
            // Cancelled by a limit, no lock in time, not the primary.
            "57014" | "55P03" | Self::READ_ONLY => Self::Refused(code),
            // No memory, no disk, no connection left.
            code if code.starts_with("53") => Self::Refused(code.to_owned()),
            // The detail would hold the row; the message does not.
            _ => Self::Database(format!("{code}: {}", refusal.message())),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::VersionMissing(version) => Self::NewerSchema(version),
            sqlx::migrate::MigrateError::Dirty(version) => Self::HalfMigrated(version),
            other => Self::Database(other.to_string()),
        }
    }
}
