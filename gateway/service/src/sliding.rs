//! At most so many within any span of time: the one way in which this crate limits how often something may happen.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::Duration;

/// Lets at most so many of each key through within any span of that length, wherever the span begins.
///
/// A window with fixed bounds would let twice as many through around a bound, and so would a bucket that fills while it
/// is emptied. Only what went through within the last span is remembered, so that memory follows the traffic, and who
/// asks in vain uses up nothing.
#[derive(Debug)]
pub(crate) struct Sliding<K> {
    most: u32,
    span: Duration,
    /// What went through, oldest first.
    admitted: VecDeque<(Duration, K)>,
    counts: HashMap<K, u32>,
}

impl<K: Copy + Eq + Hash> Sliding<K> {
    pub fn new(most: u32, span: Duration) -> Self {
        Self { most, span, admitted: VecDeque::new(), counts: HashMap::new() }
    }

    /// Whether one more of this key may go through at this moment of monotonic time.
    pub fn admit(&mut self, key: K, now: Duration) -> bool {
        self.forget(now);
        let count = self.counts.get(&key).copied().unwrap_or(0);
        if count >= self.most {
            return false;
        }
        self.counts.insert(key, count + 1);
        self.admitted.push_back((now, key));
        true
    }

    fn forget(&mut self, now: Duration) {
        while let Some((at, key)) = self.admitted.front().copied() {
            if now.saturating_sub(at) < self.span {
                return;
            }
            self.admitted.pop_front();
            if let Some(count) = self.counts.get_mut(&key) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn no_minute_sees_more_than_its_share_wherever_it_begins() {
        let mut sliding = Sliding::new(10, MINUTE);
        let at = Duration::from_secs;
        let admitted = |sliding: &mut Sliding<u8>, second| (0..1000).filter(|_| sliding.admit(1, at(second))).count();
        assert_eq!(admitted(&mut sliding, 119), 10, "just before the full minute");
        assert_eq!(admitted(&mut sliding, 121), 0, "and none just after it");
        assert!(sliding.admit(2, at(121)), "others are not touched");
        assert_eq!(admitted(&mut sliding, 179), 10, "a minute after the first");
        assert!(sliding.admit(3, at(10_000)) && sliding.counts.len() == 1, "nothing is kept of who has gone");
    }

    proptest! {
        #[test]
        fn in_every_span_there_are_at_most_so_many_and_none_is_refused_without_need(
            most in 1..6u32,
            steps in proptest::collection::vec((0..3u8, 0..40u64), 1..200),
        ) {
            let mut sliding = Sliding::new(most, MINUTE);
            let (mut now, mut through) = (Duration::ZERO, Vec::new());
            for (key, step) in steps {
                now += Duration::from_secs(step);
                let lately = through.iter().filter(|(k, at)| *k == key && now - *at < MINUTE).count();
                let admitted = sliding.admit(key, now);
                prop_assert_eq!(admitted, lately < most as usize);
                if admitted {
                    through.push((key, now));
                }
            }
            prop_assert!(sliding.admitted.len() <= 3 * most as usize);
        }
    }
}
