//! The Sentinels, asked which server is the master.

use super::StoreError;
use super::redis_fault::{is_lost, translate};
use redis::aio::MultiplexedConnection;
use redis::{Client, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo, TlsCertificates};
use std::collections::HashMap;
use std::time::Duration;

/// How long one Sentinel may take, connection and all, before the next is asked.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(300);
/// How often they are asked whether the master is another. One that was replaced while it lives takes writes until it is
/// told, and they are lost.
const LOOK: Duration = Duration::from_millis(100);
/// After so many answers in a row of before the failover that is known, one is believed: whoever knew of it is gone for
/// good, or the Sentinels were set up anew.
const OUTDATED_MOST: u32 = 50;

/// The Sentinels of one master.
pub(super) struct Watchers {
    watchers: Vec<Watcher>,
    master: String,
    settings: RedisConnectionInfo,
    tls: Option<TlsCertificates>,
    /// Who is asked next. Each has its turn, for one of them is the first to know of a failover.
    at: usize,
    /// Whom they named last.
    named: Option<Named>,
    /// How many answers in a row were older than that.
    outdated: u32,
}

/// One of them.
struct Watcher {
    client: Client,
    held: Option<MultiplexedConnection>,
}

/// Whom a Sentinel names.
#[derive(Clone)]
struct Named {
    address: (String, u16),
    /// The failover that made it master, where the Sentinel tells: each has a greater number than those before.
    epoch: Option<u64>,
}

impl Named {
    fn is_older_than(&self, other: &Self) -> bool {
        self.epoch.zip(other.epoch).is_some_and(|(ours, theirs)| ours < theirs)
    }
}

impl Watchers {
    /// They call the master by that name; its servers are reached with these settings.
    pub fn new(
        clients: Vec<Client>,
        master: &str,
        settings: &RedisConnectionInfo,
        tls: Option<&TlsCertificates>,
    ) -> Self {
        let watchers = clients.into_iter().map(|client| Watcher { client, held: None }).collect();
        let (master, settings, tls) = (master.to_owned(), settings.clone(), tls.cloned());
        Self { watchers, master, settings, tls, at: 0, named: None, outdated: 0 }
    }

    /// The server that they name.
    pub async fn master(&mut self) -> Result<Client, StoreError> {
        let named = self.ask().await?;
        let (host, port) = named.address.clone();
        self.named = Some(named);
        let built = match &self.tls {
            None => {
                let info = ConnectionAddr::Tcp(host, port).into_connection_info();
                info.and_then(|info| Client::open(info.set_redis_settings(self.settings.clone())))
            }
            Some(tls) => {
                let addr = ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None };
                let info = addr.into_connection_info();
                info.and_then(|info| {
                    Client::build_with_tls(info.set_redis_settings(self.settings.clone()), tls.clone())
                })
            }
        };
        built.map_err(|error| StoreError::Address(error.category().to_owned()))
    }

    /// Completes once they name another master than they did.
    pub async fn moved(&mut self) {
        loop {
            tokio::time::sleep(LOOK).await;
            // Where none of them answers, nothing is known against the master.
            let Ok(now) = self.ask().await else { continue };
            match &mut self.named {
                Some(named) if named.address == now.address => named.epoch = now.epoch.max(named.epoch),
                Some(_) | None => return,
            }
        }
    }

    /// Asks one after the other until one has a name that is not older than what is known. A Sentinel hears of a
    /// failover up to seconds after the one that led it, and names till then a server that may still take writes, all
    /// of which are lost.
    async fn ask(&mut self) -> Result<Named, StoreError> {
        let mut why = StoreError::Timeout(ANSWER_TIMEOUT);
        for _ in 0..self.watchers.len() {
            let at = self.at;
            self.at = (at + 1) % self.watchers.len();
            let asked = tokio::time::timeout(ANSWER_TIMEOUT, self.watchers[at].ask(&self.master)).await;
            match asked.unwrap_or(Err(StoreError::Timeout(ANSWER_TIMEOUT))) {
                Ok(named) if self.named.as_ref().is_some_and(|known| named.is_older_than(known)) => {
                    self.outdated += 1;
                    if self.outdated >= OUTDATED_MOST {
                        (self.outdated, self.named) = (0, None);
                        return Ok(named);
                    }
                    why = StoreError::Unreachable("Sentinel: it has not heard of the last failover yet".to_owned());
                }
                Ok(named) => {
                    self.outdated = 0;
                    return Ok(named);
                }
                Err(fault) => why = fault,
            }
        }
        Err(why)
    }
}

impl Watcher {
    async fn ask(&mut self, master: &str) -> Result<Named, StoreError> {
        let mut connection = match self.held.take() {
            Some(connection) => connection,
            None => {
                let connected = self.client.get_multiplexed_async_connection().await;
                connected.map_err(|error| of_sentinel(translate(&error)))?
            }
        };
        let mut command = redis::cmd("SENTINEL");
        command.arg("GET-MASTER-ADDR-BY-NAME").arg(master);
        let named: redis::RedisResult<Option<(String, u16)>> = command.query_async(&mut connection).await;
        let address = match named {
            Ok(Some(address)) => address,
            Ok(None) => {
                return Err(StoreError::Unfit(format!(
                    "the Sentinels watch over no master of the name {master:?}: look at sentinel monitor in their configuration"
                )));
            }
            Err(error) if error.code() == Some("ERR") => {
                return Err(StoreError::Unfit(
                    "the address in sessions.sentinel is no Sentinel's: its port is 26379 as a rule".to_owned(),
                ));
            }
            Err(error) => return Err(of_sentinel(translate(&error))),
        };
        // Asked second, so that a number never stands by the name of a later one.
        let mut command = redis::cmd("SENTINEL");
        command.arg("MASTER").arg(master);
        let told: redis::RedisResult<HashMap<String, String>> = command.query_async(&mut connection).await;
        let told = match told {
            Ok(told) => told,
            Err(error) if is_lost(&error) => return Err(of_sentinel(translate(&error))),
            // It may be forbidden to ask that much.
            Err(_) => HashMap::new(),
        };
        let epoch = told.get("config-epoch").and_then(|epoch| epoch.parse().ok());
        self.held = Some(connection);
        Ok(Named { address, epoch })
    }
}

/// Says that it was a Sentinel and no server.
fn of_sentinel(fault: StoreError) -> StoreError {
    match fault {
        StoreError::Refused(code) => StoreError::Unfit(format!(
            "the Sentinel refuses with {code}: give its user and password under sessions.sentinel"
        )),
        StoreError::Unreachable(why) => StoreError::Unreachable(format!("Sentinel: {why}")),
        other => other,
    }
}
