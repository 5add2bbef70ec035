//! The GSM 7-bit default alphabet with its extension table (3GPP 23.038 §6.2.1), and packing (§6.1.2.3).

use crate::{Alphabet, Undecodable, Unencodable};

/// The septet that announces a character of the extension table.
pub const ESCAPE: u8 = 0x1B;

const CARRIAGE_RETURN: u8 = 0x0D;

/// The default alphabet by septet. 0x1B is the escape; read as a character it is a space, as §6.2.1 asks.
const DEFAULT: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', //
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', ' ', 'Æ', 'æ', 'ß', 'É', //
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/', //
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?', //
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', //
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§', //
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', //
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à', //
];

/// The extension table: the septet after the escape, and the character.
const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{0C}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// Counts the septets of a character: one, two for the extension table, `None` where there is no form.
pub fn septets_of(character: char) -> Option<usize> {
    if default_septet(character).is_some() { Some(1) } else { extension_septet(character).map(|_| 2) }
}

/// Encodes a text, one septet in each octet.
pub fn encode(text: &str) -> Result<Vec<u8>, Unencodable> {
    let mut septets = Vec::with_capacity(text.len());
    for (position, character) in text.chars().enumerate() {
        if let Some(septet) = default_septet(character) {
            septets.push(septet);
        } else if let Some(septet) = extension_septet(character) {
            septets.extend_from_slice(&[ESCAPE, septet]);
        } else {
            return Err(Unencodable { alphabet: Alphabet::Gsm7, position });
        }
    }
    Ok(septets)
}

/// Decodes septets, one in each octet.
///
/// An escape before a septet that the extension table lacks is passed over, and the septet shows what it is in the
/// default alphabet (§6.2.1.1).
pub fn decode(septets: &[u8]) -> Result<String, Undecodable> {
    if let Some(octet) = septets.iter().position(|septet| *septet >= 0x80) {
        return Err(Undecodable::HighBit { octet });
    }
    if ends_in_escape(septets) {
        return Err(Undecodable::LoneEscape);
    }
    Ok(decode_lossy(septets))
}

/// Decodes septets, with U+FFFD for an octet of 0x80 and above and for an escape at the end.
pub fn decode_lossy(septets: &[u8]) -> String {
    let mut text = String::with_capacity(septets.len());
    let mut rest = septets.iter().copied();
    while let Some(septet) = rest.next() {
        text.push(match septet {
            ESCAPE => match rest.next() {
                Some(next) => extended(next).unwrap_or_else(|| default(next)),
                None => char::REPLACEMENT_CHARACTER,
            },
            septet => default(septet),
        });
    }
    text
}

/// Packs septets as USSD does: eight in seven octets, the first in the lowest bits.
///
/// Where seven bits are left over they hold a carriage return, so that they are not read as `@`. A carriage return that
/// would end the text on an octet's border is doubled, because the receiver drops the last one there (§6.1.2.3.1).
pub fn pack(septets: &[u8]) -> Vec<u8> {
    let pad = match septets.len() % 8 {
        7 => true,
        0 => septets.last() == Some(&CARRIAGE_RETURN),
        _ => false,
    };
    let padding = [CARRIAGE_RETURN];
    let all = septets.iter().chain(padding.iter().filter(|_| pad));
    let mut octets = Vec::with_capacity((septets.len() + 1) * 7 / 8 + 1);
    let (mut bits, mut count) = (0u32, 0);
    for septet in all {
        bits |= u32::from(septet & 0x7F) << count;
        count += 7;
        if count >= 8 {
            octets.push(bits as u8);
            bits >>= 8;
            count -= 8;
        }
    }
    if count > 0 {
        octets.push(bits as u8);
    }
    octets
}

