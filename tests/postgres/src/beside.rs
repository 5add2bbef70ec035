//! Somebody who uses a store beside what a test does to it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Between one use and the next.
const PAUSE: Duration = Duration::from_millis(2);

/// How long each use took, in order, and how many were refused.
#[derive(Debug, Default)]
pub struct Beside {
    pub waits: Vec<Duration>,
    pub refused: usize,
}

impl Beside {
    /// Uses it again and again until it is told to stop; `None` is a use that was refused.
    pub async fn using<U>(stop: Arc<AtomicBool>, elapsed: impl Fn() -> Duration, mut once: impl FnMut() -> U) -> Self
    where
        U: Future<Output = Option<()>>,
    {
        let mut beside = Self::default();
        while !stop.load(Ordering::Relaxed) {
            let begun = elapsed();
            match once().await {
                Some(()) => beside.waits.push(elapsed() - begun),
                None => beside.refused += 1,
            }
            tokio::time::sleep(PAUSE).await;
        }
        beside.waits.sort_unstable();
        beside
    }

    /// Fails where more than one in a hundred was refused.
    pub fn assert_served(&self) {
        let all = self.waits.len() + self.refused;
        assert!(!self.waits.is_empty() && self.refused * 100 <= all, "{self}");
    }
}

impl fmt::Display for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |part: usize| self.waits.get(self.waits.len().saturating_sub(1) * part / 1_000).copied();
        let (half, most, last) = (at(500), at(990), at(1_000));
        let Self { waits, refused } = self;
        write!(
            f,
            "{} uses beside it took {half:?} (median), {most:?} (p99), {last:?} (longest); {refused} refused",
            waits.len()
        )
    }
}
