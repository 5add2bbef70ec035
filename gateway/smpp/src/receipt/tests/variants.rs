//! A35, A44, A46, A48: receipts of every form under every mark, and what people write.

use proptest::prelude::*;

use super::*;
use crate::concat::{Added, ESM_CLASS_UDHI, Limits, Reassembly};
use crate::instant::Instant;
use crate::tlv::TlvBuf;

const ID: &str = "0A17";

/// Ways to write that the text 0A17 was delivered, with words alone.
fn spellings() -> Vec<String> {
    let usual =
        format!("id:{ID} sub:001 dlvrd:001 submit date:2611291200 done date:2611291201 stat:DELIVRD err:000 text:");
    let mut all = vec![
        usual.clone(),
        format!("{usual}Salam"),
        usual.to_ascii_uppercase(),
        usual.to_ascii_lowercase().replace("0a17", ID),
        usual.replace(' ', ""),
        usual.replace(' ', ","),
        usual.replace(' ', ";"),
        usual.replace(' ', "\r\n"),
        usual.replace(' ', "  "),
        usual.replace(':', ": "),
        usual.replace("submit date", "submitdate").replace("done date", "donedate"),
        format!("stat:DELIVRD id:{ID}"),
        format!("stat:DELIVRD err:000 dlvrd:001 sub:001 id:{ID} text:Salam"),
        format!("text:Salam id:{ID} stat:DELIVRD"),
        format!("id:{ID} stat:DELIVRD"),
        format!("id:{ID} stat:2"),
        format!("id: {ID} stat: Delivered"),
        format!("id={ID} stat=DELIVRD"),
        format!("Message ID: {ID} Status: DELIVRD Error Code: 000"),
        format!("message_id:{ID} status:DELIVRD"),
        format!("grid:5 smsc:baku id:{ID} stat:DELIVRD imsi:400011234567890"),
    ];
    all.push(format!("{} {}", "id:0A17 sub:001", "dlvrd:001 stat:DELIVRDerr:000text:"));
    all
}

/// The octets of a text in each way that SMSCs write one, whatever the data_coding says.
fn octets(text: &str) -> Vec<Vec<u8>> {
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut all = vec![
        text.as_bytes().to_vec(),
        big.clone(),
        little.clone(),
        [&[0xFE, 0xFF], &big[..]].concat(),
        [&[0xFF, 0xFE], &little[..]].concat(),
        [text.as_bytes(), &[0, 0]].concat(),
    ];
    for nuls in 1..=3 {
        all.extend([text.as_bytes(), &big].map(|octets| [&vec![0; nuls][..], octets].concat()));
    }
    all
}

/// Messages that carry them: in short_message or in message_payload, behind a header or none.
fn places(octets: &[u8]) -> Vec<ShortMessage> {
    let mut payload = TlvBuf::new();
    payload.push(Tag::MESSAGE_PAYLOAD, octets).unwrap();
    let behind = |header: &[u8]| ShortMessage {
        esm_class: ESM_CLASS_UDHI,
        short_message: [header, octets].concat(),
        ..ShortMessage::default()
    };
    vec![
        ShortMessage { short_message: octets.to_vec(), ..ShortMessage::default() },
        ShortMessage { tlvs: payload, ..ShortMessage::default() },
        behind(&[0]),
        behind(&[5, 0, 3, 9, 1, 1]),
    ]
}

const SURE: [u8; 7] = [0x04, 0x08, 0x0C, 0x14, 0x20, 0x24, 0x28];
const UNMARKED: [u8; 2] = [0x00, 0x10];
const SERVICE_TYPES: [&str; 3] = ["", "CMT", "USSD"];

fn says_delivered(receipt: &Receipt) -> bool {
    receipt.message_id.is_some_and(|id| id.as_str() == Some(ID)) && receipt.state == MessageState::Delivered
}

