//! One connection of a bind: made, kept, and made again, until the service ends.

use super::account::{self, Account};
use super::bind::BindSettings;
use super::connection::{Connection, Ended};
use super::reconnect::Reconnect;
use super::traffic::{Answer, Arrival, BindHandle, Outcome, Outgoing, Screen};
use super::way::Way;
use crate::store::Ticket;
use crate::workers::cause_of;
use dayaq_smpp::{BindRequest, CommandStatus};
use futures_util::FutureExt;
use std::any::Any;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

/// A connection's place in its bind.
pub(super) struct Leg {
    /// The bind's name, and of a pair which of both, for logs and metrics.
    pub name: Arc<str>,
    /// How it binds.
    pub request: BindRequest,
    /// Its place in the handle; the one that sends is the first.
    pub at: usize,
    /// Whether messages come by it.
    pub receives: bool,
    pub settings: Arc<BindSettings>,
    pub handle: BindHandle,
    pub account: Arc<Account>,
    pub way: Way,
    pub queues: Queues,
}

/// Where a connection's messages come from and go to.
pub(super) struct Queues {
    pub answers: mpsc::Receiver<Answer>,
    pub screens: mpsc::Receiver<Screen>,
    /// Screens that found no room or no link, or that were throttled; they go first.
    /// Once bound, at most one of a phone and a window of throttled ones.
    pub waiting_screens: VecDeque<Screen>,
    /// Screens that were refused for a reason that may pass, and when they are tried again; the earliest first.
    pub resting_screens: VecDeque<(Duration, Screen)>,
    pub texts: mpsc::Receiver<Outgoing>,
    pub arrivals: Arc<dyn Fn(Arrival) + Send + Sync>,
    /// Without a bound of its own, so that no link ever waits for it: no segment is in it more than twice, and nobody
    /// hands over more segments than the windows hold before he has fetched the outcomes of others.
    pub outcomes: mpsc::UnboundedSender<(Ticket, Outcome)>,
}

impl Leg {
    /// Runs until `stop`: then unbinds politely.
    pub async fn run(mut self, stop: &CancellationToken) {
        let mut reconnect = Reconnect::default();
        for number in 1.. {
            let connected = AssertUnwindSafe(self.connect(number, &mut reconnect, stop)).catch_unwind().await;
            let Some(pause) = connected.unwrap_or_else(|panic| Some(self.fell(&*panic, &mut reconnect))) else {
                return;
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Makes one connection and keeps it to its end; gives the pause before the next, or nothing when the service ends.
    async fn connect(&mut self, number: u64, reconnect: &mut Reconnect, stop: &CancellationToken) -> Option<Duration> {
        let settings = Arc::clone(&self.settings);
        let (clock, entropy) = (&*settings.clock, &*settings.entropy);
        let leave = tokio::select! {
            () = stop.cancelled() => return None,
            leave = self.account.enter(clock) => leave,
        };
        reconnect.begin(clock.monotonic());
        let met = tokio::select! {
            () = stop.cancelled() => return None,
            met = self.way.meet() => met,
        };
        let met = match met {
            Ok(met) => met,
            Err(cause) => {
                warn!(bind = %self.name, cause = %cause, "SMSC not reached");
                return Some(reconnect.after_loss(clock.monotonic(), entropy));
            }
        };
        if let Some(cause) = &met.passed {
            warn!(bind = %self.name, %cause, "SMSC reached at another address");
        }
        let (was_bound, ended) = Connection::new(self, number, leave, met.link).run(met.wire, stop).await;
        self.way.ended(was_bound);
        match ended {
            Ended::Lost { sound, cause } => {
                warn!(bind = %self.name, cause = %cause, "Link lost");
                metrics::counter!("dayaq_smpp_links_lost_total", "bind" => self.name.to_string()).increment(1);
                if sound {
                    reconnect.bound();
                }
                let pause = reconnect.after_loss(clock.monotonic(), entropy);
                Some(if self.way.is_ours() { pause } else { Duration::ZERO })
            }
            Ended::Refused(status) => {
                self.refused(status);
                Some(reconnect.after_refusal(status, clock.monotonic(), entropy))
            }
            Ended::Stopped => {
                info!(bind = %self.name, "Unbound");
                None
            }
        }
    }

    /// Notes that a connection panicked, which costs that connection alone; gives the pause before the next.
    fn fell(&self, panic: &(dyn Any + Send), reconnect: &mut Reconnect) -> Duration {
        error!(bind = %self.name, cause = cause_of(panic), "A link panicked, it is made anew");
        metrics::counter!("dayaq_smpp_links_lost_total", "bind" => self.name.to_string()).increment(1);
        reconnect.after_loss(self.settings.clock.monotonic(), &*self.settings.entropy)
    }

    /// Notes that its connection of that number is bound.
    pub fn bound(&self, number: u64) {
        self.account.bound();
        if self.receives {
            self.handle.history().bind(number, self.settings.clock.now());
        }
        self.stands(true);
    }

    /// Notes whether messages may go at this moment.
    pub fn stands(&self, stands: bool) {
        if let Some(leg) = self.handle.legs.get(self.at) {
            leg.store(stands, Ordering::Relaxed);
        }
    }

    /// Notes that it is bound no more, and which of the requests on that connection the operator may bring again.
    pub fn unbound(&self, number: u64, again: Vec<u32>) {
        self.account.lost();
        if self.receives {
            self.handle.history().lose(number, self.settings.clock.now(), again);
        }
        self.stands(false);
    }

    fn refused(&self, status: CommandStatus) {
        let labels = [("bind", self.name.to_string()), ("status", status.to_string())];
        metrics::counter!("dayaq_smpp_binds_refused_total", &labels).increment(1);
        if account::is_refusal(status) {
            self.account.refused(self.settings.clock.monotonic());
            error!(bind = %self.name, status = %status, "The operator does not accept our credentials");
        } else {
            warn!(bind = %self.name, status = %status, "Bind refused");
        }
    }
}
