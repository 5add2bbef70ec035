//! What is stored of a subscriber's texts between two of them: what was taken, what was answered, and parts.

use super::doubt::Taken;
use super::given_up::GivenUp;
use super::parts::{StoredParts, StoredSeries};
use super::tally::Tally;
use crate::store::SubscriberKey;
use dayaq_smpp::Instant;
use dayaq_smpp::concat::{Added, Limits, PartialSet, Piece, Reassembly};
use dayaq_smpp::receipt::is_piece;
use dayaq_smpp::{Address, ShortMessage};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;
use uuid::Uuid;

/// Texts and parts that are remembered, so that a repeat is known again.
const TAKEN_MAX: usize = 16;

/// Texts remembered that say that something did not come whole, until they are surely kept.
const OWED_MAX: usize = 4;
/// After so long nobody waits for them any more.
const OWED_FOR: SignedDuration = SignedDuration::from_hours(1);

/// An operator brings a text again that was not answered within this time.
const AGAIN: SignedDuration = SignedDuration::from_secs(600);

/// A subscriber's texts as they are stored.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Texting {
    /// The operator over which the last one came.
    pub operator: Option<String>,
    /// The latest, oldest first.
    taken: Vec<Taken>,
    /// The last turn that was taken by a text.
    pub turn: Option<TextTurn>,
    #[serde(flatten)]
    parts: StoredParts,
    /// Receipts that came in parts. Nobody misses what does not come of them.
    #[serde(default, skip_serializing_if = "StoredParts::is_empty")]
    receipts: StoredParts,
    /// Texts that were given up lately, of each of which the person has been told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    given_up: Vec<GivenUp>,
    /// Texts that say so and are perhaps not kept yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    owed: Vec<OwedText>,
    /// What its texts cost, and whether they get anywhere.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tally: Tally,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A text that says that something did not come whole: its name, the number that was written to, and its words.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct OwedText {
    pub id: Uuid,
    at: Timestamp,
    service: (u8, u8, String),
    pub words: String,
}

impl OwedText {
    /// The number that was written to.
    pub fn service(&self) -> Address {
        address(&self.service)
    }
}

/// A turn that was taken by a text, and what is to become of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TextTurn {
    pub id: Uuid,
    /// The number that was written to.
    service: (u8, u8, String),
    /// The reply; `None` while the core is asked.
    pub shown: Option<String>,
    /// Whether it ends reminders or begins them again.
    pub reminders: Option<bool>,
    /// Whether the core was being asked when it came, so that it is no first answer to what the core says.
    #[serde(default)]
    pub asks_again: bool,
    /// Whether the core's own notice is the answer, so that no reply is sent.
    #[serde(default)]
    pub by_notice: bool,
    /// The segments that the day of the phone was charged for the reply.
    #[serde(default)]
    pub charged: u32,
}

impl Texting {
    /// Whether the phone has written nothing that is remembered.
    pub fn is_empty(&self) -> bool {
        let Self { operator: _, taken, turn, parts, receipts, given_up, owed, tally } = self;
        let told_all = given_up.is_empty() && owed.is_empty();
        taken.is_empty() && turn.is_none() && parts.is_empty() && receipts.is_empty() && told_all && is_default(tally)
    }

    /// Adds a text that is taken; the oldest is forgotten.
    pub fn take(&mut self, taken: Taken) {
        if self.taken.len() >= TAKEN_MAX {
            self.taken.remove(0);
        }
        self.taken.push(taken);
    }

    /// The texts like this one with their places, the latest first.
    pub fn like(&self, print: u64) -> impl Iterator<Item = (usize, &Taken)> {
        self.taken.iter().enumerate().rev().filter(move |(_, taken)| taken.print == print)
    }

    /// The reply to a text like this one, where the last turn answers it.
    pub fn reply_to(&self, print: u64) -> Option<Uuid> {
        let last = self.turn.as_ref().map(|turn| turn.id);
        self.like(print).map(|(_, taken)| taken.turn).find(|turn| turn.is_some() && *turn == last).flatten()
    }

    /// Notes that the text at that place has come once more; it still leads to the turn of before, which is given.
    pub fn take_again(&mut self, at: usize, again: Taken) -> Option<Taken> {
        let known = self.taken.get_mut(at)?;
        let turn = known.turn;
        Some(std::mem::replace(known, Taken { turn, ..again }))
    }

