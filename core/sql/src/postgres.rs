//! PostgreSQL: a pool whose every wait has an end.

use crate::address::read_address;
use crate::again::pause;
use crate::database::{Bind, Change, Row, postgres};
use crate::error::CONNECTION_WAIT;
use crate::servers::Servers;
use crate::{Failure, Schema, StoreError};
use dayaq_types::Entropy;
use deadpool::managed::{Object, Pool, PoolError, QueueMode};
use futures_util::future::BoxFuture;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// The longest that a whole change or question may take, beyond the server's own limits for a server that is silent.
const ANSWER_MAX: Duration = Duration::from_secs(6);
/// What the server itself ends: a statement, a wait for a lock, a transaction that its owner has forgotten.
const LIMITS: [(&str, &str); 3] =
    [("statement_timeout", "5s"), ("lock_timeout", "3s"), ("idle_in_transaction_session_timeout", "10s")];

/// Connections to a PostgreSQL database with a store's schema.
#[derive(Clone)]
pub struct PostgresPool {
    pool: Pool<Servers>,
    /// What is under way.
    works: TaskTracker,
    entropy: Arc<dyn Entropy>,
}

impl PostgresPool {
    /// Connections that are held at most unless told otherwise.
    pub const CONNECTIONS: u32 = 8;

    /// Connects to the server that takes changes and brings the schema up to date.
    ///
    /// Refuses a schema newer than this program (D10) and a server that answers before it has written (D08).
    pub async fn open(
        url: &str,
        connections: u32,
        schema: Schema,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StoreError> {
        let ours = |options: PgConnectOptions| {
            options
                .application_name(schema.application)
                .options(LIMITS)
                .options(schema.namespace.map(|name| ("search_path", name)))
                .disable_statement_logging()
        };
        let servers: Vec<PgConnectOptions> = read_address(url)?.into_iter().map(ours).collect();
        // A migration may take longer than a statement of the service ever should. Connected past the pool, which
        // would not tell why nobody answers.
        let patient =
            |options: &PgConnectOptions| options.clone().options([("statement_timeout", "0"), ("lock_timeout", "60s")]);
        let patient = Servers::new(servers.iter().map(patient).collect());
        let mut first = limited(patient.connect()).await?;
        if patient.count() > 1 {
            warn_of_loss(&mut first).await?;
        }
        if let Some(name) = schema.namespace {
            make_namespace(&mut first, name).await?;
        }
        schema.migrations.run(&mut first).await?;
        first.close().await?;
        let pool = Pool::builder(Servers::new(servers))
            .max_size(usize::try_from(connections).unwrap_or(usize::MAX))
            .queue_mode(QueueMode::Lifo)
            .build()
            .map_err(|fault| StoreError::Address(fault.to_string()))?;
        Ok(Self { pool, works: TaskTracker::new(), entropy })
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
            let done = self.judged(limited(self.once(work.clone())).await);
            let Err(Some(StoreError::Contended(code))) = done.as_ref().map_err(Failure::database) else { return done };
            let Some(pause) = pause(retries, self.die()) else { return done };
            metrics::counter!("dayaq_store_retries_total", "code" => code.clone()).increment(1);
            tokio::time::sleep(pause).await;
            retries += 1;
        }
    }

    async fn once<T, E, W>(&self, work: W) -> Result<T, E>
    where
        E: Failure,
        W: for<'c> FnOnce(Change<'c>) -> BoxFuture<'c, Result<T, E>>,
    {
        let mut held = self.held().await?;
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
            let mut held = self.held().await?;
            let rows = postgres(sql, binds).fetch_all(held.connection()?).await.map_err(StoreError::from);
            if rows.as_ref().err().is_none_or(StoreError::leaves_connection) {
                held.give_back();
            }
            rows
        };
        let rows = self.judged(limited(rows).await)?;
        Ok(rows.into_iter().map(Row::Postgres).collect())
    }

    /// Ends every connection once what is under way has come to its end.
    pub(crate) async fn close(&self) {
        self.pool.close();
        self.works.close();
        self.works.wait().await;
    }

    /// A connection, within [`CONNECTION_WAIT`].
    async fn held(&self) -> Result<Held, StoreError> {
        let servers = self.pool.manager();
        match tokio::time::timeout(CONNECTION_WAIT, self.pool.get()).await {
            Ok(Ok(kept)) => {
                servers.works();
                Ok(Held { kept: Some(kept), _work: self.works.token() })
            }
            Ok(Err(PoolError::Backend(fault))) => Err(fault),
            Ok(Err(PoolError::Closed)) => Err(StoreError::Closed),
            Ok(Err(_)) | Err(_) => Err(servers.fault().unwrap_or(StoreError::NoConnection(CONNECTION_WAIT))),
        }
    }

    /// Has the other connections made anew where this answer says that the server is gone, silent or no longer the one
    /// that takes changes: each of them would find it out by itself, and cost a caller.
    fn judged<T, E: Failure>(&self, done: Result<T, E>) -> Result<T, E> {
        if let Err(error) = &done
            && error.database().is_some_and(|error| !error.leaves_connection())
        {
            self.pool.manager().distrust();
        }
        done
    }

    fn die(&self) -> u8 {
        let mut random = [0];
        self.entropy.fill(&mut random);
        random[0]
    }
}

/// A connection in use, with its place in the pool.
///
/// One whose work has not come to its end (the server fell silent, or its owner stopped waiting) is closed on the spot and
/// gives its place back: the pool would wait for the rest of the answer without end, and keep the place meanwhile (D14).
struct Held {
    kept: Option<Object<Servers>>,
    _work: TaskTrackerToken,
}

impl Held {
    fn connection(&mut self) -> Result<&mut PgConnection, StoreError> {
        self.kept.as_mut().map(|kept| &mut kept.connection).ok_or(StoreError::Closed)
    }

    /// Leaves it to the next.
    fn give_back(mut self) {
        drop(self.kept.take());
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(kept) = self.kept.take() {
            metrics::counter!("dayaq_store_connections_closed_total").increment(1);
            drop(Object::take(kept));
        }
    }
}

impl fmt::Debug for PostgresPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresPool[{} connections]", self.pool.status().size)
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

/// With several servers and no synchronous standby the next failover may lose the last commits, and phones were told
/// otherwise. The server's affair, so it is said and not refused.
async fn warn_of_loss(connection: &mut PgConnection) -> Result<(), StoreError> {
    let named: String =
        sqlx::query_scalar("SELECT current_setting('synchronous_standby_names')").fetch_one(connection).await?;
    if named.is_empty() {
        tracing::warn!(
            "No standby is synchronous (synchronous_standby_names is empty): a failover may lose what was said to be recorded"
        );
    }
    Ok(())
}
