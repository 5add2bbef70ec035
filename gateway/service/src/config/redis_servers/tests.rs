use crate::config::{Environment, SessionsConfig, Surroundings, read_sessions_of};
use crate::store::{RedisSessions, StoreError};
use dayaq_redis::Papers;
use std::path::PathBuf;

use super::*;

/// Files of a folder.
struct Folder(PathBuf);

impl Environment for Folder {
    fn variable(&self, name: &str) -> Option<String> {
        (name == "REDIS_URL").then(|| "redis://:hunter2@127.0.0.1:6379/1".to_owned())
    }
}

impl Surroundings for Folder {
    fn file(&self, path: &str) -> Result<String, String> {
        std::fs::read_to_string(self.0.join(path)).map_err(|_| "no such file".to_owned())
    }
}

/// Reads what stands below `[sessions]` and `store`, which are lines 1 and 2.
fn read(text: &str) -> (Option<RedisConfig>, String) {
    let papers = Papers::of_loopback();
    std::fs::write(papers.path("password"), "hunter2\n").unwrap();
    let (document, found) = dayaq_author::parse("dayaq.toml", &format!("[sessions]\nstore = \"redis\"\n{text}\n"));
    let root = document.root(&found);
    let read = read_sessions_of(&root, &Folder(papers.folder().to_owned()));
    root.finish();
    let redis = read.and_then(|read| match read {
        SessionsConfig::Redis(redis) => Some(*redis),
        SessionsConfig::Sqlite => None,
    });
    (redis.filter(|_| !found.has_errors()), found.to_string().trim_end().to_owned())
}

fn sound(text: &str) -> RedisConfig {
    let (read, found) = read(text);
    assert_eq!(found, "", "{text}");
    let read = read.unwrap();
    assert!(!format!("{read:?}").contains("hunter2"), "a password does not print");
    read
}

fn single(text: &str) -> ConnectionInfo {
    match sound(text).servers {
        RedisServers::Single(server) => server,
        other => panic!("{other:?}"),
    }
}

/// Every form of address that people have for one server.
#[test]
fn one_server_is_named_by_address_in_every_form() {
    for (url, database) in [
        ("redis://127.0.0.1:6379", 0),
        ("redis://redis.example", 0),
        ("redis://redis.example:7000/4", 4),
        ("redis://[2001:db8::1]:6379/0", 0),
        ("redis://:hunter2@redis.example/2", 2),
        ("redis://dayaq:hunter2@redis.example:6379/2", 2),
        ("rediss://redis.example:6380/1", 1),
        ("valkey://valkey.example:6379/1", 1),
        ("valkeys://valkey.example:6379/1", 1),
        ("unix:///run/redis.sock", 0),
        ("unix:/run/redis.sock", 0),
        ("redis+unix:///run/redis.sock?db=3", 3),
        ("unix:///run/redis.sock?db=3&user=dayaq&pass=hunter2", 3),
    ] {
        let server = single(&format!("redis_url = {url:?}"));
        assert_eq!(server.redis_settings().db(), database, "{url}");
        assert_eq!(is_secure(&server), url.starts_with("rediss") || url.starts_with("valkeys"), "{url}");
    }
    let server = single("redis_url_env = \"REDIS_URL\"");
    assert_eq!((server.redis_settings().password(), server.redis_settings().db()), (Some("hunter2"), 1));
    let server = single("redis_url = \"redis://127.0.0.1\"\nuser = \"dayaq\"\npassword_file = \"password\"");
    assert_eq!(server.redis_settings().username().zip(server.redis_settings().password()), Some(("dayaq", "hunter2")));
    let socket = single("redis_url = \"unix:///run/redis.sock\"\npassword_file = \"password\"");
    assert_eq!((socket.redis_settings().username(), socket.redis_settings().password()), (None, Some("hunter2")));
    let config = sound("redis_url = \"redis://127.0.0.1\"\ntimeout_ms = 100\nallow_unpersisted = true");
    assert_eq!((config.timeout, config.allow_unpersisted), (Duration::from_millis(100), true));
    let tls = "[sessions.tls]\nca_file = \"ca.pem\"\ncertificate_file = \"client.pem\"\nkey_file = \"client.key\"";
    assert!(is_secure(&single(&format!("redis_url = \"rediss://127.0.0.1\"\n{tls}"))));
}

