//! What both benchmarks measure: one deliver_sm in, one submit_sm out, by three codecs.

use bytes::{BufMut, BytesMut};
use dayaq_smpp::{Addr, Body, CommandStatus, MessageKind, Pdu, Sm, Tag, TlvBuf};
use rusmpp_core::command::{borrowed, owned};
use rusmpp_core::decode::borrowed::DecodeWithLength as _;
use rusmpp_core::decode::owned::DecodeWithLength as _;
use rusmpp_core::encode::Length as _;
use rusmpp_core::encode::owned::Encode as _;

/// A turn of a USSD session with both of its parameters.
pub const DELIVER_SM: &[u8] = b"\x00\x00\x00\x46\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x07\
USSD\0\x01\x01994501234567\0\x00\x017142\0\x00\x00\x00\0\0\x00\x00\x0F\x00\x06*7142#\
\x05\x01\x00\x01\x01\x13\x83\x00\x02\x05\x00";

/// A screen of 80 octets with both parameters, as the codec writes it.
pub fn submit_sm() -> Vec<u8> {
    let mut tlvs = TlvBuf::new();
    tlvs.push_u8(Tag::USSD_SERVICE_OP, 2);
    tlvs.push(Tag::ITS_SESSION_INFO, &[5, 0]).expect("two octets");
    let mut out = Vec::new();
    ours_encode(&pdu(&TEXT, &tlvs), &mut out);
    out
}

/// A text of 80 octets.
pub static TEXT: [u8; 80] = [b'x'; 80];

/// The message of [`submit_sm`].
pub fn pdu<'a>(text: &'a [u8], tlvs: &'a TlvBuf) -> Pdu<'a> {
    let sm = Sm {
        service_type: b"USSD",
        source: Addr { ton: 0, npi: 1, digits: b"7142" },
        destination: Addr { ton: 1, npi: 1, digits: b"994501234567" },
        data_coding: 0x0F,
        short_message: text,
        tlvs: tlvs.as_tlvs(),
        ..Sm::default()
    };
    Pdu { command_status: CommandStatus::ROK, sequence_number: 7, body: Body::Message(MessageKind::SubmitSm, sm) }
}

pub fn ours_decode(frame: &[u8]) -> Pdu<'_> {
    dayaq_smpp::decode(frame).expect("a deliver_sm")
}

pub fn ours_encode(pdu: &Pdu<'_>, out: &mut Vec<u8>) {
    dayaq_smpp::encode(pdu, out).expect("it fits");
}

/// As its client reads it: the frame lies in a buffer of which the fields become shares.
pub fn rusmpp_decode(mut body: BytesMut) -> owned::Command {
    let len = body.len();
    owned::Command::decode(&mut body, len).expect("a deliver_sm").0
}

/// As it reads without a heap, with room for eight parameters.
pub fn rusmpp_decode_borrowed(body: &[u8]) -> borrowed::Command<'_, 8> {
    borrowed::Command::decode(body, body.len()).expect("a deliver_sm").0
}

pub fn rusmpp_encode(command: &owned::Command, out: &mut BytesMut) {
    let len = command.length() + 4;
    out.reserve(len);
    out.put_u32(len as u32);
    command.encode(out);
}

pub fn smpp34_decode(frame: &[u8]) -> smpp34::deliver_sm {
    let header = smpp34::CommandHeader::decode(frame).expect("a header");
    smpp34::deliver_sm::decode(header, frame).expect("a deliver_sm")
}

pub fn smpp34_submit_sm(frame: &[u8]) -> smpp34::submit_sm {
    let header = smpp34::CommandHeader::decode(frame).expect("a header");
    smpp34::submit_sm::decode(header, frame).expect("a submit_sm")
}
