//! A PostgreSQL primary that is lost, and the standby that takes its place.

use super::{House, phone};
use crate::store::{GatewayStore, PendingCall, StoreError, SubscriberKey};
use dayaq_postgres::PostgresPair;
use dayaq_types::{Clock, Pii};
use sqlx::Executor;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How soon a store must serve again, once a server takes changes.
const BACK: Duration = Duration::from_secs(10);

async fn store_of(house: &House, pair: &PostgresPair) -> GatewayStore {
    house.store_in(house.pool(&pair.url(), 8).await)
}

fn call(house: &House, n: u64) -> PendingCall {
    PendingCall {
        id: format!("call-{n}"),
        subscriber: SubscriberKey::of(&house.keys, &phone(n)),
        payload: Pii::new(b"call".to_vec()),
        not_before: house.clock.now(),
        attempts: 0,
    }
}

async fn ready_again(store: &GatewayStore) {
    let ready = async { while store.ready().await.is_err() {} };
    tokio::time::timeout(BACK, ready).await.expect("back within ten seconds");
}

/// The calls that are there.
async fn there(store: &GatewayStore) -> BTreeSet<String> {
    let rows = store.database().rows("SELECT id FROM pending_calls", &[]).await.unwrap();
    rows.iter().map(|row| row.get("id")).collect()
}

/// The RPO with synchronous replication: whatever was answered is on the standby, wherever the primary dies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d08_what_was_answered_is_there_after_a_failover_in_the_middle_of_writing() {
    let (house, pair) = (House::new(), PostgresPair::streaming(true).await);
    let store = store_of(&house, &pair).await;
    let (answered, mut writers) = (Arc::new(Mutex::new(Vec::new())), Vec::new());
    for writer in 0..6u64 {
        let (store, answered) = (store.clone(), Arc::clone(&answered));
        let calls: Vec<_> = (0..100_000).map(|n| writer * 100_000 + n).collect();
        let keys = house.keys.clone();
        let due = house.clock.now();
        writers.push(tokio::spawn(async move {
            for n in calls {
                let call = PendingCall {
                    id: format!("call-{n}"),
                    subscriber: SubscriberKey::of(&keys, &phone(n)),
                    payload: Pii::new(b"call".to_vec()),
                    not_before: due,
                    attempts: 0,
                };
                if store.add_pending(&call).await.is_err() {
                    return;
                }
                answered.lock().unwrap().push(call.id);
            }
        }));
    }
    while answered.lock().unwrap().len() < 300 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::task::block_in_place(|| pair.primary.kill());
    for writer in writers {
        writer.await.unwrap();
    }
    let refused = store.ready().await.unwrap_err();
    assert!(matches!(&refused, StoreError::NoServer(why) if why.contains("25006")), "a standby takes none: {refused}");
    pair.standby.promote().await;
    ready_again(&store).await;
    let there = there(&store).await;
    let answered = answered.lock().unwrap().clone();
    println!("answered {}, there {}", answered.len(), there.len());
    assert!(answered.iter().all(|id| there.contains(id)), "something that was answered is lost");
}

/// A standby that lags: with synchronous replication nothing is answered that it has not, so that nothing answered is
/// lost with the primary. Without it the last commits are, which is why the start warns of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d08_a_commit_that_the_standby_has_not_is_answered_only_without_synchronous_replication() {
    for synchronous in [true, false] {
        let (house, pair) = (House::new(), PostgresPair::streaming(synchronous).await);
        let store = store_of(&house, &pair).await;
        store.add_pending(&call(&house, 1)).await.unwrap();
        if !synchronous {
            let mut aside = pair.primary.aside(pair.database()).await;
            let followed = "SELECT pg_current_wal_lsn() <= replay_lsn FROM pg_stat_replication";
            while !sqlx::query_scalar::<_, bool>(followed).fetch_one(&mut aside).await.unwrap() {}
        }
        let mut standby = pair.standby.aside("postgres").await;
        standby.execute("ALTER SYSTEM SET primary_conninfo = ''").await.unwrap();
        standby.execute("SELECT pg_reload_conf()").await.unwrap();
        let follows = "SELECT count(*) FROM pg_stat_wal_receiver";
        while sqlx::query_scalar::<_, i64>(follows).fetch_one(&mut standby).await.unwrap() > 0 {}
        let late = tokio::time::timeout(Duration::from_secs(2), store.add_pending(&call(&house, 2))).await;
        assert_eq!(late.is_ok(), !synchronous, "{late:?}");
        tokio::task::block_in_place(|| pair.primary.kill());
        pair.standby.promote().await;
        ready_again(&store).await;
        assert_eq!(there(&store).await, BTreeSet::from(["call-1".to_owned()]), "synchronous: {synchronous}");
    }
}

/// The primary's packets are dropped and the standby is promoted beside it: nobody says that the old one is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d14_a_primary_that_falls_silent_is_left_for_the_standby_that_is_promoted() {
    let (house, pair) = (House::new(), PostgresPair::streaming(true).await);
    let store = store_of(&house, &pair).await;
    for n in 0..8 {
        store.add_pending(&call(&house, n)).await.unwrap();
    }
    pair.valves[0].silence(true);
    assert!(store.ready().await.is_err(), "neither takes changes");
    pair.standby.promote().await;
    ready_again(&store).await;
    let adds = (8..16).map(|n| {
        let (store, call) = (store.clone(), call(&house, n));
        tokio::spawn(async move { store.add_pending(&call).await })
    });
    for add in adds.collect::<Vec<_>>() {
        assert_eq!(add.await.unwrap(), Ok(true));
    }
    // The old one is back and believes that it is the primary. Whom the store has, it keeps.
    pair.valves[0].silence(false);
    assert_eq!(store.add_pending(&call(&house, 16)).await, Ok(true));
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM pending_calls")
        .fetch_one(&mut pair.standby.aside(pair.database()).await)
        .await
        .unwrap();
    assert_eq!(kept, 17);
}

/// A primary that comes back as a standby keeps no connection, and a start finds the one that writes wherever it stands
/// in the address.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_finds_the_server_that_takes_changes() {
    let (house, pair) = (House::new(), PostgresPair::streaming(false).await);
    let [primary, standby] = [pair.valves[0].port(), pair.valves[1].port()];
    let url = |hosts: &str| format!("postgres://dayaq@{hosts}/{}?sslmode=disable", pair.database());
    // Nothing listens on port 1.
    let url = url(&format!("127.0.0.1:1,127.0.0.1:{standby},127.0.0.1:{primary}"));
    let store = house.store_in(house.pool(&url, 2).await);
    store.add_pending(&call(&house, 1)).await.unwrap();
    store.ready().await.unwrap();
}
