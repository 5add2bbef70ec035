//! How often one phone is answered.

use crate::store::SubscriberKey;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

/// Counts replies to each phone in fixed minutes (G01): one phone that writes without end costs no more than its share.
#[derive(Debug)]
pub(super) struct Limiter {
    most: u32,
    state: Mutex<(u64, HashMap<SubscriberKey, u32>)>,
}

impl Limiter {
    pub(super) fn new(most: u32) -> Self {
        Self { most, state: Mutex::default() }
    }

    /// Whether this phone may have another reply at this moment of monotonic time.
    pub(super) fn admit(&self, key: SubscriberKey, now: Duration) -> bool {
        let minute = now.as_secs() / 60;
        let mut state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        if state.0 != minute {
            // A new minute forgets everybody, so that the table is bounded by one minute's phones.
            *state = (minute, HashMap::new());
        }
        let count = state.1.entry(key).or_default();
        *count = count.saturating_add(1);
        *count <= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dayaq_types::seal::{Key, KeyRing};
    use dayaq_types::{Msisdn, SeededEntropy};

    #[test]
    fn g01_one_phone_gets_its_share_and_no_more() {
        let ring = KeyRing::new(1, &Key::generate(&SeededEntropy::new(1)));
        let key = |digits: &str| SubscriberKey::of(&ring, &Msisdn::parse(digits).unwrap());
        let limiter = Limiter::new(10);
        let at = Duration::from_secs(125);
        let admitted = (0..1000).filter(|_| limiter.admit(key("994501234567"), at)).count();
        assert_eq!(admitted, 10);
        assert!(limiter.admit(key("994551234567"), at), "others are not touched");
        assert!(limiter.admit(key("994501234567"), at + Duration::from_secs(60)), "the next minute is new");
    }
}
