//! A peer of SMPP 3.3: no parameters anywhere, no body in an error response, message ids in hexadecimal.

use dayaq_smpp::{
    Bind, BindKind, Body, CommandStatus, Event, Instant, Link, LinkConfig, MessageKind, Pdu, Role, SmResp, Tag, decode,
    encode,
};

fn frame(command_status: CommandStatus, body: Body<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&Pdu { command_status, sequence_number: 1, body }, &mut out).unwrap();
    out
}

/// Binds with a version and gives the SMSC's `sc_interface_version`.
fn told(interface_version: u8) -> Option<u64> {
    let mut smsc = Link::new(LinkConfig::new(Role::Smsc), Instant::ZERO);
    let bind = Bind { system_id: b"old", interface_version, ..Bind::default() };
    smsc.handle_bytes(Instant::ZERO, &frame(CommandStatus::ROK, Body::Bind(BindKind::Transmitter, bind)));
    assert!(matches!(smsc.poll_event(), Some(Event::BindRequest(_))));
    smsc.accept_bind(Instant::ZERO, b"smsc").unwrap();
    let mut out = Vec::new();
    smsc.take_output(&mut out);
    let Body::BindResp(BindKind::Transmitter, resp) = decode(&out).unwrap().body else { panic!("a bind_resp") };
    assert_eq!(resp.system_id, b"smsc");
    resp.tlvs.uint(Tag::SC_INTERFACE_VERSION)
}

#[test]
fn a1_a_peer_of_3_3_is_told_no_version_and_one_of_3_4_is() {
    assert_eq!([0x00, 0x33, 0x34, 0x50].map(told), [None, None, Some(0x34), Some(0x34)]);
}

#[test]
fn a1_the_bodies_of_3_3_are_read() {
    // submit_sm up to its text; submit_sm_resp with an id of eight hexadecimal digits; an error response that ends with its
    // header, and one that brings an id all the same; a bind response without a parameter.
    let submit_sm = b"\0\0\0\x2E\0\0\0\x04\0\0\0\0\0\0\0\x01\0\0\x017142\0\x01\x0199450\0\0\0\0\0\0\0\0\0\0\x04text";
    let mut submit_sm = submit_sm.to_vec();
    let len = submit_sm.len() as u8;
    submit_sm[3] = len;
    let Body::Message(MessageKind::SubmitSm, sm) = decode(&submit_sm).unwrap().body else { panic!("a submit_sm") };
    assert_eq!((sm.short_message, sm.tlvs.iter().count()), (&b"text"[..], 0));

    let resp = |status: u32, id: &[u8]| {
        let mut octets = frame(CommandStatus(status), Body::MessageResp(MessageKind::SubmitSm, SmResp::default()));
        octets.truncate(16);
        octets.extend_from_slice(id);
        octets[3] = octets.len() as u8;
        match decode(&octets).unwrap().body {
            Body::MessageResp(_, resp) => resp.message_id.map(<[u8]>::to_vec),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(resp(0, b"0A1B2C3D\0"), Some(b"0A1B2C3D".to_vec()));
    assert_eq!(resp(0x45, b""), None);
    assert_eq!(resp(0x45, b"0\0"), Some(b"0".to_vec()));
}
