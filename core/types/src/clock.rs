//! Time: the one place that asks the machine, and the day in Baku.

use jiff::civil::Date;
use jiff::tz::{TimeZone, offset};
use jiff::{SignedDuration, Timestamp, Zoned};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// What time it is.
pub trait Clock: Send + Sync + 'static {
    /// The time of day.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment that never goes backwards; for timers and durations.
    fn monotonic(&self) -> Duration;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Starts its monotonic time at zero.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine for the time")]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine for the time")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A clock that stands still until somebody moves it: tests by hand, the demo from due time to due time.
#[derive(Debug)]
pub struct ManualClock {
    /// The time of day, and what it is at the monotonic zero.
    time: Mutex<(Timestamp, Timestamp)>,
}

impl ManualClock {
    /// Stands at `now`.
    pub const fn new(now: Timestamp) -> Self {
        Self { time: Mutex::new((now, now)) }
    }

    /// Moves forward by `step`.
    pub fn advance(&self, step: Duration) {
        let mut time = self.time();
        time.0 = time.0.checked_add(step).unwrap_or(Timestamp::MAX);
    }

    /// Moves to `to`, unless that is already past: time never goes backwards.
    pub fn advance_to(&self, to: Timestamp) {
        let mut time = self.time();
        time.0 = time.0.max(to);
    }

    /// Sets the time of day forward or back, as somebody does who puts a clock right: no time passes.
    pub fn jump(&self, by: SignedDuration) {
        let mut time = self.time();
        let moved = |from: Timestamp| from.checked_add(by).unwrap_or(from);
        *time = (moved(time.0), moved(time.1));
    }

    fn time(&self) -> MutexGuard<'_, (Timestamp, Timestamp)> {
        self.time.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.time().0
    }

    fn monotonic(&self) -> Duration {
        let (now, start) = *self.time();
        Duration::try_from(now.duration_since(start)).unwrap_or_default()
    }
}

/// Baku's zone: UTC+4 without summer time since 2016, so that no zone file is needed.
fn baku() -> TimeZone {
    TimeZone::fixed(offset(4))
}

/// The same moment on a clock in Baku.
pub fn baku_moment(at: Timestamp) -> Zoned {
    at.to_zoned(baku())
}

/// The calendar day in Baku at that moment.
pub fn baku_date(at: Timestamp) -> Date {
    at.to_zoned(baku()).date()
}

/// The moment at which that day begins in Baku.
pub fn baku_start_of_day(day: Date) -> Timestamp {
    day.to_zoned(baku()).map_or(Timestamp::MAX, |z| z.timestamp())
}
