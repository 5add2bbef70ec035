//! What `data_coding` says of the octets of an SMS.

use dayaq_text::{Alphabet, Shift, Undecodable, cyrillic, decode, ucs2};

use crate::stray::stray_nuls;

/// How one operator means the `data_coding` of texts that it delivers. It is plain data: a profile file fills it.
///
/// SMPP 3.4 §5.2.19 names some values, 3GPP 23.038 §4 others, and 0 is whatever the SMSC says. What is binary,
/// compressed, or in an alphabet that is not known here is refused, so that nobody's letters are guessed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextCodings {
    /// What 0 means.
    pub default_alphabet: Alphabet,
    /// What the operator means by other values, where it differs from the specifications.
    pub exceptions: Vec<(u8, Alphabet)>,
}

impl Default for TextCodings {
    fn default() -> Self {
        Self { default_alphabet: Alphabet::Gsm7, exceptions: Vec::new() }
    }
}

enum Meaning {
    Text(Alphabet),
    Cyrillic,
    NoText,
}

impl TextCodings {
    /// Reads a text that came in runs, each with the national language tables of its part.
    ///
    /// The tables count in GSM-7 alone. In any other alphabet the runs are one text: phones cut surrogate pairs between
    /// parts. NULs at the end that are no letters ([`TextCodings::stray_nuls`]) are left out.
    pub fn decode<'a>(
        &self,
        data_coding: u8,
        runs: impl IntoIterator<Item = (&'a [u8], Shift)>,
    ) -> Result<String, Undecodable> {
        let mut runs = runs.into_iter().peekable();
        let alphabet = match self.meaning(data_coding) {
            Meaning::Text(Alphabet::Gsm7) => {
                let mut text = String::new();
                while let Some((septets, shift)) = runs.next() {
                    let strays = if runs.peek().is_none() { stray_nuls(septets, Alphabet::Gsm7) } else { 0 };
                    text.push_str(&shift.decode(&septets[..septets.len() - strays])?);
                }
                return Ok(text);
            }
            Meaning::Text(alphabet) => Some(alphabet),
            Meaning::Cyrillic => None,
            Meaning::NoText => return Err(Undecodable::NoText { data_coding }),
        };
        let mut octets: Vec<u8> = runs.flat_map(|(octets, _)| octets).copied().collect();
        octets.truncate(octets.len() - self.stray_nuls(data_coding, &octets));
        match alphabet {
            Some(Alphabet::Ucs2) => with_byte_order(&octets),
            Some(alphabet @ (Alphabet::Latin1 | Alphabet::Ascii | Alphabet::Gsm7)) => decode(&octets, alphabet),
            None => Ok(cyrillic::decode(&octets)),
        }
    }

    /// Counts the NULs, 0 to 3, that an SMSC has put behind a text and counted in its length.
    ///
    /// In GSM-7 a NUL is an at sign: one alone stays where it may be one (`ali@`), and goes behind what has the look of an
    /// answer (`1`, `12E4567`, `*7142#`).
    pub fn stray_nuls(&self, data_coding: u8, octets: &[u8]) -> usize {
        match self.meaning(data_coding) {
            Meaning::Text(alphabet) => stray_nuls(octets, alphabet),
            // Cyrillic has one octet for a letter, as Latin-1 has.
            Meaning::Cyrillic => stray_nuls(octets, Alphabet::Latin1),
            Meaning::NoText => 0,
        }
    }

    fn meaning(&self, data_coding: u8) -> Meaning {
        if let Some((_, alphabet)) = self.exceptions.iter().find(|(value, _)| *value == data_coding) {
            return Meaning::Text(*alphabet);
        }
        match data_coding {
            0x00 => Meaning::Text(self.default_alphabet),
            0x01 => Meaning::Text(Alphabet::Ascii),
            0x03 => Meaning::Text(Alphabet::Latin1),
            0x06 => Meaning::Cyrillic,
            0x08 => Meaning::Text(Alphabet::Ucs2),
            // "Language unspecified" of 23.038 §5, which SMSCs send for texts as well.
            0x0F => Meaning::Text(Alphabet::Gsm7),
            // Octets, JIS, Hebrew, pictograms, Kanji, Korean, and what is reserved among them.
            0x02 | 0x04 | 0x05 | 0x07 | 0x09..=0x0E => Meaning::NoText,
            // 23.038 §4, general data coding: bit 5 is compression, bits 3 and 2 the alphabet.
            0x10..=0x1F | 0x40..=0x5F => match data_coding >> 2 & 0b11 {
                0b00 => Meaning::Text(Alphabet::Gsm7),
                0b10 => Meaning::Text(Alphabet::Ucs2),
                _ => Meaning::NoText,
            },
            0x20..=0x3F | 0x60..=0xBF => Meaning::NoText,
            // Message waiting, in either alphabet, and message class, in septets or octets.
            0xC0..=0xDF | 0xF0..=0xF3 | 0xF8..=0xFB => Meaning::Text(Alphabet::Gsm7),
            0xE0..=0xEF => Meaning::Text(Alphabet::Ucs2),
            0xF4..=0xF7 | 0xFC..=0xFF => Meaning::NoText,
        }
    }
}

