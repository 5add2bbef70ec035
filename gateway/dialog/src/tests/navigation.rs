//! The keys of every screen, pressed where they do nothing: nothing happens, and nothing is held against anybody.

use proptest::prelude::*;

use super::fixture::{book, edit, sources};
use super::phone::Phone;
use crate::render::Renderer;
use crate::{Book, Effect, Form, Language, News, SMS_PARTS, Sources, Surface};

/// What people make of a key.
const GUISES: [(&str, &str); 3] = [("", ""), (" ", "."), ("*", "#")];
/// More often than any question is asked before help is offered.
const OFTEN: usize = 5;

/// The ways to every kind of screen: what is done, and a name for it.
const WAYS: [(&str, &[&str]); 16] = [
    ("the first menu", &[]),
    ("the first menu under a complaint", &["9"]),
    ("a choice", &["1", "12E4567"]),
    ("a choice under a complaint", &["1", "12E4567", "9"]),
    ("the languages", &["3"]),
    ("a text", &["1"]),
    ("a text under a complaint", &["1", "x"]),
    ("a confirmation", &["1", "12EO567"]),
    ("help", &["1", "x", "x", "x"]),
    ("a group", &["1", "12E4567", "2"]),
    ("a group under a complaint", &["1", "12E4567", "2", "9"]),
    ("what is removed", &["1", "12E4567", "2", "1", "45K8901", "1", "3"]),
    ("a list", &["1", "12E4567", "2", "2"]),
    ("a list of many pages", &["1", "12E4567", "2", "2", "2"]),
    ("a list of many pages under a complaint", &["1", "12E4567", "2", "2", "2", "97"]),
    ("a review", &["1", "12E4567", "1", "202600170000", "2", "1", "1"]),
];

/// The book of the stories, with a long last screen.
fn with_long_end() -> Sources {
    let mut sources = sources();
    for (_, locale) in &mut sources.locales {
        let long = format!("apply-not-yet = {}son", "söz ".repeat(60));
        locale.text = locale.text.replace("apply-not-yet = Hələ qeydə alınmadı, cavablar saxlanıldı.", &long);
    }
    sources
}

fn surfaces() -> [Surface; 4] {
    [
        Surface::ussd(Form::Proper),
        Surface::ussd(Form::Plain),
        Surface::sms(Form::Proper, 1),
        Surface::sms(Form::Plain, SMS_PARTS),
    ]
}

fn phone<'b>(book: &'b Book, language: Language, surface: &Surface) -> Phone<'b> {
    let mut phone = Phone::speaking(book, language);
    phone.surface = surface.clone();
    phone.dial("*7142#");
    // By SMS a text leads on, and no screen stands elsewhere.
    phone.send("00");
    phone
}

/// The session without the moment and the channel of its last step.
fn standing(phone: &Phone<'_>) -> serde_json::Value {
    let mut stored = serde_json::to_value(&phone.session).expect("stored");
    let fields = stored.as_object_mut().expect("fields");
    fields.remove("updated_at");
    fields.remove("channel");
    // The key for the menu forgives mistakes made at the menu; none is ever added.
    fields.remove("tries");
    stored
}

