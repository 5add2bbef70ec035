//! Phones of whose texts parts are still to come: when the time is over the person is told without writing again.
//!
//! One worker looks after all of them, and of each phone it keeps who it is and where it wrote to; the parts are in its
//! session. A process that ends before leaves it to the next text.

use super::Conversations;
use super::turn::Turn;
use super::way::{Line, Way};
use crate::link::Arrival;
use crate::store::{StoreError, SubscriberKey};
use dayaq_smpp::ShortMessage;
use dayaq_types::{Clock, Msisdn};
use futures_util::future::join_all;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// Phones that are looked after at once. Others hear of their text when they write again.
const PHONES_MAX: usize = 10_000;
/// Phones that are told side by side.
const BATCH: usize = 16;
/// The pause before a phone is looked after again whose session could not be had.
const AGAIN: Duration = Duration::from_secs(30);
/// How long the worker sleeps when nothing wakes it.
const IDLE: Duration = Duration::from_secs(600);

/// The phones that wait, each once.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    phones: Mutex<Phones>,
    first: Notify,
}

#[derive(Debug, Default)]
struct Phones {
    /// By the monotonic time at which they are looked after.
    due: BTreeMap<(Duration, SubscriberKey), Phone>,
    when: HashMap<SubscriberKey, Duration>,
}

/// A phone, and the message that it is answered as: without its text.
#[derive(Debug)]
struct Phone {
    arrival: Box<Arrival>,
    msisdn: Msisdn,
}

impl Waiting {
    /// Adds a phone, unless it is there already or there are too many.
    fn add(&self, key: SubscriberKey, at: Duration, phone: Phone) {
        let mut phones = self.lock();
        if phones.when.contains_key(&key) {
            return;
        }
        if phones.when.len() >= PHONES_MAX {
            metrics::counter!("dayaq_parts_unwatched_total").increment(1);
            return;
        }
        let first = phones.due.keys().next().is_none_or(|(due, _)| at < *due);
        phones.when.insert(key, at);
        phones.due.insert((at, key), phone);
        if first {
            self.first.notify_one();
        }
    }

    /// Takes a few of those that are due.
    fn take(&self, now: Duration) -> Vec<(SubscriberKey, Phone)> {
        let mut phones = self.lock();
        let mut taken = Vec::new();
        while taken.len() < BATCH
            && let Some(first) = phones.due.first_entry().filter(|first| first.key().0 <= now)
        {
            let ((_, key), phone) = first.remove_entry();
            phones.when.remove(&key);
            taken.push((key, phone));
        }
        taken
    }

    /// When the next one is due.
    fn next(&self) -> Option<Duration> {
        self.lock().due.keys().next().map(|(due, _)| *due)
    }

    /// How many there are.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.lock().when.len()
    }

    fn lock(&self) -> MutexGuard<'_, Phones> {
        self.phones.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Conversations {
    /// Looks after parts whose time is over, until `stop`.
    pub async fn give_up_parts(&self, stop: CancellationToken) {
        loop {
            self.give_up_due().await;
            let next = self.waiting.next().map(|due| due.saturating_sub(self.clock.monotonic()));
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.waiting.first.notified() => {}
                () = tokio::time::sleep(next.unwrap_or(IDLE).min(IDLE)) => {}
            }
        }
    }

    /// Tells each phone whose time is over.
    pub(super) async fn give_up_due(&self) {
        loop {
            let due = self.waiting.take(self.clock.monotonic());
            if due.is_empty() {
                return;
            }
            join_all(due.into_iter().map(|(key, phone)| self.look_after(key, phone))).await;
        }
    }

    async fn look_after(&self, key: SubscriberKey, phone: Phone) {
        let _passage = self.turnstile.enter(key).await;
        let next = self.give_up(&phone.arrival, phone.msisdn, key).await.unwrap_or_else(|cause| {
            warn!(cause = %cause, "Parts not given up");
            Some(AGAIN)
        });
        if let Some(next) = next {
            self.waiting.add(key, self.clock.monotonic() + next, phone);
        }
    }

    /// Looks after this phone's parts once their time is over.
    pub(super) fn give_up_later(&self, arrival: &Arrival, msisdn: Msisdn, key: SubscriberKey) {
        let ShortMessage { source, destination, .. } = arrival.message;
        let message = ShortMessage { source, destination, ..ShortMessage::default() };
        let arrival = Box::new(Arrival { message, bind: arrival.bind.clone(), ..*arrival });
        let at = self.clock.monotonic() + self.part_limits.lifetime;
        self.waiting.add(key, at, Phone { arrival, msisdn });
    }

    /// Gives up what has waited long enough, and tells the person. Gives how long what is left may still wait.
    pub(super) async fn give_up(
        &self,
        arrival: &Arrival,
        msisdn: Msisdn,
        key: SubscriberKey,
    ) -> Result<Option<Duration>, StoreError> {
        let Some(voice) = self.voices.get(arrival.bind.operator) else { return Ok(None) };
        let (now, wall) = (self.steady.now(), self.clock.now());
        let loaded = self.load(&key).await?;
        let mut envelope = self.envelope(&key, &loaded).await?;
        self.forget_kept(&mut envelope.texting, wall).await?;
        let given_up = envelope.texting.expire(&key, now, &self.part_limits);
        let left = envelope.texting.wait(now, &self.part_limits);
        if given_up.is_none() && envelope.texting.owed(wall).is_empty() {
            return Ok(left);
        }
        let book = self.books.of(envelope.dialog.book()).await?;
        let surface = voice.sms_surface(self.form_of(&key, voice).await?);
        let known = (envelope.dialog.language(), envelope.operator().map(str::to_owned));
        let (way, version) = (Way::Sms { line: Line { arrival, voice, again: false }, surface }, loaded.version);
        let held = envelope.dialog.holds_draft(&book);
        let (carrier, ahead, answered, news) = (voice, false, true, Vec::new());
        let mut turn = Turn { carrier, way, msisdn, key, book, envelope, version, known, held, ahead, answered, news };
        if let Some((id, words)) = self.owed(&mut turn, given_up) {
            turn.envelope.texting.owe(id, &arrival.message.destination, words, wall);
        }
        // Whoever wins the save tells the person; a loser leaves it to the winner.
        if self.save(&mut turn).await?.is_none() {
            self.tell_incomplete(&mut turn, wall).await?;
        }
        Ok(left)
    }
}
