//! One connection of a bind: the sans-IO link driven over a socket.
//!
//! The task only moves things: it never waits for a store, a core or a subscriber, so that enquire_link is
//! answered whatever else hangs (A05).

mod farewell;

use super::account::Leave;
use super::figures::Figures;
use super::leg::Leg;
use super::pipe::{Moved, Pipe};
use super::replies::Replies;
use super::traffic::{Answer, Arrival, Outcome, Outgoing, Screen};
use crate::store::Ticket;
use dayaq_smpp::{CloseReason, CommandStatus, Event, Instant, Link, MessageKind, ShortMessage, SubmitError, Urgency};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

/// Answers and screens taken from their queues at once.
const BATCH: usize = 256;
/// Screens remembered that went out for inputs of an earlier connection; there are no more under way at a cut.
const HELD_OVER_MAX: usize = 4096;

/// How a connection ended.
pub(super) enum Ended {
    /// It broke, or the peer ended it.
    Lost {
        /// It was bound, and the SMSC did not say otherwise.
        sound: bool,
        cause: String,
    },
    /// The SMSC refused the bind.
    Refused(CommandStatus),
    /// We unbound, because the service ends.
    Stopped,
}

/// Whose a request of ours is.
enum Origin {
    Screen(Box<Screen>),
    Segment(Ticket),
}

impl Origin {
    const fn urgency(&self) -> Urgency {
        match self {
            Self::Screen(_) => Urgency::Screen,
            Self::Segment(_) => Urgency::Text,
        }
    }
}

pub(super) struct Connection<'a> {
    leg: &'a mut Leg,
    link: Link,
    number: u64,
    figures: Figures,
    /// Given back once the credentials have proved good.
    leave: Option<Leave>,
    /// Whose each unanswered request is, and when it was written.
    origins: BTreeMap<u64, (Origin, Instant)>,
    /// Segments whose answer did not come in time and may still come; as many as the link remembers.
    in_doubt: BTreeMap<u64, Ticket>,
    /// The screens that went out over this connection for inputs of an earlier one.
    held_over: Vec<ShortMessage>,
    replies: Replies,
    next_token: u64,
    /// A segment that found the window full; goes first when there is room.
    waiting_text: Option<Outgoing>,
    was_bound: bool,
    refused: Option<CommandStatus>,
    /// The SMSC says that we are not bound, so the link ends and is made anew.
    rebinding: bool,
    /// It has unbound because the service ends.
    leaving: bool,
    closed: Option<CloseReason>,
    /// What the machine or the peer said when the connection broke.
    broke: Option<String>,
}

impl<'a> Connection<'a> {
    /// Prepares to keep the leg's connection of that number; `link` is there where the SMSC has asked for the bind.
    pub(super) fn new(leg: &'a mut Leg, number: u64, leave: Leave, link: Option<Link>) -> Self {
        let now = instant(leg);
        Self {
            link: link.unwrap_or_else(|| Link::new(leg.settings.link.clone(), now)),
            number,
            figures: Figures::new(&leg.name),
            leave: Some(leave),
            origins: BTreeMap::new(),
            in_doubt: BTreeMap::new(),
            held_over: Vec::new(),
            replies: Replies::default(),
            next_token: 1,
            waiting_text: None,
            was_bound: false,
            refused: None,
            rebinding: false,
            leaving: false,
            closed: None,
            broke: None,
            leg,
        }
    }

