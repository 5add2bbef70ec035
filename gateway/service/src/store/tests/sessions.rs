//! The sealed, remembered sessions over a backend.

use super::redis_ground::RedisGround;
use super::{CANARY_FIN, House};
use crate::store::session_cache::SessionCache;
use crate::store::{
    Cas, Loaded, Saved, SessionBackend, Sessions, SqliteSessions, StoreError, Stored, SubscriberKey, Token, Version,
};
use async_trait::async_trait;
use proptest::prelude::*;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// A backend whose answers are lost on their way back: the work is done and the caller hears a timeout.
struct LosesAnswers {
    inner: Arc<dyn SessionBackend>,
    /// For each store to come, whether its answer is lost; when the list is out none is.
    script: Mutex<VecDeque<bool>>,
    loads: AtomicUsize,
    stores: AtomicUsize,
}

impl LosesAnswers {
    async fn new(house: &House) -> Arc<Self> {
        Self::before(Arc::new(SqliteSessions::new(house.file().await, house.clock.clone())))
    }

    fn before(inner: Arc<dyn SessionBackend>) -> Arc<Self> {
        let (loads, stores) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { inner, script: Mutex::default(), loads, stores })
    }

    fn lose(&self, next: impl IntoIterator<Item = bool>) {
        self.script.lock().unwrap().extend(next);
    }

    fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }

    fn stores(&self) -> usize {
        self.stores.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl SessionBackend for LosesAnswers {
    async fn load(&self, key: &SubscriberKey) -> Result<Option<Stored>, StoreError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.inner.load(key).await
    }

    async fn store(
        &self,
        key: &SubscriberKey,
        expected: Version,
        token: Token,
        blob: &[u8],
        ttl: Duration,
    ) -> Result<Cas, StoreError> {
        self.stores.fetch_add(1, Ordering::SeqCst);
        let answer = self.inner.store(key, expected, token, blob, ttl).await?;
        let lost = self.script.lock().unwrap().pop_front().unwrap_or(false);
        if lost { Err(StoreError::Timeout(Duration::from_millis(250))) } else { Ok(answer) }
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.inner.ready().await
    }
}

/// Where a case has its sessions, and the first of the subscribers that are its own.
struct Shop {
    redis: Option<Arc<RedisGround>>,
    first: u64,
}

impl Shop {
    async fn backend(&self, house: &House) -> Arc<LosesAnswers> {
        match &self.redis {
            None => LosesAnswers::new(house).await,
            Some(redis) => LosesAnswers::before(redis.sessions()),
        }
    }
}

macro_rules! on_each_ground {
    ($($case:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $case() {
                super::$case(super::Shop { redis: None, first: 0 }).await;
            })*
        }
        /// Every case in turn on one ground, whose making takes long.
        async fn each_case_on(redis: RedisGround) {
            let (redis, mut first) = (Arc::new(redis), 0);
            $({
                first += 10;
                println!("{}", stringify!($case));
                $case(Shop { redis: Some(Arc::clone(&redis)), first }).await;
            })*
        }
    };
}

