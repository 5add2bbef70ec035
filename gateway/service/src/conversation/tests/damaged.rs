//! C13: what is stored in a session's place is damaged, under its seal or with it: it is counted and said, the person goes
//! on politely, and nobody else's answers are shown.

use super::applicant::{ANSWERS, DRAFT_FROM, Desk, cases};
use super::forms::Dice;
use super::memory::Memory;
use super::world::Phone;
use crate::conversation::envelope::{Envelope, Unread};
use crate::heard::Heard;
use crate::store::{SessionBackend, Stored, Version};
use dayaq_types::SeededEntropy;
use dayaq_types::seal::{Key, KeyRing};
use serde_json::{Value, json};
use std::cell::Cell;
use std::sync::Arc;
use tracing::Level;

const PHONE: u64 = 994_501_234_567;
const OTHER: u64 = 994_501_234_568;

/// What has become of the octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    /// Of those under the seal, which itself is good.
    Cut,
    Bit,
    Octets,
    Nothing,
    Cbor,
    AnotherShape,
    FieldGone,
    FieldOfAnotherType,
    /// Of the seal.
    SealCut,
    SealBit,
    SealOfAnotherPhone,
    SealOfAnotherKey,
    NoSeal,
}

const KINDS: [Damage; 13] = [
    Damage::Cut,
    Damage::Bit,
    Damage::Octets,
    Damage::Nothing,
    Damage::Cbor,
    Damage::AnotherShape,
    Damage::FieldGone,
    Damage::FieldOfAnotherType,
    Damage::SealCut,
    Damage::SealBit,
    Damage::SealOfAnotherPhone,
    Damage::SealOfAnotherKey,
    Damage::NoSeal,
];

/// Each field of an envelope that cannot do without it.
const NEEDED: [&str; 3] = ["schema", "dialog", "radio"];

impl Damage {
    /// What the octets of a session become under a good seal; nothing where it is the seal that is damaged.
    fn of_plain(self, plain: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
        let at = dice.roll(plain.len() as u64) as usize;
        let mut octets = plain.to_vec();
        let mut value: Value = serde_json::from_slice(plain).unwrap();
        match self {
            Self::Cut => octets.truncate(at),
            Self::Bit => octets[at] ^= 1 << dice.roll(8),
            Self::Octets => octets = (0..1 + dice.roll(300)).map(|_| dice.roll(256) as u8).collect(),
            Self::Nothing => octets.clear(),
            // A map of one field, whose name is cut off.
            Self::Cbor => octets = vec![0xA1, 0x66, b's', b'c', b'h'],
            Self::AnotherShape => {
                let shapes = ["null", "[]", "7", "\"dialog\"", "{}", "{\"schema\":1}", "[1,null]"];
                octets = dice.pick(&shapes).into();
            }
            Self::FieldGone => {
                value.as_object_mut().unwrap().remove(dice.pick(&["schema", "dialog"]));
                octets = serde_json::to_vec(&value).unwrap();
            }
            Self::FieldOfAnotherType => {
                let others = [json!("x"), json!([[]]), json!(-1), json!({ "x": 1 })];
                value[dice.pick(&NEEDED)] = others[dice.roll(4) as usize].clone();
                octets = serde_json::to_vec(&value).unwrap();
            }
            Self::SealCut | Self::SealBit | Self::SealOfAnotherPhone | Self::SealOfAnotherKey | Self::NoSeal => {
                return None;
            }
        }
        Some(octets)
    }

    /// What a sealed session becomes.
    fn of_seal(self, own: &[u8], others: &[u8], dice: &mut Dice) -> Vec<u8> {
        let at = dice.roll(own.len() as u64) as usize;
        let mut octets = own.to_vec();
        match self {
            Self::SealCut => octets.truncate(at),
            Self::SealBit => octets[at] ^= 1 << dice.roll(8),
            Self::SealOfAnotherPhone => octets = others.to_vec(),
            Self::SealOfAnotherKey => {
                let entropy = SeededEntropy::new(dice.roll(u64::MAX));
                octets = KeyRing::new(9, &Key::generate(&entropy)).seal(b"session", b"of another", &entropy);
            }
            Self::NoSeal => octets.clear(),
            Self::Cut
            | Self::Bit
            | Self::Octets
            | Self::Nothing
            | Self::Cbor
            | Self::AnotherShape
            | Self::FieldGone
            | Self::FieldOfAnotherType => unreachable!("it is under the seal"),
        }
        octets
    }
}

/// What a damaged session is to this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Is {
    /// It opens and can be read: it was hit where it does not show.
    Read,
    Unread(Unread),
    Unopened,
}

