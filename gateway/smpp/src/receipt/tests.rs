mod variants;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::tlv::TlvBuf;

fn receipt_text(text: &[u8]) -> ShortMessage {
    ShortMessage { esm_class: 0x04, short_message: text.to_vec(), ..ShortMessage::default() }
}

/// Takes the escapes of the corpus out of a text.
fn unescape(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        octets.extend(before.as_bytes());
        let (octet, len) = match after.as_bytes() {
            [b'r', ..] => (b'\r', 1),
            [b'n', ..] => (b'\n', 1),
            [b'x', ..] => (u8::from_str_radix(&after[1..3], 16).unwrap(), 3),
            other => panic!("an unknown escape {other:?}"),
        };
        octets.push(octet);
        rest = &after[len..];
    }
    octets.extend(rest.as_bytes());
    octets
}

#[test]
fn a32_every_text_form_of_the_corpus_is_read() {
    let corpus = include_str!("corpus.tsv");
    let rows: Vec<&str> = corpus.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(rows.len() >= 60, "{}", rows.len());
    for row in rows {
        let [shows, text, id, state, error, done_date] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("six columns: {row}")
        };
        let receipt = read(&receipt_text(&unescape(text))).unwrap();
        let said = |field: Option<&[u8]>| field.map_or("-".to_owned(), |it| String::from_utf8_lossy(it).into_owned());
        let read = [
            said(receipt.message_id.as_ref().map(|it| it.as_bytes())),
            receipt.state.word().to_owned(),
            said(receipt.error.as_ref().map(|it| it.as_bytes())),
            said(receipt.done_date.as_ref().map(|it| it.as_bytes())),
        ];
        assert_eq!(read, [id, state, error, done_date], "{shows}: {text}");
        assert!(!receipt.disagrees && !receipt.intermediate);
    }
}

#[test]
fn a32_parameters_alone_are_enough_and_win_over_the_text() {
    let mut tlvs = TlvBuf::new();
    tlvs.push(Tag::RECEIPTED_MESSAGE_ID, b"77\0").unwrap();
    tlvs.push_u8(Tag::MESSAGE_STATE, 2);
    tlvs.push(Tag::NETWORK_ERROR_CODE, &[3, 1, 4]).unwrap();
    let alone = read(&ShortMessage { tlvs: tlvs.clone(), ..receipt_text(b"") }).unwrap();
    assert_eq!(alone.message_id.unwrap().as_str(), Some("77"));
    assert_eq!((alone.state, alone.disagrees), (MessageState::Delivered, false));
    assert_eq!(alone.error.unwrap().as_str(), Some("260"));

    let against = read(&ShortMessage { tlvs: tlvs.clone(), ..receipt_text(b"id:78 stat:UNDELIV err:9") }).unwrap();
    assert_eq!(against.message_id.unwrap().as_str(), Some("77"));
    assert_eq!(against.written_id.unwrap().as_str(), Some("78"));
    assert_eq!(against.error.unwrap().as_str(), Some("260"));
    assert_eq!((against.state, against.disagrees), (MessageState::Delivered, true));

    let mut odd = TlvBuf::new();
    odd.push_u8(Tag::MESSAGE_STATE, 200);
    odd.push(Tag::RECEIPTED_MESSAGE_ID, b"").unwrap();
    odd.push(Tag::NETWORK_ERROR_CODE, &[1]).unwrap();
    let fallen_back = read(&ShortMessage { tlvs: odd, ..receipt_text(b"id:78 stat:UNDELIV err:9") }).unwrap();
    assert_eq!(fallen_back.message_id.unwrap().as_str(), Some("78"));
    assert_eq!(fallen_back.state, MessageState::Undeliverable);
    assert_eq!(fallen_back.error.unwrap().as_str(), Some("9"));
}

#[test]
fn a32_a_header_before_the_text_is_no_part_of_it() {
    let text = [b"\x05\x00\x03\x09\x01\x01".as_slice(), b"id:7 stat:DELIVRD"].concat();
    let receipt = read(&ShortMessage { esm_class: 0x44, ..receipt_text(&text) }).unwrap();
    assert_eq!(receipt.message_id.unwrap().as_str(), Some("7"));
    assert_eq!(receipt.state, MessageState::Delivered);
}

#[test]
fn a35_only_esm_class_makes_a_text_surely_a_receipt() {
    for (esm_class, expected) in [
        (0x00, None),
        (0x40, None),
        (0x03, None),
        (0x10, None),
        (0x04, Some(false)),
        (0x08, Some(false)),
        (0x0C, Some(false)),
        (0x24, Some(false)),
        (0x44, Some(false)),
        (0x20, Some(true)),
    ] {
        let message = ShortMessage { esm_class, ..receipt_text(b"id:1 stat:DELIVRD") };
        assert_eq!(read(&message).map(|receipt| receipt.intermediate), expected, "{esm_class:#x}");
    }
}

