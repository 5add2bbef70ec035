//! Jobs: what the worker has still to do, claimed under a lease with a fencing token.

use super::{SqliteStore, StoreError, Tx, later, millis, read_id, timestamp};
use jiff::Timestamp;
use sqlx::Row;
use std::time::Duration;
use uuid::Uuid;

/// What is to be done for an application; each at most once at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Verify, gather the evidence and decide.
    Evidence,
    /// Order the card.
    OrderCard,
    /// Ask whether the card is ready.
    PollCard,
}

impl JobKind {
    const ALL: [Self; 3] = [Self::Evidence, Self::OrderCard, Self::PollCard];

    /// The name in rows, logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::OrderCard => "order-card",
            Self::PollCard => "poll-card",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// A claimed job.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    id: i64,
    fence: i64,
    /// Whose.
    pub application: Uuid,
    /// What.
    pub kind: JobKind,
    /// How often it failed before.
    pub tries: u32,
}

impl SqliteStore {
    /// Claims up to `most` due jobs for the length of a lease; nobody else gets them before it ends.
    pub async fn claim(&self, now: Timestamp, most: u32, lease: Duration) -> Result<Vec<Job>, StoreError> {
        let rows = sqlx::query(
            "UPDATE jobs SET lease_until = ?, fence = fence + 1 WHERE id IN \
             (SELECT id FROM jobs WHERE done = 0 AND due_at <= ? AND lease_until <= ? ORDER BY due_at LIMIT ?) \
             RETURNING id, application_id, kind, tries, fence",
        )
        .bind(later(now, lease))
        .bind(millis(now))
        .bind(millis(now))
        .bind(most)
        .fetch_all(&self.write)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Job {
                    id: row.try_get("id")?,
                    fence: row.try_get("fence")?,
                    application: read_id(row.try_get("application_id")?)?,
                    kind: JobKind::parse(row.try_get("kind")?).ok_or(StoreError::Row("jobs"))?,
                    tries: row.try_get("tries")?,
                })
            })
            .collect()
    }

    /// Puts a job off; `failed` counts the try. `false` where the lease was no longer ours.
    pub async fn postpone(&self, job: &Job, due: Timestamp, failed: bool) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE jobs SET due_at = ?, tries = tries + ?, lease_until = 0 WHERE id = ? AND fence = ? AND done = 0",
        )
        .bind(millis(due))
        .bind(i64::from(failed))
        .bind(job.id)
        .bind(job.fence)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends a job that had nothing left to do.
    pub async fn finish_job(&self, job: &Job) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        finish(&mut tx, job).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Frees what a process that died had claimed; its late writes, if it lives after all, are fenced off.
    pub async fn release_jobs(&self) -> Result<(), StoreError> {
        sqlx::query("UPDATE jobs SET lease_until = 0 WHERE done = 0 AND lease_until > 0").execute(&self.write).await?;
        Ok(())
    }

    /// When the next job is due; one under a lease is due when that ends.
    pub async fn next_job_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("SELECT MIN(MAX(due_at, lease_until)) AS due FROM jobs WHERE done = 0")
            .fetch_one(&self.read)
            .await?;
        row.try_get::<Option<i64>, _>("due")?.map(timestamp).transpose()
    }

    /// Jobs that are not done, for the gauge.
    pub async fn jobs_waiting(&self) -> Result<i64, StoreError> {
        let row = sqlx::query("SELECT COUNT(*) AS waiting FROM jobs WHERE done = 0").fetch_one(&self.read).await?;
        Ok(row.try_get("waiting")?)
    }
}

/// Adds a job in the transaction that causes it.
pub(super) async fn write(tx: &mut Tx, id: Uuid, kind: JobKind, due: Timestamp) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO jobs (application_id, kind, due_at) VALUES (?, ?, ?)")
        .bind(id.to_string())
        .bind(kind.name())
        .bind(millis(due))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Ends a job in the transaction that holds its effect: a worker whose lease was lost writes nothing at all.
pub(super) async fn finish(tx: &mut Tx, job: &Job) -> Result<(), StoreError> {
    let done = sqlx::query("UPDATE jobs SET done = 1, lease_until = 0 WHERE id = ? AND fence = ? AND done = 0")
        .bind(job.id)
        .bind(job.fence)
        .execute(&mut **tx)
        .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::LostLease) }
}

/// Checks in a transaction that the lease still holds.
pub(super) async fn hold(tx: &mut Tx, job: &Job) -> Result<(), StoreError> {
    let held = sqlx::query("SELECT 1 FROM jobs WHERE id = ? AND fence = ? AND done = 0")
        .bind(job.id)
        .bind(job.fence)
        .fetch_optional(&mut **tx)
        .await?;
    held.map(drop).ok_or(StoreError::LostLease)
}

/// Ends every job of an application.
pub(super) async fn drop_all(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE jobs SET done = 1, fence = fence + 1 WHERE application_id = ? AND done = 0")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
