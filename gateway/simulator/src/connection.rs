//! One TCP connection: moves octets and time between a socket and the link.

use crate::account;
use crate::delivery::{Delivery, Fate};
use crate::exchange::{Bound, Exchange};
use crate::fault::{Deed, Occasion};
use crate::receipt::ReceiptOrder;
use crate::submission::Accepted;
use crate::tap::{Direction, TapStream};
use crate::wire::{Plan, Wire};
use dayaq_smpp::{
    Ancillary, BindKind, BindRequest, CommandStatus, Event, Instant, Link, MessageKind, ShortMessage, State,
    SubmitError,
};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Octets read at once.
const READ_OCTETS: usize = 16 * 1024;
/// How long to sleep where nothing at all is due.
const IDLE: Duration = Duration::from_secs(3600);
/// How long a response waits for the receipt that is to come before it.
const RECEIPT_FIRST: Duration = Duration::from_millis(50);

/// How long a polite end may take.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A connection with its link.
struct Connection {
    exchange: Arc<Exchange>,
    id: u64,
    link: Link,
    /// By its place in the list, once somebody asked to bind.
    account: usize,
    /// A bind that will never be answered: whatever comes is read and forgotten.
    mute: bool,
    /// What we sent and have no answer to, by token.
    in_flight: BTreeMap<u64, Delivery>,
    tokens: u64,
    /// Responses that wait, by the moment at which they are due.
    responses: BTreeMap<(Instant, u32), Response>,
    output: Vec<u8>,
    wire: Wire,
    received: TapStream,
    sent: TapStream,
}

/// A response that waits.
struct Response {
    outcome: Result<Accepted, CommandStatus>,
}

/// Serves a connection until it ends, one way or another. The preface is a PDU that goes before everything else.
pub(crate) async fn serve(exchange: Arc<Exchange>, stream: impl AsyncRead + AsyncWrite, preface: Vec<u8>) {
    let now = exchange.now();
    let id = exchange.next_link();
    let (config, max) = (exchange.config.link.clone(), exchange.config.link.max_pdu_len);
    let mut connection = Connection {
        link: Link::new(config, now),
        id,
        account: 0,
        mute: false,
        in_flight: BTreeMap::new(),
        tokens: 0,
        responses: BTreeMap::new(),
        output: preface,
        wire: Wire::default(),
        received: TapStream::new(id, Direction::Received, max),
        sent: TapStream::new(id, Direction::Sent, max),
        exchange,
    };
    if let Err(error) = connection.run(stream).await {
        tracing::debug!(link = id, %error, "Connection ended");
    }
    connection.finish();
}

/// Writes what goes at once; where there is nothing to write, sends off what TLS has held back, and gives 0.
async fn put(writer: &mut (impl AsyncWrite + Unpin), octets: &[u8]) -> io::Result<usize> {
    match octets.is_empty() {
        true => writer.flush().await.map(|()| 0),
        false => writer.write(octets).await,
    }
}