    /// Binds and keeps the connection to its end. Tells whether it was ever bound, and how it ended.
    pub(super) async fn run(
        mut self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        stop: &CancellationToken,
    ) -> (bool, Ended) {
        let mut pipe = Pipe::new(stream);
        let mut answers: Vec<Answer> = Vec::with_capacity(BATCH);
        let (mut stopping, mut gone) = (false, false);
        if let Err(cause) = self.link.bind(self.now(), &self.leg.request) {
            return (false, Ended::Lost { sound: false, cause: cause.to_string() });
        }
        loop {
            self.drain_events();
            pipe.take_from(&mut self.link);
            if self.closed.is_some() {
                break;
            }
            let now = self.now();
            let (screen_at, text_at) = self.pace(now);
            let paced = [screen_at, text_at].into_iter().filter(|at| *at > now);
            let rested = self.leg.queues.resting_screens.front().map(|(at, _)| instant_of(*at));
            let due = paced.chain(self.link.poll_timeout()).chain(rested).chain(self.leave_at(stopping)).min();
            let sleep = due.map(|at| at.saturating_since(now));
            let room = self.has_room() && screen_at <= now;
            let spare = self.has_spare() && text_at <= now;
            let queues = &mut self.leg.queues;
            tokio::select! {
                moved = pipe.step() => match moved {
                    Moved::In(count) => self.link.handle_bytes(self.now(), pipe.input(count)),
                    Moved::End => {
                        gone = true;
                        self.link.handle_end(self.now(), pipe.unwritten());
                    }
                    Moved::Gone => {
                        gone = true;
                        self.broke = pipe.cause();
                        self.link.handle_cut(self.now(), pipe.unwritten());
                    }
                },
                () = async { tokio::time::sleep(sleep.unwrap_or_default()).await }, if sleep.is_some() => {
                    self.link.handle_timeout(self.now());
                }
                _count @ 1.. = queues.answers.recv_many(&mut answers, BATCH) => {
                    for answer in answers.drain(..) {
                        self.answer(answer);
                    }
                }
                Some(screen) = queues.screens.recv(), if room && queues.waiting_screens.is_empty() => {
                    self.show(screen);
                    while self.leg.queues.waiting_screens.is_empty() && self.may_show() {
                        let Ok(screen) = self.leg.queues.screens.try_recv() else { break };
                        self.show(screen);
                    }
                }
                Some(text) = queues.texts.recv(), if spare && self.waiting_text.is_none() && !stopping => {
                    self.send(text);
                }
                () = stop.cancelled(), if !stopping => {
                    stopping = true;
                }
            }
            self.retry_waiting();
            if stopping {
                self.take_leave();
            }
            self.figures.update(self.link.counters(), self.leg.settings.clock.monotonic());
        }
        // What became of the segments is told before the last words are written, which may take a moment.
        self.finish();
        let read = !gone && pipe.close().await;
        if self.was_bound {
            // One that has read everything brings nothing again that was answered.
            let again = if read { self.link.unanswered() } else { self.link.unproven() };
            self.leg.unbound(self.number, again);
        }
        (self.was_bound, self.ended(stopping))
    }

    fn now(&self) -> Instant {
        instant(self.leg)
    }

    /// When the next screen and the next text may leave.
    fn pace(&self, now: Instant) -> (Instant, Instant) {
        let pace = self.leg.handle.pace();
        if let Some(rate) = pace.rate(now) {
            self.figures.rate.set(rate as f64 / 1000.0);
        }
        (pace.next(Urgency::Screen, now), pace.next(Urgency::Text, now))
    }

    fn has_room(&self) -> bool {
        self.link.is_bound() && self.link.window_free() > 0
    }

    fn has_spare(&self) -> bool {
        self.link.is_bound() && self.link.window_free() > self.leg.settings.window_reserve
    }

    fn may_show(&self) -> bool {
        self.has_room() && self.leg.handle.pace().may_send(Urgency::Screen, self.now())
    }

    fn drain_events(&mut self) {
        while let Some(event) = self.link.poll_event() {
            match event {
                Event::Bound { interface_version, .. } => {
                    self.was_bound = true;
                    self.leg.bound(self.number);
                    self.leave = None;
                    self.figures.bound(true);
                    self.settle_screens();
                    info!(bind = %self.leg.name, interface_version, "Bind established");
                }
                Event::BindRefused { status } => self.refused = Some(status),
                // We ask for none of the messages that these speak of, and bind where we have connected ourselves.
                Event::Outbind(_)
                | Event::BindRequest(_)
                | Event::Ancillary { .. }
                | Event::QueryResponse { .. }
                | Event::AlertNotification { .. } => {}
                Event::Request { sequence_number, kind, message } => self.arrive(sequence_number, kind, message),
                Event::Response { token, status, message_id } => {
                    let message_id = message_id.and_then(|id| self.leg.settings.receipt_ids.of_response(&id));
                    self.outcome(token, Outcome::Answered { status, message_id });
                }
                Event::LateResponse { token, status, message_id } => {
                    debug!(bind = %self.leg.name, status = %status, "Response after its time");
                    // It is believed however late it comes: a text that was taken is not sent again (A43).
                    if let Some(ticket) = self.in_doubt.remove(&token) {
                        let message_id = message_id.and_then(|id| self.leg.settings.receipt_ids.of_response(&id));
                        let outcome = Outcome::Answered { status, message_id };
                        self.replies.ended(&ticket.text, token, &outcome, self.leg);
                        self.report(ticket, outcome);
                    }
                }
                Event::Nacked { token, status } => self.outcome(token, Outcome::Nacked(status)),
                Event::InDoubt { token } => {
                    if let Some((Origin::Segment(ticket), _)) = self.origins.get(&token) {
                        self.in_doubt.insert(token, *ticket);
                        while self.in_doubt.len() > self.leg.settings.link.late_max {
                            self.in_doubt.pop_first();
                        }
                    }
                    self.outcome(token, Outcome::InDoubt);
                }
                Event::Unsent { token } => self.outcome(token, Outcome::Unsent),
                Event::PeerUnbind => {
                    self.leg.stands(false);
                    info!(bind = %self.leg.name, "The SMSC unbinds");
                }
                Event::Closed { reason } => self.closed = Some(reason),
            }
        }
    }

