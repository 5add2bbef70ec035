//! The switch between phones and links: what waits for an ESME, and what came from one.

use crate::account;
use crate::config::SmscConfig;
use crate::delivery::{Delivery, Fate, Purpose, Recipient, address_of, code_address};
use crate::fault::{Deed, FaultBook, Lasting, Occasion};
use crate::ledger::Ledger;
use crate::phone::{Answer, HandsetError, Phone, Radio, Screen};
use crate::push::screen;
use crate::rate::Rate;
use crate::submission::Held;
use crate::tap::Tap;
use dayaq_smpp::ussd::{Dialect, SessionInfo, UssdEvent, UssdTurn};
use dayaq_smpp::{BindKind, CommandStatus, Instant, ShortMessage};
use dayaq_text::best_alphabet;
use dayaq_types::{Clock, Msisdn, SystemClock};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

/// Messages that may wait for an ESME.
const QUEUE_MAX: usize = 100_000;

/// Shared by all links and handsets.
pub(crate) struct Exchange {
    pub config: SmscConfig,
    pub cancel: CancellationToken,
    pub tap: Tap,
    /// Something was queued.
    pub work: Notify,
    /// A bind came or went, or a text arrived.
    pub news: Notify,
    /// A text may have become due for its phone.
    pub held: Notify,
    faults: Mutex<FaultBook>,
    monotonic: SystemClock,
    state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    queue: VecDeque<Delivery>,
    pub phones: BTreeMap<Msisdn, Phone>,
    pub binds: BTreeMap<u64, Bound>,
    pub cut: CancellationToken,
    pub unbind: CancellationToken,
    sessions: u64,
    pub messages: u64,
    pub series: u8,
    pub ledger: Ledger,
    /// Texts on their way to phones, oldest first.
    pub held: VecDeque<Held>,
    rates: BTreeMap<usize, Rate>,
    links: u64,
}

/// A bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    pub kind: BindKind,
    /// By its place in the list of accounts.
    pub account: usize,
}

