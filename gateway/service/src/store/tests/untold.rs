//! X09: which texts may not have arrived, so that their phones are told otherwise.

use super::Ground;
use super::text_rules::{MINUTE, OPERATOR, Story, VALID};
use crate::store::{GatewayStore, MessageState, NewText, UntoldText};
use dayaq_types::Clock;
use jiff::Timestamp;
use std::time::Duration;
use uuid::Uuid;

impl Story {
    async fn untold(&self) -> Vec<u128> {
        let found = self.store.untold_texts(&self.house.subscriber(0), Timestamp::UNIX_EPOCH, 10).await.unwrap();
        found.iter().map(|UntoldText { id, .. }| id.as_u128()).collect()
    }

    async fn sent_as(&self, message_id: &str) {
        let ticket = self.attempt_one().await;
        assert!(self.store.segment_sent(&ticket, message_id).await.unwrap());
    }

    async fn receipt(&self, message_id: &str, state: MessageState) {
        self.store.receipt(OPERATOR, message_id, state).await.unwrap();
    }
}

async fn x09_a_text_that_was_refused_is_told_once(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 2).await;
    assert_eq!(story.untold().await, [], "it is still on its way");
    story.sent_as("one").await;
    let ticket = story.attempt_one().await;
    assert_eq!(story.untold().await, []);
    story.store.segment_dead(&ticket, "RINVDSTADR").await.unwrap();
    assert_eq!(story.untold().await, [1], "half of it is not enough");
    let found = story.store.untold_texts(&story.house.subscriber(0), Timestamp::UNIX_EPOCH, 10).await.unwrap();
    assert_eq!(
        (found[0].notice.expose().as_str(), found[0].words.expose().as_str()),
        ("granted", "Məbləğ: 240,00 AZN")
    );
    let other = story.store.untold_texts(&story.house.subscriber(1), Timestamp::UNIX_EPOCH, 10).await.unwrap();
    assert_eq!(other, [], "nobody else is told");
    story.store.texts_told(&[Uuid::from_u128(1)]).await.unwrap();
    assert_eq!(story.untold().await, []);
    assert_eq!(
        story.house.store().await.untold_texts(&story.house.subscriber(0), Timestamp::UNIX_EPOCH, 10).await,
        Ok(vec![])
    );
}

async fn x09_a_text_that_expired_is_told(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    story.house.pass(VALID);
    assert_eq!(story.claim().await, []);
    assert_eq!(story.untold().await, [1]);
}

async fn x09_a42_a_text_of_which_nobody_knows_is_told_unless_its_receipt_says_delivered(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    let first = story.attempt_one().await;
    story.store.segment_in_doubt(&first).await.unwrap();
    assert_eq!(story.untold().await, [], "it is sent once more");
    story.house.pass(GatewayStore::DOUBT_GRACE);
    let second = story.attempt_one().await;
    story.store.segment_in_doubt(&second).await.unwrap();
    assert_eq!(story.untold().await, [1]);
    // A late answer names it, and a receipt says that it was delivered after all.
    story.store.segment_sent(&first, "late").await.unwrap();
    story.receipt("late", MessageState::Delivered).await;
    assert_eq!(story.untold().await, []);
}

async fn x09_a_text_that_the_operator_took_and_gave_up_is_told(ground: Ground) {
    for state in [MessageState::Expired, MessageState::Undeliverable, MessageState::Deleted, MessageState::Rejected] {
        let story = Story::begin(ground).await;
        story.add(1, 1).await;
        story.sent_as("id").await;
        assert_eq!(story.untold().await, [], "no receipt is no news");
        story.receipt("id", MessageState::Enroute).await;
        assert_eq!(story.untold().await, []);
        story.receipt("id", state).await;
        assert_eq!(story.untold().await, [1], "{state:?}");
    }
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    story.sent_as("id").await;
    story.receipt("id", MessageState::Delivered).await;
    assert_eq!(story.untold().await, []);
}

async fn x09_replies_are_not_told_again_and_what_is_told_has_an_end(ground: Ground) {
    let story = Story::begin(ground).await;
    story.store.add_text(&NewText { matters: false, ..story.text(1, 1) }).await.unwrap();
    for id in 2..=4 {
        story.house.pass(MINUTE);
        story.add(id, 1).await;
    }
    for _ in 1..=4 {
        let ticket = story.attempt_one().await;
        story.store.segment_dead(&ticket, "RINVDSTADR").await.unwrap();
    }
    assert_eq!(story.untold().await, [4, 3, 2], "the newest first");
    let (who, start) = (story.house.subscriber(0), story.house.clock.now());
    let since = start - MINUTE - Duration::from_secs(30);
    assert_eq!(story.store.untold_texts(&who, since, 10).await.unwrap().len(), 2);
    assert_eq!(story.store.untold_texts(&who, since, 1).await.unwrap().len(), 1);
}

on_each_database!(
    x09_a_text_that_was_refused_is_told_once,
    x09_a_text_that_expired_is_told,
    x09_a42_a_text_of_which_nobody_knows_is_told_unless_its_receipt_says_delivered,
    x09_a_text_that_the_operator_took_and_gave_up_is_told,
    x09_replies_are_not_told_again_and_what_is_told_has_an_end,
);
