//! X09: whoever was not reached by a text hears it at the next dial, before anything else and once.

use super::world::World;
use crate::store::NewText;
use dayaq_core_api::{Notice, NoticeClass};
use dayaq_smpp::ussd::UssdEvent;
use dayaq_types::{Clock, Language, Money, Msisdn, Pii};
use jiff::civil::date;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const NUMBER: u64 = 994_501_234_567;
const OTHER: u64 = 994_551_234_567;

impl World {
    /// A text to that phone ends dead.
    async fn dies(&self, id: u128, notice: &Notice, number: u64) {
        let (store, now) = (&self.conversations.store, self.clock.now());
        let text = NewText {
            id: Uuid::from_u128(id),
            core_fence: 1,
            subscriber: self.key(number),
            msisdn: Msisdn::parse(&format!("+{number}")).unwrap(),
            class: NoticeClass::Outcome,
            operator: "test".to_owned(),
            language: Language::Az,
            notice: Pii::new(serde_json::to_string(notice).unwrap()),
            matters: true,
            question: false,
            words: Pii::new("as it was sent".to_owned()),
            segments: vec![Pii::new(b"1".to_vec())],
            not_before: now,
            expires_at: now + Duration::from_secs(60),
        };
        assert!(store.add_text(&text).await.unwrap());
        let segment = store.claim_segments("test", 1, Duration::from_secs(60)).await.unwrap().remove(0);
        assert!(store.attempt(&segment.ticket, Duration::from_secs(60)).await.unwrap());
        assert!(store.segment_dead(&segment.ticket, "RINVDSTADR").await.unwrap());
    }
}

fn granted() -> Notice {
    Notice::Granted {
        reference: "26-0000017-4".to_owned(),
        amount: Money::from_qepik(58_400),
        from: date(2026, 11, 1),
        until: date(2027, 10, 31),
    }
}

/// A phone that has chosen its language by that key.
async fn known(world: &World, number: u64, key: &str) {
    let mut phone = world.phone(number, number % 100);
    phone.dial("*7142#").await;
    phone.send(key).await.screen();
    phone.ends(UssdEvent::Abort).await.is_silent();
}

#[tokio::test]
async fn x09_an_outcome_whose_text_died_is_the_first_screen_of_its_phone_in_its_language_and_once() {
    let world = World::new().await;
    known(&world, NUMBER, "2").await;
    known(&world, OTHER, "1").await;
    world.dies(1, &granted(), NUMBER).await;
    let mut other = world.phone(OTHER, 301);
    assert!(other.dial("*7142#").await.screen().0.contains("1 Yeni müraciət"), "nobody else hears of it");

    let mut phone = world.phone(NUMBER, 302);
    let said = phone.dial("*7142#").await;
    let (mut screen, mut ends) = (said.screen().0.to_owned(), said.screen().1);
    assert!(screen.starts_with("Вам сообщение:\nАдресная соцпомощь назначена."), "{screen}");
    let mut all = screen.clone();
    while screen.contains("98 Далее") {
        let said = phone.send("98").await;
        (screen, ends) = (said.screen().0.to_owned(), said.screen().1);
        all = all + "\n" + &screen;
    }
    assert!(!ends && screen.contains("1 Продолжить"), "{screen}");
    for word in ["26-0000017-4", "584,00 AZN", "01.11.2026-31.10.2027", "142"] {
        assert!(all.contains(word), "{word:?} is on no page\n{all}");
    }
    let said = phone.send("1").await;
    assert!(said.screen().0.contains("1 Новое заявление"), "on to the menu: {:?}", said.screens);
    phone.ends(UssdEvent::Abort).await.is_silent();
    let mut phone = world.phone(NUMBER, 303);
    assert!(phone.dial("*7142#").await.screen().0.contains("1 Новое заявление"), "it has been told");
}

#[tokio::test]
async fn x09_who_hangs_up_before_the_last_page_is_told_again() {
    let world = World::new().await;
    known(&world, NUMBER, "1").await;
    world.dies(1, &granted(), NUMBER).await;
    for session in [301, 302] {
        let mut phone = world.phone(NUMBER, session);
        let said = phone.dial("*7142#").await;
        assert!(said.screen().0.contains("Ünvanlı sosial yardım təyin olundu."), "{:?}", said.screens);
        phone.ends(UssdEvent::Timeout).await.is_silent();
    }
}

#[tokio::test]
async fn x09_a_begin_that_is_delivered_again_has_the_same_news() {
    let world = World::new().await;
    known(&world, NUMBER, "1").await;
    let card = Notice::CardReady { branch: "nowhere".to_owned(), collect_from: date(2026, 12, 1) };
    world.dies(1, &card, NUMBER).await;
    let mut phone = world.phone(NUMBER, 301);
    let first = phone.dial("*7142#").await;
    let again = phone.dial("*7142#").await;
    assert_eq!(first.screen(), again.screen());
}

#[tokio::test]
async fn x09_a_month_later_a_number_may_be_somebody_elses() {
    let world = World::new().await;
    known(&world, NUMBER, "1").await;
    world.dies(1, &granted(), NUMBER).await;
    world.clock.advance(Duration::from_hours(30 * 24 + 1));
    let mut phone = world.phone(NUMBER, 301);
    let said = phone.dial("*7142#").await;
    assert!(said.screen().0.contains("1 Yeni müraciət"), "{:?}", said.screens);
}

#[tokio::test]
async fn x09_a_phone_that_is_gone_has_been_told_nothing() {
    let world = World::new().await;
    known(&world, NUMBER, "1").await;
    let card = Notice::CardReady { branch: "nowhere".to_owned(), collect_from: date(2026, 12, 1) };
    world.dies(1, &card, NUMBER).await;
    *world.core.held.lock().unwrap() = true;
    let mut phone = world.phone(NUMBER, 301);
    let begun = world.arrival(phone.message(UssdEvent::Begin, "*7142*2#"));
    phone.sequence = 1;
    let gone = world.arrival(phone.message(UssdEvent::Abort, ""));
    let conversations = Arc::clone(&world.conversations);
    let turn = tokio::spawn(async move { conversations.handle(&begun).await });
    world.core.asked.notified().await;
    let conversations = Arc::clone(&world.conversations);
    let end = tokio::spawn(async move { conversations.handle(&gone).await });
    while !world.conversations.departed.any() {
        tokio::task::yield_now().await;
    }
    world.core.go.notify_one();
    turn.await.unwrap();
    end.await.unwrap();
    assert_eq!(world.said().screens, [], "nothing is sent to a dialogue that is over");
    *world.core.held.lock().unwrap() = false;
    let mut phone = world.phone(NUMBER, 302);
    let said = phone.dial("*7142#").await;
    assert!(said.screen().0.contains("Kartınız hazırdır."), "{:?}", said.screens);
}
