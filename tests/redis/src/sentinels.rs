//! One master, two replicas, and three Sentinels that watch over them.

use crate::RedisNode;
use crate::node::ADMIN;
use crate::until;

/// The three servers and the three Sentinels.
pub struct Sentinels {
    /// The servers; the first is the master at the start.
    pub servers: Vec<RedisNode>,
    /// The Sentinels.
    pub watchers: Vec<RedisNode>,
}

impl Sentinels {
    /// How the master is called.
    pub const MASTER: &'static str = "sessions";
    /// The password of the Sentinels themselves.
    pub const PASSWORD: &'static str = "watches";
    /// The user of the servers, and its password.
    pub const USER: (&'static str, &'static str) = ("dayaq", "secret");

    /// Starts them all, and waits until the Sentinels know of each other and of the replicas.
    pub async fn up() -> Self {
        let users = format!(
            "user {} on >{} ~dayaq:* resetchannels -@all +@read +@write +@scripting +@connection\n",
            Self::USER.0,
            Self::USER.1
        );
        let mut servers = vec![RedisNode::new("").with_users(&users).started()];
        let port = servers[0].port();
        for _ in 0..2 {
            servers.push(RedisNode::new(&format!("replicaof 127.0.0.1 {port}\n")).with_users(&users).started());
        }
        let name = Self::MASTER;
        let lines = format!(
            "requirepass {}\nsentinel sentinel-pass {}\nsentinel monitor {name} 127.0.0.1 {port} 2\n\
             sentinel auth-pass {name} {ADMIN}\nsentinel down-after-milliseconds {name} 800\n\
             sentinel failover-timeout {name} 3000\n",
            Self::PASSWORD,
            Self::PASSWORD,
        );
        let watchers = (0..3).map(|_| RedisNode::sentinel(&lines).password(Self::PASSWORD).started()).collect();
        let all = Self { servers, watchers };
        until("the replicas follow", async || all.followers().await == 2).await;
        for watcher in &all.watchers {
            until("the Sentinels know of each other", async || {
                let known: Vec<redis::Value> = watcher.ask(&["SENTINEL", "SENTINELS", name]).await;
                let replicas: Vec<redis::Value> = watcher.ask(&["SENTINEL", "REPLICAS", name]).await;
                known.len() == 2 && replicas.len() == 2
            })
            .await;
        }
        all
    }

    /// The addresses of the Sentinels.
    pub fn urls(&self) -> Vec<String> {
        self.watchers.iter().map(RedisNode::url).collect()
    }

    /// Which of the servers is the master, as the Sentinels say; the first that answers is believed.
    pub async fn master(&self) -> usize {
        for watcher in &self.watchers {
            let asked = watcher.try_ask(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", Self::MASTER]).await;
            if let Ok((_, port)) = asked as redis::RedisResult<(String, u16)> {
                return self.servers.iter().position(|server| server.port() == port).expect("one of ours");
            }
        }
        panic!("no Sentinel answers")
    }

    /// Waits until another server than that one is the master and takes writes.
    pub async fn promoted(&self, former: usize) -> usize {
        until("another is the master", async || self.master().await != former).await;
        let master = self.master().await;
        until("it takes writes", async || {
            self.servers[master].try_ask::<String>(&["SET", "dayaq:{test}", "1"]).await.is_ok()
        })
        .await;
        master
    }

    /// Waits until that server follows the master, whichever it is.
    pub async fn rejoined(&self, server: usize) {
        until("it follows the master", async || {
            let info = self.servers[server].try_ask::<String>(&["INFO", "replication"]).await;
            info.is_ok_and(|info| info.contains("role:slave") && info.contains("master_link_status:up"))
        })
        .await;
    }

    async fn followers(&self) -> u32 {
        let info: String = self.servers[0].ask(&["INFO", "replication"]).await;
        let online = info.lines().filter(|line| line.starts_with("slave") && line.contains("state=online"));
        u32::try_from(online.count()).unwrap_or_default()
    }
}
