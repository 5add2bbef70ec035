//! Phones that never chose a language: what they write first is heard, and nothing is chosen for them for good.

use super::fixture::book;
use super::phone::Phone;
use super::texting::{KEYWORDS, with};
use crate::{Book, Effect, Form, Language, SMS_PARTS, Surface};

fn newcomer<'b>(book: &'b Book, first: &str) -> Phone<'b> {
    let mut phone = Phone::new(book);
    phone.surface = Surface::sms(Form::Proper, SMS_PARTS);
    phone.send(first);
    phone
}

#[test]
fn e1_a_word_of_several_languages_chooses_none_for_good() {
    let book = book(&with(KEYWORDS));
    for (typed, wanted) in [
        ("ЗАЯВКА", Some(Language::Ru)),
        ("заявка!", Some(Language::Ru)),
        ("ЗAЯBKA", Some(Language::Ru)), // with Latin A, B, K
        ("Стоп.", Some(Language::Ru)),
        ("CTOП", Some(Language::Ru)),
        ("apply", Some(Language::En)),
        ("müraciət", Some(Language::Az)),
        ("Muraciet", Some(Language::Az)),
        ("DAYANDIR", Some(Language::Az)),
        ("STOP", None), // СТОП sounds the same
        ("stop", None),
        ("STATUS", None), // of two languages
        ("СТАТУС", Some(Language::Ru)),
        ("АППЛЫ", None),                      // English by its sound and Russian by its letters
        (&dayaq_text::plain("заявка"), None), // Russian by its sound alone
        ("муражиет", None),
        ("salam", None),
    ] {
        let phone = newcomer(&book, typed);
        assert_eq!(phone.session.language(), wanted, "{typed}");
        let chosen = phone.effects.iter().any(|effect| matches!(effect, Effect::SetLanguage(_)));
        assert_eq!(chosen, wanted.is_some(), "{typed}");
    }
}

#[test]
fn e1_what_is_written_is_answered_in_its_own_letters() {
    let book = book(&with(KEYWORDS));
    // The mark of the language that speaks ends each of its texts.
    for (typed, mark) in [
        ("STATUS", ""),
        ("АППЛЫ", "я"),
        ("Здравствуйте", "я"),
        ("салам", "я"),
        ("Salam, müraciət edirəm", ""),
        ("сәлам", ""),
        ("hello", ""),
        ("1", ""),
    ] {
        let phone = newcomer(&book, typed);
        let line = phone.screen.lines().next().unwrap_or_default();
        if phone.calls() {
            continue;
        }
        let spoken = ["я", "!"].into_iter().find(|mark| line.ends_with(mark)).unwrap_or_default();
        assert_eq!(spoken, mark, "{typed}: {}", phone.screen);
        assert_eq!(phone.session.language(), None, "{typed}");
        let language = if mark == "я" { Language::Ru } else { Language::Az };
        assert_eq!(phone.session.spoken(), language, "{typed}: the core and the notices are told this one");
    }
}

#[test]
fn e1_a_choice_that_stays_open_takes_nothing_from_what_was_begun() {
    let book = book(&with(KEYWORDS));
    let mut phone = newcomer(&book, "АППЛЫ");
    phone.expect("FİN-i yazın:я").send("12E4567").expect("Notariat").hang_up();
    // By dial: the draft is offered in the same words, and goes on in them.
    phone.surface = Surface::ussd(Form::Proper);
    phone.dial("*7142#").expect("1 Davam etя").send("1").expect("Notariat nömrəsi var?я");
    // The menu asks for the language at last, and the draft waits.
    phone.send("00").expect("1 Azərbaycan").send("az").expect("1 Müraciət").send("1").expect("1 Davam et");
    assert_eq!(phone.session.language(), Some(Language::Az));
    phone.send("hə").expect("Notariat nömrəsi var?").refute("?я");
}

#[test]
fn e1_a_session_stored_without_a_guess_goes_on() {
    let book = book(&with(KEYWORDS));
    let phone = newcomer(&book, "Здравствуйте");
    let mut stored = serde_json::to_value(&phone.session).expect("stored");
    let fields = stored.as_object_mut().expect("fields");
    assert!(
        fields.remove("guess").is_some() && fields.remove("first").is_some() && !fields.contains_key("interrupted")
    );
    let mut later = newcomer(&book, "salam");
    later.session = serde_json::from_value(stored).expect("loaded");
    later.send("2").expect("1 Müraciətя");
}

#[test]
fn e1_a_language_is_chosen_by_any_of_its_names() {
    let book = book(&with(KEYWORDS));
    let names: [(&[&str], Language); 3] = [
        (
            &[
                "az",
                "AZ",
                "aze",
                "azərbaycanca",
                "Azerbaycanca.",
                "azerbaycan dili",
                "AZƏRBAYCAN DİLİNDƏ",
                "азербайджанский",
                "Azerbaijani",
            ],
            Language::Az,
        ),
        (
            &[
                "ru",
                "RU",
                "rus",
                "русский",
                "Русский язык",
                "по-русски",
                "по русски",
                "rus dili",
                "rusca",
                "Russian",
                "на русском",
            ],
            Language::Ru,
        ),
        (
            &[
                "en",
                "ENG",
                "english",
                "English please",
                "ingilis",
                "ingilis dili",
                "İNGİLİSCƏ",
                "английский",
                "по-английски",
            ],
            Language::En,
        ),
    ];
    for (names, language) in names {
        for name in names {
            // At the list, by text and on the screen.
            let mut phone = newcomer(&book, "salam");
            phone.expect("1 Azərbaycan").send(name).expect("1 Müraciət");
            assert_eq!(phone.session.language(), Some(language), "{name}");
            let mut phone = Phone::new(&book);
            phone.dial("*7142#").expect("1 Azərbaycan").send(name).expect("1 Müraciət");
            assert_eq!(phone.session.language(), Some(language), "{name} on the screen");
            // As the first text of all, if it says nothing else: nobody is asked what was just said.
            if name.contains("please") {
                continue;
            }
            let phone = newcomer(&book, name);
            assert_eq!(phone.session.language(), Some(language), "{name} first");
        }
    }
    for neither in ["dil", "az ru", "rus yoxsa az", "deutsch", "türkcə", "x"] {
        let mut phone = newcomer(&book, "salam");
        phone.send(neither).expect("1 Azərbaycan");
        assert_eq!(phone.session.language(), None, "{neither}");
    }
}

#[test]
fn e1_what_a_newcomer_wanted_is_done_once_the_language_is_known() {
    let book = book(&with(KEYWORDS));
    // Dialled beyond the code.
    let mut phone = Phone::new(&book);
    phone.dial("*7142*2#").expect("1 Azərbaycan");
    assert!(!phone.calls());
    assert_eq!(phone.send("1").call().1, "status");
    // Written in the words of the menu.
    assert_eq!(newcomer(&book, "Müraciətim").send("1").call().1, "status");
    assert!(newcomer(&book, "muracietim").send("azərbaycanca").calls());
    // A number, a yes or an answer to what nobody asked is none.
    for typed in ["1", "2", "bir", "iki", "yes", "hə", "12E4567", "20260017", "0", "00", "98", "salam", "???", "\0"] {
        let mut phone = newcomer(&book, typed);
        phone.expect("1 Azərbaycan").send("1").expect("1 Müraciət").expect("2 Müraciətim");
        assert!(!phone.calls(), "{typed}");
        assert_eq!(phone.session.position(), Some(("menu", "main")), "{typed}");
    }
}
