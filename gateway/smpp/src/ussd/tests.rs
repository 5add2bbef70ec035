mod codings;
mod dialects;
mod push;

use proptest::prelude::*;

use super::*;
use crate::message::{DeliverSm, ShortMessage};
use crate::pdu::{Body, MessageKind, Pdu, encode};
use crate::status::CommandStatus;
use crate::tlv::{Tag, TlvBuf};

const PHONE: &str = "994501234567";

/// What an SMSC delivers, built field by field and not by the dialect under test.
fn deliver(code: &str, text: &str, op: &[u8], session: &[u8]) -> DeliverSm {
    let mut tlvs = TlvBuf::new();
    tlvs.push(Tag::USSD_SERVICE_OP, op).unwrap();
    if !session.is_empty() {
        tlvs.push(Tag::ITS_SESSION_INFO, session).unwrap();
    }
    ShortMessage {
        source: Address::new(1, 1, PHONE).unwrap(),
        destination: Address::new(0, 1, code).unwrap(),
        short_message: text.as_bytes().to_vec(),
        tlvs,
        ..ShortMessage::default()
    }
}

fn reply<'a>(inbound: &UssdInbound, text: &'a str, ends: bool) -> UssdReply<'a> {
    UssdReply {
        to: inbound.from,
        from: inbound.to,
        session: inbound.session,
        text,
        alphabet: dayaq_text::best_alphabet(text),
        language: *b"az",
        ends,
    }
}

fn read(message: &DeliverSm) -> UssdInbound {
    Dialect::specification().read(message).unwrap()
}

#[test]
fn a2_a_session_of_the_specification_is_read_and_answered_octet_by_octet() {
    let dialect = Dialect::specification();
    let begin = read(&deliver("7142", "*7142#", &[1], &[5, 0]));
    assert_eq!((begin.event, begin.code.as_str(), begin.text.as_deref()), (UssdEvent::Begin, "7142", Ok("")));
    assert_eq!(begin.sequence, Some(0));
    let next = read(&deliver("7142", "2", &[18], &[5, 1 << 1]));
    assert_eq!((next.event, next.text.as_deref(), next.sequence), (UssdEvent::Continue, Ok("2"), Some(1)));
    assert_eq!(next.key, begin.key, "one session from turn to turn");
    assert_ne!(read(&deliver("7142", "2", &[18], &[6, 1 << 1])).key, begin.key);

    let screen = dialect.write(&reply(&next, "1. Beli", false)).unwrap();
    assert_eq!(screen.source.digits.as_str(), Some("7142"));
    assert_eq!(screen.destination.digits.as_str(), Some(PHONE));
    assert_eq!((screen.service_type.as_bytes(), screen.data_coding, screen.esm_class), (&b"USSD"[..], 0, 0));
    assert_eq!(screen.tlvs.as_tlvs().get(Tag::USSD_SERVICE_OP), Some(&[2][..]));
    assert_eq!(screen.tlvs.as_tlvs().get(Tag::ITS_SESSION_INFO), Some(&[5, 2][..]), "number and turn as they came");

    let last = dialect.write(&reply(&next, "Sağ olun", true)).unwrap();
    assert_eq!(last.tlvs.as_tlvs().get(Tag::USSD_SERVICE_OP), Some(&[17][..]));
    assert_eq!(last.tlvs.as_tlvs().get(Tag::ITS_SESSION_INFO), Some(&[5, 3][..]), "and the end bit");
    assert_eq!((last.data_coding, &last.short_message[..4]), (8, &[0, b'S', 0, b'a'][..]));

    let mut octets = Vec::new();
    let body = Body::Message(MessageKind::SubmitSm, last.as_sm());
    encode(&Pdu { command_status: CommandStatus::ROK, sequence_number: 1, body }, &mut octets).unwrap();
    assert!(octets.ends_with(b"\x05\x01\x00\x01\x11\x13\x83\x00\x02\x05\x03"), "17 is 0x11 on the wire, not 0x17");
}

#[test]
fn b2_the_end_bit_of_the_operator_is_an_abort_of_the_same_session() {
    let began = read(&deliver("7142", "*7142#", &[1], &[9, 0]));
    let ended = read(&deliver("7142", "", &[18], &[9, 0xFF]));
    assert_eq!((ended.event, ended.key), (UssdEvent::Abort, began.key));
}