on_each_ground!(
    a_turn_in_steady_state_is_one_round_trip,
    b06_of_two_gateways_the_loser_is_given_what_is_there,
    c12_a_write_whose_answer_was_lost_happens_once,
    c12_where_the_repeat_is_lost_too_the_next_load_tells_what_happened,
    c06_an_outage_does_not_double_its_own_load,
    c13_a_blob_that_does_not_open_is_replaced,
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c16_sealed_sessions_are_the_same_over_tls_with_users() {
    each_case_on(RedisGround::tls()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c16_sealed_sessions_are_the_same_behind_sentinels() {
    each_case_on(RedisGround::sentinels().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c16_sealed_sessions_are_the_same_in_a_cluster_with_tls_and_users() {
    each_case_on(RedisGround::cluster().await).await;
}

fn sessions(house: &House, backend: Arc<LosesAnswers>) -> Sessions {
    Sessions::new(backend, house.keys.clone(), house.entropy.clone(), 8)
}

async fn write(sessions: &Sessions, key: &SubscriberKey, expected: Version, plain: &[u8]) -> Version {
    match sessions.store(key, expected, plain, HOUR).await.unwrap() {
        Saved::Written(version) => version,
        Saved::Conflict(held) => panic!("a conflict with {held:?}"),
    }
}

async fn a_turn_in_steady_state_is_one_round_trip(shop: Shop) {
    let house = House::new();
    let (backend, key) = (shop.backend(&house).await, house.subscriber(shop.first));
    let sessions = sessions(&house, backend.clone());
    let absent = sessions.load(&key).await.unwrap();
    assert_eq!(absent, Loaded { version: Version::ABSENT, plain: None, cached: false, life: None });
    let mut version = write(&sessions, &key, absent.version, b"turn 0").await;
    for turn in 1..5 {
        let loaded = sessions.load(&key).await.unwrap();
        assert_eq!((loaded.version, loaded.cached), (version, true));
        assert_eq!(loaded.plain, Some(format!("turn {}", turn - 1).into_bytes()));
        version = write(&sessions, &key, loaded.version, format!("turn {turn}").as_bytes()).await;
    }
    assert_eq!((backend.loads(), backend.stores()), (1, 5));
    assert!(!sessions.load_fresh(&key).await.unwrap().cached);
}

async fn b06_of_two_gateways_the_loser_is_given_what_is_there(shop: Shop) {
    let house = House::new();
    let (backend, key) = (shop.backend(&house).await, house.subscriber(shop.first));
    let (here, there) = (sessions(&house, backend.clone()), sessions(&house, backend));
    let first = write(&here, &key, Version::ABSENT, b"one").await;
    assert_eq!(there.load(&key).await.unwrap().version, first);
    let second = write(&there, &key, first, b"two").await;
    let behind = here.load(&key).await.unwrap();
    assert_eq!((behind.version, behind.cached), (first, true));
    let now = Loaded { version: second, plain: Some(b"two".to_vec()), cached: false, life: None };
    assert_eq!(here.store(&key, behind.version, b"lost", HOUR).await.unwrap(), Saved::Conflict(now));
    let third = write(&here, &key, second, b"three").await;
    assert_eq!(third.number(), 3);
}

async fn c12_a_write_whose_answer_was_lost_happens_once(shop: Shop) {
    let house = House::new();
    let (backend, key) = (shop.backend(&house).await, house.subscriber(shop.first));
    let sessions = sessions(&house, backend.clone());
    backend.lose([true, false]);
    assert_eq!(write(&sessions, &key, Version::ABSENT, b"one").await.number(), 1);
    assert_eq!(backend.stores(), 2);
    assert_eq!(sessions.load_fresh(&key).await.unwrap().version.number(), 1);
}

async fn c12_where_the_repeat_is_lost_too_the_next_load_tells_what_happened(shop: Shop) {
    let house = House::new();
    let (backend, key) = (shop.backend(&house).await, house.subscriber(shop.first));
    let sessions = sessions(&house, backend.clone());
    write(&sessions, &key, Version::ABSENT, b"one").await;
    let loaded = sessions.load(&key).await.unwrap();
    backend.lose([true, true]);
    assert!(sessions.store(&key, loaded.version, b"two", HOUR).await.unwrap_err().is_in_doubt());
    let now = sessions.load(&key).await.unwrap();
    assert_eq!((now.version.number(), now.plain.as_deref(), now.cached), (2, Some(&b"two"[..]), false));
}

async fn c06_an_outage_does_not_double_its_own_load(shop: Shop) {
    let house = House::new();
    let (backend, key) = (shop.backend(&house).await, house.subscriber(shop.first));
    let sessions = sessions(&house, backend.clone());
    backend.lose([true; 400]);
    for _ in 0..200 {
        assert!(sessions.store(&key, Version::ABSENT, b"one", HOUR).await.is_err());
    }
    assert!(backend.stores() <= 200 + 32, "{} operations for 200 turns", backend.stores());
}

/// Cut short, altered, another subscriber's, under another key, or empty: absent under its version, then replaced.
async fn c13_a_blob_that_does_not_open_is_replaced(shop: Shop) {
    let house = House::new();
    let (backend, key, other) =
        (shop.backend(&house).await, house.subscriber(shop.first), house.subscriber(shop.first + 1));
    let sessions = sessions(&house, backend.clone());
    let mut version = write(&sessions, &key, Version::ABSENT, b"mine").await;
    write(&sessions, &other, Version::ABSENT, b"theirs").await;
    let mine = backend.load(&key).await.unwrap().unwrap().blob.to_vec();
    let theirs = backend.load(&other).await.unwrap().unwrap().blob.to_vec();
    let mut altered = mine.clone();
    *altered.last_mut().unwrap() ^= 1;
    let foreign = House::new();
    let foreign_keys = dayaq_types::seal::KeyRing::new(9, &dayaq_types::seal::Key::generate(&*foreign.entropy));
    let foreign = foreign_keys.seal(b"session/", b"mine", &*foreign.entropy);
    for (token, bad) in (1u8..).zip([mine[..20].to_vec(), altered, theirs, foreign, Vec::new()]) {
        let Cas::Written(placed) = backend.inner.store(&key, version, [token; 16], &bad, HOUR).await.unwrap() else {
            panic!("a conflict")
        };
        let loaded = sessions.load_fresh(&key).await.unwrap();
        assert_eq!(loaded, Loaded { version: placed, plain: None, cached: false, life: None });
        version = write(&sessions, &key, placed, b"mine").await;
        assert_eq!(sessions.load_fresh(&key).await.unwrap().plain, Some(b"mine".to_vec()));
    }
}

#[tokio::test]
async fn g11_nothing_of_a_session_prints() {
    let house = House::new();
    let (backend, key) = (LosesAnswers::new(&house).await, house.subscriber(0));
    let sessions = sessions(&house, backend);
    write(&sessions, &key, Version::ABSENT, CANARY_FIN.as_bytes()).await;
    let loaded = sessions.load(&key).await.unwrap();
    let printed = format!("{sessions:?} {loaded:?} {:?} {key:?}", Saved::Conflict(loaded.clone()));
    let octets = format!("{:?}", CANARY_FIN.as_bytes());
    assert!(!printed.contains(CANARY_FIN) && !printed.contains(octets.trim_matches(['[', ']'])));
    assert!(!printed.contains(&key.hex()[..8]), "{printed}");
}

#[test]
fn x04_a_subscriber_keeps_its_key_over_a_rotation() {
    let mut house = House::new();
    let before = house.subscriber(0);
    house.keys.rotate(2, &dayaq_types::seal::Key::generate(&*house.entropy));
    assert_eq!(house.subscriber(0), before);
    assert_ne!(house.subscriber(1), before);
    assert_eq!(before.hex().len(), 64);
    assert_eq!(SubscriberKey::from_slice(before.as_bytes()), Some(before));
    assert_eq!(SubscriberKey::from_slice(&before.as_bytes()[1..]), None);
}

fn stored(number: u64) -> Stored {
    Stored { version: Version::new(number, [1; 16]), blob: number.to_be_bytes().as_slice().into() }
}

#[test]
fn the_memory_keeps_who_is_active_and_lets_others_go() {
    let house = House::new();
    let mut cache = SessionCache::new(3);
    let keys: Vec<_> = (0..5).map(|n| house.subscriber(n)).collect();
    for (number, key) in (1..).zip(&keys[..3]) {
        cache.put(key, &stored(number));
    }
    assert!(cache.get(&keys[0]).is_some());
    cache.put(&keys[3], &stored(4));
    assert!(cache.get(&keys[0]).is_some(), "just looked at");
    assert!(cache.get(&keys[1]).is_none(), "the first that nobody had looked at");
    cache.forget(&keys[0]);
    assert!(cache.get(&keys[0]).is_none());
    cache.put(&keys[4], &stored(5));
    assert_eq!(cache.len(), 3);
}

#[test]
fn a_memory_of_none_remembers_none() {
    let mut cache = SessionCache::new(0);
    let key = House::new().subscriber(0);
    cache.put(&key, &stored(1));
    assert!(cache.get(&key).is_none());
}

proptest! {
    /// Whatever is put, forgotten and looked up: never more than the bound, never anything but the latest.
    #[test]
    fn the_memory_is_bounded_and_never_wrong(
        most in 0usize..6,
        steps in prop::collection::vec((0u8..3, 0u64..9, 1u64..1000), 0..200),
    ) {
        let house = House::new();
        let keys: Vec<_> = (0..9).map(|n| house.subscriber(n)).collect();
        let (mut cache, mut latest) = (SessionCache::new(most), HashMap::new());
        for (what, who, number) in steps {
            let key = &keys[usize::try_from(who).unwrap()];
            match what {
                0 => {
                    cache.put(key, &stored(number));
                    latest.insert(who, number);
                }
                1 => {
                    cache.forget(key);
                    latest.remove(&who);
                }
                _ => {
                    if let Some(held) = cache.get(key) {
                        prop_assert_eq!(Some(&held.version.number()), latest.get(&who));
                    }
                }
            }
            prop_assert!(cache.len() <= most);
        }
    }
}

/// A store that was restored knows nothing of what was begun after its copy: such sessions begin anew.
#[tokio::test]
async fn x03_a_session_of_a_life_that_the_store_has_lost_is_refused() {
    let house = House::new();
    let backend = Arc::new(SqliteSessions::new(house.file().await, house.clock.clone()));
    let sessions = |life: &str| {
        let backend = backend.clone();
        Sessions::new(backend, house.keys.clone(), house.entropy.clone(), 0).in_life(life.to_owned())
    };
    let key = house.subscriber(1);
    let Saved::Written(_) = sessions("").store(&key, Version::ABSENT, b"begun", HOUR).await.unwrap() else {
        panic!("written")
    };
    assert_eq!(sessions("").load(&key).await.unwrap().plain.as_deref(), Some(&b"begun"[..]));
    let refused = sessions("since the restore").load(&key).await.unwrap();
    assert_eq!(refused.plain, None);
    let saved = sessions("since the restore").store(&key, refused.version, b"anew", HOUR).await.unwrap();
    assert!(matches!(saved, Saved::Written(_)), "the next turn takes its place");
}
