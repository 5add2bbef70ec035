//! Jobs: what the worker has still to do, claimed under a lease with a fencing token.

use super::{CoreStore, StoreError, later, millis, read_id, timestamp};
use dayaq_sql::{Change, Row};
use jiff::Timestamp;
use std::time::Duration;
use uuid::Uuid;

/// How long a job rests that panicked or cannot be read: nothing but a change of the program or of what it read will
/// mend it.
pub const PUT_ASIDE: Duration = Duration::from_secs(3600);

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

impl CoreStore {
    /// Claims up to `most` due jobs for the length of a lease; nobody else gets them before it ends.
    pub async fn claim(&self, now: Timestamp, most: u32, lease: Duration) -> Result<Vec<Job>, StoreError> {
        let (until, aside, now, holder) = (later(now, lease), later(now, PUT_ASIDE), millis(now), self.holder());
        let rows = self
            .write(move |mut tx| {
                Box::pin(async move {
                    let sql = format!(
                        "WITH due AS MATERIALIZED (SELECT id FROM jobs
                            WHERE done = 0 AND due_at <= $2 AND lease_until <= $2 ORDER BY due_at, id LIMIT $3{})
                         UPDATE jobs SET lease_until = $1, holder = $4, fence = fence + 1
                         WHERE id IN (SELECT id FROM due)
                         RETURNING id, application_id, kind, tries, fence",
                        tx.for_update_skip_locked()
                    );
                    Ok(tx.rows(&sql, &[until.into(), now.into(), most.into(), (&holder).into()]).await?)
                })
            })
            .await?;
        let mut jobs = Vec::with_capacity(rows.len());
        for row in &rows {
            match read(row) {
                Ok(job) => jobs.push(job),
                // One that cannot be read would come first at every claim and hold up the others.
                Err(error) => {
                    let (id, fence) = (row.get("id"), row.get("fence"));
                    tracing::error!(job = id, %error, "Job cannot be read, put aside");
                    self.put_off(id, fence, aside, true, Some(error.to_string())).await?;
                }
            }
        }
        Ok(jobs)
    }

    /// Puts a job off; a `failed` try is counted and leaves its cause. `false` where the lease was no longer ours.
    pub async fn postpone(&self, job: &Job, due: Timestamp, failed: Option<&str>) -> Result<bool, StoreError> {
        self.put_off(job.id, job.fence, millis(due), failed.is_some(), failed.map(str::to_owned)).await
    }

    async fn put_off(
        &self,
        id: i64,
        fence: i64,
        due: i64,
        failed: bool,
        cause: Option<String>,
    ) -> Result<bool, StoreError> {
        self.write(move |mut tx| {
            Box::pin(async move {
                let put_off = tx
                    .execute(
                        "UPDATE jobs SET due_at = $1, tries = tries + $2, lease_until = 0, cause = $5
                         WHERE id = $3 AND fence = $4 AND done = 0",
                        &[due.into(), i64::from(failed).into(), id.into(), fence.into(), cause.as_ref().into()],
                    )
                    .await?;
                Ok(put_off == 1)
            })
        })
        .await
    }

    /// Gives claims back, so that the jobs are due at once for whoever comes next; a claim that is void changes nothing.
    pub async fn give_back(&self, jobs: &[Job]) -> Result<(), StoreError> {
        let claims: Vec<(i64, i64)> = jobs.iter().map(|job| (job.id, job.fence)).collect();
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                for (id, fence) in claims {
                    let sql = "UPDATE jobs SET lease_until = 0 WHERE id = $1 AND fence = $2 AND done = 0";
                    tx.execute(sql, &[id.into(), fence.into()]).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Ends a job that had nothing left to do.
    pub async fn finish_job(&self, job: &Job) -> Result<(), StoreError> {
        let job = *job;
        self.write_by_key(move |mut tx| Box::pin(async move { finish(&mut tx, &job).await })).await
    }

    /// Frees what this process had claimed before it started again; its late writes, if it lives after all, are
    /// fenced off. What other processes hold stays theirs.
    pub async fn release_jobs(&self) -> Result<(), StoreError> {
        self.release("UPDATE jobs SET lease_until = 0 WHERE done = 0 AND lease_until > 0 AND holder = $1").await
    }

    /// Frees leases by this statement, whose `$1` is the holder.
    pub(super) async fn release(&self, sql: &'static str) -> Result<(), StoreError> {
        // Without a name nobody can tell our own leases from another's.
        let Some(holder) = self.instance.clone() else { return Ok(()) };
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                tx.execute(sql, &[(&holder).into()]).await?;
                Ok(())
            })
        })
        .await
    }

    /// When the next job is due; one under a lease is due when that ends.
    pub async fn next_job_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT MIN(CASE WHEN due_at > lease_until THEN due_at ELSE lease_until END) AS due FROM jobs
                   WHERE done = 0";
        let row = self.database.row(sql, &[]).await?;
        row.and_then(|row| row.get::<Option<i64>>("due")).map(timestamp).transpose()
    }

    /// When the oldest application was handed in that is registered and not decided; `None` where there is none.
    pub async fn oldest_undecided(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT MIN(created_at) AS since FROM applications WHERE stage = 'gathering'";
        let row = self.database.row(sql, &[]).await?;
        row.and_then(|row| row.get::<Option<i64>>("since")).map(timestamp).transpose()
    }

    /// Jobs that are not done, for the gauge.
    pub async fn jobs_waiting(&self) -> Result<u64, StoreError> {
        let row = self.database.row("SELECT COUNT(*) AS waiting FROM jobs WHERE done = 0", &[]).await?;
        Ok(row.map_or(0, |row| row.count("waiting")))
    }
}

