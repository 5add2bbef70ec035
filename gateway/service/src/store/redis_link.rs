//! The connection to Redis: one, shared, pipelined, and kept up by a task of its own.

use super::StoreError;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult, ScriptInvocation,
    ServerErrorKind,
};
use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// Gaps between attempts to connect: doubling from the first to the last.
const FIRST_GAP: Duration = Duration::from_millis(50);
const LAST_GAP: Duration = Duration::from_millis(800);
/// An attempt to connect may take longer than an operation.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// After so many operations in a row without an answer the connection is taken for dead: the peer may have
/// vanished without a word.
const SILENT_MOST: u32 = 16;

/// A link to one Redis server that finds its way back by itself.
pub(super) struct RedisLink {
    state: watch::Receiver<State>,
    /// The latest generation found broken; the keeper waits for its own to be named here.
    dead: watch::Sender<u64>,
    silent: AtomicU32,
    timeout: Duration,
    keeper: AbortHandle,
}

#[derive(Clone)]
enum State {
    /// The first attempt, or the first after a loss, is under way.
    Connecting,
    /// Connected for the `generation`th time.
    Up { generation: u64, connection: MultiplexedConnection },
    /// The last attempt failed; others follow.
    Down(StoreError),
}

impl RedisLink {
    /// Starts to connect and goes on for ever. `timeout` bounds each operation.
    ///
    /// Must be called within a tokio runtime.
    pub fn open(url: &str, timeout: Duration) -> Result<Self, StoreError> {
        // The address may hold a password, so the error says only what kind of fault it is.
        let client = Client::open(url).map_err(|error| StoreError::Address(error.category().to_owned()))?;
        let (up, state) = watch::channel(State::Connecting);
        let (dead, broken) = watch::channel(0);
        let keeper = tokio::spawn(keep(client, up, broken)).abort_handle();
        Ok(Self { state, dead, silent: AtomicU32::new(0), timeout, keeper })
    }

    /// Waits until there is a connection, however long that takes.
    pub async fn connected(&self) {
        let mut state = self.state.clone();
        // The keeper lives as long as this link, so there is always a next state.
        let _ = state.wait_for(|state| matches!(state, State::Up { generation, .. } if self.lives(*generation))).await;
    }

    /// Asks one thing.
    pub async fn query<T: FromRedisValue + Send + Sync>(&self, command: &Cmd) -> Result<T, StoreError> {
        self.in_time(async {
            let (generation, mut connection) = self.connection().await?;
            self.checked(generation, command.query_async(&mut connection).await)
        })
        .await
    }

    /// Runs a script, which is sent again if the server has lost it.
    pub async fn invoke<T: FromRedisValue + Send + Sync>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        self.in_time(async {
            let (generation, mut connection) = self.connection().await?;
            self.checked(generation, script.invoke_async(&mut connection).await)
        })
        .await
    }

    /// The connection, or why there is none. Waits only while the first attempt is under way.
    async fn connection(&self) -> Result<(u64, MultiplexedConnection), StoreError> {
        let mut state = self.state.clone();
        let settled = state.wait_for(|state| match state {
            State::Up { generation, .. } => self.lives(*generation),
            State::Down(_) => true,
            State::Connecting => false,
        });
        match &*settled.await.map_err(|_| StoreError::Closed)? {
            State::Up { generation, connection } => Ok((*generation, connection.clone())),
            State::Down(why) => Err(why.clone()),
            State::Connecting => Err(StoreError::Timeout(self.timeout)),
        }
    }

    /// Bounds an operation, and reports a connection on which nothing is answered any more.
    async fn in_time<T>(&self, operation: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        if let Ok(result) = tokio::time::timeout(self.timeout, operation).await {
            return result;
        }
        let generation = match &*self.state.borrow() {
            State::Up { generation, .. } => Some(*generation),
            State::Connecting | State::Down(_) => None,
        };
        if let Some(generation) = generation
            && self.silent.fetch_add(1, Ordering::Relaxed) + 1 >= SILENT_MOST
        {
            self.silent.store(0, Ordering::Relaxed);
            self.report(generation);
        }
        Err(StoreError::Timeout(self.timeout))
    }

    fn checked<T>(&self, generation: u64, answer: RedisResult<T>) -> Result<T, StoreError> {
        self.silent.store(0, Ordering::Relaxed);
        answer.map_err(|error| {
            if needs_reconnect(&error) {
                self.report(generation);
            }
            translate(&error)
        })
    }

    fn lives(&self, generation: u64) -> bool {
        generation > *self.dead.borrow()
    }

    /// Tells the keeper that this generation is of no use; from now on operations wait for the next.
    fn report(&self, generation: u64) {
        self.dead.send_if_modified(|dead| {
            let news = generation > *dead;
            *dead = generation.max(*dead);
            news
        });
    }
}

