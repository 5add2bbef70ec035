//! Row A48 and its neighbours: what stands oddly in a message that is whole, and is read all the same.

use dayaq_smpp::concat::{Carrier, ConcatError, ESM_CLASS_UDHI, Piece, Series, UserData, user_data};
use dayaq_smpp::ussd::{Dialect, UssdEvent, UssdReply};
use dayaq_smpp::{Address, Body, MessageKind, ShortMessage, Tag, TextCodings, TlvBuf, decode};
use dayaq_text::{Alphabet, Shift, encode, gsm7};

const BEGIN: u8 = 1;
const CONTINUE: u8 = 18;

fn turn(op: u8, session: &[u8], data_coding: u8, text: &[u8]) -> ShortMessage {
    let mut tlvs = TlvBuf::new();
    tlvs.push_u8(Tag::USSD_SERVICE_OP, op);
    tlvs.push(Tag::ITS_SESSION_INFO, session).unwrap();
    ShortMessage {
        source: Address::new(1, 1, "994501110003").unwrap(),
        destination: Address::new(0, 1, "7142").unwrap(),
        data_coding,
        short_message: text.to_vec(),
        tlvs,
        ..ShortMessage::default()
    }
}

/// What people answer, and in which alphabets it travels: all of it must be read as it was typed.
const ANSWERS: [&str; 9] = ["1", "98", "00", "2*3", "171S5AV", "12E4567", "AA 1339538", "*7142*2#", "status 12"];

/// What may end in an `@` that somebody wrote.
const AT_THE_END: [&str; 4] = ["@", "ali@", "sabah @", "ali@example ali@"];

/// The alphabets of texts, with a data_coding that says so.
const CODINGS: [(u8, Alphabet); 4] =
    [(0x00, Alphabet::Gsm7), (0x01, Alphabet::Ascii), (0x03, Alphabet::Latin1), (0x08, Alphabet::Ucs2)];

#[test]
fn a48_nuls_that_are_counted_in_the_length_of_an_answer_are_no_part_of_it() {
    let codings = TextCodings::default();
    for (data_coding, alphabet) in CODINGS {
        for answer in ANSWERS {
            let octets = encode(answer, alphabet).unwrap();
            for nuls in 0..=3 {
                let padded = [&octets[..], &[0; 3][..nuls]].concat();
                let what = format!("{answer} in {alphabet:?} and {nuls} NULs");
                let inbound =
                    Dialect::specification().read(&turn(CONTINUE, &[2, 2], data_coding, &padded)).expect("a turn");
                assert_eq!(inbound.text.as_deref(), Ok(answer), "{what}");
                let text = codings.decode(data_coding, [(&padded[..], Shift::default())]);
                assert_eq!(text.as_deref(), Ok(answer), "{what}");
            }
        }
        let dialled = encode("*7142*2#", alphabet).unwrap();
        for nuls in 0..=3 {
            for (text, rest) in [(&dialled[..], "2"), (b"", "")] {
                let padded = [text, &[0; 3][..nuls]].concat();
                let inbound =
                    Dialect::specification().read(&turn(BEGIN, &[2, 0], data_coding, &padded)).expect("a turn");
                assert_eq!((inbound.code.as_str(), inbound.text.as_deref()), ("7142", Ok(rest)), "{nuls} NULs");
            }
        }
    }
}

#[test]
fn a48_nuls_after_septets_that_are_packed_are_no_part_of_the_answer() {
    let packed = Dialect { packed: true, ..Dialect::specification() };
    for answer in ANSWERS {
        let octets = gsm7::pack(&encode(answer, Alphabet::Gsm7).unwrap());
        for nuls in 0..=1 {
            let padded = [&octets[..], &[0; 1][..nuls]].concat();
            let inbound = packed.read(&turn(CONTINUE, &[2, 2], 0, &padded)).expect("a turn");
            assert_eq!(inbound.text.as_deref(), Ok(answer), "{answer} and {nuls} NULs");
        }
    }
}