fn read(row: &Row) -> Result<Job, StoreError> {
    Ok(Job {
        id: row.get("id"),
        fence: row.get("fence"),
        application: read_id(row.get("application_id"))?,
        kind: JobKind::parse(row.get("kind")).ok_or(StoreError::Row("jobs"))?,
        tries: row.short("tries"),
    })
}

/// Adds a job in the transaction that causes it.
pub(super) async fn write(tx: &mut Change<'_>, id: Uuid, kind: JobKind, due: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO jobs (application_id, kind, due_at) VALUES ($1, $2, $3)",
        &[(&id.to_string()).into(), kind.name().into(), millis(due).into()],
    )
    .await?;
    Ok(())
}

/// Ends a job in the transaction that holds its effect: a worker whose lease was lost writes nothing at all.
pub(super) async fn finish(tx: &mut Change<'_>, job: &Job) -> Result<(), StoreError> {
    let sql = "UPDATE jobs SET done = 1, lease_until = 0 WHERE id = $1 AND fence = $2 AND done = 0";
    let done = tx.execute(sql, &[job.id.into(), job.fence.into()]).await?;
    if done == 1 { Ok(()) } else { Err(StoreError::LostLease) }
}

/// Checks in a transaction that the lease still holds; nobody else claims the job before its end.
pub(super) async fn hold(tx: &mut Change<'_>, job: &Job) -> Result<(), StoreError> {
    let sql = format!("SELECT id FROM jobs WHERE id = $1 AND fence = $2 AND done = 0{}", tx.for_update());
    let held = tx.row(&sql, &[job.id.into(), job.fence.into()]).await?;
    held.map(drop).ok_or(StoreError::LostLease)
}

/// Ends every job of an application.
pub(super) async fn drop_all(tx: &mut Change<'_>, id: &str) -> Result<(), StoreError> {
    let sql = "UPDATE jobs SET done = 1, fence = fence + 1 WHERE application_id = $1 AND done = 0";
    tx.execute(sql, &[id.into()]).await?;
    Ok(())
}
