//! X09 over the wire: a family's texts do not arrive, and it dials, or writes.

use crate::family::ALONE;
use crate::program::PATIENCE;
use crate::stage::{Setting, Stage, eventually};
use crate::stand_in::House;
use dayaq_core_api::{LeasedNotice, Notice, NoticeOutcome};
use dayaq_simulator::{Handset, Screen};
use dayaq_types::{Language, Money, Msisdn};
use jiff::civil::date;
use uuid::Uuid;

/// A language: its key, how the news begin, the way on, the menu behind it, and what the outcome says.
struct Tongue {
    key: &'static str,
    news: &'static str,
    on: &'static str,
    menu: &'static str,
    says: &'static str,
}

const TONGUES: [Tongue; 3] = [
    Tongue {
        key: "1",
        news: "Sizə xəbər var:",
        on: "1 Davam et",
        menu: "1 Yeni müraciət",
        says: "Ünvanlı sosial yardım təyin olundu.",
    },
    Tongue {
        key: "2",
        news: "Вам сообщение:",
        on: "1 Продолжить",
        menu: "1 Новое заявление",
        says: "Адресная соцпомощь назначена.",
    },
    Tongue {
        key: "3",
        news: "A message for you:",
        on: "1 Continue",
        menu: "1 New application",
        says: "Targeted social assistance is granted.",
    },
];

const REFERENCE: &str = "26-0000042-9";
const AMOUNT: &str = "584,00 AZN";
const PERIOD: &str = "01.12.2026-30.11.2027";

fn granted(phone: &Handset) -> LeasedNotice {
    LeasedNotice {
        id: Uuid::from_u128(42),
        fence: 1,
        msisdn: phone.number(),
        language: Language::Az,
        notice: Notice::Granted {
            reference: REFERENCE.to_owned(),
            amount: Money::from_qepik(58_400),
            from: date(2026, 12, 1),
            until: date(2027, 11, 30),
        },
    }
}

/// A gateway, and a phone that has chosen its language.
async fn known(tongue: &Tongue) -> (House, Handset) {
    let house = House::up("").await;
    let phone = house.smsc.handset(Msisdn::parse("994501234567").expect("a number"));
    phone.dial("*7142#").await.expect("a screen");
    says(&phone.send(tongue.key).await.expect("a screen"), tongue.menu);
    phone.hang_up().await.expect("it hangs up");
    (house, phone)
}

/// Tells the outcome by a text that comes to nothing.
async fn comes_to_nothing(house: &House, phone: &Handset) {
    let fault = house.smsc.fault("status=RINVDSTADR".parse().expect("a fault")).expect("there is room for one");
    house.core.tell(granted(phone));
    let end = eventually("its end is told", async || house.core.finished().pop()).await;
    assert!(matches!(end.outcome, NoticeOutcome::Dead { .. }), "{end:?}");
    assert!(house.smsc.mend(fault));
}

#[track_caller]
fn says(screen: &Screen, part: &str) {
    assert!(screen.text.contains(part), "{part:?} is not on\n{}", screen.text);
}

/// Reads the news from their first page to their last; gives all that they said.
async fn read(phone: &Handset, mut screen: Screen, tongue: &Tongue) -> String {
    assert!(screen.text.starts_with(tongue.news), "{}", screen.text);
    let mut all = screen.text.clone();
    while !screen.text.contains(tongue.on) {
        assert!(screen.more, "{}", screen.text);
        screen = phone.send("98").await.expect("a page");
        all = all + "\n" + &screen.text;
    }
    all
}

/// The outcome is the first screen, then comes the menu; the next dial is like any other.
async fn is_told_once(phone: &Handset, tongue: &Tongue) {
    let first = phone.dial("*7142#").await.expect("a screen");
    says(&first, tongue.says);
    let all = read(phone, first, tongue).await;
    for word in [REFERENCE, AMOUNT, PERIOD, "142"] {
        assert!(all.contains(word), "{word:?} is on no page\n{all}");
    }
    says(&phone.send("1").await.expect("the menu"), tongue.menu);
    says(&phone.dial("*7142#").await.expect("a screen"), tongue.menu);
    assert_eq!(phone.sms_inbox(), [], "and no text came after all");
}