#[test]
fn a48_an_at_sign_that_somebody_wrote_at_the_end_is_not_lost() {
    for text in AT_THE_END {
        let octets = encode(text, Alphabet::Gsm7).unwrap();
        let inbound = Dialect::specification().read(&turn(CONTINUE, &[2, 2], 0, &octets)).expect("a turn");
        assert_eq!(inbound.text.as_deref(), Ok(text));
        let read = TextCodings::default().decode(0, [(&octets[..], Shift::default())]);
        assert_eq!(read.as_deref(), Ok(text));
        // Where a NUL is no letter, the letter stays and the NUL goes.
        for (data_coding, alphabet) in CODINGS.into_iter().filter(|(_, alphabet)| *alphabet != Alphabet::Gsm7) {
            let padded = [&encode(text, alphabet).unwrap()[..], b"\0"].concat();
            let read = TextCodings::default().decode(data_coding, [(&padded[..], Shift::default())]);
            assert_eq!(read.as_deref(), Ok(text), "{alphabet:?}");
        }
    }
    // An at sign elsewhere, and one before a piece's end, are letters.
    let runs = [(&b"ali\0"[..], Shift::default()), (b"example 1\0", Shift::default())];
    assert_eq!(TextCodings::default().decode(0, runs).as_deref(), Ok("ali@example 1"));
}

#[test]
fn a48_a_text_in_ucs2_keeps_its_last_letter_whatever_octets_it_has() {
    for (octets, expected) in [
        (&b"\x01\x00"[..], Some("\u{100}")),
        (b"\x01\x00\x00", Some("\u{100}")),
        (b"\x01\x00\x00\x00", Some("\u{100}")),
        (b"\xFF\xFE1\x00", Some("1")),
        (b"\xFF\xFE1\x00\x00", Some("1")),
        (b"\xFF\xFE1\x00\x00\x00", Some("1")),
        (b"\x02\x59\x00", Some("ə")),
        (b"\x02\x59\x01", None),
    ] {
        let read = TextCodings::default().decode(8, [(octets, Shift::default())]).ok();
        assert_eq!(read.as_deref(), expected, "{octets:02x?}");
    }
}

#[test]
fn a48_the_end_bit_means_nothing_on_a_begin_and_the_answer_is_of_the_same_session() {
    let dialect = Dialect::specification();
    for session in 0..=255u8 {
        for low in [0x00, 0x01, 0x2A, 0x2B, 0xFE, 0xFF] {
            let began = dialect.read(&turn(BEGIN, &[session, low], 0, b"*7142#")).expect("a begin");
            assert_eq!((began.event, began.text.as_deref()), (UssdEvent::Begin, Ok("")), "{session:02x}{low:02x}");
            assert_eq!(dialect.begins_with_end_bit(&turn(BEGIN, &[session, low], 0, b"")), low & 1 == 1);
            assert!(!dialect.begins_with_end_bit(&turn(CONTINUE, &[session, low], 0, b"")));
            let even = dialect.read(&turn(BEGIN, &[session, low & 0xFE], 0, b"*7142#")).expect("a begin");
            assert_eq!((began.key, began.sequence), (even.key, even.sequence));
            for ends in [false, true] {
                let reply = UssdReply {
                    to: began.from,
                    from: began.to,
                    session: began.session,
                    text: "Salam",
                    alphabet: Alphabet::Gsm7,
                    language: *b"az",
                    ends,
                };
                let screen = dialect.write(&reply).expect("a screen");
                let value = [session, low & 0xFE | u8::from(ends)];
                assert_eq!(screen.tlvs.as_tlvs().get(Tag::ITS_SESSION_INFO), Some(&value[..]));
                assert!(dialect.is_answer(&began.session, &dialect.read_screen(&screen).expect("a screen")));
            }
            // On any later turn the bit is a hang-up of that session.
            let ended = dialect.read(&turn(CONTINUE, &[session, low | 1], 0, b"")).expect("a turn");
            assert_eq!((ended.event, ended.key), (UssdEvent::Abort, began.key));
        }
    }
}

