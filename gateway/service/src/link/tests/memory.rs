//! An operator in memory, on virtual time: it takes connections, writes whatever octets a test wants, and reads what comes.

use crate::link::account::Account;
use crate::link::bind::{Bind, BindSettings};
use crate::link::dial::{Dial, Network, Wire};
use crate::link::traffic::{Arrival, BindHandle, Outcome, Outgoing};
use crate::link::way::Way;
use crate::store::Ticket;
use dayaq_smpp::{
    Address, BindKind, BindRequest, BindResp, Body, CommandId, CommandStatus, Header, Instant, LinkConfig, MAX_PDU_LEN,
    MessageKind, PaceConfig, Pdu, Role, ShortMessage, SmResp, encode, split_frame,
};
use dayaq_types::{Clock, SeededEntropy};
use jiff::Timestamp;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub const SECOND: Duration = Duration::from_secs(1);

/// The time of the paused runtime.
pub struct VirtualClock(tokio::time::Instant);

impl VirtualClock {
    #[expect(clippy::disallowed_methods, reason = "the runtime's clock stands still: this is the test's own time")]
    pub fn start() -> Arc<Self> {
        Arc::new(Self(tokio::time::Instant::now()))
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.monotonic()
    }

    #[expect(clippy::disallowed_methods, reason = "the runtime's clock stands still: this is the test's own time")]
    fn monotonic(&self) -> Duration {
        tokio::time::Instant::now() - self.0
    }
}

pub fn instant(clock: &VirtualClock) -> Instant {
    Instant::from_micros(clock.monotonic().as_micros() as u64)
}

/// The network between us and the operator.
#[derive(Clone)]
pub struct Between {
    clock: Arc<VirtualClock>,
    /// Whether the operator's SMSC listens.
    up: Arc<AtomicBool>,
    /// Octets that a connection holds in each direction.
    capacity: Arc<AtomicUsize>,
    /// When each connection was tried.
    tries: Arc<Mutex<Vec<Duration>>>,
    lines: mpsc::UnboundedSender<Line>,
}

impl Between {
    pub fn new(clock: Arc<VirtualClock>) -> (Self, mpsc::UnboundedReceiver<Line>) {
        let (lines, coming) = mpsc::unbounded_channel();
        let (up, capacity) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(1 << 20)));
        (Self { clock, up, capacity, tries: Arc::default(), lines }, coming)
    }

    pub fn stands(&self, up: bool) {
        self.up.store(up, Ordering::Relaxed);
    }

    pub fn holds(&self, octets: usize) {
        self.capacity.store(octets, Ordering::Relaxed);
    }

    pub fn tries(&self) -> Vec<Duration> {
        self.tries.lock().unwrap().clone()
    }

    pub fn way(&self) -> Way {
        let socket = SocketAddr::from(([127, 0, 0, 1], 2775));
        let between = self.clone();
        let network = Network {
            resolve: Arc::new(move |_| Box::pin(async move { Ok(vec![socket]) })),
            connect: Arc::new(move |_| {
                let connected = between.connect();
                Box::pin(async { connected })
            }),
        };
        Way::Dial(Dial::new(vec![socket.into()], None, network))
    }

    fn connect(&self) -> std::io::Result<Box<dyn Wire>> {
        let at = self.clock.monotonic();
        self.tries.lock().unwrap().push(at);
        let (ours, theirs) = tokio::io::duplex(self.capacity.load(Ordering::Relaxed));
        let line = Line { stream: theirs, at, kept: Vec::new() };
        match self.up.load(Ordering::Relaxed) && self.lines.send(line).is_ok() {
            true => Ok(Box::new(ours)),
            false => Err(ErrorKind::ConnectionRefused.into()),
        }
    }
}

