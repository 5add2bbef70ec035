//! E06: rows that were written under a clock that was ahead, and one that is set while they wait.

use super::text_rules::{MINUTE, Story, VALID};
use super::{Ground, House};
use crate::set_clock::ClockWatch;
use crate::store::{Burn, PendingCall, SegmentState, SessionBackend, SqliteSessions, Version};
use dayaq_types::{Clock, Pii};
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::Duration;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const HOUR: Duration = Duration::from_hours(1);

fn call(story: &Story, id: &str, wait: Duration) -> PendingCall {
    PendingCall {
        id: id.to_owned(),
        subscriber: story.house.subscriber(0),
        payload: Pii::new(b"submit".to_vec()),
        not_before: story.house.clock.now() + wait,
        attempts: 0,
    }
}

async fn e06_what_was_put_off_under_a_clock_a_day_ahead_is_due_once_it_is_set_right(ground: Ground) {
    let story = Story::begin(ground).await;
    let clock = &story.house.clock;
    let mut watch = ClockWatch::new(story.house.clock.clone(), Arc::new(story.store.clone()));
    story.add(1, 1).await;
    clock.jump(DAY);
    watch.look().await;
    // One that was tried, one that is claimed, one that is added, and two calls: recorded and claimed.
    let tried = story.attempt_one().await;
    let at = clock.now() + Duration::from_secs(30);
    assert!(story.store.segment_retry(&tried, at, Burn::Try, "RSYSERR").await.unwrap());
    story.add(2, 1).await;
    story.store.add_pending(&call(&story, "a", Duration::from_secs(120))).await.unwrap();
    story.store.add_pending(&call(&story, "b", Duration::ZERO)).await.unwrap();
    let held = story.store.claim_pending(1, MINUTE).await.unwrap().pop().expect("one is due");
    clock.jump(-DAY);
    assert_eq!((story.claim().await.len(), story.store.claim_pending(9, MINUTE).await.unwrap().len()), (0, 0));
    watch.look().await;
    let claimed = story.claim().await;
    assert_eq!(claimed.len(), 2, "both texts are due at once");
    assert_eq!(claimed[1].expires_at, clock.now() + VALID, "valid as long as any");
    let due = story.store.claim_pending(9, MINUTE).await.unwrap();
    assert_eq!(due.iter().map(|claimed| claimed.call.id.as_str()).collect::<Vec<_>>(), ["a"]);
    // Who holds a claim goes on holding it, for a whole one at most.
    assert_eq!(story.store.bring_back().await.unwrap(), 0, "nothing more is out of place");
    story.house.pass(MINUTE);
    let late = story.store.claim_pending(9, MINUTE).await.unwrap();
    assert!(late.iter().any(|claimed| claimed.call.id == "b" && claimed.fence > held.fence));
    assert!(!story.store.finish_pending("b", held.fence).await.unwrap(), "the first holder is fenced off");
}

async fn e06_a_clock_that_leaps_expires_no_text_and_no_draft_while_it_may_be_set_right(ground: Ground) {
    for jump in [DAY, DAY * 30, DAY * 3_650] {
        let story = Story::begin(ground).await;
        let (clock, key) = (&story.house.clock, story.house.subscriber(0));
        story.add(1, 1).await;
        story.add(2, 1).await;
        story.store.save_draft(&key, b"section 1").await.unwrap();
        story.house.pass(Duration::from_hours(60));
        clock.jump(jump);
        let ticket = story.attempt_one().await;
        assert!(story.store.segment_retry(&ticket, clock.now(), Burn::Try, "RSYSERR").await.unwrap());
        story.claim().await;
        assert_eq!(story.states().await, [SegmentState::Queued], "{jump}: no text has ended");
        assert_eq!(story.end().await, None);
        assert!(story.store.draft(&key).await.unwrap().is_some(), "{jump}");
        story.house.pass(Duration::from_secs(1_800));
        clock.jump(-jump);
        assert!(story.store.draft(&key).await.unwrap().is_some(), "{jump}, set right");
        // A leap that nobody takes back is the time.
        clock.jump(jump);
        story.store.draft(&key).await.unwrap();
        story.house.pass(HOUR);
        assert_eq!(story.store.draft(&key).await.unwrap(), None, "{jump}");
    }
}

#[tokio::test]
async fn e06_a_leap_ends_no_live_session() {
    let house = House::new();
    let sessions = SqliteSessions::new(house.file().await, house.clock.clone());
    let store = async |n: u64| {
        let life = Duration::from_hours(72);
        sessions.store(&house.subscriber(n), Version::ABSENT, [1; 16], b"sealed", life).await.unwrap();
    };
    store(0).await;
    house.pass(Duration::from_hours(60));
    house.clock.jump(DAY);
    // So many writes sweep twice.
    for n in 1..130 {
        store(n).await;
    }
    assert!(sessions.load(&house.subscriber(0)).await.unwrap().is_some());
    house.clock.jump(-DAY);
    assert!(sessions.load(&house.subscriber(0)).await.unwrap().is_some());
}

on_each_database!(
    e06_what_was_put_off_under_a_clock_a_day_ahead_is_due_once_it_is_set_right,
    e06_a_clock_that_leaps_expires_no_text_and_no_draft_while_it_may_be_set_right,
);
