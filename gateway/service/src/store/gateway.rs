//! The gateway store: what must outlive a session.

use super::database::Change;
use super::{Database, Retention, StoreError};
use dayaq_types::seal::KeyRing;
use dayaq_types::{Clock, Entropy, SteadyClock};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long a draft is kept where nobody has configured otherwise.
pub const DRAFT_LIFE: Duration = Duration::from_hours(72);

/// The gateway store: profiles, drafts, pending calls, texts, receipts, published dialogues.
///
/// What is claimed is claimed with a lease and a fencing token: a worker that comes back after its lease ended is
/// answered `false` and has changed nothing (D11).
#[derive(Clone)]
pub struct GatewayStore {
    database: Database,
    keys: KeyRing,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
    /// The same for what is over after a time.
    steady: Arc<SteadyClock>,
    /// Under which name calls are claimed; `None` where several gateways share the rows and this one has no name.
    instance: Option<String>,
    /// The name of this process among all that ever were.
    run: u64,
    retention: Retention,
}

impl GatewayStore {
    /// A store in a database that is already open.
    pub fn new(database: impl Into<Database>, keys: KeyRing, entropy: Arc<dyn Entropy>, clock: Arc<dyn Clock>) -> Self {
        let database = database.into();
        // A file is one gateway's: its claims need no name.
        let instance = matches!(database, Database::Sqlite(_)).then(String::new);
        let mut run = [0; 8];
        entropy.fill(&mut run);
        let run = u64::from_be_bytes(run);
        let steady = Arc::new(SteadyClock::new(Arc::clone(&clock)));
        Self { database, keys, entropy, clock, steady, instance, run, retention: Retention::default() }
    }

    /// The same store, claiming under the name that this gateway has among those that share the rows.
    pub fn named(self, instance: Option<&str>) -> Self {
        Self { instance: instance.map(str::to_owned), ..self }
    }

    /// The same store, which keeps drafts for so long after they were last saved.
    pub fn keeping_drafts(self, draft_life: Duration) -> Self {
        Self { retention: Retention { draft: draft_life, ..self.retention }, ..self }
    }

    /// The same store, which keeps everything for so long.
    pub fn keeping(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    pub(super) const fn retention(&self) -> &Retention {
        &self.retention
    }

    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// How long a draft is kept after it was last saved.
    pub const fn draft_life(&self) -> Duration {
        self.retention.draft
    }

    /// Writes and reads a row.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.database.probe(self.now_ms()).await
    }

    /// The earliest moment at which something open here is due: a call, a segment, or the end of a lease. It may be
    /// past.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = self
            .database
            .row(
                "SELECT min(due) AS due FROM (
                    SELECT min(CASE WHEN not_before > leased_to THEN not_before ELSE leased_to END) AS due
                        FROM pending_calls WHERE finished_at IS NULL
                    UNION ALL SELECT min(CASE WHEN next_at > leased_to THEN next_at ELSE leased_to END)
                        FROM text_segments WHERE state = 'queued'
                    UNION ALL SELECT min(leased_to) FROM text_segments WHERE state = 'attempted') AS open",
                &[],
            )
            .await?;
        Ok(row.and_then(|row| row.get::<Option<i64>>("due")).map(at))
    }

    /// The database, for its marks.
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// See [`Database::write`].
    pub(super) async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(Change<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Clone + Send + 'static,
    {
        self.database.write(work).await
    }

    /// See [`Database::write_by_key`].
    pub(super) async fn write_by_key<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(Change<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Clone + Send + 'static,
    {
        self.database.write_by_key(work).await
    }

    pub(super) fn open_sealed(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        Ok(std::mem::take(&mut *self.keys.open(context, sealed)?))
    }

    /// The keyed print of a fixed word, by which the store knows its master key.
    pub(super) fn key_print(&self) -> [u8; 32] {
        self.keys.lookup("key", b"dayaq")
    }

    pub(super) fn instance(&self) -> Option<&str> {
        self.instance.as_deref()
    }

    /// The name of this process among all that ever were.
    pub const fn run(&self) -> u64 {
        self.run
    }

    pub(super) const fn is_shared(&self) -> bool {
        matches!(self.database, Database::Postgres(_))
    }

    pub(super) fn now_ms(&self) -> i64 {
        millis(self.clock.now())
    }

    /// The moment by which it is judged whether something is over: a clock that leaps ends nothing.
    pub(super) fn steady_ms(&self) -> i64 {
        millis(self.steady.now())
    }

    pub(super) fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        self.keys.seal(context, plain, &*self.entropy)
    }

    /// Opens a value; one that does not open is counted, said, and `None`.
    pub(super) fn open_or_count(&self, context: &[u8], sealed: Option<&[u8]>) -> Option<Vec<u8>> {
        match self.keys.open(context, sealed?) {
            Ok(mut plain) => Some(std::mem::take(&mut *plain)),
            Err(error) => {
                metrics::counter!("dayaq_store_quarantined_total").increment(1);
                tracing::warn!(%error, "A stored value does not open");
                None
            }
        }
    }
}

impl fmt::Debug for GatewayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GatewayStore")
    }
}

/// A moment as it is stored: milliseconds since 1970.
pub(super) fn millis(moment: Timestamp) -> i64 {
    moment.as_millisecond()
}

/// A moment that is stored.
pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

/// A duration in milliseconds, no longer than can be counted.
pub(super) fn short(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
