//! Answers that were cut off, and sessions that lie in Redis as nobody wrote them.

use super::House;
use super::redis_ground::RedisGround;
use crate::store::{Cas, Loaded, RedisSessions, Saved, SessionBackend, Sessions, SubscriberKey, Version};
use dayaq_redis::{RedisNode, Shears};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const PATIENT: Duration = Duration::from_secs(10);

fn over(house: &House, backend: RedisSessions) -> Sessions {
    Sessions::new(Arc::new(backend), house.keys.clone(), house.entropy.clone(), 8)
}

async fn write(sessions: &Sessions, key: &SubscriberKey, expected: Version, plain: &[u8]) -> Version {
    match sessions.store(key, expected, plain, HOUR).await.unwrap() {
        Saved::Written(version) => version,
        Saved::Conflict(held) => panic!("a conflict with {held:?}"),
    }
}

/// The answer to a compare-and-set is cut off after the server has done it. The second gives the first one's result.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c12_an_answer_that_was_cut_off_is_given_again() {
    let node = RedisNode::new("").started();
    let shears = Shears::before(node.port()).await;
    let house = House::new();
    let key = house.subscriber(0);
    let backend = RedisSessions::open(&shears.url(), PATIENT).unwrap();
    backend.connected().await;
    // By itself: the same token finds itself.
    let first = backend.store(&key, Version::ABSENT, [1; 16], b"one", HOUR).await.unwrap();
    let Cas::Written(first) = first else { panic!("{first:?}") };
    shears.cut_next();
    let cut = backend.store(&key, first, [2; 16], b"two", HOUR).await.unwrap_err();
    assert!(cut.is_in_doubt(), "{cut}");
    let done: (String, String) = node.ask(&["HMGET", &format!("dayaq:{{{}}}:s", key.hex()), "n", "b"]).await;
    assert_eq!(done, ("2".to_owned(), "two".to_owned()), "it was done");
    backend.connected().await;
    let again = backend.store(&key, first, [2; 16], b"two", HOUR).await.unwrap();
    assert!(matches!(&again, Cas::Written(version) if *version == Version::new(2, [2; 16])), "{again:?}");
    // And as sessions do it, which nobody hears of.
    let sessions = over(&house, backend);
    let key = house.subscriber(1);
    let mut version = Version::ABSENT;
    for turn in 1..=20u64 {
        if turn % 2 == 0 {
            shears.cut_next();
        }
        version = write(&sessions, &key, version, &turn.to_be_bytes()).await;
        assert_eq!(version.number(), turn, "each turn is one write");
    }
    assert_eq!(shears.cuts(), 11);
    assert_eq!(sessions.load_fresh(&key).await.unwrap().plain.as_deref(), Some(&20u64.to_be_bytes()[..]));
}

/// What may become of the fields of a stored session.
#[derive(Clone, Debug)]
enum Damage {
    CutTo(prop::sample::Index),
    Flipped(prop::sample::Index, u8),
    Replaced(Vec<u8>),
    Longer(Vec<u8>),
    AnotherSubscribers,
    AnotherKeys,
    NoBlob,
    Number(Vec<u8>),
    Token(Vec<u8>),
    NoHash,
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => any::<prop::sample::Index>().prop_map(Damage::CutTo),
        6 => (any::<prop::sample::Index>(), 0u8..8).prop_map(|(at, bit)| Damage::Flipped(at, bit)),
        2 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Damage::Replaced),
        2 => prop::collection::vec(any::<u8>(), 1..40).prop_map(Damage::Longer),
        1 => Just(Damage::AnotherSubscribers),
        1 => Just(Damage::AnotherKeys),
        1 => Just(Damage::NoBlob),
        2 => prop::collection::vec(any::<u8>(), 0..20).prop_map(Damage::Number),
        2 => prop::collection::vec(any::<u8>(), 0..20).prop_map(Damage::Token),
        1 => Just(Damage::NoHash),
    ]
}

