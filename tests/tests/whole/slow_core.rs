//! What a phone hears when the core is slow, away or refuses; and what becomes of its application.

use crate::program::PATIENCE;
use crate::stage::eventually;
use crate::stand_in::{House, Mood};
use dayaq_core_api::{CompleteReply, ExistingReply, LeasedNotice, Notice, NoticeOutcome};
use dayaq_simulator::{Handset, Screen};
use dayaq_types::{Language, Money, Msisdn};
use jiff::civil::date;
use uuid::Uuid;

fn phone(house: &House) -> Handset {
    house.smsc.handset(Msisdn::parse("994501234567").expect("a number"))
}

/// A new phone goes through the whole application up to the last page of the review, in Azerbaijani.
async fn at_review(phone: &Handset) -> Screen {
    phone.dial("*7142#").await.expect("a screen");
    let mut screen = None;
    for typed in ["1", "1", "1", "1", "300TQ7M", "2", "3073607", "2026004117", "2", "qub", "1", "1", "2"] {
        screen = Some(phone.send(typed).await.unwrap_or_else(|cause| panic!("{typed}: {cause}")));
    }
    look_over(phone, screen.expect("the review")).await
}

/// From the first page of the review to the one on which `1` sends the application off.
async fn look_over(phone: &Handset, mut screen: Screen) -> Screen {
    says(&screen, "300TQ7M", true);
    while !screen.text.contains("1 Göndər") {
        assert!(screen.text.contains("98 Ardı"), "{:?}", screen.text);
        screen = phone.send("98").await.expect("a page");
    }
    screen
}

