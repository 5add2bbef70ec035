//! The port of a store: a database that makes a change whole or not at all, and answers questions.
//!
//! Two adapters ship, [`SqliteFile`] and [`PostgresPool`]. The statements are written once, in the SQL that both
//! understand; what differs (locks, and whether other processes share the rows) is asked of [`Change`].

use crate::{Failure, PostgresPool, SqliteFile, StoreError};
use futures_util::future::BoxFuture;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, PgConnection, Postgres, Row as _, Sqlite, SqliteConnection, Type};

/// Where a store keeps its rows.
#[derive(Clone, Debug)]
pub enum Database {
    /// In a file: the embedded default, for one process.
    Sqlite(SqliteFile),
    /// In PostgreSQL, which any number of processes share.
    Postgres(PostgresPool),
}

impl From<SqliteFile> for Database {
    fn from(file: SqliteFile) -> Self {
        Self::Sqlite(file)
    }
}

impl From<PostgresPool> for Database {
    fn from(pool: PostgresPool) -> Self {
        Self::Postgres(pool)
    }
}

impl Database {
    /// Whether other processes work on the same rows.
    pub const fn is_shared(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(_) => true,
        }
    }

    /// Makes a change, all of it or nothing; answers once it is on the disk.
    ///
    /// The work may run more than once, each time over what was taken back (D02), so it must do nothing but change
    /// rows. Where the answer [is in doubt](StoreError::is_in_doubt) the change may have been made.
    pub async fn write<T, E, W>(&self, work: W) -> Result<T, E>
    where
        T: Send + 'static,
        E: Failure,
        W: for<'c> FnOnce(Change<'c>) -> BoxFuture<'c, Result<T, E>> + Clone + Send + 'static,
    {
        match self {
            Self::Sqlite(file) => file.change(move |db| work(Change::Sqlite(db))).await,
            Self::Postgres(pool) => pool.write(work).await,
        }
    }

    /// Makes a change that finds its rows by a key of their own, so that repeating it is harmless: where the answer
    /// is in doubt it is made once more, and what that says is sure (D04).
    pub async fn write_by_key<T, E, W>(&self, work: W) -> Result<T, E>
    where
        T: Send + 'static,
        E: Failure,
        W: for<'c> FnOnce(Change<'c>) -> BoxFuture<'c, Result<T, E>> + Clone + Send + 'static,
    {
        match self.write(work.clone()).await {
            Err(error) if error.database().is_some_and(StoreError::is_in_doubt) => {
                metrics::counter!("dayaq_store_repeats_total").increment(1);
                self.write(work).await
            }
            other => other,
        }
    }

    /// Reads rows as of the last commit.
    pub async fn rows(&self, sql: &str, binds: &[Bind<'_>]) -> Result<Vec<Row>, StoreError> {
        said(sql, binds)?;
        match self {
            Self::Sqlite(file) => {
                file.is_same()?;
                let rows = sqlite(sql, binds).fetch_all(file.readers()).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(pool) => pool.rows(sql, binds).await,
        }
    }

    /// Reads the first row, if there is one.
    pub async fn row(&self, sql: &str, binds: &[Bind<'_>]) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, binds).await?.into_iter().next())
    }

    /// Refuses a file that is not the one that was opened any more, or that is known to be damaged. A server looks after
    /// its own.
    pub fn sound(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(file) => file.sound(),
            Self::Postgres(_) => Ok(()),
        }
    }

    /// How the database would go about a statement, step by step: for whoever asks why it is slow.
    pub async fn plan(&self, sql: &str, binds: &[Bind<'_>]) -> Result<Vec<String>, StoreError> {
        let (explain, column) = match self {
            Self::Sqlite(_) => ("EXPLAIN QUERY PLAN", "detail"),
            Self::Postgres(_) => ("EXPLAIN (COSTS OFF)", "QUERY PLAN"),
        };
        let rows = self.rows(&format!("{explain} {sql}"), binds).await?;
        Ok(rows.iter().map(|row| row.get(column)).collect())
    }

    /// Ends its connections; what is under way ends first. Later changes are refused.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(file) => file.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A change under way.
pub enum Change<'c> {
    /// In a file.
    Sqlite(&'c mut SqliteConnection),
    /// In PostgreSQL.
    Postgres(&'c mut PgConnection),
}

impl Change<'_> {
    /// Runs a statement and gives how many rows it touched.
    pub async fn execute(&mut self, sql: &str, binds: &[Bind<'_>]) -> Result<u64, StoreError> {
        said(sql, binds)?;
        Ok(match self {
            Self::Sqlite(db) => sqlite(sql, binds).execute(&mut **db).await?.rows_affected(),
            Self::Postgres(db) => postgres(sql, binds).execute(&mut **db).await?.rows_affected(),
        })
    }

    /// Runs a statement and gives its rows.
    pub async fn rows(&mut self, sql: &str, binds: &[Bind<'_>]) -> Result<Vec<Row>, StoreError> {
        said(sql, binds)?;
        Ok(match self {
            Self::Sqlite(db) => sqlite(sql, binds).fetch_all(&mut **db).await?.into_iter().map(Row::Sqlite).collect(),
            Self::Postgres(db) => {
                postgres(sql, binds).fetch_all(&mut **db).await?.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// Runs a statement that gives at most one row.
    pub async fn row(&mut self, sql: &str, binds: &[Bind<'_>]) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, binds).await?.into_iter().next())
    }

    /// Whether other processes work on the same rows.
    pub const fn is_shared(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(_) => true,
        }
    }

    /// The end of a `SELECT` whose rows nobody else may touch until the change is made. SQLite has one writer.
    pub const fn for_update(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => " FOR UPDATE",
        }
    }

    /// Lets nobody else past this point who asks for the same key, until the change is made. SQLite has one writer.
    ///
    /// For what is looked for and not there: no row could be locked in its place.
    pub async fn lock(&mut self, key: &[u8]) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(_) => {
                let sql = "SELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))";
                self.rows(sql, &[key.into()]).await.map(drop)
            }
        }
    }

    /// As [`Self::lock`], but where somebody else is past this point answers `false` at once.
    pub async fn try_lock(&mut self, key: &[u8]) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(_) => Ok(true),
            Self::Postgres(_) => {
                let sql = "SELECT pg_try_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0)) AS ours";
                Ok(self.row(sql, &[key.into()]).await?.is_some_and(|row| row.get("ours")))
            }
        }
    }

    /// As [`Self::for_update`], passing over rows that somebody else holds.
    pub const fn for_update_skip_locked(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => " FOR UPDATE SKIP LOCKED",
        }
    }
}

/// A value bound to a statement, or nothing of its kind.
#[derive(Clone, Copy)]
pub enum Bind<'a> {
    /// A number, a moment in milliseconds, or 0 and 1 for no and yes.
    Integer(Option<i64>),
    /// Text without NUL, which PostgreSQL does not take (F03): one with it is refused before the server sees it.
    Text(Option<&'a str>),
    /// Octets.
    Octets(Option<&'a [u8]>),
}

impl From<i64> for Bind<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

impl From<u32> for Bind<'_> {
    fn from(value: u32) -> Self {
        Self::Integer(Some(value.into()))
    }
}

impl<'a> From<&'a str> for Bind<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<&'a String> for Bind<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<Option<&'a String>> for Bind<'a> {
    fn from(value: Option<&'a String>) -> Self {
        Self::Text(value.map(String::as_str))
    }
}

impl From<Option<i64>> for Bind<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Integer(value)
    }
}

