//! The Sentinels, asked which server is the master.

use super::StoreError;
use super::redis_fault::translate;
use redis::aio::MultiplexedConnection;
use redis::{Client, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo, TlsCertificates};
use std::time::Duration;

/// How long one Sentinel may take, connection and all, before the next is asked.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(300);
/// How often they are asked whether the master is another. One that was replaced while it lives takes writes until it is
/// told, and they are lost.
const LOOK: Duration = Duration::from_millis(100);

/// The Sentinels of one master.
pub(super) struct Watchers {
    clients: Vec<Client>,
    master: String,
    settings: RedisConnectionInfo,
    tls: Option<TlsCertificates>,
    /// Who is asked first: the one that last answered.
    at: usize,
    held: Option<MultiplexedConnection>,
    /// Whom they named last.
    named: Option<(String, u16)>,
}

impl Watchers {
    /// They call the master by that name; its servers are reached with these settings.
    pub fn new(
        clients: Vec<Client>,
        master: &str,
        settings: &RedisConnectionInfo,
        tls: Option<&TlsCertificates>,
    ) -> Self {
        let (master, settings, tls) = (master.to_owned(), settings.clone(), tls.cloned());
        Self { clients, master, settings, tls, at: 0, held: None, named: None }
    }

    /// The server that they name.
    pub async fn master(&mut self) -> Result<Client, StoreError> {
        let (host, port) = self.ask().await?;
        self.named = Some((host.clone(), port));
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

    /// The server that was named was no master: another Sentinel is asked next.
    pub fn doubt(&mut self) {
        self.held = None;
        self.at = (self.at + 1) % self.clients.len().max(1);
    }

    /// Completes once they name another master than they did.
    pub async fn moved(&mut self) {
        loop {
            tokio::time::sleep(LOOK).await;
            // Where none of them answers, nothing is known against the master.
            let Ok(now) = self.ask().await else { continue };
            if self.named.as_ref() != Some(&now) {
                return;
            }
        }
    }

    /// Asks one after the other until one has a name.
    async fn ask(&mut self) -> Result<(String, u16), StoreError> {
        let mut why = StoreError::Timeout(ANSWER_TIMEOUT);
        for _ in 0..self.clients.len() {
            let asked = tokio::time::timeout(ANSWER_TIMEOUT, self.ask_one()).await;
            match asked.unwrap_or(Err(StoreError::Timeout(ANSWER_TIMEOUT))) {
                Ok(named) => return Ok(named),
                Err(fault) => why = fault,
            }
            self.doubt();
        }
        Err(why)
    }

    async fn ask_one(&mut self) -> Result<(String, u16), StoreError> {
        let mut connection = match self.held.take() {
            Some(connection) => connection,
            None => {
                let connected = self.clients[self.at].get_multiplexed_async_connection().await;
                connected.map_err(|error| of_sentinel(translate(&error)))?
            }
        };
        let mut command = redis::cmd("SENTINEL");
        command.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.master);
        let named: redis::RedisResult<Option<(String, u16)>> = command.query_async(&mut connection).await;
        match named {
            Ok(Some(named)) => {
                self.held = Some(connection);
                Ok(named)
            }
            Ok(None) => Err(StoreError::Unfit(format!(
                "the Sentinels watch over no master of the name {:?}: look at sentinel monitor in their configuration",
                self.master
            ))),
            Err(error) if error.code() == Some("ERR") => Err(StoreError::Unfit(
                "the address in sessions.sentinel is no Sentinel's: its port is 26379 as a rule".to_owned(),
            )),
            Err(error) => Err(of_sentinel(translate(&error))),
        }
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
