//! A Cluster of three masters with a replica each, over TLS and with a user of its own.

use crate::node::field;
use crate::{Papers, RedisNode, until};
use std::sync::Arc;

/// Its slots.
const SLOTS: u16 = 16_384;
const MASTERS: usize = 3;

/// The six servers.
pub struct Cluster {
    /// The servers: the masters at the start, then their replicas in the same order.
    pub nodes: Vec<RedisNode>,
    /// Their certificates.
    pub papers: Arc<Papers>,
    names: Vec<String>,
}

impl Cluster {
    /// The user of the sessions, and its password.
    pub const USER: (&'static str, &'static str) = ("dayaq", "secret");

    /// Starts them all, and waits until every slot is served and every replica follows.
    pub async fn up() -> Self {
        let papers = Arc::new(Papers::of_loopback());
        let users = format!(
            "user {} on >{} ~dayaq:* resetchannels -@all +@read +@write +@scripting +@connection +cluster|slots \
             +cluster|shards +cluster|nodes +readonly\n",
            Self::USER.0,
            Self::USER.1
        );
        let nodes: Vec<RedisNode> = (0..2 * MASTERS)
            .map(|_| {
                let lines = "cluster-enabled yes\ncluster-config-file nodes.conf\ncluster-node-timeout 3000\n\
                     cluster-announce-ip 127.0.0.1\ntls-cluster yes\n";
                RedisNode::with_tls(&papers, "optional", lines).with_users(&users).in_cluster().started()
            })
            .collect();
        let mut names = Vec::new();
        for node in &nodes {
            names.push(node.ask::<String>(&["CLUSTER", "MYID"]).await);
        }
        let all = Self { nodes, papers, names };
        all.meet().await;
        let share = SLOTS.div_ceil(3);
        for (at, master) in (0u16..).zip(&all.nodes[..MASTERS]) {
            let (first, last) = (at * share, ((at + 1) * share - 1).min(SLOTS - 1));
            let _: String = master.ask(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()]).await;
        }
        for (replica, master) in all.nodes[MASTERS..].iter().zip(&all.names) {
            until("it knows its master", async || {
                replica.try_ask::<String>(&["CLUSTER", "REPLICATE", master]).await.is_ok()
            })
            .await;
        }
        all.whole().await;
        all
    }

    /// Two of its addresses, from which the others are found.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().take(MASTERS).map(RedisNode::url).collect()
    }

    /// Waits until every node that runs knows a master of every slot, and replicas follow.
    pub async fn whole(&self) {
        for node in &self.nodes {
            until("every slot is served", async || {
                let Ok(info) = node.try_ask::<String>(&["CLUSTER", "INFO"]).await else { return false };
                info.contains("cluster_state:ok") && info.contains("cluster_slots_ok:16384")
            })
            .await;
        }
        for node in &self.nodes {
            until("the replicas follow", async || {
                let info: String = node.ask(&["INFO", "replication"]).await;
                info.contains("role:master") || info.contains("master_link_status:up")
            })
            .await;
        }
    }

    /// Waits until everything that the masters have written by now is on their replicas.
    pub async fn have_heard(&self) {
        for (one, other) in self.nodes[..MASTERS].iter().zip(&self.nodes[MASTERS..]) {
            let info: String = one.ask(&["INFO", "replication"]).await;
            let (master, replica) = if info.contains("role:master") { (one, other) } else { (other, one) };
            replica.hears_all_of(master).await;
        }
    }

    /// How many failovers there have been: each has raised the number by which the nodes tell their times apart.
    pub async fn failovers(&self) -> u64 {
        let mut most = 0;
        for node in &self.nodes {
            let info = node.try_ask::<String>(&["CLUSTER", "INFO"]).await.unwrap_or_default();
            let epoch = field(&info, "cluster_current_epoch").and_then(|epoch| epoch.parse().ok());
            most = most.max(epoch.unwrap_or_default());
        }
        most
    }

    /// Which slot that key is in.
    pub async fn slot(&self, key: &str) -> u16 {
        self.nodes[0].ask(&["CLUSTER", "KEYSLOT", key]).await
    }

    /// Waits until the replica of that master has taken its place.
    pub async fn promoted(&self, master: usize) {
        let replica = &self.nodes[master + MASTERS];
        until("its replica is the master", async || {
            let Ok(info) = replica.try_ask::<String>(&["INFO", "replication"]).await else { return false };
            info.contains("role:master")
        })
        .await;
        until("every slot is served", async || {
            let Ok(info) = replica.try_ask::<String>(&["CLUSTER", "INFO"]).await else { return false };
            info.contains("cluster_state:ok")
        })
        .await;
    }

    /// Moves a slot from one master to another, key by key, as `redis-cli --cluster reshard` does.
    pub async fn migrate(&self, slot: u16, from: usize, to: usize) {
        let (slot, port) = (slot.to_string(), self.nodes[to].port().to_string());
        let (source, target) = (&self.nodes[from], &self.nodes[to]);
        let _: String = target.ask(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &self.names[from]]).await;
        let _: String = source.ask(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &self.names[to]]).await;
        loop {
            let keys: Vec<String> = source.ask(&["CLUSTER", "GETKEYSINSLOT", &slot, "10"]).await;
            if keys.is_empty() {
                break;
            }
            let mut words = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "AUTH", crate::node::ADMIN, "KEYS"];
            words.extend(keys.iter().map(String::as_str));
            let _: String = source.ask(&words).await;
        }
        for node in [target, source] {
            let _: String = node.ask(&["CLUSTER", "SETSLOT", &slot, "NODE", &self.names[to]]).await;
        }
    }

    async fn meet(&self) {
        for node in &self.nodes[1..] {
            let words = ["CLUSTER", "MEET", "127.0.0.1", &node.port().to_string(), &node.bus().to_string()];
            let _: String = self.nodes[0].ask(&words).await;
        }
        for node in &self.nodes {
            until("the nodes know of each other", async || {
                let known: String = node.ask(&["CLUSTER", "NODES"]).await;
                known.lines().count() == 2 * MASTERS && !known.contains("handshake")
            })
            .await;
        }
    }
}
