//! The switch between phones and links: what waits for an ESME, and what came from one.

use crate::config::SmscConfig;
use crate::phone::{Answer, HandsetError, Phone, Radio, Screen};
use crate::receipt;
use crate::tap::Tap;
use dayaq_smpp::ussd::{Dialect, SessionKey, UssdEvent, UssdTurn};
use dayaq_smpp::{Address, BindKind, CommandStatus, Instant, ShortMessage};
use dayaq_text::{best_alphabet, measure};
use dayaq_types::{Clock, Msisdn, SystemClock};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

/// Messages that may wait for an ESME.
const QUEUE_MAX: usize = 100_000;
/// Phones that the network knows; a further one is answered as a full queue.
const PHONES_MAX: usize = 1_000_000;

/// Shared by all links and handsets.
pub(crate) struct Exchange {
    pub config: SmscConfig,
    pub cancel: CancellationToken,
    pub tap: Tap,
    /// Something was queued.
    pub work: Notify,
    /// A bind came or went, or a text arrived.
    pub news: Notify,
    monotonic: SystemClock,
    state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    queue: VecDeque<Delivery>,
    pub phones: BTreeMap<Msisdn, Phone>,
    binds: BTreeMap<u64, BindKind>,
    pub cut: CancellationToken,
    sessions: u64,
    messages: u64,
    pub series: u8,
}

/// A message on its way to an ESME.
pub(crate) struct Delivery {
    phone: Msisdn,
    pub message: ShortMessage,
    purpose: Purpose,
    not_before: Instant,
    tries: u32,
    done: Option<oneshot::Sender<Result<(), CommandStatus>>>,
}

/// What a delivery is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A turn of this radio session; worth nothing once that is over.
    Turn(u64),
    /// The end of a radio session, a text, a receipt: delivered whatever happens.
    Always,
}

/// How a delivery ended on one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Answered, or nacked, with this status.
    Answered(CommandStatus),
    /// Not answered, or never sent.
    Unanswered,
}

impl Exchange {
    pub fn new(config: SmscConfig, cancel: CancellationToken) -> Self {
        let tap = Tap::new(config.clock.clone());
        let mut seed = [0; 6];
        config.entropy.fill(&mut seed);
        let [session, series, id @ ..] = seed;
        let state =
            State { sessions: session.into(), messages: u32::from_be_bytes(id).into(), series, ..State::default() };
        Self {
            config,
            cancel,
            tap,
            work: Notify::new(),
            news: Notify::new(),
            monotonic: SystemClock::new(),
            state: Mutex::new(state),
        }
    }

