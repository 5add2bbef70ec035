//! One TCP connection: moves octets and time between a socket and the link.

use crate::exchange::{Delivery, Exchange, Fate};
use crate::tap::{Direction, TapStream};
use dayaq_smpp::{BindKind, BindRequest, CommandStatus, Event, Instant, Link, MessageKind, State, SubmitError};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// Octets read at once.
const READ_OCTETS: usize = 16 * 1024;
/// How long to sleep where nothing at all is due.
const IDLE: Duration = Duration::from_secs(3600);

/// A connection with its link.
struct Connection {
    exchange: Arc<Exchange>,
    id: u64,
    link: Link,
    /// What we sent and have no answer to, by token.
    in_flight: BTreeMap<u64, Delivery>,
    tokens: u64,
    output: Vec<u8>,
    received: TapStream,
    sent: TapStream,
}

/// Serves a connection until it ends, one way or another.
pub(crate) async fn serve(exchange: Arc<Exchange>, id: u64, stream: TcpStream) {
    let now = exchange.now();
    let (config, cut) = (exchange.config.link.clone(), exchange.state().cut.clone());
    let max = config.max_pdu_len;
    let mut connection = Connection {
        link: Link::new(config, now),
        id,
        in_flight: BTreeMap::new(),
        tokens: 0,
        output: Vec::new(),
        received: TapStream::new(id, Direction::Received, max),
        sent: TapStream::new(id, Direction::Sent, max),
        exchange,
    };
    if let Err(error) = connection.run(&stream, &cut).await {
        tracing::debug!(link = id, %error, "Connection ended");
    }
    connection.finish();
}

impl Connection {
    async fn run(&mut self, stream: &TcpStream, cut: &CancellationToken) -> io::Result<()> {
        let exchange = self.exchange.clone();
        let mut buffer = vec![0; READ_OCTETS];
        let mut ending = false;
        loop {
            let work = exchange.work.notified();
            tokio::pin!(work);
            work.as_mut().enable();
            self.handle_events();
            self.feed();
            self.take_output();
            if self.link.is_closed() && self.output.is_empty() {
                return Ok(());
            }
            let sleep = self.sleep();
            tokio::select! {
                ready = stream.readable() => {
                    ready?;
                    match stream.try_read(&mut buffer) {
                        Ok(0) => {
                            self.link.handle_closed(exchange.now());
                            return Ok(());
                        }
                        Ok(n) => {
                            self.received.pass(&exchange.tap, &buffer[..n]);
                            self.link.handle_bytes(exchange.now(), &buffer[..n]);
                        }
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        Err(error) => return Err(error),
                    }
                }
                ready = stream.writable(), if !self.output.is_empty() => {
                    ready?;
                    match stream.try_write(&self.output) {
                        Ok(n) => {
                            self.sent.pass(&exchange.tap, &self.output[..n]);
                            self.output.drain(..n);
                        }
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        Err(error) => return Err(error),
                    }
                }
                () = &mut work => {}
                () = tokio::time::sleep(sleep) => self.link.handle_timeout(exchange.now()),
                () = cut.cancelled() => return Ok(()),
                () = exchange.cancel.cancelled(), if !ending => {
                    ending = true;
                    if self.link.unbind(exchange.now()).is_err() {
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
                    self.exchange.bind(self.id, kind);
                }
                Event::Request { sequence_number, kind: MessageKind::SubmitSm | MessageKind::DataSm, message } => {
                    let accepted = self.exchange.accept(&message);
                    let (status, id) = match &accepted {
                        Ok((id, _)) => (CommandStatus::ROK, Some(id.as_bytes())),
                        Err(status) => (*status, None),
                    };
                    // A request whose link has ended meanwhile cannot be answered.
                    let _ = self.link.respond(self.exchange.now(), sequence_number, status, id);
                    if let Ok((_, Some(receipt))) = accepted {
                        self.exchange.send_receipt(receipt);
                    }
                }
                // The link itself refuses a deliver_sm to an SMSC.
                Event::Request { kind: MessageKind::DeliverSm, .. } => {}
                Event::Response { token, status, .. } | Event::Nacked { token, status } => {
                    self.settle(token, Fate::Answered(status));
                }
                Event::InDoubt { token } | Event::Unsent { token } => self.settle(token, Fate::Unanswered),
                // It was settled as unanswered, and is on its way again.
                Event::LateResponse { .. } => {}
                Event::PeerUnbind => self.exchange.unbind(self.id),
                Event::Closed { reason } => tracing::info!(link = self.id, %reason, "Link closed"),
                Event::BindRefused { .. } => {}
            }
        }
    }

    fn judge(&mut self, request: &BindRequest) {
        let config = &self.exchange.config;
        let known = request.system_id.as_bytes() == config.system_id.as_bytes();
        let trusted = request.password.as_bytes() == config.password.expose().as_bytes();
        // Both verbs are allowed here: the link has just asked.
        let _ = match (known, trusted) {
            (true, true) => self.link.accept_bind(self.exchange.now(), config.system_id.as_bytes()),
            (false, _) => self.link.refuse_bind(CommandStatus::RINVSYSID),
            (true, false) => self.link.refuse_bind(CommandStatus::RINVPASWD),
        };
    }

    /// Hands messages to the link while there is room.
    fn feed(&mut self) {
        while self.receives() && self.link.window_free() > 0 {
            let now = self.exchange.now();
            let Some(delivery) = self.exchange.next_delivery(now) else { return };
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
    }

    /// How long nothing is due.
    fn sleep(&self) -> Duration {
        let now = self.exchange.now();
        let due = if self.receives() { self.exchange.next_due(now) } else { None };
        let wake = [self.link.poll_timeout(), due].into_iter().flatten().min();
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
                | Event::Bound { .. }
                | Event::BindRefused { .. }
                | Event::Request { .. }
                | Event::PeerUnbind
                | Event::Closed { .. } => {}
            }
        }
        for token in left.into_iter().rev() {
            self.settle(token, Fate::Unanswered);
        }
    }
}
