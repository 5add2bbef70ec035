//! What a PostgreSQL server can do to the gateway store.

use super::text_rules::{MINUTE, Story};
use super::{CANARY_FIN, CANARY_PHONE, Ground, House, contains, phone};
use crate::store::{GatewayStore, IN_POSTGRES, NewText, PendingCall, PostgresPool, Profile, StoreError};
use dayaq_core_api::NoticeClass;
use dayaq_postgres::{Cut, Refusals, Valve};
use dayaq_types::{Clock, Language, Pii, SystemClock};
use sqlx::{Connection, Executor};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use uuid::Uuid;

fn call(house: &House, id: &str) -> PendingCall {
    PendingCall {
        id: id.to_owned(),
        subscriber: house.subscriber(0),
        payload: Pii::new(id.as_bytes().to_vec()),
        not_before: house.clock.now(),
        attempts: 0,
    }
}

fn text(house: &House, id: u128, secret: &str) -> NewText {
    NewText {
        id: Uuid::from_u128(id),
        core_fence: 1,
        subscriber: house.subscriber(0),
        msisdn: phone(0),
        class: NoticeClass::Outcome,
        operator: "azercell".to_owned(),
        language: Language::Az,
        notice: Pii::new(secret.to_owned()),
        matters: true,
        question: false,
        words: Pii::new(secret.to_owned()),
        segments: vec![Pii::new(secret.as_bytes().to_vec())],
        not_before: house.clock.now(),
        expires_at: house.clock.now() + Duration::from_hours(72),
    }
}

/// The least that each of the five pauses may be (they double, less up to a half of each).
const PAUSES: [Duration; 5] = [
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(20),
    Duration::from_millis(40),
    Duration::from_millis(80),
];

#[tokio::test]
async fn d02_what_loses_against_another_transaction_is_made_again_up_to_five_times() {
    for code in ["40001", "40P01"] {
        let house = House::on(Ground::Postgres).await;
        let (store, key) = (house.store().await, house.subscriber(0));
        let mut refusals = Refusals::of(house.database().aside().await, "drafts", "n <= 5 OR n > 6", code).await;
        store.save_draft(&key, b"kept").await.unwrap();
        assert_eq!(refusals.tries().await, 6);
        let refused = store.save_draft(&key, b"lost").await.unwrap_err();
        assert_eq!(refused, StoreError::Contended(code.to_owned()));
        assert_eq!(refusals.tries().await, 12);
        for tries in [1..6, 7..12] {
            let gaps = refusals.gaps(tries).await;
            println!("{code}: made again after {gaps:.1?}");
            assert!(gaps.iter().zip(PAUSES).all(|(gap, least)| *gap >= least), "{gaps:?}");
        }
        assert_eq!(store.draft(&key).await.unwrap(), Some(b"kept".to_vec()));
    }
}

#[tokio::test]
async fn d02_at_one_failure_in_a_hundred_nobody_notices() {
    for code in ["40001", "40P01"] {
        let house = House::on(Ground::Postgres).await;
        let store = house.store().await;
        let mut refusals = Refusals::of(house.database().aside().await, "drafts", "n % 100 = 50", code).await;
        for n in 0..400 {
            store.save_draft(&house.subscriber(n % 7), b"draft").await.unwrap();
        }
        // The 50th, the 150th and so on of all tries, each of which was made again.
        assert_eq!(refusals.tries().await, 404);
    }
}

#[tokio::test]
async fn d02_two_that_wait_for_each_other_both_come_through() {
    let house = House::on(Ground::Postgres).await;
    let (store, one, two) = (house.store().await, house.subscriber(1), house.subscriber(2));
    store.save_draft(&one, b"0").await.unwrap();
    store.save_draft(&two, b"0").await.unwrap();
    let before = (house.clock.now() + store.draft_life()).as_millisecond();
    let met = Arc::new(AtomicU32::new(0));
    let writers = [(one, two), (two, one)].map(|(first, second)| {
        let (store, met) = (store.clone(), Arc::clone(&met));
        tokio::spawn(async move {
            store
                .write(move |mut db| {
                    Box::pin(async move {
                        let sql = "UPDATE drafts SET expires_at = expires_at + 1 WHERE subscriber = $1";
                        db.execute(sql, &[first.as_bytes().into()]).await?;
                        met.fetch_add(1, Ordering::SeqCst);
                        // Each holds its first row before either asks for the other's.
                        while met.load(Ordering::SeqCst) < 2 {
                            tokio::task::yield_now().await;
                        }
                        db.execute(sql, &[second.as_bytes().into()]).await
                    })
                })
                .await
        })
    });
    for writer in writers {
        assert_eq!(writer.await.unwrap().unwrap(), 1);
    }
    assert_eq!(met.load(Ordering::SeqCst), 3, "one of them was made again");
    let sums: Vec<i64> = sqlx::query_scalar("SELECT expires_at - $1 FROM drafts")
        .bind(before)
        .fetch_all(&mut house.database().aside().await)
        .await
        .unwrap();
    assert_eq!(sums, [2, 2], "each writer changed both rows once");
}

