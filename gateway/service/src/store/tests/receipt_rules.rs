//! The contract of the gateway store, third part: receipts find their texts, in whatever order and under whatever ids.

use super::text_rules::{MINUTE, OPERATOR, Story};
use super::{Ground, phone};
use crate::store::{MessageState, NewText, Recorded, Ticket};
use dayaq_smpp::receipt::{Receipt, ReceiptIds};
use dayaq_smpp::{ShortMessage, receipt};
use dayaq_types::{Clock, Entropy, SeededEntropy};
use jiff::Timestamp;
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
    let claim =
        async |id: &'static str, state, phone| story.store.claimed_receipt(OPERATOR, id, state, phone, None).await;
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
    let claimed =
        story.store.claimed_receipt(OPERATOR, "id-1", MessageState::Rejected, &subscriber, None).await.unwrap();
    assert_eq!(claimed, Recorded::default());
    assert_eq!(story.view().await.segments[0].receipt, None);
    // The operator may give two texts one id: each phone speaks of its own.
    story.store.segment_sent(&waiting, "id-1").await.unwrap();
    let own = story.house.subscriber(0);
    let recorded = story.store.claimed_receipt(OPERATOR, "id-1", MessageState::Expired, &own, None).await.unwrap();
    assert_eq!(recorded, Recorded { text: Some(Uuid::from_u128(1)), conflict: false });
    assert_eq!(story.view().await.segments[0].receipt, Some(MessageState::Expired));
    let others = story.store.texts_of(&subscriber, 1).await.unwrap();
    assert_eq!(others[0].segments[0].receipt, Some(MessageState::Rejected));
}

async fn a45_a_clock_that_is_set_back_loses_no_outcome(ground: Ground) {
    let story = Story::begin(ground).await;
    let ticket = attempted(&story, 1..2).await[0];
    story.store.segment_sent(&ticket, "id-1").await.unwrap();
    let behind = story.house.store_at(story.house.clock.now() - Duration::from_hours(1)).await;
    let phone = story.house.subscriber(0);
    let text = Some(Uuid::from_u128(1));
    for (state, conflict) in [(MessageState::Delivered, false), (MessageState::Expired, true)] {
        let told = behind.receipt_of(OPERATOR, "id-1", state, &phone, None).await.unwrap();
        assert_eq!(told, Recorded { text, conflict });
    }
    assert_eq!(story.view().await.segments[0].receipt, Some(MessageState::Delivered));
}

/// One text of the story of resets, and what is to come of it.
struct Told {
    phone: usize,
    ticket: Ticket,
    name: String,
    state: MessageState,
    /// By the SMSC's clock, to the minute.
    submitted: Timestamp,
}

