//! X09: what did not arrive is told before anything else, and then the conversation goes on.

use super::fixture::{book, sources};
use super::phone::Phone;
use crate::{Book, Effect, Form, Language, News, SMS_PARTS, Surface};

const GRANTED: &str = "Sosial yardım təyin olundu. Müraciət: 26-0000017-4. Ayda: 584,00 AZN. Müddət: 01.11.2026-31.10.2027. \
                       Pulsuzdur, heç kimə pul verməyin. Kömək: 142";
const CARD: &str = "Kartınız hazırdır.";

fn speaking<'b>(book: &'b Book, news: &[(&str, &str)]) -> Phone<'b> {
    let mut phone = Phone::speaking(book, Language::Az);
    phone.news = news.iter().map(|(id, text)| News { id: (*id).to_owned(), text: (*text).to_owned() }).collect();
    phone
}

/// The news that the last step has told to their end.
fn told(phone: &Phone<'_>) -> Vec<String> {
    let told = phone.effects.iter().filter_map(|effect| match effect {
        Effect::Told { id } => Some(id.clone()),
        _ => None,
    });
    told.collect()
}

#[test]
fn x09_news_come_first_page_by_page_and_lead_on_to_the_menu() {
    let book = book(&sources());
    let mut phone = speaking(&book, &[("granted", GRANTED)]);
    phone.dial("*7142#").expect("Xəbər:").expect("Sosial yardım təyin olundu").expect("98 ").refute("00 ");
    let mut words = String::new();
    while phone.screen.contains("98 ") {
        assert_eq!(told(&phone), [""; 0], "a page is missing yet\n{}", phone.screen);
        words = words + &phone.screen + "\n";
        phone.send("98");
    }
    words += &phone.screen;
    for word in GRANTED.split_whitespace() {
        assert!(words.contains(word), "{word:?} is on no page\n{words}");
    }
    assert_eq!(told(&phone), ["granted"]);
    phone.expect("1 Davam et").refute("2 Müraciətim");
    phone.send("1").expect("2 Müraciətim").refute("Xəbər:");
    phone.send("2");
    assert!(phone.calls(), "what is typed from then on is an answer");
}

#[test]
fn x09_of_several_each_is_told_by_itself() {
    let book = book(&sources());
    let mut phone = speaking(&book, &[("card", CARD), ("granted", GRANTED)]);
    phone.dial("*7142#").expect(CARD);
    assert_eq!(told(&phone), ["card"]);
    phone.send("1").expect("Sosial yardım təyin olundu");
    // Whatever is typed, the rest comes first.
    phone.send("7").expect("0 Geri").send("0").expect("Sosial yardım").leaf_to("1 Davam et");
    assert_eq!(told(&phone), ["granted"]);
    phone.send("davam").expect("2 Müraciətim");
}

#[test]
fn x09_who_wants_the_menu_has_it_and_who_hangs_up_is_told_again() {
    let book = book(&sources());
    let mut phone = speaking(&book, &[("granted", GRANTED)]);
    phone.dial("*7142#").expect("Xəbər:").send("00").expect("2 Müraciətim");
    phone.hang_up().dial("*7142#").expect("Sosial yardım təyin olundu");
    phone.hang_up();
    assert_eq!(told(&phone), [""; 0]);
    phone.news.clear();
    phone.dial("*7142#").expect("2 Müraciətim").refute("Xəbər:");
}

#[test]
fn x09_under_the_news_waits_what_was_dialled_for() {
    let book = book(&sources());
    // A draft that waits.
    let mut phone = speaking(&book, &[]);
    phone.dial("*7142#").send("1").send("12E4567").expect("Notariat").hang_up();
    phone.news = vec![News { id: "card".to_owned(), text: CARD.to_owned() }];
    phone.dial("*7142#").expect(CARD).send("1").expect("1 Davam et").expect("2 ").send("1").expect("Notariat");
    // A menu that was dialled in advance, and the end that it leads to.
    let mut phone = speaking(&book, &[("card", CARD)]);
    phone.dial("*7142*2#");
    assert!(phone.calls());
    phone.outcome("none", &[]).expect(CARD);
    assert!(!phone.ended);
    phone.send("1").ends();
}

#[test]
fn x09_a_call_that_was_cut_off_under_the_news_is_made_again() {
    let book = book(&sources());
    let mut phone = speaking(&book, &[("card", CARD)]);
    phone.dial("*7142*2#");
    let (first, ..) = phone.call();
    // The process that asked is gone.
    phone.send("1");
    let (again, ..) = phone.call();
    assert_eq!(first, again, "it is the same call");
}

#[test]
fn x09_by_sms_a_word_that_begins_something_brings_the_news_and_an_answer_does_not() {
    let book = book(&super::texting::with(super::texting::KEYWORDS));
    let mut phone = speaking(&book, &[("card", CARD)]);
    phone.surface = Surface::sms(Form::Proper, SMS_PARTS);
    phone.send("STATUS");
    assert!(phone.calls());
    phone.outcome("none", &[]).expect(CARD).expect("1 Davam et");
    assert_eq!(told(&phone), ["card"]);
    phone.send("1").refute(CARD).ends();
    // Who ends reminders hears that they are ended; who answers is asked on.
    phone.send("DAYANDIR").expect("Xatırlatmalar dayandı").refute(CARD);
    phone.send("MURACIET").expect(CARD).send("1").expect("FİN-i yazın");
    phone.send("12E4567").expect("Notariat").refute(CARD);
}

#[test]
fn x09_news_show_no_word_in_debug() {
    let news = News { id: "granted".to_owned(), text: GRANTED.to_owned() };
    assert_eq!(format!("{news:?}"), "News(\"granted\")");
}