/// Wherever within the commit the connection is cut: what finds its rows by their own key is there once.
#[tokio::test]
async fn d04_a_commit_cut_off_at_any_octet_leaves_one_call_and_one_text() {
    let house = House::on(Ground::Postgres).await;
    let valve = Valve::before(house.database().socket()).await;
    let store = house.store_in(house.pool(&valve.url(house.database().name()), 2).await);
    let mut all = 0;
    for (n, cut) in (1..).zip(Cut::many()) {
        all += 1;
        valve.arm(cut);
        let added = store.add_pending(&call(&house, &n.to_string())).await;
        assert!(added.is_ok() && !valve.is_armed(), "{cut:?}: {added:?}");
        assert!(!store.add_pending(&call(&house, &n.to_string())).await.unwrap(), "{cut:?}: it is not there");
        valve.arm(cut);
        let added = store.add_text(&text(&house, n, "words")).await;
        assert!(added.is_ok() && !valve.is_armed(), "{cut:?}: {added:?}");
    }
    assert_eq!(store.claim_pending(20_000, MINUTE).await.unwrap().len(), all);
    assert_eq!(store.claim_segments("azercell", 20_000, MINUTE).await.unwrap().len(), all);
}

/// An attempt of which nobody knows whether it was committed must not be written; at most one resend follows.
#[tokio::test]
async fn d04_an_attempt_whose_commit_is_unknown_is_in_doubt() {
    let mut story = Story::begin(Ground::Postgres).await;
    let valve = Valve::before(story.house.database().socket()).await;
    let pool = story.house.pool(&valve.url(story.house.database().name()), 2).await;
    story.store = story.house.store_in(pool);
    story.add(1, 1).await;
    let ticket = story.claim().await[0].ticket;
    valve.arm(Cut::Reply(0));
    let unknown = story.store.attempt(&ticket, MINUTE).await.unwrap_err();
    assert!(unknown.is_in_doubt(), "{unknown}");
    assert!(!story.store.attempt(&ticket, MINUTE).await.unwrap(), "the claim is used");
    story.house.pass(MINUTE);
    assert_eq!(story.claim().await, [], "the grace begins");
    story.house.pass(GatewayStore::DOUBT_GRACE);
    assert!(story.claim().await[0].resend);
}

/// As many drafts at once as there are connections.
async fn save_on_each(house: &House, store: &GatewayStore, connections: u64) -> Vec<Result<(), StoreError>> {
    let saves = (0..connections).map(|n| {
        let (store, key) = (store.clone(), house.subscriber(n));
        tokio::spawn(async move { store.save_draft(&key, b"draft").await })
    });
    let mut saved = Vec::new();
    for save in saves.collect::<Vec<_>>() {
        saved.push(save.await.unwrap());
    }
    saved
}

/// The server's processes that wait for somebody else's lock on `drafts`: those of this test's database alone, which
/// shares its server with others.
const WAITING: &str = "SELECT array_agg(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE NOT l.granted AND l.relation = 'drafts'::regclass AND d.datname = current_database()";
/// How many of those the server still has.
const STILL_THERE: &str = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1)";

