//! What a person typed, from raw characters to an answer.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use regex::Regex;

use crate::Value;

/// The characters of one input; a concatenated SMS may bring more, and nothing that we ask for is longer.
pub const INPUT_CHARS_MAX: usize = 200;

/// Describes a named kind of input: what is dropped, repaired, asked about and accepted.
#[derive(Clone, Debug)]
pub(crate) struct InputType {
    pub form: InputForm,
    pub strip: BTreeSet<char>,
    pub upper: bool,
    pub silent: BTreeMap<char, String>,
    pub confirm: BTreeMap<char, String>,
    pub ask: BTreeSet<char>,
    /// How many digits too many may stand at the end; without them the rest is shown before it counts.
    pub spare_digits: usize,
    pub pattern: Option<Regex>,
    pub pii: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InputForm {
    Text,
    Number { min: i64, max: i64 },
    Date,
}

/// Says what came of reading an input as a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Accepted(Value),
    /// Repaired in a way that the person must see before it counts.
    Repaired(String),
    /// A letter that may mean two things, at a position counted from 1.
    Doubtful {
        letter: char,
        position: usize,
    },
    Wrong,
}

/// An input after its repairs.
struct Repaired {
    text: String,
    /// Whether the person must see what was repaired.
    shown: bool,
    /// The first letter that may mean two things, and its position counted from 1.
    doubt: Option<(char, usize)>,
}

/// Turns raw input into one line of plain characters, or refuses it.
///
/// Full-width forms and other scripts' digits become ASCII; marks that nobody can see are dropped. Control characters,
/// broken UTF-16 (which arrives as U+FFFD) and overlong input are refused, because no repair is safe.
pub(crate) fn clean(raw: &str) -> Option<String> {
    // Counted before anything is built: a message_payload may bring 64 KiB.
    if raw.chars().take(INPUT_CHARS_MAX + 1).count() > INPUT_CHARS_MAX {
        return None;
    }
    let mut text = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '\n' | '\r' | '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => text.push(' '),
            '\u{fffd}' => return None,
            _ if c.is_control() => return None,
            _ if is_invisible(c) => {}
            _ => text.push(folded(c)),
        }
    }
    Some(text.trim().to_owned())
}

/// Reads "1", "1.", "1)" and "(1)" as the key 1.
pub(crate) fn as_key(cleaned: &str) -> &str {
    cleaned.trim_matches(['.', ')', '(', ' ', '#', '*'])
}

/// Brings the spellings of a word together: case by a rule of no country, letters and their plain form, and what many
/// leave out in Russian: the dots of ё and, in Latin letters, the signs.
pub(crate) fn word(text: &str) -> String {
    let capitals: String = text.chars().map(upper).collect();
    let plain = dayaq_text::plain(&capitals).to_lowercase().replace("yo", "e").replace('\'', "");
    plain.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

/// Gives the wordings of a label: the whole, and each part where it offers several with a slash, as in "Ata/ana".
pub(crate) fn wordings(label: &str) -> impl Iterator<Item = &str> {
    let parts = label.split('/').filter(|_| label.contains('/'));
    std::iter::once(label).chain(parts).map(str::trim)
}

impl InputType {
    pub fn read(&self, cleaned: &str) -> Reading {
        let Repaired { text, shown, doubt } = self.repair(cleaned);
        if let Some((letter, position)) = doubt {
            return if self.lacks_only(&text) { Reading::Doubtful { letter, position } } else { Reading::Wrong };
        }
        match self.accept(&text) {
            Some(_) if shown => Reading::Repaired(text),
            Some(value) => Reading::Accepted(value),
            None => self.without_spare(cleaned, &text).map_or(Reading::Wrong, Reading::Repaired),
        }
    }

    /// Gives what is left of a text that has digits too many at its end, such as the check digit of an old card. They
    /// must have been typed as digits: a letter that was repaired to one may end a word.
    fn without_spare(&self, cleaned: &str, text: &str) -> Option<String> {
        let (mut typed, mut rest) = (cleaned.trim_end_matches(|c| self.strip.contains(&c)), text);
        for _ in 0..self.spare_digits {
            typed = typed.strip_suffix(|c: char| c.is_ascii_digit())?.trim_end_matches(|c| self.strip.contains(&c));
            rest = rest.strip_suffix(|c: char| c.is_ascii_digit())?;
            if self.accept(rest).is_some() {
                return Some(rest.to_owned());
            }
        }
        None
    }

    /// Says whether what was typed may be put right in a way that the person must see.
    pub fn confirms(&self) -> bool {
        !self.confirm.is_empty() || self.spare_digits > 0
    }

    fn accept(&self, text: &str) -> Option<Value> {
        let fits = self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(text)) && !text.is_empty();
        self.value(text).filter(|_| fits)
    }

    /// Says whether a text would be a value if another sign stood for its doubtful letters. In a sentence one letter more
    /// or less makes no difference, and to ask about it would hide what is wrong.
    fn lacks_only(&self, text: &str) -> bool {
        let signs = ('0'..='9').chain('A'..='Z').chain('a'..='z').filter(|sign| !self.ask.contains(sign));
        let with = |sign: char| text.chars().map(|c| if self.ask.contains(&c) { sign } else { c }).collect::<String>();
        signs.map(with).any(|text| self.accept(&text).is_some())
    }

    /// Makes a value of a text that has been repaired and accepted.
    pub fn value(&self, text: &str) -> Option<Value> {
        match self.form {
            InputForm::Text => Some(Value::Text(text.to_owned())),
            InputForm::Number { min, max } => {
                text.parse().ok().filter(|number| (min..=max).contains(number)).map(Value::Number)
            }
            InputForm::Date => date(text).map(Value::Date),
        }
    }

    /// Names each letter that would have two meanings in one type, for the check.
    pub fn contradictions(&self) -> Vec<char> {
        let twice = |c: &&char| {
            [self.silent.contains_key(c), self.confirm.contains_key(c), self.ask.contains(c), self.strip.contains(c)]
                .into_iter()
                .filter(|claimed| *claimed)
                .count()
                > 1
        };
        let all: BTreeSet<&char> = self.silent.keys().chain(self.confirm.keys()).chain(&self.ask).collect();
        all.into_iter().filter(twice).copied().collect()
    }

    fn repair(&self, cleaned: &str) -> Repaired {
        let mut text = String::with_capacity(cleaned.len());
        let (mut shown, mut doubt) = (false, None);
        let mut position = 0;
        for c in cleaned.chars() {
            let c = if self.upper { upper(c) } else { c };
            if self.strip.contains(&c) {
                continue;
            }
            position += 1;
            if self.ask.contains(&c) && doubt.is_none() {
                doubt = Some((c, position));
            }
            if let Some(meant) = self.confirm.get(&c) {
                text.push_str(meant);
                shown = true;
            } else if let Some(meant) = self.silent.get(&c) {
                text.push_str(meant);
            } else {
                text.push(c);
            }
        }
        Repaired { text, shown, doubt }
    }
}

