//! The processes that share the rows: each life has a name and a heartbeat, and what it held when it died is taken back.

use super::gateway::{at, millis, short};
use super::segments::release_segments;
use super::{GatewayStore, StoreError};
use crate::store::database::Change;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// A process whose heartbeat stood still at so many looks in a row is dead. It is counted by looks that succeeded, so
/// that a store which answered nobody for a while makes nobody dead.
const SILENT_LOOKS: u32 = 10;
/// The end of a process is of interest so long: nothing that it took is brought again later.
const REMEMBERED: Duration = Duration::from_hours(3 * 24);

/// How a process stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    /// It lives, as far as is known.
    Alive,
    /// It ended in order: what it left in doubt is told whole.
    Ended,
    /// It died: of the connections that stood then nothing is known.
    Dead,
}

/// A process as the others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// How it stands.
    pub state: ProcessState,
    /// How often it has said that it lives.
    pub beats: u64,
    /// When it last did, by its own clock.
    pub beat_at: Timestamp,
    /// The connections that it had lost by then.
    pub losses: Vec<Loss>,
}

/// A connection that was lost, with the messages whose answers the operator may not have read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The bind's name.
    pub bind: String,
    /// The connection's number.
    pub connection: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The sequence numbers of those messages.
    pub unproven: Vec<u32>,
}

impl Loss {
    /// When it was.
    pub fn at(&self) -> Timestamp {
        at(self.at_ms)
    }
}

/// What one process has seen of the heartbeats of the others.
#[derive(Debug, Default)]
pub struct Watch(BTreeMap<i64, (i64, u32)>);

impl GatewayStore {
    /// From one heartbeat to the next. Where a file is one process's, nobody waits for it.
    pub fn heartbeat(&self) -> Duration {
        if self.is_shared() { Duration::from_millis(500) } else { Duration::from_secs(5) }
    }

