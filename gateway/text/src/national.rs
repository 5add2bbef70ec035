//! The national language tables of GSM-7 (3GPP 23.038 §6.2.1.2 and annex A), for what comes in.
//!
//! A phone announces them in the user data header (3GPP 23.040 §9.2.3.24.15 and §9.2.3.24.16), for one message or one
//! part at a time.

use crate::{Undecodable, gsm7};

/// A language with tables of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NationalLanguage {
    /// Identifier 1: a locking and a single shift table.
    Turkish,
    /// Identifier 2: a single shift table.
    Spanish,
    /// Identifier 3: a locking and a single shift table.
    Portuguese,
    /// Any other identifier: its tables are not here, and what they wrote is not guessed at.
    Other(u8),
}

impl NationalLanguage {
    /// Reads the National Language Identifier (23.038 §6.2.1.2.4); 0 is none.
    pub const fn from_identifier(identifier: u8) -> Option<Self> {
        match identifier {
            0 => None,
            1 => Some(Self::Turkish),
            2 => Some(Self::Spanish),
            3 => Some(Self::Portuguese),
            other => Some(Self::Other(other)),
        }
    }

    /// Gives the identifier.
    pub const fn identifier(self) -> u8 {
        match self {
            Self::Turkish => 1,
            Self::Spanish => 2,
            Self::Portuguese => 3,
            Self::Other(other) => other,
        }
    }
}

/// Which tables stand for the default alphabet and for its extension in one message or part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shift {
    /// Instead of the default alphabet.
    pub locking: Option<NationalLanguage>,
    /// Instead of the extension table.
    pub single: Option<NationalLanguage>,
}

/// Where the Turkish locking table differs from the default alphabet (A.3.1).
const TURKISH_LOCKING: [(u8, char); 8] =
    [(0x04, '€'), (0x07, 'ı'), (0x0B, 'Ğ'), (0x0C, 'ğ'), (0x1C, 'Ş'), (0x1D, 'ş'), (0x40, 'İ'), (0x60, 'ç')];

/// What the Turkish single shift table adds to the extension table (A.2.1).
const TURKISH_SINGLE: [(u8, char); 7] =
    [(0x47, 'Ğ'), (0x49, 'İ'), (0x53, 'Ş'), (0x63, 'ç'), (0x67, 'ğ'), (0x69, 'ı'), (0x73, 'ş')];

/// What the Spanish single shift table adds to the extension table (A.2.2).
const SPANISH_SINGLE: [(u8, char); 9] = [
    (0x09, 'ç'),
    (0x41, 'Á'),
    (0x49, 'Í'),
    (0x4F, 'Ó'),
    (0x55, 'Ú'),
    (0x61, 'á'),
    (0x69, 'í'),
    (0x6F, 'ó'),
    (0x75, 'ú'),
];

/// Where the Portuguese locking table differs from the default alphabet (A.3.3).
const PORTUGUESE_LOCKING: [(u8, char); 30] = [
    (0x04, 'ê'),
    (0x06, 'ú'),
    (0x07, 'í'),
    (0x08, 'ó'),
    (0x09, 'ç'),
    (0x0B, 'Ô'),
    (0x0C, 'ô'),
    (0x0E, 'Á'),
    (0x0F, 'á'),
    (0x12, 'ª'),
    (0x13, 'Ç'),
    (0x14, 'À'),
    (0x15, '∞'),
    (0x16, '^'),
    (0x17, '\\'),
    (0x18, '€'),
    (0x19, 'Ó'),
    (0x1A, '|'),
    (0x1C, 'Â'),
    (0x1D, 'â'),
    (0x1E, 'Ê'),
    (0x24, 'º'),
    (0x40, 'Í'),
    (0x5B, 'Ã'),
    (0x5C, 'Õ'),
    (0x5D, 'Ú'),
    (0x60, '~'),
    (0x7B, 'ã'),
    (0x7C, 'õ'),
    (0x7D, '`'),
];

/// What the Portuguese single shift table adds to the extension table (A.2.3).
const PORTUGUESE_SINGLE: [(u8, char); 27] = [
    (0x05, 'ê'),
    (0x09, 'ç'),
    (0x0B, 'Ô'),
    (0x0C, 'ô'),
    (0x0E, 'Á'),
    (0x0F, 'á'),
    (0x12, 'Φ'),
    (0x13, 'Γ'),
    (0x15, 'Ω'),
    (0x16, 'Π'),
    (0x17, 'Ψ'),
    (0x18, 'Σ'),
    (0x19, 'Θ'),
    (0x1F, 'Ê'),
    (0x41, 'À'),
    (0x49, 'Í'),
    (0x4F, 'Ó'),
    (0x55, 'Ú'),
    (0x5B, 'Ã'),
    (0x5C, 'Õ'),
    (0x61, 'Â'),
    (0x69, 'í'),
    (0x6F, 'ó'),
    (0x75, 'ú'),
    (0x7B, 'ã'),
    (0x7C, 'õ'),
    (0x7F, 'â'),
];

