//! An operator's SMSC built on the crate smpp34, a foreign SMPP stack, in this process, and the phones in its network.
//!
//! It spawns a task for each PDU, so what comes in one order may be handled in another: parts of a text are joined by
//! their numbers, and a text is looked for by what it says.

use crate::program::PATIENCE;
use async_trait::async_trait;
use dayaq_text::{Alphabet, decode_lossy};
use smpp34::server::ESME;
use smpp34::{
    SmppConnectionInformation, SmppServer, SmppServerListener, TlvList, TlvTag, bind_transceiver,
    bind_transceiver_resp, submit_sm, submit_sm_resp,
};
use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// `ussd_service_op` of what a phone does and of what it is shown.
const BEGIN: u8 = 1;
const ASK: u8 = 2;
const END: u8 = 17;
const CONTINUE: u8 = 18;
const ABORT: u8 = 129;
/// Milliseconds: a bind must come, enquire_link, the longest silence, an answer; then octets read at once.
const TIMERS: (u64, u64, u64, u64, usize) = (30_000, 500, 300_000, 30_000, 1500);
/// Ports tried until one is still free when the server takes it.
const PORTS_MAX: usize = 20;

/// An SMSC that takes one transceiver. What an operator would complain of fails the test.
pub struct Smpp34Smsc {
    /// Where it listens.
    pub addr: SocketAddr,
    _server: SmppServer,
    desk: Arc<Desk>,
    heard: UnboundedReceiver<Heard>,
    esme: Option<Arc<ESME>>,
    parts: BTreeMap<(String, u8), BTreeMap<u8, String>>,
    texts: Vec<(String, String)>,
    screens: VecDeque<(String, Screen)>,
    sessions: u8,
    faults: Faults,
    /// How often a phone dialled or answered.
    pub turns: usize,
    /// How many delivery receipts were asked for, and how many were taken.
    pub receipts: (usize, usize),
}

/// What this SMSC does otherwise than it should.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// What data_coding 0 means to it; `None`: GSM-7, of which only the letters of ASCII are read.
    pub alphabet: Option<Alphabet>,
    /// Its op for a last screen is 32, not 17.
    pub end: bool,
    /// It names messages in hexadecimal in responses, in decimal in receipts.
    pub ids: bool,
}

/// What the stack tells of.
enum Heard {
    Bound(ESME),
    Unbound,
    Submitted(Box<submit_sm>),
    Receipted(u32),
}

struct Screen {
    text: String,
    session: Vec<u8>,
    op: u8,
}

/// The side that smpp34 calls.
struct Desk {
    told: UnboundedSender<Heard>,
    decimal_receipts: bool,
    messages: AtomicU32,
    esme: Mutex<Option<Arc<ESME>>>,
}

