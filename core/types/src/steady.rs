//! A clock for what is over after a time: it does not leap.

use crate::Clock;
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a clock may gain at once and be believed: networks correct them by less.
const STEP: SignedDuration = SignedDuration::from_secs(60);
/// A clock that has leapt is believed once it has gone so long without being set back.
const PROOF: Duration = Duration::from_secs(3_600);

/// Another clock, but for its leaps forward: they are believed after an hour. Whatever would be over by a wrong time of
/// day is not over while somebody may still set it right. A clock that is set back is followed at once, for nothing is
/// over too early by that.
pub struct SteadyClock {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    /// The believed time of day at the monotonic zero.
    zero: Timestamp,
    /// The monotonic time since which the clock has been ahead.
    ahead_since: Option<Duration>,
}

impl SteadyClock {
    /// Begins with the time that the clock shows.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let zero = before(clock.now(), clock.monotonic());
        Self { clock, state: Mutex::new(State { zero, ahead_since: None }) }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        let (now, elapsed) = (self.clock.now(), self.clock.monotonic());
        let mut state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        let believed = state.zero.checked_add(elapsed).unwrap_or(Timestamp::MAX);
        if now.duration_since(believed) > STEP {
            let since = *state.ahead_since.get_or_insert(elapsed);
            if elapsed.saturating_sub(since) < PROOF {
                return believed;
            }
        }
        *state = State { zero: before(now, elapsed), ahead_since: None };
        now
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }
}

impl fmt::Debug for SteadyClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SteadyClock")
    }
}

fn before(now: Timestamp, elapsed: Duration) -> Timestamp {
    now.checked_sub(elapsed).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ManualClock;

    #[test]
    fn e06_a_leap_is_believed_after_an_hour_and_a_step_back_at_once() {
        let start: Timestamp = "2028-02-28T20:00:00Z".parse().unwrap();
        let (clock, hours) = (Arc::new(ManualClock::new(start)), SignedDuration::from_hours);
        let steady = SteadyClock::new(clock.clone());
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let passed = |minutes: u64| start + Duration::from_secs(60 * minutes);
        clock.jump(hours(24));
        assert_eq!(steady.now(), start);
        clock.advance(minutes(59));
        assert_eq!(steady.now(), passed(59), "time passes all the same");
        clock.jump(hours(-24));
        assert_eq!(steady.now(), passed(59), "and nothing is left of the leap");
        clock.jump(hours(24 * 365 * 10));
        assert_eq!(steady.now(), passed(59));
        clock.advance(minutes(60));
        assert_eq!(steady.now(), clock.now(), "it has proved itself");
        clock.jump(hours(-1));
        assert_eq!(steady.now(), clock.now(), "back is followed at once");
        clock.jump(SignedDuration::from_secs(30));
        assert_eq!(steady.now(), clock.now(), "so is a correction");
    }
}
