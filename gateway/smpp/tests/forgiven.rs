//! Rows A19, A22 and A25 of the fault catalogue over every PDU: what is forgiven costs nothing else, and all else is refused.

mod pdus;

use dayaq_smpp::{
    Body, CommandId, CommandStatus, Counters, Event, Instant, MessageId, MessageKind, Role, Sm, SmResp, Tag, decode,
    decode_forgiving, split_frame,
};
use pdus::{Stage, frame, grown, stages, with_status};

const NOW: Instant = Instant::ZERO;

/// What a link says and writes when this PDU comes.
fn reaction(stage: &Stage, octets: &[u8]) -> (Vec<Event>, Vec<u8>) {
    let (events, out, _) = counted_reaction(stage, octets);
    (events, out)
}

/// And what it counted of it.
fn counted_reaction(stage: &Stage, octets: &[u8]) -> (Vec<Event>, Vec<u8>, Counters) {
    let mut link = stage.link();
    link.handle_bytes(NOW, octets);
    let mut out = Vec::new();
    link.take_output(&mut out);
    (std::iter::from_fn(|| link.poll_event()).collect(), out, link.counters())
}

/// The status with which a PDU is answered at once.
fn answered(stage: &Stage, octets: &[u8]) -> Option<(CommandId, CommandStatus, u32)> {
    let (events, out) = reaction(stage, octets);
    assert!(events.is_empty(), "{}: {events:?}", stage.name);
    let frame = split_frame(&out, usize::MAX).unwrap()?;
    assert_eq!(frame.len(), out.len(), "{}: it is answered once", stage.name);
    let pdu = decode(frame).unwrap();
    Some((pdu.body.command_id(), pdu.command_status, pdu.sequence_number))
}

/// The parameters that stand before a fault: none, or a known and a vendor's.
const BEFORE: [&[u8]; 2] = [b"", b"\x02\x0A\0\x02\x0B\xB8\x14\x01\0\x01\0"];

#[test]
fn a22_up_to_three_nuls_after_any_pdu_change_nothing_that_it_says_or_does() {
    let mut seen = 0;
    for stage in stages() {
        for before in BEFORE.into_iter().take(if stage.parameters { 2 } else { 1 }) {
            let whole = grown(&stage.frame, before);
            let pdu = decode(&whole).unwrap();
            let expected = reaction(&stage, &whole);
            for nuls in 1..=3 {
                let padded = grown(&whole, &[0; 3][..nuls]);
                let what = format!("{} and {nuls} NULs", stage.name);
                assert_eq!(decode(&padded), Ok(pdu), "{what}");
                let (events, out, counters) = counted_reaction(&stage, &padded);
                assert_eq!((events, out), expected, "{what}");
                assert_eq!((counters.nuls_forgiven, counters.bad_bodies), (1, 0), "{what}");
                seen += 1;
            }
        }
    }
    assert!(seen > 120, "{seen}");
}

#[test]
fn a22_up_to_three_nuls_between_a_message_and_its_parameters_cost_no_parameter() {
    const USSD: &[u8] = b"\x05\x01\0\x01\x01\x13\x83\0\x02\x2b\0";
    let text = |short_message, data_coding| Sm { short_message, data_coding, ..Sm::default() };
    let texts = [text(b"*7142#", 0), text(b"1", 0), text(b"", 0), text(b"\0*\0\x37", 8), text(&[b'x'; 254], 0)];
    for kind in [MessageKind::SubmitSm, MessageKind::DeliverSm, MessageKind::DataSm] {
        for sm in texts.iter().filter(|sm| kind != MessageKind::DataSm || sm.short_message.is_empty()) {
            let bare = frame(7, Body::Message(kind, *sm));
            for parameters in [BEFORE[1], USSD, b"\x04\x24\0\0", b"\x05\x01\0\x01\x01"] {
                let clean = grown(&bare, parameters);
                for nuls in 1..=3 {
                    let padded = grown(&bare, &[&[0; 3][..nuls], parameters].concat());
                    let (pdu, forgiven) = decode_forgiving(&padded).unwrap();
                    assert_eq!(Ok(pdu), decode(&clean), "{kind:?}, {nuls} NULs before {parameters:02x?}");
                    assert_eq!(usize::from(forgiven.nuls), nuls);
                    assert_eq!(forgiven.overrun, None);
                }
            }
        }
    }
}

