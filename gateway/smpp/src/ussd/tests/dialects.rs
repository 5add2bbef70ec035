//! Dialects that have been seen, each by the octets on the wire.

use super::*;

/// The octets of a message's parameters as they are written.
fn parameters(message: &ShortMessage) -> Vec<u8> {
    let mut octets = Vec::new();
    let body = Body::Message(MessageKind::SubmitSm, message.as_sm());
    encode(&Pdu { command_status: CommandStatus::ROK, sequence_number: 1, body }, &mut octets).unwrap();
    let text = message.short_message.len();
    let at = octets.len() - message.tlvs.as_tlvs().iter().map(|tlv| 4 + tlv.value.len()).sum::<usize>();
    assert_eq!(usize::from(octets[at - text - 1]), text, "the parameters follow the text");
    octets[at..].to_vec()
}

#[test]
fn a2_an_opaque_session_value_is_given_back_with_its_lowest_bit_for_the_end() {
    let mut dialect = Dialect::specification();
    dialect.session = SessionRule { sequence_mask: 0, optional: false, ..dialect.session };
    dialect.end_signal = EndSignal::Bit;
    let begin = dialect.read(&deliver("7142", "*7142#", &[1], &[0xC0, 0x5A, 0x17, 0xFE])).unwrap();
    let next = dialect.read(&deliver("7142", "1", &[18], &[0xC0, 0x5A, 0x17, 0xFE])).unwrap();
    assert_eq!((next.key, next.sequence), (begin.key, None), "nothing in it is a turn number");
    let screen = |ends| parameters(&dialect.write(&reply(&next, "x", ends)).unwrap());
    assert_eq!(screen(false), b"\x05\x01\x00\x01\x02\x13\x83\x00\x04\xC0\x5A\x17\xFE");
    assert_eq!(screen(true), b"\x05\x01\x00\x01\x02\x13\x83\x00\x04\xC0\x5A\x17\xFF", "the op is that of any screen");
    let closed = dialect.read(&deliver("7142", "", &[18], &[0xC0, 0x5A, 0x17, 0xFF])).unwrap();
    assert_eq!((closed.event, closed.key), (UssdEvent::Abort, begin.key));
}

#[test]
fn a2_a_dialogue_of_fifteen_bits_is_told_from_its_neighbour_and_ended_by_0x81() {
    let mut dialect = Dialect::specification();
    dialect.session = SessionRule { sequence_mask: 0, optional: false, ..dialect.session };
    dialect.inbound_ops.push(InboundOp { op: 0x81, event: UssdEvent::Abort });
    dialect.inbound_end = UssdEvent::Timeout;
    let read = |op: u8, session: u16| dialect.read(&deliver("7142", "1", &[op], &session.to_be_bytes())).unwrap();
    let begin = read(1, 0x2A04);
    assert_ne!(begin.key, read(1, 0x2A06).key, "the next dialogue is another one");
    for (op, session, event) in [
        (18, 0x2A04, UssdEvent::Continue),
        (0x81, 0x2A04, UssdEvent::Abort),
        (0x81, 0x2A05, UssdEvent::Abort),
        (18, 0x2A05, UssdEvent::Timeout),
    ] {
        assert_eq!((read(op, session).event, read(op, session).key), (event, begin.key), "{op} {session:#06x}");
    }
    let last = dialect.write(&reply(&begin, "x", true)).unwrap();
    assert_eq!(parameters(&last), b"\x05\x01\x00\x01\x11\x13\x83\x00\x02\x2A\x05");
}

#[test]
fn a2_a_message_reference_names_the_session_and_the_code_is_in_the_text() {
    let mut dialect = Dialect::specification();
    let source = SessionSource::UserMessageReference;
    dialect.session = SessionRule { source, sequence_mask: 0, end_mask: 0, optional: false, ..dialect.session };
    dialect.code_in = CodeIn::Text;
    dialect.end_signal = EndSignal::Op;
    dialect.source_address = "7142".to_owned();
    let turn = |op: u8, text: &str| {
        let mut message = deliver("", text, &[op], &[]);
        message.tlvs.push(Tag::USER_MESSAGE_REFERENCE, &[0x01, 0x2C]).unwrap();
        dialect.read(&message).unwrap()
    };
    let begin = turn(1, "*7142*2#");
    assert_eq!((begin.code.as_str(), begin.text.as_deref()), ("7142", Ok("2")));
    let next = turn(18, "3");
    assert_eq!((next.key, next.text.as_deref()), (begin.key, Ok("3")));
    let last = dialect.write(&reply(&next, "x", true)).unwrap();
    assert_eq!(last.source.digits.as_str(), Some("7142"), "the address that came is empty");
    assert_eq!(parameters(&last), b"\x05\x01\x00\x01\x11\x02\x04\x00\x02\x01\x2C");
}