impl Exchange {
    pub fn new(config: SmscConfig, cancel: CancellationToken) -> Self {
        let tap = Tap::new(config.clock.clone());
        let mut seed = [0; 6];
        config.entropy.fill(&mut seed);
        let [session, series, id @ ..] = seed;
        let mut faults = FaultBook::default();
        config.faults.iter().for_each(|fault| {
            faults.add(fault.clone());
        });
        let state =
            State { sessions: session.into(), messages: u32::from_be_bytes(id).into(), series, ..State::default() };
        Self {
            config,
            cancel,
            tap,
            work: Notify::new(),
            news: Notify::new(),
            held: Notify::new(),
            faults: Mutex::new(faults),
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

    /// The faults that stand.
    pub fn faults(&self) -> MutexGuard<'_, FaultBook> {
        self.faults.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// What goes wrong on this occasion, on a link that has sent so many PDUs.
    pub fn strike(&self, occasion: Occasion<'_>, sent: u64) -> Option<Deed> {
        self.faults().strike(occasion, sent)
    }

    /// What goes wrong all the time on such a link.
    pub fn lasting(&self, sent: u64) -> Lasting {
        self.faults().lasting(sent)
    }

    /// Whether the account may hand in one more message now.
    pub fn admits(&self, account: usize) -> bool {
        let Some(per_s) = self.config.throughput else { return true };
        let now = self.now();
        self.state().rates.entry(account).or_insert_with(|| Rate::new(per_s)).take(now)
    }

    /// Names a connection, from 1.
    pub fn next_link(&self) -> u64 {
        let mut state = self.state();
        state.links += 1;
        state.links
    }

    /// How many binds an account has.
    pub fn binds_of(&self, account: usize) -> usize {
        self.state().binds.values().filter(|bound| bound.account == account).count()
    }

    pub fn bind(&self, link: u64, bound: Bound) {
        self.state().binds.insert(link, bound);
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
        let any = |ways: [BindKind; 2]| state.binds.values().any(|bound| ways.contains(&bound.kind));
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
        code: &str,
        dialled: &str,
    ) -> Result<(u64, oneshot::Receiver<Result<Screen, HandsetError>>), HandsetError> {
        let mut state = self.state();
        // The specification's dialect names a session in one octet; 0 is left out.
        state.sessions = state.sessions % 255 + 1;
        let session = state.sessions;
        let message = self.turn(phone, code, UssdEvent::Begin, session, 0, dialled)?;
        let (answer, screen) = oneshot::channel();
        let said = self.said(&message);
        let radio = Radio { session, code: code.to_owned(), said, sequence: 0, waiting: Some(answer) };
        state.phones.entry(phone).or_default().radio = Some(radio);
        let to = Recipient::Code(code.to_owned());
        self.queue(state, Delivery::new(phone, to, message, Purpose::Turn(session), None))?;
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
        let (session, sequence, code) = (radio.session, radio.sequence + 1, radio.code.clone());
        let mut message = self.turn(phone, &code, UssdEvent::Continue, session, sequence, typed)?;
        let said = self.said(&message);
        alter(&mut message);
        let (answer, screen) = oneshot::channel();
        let radio = state.radio(phone).ok_or(HandsetError::SessionOver)?;
        radio.sequence = sequence;
        radio.said = said;
        radio.waiting = Some(answer);
        self.queue(state, Delivery::new(phone, Recipient::Code(code), message, Purpose::Turn(session), None))?;
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
        let (session, sequence, code) = (radio.session, radio.sequence + 1, radio.code.clone());
        let message = self.turn(phone, &code, event, session, sequence, "")?;
        state.phones.entry(phone).or_default().radio = None;
        let (done, ended) = oneshot::channel();
        self.queue(state, Delivery::new(phone, Recipient::Code(code), message, Purpose::Always, Some(done)))?;
        Ok(ended)
    }

    /// Queues a message of a phone that is not part of a radio session.
    pub fn send(
        &self,
        phone: Msisdn,
        code: &str,
        message: ShortMessage,
    ) -> Result<oneshot::Receiver<Result<(), CommandStatus>>, HandsetError> {
        let (done, sent) = oneshot::channel();
        let to = Recipient::Code(code.to_owned());
        self.queue(self.state(), Delivery::new(phone, to, message, Purpose::Always, Some(done)))?;
        Ok(sent)
    }

    pub fn queue(&self, mut state: MutexGuard<'_, State>, delivery: Delivery) -> Result<(), HandsetError> {
        if state.queue.len() >= QUEUE_MAX {
            return Err(HandsetError::Overloaded);
        }
        state.queue.push_back(delivery);
        drop(state);
        self.work.notify_waiters();
        Ok(())
    }

    pub fn turn(
        &self,
        phone: Msisdn,
        code: &str,
        event: UssdEvent,
        session: u64,
        sequence: u64,
        text: &str,
    ) -> Result<ShortMessage, HandsetError> {
        let turn = UssdTurn {
            event,
            from: address_of(phone),
            to: code_address(code),
            session,
            sequence,
            text,
            alphabet: best_alphabet(text),
        };
        self.config.dialect.write_turn(&turn).map_err(|_| HandsetError::Unsendable)
    }

    /// The session value of a turn, by which its screen is known.
    fn said(&self, message: &ShortMessage) -> SessionInfo {
        self.config.dialect.read(message).map_or(SessionInfo::default(), |turn| turn.session)
    }

    /// Takes the next message that is due for a link of that account.
    pub fn next_delivery(&self, now: Instant, account: usize) -> Option<Delivery> {
        let mut state = self.state();
        loop {
            let mut waiting: Vec<Msisdn> = Vec::new();
            let at = state.queue.iter().position(|delivery| {
                // A message that waits holds back those of the same phone: a subscriber's turns keep their order.
                let due = delivery.not_before <= now && !waiting.contains(&delivery.phone);
                if due && !self.may_have(account, &delivery.to) {
                    return false;
                }
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

    fn may_have(&self, account: usize, to: &Recipient) -> bool {
        match to {
            Recipient::Code(code) => account::served(&self.config.accounts, account, code),
            Recipient::Account(theirs) => *theirs == account,
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

    /// Queues a receipt, after the response that names its message.
    pub fn send_receipt(&self, receipt: Delivery) {
        if self.queue(self.state(), receipt).is_err() {
            tracing::warn!("A receipt was dropped: too many messages wait");
        }
    }
}

impl State {
    pub fn radio(&mut self, phone: Msisdn) -> Option<&mut Radio> {
        self.phones.get_mut(&phone)?.radio.as_mut()
    }

    /// Whether a phone can be reached.
    pub fn is_on(&self, phone: Msisdn) -> bool {
        !self.phones.get(&phone).is_some_and(|phone| phone.off)
    }

    fn is_alive(&mut self, delivery: &Delivery) -> bool {
        match delivery.purpose {
            Purpose::Always => true,
            Purpose::Turn(session) => self.radio(delivery.phone).is_some_and(|radio| radio.session == session),
        }
    }

    /// Shows a screen on the phone that waits for it.
    pub fn show(&mut self, phone: Msisdn, message: &ShortMessage, dialect: &Dialect) -> Result<(), CommandStatus> {
        let read = dialect.read_screen(message).map_err(|_| CommandStatus::RINVOPTPARAMVAL)?;
        let radio = self.radio(phone).ok_or(CommandStatus::RSUBMITFAIL)?;
        if !dialect.is_answer(&radio.said, &read) {
            return Err(CommandStatus::RSUBMITFAIL);
        }
        let more = !read.ends;
        let screen = screen(message, read, more, dialect)?;
        let waiting = radio.waiting.take().ok_or(CommandStatus::RSUBMITFAIL)?;
        if !more {
            self.phones.entry(phone).or_default().radio = None;
        }
        answer(Some(waiting), Ok(screen));
        Ok(())
    }
}

fn answer(to: Option<Answer>, with: Result<Screen, HandsetError>) {
    if let Some(to) = to {
        // The phone may have given up meanwhile.
        let _ = to.send(with);
    }
}