/// Gives the capital letter by a rule of no country: the Turkic dotted and dotless i are both I.
pub(crate) fn upper(c: char) -> char {
    match c {
        'i' | 'ı' | 'İ' => 'I',
        _ => {
            let mut capitals = c.to_uppercase();
            match (capitals.next(), capitals.next()) {
                (Some(capital), None) => capital,
                // A letter whose capital is two letters (ß) stays as it is.
                (Some(_), Some(_)) | (None, _) => c,
            }
        }
    }
}

fn folded(c: char) -> char {
    let ascii = |zero: u32| char::from(b'0' + u8::try_from(c as u32 - zero).unwrap_or(0));
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from(u8::try_from(c as u32 - 0xfee0).unwrap_or(b'?')),
        '\u{660}'..='\u{669}' => ascii(0x660),
        '\u{6f0}'..='\u{6f9}' => ascii(0x6f0),
        '\u{966}'..='\u{96f}' => ascii(0x966),
        _ => c,
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        // Combining marks: nothing that we ask for needs one, and a thousand of them hide what stands beneath.
        | '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20ff}')
}

/// Reads day, month and year in any usual writing; a year has four digits.
fn date(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split(['.', '/', '-', ' ', ',']).filter(|part| !part.is_empty()).collect();
    let (day, month, year) = match parts.as_slice() {
        [day, month, year] if year.len() == 4 => (*day, *month, *year),
        [all] if all.len() == 8 && all.is_ascii() => (&all[..2], &all[2..4], &all[4..]),
        _ => return None,
    };
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fin() -> InputType {
        InputType {
            form: InputForm::Text,
            strip: " -".chars().collect(),
            upper: true,
            silent: [('А', "A"), ('В', "B"), ('С', "C"), ('Е', "E"), ('Т', "T")].map(|(c, s)| (c, s.to_owned())).into(),
            confirm: [('O', "0"), ('О', "0")].map(|(c, s)| (c, s.to_owned())).into(),
            ask: ['I'].into(),
            spare_digits: 0,
            pattern: Regex::new("^[0-9A-HJ-NP-Z]{7}$").ok(),
            pii: true,
        }
    }

    fn read(raw: &str) -> Reading {
        clean(raw).map_or(Reading::Wrong, |cleaned| fin().read(&cleaned))
    }

    #[test]
    fn f07_a_fin_is_canonical_or_asked_again() {
        let fine = |text: &str| Reading::Accepted(Value::Text(text.to_owned()));
        for (raw, wanted) in [
            ("12E4567", fine("12E4567")),
            (" 12e-45 67 ", fine("12E4567")),
            ("１２Ｅ４５６７", fine("12E4567")),
            ("12е4567", fine("12E4567")),
            ("٣٤E4567", fine("34E4567")),
            ("12EO567", Reading::Repaired("12E0567".to_owned())),
            ("12Eо567", Reading::Repaired("12E0567".to_owned())),
            ("12E45i7", Reading::Doubtful { letter: 'I', position: 6 }),
            ("12-E4 5ı7", Reading::Doubtful { letter: 'I', position: 6 }),
            ("12E45İ7", Reading::Doubtful { letter: 'I', position: 6 }),
            ("12Ə4567", Reading::Wrong),
            ("12E456", Reading::Wrong),
            ("12E45678", Reading::Wrong),
            ("", Reading::Wrong),
            ("😀", Reading::Wrong),
        ] {
            assert!(read(raw) == wanted, "{raw:?}");
        }
    }

    #[test]
    fn d3_the_check_digit_of_an_old_card_is_left_out_and_the_rest_is_shown() {
        let fin = InputType { spare_digits: 1, ask: BTreeSet::new(), ..fin() };
        let shown = |text: &str| Reading::Repaired(text.to_owned());
        for (typed, wanted) in [
            ("94FMDDD", Reading::Accepted(Value::Text("94FMDDD".to_owned()))),
            ("94FMDDD6", shown("94FMDDD")),
            ("94FM-DDD 6", shown("94FMDDD")),
            ("94FMODD6", shown("94FM0DD")),
            ("94FMDDDB", Reading::Wrong), // no card has a letter there
            ("94FMDDDO", Reading::Wrong),
            ("94FMDDD66", Reading::Wrong),
            ("94FMDD", Reading::Wrong),
            ("9", Reading::Wrong),
        ] {
            assert!(fin.read(typed) == wanted, "{typed:?}");
        }
    }

    #[test]
    fn f02_marks_that_nobody_sees_are_dropped() {
        assert_eq!(clean("\u{202e}12\u{200b}E\u{301}\u{301}4567\u{feff}").as_deref(), Some("12E4567"));
        assert_eq!(clean(&"\u{301}".repeat(INPUT_CHARS_MAX + 1)), None);
    }

    #[test]
    fn f03_control_characters_and_broken_letters_are_refused() {
        for raw in ["1\0", "\u{7}1", "\u{1b}[2J", "1\u{fffd}", "\u{85}1"] {
            assert_eq!(clean(raw), None, "{raw:?}");
        }
    }

    #[test]
    fn f09_empty_and_enormous_inputs_cost_nothing() {
        assert_eq!(clean("  \r\n ").as_deref(), Some(""));
        assert_eq!(clean(&"x".repeat(1 << 20)), None);
    }

    #[test]
    fn f11_keys_may_carry_points_and_brackets() {
        for raw in ["1", "1.", "1)", "(1)", " 1 ", "١", "１", "*1#"] {
            assert_eq!(clean(raw).as_deref().map(as_key), Some("1"), "{raw:?}");
        }
    }

    #[test]
    fn dates_are_read_in_any_usual_writing() {
        let day = jiff::civil::date(2026, 12, 31);
        for text in ["31.12.2026", "31/12/2026", "31-12-2026", "31 12 2026", "31122026"] {
            assert_eq!(date(text), Some(day), "{text}");
        }
        for text in ["30.02.2026", "31.12.26", "2026", "", "1.2.3.4"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_stay_inside_their_range() {
        let age = InputType { form: InputForm::Number { min: 0, max: 120 }, pattern: None, ..fin() };
        assert_eq!(age.read("017"), Reading::Accepted(Value::Number(17)));
        assert_eq!(age.read("121"), Reading::Wrong);
        assert_eq!(age.read("-1"), Reading::Accepted(Value::Number(1)), "the type strips hyphens");
        assert_eq!(age.read("99999999999999999999"), Reading::Wrong);
    }

    #[test]
    fn f10_words_are_compared_without_case_and_marks() {
        assert_eq!(word("BƏLİ"), word("bəli"));
        assert_eq!(word("Beli!"), word("bəli"));
        assert_eq!(word("Qeydiyyat"), word("QEYDIYYAT"));
        assert_eq!(word("ОДИН"), word("один"));
    }

    #[test]
    fn e4_a_label_is_an_answer_however_it_is_spelled() {
        for (label, typed) in [
            ("Ребёнок", ["ребенок", "РЕБЁНОК", "Rebyonok", "rebenok"]),
            ("Ещё раз", ["еще раз", "ЕЩЕ РАЗ", "eschyo raz", "esche raz"]),
            ("Мать/отец", ["мать/отец", "МАТЬ/ОТЕЦ", "Mat'/otets", "mat/otets"]),
            ("Семья", ["семья", "sem'ya", "semya", "SEMYA"]),
            ("Язык", ["язык", "ЯЗЫК", "yazyk", "Yazyk."]),
            ("Жалоба", ["жалоба", "ЖАЛОБА", "zhaloba", "«Жалоба»"]),
        ] {
            for typed in typed {
                assert_eq!(word(typed), word(label), "{typed}");
            }
        }
        assert_ne!(word("мёд"), word("мода"));
    }

    proptest! {
        #[test]
        fn e4_what_a_plain_screen_shows_can_be_typed(text in "[a-zA-ZəƏıİşŞçÇğĞöÖüÜа-яА-ЯёЁ0-9 /+-]{0,20}") {
            prop_assert_eq!(word(&dayaq_text::plain(&text)), word(&text));
        }
    }
}
