//! The contract of the gateway store: what a dead process held is taken back soon, and what it left in doubt is known.

use super::Ground;
use super::text_rules::{MINUTE, OPERATOR, Story};
use crate::store::{GatewayStore, NewText, PendingCall, ProcessState, SegmentState, Watch, loss};
use dayaq_core_api::NoticeClass;
use dayaq_types::{Clock, Pii};
use std::time::Duration;

/// So many looks at its heartbeat may a process stand still, with the half second from one to the next.
const LOOKS: u32 = 11;

/// Another looks so often, and sees everybody's heart beat but those of the dead.
async fn looks(other: &GatewayStore, living: &[&GatewayStore], watch: &mut Watch) -> u64 {
    let mut released = 0;
    for _ in 0..LOOKS {
        for store in living {
            store.beat(&[]).await.unwrap();
        }
        released += other.look_after_others(watch).await.unwrap();
    }
    released
}

async fn d05_what_a_dead_process_held_another_takes_back_within_ten_seconds(ground: Ground) {
    let story = Story::begin(ground).await;
    let (other, mut watch) = (story.house.store().await, Watch::default());
    story.store.beat(&[]).await.unwrap();
    other.beat(&[]).await.unwrap();
    story.add(1, 3).await;
    let call = PendingCall {
        id: "call".to_owned(),
        subscriber: story.house.subscriber(0),
        payload: Pii::new(b"payload".to_vec()),
        not_before: story.house.clock.now(),
        attempts: 0,
    };
    story.store.add_pending(&call).await.unwrap();
    let held = story.store.claim_pending(1, MINUTE).await.unwrap().remove(0);
    let (written, claimed) = (story.attempt_one().await, story.claim_one().await.ticket);
    // As long as its heart beats, nothing of its is touched.
    assert_eq!(looks(&other, &[&story.store, &other], &mut watch).await, 0);
    assert_eq!(looks(&other, &[&story.store, &other], &mut watch).await, 0);
    // Then it dies.
    assert_eq!(looks(&other, &[&other], &mut watch).await, 3, "two segments and a call");
    assert!(Duration::from_millis(500) * LOOKS < Duration::from_secs(10));
    assert_eq!(other.process(story.store.run()).await.unwrap().unwrap().state, ProcessState::Dead);
    let again = other.claim_segments(OPERATOR, 9, MINUTE).await.unwrap();
    let numbers: Vec<_> = again.iter().map(|segment| segment.ticket.number).collect();
    assert_eq!(numbers, [2, 3], "what was surely not sent goes out at once");
    assert_eq!(other.claim_pending(1, MINUTE).await.unwrap().len(), 1);
    // It lived after all: what it writes late is void.
    assert!(!story.store.attempt(&claimed, MINUTE).await.unwrap());
    assert!(!story.store.finish_pending("call", held.fence).await.unwrap());
    assert!(!story.store.segment_in_doubt(&written).await.unwrap());
    assert_eq!(looks(&other, &[&other, &story.store], &mut watch).await, 0, "it begins anew");
    story.house.pass(MINUTE);
    let resend = story.claim_one().await;
    assert_eq!(
        (resend.ticket.number, resend.resend),
        (1, true),
        "what it may have sent is sent once more, after a minute"
    );
}

/// Whoever starts again knows that the one before it is dead, and does not wait for it.
async fn d05_a_process_that_starts_again_frees_at_once_what_it_held(ground: Ground) {
    let story = Story::begin(ground).await;
    let named = |store: GatewayStore| match ground {
        Ground::Sqlite => store,
        Ground::Postgres => store.named(Some("one")),
    };
    let (before, after) = (named(story.house.store().await), named(story.house.store().await));
    before.arrive().await.unwrap();
    story.add(1, 1).await;
    let ticket = before.claim_segments(OPERATOR, 1, MINUTE).await.unwrap()[0].ticket;
    assert_eq!(after.arrive().await.unwrap(), 1);
    assert_eq!(after.claim_segments(OPERATOR, 1, MINUTE).await.unwrap().len(), 1, "exactly one row");
    assert!(!before.attempt(&ticket, MINUTE).await.unwrap());
    if let Ground::Postgres = ground {
        let unnamed = story.house.store().await;
        assert_eq!(unnamed.arrive().await.unwrap(), 0, "of the others it knows nothing yet");
        assert_eq!(after.process(after.run()).await.unwrap().unwrap().state, ProcessState::Alive);
    }
}

