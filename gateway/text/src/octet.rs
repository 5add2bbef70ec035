/// ISO 8859-1: each octet is the code point.
pub mod latin1 {
    use crate::{Alphabet, Unencodable};

    /// Encodes a text.
    pub fn encode(text: &str) -> Result<Vec<u8>, Unencodable> {
        text.chars()
            .enumerate()
            .map(|(position, it)| u8::try_from(it).map_err(|_| Unencodable { alphabet: Alphabet::Latin1, position }))
            .collect()
    }

    /// Decodes octets; all have a meaning.
    pub fn decode(octets: &[u8]) -> String {
        octets.iter().map(|octet| char::from(*octet)).collect()
    }
}

/// Seven-bit ASCII.
pub mod ascii {
    use crate::{Alphabet, Undecodable, Unencodable};

    /// Encodes a text.
    pub fn encode(text: &str) -> Result<Vec<u8>, Unencodable> {
        match text.chars().position(|it| !it.is_ascii()) {
            None => Ok(text.as_bytes().to_vec()),
            Some(position) => Err(Unencodable { alphabet: Alphabet::Ascii, position }),
        }
    }

    /// Decodes octets below 0x80.
    pub fn decode(octets: &[u8]) -> Result<String, Undecodable> {
        match octets.iter().position(|octet| !octet.is_ascii()) {
            None => Ok(decode_lossy(octets)),
            Some(octet) => Err(Undecodable::HighBit { octet }),
        }
    }

    /// Decodes octets, with U+FFFD for each of 0x80 and above.
    pub fn decode_lossy(octets: &[u8]) -> String {
        octets
            .iter()
            .map(|octet| if octet.is_ascii() { char::from(*octet) } else { char::REPLACEMENT_CHARACTER })
            .collect()
    }
}

/// ISO 8859-5, data_coding 6 (SMPP 3.4 §5.2.19): only read, for there are phones and SMSCs that write Russian so.
pub mod cyrillic {
    /// Decodes octets; all have a meaning.
    pub fn decode(octets: &[u8]) -> String {
        octets.iter().map(|octet| character(*octet)).collect()
    }

    fn character(octet: u8) -> char {
        match octet {
            0xF0 => '№',
            0xFD => '§',
            0xAD => '\u{AD}',
            // Ё and the letters of the neighbours, then А to я, then ё and theirs.
            0xA1..=0xFF => char::from_u32(0x0400 + u32::from(octet) - 0xA0).unwrap_or(char::REPLACEMENT_CHARACTER),
            0x00..=0xA0 => char::from(octet),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a27_russian_in_iso_8859_5_is_russian() {
            let octets = [0xBF, 0xE0, 0xD8, 0xD2, 0xD5, 0xE2, b' ', 0xF1, 0xA1, b' ', 0xF0, b'1', 0xEF, 0xD0];
            assert_eq!(decode(&octets), "Привет ёЁ №1яа");
        }
    }
}
