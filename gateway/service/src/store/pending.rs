//! Calls of the core that outlive the dialogue that made them.

use super::database::Row;
use super::gateway::{at, millis, short};
use super::{GatewayStore, StoreError, SubscriberKey};
use dayaq_types::Pii;
use jiff::Timestamp;
use std::time::Duration;

/// A call to be made whatever happens to the phone that asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingCall {
    /// The dialogue's call id: adding the same call again changes nothing, even once it is finished.
    pub id: String,
    /// Who asked.
    pub subscriber: SubscriberKey,
    /// What is asked and how to answer, in a form that only the worker reads.
    pub payload: Pii<Vec<u8>>,
    /// Not to be made before.
    pub not_before: Timestamp,
    /// How often it has been put off.
    pub attempts: u32,
}

/// A call claimed by a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The call.
    pub call: PendingCall,
    /// The claim's fencing token; a later claim makes it void (D11).
    pub fence: u64,
}

impl GatewayStore {
    /// Commits a call; `false` if it is already there, open or finished.
    pub async fn add_pending(&self, call: &PendingCall) -> Result<bool, StoreError> {
        let (id, subscriber, not_before) = (call.id.clone(), *call.subscriber.as_bytes(), millis(call.not_before));
        let sealed = self.seal(&context(&call.id), call.payload.expose());
        let (attempts, now) = (call.attempts, self.now_ms());
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                let added = db
                    .execute(
                        "INSERT INTO pending_calls (id, subscriber, sealed, not_before, attempts, recorded_at)
                         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
                        &[
                            (&id).into(),
                            (&subscriber).into(),
                            (&sealed).into(),
                            not_before.into(),
                            attempts.into(),
                            now.into(),
                        ],
                    )
                    .await?;
                Ok(added == 1)
            })
        })
        .await
    }

    /// Claims up to `most` calls that are due and that nobody else has, oldest first, for that long.
    pub async fn claim_pending(&self, most: u32, lease: Duration) -> Result<Vec<Claimed>, StoreError> {
        let now = self.now_ms();
        let until = now.saturating_add(short(lease));
        let (holder, run) = (self.instance().unwrap_or_default().to_owned(), self.run().cast_signed());
        let mut rows = self
            .write(move |mut db| {
                Box::pin(async move {
                    let claim = format!(
                        "WITH due AS MATERIALIZED (SELECT position FROM pending_calls
                            WHERE finished_at IS NULL AND not_before <= $2 AND leased_to <= $2
                            ORDER BY position LIMIT $3{})
                         UPDATE pending_calls SET fence = fence + 1, leased_to = $1, holder = $4, run = $5
                         WHERE position IN (SELECT position FROM due)
                         RETURNING position, id, subscriber, sealed, not_before, attempts, fence",
                        db.for_update_skip_locked()
                    );
                    db.rows(&claim, &[until.into(), now.into(), most.into(), (&holder).into(), run.into()]).await
                })
            })
            .await?;
        rows.sort_by_key(|row| row.count("position"));
        Ok(rows.iter().filter_map(|row| self.claimed(row)).collect())
    }

    /// Frees the calls that this gateway had claimed before it started again, so that nobody waits for a lease that
    /// nobody holds. What it wrote late, if it lives after all, would be void (D11). Other gateways' claims stay, and
    /// so do all where this one has no name.
    pub async fn release_pending(&self) -> Result<u64, StoreError> {
        let Some(holder) = self.instance().map(str::to_owned) else { return Ok(0) };
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                db.execute(
                    "UPDATE pending_calls SET leased_to = 0, fence = fence + 1
                     WHERE finished_at IS NULL AND leased_to > 0 AND holder = $1",
                    &[(&holder).into()],
                )
                .await
            })
        })
        .await
    }

    /// Reads a claimed row. One that does not open stays leased and is counted: the key may come back.
    fn claimed(&self, row: &Row) -> Option<Claimed> {
        let id: String = row.get("id");
        let payload = self.open_or_count(&context(&id), row.get("sealed"))?;
        let subscriber = SubscriberKey::from_slice(row.get("subscriber"))?;
        let not_before = at(row.get("not_before"));
        let call =
            PendingCall { id, subscriber, payload: Pii::new(payload), not_before, attempts: row.short("attempts") };
        Some(Claimed { call, fence: row.count("fence") })
    }

    /// Ends a call and erases its content; `false` if the claim is void.
    pub async fn finish_pending(&self, id: &str, fence: u64) -> Result<bool, StoreError> {
        let (id, fence, now) = (id.to_owned(), fence.cast_signed(), self.now_ms());
        self.write(move |mut db| {
            Box::pin(async move {
                let ended = db
                    .execute(
                        "UPDATE pending_calls SET finished_at = $1, sealed = NULL
                         WHERE id = $2 AND fence = $3 AND finished_at IS NULL",
                        &[now.into(), (&id).into(), fence.into()],
                    )
                    .await?;
                Ok(ended == 1)
            })
        })
        .await
    }

    /// Puts a call off and counts the attempt; `false` if the claim is void.
    pub async fn postpone_pending(&self, id: &str, fence: u64, until: Timestamp) -> Result<bool, StoreError> {
        self.put_off(id, fence, until, None).await
    }

    /// Puts a call aside that will hardly ever be carried out, with the cause, for whoever runs the service; `false` if
    /// the claim is void.
    pub async fn set_pending_aside(
        &self,
        id: &str,
        fence: u64,
        until: Timestamp,
        cause: &str,
    ) -> Result<bool, StoreError> {
        self.put_off(id, fence, until, Some(cause.to_owned())).await
    }

    /// Gives claims back, so that the calls are due at once for whoever comes next; a claim that is void changes nothing.
    pub async fn give_pending_back(&self, claimed: &[Claimed]) -> Result<(), StoreError> {
        let claims: Vec<_> = claimed.iter().map(|claim| (claim.call.id.clone(), claim.fence.cast_signed())).collect();
        let sql = "UPDATE pending_calls SET leased_to = 0 WHERE id = $1 AND fence = $2 AND finished_at IS NULL";
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                for (id, fence) in claims {
                    db.execute(sql, &[(&id).into(), fence.into()]).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn put_off(&self, id: &str, fence: u64, until: Timestamp, cause: Option<String>) -> Result<bool, StoreError> {
        let (id, fence, until) = (id.to_owned(), fence.cast_signed(), millis(until));
        self.write(move |mut db| {
            Box::pin(async move {
                let put_off = db
                    .execute(
                        "UPDATE pending_calls SET not_before = $1, attempts = attempts + 1, leased_to = 0, cause = $4
                         WHERE id = $2 AND fence = $3 AND finished_at IS NULL",
                        &[until.into(), (&id).into(), fence.into(), cause.as_ref().into()],
                    )
                    .await?;
                Ok(put_off == 1)
            })
        })
        .await
    }

    /// How many calls are open.
    pub async fn pending_count(&self) -> Result<u64, StoreError> {
        let row =
            self.database().row("SELECT count(*) AS open FROM pending_calls WHERE finished_at IS NULL", &[]).await?;
        Ok(row.map_or(0, |row| row.count("open")))
    }
}

fn context(id: &str) -> Vec<u8> {
    [b"pending-call/", id.as_bytes()].concat()
}