impl Smpp34Smsc {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        Self::start_with(Faults::default()).await
    }

    /// The same with faults.
    pub async fn start_with(faults: Faults) -> Self {
        let (told, heard) = unbounded_channel();
        let desk = Arc::new(Desk {
            told,
            decimal_receipts: faults.ids,
            messages: AtomicU32::new(0xa0),
            esme: Mutex::default(),
        });
        let (init, enquire_link, inactivity, response, buffer) = TIMERS;
        for _ in 0..PORTS_MAX {
            // It cannot tell which port it was given, so it is given one that was free a moment ago.
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
            let addr = free.expect("loopback has a free port");
            let handler = Arc::clone(&desk) as Arc<dyn SmppServerListener + Send + Sync>;
            let mut server = SmppServer::new_with_default_timers(
                addr.ip(),
                addr.port(),
                handler,
                init,
                enquire_link,
                inactivity,
                response,
                buffer,
            );
            server.start().await;
            if server.is_alive() {
                return Self {
                    addr,
                    _server: server,
                    desk,
                    heard,
                    esme: None,
                    parts: BTreeMap::new(),
                    texts: Vec::new(),
                    screens: VecDeque::new(),
                    sessions: 0,
                    faults,
                    turns: 0,
                    receipts: (0, 0),
                };
            }
        }
        panic!("no port stays free for a moment");
    }

    /// Waits until the service is bound to it.
    pub async fn wait_for_bind(&mut self) {
        while self.esme.is_none() {
            self.hear().await;
        }
    }

    /// Waits until the link has ended.
    pub async fn wait_for_close(&mut self) {
        while self.esme.is_some() {
            self.hear().await;
        }
    }

    /// Waits until every delivery receipt has been taken.
    pub async fn settle(&mut self) {
        while self.receipts.1 < self.receipts.0 {
            self.hear().await;
        }
    }

    /// A phone in its network.
    pub fn phone<'s>(&'s mut self, msisdn: &'s str) -> Phone<'s> {
        Phone { smsc: self, msisdn, session: 0, turn: 0, reference: 0, shown: String::new(), more: false }
    }

    async fn hear(&mut self) {
        let heard = tokio::time::timeout(PATIENCE, self.heard.recv()).await.expect("smpp34 has something to tell");
        match heard.expect("the desk lives as long as this") {
            Heard::Bound(esme) => {
                assert_eq!(esme.system_id, "dayaq");
                let esme = Arc::new(esme);
                *self.desk.esme.lock().expect("no holder panics") = Some(Arc::clone(&esme));
                assert!(self.esme.replace(esme).is_none(), "one bind at a time");
            }
            Heard::Unbound => self.esme = None,
            Heard::Receipted(status) => {
                assert_eq!(status, 0, "the answer to a delivery receipt");
                self.receipts.1 += 1;
            }
            Heard::Submitted(message) => self.take(&message),
        }
    }

    fn words(&self, data_coding: u8, octets: &[u8]) -> String {
        match self.faults.alphabet {
            Some(alphabet) if data_coding == 0 => decode_lossy(octets, alphabet),
            _ => words(data_coding, octets),
        }
    }

    fn take(&mut self, message: &submit_sm) {
        let to = message.destination_addr.clone();
        if let Some(op) = message.tlvs.get_tlv(TlvTag::UssdServiceOp) {
            let session = message.tlvs.get_tlv(TlvTag::ItsSessionInfo).expect("its_session_info").value.clone();
            let text = self.words(message.data_coding, &message.short_message);
            let op = op.as_u8().expect("one octet");
            self.screens.push_back((to, Screen { text, session, op }));
            return;
        }
        if message.registered_delivery & 3 == 1 {
            self.receipts.0 += 1;
        }
        if message.esm_class & 0x40 == 0 {
            let text = self.words(message.data_coding, &message.short_message);
            self.texts.push((to, text));
            return;
        }
        let [5, 0, 3, reference, total, number, ref text @ ..] = message.short_message[..] else {
            panic!("a user data header of another kind: {:02x?}", message.short_message.first_chunk::<7>());
        };
        let text = self.words(message.data_coding, text);
        let have = self.parts.entry((to.clone(), reference)).or_default();
        have.insert(number, text);
        if have.len() == usize::from(total) {
            let parts = self.parts.remove(&(to.clone(), reference)).unwrap_or_default();
            self.texts.push((to, parts.into_values().collect()));
        }
    }
}

/// What octets say, read without our own tables: the words of these stories in GSM-7 are those of ASCII.
fn words(data_coding: u8, octets: &[u8]) -> String {
    match data_coding {
        8 => {
            let units: Vec<u16> = octets.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16(&units).expect("UTF-16 big-endian")
        }
        0 => {
            assert!(octets.iter().all(|octet| matches!(octet, b'\n' | b' '..=b'z')), "{octets:02x?}");
            octets.iter().copied().map(char::from).collect()
        }
        other => panic!("data_coding {other}"),
    }
}

#[async_trait]
impl SmppServerListener for Desk {
    async fn on_bind_transceiver(
        &self,
        bind: bind_transceiver,
        _: &SmppConnectionInformation,
        _: &String,
    ) -> bind_transceiver_resp {
        assert_eq!((bind.password.as_str(), bind.interface_version), ("secret", 0x34));
        bind.accept("smpp34".to_owned(), Some(0x34))
    }

    async fn on_esme_bound(&self, esme: ESME, _: &String) {
        // Whoever is not listening any more has ended.
        let _ = self.told.send(Heard::Bound(esme));
    }

    async fn on_esme_unbound(&self, _: &String) {
        self.esme.lock().expect("no holder panics").take();
        let _ = self.told.send(Heard::Unbound);
    }

    async fn on_submit_sm(&self, message: submit_sm, _: &SmppConnectionInformation, _: &String) -> submit_sm_resp {
        let number = self.messages.fetch_add(1, Ordering::SeqCst);
        let id = format!("{number:08x}");
        let wants_receipt = message.registered_delivery & 3 == 1;
        let esme = self.esme.lock().expect("no holder panics").clone();
        if let (true, Some(esme)) = (wants_receipt, esme) {
            let named = if self.decimal_receipts { number.to_string() } else { id.clone() };
            tokio::spawn(receipt(esme, message.clone(), named, self.told.clone()));
        }
        let _ = self.told.send(Heard::Submitted(Box::new(message.clone())));
        message.accept(id)
    }
}

/// A receipt that says everything in parameters and nothing in its text; it may overtake the response.
async fn receipt(esme: Arc<ESME>, message: submit_sm, id: String, told: UnboundedSender<Heard>) {
    let sent = esme.deliver_sm().esm_class(0x04);
    let sent = sent.source_addr_ton(1).source_addr_npi(1).source_addr(message.destination_addr);
    let sent = sent.destination_addr(message.source_addr);
    let sent = sent.tlv(TlvTag::ReceiptedMessageId, [id.as_bytes(), &[0]].concat()).tlv(TlvTag::MessageStateTlv, [2]);
    let status = sent.send().await.map_or(u32::MAX, |answer| answer.command_status());
    let _ = told.send(Heard::Receipted(status));
}

