//! Where the Redis is that was meant: found, connected to, and looked at before it holds a session.

use super::StoreError;
use super::redis_fault::translate;
use super::redis_watchers::Watchers;
use crate::config::{RedisConfig, RedisServers};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo};
use redis::{AsyncConnectionConfig, Client, Cmd, Pipeline, RedisFuture, RedisResult, Value, from_redis_value};
use std::collections::HashMap;
use std::time::Duration;

/// An attempt to connect may take longer than an operation.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// One to each node of a Cluster, in TLS.
const CLUSTER_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// One node may take so long; while it is waited for, the library holds others back.
const NODE_CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
/// How often the Cluster's library asks again within an operation, and the pauses between.
const CLUSTER_RETRIES: u32 = 8;
const CLUSTER_PAUSES_MS: [u64; 2] = [10, 100];

/// A Redis that was configured.
pub(super) struct RedisTarget {
    servers: Servers,
    allow_unpersisted: bool,
}

enum Servers {
    Single(Box<Client>),
    Sentinel(Box<Watchers>),
    Cluster { nodes: Vec<Client>, whole: Box<ClusterClient> },
}

/// A connection over which sessions are asked for; its clones share it.
#[derive(Clone)]
pub(super) enum RedisConnection {
    /// To one server.
    Single(MultiplexedConnection),
    /// To every node of a Cluster, kept up by the library.
    Cluster(ClusterConnection),
}

/// What a server is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Standalone,
    Cluster,
    Sentinel,
}

impl RedisTarget {
    /// Only the addresses are looked at.
    pub fn new(config: &RedisConfig) -> Result<Self, StoreError> {
        // An address may hold a password, so the error says only what kind of fault it is.
        let opened = |info: &redis::ConnectionInfo| Client::open(info.clone()).map_err(|error| address(&error));
        let servers = match &config.servers {
            RedisServers::Single(server) => Servers::Single(Box::new(opened(server)?)),
            RedisServers::Sentinel { watchers, master, settings, tls } => {
                let watchers = watchers.iter().map(opened).collect::<Result<_, _>>()?;
                Servers::Sentinel(Box::new(Watchers::new(watchers, master, settings, tls.as_deref())))
            }
            RedisServers::Cluster { nodes, tls } => {
                let whole = ClusterClient::builder(nodes.iter().cloned())
                    .certs(tls.clone())
                    .retries(CLUSTER_RETRIES)
                    .min_retry_wait(CLUSTER_PAUSES_MS[0])
                    .max_retry_wait(CLUSTER_PAUSES_MS[1])
                    .connection_timeout(config.timeout.max(NODE_CONNECT_TIMEOUT))
                    .response_timeout(config.timeout)
                    .build()
                    .map_err(|error| address(&error))?;
                let nodes = nodes.iter().map(opened).collect::<Result<_, _>>()?;
                Servers::Cluster { nodes, whole: Box::new(whole) }
            }
        };
        Ok(Self { servers, allow_unpersisted: config.allow_unpersisted })
    }

    /// Connects, once, to what may hold sessions.
    pub async fn connect(&mut self) -> Result<RedisConnection, StoreError> {
        let mut connection = match &mut self.servers {
            Servers::Single(client) => RedisConnection::Single(open(client, Mode::Standalone).await?),
            Servers::Sentinel(watchers) => {
                let client = watchers.master().await?;
                RedisConnection::Single(open(&client, Mode::Standalone).await?)
            }
            Servers::Cluster { nodes, whole } => {
                reach_one(nodes).await?;
                let connected = tokio::time::timeout(CLUSTER_CONNECT_TIMEOUT, whole.get_async_connection()).await;
                let connected = connected.map_err(|_| StoreError::Timeout(CLUSTER_CONNECT_TIMEOUT))?;
                RedisConnection::Cluster(connected.map_err(|error| translate(&error))?)
            }
        };
        connection.check_keeping(self.allow_unpersisted).await?;
        Ok(connection)
    }

    /// Completes once the Sentinels name another master than the one that is connected; never without Sentinels.
    pub async fn moved(&mut self) {
        match &mut self.servers {
            Servers::Sentinel(watchers) => watchers.moved().await,
            Servers::Single(_) | Servers::Cluster { .. } => std::future::pending().await,
        }
    }
}

fn address(error: &redis::RedisError) -> StoreError {
    StoreError::Address(error.category().to_owned())
}

/// Looks at the nodes in turn until one of them is a Cluster's.
async fn reach_one(nodes: &[Client]) -> Result<(), StoreError> {
    let mut why = StoreError::Timeout(CONNECT_TIMEOUT);
    for node in nodes {
        match open(node, Mode::Cluster).await {
            Ok(_) => return Ok(()),
            Err(fault) => why = fault,
        }
    }
    Err(why)
}

/// Connects to a server that is what was meant.
async fn open(client: &Client, meant: Mode) -> Result<MultiplexedConnection, StoreError> {
    let opened = async {
        // Operations bring their own time limit; a second timer for each would be wasted.
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_TIMEOUT)).set_response_timeout(None);
        let connected = client.get_multiplexed_async_connection_with_config(&config).await;
        let mut connection = connected.map_err(|error| translate(&error))?;
        look(&mut connection, meant).await?;
        Ok(connection)
    };
    tokio::time::timeout(CONNECT_TIMEOUT, opened).await.unwrap_or(Err(StoreError::Timeout(CONNECT_TIMEOUT)))
}

