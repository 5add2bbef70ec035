//! One master, two replicas, and three Sentinels that watch over them.

use crate::node::{ADMIN, field};
use crate::{RedisNode, until};
use std::cell::Cell;
use std::collections::HashMap;

/// The three servers and the three Sentinels.
pub struct Sentinels {
    /// The servers; the first is the master at the start.
    pub servers: Vec<RedisNode>,
    /// The Sentinels.
    pub watchers: Vec<RedisNode>,
}

/// The time of one master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reign {
    /// Which of the servers it is.
    pub master: usize,
    /// The number of the failover that made it one; each has a greater number than those before.
    pub epoch: u64,
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
             sentinel auth-pass {name} {ADMIN}\nsentinel down-after-milliseconds {name} 3000\n\
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
        until("another is the master and takes writes", async || {
            let master = self.master().await;
            master != former && self.servers[master].try_ask::<String>(&["SET", "dayaq:{test}", "1"]).await.is_ok()
        })
        .await;
        self.master().await
    }

    /// Has another server made the master while the master lives, and waits until it is one.
    pub async fn fail_over(&self) -> usize {
        let leader = &self.watchers[0];
        let former = self.reign(leader).await.expect("it watches");
        // Where no replica is known well enough at this moment it refuses, and where the one that it chose does not come
        // up in time it gives up: then it is asked again. While it is at it, it says so.
        until("a Sentinel has led a failover", async || {
            let now = self.reign(leader).await;
            if now.is_some_and(|now| now.epoch > former.epoch) {
                return true;
            }
            let _: Result<String, _> = leader.try_ask(&["SENTINEL", "FAILOVER", Self::MASTER]).await;
            false
        })
        .await;
        self.promoted(former.master).await
    }

    /// Waits until everybody who runs is of one mind: all Sentinels name the same master, which is one, and the other
    /// servers follow it. Gives whose time it is.
    pub async fn settled(&self) -> Reign {
        let agreed = async || {
            let reign = self.reign(&self.watchers[0]).await?;
            for watcher in &self.watchers[1..] {
                if self.reign(watcher).await != Some(reign) {
                    return None;
                }
            }
            let port = self.servers[reign.master].port().to_string();
            for (at, server) in self.servers.iter().enumerate() {
                let info: String = server.try_ask(&["INFO", "replication"]).await.ok()?;
                let is_well = match at == reign.master {
                    true => field(&info, "role")? == "master",
                    false => {
                        field(&info, "role")? == "slave"
                            && field(&info, "master_port")? == port
                            && field(&info, "master_link_status")? == "up"
                    }
                };
                if !is_well {
                    return None;
                }
            }
            Some(reign)
        };
        let found = Cell::new(None);
        until("everybody is of one mind", async || {
            found.set(agreed().await);
            found.get().is_some()
        })
        .await;
        found.get().expect("they agreed")
    }

    /// Waits until both replicas have everything that the master has written by now; `false` where its time ended
    /// meanwhile.
    pub async fn have_heard(&self, reign: Reign) -> bool {
        let written = self.servers[reign.master].written().await;
        let replicas =
            || self.servers.iter().enumerate().filter(|(at, _)| *at != reign.master).map(|(_, server)| server);
        until("the replicas have heard everything", async || {
            for replica in replicas() {
                if !replica.has_heard(written).await {
                    return self.reign(&self.watchers[0]).await.is_some_and(|now| now != reign);
                }
            }
            true
        })
        .await;
        self.settled().await == reign
    }

    /// How many failovers there have been, as the Sentinel that knows of most says.
    pub async fn failovers(&self) -> u64 {
        let mut most = 0;
        for watcher in &self.watchers {
            most = most.max(self.reign(watcher).await.map_or(0, |reign| reign.epoch));
        }
        most
    }

    /// Whose time it is, as that Sentinel says; nothing where it does not answer.
    async fn reign(&self, watcher: &RedisNode) -> Option<Reign> {
        let told: HashMap<String, String> = watcher.try_ask(&["SENTINEL", "MASTER", Self::MASTER]).await.ok()?;
        let port: u16 = told.get("port")?.parse().ok()?;
        let master = self.servers.iter().position(|server| server.port() == port)?;
        Some(Reign { master, epoch: told.get("config-epoch")?.parse().ok()? })
    }

    async fn followers(&self) -> u32 {
        let info: String = self.servers[0].ask(&["INFO", "replication"]).await;
        let online = info.lines().filter(|line| line.starts_with("slave") && line.contains("state=online"));
        u32::try_from(online.count()).unwrap_or_default()
    }
}
