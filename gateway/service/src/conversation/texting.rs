//! What is stored of a subscriber's texts between two of them: what was taken, what was answered, and parts.

use super::doubt::Taken;
use dayaq_smpp::Instant;
use dayaq_smpp::concat::{Carrier, Limits, PartialSet, Reassembly, Series};
use dayaq_smpp::{Address, ShortMessage};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Texts and parts that are remembered, so that a repeat is known again.
const TAKEN_MAX: usize = 16;

/// A subscriber's texts as they are stored.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Texting {
    /// The operator over which the last one came.
    pub operator: Option<String>,
    /// The latest, oldest first.
    taken: Vec<Taken>,
    /// The last turn that was taken by a text.
    pub turn: Option<TextTurn>,
    parts: Vec<StoredSet>,
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
}

/// An unfinished series of parts.
#[derive(Debug, Serialize, Deserialize)]
struct StoredSet {
    reference: u16,
    carrier: u8,
    total: u8,
    data_coding: u8,
    began_us: u64,
    /// Number and octets in hexadecimal.
    pieces: Vec<(u8, String)>,
}

impl Texting {
    /// Adds a text that is taken; the oldest is forgotten.
    pub fn take(&mut self, taken: Taken) {
        if self.taken.len() >= TAKEN_MAX {
            self.taken.remove(0);
        }
        self.taken.push(taken);
    }

    /// Finds the latest text like this one that `repeats` says it repeats.
    pub fn find(&mut self, print: u64, repeats: impl Fn(&Taken) -> bool) -> Option<&mut Taken> {
        self.taken.iter_mut().rev().find(|taken| taken.print == print && repeats(taken))
    }

    /// The unfinished series.
    pub fn parts(&self) -> Reassembly {
        Reassembly { sets: self.parts.iter().filter_map(StoredSet::read).collect() }
    }

    /// Keeps the unfinished series.
    pub fn keep_parts(&mut self, parts: &Reassembly) {
        self.parts = parts.sets.iter().map(StoredSet::write).collect();
    }

    /// Gives up the series whose time is over; says whether there were any.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let mut parts = self.parts();
        let expired = !parts.expire(instant(now), &Limits::default()).is_empty();
        if expired {
            self.keep_parts(&parts);
        }
        expired
    }
}

impl TextTurn {
    pub fn new(id: Uuid, service: &Address) -> Self {
        let digits = service.digits.as_str().unwrap_or_default().to_owned();
        Self { id, service: (service.ton, service.npi, digits), shown: None, reminders: None }
    }

    /// The number that was written to.
    pub fn service(&self) -> Address {
        let (ton, npi, digits) = &self.service;
        Address::new(*ton, *npi, digits).unwrap_or_default()
    }
}

impl StoredSet {
    fn write(set: &PartialSet) -> Self {
        let carrier = match set.series.carrier {
            Carrier::Header8 => 0,
            Carrier::Header16 => 1,
            Carrier::Sar => 2,
        };
        Self {
            reference: set.series.reference,
            carrier,
            total: set.series.total,
            data_coding: set.data_coding,
            began_us: set.began.as_micros(),
            pieces: set.pieces.iter().map(|(number, octets)| (*number, hex(octets))).collect(),
        }
    }

    fn read(&self) -> Option<PartialSet> {
        let carrier = match self.carrier {
            0 => Carrier::Header8,
            1 => Carrier::Header16,
            2 => Carrier::Sar,
            _ => return None,
        };
        Some(PartialSet {
            series: Series { reference: self.reference, carrier, total: self.total },
            data_coding: self.data_coding,
            began: Instant::from_micros(self.began_us),
            pieces: self.pieces.iter().map(|(number, text)| Some((*number, unhex(text)?))).collect::<Option<_>>()?,
        })
    }
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

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dayaq_smpp::concat::{Added, UserData, user_data};

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
            assert!(added == if number == 2 { Added::Complete(b"ABC".to_vec()) } else { Added::Waiting });
        }
        let mut parts = texting.parts();
        let message = part(1, b"A");
        let UserData::Piece(piece) = user_data(&message).unwrap() else { panic!("a piece") };
        parts.add(&piece, 0, instant(now), &Limits::default());
        texting.keep_parts(&parts);
        let later = |s| now.checked_add(jiff::SignedDuration::from_secs(s)).unwrap();
        assert!(!texting.expire(later(599)));
        assert!(texting.expire(later(600)));
        assert!(!texting.expire(later(601)), "the person is told once");
    }

    #[test]
    fn a06_a_print_tells_texts_apart() {
        let one = part(1, b"1");
        assert_eq!(print("demo", &one), print("demo", &one.clone()));
        assert_ne!(print("demo", &one), print("demo", &part(2, b"1")));
        assert_ne!(print("demo", &one), print("other", &one));
    }
}
