//! The session of one connection, for both roles, without a socket and without a clock.

mod config;
mod event;
mod inbound;
mod outbound;
mod proof;
mod state;
#[cfg(test)]
mod tests;
mod timer;
mod window;

pub use config::{LinkConfig, Role};
pub use event::{BindRequest, CloseReason, Counters, Event, OutbindRequest, SubmitError, VerbError};
pub use state::State;
pub use window::SEQUENCE_NUMBER_MAX;

use std::collections::VecDeque;
use std::time::Duration;

use crate::command::CommandId;
use crate::frame::{FrameError, split_frame};
use crate::instant::Instant;
use crate::message::MessageId;
use crate::octets::Octets;
use crate::pdu::{BindKind, MessageKind};
use crate::status::CommandStatus;
use proof::Unproven;
use timer::{Timer, TimerTable};
use window::Window;

/// How many unanswered probes close the link.
const PROBES_MAX: usize = 2;
/// How long a peer that has unbound may take to close, where that is to prove that it has read our answers.
const LINGER: Duration = Duration::from_secs(1);
/// How long an unbind waits for its answer while requests that came before it are not answered.
const OWED: Duration = Duration::from_millis(500);

/// A request of the peer that waits for its answer.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    sequence_number: u32,
    asks: Asks,
}

#[derive(Clone, Copy, Debug)]
enum Asks {
    Message(MessageKind),
    Query(MessageId),
    Cancel,
    Replace,
}

/// One SMPP session. It does no I/O: the caller moves octets and time.
///
/// Its methods are of four kinds: getters; `handle_*` for what happened; verbs for what we want; `poll_*` and
/// [`Link::take_output`] for what to do next. After every `handle_*` and every verb, drain [`Link::poll_event`], write
/// what `take_output` gives, and sleep no longer than until [`Link::poll_timeout`]. Where octets and a timeout are due
/// at once, hand in the octets first: an answer that is already here has come in time.
///
/// `enquire_link` and `unbind` of the peer are answered inside, before anything else is looked at.
#[derive(Debug)]
pub struct Link {
    config: LinkConfig,
    state: State,
    timers: TimerTable,
    /// The octets of a PDU that is not whole yet; fewer than `max_pdu_len`.
    partial: Vec<u8>,
    output: Vec<u8>,
    /// All octets ever written to `output`, and of them those that the caller has taken.
    written: u64,
    taken: u64,
    window: Window,
    /// The peer's requests that wait for `respond`; at most `inbound_max`.
    requests: VecDeque<Waiting>,
    events: VecDeque<Event>,
    /// Our answers that the peer may not have read.
    unproven: Unproven,
    /// The peer's unbind, while it is not answered.
    owed: Option<u32>,
    /// Where our unbind, or our answer to the peer's, ends in all that was written.
    farewell: u64,
    /// Our probes without an answer, and where they end in all that was written; at most `PROBES_MAX`.
    probes: Vec<(u32, u64)>,
    /// Probes sent since the peer was last heard.
    silent_probes: usize,
    /// SMSC: who asked to bind.
    peer: (Octets<15>, u8),
    counters: Counters,
}

impl Link {
    /// Begins a session on a connection that has just come up.
    pub fn new(config: LinkConfig, now: Instant) -> Self {
        let mut timers = TimerTable::default();
        timers.set(Timer::SessionInit, now + config.session_init);
        Self {
            window: Window::new(config.window, config.late_max, config.first_sequence_number),
            config,
            state: State::Open,
            timers,
            partial: Vec::new(),
            output: Vec::new(),
            written: 0,
            taken: 0,
            requests: VecDeque::new(),
            events: VecDeque::new(),
            unproven: Unproven::default(),
            owed: None,
            farewell: 0,
            probes: Vec::new(),
            silent_probes: 0,
            peer: (Octets::EMPTY, 0),
            counters: Counters::default(),
        }
    }

    /// Tells where the link stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// Tells whether messages may go, whichever way.
    pub fn is_bound(&self) -> bool {
        matches!(self.state, State::Bound { .. })
    }