/// A server that falls silent costs each caller its time limit, and once it can be reached nothing is left of it.
#[tokio::test]
async fn d14_a_server_that_fell_silent_with_every_connection_in_flight_is_back_within_ten_seconds() {
    const CONNECTIONS: u64 = 8;
    let house = House::on(Ground::Postgres).await;
    let valve = Valve::before(house.database().socket()).await;
    let store = house.store_in(house.pool(&valve.url(house.database().name()), CONNECTIONS as u32).await);
    assert!(save_on_each(&house, &store, CONNECTIONS).await.iter().all(Result::is_ok));
    // Each has asked and waits for its answer.
    let (mut aside, mut onlooker) = (house.database().aside().await, house.database().aside().await);
    let mut lock = aside.begin().await.unwrap();
    lock.execute("LOCK TABLE drafts IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let asked = async {
        loop {
            let waiting: Option<Vec<i32>> = sqlx::query_scalar(WAITING).fetch_one(&mut onlooker).await.unwrap();
            if let Some(waiting) = waiting.filter(|waiting| waiting.len() == CONNECTIONS as usize) {
                valve.silence(true);
                return waiting;
            }
        }
    };
    let (saved, in_flight) = tokio::join!(save_on_each(&house, &store, CONNECTIONS), asked);
    for saved in saved {
        let refused = saved.unwrap_err();
        assert!(matches!(refused, StoreError::Timeout(_) | StoreError::NoConnection(_)), "{refused}");
    }
    lock.rollback().await.unwrap();
    // What the client has closed the server finds closed, as soon as it has something to say.
    let closed = async {
        while sqlx::query_scalar::<_, i64>(STILL_THERE).bind(&in_flight).fetch_one(&mut onlooker).await.unwrap() > 0 {}
    };
    tokio::time::timeout(Duration::from_secs(10), closed).await.expect("each was closed at its time-out");
    assert!(matches!(store.ready().await, Err(StoreError::NoConnection(_))), "none is kept that does not answer");
    valve.silence(false);
    let reachable = SystemClock::new();
    let ready = async { while store.ready().await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(10), ready).await.expect("ready within ten seconds");
    println!("{} connections closed, back {:?} after it can be reached", in_flight.len(), reachable.monotonic());
    let saved = save_on_each(&house, &store, CONNECTIONS).await;
    assert!(saved.iter().all(Result::is_ok), "each place is free again: {saved:?}");
}

/// A connection to a server that took no changes when it was made may never take one, whatever becomes of the server.
#[tokio::test]
async fn connections_that_were_made_read_only_do_not_outlive_it() {
    let house = House::on(Ground::Postgres).await;
    let store = house.store_in(house.pool(&house.database().url(), 2).await);
    let read_only = async |on: &str| {
        let mut aside = house.database().aside().await;
        aside.execute("SET default_transaction_read_only = off").await.unwrap();
        let sql = format!("ALTER DATABASE {} SET default_transaction_read_only = {on}", house.database().name());
        aside.execute(&*sql).await.unwrap();
    };
    read_only("on").await;
    for saved in save_on_each(&house, &store, 2).await {
        let refused = saved.unwrap_err();
        assert!(matches!(&refused, StoreError::NoServer(why) if why.contains("25006")), "{refused}");
    }
    read_only("off").await;
    assert!(save_on_each(&house, &store, 2).await.iter().all(Result::is_ok));
}

