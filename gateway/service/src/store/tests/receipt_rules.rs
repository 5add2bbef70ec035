//! The contract of the gateway store, third part: receipts find their texts, in whatever order and under whatever ids.

use super::text_rules::{MINUTE, OPERATOR, Story};
use super::{Ground, phone};
use crate::store::{MessageState, NewText, Recorded, Ticket};
use dayaq_smpp::receipt::{Receipt, ReceiptIds};
use dayaq_smpp::{ShortMessage, receipt};
use dayaq_types::{Clock, Entropy, SeededEntropy};
use std::time::Duration;
use uuid::Uuid;

fn random(entropy: &SeededEntropy) -> u64 {
    let mut octets = [0; 8];
    entropy.fill(&mut octets);
    u64::from_be_bytes(octets)
}

/// The receipt that says that a message was delivered.
fn delivered(id: &str) -> Receipt {
    let short_message = format!("id:{id} stat:DELIVRD").into_bytes();
    receipt::read(&ShortMessage { esm_class: 4, short_message, ..ShortMessage::default() }).unwrap()
}

/// Texts of one segment each under these ids, attempted.
async fn attempted(story: &Story, ids: std::ops::Range<u128>) -> Vec<Ticket> {
    let mut tickets = Vec::new();
    for id in ids {
        story.add(id, 1).await;
        tickets.push(story.attempt_one().await);
    }
    tickets
}

/// An answer and its receipt, each on the link that brings it, up to a minute apart and in either order.
#[derive(Clone, Copy)]
enum Coming {
    Answer(usize),
    Receipt(usize),
}

async fn a33_receipts_and_answers_in_any_order_up_to_a_minute_apart_all_meet(ground: Ground) {
    const TEXTS: u64 = 40;
    let story = Story::begin(ground).await;
    let tickets = attempted(&story, 0..u128::from(TEXTS)).await;
    let entropy = SeededEntropy::new(33);
    let mut coming = Vec::new();
    for at in 0..tickets.len() {
        let answer = random(&entropy) % 60_000;
        let receipt = random(&entropy) % 60_000;
        coming.extend([(answer, Coming::Answer(at)), (receipt, Coming::Receipt(at))]);
    }
    coming.sort_by_key(|(moment, _)| *moment);
    let (mut passed, mut early) = (0, 0);
    for (moment, what) in coming {
        story.house.pass(Duration::from_millis(moment - passed));
        passed = moment;
        match what {
            Coming::Answer(at) => assert!(story.store.segment_sent(&tickets[at], &format!("id-{at}")).await.unwrap()),
            Coming::Receipt(at) => {
                let state = MessageState::Delivered;
                let recorded = story.store.receipt(OPERATOR, &format!("id-{at}"), state).await.unwrap();
                early += u64::from(recorded.text.is_none());
            }
        }
    }
    assert!(early > TEXTS / 4 && early < TEXTS, "{early} of {TEXTS} came before their answers");
    let views = story.store.texts_of(&story.house.subscriber(0), 100).await.unwrap();
    assert_eq!(views.iter().filter(|view| view.is_delivered()).count() as u64, TEXTS, "none is an orphan");
}

async fn a33_a_receipt_without_its_answer_is_kept_for_a_day_and_then_swept(ground: Ground) {
    let story = Story::begin(ground).await;
    story.store.receipt(OPERATOR, "stray", MessageState::Delivered).await.unwrap();
    story.house.pass(Duration::from_hours(24) - MINUTE);
    assert_eq!(story.store.sweep(story.house.clock.now()).await.unwrap().receipts, 0);
    story.house.pass(Duration::from_hours(24 * 7));
    assert_eq!(story.store.sweep(story.house.clock.now()).await.unwrap().receipts, 1);
}

async fn a34_receipts_again_against_each_other_and_for_nobody_do_no_harm(ground: Ground) {
    use MessageState::{Accepted, Delivered, Enroute, Expired, Undeliverable, Unknown};
    let entropy = SeededEntropy::new(34);
    let story = Story::begin(ground).await;
    for round in 0..12u128 {
        let ticket = attempted(&story, round..round + 1).await[0];
        let id = format!("id-{round}");
        story.store.segment_sent(&ticket, &id).await.unwrap();
        // What an onlooker says who follows the rule: the first final state stays, and others than it are conflicts.
        let (mut kept, mut conflicts) = (None::<MessageState>, 0);
        let mut counted = 0;
        for _ in 0..12 {
            let states = [Enroute, Accepted, Unknown, Delivered, Undeliverable, Expired];
            let state = states[(random(&entropy) % 6) as usize];
            match kept {
                Some(first) if first.is_final() => conflicts += u32::from(state.is_final() && state != first),
                _ => kept = Some(state),
            }
            let recorded = story.store.receipt(OPERATOR, &id, state).await.unwrap();
            assert_eq!(recorded.text, Some(Uuid::from_u128(round)));
            counted += u32::from(recorded.conflict);
            assert_eq!(story.store.receipt(OPERATOR, "nobody's", state).await.unwrap().text, None);
        }
        assert_eq!((story.view().await.segments[0].receipt, counted), (kept, conflicts), "round {round}");
    }
}

