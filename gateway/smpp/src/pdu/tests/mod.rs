mod ancillary;

use proptest::prelude::*;

use super::*;
use crate::error::EncodeError;
use crate::frame::{FrameError, MAX_PDU_LEN, split_frame};
use crate::message::{Address, ShortMessage};
use crate::octets::Octets;
use crate::tlv::{Tag, TlvBuf};

/// A deliver_sm with two parameters, octet by octet as the specification lays it out.
const DELIVER_SM: &[u8] = b"\x00\x00\x00\x44\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x07\
USSD\0\x01\x01994501234567\0\x00\x017142\0\x00\x00\x00\0\0\x00\x00\x0F\x00\x06*7142#\
\x05\x01\x00\x01\x01\x13\x83\x00\x02\x05\x00";

fn body_of(frame: &[u8]) -> Sm<'_> {
    match decode(frame).unwrap().body {
        Body::Message(_, sm) => sm,
        other => panic!("{other:?}"),
    }
}

/// Puts the right length into a frame that a test has cut or grown.
fn relength(frame: &mut [u8]) {
    let len = frame.len() as u32;
    frame[..4].copy_from_slice(&len.to_be_bytes());
}

fn encoded(body: Body<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&Pdu { command_status: CommandStatus::ROK, sequence_number: 9, body }, &mut out).unwrap();
    out
}

/// Where the first octet of `needle` lies in [`DELIVER_SM`].
fn at(needle: &[u8]) -> usize {
    DELIVER_SM.windows(needle.len()).position(|window| window == needle).unwrap()
}

#[test]
fn a_deliver_sm_is_read_field_by_field() {
    let mut frame = DELIVER_SM.to_vec();
    relength(&mut frame);
    let sm = body_of(&frame);
    assert_eq!(sm.service_type, b"USSD");
    assert_eq!((sm.source.ton, sm.source.npi, sm.source.digits), (1, 1, &b"994501234567"[..]));
    assert_eq!((sm.destination.ton, sm.destination.npi, sm.destination.digits), (0, 1, &b"7142"[..]));
    assert_eq!((sm.data_coding, sm.short_message), (0x0F, &b"*7142#"[..]));
    assert_eq!(sm.tlvs.uint(Tag::USSD_SERVICE_OP), Some(1));
    assert_eq!(sm.tlvs.get(Tag::ITS_SESSION_INFO), Some(&[5, 0][..]));
    assert_eq!(encoded_again(&frame), frame);
}

fn encoded_again(frame: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&decode(frame).unwrap(), &mut out).unwrap();
    out
}