impl Connection {
    async fn run(&mut self, stream: impl AsyncRead + AsyncWrite) -> io::Result<()> {
        let exchange = self.exchange.clone();
        let (cut, unbind) = {
            let state = exchange.state();
            (state.cut.clone(), state.unbind.clone())
        };
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut buffer = vec![0; READ_OCTETS];
        let (mut ending, mut unbound, mut flushed) = (false, false, true);
        loop {
            let work = exchange.work.notified();
            tokio::pin!(work);
            work.as_mut().enable();
            self.handle_events();
            self.respond_due();
            self.feed();
            self.take_output();
            let nothing_to_write = self.wire.ready().is_empty();
            if nothing_to_write && flushed && (self.link.is_closed() || self.wire.is_cut()) {
                if self.link.is_closed() {
                    // Whoever does not read by then does not want to know.
                    let _ = tokio::time::timeout(LAST_WORDS, writer.shutdown()).await;
                }
                return Ok(());
            }
            let lasting = exchange.lasting(self.wire.sent());
            if lasting.half_open {
                tokio::select! {
                    () = &mut work => continue,
                    () = cut.cancelled() => return Ok(()),
                    () = exchange.cancel.cancelled() => return Ok(()),
                }
            }
            let now = exchange.now();
            let allowed = self.wire.allowed(now, lasting.octets_per_s);
            let sleep = self.sleep(now);
            tokio::select! {
                read = reader.read(&mut buffer) => match read? {
                    0 => {
                        self.link.handle_closed(exchange.now());
                        return Ok(());
                    }
                    n => {
                        self.received.pass(&exchange.tap, &buffer[..n]);
                        if !self.mute {
                            self.link.handle_bytes(exchange.now(), &buffer[..n]);
                        }
                    }
                },
                written = put(&mut writer, &self.wire.ready()[..allowed]), if allowed > 0 || !flushed => {
                    let n = written?;
                    flushed = n == 0;
                    if n > 0 {
                        self.sent.pass(&exchange.tap, &self.wire.ready()[..n]);
                        self.wire.written(n);
                        self.wire.pace(exchange.now(), lasting.octets_per_s);
                    }
                }
                () = &mut work => {}
                () = tokio::time::sleep(sleep) => {
                    if !self.mute {
                        self.link.handle_timeout(exchange.now());
                    }
                }
                () = cut.cancelled() => return Ok(()),
                () = unbind.cancelled(), if !unbound => {
                    unbound = true;
                    self.unbind();
                }
                () = exchange.cancel.cancelled(), if !ending => {
                    ending = true;
                    if self.mute || self.link.unbind(exchange.now()).is_err() {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn handle_events(&mut self) {
        while let Some(event) = self.link.poll_event() {
            match event {
                Event::BindRequest(request) => self.judge(&request),
                Event::Bound { kind, .. } => {
                    tracing::info!(link = self.id, ?kind, "ESME bound");
                    self.exchange.bind(self.id, Bound { kind, account: self.account });
                }
                Event::Request { sequence_number, kind: MessageKind::SubmitSm | MessageKind::DataSm, message } => {
                    self.take(sequence_number, &message);
                }
                // The link itself refuses a deliver_sm to an SMSC.
                Event::Request { kind: MessageKind::DeliverSm, .. } => {}
                Event::Ancillary { sequence_number, request } => self.tell(sequence_number, &request),
                Event::Response { token, status, .. } | Event::Nacked { token, status } => {
                    self.settle(token, Fate::Answered(status));
                }
                Event::InDoubt { token } | Event::Unsent { token } => self.settle(token, Fate::Unanswered),
                // It was settled as unanswered, and is on its way again.
                Event::LateResponse { .. } => {}
                Event::PeerUnbind => self.exchange.unbind(self.id),
                Event::Closed { reason } => tracing::info!(link = self.id, %reason, "Link closed"),
                Event::BindRefused { .. }
                | Event::Outbind(_)
                | Event::QueryResponse { .. }
                | Event::AlertNotification { .. } => {}
            }
        }
    }

    fn judge(&mut self, request: &BindRequest) {
        let config = &self.exchange.config;
        let struck = self.exchange.strike(Occasion::Bind, self.wire.sent());
        let judged = match struck {
            Some(Deed::IgnoreBind) => {
                self.mute = true;
                return;
            }
            Some(Deed::RefuseBind(status)) => Err(status),
            _ => account::judge(&config.accounts, request, |account| self.exchange.binds_of(account)),
        };
        // Both verbs are allowed here: the link has just asked.
        let _ = match judged {
            Ok(account) => {
                self.account = account;
                self.link.accept_bind(self.exchange.now(), config.system_id.as_bytes())
            }
            Err(status) => self.link.refuse_bind(status),
        };
    }

    /// Takes a submit_sm, and decides when and how it is answered.
    fn take(&mut self, sequence_number: u32, message: &ShortMessage) {
        let exchange = self.exchange.clone();
        let (now, sent) = (exchange.now(), self.wire.sent());
        let phone = message.destination.digits.as_str().unwrap_or_default();
        let mut outcome = if exchange.admits(self.account) {
            match exchange.strike(Occasion::Submit(phone), sent) {
                Some(Deed::Refuse(status)) => Err(status),
                Some(Deed::Nack(status)) => {
                    self.wire.plan(sequence_number, Plan::Nack(status));
                    Err(status)
                }
                _ => exchange.accept(self.account, message),
            }
        } else {
            Err(CommandStatus::RTHROTTLED)
        };
        let mut delay = exchange.config.response_delay;
        if let Ok(accepted) = &mut outcome {
            match exchange.strike(Occasion::Response(phone), sent) {
                Some(Deed::LateResponse(by)) => delay += by,
                Some(Deed::LoseResponse) => self.wire.plan(sequence_number, Plan::Lose),
                Some(Deed::WrongSequence) => self.wire.plan(sequence_number, Plan::OtherSequence),
                Some(Deed::WrongCommand) => self.wire.plan(sequence_number, Plan::OtherCommand),
                _ => {}
            }
            if exchange.config.receipts.order == ReceiptOrder::BeforeResponse
                && let Some(receipt) = accepted.receipt.take()
            {
                exchange.send_receipt(receipt);
                delay = delay.max(RECEIPT_FIRST);
            }
        }
        let response = Response { outcome };
        match delay.is_zero() {
            true => self.respond(sequence_number, response),
            false => {
                self.responses.insert((now + delay, sequence_number), response);
            }
        }
    }

    fn respond(&mut self, sequence_number: u32, response: Response) {
        let now = self.exchange.now();
        // A request whose link has ended meanwhile cannot be answered.
        match response.outcome {
            Ok(Accepted { id, receipt }) => {
                let _ = self.link.respond(now, sequence_number, CommandStatus::ROK, Some(id.as_bytes()));
                if let Some(receipt) = receipt {
                    self.exchange.send_receipt(receipt);
                }
            }
            Err(status) => {
                let _ = self.link.respond(now, sequence_number, status, None);
            }
        }
    }

    fn respond_due(&mut self) {
        let now = self.exchange.now();
        while let Some(entry) = self.responses.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((_, sequence_number), response) = entry.remove_entry();
            self.respond(sequence_number, response);
        }
    }

    /// Answers query_sm, cancel_sm and replace_sm.
    fn tell(&mut self, sequence_number: u32, request: &Ancillary) {
        let now = self.exchange.now();
        let status = match request {
            Ancillary::Query { message_id, source } => {
                match self.exchange.query(self.account, message_id, source) {
                    Ok(outcome) => {
                        // As in `respond`.
                        let _ = self.link.respond_query(now, sequence_number, &outcome);
                        return;
                    }
                    Err(status) => status,
                }
            }
            Ancillary::Cancel { .. } | Ancillary::Replace { .. } => {
                self.exchange.change(self.account, request).err().unwrap_or(CommandStatus::ROK)
            }
        };
        let _ = self.link.respond(now, sequence_number, status, None);
    }

    /// Hands messages to the link while there is room.
    fn feed(&mut self) {
        while self.receives() && self.link.window_free() > 0 {
            let now = self.exchange.now();
            let Some(delivery) = self.exchange.next_delivery(now, self.account) else { return };
            self.tokens += 1;
            match self.link.submit(now, MessageKind::DeliverSm, &delivery.message, self.tokens) {
                Ok(()) => {
                    self.in_flight.insert(self.tokens, delivery);
                }
                Err(SubmitError::WindowFull | SubmitError::NotBound) => {
                    self.exchange.put_back(delivery);
                    return;
                }
                Err(SubmitError::Encode(_)) => {
                    self.exchange.settle(delivery, Fate::Answered(CommandStatus::RSUBMITFAIL), now);
                }
            }
        }
    }

    fn receives(&self) -> bool {
        matches!(self.link.state(), State::Bound { kind: BindKind::Receiver | BindKind::Transceiver })
    }

    fn take_output(&mut self) {
        self.link.take_output(&mut self.output);
        if self.mute {
            self.output.clear();
        }
        self.wire.pass(&self.output, &mut self.exchange.faults());
        self.output.clear();
        if self.wire.take_unbind() {
            self.unbind();
            self.link.take_output(&mut self.output);
            self.wire.pass(&self.output, &mut self.exchange.faults());
            self.output.clear();
        }
    }

    fn unbind(&mut self) {
        // A link that is not bound has nothing to unbind.
        let _ = self.link.unbind(self.exchange.now());
        self.exchange.unbind(self.id);
    }

    /// How long nothing is due.
    fn sleep(&self, now: Instant) -> Duration {
        let due = if self.receives() { self.exchange.next_due(now) } else { None };
        let response = self.responses.first_key_value().map(|((at, _), _)| *at);
        let link = if self.mute { None } else { self.link.poll_timeout() };
        let wake = [link, due, response, self.wire.next_write()].into_iter().flatten().min();
        wake.map_or(IDLE, |at: Instant| at.saturating_since(now)).min(IDLE)
    }

    fn settle(&mut self, token: u64, fate: Fate) {
        if let Some(delivery) = self.in_flight.remove(&token) {
            self.exchange.settle(delivery, fate, self.exchange.now());
        }
    }

    /// Gives back what was not answered, oldest in front.
    fn finish(&mut self) {
        self.link.handle_closed(self.exchange.now());
        self.exchange.unbind(self.id);
        let mut left: Vec<u64> = self.in_flight.keys().copied().collect();
        while let Some(event) = self.link.poll_event() {
            match event {
                Event::Response { token, status, .. } | Event::Nacked { token, status } => {
                    left.retain(|t| *t != token);
                    self.settle(token, Fate::Answered(status));
                }
                Event::InDoubt { .. }
                | Event::Unsent { .. }
                | Event::LateResponse { .. }
                | Event::BindRequest(_)
                | Event::Outbind(_)
                | Event::Bound { .. }
                | Event::BindRefused { .. }
                | Event::Request { .. }
                | Event::Ancillary { .. }
                | Event::QueryResponse { .. }
                | Event::AlertNotification { .. }
                | Event::PeerUnbind
                | Event::Closed { .. } => {}
            }
        }
        for token in left.into_iter().rev() {
            self.settle(token, Fate::Unanswered);
        }
        // What was taken is told of, whether or not its response could go.
        for (_, response) in std::mem::take(&mut self.responses) {
            if let Ok(Accepted { receipt: Some(receipt), .. }) = response.outcome {
                self.exchange.send_receipt(receipt);
            }
        }
    }
}