#[test]
fn several_are_named_as_sentinels_or_as_a_cluster() {
    let sentinel = "[sessions.sentinel]\nurls = [\"redis://a.example:26379\", \"redis://b.example:26379\"]\n\
                    master = \"sessions\"\nuser = \"watcher\"\npassword_file = \"password\"\ndatabase = 2\n";
    let config = sound(&format!("user = \"dayaq\"\npassword_file = \"password\"\n{sentinel}"));
    let RedisServers::Sentinel { watchers, master, settings, tls } = config.servers else { panic!("no Sentinels") };
    assert_eq!((watchers.len(), master.as_str(), tls.is_none()), (2, "sessions", true));
    assert_eq!(watchers[1].redis_settings().username(), Some("watcher"));
    assert_eq!((settings.username(), settings.password(), settings.db()), (Some("dayaq"), Some("hunter2"), 2));
    let tls = |extra: &str| {
        let text = format!("[sessions.sentinel]\nurls = [\"{extra}\"]\nmaster = \"sessions\"\n");
        match sound(&text).servers {
            RedisServers::Sentinel { tls, .. } => tls.is_some(),
            other => panic!("{other:?}"),
        }
    };
    // The servers speak TLS where their Sentinels do, unless told otherwise.
    assert!(tls("rediss://a.example:26379"));
    assert!(tls("redis://a.example:26379\"]\nservers_tls = true\n#"));
    assert!(!tls("rediss://a.example:26379\"]\nservers_tls = false\n#"));
    let cluster = "[sessions.cluster]\nurls = [\"rediss://a.example\", \"rediss://b.example:7000\"]\n\
                   [sessions.tls]\nca_file = \"ca.pem\"\n";
    let config = sound(&format!("user = \"dayaq\"\npassword_file = \"password\"\n{cluster}"));
    let RedisServers::Cluster { nodes, tls } = &config.servers else { panic!("no Cluster") };
    assert_eq!(
        nodes[1].redis_settings().username().zip(nodes[0].redis_settings().password()),
        Some(("dayaq", "hunter2"))
    );
    assert!(tls.root_cert.is_some() && tls.client_tls.is_none());
    assert_eq!(config.key(), "sessions.cluster");
}

