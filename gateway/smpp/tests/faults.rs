//! Rows A19 to A26 of the fault catalogue against a whole link, by its public face alone.

use dayaq_smpp::{
    Address, AlertNotification, Ancillary, Bind, BindKind, BindRequest, Body, CancelSm, CommandId, CommandStatus,
    Event, Instant, Link, LinkConfig, MessageId, MessageKind, Outbind, Pdu, QuerySm, ReplaceSm, Role, ShortMessage,
    SmResp, Tag, TlvBuf, decode, encode, split_frame,
};

const NOW: Instant = Instant::ZERO;

fn frame(sequence_number: u32, body: Body<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&Pdu { command_status: CommandStatus::ROK, sequence_number, body }, &mut out).unwrap();
    out
}

/// Cuts a frame, or lets it grow, and puts the right length in.
fn resized(frame: &[u8], len: usize, filler: u8) -> Vec<u8> {
    let mut frame = frame.to_vec();
    frame.resize(len, filler);
    frame[..4].copy_from_slice(&(len as u32).to_be_bytes());
    frame
}

fn bound(role: Role) -> Link {
    let mut link = Link::new(LinkConfig { ancillary: true, ..LinkConfig::new(role) }, NOW);
    match role {
        Role::Esme => {
            link.bind(NOW, &BindRequest::new(BindKind::Transceiver, "dayaq", "secret").unwrap()).unwrap();
            let mut resp = frame(1, Body::Bind(BindKind::Transceiver, Bind::default()));
            resp[4] = 0x80;
            link.handle_bytes(NOW, &resized(&resp, 17, 0));
        }
        Role::Smsc => {
            link.handle_bytes(NOW, &frame(1, Body::Bind(BindKind::Transceiver, Bind::default())));
            link.accept_bind(NOW, b"smsc").unwrap();
        }
    }
    assert!(link.is_bound());
    written(&mut link);
    events(&mut link);
    link
}

fn events(link: &mut Link) -> Vec<Event> {
    std::iter::from_fn(|| link.poll_event()).collect()
}

/// The headers of what the link wants written.
fn written(link: &mut Link) -> Vec<(CommandId, CommandStatus, u32)> {
    let mut octets = Vec::new();
    link.take_output(&mut octets);
    let (mut rest, mut headers) = (&octets[..], Vec::new());
    while let Some(frame) = split_frame(rest, usize::MAX).unwrap() {
        let pdu = decode(frame).unwrap();
        headers.push((pdu.body.command_id(), pdu.command_status, pdu.sequence_number));
        rest = &rest[frame.len()..];
    }
    headers
}

fn message(text: &[u8]) -> ShortMessage {
    ShortMessage {
        source: Address::new(1, 1, "994501234567").unwrap(),
        destination: Address::new(0, 1, "7142").unwrap(),
        short_message: text.to_vec(),
        ..ShortMessage::default()
    }
}

/// Every request that each role takes, well-formed, under number 60.
fn requests(role: Role) -> Vec<Vec<u8>> {
    let text = message(b"a text of one part");
    let ours = text.as_sm();
    let data_sm = frame(60, Body::Message(MessageKind::DataSm, ours));
    match role {
        Role::Esme => vec![frame(60, Body::Message(MessageKind::DeliverSm, ours)), data_sm],
        Role::Smsc => vec![
            frame(60, Body::Message(MessageKind::SubmitSm, ours)),
            data_sm,
            frame(60, Body::QuerySm(QuerySm { message_id: b"17A", source: ours.source, ..QuerySm::default() })),
            frame(60, Body::CancelSm(CancelSm { message_id: b"17A", source: ours.source, ..CancelSm::default() })),
            frame(
                60,
                Body::ReplaceSm(ReplaceSm {
                    message_id: b"17A",
                    source: ours.source,
                    short_message: b"another",
                    ..ReplaceSm::default()
                }),
            ),
        ],
    }
}

/// Gives the frame to a link, and a good one after it: the first is answered once under its own number, with its response
/// or by coming up as an event, and the second is read.
fn check_answered_once(role: Role, octets: &[u8]) {
    let mut link = bound(role);
    let good = MessageKind::DataSm;
    link.handle_bytes(NOW, &[octets, &frame(61, Body::Message(good, message(b"good").as_sm()))].concat());
    let mut seen = events(&mut link);
    let Some(Event::Request { sequence_number: 61, kind: MessageKind::DataSm, .. }) = seen.pop() else {
        panic!("the next PDU is not read after {octets:02x?}")
    };
    let out = written(&mut link);
    assert_eq!(out.len() + seen.len(), 1, "{octets:02x?}: {out:?} {seen:?}");
    if let [(command_id, status, number)] = out[..] {
        let asked = CommandId(u32::from_be_bytes([octets[4], octets[5], octets[6], octets[7]]));
        assert_eq!((command_id, number), (asked.response(), 60));
        assert!(!status.is_ok(), "{octets:02x?}");
        assert_eq!(link.counters().bad_bodies, 1);
    }
    assert!(link.is_bound());
}