#[tokio::test(flavor = "multi_thread")]
async fn x09_an_outcome_that_the_operator_refused_for_good_is_the_first_screen_in_each_language() {
    for tongue in &TONGUES {
        let (house, phone) = known(tongue).await;
        comes_to_nothing(&house, &phone).await;
        let other = house.smsc.handset(Msisdn::parse("994551234567").expect("a number"));
        says(&other.dial("*7142#").await.expect("a screen"), "1 Azərbaycanca");
        is_told_once(&phone, tongue).await;
    }
}

/// The operator took the text and could not deliver it while it was valid.
#[tokio::test(flavor = "multi_thread")]
async fn x09_an_outcome_that_expired_at_the_operator_is_the_first_screen() {
    let tongue = &TONGUES[0];
    let (house, phone) = known(tongue).await;
    phone.switch_off();
    let fault = house.smsc.fault("receipt=EXPIRED".parse().expect("a fault")).expect("there is room for one");
    house.core.tell(granted(&phone));
    eventually("the operator has taken it", async || house.core.finished().pop()).await;
    phone.switch_on();
    eventually("its receipts have come", async || (house.smsc.struck(fault)? >= 3).then_some(())).await;
    let first = eventually("the outcome is the first screen", async || {
        let screen = phone.dial("*7142#").await.expect("a screen");
        screen.text.starts_with(tongue.news).then_some(screen)
    })
    .await;
    says(&first, tongue.says);
}

#[tokio::test(flavor = "multi_thread")]
async fn x09_who_writes_status_is_told_first_and_then_the_status() {
    let tongue = &TONGUES[2];
    let (house, phone) = known(tongue).await;
    comes_to_nothing(&house, &phone).await;
    phone.send_sms("STATUS").await.expect("it is taken");
    let news = phone.next_sms(PATIENCE).await.expect("an answer").text;
    for part in [tongue.news, tongue.says, REFERENCE, AMOUNT, PERIOD, tongue.on] {
        assert!(news.contains(part), "{part:?} is not in\n{news}");
    }
    phone.send_sms("1").await.expect("it is taken");
    let status = phone.next_sms(PATIENCE).await.expect("an answer").text;
    assert!(status.contains("no application from this number"), "{status}");
    phone.send_sms("STATUS").await.expect("it is taken");
    let again = phone.next_sms(PATIENCE).await.expect("an answer").text;
    assert_eq!(again, status, "it has been told");
}

/// With the program itself: the whole way from the application, and a kill between the text's end and the dial.
#[tokio::test(flavor = "multi_thread")]
async fn x09_what_died_before_a_kill_is_told_after_it() {
    let mut stage = Stage::up(Setting::default()).await;
    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    phone.send("1").await.says(ALONE.registered).ends();
    let fault = stage.smsc.fault("status=RINVDSTADR".parse().expect("a fault")).expect("there is room for one");
    eventually("both outcomes are dead", async || {
        let sql = "SELECT key FROM notices WHERE state = 'dead' AND key IN ('granted', 'card-ready')";
        (stage.core_column::<String>(sql).await.len() == 2).then_some(())
    })
    .await;
    stage.restart().await;
    assert!(stage.smsc.mend(fault));
    let tongue = &TONGUES[1];
    let first = phone.0.dial("*7142#").await.expect("a screen");
    says(&first, "Ваша карта готова.");
    let card = read(&phone.0, first, tongue).await;
    assert!(card.contains("Насими"), "{card}");
    let next = phone.0.send("1").await.expect("a screen");
    says(&next, tongue.says);
    let award = read(&phone.0, next, tongue).await;
    assert!(award.contains("300,00 AZN"), "{award}");
    let mut behind = phone.0.send("1").await.expect("a screen");
    if behind.text.starts_with(tongue.news) {
        // The registration's text may have died as well.
        let all = read(&phone.0, behind, tongue).await;
        assert!(all.contains("принято"), "{all}");
        behind = phone.0.send("1").await.expect("a screen");
    }
    says(&behind, tongue.menu);
    phone.dial().await.says(ALONE.menu);
    stage.assert_sound().await;
}
