use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use dayaq_text::{Alphabet, Carriage, Shift};

use super::*;
use crate::instant::Instant;
use crate::message::ShortMessage;
use crate::tlv::{Tag, TlvBuf};

fn with_header(user_data: &[u8]) -> ShortMessage {
    ShortMessage { esm_class: ESM_CLASS_UDHI, short_message: user_data.to_vec(), ..ShortMessage::default() }
}

fn with_sar(reference: u16, total: u8, number: u8, text: &[u8]) -> ShortMessage {
    let mut tlvs = TlvBuf::new();
    tlvs.push(Tag::SAR_MSG_REF_NUM, &reference.to_be_bytes()).unwrap();
    tlvs.push_u8(Tag::SAR_TOTAL_SEGMENTS, total);
    tlvs.push_u8(Tag::SAR_SEGMENT_SEQNUM, number);
    ShortMessage { short_message: text.to_vec(), tlvs, ..ShortMessage::default() }
}

fn piece(carrier: Carrier, reference: u16, total: u8, number: u8, octets: &[u8]) -> Piece<'_> {
    Piece { series: Series { reference, carrier, total }, number, shift: Shift::default(), octets }
}

/// The text of a series that is complete.
fn whole(added: Added) -> Option<Vec<u8>> {
    if let Added::Complete(text) = added { Some(text.octets().to_vec()) } else { None }
}

fn is_piece<'a>(
    carrier: Carrier,
    reference: u16,
    total: u8,
    number: u8,
    octets: &'a [u8],
) -> Result<UserData<'a>, ConcatError> {
    Ok(UserData::Piece(piece(carrier, reference, total, number, octets)))
}

const GSM7: Carriage = Carriage { air: Alphabet::Gsm7, wire: Alphabet::Gsm7 };
const UCS2: Carriage = Carriage { air: Alphabet::Ucs2, wire: Alphabet::Ucs2 };

/// The message that a segment becomes.
fn message(segment: &Segment) -> ShortMessage {
    let mut message = ShortMessage::default();
    segment.write(&mut message).unwrap();
    message
}

#[test]
fn a4_a_long_text_has_headers_and_a_short_one_has_none() {
    for long in [LongText::Udh8, LongText::Udh16, LongText::Sar, LongText::Payload] {
        let short = segments("Salam", GSM7, long, 7).unwrap();
        assert_eq!(short, [Segment { user_data: b"Salam".to_vec(), place: Place::Whole }]);
        assert_eq!(message(&short[0]), ShortMessage { short_message: b"Salam".to_vec(), ..ShortMessage::default() });
    }
    let text = "a".repeat(161);
    let long = segments(&text, GSM7, LongText::Udh8, 7).unwrap();
    assert_eq!(long.len(), 2);
    assert!(long.iter().all(|segment| message(segment).esm_class == ESM_CLASS_UDHI));
    assert_eq!(&long[1].user_data[..], b"\x05\x00\x03\x07\x02\x02aaaaaaaa");
    let wide = segments(&text, GSM7, LongText::Udh16, 0x0107).unwrap();
    assert_eq!(&wide[1].user_data[..7], [6, 8, 4, 1, 7, 2, 2]);

    let proper = segments(&"ə".repeat(71), UCS2, LongText::Udh8, 7).unwrap();
    assert_eq!(proper[0].user_data.len(), 140);
}

#[test]
fn a4_a_long_text_goes_in_parameters_or_whole_where_the_profile_says_so() {
    let text = "a".repeat(161);
    let parts = segments(&text, GSM7, LongText::Sar, 0x0107).unwrap();
    assert_eq!(parts.len(), 2);
    let second = message(&parts[1]);
    assert_eq!((second.esm_class, &second.short_message[..]), (0, &b"aaaaaaaaa"[..]));
    assert_eq!(user_data(&second), is_piece(Carrier::Sar, 0x0107, 2, 2, b"aaaaaaaaa"));

    let whole = segments(&text, GSM7, LongText::Payload, 7).unwrap();
    assert_eq!(whole.len(), 1);
    let whole = message(&whole[0]);
    assert!(whole.short_message.is_empty() && whole.esm_class == 0);
    assert_eq!(user_data(&whole), Ok(UserData::Whole(text.as_bytes())));
}

#[test]
fn a4_an_smsc_that_speaks_latin1_is_given_latin1_cut_as_septets() {
    let carriage = Carriage { air: Alphabet::Gsm7, wire: Alphabet::Latin1 };
    let text = "Ö[".repeat(60);
    let parts = segments(&text, carriage, LongText::Udh8, 7).unwrap();
    let octets: Vec<usize> = parts.iter().map(|part| part.user_data.len() - 6).collect();
    assert_eq!(octets, [102, 18], "153 septets are 102 characters, brackets counting twice");
    assert_eq!(parts[0].user_data[6..8], [0xD6, b'[']);
}