    /// Begins this process's life, and takes back what those held that cannot be alive: the one of the same name, and
    /// in a file every other. Gives how many claims that were.
    pub async fn arrive(&self) -> Result<u64, StoreError> {
        let (run, instance, now) = (self.run().cast_signed(), self.instance().map(str::to_owned), self.now_ms());
        let (resend_at, forgotten) = (self.resend_at(), now.saturating_sub(short(REMEMBERED)));
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                let name = instance.as_deref().unwrap_or_default();
                db.execute(
                    "INSERT INTO processes (run, instance, state, started_at, beats, beat_at, losses)
                     VALUES ($1, $2, 'alive', $3, 0, $3, '[]') ON CONFLICT (run) DO NOTHING",
                    &[run.into(), name.into(), now.into()],
                )
                .await?;
                db.execute("DELETE FROM processes WHERE state <> 'alive' AND beat_at <= $1", &[forgotten.into()])
                    .await?;
                let sql = match (db.is_shared(), &instance) {
                    (true, None) => return Ok(0),
                    (true, Some(_)) => {
                        "SELECT run FROM processes WHERE state = 'alive' AND run <> $1 AND instance = $2"
                    }
                    (false, _) => "SELECT run FROM processes WHERE state = 'alive' AND run <> $1 AND $2 = $2",
                };
                let mut released = 0;
                for row in db.rows(sql, &[run.into(), name.into()]).await? {
                    released += bury(&mut db, row.get("run"), None, resend_at).await?;
                }
                Ok(released)
            })
        })
        .await
    }

    /// Says that this process lives, and which connections it has lost of late.
    pub async fn beat(&self, losses: &[Loss]) -> Result<(), StoreError> {
        self.stand("alive", losses).await
    }

    /// Ends this process's life in order, and gives back what it still held. Whoever takes its place knows from this which
    /// answers are in doubt.
    pub async fn depart(&self, losses: &[Loss]) -> Result<(), StoreError> {
        self.stand("ended", losses).await?;
        let (run, resend_at) = (self.run().cast_signed(), self.resend_at());
        self.write_by_key(move |mut db| Box::pin(async move { release(&mut db, run, resend_at).await.map(drop) })).await
    }

    async fn stand(&self, state: &'static str, losses: &[Loss]) -> Result<(), StoreError> {
        let losses = serde_json::to_string(losses).map_err(|error| StoreError::Database(error.to_string()))?;
        let (run, now) = (self.run().cast_signed(), self.now_ms());
        let instance = self.instance().unwrap_or_default().to_owned();
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                db.execute(
                    "INSERT INTO processes (run, instance, state, started_at, beats, beat_at, losses)
                     VALUES ($1, $2, $3, $4, 1, $4, $5) ON CONFLICT (run) DO UPDATE
                     SET state = excluded.state, beats = processes.beats + 1, beat_at = excluded.beat_at,
                        losses = excluded.losses",
                    &[run.into(), (&instance).into(), state.into(), now.into(), (&losses).into()],
                )
                .await
                .map(drop)
            })
        })
        .await
    }

    /// Looks at the heartbeats of the other processes, and takes back what those held that are dead. Gives how many
    /// claims that were. What a process writes late that lives after all is void (D11).
    pub async fn look_after_others(&self, watch: &mut Watch) -> Result<u64, StoreError> {
        let sql = "SELECT run, beats FROM processes WHERE state = 'alive' AND run <> $1";
        let rows = self.database().rows(sql, &[self.run().cast_signed().into()]).await?;
        let alive: BTreeMap<i64, i64> = rows.iter().map(|row| (row.get("run"), row.get("beats"))).collect();
        watch.0.retain(|run, _| alive.contains_key(run));
        let (mut released, resend_at) = (0, self.resend_at());
        for (run, beats) in alive {
            let seen = watch.0.entry(run).or_insert((beats, 0));
            *seen = if seen.0 == beats { (beats, seen.1 + 1) } else { (beats, 0) };
            if seen.1 < SILENT_LOOKS {
                continue;
            }
            released += self
                .write(move |mut db| Box::pin(async move { bury(&mut db, run, Some(beats), resend_at).await }))
                .await?;
        }
        Ok(released)
    }

    /// How a process stands; `None` for one that is not known any more.
    pub async fn process(&self, run: u64) -> Result<Option<Process>, StoreError> {
        let sql = "SELECT state, beats, beat_at, losses FROM processes WHERE run = $1";
        let row = self.database().row(sql, &[run.cast_signed().into()]).await?;
        Ok(row.map(|row| Process {
            state: match row.get::<&str>("state") {
                "alive" => ProcessState::Alive,
                "ended" => ProcessState::Ended,
                _ => ProcessState::Dead,
            },
            beats: row.count("beats"),
            beat_at: at(row.get("beat_at")),
            losses: serde_json::from_str(row.get("losses")).unwrap_or_default(),
        }))
    }

    /// Whether another process has begun since then and lived for so long.
    pub async fn lived_since(&self, since: Timestamp, life: Duration) -> Result<bool, StoreError> {
        let sql =
            "SELECT run FROM processes WHERE run <> $1 AND started_at >= $2 AND beat_at >= started_at + $3 LIMIT 1";
        let binds = [self.run().cast_signed().into(), millis(since).into(), short(life).into()];
        Ok(self.database().row(sql, &binds).await?.is_some())
    }

    fn resend_at(&self) -> i64 {
        self.now_ms().saturating_add(short(Self::DOUBT_GRACE))
    }
}

/// Notes that a process is dead, unless its heart has beaten since, and takes back what it held.
async fn bury(db: &mut Change<'_>, run: i64, beats: Option<i64>, resend_at: i64) -> Result<u64, StoreError> {
    let sql = "UPDATE processes SET state = 'dead' WHERE run = $1 AND state = 'alive' AND beats = COALESCE($2, beats)";
    match db.execute(sql, &[run.into(), beats.into()]).await? {
        0 => Ok(0),
        _ => release(db, run, resend_at).await,
    }
}

/// Takes back what a process holds: what it may have sent is in doubt from now on, the rest is free.
async fn release(db: &mut Change<'_>, run: i64, resend_at: i64) -> Result<u64, StoreError> {
    let segments = release_segments(db, run, resend_at).await?;
    let calls = db
        .execute(
            "UPDATE pending_calls SET leased_to = 0, fence = fence + 1
             WHERE finished_at IS NULL AND leased_to > 0 AND run = $1",
            &[run.into()],
        )
        .await?;
    Ok(segments + calls)
}

/// A lost connection in the form of the store.
pub(crate) fn loss(bind: &str, connection: u64, when: Timestamp, unproven: Vec<u32>) -> Loss {
    Loss { bind: bind.to_owned(), connection, at_ms: millis(when), unproven }
}
