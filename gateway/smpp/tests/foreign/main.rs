//! The codec beside a foreign one, rusmpp-core: what each writes the other reads, and what that one refuses is read here.

mod make;
mod random;

use bytes::BytesMut;
use dayaq_smpp::{Body, MessageKind, Pdu, Tag, decode, encode};
use random::Random;
use rusmpp_core::command::owned::Command;
use rusmpp_core::decode::owned::DecodeWithLength;
use rusmpp_core::encode::Length;
use rusmpp_core::encode::owned::Encode;

/// How many PDUs make the journey; the seed of each is its number.
const PDUS: u64 = 100_000;

/// Reads one frame by rusmpp-core, which takes it without its `command_length`; `None` where it refuses.
fn foreign_decode(frame: &[u8]) -> Option<(Command, usize)> {
    let mut body = BytesMut::from(&frame[4..]);
    let len = body.len();
    Command::decode(&mut body, len).ok().map(|(command, read)| (command, read + 4))
}

fn foreign_encode(command: &Command) -> Vec<u8> {
    let len = command.length() + 4;
    let mut out = BytesMut::with_capacity(len);
    out.extend_from_slice(&(len as u32).to_be_bytes());
    command.encode(&mut out);
    out.to_vec()
}

fn ours(pdu: &Pdu<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    encode(pdu, &mut out).unwrap();
    out
}

fn journey(seed: u64) -> &'static str {
    let mut random = Random::new(seed);
    make::pdu(&mut random, |pdu| {
        let frame = ours(pdu);
        let (command, read) = foreign_decode(&frame).unwrap_or_else(|| panic!("seed {seed}: refused: {frame:02x?}"));
        assert_eq!(read, frame.len(), "seed {seed}: octets are left: {frame:02x?}");
        let theirs = foreign_encode(&command);
        assert_eq!(theirs, frame, "seed {seed}: {command:?}");
        let again = decode(&theirs).unwrap_or_else(|error| panic!("seed {seed}: {error}: {theirs:02x?}"));
        assert_eq!((again.command_status, again.sequence_number), (pdu.command_status, pdu.sequence_number));
        assert_eq!(again.body.command_id(), pdu.body.command_id());
        // A text beyond 254 octets has moved to message_payload on the way; the octets are compared above all the same.
        if let (Body::Message(_, sent), Body::Message(_, came)) = (&pdu.body, &again.body) {
            assert_eq!(sent.user_data(), came.user_data(), "seed {seed}");
        } else if pdu.command_status.is_ok() {
            assert_eq!(again.body, pdu.body, "seed {seed}");
        }
        pdu.body.command_id().name().unwrap_or("vendor's")
    })
}

#[test]
fn a1_every_pdu_goes_to_a_foreign_codec_and_back_octet_by_octet() {
    let mut seen = std::collections::BTreeMap::<&str, u64>::new();
    for seed in 0..PDUS {
        *seen.entry(journey(seed)).or_default() += 1;
    }
    assert_eq!(seen.len(), make::COMMANDS, "{seen:?}");
    assert!(seen.values().all(|count| *count > PDUS / 100), "{seen:?}");
}

/// Makes a frame of a header and a body.
fn frame(command_id: u32, body: &[u8]) -> Vec<u8> {
    let len = (16 + body.len()) as u32;
    [&len.to_be_bytes(), &command_id.to_be_bytes(), &[0; 4], &7u32.to_be_bytes(), body].concat()
}

const DELIVER_SM: &[u8] = b"\0\x01\x01994501234567\0\0\x017142\0\0\0\0\0\0\0\0\x0F\0\x01*";

/// What operators send, what it costs with that codec (the whole PDU, or octets that make the stream slip), and what it
/// costs here.
#[test]
fn a25_a26_what_the_foreign_codec_refuses_is_read_here() {
    let tlv = |tag: Tag, value: &[u8]| {
        let head = [&tag.0.to_be_bytes()[..], &(value.len() as u16).to_be_bytes()].concat();
        frame(5, &[DELIVER_SM, &head, value].concat())
    };
    for (tag, value) in [
        (Tag::ITS_SESSION_INFO, &[9][..]),
        (Tag::ITS_SESSION_INFO, &[1, 2, 3, 4]),
        (Tag::USSD_SERVICE_OP, &[0, 0, 0, 1]),
        (Tag::USER_MESSAGE_REFERENCE, &[5]),
    ] {
        let frame = tlv(tag, value);
        assert!(foreign_decode(&frame).is_none_or(|(command, _)| foreign_encode(&command) != frame), "{tag:?}");
        let Body::Message(MessageKind::DeliverSm, sm) = decode(&frame).unwrap().body else { panic!("a deliver_sm") };
        assert_eq!(sm.tlvs.get(tag), Some(value));
    }

    // A name of the message that is too long, or has no NUL: the message was taken all the same.
    for (id, read) in [(&[[b'9'; 65].as_slice(), b"\0"].concat()[..], None), (b"no-nul", Some(&b"no-nul"[..]))] {
        let frame = frame(0x8000_0004, id);
        assert!(foreign_decode(&frame).is_none());
        let Body::MessageResp(MessageKind::SubmitSm, resp) = decode(&frame).unwrap().body else { panic!("a resp") };
        assert_eq!(resp.message_id, read);
    }

    // An enquire_link with a body: some octets are left in the stream there, none here.
    let enquire_link = frame(0x15, b"more");
    assert!(foreign_decode(&enquire_link).is_none_or(|(_, read)| read < enquire_link.len()));
    assert_eq!(decode(&enquire_link).unwrap().body, Body::EnquireLink);

    // A validity period that is neither empty nor whole, an address in another code than ASCII.
    for body in [&b"\0\0\0\0\0\0\0\0\0\0\x001230\0\0\0\0\0\0"[..], b"\0\x05\0D\xF6yaq\0\0\0\0\0\0\0\0\0\0\0\0\0\0"] {
        let frame = frame(4, body);
        assert!(foreign_decode(&frame).is_none());
        assert!(decode(&frame).is_ok());
    }
}