/// Unpacks septets and takes the padding of [`pack`] off again.
///
/// Two carriage returns at the very end that could be one doubled are read as one; a phone shows them alike.
pub fn unpack(octets: &[u8]) -> Vec<u8> {
    let mut septets = Vec::with_capacity(octets.len() * 8 / 7);
    let (mut bits, mut count) = (0u32, 0);
    for octet in octets {
        bits |= u32::from(*octet) << count;
        count += 8;
        while count >= 7 {
            septets.push((bits & 0x7F) as u8);
            bits >>= 7;
            count -= 7;
        }
    }
    let padded = match septets.len() % 8 {
        0 => septets.last() == Some(&CARRIAGE_RETURN),
        1 => septets.ends_with(&[CARRIAGE_RETURN, CARRIAGE_RETURN]),
        _ => false,
    };
    if padded {
        septets.pop();
    }
    septets
}

fn default_septet(character: char) -> Option<u8> {
    match character {
        // Most of ASCII has its own code; the search is for the others.
        ' '..='#' | '%'..='?' | 'A'..='Z' | 'a'..='z' => Some(character as u8),
        _ => DEFAULT.iter().position(|it| *it == character).map(|at| at as u8),
    }
}

fn extension_septet(character: char) -> Option<u8> {
    EXTENSION.iter().find(|(_, it)| *it == character).map(|(septet, _)| *septet)
}

pub(crate) fn default(septet: u8) -> char {
    DEFAULT.get(usize::from(septet)).copied().unwrap_or(char::REPLACEMENT_CHARACTER)
}

pub(crate) fn extended(septet: u8) -> Option<char> {
    EXTENSION.iter().find(|(it, _)| *it == septet).map(|(_, character)| *character)
}

fn ends_in_escape(septets: &[u8]) -> bool {
    let mut rest = septets.iter();
    while let Some(septet) = rest.next() {
        if *septet == ESCAPE && rest.next().is_none() {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_seven_digits_of_the_specification_pack_with_a_carriage_return() {
        assert_eq!(pack(b"1234567"), [0x31, 0xD9, 0x8C, 0x56, 0xB3, 0xDD, 0x1A]);
        assert_eq!(unpack(&[0x31, 0xD9, 0x8C, 0x56, 0xB3, 0xDD, 0x1A]), b"1234567");
    }

    #[test]
    fn a_final_carriage_return_on_the_border_is_doubled() {
        let text = b"1234567\r";
        assert_eq!(pack(text).len(), 8);
        assert_eq!(unpack(&pack(text)), text);
    }

    #[test]
    fn f1_182_septets_take_160_octets() {
        assert_eq!(pack(&[b'a'; 182]).len(), 160);
        assert_eq!(pack(&[b'a'; 183]).len(), 161);
    }

    #[test]
    fn every_septet_has_one_character_and_every_character_one_form() {
        for septet in (0..128u8).filter(|septet| *septet != ESCAPE) {
            let text = decode(&[septet]).unwrap();
            assert_eq!(encode(&text).unwrap(), [septet]);
        }
        for (septet, character) in EXTENSION {
            assert_eq!(encode(&character.to_string()).unwrap(), [ESCAPE, septet]);
            assert_eq!(decode(&[ESCAPE, septet]).unwrap(), character.to_string());
        }
    }

    #[test]
    fn an_unknown_extension_shows_the_default_character() {
        assert_eq!(decode(&[ESCAPE, b'A']).as_deref(), Ok("A"));
        assert_eq!(decode(&[ESCAPE, ESCAPE]).as_deref(), Ok(" "));
        assert_eq!(decode(&[b'a', ESCAPE]), Err(Undecodable::LoneEscape));
        assert_eq!(decode(&[b'a', 0x80]), Err(Undecodable::HighBit { octet: 1 }));
        assert_eq!(decode_lossy(&[0xFF, ESCAPE]), "\u{FFFD}\u{FFFD}");
    }

    proptest! {
        #[test]
        fn packing_comes_back(septets in proptest::collection::vec(0u8..128, 0..400)) {
            // A doubled carriage return at the end may come back as one.
            prop_assume!(!septets.ends_with(b"\r\r"));
            prop_assert_eq!(unpack(&pack(&septets)), septets);
        }

        #[test]
        fn unpacking_never_panics(octets in any::<Vec<u8>>()) {
            prop_assert!(unpack(&octets).iter().all(|septet| *septet < 128));
        }
    }
}
