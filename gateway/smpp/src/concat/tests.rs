use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

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
    Piece { series: Series { reference, carrier, total }, number, octets }
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

#[test]
fn a4_a_long_text_has_headers_and_a_short_one_has_none() {
    let short = segments("Salam", Alphabet::Gsm7, SeriesReference::Bits8(7)).unwrap();
    assert_eq!(short, [Segment { user_data: b"Salam".to_vec(), udhi: false }]);

    let text = "a".repeat(161);
    let long = segments(&text, Alphabet::Gsm7, SeriesReference::Bits8(7)).unwrap();
    assert_eq!(long.len(), 2);
    assert!(long.iter().all(|segment| segment.udhi));
    assert_eq!(&long[1].user_data[..], b"\x05\x00\x03\x07\x02\x02aaaaaaaa");
    let wide = segments(&text, Alphabet::Gsm7, SeriesReference::Bits16(0x0107)).unwrap();
    assert_eq!(&wide[1].user_data[..7], [6, 8, 4, 1, 7, 2, 2]);

    let proper = segments(&"ə".repeat(71), Alphabet::Ucs2, SeriesReference::Bits8(7)).unwrap();
    assert_eq!(proper[0].user_data.len(), 140);
}

#[test]
fn a29_headers_are_read_and_lies_are_refused() {
    use Carrier::{Header8, Header16, Sar};
    let read = |message: &ShortMessage| user_data(message).map(|it| format!("{it:?}"));
    let shown = |it: Result<UserData<'_>, ConcatError>| it.map(|it| format!("{it:?}"));
    for (message, expected) in [
        (with_header(b"\x05\x00\x03\x09\x02\x01abc"), is_piece(Header8, 9, 2, 1, b"abc")),
        (with_header(b"\x06\x08\x04\x01\x09\x02\x02abc"), is_piece(Header16, 0x109, 2, 2, b"abc")),
        (with_header(b"\x09\x24\x01\x02\x00\x03\x09\x02\x01\x00abc"), Err(ConcatError::HeaderLies)),
        (with_header(b"\x08\x24\x01\x02\x00\x03\x09\x02\x01abc"), is_piece(Header8, 9, 2, 1, b"abc")),
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
    assert_eq!(add(3, 2, b"b"), Added::Complete(b"abc".to_vec()));
    // The same reference again, at once: a new text.
    assert_eq!(add(2, 2, b"y"), Added::Waiting);
    assert_eq!(add(2, 1, b"x"), Added::Complete(b"xy".to_vec()));
    // Another total is another series.
    assert_eq!(add(2, 1, b"p"), Added::Waiting);
    assert_eq!(add(3, 2, b"q"), Added::Waiting);
    assert_eq!(add(2, 2, b"r"), Added::Complete(b"pr".to_vec()));
    // The phone gave up a text and reuses its reference for the next.
    assert_eq!(add(2, 1, b"old"), Added::Waiting);
    assert_eq!(add(2, 1, b"new"), Added::Waiting);
    assert_eq!(add(2, 2, b"er"), Added::Complete(b"newer".to_vec()));
}

#[test]
fn a29_an_8_bit_and_a_16_bit_reference_of_one_number_are_two_series() {
    let limits = Limits::default();
    let mut it = Reassembly::default();
    for (carrier, first) in [(Carrier::Header8, b"a"), (Carrier::Header16, b"b"), (Carrier::Sar, b"c")] {
        assert_eq!(it.add(&piece(carrier, 7, 2, 1, first), 0, Instant::ZERO, &limits), Added::Waiting);
    }
    let complete = it.add(&piece(Carrier::Header16, 7, 2, 2, b"!"), 0, Instant::ZERO, &limits);
    assert_eq!(complete, Added::Complete(b"b!".to_vec()));
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
            let piece = Piece { series: Series { reference: *reference, carrier: *carrier, total: *total }, number: *number, octets };
            let added = it.add(&piece, 0, Instant::ZERO, &limits);
            let last = matches!(added, Added::Complete(_));
            if let Added::Complete(text) = added {
                prop_assert!(arrived.insert(usize::from(*reference), text).is_none());
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
    fn a4_what_is_cut_is_joined_again(text in "[a-z €əğ😀]{1,400}", wide in any::<bool>()) {
        let alphabet = dayaq_text::best_alphabet(&text);
        let reference = if wide { SeriesReference::Bits16(777) } else { SeriesReference::Bits8(77) };
        let mut it = Reassembly::default();
        let mut joined = None;
        for segment in segments(&text, alphabet, reference).unwrap() {
            prop_assert!(segment.user_data.len() <= 160);
            let message = ShortMessage {
                esm_class: if segment.udhi { ESM_CLASS_UDHI } else { 0 },
                short_message: segment.user_data,
                ..ShortMessage::default()
            };
            match user_data(&message).unwrap() {
                UserData::Whole(octets) => joined = Some(octets.to_vec()),
                UserData::Piece(piece) => {
                    if let Added::Complete(octets) = it.add(&piece, 0, Instant::ZERO, &Limits::default()) {
                        joined = Some(octets);
                    }
                }
            }
        }
        prop_assert_eq!(dayaq_text::decode(&joined.unwrap(), alphabet).unwrap(), text);
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
