//! A Cluster and Sentinels that change under the sessions: slots move, masters die, and no update is lost.

use super::House;
use super::redis_ground::RedisGround;
use crate::store::{RedisSessions, Saved, Sessions, SubscriberKey, Version};
use dayaq_redis::{Sentinels, until};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;

const HOUR: Duration = Duration::from_hours(1);
/// Sessions under load, each of a writer of its own.
const WRITERS: u64 = 12;
/// What a quick person lets pass between two answers.
const PERSON: Duration = Duration::from_millis(200);
/// What a gateway allows an operation.
const TIMEOUT: &str = "timeout_ms = 250";

/// Writers that add one to their sessions as fast as they can.
struct Load {
    shared: Arc<Shared>,
    keys: Vec<SubscriberKey>,
    writers: Vec<JoinHandle<Counted>>,
}

/// What the writers and the test tell each other.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    /// How often each of the faults was heard.
    faults: Mutex<BTreeMap<String, u64>>,
    written: AtomicU64,
    ledgers: Vec<Ledger>,
}

/// What one writer and the test tell each other.
#[derive(Default)]
struct Ledger {
    /// How often it has found in its session what it expected, or taken note of what was lost.
    looks: AtomicU64,
    /// Updates that it was told were written and has not found lost.
    accepted: AtomicU64,
    /// So many of them were on every replica, and are never lost.
    safe: AtomicU64,
}

/// What a writer heard.
#[derive(Debug, PartialEq, Eq)]
struct Counted {
    /// Updates that it was told were written, or found written.
    accepted: u64,
    /// Updates that it was told were written, and that were gone.
    lost: u64,
    /// What the session holds in the end.
    held: u64,
}

impl Load {
    /// `think` is what each writer lets pass between two updates.
    fn start(ground: &RedisGround, think: Duration) -> Self {
        let house = House::new();
        let backend = Arc::new(RedisSessions::new(&ground.config(TIMEOUT)).unwrap());
        let (keys, entropy) = (house.keys.clone(), house.entropy.clone());
        // Nothing is remembered, so that each turn reads what is there.
        let sessions = Arc::new(Sessions::new(backend, keys, entropy, 0));
        let keys: Vec<SubscriberKey> = (0..WRITERS).map(|n| house.subscriber(n)).collect();
        let ledgers = keys.iter().map(|_| Ledger::default()).collect();
        let shared = Arc::new(Shared { ledgers, ..Shared::default() });
        let writers = keys.iter().enumerate();
        let writers =
            writers.map(|(at, key)| tokio::spawn(write(Arc::clone(&sessions), *key, at, think, Arc::clone(&shared))));
        Self { writers: writers.collect(), keys, shared }
    }

    /// Waits until so many more updates are written.
    async fn goes_on(&self, more: u64) {
        let written = || self.shared.written.load(Ordering::SeqCst);
        let until_now = written();
        until("updates go on", async || written() >= until_now + more).await;
    }

    /// What each writer has accepted, once all have looked at what there is now.
    async fn accepted(&self) -> Vec<u64> {
        let looks = || self.shared.ledgers.iter().map(|ledger| ledger.looks.load(Ordering::SeqCst));
        let before: Vec<u64> = looks().collect();
        // The first of two looks may have begun before this.
        until("everybody has looked", async || looks().zip(&before).all(|(now, before)| now >= before + 2)).await;
        self.shared.ledgers.iter().map(|ledger| ledger.accepted.load(Ordering::SeqCst)).collect()
    }

    /// Whoever is master from now on has these.
    fn are_safe(&self, accepted: &[u64]) {
        for (ledger, accepted) in self.shared.ledgers.iter().zip(accepted) {
            ledger.safe.store(*accepted, Ordering::SeqCst);
        }
    }

    /// Waits until everything that the writers were told by now is on every replica, and gives the master.
    async fn secured(&self, sentinels: &Sentinels) -> usize {
        loop {
            let reign = sentinels.settled().await;
            let accepted = self.accepted().await;
            if sentinels.have_heard(reign).await {
                self.are_safe(&accepted);
                return reign.master;
            }
        }
    }

    /// Ends it: what each writer counted, and the faults.
    async fn end(self) -> (Vec<Counted>, BTreeMap<String, u64>) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let mut counted = Vec::new();
        for writer in self.writers {
            counted.push(writer.await.unwrap());
        }
        let faults = self.shared.faults.lock().unwrap().clone();
        (counted, faults)
    }
}