#[test]
fn a27_a_header_names_the_tables_of_its_part_alone() {
    let turkish = Shift { locking: None, single: Some(dayaq_text::NationalLanguage::Turkish) };
    let mut it = Reassembly::default();
    let first = with_header(b"\x08\x00\x03\x09\x02\x01\x24\x01\x01\x1Bs");
    let second = with_header(b"\x05\x00\x03\x09\x02\x02\x1Be");
    let mut joined = None;
    for message in [&second, &first] {
        let Ok(UserData::Piece(piece)) = user_data(message) else { panic!("a piece") };
        if let Added::Complete(text) = it.add(&piece, 0, Instant::ZERO, &Limits::default()) {
            joined = Some(text);
        }
    }
    let joined = joined.unwrap();
    let runs: Vec<_> = joined.runs().collect();
    assert_eq!(runs, [(&b"\x1Bs"[..], turkish), (b"\x1Be", Shift::default())]);
    let alone = with_header(b"\x06\x25\x01\x01\x24\x01\x03abc");
    let locking = Some(dayaq_text::NationalLanguage::Turkish);
    assert_eq!(shift(&alone), Shift { locking, single: Some(dayaq_text::NationalLanguage::Portuguese) });
    assert_eq!(user_data(&alone), Ok(UserData::Whole(b"abc")));
}

#[test]
fn a29_a_part_that_the_network_repeats_after_the_text_was_whole_is_missed_by_nobody() {
    let limits = Limits::default();
    let mut it = Reassembly::default();
    let add = |it: &mut Reassembly, number, octets: &'static [u8], second| {
        let now = Instant::ZERO + Duration::from_secs(second);
        it.add(&piece(Carrier::Header8, 1, 2, number, octets), 0, now, &limits)
    };
    add(&mut it, 1, b"a", 0);
    assert_eq!(whole(add(&mut it, 2, b"b", 0)).as_deref(), Some(&b"ab"[..]));
    assert_eq!(add(&mut it, 2, b"b", 5), Added::Waiting);
    assert!(it.expire(Instant::ZERO + Duration::from_secs(700), &limits).is_empty(), "nobody hears of it");
    assert_eq!((it.sets.len(), it.completed.len()), (0, 0));

    // Who writes the same once more, on a phone that always takes the same reference, is heard.
    add(&mut it, 1, b"a", 1000);
    add(&mut it, 2, b"b", 1000);
    assert_eq!(add(&mut it, 1, b"a", 1060), Added::Waiting);
    assert_eq!(whole(add(&mut it, 2, b"b", 1060)).as_deref(), Some(&b"ab"[..]));

    // A new text under the reference of the last one is no echo, though it begins like it.
    add(&mut it, 1, b"a", 1100);
    assert_eq!(add(&mut it, 1, b"x", 1101), Added::Waiting);
    assert_eq!(it.expire(Instant::ZERO + Duration::from_secs(1800), &limits).len(), 1);
}

#[test]
fn a29_headers_are_read_and_lies_are_refused() {
    use Carrier::{Header8, Header16, Sar};
    let read = |message: &ShortMessage| user_data(message).map(|it| format!("{it:?}"));
    let shown = |it: Result<UserData<'_>, ConcatError>| it.map(|it| format!("{it:?}"));
    for (message, expected) in [
        (with_header(b"\x05\x00\x03\x09\x02\x01abc"), is_piece(Header8, 9, 2, 1, b"abc")),
        (with_header(b"\x06\x08\x04\x01\x09\x02\x02abc"), is_piece(Header16, 0x109, 2, 2, b"abc")),
        (with_header(b"\x07\x24\x01\x02\x00\x03\x09\x02\x01abc"), Err(ConcatError::HeaderLies)),
        (with_header(b"\x08\x70\x01\x02\x00\x03\x09\x02\x01abc"), is_piece(Header8, 9, 2, 1, b"abc")),
        (with_header(b"\x03\x24\x01\x02abc"), Ok(UserData::Whole(b"abc"))),
        (with_header(b"\x05\x00\x03\x09\x01\x01abc"), Ok(UserData::Whole(b"abc"))),
        (with_header(b"\x05\x00\x03\x09\x02\x00abc"), Err(ConcatError::NoSuchPiece { number: 0, total: 2 })),
        (with_header(b"\x05\x00\x03\x09\x02\x03abc"), Err(ConcatError::NoSuchPiece { number: 3, total: 2 })),
        (with_header(b"\x05\x00\x03\x09\x00\x00abc"), Err(ConcatError::NoSuchPiece { number: 0, total: 0 })),
        (with_header(b"\xFFabc"), Err(ConcatError::HeaderLies)),
        (with_header(b"\x05\x00\x30\x09\x02\x01abc"), Err(ConcatError::HeaderLies)),
        (with_header(b""), Ok(UserData::Whole(b""))),
        (with_sar(0x1234, 3, 2, b"abc"), is_piece(Sar, 0x1234, 3, 2, b"abc")),
        (with_sar(9, 2, 3, b"abc"), Err(ConcatError::NoSuchPiece { number: 3, total: 2 })),
    ] {
        assert_eq!(user_data(&message), expected);
        assert_eq!(read(&message), shown(expected));
    }
    let mut mixed = with_sar(1, 3, 3, b"\x05\x00\x03\x09\x02\x01abc");
    mixed.esm_class = ESM_CLASS_UDHI;
    assert_eq!(user_data(&mixed), is_piece(Header8, 9, 2, 1, b"abc"), "the header goes first");
}

