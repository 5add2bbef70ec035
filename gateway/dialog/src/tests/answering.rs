//! Yes, no, and what is neither: at every question that means one of them, in three languages.

use super::fixture::{book, sources};
use super::phone::Phone;
use crate::session::Prompt;
use crate::{Book, Form, Language, SMS_PARTS, Surface};

const YES: [&str; 27] = [
    "hə",
    "he",
    "HƏ",
    "bəli",
    "beli",
    "Bəli.",
    "hə düzdür",
    "bəli, düzdür!",
    "düzdür",
    "да",
    "ДА",
    "Да.",
    "ага",
    "верно",
    "всё верно",
    "все верно",
    "да, верно",
    "da",
    "yes",
    "Yes!",
    "yes correct",
    "Yes, it is correct",
    "correct",
    "ok",
    "OK",
    "okay",
    "ок",
];
const NO: [&str; 17] = [
    "yox",
    "YOX",
    "xeyr",
    "Xeyr.",
    "yox, düz deyil",
    "düz deyil",
    "səhvdir",
    "нет",
    "Нет!",
    "неверно",
    "не верно",
    "net",
    "no",
    "No.",
    "no, wrong",
    "not correct",
    "nope",
];
/// Neither yes nor no, nor anything that was asked for.
const NEITHER: [&str; 14] = [
    "bilmirəm",
    "yes no",
    "hə yox",
    "да нет",
    "нет, верно",
    "не знаю",
    "salam",
    "???",
    "maybe yes",
    "98 98",
    "kömək edin",
    "yes but what is this number that you show me",
    "no 3",
    "I think so, is it mine or not?",
];

fn channels() -> [Surface; 2] {
    [Surface::ussd(Form::Proper), Surface::sms(Form::Plain, SMS_PARTS)]
}

fn at<'b>(book: &'b Book, language: Language, surface: &Surface, way: &[&str]) -> Phone<'b> {
    let mut phone = Phone::speaking(book, language);
    phone.surface = surface.clone();
    phone.dial("*7142#").send("00").send_all(way);
    phone
}

/// Asserts that words lead where a key leads.
#[track_caller]
fn alike(from: &Phone<'_>, words: &[&str], key: &str, book: &Book) {
    let go = |typed: &str| {
        let mut phone = Phone::new(book);
        (phone.session, phone.surface) = (from.session.clone(), from.surface.clone());
        phone.send(typed);
        (phone.screen.clone(), phone.session)
    };
    let (screen, session) = go(key);
    for typed in words {
        let (shown, stands) = go(typed);
        assert_eq!(shown, screen, "{typed:?} is {key}\n{}", from.screen);
        assert!(stands == session, "{typed:?} is {key}");
    }
}

#[test]
fn d4_yes_and_no_confirm_in_any_language_on_any_channel() {
    let book = book(&sources());
    for language in Language::ALL {
        for surface in channels() {
            let phone = at(&book, language, &surface, &["1", "12EO567"]);
            alike(&phone, &YES, "1", &book);
            alike(&phone, &NO, "2", &book);
        }
    }
}

#[test]
fn d4_what_is_no_answer_to_a_confirmation_loses_nothing() {
    let book = book(&sources());
    for language in Language::ALL {
        for surface in channels() {
            let mut phone = at(&book, language, &surface, &["1", "12EO567"]);
            for typed in NEITHER.iter().cycle().take(3 * NEITHER.len()) {
                phone.send(typed);
                if phone.session.prompt == Prompt::Help {
                    phone.expect("142").send("1");
                }
                phone.expect("12E0567").expect("1 B");
            }
            phone.send("yes");
            assert_eq!(phone.session.position(), Some(("apply", "has-notary")), "{}", phone.screen);
            // The answer itself, typed again, counts as before.
            let mut phone = at(&book, language, &surface, &["1", "12EO567"]);
            phone.send("salam").send("12E4568");
            assert_eq!(phone.session.position(), Some(("apply", "has-notary")), "{}", phone.screen);
        }
    }
}

#[test]
fn d4_no_letter_of_a_sentence_is_asked_about() {
    let book = book(&sources());
    let sentences = [
        "bilmirəm",
        "FIN-im yoxdur",
        "I do not know it",
        "nə yazım?",
        "kimlik kartı itib",
        "I",
        "i",
        "Ii",
        "12I",
        "12E45I78",
        "salam necesiz",
        "что писать? fin",
        "12EI56ə",
        "indi yazıram gözləyin",
    ];
    for surface in channels() {
        for typed in sentences {
            let mut phone = at(&book, Language::Az, &surface, &["1"]);
            let told = if surface.form == Form::Proper { "FİN 7 işarədir." } else { "FIN 7 isaredir." };
            phone.send(typed).expect(told).refute("ola bilm");
        }
        // Where it alone stands in the way, it still is.
        for typed in ["12EI567", "i2e4567", "12E456İ", "1-2-E-I-5-6-7", "IIIIIII", "12EIo67"] {
            let mut phone = at(&book, Language::Az, &surface, &["1"]);
            phone.send(typed).expect("ola bilm");
        }
    }
}

#[test]
fn d2_yes_and_no_are_understood_where_the_engine_offers_something_and_where_options_mean_them() {
    let book = book(&sources());
    for language in Language::ALL {
        for surface in channels() {
            // An option that its author says to mean yes or no.
            let asked = at(&book, language, &surface, &["1", "12E4567"]);
            alike(&asked, &YES, "1", &book);
            alike(&asked, &NO, "2", &book);
            // Help: another try, or the menu with every answer kept.
            let helped = at(&book, language, &surface, &["1", "12E4567", "1", "x", "x", "x"]);
            alike(&helped, &YES, "1", &book);
            alike(&helped, &NO, "00", &book);
            let of_choice = at(&book, language, &surface, &["1", "12E4567", "x", "x", "x"]);
            alike(&of_choice, &YES, "1", &book);
            alike(&of_choice, &NO, "00", &book);
            // A draft that waits: on, or to the menu; a no throws nothing away.
            let mut left = at(&book, language, &surface, &["1", "12E4567"]);
            left.hang_up().dial("*7142#");
            alike(&left, &YES, "1", &book);
            alike(&left, &NO, "00", &book);
            left.send("yox").expect("1 M").send("1").expect("1 Davam").send("hə");
            assert_eq!(left.session.position(), Some(("apply", "has-notary")), "{}", left.screen);
        }
    }
}

#[test]
fn d1_each_half_of_a_label_is_an_answer() {
    let mut sources = sources();
    for (_, locale) in &mut sources.locales {
        locale.text = locale.text.replace(".opt-spouse = Həyat yoldaşı", ".opt-spouse = Ər/arvad");
    }
    let book = book(&sources);
    for typed in ["ər", "ARVAD", "er/arvad", "Ər/arvad."] {
        let mut phone = at(&book, Language::Az, &channels()[0], &["1", "12E4567", "2", "1", "45K8901"]);
        phone.send(typed).expect("Ailə üzvləri: 1");
    }
}
