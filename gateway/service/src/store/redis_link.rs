//! The connection to Redis: one, shared, pipelined, and kept up by a task of its own.

use super::StoreError;
use super::redis_fault::{RedisFault, Then, is_lost, translate};
use super::redis_target::{RedisConnection, RedisTarget};
use crate::config::RedisConfig;
use redis::{Cmd, FromRedisValue, RedisResult, Script};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// Gaps between attempts to connect: doubling from the first to the last.
const FIRST_GAP: Duration = Duration::from_millis(50);
const LAST_GAP: Duration = Duration::from_millis(800);
/// After so many operations in a row without an answer the connection is taken for dead: the peer may have
/// vanished without a word.
const SILENT_MOST: u32 = 16;
/// Before the same is asked again of a server that refused it for a moment.
const RETRY_PAUSE: Duration = Duration::from_millis(20);
/// How often the log may tell of the same fault.
const QUIET: Duration = Duration::from_secs(60);

/// A link to one Redis that finds its way back by itself.
pub(super) struct RedisLink {
    state: watch::Receiver<State>,
    /// The latest generation found broken; the keeper waits for its own to be named here.
    dead: watch::Sender<u64>,
    silent: AtomicU32,
    /// A bit for each fault that the log has told of lately.
    told: Arc<AtomicU32>,
    timeout: Duration,
    keeper: AbortHandle,
}

#[derive(Clone)]
enum State {
    /// The first attempt, or the first after a loss, is under way.
    Connecting,
    /// Connected for the `generation`th time.
    Up { generation: u64, connection: RedisConnection },
    /// The last attempt failed; others follow.
    Down(StoreError),
}

/// What is asked.
struct Question<'a> {
    command: &'a Cmd,
    /// Makes the command that is sent where the server does not know the script of the first.
    whole: Option<&'a (dyn Fn() -> Cmd + Sync)>,
}

impl Question<'_> {
    async fn ask<T: FromRedisValue>(&self, connection: &mut RedisConnection) -> RedisResult<T> {
        match (self.command.query_async(connection).await, self.whole) {
            (Err(error), Some(whole)) if error.code() == Some("NOSCRIPT") => {
                RedisFault::of(&error).note(false);
                whole().query_async(connection).await
            }
            (answer, _) => answer,
        }
    }
}

impl RedisLink {
    /// Starts to connect and goes on for ever.
    ///
    /// Must be called within a tokio runtime.
    pub fn open(config: &RedisConfig) -> Result<Self, StoreError> {
        let target = RedisTarget::new(config)?;
        let (up, state) = watch::channel(State::Connecting);
        let (dead, broken) = watch::channel(0);
        let told = Arc::new(AtomicU32::new(0));
        let keeper = tokio::spawn(keep(target, up, broken, Arc::clone(&told))).abort_handle();
        Ok(Self { state, dead, silent: AtomicU32::new(0), told, timeout: config.timeout, keeper })
    }

    /// Waits until there is a connection, however long that takes.
    pub async fn connected(&self) {
        let mut state = self.state.clone();
        // The keeper lives as long as this link, so there is always a next state.
        let _ = state.wait_for(|state| matches!(state, State::Up { generation, .. } if self.lives(*generation))).await;
    }

