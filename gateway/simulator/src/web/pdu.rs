//! A PDU for the eye: its name, its fields and parameters with their meaning, its octets.

use super::event::{in_baku, name};
use crate::tap::{Direction, TappedPdu};
use dayaq_smpp::concat::{UserData, user_data};
use dayaq_smpp::ussd::{Dialect, UssdEvent};
use dayaq_smpp::{Addr, Bind, Body, MessageKind, Pdu, ShortMessage, Sm, Tag, Tlvs};
use dayaq_text::decode_lossy;
use serde::Serialize;

/// What stands for a password and its octets: nobody needs it to read a bind.
const MASK: &str = "••••••";

/// A PDU as a page shows it.
#[derive(Debug, Serialize)]
pub(super) struct PduView {
    at: String,
    link: u64,
    /// `to-esme` or `from-esme`.
    way: &'static str,
    name: String,
    sequence: Option<u32>,
    status: Option<Status>,
    /// What a USSD message does to its session.
    turn: Option<&'static str>,
    text: Option<String>,
    fields: Vec<Named>,
    tlvs: Vec<Parameter>,
    octets: usize,
    hex: String,
}

#[derive(Debug, Serialize)]
struct Status {
    name: String,
    ok: bool,
}

#[derive(Debug, Serialize)]
struct Named {
    name: &'static str,
    value: String,
}

#[derive(Debug, Serialize)]
struct Parameter {
    tag: String,
    name: Option<&'static str>,
    value: Option<String>,
    hex: String,
}

impl PduView {
    /// Shows what was tapped; `pdu` is `None` where it cannot be decoded.
    pub fn new(tapped: &TappedPdu, pdu: Option<&Pdu<'_>>, dialect: &Dialect) -> Self {
        let mut view = Self {
            at: in_baku(tapped.at),
            link: tapped.link,
            way: match tapped.direction {
                Direction::Received => "from-esme",
                Direction::Sent => "to-esme",
            },
            name: "?".to_owned(),
            sequence: None,
            status: None,
            turn: None,
            text: None,
            fields: Vec::new(),
            tlvs: Vec::new(),
            octets: tapped.octets.len(),
            hex: hex(&tapped.octets),
        };
        if let Some(pdu) = pdu {
            view.describe(pdu, dialect);
        }
        view
    }

    fn describe(&mut self, pdu: &Pdu<'_>, dialect: &Dialect) {
        let command = pdu.body.command_id();
        self.name = command.to_string();
        self.sequence = Some(pdu.sequence_number);
        let response = command.is_response();
        self.status = response.then(|| Status { name: pdu.command_status.to_string(), ok: pdu.command_status.is_ok() });
        match &pdu.body {
            Body::Bind(_, bind) => self.bind(bind),
            Body::BindResp(_, resp) => {
                self.field("system_id", ascii(resp.system_id));
                self.parameters(&resp.tlvs);
            }
            Body::Message(kind, sm) => self.message(*kind, sm, dialect),
            Body::MessageResp(_, resp) => {
                self.field("message_id", ascii(resp.message_id.unwrap_or_default()));
                self.parameters(&resp.tlvs);
            }
            Body::Unbind
            | Body::UnbindResp
            | Body::EnquireLink
            | Body::EnquireLinkResp
            | Body::QuerySm(_)
            | Body::QuerySmResp(_)
            | Body::CancelSm(_)
            | Body::CancelSmResp
            | Body::ReplaceSm(_)
            | Body::ReplaceSmResp
            | Body::Outbind(_)
            | Body::AlertNotification(_)
            | Body::GenericNack
            | Body::Unknown { .. } => {}
        }
    }

    fn bind(&mut self, bind: &Bind<'_>) {
        self.field("system_id", ascii(bind.system_id));
        self.field("password", MASK.to_owned());
        self.field("system_type", ascii(bind.system_type));
        self.field("interface_version", format!("{:#04x}", bind.interface_version));
        self.field("addr_ton/npi", format!("{}/{}", bind.addr_ton, bind.addr_npi));
        self.field("address_range", ascii(bind.address_range));
        // The password follows the header and the system_id with its NUL.
        let from = 3 * (dayaq_smpp::HEADER_LEN + bind.system_id.len() + 1);
        let to = from + 3 * bind.password.len();
        if from < to && to <= self.hex.len() {
            self.hex.replace_range(from..to, &"** ".repeat(bind.password.len()));
        }
    }

    fn message(&mut self, kind: MessageKind, sm: &Sm<'_>, dialect: &Dialect) {
        self.field("service_type", ascii(sm.service_type));
        self.field("source_addr", address(sm.source));
        self.field("destination_addr", address(sm.destination));
        self.field("esm_class", meaning(sm.esm_class, esm_class(sm.esm_class)));
        self.number("protocol_id", sm.protocol_id);
        self.number("priority_flag", sm.priority_flag);
        self.field("schedule_delivery_time", ascii(sm.schedule_delivery_time));
        self.field("validity_period", ascii(sm.validity_period));
        self.number("registered_delivery", sm.registered_delivery);
        self.number("replace_if_present_flag", sm.replace_if_present_flag);
        let alphabet = dialect.data_codings.alphabet(sm.data_coding);
        self.field("data_coding", meaning(sm.data_coding, alphabet.map_or("octets", name)));
        self.number("sm_default_msg_id", sm.sm_default_msg_id);
        self.field("sm_length", sm.short_message.len().to_string());
        self.parameters(&sm.tlvs);
        // What decoded fits an owned message.
        let Ok(message) = ShortMessage::try_from(sm) else { return };
        if dialect.concerns(&message) {
            let (turn, text) = turn(kind, &message, dialect);
            self.turn = turn;
            self.text = text;
        } else {
            let octets = match user_data(&message) {
                Ok(UserData::Whole(octets)) => octets,
                Ok(UserData::Piece(piece)) => {
                    self.field("part", format!("{} / {}", piece.number, piece.series.total));
                    piece.octets
                }
                Err(_) => message.user_data(),
            };
            self.text = alphabet.map(|alphabet| decode_lossy(octets, alphabet));
        }
    }

