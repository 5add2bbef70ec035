use crate::{ascii, gsm7, latin1, ucs2};

/// How the characters of a text become octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alphabet {
    /// The GSM 7-bit default alphabet with its extension table (3GPP 23.038 §6.2.1), one septet in each octet.
    Gsm7,
    /// Sixteen-bit units, big-endian; characters beyond them as surrogate pairs.
    Ucs2,
    /// ISO 8859-1.
    Latin1,
    /// Seven-bit ASCII (IA5).
    Ascii,
}

/// The size of a text in one alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// In which alphabet.
    pub alphabet: Alphabet,
    /// Septets (an extension character has two), sixteen-bit units, or octets.
    pub units: usize,
}

/// A character that the alphabet lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("character {position} has no form in {alphabet:?}")]
pub struct Unencodable {
    /// Which alphabet.
    pub alphabet: Alphabet,
    /// The first such character, counted in characters from 0.
    pub position: usize,
}

/// Octets that are no text in the alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    /// An odd number of octets of UCS-2.
    #[error("UCS-2 with an odd number of octets")]
    OddLength,
    /// Half a surrogate pair.
    #[error("unit {unit} is half a surrogate pair")]
    LoneSurrogate {
        /// Counted in sixteen-bit units from 0.
        unit: usize,
    },
    /// An octet of 0x80 or more where there are septets or ASCII.
    #[error("octet {octet} is above 0x7f")]
    HighBit {
        /// Counted in octets from 0.
        octet: usize,
    },
    /// An escape with nothing after it.
    #[error("an escape at the end")]
    LoneEscape,
    /// Written with the tables of a language that are not known here.
    #[error("national language {identifier} is not known")]
    UnknownLanguage {
        /// The National Language Identifier (3GPP 23.038 §6.2.1.2.4).
        identifier: u8,
    },
    /// Octets that are not said to be text, or in an alphabet that is not known here.
    #[error("data_coding {data_coding:#04x} is no text that can be read")]
    NoText {
        /// `data_coding`, as it came.
        data_coding: u8,
    },
}

/// Encodes a text; a character that the alphabet lacks is refused, never replaced.
pub fn encode(text: &str, alphabet: Alphabet) -> Result<Vec<u8>, Unencodable> {
    match alphabet {
        Alphabet::Gsm7 => gsm7::encode(text),
        Alphabet::Ucs2 => Ok(ucs2::encode(text)),
        Alphabet::Latin1 => latin1::encode(text),
        Alphabet::Ascii => ascii::encode(text),
    }
}

/// Decodes octets; what is no text is refused with its place.
pub fn decode(octets: &[u8], alphabet: Alphabet) -> Result<String, Undecodable> {
    match alphabet {
        Alphabet::Gsm7 => gsm7::decode(octets),
        Alphabet::Ucs2 => ucs2::decode(octets),
        Alphabet::Latin1 => Ok(latin1::decode(octets)),
        Alphabet::Ascii => ascii::decode(octets),
    }
}

/// Decodes octets, with U+FFFD for each that is no text.
pub fn decode_lossy(octets: &[u8], alphabet: Alphabet) -> String {
    match alphabet {
        Alphabet::Gsm7 => gsm7::decode_lossy(octets),
        Alphabet::Ucs2 => ucs2::decode_lossy(octets),
        Alphabet::Latin1 => latin1::decode(octets),
        Alphabet::Ascii => ascii::decode_lossy(octets),
    }
}

/// Counts the units of a text without encoding it.
pub fn measure(text: &str, alphabet: Alphabet) -> Result<Count, Unencodable> {
    let mut units = 0;
    for (position, character) in text.chars().enumerate() {
        units += units_of(character, alphabet).ok_or(Unencodable { alphabet, position })?;
    }
    Ok(Count { alphabet, units })
}

/// Gives GSM-7 where it has every character, and UCS-2 otherwise.
pub fn best_alphabet(text: &str) -> Alphabet {
    if measure(text, Alphabet::Gsm7).is_ok() { Alphabet::Gsm7 } else { Alphabet::Ucs2 }
}

/// Counts the units of one character, or gives `None` where the alphabet lacks it.
pub(crate) fn units_of(character: char, alphabet: Alphabet) -> Option<usize> {
    match alphabet {
        Alphabet::Gsm7 => gsm7::septets_of(character),
        Alphabet::Ucs2 => Some(character.len_utf16()),
        Alphabet::Latin1 => (u32::from(character) < 0x100).then_some(1),
        Alphabet::Ascii => character.is_ascii().then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn f1_extension_characters_cost_two_septets_and_pairs_two_units() {
        let units = |text, alphabet| measure(text, alphabet).map(|count| count.units);
        assert_eq!(units("5 €", Alphabet::Gsm7), Ok(4));
        assert_eq!(units("[a]", Alphabet::Gsm7), Ok(5));
        assert_eq!(units("ə", Alphabet::Gsm7), Err(Unencodable { alphabet: Alphabet::Gsm7, position: 0 }));
        assert_eq!(units("😀", Alphabet::Ucs2), Ok(2));
        assert_eq!(units("é€", Alphabet::Latin1), Err(Unencodable { alphabet: Alphabet::Latin1, position: 1 }));
        assert_eq!(units("ö", Alphabet::Ascii), Err(Unencodable { alphabet: Alphabet::Ascii, position: 0 }));
    }

    #[test]
    fn f1_azerbaijani_and_russian_need_ucs2() {
        for text in ["ə", "ı", "İ", "ş", "ç", "ğ", "Ж"] {
            assert_eq!(best_alphabet(text), Alphabet::Ucs2, "{text}");
        }
        assert_eq!(best_alphabet("Öz ÜÇ"), Alphabet::Gsm7);
    }

    proptest! {
        #[test]
        fn f1_the_count_is_the_encoded_length(text in any::<String>()) {
            for (alphabet, octets_per_unit) in
                [(Alphabet::Gsm7, 1), (Alphabet::Ucs2, 2), (Alphabet::Latin1, 1), (Alphabet::Ascii, 1)]
            {
                match (encode(&text, alphabet), measure(&text, alphabet)) {
                    (Ok(octets), Ok(count)) => {
                        prop_assert_eq!(octets.len(), count.units * octets_per_unit);
                        prop_assert_eq!(decode(&octets, alphabet), Ok(text.clone()));
                        prop_assert_eq!(decode_lossy(&octets, alphabet), text.clone());
                    }
                    (encoded, counted) => prop_assert_eq!(encoded.err(), counted.err()),
                }
            }
        }

        #[test]
        fn f04_no_octets_panic_and_lossy_agrees_where_strict_is_content(octets in any::<Vec<u8>>()) {
            for alphabet in [Alphabet::Gsm7, Alphabet::Ucs2, Alphabet::Latin1, Alphabet::Ascii] {
                let lossy = decode_lossy(&octets, alphabet);
                if let Ok(text) = decode(&octets, alphabet) {
                    prop_assert_eq!(text, lossy);
                }
            }
        }
    }
}