/// A phone is in the middle of its application, its session is damaged so, and it goes on to the end.
async fn goes_on_over(kind: Damage, seed: u64) -> Is {
    let mut dice = Dice(seed);
    let memory = Arc::new(Memory::default());
    let mut desk = Desk::on("dialogue-id", memory.clone()).await;
    let seen = desk.undisturbed(OTHER).await;
    let at = DRAFT_FROM + 1 + dice.roll((ANSWERS.len() - DRAFT_FROM - 2) as u64) as usize;
    let mut phone = desk.phone(PHONE);
    desk.dial(&mut phone).await;
    for typed in &ANSWERS[..at] {
        desk.send(&mut phone, typed).await;
    }
    let (session, sequence) = (phone.session, phone.sequence);
    let plain = desk.world.plain(PHONE).await.unwrap();
    let is = match kind.of_plain(&plain, &mut dice) {
        Some(octets) => {
            desk.world.put(PHONE, &octets).await;
            Envelope::decode(&octets).map_or_else(Is::Unread, |_| Is::Read)
        }
        None => {
            let key = |number| desk.world.key(number);
            let own = memory.load(&key(PHONE)).await.unwrap().unwrap();
            let theirs = memory.load(&key(OTHER)).await.unwrap().unwrap();
            let blob = kind.of_seal(&own.blob, &theirs.blob, &mut dice).into();
            // Under a version of its own, so that whoever remembers the phone is wrong about it.
            let stored = Stored { version: Version::new(own.version.number(), [7; 16]), blob };
            memory.0.lock().unwrap().insert(key(PHONE).as_bytes().to_vec(), stored);
            Is::Unopened
        }
    };
    if dice.one_in(2) {
        desk.restart();
    }
    let mut phone = Phone { session, sequence, ..desk.phone(PHONE) };
    let heard = desk.send(&mut phone, ANSWERS[at]).await;
    assert!(!heard.0.is_empty());
    if is != Is::Read {
        desk.goes_on_unread(&mut phone, heard, at, &seen, &format!("{kind:?}")).await;
    }
    is
}

#[test]
fn c13_a_damaged_session_is_counted_and_told_and_its_person_goes_on_at_the_last_section() {
    let (mut unopened, mut damaged, mut other_forms, mut unharmed) = (0, 0, 0, 0);
    for seed in 0..cases(65).min(6_500) as u64 {
        let kind = KINDS[seed as usize % KINDS.len()];
        let is = Cell::new(Is::Read);
        let heard = Heard::of(async || is.set(goes_on_over(kind, seed).await));
        let about = || format!("{kind:?}, seed {seed}: {:?}\n{}", is.get(), heard.log.of(Level::ERROR).join("\n"));
        assert_eq!(heard.count("dayaq_turns_panicked_total"), 0, "{}", about());
        let counted = heard.count("dayaq_session_quarantined_total");
        let told = |level, words: &str| heard.log.of(level).iter().any(|line| line.contains(words));
        match is.get() {
            Is::Unopened => {
                assert!(counted >= 1 && told(Level::ERROR, "A stored session does not open"), "{}", about());
                unopened += 1;
            }
            Is::Unread(Unread::Damaged) => {
                assert!(counted >= 1 && told(Level::ERROR, "opens and cannot be read"), "{}", about());
                damaged += 1;
            }
            Is::Unread(Unread::OtherForm(_)) => {
                assert!(counted == 0 && told(Level::WARN, "another version of this program"), "{}", about());
                other_forms += 1;
            }
            Is::Read => unharmed += 1,
        }
    }
    println!(
        "{unopened} did not open, {damaged} could not be read, {other_forms} of another form, {unharmed} unharmed"
    );
    assert!(unopened > 0 && damaged > unharmed);
}

/// A draft in safe keeping that opens and cannot be read is counted and told, and the person begins anew.
#[test]
fn c13_a_damaged_draft_is_counted_and_told_and_its_person_begins_anew() {
    for damage in [&b""[..], b"null", b"{\"book\":7}", b"\xA1\x66sch"] {
        let heard = Heard::of(async || {
            let memory = Arc::new(Memory::default());
            let desk = Desk::on("dialogue-id", memory.clone()).await;
            let mut phone = desk.phone(PHONE);
            desk.dial(&mut phone).await;
            for typed in &ANSWERS[..10] {
                desk.send(&mut phone, typed).await;
            }
            let key = desk.world.key(PHONE);
            let version = desk.world.store().kept_draft(&key).await.unwrap().unwrap().version;
            desk.world.store().keep_draft(&key, version, Some(damage)).await.unwrap();
            memory.0.lock().unwrap().clear();
            let (screen, ends) = desk.dial(&mut phone).await;
            assert!(!ends && screen.contains("1 Yeni müraciət"), "{screen}");
            let mut screen = desk.send(&mut phone, ANSWERS[1]).await.0;
            for typed in &ANSWERS[2..10] {
                screen = desk.send(&mut phone, typed).await.0;
            }
            desk.finish(&mut phone, screen, 10).await;
        });
        assert!(heard.count("dayaq_session_quarantined_total") >= 1, "{}", heard.figures);
        assert!(heard.log.of(Level::ERROR).iter().any(|line| line.contains("A kept draft opens and cannot be read")));
        assert_eq!(heard.count("dayaq_turns_panicked_total"), 0);
    }
}