/// The keys that do nothing on the page that the phone shows.
fn idle(phone: &Phone<'_>, book: &Book) -> Vec<&'static str> {
    let renderer = Renderer { book, session: &phone.session, surface: &phone.surface };
    let (page, pages, foot) = (phone.session.page, renderer.pages().len(), renderer.screen().foot);
    let news = !phone.session.news.is_empty();
    let shown = [("98", page + 1 < pages), ("0", page > 0 || foot.back.is_some()), ("00", foot.home.is_some() || news)];
    shown.into_iter().filter(|(_, shown)| !shown).map(|(key, _)| key).collect()
}

/// Presses every key that does nothing, in every guise and so often.
#[track_caller]
fn nothing_happens(phone: &mut Phone<'_>, book: &Book, at: &str, times: usize) {
    if phone.ended || phone.session.frames.is_empty() {
        return;
    }
    let (before, screen, tries) = (standing(phone), phone.screen.clone(), phone.session.tries);
    for key in idle(phone, book) {
        for (ahead, behind) in GUISES {
            for _ in 0..times {
                phone.send(&format!("{ahead}{key}{behind}"));
                assert_eq!(phone.screen, screen, "{key} at {at}");
                assert_eq!(standing(phone), before, "{key} at {at} is no error and leads nowhere");
                assert!(phone.session.tries == tries || phone.session.tries == 0, "{key} at {at} counts as a mistake");
                let quiet = |effect: &Effect| matches!(effect, Effect::Reply { .. } | Effect::Told { .. });
                assert!(phone.effects.iter().all(quiet), "{key} at {at}: {:?}", phone.effects);
            }
        }
    }
}

/// Visits every page of the screen that the phone shows.
#[track_caller]
fn on_every_page(phone: &mut Phone<'_>, book: &Book, at: &str) {
    nothing_happens(phone, book, at, OFTEN);
    while !phone.ended && !idle(phone, book).contains(&"98") {
        phone.send("98");
        let at = format!("{at}, page {}", phone.session.page + 1);
        nothing_happens(phone, book, &at, OFTEN);
    }
}

#[test]
fn d3_a_key_that_does_nothing_changes_nothing_on_any_kind_of_screen() {
    let book = book(&with_long_end());
    for language in Language::ALL {
        for surface in surfaces() {
            for (at, way) in WAYS {
                let at = format!("{at} in {}, {:?} {:?}", language.code(), surface.channel, surface.form);
                let mut phone = phone(&book, language, &surface);
                phone.send_all(way);
                on_every_page(&mut phone, &book, &at);
            }
            // What the engine asks at a dial, what it tells first, and a last screen of many pages.
            let at = |what: &str| format!("{what} in {}, {:?} {:?}", language.code(), surface.channel, surface.form);
            let mut left = phone(&book, language, &surface);
            left.send_all(&["1", "12E4567"]).hang_up().dial("*7142#");
            on_every_page(&mut left, &book, &at("a draft that waits"));
            left.send("9");
            on_every_page(&mut left, &book, &at("a draft that waits, under a complaint"));
            let mut told = phone(&book, language, &surface);
            told.hang_up().news = vec![News { id: "granted".into(), text: "xəbər ".repeat(40) }];
            told.dial("*7142#");
            on_every_page(&mut told, &book, &at("news"));
            let mut ending = phone(&book, language, &surface);
            ending.send_all(&["1", "12E4567", "2", "2", "1", "1"]);
            while !idle(&ending, &book).contains(&"98") {
                ending.send("98");
            }
            let (id, ..) = ending.send("1").call();
            ending.happens(crate::Input::CallFailed { id: &id });
            on_every_page(&mut ending, &book, &at("a last screen"));
            assert!(ending.ended, "{}", ending.screen);
        }
    }
}

#[test]
fn d5_a_key_of_every_screen_in_a_dial_string_is_no_answer() {
    let book = book(&sources());
    for dialled in ["*7142*98#", "*7142*0*2#", "*7142*00*2#", "*7142*98*2#", "*7142*2*98#"] {
        let mut phone = Phone::speaking(&book, Language::Az);
        phone.dial(dialled).expect("2 Müraciətim");
        assert!(!phone.calls(), "{dialled}");
    }
}

#[test]
fn d3_a_number_that_is_also_a_key_is_an_answer_where_one_is_asked_for_on_one_page() {
    let mut sources = sources();
    sources.dialogs[0].text += "[type.age]\nas = \"number\"\nmax = 120\n";
    sources.dialogs[2].text = sources.dialogs[2].text.replace("type = \"notary\"", "type = \"age\"");
    let book = book(&sources);
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "1"]).expect("nömrəsini").send("98").expect("Ailə üzvləri: 0");
}

proptest! {
    #[test]
    fn d3_wherever_a_conversation_stands_an_idle_key_is_idle(
        inputs in prop::collection::vec(
            prop_oneof![
                Just("1"), Just("2"), Just("3"), Just("0"), Just("00"), Just("98"), Just("12E4567"), Just("45K8901"),
                Just("12EO567"), Just("202600170000"), Just("x"), Just("\0"), Just("")
            ],
            0..40,
        ),
        language in prop_oneof![Just(Language::Az), Just(Language::Ru), Just(Language::En)],
        surface in 0usize..4,
    ) {
        thread_local! {
            static BOOK: Book = book(&with_long_end());
        }
        BOOK.with(|book| {
            let mut phone = phone(book, language, &surfaces()[surface]);
            for input in inputs {
                phone.send(input);
                if phone.calls() {
                    let (id, ..) = phone.call();
                    phone.happens(crate::Input::CallFailed { id: &id });
                }
                nothing_happens(&mut phone, book, input, 1);
            }
        });
    }
}

#[test]
fn b3_answers_are_thrown_away_only_after_a_second_yes() {
    let mut sources = sources();
    for language in Language::ALL {
        let file = format!("locales/{}/all.ftl", language.code());
        edit(&mut sources, &file, "shell-home = ", "shell-discard = Yazdıqlarınız silinsin?\nshell-home = ");
    }
    let book = book(&sources);
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567"]).hang_up().dial("*7142#").expect("yarımçıq");
    phone.send("2").expect("silinsin?").expect("1 Bəli").expect("2 Xeyr").expect("0 Geri");
    phone.send("maybe").expect("Yoxdur.").expect("silinsin?").send("x").send("y").expect("silinsin?");
    for keeps in ["2", "xeyr", "0"] {
        phone.send(keeps).expect("yarımçıq").send("2").expect("silinsin?");
    }
    // Who hangs up here has thrown nothing away either.
    phone.hang_up().dial("*7142#").expect("yarımçıq").send("2").send("00").expect("Xidmətlər").send("1");
    phone.expect("yarımçıq").send("1").expect("Notariat");
    phone.hang_up().dial("*7142#").send("2").send("hə").expect("Xidmətlər").send("1").expect("FİN-i yazın");
    phone.hang_up().dial("*7142#").expect("Xidmətlər");
}