impl<'a> From<&'a [u8]> for Bind<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Octets(Some(value))
    }
}

impl<'a> From<&'a Vec<u8>> for Bind<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Octets(Some(value))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Bind<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Self::Octets(Some(value))
    }
}

/// A row of either database.
pub enum Row {
    /// Of a file.
    Sqlite(SqliteRow),
    /// Of PostgreSQL.
    Postgres(PgRow),
}

impl Row {
    /// The value of a column. Both schemas are ours, so the column is there and of that kind.
    pub fn get<'r, T>(&'r self, column: &str) -> T
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(row) => row.get(column),
            Self::Postgres(row) => row.get(column),
        }
    }

    /// A count or a number that is never negative.
    pub fn count(&self, column: &str) -> u64 {
        self.get::<i64>(column).unsigned_abs()
    }

    /// A count that is stored from 32 bits.
    pub fn short(&self, column: &str) -> u32 {
        u32::try_from(self.count(column)).unwrap_or(u32::MAX)
    }
}

/// Says which statement is run; it holds no value, all of ours are bound. PostgreSQL has no text with NUL in it, so neither database gets one (F03).
fn said(sql: &str, binds: &[Bind<'_>]) -> Result<(), StoreError> {
    tracing::trace!(sql, "Statement");
    let nul = |bind: &Bind<'_>| matches!(bind, Bind::Text(Some(text)) if text.contains('\0'));
    if binds.iter().any(nul) { Err(StoreError::Nul) } else { Ok(()) }
}

type SqliteQuery<'q> = sqlx::query::Query<'q, Sqlite, sqlx::sqlite::SqliteArguments<'q>>;
type PostgresQuery<'q> = sqlx::query::Query<'q, Postgres, sqlx::postgres::PgArguments>;

fn sqlite<'q>(sql: &'q str, binds: &[Bind<'q>]) -> SqliteQuery<'q> {
    binds.iter().fold(sqlx::query(sql), |query, bind| match *bind {
        Bind::Integer(value) => query.bind(value),
        Bind::Text(value) => query.bind(value),
        Bind::Octets(value) => query.bind(value),
    })
}

pub(crate) fn postgres<'q>(sql: &'q str, binds: &[Bind<'q>]) -> PostgresQuery<'q> {
    binds.iter().fold(sqlx::query(sql), |query, bind| match *bind {
        Bind::Integer(value) => query.bind(value),
        Bind::Text(value) => query.bind(value),
        Bind::Octets(value) => query.bind(value),
    })
}
