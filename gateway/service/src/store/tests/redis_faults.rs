//! What Redis can do to a session store, on a real server.

use super::{CANARY_FIN, CANARY_PHONE, House, contains};
use crate::heard::Heard;
use crate::store::{Cas, Loaded, RedisSessions, Saved, SessionBackend, Sessions, StoreError, SubscriberKey, Version};
use dayaq_redis::{RedisNode, until};
use dayaq_types::{Clock, SystemClock};
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// A time limit that no busy machine reaches, where the limit is not what is tested.
const PATIENT: Duration = Duration::from_secs(10);

/// How soon a server must be found that has come.
const SOON: Duration = Duration::from_secs(2);
/// So many wait for it.
const GATEWAYS: usize = 20;
/// Operations at once while a server stalls.
const OPERATIONS: u8 = 100;

fn backend(redis: &RedisNode) -> RedisSessions {
    RedisSessions::open(&redis.url(), PATIENT).unwrap()
}

fn name(key: &SubscriberKey) -> String {
    format!("dayaq:{{{}}}:s", key.hex())
}

async fn store(backend: &RedisSessions, key: &SubscriberKey, expected: Version, token: u8) -> Result<Cas, StoreError> {
    backend.store(key, expected, [token; 16], b"blob", HOUR).await
}

async fn written(backend: &RedisSessions, key: &SubscriberKey, expected: Version, token: u8) -> Version {
    match store(backend, key, expected, token).await.unwrap() {
        Cas::Written(version) => version,
        Cas::Conflict(held) => panic!("a conflict with {held:?}"),
    }
}

/// Waits for the connection as long as the fault catalogue allows.
async fn connected(backend: &RedisSessions) {
    tokio::time::timeout(Duration::from_secs(2), backend.connected()).await.expect("connected within 2 s");
}

#[tokio::test]
async fn c01_it_starts_without_a_server_and_finds_it_within_two_seconds() {
    let (mut redis, key) = (RedisNode::on_a_socket(""), House::new().subscriber(0));
    let backend = backend(&redis);
    let refused = backend.ready().await.unwrap_err();
    assert!(refused.is_in_doubt(), "{refused}");
    assert!(backend.load(&key).await.is_err());
    redis.start();
    connected(&backend).await;
    backend.ready().await.unwrap();
    written(&backend, &key, Version::ABSENT, 1).await;
}

/// Gateways that have waited for a server as long as they like look for it often enough: all but a few that a busy machine
/// held up find it within two seconds of its coming.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c01_gateways_find_a_server_within_two_seconds_of_its_coming() {
    let mut redis = RedisNode::on_a_socket("");
    let mut waiting = Vec::new();
    for _ in 0..GATEWAYS {
        let backend = backend(&redis);
        assert!(backend.ready().await.is_err(), "there is none yet");
        waiting.push(backend);
        // Each looks at moments of its own, and all have reached the longest pause between two looks.
        tokio::time::sleep(Duration::from_millis(90)).await;
    }
    let clock = Arc::new(SystemClock::new());
    redis.start();
    let start = clock.monotonic();
    let finding = waiting.into_iter().map(|backend| {
        let clock = Arc::clone(&clock);
        tokio::spawn(async move {
            backend.connected().await;
            backend.ready().await.unwrap();
            clock.monotonic() - start
        })
    });
    let mut found = Vec::new();
    for finds in finding.collect::<Vec<_>>() {
        found.push(finds.await.unwrap());
    }
    let soon = found.iter().filter(|took| **took <= SOON).count();
    println!("{soon} of {GATEWAYS} gateways found it within {SOON:?}, the last after {:?}", found.iter().max());
    assert!(soon * 20 >= GATEWAYS * 19, "{found:?}");
}

#[tokio::test]
async fn c02_a_killed_server_that_comes_back_has_every_session() {
    let (mut redis, key) = (RedisNode::on_a_socket("").started(), House::new().subscriber(0));
    let backend = backend(&redis);
    let first = written(&backend, &key, Version::ABSENT, 1).await;
    redis.kill();
    for _ in 0..20 {
        assert!(store(&backend, &key, first, 2).await.unwrap_err().is_in_doubt());
    }
    redis.start();
    connected(&backend).await;
    assert_eq!(backend.load(&key).await.unwrap().unwrap().version, first);
    written(&backend, &key, first, 2).await;
}

