//! Conversations: from a delivered message to a saved turn and a screen.
//!
//! INVARIANT: a deliver_sm is answered ROK only after its turn is saved, and a screen goes out only after the
//! session that holds it is saved. A crash anywhere leaves the old turn, which the operator delivers again, or
//! the new one, whose reply is sent again.

mod address;
mod answering;
mod books;
mod callback;
mod calls;
mod carrier;
mod departed;
mod doubt;
mod envelope;
mod fate;
mod flash;
mod given_up;
mod guard;
mod limiter;
mod order;
mod parts;
mod patience;
mod recall;
mod reports;
mod safe_keeping;
mod screens;
mod sms;
mod tally;
#[cfg(test)]
mod tests;
mod texting;
mod turn;
mod turnstile;
mod untold;
mod waiting;
mod way;

pub use books::Books;
pub use callback::{Call, Called};
pub use calls::{CallPayload, PendingWorker, remembered};
pub use carrier::Carrier;
pub use flash::{Flash, FlashWorker};
pub use screens::{Voice, prove_on, prove_surface};

use crate::config::Operator;
use crate::link::{Arrival, BindHandle};
use crate::push::Sender;
use crate::store::{GatewayStore, Sessions};
use callback::Caller;
use dayaq_core_api::Core;
use dayaq_smpp::CommandStatus;
use dayaq_smpp::concat::Limits;
use dayaq_smpp::ussd::UssdEvent;
use dayaq_types::seal::KeyRing;
use dayaq_types::{Clock, Entropy, SteadyClock};
use departed::Departed;
use doubt::Flights;
use jiff::Timestamp;
use limiter::Limiter;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tally::Share;
use tokio::sync::{Notify, Semaphore};
use tokio_util::task::TaskTracker;
use turnstile::Turnstile;
use waiting::Waiting;

/// Parts of long texts that are taken for each reply that one phone may have.
const PARTS_PER_REPLY: u32 = 8;

/// Everything that a turn needs.
pub struct Conversations {
    pub(crate) books: Arc<Books>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) store: Arc<GatewayStore>,
    pub(crate) core: Arc<dyn Core>,
    pub(crate) voices: Vec<Voice>,
    /// The aggregators, in the order of the configuration.
    callers: Vec<Caller>,
    pub(crate) keys: KeyRing,
    pub(crate) clock: Arc<dyn Clock>,
    /// The same for what is over after a time: a clock that leaps ends nothing.
    steady: SteadyClock,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// Of parts of long texts, for each phone.
    part_limits: Limits,
    /// The phones that wait for parts.
    waiting: Waiting,
    /// What one phone may have by SMS.
    share: Share,
    pub(crate) pending: Arc<Notify>,
    pub(crate) senders: Vec<Sender>,
    pub(crate) wake: Arc<Notify>,
    pub(crate) notices: Arc<Notify>,
    turnstile: Turnstile,
    limiter: Limiter,
    parts_limiter: Limiter,
    /// Beginnings of the numbers that are answered.
    destinations: Vec<String>,
    flights: Flights,
    departed: Departed,
    /// The binds by name, as they are heard from.
    links: Mutex<BTreeMap<Arc<str>, BindHandle>>,
    /// This process among all that ever took texts, and when it began.
    run: u64,
    started: Timestamp,
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
    /// How each operator's texts are written, in the order of the configuration.
    pub senders: Vec<Sender>,
    /// Woken when a reply is to be sent.
    pub wake: Arc<Notify>,
    /// Woken when the core has a notice.
    pub notices: Arc<Notify>,
}

/// Counters whose names are looked up once.
struct Counters {
    turns: metrics::Counter,
    repeats: metrics::Counter,
    conflicts: metrics::Counter,
    revived: metrics::Counter,
    quarantined: metrics::Counter,
    neutral_ends: metrics::Counter,
    shed: metrics::Counter,
    panicked: metrics::Counter,
    limited: metrics::Counter,
    warned: metrics::Counter,
    unanswered: metrics::Counter,
    unreadable: metrics::Counter,
    faulty_ops: metrics::Counter,
    faulty_sequences: metrics::Counter,
    stray_turns: metrics::Counter,
    departed: metrics::Counter,
    confirmed: metrics::Counter,
    texts_in: metrics::Counter,
    texts_ignored: metrics::Counter,
    mo_duplicates: metrics::Counter,
    under_way: metrics::Gauge,
    begun: metrics::Counter,
    continued: metrics::Counter,
    aborted: metrics::Counter,
    timed_out: metrics::Counter,
    ussd_seconds: metrics::Histogram,
    sms_seconds: metrics::Histogram,
    http_seconds: metrics::Histogram,
}

