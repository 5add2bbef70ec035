//! Alphabets, packing and the sizes of screens, octet by octet.

use super::*;
use dayaq_text::Budget;

/// A dialect that sends one alphabet under this data_coding.
fn sending(alphabet: Alphabet, data_coding: u8) -> Dialect {
    let base = Dialect::specification();
    let data_codings = DataCodings { outbound: vec![(alphabet, data_coding)], ..base.data_codings.clone() };
    Dialect { data_codings, ..base }
}

#[test]
fn a2_each_data_coding_carries_its_alphabet_both_ways() {
    for (alphabet, data_coding, text, octets) in [
        (Alphabet::Gsm7, 0x00, "Ö1", &b"\x5C1"[..]),
        (Alphabet::Gsm7, 0x0F, "Ö1", b"\x5C1"),
        (Alphabet::Ucs2, 0x08, "ə1", b"\x02\x59\x001"),
        (Alphabet::Ucs2, 0x48, "ə1", b"\x02\x59\x001"),
        (Alphabet::Ucs2, 0x18, "ə1", b"\x02\x59\x001"),
        (Alphabet::Latin1, 0x03, "Ö1", b"\xD61"),
    ] {
        let dialect = sending(alphabet, data_coding);
        let inbound = dialect.read(&deliver("7142", "1", &[18], &[1, 2])).unwrap();
        let screen = dialect.write(&UssdReply { alphabet, ..reply(&inbound, text, false) }).unwrap();
        assert_eq!((screen.data_coding, &screen.short_message[..]), (data_coding, octets), "{data_coding:#04x}");
        assert_eq!(dialect.read_screen(&screen).unwrap().text.as_deref(), Ok(text), "{data_coding:#04x}");
        let typed = ShortMessage { data_coding, short_message: octets.to_vec(), ..deliver("7142", "", &[18], &[1, 2]) };
        assert_eq!(dialect.read(&typed).unwrap().text.as_deref(), Ok(text), "{data_coding:#04x}");
    }
    // What 0 means is the operator's affair.
    let mut latin = sending(Alphabet::Latin1, 0);
    latin.data_codings.default_alphabet = Alphabet::Latin1;
    let typed = ShortMessage { short_message: vec![0xD6], ..deliver("7142", "", &[18], &[1, 2]) };
    assert_eq!(latin.read(&typed).unwrap().text.as_deref(), Ok("Ö"));
}

/// A FIN under each value: in septets, in UCS-2, and what each value makes of them.
#[test]
fn a27_a_value_means_what_the_standard_says_unless_the_operator_says_otherwise() {
    let septets = (&b"171S5AV"[..], Some("171S5AV"));
    let ucs2 = (&b"\x001\x007\x001\x00S\x005\x00A\x00V"[..], Some("171S5AV"));
    let no_text = (septets.0, None);
    let typed = |dialect: &Dialect, data_coding: u8, octets: &[u8]| {
        let typed = deliver("7142", "", &[18], &[1, 2]);
        let read = dialect.read(&ShortMessage { data_coding, short_message: octets.to_vec(), ..typed }).unwrap();
        read.text.ok()
    };
    let dialect = Dialect::specification();
    for (values, (octets, read)) in [
        (
            &[0x00, 0x02, 0x04, 0x05, 0x0A, 0x0E, 0x0F, 0x10, 0x20, 0x3F, 0x40, 0x53, 0x80, 0x90, 0xF0, 0xF3, 0xFB][..],
            septets,
        ),
        (&[0x08, 0x18, 0x48, 0x49, 0x5B, 0x98], ucs2),
        (&[0x44, 0x4C, 0x57, 0x60, 0x6A, 0x7F, 0x94, 0x9F, 0xF4, 0xF5, 0xF7, 0xFC, 0xFF], no_text),
        (&[0x00, 0x05, 0x0F, 0xF0], (b"171\x805AV", None)),
        (&[0x08, 0x48], (b"\x001\x007\x01", None)),
    ] {
        for value in values {
            assert_eq!(typed(&dialect, *value, octets).as_deref(), read, "{value:#04x}");
        }
    }
    let mut own = Dialect::specification();
    own.data_codings.inbound.push((0xF5, Alphabet::Latin1));
    assert_eq!(typed(&own, 0xF5, septets.0).as_deref(), septets.1);
}