impl Shift {
    /// Decodes septets, one in each octet, as [`gsm7::decode`] does with the tables of no language.
    pub fn decode(self, septets: &[u8]) -> Result<String, Undecodable> {
        // What is no septets is so in any language.
        let plain = gsm7::decode(septets)?;
        if self == Self::default() {
            return Ok(plain);
        }
        for language in [self.locking, self.single].into_iter().flatten() {
            if let NationalLanguage::Other(identifier) = language {
                return Err(Undecodable::UnknownLanguage { identifier });
            }
        }
        let mut text = String::with_capacity(septets.len());
        let mut rest = septets.iter().copied();
        while let Some(septet) = rest.next() {
            if septet != gsm7::ESCAPE {
                text.push(self.locked(septet));
            } else if let Some(next) = rest.next() {
                // Without a meaning of its own the septet shows what it is in the locking table (§6.2.1.2.2).
                text.push(self.shifted(next).unwrap_or_else(|| self.locked(next)));
            }
        }
        Ok(text)
    }

    fn locked(self, septet: u8) -> char {
        let table: &[(u8, char)] = match self.locking {
            None | Some(NationalLanguage::Spanish | NationalLanguage::Other(_)) => &[],
            Some(NationalLanguage::Turkish) => &TURKISH_LOCKING,
            Some(NationalLanguage::Portuguese) => &PORTUGUESE_LOCKING,
        };
        find(table, septet).unwrap_or_else(|| gsm7::default(septet))
    }

    fn shifted(self, septet: u8) -> Option<char> {
        let table: &[(u8, char)] = match self.single {
            None | Some(NationalLanguage::Other(_)) => &[],
            Some(NationalLanguage::Turkish) => &TURKISH_SINGLE,
            Some(NationalLanguage::Spanish) => &SPANISH_SINGLE,
            Some(NationalLanguage::Portuguese) => &PORTUGUESE_SINGLE,
        };
        find(table, septet).or_else(|| gsm7::extended(septet))
    }
}

fn find(table: &[(u8, char)], septet: u8) -> Option<char> {
    table.iter().find(|(it, _)| *it == septet).map(|(_, character)| *character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use NationalLanguage::{Portuguese, Spanish, Turkish};
    use proptest::prelude::*;

    fn check(locking: Option<NationalLanguage>, single: Option<NationalLanguage>, septets: &[u8], expected: &str) {
        assert_eq!(Shift { locking, single }.decode(septets).as_deref(), Ok(expected));
    }

    #[test]
    fn a27_a_turkish_phone_writes_its_letters_by_either_table() {
        check(None, Some(Turkish), b"\x1BSahin \x1Bi\x1Bg\x1Bi\x1Bs \x1B\x65", "Şahin ığış €");
        check(Some(Turkish), None, b"\x60a\x0C \x40 \x1C\x1D \x07 \x0B \x04", "çağ İ Şş ı Ğ €");
        // Both at once: what the single shift table lacks is read by the locking one.
        check(Some(Turkish), Some(Turkish), b"\x1Bc\x1B\x60 \x1B\x3Ca\x1B\x3E", "çç [a]");
    }

    #[test]
    fn a27_spanish_and_portuguese_letters_come_by_their_tables() {
        check(None, Some(Spanish), b"\x1BAngel \x1Bi\x1Bo\x1Bu\x1Ba \x1B\x09", "Ángel íóúá ç");
        check(Some(Spanish), None, b"Salam", "Salam");
        check(None, Some(Portuguese), b"S\x1B\x7Bo \x1B\x0F \x1B\x15", "São á Ω");
        check(Some(Portuguese), None, b"S\x7Bo \x0F \x60 \x24 \x7D", "São á ~ º `");
    }

    #[test]
    fn a27_what_is_no_septets_is_none_in_any_language() {
        let turkish = Shift { locking: Some(Turkish), single: Some(Turkish) };
        assert_eq!(turkish.decode(&[b'a', 0x1B]), Err(Undecodable::LoneEscape));
        assert_eq!(turkish.decode(&[0xE7]), Err(Undecodable::HighBit { octet: 0 }));
        for identifier in 0..=255 {
            let known = NationalLanguage::from_identifier(identifier);
            assert!(known.is_none_or(|language| language.identifier() == identifier));
            let readable = Shift { locking: None, single: known }.decode(b"a").is_ok();
            assert_eq!(readable, identifier <= 3, "{identifier}");
        }
    }

    #[test]
    fn a27_each_septet_of_a_locking_table_is_another_character() {
        for language in [Turkish, Portuguese] {
            let shift = Shift { locking: Some(language), single: None };
            let letters: std::collections::BTreeSet<char> =
                (0..128).filter(|septet| *septet != gsm7::ESCAPE).map(|septet| shift.locked(septet)).collect();
            assert_eq!(letters.len(), 127, "{language:?}");
        }
    }

    proptest! {
        #[test]
        fn a27_digits_and_latin_letters_are_the_same_in_every_language(text in "[A-Za-z0-9 .,:-]{0,40}") {
            for locking in [None, Some(Turkish), Some(Spanish), Some(Portuguese)] {
                for single in [None, Some(Turkish), Some(Spanish), Some(Portuguese)] {
                    prop_assert_eq!(Shift { locking, single }.decode(text.as_bytes()), Ok(text.clone()));
                }
            }
        }
    }
}