impl Counters {
    fn new() -> Self {
        let event = |event: &'static str| metrics::counter!("dayaq_ussd_events_total", "event" => event);
        let seconds = |channel: &'static str| metrics::histogram!("dayaq_turn_seconds", "channel" => channel);
        let fault = |fault: &'static str| metrics::counter!("dayaq_ussd_faults_total", "fault" => fault);
        Self {
            faulty_ops: fault("op"),
            faulty_sequences: fault("sequence"),
            stray_turns: fault("session"),
            departed: metrics::counter!("dayaq_screens_departed_total"),
            turns: metrics::counter!("dayaq_turns_total"),
            repeats: metrics::counter!("dayaq_turns_repeated_total"),
            conflicts: metrics::counter!("dayaq_turn_conflicts_total"),
            revived: metrics::counter!("dayaq_sessions_revived_total"),
            quarantined: metrics::counter!("dayaq_session_quarantined_total"),
            neutral_ends: metrics::counter!("dayaq_neutral_ends_total"),
            shed: metrics::counter!("dayaq_turns_shed_total"),
            panicked: metrics::counter!("dayaq_turns_panicked_total"),
            limited: metrics::counter!("dayaq_turns_limited_total"),
            warned: metrics::counter!("dayaq_texts_warned_total"),
            unanswered: metrics::counter!("dayaq_texts_unanswered_total"),
            unreadable: metrics::counter!("dayaq_arrivals_unreadable_total"),
            confirmed: metrics::counter!("dayaq_flashes_confirmed_total"),
            texts_in: metrics::counter!("dayaq_texts_in_total"),
            texts_ignored: metrics::counter!("dayaq_texts_ignored_total"),
            mo_duplicates: metrics::counter!("dayaq_mo_duplicate_total"),
            under_way: metrics::gauge!("dayaq_turns_under_way"),
            begun: event("begin"),
            continued: event("continue"),
            aborted: event("abort"),
            timed_out: event("timeout"),
            ussd_seconds: seconds("ussd"),
            sms_seconds: seconds("sms"),
            http_seconds: seconds("http"),
        }
    }

    /// Of what phones and networks do with radio sessions.
    const fn of(&self, event: UssdEvent) -> &metrics::Counter {
        match event {
            UssdEvent::Begin => &self.begun,
            UssdEvent::Continue => &self.continued,
            UssdEvent::Abort => &self.aborted,
            UssdEvent::Timeout => &self.timed_out,
            UssdEvent::Notified => &self.confirmed,
        }
    }
}

impl Conversations {
    /// Sets up conversations with these operators, in the order of the configuration.
    pub fn new(parts: Parts, operators: &[Operator], config: &crate::config::GatewayConfig) -> Arc<Self> {
        Arc::new(Self {
            senders: parts.senders,
            wake: parts.wake,
            notices: parts.notices,
            parts_limiter: Limiter::new(config.replies_per_minute.saturating_mul(PARTS_PER_REPLY)),
            destinations: config.destinations.clone(),
            flights: Flights::default(),
            departed: Departed::default(),
            links: Mutex::default(),
            run: parts.store.run(),
            started: parts.clock.now(),
            books: parts.books,
            sessions: parts.sessions,
            store: parts.store,
            core: parts.core,
            voices: operators.iter().map(Voice::new).collect(),
            callers: config.aggregators.iter().map(Caller::new).collect(),
            keys: parts.keys,
            steady: SteadyClock::new(Arc::clone(&parts.clock)),
            clock: parts.clock,
            entropy: parts.entropy,
            part_limits: Limits { lifetime: config.parts_wait, pieces_max: config.parts_max, ..Limits::default() },
            waiting: Waiting::default(),
            share: Share { segments: config.reply_segments_per_day, futile: config.futile_replies },
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
        self.counters.under_way.increment(1.0);
        self.tasks.spawn(async move {
            conversations.handle_guarded(&arrival).await;
            conversations.counters.under_way.decrement(1.0);
            drop(place);
        });
    }

    /// Takes nothing more in and waits for the turns under way, for so long at most.
    pub async fn drain(&self, longest: Duration) {
        self.tasks.close();
        let _ = tokio::time::timeout(longest, self.tasks.wait()).await;
    }
}
