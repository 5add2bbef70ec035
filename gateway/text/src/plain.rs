mod russian;

/// Rewrites a text so that every network and phone can show it.
///
/// The result holds only printable ASCII that the GSM-7 default table has too, and line feeds: it can be sent in every
/// alphabet, and each of its characters costs one unit. Azerbaijani loses its marks, Russian is written as people write it
/// on phones without Cyrillic, quotes and dashes become ASCII, marks that do not print vanish, and what has no form
/// becomes `?`.
///
/// A letter may read otherwise beside other letters: it takes whole texts, and the forms of two halves need not join to the
/// form of the whole.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let after = rest.peek().copied();
        match form(before, character, after) {
            Form::Same => out.push(character),
            Form::As(it) => out.push_str(it),
            Form::Capital(it) => {
                // ЖАЛОБА is ZHALOBA, but Жалоба is Zhaloba.
                let shouted = match after {
                    Some(next) if next.is_alphabetic() => next.is_uppercase(),
                    Some(_) | None => before.is_some_and(char::is_uppercase),
                };
                let (first, others) = it.split_at(it.len().min(1));
                out.push_str(&first.to_ascii_uppercase());
                out.push_str(&if shouted { others.to_ascii_uppercase() } else { others.to_owned() });
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
    /// What stands for one capital, in lower case.
    Capital(&'static str),
    /// It does not print.
    Nothing,
    /// There is no form.
    None,
}

fn form(before: Option<char>, character: char, after: Option<char>) -> Form {
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
        _ => latin(character).or_else(|| cyrillic(before, character, after)).unwrap_or(Form::None),
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
        'Æ' => return Some(Form::Capital("ae")),
        'Œ' => return Some(Form::Capital("oe")),
        _ => return None,
    }))
}

fn cyrillic(before: Option<char>, character: char, after: Option<char>) -> Option<Form> {
    let letters = russian::letters(before, character, after)?;
    Some(if character.is_uppercase() { Form::Capital(letters) } else { Form::As(letters) })
}

#[cfg(test)]
mod tests;
