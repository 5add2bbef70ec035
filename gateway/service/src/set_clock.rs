//! Looks out for a clock that is set: what was put off under the wrong time is brought back.

use crate::store::GatewayStore;
use dayaq_types::Clock;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How often the time of day is compared with the time that has passed.
const LOOK: Duration = Duration::from_secs(10);
/// How often rows are looked at all the same: another gateway's clock may have been the wrong one.
const ROUND: u32 = 360;
/// What networks correct a clock by without a word.
const STEP: SignedDuration = SignedDuration::from_secs(10);

/// Watches a clock for as long as its gateway runs.
pub(crate) struct ClockWatch {
    clock: Arc<dyn Clock>,
    store: Arc<GatewayStore>,
    /// The time of day at the monotonic zero, at the last look.
    zero: Timestamp,
    /// Looks until rows are looked at.
    left: u32,
}

impl ClockWatch {
    /// Begins with the time that the clock shows, and looks at the rows at once.
    pub fn new(clock: Arc<dyn Clock>, store: Arc<GatewayStore>) -> Self {
        let zero = zero(&*clock);
        Self { clock, store, zero, left: 0 }
    }

    /// Runs until `stop`.
    pub async fn run(&mut self, stop: CancellationToken) {
        loop {
            self.look().await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// One look.
    pub async fn look(&mut self) {
        let zero = zero(&*self.clock);
        let jumped = zero.duration_since(std::mem::replace(&mut self.zero, zero));
        if jumped.abs() > STEP {
            metrics::counter!("dayaq_clock_jumps_total").increment(1);
            info!(seconds = jumped.as_secs(), "The clock was set");
        }
        self.left = self.left.saturating_sub(1);
        if self.left > 0 && jumped > -STEP {
            return;
        }
        match self.store.bring_back().await {
            Ok(brought) => {
                self.left = ROUND;
                if brought > 0 {
                    info!(rows = brought, "Brought back what was put off under another time");
                }
            }
            Err(cause) => {
                self.left = 1;
                warn!(cause = %cause, "What was put off under another time is not looked at");
            }
        }
    }
}

fn zero(clock: &dyn Clock) -> Timestamp {
    clock.now().checked_sub(clock.monotonic()).unwrap_or(Timestamp::MIN)
}
