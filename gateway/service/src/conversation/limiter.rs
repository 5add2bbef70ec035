//! How often one phone is answered.

use super::Conversations;
use crate::link::Arrival;
use crate::sliding::Sliding;
use crate::store::SubscriberKey;
use dayaq_smpp::CommandStatus;
use std::sync::Mutex;
use std::time::Duration;

/// Counts replies to each phone within any minute (G01): one phone that writes without end costs no more than its share.
#[derive(Debug)]
pub(super) struct Limiter(Mutex<Sliding<SubscriberKey>>);

impl Limiter {
    pub(super) fn new(most: u32) -> Self {
        Self(Mutex::new(Sliding::new(most, Duration::from_secs(60))))
    }

    /// Whether this phone may have another reply at this moment of monotonic time.
    pub(super) fn admit(&self, key: SubscriberKey, now: Duration) -> bool {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).admit(key, now)
    }
}

impl Conversations {
    /// Whether this phone's message may be taken; one that may not is answered here. Beyond the phone's share it is
    /// dropped, and where too many wait already the operator is asked to bring it again.
    pub(super) fn has_room(&self, arrival: &Arrival, key: SubscriberKey, limiter: &Limiter) -> bool {
        if self.turnstile.is_crowded(&key) {
            self.counters.shed.increment(1);
            arrival.respond(CommandStatus::RX_T_APPN);
            return false;
        }
        let admitted = limiter.admit(key, self.clock.monotonic());
        if !admitted {
            self.counters.limited.increment(1);
            arrival.respond(CommandStatus::ROK);
        }
        admitted
    }
}
