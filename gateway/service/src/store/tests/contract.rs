//! The contract of the session port; every case runs on each adapter.

use super::House;
use super::redis_ground::RedisGround;
use crate::store::{Cas, SessionBackend, SqliteSessions, StoreError, SubscriberKey, Token, Version};
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// Inputs of each contender: 10^5 in all where everything is asked for (DAYAQ_FULL=1).
fn contention(few: u64) -> u64 {
    if std::env::var_os("DAYAQ_FULL").is_some_and(|value| value == "1") { 12_500 } else { few }
}

/// An adapter with its server, and what only the test may do to it.
struct Bench {
    backend: Arc<dyn SessionBackend>,
    house: House,
    redis: Option<Arc<RedisGround>>,
    /// The first of the subscribers that are this bench's own.
    first: u64,
    /// Inputs of each of the eight contenders.
    contention: u64,
}

impl Bench {
    async fn sqlite() -> Self {
        let house = House::new();
        let backend = Arc::new(SqliteSessions::new(house.file().await, house.clock.clone()));
        Self { backend, house, redis: None, first: 0, contention: contention(125) }
    }

    async fn redis() -> Self {
        Self::over(Arc::new(RedisGround::socket()), 0)
    }

    fn over(redis: Arc<RedisGround>, first: u64) -> Self {
        // By a socket it is quick.
        let contention = contention(if matches!(*redis, RedisGround::Socket(_)) { 500 } else { 125 });
        Self { backend: redis.sessions(), house: House::new(), redis: Some(redis), first, contention }
    }

    fn key(&self) -> SubscriberKey {
        self.house.subscriber(self.first)
    }

    async fn store(&self, expected: Version, token: u8, blob: &[u8]) -> Result<Cas, StoreError> {
        self.backend.store(&self.key(), expected, [token; 16], blob, HOUR).await
    }

    async fn written(&self, expected: Version, token: u8, blob: &[u8]) -> Version {
        match self.store(expected, token, blob).await.unwrap() {
            Cas::Written(version) => version,
            Cas::Conflict(held) => panic!("a conflict with {held:?}"),
        }
    }

    /// The version and blob that stood in the way.
    async fn conflict(&self, expected: Version, token: u8) -> Option<(Version, Vec<u8>)> {
        match self.store(expected, token, b"loser").await.unwrap() {
            Cas::Written(version) => panic!("written as {version:?}"),
            Cas::Conflict(held) => held.map(|stored| (stored.version, stored.blob.to_vec())),
        }
    }

    async fn held(&self) -> Option<(Version, Vec<u8>)> {
        self.backend.load(&self.key()).await.unwrap().map(|stored| (stored.version, stored.blob.to_vec()))
    }

    /// Lets the time to live of the session end.
    async fn expire(&self) {
        match &self.redis {
            None => self.house.pass(HOUR),
            Some(redis) => redis.expire(&self.key()).await,
        }
    }
}

async fn a_session_begins_at_one_and_counts_its_writes(bench: Bench) {
    assert_eq!(bench.held().await, None);
    let first = bench.written(Version::ABSENT, 1, b"one").await;
    assert_eq!(first.number(), 1);
    assert_eq!(bench.held().await, Some((first, b"one".to_vec())));
    let second = bench.written(first, 2, b"two").await;
    assert_eq!(second.number(), 2);
    assert_eq!(bench.held().await, Some((second, b"two".to_vec())));
}

async fn any_octets_come_back_as_they_were(bench: Bench) {
    let blob: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let version = bench.written(Version::ABSENT, 0, &blob).await;
    assert_eq!(bench.held().await, Some((version, blob)));
    let empty = bench.written(version, 255, b"").await;
    assert_eq!(bench.held().await, Some((empty, Vec::new())));
}

async fn a_loser_is_told_what_is_there(bench: Bench) {
    let first = bench.written(Version::ABSENT, 1, b"one").await;
    let second = bench.written(first, 2, b"two").await;
    for stale in [Version::ABSENT, first, Version::new(3, [2; 16])] {
        assert_eq!(bench.conflict(stale, 9).await, Some((second, b"two".to_vec())));
    }
    assert_eq!(bench.held().await, Some((second, b"two".to_vec())));
}