/// A bind, and the operator that it is with.
pub struct Bench {
    pub clock: Arc<VirtualClock>,
    pub between: Between,
    pub lines: mpsc::UnboundedReceiver<Line>,
    pub handle: BindHandle,
    pub outcomes: mpsc::UnboundedReceiver<(Ticket, Outcome)>,
    pub arrivals: mpsc::UnboundedReceiver<Arrival>,
    pub stop: CancellationToken,
    number: u128,
}

/// A bind as most operators have it, but for the rate, which is no matter here.
pub fn settings(clock: Arc<VirtualClock>) -> BindSettings {
    BindSettings {
        name: "azercell/1".to_owned(),
        operator: 0,
        request: BindRequest::new(BindKind::Transceiver, "dayaq", "secret").unwrap(),
        pair: false,
        link: LinkConfig { window: 10, ..LinkConfig::new(Role::Esme) },
        window_reserve: 2,
        pace: PaceConfig { segments_per_second: None, burst: Duration::from_millis(20) },
        receipt_ids: dayaq_smpp::receipt::ReceiptIds::Same,
        clock,
        entropy: Arc::new(SeededEntropy::new(1)),
        unbind_by: Arc::default(),
    }
}

impl Bench {
    pub fn start() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut BindSettings)) -> Self {
        let clock = VirtualClock::start();
        let (between, lines) = Between::new(Arc::clone(&clock));
        let mut settings = settings(Arc::clone(&clock));
        change(&mut settings);
        let account = Arc::new(Account::default());
        Self::of(settings, &account, clock, between, lines)
    }

    pub fn of(
        settings: BindSettings,
        account: &Arc<Account>,
        clock: Arc<VirtualClock>,
        between: Between,
        lines: mpsc::UnboundedReceiver<Line>,
    ) -> Self {
        let (arrive, arrivals) = mpsc::unbounded_channel();
        let (outcomes_in, outcomes) = mpsc::unbounded_channel();
        let arrive = Arc::new(move |arrival| {
            let _ = arrive.send(arrival);
        });
        let (bind, handle) = Bind::new(settings, account, || between.way(), arrive, outcomes_in);
        let stop = CancellationToken::new();
        tokio::spawn(bind.run(stop.clone()));
        Self { clock, between, lines, handle, outcomes, arrivals, stop, number: 0 }
    }

    pub fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// The next connection.
    pub async fn line(&mut self) -> Line {
        self.lines.recv().await.expect("the bind lives")
    }

    /// The next connection, bound.
    pub async fn bound(&mut self) -> Line {
        let mut line = self.line().await;
        line.accept().await;
        while !self.handle.is_bound() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        line
    }

    /// Hands over a text; gives its number.
    pub fn send(&mut self) -> u128 {
        self.number += 1;
        let ticket = Ticket { text: Uuid::from_u128(self.number), number: 1, fence: 1 };
        let by = self.now() + 3600 * SECOND;
        assert!(self.handle.send(Outgoing { ticket, message: message(&self.number.to_string()), by }));
        self.number
    }

    /// What became of the next text of which something is known.
    pub async fn outcome(&mut self) -> (u128, Outcome) {
        let (ticket, outcome) = self.outcomes.recv().await.expect("the bind lives");
        (ticket.text.as_u128(), outcome)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub fn message(text: &str) -> ShortMessage {
    ShortMessage {
        source: Address::new(0, 1, "7142").unwrap(),
        destination: Address::new(1, 1, "994501234567").unwrap(),
        short_message: text.as_bytes().to_vec(),
        ..ShortMessage::default()
    }
}

pub fn pdu(status: CommandStatus, sequence_number: u32, body: Body<'_>) -> Vec<u8> {
    let mut octets = Vec::new();
    encode(&Pdu { command_status: status, sequence_number, body }, &mut octets).unwrap();
    octets
}

pub fn deliver_sm(number: u32, text: &str) -> Vec<u8> {
    pdu(CommandStatus::ROK, number, Body::Message(MessageKind::DeliverSm, message(text).as_sm()))
}

pub fn submit_sm_resp(number: u32) -> Vec<u8> {
    let resp = SmResp { message_id: Some(b"id"), ..SmResp::default() };
    pdu(CommandStatus::ROK, number, Body::MessageResp(MessageKind::SubmitSm, resp))
}

pub fn enquire_link(number: u32) -> Vec<u8> {
    pdu(CommandStatus::ROK, number, Body::EnquireLink)
}

/// The operator's end of a connection.
pub struct Line {
    pub stream: DuplexStream,
    /// When it was made.
    pub at: Duration,
    kept: Vec<u8>,
}

impl Line {
    pub fn of(stream: DuplexStream) -> Self {
        Self { stream, at: Duration::ZERO, kept: Vec::new() }
    }

    pub async fn write(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.expect("we read");
    }

    /// The next whole PDU; `None` once we have closed the connection.
    pub async fn next(&mut self) -> Option<(Header, Vec<u8>)> {
        loop {
            if let Some(frame) = split_frame(&self.kept, MAX_PDU_LEN).expect("we write whole PDUs") {
                let frame = frame.to_vec();
                self.kept.drain(..frame.len());
                return Some((Header::read(&frame).unwrap(), frame));
            }
            match self.stream.read_buf(&mut self.kept).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => return None,
            }
        }
    }

    /// The next PDU but for probes, which must be this one.
    pub async fn expect(&mut self, command_id: CommandId) -> Header {
        loop {
            let (header, _) = self.next().await.unwrap_or_else(|| panic!("closed before {command_id}"));
            match header.command_id {
                CommandId::ENQUIRE_LINK => {
                    self.write(&pdu(CommandStatus::ROK, header.sequence_number, Body::EnquireLinkResp)).await;
                }
                other => {
                    assert_eq!(other, command_id);
                    return header;
                }
            }
        }
    }

    /// Grants the bind that is asked for; gives its header.
    pub async fn accept(&mut self) -> Header {
        let (header, _) = self.next().await.expect("a bind");
        let kind = kind_of(header.command_id);
        let resp = BindResp { system_id: b"smsc", ..BindResp::default() };
        self.write(&pdu(CommandStatus::ROK, header.sequence_number, Body::BindResp(kind, resp))).await;
        header
    }

    /// Refuses it.
    pub async fn refuse(&mut self, status: CommandStatus) {
        let (header, _) = self.next().await.expect("a bind");
        let body = Body::BindResp(kind_of(header.command_id), BindResp::default());
        self.write(&pdu(status, header.sequence_number, body)).await;
    }

    /// Waits until we close, whatever we write till then.
    pub async fn closed(&mut self) {
        while self.next().await.is_some() {}
    }

    /// Serves as an SMSC that takes everything, until we close.
    pub async fn serve(mut self) {
        while let Some((header, _)) = self.next().await {
            let number = header.sequence_number;
            let answer = match header.command_id {
                CommandId::BIND_TRANSCEIVER | CommandId::BIND_TRANSMITTER | CommandId::BIND_RECEIVER => {
                    pdu(CommandStatus::ROK, number, Body::BindResp(kind_of(header.command_id), BindResp::default()))
                }
                CommandId::SUBMIT_SM => submit_sm_resp(number),
                CommandId::ENQUIRE_LINK => pdu(CommandStatus::ROK, number, Body::EnquireLinkResp),
                CommandId::UNBIND => pdu(CommandStatus::ROK, number, Body::UnbindResp),
                _ => continue,
            };
            if self.stream.write_all(&answer).await.is_err() {
                return;
            }
        }
    }
}

fn kind_of(command_id: CommandId) -> BindKind {
    match command_id {
        CommandId::BIND_TRANSCEIVER => BindKind::Transceiver,
        CommandId::BIND_TRANSMITTER => BindKind::Transmitter,
        CommandId::BIND_RECEIVER => BindKind::Receiver,
        other => panic!("{other} is no bind"),
    }
}