    pub fn now(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.monotonic.monotonic().as_micros()).unwrap_or(u64::MAX))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub fn bind(&self, link: u64, kind: BindKind) {
        self.state().binds.insert(link, kind);
        self.news.notify_waiters();
        self.work.notify_waiters();
    }

    pub fn unbind(&self, link: u64) {
        self.state().binds.remove(&link);
        self.news.notify_waiters();
    }

    /// Whether messages may go both ways.
    pub fn is_bound(&self) -> bool {
        let state = self.state();
        let any = |ways: [BindKind; 2]| state.binds.values().any(|kind| ways.contains(kind));
        any([BindKind::Receiver, BindKind::Transceiver]) && any([BindKind::Transmitter, BindKind::Transceiver])
    }

    /// Waits until `ready` gives something, each time that there is news.
    pub async fn wait_for<T>(&self, limit: Duration, mut ready: impl FnMut(&Self) -> Option<T>) -> Option<T> {
        let found = async {
            loop {
                let news = self.news.notified();
                tokio::pin!(news);
                news.as_mut().enable();
                if let Some(found) = ready(self) {
                    return found;
                }
                news.await;
            }
        };
        tokio::time::timeout(limit, found).await.ok()
    }

    /// Begins a radio session; one that was open is forgotten, as a network forgets a lost phone.
    pub fn begin(
        &self,
        phone: Msisdn,
        dialled: &str,
    ) -> Result<(u64, oneshot::Receiver<Result<Screen, HandsetError>>), HandsetError> {
        let mut state = self.state();
        // The specification's dialect names a session in one octet; 0 is left out.
        state.sessions = state.sessions % 255 + 1;
        let session = state.sessions;
        let message = self.turn(phone, UssdEvent::Begin, session, 0, dialled)?;
        let key = self.config.dialect.read(&message).map_or(SessionKey::default(), |turn| turn.key);
        let (answer, screen) = oneshot::channel();
        let radio = Radio { session, key, sequence: 0, waiting: Some(answer) };
        state.phones.entry(phone).or_default().radio = Some(radio);
        self.queue(state, Delivery::new(phone, message, Purpose::Turn(session), None))?;
        Ok((session, screen))
    }

    /// Answers a screen; `alter` may still spoil the message.
    pub fn proceed(
        &self,
        phone: Msisdn,
        typed: &str,
        alter: impl FnOnce(&mut ShortMessage),
    ) -> Result<(u64, oneshot::Receiver<Result<Screen, HandsetError>>), HandsetError> {
        let mut state = self.state();
        let radio = state.radio(phone).ok_or(HandsetError::SessionOver)?;
        let (session, sequence) = (radio.session, radio.sequence + 1);
        let mut message = self.turn(phone, UssdEvent::Continue, session, sequence, typed)?;
        alter(&mut message);
        let (answer, screen) = oneshot::channel();
        let radio = state.radio(phone).ok_or(HandsetError::SessionOver)?;
        radio.sequence = sequence;
        radio.waiting = Some(answer);
        self.queue(state, Delivery::new(phone, message, Purpose::Turn(session), None))?;
        Ok((session, screen))
    }

    /// Ends a radio session, by the subscriber or the network, where it is still the one meant.
    pub fn end(
        &self,
        phone: Msisdn,
        event: UssdEvent,
        meant: impl FnOnce(&Radio) -> bool,
    ) -> Result<oneshot::Receiver<Result<(), CommandStatus>>, HandsetError> {
        let mut state = self.state();
        let radio = state.radio(phone).filter(|radio| meant(radio)).ok_or(HandsetError::SessionOver)?;
        let (session, sequence) = (radio.session, radio.sequence + 1);
        let message = self.turn(phone, event, session, sequence, "")?;
        state.phones.entry(phone).or_default().radio = None;
        let (done, ended) = oneshot::channel();
        self.queue(state, Delivery::new(phone, message, Purpose::Always, Some(done)))?;
        Ok(ended)
    }

    /// Queues a message of a phone that is not part of a radio session.
    pub fn send(
        &self,
        phone: Msisdn,
        message: ShortMessage,
    ) -> Result<oneshot::Receiver<Result<(), CommandStatus>>, HandsetError> {
        let (done, sent) = oneshot::channel();
        self.queue(self.state(), Delivery::new(phone, message, Purpose::Always, Some(done)))?;
        Ok(sent)
    }

    fn queue(&self, mut state: MutexGuard<'_, State>, delivery: Delivery) -> Result<(), HandsetError> {
        if state.queue.len() >= QUEUE_MAX {
            return Err(HandsetError::Overloaded);
        }
        state.queue.push_back(delivery);
        drop(state);
        self.work.notify_waiters();
        Ok(())
    }

    fn turn(
        &self,
        phone: Msisdn,
        event: UssdEvent,
        session: u64,
        sequence: u64,
        text: &str,
    ) -> Result<ShortMessage, HandsetError> {
        let turn = UssdTurn {
            event,
            from: address_of(phone),
            to: self.code_address(),
            session,
            sequence,
            text,
            alphabet: best_alphabet(text),
        };
        self.config.dialect.write_turn(&turn).map_err(|_| HandsetError::Unsendable)
    }

    /// The service code as an address: unknown type, the telephone numbering plan.
    pub fn code_address(&self) -> Address {
        Address::new(0, 1, &self.config.short_code).unwrap_or_default()
    }

    /// Takes the next message that is due for a link.
    pub fn next_delivery(&self, now: Instant) -> Option<Delivery> {
        let mut state = self.state();
        loop {
            let mut waiting: Vec<Msisdn> = Vec::new();
            let at = state.queue.iter().position(|delivery| {
                // A message that waits holds back those of the same phone: a subscriber's turns keep their order.
                let due = delivery.not_before <= now && !waiting.contains(&delivery.phone);
                if !due {
                    waiting.push(delivery.phone);
                }
                due
            })?;
            let mut delivery = state.queue.remove(at)?;
            if state.is_alive(&delivery) {
                delivery.tries += 1;
                return Some(delivery);
            }
        }
    }

    /// The moment at which the next message that must wait is due; those that are due already wait for something else.
    pub fn next_due(&self, now: Instant) -> Option<Instant> {
        self.state().queue.iter().map(|delivery| delivery.not_before).filter(|at| *at > now).min()
    }

    /// Takes back what a link could not send at all; it does not count as a try.
    pub fn put_back(&self, mut delivery: Delivery) {
        delivery.tries -= 1;
        self.state().queue.push_front(delivery);
    }

    /// Settles a delivery: done, again, or given up.
    pub fn settle(&self, mut delivery: Delivery, fate: Fate, now: Instant) {
        let given_up = delivery.tries >= self.config.deliveries_max;
        let status = match fate {
            Fate::Answered(status) => status,
            Fate::Unanswered => CommandStatus::RSYSERR,
        };
        let again = matches!(
            status,
            CommandStatus::RX_T_APPN
                | CommandStatus::RTHROTTLED
                | CommandStatus::RSYSERR
                | CommandStatus::RMSGQFUL
                | CommandStatus::RINVBNDSTS
        );
        if again && !given_up {
            let wait = if fate == Fate::Unanswered { Duration::ZERO } else { self.config.redelivery };
            delivery.not_before = now + wait;
            self.state().queue.push_front(delivery);
            self.work.notify_waiters();
            return;
        }
        let outcome = if status.is_ok() { Ok(()) } else { Err(status) };
        if let (Err(status), Purpose::Turn(session)) = (outcome, delivery.purpose) {
            let mut state = self.state();
            if state.radio(delivery.phone).is_some_and(|radio| radio.session == session) {
                let radio = state.phones.entry(delivery.phone).or_default().radio.take();
                answer(radio.and_then(|radio| radio.waiting), Err(HandsetError::Refused(status)));
            }
        }
        if let Some(done) = delivery.done {
            // Nobody may be waiting any more.
            let _ = done.send(outcome);
        }
    }

    /// Takes a message from an ESME: its name, and the receipt that it asked for.
    pub fn accept(&self, message: &ShortMessage) -> Result<(String, Option<Delivery>), CommandStatus> {
        let digits = message.destination.digits.as_str().unwrap_or_default();
        let phone = Msisdn::parse(digits).map_err(|_| CommandStatus::RINVDSTADR)?;
        let mut state = self.state();
        if state.phones.len() >= PHONES_MAX && !state.phones.contains_key(&phone) {
            return Err(CommandStatus::RMSGQFUL);
        }
        if self.config.dialect.concerns(message) {
            state.show(phone, message, &self.config.dialect)?;
        } else {
            let inbox = &mut state.phones.entry(phone).or_default().inbox;
            inbox.take(message, &self.config.dialect.data_codings)?;
        }
        state.messages += 1;
        let id = format!("{:010}", state.messages);
        drop(state);
        self.news.notify_waiters();
        let wanted = message.registered_delivery & 0x03 == 1;
        let receipt = wanted.then(|| receipt::delivered(&id, message, self.config.clock.now()));
        Ok((id, receipt.map(|receipt| Delivery::new(phone, receipt, Purpose::Always, None))))
    }

    /// Queues a receipt, after the response that names its message.
    pub fn send_receipt(&self, receipt: Delivery) {
        if self.queue(self.state(), receipt).is_err() {
            tracing::warn!("A receipt was dropped: too many messages wait");
        }
    }
}

