//! C14: what the program before this one has written, and the one after it, is read or begun anew politely.

use super::applicant::{ANSWERS, Desk, shown};
use super::forms::Dice;
use super::world::Phone;
use dayaq_redis::RedisNode;
use dayaq_smpp::ussd::UssdEvent;
use serde_json::{Value, json};

const FIRST: u64 = 994_501_000_000;

/// The envelope of the version before this one had these fields and no others that are needed.
const BEFORE: [&str; 5] = ["schema", "dialog", "radio", "texting", "marks"];

/// What a program of another version makes of a session.
type Rewrite = fn(&mut Value);

/// After these the session is read, and the next question comes.
const READ: [(&str, Rewrite); 5] = [
    ("without what was added", |it| it.as_object_mut().unwrap().retain(|name, _| BEFORE.contains(&name.as_str()))),
    ("without what has a default", |it| {
        it.as_object_mut().unwrap().retain(|name, _| ["schema", "dialog", "radio"].contains(&name.as_str()));
        it["dialog"].as_object_mut().unwrap().remove("channel");
        it["radio"].as_object_mut().unwrap().remove("past");
    }),
    ("with another field", |it| it["later"] = json!({ "more": [1, 2, 3] })),
    ("with other fields everywhere", |it| adorn(it)),
    ("with other fields in the dialogue", |it| it["dialog"]["mood"] = json!("good")),
];

/// After these it cannot be: the person begins anew, or goes on from the draft.
const RESTARTED: [(&str, Rewrite); 5] = [
    ("of the next form", |it| it["schema"] = json!(2)),
    ("of a form without a number", |it| drop(it.as_object_mut().unwrap().remove("schema"))),
    ("with a prompt that nobody knows", |it| it["dialog"]["prompt"] = json!("sung")),
    ("with answers of another form", |it| it["dialog"]["frames"] = json!([{ "dialogue": 7 }])),
    ("of a dialogue that nobody knows", |it| it["dialog"]["entry"] = json!("nowhere")),
];

/// Adds a field to each object that has fields of its own, and not names as keys.
fn adorn(value: &mut Value) {
    for part in ["dialog", "radio", "texting", "marks"] {
        if let Some(fields) = value[part].as_object_mut() {
            fields.insert("later".to_owned(), json!(null));
        }
    }
    value["later"] = json!(true);
}

/// What this program writes, the one before reads: the same form, and nothing but fields that it passes over.
#[tokio::test]
async fn c14_what_is_written_has_the_form_of_before_and_fields_that_may_be_passed_over() {
    let redis = RedisNode::on_a_socket("").started();
    let desk = Desk::at(&redis.url(), "specification").await;
    let mut phone = desk.phone(FIRST);
    desk.apply(&redis, &mut phone, 0).await;
    for typed in ANSWERS {
        desk.send(&mut phone, typed).await;
        let written: Value = serde_json::from_slice(&desk.world.plain(FIRST).await.unwrap()).unwrap();
        let fields: Vec<&String> = written.as_object().unwrap().keys().collect();
        assert_eq!(written["schema"], 1);
        for field in BEFORE {
            assert!(written.get(field).is_some(), "{field} is missing");
        }
        let added: Vec<_> = fields.into_iter().filter(|field| !BEFORE.contains(&field.as_str())).collect();
        assert!(added.iter().all(|field| ["kept", "life"].contains(&field.as_str())), "{added:?}");
    }
}

#[tokio::test]
async fn c14_a_session_of_another_version_is_read_or_begun_anew_at_every_point() {
    let redis = RedisNode::on_a_socket("").started();
    let mut desk = Desk::at(&redis.url(), "specification").await;
    let mut first = desk.phone(FIRST);
    let expected = desk.apply(&redis, &mut first, ANSWERS.len()).await;
    let (mut dice, mut number, mut told) = (Dice(20_261_130), FIRST, 0);
    for at in 1..ANSWERS.len() {
        for (how, rewrite, read) in
            READ.iter().map(|(how, rewrite)| (how, rewrite, true)).chain(RESTARTED.iter().map(|(h, r)| (h, r, false)))
        {
            number += 1;
            let mut phone = desk.phone(number);
            let points = desk.apply(&redis, &mut phone, at).await;
            let (session, sequence) = (phone.session, phone.sequence);
            let mut written: Value = serde_json::from_slice(&desk.world.plain(number).await.unwrap()).unwrap();
            rewrite(&mut written);
            desk.world.put(number, &serde_json::to_vec(&written).unwrap()).await;
            // It comes to a gateway that remembers the phone, or to one that does not.
            if dice.one_in(2) {
                desk.restart();
            }
            let mut phone = Phone { session, sequence, ..desk.phone(number) };
            let (mut screen, mut ends) = desk.send(&mut phone, ANSWERS[at]).await;
            if read {
                assert_eq!((&screen, ends), (&expected[at + 1].screen, false), "{how}, after {at}");
                continue;
            }
            told += 1;
            assert!(!screen.is_empty());
            if ends {
                (screen, ends) = desk.dial(&mut phone).await;
            }
            assert!(!ends, "{how}, after {at}: {screen}");
            if screen.contains("1 Davam et") {
                (screen, _) = desk.send(&mut phone, "1").await;
            }
            if points[at].kept > 0 && *how != "of a dialogue that nobody knows" {
                let least = super::applicant::section_of(&points, at);
                super::applicant::question(&points, &screen, least);
            }
        }
    }
    println!("{} sessions of other versions, {told} of them begun anew or from the draft", number - FIRST);
}

/// A session that this program has written goes on after one of the version before has taken a turn in between: it
/// passes over what it does not know.
#[tokio::test]
async fn c14_turns_of_the_version_before_in_between_cost_nothing() {
    let redis = RedisNode::on_a_socket("").started();
    let desk = Desk::at(&redis.url(), "dialogue-id").await;
    let mut phone = desk.phone(FIRST + 1);
    let expected = desk.apply(&redis, &mut phone, ANSWERS.len()).await;
    let mut phone = desk.phone(FIRST);
    let gateways = [(); 2].map(|()| desk.world.gateway_by(desk.world.clock.clone()));
    let said = desk.world.deliver_to(&gateways[0], phone.message(UssdEvent::Begin, "*7142#")).await;
    assert_eq!(shown(&said).0, expected[0].screen);
    for (at, typed) in ANSWERS.iter().enumerate() {
        phone.sequence += 1;
        let said = desk.world.deliver_to(&gateways[at % 2], phone.message(UssdEvent::Continue, typed)).await;
        assert_eq!(shown(&said).0, expected[at + 1].screen, "turn {at}");
        if at % 2 == 0 {
            let mut written: Value = serde_json::from_slice(&desk.world.plain(FIRST).await.unwrap()).unwrap();
            READ[0].1(&mut written);
            desk.world.put(FIRST, &serde_json::to_vec(&written).unwrap()).await;
        }
    }
}