#[test]
fn a44_a_receipt_is_known_in_every_form_under_every_mark() {
    let mut count = 0;
    for text in spellings() {
        for octets in octets(&text) {
            for place in places(&octets) {
                for esm_class in SURE.into_iter().chain(UNMARKED) {
                    // Neither coding nor service type tells anything; each of them comes with each form.
                    count += 1;
                    let message = ShortMessage {
                        esm_class: place.esm_class | esm_class,
                        service_type: Octets::new(SERVICE_TYPES[count % 3]).unwrap(),
                        data_coding: [0, 1, 3, 8, 0xF4][count % 5],
                        ..place.clone()
                    };
                    let is_sure = SURE.contains(&esm_class);
                    let known = match report(&message) {
                        Some(Report::Receipt(receipt)) => is_sure && says_delivered(&receipt),
                        Some(Report::Claim(receipt)) => !is_sure && says_delivered(&receipt),
                        Some(Report::Piece(_)) | None => false,
                    };
                    assert!(known, "{esm_class:#x} {text:?} {octets:?}: {:?}", report(&message));
                }
            }
        }
    }
    assert!(count > 9_000, "{count}");
}

#[test]
fn a44_parameters_alone_are_a_receipt_under_every_mark_and_one_of_them_where_nothing_is_written() {
    for esm_class in SURE.into_iter().chain(UNMARKED) {
        for tags in
            [&[Tag::RECEIPTED_MESSAGE_ID, Tag::MESSAGE_STATE][..], &[Tag::RECEIPTED_MESSAGE_ID], &[Tag::MESSAGE_STATE]]
        {
            for text in ["", "\0", "Salam"] {
                let mut tlvs = TlvBuf::new();
                for tag in tags {
                    match *tag {
                        Tag::MESSAGE_STATE => tlvs.push_u8(Tag::MESSAGE_STATE, 2),
                        other => tlvs.push(other, b"0A17\0").unwrap(),
                    }
                }
                let message = ShortMessage { esm_class, tlvs, short_message: text.into(), ..ShortMessage::default() };
                let is_sure = SURE.contains(&esm_class) || tags.len() == 2;
                match report(&message) {
                    Some(Report::Receipt(receipt)) => assert!(is_sure && (tags.len() < 2 || says_delivered(&receipt))),
                    Some(Report::Claim(_)) => assert!(!is_sure && text != "Salam", "{esm_class:#x} {tags:?} {text:?}"),
                    None => assert!(!is_sure && text == "Salam", "{esm_class:#x} {tags:?} {text:?}"),
                    Some(Report::Piece(_)) => panic!("it is whole"),
                }
            }
        }
    }
}

/// Cuts a receipt in two at each place, brings the parts in both orders, and gives what came of them.
#[test]
fn a44_a_receipt_in_parts_is_one_receipt() {
    let text = &spellings()[1];
    for octets in [text.clone().into_bytes(), text.encode_utf16().flat_map(u16::to_be_bytes).collect()] {
        for cut in (2..octets.len() - 1).step_by(2) {
            for esm_class in [0x00, 0x04, 0x08, 0x24] {
                let part = |number: u8, octets: &[u8]| ShortMessage {
                    esm_class: esm_class | ESM_CLASS_UDHI,
                    short_message: [&[5, 0, 3, 9, 2, number], octets].concat(),
                    ..ShortMessage::default()
                };
                let parts = [part(1, &octets[..cut]), part(2, &octets[cut..])];
                let mut reassembly = Reassembly::default();
                let mut told = Vec::new();
                for message in &parts {
                    match (report(message), user_data(message)) {
                        // A part that says all needs no other.
                        (Some(Report::Receipt(receipt)), _) => told.push(receipt),
                        (Some(Report::Claim(_)), _) => panic!("a part may have been typed, too"),
                        (Some(Report::Piece(piece)), _) | (None, Ok(UserData::Piece(piece))) => {
                            let added = reassembly.add(&piece, 0, Instant::from_micros(0), &Limits::default());
                            let Added::Complete(whole) = added else { continue };
                            told.push(if esm_class == 0 {
                                claimed(whole.octets()).unwrap()
                            } else {
                                joined(whole.octets())
                            });
                        }
                        (None, _) => panic!("it is a part"),
                    }
                }
                let known = told.len() == 1 && says_delivered(&told[0]);
                assert!(known, "{esm_class:#x}, cut at {cut}: {told:?}");
            }
        }
    }
}

