//! UCS-2 as phones use it: UTF-16, big-endian, without a byte order mark.

use crate::Undecodable;

/// Encodes a text; every text has a form.
pub fn encode(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// Decodes octets. A byte order mark is a character like any other.
pub fn decode(octets: &[u8]) -> Result<String, Undecodable> {
    let (pairs, rest) = octets.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Undecodable::OddLength);
    }
    let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
    let mut unit = 0;
    let mut text = String::with_capacity(octets.len());
    for character in char::decode_utf16(units) {
        let character = character.map_err(|_| Undecodable::LoneSurrogate { unit })?;
        unit += character.len_utf16();
        text.push(character);
    }
    Ok(text)
}

/// Decodes octets, with U+FFFD for each half pair and for a last odd octet.
pub fn decode_lossy(octets: &[u8]) -> String {
    let (pairs, rest) = octets.as_chunks::<2>();
    let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
    let mut text: String =
        char::decode_utf16(units).map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    if !rest.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f04_lone_and_inverted_surrogates_and_odd_lengths_are_named() {
        assert_eq!(decode(&[0x00, 0x41, 0x04]), Err(Undecodable::OddLength));
        assert_eq!(decode(&[0x00, 0x41, 0xD8, 0x3D]), Err(Undecodable::LoneSurrogate { unit: 1 }));
        assert_eq!(decode(&[0xDE, 0x00, 0xD8, 0x3D]), Err(Undecodable::LoneSurrogate { unit: 0 }));
        assert_eq!(decode_lossy(&[0xD8, 0x3D, 0x00, 0x41, 0x04]), "\u{FFFD}A\u{FFFD}");
        assert_eq!(decode(&[0xD8, 0x3D, 0xDE, 0x00]).as_deref(), Ok("😀"));
    }
}