/// A server, and sessions over it that remember nothing of what others did.
struct Bench {
    redis: RedisNode,
    house: House,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    async fn put(&self, name: &str, field: &str, octets: &[u8]) {
        let client = redis::Client::open(self.redis.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut command = redis::cmd("HSET");
        command.arg(name).arg(field).arg(octets);
        let _: i64 = command.query_async(&mut connection).await.unwrap();
    }

    async fn is_replaced_after(&self, damage: &Damage) {
        let (house, redis) = (&self.house, &self.redis);
        let (key, other) = (house.subscriber(0), house.subscriber(1));
        let name = |key: &SubscriberKey| format!("dayaq:{{{}}}:s", key.hex());
        let _: String = redis.ask(&["FLUSHALL"]).await;
        let sessions = over(house, RedisSessions::open(&redis.url(), PATIENT).unwrap());
        let first = write(&sessions, &key, Version::ABSENT, b"the answers of a family").await;
        write(&sessions, &other, Version::ABSENT, b"those of another").await;
        let backend = RedisSessions::open(&redis.url(), PATIENT).unwrap();
        let blob = backend.load(&key).await.unwrap().unwrap().blob.to_vec();
        let name_own = name(&key);
        match damage {
            Damage::CutTo(at) => self.put(&name_own, "b", &blob[..at.index(blob.len())]).await,
            Damage::Flipped(at, bit) => {
                let mut blob = blob.clone();
                let at = at.index(blob.len());
                blob[at] ^= 1 << bit;
                self.put(&name_own, "b", &blob).await;
            }
            Damage::Replaced(octets) => self.put(&name_own, "b", octets).await,
            Damage::Longer(more) => self.put(&name_own, "b", &[&blob[..], more].concat()).await,
            Damage::AnotherSubscribers => {
                let theirs = backend.load(&other).await.unwrap().unwrap().blob;
                self.put(&name_own, "b", &theirs).await;
            }
            Damage::AnotherKeys => {
                let foreign = dayaq_types::seal::KeyRing::new(9, &dayaq_types::seal::Key::generate(&*house.entropy));
                let sealed = foreign.seal(&key.context("session"), b"of another", &*house.entropy);
                self.put(&name_own, "b", &sealed).await;
            }
            Damage::NoBlob => {
                let _: i64 = redis.ask(&["HDEL", &name_own, "b"]).await;
            }
            Damage::Number(octets) => self.put(&name_own, "n", octets).await,
            Damage::Token(octets) => self.put(&name_own, "t", octets).await,
            Damage::NoHash => {
                let _: i64 = redis.ask(&["DEL", &name_own]).await;
                let _: String = redis.ask(&["SET", &name_own, "a string"]).await;
            }
        }
        // A process that remembers nothing reads it, and one that remembers finds out when it writes.
        let fresh = over(house, RedisSessions::open(&redis.url(), PATIENT).unwrap());
        match fresh.load(&key).await {
            // A number or token that is well by chance is another version of the same.
            Ok(Loaded { plain: Some(plain), .. }) => {
                let by_chance = matches!(damage, Damage::Number(_) | Damage::Token(_));
                assert!(by_chance && plain == b"the answers of a family", "{damage:?}");
            }
            Ok(Loaded { plain: None, version, .. }) => {
                write(&fresh, &key, version, b"begun again").await;
                let again = fresh.load_fresh(&key).await.unwrap();
                assert_eq!(again.plain.as_deref(), Some(&b"begun again"[..]), "{damage:?}");
            }
            Err(fault) => panic!("{damage:?}: {fault}"),
        }
        let remembered = sessions.load(&key).await.unwrap();
        assert_eq!((remembered.version, remembered.cached), (first, true));
        match sessions.store(&key, first, b"two", HOUR).await.unwrap() {
            Saved::Written(_) => {}
            Saved::Conflict(held) => {
                write(&sessions, &key, held.version, b"two").await;
            }
        }
        assert_eq!(sessions.load_fresh(&key).await.unwrap().plain.as_deref(), Some(&b"two"[..]), "{damage:?}");
        // Nobody else's is touched.
        let theirs = fresh.load_fresh(&other).await.unwrap();
        assert_eq!(theirs.plain.as_deref(), Some(&b"those of another"[..]), "{damage:?}");
    }
}

/// Whatever lies there: no panic, no other's answers, and the session begins again under what is there.
#[test]
fn c13_whatever_lies_in_a_sessions_place_is_replaced() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let bench = Bench { redis: RedisNode::on_a_socket("").started(), house: House::new(), runtime };
    let mut runner =
        proptest::test_runner::TestRunner::new(ProptestConfig { cases: cases(), ..ProptestConfig::default() });
    let ran = runner.run(&damage(), |damage| {
        bench.runtime.block_on(bench.is_replaced_after(&damage));
        Ok(())
    });
    ran.unwrap_or_else(|cause| panic!("{cause}"));
}

/// Some by default, and more where more are asked for.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(96)
}

/// The same in a Cluster, where a key of the wrong kind is one node's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c13_in_a_cluster_a_cut_session_is_replaced() {
    let ground = RedisGround::cluster().await;
    let (house, backend) = (House::new(), ground.sessions());
    let sessions = Sessions::new(backend, house.keys.clone(), house.entropy.clone(), 8);
    for number in 0..12 {
        let key = house.subscriber(number);
        let name = format!("dayaq:{{{}}}:s", key.hex());
        write(&sessions, &key, Version::ABSENT, b"the answers").await;
        let _: i64 = ground.ask(&["HSET", &name, "b", "short"]).await;
        let loaded = sessions.load_fresh(&key).await.unwrap();
        assert_eq!((loaded.plain, loaded.version.number()), (None, 1));
        write(&sessions, &key, loaded.version, b"begun again").await;
        assert_eq!(sessions.load_fresh(&key).await.unwrap().plain.as_deref(), Some(&b"begun again"[..]));
    }
}
