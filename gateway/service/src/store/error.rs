//! What a store can answer instead of doing its work.

use dayaq_types::seal::SealError;
use std::time::Duration;

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
    /// Redis would throw live sessions away.
    #[error("maxmemory-policy {0} evicts live sessions; set noeviction")]
    Evicts(String),
    /// The address of the server cannot be used.
    #[error("bad address: {0}")]
    Address(String),
    /// The database failed; it was not done.
    #[error("database: {0}")]
    Database(String),
    /// A newer program has already changed the schema.
    #[error("the schema has migration {0}, which this program does not know: it was written by a newer one")]
    NewerSchema(i64),
    /// An earlier migration stopped half-way.
    #[error("migration {0} is half-applied: restore the file from its backup")]
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
            | Self::Evicts(_)
            | Self::Address(_)
            | Self::Database(_)
            | Self::NewerSchema(_)
            | Self::HalfMigrated(_)
            | Self::Sealed(_)
            | Self::Closed => false,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // SQLite names tables and columns in its errors, never values: all of ours are bound.
        Self::Database(error.to_string())
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
