//! PostgreSQL: a pool whose every wait has an end.

use crate::database::{Bind, Change, Row, postgres};
use crate::error::CONNECTION_WAIT;
use crate::{Failure, Schema, StoreError};
use dayaq_types::Entropy;
use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, PgPool, Postgres};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// The longest that a whole change or question may take, beyond the server's own limits for a server that is silent.
const ANSWER_MAX: Duration = Duration::from_secs(6);
/// What the server itself ends: a statement, a wait for a lock, a transaction that its owner has forgotten.
const LIMITS: [(&str, &str); 3] =
    [("statement_timeout", "5s"), ("lock_timeout", "3s"), ("idle_in_transaction_session_timeout", "10s")];
/// How often a change is made again that lost against another one (D02).
const RETRIES_MAX: u32 = 5;
/// The pause before the first of these; it doubles, and each is shortened by up to a half at random.
const RETRY_PAUSE: Duration = Duration::from_millis(10);

/// Connections to a PostgreSQL database with a store's schema.
#[derive(Clone)]
pub struct PostgresPool {
    pool: PgPool,
    entropy: Arc<dyn Entropy>,
}

impl PostgresPool {
    /// Connections that are held at most unless told otherwise.
    pub const CONNECTIONS: u32 = 8;

    /// Connects and brings the schema up to date.
    ///
    /// Refuses a schema newer than this program (D10) and a server that answers before it has written (D08).
    pub async fn open(
        url: &str,
        connections: u32,
        schema: Schema,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|error| StoreError::Address(error.to_string()))?
            .application_name(schema.application)
            .options(LIMITS)
            .options(schema.namespace.map(|name| ("search_path", name)))
            .disable_statement_logging();
        // A migration may take longer than a statement of the service ever should. Connected past the pool, which
        // would not tell why nobody answers.
        let patient = options.clone().options([("statement_timeout", "0"), ("lock_timeout", "60s")]);
        let mut first = limited(async { patient.connect().await.map_err(StoreError::from) }).await?;
        refuse_volatile(&mut first).await?;
        if let Some(name) = schema.namespace {
            make_namespace(&mut first, name).await?;
        }
        schema.migrations.run(&mut first).await?;
        first.close().await?;
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(CONNECTION_WAIT)
            .connect_lazy_with(options);
        Ok(Self { pool, entropy })
    }

    /// Makes a change in one transaction, again if it lost against another one.
    ///
    /// A caller that stops waiting before the commit takes the change back.
    pub(crate) async fn write<T, E, W>(&self, work: W) -> Result<T, E>
    where
        E: Failure,
        W: for<'c> FnOnce(Change<'c>) -> BoxFuture<'c, Result<T, E>> + Clone,
    {
        let mut retries = 0;
        loop {
            let done = limited(self.once(work.clone())).await;
            let Err(Some(StoreError::Contended(code))) = done.as_ref().map_err(Failure::database) else { return done };
            if retries == RETRIES_MAX {
                return done;
            }
            metrics::counter!("dayaq_store_retries_total", "code" => code.clone()).increment(1);
            tokio::time::sleep(self.pause(retries)).await;
            retries += 1;
        }
    }

    async fn once<T, E, W>(&self, work: W) -> Result<T, E>
    where
        E: Failure,
        W: for<'c> FnOnce(Change<'c>) -> BoxFuture<'c, Result<T, E>>,
    {
        let mut held = Held::of(&self.pool).await?;
        let mut all = held.connection()?.begin().await.map_err(StoreError::from)?;
        match work(Change::Postgres(&mut all)).await {
            Ok(done) => {
                all.commit().await.map_err(StoreError::from)?;
                held.give_back();
                Ok(done)
            }
            Err(error) => {
                // What was wrong first is what the caller wants to know; the server takes back what is cut off.
                let taken_back = all.rollback().await.is_ok();
                if taken_back && error.database().is_none_or(StoreError::leaves_connection) {
                    held.give_back();
                }
                Err(error)
            }
        }
    }

    pub(crate) async fn rows(&self, sql: &str, binds: &[Bind<'_>]) -> Result<Vec<Row>, StoreError> {
        let rows = async {
            let mut held = Held::of(&self.pool).await?;
            let rows = postgres(sql, binds).fetch_all(held.connection()?).await.map_err(StoreError::from);
            if rows.as_ref().err().is_none_or(StoreError::leaves_connection) {
                held.give_back();
            }
            rows
        };
        Ok(limited(rows).await?.into_iter().map(Row::Postgres).collect())
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    fn pause(&self, retries: u32) -> Duration {
        let mut random = [0];
        self.entropy.fill(&mut random);
        let whole = RETRY_PAUSE * 2u32.saturating_pow(retries);
        whole - whole / 2 * u32::from(random[0]) / 255
    }
}

/// A connection in use, with its place in the pool.
///
/// One whose work has not come to its end (the server fell silent, or its owner stopped waiting) is closed on the spot and
/// gives its place back: the pool would wait for the rest of the answer without end, and keep the place meanwhile (D14).
struct Held(Option<PoolConnection<Postgres>>);

impl Held {
    async fn of(pool: &PgPool) -> Result<Self, StoreError> {
        Ok(Self(Some(pool.acquire().await?)))
    }

    fn connection(&mut self) -> Result<&mut PgConnection, StoreError> {
        self.0.as_deref_mut().ok_or(StoreError::Closed)
    }

    /// Leaves it to the next.
    fn give_back(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            metrics::counter!("dayaq_store_connections_closed_total").increment(1);
            drop(connection.detach());
        }
    }
}

impl fmt::Debug for PostgresPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresPool[{} connections]", self.pool.size())
    }
}

async fn limited<T, E: Failure>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    tokio::time::timeout(ANSWER_MAX, work).await.unwrap_or_else(|_| Err(StoreError::Timeout(ANSWER_MAX).into()))
}

/// Asked first, since the right to make one is more than who uses one needs.
async fn make_namespace(connection: &mut PgConnection, name: &'static str) -> Result<(), StoreError> {
    let there: bool =
        sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL").bind(name).fetch_one(&mut *connection).await?;
    if !there {
        // Two that start at once may both find it missing.
        connection.execute(&*format!("CREATE SCHEMA IF NOT EXISTS {name}")).await?;
    }
    Ok(())
}

/// A commit that is answered before it is on the disk is lost with the machine, and the phone was told otherwise.
async fn refuse_volatile(connection: &mut PgConnection) -> Result<(), StoreError> {
    for (setting, safe) in [("synchronous_commit", &["on", "remote_apply"][..]), ("fsync", &["on"])] {
        let value: String =
            sqlx::query_scalar("SELECT current_setting($1)").bind(setting).fetch_one(&mut *connection).await?;
        if !safe.contains(&value.as_str()) {
            return Err(StoreError::Volatile { setting, value, wanted: "on" });
        }
    }
    Ok(())
}