/// With every connection waiting for a lock, one more caller is told within a second, and none is forgotten.
#[tokio::test]
async fn d07_with_every_connection_taken_a_caller_is_told_within_a_second() {
    let house = House::on(Ground::Postgres).await;
    let store = house.store_in(house.pool(&house.database().url(), 2).await);
    let mut aside = house.database().aside().await;
    let mut lock = aside.begin().await.unwrap();
    lock.execute("LOCK TABLE drafts IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let waiting: Vec<_> = (0..2)
        .map(|n| {
            let (store, key) = (store.clone(), house.subscriber(n));
            tokio::spawn(async move { store.save_draft(&key, b"draft").await })
        })
        .collect();
    let waiters = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database =
                   (SELECT oid FROM pg_database WHERE datname = current_database())";
    while sqlx::query_scalar::<_, i64>(waiters).fetch_one(&mut *lock).await.unwrap() < 2 {
        tokio::task::yield_now().await;
    }
    let told = tokio::time::timeout(Duration::from_millis(1_500), store.book("abc")).await.expect("it waits too long");
    assert_eq!(told.unwrap_err(), StoreError::NoConnection(Duration::from_secs(1)));
    lock.commit().await.unwrap();
    for waiting in waiting {
        waiting.await.unwrap().unwrap();
    }
    assert_eq!(store.book("abc").await.unwrap(), None);
}

#[tokio::test]
async fn d07_the_server_itself_ends_what_takes_too_long() {
    let house = House::on(Ground::Postgres).await;
    let store = house.store().await;
    for (setting, limit) in
        [("statement_timeout", "5s"), ("lock_timeout", "3s"), ("idle_in_transaction_session_timeout", "10s")]
    {
        let row =
            store.database().row("SELECT current_setting($1) AS value", &[setting.into()]).await.unwrap().unwrap();
        assert_eq!(row.get::<&str>("value"), limit, "{setting}");
    }
    let refused = store
        .write(|mut db| {
            Box::pin(async move {
                db.execute("SET LOCAL statement_timeout = 1", &[]).await?;
                db.execute("SELECT pg_sleep(60)", &[]).await
            })
        })
        .await
        .unwrap_err();
    assert_eq!(refused, StoreError::Refused("57014".to_owned()));
    // An owner that forgets its transaction holds neither its locks nor its place.
    let forgotten = store
        .write(|mut db| {
            Box::pin(async move {
                db.execute("SET LOCAL idle_in_transaction_session_timeout = 50", &[]).await?;
                db.execute("LOCK TABLE drafts IN ACCESS EXCLUSIVE MODE", &[]).await?;
                tokio::time::sleep(Duration::from_millis(500)).await;
                db.execute("SELECT 1", &[]).await
            })
        })
        .await;
    assert!(forgotten.is_err(), "the server has ended it");
    store.save_draft(&house.subscriber(0), b"draft").await.unwrap();
}

#[tokio::test]
async fn d08_a_server_that_answers_before_it_has_written_is_refused() {
    let house = House::on(Ground::Postgres).await;
    for (value, safe) in
        [("off", false), ("local", false), ("remote_write", false), ("on", true), ("remote_apply", true)]
    {
        let sql = format!("ALTER DATABASE {} SET synchronous_commit = {value}", house.database().name());
        house.database().aside().await.execute(&*sql).await.unwrap();
        let opened = PostgresPool::open(&house.database().url(), 1, IN_POSTGRES, house.entropy.clone()).await;
        let volatile = StoreError::Volatile { setting: "synchronous_commit", value: value.to_owned(), wanted: "on" };
        assert_eq!(opened.err(), (!safe).then_some(volatile), "{value}");
    }
}

#[tokio::test]
async fn d10_a_newer_or_half_migrated_schema_is_refused() {
    let house = House::on(Ground::Postgres).await;
    let url = house.database().url();
    let open = || PostgresPool::open(&url, 1, IN_POSTGRES, house.entropy.clone());
    open().await.unwrap();
    let mut aside = house.database().aside().await;
    aside
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'from the future', TRUE, '', 0)",
        )
        .await
        .unwrap();
    assert_eq!(open().await.unwrap_err(), StoreError::NewerSchema(9999));
    aside.execute("DELETE FROM _sqlx_migrations WHERE version = 9999").await.unwrap();
    aside.execute("UPDATE _sqlx_migrations SET success = FALSE WHERE version = 2").await.unwrap();
    assert_eq!(open().await.unwrap_err(), StoreError::HalfMigrated(2));
}

/// Four gateways at one queue: each call and each segment is claimed by one of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d11_gateways_that_claim_at_once_share_what_is_due() {
    const DUE: usize = 120;
    let house = House::on(Ground::Postgres).await;
    let store = house.store().await;
    for n in 1..=DUE {
        store.add_pending(&call(&house, &n.to_string())).await.unwrap();
        store.add_text(&text(&house, n as u128, "words")).await.unwrap();
    }
    let mut gateways = Vec::new();
    for _ in 0..4 {
        let gateway = house.store_in(house.pool(&house.database().url(), 2).await);
        gateways.push(tokio::spawn(async move {
            let (mut calls, mut texts) = (Vec::new(), Vec::new());
            loop {
                let some = gateway.claim_pending(7, MINUTE).await.unwrap();
                let more = gateway.claim_segments("azercell", 7, MINUTE).await.unwrap();
                if some.is_empty() && more.is_empty() {
                    return (calls, texts);
                }
                assert!(some.len() <= 7 && more.len() <= 7);
                calls.extend(some.into_iter().map(|claimed| claimed.call.id));
                texts.extend(more.into_iter().map(|claimed| claimed.ticket.text));
            }
        }));
    }
    let (mut calls, mut texts) = (Vec::new(), Vec::new());
    for gateway in gateways {
        let (some, more) = gateway.await.unwrap();
        calls.extend(some);
        texts.extend(more);
    }
    assert_eq!((calls.len(), calls.iter().collect::<BTreeSet<_>>().len()), (DUE, DUE));
    assert_eq!((texts.len(), texts.iter().collect::<BTreeSet<_>>().len()), (DUE, DUE));
}