    /// Gives the text at that place another turn for its own.
    pub fn leads_to(&mut self, at: usize, turn: Uuid) {
        if let Some(known) = self.taken.get_mut(at) {
            known.turn = Some(turn);
        }
    }

    /// Whether another process took a text like this one for that turn, so lately that it may be brought again.
    pub fn elsewhere(&self, print: u64, turn: Uuid, run: u64, now: Timestamp) -> bool {
        let lately = |taken: &&Taken| now.duration_since(taken.at) <= AGAIN;
        let like = |taken: &&Taken| taken.print == print && taken.turn == Some(turn);
        self.taken.iter().filter(like).filter(lately).any(|taken| taken.run != run)
    }

    /// The unfinished series.
    pub fn parts(&self) -> Reassembly {
        self.parts.read()
    }

    /// Keeps the unfinished series.
    pub fn keep_parts(&mut self, parts: &Reassembly) {
        self.parts = StoredParts::write(parts);
    }

    /// Adds a piece of a text to those that came before it, in the room that receipts leave.
    pub fn add_piece(&mut self, piece: &Piece<'_>, data_coding: u8, now: Instant, limits: &Limits) -> Added {
        let (mut parts, mut receipts) = (self.parts(), self.receipts.read());
        receipts.expire(now, limits);
        let added = parts.add(piece, data_coding, now, &limits.beside(&receipts));
        self.keep_parts(&parts);
        self.receipts = StoredParts::write(&receipts);
        added
    }

    /// Gives up the series whose time is over. Where the person is to be told of them, gives the id of the text that
    /// does: not of a receipt, and of each text once, whatever comes of it later.
    pub fn expire(&mut self, key: &SubscriberKey, now: Timestamp, limits: &Limits) -> Option<Uuid> {
        let mut parts = self.parts();
        let expired = parts.expire(instant(now), limits);
        if expired.is_empty() {
            return None;
        }
        self.keep_parts(&parts);
        let is_missed = |set: &&PartialSet| !set.pieces.iter().any(|piece| is_piece(&piece.octets));
        let told = expired.iter().filter(is_missed).filter_map(|set| {
            let series = StoredSeries::write(set.series, set.data_coding);
            let pieces = set.pieces.iter().map(|piece| (piece.number, &piece.octets[..]));
            GivenUp::note(&mut self.given_up, key, series, pieces, instant(now))
        });
        // One text speaks of all of them.
        told.last()
    }

    /// How many series and octets are kept of what is not whole.
    #[cfg(test)]
    pub fn kept(&self) -> (usize, usize) {
        let all = [self.parts(), self.receipts.read()];
        (all.iter().map(|it| it.sets.len()).sum(), all.iter().map(Reassembly::octets).sum())
    }

    /// How long what waits for its parts may still wait.
    pub fn wait(&self, now: Timestamp, limits: &Limits) -> Option<Duration> {
        self.parts().next_expiry(limits).map(|at| at.saturating_since(instant(now)).min(limits.lifetime))
    }

    /// Gives up a text that has more parts than are taken, of which this is one. Gives the id of the text that tells
    /// the person, once.
    pub fn refuse(&mut self, key: &SubscriberKey, piece: &Piece<'_>, data_coding: u8, now: Timestamp) -> Option<Uuid> {
        let series = StoredSeries::write(piece.series, data_coding);
        let pieces = std::iter::once((piece.number, piece.octets));
        GivenUp::note(&mut self.given_up, key, series, pieces, instant(now))
    }

    /// Notes that the person is to be told under that name that a text to this number did not come whole.
    pub fn owe(&mut self, id: Uuid, service: &Address, words: String, at: Timestamp) {
        self.owed.truncate(OWED_MAX - 1);
        self.owed.insert(0, OwedText { id, at, service: parts_of(service), words });
    }

    /// What the person is still to be told; what nobody waits for any more is let go.
    pub fn owed(&mut self, now: Timestamp) -> Vec<OwedText> {
        self.owed.retain(|owed| now.duration_since(owed.at) <= OWED_FOR);
        self.owed.clone()
    }

    /// Notes that the person is told under these names.
    pub fn settle(&mut self, told: &[Uuid]) {
        self.owed.retain(|owed| !told.contains(&owed.id));
    }

    /// Adds a piece of a receipt to those that came before it.
    pub fn add_receipt_piece(&mut self, piece: &Piece<'_>, data_coding: u8, now: Instant, limits: &Limits) -> Added {
        let mut receipts = self.receipts.read();
        let added = receipts.add(piece, data_coding, now, &limits.beside(&self.parts.read()));
        self.receipts = StoredParts::write(&receipts);
        added
    }
}