/// Looks what a server is. It may not tell; then an engineer has to know.
async fn look(connection: &mut MultiplexedConnection, meant: Mode) -> Result<(), StoreError> {
    let told: RedisResult<HashMap<String, Value>> = redis::cmd("HELLO").query_async(connection).await;
    let told = match told {
        Ok(told) => told,
        Err(_) => {
            // Whether it speaks to us at all is another question.
            let spoken: RedisResult<String> = redis::cmd("PING").query_async(connection).await;
            spoken.map_err(|error| translate(&error))?;
            tracing::warn!(
                "Redis does not tell what it is (HELLO); make sure that it is a master and no Sentinel or single node of a Cluster"
            );
            return Ok(());
        }
    };
    let text = |field: &str| told.get(field).cloned().and_then(|value| from_redis_value::<String>(value).ok());
    let mode = match text("mode").as_deref() {
        Some("cluster") => Mode::Cluster,
        Some("sentinel") => Mode::Sentinel,
        Some(_) | None => Mode::Standalone,
    };
    let unfit = |words: &str| Err(StoreError::Unfit(words.to_owned()));
    match (meant, mode) {
        (_, Mode::Sentinel) => unfit(
            "the address is a Sentinel's, which holds no sessions: give it in sessions.sentinel, with the master's name",
        ),
        (Mode::Standalone, Mode::Cluster) => unfit(
            "the server is one node of a Cluster, which holds a part of the sessions alone: give its address in sessions.cluster",
        ),
        (Mode::Cluster, Mode::Standalone) => {
            unfit("the server is not in a Cluster: give its address as sessions.redis_url")
        }
        (Mode::Standalone, Mode::Standalone) if text("role").is_some_and(|role| role != "master") => unfit(
            "the server is a replica, which takes no sessions: give the master's address, or the Sentinels in sessions.sentinel",
        ),
        (Mode::Standalone | Mode::Sentinel, Mode::Standalone) | (Mode::Cluster | Mode::Sentinel, Mode::Cluster) => {
            Ok(())
        }
    }
}

impl RedisConnection {
    /// Whether the library itself reconnects and finds out who is master.
    pub const fn mends_itself(&self) -> bool {
        match self {
            Self::Cluster(_) => true,
            Self::Single(_) => false,
        }
    }

    /// Refuses a server that would throw live sessions away, or lose them at its restart unless that is allowed (C04,
    /// C09).
    ///
    /// A server may forbid the question; then an engineer has to know the answer.
    async fn check_keeping(&mut self, allow_unpersisted: bool) -> Result<(), StoreError> {
        let policies = self.setting("maxmemory-policy").await?;
        let (append_only, save) = (self.setting("appendonly").await?, self.setting("save").await?);
        if policies.is_empty() || append_only.is_empty() || save.is_empty() {
            tracing::warn!(
                "Redis does not tell its settings (CONFIG GET); make sure that maxmemory-policy is noeviction and appendonly is yes"
            );
        }
        if let Some(policy) = policies.into_iter().find(|policy| policy != "noeviction") {
            return Err(StoreError::Volatile { setting: "maxmemory-policy", value: policy, wanted: "noeviction" });
        }
        let forgets = append_only.iter().zip(&save).any(|(append_only, save)| append_only == "no" && save.is_empty());
        match (forgets, allow_unpersisted) {
            (false, _) => Ok(()),
            (true, true) => {
                tracing::warn!("Redis keeps nothing over a restart, as sessions.allow_unpersisted allows");
                Ok(())
            }
            (true, false) => Err(StoreError::Volatile {
                setting: "appendonly",
                value: "no (and save is empty)".to_owned(),
                wanted: "yes, or allow it by sessions.allow_unpersisted",
            }),
        }
    }

    /// A setting of each server that tells it, in the same order each time.
    async fn setting(&mut self, name: &str) -> Result<Vec<String>, StoreError> {
        let mut command = redis::cmd("CONFIG");
        command.arg("GET").arg(name);
        let answers = match self {
            Self::Single(connection) => vec![connection.req_packed_command(&command).await],
            Self::Cluster(connection) => {
                let everybody = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllNodes, None));
                let asked = tokio::time::timeout(CONNECT_TIMEOUT, connection.route_command(command, everybody)).await;
                match asked {
                    Ok(Ok(Value::Map(mut answers))) => {
                        answers.sort_by_key(|(node, _)| format!("{node:?}"));
                        answers.into_iter().map(|(_, answer)| Ok(answer)).collect()
                    }
                    // A node that is down now may be asked when it is back.
                    Ok(Ok(_) | Err(_)) | Err(_) => Vec::new(),
                }
            }
        };
        let mut values = Vec::new();
        for answer in answers {
            match answer.and_then(|answer| answer.extract_error()) {
                Ok(answer) => {
                    let pair: Vec<String> = from_redis_value(answer).unwrap_or_default();
                    values.extend(pair.into_iter().nth(1));
                }
                Err(error) if super::redis_fault::is_lost(&error) => return Err(translate(&error)),
                Err(_) => {}
            }
        }
        Ok(values)
    }
}

impl ConnectionLike for RedisConnection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(connection) => connection.req_packed_command(cmd),
            Self::Cluster(connection) => connection.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}