/// The server stands still for that long: operations begin and end meanwhile, each by its own time limit, and no more
/// connections are made than one after the other. Gives how long they all took, or nothing where this machine was so slow
/// that the stall was over before.
async fn stalled(redis: &Arc<RedisNode>, stall: &'static [&'static str], lasts: Duration) -> Option<Duration> {
    let key = House::new().subscriber(0);
    let first = match backend(redis).load(&key).await.unwrap() {
        Some(stored) => stored.version,
        None => written(&backend(redis), &key, Version::ABSENT, 1).await,
    };
    let backend = Arc::new(RedisSessions::open(&redis.url(), RedisSessions::TIMEOUT).unwrap());
    backend.connected().await;
    let clock = SystemClock::new();
    let begun = clock.monotonic();
    let server = Arc::clone(redis);
    let stalling = tokio::spawn(async move { server.ask::<String>(stall).await });
    // It stands still once a question about nothing is not answered any more.
    until("the server stands still", async || {
        let asked = tokio::time::timeout(RedisSessions::TIMEOUT, redis.try_ask::<String>(&["PING"]));
        asked.await.is_err() || clock.monotonic() - begun > lasts
    })
    .await;
    let operations = (0..OPERATIONS).map(|token| {
        let backend = Arc::clone(&backend);
        tokio::spawn(async move { store(&backend, &key, first, token.wrapping_add(2)).await })
    });
    let mut ended = Vec::new();
    for operation in operations.collect::<Vec<_>>() {
        ended.push(operation.await.unwrap());
    }
    let took = clock.monotonic() - begun;
    stalling.await.unwrap();
    let inside = took < lasts;
    if inside {
        let limit = Err(StoreError::Timeout(RedisSessions::TIMEOUT));
        for end in ended {
            assert_eq!(end.map(drop), limit, "each ends by its own time limit");
        }
    }
    // No place is lost: as many again are answered as soon as the server is.
    backend.ready().await.ok();
    backend.connected().await;
    let again = (0..OPERATIONS).map(|_| backend.load(&key));
    for loaded in futures_util::future::join_all(again).await {
        assert!(loaded.unwrap().is_some());
    }
    drop(backend);
    inside.then_some(took)
}

#[test]
fn c06_a_stalled_server_costs_each_operation_its_time_limit_and_no_more() {
    let stalls: [(&[&str], Duration); 2] = [
        (&["CLIENT", "PAUSE", "2000", "ALL"], Duration::from_secs(2)),
        (&["DEBUG", "SLEEP", "5"], Duration::from_secs(5)),
    ];
    for (stall, lasts) in stalls {
        let heard = Heard::of(async || {
            let redis = Arc::new(RedisNode::on_a_socket("").started());
            let mut inside = None;
            while inside.is_none() {
                inside = stalled(&redis, stall, lasts).await;
            }
            // One connection of ours at a time, and this question.
            let stats: String = redis.ask(&["INFO", "clients"]).await;
            let most = stats.lines().find_map(|line| line.strip_prefix("connected_clients:")).unwrap();
            assert!(most.trim().parse::<usize>().unwrap() <= 4, "{stats}");
            println!("{stall:?}: {OPERATIONS} operations ended within {:?} of its beginning", inside.unwrap());
        });
        let timeouts = heard.count("dayaq_redis_faults_total{code=\"timeout\",then=\"degrade\"}");
        assert!(timeouts >= usize::from(OPERATIONS), "the server stood still: {}", heard.figures);
    }
}

#[tokio::test]
async fn c04_an_emptied_server_conflicts_with_what_is_remembered() {
    let (redis, house) = (RedisNode::on_a_socket("").started(), House::new());
    let key = house.subscriber(0);
    let sessions = Sessions::new(Arc::new(backend(&redis)), house.keys.clone(), house.entropy.clone(), 10);
    let Saved::Written(first) = sessions.store(&key, Version::ABSENT, b"one", HOUR).await.unwrap() else {
        panic!("a conflict")
    };
    let _: String = redis.ask(&["FLUSHALL"]).await;
    assert!(sessions.load(&key).await.unwrap().cached);
    let absent = Loaded { version: Version::ABSENT, plain: None, cached: false, life: None };
    assert_eq!(sessions.store(&key, first, b"two", HOUR).await.unwrap(), Saved::Conflict(absent));
}

#[tokio::test]
async fn c08_a_forgotten_script_is_sent_again() {
    let (redis, key) = (RedisNode::on_a_socket("").started(), House::new().subscriber(0));
    let backend = backend(&redis);
    let first = written(&backend, &key, Version::ABSENT, 1).await;
    let _: String = redis.ask(&["SCRIPT", "FLUSH"]).await;
    assert_eq!(written(&backend, &key, first, 2).await.number(), 2);
}

/// Each refusal reaches the caller as its code, changes nothing, and is over once its cause is.
#[tokio::test]
async fn c08_each_refusal_is_told_by_its_code_and_passes() {
    let refusals: &[(&str, &[&str], &[&str])] = &[
        ("OOM", &["CONFIG", "SET", "maxmemory", "1"], &["CONFIG", "SET", "maxmemory", "0"]),
        (
            "NOREPLICAS",
            &["CONFIG", "SET", "min-replicas-to-write", "1"],
            &["CONFIG", "SET", "min-replicas-to-write", "0"],
        ),
        ("READONLY", &["REPLICAOF", "127.0.0.1", "1"], &["REPLICAOF", "NO", "ONE"]),
        ("NOPERM", &["ACL", "SETUSER", "default", "-evalsha"], &["ACL", "SETUSER", "default", "+evalsha"]),
    ];
    for (code, cause, cure) in refusals {
        let (redis, key) = (RedisNode::on_a_socket("").started(), House::new().subscriber(0));
        let backend = backend(&redis);
        let first = written(&backend, &key, Version::ABSENT, 1).await;
        let _: String = redis.ask(cause).await;
        let refused = StoreError::Refused((*code).to_owned());
        assert_eq!(store(&backend, &key, first, 2).await.unwrap_err(), refused);
        let unready = backend.ready().await.unwrap_err();
        // A replica is looked at anew and named in words.
        let is_replica = *code == "READONLY" && unready.to_string().starts_with("the server is a replica");
        assert!(is_replica || unready == refused, "it is not ready where it takes no session: {unready}");
        let _: String = redis.ask(cure).await;
        connected(&backend).await;
        backend.ready().await.unwrap();
        assert_eq!(written(&backend, &key, first, 2).await.number(), 2, "after {code}");
    }
}

