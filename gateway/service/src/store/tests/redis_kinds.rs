//! Whom the sessions meet at an address, and what is said where it is somebody else than was meant.

use super::House;
use super::redis_ground::{RedisGround, configured};
use crate::config::RedisConfig;
use crate::store::{Cas, RedisSessions, SessionBackend, StoreError, Version};
use dayaq_redis::{Cluster, Papers, RedisNode, Sentinels};
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

fn quoted(urls: &[String]) -> String {
    urls.iter().map(|url| format!("{url:?}")).collect::<Vec<_>>().join(", ")
}

/// Why it is not ready, in words.
async fn refused(config: &RedisConfig) -> String {
    let sessions = RedisSessions::new(config).unwrap();
    let key = House::new().subscriber(0);
    let why = sessions.ready().await.unwrap_err();
    // Whoever asks for a session hears the same.
    assert_eq!(sessions.load(&key).await.unwrap_err().to_string(), why.to_string());
    why.to_string()
}

async fn is_used(config: &RedisConfig) {
    let sessions = RedisSessions::new(config).unwrap();
    sessions.ready().await.unwrap();
    let key = House::new().subscriber(0);
    let cas = sessions.store(&key, Version::ABSENT, [1; 16], b"blob", HOUR).await.unwrap();
    assert!(matches!(cas, Cas::Written(_)), "{cas:?}");
}

