use dayaq_smpp::concat::user_data;
use dayaq_smpp::ussd::Dialect;
use dayaq_smpp::{
    Ancillary, Body, CommandStatus, EncodeError, Forgiven, MAX_PDU_LEN, Pdu, ReplaceSm, ShortMessage, Sm, Tag,
    TextCodings, decode, decode_forgiving, encode, split_frame,
};

/// How many NULs are forgiven at one place.
const NULS_MAX: usize = 3;

/// Any octets as a frame: they decode or are refused with a status, and what decodes is the same after a second journey,
/// on which nothing is left to forgive.
pub fn pdu(octets: &[u8]) {
    if let Ok(Some(frame)) = split_frame(octets, MAX_PDU_LEN) {
        assert!((16..=MAX_PDU_LEN).contains(&frame.len()) && frame.len() <= octets.len());
    }
    match decode_forgiving(octets) {
        Ok((pdu, forgiven)) => {
            assert_eq!(decode(octets), Ok(pdu));
            let nuls = usize::from(forgiven.nuls);
            assert!(nuls <= NULS_MAX);
            // They stood at one place, mostly the end, and without them it is the same.
            let stood = |at: usize| {
                let (before, after) = (&octets[..at], &octets[at + nuls..]);
                octets[at..at + nuls].iter().all(|octet| *octet == 0) && decode(&[before, after].concat()) == Ok(pdu)
            };
            assert!((0..=octets.len() - nuls).rev().any(stood), "the NULs were of it");
            travels_again(&pdu, &forgiven);
        }
        Err(error) => assert_ne!(error.status(), CommandStatus::ROK),
    }
}

fn travels_again(pdu: &Pdu<'_>, forgiven: &Forgiven) {
    match &pdu.body {
        Body::Message(_, sm) => {
            let owned = ShortMessage::try_from(sm).expect("what was decoded can be owned");
            assert_eq!(owned.as_sm(), *sm);
            assert_eq!(owned.user_data(), sm.user_data());
            is_read(&owned);
        }
        Body::QuerySm(query) => drop(Ancillary::try_from(query).expect("what was decoded can be owned")),
        Body::CancelSm(cancel) => drop(Ancillary::try_from(cancel).expect("what was decoded can be owned")),
        Body::ReplaceSm(replace) => drop(Ancillary::try_from(replace).expect("what was decoded can be owned")),
        _ => {}
    }
    let mut out = Vec::new();
    match encode(pdu, &mut out) {
        Ok(()) => {}
        // A payload beside a text is taken where it is empty or the same, but not sent.
        Err(EncodeError::Both) => {
            let (Body::Message(_, Sm { tlvs, .. }) | Body::ReplaceSm(ReplaceSm { tlvs, .. })) = &pdu.body else {
                panic!("no text")
            };
            assert!(forgiven.doubled_text || tlvs.get(Tag::MESSAGE_PAYLOAD) == Some(&[]));
            return assert!(out.is_empty());
        }
        Err(error) => panic!("{error}"),
    }
    assert_eq!(u32::from_be_bytes([out[0], out[1], out[2], out[3]]) as usize, out.len());
    let (again, forgiven) = decode_forgiving(&out).expect("what was encoded is decoded");
    assert_eq!(forgiven, Forgiven::NOTHING);
    assert_eq!(again.body.command_id(), pdu.body.command_id());
    assert_eq!((again.sequence_number, again.command_status), (pdu.sequence_number, pdu.command_status));
    // The body of a response with an error is not sent.
    if pdu.command_status.is_ok() {
        assert_eq!(again.body, pdu.body);
    }
}

/// A message as a turn, as a screen and as a text: whatever stands in it, no more NULs than are forgiven are left out.
fn is_read(message: &ShortMessage) {
    for packed in [false, true] {
        let dialect = Dialect { packed, ..Dialect::specification() };
        assert!(dialect.stray_nuls(message) <= NULS_MAX);
        let _turn = dialect.read(message);
        let _screen = dialect.read_screen(message);
    }
    let codings = TextCodings::default();
    assert!(codings.stray_nuls(message.data_coding, message.user_data()) <= NULS_MAX);
    let _text = codings.decode(message.data_coding, [(message.user_data(), dayaq_text::Shift::default())]);
    let _part = user_data(message);
}
