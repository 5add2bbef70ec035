//! The contract of the gateway store, third part: which segment goes first, and when a text is not worth sending any more.

use super::Ground;
use super::text_rules::{MINUTE, OPERATOR, Story, VALID, sent};
use crate::store::{Burn, ClaimedSegment, GatewayStore, NewText, SegmentState, TextEnd};
use dayaq_core_api::NoticeClass;
use dayaq_types::Clock;
use std::time::Duration;
use uuid::Uuid;

async fn i5_replies_are_claimed_before_notices(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 2).await;
    let reply = NewText { class: NoticeClass::Reply, ..story.text(2, 2) };
    story.store.add_text(&reply).await.unwrap();
    let claimed: Vec<_> = story.claim().await.iter().map(|c| (c.ticket.text.as_u128(), c.ticket.number)).collect();
    assert_eq!(claimed, [(2, 1), (2, 2), (1, 1), (1, 2)]);
}

async fn i4_notices_are_put_off_while_replies_are_claimed(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    let reply = NewText { class: NoticeClass::Reply, ..story.text(2, 1) };
    story.store.add_text(&reply).await.unwrap();
    let elsewhere = NewText { operator: "nar".to_owned(), subscriber: story.house.subscriber(1), ..story.text(3, 1) };
    story.store.add_text(&elsewhere).await.unwrap();
    let morning = story.house.clock.now() + MINUTE * 600;
    let claimed = story.store.claim_replies(OPERATOR, 100, MINUTE, morning).await.unwrap();
    assert_eq!(claimed.iter().map(|c| c.ticket.text.as_u128()).collect::<Vec<_>>(), [2]);
    assert!(story.store.attempt(&claimed[0].ticket, MINUTE).await.unwrap());
    assert!(story.store.segment_sent(&claimed[0].ticket, "id").await.unwrap());
    assert_eq!(story.claim().await, []);
    assert_eq!(story.store.claim_segments("nar", 9, MINUTE).await.unwrap().len(), 1, "another operator's");
    story.house.pass(MINUTE * 600);
    assert_eq!(story.claim_one().await.ticket.text, Uuid::from_u128(1));
}

async fn a14_a_phones_texts_keep_their_order_while_one_waits(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 2).await;
    let one = story.attempt_one().await;
    let at = story.house.clock.now() + MINUTE * 3;
    assert!(story.store.segment_retry(&one, at, Burn::Nothing, "RMSGQFUL").await.unwrap());
    story.add(2, 1).await;
    let other = NewText { subscriber: story.house.subscriber(1), ..story.text(3, 1) };
    story.store.add_text(&other).await.unwrap();
    let reply = NewText { class: NoticeClass::Reply, ..story.text(4, 1) };
    story.store.add_text(&reply).await.unwrap();
    let order = |claimed: Vec<ClaimedSegment>| -> Vec<(u128, u32)> {
        claimed.iter().map(|c| (c.ticket.text.as_u128(), c.ticket.number)).collect()
    };
    assert_eq!(order(story.claim().await), [(4, 1), (1, 2), (3, 1)], "the other part, a reply and another phone");
    story.house.pass(MINUTE * 3);
    assert_eq!(order(story.claim().await), [(4, 1), (1, 1), (1, 2), (2, 1), (3, 1)]);
}

async fn i6_what_is_not_valid_any_more_expires(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 2).await;
    let one = story.attempt_one().await;
    story.store.segment_sent(&one, "id").await.unwrap();
    story.house.pass(VALID - Duration::from_secs(1));
    assert_eq!(story.end().await, None);
    story.house.pass(Duration::from_secs(1));
    assert_eq!(story.claim().await, []);
    assert_eq!(story.states().await, [SegmentState::Sent, SegmentState::Expired]);
    assert_eq!(story.end().await, Some(TextEnd::Expired));
    assert_eq!(story.store.open_segments().await.unwrap(), 0);
}

async fn i6_a_try_that_would_come_too_late_expires_at_once_and_the_rest_with_it(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 3).await;
    let (one, two) = (story.attempt_one().await, story.attempt_one().await);
    story.house.pass(VALID - MINUTE * 2);
    let late = story.house.clock.now() + MINUTE * 2;
    assert!(story.store.segment_retry(&one, late, Burn::Try, "RSYSERR").await.unwrap());
    let two = story.store.segment_retry(&two, story.house.clock.now(), Burn::Try, "RSYSERR").await;
    assert!(two.unwrap());
    assert_eq!(story.states().await, [SegmentState::Expired; 3]);
    assert_eq!(story.view().await.segments[0].cause.as_deref(), Some("RSYSERR"), "why it was not taken is kept");
    assert_eq!(story.end().await, Some(TextEnd::Expired));
}

async fn i6_a_text_that_may_be_on_the_air_ends_as_unknown_and_not_as_expired(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    let first = story.attempt_one().await;
    assert!(story.store.segment_in_doubt(&first).await.unwrap());
    story.house.pass(VALID);
    assert_eq!(story.claim().await, []);
    assert_eq!(story.states().await, [SegmentState::Unknown]);
    story.add(2, 1).await;
    let second = story.attempt_one().await;
    story.house.pass(VALID - GatewayStore::DOUBT_GRACE);
    assert!(story.store.segment_in_doubt(&second).await.unwrap());
    assert_eq!(story.states().await, [SegmentState::Unknown], "a resend would come too late");
}

async fn i6_a_late_answer_is_believed_after_the_validity_ended(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    let first = story.attempt_one().await;
    story.store.segment_in_doubt(&first).await.unwrap();
    story.house.pass(VALID);
    story.claim().await;
    assert!(story.store.segment_sent(&first, "late").await.unwrap());
    assert_eq!(story.end().await, Some(sent(1)));
}

async fn a18_strikes_are_counted_beside_tries(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    for (burn, tries, strikes) in [(Burn::Try, 1, 0), (Burn::Strike, 2, 1), (Burn::Nothing, 2, 1)] {
        let ticket = story.attempt_one().await;
        let now = story.house.clock.now();
        assert!(story.store.segment_retry(&ticket, now, burn, "status 0x400").await.unwrap());
        let again = story.claim_one().await;
        assert_eq!((again.attempt, again.strikes), (tries + 1, strikes));
        assert!(story.store.segment_retry(&again.ticket, now, Burn::Nothing, "not sent").await.unwrap());
    }
}

on_each_database!(
    i5_replies_are_claimed_before_notices,
    i4_notices_are_put_off_while_replies_are_claimed,
    a14_a_phones_texts_keep_their_order_while_one_waits,
    i6_what_is_not_valid_any_more_expires,
    i6_a_try_that_would_come_too_late_expires_at_once_and_the_rest_with_it,
    i6_a_text_that_may_be_on_the_air_ends_as_unknown_and_not_as_expired,
    i6_a_late_answer_is_believed_after_the_validity_ended,
    a18_strikes_are_counted_beside_tries,
);