async fn a06_a_process_leaves_behind_which_answers_are_in_doubt(ground: Ground) {
    let story = Story::begin(ground).await;
    let now = story.house.clock.now();
    story.store.arrive().await.unwrap();
    let losses = [loss("azercell/1", 3, now, vec![7, 9])];
    story.store.beat(&losses).await.unwrap();
    let other = story.house.store().await;
    let seen = other.process(story.store.run()).await.unwrap().unwrap();
    assert_eq!((seen.state, seen.beats, &seen.losses[..]), (ProcessState::Alive, 1, &losses[..]));
    assert_eq!(seen.losses[0].at(), now);
    story.add(1, 2).await;
    let written = story.attempt_one().await;
    story.claim_one().await;
    story.store.depart(&[]).await.unwrap();
    let seen = other.process(story.store.run()).await.unwrap().unwrap();
    assert_eq!((seen.state, seen.losses), (ProcessState::Ended, Vec::new()));
    assert_eq!(story.states().await, [SegmentState::Queued, SegmentState::Queued], "what it held is given back");
    assert!(!story.store.segment_in_doubt(&written).await.unwrap());
    assert_eq!(other.process(1).await.unwrap(), None);
    // It is forgotten once nothing can be brought again of what it took.
    story.house.pass(Duration::from_hours(73));
    other.arrive().await.unwrap();
    assert_eq!(other.process(story.store.run()).await.unwrap(), None);
}

/// One claim takes a single segment, and before the question that stands wait others that it has outlived.
async fn d05_questions_that_are_outlived_do_not_hide_the_one_that_stands(ground: Ground) {
    let story = Story::begin(ground).await;
    let question = |id| NewText { question: true, class: NoticeClass::Reply, ..story.text(id, 2) };
    for id in 1..=4 {
        story.store.add_text(&question(id)).await.unwrap();
    }
    story.house.pass(Duration::from_secs(6));
    let ticket = story.claim_one().await.ticket;
    assert_eq!((ticket.text.as_u128(), ticket.number), (4, 1), "no claim comes back empty while it waits");
    for text in &story.store.texts_of(&story.house.subscriber(0), 4).await.unwrap()[1..] {
        assert!(text.segments.iter().all(|segment| segment.cause.as_deref() == Some("outlived")));
    }
}

/// Questions to one phone: the first is held by a process that dies, and the person writes again meanwhile.
async fn d05_a_question_that_a_later_one_has_outlived_is_not_sent(ground: Ground) {
    let story = Story::begin(ground).await;
    let (other, mut watch) = (story.house.store().await, Watch::default());
    story.store.beat(&[]).await.unwrap();
    let question = |id| NewText { question: true, class: NoticeClass::Reply, ..story.text(id, 1) };
    story.store.add_text(&question(1)).await.unwrap();
    story.claim_one().await;
    story.store.add_text(&question(2)).await.unwrap();
    let ticket = story.attempt_one().await;
    story.store.segment_sent(&ticket, "id").await.unwrap();
    assert_eq!(looks(&other, &[&other], &mut watch).await, 1);
    assert_eq!(other.claim_segments(OPERATOR, 9, MINUTE).await.unwrap(), [], "its answer would be taken for another's");
    let texts = other.texts_of(&story.house.subscriber(0), 2).await.unwrap();
    let first = &texts[1].segments[0];
    assert_eq!((first.state, first.cause.as_deref()), (SegmentState::Expired, Some("outlived")));
    // One that no question has followed goes out, and so does what is no question.
    story.store.add_text(&question(3)).await.unwrap();
    story.store.add_text(&story.text(4, 1)).await.unwrap();
    story.house.pass(MINUTE);
    let texts: Vec<_> = story.claim().await.iter().map(|segment| segment.ticket.text.as_u128()).collect();
    assert_eq!(texts, [3, 4]);
}

on_each_database!(
    d05_what_a_dead_process_held_another_takes_back_within_ten_seconds,
    d05_a_process_that_starts_again_frees_at_once_what_it_held,
    a06_a_process_leaves_behind_which_answers_are_in_doubt,
    d05_a_question_that_a_later_one_has_outlived_is_not_sent,
    d05_questions_that_are_outlived_do_not_hide_the_one_that_stands,
);
