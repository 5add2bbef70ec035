//! The operator's message centre.

use crate::config::SmscConfig;
use crate::connection;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::handset::Handset;
use crate::outbind;
use crate::tap::TappedPdu;
use dayaq_types::Msisdn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// A running message centre. Dropped, it unbinds and stops listening.
pub struct Smsc {
    addr: SocketAddr,
    pub(crate) exchange: Arc<Exchange>,
    task: Option<JoinHandle<()>>,
}

/// Why a message centre did not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {listen}")]
pub struct StartError {
    /// Where it should have listened.
    pub listen: SocketAddr,
    /// What the machine said.
    #[source]
    pub source: io::Error,
}

/// There is no account of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no account {0:?}")]
pub struct UnknownAccount(pub String);

impl Smsc {
    /// Starts listening; returns at once, before anybody is bound.
    pub async fn start(config: SmscConfig) -> Result<Self, StartError> {
        let listen = config.listen;
        let failed = |source| StartError { listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let exchange = Arc::new(Exchange::new(config, CancellationToken::new()));
        let task = tokio::spawn(accept(listener, exchange.clone()));
        tracing::info!(%addr, "SMSC listens");
        Ok(Self { addr, exchange, task: Some(task) })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A phone of this operator. Handsets of one number are the same phone.
    pub fn handset(&self, number: Msisdn) -> Handset {
        Handset::new(self.exchange.clone(), number)
    }

    /// Whether an ESME is bound for messages both ways.
    pub fn is_bound(&self) -> bool {
        self.exchange.is_bound()
    }

    /// Waits until an ESME is bound for messages both ways; `false` where none came in time.
    pub async fn bound(&self, limit: Duration) -> bool {
        self.exchange.wait_for(limit, |exchange| exchange.is_bound().then_some(())).await.is_some()
    }

    /// Listens to the wire from now on.
    pub fn tap(&self) -> broadcast::Receiver<TappedPdu> {
        self.exchange.tap.listen()
    }

    /// Cuts every connection without a word. What was not answered is delivered again over the next bind.
    pub fn cut_links(&self) {
        let cut = std::mem::take(&mut self.exchange.state().cut);
        cut.cancel();
    }

    /// Unbinds every ESME politely, and goes on listening.
    pub fn unbind_links(&self) {
        let unbind = std::mem::take(&mut self.exchange.state().unbind);
        unbind.cancel();
    }

    /// Lets something go wrong from now on, and names it for [`Smsc::mend`]; `None` where too much goes wrong already.
    pub fn fault(&self, fault: Fault) -> Option<u64> {
        let id = self.exchange.faults().add(fault);
        self.exchange.work.notify_waiters();
        id
    }

    /// Ends a fault; tells whether it stood.
    pub fn mend(&self, id: u64) -> bool {
        let stood = self.exchange.faults().remove(id);
        self.exchange.work.notify_waiters();
        stood
    }

    /// How often a fault has struck; `None` where it does not stand.
    pub fn struck(&self, id: u64) -> Option<u64> {
        self.exchange.faults().all().iter().find(|standing| standing.id == id).map(|standing| standing.struck)
    }

    /// Connects to an ESME that listens, asks it with outbind (SMPP 3.4 §4.1.7) to bind over that connection, under the
    /// name of its account, and again whenever the connection has ended.
    pub fn outbind(&self, esme: SocketAddr, account: &str) -> Result<(), UnknownAccount> {
        let accounts = &self.exchange.config.accounts;
        let found = accounts.iter().find(|known| known.system_id == account);
        let account = found.ok_or_else(|| UnknownAccount(account.to_owned()))?.clone();
        tokio::spawn(outbind::keep(self.exchange.clone(), esme, account));
        Ok(())
    }

    /// Unbinds every ESME and stops.
    pub async fn shutdown(mut self) {
        self.exchange.cancel.cancel();
        if let Some(task) = self.task.take() {
            // The task ends by itself; a panic in it has been reported already.
            let _ = task.await;
        }
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        self.exchange.cancel.cancel();
    }
}

/// How long to sleep where no text is due.
const IDLE: Duration = Duration::from_secs(3600);

async fn accept(listener: TcpListener, exchange: Arc<Exchange>) {
    let mut connections = JoinSet::new();
    loop {
        let held = exchange.held.notified();
        let (now, due) = (exchange.now(), exchange.next_held());
        let wait = due.map_or(IDLE, |at| at.saturating_since(now));
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = held => continue,
            () = tokio::time::sleep(wait) => {
                exchange.deliver_held(exchange.now());
                continue;
            }
            () = exchange.cancel.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                // Small PDUs must not wait for each other's acknowledgement.
                let _ = stream.set_nodelay(true);
                connections.spawn(receive(exchange.clone(), stream));
            }
            Err(error) => {
                tracing::warn!(%error, "Connection not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    while connections.join_next().await.is_some() {}
}

/// Serves an ESME that has connected, over TLS where it is asked for.
async fn receive(exchange: Arc<Exchange>, stream: TcpStream) {
    let Some(tls) = &exchange.config.tls else {
        return connection::serve(exchange, stream, Vec::new()).await;
    };
    let cancel = exchange.cancel.clone();
    let accepted = tokio::select! {
        accepted = tls.accept(stream) => accepted,
        () = cancel.cancelled() => return,
    };
    match accepted {
        Ok(stream) => connection::serve(exchange.clone(), stream, Vec::new()).await,
        Err(error) => tracing::warn!(%error, "TLS not agreed with an ESME"),
    }
}