#[test]
fn x11_the_name_of_the_language_takes_the_room_of_one_unit_and_is_no_text() {
    let mut dialect = sending(Alphabet::Ucs2, UCS2_WITH_LANGUAGE);
    dialect.language_prefix = true;
    assert_eq!(dialect.screen(Alphabet::Ucs2), Budget { alphabet: Alphabet::Ucs2, units: 79 });
    let inbound = dialect.read(&deliver("7142", "1", &[18], &[1, 2])).unwrap();
    let full = "ə".repeat(79);
    let screen = dialect.write(&reply(&inbound, &full, false)).unwrap();
    assert_eq!((screen.data_coding, screen.short_message.len()), (0x11, 160), "80 units with the language");
    assert_eq!(screen.short_message[..4], [0x61, 0x3D, 0x02, 0x59], "a and z in seven bits each, then ə");
    assert_eq!(dialect.read_screen(&screen).unwrap().text.as_deref(), Ok(&full[..]));
    let beyond = dialect.write(&reply(&inbound, &"ə".repeat(80), false)).unwrap_err();
    assert_eq!(beyond, UssdWriteError::TooLong { units: 80, max: 79 });
    let russian = UssdReply { language: *b"ru", ..reply(&inbound, "Ж", false) };
    assert_eq!(dialect.write(&russian).unwrap().short_message, [0xF2, 0x3A, 0x04, 0x16]);

    // An operator that puts the name there itself leaves all of the screen to us.
    dialect.language_prefix = false;
    assert_eq!(dialect.screen(Alphabet::Ucs2).units, 80);
    assert_eq!(dialect.write(&reply(&inbound, "ə", false)).unwrap().short_message, [0x02, 0x59]);

    // From a phone the name comes with that coding whatever we send; one that is cut off leaves no text.
    let with = |octets: &[u8]| {
        let short_message = octets.to_vec();
        let typed =
            ShortMessage { data_coding: UCS2_WITH_LANGUAGE, short_message, ..deliver("7142", "", &[18], &[1, 2]) };
        read(&typed).text
    };
    assert_eq!(with(&[0x61, 0x3D, 0x02, 0x59]).as_deref(), Ok("ə"));
    assert_eq!(with(&[0x61, 0x3D]).as_deref(), Ok(""));
    assert_eq!(with(&[0x61]).as_deref(), Ok(""));
}

#[test]
fn a2_packed_septets_follow_the_rule_of_the_carriage_return() {
    let mut dialect = sending(Alphabet::Gsm7, 0x0F);
    dialect.packed = true;
    let inbound = |octets: &[u8]| {
        let typed = deliver("7142", "", &[18], &[1, 2]);
        dialect.read(&ShortMessage { data_coding: 0x0F, short_message: octets.to_vec(), ..typed }).unwrap()
    };
    let screen = |text| dialect.write(&reply(&inbound(b""), text, false)).unwrap().short_message;
    // The example of 23.038: seven digits leave seven bits, which hold a carriage return and no @.
    let seven = [0x31, 0xD9, 0x8C, 0x56, 0xB3, 0xDD, 0x1A];
    assert_eq!(screen("1234567"), seven);
    assert_eq!(inbound(&seven).text.as_deref(), Ok("1234567"));
    // A text that itself ends in one on the border of an octet has it twice.
    assert_eq!(screen("1234567\r").len(), 8);
    assert_eq!(inbound(&screen("1234567\r")).text.as_deref(), Ok("1234567\r"));
    // 182 septets are 160 octets.
    assert_eq!(screen(&"a".repeat(182)).len(), 160);
    // UCS-2 is never packed.
    let ucs2 = Dialect { packed: true, ..sending(Alphabet::Ucs2, 0x48) };
    assert_eq!(ucs2.write(&reply(&inbound(b""), "ə", false)).unwrap().short_message, [0x02, 0x59]);
}

#[test]
fn a2_an_operators_smaller_screen_is_never_overrun() {
    let mut dialect = Dialect::specification();
    dialect.screens = vec![Budget { alphabet: Alphabet::Ucs2, units: 70 }];
    let inbound = read(&deliver("7142", "1", &[18], &[1, 2]));
    assert!(dialect.write(&reply(&inbound, &"ə".repeat(70), false)).is_ok());
    let beyond = dialect.write(&reply(&inbound, &"ə".repeat(71), false)).unwrap_err();
    assert_eq!(beyond, UssdWriteError::TooLong { units: 71, max: 70 });
    assert_eq!(dialect.screen(Alphabet::Gsm7).units, 182, "the others have the standard's size");
}
