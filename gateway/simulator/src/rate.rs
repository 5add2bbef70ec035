//! The throughput that an account has bought.

use dayaq_smpp::Instant;
use std::collections::VecDeque;
use std::time::Duration;

/// Lets at most so many through in any one second.
#[derive(Debug)]
pub(crate) struct Rate {
    per_s: usize,
    /// When the last ones went through, oldest first.
    taken: VecDeque<Instant>,
}

impl Rate {
    pub fn new(per_s: u32) -> Self {
        Self { per_s: per_s as usize, taken: VecDeque::new() }
    }

    /// Whether one more may go through now.
    pub fn take(&mut self, now: Instant) -> bool {
        while self.taken.front().is_some_and(|at| now - *at >= Duration::from_secs(1)) {
            self.taken.pop_front();
        }
        let free = self.taken.len() < self.per_s;
        if free {
            self.taken.push_back(now);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_sees_more_than_was_bought() {
        let mut rate = Rate::new(3);
        let at = |millis: u64| Instant::from_micros(millis * 1000);
        let taken: Vec<u64> = (0..3000).step_by(100).filter(|millis| rate.take(at(*millis))).collect();
        assert_eq!(taken, [0, 100, 200, 1000, 1100, 1200, 2000, 2100, 2200]);
    }
}
