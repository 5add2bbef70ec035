//! What was put off under a clock that was ahead, and has been set right since.

use super::{CoreStore, StoreError, later, millis};
use jiff::Timestamp;
use std::time::Duration;

/// What clocks of processes that share rows may differ by.
const SKEW: Duration = Duration::from_secs(60);

impl CoreStore {
    /// Brings back jobs that are due later than `longest` from now, and notices that are due later than now: nothing else
    /// writes such rows than a clock that was ahead. A lease of which more is left than a whole one is shortened to that,
    /// so that who holds it goes on holding it. Gives how much there was.
    pub async fn bring_back(&self, now: Timestamp, longest: Duration, lease: Duration) -> Result<u64, StoreError> {
        let (due, far) = (millis(now), later(now, longest + SKEW));
        let (lease, leased_far, notices_far) = (later(now, lease), later(now, lease + SKEW), later(now, SKEW));
        let sql = "SELECT EXISTS (SELECT 1 FROM jobs WHERE done = 0 AND due_at > $1)
                       OR EXISTS (SELECT 1 FROM jobs WHERE done = 0 AND due_at <= $4 AND lease_until > $2)
                       OR EXISTS (SELECT 1 FROM notices WHERE state = 'waiting' AND due_at > $3)
                       OR EXISTS (SELECT 1 FROM notices WHERE state = 'waiting' AND due_at <= $4 AND lease_until > $2)
                   AS found";
        let binds = [far.into(), leased_far.into(), notices_far.into(), due.into()];
        // Looked at before each pass: mostly there is nothing, and nothing is written.
        if !self.database.row(sql, &binds).await?.is_some_and(|row| row.get::<bool>("found")) {
            return Ok(0);
        }
        self.write(move |mut tx| {
            Box::pin(async move {
                let mut brought = 0;
                for (sql, to, beyond) in [
                    ("UPDATE jobs SET due_at = $1 WHERE done = 0 AND due_at > $2", due, far),
                    ("UPDATE jobs SET lease_until = $1 WHERE done = 0 AND lease_until > $2", lease, leased_far),
                    ("UPDATE notices SET due_at = $1 WHERE state = 'waiting' AND due_at > $2", due, notices_far),
                    (
                        "UPDATE notices SET lease_until = $1 WHERE state = 'waiting' AND lease_until > $2",
                        lease,
                        leased_far,
                    ),
                ] {
                    brought += tx.execute(sql, &[to.into(), beyond.into()]).await?;
                }
                Ok(brought)
            })
        })
        .await
    }
}
