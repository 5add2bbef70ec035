//! One connection of a bind: the sans-IO link driven over a socket.
//!
//! The task only moves things: it never waits for a store, a core or a subscriber, so that enquire_link is
//! answered whatever else hangs (A05).

use super::bind::{BindSettings, Queues};
use super::traffic::{Answer, Arrival, BindHandle, Outcome, Outgoing, Screen};
use crate::store::Ticket;
use dayaq_smpp::{CloseReason, CommandStatus, Event, Instant, Link, MessageKind, SubmitError};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

/// Octets read from the socket at once.
const READ_LEN: usize = 64 * 1024;
/// Answers and screens taken from their queues at once.
const BATCH: usize = 256;

/// How a connection ended.
pub(super) enum Ended {
    /// It broke, or the peer ended it.
    Lost { was_bound: bool, cause: String },
    /// The SMSC refused the bind.
    Refused(CommandStatus),
    /// We unbound, because the service ends.
    Stopped,
}

/// Counters of a bind, whose names are looked up once for each connection.
struct Counters {
    screens_taken: metrics::Counter,
    screens_refused: metrics::Counter,
    screens_unknown: metrics::Counter,
    screens_unsent: metrics::Counter,
    late_responses: metrics::Counter,
}

impl Counters {
    fn new(bind: &str) -> Self {
        let screens = |result: &'static str| metrics::counter!("dayaq_screens_total", "bind" => bind.to_owned(), "result" => result);
        Self {
            screens_taken: screens("taken"),
            screens_refused: screens("refused"),
            screens_unknown: screens("unknown"),
            screens_unsent: screens("unsent"),
            late_responses: metrics::counter!("dayaq_smpp_late_responses_total", "bind" => bind.to_owned()),
        }
    }
}

/// Whose a request of ours is.
enum Origin {
    Screen,
    Segment(Ticket),
}

pub(super) struct Connection<'a> {
    settings: &'a BindSettings,
    handle: &'a BindHandle,
    queues: &'a mut Queues,
    link: Link,
    number: u64,
    counters: Counters,
    origins: BTreeMap<u64, Origin>,
    /// Segments whose answer did not come in time and may still come; as many as the link remembers.
    in_doubt: BTreeMap<u64, Ticket>,
    next_token: u64,
    /// A segment that found the window full; goes first when there is room.
    waiting_text: Option<Outgoing>,
    was_bound: bool,
    refused: Option<CommandStatus>,
    closed: Option<CloseReason>,
}

impl<'a> Connection<'a> {
    pub(super) fn new(settings: &'a BindSettings, handle: &'a BindHandle, queues: &'a mut Queues, number: u64) -> Self {
        let now = instant(settings);
        Self {
            settings,
            handle,
            queues,
            link: Link::new(settings.link.clone(), now),
            number,
            counters: Counters::new(&handle.name),
            origins: BTreeMap::new(),
            in_doubt: BTreeMap::new(),
            next_token: 1,
            waiting_text: None,
            was_bound: false,
            refused: None,
            closed: None,
        }
    }

