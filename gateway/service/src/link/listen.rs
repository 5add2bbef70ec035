//! The door at which an operator's SMSC knocks: it connects, says who it is by `outbind`, and we bind over that
//! connection (SMPP 3.4 §2.2.1).

use super::dial::Wire;
use crate::admission::{AdmissionLimits, Pass};
use crate::listening::{Caller, Listening};
use dayaq_smpp::{Event, Instant, Link, LinkConfig, OutbindRequest};
use dayaq_types::Clock;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Connections that may be at the door at once, and of them from one address; a further one takes the place of the first
/// that has not said who it is.
pub const AT_THE_DOOR: AdmissionLimits = AdmissionLimits { total: 32, per_address: 16 };
/// How long a connection may take to say who it is.
const GREETING: Duration = Duration::from_secs(5);
/// How long a known SMSC waits for a bind of ours that has no connection.
const WAIT: Duration = Duration::from_secs(5);
/// Octets read at once; an outbind has at most 64.
const READ_LEN: usize = 512;

/// Whom the door opens to, and how.
pub struct Door {
    /// The operator's name, for logs.
    pub name: String,
    /// Who the SMSC must say it is.
    pub expected: OutbindRequest,
    /// Bounds and times of the links.
    pub link: LinkConfig,
    /// Times.
    pub clock: Arc<dyn Clock>,
    waiting: Mutex<VecDeque<oneshot::Sender<Guest>>>,
    came: Notify,
}

/// A connection of an SMSC that is known, and its link, which has asked us to bind.
pub(super) struct Guest {
    pub wire: Box<dyn Wire>,
    pub link: Link,
}

impl Door {
    /// Prepares a door.
    pub fn new(name: String, expected: OutbindRequest, link: LinkConfig, clock: Arc<dyn Clock>) -> Self {
        Self { name, expected, link, clock, waiting: Mutex::default(), came: Notify::new() }
    }

    /// The next SMSC that is let in for whoever calls.
    pub(super) async fn guest(&self) -> Guest {
        loop {
            let (sender, receiver) = oneshot::channel();
            self.waiting().push_back(sender);
            self.came.notify_waiters();
            if let Ok(guest) = receiver.await {
                return guest;
            }
        }
    }

    pub(super) async fn receive(self: Arc<Self>, wire: Box<dyn Wire>, peer: SocketAddr, pass: Pass) {
        let greeted = tokio::select! {
            guest = self.greet(wire) => guest,
            () = pass.replaced() => None,
            () = tokio::time::sleep(GREETING) => None,
        };
        let Some(guest) = greeted else {
            warn!(operator = %self.name, %peer, "Connection without the expected outbind");
            metrics::counter!("dayaq_smpp_outbind_refused_total", "operator" => self.name.clone()).increment(1);
            return;
        };
        pass.set_busy(true);
        info!(operator = %self.name, %peer, "The SMSC asks for a bind");
        if tokio::time::timeout(WAIT, self.hand_over(guest)).await.is_err() {
            warn!(operator = %self.name, %peer, "No bind without a connection");
        }
    }

    /// Gives the guest to the bind that has waited longest.
    async fn hand_over(&self, mut guest: Guest) {
        loop {
            let came = self.came.notified();
            tokio::pin!(came);
            came.as_mut().enable();
            while let Some(waiting) = self.next_waiting() {
                match waiting.send(guest) {
                    Ok(()) => return,
                    // It has stopped waiting.
                    Err(back) => guest = back,
                }
            }
            came.await;
        }
    }

    fn next_waiting(&self) -> Option<oneshot::Sender<Guest>> {
        self.waiting().pop_front()
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<oneshot::Sender<Guest>>> {
        self.waiting.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Hears a connection out until its outbind; `None` where none comes in time, or not the expected one.
    async fn greet(&self, mut wire: Box<dyn Wire>) -> Option<Guest> {
        let mut link = Link::new(self.link.clone(), self.now());
        let (mut input, mut output) = ([0; READ_LEN], Vec::new());
        loop {
            while let Some(event) = link.poll_event() {
                match event {
                    Event::Outbind(said) => return same(&said, &self.expected).then_some(Guest { wire, link }),
                    Event::Closed { .. } => return None,
                    // Nothing else comes of a link on which nobody has asked to bind.
                    _ => {}
                }
            }
            output.clear();
            let patience = link.poll_timeout()?.saturating_since(self.now());
            let heard = tokio::time::timeout(patience, async {
                if link.take_output(&mut output) {
                    wire.write_all(&output).await?;
                }
                wire.read(&mut input).await
            });
            match heard.await {
                Ok(Ok(count @ 1..)) => link.handle_bytes(self.now(), &input[..count]),
                Ok(Ok(0) | Err(_)) => return None,
                Err(_) => link.handle_timeout(self.now()),
            }
        }
    }

    fn now(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.clock.monotonic().as_micros()).unwrap_or(u64::MAX))
    }
}

/// Attends a door. It can be run again after a run that was broken off: who was at the door stays there.
pub struct Doorkeeper {
    door: Arc<Door>,
    listening: Listening,
    knocking: JoinSet<()>,
}

impl Doorkeeper {
    /// On an open socket, with nobody at the door.
    pub fn on(socket: TcpListener, door: Arc<Door>) -> io::Result<Self> {
        let listening = Listening::on(socket, AT_THE_DOOR, door.name.clone())?;
        Ok(Self { door, listening, knocking: JoinSet::new() })
    }

    /// Where SMSCs find the door.
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// Lets SMSCs in until `stop`; it ends before that only where its socket is lost.
    pub async fn run(&mut self, stop: CancellationToken) {
        loop {
            let caller = tokio::select! {
                () = stop.cancelled() => return,
                Some(_) = self.knocking.join_next() => continue,
                caller = self.listening.next() => caller,
            };
            let Some(Caller { stream, peer, pass, room }) = caller else { return };
            match pass.filter(|_| stream.set_nodelay(true).is_ok()) {
                Some(pass) => {
                    let received = Arc::clone(&self.door).receive(Box::new(stream), peer, pass);
                    self.knocking.spawn(async move {
                        received.await;
                        drop(room);
                    });
                }
                None => warn!(operator = %self.door.name, %peer, "Too many connections at the door"),
            }
        }
    }
}

/// Compares in a time that does not tell how much was right.
fn same(said: &OutbindRequest, expected: &OutbindRequest) -> bool {
    let differs = |a: &[u8], b: &[u8]| {
        let octet = |of: &[u8], at: usize| of.get(at).copied().unwrap_or_default();
        (0..32).fold(a.len() ^ b.len(), |seen, at| seen | usize::from(octet(a, at) ^ octet(b, at)))
    };
    let name = differs(&said.system_id, &expected.system_id);
    (name | differs(&said.password, &expected.password)) == 0
}
