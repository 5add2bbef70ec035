/// Rewrites a text so that every network and phone can show it.
///
/// The result holds only printable ASCII that the GSM-7 default table has too, and line feeds: it can be sent in every
/// alphabet, and each of its characters costs one unit. Azerbaijani loses its marks, Russian follows the table of the
/// state's passports (ICAO 9303), quotes and dashes become ASCII, marks that do not print vanish, and what has no form
/// becomes `?`.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match form(character) {
            Form::Same => out.push(character),
            Form::As(it) => out.push_str(it),
            Form::Capital(it) => {
                // ЖАЛОБА is ZHALOBA, but Жалоба is Zhaloba.
                let shouted = match rest.peek() {
                    Some(next) if next.is_alphabetic() => next.is_uppercase(),
                    Some(_) | None => before.is_some_and(char::is_uppercase),
                };
                if shouted {
                    out.push_str(&it.to_ascii_uppercase());
                } else {
                    out.push_str(it);
                }
            }
            Form::Nothing => {}
            Form::None => out.push('?'),
        }
        before = Some(character);
    }
    out
}

enum Form {
    /// It is plain already.
    Same,
    /// These characters in its place.
    As(&'static str),
    /// More than one character in the place of one capital.
    Capital(&'static str),
    /// It does not print.
    Nothing,
    /// There is no form.
    None,
}

fn form(character: char) -> Form {
    match character {
        '\n' | ' '..='Z' | '_' | 'a'..='z' => Form::Same,
        '\t' | '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => Form::As(" "),
        '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => carriage(character),
        // Combining marks, joiners, directions, variation selectors, the soft hyphen and the byte order mark.
        '\u{300}'..='\u{36F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{AD}'
        | '\u{FEFF}' => Form::Nothing,
        '[' | '{' => Form::As("("),
        ']' | '}' => Form::As(")"),
        '\\' | '|' => Form::As("/"),
        '^' | '`' | '´' | '‘' | '’' | '‚' | '‛' | '′' | 'ʼ' => Form::As("'"),
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' => Form::As("\""),
        '~' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => Form::As("-"),
        '•' | '·' => Form::As("-"),
        '‹' => Form::As("<"),
        '›' => Form::As(">"),
        '…' => Form::As("..."),
        '×' => Form::As("x"),
        '÷' => Form::As("/"),
        '№' => Form::As("No"),
        '€' => Form::As("EUR"),
        '£' => Form::As("GBP"),
        '₼' => Form::As("AZN"),
        '₽' => Form::As("RUB"),
        _ => latin(character).or_else(|| cyrillic(character)).unwrap_or(Form::None),
    }
}

/// A carriage return goes with its line feed; the separators of Unicode are line feeds.
fn carriage(character: char) -> Form {
    if character == '\r' { Form::Nothing } else { Form::As("\n") }
}

fn latin(character: char) -> Option<Form> {
    Some(Form::As(match character {
        'ə' | 'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'Ə' | 'È' | 'É' | 'Ê' | 'Ë' | 'Ē' | 'Ė' | 'Ę' | 'Ě' => "E",
        'ı' | 'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' => "i",
        'İ' | 'Ì' | 'Í' | 'Î' | 'Ï' | 'Ī' | 'Į' => "I",
        'ş' | 'ș' | 'š' | 'ś' => "s",
        'Ş' | 'Ș' | 'Š' | 'Ś' => "S",
        'ç' | 'ć' | 'č' => "c",
        'Ç' | 'Ć' | 'Č' => "C",
        'ğ' | 'ģ' => "g",
        'Ğ' | 'Ģ' => "G",
        'ö' | 'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ō' | 'ő' => "o",
        'Ö' | 'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ø' | 'Ō' | 'Ő' => "O",
        'ü' | 'ù' | 'ú' | 'û' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'Ü' | 'Ù' | 'Ú' | 'Û' | 'Ū' | 'Ů' | 'Ű' | 'Ų' => "U",
        'ä' | 'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'Ä' | 'À' | 'Á' | 'Â' | 'Ã' | 'Å' | 'Ā' | 'Ă' | 'Ą' => "A",
        'ñ' | 'ń' | 'ň' | 'ņ' => "n",
        'Ñ' | 'Ń' | 'Ň' | 'Ņ' => "N",
        'ý' | 'ÿ' => "y",
        'Ý' | 'Ÿ' => "Y",
        'ž' | 'ź' | 'ż' => "z",
        'Ž' | 'Ź' | 'Ż' => "Z",
        'ť' | 'ț' | 'ţ' => "t",
        'Ť' | 'Ț' | 'Ţ' => "T",
        'ď' | 'đ' => "d",
        'Ď' | 'Đ' => "D",
        'ł' | 'ľ' => "l",
        'Ł' | 'Ľ' => "L",
        'ř' => "r",
        'Ř' => "R",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'Æ' => return Some(Form::Capital("Ae")),
        'Œ' => return Some(Form::Capital("Oe")),
        _ => return None,
    }))
}

fn cyrillic(character: char) -> Option<Form> {
    Some(match character {
        'а' => Form::As("a"),
        'б' => Form::As("b"),
        'в' => Form::As("v"),
        'г' => Form::As("g"),
        'д' => Form::As("d"),
        'е' | 'ё' | 'э' => Form::As("e"),
        'ж' => Form::As("zh"),
        'з' => Form::As("z"),
        'и' | 'й' | 'і' => Form::As("i"),
        'к' => Form::As("k"),
        'л' => Form::As("l"),
        'м' => Form::As("m"),
        'н' => Form::As("n"),
        'о' => Form::As("o"),
        'п' => Form::As("p"),
        'р' => Form::As("r"),
        'с' => Form::As("s"),
        'т' => Form::As("t"),
        'у' => Form::As("u"),
        'ф' => Form::As("f"),
        'х' => Form::As("kh"),
        'ц' => Form::As("ts"),
        'ч' => Form::As("ch"),
        'ш' => Form::As("sh"),
        'щ' => Form::As("shch"),
        'ъ' => Form::As("ie"),
        'ы' => Form::As("y"),
        'ь' | 'Ь' => Form::Nothing,
        'ю' => Form::As("iu"),
        'я' => Form::As("ia"),
        'А' => Form::As("A"),
        'Б' => Form::As("B"),
        'В' => Form::As("V"),
        'Г' => Form::As("G"),
        'Д' => Form::As("D"),
        'Е' | 'Ё' | 'Э' => Form::As("E"),
        'Ж' => Form::Capital("Zh"),
        'З' => Form::As("Z"),
        'И' | 'Й' | 'І' => Form::As("I"),
        'К' => Form::As("K"),
        'Л' => Form::As("L"),
        'М' => Form::As("M"),
        'Н' => Form::As("N"),
        'О' => Form::As("O"),
        'П' => Form::As("P"),
        'Р' => Form::As("R"),
        'С' => Form::As("S"),
        'Т' => Form::As("T"),
        'У' => Form::As("U"),
        'Ф' => Form::As("F"),
        'Х' => Form::Capital("Kh"),
        'Ц' => Form::Capital("Ts"),
        'Ч' => Form::Capital("Ch"),
        'Ш' => Form::Capital("Sh"),
        'Щ' => Form::Capital("Shch"),
        'Ъ' => Form::Capital("Ie"),
        'Ы' => Form::As("Y"),
        'Ю' => Form::Capital("Iu"),
        'Я' => Form::Capital("Ia"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alphabet, measure};
    use proptest::prelude::*;

    #[test]
    fn e4_azerbaijani_loses_its_marks_and_nothing_else() {
        for (text, expected) in [
            ("ə ı İ ş ç ğ ö ü", "e i I s c g o u"),
            ("Ə Ş Ç Ğ Ö Ü", "E S C G O U"),
            ("Məbləğ: 584,00 AZN", "Mebleg: 584,00 AZN"),
            ("Ünvanlı dövlət sosial yardımı", "Unvanli dovlet sosial yardimi"),
            ("s\u{327}", "s"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn e4_russian_follows_the_passport() {
        for (text, expected) in [
            ("Заявление принято", "Zaiavlenie priniato"),
            ("Щёлково", "Shchelkovo"),
            ("подъезд", "podieezd"),
            ("ЖАЛОБА", "ZHALOBA"),
            ("Жалоба", "Zhaloba"),
            ("ДОЖ", "DOZH"),
            ("Ю. Цой", "Iu. Tsoi"),
            ("семья", "semia"),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn e4_typography_becomes_ascii_and_the_rest_a_question_mark() {
        assert_eq!(plain("«a» — “b”… 5 ₼ №\u{A0}7"), "\"a\" - \"b\"... 5 AZN No 7");
        assert_eq!(plain("a\u{2068}b\u{2069}\r\nc"), "ab\nc");
        assert_eq!(plain("😀漢\0"), "???");
    }

    proptest! {
        #[test]
        fn e4_the_plain_form_fits_every_alphabet_and_is_its_own_plain_form(text in any::<String>()) {
            let form = plain(&text);
            for alphabet in [Alphabet::Gsm7, Alphabet::Latin1, Alphabet::Ascii, Alphabet::Ucs2] {
                let count = measure(&form, alphabet).unwrap();
                prop_assert_eq!(count.units, form.len());
            }
            prop_assert_eq!(plain(&form), form);
        }

        #[test]
        fn e4_letters_of_the_three_languages_always_have_a_form(
            text in "[a-zA-ZəƏıİşŞçÇğĞöÖüÜа-яА-ЯёЁ0-9 .,:;!?()-]{0,80}"
        ) {
            prop_assert_eq!(plain(&text).matches('?').count(), text.matches('?').count());
        }
    }
}
