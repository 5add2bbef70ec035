//! What people read where their letters cannot be shown.

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

/// Russian words with the plain form that a reader of Russian takes in at a glance.
const RUSSIAN: &[(&str, &str)] = &[
    // The letters of which people write two, and those that are easily mistaken for others.
    ("семья", "semya"),
    ("семью", "semyu"),
    ("семьи", "sem'i"),
    ("семье", "sem'e"),
    ("статье", "stat'e"),
    ("бульон", "bul'on"),
    ("бельё", "belyo"),
    ("Мать/отец", "Mat'/otets"),
    ("Есть", "Est'"),
    ("Помощь: 142", "Pomosch': 142"),
    ("только письмо", "tolko pismo"),
    ("больше нельзя", "bolshe nelzya"),
    ("Всё, что ещё придёт", "Vsyo, chto eschyo pridyot"),
    ("счётчик", "schyotchik"),
    ("Ребёнок", "Rebyonok"),
    ("Язык", "Yazyk"),
    ("Русский", "Russkiy"),
    ("Новый район", "Novyi rayon"),
    ("Заявление принято", "Zayavlenie prinyato"),
    ("объявление", "ob'yavlenie"),
    ("подъезд", "pod'ezd"),
    ("объекта", "ob'ekta"),
    ("это этап", "eto etap"),
    ("Ждём", "Zhdyom"),
    ("цифры", "tsifry"),
    ("Юлия", "Yuliya"),
    // An h after s, z, k or c would be read as another letter.
    ("доход", "dohod"),
    ("двух рабочих", "dvuh rabochih"),
    ("Хачмаз", "Hachmaz"),
    ("расходы", "raskhody"),
    ("Масхара", "Maskhara"),
    ("Сход", "Skhod"),
    // Capitals.
    ("ЖАЛОБА", "ZHALOBA"),
    ("Жалоба", "Zhaloba"),
    ("ДОЖ", "DOZH"),
    ("Ю. Цой", "Yu. Tsoy"),
    ("Щёлково", "Schyolkovo"),
    ("ЩЁЛКОВО", "SCHYOLKOVO"),
    ("ЗАЯВКА", "ZAYAVKA"),
    ("ОБЪЯВЛЕНИЕ", "OB'YAVLENIE"),
    ("СЕМЬЯ И МАТЬ", "SEMYA I MAT'"),
    ("ЯЗЫК", "YAZYK"),
    ("РАСХОДЫ", "RASKHODY"),
    ("НОВЫЙ", "NOVYI"),
];

#[test]
fn e4_russian_is_written_as_people_write_it_on_phones() {
    for (text, expected) in RUSSIAN {
        assert_eq!(plain(text), *expected, "{text}");
    }
}

#[test]
fn e4_every_letter_of_russian_has_one_to_three_letters_and_its_case() {
    let lower = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя";
    let upper = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ";
    let forms = lower.chars().map(|letter| plain(&letter.to_string())).collect::<Vec<_>>();
    assert_eq!(forms.join(" "), "a b v g d e yo zh z i y k l m n o p r s t u f h ts ch sh sch ' y ' e yu ya");
    for (small, capital) in lower.chars().zip(upper.chars()) {
        // Between capitals all of it is capital, before a small letter only the first.
        let shouted = plain(&format!("А{capital}А"));
        assert_eq!(shouted, plain(&format!("а{small}а")).to_uppercase());
        let word = plain(&format!("{capital}о"));
        let mut wanted = plain(&format!("{small}о"));
        wanted[..1].make_ascii_uppercase();
        assert_eq!(word, wanted);
    }
}

/// What bounds the plain form of a text by its length in characters.
#[test]
fn e4_no_character_takes_more_units_than_the_widest_letter_of_russian() {
    let widest = plain("Щ").len();
    let most = (0..=0x10_FFFF).filter_map(char::from_u32).map(|c| plain(c.encode_utf8(&mut [0; 4])).len()).max();
    assert_eq!(most, Some(widest));
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