async fn a45_names_that_an_smsc_gives_again_lose_no_outcome_and_mix_none(ground: Ground) {
    use MessageState::{Delivered, Enroute, Expired, Rejected, Undeliverable};
    const TEXTS: u64 = 60;
    const PHONES: u64 = 3;
    let (mut crossed, mut early) = (0, 0);
    for seed in 0..4 {
        let (story, entropy) = (Story::begin(ground).await, SeededEntropy::new(4500 + seed));
        let zone = Duration::from_hours(if seed % 2 == 0 { 4 } else { 0 });
        let mut told: Vec<Told> = Vec::new();
        // What comes: minutes from the beginning, whether it is the answer, and of which text.
        let mut coming: Vec<(u64, bool, usize)> = Vec::new();
        let (mut clock, mut name) = (0, 0);
        for at in 0..TEXTS as usize {
            let due = clock + 1 + random(&entropy) % 4;
            coming.sort_unstable_by_key(|one| std::cmp::Reverse(*one));
            while let Some((moment, is_answer, of)) = coming.pop_if(|(moment, ..)| *moment <= due) {
                story.house.pass(MINUTE * (moment - clock) as u32);
                clock = moment;
                hear(&story, &told, of, is_answer, &mut crossed, &mut early).await;
            }
            story.house.pass(MINUTE * (due - clock) as u32);
            clock = due;
            if random(&entropy).is_multiple_of(8) {
                name = 0;
            }
            name += 1;
            let phone = (random(&entropy) % PHONES) as usize;
            let (subscriber, msisdn) = (story.house.subscriber(phone as u64), super::phone(phone as u64));
            let id = u128::from(seed) << 64 | at as u128;
            assert!(story.store.add_text(&NewText { subscriber, msisdn, ..story.text(id, 1) }).await.unwrap());
            let ticket = story.attempt_one().await;
            let now = story.house.clock.now().as_second();
            let submitted = Timestamp::from_second(now - now.rem_euclid(60)).unwrap() + zone;
            let state = [Delivered, Expired, Rejected, Undeliverable][(random(&entropy) % 4) as usize];
            told.push(Told { phone, ticket, name: name.to_string(), state, submitted });
            // At one moment the receipt goes before the answer.
            let receipt = clock + if random(&entropy).is_multiple_of(3) { 0 } else { random(&entropy) % 40 };
            coming.extend([(clock, true, at), (receipt, false, at), (receipt + 1, false, at)]);
            if random(&entropy).is_multiple_of(3) {
                let one = &told[at];
                let phone = story.house.subscriber(phone as u64);
                story.store.receipt_of(OPERATOR, &one.name, Enroute, &phone, Some(submitted)).await.unwrap();
            }
        }
        coming.sort_unstable();
        for (moment, is_answer, of) in coming {
            story.house.pass(MINUTE * moment.saturating_sub(clock) as u32);
            clock = clock.max(moment);
            hear(&story, &told, of, is_answer, &mut crossed, &mut early).await;
        }
        for phone in 0..PHONES as usize {
            let views = story.store.texts_of(&story.house.subscriber(phone as u64), 1000).await.unwrap();
            for (at, one) in told.iter().enumerate().filter(|(_, one)| one.phone == phone) {
                let id = Uuid::from_u128(u128::from(seed) << 64 | at as u128);
                let view = views.iter().find(|view| view.id == id).expect("it is kept");
                assert_eq!(view.segments[0].receipt, Some(one.state), "seed {seed}, text {at}, name {}", one.name);
            }
        }
    }
    assert!(crossed > 20 && early > 20, "{crossed} came after their name was given again, {early} before their answer");
}

/// An answer, or a receipt as the operator brings it: to which phone, and when it was submitted.
async fn hear(story: &Story, told: &[Told], of: usize, is_answer: bool, crossed: &mut u32, early: &mut u32) {
    let one = &told[of];
    if is_answer {
        assert!(story.store.segment_sent(&one.ticket, &one.name).await.unwrap());
        return;
    }
    *crossed += u32::from(told[of + 1..].iter().any(|later| later.name == one.name && later.phone == one.phone));
    let phone = story.house.subscriber(one.phone as u64);
    // With a mark of what it is, or in words alone.
    let recorded = match of % 3 {
        0 => story.store.claimed_receipt(OPERATOR, &one.name, one.state, &phone, Some(one.submitted)).await,
        _ => story.store.receipt_of(OPERATOR, &one.name, one.state, &phone, Some(one.submitted)).await,
    };
    let recorded = recorded.unwrap();
    *early += u32::from(recorded.text.is_none());
    let namesakes = told.iter().enumerate().filter(|(_, other)| other.name == one.name && other.phone == one.phone);
    let namesakes: Vec<_> = namesakes.map(|(at, other)| (at, other.state, other.submitted)).collect();
    assert!(!recorded.conflict, "text {of} of {namesakes:?} at {}", story.house.clock.now());
}

on_each_database!(
    a45_names_that_an_smsc_gives_again_lose_no_outcome_and_mix_none,
    a45_a_clock_that_is_set_back_loses_no_outcome,
    a35_what_a_phone_says_of_a_text_holds_for_texts_that_went_to_it,
    a35_a_phone_that_waits_for_a_text_changes_nothing_of_anybody_elses,
    a33_receipts_and_answers_in_any_order_up_to_a_minute_apart_all_meet,
    a33_a_receipt_without_its_answer_is_kept_for_a_day_and_then_swept,
    a34_receipts_again_against_each_other_and_for_nobody_do_no_harm,
    a31_under_each_mode_every_receipt_finds_its_text_and_none_another,
);