impl TextTurn {
    pub fn new(id: Uuid, service: &Address, asks_again: bool) -> Self {
        Self { id, service: parts_of(service), shown: None, reminders: None, asks_again, by_notice: false, charged: 0 }
    }

    /// The same question asked once more, under a name of its own.
    pub fn asked_again(self, id: Uuid) -> Self {
        Self { id, reminders: None, charged: 0, ..self }
    }

    /// The number that was written to.
    pub fn service(&self) -> Address {
        address(&self.service)
    }
}

fn parts_of(service: &Address) -> (u8, u8, String) {
    (service.ton, service.npi, service.digits.as_str().unwrap_or_default().to_owned())
}

fn address((ton, npi, digits): &(u8, u8, String)) -> Address {
    Address::new(*ton, *npi, digits).unwrap_or_default()
}

/// The moment as parts are measured by: by the wall, which all gateways share.
pub(super) fn instant(now: Timestamp) -> Instant {
    Instant::from_micros(u64::try_from(now.as_microsecond()).unwrap_or_default())
}

/// What a redelivered text has in common with the first: everything but its sequence number.
pub(super) fn print(operator: &str, message: &ShortMessage) -> u64 {
    let mut digest = Sha256::new();
    for part in [
        operator.as_bytes(),
        message.source.digits.as_bytes(),
        message.destination.digits.as_bytes(),
        &[message.esm_class, message.data_coding],
        message.user_data(),
    ] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    // Series may say their place in parameters alone.
    for tlv in message.tlvs.as_tlvs().iter() {
        digest.update(tlv.tag.0.to_be_bytes());
        digest.update(tlv.value);
    }
    let digest = digest.finalize();
    u64::from_be_bytes([digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7]])
}

/// A text's id from what it is about.
pub(super) fn name(parts: &[&[u8]]) -> Uuid {
    let digest = parts.iter().fold(Sha256::new(), |digest, part| digest.chain_update(part)).finalize();
    let mut octets = [0; 16];
    octets.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dayaq_smpp::concat::{UserData, user_data};
    use dayaq_types::seal::{Key, KeyRing};
    use dayaq_types::{Msisdn, SeededEntropy};

    fn key() -> SubscriberKey {
        let random = SeededEntropy::new(1);
        SubscriberKey::of(&KeyRing::new(1, &Key::generate(&random)), &Msisdn::parse("994501234567").unwrap())
    }

    fn part(number: u8, text: &[u8]) -> ShortMessage {
        let short_message = [&[5, 0, 3, 9, 3, number], text].concat();
        ShortMessage { esm_class: 0x40, short_message, ..ShortMessage::default() }
    }

    #[test]
    fn a28_parts_survive_the_store_and_are_given_up_once() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let mut texting = Texting::default();
        for (number, text) in [(3, &b"C"[..]), (1, b"A"), (2, b"B")] {
            let mut parts = texting.parts();
            let message = part(number, text);
            let UserData::Piece(piece) = user_data(&message).unwrap() else { panic!("a piece") };
            let added = parts.add(&piece, 0, instant(now), &Limits::default());
            texting.keep_parts(&parts);
            let json = serde_json::to_vec(&texting).unwrap();
            texting = serde_json::from_slice(&json).unwrap();
            match added {
                Added::Complete(text) => assert_eq!((number, text.octets()), (2, &b"ABC"[..])),
                other => assert!(number != 2 && other == Added::Waiting),
            }
        }
        let mut parts = texting.parts();
        let message = part(1, b"D");
        let UserData::Piece(piece) = user_data(&message).unwrap() else { panic!("a piece") };
        parts.add(&piece, 0, instant(now), &Limits::default());
        texting.keep_parts(&parts);
        let later = |s| now.checked_add(jiff::SignedDuration::from_secs(s)).unwrap();
        assert_eq!(texting.expire(&key(), later(599), &Limits::default()), None);
        assert!(texting.expire(&key(), later(600), &Limits::default()).is_some());
        assert_eq!(texting.expire(&key(), later(601), &Limits::default()), None, "the person is told once");
    }

    #[test]
    fn a06_a_print_tells_texts_apart() {
        let one = part(1, b"1");
        assert_eq!(print("demo", &one), print("demo", &one.clone()));
        assert_ne!(print("demo", &one), print("demo", &part(2, b"1")));
        assert_ne!(print("demo", &one), print("other", &one));
    }
}
