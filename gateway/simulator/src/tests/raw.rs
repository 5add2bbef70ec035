//! An ESME without any patience of its own: it writes what it is told and shows every octet that comes.

use crate::{Fault, Smsc, SmscConfig};
use dayaq_smpp::{
    Addr, Bind, BindKind, Body, CommandId, CommandStatus, Header, MAX_PDU_LEN, MessageKind, Pdu, Sm, encode,
    split_frame,
};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub const LONG: Duration = Duration::from_secs(30);
pub const PHONE: &str = "994501234567";

/// A connection, whatever carries it.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub struct Raw {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    sequence: u32,
}

/// An operator with these faults from the beginning.
pub async fn faulty(faults: &[&str]) -> Smsc {
    let faults = faults.iter().map(|text| text.parse::<Fault>().expect("a fault")).collect();
    Smsc::start(SmscConfig { faults, ..SmscConfig::default() }).await.expect("a free port")
}

/// Waits until something is so, which takes no longer than a moment.
pub async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let wait = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(LONG, wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

impl Raw {
    pub async fn connect(addr: SocketAddr) -> Self {
        Self::over(TcpStream::connect(addr).await.expect("it listens"))
    }

    pub fn over(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), buffer: Vec::new(), sequence: 0 }
    }

    /// A transceiver, bound.
    pub async fn bound(smsc: &Smsc) -> Self {
        let mut raw = Self::connect(smsc.addr()).await;
        assert_eq!(raw.bind(BindKind::Transceiver, "dayaq", "secret").await, CommandStatus::ROK);
        raw
    }

    /// Asks to bind, and gives the status of the answer.
    pub async fn bind(&mut self, kind: BindKind, system_id: &str, password: &str) -> CommandStatus {
        self.ask_to_bind(kind, system_id, password).await;
        self.expect(kind.command_id().response()).await.0.command_status
    }

    pub async fn ask_to_bind(&mut self, kind: BindKind, system_id: &str, password: &str) {
        let (system_id, password) = (system_id.as_bytes(), password.as_bytes());
        let bind = Bind { system_id, password, interface_version: 0x34, ..Bind::default() };
        self.ask(Body::Bind(kind, bind)).await;
    }

    /// Sends a request and gives its sequence_number.
    pub async fn ask(&mut self, body: Body<'_>) -> u32 {
        self.sequence += 1;
        self.say(CommandStatus::ROK, self.sequence, body).await;
        self.sequence
    }

    pub async fn say(&mut self, command_status: CommandStatus, sequence_number: u32, body: Body<'_>) {
        let mut octets = Vec::new();
        encode(&Pdu { command_status, sequence_number, body }, &mut octets).expect("it can be encoded");
        self.stream.write_all(&octets).await.expect("the SMSC reads");
        self.stream.flush().await.expect("the SMSC reads");
    }

    /// A text for a phone.
    pub async fn submit(&mut self, to: &str, text: &str) -> u32 {
        self.ask(Body::Message(MessageKind::SubmitSm, sm(to, text))).await
    }

    /// Sends it and gives the header of the next PDU.
    pub async fn submit_and_hear(&mut self, to: &str, text: &str) -> (u32, Header) {
        let sequence = self.submit(to, text).await;
        (sequence, self.frame().await.expect("an answer").0)
    }

    /// The next PDU; `None` where the stream ends before it is whole.
    pub async fn frame(&mut self) -> Option<(Header, Vec<u8>)> {
        loop {
            if let Some(frame) = split_frame(&self.buffer, MAX_PDU_LEN).expect("a sound length") {
                let frame = frame.to_vec();
                self.buffer.drain(..frame.len());
                return Some((Header::read(&frame).expect("whole"), frame));
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// The next PDU, which must be this one.
    pub async fn expect(&mut self, id: CommandId) -> (Header, Vec<u8>) {
        let (header, frame) = self.frame().await.unwrap_or_else(|| panic!("the link ended before {id}"));
        assert_eq!(header.command_id, id);
        (header, frame)
    }

    /// Everything up to the end of the stream.
    pub async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.buffer)
    }

    /// At least so many octets, or what there is before the end.
    pub async fn octets(&mut self, count: usize) -> Vec<u8> {
        while self.buffer.len() < count && self.more().await {}
        self.buffer.drain(..count.min(self.buffer.len())).collect()
    }

    /// Whether nothing comes for a while.
    pub async fn is_silent(&mut self) -> bool {
        self.buffer.is_empty()
            && timeout(Duration::from_millis(100), self.stream.read_buf(&mut self.buffer)).await.is_err()
    }

    async fn more(&mut self) -> bool {
        let read = timeout(LONG, self.stream.read_buf(&mut self.buffer)).await.expect("something, or the end");
        // A connection that is reset has ended too.
        read.unwrap_or_default() > 0
    }
}

/// A text of ours to a phone.
pub fn sm<'t>(to: &'t str, text: &'t str) -> Sm<'t> {
    Sm {
        source: Addr { ton: 5, npi: 0, digits: b"Dayaq" },
        destination: Addr { ton: 1, npi: 1, digits: to.as_bytes() },
        short_message: text.as_bytes(),
        ..Sm::default()
    }
}
