//! What an operator and an ESME say to each other in some dialect, PDU by PDU.

use dayaq_smpp::ussd::{Dialect, UssdEvent, UssdReply, UssdTurn};
use dayaq_smpp::{
    Address, Bind, BindKind, BindResp, Body, CommandStatus, MessageKind, Pdu, ShortMessage, SmResp, Tag, encode,
};
use dayaq_text::{Alphabet, best_alphabet};

/// Whose phones.
pub const PHONES: [&str; 3] = ["994501234501", "994551234502", "994701234503"];
/// What they see and type.
pub const SECRETS: [&str; 4] = ["müraciət", "New application", "Salam", "12E4567"];
const CODE: &str = "7142";

/// One PDU and who sent it.
#[derive(Clone)]
pub struct Said {
    pub esme: bool,
    pub octets: Vec<u8>,
}

/// Tells it.
pub struct Story<'d> {
    dialect: &'d Dialect,
    said: Vec<Said>,
    ours: u32,
    theirs: u32,
    session: u64,
}

/// A phone in a dialogue.
#[derive(Clone, Copy)]
struct Call {
    phone: &'static str,
    session: u64,
    turn: u64,
}

impl<'d> Story<'d> {
    pub fn new(dialect: &'d Dialect) -> Self {
        Self { dialect, said: Vec::new(), ours: 0, theirs: 0, session: 40 }
    }

    /// A bind, dialogues that overlap, with every way to end, and texts with their receipts.
    pub fn everything(&mut self) -> Vec<Said> {
        self.bind();
        let mut first = self.dial(PHONES[0], "*7142#");
        self.screen(first, "1 Yeni müraciət\n2 Müraciətim", false);
        let mut second = self.dial(PHONES[1], "*7142*3#");
        self.screen(second, "1 New application\n2 My application", false);
        self.turn(&mut first, UssdEvent::Continue, "1");
        self.screen(first, "FİN-iniz:", false);
        self.turn(&mut second, UssdEvent::Continue, "1");
        self.screen(second, "Your FIN:", false);
        self.turn(&mut first, UssdEvent::Continue, "12E4567");
        self.screen(first, "Qeydiyyat", true);
        self.turn(&mut second, UssdEvent::Continue, "12E4567");
        self.screen(second, "Registered. Help: 142", true);
        let mut third = self.dial(PHONES[2], "*7142#");
        self.screen(third, "1 Yeni müraciət", false);
        self.turn(&mut third, UssdEvent::Abort, "");
        for ending in [UssdEvent::Timeout, UssdEvent::Abort] {
            let mut again = self.dial(PHONES[2], "*7142#");
            self.screen(again, "1 Yeni müraciət", false);
            self.turn(&mut again, UssdEvent::Continue, "2");
            self.screen(again, "Nömrə:", false);
            self.turn(&mut again, ending, "");
        }
        self.text(PHONES[0], "Qeydiyyat: müraciət", "0A1B");
        self.text(PHONES[1], "Registered: your application", "0A1C");
        self.write(PHONES[2], "Salam");
        std::mem::take(&mut self.said)
    }

    /// One dialogue to its end, and one that is hung up.
    pub fn little(&mut self) -> Vec<Said> {
        self.bind();
        let mut first = self.dial(PHONES[0], "*7142#");
        self.screen(first, "1 Yeni müraciət\n2 Müraciətim", false);
        self.turn(&mut first, UssdEvent::Continue, "1");
        self.screen(first, "Qeydiyyat", true);
        let mut second = self.dial(PHONES[1], "*7142#");
        self.screen(second, "1 New application", false);
        self.turn(&mut second, UssdEvent::Abort, "");
        std::mem::take(&mut self.said)
    }

    /// A screen that nobody asked for and nobody answers: a menu, or a notification.
    pub fn push(&mut self, phone: &str, number: u64, notifies: bool) -> Vec<Said> {
        self.pushed(phone, number, notifies);
        std::mem::take(&mut self.said)
    }

    /// A notification that the phone confirms; `None` where the dialect has no such message.
    pub fn confirmed(&mut self, phone: &str, number: u64) -> Option<Vec<Said>> {
        let op = self.dialect.inbound_ops.iter().find(|op| op.event == UssdEvent::Notified)?.op;
        let pushed = self.pushed(phone, number, true);
        let mut message = ShortMessage { source: pushed.destination, destination: pushed.source, ..pushed.clone() };
        message.short_message.clear();
        message.tlvs = dayaq_smpp::TlvBuf::new();
        for it in pushed.tlvs.as_tlvs().iter() {
            let value = if it.tag == Tag::USSD_SERVICE_OP { vec![op] } else { it.value.to_vec() };
            message.tlvs.push(it.tag, &value).expect("it is short");
        }
        self.theirs += 1000;
        self.deliver(&message);
        self.theirs -= 1000;
        Some(std::mem::take(&mut self.said))
    }