#[test]
fn a28_a_series_with_a_hole_is_given_up_once_and_leaves_nothing() {
    let limits = Limits::default();
    let mut it = Reassembly::default();
    let began = Instant::from_micros(5);
    assert_eq!(it.add(&piece(Carrier::Header8, 1, 3, 1, b"a"), 0, began, &limits), Added::Waiting);
    it.add(&piece(Carrier::Header8, 1, 3, 3, b"c"), 0, began + Duration::from_secs(500), &limits);
    assert_eq!(it.next_expiry(&limits), Some(began + limits.lifetime));
    assert!(it.expire(began + Duration::from_secs(599), &limits).is_empty());
    let given_up = it.expire(began + limits.lifetime, &limits);
    assert_eq!((given_up.len(), given_up[0].pieces.len()), (1, 2));
    assert!(it.expire(began + limits.lifetime, &limits).is_empty());
    assert_eq!((it.octets(), it.next_expiry(&limits)), (0, None));
}

#[test]
fn a29_duplicates_late_numbers_and_reused_references_end_as_the_right_text() {
    let limits = Limits::default();
    let mut it = Reassembly::default();
    let mut add = |total, number, octets: &'static [u8]| {
        it.add(&piece(Carrier::Header8, 1, total, number, octets), 0, Instant::ZERO, &limits)
    };
    assert_eq!(add(3, 3, b"c"), Added::Waiting);
    assert_eq!(add(3, 1, b"a"), Added::Waiting);
    assert_eq!(add(3, 1, b"a"), Added::Duplicate);
    assert_eq!(whole(add(3, 2, b"b")).as_deref(), Some(&b"abc"[..]));
    // The same reference again, at once: a new text.
    assert_eq!(add(2, 2, b"y"), Added::Waiting);
    assert_eq!(whole(add(2, 1, b"x")).as_deref(), Some(&b"xy"[..]));
    // Another total is another series.
    assert_eq!(add(2, 1, b"p"), Added::Waiting);
    assert_eq!(add(3, 2, b"q"), Added::Waiting);
    assert_eq!(whole(add(2, 2, b"r")).as_deref(), Some(&b"pr"[..]));
    // The phone gave up a text and reuses its reference for the next.
    assert_eq!(add(2, 1, b"old"), Added::Waiting);
    assert_eq!(add(2, 1, b"new"), Added::Waiting);
    assert_eq!(whole(add(2, 2, b"er")).as_deref(), Some(&b"newer"[..]));
}

#[test]
fn a29_an_8_bit_and_a_16_bit_reference_of_one_number_are_two_series() {
    let limits = Limits::default();
    let mut it = Reassembly::default();
    for (carrier, first) in [(Carrier::Header8, b"a"), (Carrier::Header16, b"b"), (Carrier::Sar, b"c")] {
        assert_eq!(it.add(&piece(carrier, 7, 2, 1, first), 0, Instant::ZERO, &limits), Added::Waiting);
    }
    let complete = it.add(&piece(Carrier::Header16, 7, 2, 2, b"!"), 0, Instant::ZERO, &limits);
    assert_eq!(whole(complete).as_deref(), Some(&b"b!"[..]));
    let other_coding = it.add(&piece(Carrier::Header8, 7, 2, 2, b"!"), 8, Instant::ZERO, &limits);
    assert_eq!(other_coding, Added::Waiting, "a piece in another alphabet is of another text");
}