#[test]
fn a35_a_message_of_the_default_type_is_a_receipt_by_both_its_parameters_alone() {
    let with = |tags: &[Tag]| {
        let mut tlvs = TlvBuf::new();
        for tag in tags {
            match *tag {
                Tag::MESSAGE_STATE => tlvs.push_u8(Tag::MESSAGE_STATE, 2),
                other => tlvs.push(other, b"77").unwrap(),
            }
        }
        read(&ShortMessage { esm_class: 0, tlvs, ..receipt_text(b"id:1 stat:DELIVRD") })
    };
    assert_eq!(with(&[]), None);
    assert_eq!(with(&[Tag::MESSAGE_STATE]), None);
    assert_eq!(with(&[Tag::RECEIPTED_MESSAGE_ID]), None);
    let both = with(&[Tag::MESSAGE_STATE, Tag::RECEIPTED_MESSAGE_ID]).unwrap();
    assert_eq!((both.message_id.unwrap().as_str(), both.state), (Some("77"), MessageState::Delivered));
}

/// The receipt of a message that its SMSC calls so, in text or in the parameter.
fn receipt_of(id: &str, in_parameter: bool) -> Receipt {
    let mut message = receipt_text(format!("id:{id} stat:DELIVRD").as_bytes());
    if in_parameter {
        message.short_message.clear();
        message.tlvs.push(Tag::RECEIPTED_MESSAGE_ID, id.as_bytes()).unwrap();
    }
    read(&message).unwrap()
}

#[test]
fn a31_each_mode_knows_the_ids_that_mean_the_same() {
    use ReceiptIds::{AnyCase, DecimalHex, Folded, HexDecimal, NoZeros, Same};
    // In the response, in the receipt, and whether they are one message.
    for (mode, response, receipt, same) in [
        (Same, "0AB12", "0AB12", true),
        (Same, " 0AB12", "0AB12", true),
        (Same, "0AB12", "AB12", false),
        (Same, "0AB12", "0ab12", false),
        (Same, "0000000000000000000000000000000000000017", "17", false),
        (HexDecimal, "0000AB12", "43794", true),
        (HexDecimal, "ab12", "00043794", true),
        (HexDecimal, "10", "10", false),
        (HexDecimal, "FFFFFFFFFFFFFFFFFFFF", "1208925819614629174706175", true),
        (HexDecimal, "0cb0eb5b-b5ae-4f0c-b5d5-7a3a1f8ae3ad", "0cb0eb5b-b5ae-4f0c-b5d5-7a3a1f8ae3ad", true),
        (DecimalHex, "43794", "0000AB12", true),
        (DecimalHex, "340282366920938463463374607431768211456", "100000000000000000000000000000000", true),
        (DecimalHex, "17", "17", false),
        // A response that is no decimal number is not the number that it would be in hexadecimal.
        (DecimalHex, "AB12", "AB12", false),
        (NoZeros, "0000000012345678", "12345678", true),
        (NoZeros, "000", "0", true),
        (NoZeros, "00AB", "ab", false),
        (AnyCase, "0AB12-F", "0ab12-f", true),
        (AnyCase, "0AB12", "AB12", false),
        (Folded, "00AB12", "ab12", true),
        (Folded, "0cb0eb5b-B5AE", "0CB0EB5B-b5ae", true),
    ] {
        for in_parameter in [false, true] {
            let (response, receipt) =
                (mode.of_response(response.as_bytes()), mode.of_receipt(&receipt_of(receipt, in_parameter)));
            assert!(response.is_some() && receipt.is_some());
            assert_eq!(response == receipt, same, "{mode:?} {response:?} {receipt:?}");
        }
    }
    assert_eq!(Same.of_response(b"  "), None);
    assert_eq!(Same.of_receipt(&read(&receipt_text(b"stat:DELIVRD")).unwrap()), None);
}

