//! Reassembly against a model of it that is as simple as can be, in many thousands of generated interleavings (A29).

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::instant::Instant;
use crate::message::ShortMessage;
use crate::tlv::{Tag, TlvBuf};

/// Interleavings that one run generates.
const INTERLEAVINGS: u64 = 100_000;

/// A generator that repeats itself from its seed (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}

/// How one part is sent.
#[derive(Clone)]
struct Sent {
    carrier: Carrier,
    reference: u16,
    total: u8,
    number: u8,
    data_coding: u8,
    text: Vec<u8>,
    /// Whether `sar_*` parameters of another series stand beside the header.
    mixed: bool,
    /// What is added to the header's length, which is a lie then.
    lies: i8,
}

impl Sent {
    fn message(&self) -> ShortMessage {
        let (reference, total, number) = (self.reference.to_be_bytes(), self.total, self.number);
        let mut header = match self.carrier {
            Carrier::Header8 => vec![5, 0, 3, reference[1], total, number],
            Carrier::Header16 => vec![6, 8, 4, reference[0], reference[1], total, number],
            Carrier::Sar => Vec::new(),
        };
        if let Some(len) = header.first_mut() {
            *len = len.wrapping_add_signed(self.lies);
        }
        let mut tlvs = TlvBuf::new();
        let beside = self.mixed.then_some((9, 2, 1));
        let own = (self.carrier == Carrier::Sar).then_some((self.reference, total, number));
        if let Some((reference, total, number)) = own.or(beside) {
            tlvs.push(Tag::SAR_MSG_REF_NUM, &reference.to_be_bytes()).unwrap();
            tlvs.push_u8(Tag::SAR_TOTAL_SEGMENTS, total);
            tlvs.push_u8(Tag::SAR_SEGMENT_SEQNUM, number);
        }
        ShortMessage {
            esm_class: if header.is_empty() { 0 } else { ESM_CLASS_UDHI },
            data_coding: self.data_coding,
            short_message: [header, self.text.clone()].concat(),
            tlvs,
            ..ShortMessage::default()
        }
    }

    /// What the specification says of it before any other part is looked at: `None` is a clean reject.
    fn sound(&self) -> Option<Key> {
        // Of one that is too long the elements tell where it ends.
        let lies = self.lies < 0 && self.carrier != Carrier::Sar;
        let sound = !lies && self.number > 0 && self.number <= self.total;
        sound.then_some((self.carrier as u8, self.reference, self.total, self.data_coding))
    }
}

/// Carrier, reference, total, data_coding.
type Key = (u8, u16, u8, u8);
type Parts = BTreeMap<u8, Vec<u8>>;

/// A series that is not whole.
struct Open {
    began: u64,
    key: Key,
    parts: Parts,
    echo: bool,
}

/// What a phone's texts are, remembered in full.
#[derive(Default)]
struct Model {
    /// In the order of beginning.
    open: Vec<Open>,
    /// In the order of completion: when, which, and its parts.
    whole: Vec<(u64, Key, Parts)>,
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Text(Vec<u8>),
    Nothing,
    Reject,
}

fn octets(parts: &Parts) -> usize {
    parts.values().map(Vec::len).sum()
}

impl Model {
    const LIFETIME: u64 = 600;
    const SETS: usize = 4;
    const OCTETS: usize = 8192;
    const PIECES: u8 = 50;

    /// Gives how many texts the person has to write again.
    fn expire(&mut self, now: u64) -> usize {
        self.whole.retain(|(at, ..)| now - at < Self::LIFETIME);
        let before = self.open.iter().filter(|open| !open.echo).count();
        self.open.retain(|open| now - open.began < Self::LIFETIME);
        before - self.open.iter().filter(|open| !open.echo).count()
    }

    fn take(&mut self, sent: &Sent, now: u64) -> Outcome {
        let Some(key) = sent.sound() else { return Outcome::Reject };
        if sent.total == 1 {
            return Outcome::Text(sent.text.clone());
        }
        if sent.total > Self::PIECES {
            return Outcome::Reject;
        }
        let again = self.whole.iter().any(|(_, of, parts)| *of == key && parts.get(&sent.number) == Some(&sent.text));
        let found = self.open.iter().position(|open| open.key == key);
        let mut open = match found {
            Some(at) => self.open.remove(at),
            None => Open { began: now, key, parts: Parts::new(), echo: true },
        };
        match open.parts.get(&sent.number) {
            Some(same) if *same == sent.text => {}
            Some(_) => open = Open { began: now, key, parts: [(sent.number, sent.text.clone())].into(), echo: again },
            None => {
                open.parts.insert(sent.number, sent.text.clone());
                open.echo &= again;
            }
        }
        if open.parts.len() == usize::from(sent.total) {
            self.whole.retain(|(_, of, _)| *of != key);
            let text = open.parts.values().flatten().copied().collect();
            self.whole.push((now, key, open.parts));
            let over = self.whole.len().saturating_sub(Self::SETS);
            self.whole.drain(..over);
            return Outcome::Text(text);
        }
        let all = |opens: &[Open]| opens.iter().map(|open| octets(&open.parts)).sum::<usize>();
        while self.open.len() >= Self::SETS || all(&self.open) + octets(&open.parts) > Self::OCTETS {
            let first = self.open.iter().position(|open| open.echo).unwrap_or(0);
            self.open.remove(first);
        }
        self.open.push(open);
        self.open.sort_by_key(|open| open.began);
        Outcome::Nothing
    }
}