impl Delivery {
    fn new(
        phone: Msisdn,
        message: ShortMessage,
        purpose: Purpose,
        done: Option<oneshot::Sender<Result<(), CommandStatus>>>,
    ) -> Self {
        Self { phone, message, purpose, not_before: Instant::ZERO, tries: 0, done }
    }
}

impl State {
    pub fn radio(&mut self, phone: Msisdn) -> Option<&mut Radio> {
        self.phones.get_mut(&phone)?.radio.as_mut()
    }

    fn is_alive(&mut self, delivery: &Delivery) -> bool {
        match delivery.purpose {
            Purpose::Always => true,
            Purpose::Turn(session) => self.radio(delivery.phone).is_some_and(|radio| radio.session == session),
        }
    }

    /// Shows a screen on the phone that waits for it.
    fn show(&mut self, phone: Msisdn, message: &ShortMessage, dialect: &Dialect) -> Result<(), CommandStatus> {
        let read = dialect.read_screen(message).map_err(|_| CommandStatus::RINVOPTPARAMVAL)?;
        let radio = self.radio(phone).ok_or(CommandStatus::RSUBMITFAIL)?;
        if radio.key != read.key || !answers(message, dialect, radio.sequence) {
            return Err(CommandStatus::RSUBMITFAIL);
        }
        let text = read.text.map_err(|_| CommandStatus::RSUBMITFAIL)?;
        let alphabet = dialect.data_codings.alphabet(message.data_coding);
        let units = measure(&text, alphabet).map_or(usize::MAX, |count| count.units);
        if units > dayaq_text::Budget::ussd(alphabet).units {
            return Err(CommandStatus::RINVMSGLEN);
        }
        let waiting = radio.waiting.take().ok_or(CommandStatus::RSUBMITFAIL)?;
        if read.ends {
            self.phones.entry(phone).or_default().radio = None;
        }
        answer(Some(waiting), Ok(Screen { text, more: !read.ends, alphabet, units }));
        Ok(())
    }
}

/// Whether a screen answers the turn of that number, where the dialect has turn numbers.
fn answers(message: &ShortMessage, dialect: &Dialect, sequence: u64) -> bool {
    let rule = &dialect.session;
    let (Some(tag), true) = (rule.source.tag(), rule.sequence_mask != 0) else { return true };
    let bits = |value: u64| (value & rule.sequence_mask) >> rule.sequence_mask.trailing_zeros();
    let width = rule.sequence_mask >> rule.sequence_mask.trailing_zeros();
    let wanted = sequence.wrapping_add(rule.sequence_step) & width;
    message.tlvs.as_tlvs().uint(tag).is_some_and(|value| bits(value) == wanted)
}

fn answer(to: Option<Answer>, with: Result<Screen, HandsetError>) {
    if let Some(to) = to {
        // The phone may have given up meanwhile.
        let _ = to.send(with);
    }
}

/// A phone number as an address: international, the telephone numbering plan.
pub(crate) fn address_of(phone: Msisdn) -> Address {
    Address::new(1, 1, phone.digits()).unwrap_or_default()
}
