//! The demo's clock: real time, with leaps over days in which nothing happens.

use dayaq_types::{Clock, SystemClock};
use jiff::Timestamp;
use std::sync::Mutex;
use std::time::Duration;

/// Runs like the machine's clock from any moment on, and can be moved forward.
#[derive(Debug)]
pub struct LeapingClock {
    real: SystemClock,
    /// The time at the machine's monotonic zero.
    base: Mutex<Timestamp>,
}

impl LeapingClock {
    /// Starts at that moment.
    pub fn new(start: Timestamp) -> Self {
        Self { real: SystemClock::new(), base: Mutex::new(start) }
    }

    /// Leaps to that moment, unless it is past.
    pub fn leap_to(&self, to: Timestamp) {
        let mut base = self.base.lock().unwrap_or_else(|e| e.into_inner());
        let now = at(*base, self.real.monotonic());
        if let Ok(ahead) = Duration::try_from(to.duration_since(now)) {
            *base = at(*base, ahead);
        }
    }
}

fn at(base: Timestamp, after: Duration) -> Timestamp {
    base.checked_add(after).unwrap_or(Timestamp::MAX)
}

impl Clock for LeapingClock {
    fn now(&self) -> Timestamp {
        at(*self.base.lock().unwrap_or_else(|e| e.into_inner()), self.real.monotonic())
    }

    fn monotonic(&self) -> Duration {
        self.real.monotonic()
    }
}