    fn arrive(&self, sequence_number: u32, kind: MessageKind, message: dayaq_smpp::ShortMessage) {
        let arrival =
            Arrival { sequence_number, kind, message, connection: self.number, bind: self.leg.handle.clone() };
        (self.leg.queues.arrivals)(arrival);
    }

    fn answer(&mut self, answer: Answer) {
        if answer.connection != self.number {
            return; // Its connection is gone; the operator delivers again.
        }
        if let Err(cause) = self.link.respond(self.now(), answer.sequence_number, answer.status, None) {
            debug!(bind = %self.leg.name, cause = %cause, "Answer not sent");
        }
        self.replies.answered(answer.reply, self.next_token);
    }

    fn answer_waiting(&mut self) {
        while let Ok(answer) = self.leg.queues.answers.try_recv() {
            self.answer(answer);
        }
    }

    fn show(&mut self, mut screen: Screen) {
        // What was answered before this screen was made goes out before it: there are operators that count on it.
        self.answer_waiting();
        if screen.is_late(self.leg.settings.clock.monotonic()) {
            return self.unsent(screen.then);
        }
        // It waited for this connection and went out over it; the input, brought again since, needs it no second time.
        if screen.again && self.held_over.contains(&screen.message) {
            return self.answer_behind(screen.then);
        }
        let (token, now) = (self.token(), self.now());
        match self.link.submit(now, MessageKind::SubmitSm, &screen.message, token) {
            Ok(()) => {
                self.remember_held_over(&screen);
                let then = screen.then.take();
                self.sent(token, Origin::Screen(Box::new(screen)), 1, now);
                self.answer_behind(then);
            }
            // The phone may still wait when there is room, or when the bind stands again.
            Err(SubmitError::WindowFull | SubmitError::NotBound) => self.leg.queues.waiting_screens.push_front(screen),
            Err(SubmitError::Encode(_)) => self.unsent(screen.then),
        }
    }

    fn unsent(&mut self, then: Option<Answer>) {
        self.figures.screens_unsent.increment(1);
        self.answer_behind(then);
    }

    /// Of the screens that waited for this connection each phone gets the last: a phone shows one, and an operator that
    /// brought its messages again after the cut would be flooded with copies.
    fn settle_screens(&mut self) {
        let queues = &mut self.leg.queues;
        while let Ok(screen) = queues.screens.try_recv() {
            queues.waiting_screens.push_back(screen);
        }
        let mut phones = BTreeSet::new();
        let mut last = VecDeque::with_capacity(queues.waiting_screens.len());
        let mut stale = Vec::new();
        while let Some(screen) = queues.waiting_screens.pop_back() {
            if phones.insert(screen.message.destination.digits.as_bytes().to_vec()) {
                last.push_front(screen);
            } else {
                stale.push(screen);
            }
        }
        queues.waiting_screens = last;
        stale.into_iter().for_each(|screen: Screen| self.unsent(screen.then));
        self.retry_waiting();
    }

    /// A screen for an input of an earlier connection, should that input be brought again over this one.
    fn remember_held_over(&mut self, screen: &Screen) {
        // Of a pair, inputs come by the other connection, and their numbers say nothing here.
        let ours = screen.connection == self.number || !self.leg.receives;
        if !ours && !screen.again && self.held_over.len() < HELD_OVER_MAX {
            self.held_over.push(screen.message.clone());
        }
    }

    /// Answers behind a screen, by whichever connection of the bind the message came.
    fn answer_behind(&mut self, then: Option<Answer>) {
        if let Some(answer) = then {
            let _ = self.leg.handle.answers.try_send(answer);
        }
    }

    fn send(&mut self, text: Outgoing) {
        // As before a screen: the response to a reply shows that the answer to what it replies to was read.
        self.answer_waiting();
        if self.leg.settings.clock.monotonic() > text.by {
            return self.report(text.ticket, Outcome::Unsent);
        }
        let (token, now) = (self.token(), self.now());
        match self.link.submit(now, MessageKind::SubmitSm, &text.message, token) {
            Ok(()) => self.sent(token, Origin::Segment(text.ticket), text.message.segments(), now),
            Err(SubmitError::WindowFull) => self.waiting_text = Some(text),
            Err(SubmitError::NotBound) => self.report(text.ticket, Outcome::Unsent),
            Err(SubmitError::Encode(_)) => {
                self.report(text.ticket, Outcome::Nacked(CommandStatus::RINVMSGLEN));
            }
        }
    }