    /// Tells whether the link is over.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed { .. })
    }

    /// Counts our requests without an answer; never more than the window.
    pub fn in_flight(&self) -> usize {
        self.window.len()
    }

    /// Counts the requests that [`Link::submit`] would take now, were the link bound.
    pub fn window_free(&self) -> usize {
        if self.output.len() >= self.config.output_max {
            return 0;
        }
        let promised = self.events.len() + self.window.len();
        self.window.free().min(self.config.events_max.saturating_sub(promised))
    }

    /// Counts the peer's requests that wait for [`Link::respond`].
    pub fn requests_waiting(&self) -> usize {
        self.requests.len()
    }

    /// Gives the sequence numbers of the peer's requests whose answers it may not have: those without an answer, and
    /// those answered since the last of our requests that it has answered. It goes on to tell so when the link is
    /// closed: what comes again after that may be one of these, and nothing else.
    pub fn unproven(&self) -> Vec<u32> {
        let mut numbers = self.unanswered();
        numbers.extend(self.unproven.answered_numbers());
        numbers
    }

    /// Gives the sequence numbers of the peer's requests that have no answer, or had none when the link was closed.
    pub fn unanswered(&self) -> Vec<u32> {
        let waiting = self.requests.iter().map(|waiting| waiting.sequence_number);
        self.unproven.unanswered_numbers().chain(waiting).collect()
    }

    /// Gives the figures since the beginning.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Takes octets from the connection, cut anywhere.
    pub fn handle_bytes(&mut self, now: Instant, bytes: &[u8]) {
        if self.is_closed() || bytes.is_empty() {
            return;
        }
        let mut kept = std::mem::take(&mut self.partial);
        if kept.is_empty() {
            let used = self.handle_stream(now, bytes);
            kept.extend_from_slice(&bytes[used..]);
        } else {
            kept.extend_from_slice(bytes);
            let used = self.handle_stream(now, &kept);
            kept.drain(..used);
        }
        if self.is_closed() {
            return;
        }
        if kept.is_empty() {
            self.timers.stop(Timer::Frame);
        } else if !self.timers.is_running(Timer::Frame) {
            self.timers.set(Timer::Frame, now + self.config.frame);
        }
        self.partial = kept;
        if self.output.len() > 2 * self.config.output_max + self.config.max_pdu_len {
            self.close(CloseReason::OutputOverflow);
        }
    }

    /// Does what is due at `now`; harmless if nothing is.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::SessionInit => self.close(CloseReason::SessionInitTimeout),
                Timer::Bind => self.close(CloseReason::BindTimeout),
                Timer::EnquireLink => self.probe(now),
                Timer::EnquireLinkResponse if self.silent_probes >= PROBES_MAX => {
                    self.close(CloseReason::EnquireLinkTimeout);
                }
                Timer::EnquireLinkResponse => self.probe(now),
                Timer::Response => {
                    while let Some(entry) = self.window.expire(now) {
                        self.events.push_back(Event::InDoubt { token: entry.token });
                    }
                    self.after_response(now);
                }
                Timer::Drain => match self.state {
                    State::Draining => self.send_unbind(now),
                    State::PeerUnbound => {
                        self.answer_unbind();
                        self.close(CloseReason::PeerUnbound);
                    }
                    State::Open
                    | State::Binding { .. }
                    | State::Bound { .. }
                    | State::Unbinding { .. }
                    | State::Closed { .. } => {}
                },
                Timer::Unbind if self.owed.is_some() => self.answer_unbind(),
                Timer::Unbind if self.state == State::PeerUnbound => self.close(CloseReason::PeerUnbound),
                Timer::Unbind => self.close(CloseReason::UnbindTimeout),
                Timer::Frame => self.close(CloseReason::FrameTimeout),
            }
        }
    }

    /// Takes notice that the connection is gone: requests that left are in doubt, requests that did not are unsent.
    pub fn handle_closed(&mut self, now: Instant) {
        self.handle_cut(now, 0);
    }

    /// Takes notice that the connection is gone, and that the last `unwritten` octets of what [`Link::take_output`]
    /// gave did not leave and never will: no peer has the whole of a request that ends among them, so it is unsent.
    pub fn handle_cut(&mut self, _now: Instant, unwritten: usize) {
        if self.is_closed() {
            return;
        }
        let reason = match self.state {
            State::PeerUnbound => CloseReason::PeerUnbound,
            // The SMSC may close instead of answering unbind.
            State::Unbinding { .. } => CloseReason::Unbound,
            State::Open | State::Binding { .. } | State::Bound { .. } | State::Draining | State::Closed { .. } => {
                CloseReason::ConnectionLost
            }
        };
        let written = self.taken.saturating_sub(unwritten as u64);
        for entry in self.window.drain() {
            let token = entry.token;
            let left = entry.written_at <= written;
            self.events.push_back(if left { Event::InDoubt { token } } else { Event::Unsent { token } });
        }
        self.output.clear();
        self.close(reason);
    }

    /// Takes notice that the peer has closed the connection in order (the stream has ended, and no error was told), with
    /// `unwritten` octets as in [`Link::handle_cut`]. One that closes so after our `unbind_resp` has read it, and
    /// every answer before it.
    pub fn handle_end(&mut self, now: Instant, unwritten: usize) {
        if self.state == State::PeerUnbound && unwritten == 0 && self.output.is_empty() {
            self.unproven.read_to(self.farewell);
        }
        self.handle_cut(now, unwritten);
    }

    /// Gives the next thing that happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Gives the moment by which [`Link::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Moves the octets that are to be written to the end of `into`; tells whether there were any.
    pub fn take_output(&mut self, into: &mut Vec<u8>) -> bool {
        if self.output.is_empty() {
            return false;
        }
        self.taken = self.written;
        if into.is_empty() {
            std::mem::swap(&mut self.output, into);
        } else {
            into.append(&mut self.output);
        }
        true
    }

    fn enter_bound(&mut self, now: Instant, kind: BindKind, system_id: Octets<15>, interface_version: Option<u8>) {
        self.state = State::Bound { kind };
        self.timers.stop(Timer::SessionInit);
        self.timers.stop(Timer::Bind);
        self.heard(now);
        self.events.push_back(Event::Bound { kind, system_id, interface_version });
    }

    /// Anything that comes is a sign of life.
    fn heard(&mut self, now: Instant) {
        self.silent_probes = 0;
        self.timers.stop(Timer::EnquireLinkResponse);
        match (self.config.enquire_link, self.state) {
            (Some(interval), State::Bound { .. } | State::Draining) => {
                self.timers.set(Timer::EnquireLink, now + interval);
            }
            (Some(_) | None, _) => self.timers.stop(Timer::EnquireLink),
        }
    }

    fn probe(&mut self, now: Instant) {
        let sequence_number = self.window.next_sequence_number();
        self.write_header(CommandId::ENQUIRE_LINK, CommandStatus::ROK, sequence_number);
        if self.probes.len() >= PROBES_MAX {
            self.probes.remove(0);
        }
        self.probes.push((sequence_number, self.written));
        self.silent_probes += 1;
        self.counters.probes += 1;
        self.timers.set(Timer::EnquireLinkResponse, now + self.config.enquire_link_response);
    }

    fn send_unbind(&mut self, now: Instant) {
        let sequence_number = self.window.next_sequence_number();
        self.write_header(CommandId::UNBIND, CommandStatus::ROK, sequence_number);
        self.farewell = self.written;
        self.state = State::Unbinding { sequence_number };
        self.timers.stop(Timer::Drain);
        self.timers.stop(Timer::EnquireLink);
        self.timers.stop(Timer::EnquireLinkResponse);
        self.timers.set(Timer::Unbind, now + self.config.unbind_response);
    }

    /// Sets the timer of our oldest request, which may have changed.
    fn after_response(&mut self, now: Instant) {
        match self.window.next_deadline() {
            Some(deadline) => self.timers.set(Timer::Response, deadline),
            None => self.timers.stop(Timer::Response),
        }
        self.after_answer(now);
    }

    /// Goes on with an ending that waited until nothing was under way in either direction.
    fn after_answer(&mut self, now: Instant) {
        if self.requests.is_empty() {
            self.answer_unbind();
        }
        if self.window.len() > 0 || !self.requests.is_empty() {
            return;
        }
        match self.state {
            State::Draining => self.send_unbind(now),
            State::PeerUnbound if self.unproven.is_empty() => self.close(CloseReason::PeerUnbound),
            State::PeerUnbound if !self.timers.is_running(Timer::Unbind) => {
                self.timers.set(Timer::Unbind, now + LINGER);
            }
            State::PeerUnbound
            | State::Open
            | State::Binding { .. }
            | State::Bound { .. }
            | State::Unbinding { .. }
            | State::Closed { .. } => {}
        }
    }

    fn frame_failed(&mut self, error: FrameError) {
        self.write_header(CommandId::GENERIC_NACK, CommandStatus::RINVCMDLEN, 0);
        self.close(CloseReason::Frame(error));
    }

    /// Ends the link. What is in flight is in doubt, for the caller still writes the output.
    fn close(&mut self, reason: CloseReason) {
        if self.is_closed() {
            return;
        }
        for entry in self.window.drain() {
            self.events.push_back(Event::InDoubt { token: entry.token });
        }
        self.timers.stop_all();
        for waiting in self.requests.drain(..) {
            self.unproven.never_answered(waiting.sequence_number);
        }
        self.probes.clear();
        self.partial = Vec::new();
        self.state = State::Closed { reason };
        self.events.push_back(Event::Closed { reason });
    }

    /// Handles the whole PDUs of `stream` and gives the number of octets that they take up.
    fn handle_stream(&mut self, now: Instant, stream: &[u8]) -> usize {
        let mut used = 0;
        while !self.is_closed() {
            match split_frame(&stream[used..], self.config.max_pdu_len) {
                Ok(Some(frame)) => {
                    self.timers.stop(Timer::Frame);
                    self.handle_frame(now, frame);
                    used += frame.len();
                }
                Ok(None) => break,
                Err(error) => self.frame_failed(error),
            }
        }
        used
    }
}