/// A phone: it dials, answers, and shows the last screen or text.
pub struct Phone<'s> {
    smsc: &'s mut Smpp34Smsc,
    msisdn: &'s str,
    session: u8,
    turn: u8,
    reference: u8,
    shown: String,
    more: bool,
}

impl Phone<'_> {
    /// Dials a service code and waits for the screen.
    pub async fn dial(&mut self, code: &str) -> &mut Self {
        self.smsc.sessions += 1;
        (self.session, self.turn) = (self.smsc.sessions, 0);
        self.deliver(BEGIN, code).await
    }

    /// Answers and waits for the screen.
    pub async fn send(&mut self, typed: &str) -> &mut Self {
        assert!(self.more, "there is nothing to answer: {:?}", self.shown);
        self.turn += 1;
        self.deliver(CONTINUE, typed).await
    }

    /// What is shown must say this.
    #[track_caller]
    pub fn expect(&mut self, says: &str) -> &mut Self {
        assert!(self.shown.contains(says), "{says:?} is not on the phone:\n{}", self.shown);
        self
    }

    /// The session must be over.
    #[track_caller]
    pub fn expect_end(&mut self) -> &mut Self {
        assert!(!self.more, "the session should be over:\n{}", self.shown);
        self
    }

    /// Waits for a text that says this, and shows it.
    pub async fn await_sms(&mut self, says: &str) -> &mut Self {
        loop {
            let mine = |(to, text): &(String, String)| to == self.msisdn && text.contains(says);
            if let Some(at) = self.smsc.texts.iter().position(mine) {
                self.shown = self.smsc.texts.remove(at).1;
                return self;
            }
            self.smsc.hear().await;
        }
    }

    /// Whether the phone may answer what it shows.
    pub fn may_answer(&self) -> bool {
        self.more
    }

    /// Hangs up, and waits until that is taken.
    pub async fn hang_up(&mut self) {
        self.turn += 1;
        self.say(ABORT, "").await;
    }

    /// Writes a text, in as many parts as it takes, and waits until it is taken.
    pub async fn write(&mut self, text: &str) {
        let octets: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let parts: Vec<&[u8]> = if octets.len() <= 140 { vec![&octets] } else { octets.chunks(134).collect() };
        self.reference += 1;
        for (number, part) in (1u8..).zip(&parts) {
            let header = [5, 0, 3, self.reference, parts.len() as u8, number];
            let header = if parts.len() > 1 { &header[..] } else { &[] };
            let esme = self.smsc.esme.clone().expect("somebody is bound");
            let sent = esme.deliver_sm().esm_class(if header.is_empty() { 0 } else { 0x40 });
            let sent = sent.source_addr_ton(1).source_addr_npi(1).source_addr(self.msisdn);
            let sent = sent.dest_addr_npi(1).destination_addr("7142").data_coding(8);
            let answer = sent.short_message([header, part].concat()).send().await.expect("deliver_sm is answered");
            assert_eq!(answer.command_status(), 0, "deliver_sm_resp");
        }
    }

    /// What the phone shows.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    async fn say(&mut self, op: u8, text: &str) {
        let esme = self.smsc.esme.clone().expect("somebody is bound");
        let sent = esme.deliver_sm().service_type("USSD");
        let sent = sent.source_addr_ton(1).source_addr_npi(1).source_addr(self.msisdn);
        let sent = sent.dest_addr_npi(1).destination_addr("7142").short_message(text.as_bytes());
        let value = [self.session, self.turn << 1];
        let sent = sent.tlv(TlvTag::UssdServiceOp, [op]).tlv(TlvTag::ItsSessionInfo, value);
        let answer = sent.send().await.expect("deliver_sm is answered");
        assert_eq!(answer.command_status(), 0, "deliver_sm_resp");
    }

    async fn deliver(&mut self, op: u8, text: &str) -> &mut Self {
        self.smsc.turns += 1;
        self.say(op, text).await;
        while self.smsc.screens.is_empty() {
            self.smsc.hear().await;
        }
        let (to, screen) = self.smsc.screens.pop_front().expect("one is there");
        assert!(to == self.msisdn && self.smsc.screens.is_empty(), "one screen, to the phone that asked");
        self.more = match screen.op {
            ASK => true,
            END if self.smsc.faults.end => true,
            END => false,
            other => panic!("ussd_service_op {other}"),
        };
        if self.smsc.faults.end {
            self.shown = screen.text;
            return self;
        }
        assert_eq!(screen.session, [self.session, self.turn << 1 | u8::from(!self.more)], "its_session_info");
        self.shown = screen.text;
        self
    }
}