#[test]
fn a44_half_of_a_receipt_is_known_for_one_so_that_nobody_is_told_of_the_rest() {
    let text = &spellings()[1];
    for octets in [text.clone().into_bytes(), text.encode_utf16().flat_map(u16::to_be_bytes).collect()] {
        for cut in (octets.len() / 4..octets.len() * 2 / 3).filter(|cut| cut % 2 == 0) {
            assert!(is_piece(&octets[..cut]), "the first {cut} octets");
            assert!(is_piece(&octets[cut..]), "from octet {cut}");
        }
    }
    for words in ["", "Salam", "FIN-im 5AKT9X2", "my id: 5AKT9X2", "text: salam", "id:1 text:salam", "kart AA1234567, "]
    {
        assert!(!is_piece(words.as_bytes()), "{words}");
    }
}

#[test]
fn a35_what_people_write_is_a_text() {
    for words in [
        "Salam",
        "id",
        "id:",
        "id:5AKT9X2",
        "stat:DELIVRD",
        "stat: ne vaxt?",
        "My ID: 5AKT9X2, status: pending",
        "ID: AA1234567 STATUS: REJECTED",
        "id=5AKT9X2 status=failed",
        "message id 7 status delivered",
        "id:5AKT9X2 sub:001 dlvrd:001",
        "id: 5AKT9X2 stat: haqqinda",
        "id: 5AKT9X2, stat: evlidir",
        "paid:1 thermostat:5",
        "id:5AKT9X2 status:evli",
        "mening idim:12 statusum:gozleyir",
        "STATUS",
        "stat:",
        "id: stat:",
        "id:stat:DELIVRD",
        "Какой статус? id:7",
    ] {
        for octets in octets(words) {
            for place in places(&octets) {
                for esm_class in UNMARKED {
                    let message = ShortMessage { esm_class: place.esm_class | esm_class, ..place.clone() };
                    assert_eq!(report(&message), None, "{words} in {octets:?}");
                    assert!(is_of_a_person(&message));
                }
            }
        }
        assert_eq!(claimed(words.as_bytes()), None, "{words}");
    }
}

/// An SMSC may leave the state out; what it says besides, no person writes.
#[test]
fn a44_a_receipt_without_its_state_is_no_text_of_a_person() {
    for words in [
        "id:S1 sub:001 dlvrd:001 done date:2611291201 err:000",
        "id:S1 sub:001 dlvrd:001 submit date:2611291200 done date:2611291201 err:000 text:Salam",
        "ID:7 SUB:001 DLVRD:001 DONE DATE:2611291201 ERR:0",
        "id:0a1b sub:1 submit date:261129120000 done date:261129120100",
    ] {
        for octets in octets(words) {
            for place in places(&octets) {
                for esm_class in UNMARKED {
                    let message = ShortMessage { esm_class: place.esm_class | esm_class, ..place.clone() };
                    let Some(Report::Claim(receipt)) = report(&message) else { panic!("{words} in {octets:?}") };
                    assert_eq!(receipt.state, MessageState::Unknown, "{words}");
                }
            }
        }
    }
}

#[test]
fn a44_what_a_machine_acknowledges_is_no_text_of_a_person_and_what_a_person_acknowledges_is() {
    for (esm_class, text, is_of_person) in [
        (0x00, "", true),
        (0x00, "Salam", true),
        (0x40, "\0Salam", true),
        (0x03, "Salam", true),
        (0x10, "Salam", true),
        (0x10, "", false),
        (0x08, "Salam", false),
        (0x18, "Salam", false),
        (0x18, "", false),
        (0x1C, "Salam", false),
        (0x30, "Salam", false),
        (0x3C, "Salam", false),
        (0x04, "Salam", false),
        (0x20, "Salam", false),
    ] {
        let message = ShortMessage { esm_class, short_message: text.into(), ..ShortMessage::default() };
        assert_eq!(is_of_a_person(&message), is_of_person, "{esm_class:#x} {text:?}");
        // An acknowledgement without parameters or words tells of no text of ours.
        let tells = report(&message).is_some();
        assert_eq!(tells, esm_class & 0x24 != 0, "{esm_class:#x} {text:?}");
    }
}

const STATES: [MessageState; 10] = [
    MessageState::Scheduled,
    MessageState::Enroute,
    MessageState::Delivered,
    MessageState::Expired,
    MessageState::Deleted,
    MessageState::Undeliverable,
    MessageState::Accepted,
    MessageState::Unknown,
    MessageState::Rejected,
    MessageState::Skipped,
];

