use crate::alphabet::{Alphabet, Count, Unencodable, units_of};
use crate::budget::Budget;

/// How many bits the reference of a series has; it decides the length of its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reference {
    /// Six octets of header: 153 septets or 67 units of UCS-2 in each part.
    Bits8,
    /// Seven octets of header: 152 septets or 66 units of UCS-2 in each part.
    Bits16,
}

/// The greatest number of parts of one text: their number has one octet.
pub const PARTS_MAX: usize = 255;

/// One part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The part.
    pub text: &'a str,
    /// Its size.
    pub count: Count,
}

/// Why a text cannot be sent as SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// The alphabet lacks a character.
    #[error("{0}")]
    Unencodable(#[from] Unencodable),
    /// More than 255 parts.
    #[error("more than 255 parts")]
    TooLong,
}

/// Gives the units of each part of a series.
pub const fn part_units(alphabet: Alphabet, reference: Reference) -> usize {
    match (alphabet, reference) {
        (Alphabet::Gsm7 | Alphabet::Ascii, Reference::Bits8) => 153,
        (Alphabet::Gsm7 | Alphabet::Ascii, Reference::Bits16) => 152,
        (Alphabet::Ucs2, Reference::Bits8) => 67,
        (Alphabet::Ucs2, Reference::Bits16) => 66,
        (Alphabet::Latin1, Reference::Bits8) => 134,
        (Alphabet::Latin1, Reference::Bits16) => 133,
    }
}

/// Cuts a text into the parts of an SMS series, or gives one part where one is enough.
///
/// No part ends between an escape and its septet or between the halves of a surrogate pair. An empty text is one empty
/// part.
pub fn split(text: &str, alphabet: Alphabet, reference: Reference) -> Result<Vec<Part<'_>>, SplitError> {
    let count = crate::measure(text, alphabet)?;
    if count.units <= Budget::sms(alphabet).units {
        return Ok(vec![Part { text, count }]);
    }
    let room = part_units(alphabet, reference);
    let mut parts = Vec::with_capacity(count.units / room + 1);
    let (mut begin, mut units) = (0, 0);
    for (at, character) in text.char_indices() {
        // `measure` has seen every character.
        let more = units_of(character, alphabet).unwrap_or_default();
        if units + more > room {
            parts.push(Part { text: &text[begin..at], count: Count { alphabet, units } });
            (begin, units) = (at, 0);
        }
        units += more;
    }
    parts.push(Part { text: &text[begin..], count: Count { alphabet, units } });
    if parts.len() > PARTS_MAX { Err(SplitError::TooLong) } else { Ok(parts) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, alphabet: Alphabet, reference: Reference, expected: &[usize]) {
        let parts = split(text, alphabet, reference).unwrap();
        let units: Vec<usize> = parts.iter().map(|part| part.count.units).collect();
        assert_eq!(units, expected);
    }

    #[test]
    fn a4_the_borders_of_the_specification_hold() {
        use Reference::{Bits8, Bits16};
        check("", Alphabet::Gsm7, Bits8, &[0]);
        check(&"a".repeat(160), Alphabet::Gsm7, Bits8, &[160]);
        check(&"a".repeat(161), Alphabet::Gsm7, Bits8, &[153, 8]);
        check(&"a".repeat(161), Alphabet::Gsm7, Bits16, &[152, 9]);
        check(&"ə".repeat(70), Alphabet::Ucs2, Bits8, &[70]);
        check(&"ə".repeat(71), Alphabet::Ucs2, Bits8, &[67, 4]);
        check(&"ə".repeat(71), Alphabet::Ucs2, Bits16, &[66, 5]);
    }

    #[test]
    fn a4_no_part_ends_inside_an_escape_or_a_pair() {
        let text = format!("{}€{}", "a".repeat(152), "b".repeat(20));
        check(&text, Alphabet::Gsm7, Reference::Bits8, &[152, 22]);
        let text = format!("{}😀{}", "ə".repeat(66), "ə".repeat(20));
        check(&text, Alphabet::Ucs2, Reference::Bits8, &[66, 22]);
    }

    #[test]
    fn f05_more_than_255_parts_are_refused() {
        let text = "a".repeat(153 * 255);
        assert_eq!(split(&text, Alphabet::Gsm7, Reference::Bits8).unwrap().len(), 255);
        let text = "a".repeat(153 * 255 + 1);
        assert_eq!(split(&text, Alphabet::Gsm7, Reference::Bits8), Err(SplitError::TooLong));
    }

    proptest! {
        #[test]
        fn f01_the_parts_are_the_text_and_each_fits(text in "[a-z€😀ə]{0,600}") {
            for reference in [Reference::Bits8, Reference::Bits16] {
                let parts = split(&text, Alphabet::Ucs2, reference).unwrap();
                let joined: String = parts.iter().map(|part| part.text).collect();
                prop_assert_eq!(&joined, &text);
                let room = if parts.len() == 1 { 70 } else { part_units(Alphabet::Ucs2, reference) };
                for part in &parts {
                    prop_assert!(part.count.units <= room);
                    prop_assert_eq!(crate::ucs2::encode(part.text).len(), part.count.units * 2);
                }
            }
        }
    }
}
