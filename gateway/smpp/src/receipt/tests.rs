use proptest::prelude::*;

use super::*;
use crate::tlv::TlvBuf;

fn receipt_text(text: &str) -> ShortMessage {
    ShortMessage { esm_class: 0x04, short_message: text.as_bytes().to_vec(), ..ShortMessage::default() }
}

/// What SMSCs write, and what it means: id, state, error, done date.
type Sample = (&'static str, Option<&'static str>, MessageState, Option<&'static str>, Option<&'static str>);

const CORPUS: &[Sample] = {
    use MessageState::*;
    &[
        (
            "id:0123456789 sub:001 dlvrd:001 submit date:2611221430 done date:2611221431 stat:DELIVRD err:000 text:Salam",
            Some("0123456789"),
            Delivered,
            Some("000"),
            Some("2611221431"),
        ),
        ("id:ABC-1 stat:UNDELIV err:27 text:", Some("ABC-1"), Undeliverable, Some("27"), None),
        (
            "id:1 sub:001 dlvrd:000 submitdate:261122143055 donedate:261122143155 stat:EXPIRED err:001",
            Some("1"),
            Expired,
            Some("001"),
            Some("261122143155"),
        ),
        ("ID:7 STAT:rejectd ERR:0A", Some("7"), Rejected, Some("0A"), None),
        ("id: 42 sub: 001 stat: ACCEPTD err: 000", Some("42"), Accepted, Some("000"), None),
        ("id:9 stat:ENROUTE", Some("9"), Enroute, None, None),
        ("id:9 stat:DELETED extra:yes", Some("9"), Deleted, None, None),
        ("id:9 stat:SKIPPED", Some("9"), Skipped, None, None),
        ("id:9 stat:DELIVERED", Some("9"), Delivered, None, None),
        ("id:9 status:Failed", Some("9"), Undeliverable, None, None),
        ("id:9 stat:MAGIC err:5", Some("9"), Unknown, Some("5"), None),
        ("id:9 stat:UNKNOWN", Some("9"), Unknown, None, None),
        ("id: stat:DELIVRD err: text:x", None, Delivered, None, None),
        ("stat: done date:2611221431", None, Unknown, None, Some("2611221431")),
        ("id:9 text:id:10 stat:DELIVRD", Some("9"), Unknown, None, None),
        ("grid:5 id:6 stat:DELIVRD", Some("6"), Delivered, None, None),
        ("id:9\r\nstat:DELIVRD\r\nerr:000", Some("9"), Delivered, Some("000"), None),
        ("", None, Unknown, None, None),
        ("Məktub çatdı", None, Unknown, None, None),
    ]
};

#[test]
fn a32_the_text_form_is_read_however_it_is_written() {
    for (text, id, state, error, done_date) in CORPUS {
        let receipt = read(&receipt_text(text)).unwrap();
        let id_read = receipt.message_id.as_ref().and_then(|id| id.as_str());
        assert_eq!((id_read, receipt.state), (*id, *state), "{text}");
        assert_eq!(receipt.error.as_ref().and_then(|it| it.as_str()), *error, "{text}");
        assert_eq!(receipt.done_date.as_ref().and_then(|it| it.as_str()), *done_date, "{text}");
        assert!(!receipt.disagrees && !receipt.intermediate);
    }
}

#[test]
fn a32_parameters_alone_are_enough_and_win_over_the_text() {
    let mut tlvs = TlvBuf::new();
    tlvs.push(Tag::RECEIPTED_MESSAGE_ID, b"77\0").unwrap();
    tlvs.push_u8(Tag::MESSAGE_STATE, 2);
    tlvs.push(Tag::NETWORK_ERROR_CODE, &[3, 1, 4]).unwrap();
    let alone = read(&ShortMessage { tlvs: tlvs.clone(), ..receipt_text("") }).unwrap();
    assert_eq!(alone.message_id.unwrap().as_str(), Some("77"));
    assert_eq!((alone.state, alone.disagrees), (MessageState::Delivered, false));
    assert_eq!(alone.error.unwrap().as_str(), Some("260"));

    let against = read(&ShortMessage { tlvs: tlvs.clone(), ..receipt_text("id:78 stat:UNDELIV") }).unwrap();
    assert_eq!(against.message_id.unwrap().as_str(), Some("77"));
    assert_eq!((against.state, against.disagrees), (MessageState::Delivered, true));

    let mut odd = TlvBuf::new();
    odd.push_u8(Tag::MESSAGE_STATE, 200);
    odd.push(Tag::RECEIPTED_MESSAGE_ID, b"").unwrap();
    let fallen_back = read(&ShortMessage { tlvs: odd, ..receipt_text("id:78 stat:UNDELIV") }).unwrap();
    assert_eq!(fallen_back.message_id.unwrap().as_str(), Some("78"));
    assert_eq!(fallen_back.state, MessageState::Undeliverable);
}

#[test]
fn a35_only_esm_class_makes_a_receipt() {
    let text = "id:1 stat:DELIVRD";
    for (esm_class, expected) in [
        (0x00, None),
        (0x40, None),
        (0x03, None),
        (0x08, None),
        (0x10, None),
        (0x04, Some(false)),
        (0x44, Some(false)),
        (0x20, Some(true)),
    ] {
        let message = ShortMessage { esm_class, ..receipt_text(text) };
        assert_eq!(read(&message).map(|receipt| receipt.intermediate), expected, "{esm_class:#x}");
    }
}

#[test]
fn a5_ids_in_hexadecimal_and_decimal_with_zeros_and_in_either_case_are_one() {
    let normal = |id: &str, form| normal_id(id.as_bytes(), form).unwrap();
    assert_eq!(normal("0000AB12", IdForm::Hex), normal("43794", IdForm::Decimal));
    assert_eq!(normal("ab12", IdForm::Hex), normal("00043794", IdForm::Decimal));
    assert_eq!(normal(" x-1 ", IdForm::Verbatim).as_str(), Some("x-1"));
    assert_eq!(normal("x-1", IdForm::Hex).as_str(), Some("x-1"), "what is no number stays");
    assert_eq!(normal("+7", IdForm::Decimal).as_str(), Some("+7"));
    assert_eq!(normal_id(&[b'x'; 65], IdForm::Verbatim), None);
}

#[test]
fn a_state_comes_back_from_its_number_and_its_word() {
    for value in 0..=9 {
        let state = MessageState::from_value(value).unwrap();
        assert_eq!(u64::from(state.value()), value);
        assert_eq!(read(&receipt_text(&format!("id:1 stat:{}", state.word()))).unwrap().state, state);
    }
    assert_eq!(MessageState::from_value(10), None);
}

proptest! {
    #[test]
    fn a32_no_receipt_is_refused_and_none_panics(octets in any::<Vec<u8>>(), words in "(id|stat|err|text|done date|:| |[0-9a-z]){0,40}") {
        for short_message in [octets, words.into_bytes()] {
            let message = ShortMessage { esm_class: 0x04, short_message, ..ShortMessage::default() };
            prop_assert!(read(&message).is_some());
        }
    }
}