#[test]
fn d5_the_code_and_what_was_dialled_after_it_are_found_wherever_they_are() {
    let specification = Dialect::specification();
    let in_text = Dialect { code_in: CodeIn::Text, ..Dialect::specification() };
    for (dialect, address, text, code, rest) in [
        (&specification, "7142", "*7142#", "7142", ""),
        (&specification, "7142", "*7142*2#", "7142", "2"),
        (&specification, "7142", "*7142*2*12345678#", "7142", "2*12345678"),
        (&specification, "555", "*7142*2#", "555", "2"),
        (&specification, "7142", "", "7142", ""),
        (&specification, "7142", "7142", "7142", ""),
        (&specification, "*7142#", "", "7142", ""),
        (&specification, "*7142*3#", "", "7142", "3"),
        (&specification, "7142", "2", "7142", "2"),
        (&specification, "", "*7142*2#", "7142", "2"),
        (&specification, "7142", "*7142*#", "7142", ""),
        (&specification, "7142", "*7142**1#", "7142", "*1"),
        (&specification, "7142", "#", "7142", ""),
        (&in_text, "", "*7142*1#", "7142", "1"),
        (&in_text, "", "7142", "7142", ""),
    ] {
        let inbound = dialect.read(&deliver(address, text, &[1], &[1, 0])).unwrap();
        assert_eq!((inbound.code.as_str(), inbound.text.as_deref()), (code, Ok(rest)), "{address} {text}");
    }
    // What is typed later is never taken for a dialled code.
    let typed = read(&deliver("7142", "*5#", &[18], &[1, 2]));
    assert_eq!((typed.code.as_str(), typed.text.as_deref()), ("7142", Ok("*5#")));
}

#[test]
fn b07_a_missing_a_doubled_and_an_unknown_op_are_named() {
    let dialect = Dialect::specification();
    let mut doubled = deliver("7142", "1", &[1], &[1, 0]);
    doubled.tlvs.push_u8(Tag::USSD_SERVICE_OP, 18);
    let mut missing = deliver("7142", "1", &[1], &[1, 0]);
    missing.tlvs = TlvBuf::new();
    for (message, error) in [
        (missing, UssdReadError::NoOp),
        (doubled, UssdReadError::TwoOps),
        (deliver("7142", "1", &[99], &[1, 0]), UssdReadError::UnknownOp(Some(99))),
        (deliver("7142", "1", &[], &[1, 0]), UssdReadError::UnknownOp(None)),
        (deliver("7142", "1", &[1], &[0; 17]), UssdReadError::BadSession(17)),
    ] {
        assert_eq!(dialect.read(&message).unwrap_err(), error);
    }
    let strict = Dialect { session: SessionRule { optional: false, ..dialect.session }, ..dialect.clone() };
    let without = deliver("7142", "1", &[1], &[]);
    assert_eq!(strict.read(&without).unwrap_err(), UssdReadError::NoSession);
    let inbound = dialect.read(&without).unwrap();
    assert!(inbound.key.as_bytes().is_empty());
    let screen = dialect.write(&reply(&inbound, "x", true)).unwrap();
    assert_eq!(screen.tlvs.as_tlvs().get(Tag::ITS_SESSION_INFO), None, "no session value is made up");
}

#[test]
fn a25_session_values_and_ops_of_another_width_are_understood() {
    let inbound = read(&deliver("7142", "1", &[0, 0, 0, 18], &[0, 0, 7, 4]));
    assert_eq!((inbound.event, inbound.sequence), (UssdEvent::Continue, Some(2)));
    let screen = Dialect::specification().write(&reply(&inbound, "x", true)).unwrap();
    assert_eq!(screen.tlvs.as_tlvs().get(Tag::ITS_SESSION_INFO), Some(&[0, 0, 7, 5][..]));
    assert_eq!(read(&deliver("7142", "1", &[18], &[4])).event, UssdEvent::Continue);
}