const PATIENT: &str = "timeout_ms = 10000\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c16_behind_sentinels_whoever_is_named_wrong_is_named_in_words() {
    let all = Sentinels::up().await;
    let login = format!("{PATIENT}user = \"dayaq\"\npassword = \"secret\"\n");
    let sentinel = all.urls()[0].replace("redis://", &format!("redis://:{}@", Sentinels::PASSWORD));
    let why = refused(&configured(&format!("{PATIENT}redis_url = {sentinel:?}"), None)).await;
    assert!(why.starts_with("the address is a Sentinel's"), "{why}");
    let replica = all.servers[1].url();
    let why = refused(&configured(&format!("{login}redis_url = {replica:?}"), None)).await;
    assert!(why.starts_with("the server is a replica"), "{why}");
    let master = all.servers[0].url();
    let why = refused(&configured(&format!("{login}[sessions.cluster]\nurls = [{master:?}]"), None)).await;
    assert!(why.starts_with("the server is not in a Cluster"), "{why}");
    is_used(&configured(&format!("{login}redis_url = {master:?}"), None)).await;

    let own = |urls: &[String], master: &str, password: &str| {
        let sentinel = format!("[sessions.sentinel]\nurls = [{}]\nmaster = {master:?}\n{password}", quoted(urls));
        configured(&format!("{login}{sentinel}"), None)
    };
    let password = format!("password = \"{}\"", Sentinels::PASSWORD);
    let why = refused(&own(&all.urls(), "another", &password)).await;
    assert!(why.starts_with("the Sentinels watch over no master of the name \"another\""), "{why}");
    let why = refused(&own(&all.urls(), Sentinels::MASTER, "")).await;
    assert!(why.starts_with("the Sentinel refuses with NOAUTH"), "{why}");
    let why = refused(&own(&all.urls(), Sentinels::MASTER, "password = \"wrong\"")).await;
    assert!(why.starts_with("the Sentinel refuses with WRONGPASS"), "{why}");
    let server = [all.servers[0].url()];
    let why = refused(&own(&server, Sentinels::MASTER, "password = \"administers\"")).await;
    assert!(why.starts_with("the address in sessions.sentinel is no Sentinel's"), "{why}");
    // One of three that answers is enough.
    let mut urls = vec!["redis://127.0.0.1:1".to_owned(), all.servers[0].url()];
    urls.push(all.urls()[2].clone());
    is_used(&own(&urls, Sentinels::MASTER, &password)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c16_a_node_of_a_cluster_is_no_server_and_one_that_answers_is_enough() {
    let cluster = Cluster::up().await;
    let common = format!("{PATIENT}user = \"dayaq\"\npassword = \"secret\"\n");
    let tls = "\n[sessions.tls]\nca_file = \"ca.pem\"";
    let of = |text: &str| configured(&format!("{common}{text}{tls}"), Some(&cluster.papers));
    let node = cluster.urls()[0].clone();
    let why = refused(&of(&format!("redis_url = {node:?}"))).await;
    assert!(why.starts_with("the server is one node of a Cluster"), "{why}");
    let urls = quoted(&["rediss://127.0.0.1:1".to_owned(), cluster.nodes[4].url()]);
    is_used(&of(&format!("[sessions.cluster]\nurls = [{urls}]"))).await;
    // Another authority, and a wrong password, are told apart.
    let others = Arc::new(Papers::of_loopback());
    let text = format!("{common}[sessions.cluster]\nurls = [{node:?}]{tls}");
    let why = refused(&configured(&text, Some(&others))).await;
    assert!(why.contains("TLS: the server's certificate is by an authority that is not believed"), "{why}");
    let text = text.replace("\"secret\"", "\"wrong\"");
    let why = refused(&configured(&text, Some(&cluster.papers))).await;
    assert_eq!(why, "refused with WRONGPASS");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c16_over_tls_authority_name_and_certificate_are_judged_in_words() {
    let ground = RedisGround::tls();
    let RedisGround::Tls(node, papers) = &ground else { unreachable!("it is over TLS") };
    is_used(&ground.config(PATIENT)).await;
    let text = |url: &str, tls: &str| {
        format!("{PATIENT}redis_url = {url:?}\nuser = \"dayaq\"\npassword = \"secret\"\n[sessions.tls]\n{tls}")
    };
    let own = "certificate_file = \"client.pem\"\nkey_file = \"client.key\"\n";
    let with_own = format!("ca_file = \"ca.pem\"\n{own}");
    let by_name = node.url().replace("127.0.0.1", "localhost");
    is_used(&configured(&text(&by_name, &with_own), Some(papers))).await;
    let why = refused(&configured(&text(&node.url(), own), Some(papers))).await;
    assert!(why.contains("by an authority that is not believed: name its own as ca_file"), "{why}");
    let why = refused(&configured(&text(&node.url(), "ca_file = \"ca.pem\""), Some(papers))).await;
    assert!(why.contains("asks for a certificate of ours"), "{why}");
    let clear = node.url().replace("rediss", "redis");
    let why = refused(&configured(&format!("{PATIENT}redis_url = {clear:?}"), None)).await;
    assert!(why.starts_with("not reachable"), "{why}");
    // A server whose certificate bears another name, and one that speaks no TLS.
    let elsewhere = Arc::new(Papers::draw_up(&["redis.example"]));
    let named = RedisNode::with_tls(&elsewhere, "no", "").started();
    let tls = "[sessions.tls]\nca_file = \"ca.pem\"";
    let why = refused(&configured(&format!("{PATIENT}redis_url = {:?}\n{tls}", named.url()), Some(&elsewhere))).await;
    assert!(why.contains("bears another name than the address"), "{why}");
    let plain = RedisNode::new("").started();
    let secure = plain.url().replace("redis", "rediss");
    let why = refused(&configured(&format!("{PATIENT}redis_url = {secure:?}\n{tls}"), Some(&elsewhere))).await;
    assert!(why.starts_with("not reachable"), "{why}");
}

/// A server that keeps nothing over its restart is refused unless that is meant, and taken once it keeps.
#[tokio::test]
async fn c04_a_server_that_keeps_nothing_is_refused_unless_told_so() {
    let node = RedisNode::new("appendonly no\nsave \"\"\n").started();
    let text = format!("{PATIENT}redis_url = {:?}\n", node.url());
    let sessions = RedisSessions::new(&configured(&text, None)).unwrap();
    let why = sessions.ready().await.unwrap_err();
    assert!(matches!(&why, StoreError::Volatile { setting: "appendonly", .. }), "{why}");
    assert_eq!(
        why.to_string(),
        "appendonly = no (and save is empty): what was answered could be lost; set it to yes, or allow it by \
         sessions.allow_unpersisted"
    );
    is_used(&configured(&format!("{text}allow_unpersisted = true"), None)).await;
    let _: String = node.ask(&["CONFIG", "SET", "appendonly", "yes"]).await;
    sessions.connected().await;
    sessions.ready().await.unwrap();
    let saves = RedisNode::new("appendonly no\nsave 3600 1\n").started();
    is_used(&configured(&format!("{PATIENT}redis_url = {:?}", saves.url()), None)).await;
}

#[tokio::test]
async fn c09_every_policy_that_evicts_is_refused() {
    let node = RedisNode::new("").started();
    let config = configured(&format!("{PATIENT}redis_url = {:?}", node.url()), None);
    for policy in [
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-random",
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl",
    ] {
        let _: String = node.ask(&["CONFIG", "SET", "maxmemory-policy", policy]).await;
        let why = refused(&config).await;
        assert!(why.starts_with(&format!("maxmemory-policy = {policy}: ")) && why.ends_with("noeviction"), "{why}");
    }
    let _: String = node.ask(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]).await;
    is_used(&config).await;
}

/// A user that may ask nothing but for sessions is enough: what could not be looked at is no reason to refuse.
#[tokio::test]
async fn c16_a_server_that_forbids_to_look_is_used() {
    let users =
        "user dayaq on >secret ~dayaq:* resetchannels -@all +hmget +evalsha +eval +hset +hget +del +pexpire +ping\n";
    let node = RedisNode::new("").with_users(users).started();
    is_used(&configured(
        &format!("{PATIENT}redis_url = {:?}\nuser = \"dayaq\"\npassword = \"secret\"", node.url()),
        None,
    ))
    .await;
}

#[tokio::test]
async fn c16_a_database_by_number_is_the_one_that_is_used() {
    let node = RedisNode::new("").started();
    is_used(&configured(&format!("{PATIENT}redis_url = \"{}/3\"", node.url()), None)).await;
    let keys: String = node.ask(&["INFO", "keyspace"]).await;
    assert!(keys.contains("db3:keys=") && !keys.contains("db0"), "{keys}");
}
