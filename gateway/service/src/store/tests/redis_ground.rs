//! Redis as people run it, each with the sessions over it, configured as a file would have it.

use crate::config::{RedisConfig, SessionsConfig, Surroundings, read_sessions_of};
use crate::store::{RedisSessions, SessionBackend, SubscriberKey};
use dayaq_author::{Environment, parse};
use dayaq_redis::{Cluster, Papers, RedisNode, Sentinels};
use redis::RedisResult;
use std::path::PathBuf;
use std::sync::Arc;

/// A user as sessions need it, and its password.
const USERS: &str = "user dayaq on >secret ~dayaq:* resetchannels -@all +@read +@write +@scripting +@connection\n";
/// A time limit that no busy machine reaches.
const PATIENT: &str = "timeout_ms = 10000";

pub(super) enum RedisGround {
    /// One server behind a socket.
    Socket(RedisNode),
    /// One server over TLS that asks for a certificate and for a user.
    Tls(RedisNode, Arc<Papers>),
    Sentinels(Sentinels),
    Cluster(Cluster),
}

impl RedisGround {
    pub fn socket() -> Self {
        Self::Socket(RedisNode::on_a_socket("").started())
    }

    pub fn tls() -> Self {
        let papers = Arc::new(Papers::of_loopback());
        Self::Tls(RedisNode::with_tls(&papers, "yes", "").with_users(USERS).started(), papers)
    }

    pub async fn sentinels() -> Self {
        Self::Sentinels(Sentinels::up().await)
    }

    pub async fn cluster() -> Self {
        Self::Cluster(Cluster::up().await)
    }

    /// The sessions over it, as another process would have them.
    pub fn sessions(&self) -> Arc<dyn SessionBackend> {
        Arc::new(RedisSessions::new(&self.config(PATIENT)).unwrap())
    }

    /// What a file says of it; `more` is said, too.
    pub fn config(&self, more: &str) -> RedisConfig {
        let quoted = |urls: Vec<String>| urls.iter().map(|url| format!("{url:?}")).collect::<Vec<_>>().join(", ");
        match self {
            Self::Socket(server) => configured(&format!("redis_url = {:?}\n{more}", server.url()), None),
            Self::Tls(node, papers) => {
                let text = format!(
                    "redis_url = {:?}\nuser = \"dayaq\"\npassword = \"secret\"\n{more}\n[sessions.tls]\n\
                     ca_file = \"ca.pem\"\ncertificate_file = \"client.pem\"\nkey_file = \"client.key\"",
                    node.url()
                );
                configured(&text, Some(papers))
            }
            Self::Sentinels(sentinels) => {
                let text = format!(
                    "user = \"{}\"\npassword = \"{}\"\n{more}\n[sessions.sentinel]\nurls = [{}]\nmaster = \"{}\"\npassword = \"{}\"",
                    Sentinels::USER.0,
                    Sentinels::USER.1,
                    quoted(sentinels.urls()),
                    Sentinels::MASTER,
                    Sentinels::PASSWORD
                );
                configured(&text, None)
            }
            Self::Cluster(cluster) => {
                let text = format!(
                    "user = \"{}\"\npassword = \"{}\"\n{more}\n[sessions.cluster]\nurls = [{}]\n[sessions.tls]\nca_file = \"ca.pem\"",
                    Cluster::USER.0,
                    Cluster::USER.1,
                    quoted(cluster.urls())
                );
                configured(&text, Some(&cluster.papers))
            }
        }
    }

    /// Lets the time to live of a session end.
    pub async fn expire(&self, key: &SubscriberKey) {
        let name = format!("dayaq:{{{}}}:s", key.hex());
        let _: i64 = self.ask(&["PEXPIRE", &name, "0"]).await;
    }

    /// Asks whoever may change that key, past the code under test.
    pub async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        match self {
            Self::Socket(server) => server.ask(words).await,
            Self::Tls(node, _) => node.ask(words).await,
            Self::Sentinels(sentinels) => sentinels.servers[sentinels.master().await].ask(words).await,
            Self::Cluster(cluster) => {
                for node in &cluster.nodes {
                    let asked: RedisResult<T> = node.try_ask(words).await;
                    if let Ok(answer) = asked {
                        return answer;
                    }
                }
                panic!("no node answers {words:?}")
            }
        }
    }
}

/// What `[sessions]` says, read from a file that stands beside those certificates.
pub(super) fn configured(text: &str, papers: Option<&Arc<Papers>>) -> RedisConfig {
    let (document, found) = parse("dayaq.toml", &format!("[sessions]\nstore = \"redis\"\n{text}\n"));
    let around = Beside(papers.map(|papers| papers.folder().to_owned()));
    let read = read(&document.root(&found), &around);
    assert!(!found.has_errors(), "{found}");
    read.expect("it is sound")
}

fn read(root: &dayaq_author::Table<'_>, around: &dyn Surroundings) -> Option<RedisConfig> {
    match read_sessions_of(root, around)? {
        SessionsConfig::Redis(redis) => Some(*redis),
        SessionsConfig::Sqlite => None,
    }
}

struct Beside(Option<PathBuf>);

impl Environment for Beside {
    fn variable(&self, _name: &str) -> Option<String> {
        None
    }
}

impl Surroundings for Beside {
    fn file(&self, path: &str) -> Result<String, String> {
        let folder = self.0.as_ref().ok_or("there is no file")?;
        std::fs::read_to_string(folder.join(path)).map_err(|cause| cause.to_string())
    }
}