    pub(super) async fn run(mut self, mut stream: TcpStream, stop: &CancellationToken) -> Ended {
        let (mut reader, mut writer) = stream.split();
        let mut input = vec![0; READ_LEN];
        let mut output: Vec<u8> = Vec::new();
        let mut fresh: Vec<u8> = Vec::new();
        let mut written = 0;
        let mut answers: Vec<Answer> = Vec::with_capacity(BATCH);
        let mut stopping = false;
        if let Err(cause) = self.link.bind(self.now(), &self.settings.request) {
            return Ended::Lost { was_bound: false, cause: cause.to_string() };
        }
        loop {
            self.drain_events().await;
            if written == output.len() {
                output.clear();
                written = 0;
            }
            if self.link.take_output(&mut fresh) {
                output.append(&mut fresh);
            }
            if self.closed.is_some() {
                // What the link still says, such as the answer to unbind, is written on the way out.
                let _ = tokio::time::timeout(Duration::from_secs(1), writer.write_all(&output[written..])).await;
                break;
            }
            let sleep = self.link.poll_timeout().map(|at| at.saturating_since(self.now()));
            let room = self.link.is_bound() && self.link.window_free() > 0;
            let spare = self.link.is_bound() && self.link.window_free() > self.settings.window_reserve;
            tokio::select! {
                read = reader.read(&mut input) => match read {
                    Ok(0) | Err(_) => self.link.handle_closed(self.now()),
                    Ok(n) => self.link.handle_bytes(self.now(), &input[..n]),
                },
                wrote = writer.write(&output[written..]), if written < output.len() => match wrote {
                    Ok(n) if n > 0 => written += n,
                    Ok(_) | Err(_) => self.link.handle_closed(self.now()),
                },
                () = async { tokio::time::sleep(sleep.unwrap_or_default()).await }, if sleep.is_some() => {
                    self.link.handle_timeout(self.now());
                }
                _ = self.queues.answers.recv_many(&mut answers, BATCH) => {
                    for answer in answers.drain(..) {
                        self.answer(answer);
                    }
                }
                Some(screen) = self.queues.screens.recv(), if room && self.queues.waiting_screen.is_none() => {
                    self.show(screen);
                    while self.queues.waiting_screen.is_none() && self.link.window_free() > 0 {
                        let Ok(screen) = self.queues.screens.try_recv() else { break };
                        self.show(screen);
                    }
                }
                Some(text) = self.queues.texts.recv(), if spare && self.waiting_text.is_none() && !stopping => {
                    self.send(text).await;
                }
                () = stop.cancelled(), if !stopping => {
                    stopping = true;
                    if self.link.unbind(self.now()).is_err() {
                        self.link.handle_closed(self.now());
                    }
                }
            }
            self.retry_waiting().await;
        }
        self.finish(stopping).await
    }

    fn now(&self) -> Instant {
        instant(self.settings)
    }

    async fn drain_events(&mut self) {
        while let Some(event) = self.link.poll_event() {
            match event {
                Event::Bound { interface_version, .. } => {
                    self.was_bound = true;
                    self.handle.history().bind(self.number, self.settings.clock.now());
                    self.handle.bound.store(true, Ordering::Relaxed);
                    metrics::gauge!("dayaq_smpp_bound", "bind" => self.handle.name.to_string()).set(1.0);
                    info!(bind = %self.handle.name, interface_version, "Bind established");
                }
                Event::BindRefused { status } => self.refused = Some(status),
                Event::BindRequest(_) => {}
                Event::Request { sequence_number, kind, message } => self.arrive(sequence_number, kind, message),
                Event::Response { token, status, message_id } => {
                    let message_id = message_id.and_then(|id| id.as_str().map(str::to_owned));
                    self.outcome(token, Outcome::Answered { status, message_id }).await;
                }
                Event::LateResponse { token, status, message_id } => {
                    debug!(bind = %self.handle.name, status = %status, "Response after its time");
                    self.counters.late_responses.increment(1);
                    // It is believed however late it comes: a text that was taken is not sent again (A43).
                    if let Some(ticket) = self.in_doubt.remove(&token) {
                        let message_id = message_id.and_then(|id| id.as_str().map(str::to_owned));
                        self.report(ticket, Outcome::Answered { status, message_id }).await;
                    }
                }
                Event::Nacked { token, status } => self.outcome(token, Outcome::Nacked(status)).await,
                Event::InDoubt { token } => {
                    if let Some(Origin::Segment(ticket)) = self.origins.get(&token) {
                        self.in_doubt.insert(token, *ticket);
                        while self.in_doubt.len() > self.settings.link.late_max {
                            self.in_doubt.pop_first();
                        }
                    }
                    self.outcome(token, Outcome::InDoubt).await;
                }
                Event::Unsent { token } => self.outcome(token, Outcome::Unsent).await,
                Event::PeerUnbind => info!(bind = %self.handle.name, "The SMSC unbinds"),
                Event::Closed { reason } => self.closed = Some(reason),
            }
        }
    }