#[test]
fn a22_four_nuls_are_a_parameter_with_the_tag_0_and_what_is_no_parameter_is_refused_where_it_can_be() {
    for stage in stages().into_iter().filter(|stage| stage.parameters && stage.request) {
        let four = grown(&stage.frame, &[0; 4]);
        assert!(decode(&four).is_ok(), "{}: a parameter that nobody knows", stage.name);
        for before in BEFORE {
            for garbage in [&b"\x01"[..], b"\xFF\xFF", b"\x01\x02\x03", b"\0\0\x01", b"\x01\0\0", b"\0 "] {
                let broken = grown(&grown(&stage.frame, before), garbage);
                let error = decode(&broken).expect_err(stage.name);
                assert_eq!(error.status(), CommandStatus::RINVCMDLEN, "{}", stage.name);
                if error.command_id.wants_response() {
                    let answer = (error.command_id.response(), CommandStatus::RINVCMDLEN, stage.number);
                    assert_eq!(answered(&stage, &broken), Some(answer), "{} {garbage:02x?}", stage.name);
                }
            }
        }
    }
}

/// How far a last parameter may run past the end: its tag, how many octets it claims, and those that are there.
fn overruns(tag: Tag) -> Vec<Vec<u8>> {
    let of = |len: u16, there: &[u8]| [&tag.0.to_be_bytes()[..], &len.to_be_bytes(), there].concat();
    vec![of(1, b""), of(8, b"\0\0\0\x01"), of(2, b"x"), of(255, b"x"), of(65_535, b""), of(65_535, &[b'x'; 300])]
}

