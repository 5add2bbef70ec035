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
