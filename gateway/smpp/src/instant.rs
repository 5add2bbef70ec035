use std::ops::{Add, Sub};
use std::time::Duration;

/// A moment in microseconds since an epoch that the caller chooses and keeps.
///
/// The link never asks the machine what time it is. A monotonic clock fits a link; a value that is
/// stored and read by another process (a reassembly) needs the wall clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The epoch itself.
    pub const ZERO: Instant = Instant(0);

    /// Makes the moment that lies so many microseconds after the epoch.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Gives the microseconds since the epoch.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Gives the time since `earlier`, or zero where `earlier` is the later of the two.
    pub const fn saturating_since(self, earlier: Instant) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    /// Saturates: a deadline that cannot be told apart from "never" is "never".
    fn add(self, rhs: Duration) -> Instant {
        Instant(self.0.saturating_add(u64::try_from(rhs.as_micros()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;

    fn sub(self, rhs: Instant) -> Duration {
        self.saturating_since(rhs)
    }
}