#[test]
fn a31_a_parameter_in_the_form_of_the_response_is_known_by_the_text_beside_it() {
    let mut message = receipt_text(b"id:0000043794 stat:DELIVRD");
    message.tlvs.push(Tag::RECEIPTED_MESSAGE_ID, b"AB12").unwrap();
    let receipt = read(&message).unwrap();
    assert_eq!(ReceiptIds::HexDecimal.of_receipt(&receipt), ReceiptIds::HexDecimal.of_response(b"AB12"));
    // Where they name two messages the parameter counts, in the form of receipts.
    let mut message = receipt_text(b"id:5 stat:DELIVRD");
    message.tlvs.push(Tag::RECEIPTED_MESSAGE_ID, b"43794").unwrap();
    let receipt = read(&message).unwrap();
    assert_eq!(ReceiptIds::HexDecimal.of_receipt(&receipt), ReceiptIds::HexDecimal.of_response(b"AB12"));
}

/// What the SMSC calls its messages, in its own counting.
fn numbers(count: usize) -> impl Iterator<Item = u128> {
    // Every width up to 128 bits, by a generator that repeats itself (splitmix64).
    let mut state = 20_261_122_u64;
    let mut next = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    };
    (0..count).map(move |_| (u128::from(next()) << 64 | u128::from(next())) >> (next() % 120))
}

#[test]
fn a31_of_a_hundred_thousand_ids_in_each_mode_every_receipt_finds_its_message_and_none_another() {
    use ReceiptIds::{AnyCase, DecimalHex, Folded, HexDecimal, NoZeros, Same};
    type Write = fn(u128) -> String;
    let modes: [(ReceiptIds, Write, Write); 9] = [
        (Same, |n| n.to_string(), |n| n.to_string()),
        (Same, |n| format!("{n:032x}"), |n| format!("{n:032x}")),
        (HexDecimal, |n| format!("{n:X}"), |n| n.to_string()),
        (HexDecimal, |n| format!("{n:016x}"), |n| format!("{n:010}")),
        (DecimalHex, |n| n.to_string(), |n| format!("{n:08X}")),
        (NoZeros, |n| format!("{n:040}"), |n| n.to_string()),
        (AnyCase, |n| format!("{n:032X}"), |n| format!("{n:032x}")),
        (Folded, |n| format!("{n:032X}"), |n| format!("{n:x}")),
        // UUIDs, many of which begin with 0.
        (AnyCase, |n| uuid(n).to_uppercase(), uuid),
    ];
    for (mode, in_response, in_receipt) in modes {
        let mut rows: BTreeMap<String, u128> = BTreeMap::new();
        let mut sent = 0;
        for number in numbers(100_000) {
            let name = mode.of_response(in_response(number).as_bytes()).unwrap();
            // The SMSC may give one number twice; it is one message then.
            if let Some(other) = rows.insert(name, number) {
                assert_eq!(other, number, "{mode:?}: two messages under one name");
            }
            sent += 1;
        }
        for number in numbers(100_000) {
            let id = MessageId::new(in_receipt(number)).unwrap();
            let receipt = Receipt { message_id: Some(id), ..receipt_of("1", true) };
            let found = mode.of_receipt(&receipt).and_then(|name| rows.get(&name).copied());
            assert_eq!(found, Some(number), "{mode:?}");
        }
        assert_eq!(sent, 100_000);
    }
}

fn uuid(n: u128) -> String {
    let hex = format!("{n:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[test]
fn a_state_comes_back_from_its_number_and_its_word() {
    for value in 0..=9 {
        let state = MessageState::from_value(value).unwrap();
        assert_eq!(u64::from(state.value()), value);
        assert_eq!(read(&receipt_text(format!("id:1 stat:{}", state.word()).as_bytes())).unwrap().state, state);
    }
    assert_eq!(MessageState::from_value(10), None);
}

proptest! {
    #[test]
    fn a32_no_receipt_is_refused_and_none_panics(octets in any::<Vec<u8>>(), words in "(id|stat|err|text|done date|:| |=|\\PC|[0-9a-z]){0,40}") {
        for short_message in [octets, words.into_bytes()] {
            let message = ShortMessage { esm_class: 0x04, short_message, ..ShortMessage::default() };
            let receipt = read(&message);
            prop_assert!(receipt.is_some());
            for mode in [ReceiptIds::Same, ReceiptIds::HexDecimal, ReceiptIds::DecimalHex, ReceiptIds::Folded] {
                let _name: Option<String> = receipt.as_ref().and_then(|it| mode.of_receipt(it));
            }
        }
    }

    #[test]
    fn a35_whatever_a_person_writes_is_not_surely_a_receipt(words in "id:[0-9A-F]{1,10} (stat:[A-Z]{7})?.{0,60}", data_coding in any::<u8>(), udhi in any::<bool>()) {
        let esm_class = if udhi { 0x40 } else { 0 };
        let message = ShortMessage { esm_class, data_coding, short_message: words.into_bytes(), ..ShortMessage::default() };
        prop_assert_eq!(read(&message), None);
    }
}