#[test]
fn a19_what_was_taken_is_taken_whatever_its_name() {
    let mut link = bound(Role::Esme);
    for (token, id) in [&b""[..], b"\0", &[[b'9'; 65].as_slice(), b"\0"].concat()].into_iter().enumerate() {
        link.submit(NOW, MessageKind::SubmitSm, &message(b"x"), token as u64).unwrap();
        let [(_, _, number)] = written(&mut link)[..] else { panic!("one submit_sm") };
        let resp = frame(number, Body::MessageResp(MessageKind::SubmitSm, SmResp::default()));
        let resp = [&resized(&resp, 16, 0)[..], id].concat();
        link.handle_bytes(NOW, &resized(&resp, resp.len(), 0));
        let taken = Event::Response { token: token as u64, status: CommandStatus::ROK, message_id: None };
        assert_eq!(events(&mut link), [taken], "no receipt can be matched, and the text is not sent again");
    }
    link.submit(NOW, MessageKind::SubmitSm, &message(b"x"), 9).unwrap();
    let [(_, _, number)] = written(&mut link)[..] else { panic!("one submit_sm") };
    let longest = [b'9'; 64];
    let resp = SmResp { message_id: Some(&longest), ..SmResp::default() };
    link.handle_bytes(NOW, &frame(number, Body::MessageResp(MessageKind::SubmitSm, resp)));
    let message_id = Some(MessageId::new(longest).unwrap());
    assert_eq!(events(&mut link), [Event::Response { token: 9, status: CommandStatus::ROK, message_id }]);
}

#[test]
fn a20_after_a_length_below_the_header_there_is_nothing_left_to_do_and_nothing_to_spin_on() {
    for length in [0u32, 1, 15] {
        let mut link = bound(Role::Esme);
        link.handle_bytes(NOW, &[&length.to_be_bytes()[..], &[0; 100]].concat());
        assert_eq!(written(&mut link), [(CommandId::GENERIC_NACK, CommandStatus::RINVCMDLEN, 0)]);
        assert!(matches!(events(&mut link)[..], [Event::Closed { .. }]));
        assert_eq!((link.poll_timeout(), link.poll_event()), (None, None));
        link.handle_timeout(NOW);
        link.handle_bytes(NOW, &[0; 100]);
        assert!(!link.take_output(&mut Vec::new()) && link.poll_event().is_none());
    }
}

#[test]
fn a22_a_request_cut_anywhere_or_with_garbage_after_it_is_answered_once_and_the_link_goes_on() {
    let mut frames = 0;
    for role in [Role::Esme, Role::Smsc] {
        for request in requests(role) {
            for len in 16..=request.len() {
                check_answered_once(role, &resized(&request, len, 0));
                frames += 1;
            }
            for more in 1..=8 {
                for filler in [0x00, 0x05, 0xFF] {
                    check_answered_once(role, &resized(&request, request.len() + more, filler));
                    frames += 1;
                }
            }
        }
    }
    assert!(frames > 400, "{frames}");
}

#[test]
fn a22_what_nothing_answers_is_not_answered_however_it_is_cut() {
    let alert = frame(60, Body::AlertNotification(AlertNotification::default()));
    let outbind = frame(60, Body::Outbind(Outbind { system_id: b"smsc", password: b"secret" }));
    for whole in [alert, outbind] {
        for len in 16..whole.len() {
            let mut link = bound(Role::Esme);
            link.handle_bytes(NOW, &resized(&whole, len, 0));
            assert!(written(&mut link).is_empty() && events(&mut link).is_empty());
            assert!(link.is_bound());
        }
    }
}