    fn retry_waiting(&mut self) {
        let (queues, now) = (&mut self.leg.queues, self.leg.settings.clock.monotonic());
        while let Some((_, screen)) = queues.resting_screens.pop_front_if(|(at, _)| *at <= now) {
            queues.waiting_screens.push_back(screen);
        }
        while self.may_show()
            && let Some(screen) = self.leg.queues.waiting_screens.pop_front()
        {
            self.show(screen);
        }
        if self.has_spare()
            && self.leg.handle.pace().may_send(Urgency::Text, self.now())
            && let Some(text) = self.waiting_text.take()
        {
            self.send(text);
        }
    }

    /// Notes that a request of ours is under way, and how many segments it makes.
    fn sent(&mut self, token: u64, origin: Origin, segments: u32, now: Instant) {
        self.leg.handle.pace().handle_sent_segments(origin.urgency(), segments, now);
        self.origins.insert(token, (origin, now));
    }

    /// Gives back the texts that are not written yet: what was throttled goes before them.
    fn give_back(&mut self) {
        if let Some(text) = self.waiting_text.take() {
            self.report(text.ticket, Outcome::Unsent);
        }
        while let Ok(text) = self.leg.queues.texts.try_recv() {
            self.report(text.ticket, Outcome::Unsent);
        }
    }

    /// Ends a link on which the SMSC says that we are not bound (A16).
    fn rebind(&mut self) {
        if !self.rebinding {
            self.rebinding = true;
            self.leg.stands(false);
            // Where the link is already on its way out there is nothing more to end.
            let _ = self.link.unbind(self.now());
        }
    }

    fn token(&mut self) -> u64 {
        self.next_token += 1;
        self.next_token
    }

    fn outcome(&mut self, token: u64, outcome: Outcome) {
        let Some((origin, sent_at)) = self.origins.remove(&token) else { return };
        let status = match &outcome {
            Outcome::Answered { status, .. } => *status,
            Outcome::Nacked(_) | Outcome::InDoubt | Outcome::Unsent => CommandStatus::ROK,
        };
        let throttled = status == CommandStatus::RTHROTTLED;
        self.leg.handle.pace().handle_answer(origin.urgency(), sent_at, throttled, self.now());
        self.figures.throttled.increment(u64::from(throttled));
        match origin {
            Origin::Segment(ticket) => {
                self.replies.ended(&ticket.text, token, &outcome, self.leg);
                self.report(ticket, outcome);
            }
            // It was surely not shown, and its phone still waits.
            Origin::Screen(screen) if throttled || status == CommandStatus::RINVBNDSTS => {
                self.leg.queues.waiting_screens.push_back(*screen);
            }
            Origin::Screen(screen) if screen.may_pass(status) => {
                let at = self.leg.settings.clock.monotonic() + Screen::REST;
                self.leg.queues.resting_screens.push_back((at, *screen));
            }
            Origin::Screen(_) => {
                let counter = match &outcome {
                    Outcome::Answered { status, .. } if status.is_ok() => &self.figures.screens_taken,
                    Outcome::Answered { .. } | Outcome::Nacked(_) => &self.figures.screens_refused,
                    Outcome::InDoubt | Outcome::Unsent => &self.figures.screens_unknown,
                };
                counter.increment(1);
            }
        }
        if throttled {
            self.give_back();
        }
        if status == CommandStatus::RINVBNDSTS {
            self.rebind();
        }
    }

    fn report(&self, ticket: Ticket, outcome: Outcome) {
        // Nobody listens any more where the service has ended.
        let _ = self.leg.queues.outcomes.send((ticket, outcome));
    }

    /// Tells what became of all that was under way.
    fn finish(&mut self) {
        self.figures.bound(false);
        self.leg.stands(false);
        self.leg.handle.pace().handle_lost();
        self.give_back();
        let origins = std::mem::take(&mut self.origins);
        for (origin, _) in origins.into_values() {
            if let Origin::Segment(ticket) = origin {
                self.report(ticket, Outcome::InDoubt);
            }
        }
    }
}

fn instant(leg: &Leg) -> Instant {
    instant_of(leg.settings.clock.monotonic())
}

fn instant_of(monotonic: Duration) -> Instant {
    Instant::from_micros(u64::try_from(monotonic.as_micros()).unwrap_or(u64::MAX))
}
