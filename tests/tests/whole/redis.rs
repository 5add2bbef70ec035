//! Redis that is not there, comes, goes and hangs: the program lives, the phone hears something, the answers stay.

use crate::family::ALONE;
use crate::program::PATIENCE;
use crate::session_key::session_key;
use crate::stage::{Phone, Seen, Setting, Stage, eventually};
use dayaq_redis::RedisNode;
use dayaq_simulator::TappedPdu;
use dayaq_smpp::{CommandId, CommandStatus, Header};
use dayaq_types::{Clock, SystemClock};
use std::time::Duration;
use tokio::sync::broadcast::Receiver;

/// How long a phone may wait for its neutral end, and the service for its return.
const SOON: Duration = Duration::from_secs(2);
/// What a machine that runs other tests at the same time may add.
const SLACK: Duration = Duration::from_millis(750);
/// Answers before the fault.
const MIDDLE: usize = 8;

async fn stage_on(redis: &RedisNode) -> Stage {
    Stage::set(Setting { redis: Some(redis.url()), ..Setting::default() }).await
}

/// The program, and a phone in the middle of its application with the question that stands.
async fn midway_on(redis: &RedisNode) -> (Stage, Phone, Seen) {
    let mut stage = stage_on(redis).await;
    stage.start().await;
    let phone = stage.phone(ALONE.number);
    let before = ALONE.begin(&phone, MIDDLE).await;
    (stage, phone, before)
}

/// Which checks of /readyz fail, and its status.
async fn readiness(stage: &Stage) -> (u16, Vec<String>) {
    let (status, body) = stage.page("/readyz").await;
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let checks = body["checks"].as_array().expect("checks");
    let failing = checks.iter().filter(|check| check.get("fault").is_some());
    (status, failing.map(|check| check["name"].as_str().expect("a name").to_owned()).collect())
}

async fn is_ready(stage: &Stage) {
    eventually("it is ready", async || (readiness(stage).await.0 == 200).then_some(())).await;
}

/// Takes a turn while Redis is away: the phone is let go politely and soon, in words of this kind.
async fn is_let_go(stage: &Stage, turn: impl Future<Output = Seen>, words: &str) {
    let clock = SystemClock::new();
    let start = clock.monotonic();
    let seen = turn.await;
    let waited = clock.monotonic() - start;
    assert!(waited <= SOON + SLACK, "it took {waited:?}");
    seen.ends().says(words).says("142").says("*7142#");
    assert!(stage.metric("dayaq_neutral_ends_total").await >= 1.0);
}

/// Dials after Redis is back and continues.
async fn redial(phone: &Phone) -> Seen {
    phone.dial().await.says(ALONE.go_on);
    phone.send("1").await
}

/// Answers the rest of the questions: every answer is there, and there is one application in the end.
async fn goes_on(stage: &Stage, phone: &Phone, seen: Seen, from: usize) {
    let seen = ALONE.answer(phone, seen, from, ALONE.answers.len()).await;
    ALONE.look_over(phone, seen).await;
    let number = phone.send("1").await.says(ALONE.registered).ends().reference();
    assert_eq!(stage.references().await, [number]);
    assert_eq!(stage.metric("dayaq_smpp_links_lost_total").await, 0.0, "the link did not suffer");
    stage.assert_sound().await;
}

/// What a phone hears of which no language is known, and one that has chosen Russian.
const UNKNOWN: &str = "Hazırda davam etmək olmur.";
const RUSSIAN: &str = "Сейчас продолжить нельзя.";

#[tokio::test(flavor = "multi_thread")]
async fn c01_redis_away_at_the_start_is_named_and_its_coming_is_enough() {
    let mut redis = RedisNode::syncing();
    let mut stage = stage_on(&redis).await;
    stage.start_unbound();
    assert_eq!(stage.page("/healthz").await.0, 200, "the process lives");
    eventually("everything but the sessions is well", async || {
        (readiness(&stage).await == (503, vec!["sessions".to_owned()])).then_some(())
    })
    .await;
    let phone = stage.phone(ALONE.number);
    is_let_go(&stage, phone.dial(), UNKNOWN).await;
    // What is written is not taken: the operator keeps it and brings it again.
    let mut tap = stage.smsc.tap();
    let writer = stage.phone("994501234599");
    let written = tokio::spawn({
        let writer = writer.clone();
        async move { writer.0.send_sms("Salam").await }
    });
    refused(&mut tap).await;
    redis.start();
    let clock = SystemClock::new();
    let start = clock.monotonic();
    is_ready(&stage).await;
    let waited = clock.monotonic() - start;
    assert!(waited <= SOON + SLACK, "it took {waited:?}");
    written.await.expect("no panic").expect("taken in the end");
    assert!(!writer.text().await.is_empty(), "and answered");
    ALONE.until_confirm(&phone).await;
    phone.send("1").await.says(ALONE.registered).ends();
    stage.assert_sound().await;
}