/// What is refused, with the key and line of it; and `serve` refuses the same, since nobody else judges it.
#[tokio::test]
async fn every_fault_is_named_by_key_and_line() {
    let cases: &[(&str, &str)] = &[
        ("", "dayaq.toml:1:2: error: sessions.redis_url: missing (or redis_url_env, or redis_url_file)"),
        (
            "redis_url = \"http://nowhere\"",
            "3:13: error: sessions.redis_url: must be an address such as redis://host:port/database, rediss:// for TLS, or unix:///path?db=0, found one that begins with http:",
        ),
        ("redis_url = \"127.0.0.1:6379\"", "3:13: error: sessions.redis_url: must be an address such as"),
        ("redis_url = \"hunter2\"", "3:13: error: sessions.redis_url: must be an address such as"),
        ("redis_url = \"redis://127.0.0.1/one\"", "invalid database number"),
        ("redis_url = \"redis://127.0.0.1/-1\"", "must name a database from 0, found -1"),
        ("redis_url = \"redis://0.0.0.0:6379\"", "cannot connect to a wildcard address"),
        ("redis_url = \"redis://\"", "3:13: error: sessions.redis_url: must be an address such as"),
        (
            "redis_url = \"rediss://u:hunter2@h/#insecure\"",
            "3:13: error: sessions.redis_url: says #insecure, but a server's certificate is always judged",
        ),
        (
            "redis_url = \"redis://:hunter2@h\"\npassword_file = \"password\"",
            "3:13: error: sessions.redis_url: give the password here or under password, not both",
        ),
        (
            "redis_url = \"redis://h\"\nuser = \"dayaq\"",
            "4:8: error: sessions.user: needs a password (or password_env, or password_file)",
        ),
        (
            "redis_url = \"redis://h\"\npassword_file = \"nowhere\"",
            "4:17: error: sessions.password_file: nowhere: no such file",
        ),
        ("redis_url = \"redis://h\"\ntimeout_ms = 1", "4:14: error: sessions.timeout_ms: must be 10 to 10000, found 1"),
        (
            "redis_url = \"redis://h\"\n[sessions.tls]\nca_file = \"ca.pem\"",
            "3:13: error: sessions.redis_url: must be rediss:// where there are keys of tls",
        ),
        ("redis_url = \"rediss://h\"\n[sessions.tls]", "sessions.tls: says nothing"),
        (
            "redis_url = \"rediss://h\"\n[sessions.tls]\nca_file = \"password\"",
            "5:11: error: sessions.tls.ca_file: password: holds no certificate in PEM",
        ),
        (
            "redis_url = \"rediss://h\"\n[sessions.tls]\ncertificate_file = \"client.pem\"\nkey_file = \"server.key\"",
            "5:20: error: sessions.tls.certificate_file: does not go with the key",
        ),
        (
            "redis_url = \"rediss://h\"\n[sessions.tls]\ncertificate_file = \"client.pem\"",
            "sessions.tls.key: missing (or key_env, or key_file)",
        ),
        (
            "redis_url = \"redis://h\"\n[sessions.cluster]\nurls = [\"redis://h\"]",
            "error: sessions: give only one of redis_url, sentinel and cluster",
        ),
        ("[sessions.cluster]\nurls = []", "4:8: error: sessions.cluster.urls: must be 1 to 16 addresses, found 0"),
        (
            "[sessions.cluster]\nurls = [\"redis://h\", \"ftp://h\"]",
            "4:8: error: sessions.cluster.urls: number 2: must be an address such as",
        ),
        ("[sessions.cluster]\nurls = [\"unix:///run/redis.sock\"]", "a Cluster names its nodes by host and port"),
        ("[sessions.cluster]\nurls = [\"redis://h/1\"]", "a Cluster has database 0 alone"),
        ("[sessions.cluster]\nurls = [\"redis://h\", \"rediss://h\"]", "must be redis:// all of them, or rediss://"),
        ("[sessions.cluster]\nurls = [\"redis://:hunter2@h\", \"redis://i\"]", "must name the same user and password"),
        (
            "[sessions.cluster]\nurls = [\"redis://h\"]\n[sessions.tls]\nca_file = \"ca.pem\"",
            "4:8: error: sessions.cluster.urls: must be rediss:// where there are keys of tls",
        ),
        (
            "[sessions.cluster]\nurls = [\"redis://h\"]\nmaster = \"m\"",
            "5:1: error: sessions.cluster.master: unknown key",
        ),
        ("[sessions.sentinel]\nurls = [\"redis://h\"]", "sessions.sentinel.master: missing"),
        (
            "[sessions.sentinel]\nurls = [\"redis://h\"]\nmaster = \" \"",
            "5:10: error: sessions.sentinel.master: must be the name",
        ),
        (
            "[sessions.sentinel]\nurls = [\"redis://h\"]\nmaster = \"m\"\n[sessions.tls]\nca_file = \"ca.pem\"",
            "sessions.sentinel: has neither rediss:// addresses nor servers_tls = true",
        ),
    ];
    for (text, expected) in cases {
        let (config, found) = read(text);
        assert!(config.is_none() && found.contains(expected), "{text}\nsays {found:?},\nnot {expected:?}");
        assert!(!found.contains("hunter2"), "{found}");
        assert_eq!(found.lines().count(), 1, "one fault, one line: {found}");
    }
    // What is sound there opens here: a connection is all that can be missing.
    for text in ["redis_url = \"rediss://127.0.0.1:1/0\"", "[sessions.cluster]\nurls = [\"rediss://127.0.0.1:1\"]"] {
        let opened = RedisSessions::new(&sound(text));
        assert!(!matches!(opened, Err(StoreError::Address(_))), "{opened:?}");
    }
}
