//! Everything that the service stands on dies again and again while families apply: the gateway with the core in it, Redis,
//! PostgreSQL, by kill -9, by standing still, and by a network that swallows what is said.

use crate::invariants::{After, assert_invariants};
use crate::stage::{Phone, Setting, Stage, eventually, full, seed};
use crate::walker::{Walked, Walker, number_of};
use dayaq_postgres::{PostgresServer, Valve};
use dayaq_redis::RedisNode;
use dayaq_types::{Entropy, SeededEntropy};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::block_in_place;

/// People who apply at the same time, each one application after the other.
const PEOPLE: usize = 6;
/// How long each thinks.
const THINK: Duration = Duration::from_millis(200);

/// What befalls the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Death {
    GatewayKilled,
    RedisKilled,
    RedisStandsStill,
    PostgresKilled,
    PostgresSwallowed,
}

impl Death {
    const ALL: [Self; 5] =
        [Self::GatewayKilled, Self::RedisKilled, Self::RedisStandsStill, Self::PostgresKilled, Self::PostgresSwallowed];
}

/// What the service stands on.
struct Ground {
    redis: RedisNode,
    postgres: PostgresServer,
    valve: Valve,
}

impl Ground {
    /// Lets it befall the service for so long.
    async fn strike(&mut self, stage: &mut Stage, death: Death, pause: Duration) {
        match death {
            Death::GatewayKilled => {
                stage.kill().await;
                tokio::time::sleep(pause).await;
                stage.start().await;
            }
            Death::RedisKilled => {
                self.redis.kill();
                tokio::time::sleep(pause).await;
                self.redis.start();
            }
            Death::RedisStandsStill => {
                self.redis.freeze();
                tokio::time::sleep(pause).await;
                self.redis.thaw();
            }
            Death::PostgresKilled => {
                block_in_place(|| self.postgres.kill());
                tokio::time::sleep(pause).await;
                block_in_place(|| self.postgres.start_again());
            }
            Death::PostgresSwallowed => {
                self.valve.silence(true);
                tokio::time::sleep(pause).await;
                self.valve.silence(false);
            }
        }
        eventually("it is ready again", async || (stage.page("/readyz").await.0 == 200).then_some(())).await;
    }
}

/// Those who have not applied yet, each with a phone.
#[derive(Clone)]
struct Queue {
    phones: Arc<Vec<Phone>>,
    next: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Queue {
    /// One after the other applies, until the storm is over.
    async fn apply(self) -> Vec<Walked> {
        let (mut walked, ahead) = (Vec::new(), Arc::default());
        while !self.over.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let Some(phone) = self.phones.get(number) else { break };
            walked.push(Walker::new(number, phone.clone(), THINK, &ahead).walk().await);
        }
        walked
    }
}

/// A number of the dice below a bound.
fn below(dice: &SeededEntropy, bound: u64) -> u64 {
    let mut octets = [0; 8];
    dice.fill(&mut octets);
    u64::from_be_bytes(octets) % bound
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_dies_and_whenever_each_family_is_registered_once_and_told_its_number() {
    let deaths: usize = if full() { 200 } else { 5 };
    let postgres = PostgresServer::start();
    postgres.create_database("dayaq").await;
    let valve = Valve::before(postgres.socket()).await;
    let mut ground = Ground { redis: RedisNode::syncing().started(), valve, postgres };
    let setting =
        Setting { redis: Some(ground.redis.url()), postgres: Some(ground.valve.url("dayaq")), ..Setting::default() };
    let mut stage = Stage::up(setting).await;
    let phones = (0..deaths * 40).map(|person| stage.phone(&number_of(person))).collect();
    let queue = Queue { phones: Arc::new(phones), next: Arc::default(), over: Arc::default() };
    let people: Vec<_> = (0..PEOPLE).map(|_| tokio::spawn(queue.clone().apply())).collect();
    let dice = SeededEntropy::new(seed());
    let mut struck: BTreeMap<Death, usize> = BTreeMap::new();
    for number in 0..deaths {
        tokio::time::sleep(Duration::from_millis(200 + below(&dice, 1_800))).await;
        // Each in its turn, so that however few there are, none is missing.
        let death = Death::ALL[number % Death::ALL.len()];
        ground.strike(&mut stage, death, Duration::from_millis(below(&dice, 6_000))).await;
        *struck.entry(death).or_default() += 1;
    }
    queue.over.store(true, Ordering::SeqCst);
    let mut walked = Vec::new();
    for person in people {
        walked.extend(person.await.expect("it applies"));
    }
    let mut told: Vec<String> = walked.iter().map(|walked| walked.reference.clone()).collect();
    let mut kept = stage.references().await;
    told.sort();
    kept.sort();
    assert_eq!(told, kept, "what was told is what is kept, once");
    let phones: Vec<Phone> = walked.iter().map(|walked| walked.phone.clone()).collect();
    let after = After { answers_lost: true, ..After::LOST_LINK };
    assert_invariants(&stage, &phones, after).await;
    let mut trouble: Vec<Duration> = walked.iter().map(|walked| walked.trouble).collect();
    trouble.sort();
    let repeated: usize = walked.iter().map(|walked| walked.repeated).sum();
    println!(
        "seed {}: {struck:?}; {} applications, {repeated} questions repeated, in trouble {:.1?} at the median and {:.1?} at \
         p99",
        seed(),
        walked.len(),
        trouble[trouble.len() / 2],
        trouble[(trouble.len() * 99).div_ceil(100) - 1],
    );
}
