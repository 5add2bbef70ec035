//! What was put off under a clock that was ahead, and has been set right since.
//!
//! Nobody waits longer than the code ever lets anybody wait: what is due later than that was written under a wrong time
//! of day, and is brought back. A lease is shortened to a whole new one, so that who holds it goes on holding it.

use super::gateway::short;
use super::{GatewayStore, StoreError};
use std::time::Duration;

/// Longer than a call is ever put off, or claimed.
const CALL: Duration = Duration::from_secs(300);
/// Longer than a segment is ever put off that was tried.
const TRIED: Duration = Duration::from_secs(3_600 + 60);
/// Longer than a notice ever waits for its hour of the day.
const HOURS: Duration = Duration::from_hours(25);
/// As long as any claim of segments.
const CLAIM: Duration = Duration::from_secs(120);
/// What clocks of gateways that share rows may differ by.
const SKEW: Duration = Duration::from_secs(60);

impl GatewayStore {
    /// Brings back what is due later than anything can be; gives how much that was.
    pub async fn bring_back(&self) -> Result<u64, StoreError> {
        let now = self.now_ms();
        let after = move |wait: Duration| now.saturating_add(short(wait));
        self.write(move |mut db| {
            Box::pin(async move {
                let mut brought = 0;
                for (sql, to, beyond) in [
                    (
                        "UPDATE pending_calls SET not_before = $1 WHERE finished_at IS NULL AND not_before > $2",
                        now,
                        after(CALL),
                    ),
                    (
                        "UPDATE pending_calls SET leased_to = $1 WHERE finished_at IS NULL AND leased_to > $2",
                        after(SKEW),
                        after(CALL),
                    ),
                    (
                        "UPDATE text_segments SET leased_to = $1
                         WHERE state IN ('queued', 'attempted') AND leased_to > $2",
                        after(CLAIM),
                        after(CLAIM + SKEW),
                    ),
                    // What was added under the wrong clock: all of its times are shifted by as much as it is ahead.
                    (
                        "UPDATE text_segments SET
                            next_at = next_at + $1 - (SELECT created_at FROM texts WHERE position = text),
                            expires_at = expires_at + $1 - (SELECT created_at FROM texts WHERE position = text)
                         WHERE state = 'queued' AND text IN
                            (SELECT position FROM texts WHERE reported_at IS NULL AND created_at > $2)",
                        now,
                        after(SKEW),
                    ),
                    (
                        "UPDATE texts SET created_at = $1 WHERE reported_at IS NULL AND created_at > $2",
                        now,
                        after(SKEW),
                    ),
                    (
                        "UPDATE text_segments SET next_at = $1
                         WHERE state = 'queued' AND cause IS NOT NULL AND next_at > $2",
                        now,
                        after(TRIED),
                    ),
                    (
                        "UPDATE text_segments SET next_at = $1 WHERE state = 'queued' AND next_at > $2",
                        now,
                        after(HOURS),
                    ),
                ] {
                    brought += db.execute(sql, &[to.into(), beyond.into()]).await?;
                }
                Ok(brought)
            })
        })
        .await
    }
}