/// Waits until a message is answered that it may come again.
async fn refused(tap: &mut Receiver<TappedPdu>) {
    let refused = async {
        loop {
            let header = Header::read(&tap.recv().await.expect("the operator runs").octets).expect("a header");
            if header.command_id == CommandId::DELIVER_SM.response() && !header.command_status.is_ok() {
                assert_eq!(header.command_status, CommandStatus::RX_T_APPN);
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, refused).await.expect("it is refused for a while");
}

#[tokio::test(flavor = "multi_thread")]
async fn c02_redis_killed_in_the_middle_costs_a_redial_and_no_answer() {
    let mut redis = RedisNode::syncing().started();
    let (stage, phone, before) = midway_on(&redis).await;
    redis.kill();
    is_let_go(&stage, phone.send(ALONE.answers[MIDDLE].0), RUSSIAN).await;
    is_let_go(&stage, phone.dial(), RUSSIAN).await;
    assert_eq!(readiness(&stage).await, (503, vec!["sessions".to_owned()]));
    redis.start();
    is_ready(&stage).await;
    let seen = redial(&phone).await;
    assert_eq!(seen, before, "the question of before");
    goes_on(&stage, &phone, seen, MIDDLE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c06_redis_that_hangs_costs_a_redial_and_no_answer() {
    let redis = RedisNode::syncing().started();
    let (stage, phone, before) = midway_on(&redis).await;
    redis.freeze();
    is_let_go(&stage, phone.send(ALONE.answers[MIDDLE].0), RUSSIAN).await;
    assert_eq!(readiness(&stage).await, (503, vec!["sessions".to_owned()]));
    redis.thaw();
    is_ready(&stage).await;
    // Nobody knew whether Redis had taken the answer: the question comes once more, or the next one does.
    let seen = redial(&phone).await;
    let answered = if seen == before { MIDDLE } else { MIDDLE + 1 };
    seen.says(ALONE.answers[answered - 1].1);
    goes_on(&stage, &phone, seen, answered).await;
}

/// What /readyz says of the sessions.
async fn sessions_fault(stage: &Stage) -> Option<String> {
    let (_, body) = stage.page("/readyz").await;
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let checks = body["checks"].as_array().expect("checks");
    let sessions = checks.iter().find(|check| check["name"] == "sessions").expect("one of the sessions");
    sessions.get("fault").map(|fault| fault.as_str().expect("words").to_owned())
}

/// `serve` begins with a Redis that it must not use: it says why, keeps nothing there, and serves nobody, until the cause is
/// over.
async fn is_refused_at_the_start(redis: &RedisNode, sessions: &str, why: &str, cure: impl AsyncFnOnce(&mut Stage)) {
    let mut stage = Stage::set(Setting::default()).await;
    stage.config.keep_sessions(sessions);
    stage.start_unbound();
    eventually("it is refused in words", async || (sessions_fault(&stage).await? == why).then_some(())).await;
    assert_eq!(readiness(&stage).await, (503, vec!["sessions".to_owned()]));
    let told = stage.log().lines().any(|line| line.contains("ERROR") && line.contains(why));
    assert!(told, "{}", stage.log());
    let phone = stage.phone(ALONE.number);
    is_let_go(&stage, phone.dial(), UNKNOWN).await;
    let keys: Vec<String> = redis.ask(&["KEYS", "*"]).await;
    assert!(keys.is_empty(), "nothing is entrusted to it: {keys:?}");
    cure(&mut stage).await;
    is_ready(&stage).await;
    ALONE.until_confirm(&phone).await;
    phone.send("1").await.says(ALONE.registered).ends();
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c09_a_redis_that_evicts_is_refused_at_the_start_in_words() {
    let redis = RedisNode::new("maxmemory 100mb\nmaxmemory-policy allkeys-lru\n").started();
    let sessions = format!("store = \"redis\"\nredis_url = \"{}\"", redis.url());
    let why = "maxmemory-policy = allkeys-lru: what was answered could be lost; set it to noeviction";
    is_refused_at_the_start(&redis, &sessions, why, async |_| {
        let _: String = redis.ask(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c04_a_redis_that_keeps_nothing_is_refused_at_the_start_unless_that_is_allowed() {
    let redis = RedisNode::new("appendonly no\nsave \"\"\n").started();
    let sessions = format!("store = \"redis\"\nredis_url = \"{}\"", redis.url());
    let why = "appendonly = no (and save is empty): what was answered could be lost; set it to yes, or allow it by \
               sessions.allow_unpersisted";
    is_refused_at_the_start(&redis, &sessions, why, async |stage| {
        stage.kill().await;
        stage.config.keep_sessions(&format!("{sessions}\nallow_unpersisted = true"));
        stage.start().await;
    })
    .await;
}

/// The memory of Redis is full under a phone: whoever dials, answers or writes is let go politely, nothing is acknowledged
/// that is not saved, and once there is room everybody goes on where the answers are.
#[tokio::test(flavor = "multi_thread")]
async fn c09_a_redis_whose_memory_is_full_costs_a_redial_and_no_answer() {
    let redis = RedisNode::syncing().started();
    let (stage, phone, before) = midway_on(&redis).await;
    let _: String = redis.ask(&["CONFIG", "SET", "maxmemory", "1"]).await;
    is_let_go(&stage, phone.send(ALONE.answers[MIDDLE].0), RUSSIAN).await;
    is_let_go(&stage, phone.dial(), RUSSIAN).await;
    is_let_go(&stage, stage.phone("994501234598").dial(), UNKNOWN).await;
    assert_eq!(readiness(&stage).await, (503, vec!["sessions".to_owned()]));
    assert_eq!(sessions_fault(&stage).await.as_deref(), Some("refused with OOM"));
    let mut tap = stage.smsc.tap();
    let writer = stage.phone("994501234599");
    let written = tokio::spawn({
        let writer = writer.clone();
        async move { writer.0.send_sms("Salam").await }
    });
    refused(&mut tap).await;
    let faults = stage.metric("dayaq_redis_faults_total").await;
    assert!(faults >= 3.0, "{faults} were counted");
    let told = |line: &str| line.contains("WARN") && line.contains("raise maxmemory");
    assert!(stage.log().lines().any(told), "{}", stage.log());
    let _: String = redis.ask(&["CONFIG", "SET", "maxmemory", "0"]).await;
    is_ready(&stage).await;
    written.await.expect("no panic").expect("taken in the end");
    assert!(!writer.text().await.is_empty(), "and answered");
    let seen = redial(&phone).await;
    assert_eq!(seen, before, "the question of before");
    goes_on(&stage, &phone, seen, MIDDLE).await;
}

/// Something else than this program has damaged it: the person is let go politely, and finished sections stay.
#[tokio::test(flavor = "multi_thread")]
async fn c13_a_session_that_does_not_open_is_rebuilt_from_the_draft() {
    let redis = RedisNode::syncing().started();
    let mut stage = stage_on(&redis).await;
    stage.start().await;
    let phone = stage.phone(ALONE.number);
    let mut seen = phone.dial().await;
    let (mut shown, mut answered) = (Vec::new(), 0);
    for damage in ["cut", ""] {
        for at in answered..MIDDLE {
            seen = ALONE.answer(&phone, seen, at, at + 1).await;
            shown.push(seen.clone());
        }
        let key = &session_key(&redis).await;
        // Under a version of its own, so that the memory is wrong about it.
        let _: i64 = redis.ask(&["HSET", key, "t", &"t".repeat(16), "b", damage]).await;
        let _ = phone.0.send(ALONE.answers[MIDDLE].0).await;
        seen = redial(&phone).await;
        // A finished section is behind the person, and of the others a question comes again.
        answered = 1 + shown.iter().rposition(|shown| *shown == seen).unwrap_or_else(|| panic!("{seen:?}"));
        println!("{MIDDLE} answers, and {answered} of them are kept");
        shown.truncate(answered);
    }
    assert!(stage.metric("dayaq_session_quarantined_total").await >= 2.0);
    let told = "A stored session does not open and will be replaced";
    assert!(stage.log().lines().any(|line| line.contains("ERROR") && line.contains(told)));
    goes_on(&stage, &phone, seen, answered).await;
}