    fn arrive(&self, sequence_number: u32, kind: MessageKind, message: dayaq_smpp::ShortMessage) {
        let arrival = Arrival { sequence_number, kind, message, connection: self.number, bind: self.handle.clone() };
        (self.queues.arrivals)(arrival);
    }

    fn answer(&mut self, answer: Answer) {
        if answer.connection != self.number {
            return; // Its connection is gone; the operator delivers again.
        }
        if let Err(cause) = self.link.respond(self.now(), answer.sequence_number, answer.status, None) {
            debug!(bind = %self.handle.name, cause = %cause, "Answer not sent");
        }
    }

    fn show(&mut self, screen: Screen) {
        if screen.is_late(self.settings.clock.monotonic()) {
            self.counters.screens_unsent.increment(1);
            return;
        }
        let token = self.token();
        match self.link.submit(self.now(), MessageKind::SubmitSm, &screen.message, token) {
            Ok(()) => {
                self.origins.insert(token, Origin::Screen);
            }
            // The phone may still wait when there is room, or when the bind stands again.
            Err(SubmitError::WindowFull | SubmitError::NotBound) => self.queues.waiting_screen = Some(screen),
            Err(SubmitError::Encode(_)) => self.counters.screens_unsent.increment(1),
        }
    }

    async fn send(&mut self, text: Outgoing) {
        let token = self.token();
        match self.link.submit(self.now(), MessageKind::SubmitSm, &text.message, token) {
            Ok(()) => {
                self.origins.insert(token, Origin::Segment(text.ticket));
            }
            Err(SubmitError::WindowFull) => self.waiting_text = Some(text),
            Err(SubmitError::NotBound) => self.report(text.ticket, Outcome::Unsent).await,
            Err(SubmitError::Encode(_)) => {
                self.report(text.ticket, Outcome::Nacked(CommandStatus::RINVMSGLEN)).await;
            }
        }
    }

    async fn retry_waiting(&mut self) {
        if self.link.is_bound()
            && self.link.window_free() > 0
            && let Some(screen) = self.queues.waiting_screen.take()
        {
            self.show(screen);
        }
        if self.link.is_bound()
            && self.link.window_free() > self.settings.window_reserve
            && let Some(text) = self.waiting_text.take()
        {
            self.send(text).await;
        }
    }

    fn token(&mut self) -> u64 {
        self.next_token += 1;
        self.next_token
    }

    async fn outcome(&mut self, token: u64, outcome: Outcome) {
        match self.origins.remove(&token) {
            Some(Origin::Segment(ticket)) => self.report(ticket, outcome).await,
            Some(Origin::Screen) => {
                let counter = match &outcome {
                    Outcome::Answered { status, .. } if status.is_ok() => &self.counters.screens_taken,
                    Outcome::Answered { .. } | Outcome::Nacked(_) => &self.counters.screens_refused,
                    Outcome::InDoubt | Outcome::Unsent => &self.counters.screens_unknown,
                };
                counter.increment(1);
            }
            None => {}
        }
    }

    /// The queue of outcomes has a place for every segment that can be under way; see the pusher.
    async fn report(&self, ticket: Ticket, outcome: Outcome) {
        let _ = self.queues.outcomes.send((ticket, outcome)).await;
    }

    async fn finish(mut self, stopping: bool) -> Ended {
        if let Some(text) = self.waiting_text.take() {
            self.report(text.ticket, Outcome::Unsent).await;
        }
        let origins = std::mem::take(&mut self.origins);
        for origin in origins.into_values() {
            if let Origin::Segment(ticket) = origin {
                self.report(ticket, Outcome::InDoubt).await;
            }
        }
        match (stopping, self.refused, self.closed) {
            (true, _, _) => Ended::Stopped,
            (false, Some(status), _) => Ended::Refused(status),
            (false, None, reason) => Ended::Lost {
                was_bound: self.was_bound,
                cause: reason.map_or_else(|| "unknown".to_owned(), |r| r.to_string()),
            },
        }
    }
}

fn instant(settings: &BindSettings) -> Instant {
    Instant::from_micros(u64::try_from(settings.clock.monotonic().as_micros()).unwrap_or(u64::MAX))
}