/// The words by which a state is written, but for its number.
fn words_of(state: MessageState) -> &'static [&'static str] {
    match state {
        MessageState::Scheduled => &["SCHEDLD", "SCHEDULED", "scheduled"],
        MessageState::Enroute => &["ENROUTE", "EN_ROUTE", "BUFFERED", "PENDING", "RETRY", "QUEUED", "SUBMITD"],
        MessageState::Delivered => &["DELIVRD", "DELIVERED", "delivrd", "DLVRD"],
        MessageState::Expired => &["EXPIRED", "Expired"],
        MessageState::Deleted => &["DELETED", "CANCELLED"],
        MessageState::Undeliverable => &["UNDELIV", "UNDELIVERABLE", "NOTDELIVERED", "FAILED"],
        MessageState::Accepted => &["ACCEPTD", "ACCEPTED"],
        MessageState::Unknown => &["UNKNOWN", "UNKNOWN_ERROR", "MAGIC"],
        MessageState::Rejected => &["REJECTD", "REJECTED"],
        MessageState::Skipped => &["SKIPPED"],
    }
}

#[test]
fn a46_of_parameter_and_word_the_final_one_wins_and_else_the_parameter() {
    let mut count = 0;
    for said in STATES {
        for written in STATES {
            let number = written.value().to_string();
            for word in words_of(written).iter().copied().chain([&*number]) {
                for esm_class in [0x00, 0x04, 0x08, 0x20] {
                    let mut tlvs = TlvBuf::new();
                    tlvs.push_u8(Tag::MESSAGE_STATE, said.value());
                    let text = format!("id:S2 stat:{word} err:255").into_bytes();
                    let message = ShortMessage { esm_class, tlvs, short_message: text, ..ShortMessage::default() };
                    let (Some(Report::Receipt(receipt)) | Some(Report::Claim(receipt))) = report(&message) else {
                        panic!("{said:?} {word}: it is a receipt")
                    };
                    let expected = match (said.is_final(), written.is_final()) {
                        (false, true) => written,
                        (true, _) | (false, false) => said,
                    };
                    assert_eq!(receipt.state, expected, "message_state {said:?} beside stat:{word}");
                    assert_eq!(receipt.disagrees, said != written);
                    count += 1;
                }
            }
        }
    }
    assert!(count > 1_500, "{count}");
}

#[test]
fn a48_nuls_in_front_of_a_receipt_are_no_part_of_it() {
    for nuls in 0..=5 {
        for text in
            [&b"id:0A17 stat:DELIVRD"[..], b"\0i\0d\0:\x000\0A\x001\x007\0 \0s\0t\0a\0t\0:\0D\0E\0L\0I\0V\0R\0D"]
        {
            let short_message = [&vec![0; nuls][..], text].concat();
            for esm_class in [0x00, 0x04] {
                let message =
                    ShortMessage { esm_class, short_message: short_message.clone(), ..ShortMessage::default() };
                let (Some(Report::Receipt(receipt)) | Some(Report::Claim(receipt))) = report(&message) else {
                    panic!("{nuls} NULs: it is a receipt")
                };
                assert!(says_delivered(&receipt), "{nuls} NULs: {receipt:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn a44_whatever_it_is_nothing_panics_and_the_same_is_said_twice(
        octets in any::<Vec<u8>>(),
        words in "(id|stat|err|text|done date|sub|dlvrd|:| |=|\\PC|[0-9a-z]){0,40}",
        esm_class in any::<u8>(),
    ) {
        for short_message in [octets, words.into_bytes()] {
            let message = ShortMessage { esm_class, short_message, ..ShortMessage::default() };
            let told = report(&message);
            prop_assert_eq!(told, report(&message));
            match told {
                Some(Report::Receipt(receipt)) => prop_assert_eq!(read(&message), Some(receipt)),
                Some(Report::Claim(receipt)) => {
                    prop_assert!(receipt.message_id.is_some() && read(&message).is_none());
                }
                Some(Report::Piece(_)) | None => {}
            }
            let _whatever = (joined(&message.short_message), is_piece(&message.short_message));
        }
    }
}
