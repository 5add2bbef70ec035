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
    stop: Arc<AtomicBool>,
    /// How often each of the faults was heard.
    faults: Arc<Mutex<BTreeMap<String, u64>>>,
    written: Arc<AtomicU64>,
    keys: Vec<SubscriberKey>,
    writers: Vec<JoinHandle<Counted>>,
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
        let load = Self {
            stop: Arc::default(),
            faults: Arc::default(),
            written: Arc::default(),
            keys: (0..WRITERS).map(|n| house.subscriber(n)).collect(),
            writers: Vec::new(),
        };
        let writers = load.keys.iter().map(|key| {
            let (stop, faults) = (Arc::clone(&load.stop), Arc::clone(&load.faults));
            tokio::spawn(write(Arc::clone(&sessions), *key, think, stop, faults, Arc::clone(&load.written)))
        });
        let writers = writers.collect();
        Self { writers, ..load }
    }

    /// Waits until so many more updates are written.
    async fn goes_on(&self, more: u64) {
        let until_now = self.written.load(Ordering::SeqCst);
        until("updates go on", async || self.written.load(Ordering::SeqCst) >= until_now + more).await;
    }

    /// Ends it: what each writer counted, and the faults.
    async fn end(self) -> (Vec<Counted>, BTreeMap<String, u64>) {
        self.stop.store(true, Ordering::SeqCst);
        let mut counted = Vec::new();
        for writer in self.writers {
            counted.push(writer.await.unwrap());
        }
        let faults = self.faults.lock().unwrap().clone();
        (counted, faults)
    }
}

async fn write(
    sessions: Arc<Sessions>,
    key: SubscriberKey,
    think: Duration,
    stop: Arc<AtomicBool>,
    faults: Arc<Mutex<BTreeMap<String, u64>>>,
    written: Arc<AtomicU64>,
) -> Counted {
    let (mut accepted, mut lost, mut doubt) = (0u64, 0, false);
    let heard = |fault: String| *faults.lock().unwrap().entry(fault).or_default() += 1;
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
            lost += accepted - held;
            accepted = held;
        }
        assert!(held == accepted, "{held} is held, and {accepted} were accepted");
        if stop.load(Ordering::SeqCst) {
            return Counted { accepted, lost, held };
        }
        let version = if loaded.plain.is_some() { loaded.version } else { Version::ABSENT };
        match sessions.store(&key, version, &(held + 1).to_be_bytes(), HOUR).await {
            Ok(Saved::Written(_)) => {
                accepted += 1;
                written.fetch_add(1, Ordering::SeqCst);
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
    cluster.nodes[0].kill();
    cluster.promoted(0).await;
    load.goes_on(60).await;
    cluster.nodes[0].start();
    cluster.whole().await;
    load.goes_on(60).await;
    // The last update of a writer may not have been replicated.
    tell("a Cluster's master", PERSON, load.end().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c08_after_a_failover_the_sentinels_are_asked_again() {
    let mut ground = RedisGround::sentinels().await;
    let load = Load::start(&ground, PERSON);
    load.goes_on(60).await;
    let RedisGround::Sentinels(sentinels) = &mut ground else { unreachable!("they are Sentinels") };
    // Killed; then demoted while it lives; then frozen, which nobody but the Sentinels can tell.
    sentinels.servers[0].kill();
    let second = sentinels.promoted(0).await;
    load.goes_on(60).await;
    sentinels.servers[0].start();
    sentinels.rejoined(0).await;
    let _: String = sentinels.watchers[0].ask(&["SENTINEL", "FAILOVER", Sentinels::MASTER]).await;
    let third = sentinels.promoted(second).await;
    load.goes_on(60).await;
    sentinels.rejoined(second).await;
    sentinels.servers[third].freeze();
    sentinels.promoted(third).await;
    load.goes_on(60).await;
    sentinels.servers[third].thaw();
    load.goes_on(60).await;
    tell("three masters behind Sentinels", Duration::from_secs(2) * 3, load.end().await);
}

/// Replication is not waited for, so that the last update before a death may be gone; and a master that is replaced while
/// it lives takes updates until its Sentinels have seen that the other is one, which takes them a second. What goes on is
/// right.
fn tell(what: &str, allowed: Duration, (counted, faults): (Vec<Counted>, BTreeMap<String, u64>)) {
    let updates: u64 = counted.iter().map(|counted| counted.accepted).sum();
    let lost: u64 = counted.iter().map(|counted| counted.lost).sum();
    assert!(counted.iter().all(|counted| counted.held == counted.accepted), "{counted:?}");
    let most = counted.iter().map(|counted| counted.lost).max().unwrap_or_default();
    let tail = PERSON * u32::try_from(most).unwrap();
    assert!(tail <= allowed, "{tail:?} of a writer's updates: {counted:?}");
    println!(
        "{what} lost under {WRITERS} writers: {updates} updates, {lost} lost with it, at most {tail:?} of a writer's; heard {faults:?}"
    );
}