    fn pushed(&mut self, phone: &str, number: u64, notifies: bool) -> ShortMessage {
        let (to, from) = (Address::new(1, 1, phone).expect("it fits"), Address::new(0, 1, CODE).expect("it fits"));
        let begun = self.dialect.begin_push(to, from, number);
        let text = if notifies { "Kart hazirdir" } else { "1 Bax\n2 Sonra" };
        let reply = UssdReply {
            to: begun.from,
            from: begun.to,
            session: begun.session,
            text,
            alphabet: Alphabet::Gsm7,
            language: *b"az",
            ends: notifies,
        };
        let message = self.dialect.write_push(&reply).expect("it fits");
        self.ours += 1000;
        self.submit(&message, None);
        self.ours -= 1000;
        message
    }

    /// Some dialogues that end with this op.
    pub fn ended_by(&mut self, op: u8) -> Vec<Said> {
        for _ in 0..2 {
            let call = self.dial(PHONES[0], "*7142#");
            self.screen(call, "1 Yeni müraciət", false);
            let mut message = self.written(Call { turn: 1, ..call }, UssdEvent::Abort, "");
            let kept: Vec<(Tag, Vec<u8>)> =
                message.tlvs.as_tlvs().iter().map(|it| (it.tag, it.value.to_vec())).collect();
            message.tlvs = dayaq_smpp::TlvBuf::new();
            for (tag, value) in kept {
                let value = if tag == Tag::USSD_SERVICE_OP { vec![op] } else { value };
                message.tlvs.push(tag, &value).expect("it is short");
            }
            self.deliver(&message);
        }
        std::mem::take(&mut self.said)
    }

    fn bind(&mut self) {
        let bind = Bind { system_id: b"other", password: b"geheim", interface_version: 0x34, ..Bind::default() };
        self.ours += 1;
        self.say(true, self.ours, Body::Bind(BindKind::Transceiver, bind));
        self.say(false, self.ours, Body::BindResp(BindKind::Transceiver, BindResp::default()));
    }

    fn dial(&mut self, phone: &'static str, dialled: &str) -> Call {
        self.session += 3;
        let call = Call { phone, session: self.session, turn: 0 };
        let message = self.written(call, UssdEvent::Begin, dialled);
        self.deliver(&message);
        call
    }

    fn turn(&mut self, call: &mut Call, event: UssdEvent, text: &str) {
        call.turn += 1;
        let message = self.written(*call, event, text);
        self.deliver(&message);
    }

    fn written(&self, call: Call, event: UssdEvent, text: &str) -> ShortMessage {
        let turn = UssdTurn {
            event,
            from: Address::new(1, 1, call.phone).expect("it fits"),
            to: Address::new(0, 1, CODE).expect("it fits"),
            session: call.session,
            sequence: call.turn,
            text,
            alphabet: best_alphabet(text),
        };
        self.dialect.write_turn(&turn).expect("it can be written")
    }

    fn deliver(&mut self, message: &ShortMessage) {
        self.theirs += 1;
        self.say(false, self.theirs, Body::Message(MessageKind::DeliverSm, message.as_sm()));
        self.say(true, self.theirs, Body::MessageResp(MessageKind::DeliverSm, SmResp::default()));
    }

    fn screen(&mut self, call: Call, text: &str, ends: bool) {
        let came = self.written(call, UssdEvent::Continue, "1");
        let came = self.dialect.read(&came).expect("it is of the dialect");
        let reply = UssdReply {
            to: came.from,
            from: came.to,
            session: came.session,
            text,
            alphabet: best_alphabet(text),
            language: *b"az",
            ends,
        };
        let message = self.dialect.write(&reply).expect("it fits");
        self.submit(&message, None);
    }

    fn submit(&mut self, message: &ShortMessage, id: Option<&str>) {
        self.ours += 1;
        self.say(true, self.ours, Body::Message(MessageKind::SubmitSm, message.as_sm()));
        let resp = SmResp { message_id: id.map(str::as_bytes), ..SmResp::default() };
        self.say(false, self.ours, Body::MessageResp(MessageKind::SubmitSm, resp));
    }

    /// A text with its receipt, whose id has no zeros in front.
    fn text(&mut self, phone: &str, text: &str, id: &str) {
        let alphabet = best_alphabet(text);
        let mut message = ShortMessage {
            source: Address::new(5, 0, "Dayaq").expect("it fits"),
            destination: Address::new(1, 1, phone).expect("it fits"),
            registered_delivery: 1,
            data_coding: if alphabet == Alphabet::Ucs2 { 8 } else { 0 },
            short_message: dayaq_text::encode(text, alphabet).expect("it has a form"),
            ..ShortMessage::default()
        };
        self.submit(&message, Some(id));
        std::mem::swap(&mut message.source, &mut message.destination);
        message.esm_class = 4;
        message.data_coding = 0;
        message.short_message = format!("id:{} stat:DELIVRD err:000", id.trim_start_matches('0')).into_bytes();
        self.deliver(&message);
    }

    fn write(&mut self, phone: &str, text: &str) {
        self.deliver(&ShortMessage {
            source: Address::new(1, 1, phone).expect("it fits"),
            destination: Address::new(0, 1, CODE).expect("it fits"),
            short_message: text.as_bytes().to_vec(),
            ..ShortMessage::default()
        });
    }

    fn say(&mut self, esme: bool, sequence_number: u32, body: Body<'_>) {
        let mut octets = Vec::new();
        encode(&Pdu { command_status: CommandStatus::ROK, sequence_number, body }, &mut octets).expect("it fits");
        self.said.push(Said { esme, octets });
    }
}
