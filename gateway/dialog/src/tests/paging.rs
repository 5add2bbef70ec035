use dayaq_text::{Alphabet, Budget};
use proptest::prelude::*;

use super::fixture::{book, sources};
use super::phone::Phone;
use crate::pages::{Foot, Screen, pages};
use crate::{Channel, Form, Language, Surface};

fn surface(alphabet: Alphabet, units: usize) -> Surface {
    Surface { channel: Channel::Ussd, form: Form::Proper, budgets: vec![Budget { alphabet, units }] }
}

fn foot() -> Foot {
    Foot {
        next: "98 Davamı".into(),
        back: Some("0 Geri".into()),
        home: Some("00 Menyu".into()),
        back_page: "0 Geri".into(),
    }
}

proptest! {
    #[test]
    fn f3_every_page_fits_and_nothing_is_lost(
        body in "[a-zəğış ]{0,300}",
        labels in prop::collection::vec("[A-ZƏŞa-zəış]{1,12}( [a-zəış]{1,8}){0,2}", 0..20),
        units in 45usize..160,
    ) {
        let surface = surface(Alphabet::Ucs2, units);
        let options: Vec<(String, String)> =
            labels.into_iter().enumerate().map(|(at, label)| ((at + 1).to_string(), label)).collect();
        let screen = Screen { body: vec![body.clone()], options: options.clone(), foot: foot(), ends: false };
        let pages = pages(&screen, &surface);
        for page in &pages {
            prop_assert!(surface.fits(page), "{page:?}");
        }
        // Every option is on exactly one page, whole and with its number, wherever a page can hold it.
        for (key, label) in &options {
            let line = format!("{key} {label}");
            let whole = pages.iter().flat_map(|page| page.lines()).filter(|shown| *shown == line).count();
            let fits_alone = surface.fits(&format!("{line}\n98 Davamı 0 Geri 00 Menyu"));
            prop_assert!(whole == 1 || !fits_alone, "{line:?} in {pages:?}");
        }
        let shown: String = pages.concat().split_whitespace().collect();
        for word in body.split_whitespace() {
            prop_assert!(shown.contains(word) || word.chars().count() > 10, "{word} in {pages:?}");
        }
        // Every page but the last leads on; every page but the first leads back.
        for (at, page) in pages.iter().enumerate() {
            prop_assert_eq!(page.contains("98 Davamı"), at + 1 < pages.len());
            prop_assert!(page.contains("0 Geri"));
        }
    }

    #[test]
    fn f4_paging_comes_to_an_end_on_any_surface(body in "\\PC{0,80}", label in "\\PC{0,40}", units in 0usize..60) {
        let surface = surface(Alphabet::Ucs2, units);
        let screen =
            Screen { body: vec![body], options: vec![("1".into(), label)], foot: foot(), ends: false };
        let pages = pages(&screen, &surface);
        prop_assert!(!pages.is_empty() && pages.len() <= 200);
    }

    #[test]
    fn f01_no_input_whatever_brings_the_engine_down_or_to_silence(inputs in prop::collection::vec(any::<String>(), 0..12)) {
        thread_local! {
            static BOOK: crate::Book = book(&sources());
        }
        BOOK.with(|book| {
            let mut phone = Phone::speaking(book, Language::Az);
            phone.dial(inputs.first().map_or("", String::as_str)).send("1").send("12E4567");
            for input in &inputs {
                phone.screen.clear();
                phone.send(input);
                assert!(!phone.screen.is_empty());
                phone.send("1");
            }
        });
    }

    #[test]
    fn f1_a_conversation_never_shows_what_does_not_fit(
        inputs in prop::collection::vec(
            prop_oneof![
                Just("1"), Just("2"), Just("3"), Just("0"), Just("00"), Just("98"), Just("12E4567"), Just("45K8901"),
                Just("12EO567"), Just("12EI567"), Just("20260017"), Just("x"), Just("\0"), Just("😀"), Just("")
            ],
            0..60,
        ),
        language in prop_oneof![Just(Language::Az), Just(Language::Ru), Just(Language::En)],
        form in prop_oneof![Just(Form::Proper), Just(Form::Plain)],
    ) {
        thread_local! {
            static BOOK: crate::Book = book(&sources());
        }
        BOOK.with(|book| {
            let mut phone = Phone::speaking(book, language);
            phone.surface = Surface::ussd(form);
            phone.dial("*7142#");
            for input in inputs {
                // The phone itself asserts that every page fits.
                phone.screen.clear();
                phone.send(input);
                if phone.calls() {
                    phone.outcome("nobody-knows", &[]);
                }
                assert!(!phone.screen.is_empty(), "silence after {input:?}");
            }
        });
    }
}

#[test]
fn f3_a_long_list_keeps_its_numbers_over_pages() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "2", "2", "2"]).expect("Rayon:").expect("1 astara-1 rayonu");
    phone.refute("12 astara").expect("98 Davamı").expect("0 Geri");
    let mut seen = 0;
    while !phone.screen.contains("12 astara-12 rayonu") {
        phone.send("98");
        seen += 1;
        assert!(seen < 12);
    }
    phone.refute("98 Davamı").send("0").expect("98 Davamı").send("7").expect("astara-7 rayonu");
}

#[test]
fn f4_a_long_end_lets_the_phone_go_on_its_last_page() {
    let mut sources = sources();
    let long = format!("apply-not-yet = {}son", "söz ".repeat(60));
    for (_, locale) in &mut sources.locales {
        locale.text = locale.text.replace("apply-not-yet = Hələ qeydə alınmadı, cavablar saxlanıldı.", &long);
    }
    let book = book(&sources);
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.surface = surface(Alphabet::Ucs2, 80);
    phone.dial("*7142#").send_all(&["1", "12E4567", "2", "2", "1", "1"]);
    phone.send("1");
    let (id, _, _) = phone.call();
    phone.happens(crate::Input::CallFailed { id: &id }).expect("98 Davamı");
    assert!(!phone.ended);
    for _ in 0..9 {
        if phone.ended {
            break;
        }
        phone.send("98");
    }
    phone.expect("son").ends();
}