#[test]
fn a2_without_any_session_value_the_subscriber_is_the_session() {
    let mut dialect = Dialect::specification();
    dialect.session =
        SessionRule { source: SessionSource::MsisdnOnly, sequence_mask: 0, end_mask: 0, ..dialect.session };
    dialect.end_signal = EndSignal::Op;
    let next = dialect.read(&deliver("7142", "1", &[18], &[9, 9])).unwrap();
    assert!(next.key.as_bytes().is_empty(), "a value that is sent all the same names nothing");
    let screen = dialect.write(&reply(&next, "x", false)).unwrap();
    assert_eq!(parameters(&screen), b"\x05\x01\x00\x01\x02");
}

#[test]
fn a2_a_vendors_parameter_and_a_vendors_op_go_out_as_they_are_written_in_the_profile() {
    let mut dialect = Dialect::specification();
    let source = SessionSource::Vendor(Tag(0x1501));
    dialect.session = SessionRule { source, sequence_mask: 0, end_mask: 0, ..dialect.session };
    dialect.outbound_ops.end = Some(32);
    dialect.end_signal = EndSignal::Op;
    let mut message = deliver("7142", "1", &[18], &[]);
    message.tlvs.push(Tag(0x1501), &[7, 8, 9]).unwrap();
    let next = dialect.read(&message).unwrap();
    let last = dialect.write(&reply(&next, "x", true)).unwrap();
    assert_eq!(parameters(&last), b"\x05\x01\x00\x01\x20\x15\x01\x00\x03\x07\x08\x09");
}

#[test]
fn a2_a_value_that_changes_in_each_turn_is_one_session_and_given_back_as_it_came() {
    let mut dialect = Dialect::specification();
    dialect.session = SessionRule { changes: true, sequence_mask: 0, end_mask: 0, ..dialect.session };
    dialect.end_signal = EndSignal::Op;
    let begin = dialect.read(&deliver("7142", "*7142#", &[1], &[0x10, 0x01])).unwrap();
    let next = dialect.read(&deliver("7142", "1", &[18], &[0x77, 0xFF])).unwrap();
    assert_eq!((begin.key, begin.sequence), (next.key, None));
    let screen = dialect.write(&reply(&next, "x", false)).unwrap();
    assert_eq!(parameters(&screen), b"\x05\x01\x00\x01\x02\x13\x83\x00\x02\x77\xFF", "no bit of it is touched");
    let shown = dialect.read_screen(&screen).unwrap();
    assert!(dialect.is_answer(&next.session, &shown));
    assert!(!dialect.is_answer(&begin.session, &shown), "an answer to an earlier turn is none to this one");
}

#[test]
fn a2_seventeen_is_0x11_and_a_gateway_that_means_hex_17_is_told_so_in_its_profile() {
    let inbound = read(&deliver("7142", "1", &[18], &[5, 2]));
    for (end, octet) in [(17, 0x11), (0x11, 0x11), (23, 0x17), (0x17, 0x17)] {
        let mut dialect = Dialect { end_signal: EndSignal::Op, ..Dialect::specification() };
        dialect.outbound_ops.end = Some(end);
        let last = dialect.write(&reply(&inbound, "x", true)).unwrap();
        assert_eq!(parameters(&last)[..5], [0x05, 0x01, 0x00, 0x01, octet]);
        assert!(dialect.read_screen(&last).unwrap().ends);
        // The other of the two is not understood as an end by mistake.
        let mut other = last.clone();
        other.tlvs = TlvBuf::new();
        other.tlvs.push_u8(Tag::USSD_SERVICE_OP, if octet == 0x11 { 0x17 } else { 0x11 });
        assert!(!dialect.read_screen(&other).unwrap().ends);
    }
    // The same trap on the way in: 18 is a continue, and 0x18, which is 24, is nothing we know.
    assert_eq!(read(&deliver("7142", "1", &[0x12], &[5, 2])).event, UssdEvent::Continue);
    let trapped = Dialect::specification().read(&deliver("7142", "1", &[0x18], &[5, 2]));
    assert_eq!(trapped.unwrap_err(), UssdReadError::UnknownOp(Some(24)));
}

#[test]
fn a2_a_dial_string_that_arrives_in_pieces_is_put_together() {
    let split = Dialect { dial: Dial::Split, ..Dialect::specification() };
    for (text, rest) in [
        ("", ""),
        ("1", "1"),
        ("*1", "1"),
        ("1#", "1"),
        ("*1#", "1"),
        ("*1*2#", "1*2"),
        ("#", ""),
        ("*", ""),
        ("**1#", "*1"),
        ("7142", "7142"),
    ] {
        let inbound = split.read(&deliver("7142", text, &[1], &[1, 0])).unwrap();
        assert_eq!((inbound.code.as_str(), inbound.text.as_deref()), ("7142", Ok(rest)), "{text}");
    }
    // The SMSC's side takes a whole dial string apart in the same way.
    let turn = UssdTurn {
        event: UssdEvent::Begin,
        from: Address::new(1, 1, PHONE).unwrap(),
        to: Address::new(0, 1, "7142").unwrap(),
        session: 1,
        sequence: 0,
        text: "*7142*1#",
        alphabet: Alphabet::Gsm7,
    };
    assert_eq!(split.write_turn(&turn).unwrap().short_message, b"1");
}
