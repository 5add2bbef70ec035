//! The same dialogues by SMS: keywords, channels, and the check of both.

use super::fixture::{book, sources};
use super::phone::Phone;
use crate::{Book, Effect, Form, Language, SMS_PARTS, Sources, Surface, compile};

pub(super) const KEYWORDS: &str = r#"codes = ["*7142#"]
keywords = [
  { az = ["MURACIET"], ru = ["ЗАЯВКА"], en = ["APPLY"], next = "apply" },
  { az = ["STATUS"], ru = ["СТАТУС"], en = ["STATUS"], next = "status" },
  { az = ["DAYANDIR"], ru = ["СТОП"], en = ["STOP"], next = "stopped", reminders = false },
]
"#;

pub(super) fn with(keywords: &str) -> Sources {
    let mut sources = sources();
    let menu = sources.dialogs.iter_mut().find(|dialog| dialog.text.contains("id = \"menu\"")).expect("a menu");
    menu.text = menu.text.replace("codes = [\"*7142#\"]\n", keywords) + "[state.stopped]\nkind = \"end\"\n";
    for (_, source) in &mut sources.locales {
        source.text += "menu-stopped = Dayandı.\n    .sms = Xatırlatmalar dayandı, qərar SMS-i gələcək.\n";
    }
    sources
}

fn texting(book: &Book, language: Option<Language>) -> Phone<'_> {
    let mut phone = language.map_or_else(|| Phone::new(book), |language| Phone::speaking(book, language));
    phone.surface = Surface::sms(Form::Proper, SMS_PARTS);
    phone
}

fn faults(keywords: &str) -> String {
    compile(&with(keywords)).1.to_string()
}

#[test]
fn g2_f10_stop_is_heard_anywhere_in_any_spelling() {
    let book = book(&with(KEYWORDS));
    for word in ["DAYANDIR", "dayandır", "DAYANDİR!", " Dayandir. ", "stop", "STOP", "Стоп", "CTOП", "ＳＴＯＰ"]
    {
        for before in [&[][..], &["muraciet"], &["muraciet", "12E4567"], &["???"]] {
            let mut phone = texting(&book, Some(Language::Az));
            phone.send_all(before).send(word);
            assert!(phone.effects.contains(&Effect::Reminders { on: false }), "{word} after {before:?}");
            assert_eq!(phone.screen, "Xatırlatmalar dayandı, qərar SMS-i gələcək.");
        }
    }
}

#[test]
fn g1_a_keyword_chooses_the_language_of_a_phone_that_has_none() {
    let book = book(&with(KEYWORDS));
    for (word, language) in [
        ("ЗАЯВКА", Some(Language::Ru)),
        ("Apply", Some(Language::En)),
        ("müraciət", Some(Language::Az)),
        ("status", None), // a word of two languages
        ("salam", None),
    ] {
        let mut phone = texting(&book, None);
        phone.send(word);
        assert_eq!(phone.session.language(), language, "{word}");
    }
    let mut phone = texting(&book, Some(Language::Az));
    phone.send("apply");
    assert_eq!(phone.session.language(), Some(Language::Az), "a choice that was made stays");
}

#[test]
fn g1_on_the_screen_a_keyword_is_an_answer_like_any_other() {
    let book = book(&with(KEYWORDS));
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send("STOP");
    assert!(!phone.effects.iter().any(|effect| matches!(effect, Effect::Reminders { .. })));
    assert!(phone.screen.contains("Xidmətlər"), "{}", phone.screen);
}

#[test]
fn x06_screen_and_texts_share_one_draft_and_each_gets_its_own_form() {
    let book = book(&with(KEYWORDS));
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send("1").send("12E4567");
    let asked = phone.screen.clone();
    phone.surface = Surface::sms(Form::Plain, SMS_PARTS);
    // Not an answer to the screen: the person is asked first.
    phone.send("7654321");
    assert!(phone.screen.contains("1 Davam et"), "{}", phone.screen);
    phone.send("1");
    assert!(phone.screen.is_ascii(), "{}", phone.screen);
    assert_eq!(phone.screen, dayaq_text::plain(&asked));
    // And back: the draft is still the same.
    phone.surface = Surface::ussd(Form::Proper);
    phone.dial("*7142#").send("1");
    assert_eq!(phone.screen, asked);
}

#[test]
fn g3_a_keyword_that_is_an_answer_is_refused() {
    let keyword = |words: &str, next: &str| {
        format!(
            "codes = [\"*7142#\"]\nkeywords = [{{ az = [\"STOP\"], ru = [\"СТОП\"], en = [{words}], next = \"{next}\" }}]\n"
        )
    };
    assert_eq!(faults(&keyword("\"HALT\"", "stopped")), "");
    for (word, why) in [
        ("\"Müraciət\"", "menu-main.opt-apply"), // a label
        ("\"BELİ\"", "shell-yes"),               // a label of the engine
        ("\"iki\"", "the number 2"),
        ("\"AZƏ\"", "the name of a language"),
        ("\"NOPE\"", "a yes, a no"),
        ("\"ABCDEFG\"", "apply.fin"), // a FIN
    ] {
        let found = faults(&keyword(word, "stopped"));
        assert!(found.contains("answer") && found.contains(why), "{word}: {found:?}");
        assert!(found.starts_with("dialogs/"), "a file and a line: {found}");
    }
    let same = faults(&keyword("\"MURACIET\"", "apply"));
    assert!(!same.contains("answer"), "the label leads where the keyword leads: {same}");
}

#[test]
fn l4_two_keywords_that_could_be_taken_for_one_another_are_refused() {
    let two = |a: &str, b: &str| {
        format!(
            "codes = [\"*7142#\"]\nkeywords = [\n  {{ az = [\"{a}\"], ru = [\"{a}\"], en = [\"{a}\"], next = \"apply\" }},\n  \
             {{ az = [\"{b}\"], ru = [\"{b}\"], en = [\"{b}\"], next = \"stopped\" }},\n]\n"
        )
    };
    assert_eq!(faults(&two("ALMA", "HEYVA")), "");
    for (a, b) in [("KART", "kart"), ("KART", "КАRТ"), ("STOP", "СТОП"), ("DAYANDIR", "DAYANDİR")] {
        assert!(faults(&two(a, b)).contains("can be taken for"), "{a} {b}");
    }
    let lacks = "codes = [\"*7142#\"]\nkeywords = [{ az = [\"STOP\"], ru = [\"СТОП\"], next = \"stopped\" }]\n";
    assert!(faults(lacks).contains("a word in every language"));
    let digits =
        "codes = [\"*7142#\"]\nkeywords = [{ az = [\"12\"], ru = [\"СТОП\"], en = [\"S\"], next = \"stopped\" }]\n";
    assert_eq!(faults(digits).matches("is no word").count(), 2);
}

#[test]
fn an_answer_that_is_not_known_is_skipped_by_key_or_label_and_takes_an_earlier_one_back() {
    let mut sources = sources();
    for dialog in &mut sources.dialogs {
        dialog.text = dialog
            .text
            .replace("type = \"fin\"\nsave = \"fin\"\n", "type = \"fin\"\nsave = \"fin\"\nskip = \"1234567\"\n");
    }
    let found = compile(&sources).1.to_string();
    assert!(found.contains("must be one to three digits"), "{found}");
    for dialog in &mut sources.dialogs {
        dialog.text = dialog.text.replace("skip = \"1234567\"", "skip = \"98\"");
    }
    assert!(compile(&sources).1.to_string().contains("the key 98 is one of every screen"));
}