#[tokio::test]
async fn c08_a_server_that_wants_a_password_is_told_by_its_code() {
    let redis = RedisNode::on_a_socket("").started();
    let _: String = redis.ask(&["CONFIG", "SET", "requirepass", "secret"]).await;
    let without = backend(&redis);
    assert_eq!(without.ready().await.unwrap_err(), StoreError::Refused("NOAUTH".to_owned()));
    let url = format!("redis+{}?pass=secret", redis.url());
    let with = RedisSessions::open(&url, PATIENT).unwrap();
    with.ready().await.unwrap();
}

#[tokio::test]
async fn c09_a_server_that_evicts_is_refused_until_it_no_longer_does() {
    let redis = RedisNode::on_a_socket("").started();
    let _: String = redis.ask(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).await;
    let backend = backend(&redis);
    let evicts =
        StoreError::Volatile { setting: "maxmemory-policy", value: "allkeys-lru".to_owned(), wanted: "noeviction" };
    assert_eq!(backend.ready().await.unwrap_err(), evicts);
    let _: String = redis.ask(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]).await;
    connected(&backend).await;
    backend.ready().await.unwrap();
}

#[tokio::test]
async fn c09_a_server_that_does_not_tell_its_policy_is_used() {
    let redis = RedisNode::on_a_socket("").started();
    let _: String = redis.ask(&["ACL", "SETUSER", "default", "-config"]).await;
    backend(&redis).ready().await.unwrap();
}

#[tokio::test]
async fn c13_what_the_script_has_not_written_is_absent_and_replaced() {
    let (redis, key) = (RedisNode::on_a_socket("").started(), House::new().subscriber(0));
    let backend = backend(&redis);
    let token = "t".repeat(16);
    let records: &[&[&str]] = &[
        &["n", "many", "t", &token, "b", "blob"],
        &["n", "007", "t", &token, "b", "blob"],
        &["n", "-1", "t", &token, "b", "blob"],
        &["n", "9999999999999999", "t", &token, "b", "blob"],
        &["n", "1", "t", "short", "b", "blob"],
        &["n", "1", "b", "blob"],
        &["b", "blob"],
    ];
    for record in records {
        let _: i64 = redis.ask(&["DEL", &name(&key)]).await;
        let _: i64 = redis.ask(&[&["HSET", &name(&key)], *record].concat()).await;
        assert!(backend.load(&key).await.unwrap().is_none(), "{record:?}");
        assert_eq!(written(&backend, &key, Version::ABSENT, 1).await.number(), 1, "{record:?}");
    }
}

#[tokio::test]
async fn c15_time_to_live_is_kept_by_redis_and_renewed_by_each_write() {
    let (redis, key) = (RedisNode::on_a_socket("").started(), House::new().subscriber(0));
    let backend = backend(&redis);
    let first = written(&backend, &key, Version::ABSENT, 1).await;
    let _: i64 = redis.ask(&["PEXPIRE", &name(&key), "5000"]).await;
    written(&backend, &key, first, 2).await;
    let left: i64 = redis.ask(&["PTTL", &name(&key)]).await;
    assert!((5_001..=3_600_000).contains(&left), "{left} ms left");
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_refused_without_its_password() {
    let refused = RedisSessions::open("rediss://user:hunter2@127.0.0.1:1/#insecure", PATIENT).unwrap_err();
    assert!(matches!(&refused, StoreError::Address(_)));
    assert!(!refused.to_string().contains("hunter2"));
    assert!(RedisSessions::open("http://nowhere", PATIENT).is_err());
}

#[tokio::test]
async fn g10_nothing_personal_lies_in_redis() {
    let (redis, house) = (RedisNode::on_a_socket("").started(), House::new());
    let key = house.subscriber(0);
    let sessions = Sessions::new(Arc::new(backend(&redis)), house.keys.clone(), house.entropy.clone(), 10);
    let plain = format!("{{\"fin\":\"{CANARY_FIN}\",\"phone\":\"{CANARY_PHONE}\"}}");
    sessions.store(&key, Version::ABSENT, plain.as_bytes(), HOUR).await.unwrap();
    let raw = redis.raw();
    assert!(contains(&raw, &name(&key)), "the append-only file is there");
    assert!(!contains(&raw, CANARY_FIN) && !contains(&raw, CANARY_PHONE) && !contains(&raw, "1234567"));
}
