//! Notices: taken from the core, put into words, and kept as texts.

use super::{Wording, WordingError};
use crate::conversation::Flash;
use crate::store::{GatewayStore, StoreError};
use dayaq_core_api::{Core, CoreError, Finished, LeasedNotice, NoticeOutcome};
use dayaq_types::Clock;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// Notices leased at once.
const BATCH: u32 = 64;
/// How long a leased notice is ours alone, to be put into words and kept: should we die, another has it soon.
const LEASE: Duration = Duration::from_secs(10);
/// How long nobody needs a notice that we have kept.
const KEPT: Duration = Duration::from_hours(1);

/// Leases notices and makes texts of them.
pub struct Leaser {
    /// Where notices come from.
    pub core: Arc<dyn Core>,
    /// Where texts are kept.
    pub store: Arc<GatewayStore>,
    /// How notices become texts.
    pub wording: Arc<Wording>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Woken when the core may have notices.
    pub wake: Arc<Notify>,
    /// Wakes the pusher.
    pub texts: Arc<Notify>,
    /// How often to look when nothing wakes it.
    pub poll: Duration,
    /// Where what is shown on a screen first is taken on; full, the text does without.
    pub flashes: mpsc::Sender<Flash>,
}

impl Leaser {
    /// Runs until `stop`.
    pub async fn run(&mut self, stop: CancellationToken) {
        let mut failing = false;
        while !stop.is_cancelled() {
            let leased = self.lease().await;
            let failed = leased.is_err();
            match leased {
                Ok(0) => {}
                Ok(leased) => {
                    self.texts.notify_one();
                    if leased >= BATCH as usize {
                        continue;
                    }
                }
                // Said once for each time that it goes wrong, not at every look.
                Err(cause) if !failing => warn!(cause = %cause, "Notices not kept"),
                Err(_) => metrics::counter!("dayaq_push_passes_failed_total").increment(1),
            }
            failing = failed;
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(self.poll) => {}
            }
        }
    }

    /// Takes notices from the core and keeps them as texts.
    async fn lease(&self) -> Result<usize, StoreError> {
        let leased = match self.core.lease(BATCH, LEASE).await {
            Ok(leased) => leased,
            Err(CoreError::Unavailable(cause)) => {
                debug!(cause = %cause, "Notices not leased");
                return Ok(0);
            }
            Err(CoreError::Invalid { field, why }) => {
                warn!(field, why = %why, "Notices not leased");
                return Ok(0);
            }
        };
        let mut kept = Vec::with_capacity(leased.len());
        for notice in &leased {
            match self.wording.text(notice, self.clock.now()).await {
                Ok(text) => {
                    let added = self.store.add_text(&text).await?;
                    kept.push((notice.id, notice.fence));
                    // Once, with the text; leased again, it has had its chance. What waits for the morning is a text alone.
                    let due = text.not_before <= self.clock.now();
                    if added
                        && due
                        && let Some(flash) = self.wording.flash(notice, &text).await?
                    {
                        let _ = self.flashes.try_send(flash);
                    }
                }
                Err(WordingError::Store(cause)) => return Err(cause),
                Err(cause @ WordingError::Destination) => self.refuse(notice, &cause).await,
                Err(cause) => {
                    // It will be leased again; an author has to mend the words, and an operator watches this line.
                    warn!(notice = %notice.id, cause = %cause, "Notice not put into words");
                    metrics::counter!("dayaq_notices_without_words_total").increment(1);
                }
            }
        }
        if let Err(cause) = self.core.kept(&kept, KEPT).await {
            debug!(cause = %cause, "Notices are leased once more");
        }
        Ok(leased.len())
    }

    /// Ends a notice that is never sent.
    async fn refuse(&self, notice: &LeasedNotice, cause: &WordingError) {
        metrics::counter!("dayaq_notices_refused_total").increment(1);
        let outcome = NoticeOutcome::Dead { cause: cause.to_string() };
        if let Err(cause) = self.core.finished(&Finished { id: notice.id, fence: notice.fence, outcome }).await {
            debug!(cause = %cause, "End of a text not reported");
        }
    }
}