#[test]
fn debug_shows_no_number_no_text_and_no_password() {
    let mut frame = DELIVER_SM.to_vec();
    relength(&mut frame);
    let bind = Bind { system_id: b"operator", password: b"secret", ..Bind::default() };
    let owned = ShortMessage::try_from(&body_of(&frame)).unwrap();
    for shown in [format!("{:?}", decode(&frame)), format!("{owned:?}"), format!("{bind:?}")] {
        for hidden in ["994501234567", "7142", "secret", "operator"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}

fn check_error(frame: &[u8], field: Field, problem: Problem, status: CommandStatus) {
    let mut frame = frame.to_vec();
    relength(&mut frame);
    let error = decode(&frame).unwrap_err();
    assert_eq!((error.field, error.problem, error.status()), (field, problem, status), "{error}");
    assert_eq!((error.command_id, error.sequence_number), (CommandId::DELIVER_SM, 7));
}

#[test]
fn a22_a26_each_broken_field_is_named_and_has_its_status() {
    use CommandStatus as S;
    check_error(&DELIVER_SM[..16], Field::ServiceType, Problem::Missing, S::RINVCMDLEN);
    check_error(&DELIVER_SM[..19], Field::ServiceType, Problem::NoNul, S::RINVSERTYP);
    check_error(&DELIVER_SM[..at(b"9945") + 5], Field::SourceAddr, Problem::NoNul, S::RINVSRCADR);
    check_error(&DELIVER_SM[..at(b"7142") + 3], Field::DestinationAddr, Problem::NoNul, S::RINVDSTADR);
    check_error(&DELIVER_SM[..at(b"\x0F\x00\x06")], Field::DataCoding, Problem::Missing, S::RINVCMDLEN);
    check_error(&DELIVER_SM[..at(b"#") - 1], Field::ShortMessage, Problem::Overrun, S::RINVMSGLEN);

    let mut long = DELIVER_SM.to_vec();
    long.splice(at(b"9945")..at(b"9945"), *b"00000000000");
    check_error(&long, Field::SourceAddr, Problem::TooLong { max: 21 }, S::RINVSRCADR);

    let mut sm_length = DELIVER_SM.to_vec();
    sm_length[at(b"*7142#") - 1] = 255;
    check_error(&sm_length, Field::SmLength, Problem::OutOfRange, S::RINVMSGLEN);
    sm_length[at(b"*7142#") - 1] = 200;
    check_error(&sm_length, Field::ShortMessage, Problem::Overrun, S::RINVMSGLEN);

    let mut both = DELIVER_SM.to_vec();
    both.extend_from_slice(&[0x04, 0x24, 0, 1, b'x']);
    check_error(&both, Field::Tlv(Tag::MESSAGE_PAYLOAD), Problem::Both, S::ROPTPARNOTALLWD);
}

#[test]
fn a25_an_overrunning_parameter_is_told_and_an_error_where_it_is_the_text_and_odd_ones_are_kept() {
    let mut overrun = DELIVER_SM.to_vec();
    overrun.extend_from_slice(&[0x04, 0x24, 0, 64, b'x']);
    relength(&mut overrun);
    let (pdu, forgiven) = decode_forgiving(&overrun).unwrap();
    let mut whole = DELIVER_SM.to_vec();
    relength(&mut whole);
    assert_eq!((Ok(pdu), forgiven.overrun), (decode(&whole), Some(Tag::MESSAGE_PAYLOAD)));
    assert_eq!(Forgiven { overrun: None, ..forgiven }, Forgiven::NOTHING);
    let mut lost = [&DELIVER_SM[..at(b"\x06*7142#")], &[0, 0x04, 0x24, 0, 64, b'x']].concat();
    let field = Field::Tlv(Tag::MESSAGE_PAYLOAD);
    check_error(&lost, field, Problem::Overrun, CommandStatus::RINVOPTPARSTREAM);
    // A payload that is whole goes before it.
    lost.splice(lost.len() - 5.., *b"\x04\x24\0\x011\x04\x24\0\x402");
    relength(&mut lost);
    assert_eq!(body_of(&lost).user_data(), b"1");

    let mut leftover = DELIVER_SM.to_vec();
    leftover.extend_from_slice(&[0x04, 0x24, 0]);
    check_error(&leftover, Field::Rest, Problem::Garbage, CommandStatus::RINVCMDLEN);

    // Unknown, vendor's, empty, of another width, and twice: all kept, the first one counts.
    let mut odd = DELIVER_SM[..at(b"\x05\x01\x00\x01")].to_vec();
    odd.extend_from_slice(b"\x14\x01\x00\x03abc\x05\x01\x00\x04\x00\x00\x00\x12\x13\x83\x00\x00\x13\x83\x00\x01\x09");
    relength(&mut odd);
    let tlvs = body_of(&odd).tlvs;
    assert_eq!(tlvs.get(Tag(0x1401)), Some(&b"abc"[..]));
    assert_eq!(tlvs.uint(Tag::USSD_SERVICE_OP), Some(18));
    assert_eq!(tlvs.get(Tag::ITS_SESSION_INFO), Some(&[][..]));
    assert_eq!(tlvs.uint(Tag::ITS_SESSION_INFO), None);
    assert_eq!(tlvs.count(Tag::ITS_SESSION_INFO), 2);
}

#[test]
fn a19_a_response_is_taken_whatever_its_message_id() {
    let id = |body: &[u8]| {
        let mut frame = b"\0\0\0\0\x80\0\0\x04\0\0\0\0\0\0\0\x01".to_vec();
        frame.extend_from_slice(body);
        relength(&mut frame);
        match decode(&frame).unwrap().body {
            Body::MessageResp(MessageKind::SubmitSm, resp) => resp.message_id.map(<[u8]>::to_vec),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(id(b"0000000017\0"), Some(b"0000000017".to_vec()));
    assert_eq!(id(b""), None);
    assert_eq!(id(b"\0"), None);
    assert_eq!(id(b"no-nul"), Some(b"no-nul".to_vec()));
    assert_eq!(id(&[[b'9'; 64].as_slice(), b"\0"].concat()), Some(vec![b'9'; 64]));
    assert_eq!(id(&[[b'9'; 65].as_slice(), b"\0"].concat()), None);
    assert_eq!(id(b"17\0\x04\x24\xFF\xFF"), Some(b"17".to_vec()), "a broken parameter costs the parameter alone");
}

#[test]
fn a23_a_payload_of_64_kib_passes_both_ways() {
    let text = vec![b'x'; 65_535];
    let sm = Sm { short_message: &text, ..Sm::default() };
    let frame = encoded(Body::Message(MessageKind::SubmitSm, sm));
    let split = split_frame(&frame, MAX_PDU_LEN).unwrap().unwrap();
    assert!(body_of(split).short_message.is_empty());
    assert_eq!(body_of(split).user_data(), text);
}

#[test]
fn what_the_specification_forbids_is_not_sent() {
    let refuse = |sm: Sm<'_>, kind| {
        let mut out = b"before".to_vec();
        let pdu = Pdu { command_status: CommandStatus::ROK, sequence_number: 1, body: Body::Message(kind, sm) };
        let error = encode(&pdu, &mut out).unwrap_err();
        assert_eq!(out, b"before");
        error
    };
    let digits = [b'1'; 21];
    let to_long = Sm { destination: Addr { digits: &digits, ..Addr::default() }, ..Sm::default() };
    let error = EncodeError::TooLong { field: Field::DestinationAddr, len: 21, max: 20 };
    assert_eq!(refuse(to_long, MessageKind::SubmitSm), error);
    encoded(Body::Message(MessageKind::DataSm, to_long));
    let nul = Sm { service_type: b"a\0b", ..Sm::default() };
    assert_eq!(refuse(nul, MessageKind::DeliverSm), EncodeError::NulInside(Field::ServiceType));
    let text = vec![0; 65_536];
    let huge = Sm { short_message: &text, ..Sm::default() };
    assert!(matches!(refuse(huge, MessageKind::SubmitSm), EncodeError::TooLong { len: 65_536, .. }));
    let mut tlvs = TlvBuf::new();
    tlvs.push(Tag::MESSAGE_PAYLOAD, b"a").unwrap();
    let both = Sm { short_message: b"b", tlvs: tlvs.as_tlvs(), ..Sm::default() };
    assert_eq!(refuse(both, MessageKind::SubmitSm), EncodeError::Both);
}

#[test]
fn a20_a21_a_length_is_judged_from_its_four_octets() {
    for (octets, expected) in [
        ([0, 0, 0, 0], FrameError::TooShort { command_length: 0 }),
        ([0, 0, 0, 1], FrameError::TooShort { command_length: 1 }),
        ([0, 0, 0, 15], FrameError::TooShort { command_length: 15 }),
        ([0xFF; 4], FrameError::TooLong { command_length: u32::MAX, max: 64 }),
        ([0x80, 0, 0, 0], FrameError::TooLong { command_length: 0x8000_0000, max: 64 }),
        ([0, 0, 0, 65], FrameError::TooLong { command_length: 65, max: 64 }),
    ] {
        assert_eq!(split_frame(&octets, 64), Err(expected));
    }
    assert_eq!(split_frame(&[0, 0, 0], 64), Ok(None));
    assert_eq!(split_frame(&[0, 0, 0, 64], 64), Ok(None));
    let two = [encoded(Body::EnquireLink), encoded(Body::Unbind)].concat();
    assert_eq!(split_frame(&two, 64).unwrap().unwrap().len(), 16);
}

#[test]
fn an_unknown_command_is_kept_as_octets_and_a_body_where_none_belongs_is_passed_over() {
    let unknown = Body::Unknown { command_id: CommandId(0x0001_0200), body: b"vendor" };
    assert_eq!(decode(&encoded(unknown)).unwrap().body, unknown);
    let mut enquire_link = encoded(Body::EnquireLink);
    enquire_link.extend_from_slice(b"more");
    relength(&mut enquire_link);
    assert_eq!(decode(&enquire_link).unwrap().body, Body::EnquireLink);
}

pub(crate) fn any_message(max_address: usize) -> impl Strategy<Value = ShortMessage> {
    let no_nul = |max| proptest::collection::vec(1u8..=255, 0..=max);
    let address = move || (any::<u8>(), any::<u8>(), no_nul(max_address));
    let tlv = (any::<u16>(), proptest::collection::vec(any::<u8>(), 0..20))
        .prop_filter("the payload is a field of its own", |(tag, _)| *tag != Tag::MESSAGE_PAYLOAD.0);
    let text = proptest::collection::vec(any::<u8>(), 0..=254);
    (no_nul(5), address(), address(), any::<[u8; 7]>(), text, proptest::collection::vec(tlv, 0..5)).prop_map(
        |(service_type, from, to, octets, short_message, parameters)| {
            let mut tlvs = TlvBuf::new();
            for (tag, value) in parameters {
                tlvs.push(Tag(tag), &value).unwrap();
            }
            ShortMessage {
                service_type: Octets::new(service_type).unwrap(),
                source: Address::new(from.0, from.1, from.2).unwrap(),
                destination: Address::new(to.0, to.1, to.2).unwrap(),
                esm_class: octets[0],
                protocol_id: octets[1],
                priority_flag: octets[2],
                registered_delivery: octets[3],
                replace_if_present_flag: octets[4],
                data_coding: octets[5],
                sm_default_msg_id: octets[6],
                short_message,
                tlvs,
                ..ShortMessage::default()
            }
        },
    )
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(message in any_message(20), sequence_number in any::<u32>()) {
        for kind in [MessageKind::SubmitSm, MessageKind::DeliverSm] {
            let body = Body::Message(kind, message.as_sm());
            let pdu = Pdu { command_status: CommandStatus::ROK, sequence_number, body };
            let mut out = Vec::new();
            encode(&pdu, &mut out).unwrap();
            prop_assert_eq!(split_frame(&out, MAX_PDU_LEN), Ok(Some(&out[..])));
            prop_assert_eq!(decode(&out).unwrap(), pdu);
            prop_assert_eq!(&ShortMessage::try_from(&body_of(&out)).unwrap(), &message);
        }
    }

    #[test]
    fn a_data_sm_carries_its_text_as_payload(message in any_message(64)) {
        let frame = encoded(Body::Message(MessageKind::DataSm, message.as_sm()));
        let sm = body_of(&frame);
        prop_assert!(sm.short_message.is_empty());
        prop_assert_eq!(sm.user_data(), &message.short_message[..]);
        prop_assert_eq!(sm.source, message.source.as_addr());
        prop_assert_eq!(sm.destination, message.destination.as_addr());
    }

    #[test]
    fn a26_no_mutation_panics_and_what_decodes_can_be_sent_again(
        message in any_message(20),
        command in prop::sample::select(vec![
            1u32, 2, 3, 4, 5, 6, 7, 8, 9, 0xB, 0x15, 0x102, 0x103, 0x8000_0003, 0x8000_0004, 0x8000_0009, 0x8000_0000,
        ]),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut frame = encoded(Body::Message(MessageKind::DeliverSm, message.as_sm()));
        frame[4..8].copy_from_slice(&command.to_be_bytes());
        for (at, octet) in changes {
            let at = at.index(frame.len());
            frame[at] = octet;
        }
        frame.truncate(cut.index(frame.len() + 1));
        if let Ok(pdu) = decode(&frame) {
            let mut out = Vec::new();
            encode(&pdu, &mut out).unwrap();
            prop_assert_eq!(decode(&out).unwrap().body.command_id(), pdu.body.command_id());
        }
    }

    #[test]
    fn a26_no_octets_panic(octets in any::<Vec<u8>>()) {
        let _whatever = decode(&octets);
        let _whatever = split_frame(&octets, MAX_PDU_LEN);
        prop_assert!(crate::tlv::Tlvs::longest_prefix(&octets).0.as_bytes().len() <= octets.len());
    }
}