/// One phone's texts, each oddity of the row among them.
fn texts(random: &mut Random) -> Vec<Vec<Sent>> {
    (0..1 + random.below(4)).map(|_| text(random)).collect()
}

fn text(random: &mut Random) -> Vec<Sent> {
    let carrier = [Carrier::Header8, Carrier::Header16, Carrier::Sar][random.below(3) as usize];
    // Few numbers, so that references meet: 1 and 257 have the same low octet.
    let reference = [1, 2, 7, 257][random.below(4) as usize] & if carrier == Carrier::Header8 { 0xFF } else { 0xFFFF };
    let long = random.one_in(60);
    let total = match random.below(40) {
        _ if long => 45,
        0 => 255,
        1 => 1,
        2 => 51,
        _ => 2 + random.below(4) as u8,
    };
    let data_coding = if random.one_in(4) { 8 } else { 0 };
    // Who writes the same twice writes it under any reference.
    let words = random.below(3) as u8;
    let mut parts = Vec::new();
    for number in 1..=if total > 50 { 3 } else { total } {
        let text = [b'a' + words, number, b'0' + data_coding].repeat(if long { 46 } else { 1 });
        let mut sent = Sent { carrier, reference, total, number, data_coding, text, mixed: false, lies: 0 };
        sent.mixed = random.one_in(10);
        match random.below(24) {
            0 => continue,
            1 => sent.number = 0,
            2 => sent.number = total.saturating_add(1),
            3 => sent.total = total.saturating_add(1),
            4 => sent.lies = [-1, 1, 2, i8::MAX][random.below(4) as usize],
            5 | 6 => parts.push(sent.clone()),
            _ => {}
        }
        parts.push(sent);
    }
    for at in (1..parts.len()).rev() {
        if random.one_in(2) {
            parts.swap(at, random.below(at as u64 + 1) as usize);
        }
    }
    parts
}

fn take(it: &mut Reassembly, message: &ShortMessage, now: Instant, limits: &Limits) -> Outcome {
    match user_data(message) {
        Err(_) => Outcome::Reject,
        Ok(UserData::Whole(octets)) => Outcome::Text(octets.to_vec()),
        Ok(UserData::Piece(piece)) => match it.add(&piece, message.data_coding, now, limits) {
            Added::Complete(text) => Outcome::Text(text.octets().to_vec()),
            Added::Waiting | Added::Duplicate => Outcome::Nothing,
            Added::Rejected(_) => Outcome::Reject,
        },
    }
}

#[test]
fn a29_in_a_hundred_thousand_interleavings_each_text_is_what_the_model_says() {
    let limits = Limits::default();
    let (mut joined, mut given_up, mut rejected) = (0u64, 0, 0u64);
    for seed in 1..=INTERLEAVINGS {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (mut it, mut model) = (Reassembly::default(), Model::default());
        let mut queues = texts(&mut random);
        let mut now = 0;
        while !queues.is_empty() {
            let at = random.below(queues.len() as u64) as usize;
            let Some(sent) = queues[at].pop() else {
                queues.swap_remove(at);
                continue;
            };
            now += if random.one_in(30) { 50 + random.below(700) } else { random.below(3) };
            let instant = Instant::ZERO + Duration::from_secs(now);
            let told = it.expire(instant, &limits).len();
            assert_eq!(told, model.expire(now), "seed {seed}");
            given_up += told;
            let (ours, expected) = (take(&mut it, &sent.message(), instant, &limits), model.take(&sent, now));
            assert_eq!(ours, expected, "seed {seed}");
            match ours {
                Outcome::Text(_) => joined += 1,
                Outcome::Reject => rejected += 1,
                Outcome::Nothing => {}
            }
            assert!(it.octets() <= Model::OCTETS && it.sets.len() <= Model::SETS, "seed {seed}");
            assert_eq!(it.sets.len(), model.open.len(), "seed {seed}");
        }
    }
    // The generator makes enough of each.
    assert!(joined > INTERLEAVINGS / 2 && given_up > 1000 && rejected > 10_000, "{joined} {given_up} {rejected}");
    println!("{INTERLEAVINGS} interleavings: {joined} texts whole, {given_up} given up, {rejected} parts rejected");
}