#[test]
fn a26_a_text_that_comes_twice_and_alike_is_taken_once() {
    let head = b"\0\x01\x01994501110003\0\0\x017142\0\0\0\0\0\0\0\0\0\0";
    let deliver = |text: &[u8], payload: &[u8]| {
        let payload = [&[0x04, 0x24][..], &(payload.len() as u16).to_be_bytes(), payload].concat();
        let body = [&head[..], &[text.len() as u8], text, &payload].concat();
        let len = (16 + body.len()) as u32;
        [&len.to_be_bytes(), &5u32.to_be_bytes(), &[0; 4], &7u32.to_be_bytes(), &body[..]].concat()
    };
    for text in [&b"1"[..], b"*7142#", &[b'x'; 254]] {
        let frame = deliver(text, text);
        let Body::Message(MessageKind::DeliverSm, sm) = decode(&frame).expect("taken").body else {
            panic!("a message")
        };
        assert_eq!(sm.user_data(), text);
        for other in [[text, b"x"].concat(), text[1..].iter().copied().chain([b'?']).collect()] {
            assert!(decode(&deliver(text, &other)).is_err(), "which of them counts?");
        }
        let frame = deliver(text, b"");
        assert!(decode(&frame).is_ok());
    }
}

fn with_header(data_coding: u8, header: &[u8], text: &[u8]) -> ShortMessage {
    ShortMessage {
        esm_class: ESM_CLASS_UDHI,
        data_coding,
        short_message: [header, text].concat(),
        ..ShortMessage::default()
    }
}

#[test]
fn a29_a_header_that_says_to_be_longer_than_its_elements_leaves_the_text_whole() {
    const EIGHT: &[u8] = &[0, 3, 9, 2, 1];
    const SIXTEEN: &[u8] = &[8, 4, 1, 9, 2, 1];
    const TURKISH: &[u8] = &[0x24, 1, 1];
    let series = |elements: &[u8]| match elements.ends_with(SIXTEEN) {
        true => Some((Carrier::Header16, 0x109)),
        false if elements.ends_with(EIGHT) => Some((Carrier::Header8, 9)),
        false => None,
    };
    let headers =
        [EIGHT.to_vec(), SIXTEEN.to_vec(), TURKISH.to_vec(), [TURKISH, EIGHT].concat(), [TURKISH, SIXTEEN].concat()];
    let texts = [(0, Alphabet::Gsm7, "Salam, mene komek lazimdir"), (8, Alphabet::Ucs2, "Salam, mənə kömək")];
    for elements in &headers {
        for (data_coding, alphabet, text) in texts {
            let octets = encode(text, alphabet).unwrap();
            // Too long by one (the length counts itself), by a few, up to and beyond all there is.
            for more in [1, 2, 3, octets.len(), octets.len() + 1, 255 - elements.len()] {
                let len = u8::try_from((elements.len() + more).min(255)).unwrap();
                let message = with_header(data_coding, &[&[len][..], elements].concat(), &octets);
                let what = format!("{elements:02x?} and {more} more, {alphabet:?}");
                match (user_data(&message).expect(&what), series(elements)) {
                    (UserData::Whole(read), None) => assert_eq!(read, octets, "{what}"),
                    (
                        UserData::Piece(Piece {
                            series: Series { reference, carrier, total: 2 },
                            number: 1,
                            octets: read,
                            ..
                        }),
                        Some(of),
                    ) => {
                        assert_eq!((read, (carrier, reference)), (&octets[..], of), "{what}");
                    }
                    other => panic!("{what}: {other:?}"),
                }
            }
        }
        // A NUL that fills the header up is no letter of septets that follow it.
        let len = elements.len() as u8 + 1;
        let filled = with_header(0, &[&[len][..], elements, &[0]].concat(), b"Salam");
        let (UserData::Whole(read) | UserData::Piece(Piece { octets: read, .. })) = user_data(&filled).expect("a text");
        assert_eq!(read, b"Salam");
    }
    // Without an element that is known there is no telling where the header ends; one cut short is no header either.
    for header in
        [&[0xFF][..], &[9], &[6, 0x70, 3, 1, 2, 3], &[5, 0, 0x30, 9, 2, 1], &[4, 0, 3, 9, 2, 1], &[2, 0, 3, 9, 2, 1]]
    {
        let message = with_header(0, header, b"Sal");
        assert_eq!(user_data(&message), Err(ConcatError::HeaderLies), "{header:02x?}");
    }
}
