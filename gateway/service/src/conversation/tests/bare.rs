//! What a phone leaves behind that only looked in, and what one leaves that has begun something.

use super::applicant::{ANSWERS, Desk, cases, name};
use crate::aggregator::NONCE_LIFE;
use crate::conversation::recall::BARE_LIFE;
use dayaq_redis::RedisNode;
use dayaq_smpp::ussd::UssdEvent;
use std::time::Duration;

const FIRST: u64 = 994_501_000_000;
/// What a busy machine may take between a write and a look at its time to live.
const SLACK: Duration = Duration::from_secs(60);

impl Desk {
    /// How long the session of a phone is still to live.
    async fn left(&self, redis: &RedisNode, number: u64) -> Duration {
        let left: i64 = redis.ask(&["PTTL", &name(&self.world.key(number))]).await;
        Duration::from_millis(left.try_into().expect("there is a session, and it has an end"))
    }

    async fn has_profile(&self, number: u64) -> bool {
        self.world.store().profile(&self.world.key(number)).await.unwrap().is_some()
    }
}

#[track_caller]
fn about(left: Duration, life: Duration) {
    assert!(left <= life && left + SLACK >= life, "{left:?} of {life:?}");
}

/// A million dials that chose nothing: what they take, by the octets of those that are measured.
#[tokio::test]
async fn j_a_bare_dial_lives_minutes_and_leaves_no_profile() {
    let redis = RedisNode::on_a_socket("appendfsync no\n").started();
    let desk = Desk::at(&redis.url(), "dialogue-id").await;
    let dials = cases(200).min(10_000);
    let used = async || {
        let info: String = redis.ask(&["INFO", "memory"]).await;
        let line = info.lines().find_map(|line| line.strip_prefix("used_memory_dataset:").map(str::to_owned));
        line.unwrap().parse::<usize>().unwrap()
    };
    let before = used().await;
    for number in (FIRST..).take(dials) {
        let mut phone = desk.phone(number);
        let (screen, _) = desk.dial(&mut phone).await;
        assert!(screen.contains("1 Azərbaycanca"), "{screen}");
    }
    let each = (used().await - before) / dials;
    for number in [FIRST, FIRST + dials as u64 - 1] {
        about(desk.left(&redis, number).await, BARE_LIFE);
        assert!(!desk.has_profile(number).await, "nothing was chosen");
    }
    let octets: i64 = redis.ask(&["MEMORY", "USAGE", &name(&desk.world.key(FIRST))]).await;
    println!(
        "{dials} dials: {octets} octets by MEMORY USAGE, {each} of used_memory each, for {BARE_LIFE:?}; a million in 72 h \
         hold {} MB at any moment, where all of them stayed it was {} MB",
        each as u64 * 1_000_000 * BARE_LIFE.as_secs() / (72 * 3_600) / 1_000_000,
        each
    );
    assert!(BARE_LIFE >= NONCE_LIFE, "a request that comes again finds its session");
}

/// Choosing a language leaves a profile, for good; the session of a phone that only looks round lives minutes all the same.
#[tokio::test]
async fn j_a_language_is_kept_in_the_profile_and_what_was_begun_in_the_draft() {
    let redis = RedisNode::on_a_socket("").started();
    let mut desk = Desk::at(&redis.url(), "dialogue-id").await;
    let longest = desk.world.store().draft_life();
    let mut phone = desk.phone(FIRST);
    desk.dial(&mut phone).await;
    desk.send(&mut phone, "1").await;
    assert!(desk.has_profile(FIRST).await);
    about(desk.left(&redis, FIRST).await, longest);
    desk.send(&mut phone, "x").await;
    about(desk.left(&redis, FIRST).await, BARE_LIFE);
    // From the first answer of an application on it lives as long as a draft, and so does what says that it was handed in.
    for (at, typed) in ANSWERS.iter().enumerate().skip(1) {
        desk.send(&mut phone, typed).await;
        let life = if at < super::applicant::DRAFT_FROM { BARE_LIFE } else { longest };
        about(desk.left(&redis, FIRST).await, life);
    }
    phone.sequence += 1;
    desk.deliver(phone.message(UssdEvent::Abort, "")).await.is_silent();
    about(desk.left(&redis, FIRST).await, longest);
    // The language is known after the session is gone.
    let number = FIRST + 1;
    let mut phone = desk.phone(number);
    desk.dial(&mut phone).await;
    desk.send(&mut phone, "2").await;
    let _: i64 = redis.ask(&["DEL", &name(&desk.world.key(number))]).await;
    desk.restart();
    let mut phone = desk.phone(number);
    phone.session = 70;
    assert!(desk.dial(&mut phone).await.0.contains("1 Новое заявление"));
}

/// `draft_hours` is obeyed in one place: by the session's time to live, the draft's row, and the offer to go on.
#[tokio::test]
async fn j_drafts_live_as_long_as_is_configured_and_no_longer() {
    let redis = RedisNode::on_a_socket("").started();
    let mut desk = Desk::at(&redis.url(), "dialogue-id").await;
    let day = Duration::from_hours(24);
    desk.world.keep_drafts(day);
    desk.restart();
    let mut phone = desk.phone(FIRST);
    desk.apply(&redis, &mut phone, 8).await;
    about(desk.left(&redis, FIRST).await, day);
    let (session, key) = (phone.session, desk.world.key(FIRST));
    desk.world.clock.advance(day - Duration::from_secs(1));
    let mut phone = desk.phone(FIRST);
    phone.session = session + 1;
    let (screen, _) = desk.dial(&mut phone).await;
    assert!(screen.contains("1 Davam et"), "{screen}");
    // Nobody has written for a day since: the row is gone, and what Redis may still have is not offered.
    desk.world.clock.advance(day + Duration::from_secs(1));
    assert!(desk.world.store().kept_draft(&key).await.unwrap().is_none());
    let (screen, _) = desk.dial(&mut phone).await;
    assert!(screen.contains("1 Yeni müraciət"), "{screen}");
}