    /// Asks one thing.
    pub async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        self.ask(&Question { command, whole: None }).await
    }

    /// Runs a script over one key. It is sent by its name, and whole where the server does not know it: of a Cluster the
    /// one node that has the key.
    pub async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        source: &str,
        key: &str,
        arguments: &[&[u8]],
    ) -> Result<T, StoreError> {
        let call = |verb: &str, what: &str| {
            let mut command = redis::cmd(verb);
            command.arg(what).arg(1).arg(key).arg(arguments);
            command
        };
        let whole = || call("EVAL", source);
        self.ask(&Question { command: &call("EVALSHA", script.get_hash()), whole: Some(&whole) }).await
    }

    /// The connection, or why there is none. Waits only while the first attempt is under way.
    async fn connection(&self) -> Result<(u64, RedisConnection), StoreError> {
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
    async fn ask<T: FromRedisValue>(&self, question: &Question<'_>) -> Result<T, StoreError> {
        let mut refused = None;
        if let Ok(result) = tokio::time::timeout(self.timeout, self.persist(question, &mut refused)).await {
            return result;
        }
        if let Some(refused) = refused {
            return Err(refused);
        }
        self.note(RedisFault::named("timeout"));
        self.unanswered();
        Err(StoreError::Timeout(self.timeout))
    }

    /// Asks until there is an answer, as long as the refusals are such that pass. `refused` is the last of them, unless
    /// something was asked since.
    async fn persist<T: FromRedisValue>(
        &self,
        question: &Question<'_>,
        refused: &mut Option<StoreError>,
    ) -> Result<T, StoreError> {
        let mut reconnected = false;
        // Half of the time is for the pauses, so that the last answer is heard, too.
        let mut retries = self.timeout.as_millis() / (2 * RETRY_PAUSE.as_millis());
        loop {
            let (generation, mut connection) = match self.connection().await {
                Ok(found) => found,
                Err(why) => return Err(refused.take().unwrap_or(why)),
            };
            *refused = None;
            let error = match question.ask(&mut connection).await {
                Ok(answer) => {
                    self.silent.store(0, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let fault = RedisFault::of(&error);
            self.note(fault);
            if is_lost(&error) {
                // Whoever asks decides about what may have been done.
                match connection.mends_itself() {
                    true => self.unanswered(),
                    false => self.report(generation),
                }
                return Err(translate(&error));
            }
            self.silent.store(0, Ordering::Relaxed);
            match fault.then {
                Then::Reconnect if !connection.mends_itself() => {
                    self.report(generation);
                    if reconnected {
                        return Err(translate(&error));
                    }
                    reconnected = true;
                    *refused = Some(translate(&error));
                }
                Then::Retry | Then::Reconnect => {
                    if retries == 0 {
                        return Err(translate(&error));
                    }
                    retries -= 1;
                    *refused = Some(translate(&error));
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
                Then::Degrade | Then::Alarm => return Err(translate(&error)),
            }
        }
    }

    /// Counts a fault; the log tells of it once in a while.
    fn note(&self, fault: &RedisFault) {
        let bit = 1 << fault.number();
        fault.note(self.told.fetch_or(bit, Ordering::Relaxed) & bit == 0);
    }

    /// Counts an operation without an answer.
    fn unanswered(&self) {
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

/// Connects, waits until somebody finds the connection broken or the master another, and so on.
async fn keep(
    mut target: RedisTarget,
    state: watch::Sender<State>,
    mut broken: watch::Receiver<u64>,
    told: Arc<AtomicU32>,
) {
    let mut generation = 0;
    loop {
        let connection = connect(&mut target, &state).await;
        generation += 1;
        tracing::info!(generation, "Redis connected");
        state.send_replace(State::Up { generation, connection });
        tokio::select! {
            broken = broken.wait_for(|dead| *dead >= generation) => {
                if broken.is_err() {
                    return;
                }
                tracing::warn!(generation, "Redis connection lost");
            }
            () = target.moved() => tracing::warn!(generation, "Redis has another master"),
            () = forget(&told) => {}
        }
        metrics::counter!("dayaq_redis_reconnects_total").increment(1);
        state.send_replace(State::Connecting);
    }
}

/// Lets the log tell again, for ever.
async fn forget(told: &AtomicU32) {
    loop {
        tokio::time::sleep(QUIET).await;
        told.store(0, Ordering::Relaxed);
    }
}

/// Tries until there is a connection to what may hold sessions.
async fn connect(target: &mut RedisTarget, state: &watch::Sender<State>) -> RedisConnection {
    let mut gap = FIRST_GAP;
    let mut said = None;
    loop {
        let why = match target.connect().await {
            Ok(connection) => return connection,
            Err(why) => why,
        };
        if said.as_ref() != Some(&why) {
            say(&why);
            said = Some(why.clone());
        }
        state.send_replace(State::Down(why));
        tokio::time::sleep(gap).await;
        gap = (gap * 2).min(LAST_GAP);
    }
}

/// Says why Redis cannot be used, with what to do where it is refused by a code.
fn say(why: &StoreError) {
    match why {
        StoreError::Refused(code) => {
            let remedy = RedisFault::named(code).remedy;
            tracing::error!(error = %why, remedy, "Redis cannot be used; trying on");
        }
        StoreError::Unfit(_) | StoreError::Volatile { .. } => {
            tracing::error!(error = %why, "Redis cannot be used; trying on");
        }
        other => tracing::warn!(error = %other, "Redis cannot be used; trying on"),
    }
}