async fn write(
    sessions: Arc<Sessions>,
    key: SubscriberKey,
    at: usize,
    think: Duration,
    shared: Arc<Shared>,
) -> Counted {
    let ledger = &shared.ledgers[at];
    let (mut accepted, mut lost, mut doubt) = (0u64, 0, false);
    let heard = |fault: String| *shared.faults.lock().unwrap().entry(fault).or_default() += 1;
    loop {
        let loaded = match sessions.load_fresh(&key).await {
            Ok(loaded) => loaded,
            Err(fault) => {
                heard(format!("load: {fault}"));
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        let held = number(loaded.plain.as_deref());
        if doubt && held == accepted + 1 {
            accepted += 1;
        }
        doubt = false;
        if held < accepted {
            let safe = ledger.safe.load(Ordering::SeqCst);
            assert!(held >= safe, "{held} is held, and {safe} were on every replica");
            lost += accepted - held;
            accepted = held;
        }
        assert!(held == accepted, "{held} is held, and {accepted} were accepted");
        ledger.accepted.store(accepted, Ordering::SeqCst);
        ledger.looks.fetch_add(1, Ordering::SeqCst);
        if shared.stop.load(Ordering::SeqCst) {
            return Counted { accepted, lost, held };
        }
        let version = if loaded.plain.is_some() { loaded.version } else { Version::ABSENT };
        match sessions.store(&key, version, &(held + 1).to_be_bytes(), HOUR).await {
            Ok(Saved::Written(_)) => {
                accepted += 1;
                shared.written.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(think).await;
            }
            // Only a write of ours that was in doubt can have been first.
            Ok(Saved::Conflict(_)) => doubt = true,
            Err(fault) => {
                doubt = fault.is_in_doubt();
                heard(format!("store: {fault}"));
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

fn number(plain: Option<&[u8]>) -> u64 {
    plain.map_or(0, |plain| u64::from_be_bytes(plain.try_into().unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c07_slots_that_move_under_load_lose_no_update() {
    let ground = RedisGround::cluster().await;
    let RedisGround::Cluster(cluster) = &ground else { unreachable!("it is a Cluster") };
    let load = Load::start(&ground, Duration::ZERO);
    load.goes_on(200).await;
    let share = 16_384u16.div_ceil(3);
    let mut moves = 0;
    for key in load.keys.clone() {
        let slot = cluster.slot(&format!("dayaq:{{{}}}:s", key.hex())).await;
        let from = usize::from(slot / share);
        // There and back, in the middle of its updates.
        for (from, to) in [(from, (from + 1) % 3), ((from + 1) % 3, from)] {
            cluster.migrate(slot, from, to).await;
            moves += 1;
            load.goes_on(50).await;
        }
    }
    let (counted, faults) = load.end().await;
    let updates: u64 = counted.iter().map(|counted| counted.accepted).sum();
    assert!(counted.iter().all(|counted| counted.lost == 0 && counted.held == counted.accepted), "{counted:?}");
    assert!(!faults.keys().any(|fault| fault.contains("CROSSSLOT")), "{faults:?}");
    println!("{moves} slots moved under {WRITERS} writers: {updates} updates, none lost; heard {faults:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c07_the_death_of_a_clusters_master_is_outlived() {
    let mut ground = RedisGround::cluster().await;
    let load = Load::start(&ground, PERSON);
    load.goes_on(60).await;
    let RedisGround::Cluster(cluster) = &mut ground else { unreachable!("it is a Cluster") };
    let accepted = load.accepted().await;
    cluster.have_heard().await;
    load.are_safe(&accepted);
    cluster.nodes[0].kill();
    cluster.promoted(0).await;
    load.goes_on(60).await;
    cluster.nodes[0].start();
    cluster.whole().await;
    load.goes_on(60).await;
    tell("a Cluster's master", load.end().await);
}

/// Killed; then demoted while it lives; then frozen, which nobody but the Sentinels can tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c08_after_a_failover_the_sentinels_are_asked_again() {
    let mut ground = RedisGround::sentinels().await;
    let load = Load::start(&ground, PERSON);
    load.goes_on(60).await;
    let RedisGround::Sentinels(sentinels) = &mut ground else { unreachable!("they are Sentinels") };
    let begun = sentinels.settled().await;
    let first = load.secured(sentinels).await;
    sentinels.servers[first].kill();
    sentinels.promoted(first).await;
    load.goes_on(60).await;
    sentinels.servers[first].start();
    load.secured(sentinels).await;
    sentinels.fail_over().await;
    load.goes_on(60).await;
    let third = load.secured(sentinels).await;
    sentinels.servers[third].freeze();
    sentinels.promoted(third).await;
    load.goes_on(60).await;
    sentinels.servers[third].thaw();
    load.secured(sentinels).await;
    load.goes_on(60).await;
    let ended = sentinels.settled().await;
    assert!(ended.epoch >= begun.epoch + 3, "three masters were replaced: {begun:?}, {ended:?}");
    tell("three masters behind Sentinels", load.end().await);
}

/// Replication is not waited for, so that the last updates before a death may be gone; and a master that is replaced while
/// it lives takes updates until its Sentinels are asked. What every replica had is never lost, which each writer looks
/// after, and what goes on is right.
fn tell(what: &str, (counted, faults): (Vec<Counted>, BTreeMap<String, u64>)) {
    let updates: u64 = counted.iter().map(|counted| counted.accepted).sum();
    let lost: u64 = counted.iter().map(|counted| counted.lost).sum();
    assert!(counted.iter().all(|counted| counted.held == counted.accepted), "{counted:?}");
    let most = counted.iter().map(|counted| counted.lost).max().unwrap_or_default();
    println!(
        "{what} lost under {WRITERS} writers: {updates} updates, {lost} lost with it, at most {most} of a writer's; heard {faults:?}"
    );
}
