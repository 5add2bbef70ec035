use dayaq_text::{Alphabet, Budget};
use proptest::prelude::*;

use super::fixture::{book, edit, sources};
use super::phone::Phone;
use crate::pages::{Foot, Page, Screen, pages};
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
            prop_assert!(surface.fits(&page.text), "{page:?}");
        }
        // The pages tell which options stand on them: all together every one, in order.
        let told: Vec<usize> = pages.iter().flat_map(|page| page.options.clone()).collect();
        prop_assert_eq!(told, (0..options.len()).collect::<Vec<_>>());
        // Every option is on exactly one page, whole and with its number, wherever a page can hold it.
        for (at, (key, label)) in options.iter().enumerate() {
            let line = format!("{key} {label}");
            let with = |page: &&Page| page.text.lines().any(|shown| shown == line);
            let whole = pages.iter().flat_map(|page| page.text.lines()).filter(|shown| *shown == line).count();
            prop_assert!(pages.iter().filter(with).all(|page| page.options.contains(&at)), "{line:?} in {pages:?}");
            let fits_alone = surface.fits(&format!("{line}\n98 Davamı 0 Geri 00 Menyu"));
            prop_assert!(whole == 1 || !fits_alone, "{line:?} in {pages:?}");
        }
        let shown: String = pages.iter().flat_map(|page| page.text.split_whitespace()).collect();
        for word in body.split_whitespace() {
            prop_assert!(shown.contains(word) || word.chars().count() > 10, "{word} in {pages:?}");
        }
        // Every page but the last leads on; every page but the first leads back.
        for (at, page) in pages.iter().enumerate() {
            prop_assert_eq!(page.text.contains("98 Davamı"), at + 1 < pages.len());
            prop_assert!(page.text.contains("0 Geri"));
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
    phone.dial("*7142#").send_all(&["1", "12E4567", "2", "2", "1", "1"]).confirm();
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

#[test]
fn f3_what_has_an_effect_must_have_been_seen() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "1", "202600171234", "2", "1", "1"]);
    let first = phone.expect("FİN 12E4567").refute("1 Göndər").expect("98 Davamı").screen.clone();
    // By key, by word and by label: nothing is sent that was not on the page.
    for typed in ["1", "bir", "göndər"] {
        phone.send(typed).expect("Ardı var.").expect("FİN 12E4567").refute("1 Göndər");
        assert!(!phone.calls(), "{typed}");
        phone.send("00").send("1").send("1");
        assert_eq!(phone.screen, first, "and nothing is lost");
    }
    phone.leaf_to("1 Göndər").send("0").refute("1 Göndər").send("1").expect("Ardı var.");
    assert!(!phone.calls(), "back on the first page it counts as little as before");
    assert_eq!(phone.leaf_to("1 Göndər").send("1").call().1, "submit");
}

/// Where the two keys of a review do not fit on one page, the first of them has been read all the same.
#[test]
fn f3_what_was_leafed_past_has_been_seen_and_counts() {
    let mut sources = sources();
    edit(&mut sources, "locales/az/all.ftl", ".opt-cancel = Ləğv et", ".opt-cancel = Ləğv et və menyuya qayıt");
    let book = book(&sources);
    let mut apart = 0;
    for units in 45..160 {
        let mut phone = Phone::speaking(&book, Language::Az);
        phone.surface = surface(Alphabet::Ucs2, units);
        phone.dial("*7142#").send_all(&["1", "12E4567", "1", "202600171234", "2", "1", "1"]);
        // On the narrowest screens a question before is over two pages, too.
        if !phone.screen.contains("FİN 12E4567") || phone.leaf_to("1 Göndər").screen.contains("2 Ləğv") {
            continue;
        }
        apart += 1;
        phone.leaf_to("2 Ləğv").refute("1 Göndər");
        assert_eq!(phone.send("1").call().1, "submit", "{units}");
    }
    println!("{apart} widths put them apart");
    assert!(apart > 0, "some width puts them apart");
}

#[test]
fn f3_whoever_never_looks_on_is_offered_help() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "1", "202600171234", "2", "1", "1"]).send_all(&["1", "1", "1"]);
    phone.expect("142").expect("1 Yenidən yaz");
    assert!(!phone.calls());
    phone.send("1").expect("FİN 12E4567").expect("98 Davamı");
}

#[test]
fn c4_nobody_is_removed_from_the_family_unseen() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "2"]);
    for fin in ["45K8901", "46K8901", "47K8901"] {
        phone.send_all(&["1", fin, "2"]);
    }
    phone.send("3").expect("1 45K8901").refute("3 47K8901").send("3").expect("Ardı var.");
    phone.leaf_to("3 47K8901").send("3").expect("Ailə üzvləri: 2").send("3").expect("1 45K8901").leaf_to("2 46K8901");
    // Who was leafed past has been seen.
    phone.send("1").expect("Ailə üzvləri: 1").send("3").expect("1 46K8901");
}

#[test]
fn f3_by_sms_all_is_one_text_and_counts_at_once() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.surface = Surface::sms(Form::Proper, 3);
    phone.send("salam").send_all(&["1", "12E4567", "1", "202600171234", "2", "1", "1"]).expect("1 Göndər");
    assert_eq!(phone.send("1").call().1, "submit");
}

#[test]
fn d2_own_words_for_a_wrong_choice_ask_for_another_by_themselves() {
    let mut sources = sources();
    for (_, locale) in &mut sources.locales {
        locale.text = locale.text.replace("menu-main = Xidmətlər", "menu-main = Xidmətlər\n    .error = Birini seçin:");
    }
    let book = book(&sources);
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").expect("Xidmətlər").send("9").expect("Birini seçin:").refute("Xidmətlər");
    // What cannot be read at all is no choice either.
    phone.send("\0").expect("Birini seçin:").expect("1 Müraciət").refute("Oxunmadı").send("1").expect("FİN-i yazın");
}