/// A claimant that stands still in the middle of its claim holds up nobody.
#[tokio::test]
async fn d11_what_another_holds_is_passed_over() {
    let house = House::on(Ground::Postgres).await;
    let store = house.store().await;
    for id in ["held", "free"] {
        store.add_pending(&call(&house, id)).await.unwrap();
    }
    let mut aside = house.database().aside().await;
    let mut held = aside.begin().await.unwrap();
    held.execute("SELECT 1 FROM pending_calls WHERE id = 'held' FOR UPDATE").await.unwrap();
    let claimed = store.claim_pending(9, MINUTE).await.unwrap();
    assert_eq!(claimed.iter().map(|claimed| claimed.call.id.as_str()).collect::<Vec<_>>(), ["free"]);
    held.rollback().await.unwrap();
    assert_eq!(store.claim_pending(9, MINUTE).await.unwrap()[0].call.id, "held");
}

/// A segment that dies and its sibling whose answer is missing, at once: whoever is second sees the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a17_a_segment_in_doubt_is_not_sent_again_for_a_text_that_dies_at_the_same_moment() {
    let story = Story::begin(Ground::Postgres).await;
    for id in 1..=20 {
        story.add(id, 2).await;
    }
    let claimed = story.store.claim_segments("azercell", 100, MINUTE).await.unwrap();
    for pair in claimed.chunks_exact(2) {
        for segment in pair {
            assert!(story.store.attempt(&segment.ticket, MINUTE).await.unwrap());
        }
        let (one, two) = (pair[0].ticket, pair[1].ticket);
        let (dies, doubted) =
            tokio::join!(story.store.segment_dead(&one, "RINVDSTADR"), story.store.segment_in_doubt(&two));
        assert!(dies.unwrap() && doubted.unwrap());
    }
    assert_eq!(story.store.open_segments().await.unwrap(), 0, "none waits for a resend");
    assert_eq!(story.store.finished_texts(100).await.unwrap().len(), 20);
}

#[tokio::test]
async fn a_lost_connection_is_made_again() {
    let house = House::on(Ground::Postgres).await;
    let store = house.store().await;
    store.save_draft(&house.subscriber(0), b"draft").await.unwrap();
    let ended: Vec<bool> = sqlx::query_scalar(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
    )
    .fetch_all(&mut house.database().aside().await)
    .await
    .unwrap();
    assert!(!ended.is_empty());
    assert_eq!(store.draft(&house.subscriber(0)).await.unwrap(), Some(b"draft".to_vec()));
    store.ready().await.unwrap();
}

#[tokio::test]
async fn a_bad_address_does_not_print_its_password() {
    let entropy = House::new().entropy;
    for url in ["postgres://dayaq:hunter2@[/dayaq", "mysql://dayaq:hunter2@db/dayaq", "hunter2"] {
        let refused = PostgresPool::open(url, 1, IN_POSTGRES, entropy.clone()).await.unwrap_err();
        assert!(!refused.to_string().contains("hunter2"), "{refused}");
    }
}

/// A canary through every table: phone, FIN, words and answers are in no file of the database in clear.
#[tokio::test]
async fn g10_nothing_personal_lies_in_the_database() {
    let house = House::on(Ground::Postgres).await;
    let (store, key) = (house.store().await, house.subscriber(0));
    let secret = format!("{CANARY_FIN} {CANARY_PHONE}");
    store.save_draft(&key, secret.as_bytes()).await.unwrap();
    let profile = Profile { operator: Some(secret.clone()), ..Profile::default() };
    store.save_profile(&key, &profile).await.unwrap();
    let call = PendingCall { payload: Pii::new(secret.clone().into_bytes()), ..call(&house, "call") };
    store.add_pending(&call).await.unwrap();
    store.add_text(&text(&house, 1, &secret)).await.unwrap();
    let raw = house.database().raw().await;
    assert!(contains(&raw, "azercell"), "the files are there");
    assert!(!contains(&raw, CANARY_FIN) && !contains(&raw, CANARY_PHONE) && !contains(&raw, "501234567"));
}
