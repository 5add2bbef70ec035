//! An operator made by hand: it writes whatever octets a test wants, and reads what comes back, PDU by PDU.

use crate::program::PATIENCE;
use dayaq_smpp::concat::{UserData, user_data};
use dayaq_smpp::ussd::{Dialect, UssdEvent, UssdTurn};
use dayaq_smpp::{
    Address, BindKind, BindResp, Body, CommandId, CommandStatus, Header, MAX_PDU_LEN, MessageKind, Pdu, ShortMessage,
    SmResp, Tag, decode, encode, split_frame,
};
use dayaq_text::{Alphabet, best_alphabet};
use std::collections::VecDeque;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// ussd_service_op of a notification (SMPP 3.4 §5.3.2.44: USSN request).
const NOTIFICATION: u64 = 3;

/// Listens for the program.
pub struct RawSmsc(TcpListener);

impl RawSmsc {
    pub async fn listen() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port"))
    }

    pub fn addr(&self) -> SocketAddr {
        self.0.local_addr().expect("an address")
    }

    /// The next connection, bound.
    pub async fn bound(&self) -> Line {
        let mut line = self.line().await;
        line.accept().await;
        line
    }

    /// The next connection, on which nothing has been said.
    pub async fn line(&self) -> Line {
        let accepted = tokio::time::timeout(PATIENCE, self.0.accept()).await.expect("the program connects");
        let (stream, _) = accepted.expect("a connection");
        // What is written twice in a row must not wait for the acknowledgement of the first.
        stream.set_nodelay(true).expect("a socket");
        Line {
            stream,
            caller: Caller::new("994501234502"),
            kept: Vec::new(),
            screens: VecDeque::new(),
            texts: VecDeque::new(),
            notifications: 0,
            notified: CommandStatus::ROK,
            numbers: 0,
        }
    }
}

/// One connection with the program, and one phone on it.
pub struct Line {
    stream: TcpStream,
    /// Who takes turns on it.
    caller: Caller,
    kept: Vec<u8>,
    /// Screens that came while something else was waited for.
    screens: VecDeque<(String, bool)>,
    /// Texts to phones, with the number each goes to; of a long one the first part's words.
    texts: VecDeque<(String, String)>,
    /// Notifications that were pushed, and what they are answered.
    notifications: usize,
    notified: CommandStatus,
    /// The last sequence_number of ours.
    numbers: u32,
}

/// A phone, and where its radio session stands.
#[derive(Clone, Copy)]
pub struct Caller {
    from: Address,
    session: u64,
    sequence: u64,
}

impl Caller {
    /// A phone that has not dialled yet.
    pub fn new(number: &str) -> Self {
        Self { from: Address::new(1, 1, number).expect("it is short"), session: 0, sequence: 0 }
    }
}

impl Line {
    /// Takes the bind that comes first.
    pub async fn accept(&mut self) {
        let resp = self.bind_resp().await;
        self.write(&resp).await;
    }

    /// Reads the bind that comes first, and gives its answer.
    pub async fn bind_resp(&mut self) -> Vec<u8> {
        let bind = self.next().await.expect("a bind");
        let header = header(&bind);
        assert_eq!(header.command_id, CommandId::BIND_TRANSCEIVER);
        let resp = BindResp { system_id: b"raw", ..BindResp::default() };
        encoded(header.sequence_number, Body::BindResp(BindKind::Transceiver, resp))
    }

    /// Lets another phone take its turns on it from now on.
    pub fn hand_to(&mut self, caller: Caller) {
        self.caller = caller;
    }

