//! The widest text that an author's pattern lets a person type.

use std::iter;

use dayaq_text::{Alphabet, measure};
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::INPUT_CHARS_MAX;

/// Gives texts of the greatest length that the pattern accepts, made of the widest characters it accepts.
///
/// A pattern without an end is taken up to the longest input there is. Without a pattern anything can be typed: pairs
/// of UCS-2 units, and the letters whose plain form is the longest.
pub(super) fn widest(pattern: Option<&str>) -> Vec<String> {
    let parsed = pattern.and_then(|pattern| regex_syntax::parse(pattern).ok());
    match parsed {
        Some(hir) => vec![longest(&hir).chars().take(INPUT_CHARS_MAX).collect()],
        None => ["😀", "Щ"].map(|letter| letter.repeat(INPUT_CHARS_MAX)).to_vec(),
    }
}

fn longest(hir: &Hir) -> String {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => String::new(),
        HirKind::Literal(literal) => String::from_utf8_lossy(&literal.0).into_owned(),
        HirKind::Class(class) => letter(class),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.and_then(|max| usize::try_from(max).ok()).unwrap_or(INPUT_CHARS_MAX);
            let once = longest(&repetition.sub);
            iter::repeat_n(once, times.min(INPUT_CHARS_MAX)).collect()
        }
        HirKind::Capture(capture) => longest(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(longest).collect(),
        HirKind::Alternation(ways) => ways.iter().map(longest).max_by_key(|text| rank(text)).unwrap_or_default(),
    }
}

/// Beyond it no character has a plain form of more than one: in a range there one is as wide as the other.
const WIDE_MAX: char = '\u{21FF}';

/// Picks the widest character of a class.
fn letter(class: &Class) -> String {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect(),
    };
    let letters = ranges.into_iter().flat_map(|(start, end)| (start..=end.min(WIDE_MAX)).chain([start, end]));
    letters.map(String::from).max_by_key(|text| rank(text)).unwrap_or_default()
}

/// Ranks a text by what it costs: one that forces UCS-2 upon its whole screen costs the most.
fn rank(text: &str) -> (bool, usize, usize) {
    let forces = measure(text, Alphabet::Gsm7).is_err();
    (forces, text.encode_utf16().count(), dayaq_text::plain(text).len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f2_a_pattern_says_how_much_can_be_typed() {
        for (pattern, wanted) in [
            ("^[0-9A-HJ-NP-Z]{7}$", "ZZZZZZZ"),
            ("^[0-9]{4,12}$", "999999999999"),
            ("^(ab|abc)?x$", "abcx"),
            ("^[a-zə]{2}$", "əə"),
            ("^[а-яё]{2}$", "щщ"),
            ("^[А-Я]$", "Щ"),
            ("^[a-я😀]$", "😀"),
        ] {
            assert_eq!(widest(Some(pattern)), [wanted], "{pattern}");
        }
        assert_eq!(widest(Some("^[0-9]+$"))[0].len(), INPUT_CHARS_MAX);
        assert_eq!(widest(None).len(), 2);
    }

    #[test]
    fn e4_beyond_the_letters_looked_at_a_plain_form_is_one_character() {
        let beyond = (WIDE_MAX..=char::MAX).skip(1);
        assert!(beyond.map(String::from).all(|letter| dayaq_text::plain(&letter).len() <= 1));
        // The widest of all stands before.
        assert!(dayaq_text::plain("Щ").len() == 3 && 'Щ' < WIDE_MAX);
    }
}
