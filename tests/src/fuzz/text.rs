use dayaq_text::{
    Alphabet, Budget, PARTS_MAX, Reference, SplitError, decode, decode_lossy, encode, gsm7, measure, part_units, plain,
    split,
};

const ALPHABETS: [Alphabet; 4] = [Alphabet::Gsm7, Alphabet::Latin1, Alphabet::Ascii, Alphabet::Ucs2];

/// Any octets as what came over the air, and as what is to be sent: what decodes is the same after a second journey, and
/// the parts of a text are the text.
pub fn text(octets: &[u8]) {
    let Some((choice, octets)) = octets.split_first() else { return };
    let alphabet = ALPHABETS[usize::from(choice & 3)];
    decoded(octets, alphabet);
    let reference = if choice & 4 == 0 { Reference::Bits8 } else { Reference::Bits16 };
    sent(&String::from_utf8_lossy(octets), alphabet, reference);
}

fn decoded(octets: &[u8], alphabet: Alphabet) {
    let lossy = decode_lossy(octets, alphabet);
    if let Ok(text) = decode(octets, alphabet) {
        assert_eq!(lossy, text);
        let again = encode(&text, alphabet).expect("what was decoded can be encoded");
        assert_eq!(decode(&again, alphabet).as_deref(), Ok(&text[..]));
    }
    // Packing loses nothing but the CR that fills seven spare bits.
    let septets: Vec<u8> = octets.iter().map(|octet| octet & 0x7F).collect();
    let unpacked = gsm7::unpack(&gsm7::pack(&septets));
    assert!(unpacked.starts_with(&septets) || septets.starts_with(&unpacked));
    assert!(unpacked.len().abs_diff(septets.len()) <= 1);
    let _unpacked = gsm7::unpack(octets);
}

fn sent(text: &str, alphabet: Alphabet, reference: Reference) {
    let _plain = plain(text);
    let Ok(count) = measure(text, alphabet) else {
        assert!(encode(text, alphabet).is_err());
        return;
    };
    let octets = encode(text, alphabet).expect("what can be measured can be encoded");
    assert_eq!(decode_lossy(&octets, alphabet), text);
    let parts = match split(text, alphabet, reference) {
        Ok(parts) => parts,
        Err(SplitError::TooLong) => return assert!(count.units > part_units(alphabet, reference)),
        Err(SplitError::Unencodable(_)) => panic!("what can be measured can be split"),
    };
    let one = Budget::sms(alphabet).units;
    let room = if parts.len() == 1 { one } else { part_units(alphabet, reference) };
    assert!(parts.len() <= PARTS_MAX);
    assert_eq!(parts.len() == 1, count.units <= one);
    let mut joined = String::new();
    for part in &parts {
        assert!(part.count.units <= room);
        assert_eq!(measure(part.text, alphabet), Ok(part.count));
        joined.push_str(part.text);
    }
    assert_eq!(joined, text);
}
