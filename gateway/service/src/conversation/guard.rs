//! A turn that panics takes nothing with it: its phone is let go politely, and every other turn goes on.

use super::Conversations;
use crate::link::Arrival;
use crate::store::StoreError;
use crate::workers::cause_of;
use dayaq_smpp::CommandStatus;
use futures_util::FutureExt;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tracing::error;

impl Conversations {
    /// Takes one delivered message to its end; one that panics is answered all the same.
    pub(super) async fn handle_guarded(self: &Arc<Self>, arrival: &Arrival) {
        if let Err(panic) = AssertUnwindSafe(self.handle(arrival)).catch_unwind().await {
            self.note_panic(&arrival.bind.name, &*panic);
            // Whoever brings it again brings the same fault.
            arrival.respond(CommandStatus::RX_P_APPN);
        }
    }

    /// Does the work of a turn that came this way, and notes how long it took; one that panics is a turn that was not
    /// saved.
    pub(super) async fn guarded<T>(
        &self,
        way: &str,
        seconds: &metrics::Histogram,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let begun = self.clock.monotonic();
        let done = AssertUnwindSafe(work).catch_unwind().await;
        seconds.record(self.clock.monotonic().saturating_sub(begun).as_secs_f64());
        done.unwrap_or_else(|panic| {
            self.note_panic(way, &*panic);
            Err(StoreError::Database("the turn panicked".to_owned()))
        })
    }

    fn note_panic(&self, way: &str, panic: &(dyn Any + Send)) {
        self.counters.panicked.increment(1);
        error!(way, cause = cause_of(panic), "A turn panicked");
    }
}
