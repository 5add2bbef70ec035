//! C14: the version of the program before this one, as it stands written down here and changes no more, and the one after it.
//! What the one before wrote is read, what this one writes is read by the one before, and what is of the one after is read
//! or politely begun anew.

use super::applicant::{ANSWERS, Desk, cases};
use super::forms::{Dice, text};
use super::memory::Memory;
use super::world::{Phone, content};
use super::written_before::{BY_TEXT, ON_THE_AIR};
use crate::heard::Heard;
use dayaq_smpp::CommandStatus;
use dayaq_smpp::ussd::UssdEvent;
use serde_json::{Value, json};
use std::cell::Cell;
use std::sync::Arc;
use tracing::Level;

const PHONE: u64 = 994_501_234_567;
const TWIN: u64 = 994_501_234_568;

/// The reader and writer of the version before: its types, without what it did not know.
mod before {
    use serde::{Deserialize, Serialize};
    use serde_json::Value;
    use std::collections::BTreeMap;

    #[derive(Serialize, Deserialize)]
    pub struct Envelope {
        pub schema: u8,
        dialog: Dialog,
        radio: Option<Radio>,
        #[serde(default)]
        texting: Texting,
        #[serde(default)]
        marks: Marks,
    }

    #[derive(Serialize, Deserialize)]
    struct Dialog {
        book: String,
        language: Option<Language>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        guess: Option<Language>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<First>,
        entry: String,
        draft: Draft,
        frames: Vec<Frame>,
        shelf: Option<Shelf>,
        prompt: Prompt,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interrupted: Option<Prompt>,
        complaint: Option<Complaint>,
        page: usize,
        tries: u8,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        news: Vec<News>,
        #[serde(default)]
        channel: Option<Channel>,
        updated_at: String,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Language {
        Az,
        Ru,
        En,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum First {
        Dialled(String),
        Said(String),
    }

    #[derive(Serialize, Deserialize)]
    struct Draft {
        id: String,
        calls: BTreeMap<String, u32>,
    }

    #[derive(Serialize, Deserialize)]
    struct Frame {
        dialogue: String,
        path: Vec<String>,
        answers: BTreeMap<String, Answer>,
    }

    #[derive(Serialize, Deserialize)]
    struct Answer {
        state: String,
        value: Value,
    }

    #[derive(Serialize, Deserialize)]
    struct Shelf {
        draft: Draft,
        frames: Vec<Frame>,
        at: String,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Prompt {
        State,
        Resume,
        Confirm(String),
        Help,
        Remove,
        Waiting,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Complaint {
        NoSuchOption,
        Unseen,
        Wrong,
        Doubtful { letter: char, position: usize },
        Unreadable,
        Duplicate,
        Restarted,
    }

    #[derive(Serialize, Deserialize)]
    struct News {
        id: String,
        text: String,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Channel {
        Ussd,
        Sms,
    }

    #[derive(Serialize, Deserialize)]
    struct Radio {
        operator: String,
        key: Vec<u8>,
        sequence: Option<u64>,
        print: u64,
        #[serde(default)]
        past: Vec<(u64, u64)>,
        live: bool,
        shown: Option<Shown>,
    }

    #[derive(Serialize, Deserialize)]
    struct Shown {
        text: String,
        ends: bool,
    }

    #[derive(Default, Serialize, Deserialize)]
    struct Texting {
        operator: Option<String>,
        taken: Vec<Taken>,
        turn: Option<TextTurn>,
        #[serde(default)]
        parts: Vec<Value>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        completed: Vec<Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipts: Option<Value>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        given_up: Vec<Value>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        owed: Vec<Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tally: Option<Value>,
    }

    #[derive(Serialize, Deserialize)]
    struct Taken {
        print: u64,
        at: String,
        run: u64,
        bind: String,
        connection: u64,
        #[serde(default)]
        sequence_number: Option<u32>,
        turn: Option<String>,
    }

    #[derive(Serialize, Deserialize)]
    struct TextTurn {
        id: String,
        service: (u8, u8, String),
        shown: Option<String>,
        reminders: Option<bool>,
        #[serde(default)]
        asks_again: bool,
        #[serde(default)]
        by_notice: bool,
        #[serde(default)]
        charged: u32,
    }

    #[derive(Default, Serialize, Deserialize)]
    struct Marks {
        session: Option<(String, [u8; 16])>,
        nonce: Option<[u8; 16]>,
        signed_at: i64,
        nonces: Vec<[u8; 16]>,
        said: String,
        gone: Vec<[u8; 16]>,
    }
}

/// Reads a session as the version before does, and writes it as that does.
fn through_the_version_before(plain: &[u8]) -> Vec<u8> {
    let envelope: before::Envelope = serde_json::from_slice(plain).expect("the version before reads it");
    assert_eq!(envelope.schema, 1, "and takes it for its own");
    serde_json::to_vec(&envelope).expect("it writes")
}

/// What may be typed or written at any question, beside its answer.
const KEYS: [&str; 10] = ["0", "98", "9", "x", "2", "00", "5AKT9X2", "*", "1", "12345678"];

async fn desk() -> Desk {
    Desk::on("dialogue-id", Arc::new(Memory::default())).await
}

/// A turn of both phones, which must hear the same: by USSD, or by a text.
async fn both_hear(
    desk: &Desk,
    phones: &mut [Phone<'_>; 2],
    event: Option<UssdEvent>,
    typed: &str,
    about: &str,
) -> bool {
    let mut heard = Vec::new();
    for phone in phones {
        match event {
            Some(event) => {
                (phone.session, phone.sequence) = match event == UssdEvent::Begin {
                    true => (phone.session + 2, 0),
                    false => (phone.session, phone.sequence + 1),
                };
                let said = desk.deliver(phone.message(event, typed)).await;
                heard.push((said.statuses, said.screens));
            }
            None => {
                let said = desk.deliver(text(phone.number, typed)).await;
                heard.push((said.statuses, vec![(desk.world.reply(phone.number).await, false)]));
            }
        }
    }
    assert_eq!(heard[0], heard[1], "{about}");
    heard[0].1.iter().any(|(_, ends)| *ends)
}

/// A phone whose session passes through the version before between any two turns hears what its twin hears, wherever they
/// wander.
#[tokio::test]
async fn c14_a_session_that_passes_through_the_version_before_at_each_turn_loses_nothing() {
    let (walks, mut turns) = (cases(24).min(600), 0);
    for seed in 0..walks as u64 {
        let (mut dice, desk) = (Dice(seed), desk().await);
        let mut phones = [PHONE, TWIN].map(|number| desk.world.phone(number, 10));
        let (mut at, mut over) = (0, true);
        for turn in 0..30 {
            let about = format!("seed {seed}, turn {turn}");
            let (event, typed) = match over {
                true => (Some(UssdEvent::Begin), "*7142#"),
                false if dice.one_in(8) => (None, dice.pick(&["Salam", "1", "kömək"])),
                false if dice.one_in(4) => (Some(UssdEvent::Continue), dice.pick(&KEYS)),
                false => (Some(UssdEvent::Continue), ANSWERS[at % ANSWERS.len()]),
            };
            over = both_hear(&desk, &mut phones, event, typed, &about).await;
            at += usize::from(event == Some(UssdEvent::Continue));
            let written = desk.world.plain(PHONE).await.unwrap();
            desk.world.put(PHONE, &through_the_version_before(&written)).await;
            turns += 1;
        }
    }
    println!("{walks} walks, {turns} turns, after each of which the version before had read and written the session");
}

/// Under the dialogues of now, which the version before has kept in the store.
fn of_now(octets: &str) -> Vec<u8> {
    octets.replace("BOOK", content().1.hash()).into_bytes()
}

#[tokio::test]
async fn c14_what_the_version_before_wrote_is_read() {
    for (octets, typed, shows) in ON_THE_AIR {
        let desk = desk().await;
        desk.world.put(PHONE, &of_now(octets)).await;
        let mut phone = desk.phone(PHONE);
        // The radio session of then.
        phone.session += 1;
        let (screen, ends) = desk.send(&mut phone, typed).await;
        assert!(screen.contains(shows) && !ends, "{shows:?} is not on\n{screen}");
        // And what is written of it now, the version before reads.
        through_the_version_before(&desk.world.plain(PHONE).await.unwrap());
    }
    let (octets, typed, shows) = BY_TEXT;
    let desk = desk().await;
    desk.world.put(PHONE, &of_now(octets)).await;
    assert_eq!(desk.deliver(text(PHONE, typed)).await.statuses, [CommandStatus::ROK]);
    let reply = desk.world.reply(PHONE).await;
    assert!(reply.contains(shows), "{shows:?} is not in\n{reply}");
}

/// What the version after this one may write: more fields anywhere, which this one passes over.
fn adorned(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(|value| adorned(value, dice));
            // Of names as keys no more may be made: they are somebody's answers, or calls.
            let is_of_names = fields.is_empty() || !fields.keys().all(|key| KNOWN.contains(&key.as_str()));
            if !is_of_names && dice.one_in(2) {
                let more = [json!(null), json!({ "deep": [1, { "er": "x" }] }), json!("words"), json!(4.5)];
                fields.insert(format!("later_{}", dice.roll(3)), more[dice.roll(4) as usize].clone());
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| adorned(value, dice)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The fields of the objects that may have more of them.
const KNOWN: [&str; 32] = [
    "schema",
    "dialog",
    "radio",
    "texting",
    "marks",
    "kept",
    "life",
    "book",
    "language",
    "entry",
    "draft",
    "frames",
    "shelf",
    "prompt",
    "complaint",
    "page",
    "tries",
    "channel",
    "updated_at",
    "dialogue",
    "path",
    "answers",
    "operator",
    "key",
    "sequence",
    "print",
    "past",
    "live",
    "shown",
    "ends",
    "taken",
    "turn",
];

#[tokio::test]
async fn c14_what_the_version_after_adds_is_passed_over() {
    for seed in 0..cases(24).min(600) as u64 {
        let (mut dice, desk) = (Dice(seed), desk().await);
        let mut phones = [PHONE, TWIN].map(|number| desk.world.phone(number, 10));
        both_hear(&desk, &mut phones, Some(UssdEvent::Begin), "*7142#", "the dial").await;
        for typed in ANSWERS {
            let about = format!("seed {seed}, {typed:?}");
            both_hear(&desk, &mut phones, Some(UssdEvent::Continue), typed, &about).await;
            let mut written = serde_json::from_slice(&desk.world.plain(PHONE).await.unwrap()).unwrap();
            adorned(&mut written, &mut dice);
            desk.world.put(PHONE, &serde_json::to_vec(&written).unwrap()).await;
        }
    }
}

/// What the version after may have made of sessions, where it has given them another form.
fn of_the_version_after(dice: &mut Dice, before: &[u8]) -> Vec<u8> {
    let form = dice.pick(&[0, 2, 3, 255, 256, 70_000, u64::from(u32::MAX)]);
    let mut same: Value = serde_json::from_slice(before).unwrap();
    same["schema"] = json!(form);
    let other =
        json!({ "schema": form, "state": { "dialogue": "applicant", "at": "card" }, "answers": [1, 2], "radio": 7 });
    serde_json::to_vec(&dice.pick(&[&same, &other])).unwrap()
}

/// A phone answers a question, and finds its session in the form of the version after.
async fn begins_anew(seed: u64) {
    let (mut dice, mut desk) = (Dice(seed), desk().await);
    let seen = desk.undisturbed(TWIN).await;
    let at = 1 + dice.roll(ANSWERS.len() as u64 - 1) as usize;
    let mut phone = desk.phone(PHONE);
    desk.dial(&mut phone).await;
    for typed in &ANSWERS[..at] {
        desk.send(&mut phone, typed).await;
    }
    let (session, sequence) = (phone.session, phone.sequence);
    let written = of_the_version_after(&mut dice, &desk.world.plain(PHONE).await.unwrap());
    desk.world.put(PHONE, &written).await;
    if dice.one_in(2) {
        desk.restart();
    }
    let mut phone = Phone { session, sequence, ..desk.phone(PHONE) };
    let heard = desk.send(&mut phone, ANSWERS[at]).await;
    desk.goes_on_unread(&mut phone, heard, at, &seen, &format!("seed {seed}")).await;
}

/// It is nobody's fault: the log warns, and nothing is counted as damaged.
#[test]
fn c14_a_session_of_the_form_of_the_version_after_is_begun_anew_politely() {
    let phones = cases(24).min(600);
    for seed in 0..phones as u64 {
        let done = Cell::new(false);
        let heard = Heard::of(async || {
            begins_anew(seed).await;
            done.set(true);
        });
        assert!(done.get());
        let warned = heard.log.of(Level::WARN).iter().any(|line| line.contains("another version of this program"));
        assert!(warned, "seed {seed}: {}", heard.log.of(Level::WARN).join("\n"));
        assert_eq!(heard.count("dayaq_session_quarantined_total"), 0, "seed {seed}");
        assert_eq!(heard.count("dayaq_turns_panicked_total"), 0, "seed {seed}");
    }
    println!("{phones} phones began anew, each told politely");
}