fn says(screen: &Screen, part: &str, more: bool) {
    assert!(screen.text.contains(part), "{part:?} not in {:?}", screen.text);
    assert_eq!(screen.more, more, "{:?}", screen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn h4_b09_a_slow_core_holds_no_phone_and_loses_nothing() {
    let house = House::up("").await;
    let phone = phone(&house);
    says(&at_review(&phone).await, "1 Göndər", true);
    house.core.be(Mood::Slow);
    says(&phone.send("1").await.expect("a screen"), "Məlumatınız saxlandı", false);
    let first = house.core.submitted();
    assert_eq!(first.len(), 1);
    house.core.be(Mood::Well);
    // A slow core holds the worker's own try for half a lease; the calls that the phone made come first.
    let draft = *first.keys().next().expect("one draft");
    assert_eq!(house.core.submitted().keys().collect::<Vec<_>>(), [&draft], "it is the same application");
    says(&phone.dial("*7142#").await.expect("a screen"), "1 Yeni müraciət", true);
}

#[tokio::test(flavor = "multi_thread")]
async fn d01_what_is_recorded_while_the_core_is_away_is_handed_in_once() {
    let house = House::up("").await;
    let phone = phone(&house);
    at_review(&phone).await;
    house.core.be(Mood::Away);
    says(&phone.send("1").await.expect("a screen"), "Məlumatınız saxlandı", false);
    assert!(house.core.submitted().is_empty());
    house.core.be(Mood::Well);
    eventually("it is handed in", async || (!house.core.submitted().is_empty()).then_some(())).await;
    let none_left = async || (house.gateway.store.pending_count().await.expect("it counts") == 0).then_some(());
    eventually("nothing is pending", none_left).await;
    assert_eq!(house.core.submitted().into_values().collect::<Vec<_>>(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn h4_a_number_promised_by_text_comes_by_text_even_if_the_application_was_there_already() {
    let house = House::up("").await;
    let phone = phone(&house);
    at_review(&phone).await;
    house.core.be(Mood::Away);
    says(&phone.send("1").await.expect("a screen"), "Məlumatınız saxlandı", false);
    house.core.be(Mood::Knowing);
    let sms = phone.next_sms(PATIENCE).await.expect("the text that was promised");
    assert!(sms.text.contains("26-0000041-1") && sms.text.contains("23.11.2026"), "{}", sms.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_core_refuses_is_not_called_registered_and_the_answers_stay() {
    let house = House::up("").await;
    let phone = phone(&house);
    at_review(&phone).await;
    house.core.be(Mood::Refusing);
    says(&phone.send("1").await.expect("a screen"), "Hələ qeydə alınmayıb", false);
    assert_eq!(house.gateway.store.pending_count().await, Ok(0));
    house.core.be(Mood::Well);
    says(&phone.dial("*7142#").await.expect("a screen"), "1 Davam et", true);
    let review = phone.send("1").await.expect("a screen");
    look_over(&phone, review).await;
    says(&phone.send("1").await.expect("a screen"), "26-0000042-9", false);
    assert_eq!(house.core.submitted().len(), 1, "the same draft both times");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_nobody_can_answer_gets_a_polite_screen() {
    let house = House::up("").await;
    let phone = phone(&house);
    phone.dial("*7142#").await.expect("a screen");
    phone.send("1").await.expect("a screen");
    for mood in [Mood::Away, Mood::Slow, Mood::Refusing] {
        house.core.be(mood);
        let screen = phone.send("2").await.expect("a screen");
        says(&screen, "142", false);
        says(&phone.dial("*7142#").await.expect("a screen"), "2 Müraciətim", true);
    }
    assert_eq!(house.gateway.store.pending_count().await, Ok(0), "a question is not kept for later");
}

pub fn granted(id: Uuid, number: &str) -> LeasedNotice {
    LeasedNotice {
        id,
        fence: 7,
        msisdn: Msisdn::parse(number).expect("a number"),
        language: Language::Ru,
        notice: Notice::Granted {
            reference: "26-0000042-9".to_owned(),
            amount: Money::from_manat(584),
            from: date(2026, 11, 1),
            until: date(2027, 10, 31),
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p3_a_notice_becomes_one_text_however_often_it_is_leased() {
    let house = House::up("").await;
    let phone = phone(&house);
    let id = Uuid::from_u128(42);
    for _ in 0..3 {
        house.core.tell(granted(id, "994501234567"));
    }
    let sms = phone.next_sms(PATIENCE).await.expect("a text");
    assert!(sms.text.contains("584,00 AZN") && sms.text.contains("142"), "{}", sms.text);
    let reported = eventually("its end is reported", async || house.core.finished().first().cloned()).await;
    assert_eq!((reported.id, reported.fence), (id, 7));
    let NoticeOutcome::Sent { segments, text_sha256 } = reported.outcome else { panic!("{:?}", reported.outcome) };
    assert_eq!(segments as usize, sms.segments);
    assert_eq!(text_sha256.len(), 64);
    // Another notice is told after it, so that a second copy of the first would have come before.
    house.core.tell(granted(Uuid::from_u128(43), "994501234567"));
    phone.next_sms(PATIENCE).await.expect("the other text");
    assert_eq!(phone.sms_inbox().len(), 2, "one text for each notice");
}

#[tokio::test(flavor = "multi_thread")]
async fn g09_a_foreign_number_is_never_sent_to() {
    let house = House::up("").await;
    house.core.tell(granted(Uuid::from_u128(44), "+15551234567"));
    let reported = eventually("its end is reported", async || house.core.finished().first().cloned()).await;
    assert!(matches!(reported.outcome, NoticeOutcome::Dead { .. }), "{:?}", reported.outcome);
}

/// The same phone by SMS, from the review on: what was begun on the screen is finished by a text.
async fn confirms_by_sms(phone: &Handset) {
    phone.hang_up().await.expect("it hangs up");
    for (typed, says) in [("Salam", "1 Davam et"), ("1", "1 Göndər")] {
        phone.send_sms(typed).await.expect("it is taken");
        let text = phone.next_sms(PATIENCE).await.expect("a text").text;
        assert!(text.contains(says), "{says:?} not in {text:?}");
    }
    phone.send_sms("1").await.expect("it is taken");
}

fn registered(number: &str) -> LeasedNotice {
    let notice = Notice::Registered { reference: "26-0000042-9".to_owned(), decide_by: date(2026, 12, 14) };
    LeasedNotice { notice, ..granted(Uuid::from_u128(45), number) }
}

/// What the phone hears after its confirmation, once it has asked for help and heard that as well.
async fn heard_until_help(phone: &Handset, before: usize) -> Vec<String> {
    phone.send_sms("KOMEK").await.expect("it is taken");
    eventually("help", async || phone.sms_inbox().iter().any(|sms| sms.text.contains("DAYANDIR")).then_some(())).await;
    phone.sms_inbox().split_off(before).into_iter().map(|sms| sms.text).filter(|t| !t.contains("DAYANDIR")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn i3_by_sms_the_number_is_told_once_by_the_text_of_the_core() {
    let house = House::up("").await;
    let phone = phone(&house);
    at_review(&phone).await;
    confirms_by_sms(&phone).await;
    assert_eq!(house.core.submitted().len(), 1);
    house.core.tell(registered("994501234567"));
    eventually("its end is reported", async || house.core.finished().first().cloned()).await;
    let heard = heard_until_help(&phone, 2).await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].contains("Müraciətiniz qeydə alındı") && heard[0].contains("26-0000042-9"), "{heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn h4_by_sms_a_slow_core_is_answered_for_and_the_number_follows() {
    let house = House::up("").await;
    let phone = phone(&house);
    at_review(&phone).await;
    house.core.be(Mood::Away);
    confirms_by_sms(&phone).await;
    let text = phone.next_sms(PATIENCE).await.expect("a text").text;
    assert!(text.contains("Məlumatınız saxlandı"), "{text}");
    house.core.be(Mood::Well);
    eventually("it is handed in", async || (!house.core.submitted().is_empty()).then_some(())).await;
    house.core.tell(registered("994501234567"));
    let text = phone.next_sms(PATIENCE).await.expect("a text").text;
    assert!(text.contains("26-0000042-9"), "{text}");
    assert_eq!(heard_until_help(&phone, 2).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn h3_by_sms_an_application_that_was_there_already_is_told_by_the_reply() {
    let house = House::up("").await;
    let phone = phone(&house);
    at_review(&phone).await;
    house.core.be(Mood::Knowing);
    confirms_by_sms(&phone).await;
    let text = phone.next_sms(PATIENCE).await.expect("a text").text;
    assert!(text.contains("Müraciət artıq var") && text.contains("26-0000041-1"), "{text}");
}

const WAITING: &str = "26-0000017-4";

/// A new phone whose application waits for the notarised application's number has come to the question for it.
async fn at_number(house: &House, phone: &Handset) {
    house.core.has(ExistingReply::AwaitingNotary { reference: WAITING.to_owned() });
    phone.dial("*7142#").await.expect("a screen");
    phone.send("1").await.expect("a screen");
    says(&phone.send("1").await.expect("a screen"), "1 Notarius nömrəsi", true);
    says(&phone.send("1").await.expect("a screen"), "4-12 rəqəm", true);
}

#[tokio::test(flavor = "multi_thread")]
async fn h4_b09_a_slow_core_holds_no_phone_that_gives_its_number() {
    let house = House::up("").await;
    let phone = phone(&house);
    at_number(&house, &phone).await;
    house.core.be(Mood::Slow);
    says(&phone.send("2026004117").await.expect("a screen"), "Nömrə saxlandı", false);
    let first = house.core.completed();
    assert_eq!(first.len(), 1);
    house.core.be(Mood::Well);
    assert_eq!(
        house.core.completed().keys().collect::<Vec<_>>(),
        first.keys().collect::<Vec<_>>(),
        "it is the same call"
    );
    assert!(house.core.submitted().is_empty(), "nothing is handed in a second time");
}

#[tokio::test(flavor = "multi_thread")]
async fn d01_a_number_recorded_while_the_core_is_away_is_given_once() {
    let house = House::up("").await;
    let phone = phone(&house);
    at_number(&house, &phone).await;
    house.core.be(Mood::Away);
    says(&phone.send("2026004117").await.expect("a screen"), "Nömrə saxlandı", false);
    assert!(house.core.completed().is_empty());
    house.core.be(Mood::Well);
    eventually("it is given", async || (!house.core.completed().is_empty()).then_some(())).await;
    let none_left = async || (house.gateway.store.pending_count().await.expect("it counts") == 0).then_some(());
    eventually("nothing is pending", none_left).await;
    assert_eq!(house.core.completed().into_values().collect::<Vec<_>>(), [1]);
}

/// Whatever becomes of a number that was recorded, the phone hears of it as it was promised.
#[tokio::test(flavor = "multi_thread")]
async fn h4_what_becomes_of_a_recorded_number_comes_by_text() {
    let (reference, registered_on) = (WAITING.to_owned(), date(2026, 11, 26));
    let refused = "Notarius nömrəsi yazılmadı";
    for (reply, says_so) in [
        (CompleteReply::Already { reference: reference.clone(), registered_on }, "26-0000017-4"),
        (CompleteReply::NotAwaiting { reference }, refused),
        (CompleteReply::None, refused),
    ] {
        let house = House::up("").await;
        let phone = phone(&house);
        at_number(&house, &phone).await;
        house.core.be(Mood::Away);
        says(&phone.send("2026004117").await.expect("a screen"), "Nömrə saxlandı", false);
        house.core.completes(reply.clone());
        house.core.be(Mood::Well);
        let sms = phone.next_sms(PATIENCE).await.expect("the text that was promised");
        assert!(sms.text.contains(says_so) && sms.text.contains("142"), "{reply:?}: {}", sms.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_the_core_refuses_is_not_called_registered() {
    let house = House::up("").await;
    let phone = phone(&house);
    at_number(&house, &phone).await;
    house.core.be(Mood::Refusing);
    says(&phone.send("2026004117").await.expect("a screen"), "Nömrə hələ yazılmayıb", false);
    assert_eq!(house.gateway.store.pending_count().await, Ok(0));
}

/// Before an application begins the core is asked what the phone has already; a core that does not answer holds up nobody.
#[tokio::test(flavor = "multi_thread")]
async fn b09_an_application_begins_whether_or_not_the_core_says_what_there_is() {
    let house = House::up("").await;
    let phone = phone(&house);
    house.core.has(ExistingReply::Open { reference: WAITING.to_owned() });
    phone.dial("*7142#").await.expect("a screen");
    phone.send("1").await.expect("a screen");
    for mood in [Mood::Slow, Mood::Away, Mood::Refusing] {
        house.core.be(mood);
        says(&phone.send("1").await.expect("a screen"), "Pulsuzdur", true);
        phone.dial("*7142#").await.expect("a screen");
    }
    house.core.be(Mood::Well);
    says(&phone.send("1").await.expect("a screen"), WAITING, true);
}
