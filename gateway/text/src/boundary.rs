//! Where a text may be cut, and how much it hurts there.

/// How bad a cut is. A cut of one rank is worse than any number of cuts of the ranks before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hurt {
    /// Between two words.
    None,
    /// Between a number and a word that it counts, or in a word after a hyphen or a slash.
    Little,
    /// Inside a word.
    Word,
    /// Between two groups of digits, or a number and the capitals that belong to it: `240,00 AZN`, `AA 1339538`.
    Amount,
    /// Inside a number, a date, a reference, or between a letter and its mark.
    Number,
}

impl Hurt {
    /// A sum of these over at most 255 cuts orders series as [`Hurt`] orders cuts.
    pub(crate) const fn weight(self) -> u64 {
        match self {
            Hurt::None => 0,
            Hurt::Little => 1,
            Hurt::Word => 1 << 8,
            Hurt::Amount => 1 << 16,
            Hurt::Number => 1 << 24,
        }
    }
}

/// The longest run of capitals that is a currency, a series of documents or a unit.
const CAPITALS: std::ops::RangeInclusive<usize> = 2..=3;

/// Tells how bad a cut at `at` is, an index between two characters of the text.
pub(crate) fn hurt(text: &str, at: usize) -> Hurt {
    let (before, after) = text.split_at(at);
    let (Some(last), Some(next)) = (before.chars().next_back(), after.chars().next()) else { return Hurt::None };
    if joins(next) || last == '\u{200D}' {
        return Hurt::Number;
    }
    match (last.is_whitespace(), next.is_whitespace()) {
        (false, false) => inside(last_word(before), first_word(after)),
        (true, _) => between(last_word(before.trim_end()), first_word(after.trim_start())),
        (false, true) => between(last_word(before), first_word(after.trim_start())),
    }
}

/// A mark that belongs to the letter before it, or what makes one sign of several.
fn joins(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}')
}

fn inside(head: &str, tail: &str) -> Hurt {
    let digits = |part: &str| part.contains(|c: char| c.is_ascii_digit());
    if digits(head) || digits(tail) {
        Hurt::Number
    } else if head.ends_with(['-', '/', '–', '—']) {
        Hurt::Little
    } else {
        Hurt::Word
    }
}

fn between(word: &str, next: &str) -> Hurt {
    let counted = |word: &str| word.ends_with(|c: char| c.is_ascii_digit());
    let counts = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let capitals = |word: &str| {
        let word = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
        CAPITALS.contains(&word.chars().count()) && word.chars().all(char::is_uppercase)
    };
    match (counted(word), counts(next)) {
        (true, true) => Hurt::Amount,
        (true, false) if capitals(next) => Hurt::Amount,
        (false, true) if capitals(word) && !word.ends_with(|c: char| c.is_ascii_punctuation()) => Hurt::Amount,
        (true, false) if next.starts_with(char::is_alphabetic) => Hurt::Little,
        _ => Hurt::None,
    }
}

/// So many characters of a word are looked at: one without an end costs no more than a long one.
const LOOK: usize = 40;

fn last_word(text: &str) -> &str {
    let word = text.char_indices().rev().take(LOOK).take_while(|(_, character)| !character.is_whitespace());
    word.last().map_or("", |(begin, _)| &text[begin..])
}

fn first_word(text: &str) -> &str {
    let word = text.char_indices().take(LOOK).take_while(|(_, character)| !character.is_whitespace());
    word.last().map_or("", |(begin, character)| &text[..begin + character.len_utf8()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a4_a_cut_hurts_most_inside_numbers_and_not_at_all_between_words() {
        // The bar is the cut.
        for (text, expected) in [
            ("Məbləğ: |240,00 AZN", Hurt::None),
            ("Məbləğ:| 240,00 AZN", Hurt::None),
            ("Məbləğ: 240,0|0 AZN", Hurt::Number),
            ("Məbləğ: 240,00| AZN", Hurt::Amount),
            ("Məbləğ: 240,00 |AZN.", Hurt::Amount),
            ("Tarix: 01.1|2.2026", Hurt::Number),
            ("Nömrə 26-|0000017-4", Hurt::Number),
            ("Zəng: 994 50 |123 45 67", Hurt::Amount),
            ("AA |1339538", Hurt::Amount),
            ("15 |iş günü", Hurt::Little),
            ("15 iş |günü", Hurt::None),
            ("Ünvanlı-|sosial", Hurt::Little),
            ("sos|ial", Hurt::Word),
            ("Bəli.\n|142 pulsuzdur", Hurt::None),
            ("e|\u{301}", Hurt::Number),
            ("👩\u{200D}|👧", Hurt::Number),
            ("|a", Hurt::None),
        ] {
            let at = text.find('|').unwrap();
            assert_eq!(hurt(&text.replace('|', ""), at), expected, "{text}");
        }
    }
}
