//! How we come to a connection with an SMSC: its addresses in turn, over TCP and, where asked, TLS.

use super::tls::Secured;
use crate::config::Address;
use futures_util::future::BoxFuture;
use rustls::pki_types::ServerName;
use std::collections::BTreeSet;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A connection, whatever carries it.
pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<W: AsyncRead + AsyncWrite + Send + Unpin> Wire for W {}

/// The longest that a name may take to become addresses.
const RESOLVE: Duration = Duration::from_secs(2);
/// The longest that TCP and TLS may take; with the name, the next address has its turn within 5 s (A41).
const CONNECT: Duration = Duration::from_secs(3);

type Sockets = BoxFuture<'static, Result<Vec<SocketAddr>, Error>>;
type Connected = BoxFuture<'static, Result<Box<dyn Wire>, Error>>;

/// What the network does for us; tests have one of their own, on virtual time.
#[derive(Clone)]
pub(super) struct Network {
    pub resolve: Arc<dyn Fn(Address) -> Sockets + Send + Sync>,
    pub connect: Arc<dyn Fn(SocketAddr) -> Connected + Send + Sync>,
}

impl Network {
    /// The machine's own.
    pub fn machine() -> Self {
        Self {
            resolve: Arc::new(|address| {
                Box::pin(async move { Ok(tokio::net::lookup_host((address.host, address.port)).await?.collect()) })
            }),
            connect: Arc::new(|socket| {
                Box::pin(async move {
                    let stream = TcpStream::connect(socket).await?;
                    stream.set_nodelay(true)?;
                    Ok(Box::new(stream) as Box<dyn Wire>)
                })
            }),
        }
    }
}

/// Where one connection of a bind is made to.
pub struct Dial {
    addresses: Vec<Address>,
    secured: Option<Secured>,
    network: Network,
    /// Which of the addresses served last: it is tried first.
    first: usize,
    /// Hosts that took a connection and gave no bind since the last that did; tried after the others.
    spared: BTreeSet<SocketAddr>,
    /// Whom the last connection was made to.
    last: Option<(usize, SocketAddr)>,
}

impl Dial {
    pub(super) fn new(addresses: Vec<Address>, secured: Option<Secured>, network: Network) -> Self {
        Self { addresses, secured, network, first: 0, spared: BTreeSet::new(), last: None }
    }

    /// Tries every address of every name once, until one takes the connection; says of each before it, or of all, what is
    /// wrong.
    pub(super) async fn connect(&mut self) -> Result<(Box<dyn Wire>, Option<String>), String> {
        let mut causes = Vec::new();
        let mut later = Vec::new();
        let count = self.addresses.len();
        let first = self.first;
        for at in (0..count).map(|step| (first + step) % count) {
            let address = &self.addresses[at];
            let resolved = within(RESOLVE, (self.network.resolve)(address.clone())).await;
            let sockets = resolved.and_then(|sockets| match sockets.is_empty() {
                true => Err(ErrorKind::NotFound.into()),
                false => Ok(sockets),
            });
            match sockets {
                Err(cause) => causes.push(format!("{address}: {cause}")),
                Ok(sockets) => {
                    for socket in sockets {
                        if self.spared.contains(&socket) {
                            later.push((at, socket));
                            continue;
                        }
                        match self.try_one(at, socket).await {
                            Ok(wire) => return Ok((wire, said(&causes))),
                            Err(cause) => causes.push(format!("{} ({socket}): {cause}", self.addresses[at])),
                        }
                    }
                }
            }
        }
        for (at, socket) in later {
            match self.try_one(at, socket).await {
                Ok(wire) => return Ok((wire, said(&causes))),
                Err(cause) => causes.push(format!("{} ({socket}): {cause}", self.addresses[at])),
            }
        }
        Err(causes.join("; "))
    }

    /// Tells whether the last connection came to a bind, so that the next goes where one is to be had.
    pub(super) fn ended(&mut self, was_bound: bool) {
        let Some((at, socket)) = self.last.take() else { return };
        if was_bound {
            self.first = at;
            self.spared.clear();
        } else if !self.spared.insert(socket) {
            // Everybody has had a turn, and nobody gave a bind: once more from the beginning.
            self.spared = BTreeSet::from([socket]);
        }
    }

    async fn try_one(&mut self, at: usize, socket: SocketAddr) -> Result<Box<dyn Wire>, Error> {
        let wire = within(CONNECT, async {
            let wire = (self.network.connect)(socket).await?;
            match &self.secured {
                None => Ok(wire),
                Some(secured) => secured.handshake(wire, self.server_name(at)?).await,
            }
        })
        .await?;
        self.last = Some((at, socket));
        Ok(wire)
    }

    fn server_name(&self, at: usize) -> Result<ServerName<'static>, Error> {
        let host = self.addresses[at].host.clone();
        ServerName::try_from(host).map_err(|_| ErrorKind::InvalidInput.into())
    }
}

/// Connects once, for whoever drives a link of her own; the error says of each address what is wrong.
pub async fn connect(address: Address, secured: Option<Secured>) -> Result<Box<dyn Wire>, String> {
    Dial::new(vec![address], secured, Network::machine()).connect().await.map(|(wire, _)| wire)
}

/// What is wrong with the addresses before the one that serves.
fn said(causes: &[String]) -> Option<String> {
    (!causes.is_empty()).then(|| causes.join("; "))
}

async fn within<T>(longest: Duration, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(longest, work).await.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
}