impl Drop for RedisLink {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// Connects, waits until somebody finds the connection broken, and so on.
async fn keep(client: Client, state: watch::Sender<State>, mut broken: watch::Receiver<u64>) {
    let mut generation = 0;
    loop {
        let connection = connect(&client, &state).await;
        generation += 1;
        tracing::info!(generation, "Redis connected");
        state.send_replace(State::Up { generation, connection });
        if broken.wait_for(|dead| *dead >= generation).await.is_err() {
            return;
        }
        metrics::counter!("dayaq_redis_reconnects_total").increment(1);
        tracing::warn!(generation, "Redis connection lost");
        state.send_replace(State::Connecting);
    }
}

/// Tries until there is a connection to a server that may hold sessions.
async fn connect(client: &Client, state: &watch::Sender<State>) -> MultiplexedConnection {
    let mut gap = FIRST_GAP;
    let mut said = None;
    loop {
        let why = match tokio::time::timeout(CONNECT_TIMEOUT, connect_once(client)).await {
            Ok(Ok(connection)) => return connection,
            Ok(Err(why)) => why,
            Err(_) => StoreError::Timeout(CONNECT_TIMEOUT),
        };
        if said.as_ref() != Some(&why) {
            tracing::warn!(error = %why, "Redis cannot be used; trying on");
            said = Some(why.clone());
        }
        state.send_replace(State::Down(why));
        tokio::time::sleep(gap).await;
        gap = (gap * 2).min(LAST_GAP);
    }
}

async fn connect_once(client: &Client) -> Result<MultiplexedConnection, StoreError> {
    // Operations bring their own time limit; a second timer for each would be wasted.
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_TIMEOUT)).set_response_timeout(None);
    let connected = client.get_multiplexed_async_connection_with_config(&config).await;
    let mut connection = connected.map_err(|error| translate(&error))?;
    let _: String = redis::cmd("PING").query_async(&mut connection).await.map_err(|error| translate(&error))?;
    check_keeping(&mut connection).await?;
    Ok(connection)
}

/// Refuses a server that would throw live sessions away, and says so if it would lose them at a restart (C04, C09).
///
/// A server may forbid the question; then an operator has to know the answer.
async fn check_keeping(connection: &mut MultiplexedConnection) -> Result<(), StoreError> {
    let Some(policy) = setting(connection, "maxmemory-policy").await? else {
        tracing::warn!("Redis does not tell its maxmemory-policy; make sure that it is noeviction");
        return Ok(());
    };
    if policy != "noeviction" {
        return Err(StoreError::Volatile { setting: "maxmemory-policy", value: policy, wanted: "noeviction" });
    }
    let append_only = setting(connection, "appendonly").await?;
    let save = setting(connection, "save").await?;
    if append_only.as_deref() == Some("no") && save.as_deref() == Some("") {
        tracing::warn!("Redis keeps nothing over a restart: appendonly is off and save is empty");
    }
    Ok(())
}

async fn setting(connection: &mut MultiplexedConnection, name: &str) -> Result<Option<String>, StoreError> {
    let answer: RedisResult<Vec<String>> = redis::cmd("CONFIG").arg("GET").arg(name).query_async(connection).await;
    match answer {
        Ok(pair) => Ok(pair.into_iter().nth(1)),
        Err(error) if needs_reconnect(&error) => Err(translate(&error)),
        Err(_) => Ok(None),
    }
}

/// Whether another connection may help where this one does not: it is gone, the server has become a replica, or
/// it no longer knows us.
fn needs_reconnect(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_unrecoverable_error()
        || error.kind() == ErrorKind::AuthenticationFailed
        || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
        || error.code() == Some("NOAUTH")
}

/// What an error means to a caller. The server's words may quote arguments, so its code alone is passed on.
fn translate(error: &RedisError) -> StoreError {
    if error.is_io_error() || error.is_unrecoverable_error() {
        return StoreError::Unreachable(error.category().to_owned());
    }
    StoreError::Refused(error.code().unwrap_or(error.category()).to_owned())
}
