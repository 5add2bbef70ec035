//! Phones that have hung up while their turn is still under way: nothing is sent to a dialogue that is over.

use crate::store::SubscriberKey;
use dayaq_smpp::ussd::{SessionKey, UssdEvent, UssdInbound};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

/// The ends that have arrived and are not taken yet, by subscriber.
#[derive(Debug, Default)]
pub(super) struct Departed(Mutex<HashMap<SubscriberKey, Vec<SessionKey>>>);

/// An end on its way; dropped once it is taken.
#[derive(Debug)]
pub(super) struct Departure<'d> {
    departed: &'d Departed,
    subscriber: SubscriberKey,
    session: SessionKey,
}

impl Departed {
    /// Notes an end as it arrives, before it waits for the turn under way; `None` for any other turn.
    pub fn note(&self, subscriber: SubscriberKey, turn: &UssdInbound) -> Option<Departure<'_>> {
        match turn.event {
            UssdEvent::Abort | UssdEvent::Timeout => {
                self.lock().entry(subscriber).or_default().push(turn.key);
                Some(Departure { departed: self, subscriber, session: turn.key })
            }
            UssdEvent::Begin | UssdEvent::Continue | UssdEvent::Notified => None,
        }
    }

    /// Whether the phone of this turn has left.
    pub fn has(&self, subscriber: &SubscriberKey, turn: &UssdInbound) -> bool {
        self.lock().get(subscriber).is_some_and(|sessions| sessions.contains(&turn.key))
    }

    /// Whether any end is on its way.
    #[cfg(test)]
    pub fn any(&self) -> bool {
        !self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SubscriberKey, Vec<SessionKey>>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Drop for Departure<'_> {
    fn drop(&mut self) {
        let mut departed = self.departed.lock();
        let Some(sessions) = departed.get_mut(&self.subscriber) else { return };
        if let Some(at) = sessions.iter().position(|session| *session == self.session) {
            sessions.swap_remove(at);
        }
        if sessions.is_empty() {
            departed.remove(&self.subscriber);
        }
    }
}
