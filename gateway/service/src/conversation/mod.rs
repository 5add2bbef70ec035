//! Conversations: from a delivered message to a saved turn and a screen.
//!
//! INVARIANT: a deliver_sm is answered ROK only after its turn is saved, and a screen goes out only after the
//! session that holds it is saved. A crash anywhere leaves the old turn, which the operator delivers again, or
//! the new one, whose reply is sent again.

mod books;
mod calls;
mod envelope;
mod limiter;
mod screens;
mod turn;
mod turnstile;

pub use books::Books;
pub use calls::{CallPayload, PendingWorker};
pub use screens::Voice;

use crate::config::Operator;
use crate::link::Arrival;
use crate::store::{GatewayStore, Sessions};
use dayaq_core_api::Core;
use dayaq_smpp::CommandStatus;
use dayaq_types::seal::KeyRing;
use dayaq_types::{Clock, Entropy};
use limiter::Limiter;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio_util::task::TaskTracker;
use turnstile::Turnstile;

/// Everything that a turn needs.
pub struct Conversations {
    pub(crate) books: Arc<Books>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) store: Arc<GatewayStore>,
    pub(crate) core: Arc<dyn Core>,
    pub(crate) voices: Vec<Voice>,
    pub(crate) keys: KeyRing,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) draft_ttl: Duration,
    pub(crate) pending: Arc<Notify>,
    turnstile: Turnstile,
    limiter: Limiter,
    places: Arc<Semaphore>,
    tasks: TaskTracker,
    counters: Counters,
}

/// What a service of conversations is made of.
pub struct Parts {
    /// The dialogues.
    pub books: Arc<Books>,
    /// Live sessions.
    pub sessions: Arc<Sessions>,
    /// Everything that outlives them.
    pub store: Arc<GatewayStore>,
    /// The core.
    pub core: Arc<dyn Core>,
    /// The keys under which subscribers are looked up.
    pub keys: KeyRing,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Woken when a pending call is added.
    pub pending: Arc<Notify>,
}

/// Counters whose names are looked up once.
struct Counters {
    turns: metrics::Counter,
    repeats: metrics::Counter,
    conflicts: metrics::Counter,
    neutral_ends: metrics::Counter,
    shed: metrics::Counter,
    limited: metrics::Counter,
    unreadable: metrics::Counter,
}

impl Counters {
    fn new() -> Self {
        Self {
            turns: metrics::counter!("dayaq_turns_total"),
            repeats: metrics::counter!("dayaq_turns_repeated_total"),
            conflicts: metrics::counter!("dayaq_turn_conflicts_total"),
            neutral_ends: metrics::counter!("dayaq_neutral_ends_total"),
            shed: metrics::counter!("dayaq_turns_shed_total"),
            limited: metrics::counter!("dayaq_turns_limited_total"),
            unreadable: metrics::counter!("dayaq_arrivals_unreadable_total"),
        }
    }
}

impl Conversations {
    /// Sets up conversations with these operators, in the order of the configuration.
    pub fn new(parts: Parts, operators: &[Operator], config: &crate::config::GatewayConfig) -> Arc<Self> {
        Arc::new(Self {
            books: parts.books,
            sessions: parts.sessions,
            store: parts.store,
            core: parts.core,
            voices: operators.iter().map(Voice::new).collect(),
            keys: parts.keys,
            clock: parts.clock,
            entropy: parts.entropy,
            draft_ttl: config.draft_ttl,
            pending: parts.pending,
            turnstile: Turnstile::default(),
            limiter: Limiter::new(config.replies_per_minute),
            places: Arc::new(Semaphore::new(config.turns_max)),
            tasks: TaskTracker::new(),
            counters: Counters::new(),
        })
    }

    /// Takes a delivered message in; never waits. Where there is no place for it, the operator is asked to bring it again.
    pub fn accept(self: &Arc<Self>, arrival: Arrival) {
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) if !self.tasks.is_closed() => place,
            Ok(_) | Err(_) => {
                self.counters.shed.increment(1);
                arrival.respond(CommandStatus::RX_T_APPN);
                return;
            }
        };
        let conversations = Arc::clone(self);
        self.tasks.spawn(async move {
            conversations.handle(arrival).await;
            drop(place);
        });
    }

    /// Takes nothing more in and waits for the turns under way, for so long at most.
    pub async fn drain(&self, longest: Duration) {
        self.tasks.close();
        let _ = tokio::time::timeout(longest, self.tasks.wait()).await;
    }
}
