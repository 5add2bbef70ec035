//! The bounded memory of recent sessions, sealed.

use super::{Stored, SubscriberKey, Version};
use std::collections::HashMap;

/// Up to so many sessions; the clock algorithm chooses who goes.
///
/// Each slot has a mark that a look-up sets. A hand goes round: a marked slot loses its mark and stays, an unmarked
/// one gives its place away. That is close to least-recently-used at the cost of one bit.
#[derive(Debug)]
pub(super) struct SessionCache {
    places: HashMap<SubscriberKey, usize>,
    slots: Vec<Option<Slot>>,
    free: Vec<usize>,
    hand: usize,
    most: usize,
}

#[derive(Debug)]
struct Slot {
    key: SubscriberKey,
    stored: Stored,
    marked: bool,
    /// Whether a write over it may or may not have happened, so that the store has to be asked.
    doubtful: bool,
}

impl SessionCache {
    /// Holds up to `most` sessions.
    pub fn new(most: usize) -> Self {
        Self { places: HashMap::new(), slots: Vec::new(), free: Vec::new(), hand: 0, most }
    }

    /// How many it holds.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Looks a session up.
    pub fn get(&mut self, key: &SubscriberKey) -> Option<Stored> {
        let place = *self.places.get(key)?;
        let slot = self.slots.get_mut(place)?.as_mut().filter(|slot| !slot.doubtful)?;
        slot.marked = true;
        Some(slot.stored.clone())
    }

    /// Notes that a write over a session may or may not have happened.
    pub fn doubt(&mut self, key: &SubscriberKey) {
        if let Some(slot) = self.places.get(key).and_then(|place| self.slots.get_mut(*place)?.as_mut()) {
            slot.doubtful = true;
        }
    }

    /// The version over which a write may or may not have happened.
    pub fn doubted(&self, key: &SubscriberKey) -> Option<Version> {
        let slot = self.slots.get(*self.places.get(key)?)?.as_ref()?;
        slot.doubtful.then_some(slot.stored.version)
    }

    /// Remembers a session in place of what was known of this subscriber.
    pub fn put(&mut self, key: &SubscriberKey, stored: &Stored) {
        if let Some(slot) = self.places.get(key).and_then(|place| self.slots.get_mut(*place)?.as_mut()) {
            slot.stored = stored.clone();
            (slot.marked, slot.doubtful) = (true, false);
            return;
        }
        if self.most == 0 {
            return;
        }
        let place = self.vacate();
        self.slots[place] = Some(Slot { key: *key, stored: stored.clone(), marked: false, doubtful: false });
        self.places.insert(*key, place);
    }

    /// Forgets a subscriber.
    pub fn forget(&mut self, key: &SubscriberKey) {
        if let Some(place) = self.places.remove(key) {
            self.slots[place] = None;
            self.free.push(place);
        }
    }

    /// Finds an empty slot, or makes one; at most two rounds, since the first takes every mark away.
    fn vacate(&mut self) -> usize {
        if let Some(place) = self.free.pop() {
            return place;
        }
        if self.slots.len() < self.most {
            self.slots.push(None);
            return self.slots.len() - 1;
        }
        loop {
            let place = self.hand;
            self.hand = (self.hand + 1) % self.slots.len();
            match &mut self.slots[place] {
                Some(slot) if slot.marked => slot.marked = false,
                Some(slot) => {
                    self.places.remove(&slot.key);
                    return place;
                }
                None => return place,
            }
        }
    }
}
