//! The one deadline of a shutdown: whoever still has something to do is told how long it may take.

use dayaq_types::Clock;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// When the process must have ended.
#[derive(Clone)]
pub struct Deadline {
    clock: Arc<dyn Clock>,
    whole: Duration,
    /// Monotonic time.
    end: Duration,
}

impl Deadline {
    /// Begins now.
    pub fn after(whole: Duration, clock: Arc<dyn Clock>) -> Self {
        let end = clock.monotonic().saturating_add(whole);
        Self { clock, whole, end }
    }

    /// The monotonic time by which somebody must have ended for that part of the whole (0 to 1) to be left to others.
    pub fn leaving(&self, part: f64) -> Duration {
        self.end.saturating_sub(self.whole.mul_f64(part))
    }

    /// How long that is from now.
    pub fn left(&self, part: f64) -> Duration {
        self.leaving(part).saturating_sub(self.clock.monotonic())
    }

    /// Waits for work, but no longer than leaves that part to others; `None` where it has not come to its end.
    pub async fn bounds<T>(&self, part: f64, work: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(self.left(part), work).await.ok()
    }

    /// Waits for tasks, and cuts off those that have not ended by then; tells how many those were.
    pub async fn end(&self, part: f64, tasks: Vec<JoinHandle<()>>) -> usize {
        let mut cut_off = 0;
        for mut task in tasks {
            if self.bounds(part, &mut task).await.is_none() {
                task.abort();
                cut_off += 1;
            }
        }
        cut_off
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::VirtualClock;

    #[tokio::test(start_paused = true)]
    async fn whoever_hangs_is_cut_off_and_what_is_left_is_left_to_the_next() {
        let clock = VirtualClock::start();
        let begun = clock.monotonic();
        let passed = || clock.monotonic() - begun;
        let deadline = Deadline::after(Duration::from_secs(10), clock.clone());
        assert_eq!(deadline.bounds(0.5, async { 7 }).await, Some(7));
        assert_eq!(deadline.bounds(0.5, std::future::pending::<()>()).await, None);
        assert_eq!(passed(), Duration::from_secs(5));
        let hang = || tokio::spawn(std::future::pending());
        let quick = tokio::spawn(async {});
        assert_eq!(deadline.end(0.2, vec![hang(), quick, hang()]).await, 2, "both hang, and have one bound");
        assert_eq!(passed(), Duration::from_secs(8));
        assert_eq!(deadline.bounds(0.3, async { 1 }).await, Some(1), "what is done already is taken");
        assert_eq!(deadline.left(0.0), Duration::from_secs(2));
    }
}
