//! B01: the subscriber or the network ends the session, at every state of the shipped dialogues that asks anything.

use super::world::{Phone, Script, World, content};
use crate::conversation::envelope::Envelope;
use dayaq_core_api::{ExistingReply, ExplainReply, PickupReply, Stage, StatusReply};
use dayaq_smpp::ussd::UssdEvent;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a session may take to close (B01).
const CLOSED_WITHIN: Duration = Duration::from_secs(1);
/// One walk: what the core says on it, and what is typed.
type Walk = (fn(&Script), &'static [&'static str]);

const WALKS: &[Walk] = &[
    // The whole application, each correction, and off it goes.
    (
        |_| {},
        &[
            "1", "1", "1", "1", "5AKTOX2", "1", "1", "12345678", "4711", "7B3COD1", "2", "7B3C8D1", "1", "3", "0", "2",
            "1", "7", "2", "1", "1", "1", "1", "1", "2", "1", "5AKT9X2", "2", "1234567", "2", "2", "1", "1", "2", "3",
            "7B3C8D2", "2", "2", "2", "4", "qub", "1", "1", "2", "5", "2", "1",
        ],
    ),
    (|_| {}, &["9", "9", "9", "1", "3", "1", "1", "2"]),
    (|core| at(core, Stage::Granted), &["1", "2", "1", "1234", "1"]),
    (|core| at(core, Stage::Refused), &["1", "2", "1", "12"]),
    (|core| at(core, Stage::AwaitingNotary), &["1", "2", "1", "123", "4711"]),
    (|core| at(core, Stage::AwaitingNotary), &["1", "1", "1", "4711"]),
    (|core| at(core, Stage::AwaitingNotary), &["1", "1", "3", "2"]),
    (|core| at(core, Stage::Gathering), &["1", "1", "1"]),
    (|core| at(core, Stage::Gathering), &["1", "1", "2", "2"]),
    (|core| at(core, Stage::CardReady), &["1", "2", "1", "1234", "1"]),
    (|core| none(core), &["1", "2", "1"]),
    (|_| {}, &["1", "4", "3", "3"]),
];

pub fn at(core: &Script, stage: Stage) {
    let reference = "26-0000001-1".to_owned();
    *core.status.lock().unwrap() = StatusReply::At { stage, reference, decide_by: None };
    *core.existing.lock().unwrap() = match stage {
        Stage::AwaitingNotary => ExistingReply::AwaitingNotary { reference: "26-0000001-1".to_owned() },
        Stage::Gathering | Stage::Late | Stage::Granted | Stage::CardReady => {
            ExistingReply::Open { reference: "26-0000001-1".to_owned() }
        }
        Stage::Refused | Stage::Superseded => ExistingReply::None,
    };
    *core.explain.lock().unwrap() = ExplainReply::Wrong;
    *core.pickup.lock().unwrap() = PickupReply::Wrong;
}

fn none(core: &Script) {
    *core.existing.lock().unwrap() = ExistingReply::None;
    *core.status.lock().unwrap() = StatusReply::None;
}

/// Every state of the shipped dialogues that asks, as their files have it.
fn asking() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (path, text) in content().0.below("dialogs", ".toml") {
        let (mut dialogue, mut state) = (String::new(), String::new());
        for line in text.lines() {
            if let Some(id) = line.strip_prefix("id = \"") {
                dialogue = id.trim_end_matches('"').to_owned();
            } else if let Some(name) = line.strip_prefix("[state.") {
                state = name.trim_end_matches(']').to_owned();
            } else if let Some(kind) = line.strip_prefix("kind = \"")
                && ["choice", "text", "list", "group"].contains(&kind.trim_end_matches('"'))
            {
                assert!(!dialogue.is_empty(), "{path}");
                found.insert((dialogue.clone(), state.clone()));
            }
        }
    }
    found
}

/// Ends the session of a copy of the phone, and comes back.
async fn leave_and_return(phone: &Phone<'_>, copy: u64, event: UssdEvent) {
    let (world, book) = (phone.world, &content().1);
    world.fork(phone.number, copy).await;
    let mut copy = Phone { number: copy, ..phone.clone() };
    let before = copy.envelope().await;
    assert!(before.radio.as_ref().is_some_and(|radio| radio.live));
    let start = world.elapsed();
    copy.ends(event).await.is_silent();
    assert!(world.elapsed() - start <= CLOSED_WITHIN);
    let after = copy.envelope().await;
    assert!(!after.radio.as_ref().is_some_and(|radio| radio.live), "the session is closed");
    let place = before.dialog.position().map(|(dialogue, state)| (dialogue.to_owned(), state.to_owned()));
    let position = |envelope: &Envelope| {
        envelope.dialog.position().map(|(dialogue, state)| (dialogue.to_owned(), state.to_owned()))
    };
    assert_eq!(position(&after), place, "the answers stay where they are");
    let held = before.dialog.holds_draft(book);
    assert_eq!(after.dialog.holds_draft(book), held, "{place:?}");
    copy.ends(event).await.is_silent();

    copy.session += 1;
    let again = copy.dial("*7142#").await;
    let (screen, ends) = again.screen();
    assert!(!ends, "{screen}");
    if held {
        assert!(screen.contains("1 "), "going on is offered: {screen}");
        copy.send("1").await.screen();
        assert_eq!(position(&copy.envelope().await), place, "and leads back to where it was");
    }
}

#[tokio::test]
async fn b01_an_end_at_every_state_closes_the_session_keeps_the_draft_and_sends_nothing() {
    let world = World::by("dialogue-id").await;
    let (mut passed, mut left) = (BTreeSet::new(), 0);
    let mut copy = 994_501_000_000;
    for (number, (core, typed)) in (994_502_000_000..).zip(WALKS) {
        core(&world.core);
        let mut phone = world.phone(number, 300);
        let mut said = phone.dial("*7142#").await;
        let mut inputs = typed.iter();
        loop {
            let (_, ended) = said.screen();
            if ended {
                phone.ends(UssdEvent::Abort).await.is_silent();
                break;
            }
            let envelope = phone.envelope().await;
            let (dialogue, state) = envelope.dialog.position().expect("a question");
            passed.insert((dialogue.to_owned(), state.to_owned()));
            for event in [UssdEvent::Abort, UssdEvent::Timeout] {
                copy += 1;
                left += 1;
                leave_and_return(&phone, copy, event).await;
            }
            // Nothing takes effect that was not seen: the review is turned to its last page first.
            let (screen, _) = said.screen();
            let turns = (dialogue, state) == ("apply", "review") && screen.contains("98 ");
            let Some(input) = (if turns { Some(&"98") } else { inputs.next() }) else { break };
            said = phone.send(input).await;
        }
        assert_eq!(inputs.next(), None, "walk {number} went to its end");
    }
    let missed: Vec<_> = asking().difference(&passed).cloned().collect();
    assert_eq!(missed, [], "no state was left out");
    assert!(left > 150, "{left}");
}
