//! The gateway store: what must outlive a session.

use super::database::Change;
use super::{Database, StoreError};
use dayaq_types::seal::KeyRing;
use dayaq_types::{Clock, Entropy};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Message bodies are erased so long after their text was added.
const BODY_LIFE: Duration = Duration::from_hours(90 * 24);
/// How long a draft is kept where nobody has configured otherwise.
pub const DRAFT_LIFE: Duration = Duration::from_hours(72);
/// The id of a finished call is kept so much longer than any draft that could make it again.
const FINISHED_CALL_LIFE: Duration = Duration::from_hours(4 * 24);
/// A receipt whose message nobody knows is kept so long for a late submit_sm_resp (A33).
const STRAY_RECEIPT_LIFE: Duration = Duration::from_hours(3 * 24);

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
    /// Under which name calls are claimed; `None` where several gateways share the rows and this one has no name.
    instance: Option<String>,
    /// The name of this process among all that ever were.
    run: u64,
    draft_life: Duration,
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
        Self { database, keys, entropy, clock, instance, run, draft_life: DRAFT_LIFE }
    }

    /// The same store, claiming under the name that this gateway has among those that share the rows.
    pub fn named(self, instance: Option<&str>) -> Self {
        Self { instance: instance.map(str::to_owned), ..self }
    }

    /// The same store, which keeps drafts for so long after they were last saved.
    pub fn keeping_drafts(self, draft_life: Duration) -> Self {
        Self { draft_life, ..self }
    }

    /// How long a draft is kept after it was last saved.
    pub const fn draft_life(&self) -> Duration {
        self.draft_life
    }

    /// Writes and reads a row.
    pub async fn ready(&self) -> Result<(), StoreError> {
        probe(&self.database, self.now_ms()).await
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

    /// Erases what is past its time: expired drafts and sessions, message bodies after 90 days, the ids of finished
    /// calls 4 days after the last draft that could make them again, receipts of unknown messages after 3.
    pub async fn sweep(&self, now: Timestamp) -> Result<Swept, StoreError> {
        let now = millis(now);
        let before = move |life: Duration| now.saturating_sub(short(life));
        let calls_before = before(self.draft_life + FINISHED_CALL_LIFE);
        self.write(move |mut db| {
            Box::pin(async move {
                let db = &mut db;
                // Where gateways share the rows, live sessions are elsewhere.
                let sessions = match db.is_shared() {
                    false => erase(db, "DELETE FROM sessions WHERE expires_at <= $1", now).await?,
                    true => 0,
                };
                let drafts = erase(db, "DELETE FROM drafts WHERE expires_at <= $1", now).await?;
                let calls =
                    erase(db, "DELETE FROM pending_calls WHERE finished_at <= $1", calls_before).await?;
                let bodies = before(BODY_LIFE);
                erase(
                    db,
                    "UPDATE text_segments SET sealed = NULL WHERE sealed IS NOT NULL AND text IN
                     (SELECT position FROM texts WHERE sealed IS NOT NULL AND reported_at IS NOT NULL AND created_at <= $1)",
                    bodies,
                )
                .await?;
                let texts = erase(
                    db,
                    "UPDATE texts SET sealed = NULL
                     WHERE sealed IS NOT NULL AND reported_at IS NOT NULL AND created_at <= $1",
                    bodies,
                )
                .await?;
                let receipts = erase(
                    db,
                    "DELETE FROM receipts WHERE at <= $1 AND NOT EXISTS (SELECT 1 FROM text_attempts a
                     JOIN texts t ON t.position = a.text
                     WHERE a.operator = receipts.operator AND a.message_id = receipts.message_id
                        AND (receipts.subscriber = t.subscriber OR length(receipts.subscriber) = 0))",
                    before(STRAY_RECEIPT_LIFE),
                )
                .await?;
                Ok(Swept { sessions, drafts, calls, texts, receipts })
            })
        })
        .await
    }

    pub(super) const fn database(&self) -> &Database {
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

/// Writes a row and reads it back.
pub(super) async fn probe(database: &Database, now: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO probe (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at";
    database.write_by_key(move |mut db| Box::pin(async move { db.execute(sql, &[now.into()]).await })).await?;
    database.row("SELECT at FROM probe", &[]).await.map(drop)
}

/// What a sweep erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Expired sessions.
    pub sessions: u64,
    /// Expired drafts.
    pub drafts: u64,
    /// Ids of finished calls.
    pub calls: u64,
    /// Texts whose bodies were erased.
    pub texts: u64,
    /// Receipts of unknown messages.
    pub receipts: u64,
}

async fn erase(db: &mut Change<'_>, sql: &str, before: i64) -> Result<u64, StoreError> {
    db.execute(sql, &[before.into()]).await
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