    /// Reads until at least so many octets have come of what is not read yet.
    pub async fn read_octets(&mut self, count: usize) {
        let read = async {
            while self.kept.len() < count {
                assert!(self.stream.read_buf(&mut self.kept).await.expect("it stands") > 0, "it ended");
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("the program says something");
    }

    /// The length of the PDU that begins what is not read yet.
    pub fn frame_len(&self) -> usize {
        u32::from_be_bytes(self.kept[..4].try_into().expect("four octets")) as usize
    }

    /// Ends the connection by RST, whatever is still under way; gives the phone, which goes on elsewhere.
    pub fn reset(self) -> Caller {
        self.stream.set_zero_linger().expect("a socket");
        self.caller
    }

    /// Refuses what the service pushes as a notification (op 3).
    pub fn refuse_notifications(&mut self, status: CommandStatus) {
        self.notified = status;
    }

    /// How many notifications were pushed.
    pub fn notifications(&self) -> usize {
        self.notifications
    }

    /// The first screen that came while something else was waited for.
    pub fn shown(&mut self) -> Option<(String, bool)> {
        self.screens.pop_front()
    }

    /// Writes octets as they are.
    pub async fn write(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.expect("the program reads");
    }

    /// The next whole PDU; `None` once the program has closed the connection.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        let read = async {
            loop {
                if let Some(frame) = split_frame(&self.kept, MAX_PDU_LEN).expect("the program writes whole PDUs") {
                    let frame = frame.to_vec();
                    self.kept.drain(..frame.len());
                    return Some(frame);
                }
                match self.stream.read_buf(&mut self.kept).await {
                    Ok(1..) => {}
                    Ok(0) | Err(_) => return None,
                }
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("the program says or does something")
    }

    /// Waits for this PDU, whatever screens come before it.
    pub async fn wait_for(&mut self, command_id: CommandId) -> Header {
        loop {
            let frame = self.next().await.unwrap_or_else(|| panic!("closed before {command_id}"));
            let header = header(&frame);
            if header.command_id == command_id {
                return header;
            }
            self.take(&frame).await;
        }
    }

    /// A sequence_number that has not been used.
    pub fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    /// The deliver_sm of the phone's next turn, encoded.
    pub fn turn(&mut self, event: UssdEvent, text: &str) -> Vec<u8> {
        let message = self.turn_message(event, text);
        self.deliver_sm(&message)
    }

    /// The phone's next turn as a message.
    pub fn turn_message(&mut self, event: UssdEvent, text: &str) -> ShortMessage {
        let Caller { from, session, sequence } = self.caller;
        let (session, sequence) = match event {
            UssdEvent::Begin => (session + 1, 0),
            UssdEvent::Continue | UssdEvent::Abort | UssdEvent::Timeout | UssdEvent::Notified => {
                (session, sequence + 1)
            }
        };
        self.caller = Caller { from, session, sequence };
        let turn = UssdTurn {
            event,
            from,
            to: Address::new(0, 1, "7142").expect("it is short"),
            session,
            sequence,
            text,
            alphabet: best_alphabet(text),
        };
        Dialect::specification().write_turn(&turn).expect("a turn")
    }

    /// The phone's last turn once more, under another sequence_number: delivered again because nobody answered it.
    pub fn again(&mut self, pdu: &[u8]) -> Vec<u8> {
        let mut pdu = pdu.to_vec();
        pdu[12..16].copy_from_slice(&self.number().to_be_bytes());
        pdu
    }

    /// A deliver_sm, encoded under a fresh sequence_number.
    pub fn deliver_sm(&mut self, message: &ShortMessage) -> Vec<u8> {
        let (number, body) = (self.number(), Body::Message(MessageKind::DeliverSm, message.as_sm()));
        encoded(number, body)
    }

    /// Dials the service; gives the screen and whether the session goes on.
    pub async fn dial(&mut self) -> (String, bool) {
        let pdu = self.turn(UssdEvent::Begin, "*7142#");
        self.exchange(&pdu).await
    }

    /// Answers the screen.
    pub async fn send(&mut self, typed: &str) -> (String, bool) {
        let pdu = self.turn(UssdEvent::Continue, typed);
        self.exchange(&pdu).await
    }

    /// Delivers a turn, which must be taken, and gives the screen that answers it.
    pub async fn exchange(&mut self, pdu: &[u8]) -> (String, bool) {
        self.write(pdu).await;
        self.taken(pdu).await;
        self.screen().await
    }

    /// Delivers a text from that address, which must be taken.
    pub async fn write_text(&mut self, from: Address, text: &str) {
        let message = ShortMessage {
            source: from,
            destination: Address::new(0, 1, "7142").expect("it is short"),
            short_message: text.into(),
            ..ShortMessage::default()
        };
        self.deliver(&message).await;
    }

    /// The next text to a phone, and to which number it goes.
    pub async fn text(&mut self) -> (String, String) {
        loop {
            if let Some(text) = self.texts.pop_front() {
                return text;
            }
            let frame = self.next().await.expect("a text");
            self.take(&frame).await;
        }
    }

    /// The next screen, and whether the session goes on.
    pub async fn screen(&mut self) -> (String, bool) {
        loop {
            if let Some(screen) = self.screens.pop_front() {
                return screen;
            }
            let frame = self.next().await.expect("a screen");
            self.take(&frame).await;
        }
    }

    /// Delivers a message, which must be taken.
    pub async fn deliver(&mut self, message: &ShortMessage) {
        let pdu = self.deliver_sm(message);
        self.write(&pdu).await;
        self.taken(&pdu).await;
    }

    /// Waits until what was delivered is taken.
    pub async fn taken(&mut self, pdu: &[u8]) {
        let response = self.wait_for(CommandId::DELIVER_SM.response()).await;
        assert_eq!(
            (response.sequence_number, response.command_status),
            (header(pdu).sequence_number, CommandStatus::ROK)
        );
    }

    /// Takes a submit_sm, as an operator does, and passes everything else over.
    pub async fn take(&mut self, frame: &[u8]) {
        let pdu = decode(frame).expect("the program writes what can be read");
        match pdu.body {
            Body::Message(MessageKind::SubmitSm, sm) => {
                let message = ShortMessage::try_from(&sm).expect("it fits");
                let resp = SmResp { message_id: Some(b"1"), ..SmResp::default() };
                let body = Body::MessageResp(MessageKind::SubmitSm, resp);
                if message.tlvs.as_tlvs().uint(Tag::USSD_SERVICE_OP) == Some(NOTIFICATION) {
                    self.notifications += 1;
                    return self.answer_with(self.notified, pdu.sequence_number, body).await;
                }
                self.answer(pdu.sequence_number, body).await;
                let dialect = Dialect::specification();
                if dialect.concerns(&message) {
                    let screen = dialect.read_screen(&message).expect("a screen");
                    self.screens.push_back((screen.text.expect("text"), !screen.ends));
                } else {
                    let octets = match user_data(&message).expect("whole parts") {
                        UserData::Whole(octets) => octets.to_vec(),
                        UserData::Piece(piece) if piece.number == 1 => piece.octets.to_vec(),
                        UserData::Piece(_) => return,
                    };
                    let alphabet = if message.data_coding == 8 { Alphabet::Ucs2 } else { Alphabet::Gsm7 };
                    let to = message.destination.digits.as_str().expect("a number").to_owned();
                    self.texts.push_back((to, dayaq_text::decode(&octets, alphabet).expect("letters")));
                }
            }
            Body::EnquireLink => self.answer(pdu.sequence_number, Body::EnquireLinkResp).await,
            _ => panic!("{} comes out of turn", pdu.body.command_id()),
        }
    }

    async fn answer(&mut self, number: u32, body: Body<'_>) {
        self.answer_with(CommandStatus::ROK, number, body).await;
    }

    async fn answer_with(&mut self, command_status: CommandStatus, sequence_number: u32, body: Body<'_>) {
        let mut octets = Vec::new();
        encode(&Pdu { command_status, sequence_number, body }, &mut octets).expect("a PDU");
        self.write(&octets).await;
    }
}

/// The next text to a phone over whichever of two connections, and to which number it goes.
pub async fn text_of_either(one: &mut Line, other: &mut Line) -> (String, String) {
    loop {
        if let Some(text) = one.texts.pop_front().or_else(|| other.texts.pop_front()) {
            return text;
        }
        // What one of them has begun to read stays with it.
        tokio::select! {
            frame = one.next() => one.take(&frame.expect("the connection stands")).await,
            frame = other.next() => other.take(&frame.expect("the connection stands")).await,
        }
    }
}

/// The header of a whole PDU.
pub fn header(frame: &[u8]) -> Header {
    Header::read(frame).expect("a whole PDU has a header")
}

/// A PDU without a fault, encoded.
pub fn encoded(sequence_number: u32, body: Body<'_>) -> Vec<u8> {
    let mut octets = Vec::new();
    let pdu = Pdu { command_status: CommandStatus::ROK, sequence_number, body };
    encode(&pdu, &mut octets).expect("a PDU");
    octets
}