#[test]
fn f04_a_text_that_is_none_is_told_and_the_turn_is_read_all_the_same() {
    let mut broken = deliver("7142", "", &[18], &[1, 2]);
    broken.data_coding = 8;
    broken.short_message = vec![0xD8, 0x3D];
    let inbound = read(&broken);
    assert_eq!(inbound.event, UssdEvent::Continue);
    assert_eq!(inbound.text, Err(dayaq_text::Undecodable::LoneSurrogate { unit: 0 }));
}

#[test]
fn b08_a_text_beyond_one_screen_is_refused_and_never_cut() {
    let inbound = read(&deliver("7142", "1", &[18], &[1, 2]));
    let dialect = Dialect::specification();
    assert!(dialect.write(&reply(&inbound, &"a".repeat(182), false)).is_ok());
    let refused = dialect.write(&reply(&inbound, &"a".repeat(183), false)).unwrap_err();
    assert_eq!(refused, UssdWriteError::TooLong { units: 183, max: 182 });
    let refused = dialect.write(&reply(&inbound, &"ə".repeat(81), false)).unwrap_err();
    assert_eq!(refused, UssdWriteError::TooLong { units: 81, max: 80 });
    let gsm7 = UssdReply { alphabet: Alphabet::Gsm7, ..reply(&inbound, "ə", false) };
    assert!(matches!(dialect.write(&gsm7), Err(UssdWriteError::Unencodable(_))));
}

/// The session variants of operators that have been seen, as data.
fn variants() -> Vec<(&'static str, Dialect)> {
    let base = Dialect::specification();
    let rule = base.session;
    let variant = |session| Dialect { session, ..base.clone() };
    vec![
        ("specification", base.clone()),
        ("opaque its_session_info, ended by its lowest bit", {
            let mut it = variant(SessionRule { sequence_mask: 0, optional: false, ..rule });
            it.end_signal = EndSignal::Bit;
            it
        }),
        ("15-bit dialogue, abort 0x81", {
            let mut it = variant(SessionRule { sequence_mask: 0, ..rule });
            it.inbound_ops.push(InboundOp { op: 0x81, event: UssdEvent::Abort });
            it.end_signal = EndSignal::Both;
            it
        }),
        ("user_message_reference, code in the text", {
            let source = SessionSource::UserMessageReference;
            let mut it = variant(SessionRule { source, sequence_mask: 0, end_mask: 0, ..rule });
            it.code_in = CodeIn::Text;
            it.end_signal = EndSignal::Op;
            it.inbound_ops.push(InboundOp { op: 0x81, event: UssdEvent::Abort });
            it
        }),
        ("vendor's parameter, op 32, packed", {
            let source = SessionSource::Vendor(Tag(0x1501));
            let mut it = variant(SessionRule { source, sequence_mask: 0, end_mask: 0, ..rule });
            it.outbound_ops.end = Some(32);
            it.end_signal = EndSignal::Op;
            it.packed = true;
            it.inbound_ops.push(InboundOp { op: 0x82, event: UssdEvent::Timeout });
            it.inbound_ops.push(InboundOp { op: 0x81, event: UssdEvent::Abort });
            it
        }),
        ("number only", {
            let source = SessionSource::MsisdnOnly;
            let mut it = variant(SessionRule { source, sequence_mask: 0, end_mask: 0, ..rule });
            it.end_signal = EndSignal::Op;
            it.inbound_ops.push(InboundOp { op: 0x81, event: UssdEvent::Abort });
            it
        }),
        ("another value in each turn, dial strings in pieces", {
            let mut it = variant(SessionRule { changes: true, sequence_mask: 0, end_mask: 0, ..rule });
            it.dial = Dial::Split;
            it.end_signal = EndSignal::Op;
            it.inbound_ops.push(InboundOp { op: 0x81, event: UssdEvent::Abort });
            it
        }),
    ]
}

