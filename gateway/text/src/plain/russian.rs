//! Russian in Latin letters, as people write it to one another from phones without Cyrillic.

/// Gives what stands for a Russian letter between these two characters, in lower case; `None` for any other character.
///
/// It is made to be read, never to be turned back. A reader takes it in like a text of a friend: ya, yu, yo and y, an
/// apostrophe where a sign parts two sounds or softens the last one. (The table of passports drops the signs and writes й like
/// и: it has "semi" for семьи and "Mat" for Мать.) The letter е is e wherever it stands: `zayavlenie` is what people
/// write, and it is shorter than with ye.
pub(super) fn letters(before: Option<char>, letter: char, after: Option<char>) -> Option<&'static str> {
    let before = before.map(lower);
    let after = after.map(lower);
    Some(match lower(letter) {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' => "g",
        'д' => "d",
        'е' | 'э' => "e",
        'ё' => "yo",
        'ж' => "zh",
        'з' => "z",
        'и' | 'і' => "i",
        // A second y would look like a slip: новый is novyi.
        'й' if before == Some('ы') => "i",
        'й' | 'ы' => "y",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' => "u",
        'ф' => "f",
        // With these an h would make another letter: расход is raskhod, where rashod has the sound ш.
        'х' if matches!(before, Some('с' | 'з' | 'к' | 'ц')) => "kh",
        'х' => "h",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "sch",
        'ъ' => "'",
        'ь' if softens_aloud(after) => "'",
        'ь' => "",
        'ю' => "yu",
        'я' => "ya",
        _ => return None,
    })
}

/// Tells whether ь is written: at the end of a word and before a vowel, unless that vowel's own y parts the sounds already.
/// Between consonants nobody writes it: больше is bolshe.
fn softens_aloud(after: Option<char>) -> bool {
    after.is_none_or(|after| !after.is_alphabetic() || matches!(after, 'а' | 'е' | 'и' | 'о' | 'у' | 'ы' | 'э'))
}

fn lower(character: char) -> char {
    character.to_lowercase().next().unwrap_or(character)
}
