//! The servers of a PostgreSQL database: each new connection is to the one that takes changes, whichever that is now.

use crate::StoreError;
use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, Row};
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long one server is tried alone before the next is tried beside it: one whose packets are dropped says nothing.
const HEAD_START: Duration = Duration::from_millis(200);
/// The longest that one server is tried.
const SERVER_MAX: Duration = Duration::from_secs(3);
/// The pause before all are tried again, as long as somebody waits.
const ROUND_PAUSE: Duration = Duration::from_millis(100);
/// The longest that a connection which has lain idle may take to answer.
const PING_MAX: Duration = Duration::from_millis(400);
/// A connection is made anew after this time, so that nothing gathers at the server.
const LIFE: Duration = Duration::from_secs(30 * 60);

/// What a server says of itself. In text, since one statement then is one round trip.
const JUDGE: &str = "SELECT (pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean)::text AS reads,
    current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync";

/// The servers that an address names.
pub(crate) struct Servers {
    each: Vec<Server>,
    /// The one that took changes last: it is tried first.
    last: AtomicUsize,
    /// Counts the times that a connection turned out to be dead; what was connected before one of them is not used.
    epoch: AtomicU64,
    /// Why no connection could be made, as long as that is so.
    fault: Mutex<Option<StoreError>>,
}

struct Server {
    name: String,
    options: PgConnectOptions,
}

/// A connection to the server that takes changes.
pub(crate) struct Kept {
    pub(crate) connection: PgConnection,
    epoch: u64,
}

impl Servers {
    pub(crate) fn new(each: Vec<PgConnectOptions>) -> Self {
        let named = |options: PgConnectOptions| {
            let name = match options.get_socket() {
                Some(socket) => socket.display().to_string(),
                None => format!("{}:{}", options.get_host(), options.get_port()),
            };
            Server { name, options }
        };
        let each = each.into_iter().map(named).collect();
        Self { each, last: AtomicUsize::new(0), epoch: AtomicU64::new(0), fault: Mutex::new(None) }
    }

    /// How many there are.
    pub(crate) const fn count(&self) -> usize {
        self.each.len()
    }

    /// Connects to the one that takes changes. All are tried, the last good one first and each with a head start.
    pub(crate) async fn connect(&self) -> Result<PgConnection, StoreError> {
        let (first, count) = (self.last.load(Ordering::Relaxed), self.each.len());
        let mut untried = (0..count).map(|at| (first + at) % count);
        let mut trying = FuturesUnordered::new();
        let mut faults = Vec::new();
        loop {
            trying.extend(untried.next().map(|at| async move { (at, self.each[at].connect().await) }));
            tokio::select! {
                Some((at, tried)) = trying.next() => match tried {
                    Ok(connection) => {
                        self.found(at);
                        return Ok(connection);
                    }
                    Err(fault) => faults.push((at, fault)),
                },
                () = tokio::time::sleep(HEAD_START), if untried.len() > 0 => {}
                else => return Err(self.none(faults)),
            }
        }
    }

    fn found(&self, at: usize) {
        if self.last.swap(at, Ordering::Relaxed) != at {
            tracing::info!(server = %self.each[at].name, "Another server takes changes");
            metrics::counter!("dayaq_store_server_changes_total").increment(1);
        }
        self.works();
    }

    fn none(&self, mut faults: Vec<(usize, StoreError)>) -> StoreError {
        faults.sort_by_key(|(at, _)| *at);
        let fault = match &*faults {
            [(_, fault)] if !fault.is_passing() => fault.clone(),
            all => {
                let said: Vec<_> = all.iter().map(|(at, fault)| format!("{}: {fault}", self.each[*at].name)).collect();
                StoreError::NoServer(said.join("; "))
            }
        };
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault.clone());
        fault
    }

    /// Why no connection can be made, where that is known.
    pub(crate) fn fault(&self) -> Option<StoreError> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A connection works.
    pub(crate) fn works(&self) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// A connection turned out to be dead, or its server to take no changes: the others of its time are made anew.
    pub(crate) fn distrust(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }
}

impl Server {
    async fn connect(&self) -> Result<PgConnection, StoreError> {
        let connected = async {
            let mut connection = self.options.connect().await?;
            judge(&mut connection).await?;
            Ok(connection)
        };
        tokio::time::timeout(SERVER_MAX, connected).await.unwrap_or(Err(StoreError::Timeout(SERVER_MAX)))
    }
}

/// Refuses a server that takes no changes, and one that answers a commit before it is on the disk: what is lost with the
/// machine then, the phone was told otherwise (D08).
async fn judge(connection: &mut PgConnection) -> Result<(), StoreError> {
    let said = connection.fetch_one(JUDGE).await?;
    if said.try_get::<String, _>("reads")? == "true" {
        return Err(StoreError::Refused(StoreError::READ_ONLY.to_owned()));
    }
    for (setting, safe) in [("synchronous_commit", &["on", "remote_apply"][..]), ("fsync", &["on"])] {
        let value: String = said.try_get(setting)?;
        if !safe.contains(&value.as_str()) {
            return Err(StoreError::Volatile { setting, value, wanted: "on" });
        }
    }
    Ok(())
}

impl Manager for Servers {
    type Type = Kept;
    type Error = StoreError;

    /// Tries until one is found; whoever waits for it ends it.
    async fn create(&self) -> Result<Kept, StoreError> {
        loop {
            let epoch = self.epoch.load(Ordering::Relaxed);
            match self.connect().await {
                Ok(connection) => return Ok(Kept { connection, epoch }),
                Err(StoreError::NoServer(_)) => tokio::time::sleep(ROUND_PAUSE).await,
                Err(fault) => return Err(fault),
            }
        }
    }

    async fn recycle(&self, kept: &mut Kept, used: &Metrics) -> RecycleResult<StoreError> {
        if kept.epoch != self.epoch.load(Ordering::Relaxed) || used.age() > LIFE {
            return Err(RecycleError::message("made anew"));
        }
        match tokio::time::timeout(PING_MAX, kept.connection.ping()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => {
                self.distrust();
                Err(RecycleError::message("dead"))
            }
        }
    }
}

impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.each.iter().map(|server| &server.name)).finish()
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept[{}]", self.epoch)
    }
}