#[test]
fn a2_every_variant_carries_a_session_from_begin_to_end() {
    for (name, dialect) in variants() {
        let turn = |event, sequence, text| UssdTurn {
            event,
            from: Address::new(1, 1, PHONE).unwrap(),
            to: Address::new(0, 1, "7142").unwrap(),
            session: 300,
            sequence,
            text,
            alphabet: Alphabet::Gsm7,
        };
        let begin = dialect.read(&dialect.write_turn(&turn(UssdEvent::Begin, 0, "*7142*2#")).unwrap()).unwrap();
        assert_eq!(
            (begin.event, begin.code.as_str(), begin.text.as_deref()),
            (UssdEvent::Begin, "7142", Ok("2")),
            "{name}"
        );
        let next = dialect.read(&dialect.write_turn(&turn(UssdEvent::Continue, 1, "1")).unwrap()).unwrap();
        assert_eq!((next.event, next.text.as_deref(), next.key), (UssdEvent::Continue, Ok("1"), begin.key), "{name}");
        for ends in [false, true] {
            let screen = dialect.read_screen(&dialect.write(&reply(&next, "Salam", ends)).unwrap()).unwrap();
            assert_eq!((screen.ends, screen.text.as_deref(), screen.key), (ends, Ok("Salam"), begin.key), "{name}");
        }
        let abort = dialect.read(&dialect.write_turn(&turn(UssdEvent::Abort, 2, "")).unwrap()).unwrap();
        assert_eq!((abort.event, abort.key), (UssdEvent::Abort, begin.key), "{name}");
    }
}

#[test]
fn the_turn_number_is_echoed_or_counted_on_and_wraps_without_touching_the_session() {
    let mut dialect = Dialect::specification();
    dialect.session.sequence_step = 1;
    for (came, goes) in [([5, 0x02], [5, 0x04]), ([5, 0xFE], [5, 0x00])] {
        let inbound = dialect.read(&deliver("7142", "1", &[18], &came)).unwrap();
        let screen = dialect.write(&reply(&inbound, "x", false)).unwrap();
        assert_eq!(screen.tlvs.as_tlvs().get(Tag::ITS_SESSION_INFO), Some(&goes[..]));
    }
}

#[test]
fn the_end_is_said_as_the_dialect_says_it_and_never_by_what_came() {
    let mut dialect = Dialect::specification();
    let inbound = dialect.read(&deliver("7142", "", &[18], &[5, 3])).unwrap();
    for (signal, ends, op, session) in [
        (EndSignal::Both, false, 2, [5, 2]),
        (EndSignal::Both, true, 17, [5, 3]),
        (EndSignal::Op, true, 17, [5, 2]),
        (EndSignal::Bit, true, 2, [5, 3]),
    ] {
        dialect.end_signal = signal;
        let screen = dialect.write(&reply(&inbound, "x", ends)).unwrap();
        assert_eq!(screen.tlvs.as_tlvs().uint(Tag::USSD_SERVICE_OP), Some(op), "{signal:?}");
        assert_eq!(screen.tlvs.as_tlvs().get(Tag::ITS_SESSION_INFO), Some(&session[..]), "{signal:?}");
    }
}

#[test]
fn ussd_is_told_from_a_text_message() {
    let dialect = Dialect::specification();
    assert!(dialect.concerns(&deliver("7142", "1", &[18], &[])));
    assert!(!dialect.concerns(&ShortMessage { short_message: b"STATUS".to_vec(), ..ShortMessage::default() }));
}

#[test]
fn debug_of_a_turn_shows_neither_number_nor_text() {
    let inbound = read(&deliver("7142", "12E4567", &[18], &[1, 2]));
    let shown = format!("{inbound:?} {:?}", reply(&inbound, "12E4567", true));
    assert!(!shown.contains("12E4567") && !shown.contains(PHONE), "{shown}");
}

proptest! {
    #[test]
    fn a26_no_message_panics_a_dialect(
        message in crate::pdu::any_message(20),
        op in any::<[u8; 2]>(),
        session in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        for (_, dialect) in variants() {
            let mut message = message.clone();
            message.tlvs.push(Tag::USSD_SERVICE_OP, &op[..usize::from(op[1] % 3)]).unwrap();
            for tag in [Tag::ITS_SESSION_INFO, Tag::USER_MESSAGE_REFERENCE, Tag(0x1501)] {
                message.tlvs.push(tag, &session).unwrap();
            }
            if let Ok(inbound) = dialect.read(&message) {
                dialect.write(&reply(&inbound, "x", true)).unwrap();
            }
            let _whatever = dialect.read_screen(&message);
        }
    }
}
