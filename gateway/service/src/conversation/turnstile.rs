//! One subscriber at a time, in the order of arrival.

use crate::store::SubscriberKey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::OwnedMutexGuard;

/// Turns of one subscriber that may be here at once. A long text brings its parts together; beyond that a single phone
/// would take the places of all others.
const CROWD: usize = 64;

/// Lets turns of one subscriber pass one by one within this process. Between processes the session's version does it.
#[derive(Debug, Default)]
pub(super) struct Turnstile {
    gates: Mutex<HashMap<SubscriberKey, Arc<tokio::sync::Mutex<()>>>>,
}

/// The right to take this subscriber's turn.
pub(super) struct Passage<'t> {
    turnstile: &'t Turnstile,
    key: SubscriberKey,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turnstile {
    /// Waits until every earlier turn of this subscriber is over.
    pub(super) async fn enter(&self, key: SubscriberKey) -> Passage<'_> {
        let gate = Arc::clone(self.gates().entry(key).or_default());
        let held = Some(gate.lock_owned().await);
        Passage { turnstile: self, key, held }
    }

    /// Whether so many turns of this subscriber are here that no more should join them.
    pub(super) fn is_crowded(&self, key: &SubscriberKey) -> bool {
        // The map has a reference of its own.
        self.gates().get(key).is_some_and(|gate| Arc::strong_count(gate) > CROWD)
    }

    fn gates(&self) -> MutexGuard<'_, HashMap<SubscriberKey, Arc<tokio::sync::Mutex<()>>>> {
        self.gates.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        let mut gates = self.turnstile.gates();
        self.held = None;
        // Nobody else waits when the map holds the only other reference; the map stays as small as the traffic.
        if gates.get(&self.key).is_some_and(|gate| Arc::strong_count(gate) == 1) {
            gates.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dayaq_types::seal::{Key, KeyRing};
    use dayaq_types::{Msisdn, SeededEntropy};

    fn key(digits: &str) -> SubscriberKey {
        let ring = KeyRing::new(1, &Key::generate(&SeededEntropy::new(1)));
        SubscriberKey::of(&ring, &Msisdn::parse(digits).unwrap())
    }

    #[tokio::test]
    async fn b06_turns_of_one_phone_pass_in_their_order() {
        let turnstile = Arc::new(Turnstile::default());
        let order = Arc::new(Mutex::new(Vec::new()));
        let first = turnstile.enter(key("994501234567")).await;
        let mut tasks = Vec::new();
        for n in 0..8 {
            let (turnstile, order) = (Arc::clone(&turnstile), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let _passage = turnstile.enter(key("994501234567")).await;
                order.lock().unwrap().push(n);
            }));
            tokio::task::yield_now().await;
        }
        drop(turnstile.enter(key("994551234567")).await); // another phone does not wait
        assert!(order.lock().unwrap().is_empty());
        assert!(!turnstile.is_crowded(&key("994501234567")));
        for _ in 9..CROWD {
            let turnstile = Arc::clone(&turnstile);
            tasks.push(tokio::spawn(async move { drop(turnstile.enter(key("994501234567")).await) }));
        }
        tokio::task::yield_now().await;
        assert!(turnstile.is_crowded(&key("994501234567")) && !turnstile.is_crowded(&key("994551234567")));
        drop(first);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(turnstile.gates().is_empty(), "nothing is kept of phones that are done");
    }
}