async fn subscribers_do_not_meet(bench: Bench) {
    let (one, two) = (bench.house.subscriber(bench.first + 1), bench.house.subscriber(bench.first + 2));
    for key in [&one, &two] {
        let cas = bench.backend.store(key, Version::ABSENT, [1; 16], &key.as_bytes()[..], HOUR).await.unwrap();
        assert!(matches!(cas, Cas::Written(version) if version.number() == 1));
    }
    assert_eq!(&bench.backend.load(&one).await.unwrap().unwrap().blob[..], &one.as_bytes()[..]);
}

/// A state from before a lost tail has its successor's number but not its token.
async fn c05_the_same_number_of_another_line_conflicts(bench: Bench) {
    let ours = bench.written(Version::ABSENT, 1, b"ours").await;
    let theirs = Version::new(ours.number(), [7; 16]);
    assert_eq!(bench.conflict(theirs, 8).await, Some((ours, b"ours".to_vec())));
}

async fn c10_an_expired_session_is_absent_and_is_not_revived(bench: Bench) {
    let first = bench.written(Version::ABSENT, 1, b"one").await;
    let old = bench.written(first, 2, b"two").await;
    bench.expire().await;
    assert_eq!(bench.held().await, None);
    assert_eq!(bench.conflict(old, 3).await, None);
    assert_eq!(bench.written(Version::ABSENT, 4, b"new").await.number(), 1);
}

async fn c12_a_repeat_with_the_same_token_gives_the_first_result(bench: Bench) {
    let first = bench.written(Version::ABSENT, 1, b"one").await;
    assert_eq!(bench.written(Version::ABSENT, 1, b"one").await, first);
    let second = bench.written(first, 2, b"two").await;
    assert_eq!(bench.written(first, 2, b"two").await, second);
    assert_eq!(bench.held().await, Some((second, b"two".to_vec())));
}

/// Eight contenders add one to the number in the blob; each addition is an accepted input.
async fn c11_under_contention_no_input_is_lost(bench: Bench) {
    const CONTENDERS: u64 = 8;
    let contenders = (0..CONTENDERS).map(|contender| {
        let (backend, key, inputs) = (bench.backend.clone(), bench.key(), bench.contention);
        tokio::spawn(async move {
            let (mut expected, mut sum) = (Version::ABSENT, 0u64);
            let mut tries = 0u64;
            for _ in 0..inputs {
                loop {
                    tries += 1;
                    let token: Token = (u128::from(contender) << 64 | u128::from(tries)).to_be_bytes();
                    let blob = (sum + 1).to_be_bytes();
                    match backend.store(&key, expected, token, &blob, HOUR).await.unwrap() {
                        Cas::Written(version) => {
                            (expected, sum) = (version, sum + 1);
                            break;
                        }
                        Cas::Conflict(held) => {
                            let held = held.unwrap();
                            (expected, sum) = (held.version, u64::from_be_bytes(held.blob[..].try_into().unwrap()));
                        }
                    }
                }
            }
        })
    });
    for contender in contenders.collect::<Vec<_>>() {
        contender.await.unwrap();
    }
    let accepted = CONTENDERS * bench.contention;
    let (version, blob) = bench.held().await.unwrap();
    assert_eq!((version.number(), blob), (accepted, accepted.to_be_bytes().to_vec()));
}

async fn it_says_that_it_is_ready(bench: Bench) {
    bench.backend.ready().await.unwrap();
}

macro_rules! on_each_adapter {
    ($($case:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(super::Bench::sqlite().await).await;
            })*
        }
        mod on_redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(super::Bench::redis().await).await;
            })*
        }
        /// Every case in turn on one ground, whose making takes long.
        async fn each_case_on(redis: RedisGround) {
            let (redis, mut first) = (Arc::new(redis), 0);
            $({
                first += 10;
                println!("{}", stringify!($case));
                $case(Bench::over(Arc::clone(&redis), first)).await;
            })*
        }
    };
}

on_each_adapter!(
    a_session_begins_at_one_and_counts_its_writes,
    any_octets_come_back_as_they_were,
    a_loser_is_told_what_is_there,
    subscribers_do_not_meet,
    c05_the_same_number_of_another_line_conflicts,
    c10_an_expired_session_is_absent_and_is_not_revived,
    c11_under_contention_no_input_is_lost,
    c12_a_repeat_with_the_same_token_gives_the_first_result,
    it_says_that_it_is_ready,
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c16_the_contract_holds_over_tls_with_users() {
    each_case_on(RedisGround::tls()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c16_the_contract_holds_behind_sentinels() {
    each_case_on(RedisGround::sentinels().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c16_the_contract_holds_in_a_cluster_with_tls_and_users() {
    each_case_on(RedisGround::cluster().await).await;
}