    /// Adds a field, unless it is empty.
    fn field(&mut self, name: &'static str, value: String) {
        if !value.is_empty() {
            self.fields.push(Named { name, value });
        }
    }

    /// Adds a number, unless it is zero.
    fn number(&mut self, name: &'static str, value: u8) {
        if value != 0 {
            self.fields.push(Named { name, value: value.to_string() });
        }
    }

    fn parameters(&mut self, tlvs: &Tlvs<'_>) {
        self.tlvs.extend(tlvs.iter().map(|tlv| Parameter {
            tag: format!("{:#06x}", tlv.tag.0),
            name: tlv.tag.name(),
            value: parameter(tlv.tag, tlv.value),
            hex: hex(tlv.value),
        }));
    }
}

/// What a USSD message does to its session, and the text that it carries.
fn turn(kind: MessageKind, message: &ShortMessage, dialect: &Dialect) -> (Option<&'static str>, Option<String>) {
    match kind {
        MessageKind::DeliverSm => {
            let Ok(read) = dialect.read(message) else { return (None, None) };
            let turn = match read.event {
                UssdEvent::Begin => "begin",
                UssdEvent::Continue => "continue",
                UssdEvent::Abort => "abort",
                UssdEvent::Timeout => "timeout",
                UssdEvent::Notified => "notified",
            };
            let text = match read.event {
                UssdEvent::Begin => read.text.ok().map(|rest| match rest.as_str() {
                    "" => format!("*{}#", read.code),
                    rest => format!("*{}*{rest}#", read.code),
                }),
                UssdEvent::Continue | UssdEvent::Abort | UssdEvent::Timeout | UssdEvent::Notified => read.text.ok(),
            };
            (Some(turn), text)
        }
        MessageKind::SubmitSm | MessageKind::DataSm => {
            let Ok(read) = dialect.read_screen(message) else { return (None, None) };
            (Some(if read.ends { "end" } else { "continue" }), read.text.ok())
        }
    }
}

/// What is known of a parameter's meaning.
fn parameter(tag: Tag, value: &[u8]) -> Option<String> {
    match (tag, value) {
        (Tag::USSD_SERVICE_OP, [op]) => Some(meaning(*op, operation(*op))),
        (Tag::ITS_SESSION_INFO, [session, turn]) => {
            let end = if turn & 1 == 1 { ", end" } else { "" };
            Some(format!("session {session}, turn {}{end}", turn >> 1))
        }
        (Tag::MESSAGE_STATE, [state]) => Some(meaning(*state, message_state(*state))),
        (Tag::MESSAGE_PAYLOAD, _) => None,
        (_, [number]) => Some(number.to_string()),
        (_, [high, low]) => Some(u16::from_be_bytes([*high, *low]).to_string()),
        (_, text) => Some(ascii(text.strip_suffix(&[0]).unwrap_or(text))).filter(|text| !text.is_empty()),
    }
}

/// `ussd_service_op` (SMPP 3.4 §5.3.2.44), as the operations of MAP are called.
const fn operation(op: u8) -> &'static str {
    match op {
        0 => "PSSD indication",
        1 => "PSSR indication",
        2 => "USSR request",
        3 => "USSN request",
        16 => "PSSD response",
        17 => "PSSR response",
        18 => "USSR confirm",
        19 => "USSN confirm",
        _ => "vendor",
    }
}

/// `message_state` (SMPP 3.4 §5.2.28).
const fn message_state(state: u8) -> &'static str {
    match state {
        1 => "ENROUTE",
        2 => "DELIVERED",
        3 => "EXPIRED",
        4 => "DELETED",
        5 => "UNDELIVERABLE",
        6 => "ACCEPTED",
        7 => "UNKNOWN",
        8 => "REJECTED",
        _ => "vendor",
    }
}

/// The message type and the header's bit of `esm_class` (SMPP 3.4 §5.2.12).
const fn esm_class(class: u8) -> &'static str {
    match (class & 0x04 != 0, class & 0x40 != 0) {
        (true, _) => "delivery receipt",
        (false, true) => "user data header",
        (false, false) => "",
    }
}

fn meaning(number: u8, means: &str) -> String {
    if means.is_empty() { number.to_string() } else { format!("{number} ({means})") }
}

fn address(address: Addr<'_>) -> String {
    format!("{} (ton {}, npi {})", ascii(address.digits), address.ton, address.npi)
}

/// Octets as text; what is not printable ASCII shows as a dot.
fn ascii(octets: &[u8]) -> String {
    octets.iter().map(|o| if o.is_ascii_graphic() || *o == b' ' { char::from(*o) } else { '.' }).collect()
}

/// Octets in pairs of digits, each with a space after it.
fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x} ")).collect()
}
