//! One bind: connects, keeps the link, and connects again, until the service ends.

use super::Reconnect;
use super::connection::{Connection, Ended};
use super::traffic::{Answer, Arrival, BindHandle, Outcome, Outgoing, Screen};
use crate::store::Ticket;
use dayaq_smpp::{BindRequest, LinkConfig};
use dayaq_types::{Clock, Entropy};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// The longest a TCP connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What a bind needs to know.
#[derive(Clone)]
pub struct BindSettings {
    /// The operator's name and the bind's number, for logs and metrics.
    pub name: String,
    /// The operator's place in the configuration.
    pub operator: usize,
    /// `host:port` of the SMSC.
    pub address: String,
    /// How it binds.
    pub request: BindRequest,
    /// Bounds and times of the link.
    pub link: LinkConfig,
    /// Slots of the window that texts leave free for screens.
    pub window_reserve: usize,
    /// Times.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub entropy: Arc<dyn Entropy>,
}

/// A bind's task, its inputs and outputs.
pub struct Bind {
    settings: BindSettings,
    pub(super) queues: Queues,
    handle: BindHandle,
}

/// Where a bind's messages come from and go to.
pub(super) struct Queues {
    pub answers: mpsc::Receiver<Answer>,
    pub screens: mpsc::Receiver<Screen>,
    /// A screen that found no room or no link; goes first when there is.
    pub waiting_screen: Option<Screen>,
    pub texts: mpsc::Receiver<Outgoing>,
    pub arrivals: Arc<dyn Fn(Arrival) + Send + Sync>,
    pub outcomes: mpsc::Sender<(Ticket, Outcome)>,
}

impl Bind {
    /// Prepares the task. `arrivals` must not block; `outcomes` hears of every segment exactly once.
    pub fn new(
        settings: BindSettings,
        arrivals: Arc<dyn Fn(Arrival) + Send + Sync>,
        outcomes: mpsc::Sender<(Ticket, Outcome)>,
    ) -> (Self, BindHandle) {
        let (answers_in, answers) = mpsc::channel(settings.link.inbound_max.max(1));
        let (screens_in, screens) = mpsc::channel(settings.link.inbound_max.max(1));
        let (texts_in, texts) = mpsc::channel(settings.link.window.max(1));
        let handle = BindHandle {
            answers: answers_in,
            screens: screens_in,
            texts: texts_in,
            bound: Arc::new(AtomicBool::new(false)),
            history: Arc::default(),
            name: settings.name.as_str().into(),
            operator: settings.operator,
        };
        let queues = Queues { answers, screens, waiting_screen: None, texts, arrivals, outcomes };
        (Self { settings, queues, handle: handle.clone() }, handle)
    }

    /// Runs until `stop`: then unbinds politely.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut reconnect = Reconnect::default();
        let mut number = 0;
        loop {
            number += 1;
            let pause = match self.connect(&stop).await {
                Some(Ok(stream)) => self.keep(stream, number, &mut reconnect, &stop).await,
                Some(Err(cause)) => {
                    warn!(bind = %self.handle.name, cause = %cause, "SMSC not reached");
                    Some(reconnect.after_loss(&*self.settings.entropy))
                }
                None => None,
            };
            let Some(pause) = pause else { return };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn connect(&self, stop: &CancellationToken) -> Option<std::io::Result<TcpStream>> {
        tokio::select! {
            () = stop.cancelled() => None,
            stream = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(&self.settings.address)) => {
                let stream = stream.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()));
                Some(stream.and_then(|s| s.set_nodelay(true).map(|()| s)))
            }
        }
    }

    /// Keeps one connection to its end; gives the pause before the next, or nothing when the service ends.
    async fn keep(
        &mut self,
        stream: TcpStream,
        number: u64,
        reconnect: &mut Reconnect,
        stop: &CancellationToken,
    ) -> Option<Duration> {
        let connection = Connection::new(&self.settings, &self.handle, &mut self.queues, number);
        let ended = connection.run(stream, stop).await;
        self.handle.bound.store(false, Ordering::Relaxed);
        self.handle.history().lose(number, self.settings.clock.now());
        metrics::gauge!("dayaq_smpp_bound", "bind" => self.handle.name.to_string()).set(0.0);
        let entropy = &*self.settings.entropy;
        match ended {
            Ended::Lost { was_bound, cause } => {
                warn!(bind = %self.handle.name, cause = %cause, "Link lost");
                metrics::counter!("dayaq_smpp_links_lost_total", "bind" => self.handle.name.to_string()).increment(1);
                if was_bound {
                    reconnect.bound();
                }
                Some(reconnect.after_loss(entropy))
            }
            Ended::Refused(status) => {
                warn!(bind = %self.handle.name, status = %status, "Bind refused");
                Some(reconnect.after_refusal(status, entropy))
            }
            Ended::Stopped => {
                info!(bind = %self.handle.name, "Unbound");
                None
            }
        }
    }
}
