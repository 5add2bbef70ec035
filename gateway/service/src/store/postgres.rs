//! PostgreSQL as the gateway's database: a pool whose every wait has an end.

use super::StoreError;
use super::database::{Bind, Change, Row, postgres};
use super::error::CONNECTION_WAIT;
use dayaq_types::Entropy;
use futures_util::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgPool};
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

/// Connections to a PostgreSQL database with the gateway's schema.
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
    pub async fn open(url: &str, connections: u32, entropy: Arc<dyn Entropy>) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|error| StoreError::Address(error.to_string()))?
            .application_name("dayaq-gateway")
            .options(LIMITS)
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(CONNECTION_WAIT)
            .connect_with(options.clone())
            .await?;
        refuse_volatile(&pool).await?;
        // A migration may take longer than a statement of the service ever should.
        let mut patient = options.options([("statement_timeout", "0"), ("lock_timeout", "60s")]).connect().await?;
        sqlx::migrate!("./migrations/postgres").run(&mut patient).await?;
        Ok(Self { pool, entropy })
    }

    /// Makes a change in one transaction, again if it lost against another one.
    ///
    /// A caller that stops waiting before the commit takes the change back.
    pub(super) async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        W: for<'c> FnOnce(Change<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Clone,
    {
        let mut retries = 0;
        loop {
            match limited(self.once(work.clone())).await {
                Err(StoreError::Contended(code)) if retries < RETRIES_MAX => {
                    metrics::counter!("dayaq_store_retries_total", "code" => code).increment(1);
                    tokio::time::sleep(self.pause(retries)).await;
                    retries += 1;
                }
                other => return other,
            }
        }
    }

    async fn once<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        W: for<'c> FnOnce(Change<'c>) -> BoxFuture<'c, Result<T, StoreError>>,
    {
        let mut all = self.pool.begin().await?;
        match work(Change::Postgres(&mut all)).await {
            Ok(done) => {
                all.commit().await?;
                Ok(done)
            }
            Err(error) => {
                // What was wrong first is what the caller wants to know; the server takes back what is cut off.
                let _ = all.rollback().await;
                Err(error)
            }
        }
    }

    pub(super) async fn rows(&self, sql: &str, binds: &[Bind<'_>]) -> Result<Vec<Row>, StoreError> {
        let rows = limited(async { Ok(postgres(sql, binds).fetch_all(&self.pool).await?) }).await?;
        Ok(rows.into_iter().map(Row::Postgres).collect())
    }

    fn pause(&self, retries: u32) -> Duration {
        let mut random = [0];
        self.entropy.fill(&mut random);
        let whole = RETRY_PAUSE * 2u32.saturating_pow(retries);
        whole - whole / 2 * u32::from(random[0]) / 255
    }
}

impl fmt::Debug for PostgresPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresPool[{} connections]", self.pool.size())
    }
}

async fn limited<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(ANSWER_MAX, work).await.unwrap_or(Err(StoreError::Timeout(ANSWER_MAX)))
}

/// A commit that is answered before it is on the disk is lost with the machine, and the phone was told otherwise.
async fn refuse_volatile(pool: &PgPool) -> Result<(), StoreError> {
    for (setting, safe) in [("synchronous_commit", &["on", "remote_apply"][..]), ("fsync", &["on"])] {
        let value: String = sqlx::query_scalar("SELECT current_setting($1)").bind(setting).fetch_one(pool).await?;
        if !safe.contains(&value.as_str()) {
            return Err(StoreError::Volatile { setting, value });
        }
    }
    Ok(())
}
