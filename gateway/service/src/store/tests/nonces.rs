//! Nonces on each adapter of the session port.

use super::House;
use super::redis_ground::RedisGround;
use crate::store::{Claim, RedisSessions, SessionBackend, Sessions, SqliteSessions};
use dayaq_redis::RedisNode;
use std::sync::Arc;
use std::time::Duration;

const LIFE: Duration = Duration::from_secs(660);

fn sessions(house: &House, backend: &Arc<dyn SessionBackend>) -> Sessions {
    Sessions::new(Arc::clone(backend), house.keys.clone(), house.entropy.clone(), 8)
}

async fn a_nonce_is_new_once_for_all_gateways(house: &House, backend: Arc<dyn SessionBackend>) {
    let (here, there) = (sessions(house, &backend), sessions(house, &backend));
    assert_eq!(here.claim("hub", "nonce", b"body", LIFE).await, Ok(Claim::New));
    for sessions in [&here, &there] {
        assert_eq!(sessions.claim("hub", "nonce", b"body", LIFE).await, Ok(Claim::Same));
        assert_eq!(sessions.claim("hub", "nonce", b"another", LIFE).await, Ok(Claim::Other));
        assert_eq!(sessions.claim("hub", "nonce", b"", LIFE).await, Ok(Claim::Other));
    }
    assert_eq!(there.claim("other", "nonce", b"another", LIFE).await, Ok(Claim::New), "another sender's");
    assert_eq!(there.claim("hub", "nonce-2", b"body", LIFE).await, Ok(Claim::New));
    // Eight at once, over both: one is the first.
    let claims =
        (0..8).map(|at| if at % 2 == 0 { &here } else { &there }).map(|s| s.claim("hub", "race", b"body", LIFE));
    let mut claims = futures_util::future::try_join_all(claims).await.unwrap();
    claims.sort_by_key(|claim| *claim != Claim::New);
    assert_eq!(claims[0], Claim::New);
    assert!(claims[1..].iter().all(|claim| *claim == Claim::Same), "{claims:?}");
}

#[tokio::test]
async fn g08_a_nonce_is_new_once_in_a_file_and_is_forgotten_after_its_life() {
    let house = House::new();
    let backend: Arc<dyn SessionBackend> = Arc::new(SqliteSessions::new(house.file().await, house.clock.clone()));
    a_nonce_is_new_once_for_all_gateways(&house, Arc::clone(&backend)).await;
    let sessions = sessions(&house, &backend);
    house.pass(LIFE - Duration::from_secs(1));
    assert_eq!(sessions.claim("hub", "nonce", b"body", LIFE).await, Ok(Claim::Same));
    house.pass(Duration::from_secs(1));
    assert_eq!(sessions.claim("hub", "nonce", b"body", LIFE).await, Ok(Claim::New));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g08_a_nonce_is_new_once_in_redis_and_has_an_end() {
    let redis = RedisNode::on_a_socket("").started();
    let backend = RedisSessions::open(&redis.url(), Duration::from_secs(10)).unwrap();
    let house = House::new();
    a_nonce_is_new_once_for_all_gateways(&house, Arc::new(backend)).await;
    let names: Vec<String> = redis.ask(&["KEYS", "*"]).await;
    assert_eq!(names.len(), 4);
    for name in names {
        let left: i64 = redis.ask(&["PTTL", &name]).await;
        assert!((1..=660_000).contains(&left), "{name}: {left} ms");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g08_a_nonce_is_new_once_in_a_cluster() {
    let redis = RedisGround::cluster().await;
    a_nonce_is_new_once_for_all_gateways(&House::new(), redis.sessions()).await;
}
