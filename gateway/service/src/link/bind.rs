//! One bind: one connection for both ways, or a pair of a transmitter and a receiver.

use super::account::Account;
use super::leg::{Leg, Queues};
use super::traffic::{Arrival, BindHandle, Outcome};
use super::way::Way;
use crate::store::Ticket;
use dayaq_smpp::receipt::ReceiptIds;
use dayaq_smpp::{BindKind, BindRequest, LinkConfig, Pace, PaceConfig};
use dayaq_types::{Clock, Entropy};
use std::collections::VecDeque;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What a bind needs to know.
#[derive(Clone)]
pub struct BindSettings {
    /// The operator's name and the bind's number, for logs and metrics.
    pub name: String,
    /// The operator's place in the configuration.
    pub operator: usize,
    /// How it binds, but for its kind.
    pub request: BindRequest,
    /// Whether it is a transmitter and a receiver, each with a connection of its own, in place of a transceiver.
    pub pair: bool,
    /// Bounds and times of the link.
    pub link: LinkConfig,
    /// Slots of the window that texts leave free for screens.
    pub window_reserve: usize,
    /// How fast it may send.
    pub pace: PaceConfig,
    /// How the operator writes the ids of messages.
    pub receipt_ids: ReceiptIds,
    /// Times.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub entropy: Arc<dyn Entropy>,
    /// Monotonic time by which it must have unbound, once it is told to end; kept by all binds together.
    pub unbind_by: Arc<OnceLock<Duration>>,
}

/// A bind's tasks, their inputs and outputs.
pub struct Bind {
    legs: Vec<Leg>,
}

impl Bind {
    /// Prepares the tasks; each connection goes its own `way`. `arrivals` must not block; `outcomes` hears of every
    /// segment once, and a second time of one in doubt that is answered late.
    pub fn new(
        settings: BindSettings,
        account: &Arc<Account>,
        way: impl Fn() -> Way,
        arrivals: Arc<dyn Fn(Arrival) + Send + Sync>,
        outcomes: mpsc::UnboundedSender<(Ticket, Outcome)>,
    ) -> (Self, BindHandle) {
        // Answers for the connection before, which nobody fetches while there is none, leave room for as many more.
        let (answers_in, answers) = mpsc::channel(2 * settings.link.inbound_max.max(1));
        let (screens_in, screens) = mpsc::channel(settings.link.inbound_max.max(1));
        let (texts_in, texts) = mpsc::channel(settings.link.window.max(1));
        let kinds = match settings.pair {
            true => &[(BindKind::Transmitter, "-tx"), (BindKind::Receiver, "-rx")][..],
            false => &[(BindKind::Transceiver, "")][..],
        };
        let handle = BindHandle {
            answers: answers_in,
            screens: screens_in,
            texts: texts_in,
            legs: kinds.iter().map(|_| AtomicBool::new(false)).collect(),
            history: Arc::default(),
            pace: Arc::new(Mutex::new(Pace::new(settings.pace))),
            name: settings.name.as_str().into(),
            operator: settings.operator,
        };
        let settings = Arc::new(settings);
        let (mut answers, mut screens, mut texts) = (Some(answers), Some(screens), Some(texts));
        let legs = kinds.iter().enumerate().map(|(at, (kind, suffix))| {
            let (sends, receives) = (*kind != BindKind::Receiver, *kind != BindKind::Transmitter);
            // A queue of the other way is closed from the beginning.
            let queues = Queues {
                answers: answers.take_if(|_| receives).unwrap_or_else(|| mpsc::channel(1).1),
                screens: screens.take_if(|_| sends).unwrap_or_else(|| mpsc::channel(1).1),
                waiting_screens: VecDeque::new(),
                resting_screens: VecDeque::new(),
                texts: texts.take_if(|_| sends).unwrap_or_else(|| mpsc::channel(1).1),
                arrivals: Arc::clone(&arrivals),
                outcomes: outcomes.clone(),
            };
            Leg {
                name: format!("{}{suffix}", settings.name).into(),
                request: BindRequest { kind: *kind, ..settings.request.clone() },
                at,
                receives,
                settings: Arc::clone(&settings),
                handle: handle.clone(),
                account: Arc::clone(account),
                way: way(),
                queues,
            }
        });
        (Self { legs: legs.collect() }, handle)
    }

    /// Runs until `stop`: then unbinds politely.
    pub async fn run(self, stop: CancellationToken) {
        futures_util::future::join_all(self.legs.into_iter().map(|leg| leg.run(&stop))).await;
    }
}
