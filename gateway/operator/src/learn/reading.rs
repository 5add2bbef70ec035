//! In which alphabet octets make sense.

use dayaq_smpp::ussd::UCS2_WITH_LANGUAGE;
use dayaq_text::{Alphabet, decode, gsm7};

/// One way to read octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reading {
    Gsm7,
    /// Eight septets in seven octets.
    Packed,
    Ucs2,
    /// After two octets that name the language (3GPP 23.038 §5).
    Ucs2Prefixed,
    Latin1,
    Ascii,
}

impl Reading {
    const ALL: [Self; 6] = [Self::Gsm7, Self::Packed, Self::Ucs2, Self::Ucs2Prefixed, Self::Latin1, Self::Ascii];

    /// The name of its alphabet in a profile.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gsm7 | Self::Packed => "gsm-7",
            Self::Ucs2 | Self::Ucs2Prefixed => "ucs-2",
            Self::Latin1 => "latin-1",
            Self::Ascii => "ascii",
        }
    }

    pub const fn alphabet(self) -> Alphabet {
        match self {
            Self::Gsm7 | Self::Packed => Alphabet::Gsm7,
            Self::Ucs2 | Self::Ucs2Prefixed => Alphabet::Ucs2,
            Self::Latin1 => Alphabet::Latin1,
            Self::Ascii => Alphabet::Ascii,
        }
    }

    /// What the specifications say of a data_coding.
    fn by_specification(data_coding: u8) -> Self {
        match data_coding {
            0x01 => Self::Ascii,
            0x03 => Self::Latin1,
            0x08 | 0x18 | 0x48 => Self::Ucs2,
            UCS2_WITH_LANGUAGE => Self::Ucs2Prefixed,
            _ => Self::Gsm7,
        }
    }

    /// Reads a text.
    pub fn read(self, octets: &[u8]) -> Option<String> {
        match self {
            Self::Gsm7 | Self::Ucs2 | Self::Latin1 | Self::Ascii => decode(octets, self.alphabet()).ok(),
            Self::Packed => gsm7::decode(&gsm7::unpack(octets)).ok(),
            Self::Ucs2Prefixed => {
                let (language, text) = octets.split_at_checked(2)?;
                let letters = gsm7::unpack(language);
                let named = letters.len() == 2 && letters.iter().all(u8::is_ascii_lowercase);
                if named { decode(text, Alphabet::Ucs2).ok() } else { None }
            }
        }
    }
}

/// How well each reading makes sense of the texts of one data_coding.
#[derive(Clone, Debug, Default)]
pub(super) struct Readings {
    /// For each of [`Reading::ALL`]: how odd the characters are, and texts that cannot be read so.
    odd: [u64; 6],
    unreadable: [u64; 6],
    characters: [u64; 6],
    pub texts: u64,
    pub place: u64,
    longest: [usize; 6],
}

impl Readings {
    /// Takes one text.
    pub fn add(&mut self, octets: &[u8], place: u64) {
        if octets.is_empty() {
            return;
        }
        if self.texts == 0 {
            self.place = place;
        }
        self.texts += 1;
        for (at, reading) in Reading::ALL.into_iter().enumerate() {
            match reading.read(octets) {
                None => self.unreadable[at] += 1,
                Some(text) => {
                    self.odd[at] += text.chars().map(|c| oddity(c, reading)).sum::<u64>();
                    self.characters[at] += text.chars().count() as u64;
                    let units = dayaq_text::measure(&text, reading.alphabet()).map_or(0, |count| count.units);
                    self.longest[at] = self.longest[at].max(units);
                }
            }
        }
    }

    /// Adds what another data_coding shows.
    pub fn merge(&mut self, other: &Self) {
        for at in 0..6 {
            self.odd[at] += other.odd[at];
            self.unreadable[at] += other.unreadable[at];
            self.characters[at] += other.characters[at];
            self.longest[at] = self.longest[at].max(other.longest[at]);
        }
        self.texts += other.texts;
    }

    /// How odd the texts are in a reading, in thousandths: 0 is plain writing, above 1000 hardly a text.
    pub fn oddity(&self, reading: Reading) -> u64 {
        let at = Reading::ALL.iter().position(|it| *it == reading).unwrap_or_default();
        let odd = self.odd[at] * 1000 / self.characters[at].max(1);
        odd + self.unreadable[at] * 3000 / self.texts.max(1)
    }

    /// What makes most sense; what the specifications say of the value is believed unless it makes less.
    pub fn best(&self, data_coding: u8) -> Reading {
        let said = Reading::by_specification(data_coding);
        let least = Reading::ALL.into_iter().min_by_key(|it| self.oddity(*it)).unwrap_or(said);
        if self.oddity(said) <= self.oddity(least) + TOLERANCE { said } else { least }
    }

