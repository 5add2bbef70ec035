//! What the letters of a text tell: which of them look alike, and which language alone has them.

use crate::Language;
use crate::input::upper;

/// Gives the capital of a letter, a Latin one for Cyrillic that is drawn like it.
pub(crate) fn drawn(c: char) -> char {
    match upper(c) {
        'А' => 'A',
        'В' => 'B',
        'Е' | 'Ё' => 'E',
        'К' => 'K',
        'М' => 'M',
        'Н' => 'H',
        'О' => 'O',
        'Р' => 'P',
        'С' => 'C',
        'Т' => 'T',
        'У' => 'Y',
        'Х' => 'X',
        'І' => 'I',
        'Ѕ' => 'S',
        'Ј' => 'J',
        other => other,
    }
}

/// Tells the language that a text is written in where its letters leave no doubt: Azerbaijani has letters of its own in
/// Latin and in its old Cyrillic script, and Cyrillic without them is Russian. A Cyrillic letter that stands among Latin
/// ones and is drawn like one of them is a slip of the keyboard.
pub(crate) fn written(text: &str) -> Option<Language> {
    let (mut cyrillic, mut alike, mut latin) = (false, false, false);
    for c in text.chars() {
        match c {
            'ə' | 'Ə' | 'ğ' | 'Ğ' | 'ı' | 'İ' | 'ş' | 'Ş' | 'ç' | 'Ç' | 'ö' | 'Ö' | 'ü' | 'Ü' => {
                return Some(Language::Az);
            }
            'ә' | 'Ә' | 'ғ' | 'Ғ' | 'ҝ' | 'Ҝ' | 'ө' | 'Ө' | 'ү' | 'Ү' | 'һ' | 'Һ' | 'ҹ' | 'Ҹ' => {
                return Some(Language::Az);
            }
            '\u{400}'..='\u{52f}' if drawn(c).is_ascii() => alike = true,
            '\u{400}'..='\u{52f}' => cyrillic = true,
            _ => latin |= c.is_ascii_alphabetic(),
        }
    }
    (cyrillic || alike && !latin).then_some(Language::Ru)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e1_letters_tell_a_language_where_they_leave_no_doubt() {
        for (text, wanted) in [
            ("Здравствуйте", Some(Language::Ru)),
            ("КАРТА", Some(Language::Ru)), // each is drawn like a Latin one
            ("CTOП", Some(Language::Ru)),
            ("ok, да", Some(Language::Ru)),
            ("BАSLA", None), // one slip of the keyboard
            ("müraciət", Some(Language::Az)),
            ("DİL", Some(Language::Az)),
            ("сәлам", Some(Language::Az)),
            ("Mürаciət", Some(Language::Az)), // with a Cyrillic а
            ("salam", None),
            ("hello", None),
            ("12E4567", None),
            ("😀 7142!", None),
            ("", None),
        ] {
            assert_eq!(written(text), wanted, "{text}");
        }
    }
}