async fn a31_under_each_mode_every_receipt_finds_its_text_and_none_another(ground: Ground) {
    use ReceiptIds::{AnyCase, DecimalHex, Folded, HexDecimal, NoZeros, Same};
    type Write = fn(u128) -> String;
    let modes: [(ReceiptIds, Write, Write); 6] = [
        (Same, |n| n.to_string(), |n| n.to_string()),
        (HexDecimal, |n| format!("{n:X}"), |n| n.to_string()),
        (DecimalHex, |n| n.to_string(), |n| format!("{n:08x}")),
        (NoZeros, |n| format!("{n:040}"), |n| n.to_string()),
        (AnyCase, |n| format!("{n:032X}"), |n| format!("{n:032x}")),
        (Folded, |n| format!("{n:032X}"), |n| format!("{n:x}")),
    ];
    let entropy = SeededEntropy::new(31);
    let story = Story::begin(ground).await;
    for (at, (mode, in_response, in_receipt)) in (0..).zip(modes) {
        let mut numbers = Vec::new();
        for ticket in attempted(&story, at * 12..(at + 1) * 12).await {
            let width = random(&entropy) % 100;
            let number = (u128::from(random(&entropy)) << 64 | u128::from(random(&entropy))) >> width;
            let id = mode.of_response(in_response(number).as_bytes()).unwrap();
            assert!(story.store.segment_sent(&ticket, &id).await.unwrap());
            numbers.push((number, ticket.text));
        }
        for (number, text) in numbers {
            let id = mode.of_receipt(&delivered(&in_receipt(number))).unwrap();
            let recorded = story.store.receipt(OPERATOR, &id, MessageState::Delivered).await.unwrap();
            assert_eq!(recorded.text, Some(text), "{mode:?}");
            let foreign = mode.of_receipt(&delivered(&in_receipt(number ^ 1 << 27))).unwrap();
            assert_eq!(story.store.receipt(OPERATOR, &foreign, MessageState::Rejected).await.unwrap().text, None);
        }
    }
}

async fn a35_what_a_phone_says_of_a_text_holds_for_texts_that_went_to_it(ground: Ground) {
    use MessageState::{Delivered, Rejected, Undeliverable};
    let story = Story::begin(ground).await;
    let (own, other) = (story.house.subscriber(0), story.house.subscriber(1));
    let ticket = attempted(&story, 1..2).await[0];
    let claim = async |id: &'static str, state, phone| story.store.claimed_receipt(OPERATOR, id, state, phone).await;
    let receipt = async || story.view().await.segments[0].receipt;
    // While its answer is still to come, its phone alone may speak of it, and under any id.
    assert_eq!(claim("id-1", Rejected, &other).await.unwrap(), Recorded::default());
    assert_eq!(claim("id-1", Delivered, &own).await.unwrap(), Recorded::default());
    assert_eq!(claim("id-2", Rejected, &own).await.unwrap(), Recorded::default());
    story.store.segment_sent(&ticket, "id-1").await.unwrap();
    assert_eq!(receipt().await, Some(Delivered), "it was told before the answer came");
    let text = Some(Uuid::from_u128(1));
    // The first end stays, whoever tells another.
    assert_eq!(claim("id-1", Undeliverable, &own).await.unwrap(), Recorded { text, conflict: true });
    let told = story.store.receipt(OPERATOR, "id-1", Rejected).await.unwrap();
    assert_eq!(told, Recorded { text, conflict: true });
    assert_eq!(claim("id-1", Rejected, &other).await.unwrap(), Recorded::default(), "not of its own");
    assert_eq!(receipt().await, Some(Delivered));
    // Of texts whose answers came, only what was said before them is left, and it goes in time.
    story.house.pass(Duration::from_hours(24 * 7));
    assert_eq!(story.store.sweep(story.house.clock.now()).await.unwrap().receipts, 1, "of id-2");
    assert_eq!(receipt().await, Some(Delivered));
}

async fn a35_a_phone_that_waits_for_a_text_changes_nothing_of_anybody_elses(ground: Ground) {
    let story = Story::begin(ground).await;
    let ticket = attempted(&story, 1..2).await[0];
    story.store.segment_sent(&ticket, "id-1").await.unwrap();
    let (subscriber, msisdn) = (story.house.subscriber(1), phone(1));
    let text = NewText { subscriber, msisdn, ..story.text(2, 1) };
    assert!(story.store.add_text(&text).await.unwrap());
    let waiting = story.attempt_one().await;
    let claimed = story.store.claimed_receipt(OPERATOR, "id-1", MessageState::Rejected, &subscriber).await.unwrap();
    assert_eq!(claimed, Recorded::default());
    assert_eq!(story.view().await.segments[0].receipt, None);
    // The operator may give two texts one id: each phone speaks of its own.
    story.store.segment_sent(&waiting, "id-1").await.unwrap();
    let own = story.house.subscriber(0);
    let recorded = story.store.claimed_receipt(OPERATOR, "id-1", MessageState::Expired, &own).await.unwrap();
    assert_eq!(recorded, Recorded { text: Some(Uuid::from_u128(1)), conflict: false });
    assert_eq!(story.view().await.segments[0].receipt, Some(MessageState::Expired));
    let others = story.store.texts_of(&subscriber, 1).await.unwrap();
    assert_eq!(others[0].segments[0].receipt, Some(MessageState::Rejected));
}

on_each_database!(
    a35_what_a_phone_says_of_a_text_holds_for_texts_that_went_to_it,
    a35_a_phone_that_waits_for_a_text_changes_nothing_of_anybody_elses,
    a33_receipts_and_answers_in_any_order_up_to_a_minute_apart_all_meet,
    a33_a_receipt_without_its_answer_is_kept_for_a_day_and_then_swept,
    a34_receipts_again_against_each_other_and_for_nobody_do_no_harm,
    a31_under_each_mode_every_receipt_finds_its_text_and_none_another,
);
