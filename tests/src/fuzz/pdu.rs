use dayaq_smpp::{
    Ancillary, Body, CommandStatus, EncodeError, MAX_PDU_LEN, Pdu, ShortMessage, decode, encode, split_frame,
};

/// Any octets as a frame: they decode or are refused with a status, and what decodes is the same after a second journey.
pub fn pdu(octets: &[u8]) {
    if let Ok(Some(frame)) = split_frame(octets, MAX_PDU_LEN) {
        assert!((16..=MAX_PDU_LEN).contains(&frame.len()) && frame.len() <= octets.len());
    }
    match decode(octets) {
        Ok(pdu) => travels_again(&pdu),
        Err(error) => assert_ne!(error.status(), CommandStatus::ROK),
    }
}

fn travels_again(pdu: &Pdu<'_>) {
    match &pdu.body {
        Body::Message(_, sm) => {
            let owned = ShortMessage::try_from(sm).expect("what was decoded can be owned");
            assert_eq!(owned.as_sm(), *sm);
            assert_eq!(owned.user_data(), sm.user_data());
        }
        Body::QuerySm(query) => drop(Ancillary::try_from(query).expect("what was decoded can be owned")),
        Body::CancelSm(cancel) => drop(Ancillary::try_from(cancel).expect("what was decoded can be owned")),
        Body::ReplaceSm(replace) => drop(Ancillary::try_from(replace).expect("what was decoded can be owned")),
        _ => {}
    }
    let mut out = Vec::new();
    match encode(pdu, &mut out) {
        Ok(()) => {}
        // An empty payload beside a text is taken, but not sent.
        Err(EncodeError::Both) => return assert!(out.is_empty()),
        Err(error) => panic!("{error}"),
    }
    assert_eq!(u32::from_be_bytes([out[0], out[1], out[2], out[3]]) as usize, out.len());
    let again = decode(&out).expect("what was encoded is decoded");
    assert_eq!(again.body.command_id(), pdu.body.command_id());
    assert_eq!((again.sequence_number, again.command_status), (pdu.sequence_number, pdu.command_status));
    // The body of a response with an error is not sent.
    if pdu.command_status.is_ok() {
        assert_eq!(again.body, pdu.body);
    }
}