#[test]
fn a29_f05_there_is_a_limit_to_pieces_to_octets_and_to_series() {
    let limits = Limits::default();
    let mut it = Reassembly::default();
    let many = it.add(&piece(Carrier::Header8, 1, 255, 1, b"a"), 0, Instant::ZERO, &limits);
    assert_eq!(many, Added::Rejected(Rejected::TooManyPieces(255)));
    let big = vec![0; limits.octets_max + 1];
    let large = it.add(&piece(Carrier::Header8, 1, 2, 1, &big), 0, Instant::ZERO, &limits);
    assert_eq!((large, it.sets.len()), (Added::Rejected(Rejected::TooLarge), 0));
    for reference in 0..6 {
        let began = Instant::from_micros(u64::from(reference));
        it.add(&piece(Carrier::Header8, reference, 2, 1, b"a"), 0, began, &limits);
    }
    let kept: Vec<u16> = it.sets.iter().map(|set| set.series.reference).collect();
    assert_eq!(kept, [2, 3, 4, 5], "the oldest make way");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Up to four texts of one phone, their pieces shuffled together and some of them doubled.
    #[test]
    fn a29_interleaved_texts_arrive_whole_and_once(
        texts in proptest::collection::vec((0u8..3, 2u8..6, any::<u8>()), 1..5),
        order in any::<[u16; 40]>(),
        doubled in any::<u64>(),
    ) {
        let limits = Limits::default();
        let mut wanted = BTreeMap::new();
        let mut pieces = Vec::new();
        for (at, (carrier, total, salt)) in texts.iter().enumerate() {
            let carrier = [Carrier::Header8, Carrier::Header16, Carrier::Sar][usize::from(*carrier)];
            let octets = |number: u8| vec![salt.wrapping_add(number), at as u8, number];
            wanted.insert(at, (1..=*total).flat_map(octets).collect::<Vec<u8>>());
            pieces.extend((1..=*total).map(|number| (carrier, at as u16, *total, number, octets(number))));
        }
        let mut keyed: Vec<_> = pieces.into_iter().zip(order).collect();
        keyed.sort_by_key(|(_, key)| *key);

        let mut it = Reassembly::default();
        let mut arrived = BTreeMap::new();
        for (at, ((carrier, reference, total, number, octets), _)) in keyed.iter().enumerate() {
            let piece = piece(*carrier, *reference, *total, *number, octets);
            let added = it.add(&piece, 0, Instant::ZERO, &limits);
            let last = matches!(added, Added::Complete(_));
            if let Added::Complete(text) = added {
                prop_assert!(arrived.insert(usize::from(*reference), text.octets().to_vec()).is_none());
            }
            if !last && doubled >> (at % 64) & 1 == 1 {
                prop_assert_eq!(it.add(&piece, 0, Instant::ZERO, &limits), Added::Duplicate);
            }
            prop_assert!(it.octets() <= limits.octets_max && it.sets.len() <= limits.sets_max);
        }
        prop_assert_eq!(arrived, wanted);
        prop_assert!(it.sets.is_empty());
    }

    #[test]
    fn a4_what_is_cut_is_joined_again(text in "[a-z €əğ😀]{1,400}", long in 0usize..4, default in 0usize..3) {
        let long = [LongText::Udh8, LongText::Udh16, LongText::Sar, LongText::Payload][long];
        let default_alphabet = [Alphabet::Gsm7, Alphabet::Latin1, Alphabet::Ascii][default];
        let carriage = Carriage::of(&text, default_alphabet);
        let data_coding = if carriage.wire == Alphabet::Ucs2 { 8 } else { 0 };
        let codings = crate::TextCodings { default_alphabet, ..crate::TextCodings::default() };
        let mut it = Reassembly::default();
        let mut read = None;
        for segment in segments(&text, carriage, long, 777).unwrap() {
            let message = message(&segment);
            prop_assert!(message.short_message.len() <= 160);
            match user_data(&message).unwrap() {
                UserData::Whole(octets) => read = Some(codings.decode(data_coding, [(octets, shift(&message))])),
                UserData::Piece(piece) => {
                    if let Added::Complete(joined) = it.add(&piece, 0, Instant::ZERO, &Limits::default()) {
                        read = Some(codings.decode(data_coding, joined.runs()));
                    }
                }
            }
        }
        prop_assert_eq!(read, Some(Ok(text)));
    }

    #[test]
    fn a29_no_message_panics(message in crate::pdu::any_message(20)) {
        if let Ok(UserData::Piece(piece)) = user_data(&message) {
            let mut it = Reassembly::default();
            it.add(&piece, 0, Instant::ZERO, &Limits::default());
            prop_assert!(it.octets() <= 254);
        }
    }
}