#[test]
fn a23_a_payload_of_64_kib_is_taken_in_both_roles_and_as_long_a_replacement() {
    let text = vec![b'x'; 65_535];
    for (role, kind) in [(Role::Esme, MessageKind::DeliverSm), (Role::Smsc, MessageKind::SubmitSm)] {
        for kind in [kind, MessageKind::DataSm] {
            let whole = frame(60, Body::Message(kind, message(&text).as_sm()));
            let mut link = bound(role);
            // As a socket gives it: in pieces.
            whole.chunks(1400).for_each(|piece| link.handle_bytes(NOW, piece));
            let Some(Event::Request { message, .. }) = link.poll_event() else { panic!("it comes up") };
            assert_eq!(message.user_data(), text);
            assert!(written(&mut link).is_empty() && link.is_bound());
        }
    }
    let mut link = bound(Role::Smsc);
    let replace = ReplaceSm { message_id: b"17A", short_message: &text, ..ReplaceSm::default() };
    link.handle_bytes(NOW, &frame(60, Body::ReplaceSm(replace)));
    let Some(Event::Ancillary { request: Ancillary::Replace { short_message, .. }, .. }) = link.poll_event() else {
        panic!("it comes up")
    };
    assert_eq!(short_message, text);
}

#[test]
fn a24_every_unknown_request_is_nacked_under_its_number_and_every_unknown_response_passed_over() {
    for role in [Role::Esme, Role::Smsc] {
        let mut link = bound(role);
        for id in (0..0x400).chain([0x0001_0200, 0x7FFF_FFFF]) {
            // submit_multi and the broadcasts have a name and nothing more.
            if matches!(CommandId(id).name(), Some(name) if !name.contains("broadcast") && name != "submit_multi") {
                continue;
            }
            for (command_id, body) in [(id, &b""[..]), (id, b"vendor"), (id | 0x8000_0000, b"vendor")] {
                let unknown = Body::Unknown { command_id: CommandId(command_id), body };
                link.handle_bytes(NOW, &frame(77, unknown));
                let nack = (CommandId::GENERIC_NACK, CommandStatus::RINVCMDID, 77);
                let expected = if command_id == id { vec![nack] } else { Vec::new() };
                // The response with no request behind it is generic_nack itself.
                if command_id != CommandId::GENERIC_NACK.0 {
                    assert_eq!(written(&mut link), expected, "{role:?} {command_id:#x}");
                }
                assert!(events(&mut link).is_empty() && link.is_bound());
            }
        }
    }
}

#[test]
fn a25_parameters_are_kept_as_they_come_and_an_overrun_costs_itself_or_what_needs_it() {
    let with = |parameters: &[u8]| {
        let plain = frame(60, Body::Message(MessageKind::DeliverSm, message(b"text").as_sm()));
        let grown = [&plain[..], parameters].concat();
        let mut link = bound(Role::Esme);
        link.handle_bytes(NOW, &resized(&grown, grown.len(), 0));
        assert!(link.is_bound());
        (events(&mut link).pop(), written(&mut link))
    };
    let taken = |parameters: &[u8]| match with(parameters) {
        (Some(Event::Request { message, .. }), out) if out.is_empty() => message.tlvs,
        other => panic!("{other:?}"),
    };
    // Twice: the first counts. Empty: there, and no number. A vendor's, the last tag, the widest value: kept.
    let tlvs = taken(b"\x05\x01\0\x01\x01\x05\x01\0\x01\x12");
    assert_eq!((tlvs.as_tlvs().uint(Tag::USSD_SERVICE_OP), tlvs.as_tlvs().count(Tag::USSD_SERVICE_OP)), (Some(1), 2));
    let tlvs = taken(b"\x13\x83\0\0\x04\x24\0\0");
    assert_eq!(
        (tlvs.as_tlvs().get(Tag::ITS_SESSION_INFO), tlvs.as_tlvs().uint(Tag::ITS_SESSION_INFO)),
        (Some(&[][..]), None)
    );
    let mut widest = TlvBuf::new();
    widest.push(Tag(0x1400), &[7; 65_535]).unwrap();
    widest.push(Tag(0xFFFF), b"x").unwrap();
    assert_eq!(taken(widest.as_tlvs().as_bytes()), widest);

    assert!(taken(b"\x14\x00\xFF\xFF").as_tlvs().iter().next().is_none());
    for (overrun, status) in
        [(&b"\x05\x01\0\x02\x01"[..], CommandStatus::RINVOPTPARSTREAM), (b"\x05", CommandStatus::RINVCMDLEN)]
    {
        assert_eq!(with(overrun), (None, vec![(CommandId::DELIVER_SM.response(), status, 60)]));
    }

    // A data_sm whose payload is empty, or missing, is an empty text.
    for payload in [&b"\x04\x24\0\0"[..], b""] {
        let empty = frame(60, Body::Message(MessageKind::DataSm, message(b"").as_sm()));
        let mut link = bound(Role::Esme);
        let grown = [&empty[..], payload].concat();
        link.handle_bytes(NOW, &resized(&grown, grown.len(), 0));
        let Some(Event::Request { message, .. }) = link.poll_event() else { panic!("it comes up") };
        assert!(message.user_data().is_empty());
    }
}