    /// Whether the texts would be the same in another reading of one octet to a letter.
    pub fn is_open(&self, chosen: Reading) -> bool {
        let single = [Reading::Gsm7, Reading::Latin1, Reading::Ascii];
        single.contains(&chosen)
            && single.iter().any(|it| *it != chosen && self.oddity(*it) <= self.oddity(chosen) + TOLERANCE)
    }

    /// The longest text in units of the reading's alphabet.
    pub fn longest(&self, reading: Reading) -> usize {
        Reading::ALL.iter().position(|it| *it == reading).map_or(0, |at| self.longest[at])
    }
}

/// Thousandths within which two readings make the same sense.
const TOLERANCE: u64 = 40;

/// How odd a character is in what people write here: 0 to 3.
fn oddity(character: char, reading: Reading) -> u64 {
    match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '\n' | '\r' => 0,
        '.' | ',' | ':' | ';' | '!' | '?' | '\'' | '"' | '(' | ')' | '-' | '/' | '+' | '*' | '#' | '%' | '&' | '=' => 0,
        // NUL, and so each letter of UCS-2, is an @ in GSM-7.
        '@' if reading == Reading::Gsm7 => 1,
        '@' | '_' | '<' | '>' | '$' | '€' => 0,
        'ə' | 'Ə' | 'ı' | 'İ' | 'ğ' | 'Ğ' | 'ş' | 'Ş' | 'ç' | 'Ç' | 'ö' | 'Ö' | 'ü' | 'Ü' => 0,
        '\u{0400}'..='\u{045F}' | '№' | '₼' | '«' | '»' | '“' | '”' | '„' | '’' | '‘' | '–' | '—' | '…' => {
            0
        }
        'ä' | 'Ä' | 'é' | 'è' | 'à' | 'ñ' | 'ß' | '[' | ']' | '{' | '}' | '|' | '~' | '^' | '\\' | '`' => 1,
        '\u{00C0}'..='\u{024F}' => 1,
        '\u{00A1}'..='\u{00BF}' | '\u{0370}'..='\u{03FF}' => 2,
        _ => 3,
    }
}

/// Whether octets say what somebody dialled, in any alphabet: a star or hash, then digits, stars and hashes.
pub(super) fn is_dialled(octets: &[u8]) -> bool {
    [Reading::Gsm7, Reading::Packed, Reading::Ucs2, Reading::Ucs2Prefixed].into_iter().any(|reading| {
        let Some(text) = reading.read(octets) else { return false };
        let signs = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#');
        text.len() > 1 && text.starts_with(['*', '#']) && text.chars().all(signs)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dayaq_text::{encode, latin1};

    fn best(data_coding: u8, texts: &[Vec<u8>]) -> Reading {
        let mut readings = Readings::default();
        texts.iter().for_each(|text| readings.add(text, 1));
        readings.best(data_coding)
    }

    #[test]
    fn s14_octets_tell_their_alphabet_whatever_the_data_coding() {
        let written = |text: &str, alphabet| encode(text, alphabet).expect("it has a form");
        let packed = |text: &str| gsm7::pack(&written(text, Alphabet::Gsm7));
        let menu = "1 New application\n2 My application\n5 Help";
        let azerbaijani = "1 Yeni müraciət\n2 Müraciətim";
        let prefixed = [gsm7::pack(b"az"), written(azerbaijani, Alphabet::Ucs2)].concat();
        for (data_coding, octets, reading) in [
            (0, written(menu, Alphabet::Gsm7), Reading::Gsm7),
            (0, packed(menu), Reading::Packed),
            (0x0F, packed("1 Bakı, 2 Gence".trim_end_matches('ı').split('ı').next().expect("some")), Reading::Packed),
            (0, written(azerbaijani, Alphabet::Ucs2), Reading::Ucs2),
            (8, written("1 Новое заявление", Alphabet::Ucs2), Reading::Ucs2),
            (0x48, prefixed, Reading::Ucs2Prefixed),
            (
                0,
                latin1::encode("Müraciet göndərildi".replace('ə', "e").as_str()).expect("it has a form"),
                Reading::Latin1,
            ),
            (3, b"plain".to_vec(), Reading::Latin1),
        ] {
            assert_eq!(best(data_coding, &[octets]), reading, "{data_coding:#04x}");
        }
    }

    #[test]
    fn s14_what_was_dialled_is_known_in_every_alphabet() {
        let dialled = b"*7142*1#".to_vec();
        for octets in [dialled.clone(), gsm7::pack(&dialled), dialled.iter().flat_map(|it| [0, *it]).collect()] {
            assert!(is_dialled(&octets), "{octets:02x?}");
        }
        for other in [&b"1"[..], b"", b"*", b"Salam"] {
            assert!(!is_dialled(other), "{other:02x?}");
        }
    }
}
