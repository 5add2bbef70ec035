use super::*;

fn source() -> Addr<'static> {
    Addr { ton: 0, npi: 1, digits: b"7142" }
}

fn phone() -> Addr<'static> {
    Addr { ton: 1, npi: 1, digits: b"994501234567" }
}

/// The octets that the specification lays out, and back.
fn check(body: Body<'_>, octets: &[u8]) {
    let frame = encoded(body);
    assert_eq!(&frame[16..], octets, "{body:?}");
    assert_eq!(decode(&frame).unwrap().body, body);
    let shown = format!("{body:?}");
    for hidden in ["994501234567", "7142", "secret", "text"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[test]
fn each_body_is_laid_out_as_the_specification_has_it() {
    let query = QuerySm { message_id: b"17A", source: source(), ..QuerySm::default() };
    check(Body::QuerySm(query), b"17A\0\x00\x017142\0");
    let resp = QuerySmResp {
        message_id: Some(b"17A"),
        final_date: b"261123003000004+",
        message_state: 2,
        error_code: 9,
        ..QuerySmResp::default()
    };
    check(Body::QuerySmResp(resp), b"17A\x00261123003000004+\0\x02\x09");
    let cancel = CancelSm {
        service_type: b"CMT",
        message_id: b"17A",
        source: source(),
        destination: phone(),
        ..CancelSm::default()
    };
    check(Body::CancelSm(cancel), b"CMT\x0017A\0\x00\x017142\0\x01\x01994501234567\0");
    check(Body::CancelSmResp, b"");
    let replace = ReplaceSm {
        message_id: b"17A",
        source: source(),
        validity_period: b"000000010000000R",
        registered_delivery: 1,
        sm_default_msg_id: 3,
        short_message: b"text",
        ..ReplaceSm::default()
    };
    check(Body::ReplaceSm(replace), b"17A\0\x00\x017142\0\x00000000010000000R\0\x01\x03\x04text");
    check(Body::ReplaceSmResp, b"");
    check(Body::Outbind(Outbind { system_id: b"smsc", password: b"secret" }), b"smsc\0secret\0");
    let mut tlvs = TlvBuf::new();
    tlvs.push_u8(Tag::MS_AVAILABILITY_STATUS, 0);
    let alert = AlertNotification { source: phone(), esme: source(), tlvs: tlvs.as_tlvs() };
    check(Body::AlertNotification(alert), b"\x01\x01994501234567\0\x00\x017142\0\x04\x22\x00\x01\x00");
}

#[test]
fn a_replacing_text_beyond_254_octets_travels_as_payload() {
    let text = vec![b'x'; 255];
    let frame = encoded(Body::ReplaceSm(ReplaceSm { short_message: &text, ..ReplaceSm::default() }));
    let Body::ReplaceSm(replace) = decode(&frame).unwrap().body else { panic!("a replace_sm") };
    assert!(replace.short_message.is_empty());
    assert_eq!(replace.user_data(), text);
}

#[test]
fn a22_a26_each_broken_field_of_the_others_is_named_and_has_its_status() {
    let check = |id: u32, body: &[u8], field: Field, problem: Problem, status: CommandStatus| {
        let mut frame = [[0; 4], id.to_be_bytes(), [0; 4], 7u32.to_be_bytes()].concat();
        frame.extend_from_slice(body);
        relength(&mut frame);
        let error = decode(&frame).unwrap_err();
        assert_eq!((error.field, error.problem, error.status()), (field, problem, status), "{error}");
    };
    use CommandStatus as S;
    let long_id = [b'1'; 66];
    check(3, b"", Field::MessageId, Problem::Missing, S::RINVCMDLEN);
    check(3, b"17", Field::MessageId, Problem::NoNul, S::RINVMSGID);
    check(3, &long_id, Field::MessageId, Problem::TooLong { max: 65 }, S::RINVMSGID);
    check(3, b"17\0\0\x017142", Field::SourceAddr, Problem::NoNul, S::RINVSRCADR);
    check(3, b"17\0\0\0\0abc", Field::Rest, Problem::Garbage, S::RINVCMDLEN);
    check(
        8,
        b"CMT\x0017\0\0\x017142\0\0\x00123456789012345678901",
        Field::DestinationAddr,
        Problem::TooLong { max: 21 },
        S::RINVDSTADR,
    );
    check(7, b"17\0\0\0\0\0\0\0\0\xFF", Field::SmLength, Problem::OutOfRange, S::RINVMSGLEN);
    check(7, b"17\0\0\0\0\0\0\0\0\x05text", Field::ShortMessage, Problem::Overrun, S::RINVMSGLEN);
    let both = b"17\0\0\0\0\0\0\0\0\x01x\x04\x24\0\x01y";
    check(7, both, Field::Tlv(Tag::MESSAGE_PAYLOAD), Problem::Both, S::ROPTPARNOTALLWD);
    check(11, b"smsc\0secret", Field::Password, Problem::NoNul, S::RINVPASWD);
    check(0x102, b"\0\0\0\0\0", Field::EsmeAddr, Problem::Missing, S::RINVCMDLEN);
    check(9, b"a\0b\0\0\x34\0\0range", Field::AddressRange, Problem::NoNul, S::RINVPARLEN);
}

#[test]
fn a_response_to_a_query_is_taken_whatever_is_in_it() {
    for (body, state) in
        [(&b""[..], 7), (b"17", 7), (b"17\0", 7), (b"17\0\0", 7), (b"17\0\0\x05", 5), (b"\0\0\x02\0\x04\x24", 2)]
    {
        let mut frame = b"\0\0\0\0\x80\0\0\x03\0\0\0\0\0\0\0\x01".to_vec();
        frame.extend_from_slice(body);
        relength(&mut frame);
        let Body::QuerySmResp(resp) = decode(&frame).unwrap().body else { panic!("a query_sm_resp") };
        assert_eq!((resp.message_state, resp.tlvs.iter().count()), (state, 0));
    }
}

#[test]
fn commands_of_all_three_versions_have_their_names_and_two_want_no_response() {
    for (id, name) in [
        (CommandId::BIND_TRANSCEIVER.response(), "bind_transceiver_resp"),
        (CommandId::CANCEL_SM.response(), "cancel_sm_resp"),
        (CommandId::GENERIC_NACK, "generic_nack"),
        (CommandId(0x21), "submit_multi"),
        (CommandId(0x8000_0113), "cancel_broadcast_sm_resp"),
        (CommandId::OUTBIND, "outbind"),
    ] {
        assert_eq!(id.name(), Some(name));
    }
    assert_eq!([CommandId(0x8000_000B), CommandId(0x8000_0102), CommandId(0)].map(CommandId::name), [None; 3]);
    let silent = (0..0x200).map(CommandId).filter(|id| !id.wants_response());
    assert_eq!(silent.collect::<Vec<_>>(), [CommandId::OUTBIND, CommandId::ALERT_NOTIFICATION]);
    assert_eq!(Tag(0x0428).name(), Some("congestion_state"));
    assert_eq!(Tag(0x060B).name(), Some("billing_identification"));
    assert_eq!(CommandStatus(0x104).name(), Some("RINVDCS"));
}