/// Reads UCS-2 that may begin with a byte order mark; without one it is big-endian.
fn with_byte_order(octets: &[u8]) -> Result<String, Undecodable> {
    match octets {
        [0xFE, 0xFF, text @ ..] => ucs2::decode(text),
        [0xFF, 0xFE, text @ ..] if text.len() % 2 == 0 => {
            let swapped: Vec<u8> = text.as_chunks::<2>().0.iter().flat_map(|[low, high]| [*high, *low]).collect();
            ucs2::decode(&swapped)
        }
        _ => ucs2::decode(octets),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dayaq_text::NationalLanguage;
    use proptest::prelude::*;

    fn read(codings: &TextCodings, data_coding: u8, octets: &[u8]) -> Option<String> {
        codings.decode(data_coding, [(octets, Shift::default())]).ok()
    }

    #[test]
    fn a27_what_data_coding_0_means_is_the_operators_word() {
        let of = |default_alphabet| TextCodings { default_alphabet, exceptions: Vec::new() };
        for (alphabet, octets, expected) in [
            (Alphabet::Gsm7, &b"\x00 \x5C"[..], Some("@ Ö")),
            (Alphabet::Latin1, b"@ \xD6", Some("@ Ö")),
            (Alphabet::Ascii, b"@ O", Some("@ O")),
            (Alphabet::Ucs2, b"\x02\x59", Some("ə")),
            (Alphabet::Gsm7, b"12E\x804567", None),
            (Alphabet::Ascii, b"12E\x804567", None),
            (Alphabet::Ucs2, b"\x02\x59\x01", None),
        ] {
            assert_eq!(read(&of(alphabet), 0, octets).as_deref(), expected, "{alphabet:?}");
        }
    }

    #[test]
    fn a27_every_other_value_is_read_as_the_specifications_say_or_not_at_all() {
        let codings = TextCodings::default();
        for (data_coding, octets, expected) in [
            (0x01, &b"Salam"[..], Some("Salam")),
            (0x01, b"Sal\xE4m", None),
            (0x03, b"Sal\xE4m", Some("Saläm")),
            (0x06, b"\xB4\xD0", Some("Да")),
            (0x08, b"\x04\x14\x04\x30", Some("Да")),
            (0x08, b"\x04\x14\x04", None),
            (0x08, b"\xD8\x3D", None),
            (0x08, b"\xFE\xFF\x00A", Some("A")),
            (0x08, b"\xFF\xFEA\x00", Some("A")),
            (0x0F, b"\x00", Some("@")),
            (0x10, b"\x00", Some("@")),
            (0x18, b"\x00A", Some("A")),
            (0x48, b"\x00A", Some("A")),
            (0xC8, b"A", Some("A")),
            (0xE0, b"\x00A", Some("A")),
            (0xF1, b"A", Some("A")),
        ] {
            assert_eq!(read(&codings, data_coding, octets).as_deref(), expected, "{data_coding:#04x}");
        }
        for data_coding in [0x02, 0x04, 0x05, 0x07, 0x09, 0x0A, 0x0D, 0x0E, 0x14, 0x20, 0x38, 0x80, 0xBF, 0xF5, 0xFF] {
            assert_eq!(read(&codings, data_coding, b"12E4567"), None, "{data_coding:#04x}");
        }
    }

    #[test]
    fn a27_a_profile_says_what_an_odd_value_means() {
        let exceptions = vec![(0x05, Alphabet::Latin1), (0xF5, Alphabet::Gsm7), (0x08, Alphabet::Latin1)];
        let codings = TextCodings { exceptions, ..TextCodings::default() };
        for data_coding in [0x05, 0xF5, 0x08] {
            assert_eq!(read(&codings, data_coding, b"12E4567").as_deref(), Some("12E4567"));
        }
        assert_eq!(read(&codings, 0x0A, b"12E4567"), None);
    }

    #[test]
    fn a27_each_run_is_read_with_its_own_tables_and_a_pair_may_lie_in_two() {
        let turkish = Shift { locking: None, single: Some(NationalLanguage::Turkish) };
        let codings = TextCodings::default();
        let runs = [(&b"a\x1Bs"[..], turkish), (b"b\x1Be", Shift::default())];
        assert_eq!(codings.decode(0, runs).as_deref(), Ok("aşb€"));
        let halves = [(&b"\xD8\x3D"[..], Shift::default()), (b"\xDE\x00", turkish)];
        assert_eq!(codings.decode(8, halves).as_deref(), Ok("😀"));
    }

    proptest! {
        /// Whatever the value and the octets: a FIN that is read was written letter by letter.
        #[test]
        fn a27_no_fin_comes_of_octets_that_are_not_its_letters(data_coding in any::<u8>(), octets in proptest::collection::vec(any::<u8>(), 0..20)) {
            for default_alphabet in [Alphabet::Gsm7, Alphabet::Latin1, Alphabet::Ascii] {
                let codings = TextCodings { default_alphabet, exceptions: Vec::new() };
                let Some(text) = read(&codings, data_coding, &octets) else { continue };
                let fin: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
                let written: Vec<u8> = octets.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
                prop_assert!(fin.bytes().all(|letter| written.contains(&letter)));
            }
        }
    }
}