#[test]
fn a25_a_last_parameter_that_overruns_costs_itself_alone() {
    let mut seen = 0;
    for stage in stages().into_iter().filter(|stage| stage.parameters) {
        for before in BEFORE {
            let whole = grown(&stage.frame, before);
            let pdu = decode(&whole).unwrap();
            let expected = reaction(&stage, &whole);
            for tag in [Tag(0x1454), Tag::USSD_SERVICE_OP, Tag::ITS_SESSION_INFO, Tag::MESSAGE_STATE, Tag(0)] {
                if tag == Tag::USSD_SERVICE_OP && stage.needs_op() {
                    continue;
                }
                for overrun in overruns(tag) {
                    let broken = grown(&whole, &overrun);
                    let what = format!("{} {tag:?} {} octets", stage.name, overrun.len());
                    assert_eq!(decode(&broken), Ok(pdu), "{what}");
                    let (events, out, counters) = counted_reaction(&stage, &broken);
                    assert_eq!((events, out), expected, "{what}");
                    assert_eq!((counters.overruns_forgiven, counters.bad_bodies), (1, 0), "{what}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 700, "{seen}");
}

#[test]
fn a25_a_message_that_makes_no_sense_without_the_parameter_is_refused() {
    for stage in stages().into_iter().filter(|stage| stage.message) {
        let (has_text, replaces) = match decode(&stage.frame).unwrap().body {
            Body::Message(_, sm) => (!sm.user_data().is_empty(), false),
            Body::ReplaceSm(replace) => (!replace.user_data().is_empty(), true),
            other => panic!("{other:?}"),
        };
        for tag in [
            Tag::USSD_SERVICE_OP,
            Tag::MESSAGE_PAYLOAD,
            Tag::SAR_MSG_REF_NUM,
            Tag::SAR_TOTAL_SEGMENTS,
            Tag::SAR_SEGMENT_SEQNUM,
        ] {
            for overrun in overruns(tag) {
                let broken = grown(&stage.frame, &overrun);
                let loses = match tag {
                    Tag::MESSAGE_PAYLOAD => !has_text,
                    Tag::USSD_SERVICE_OP => stage.needs_op(),
                    _ => !replaces,
                };
                let (command_id, status) = (stage.command_id().response(), CommandStatus::RINVOPTPARSTREAM);
                let what = format!("{} {tag:?}", stage.name);
                assert_eq!(decode(&broken).is_err(), loses, "{what}");
                if loses {
                    assert_eq!(answered(&stage, &broken), Some((command_id, status, stage.number)), "{what}");
                }
            }
        }
    }
}

#[test]
fn a19_an_id_without_its_nul_runs_to_the_end_of_the_pdu_and_one_that_cannot_be_kept_is_none() {
    let longest = [b'9'; 64];
    let too_long = [b'9'; 65];
    let mut ids: Vec<(Vec<u8>, Option<&[u8]>)> = vec![
        (b"".to_vec(), None),
        (b"\0".to_vec(), None),
        (b"\0\0\0".to_vec(), None),
        (b"1".to_vec(), Some(b"1")),
        (b"0a1F".to_vec(), Some(b"0a1F")),
        (b"0a1F\0".to_vec(), Some(b"0a1F")),
        (b"0a1F\0\0\0\0".to_vec(), Some(b"0a1F")),
    ];
    ids.extend([longest.to_vec(), [&longest[..], b"\0"].concat()].map(|id| (id, Some(&longest[..]))));
    ids.extend([65, 66, 255, 4000].map(|len| (vec![b'9'; len], None)));
    ids.extend([[&too_long[..], b"\0"].concat(), [&too_long[..], b"\0\x14\x01\0\x01x"].concat()].map(|id| (id, None)));
    for (role, kind) in
        [(Role::Esme, MessageKind::SubmitSm), (Role::Esme, MessageKind::DataSm), (Role::Smsc, MessageKind::DeliverSm)]
    {
        for (octets, expected) in &ids {
            let (mut link, number) = pdus::in_flight(role, kind);
            let resp = frame(number, Body::MessageResp(kind, SmResp::default()));
            let resp = grown(&resp[..16], octets);
            link.handle_bytes(NOW, &resp);
            let message_id = expected.map(|id| MessageId::new(id).unwrap());
            let taken = Event::Response { token: 5, status: CommandStatus::ROK, message_id };
            let events: Vec<Event> = std::iter::from_fn(|| link.poll_event()).collect();
            assert_eq!(events, [taken], "{kind:?} {} octets", octets.len());
            assert!(link.is_bound() && link.in_flight() == 0);
            let unended = !octets.is_empty() && !octets.contains(&0);
            assert_eq!(link.counters().missing_nuls_forgiven, u64::from(unended));
        }
    }
    // A refusal whose body is anything: nothing is named by it, and it is a refusal all the same.
    for body in [&b""[..], b"\0", b"id", b"\0\0\x05"] {
        let (mut link, number) = pdus::in_flight(Role::Esme, MessageKind::SubmitSm);
        let resp = frame(number, Body::MessageResp(MessageKind::SubmitSm, SmResp::default()));
        let refusal = with_status(&grown(&resp[..16], body), CommandStatus::RMSGQFUL);
        link.handle_bytes(NOW, &refusal);
        let Some(Event::Response { status, .. }) = link.poll_event() else { panic!("a response") };
        assert_eq!(status, CommandStatus::RMSGQFUL);
    }
    // What a query is answered names its message in the same way.
    for (octets, expected) in &ids {
        let resp = grown(&frame(9, Body::QuerySmResp(dayaq_smpp::QuerySmResp::default()))[..16], octets);
        let Body::QuerySmResp(resp) = decode(&resp).unwrap().body else { panic!("a query_sm_resp") };
        assert_eq!(resp.message_id, *expected, "{} octets", octets.len());
    }
}
