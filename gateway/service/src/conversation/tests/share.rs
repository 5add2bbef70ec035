//! G01: what one phone may have of texts, and that it costs nobody else.

use super::forms::{Dice, text};
use super::people::{Family, Flood};
use super::world::World;
use crate::link::Arrival;
use dayaq_smpp::CommandStatus;
use dayaq_smpp::ussd::UssdEvent;
use dayaq_types::Clock;
use std::time::Duration;

const NUMBER: u64 = 994_501_234_567;
const OTHER: u64 = 994_551_234_567;

/// The menu in a language, from the first word on.
fn first(key: &'static str) -> [&'static str; 2] {
    ["Salam", key]
}

#[tokio::test]
async fn g01_twice_a_day_the_largest_family_applies_by_sms_and_has_texts_left() {
    let world = World::new().await;
    for (number, key, language) in [(NUMBER, "1", "az"), (NUMBER + 1, "2", "ru"), (NUMBER + 2, "3", "en")] {
        let (replies, segments) = Family::new(number, number, 15, &first(key)).applies(&world).await;
        let (more, again) = Family::new(number, number + 7, 15, &["Salam"]).applies(&world).await;
        println!("{language}: {replies} replies in {segments} segments, and again {more} in {again}");
        assert!(segments + again <= 250 * 3 / 4, "a quarter is left for slips");
        let (_, small) = Family::new(number + 10, number, 3, &first(key)).applies(&world).await;
        println!("{language}: {small} segments for a family of four");
        let handed_in = world.core.submitted.lock().unwrap().clone();
        assert_eq!(handed_in.iter().filter(|phone| **phone == number.to_string()).count(), 2);
    }
}

/// What others notice of one is measured over real links, in tests/tests/whole/floods.rs.
#[tokio::test]
async fn g01_each_flood_of_one_phone_gets_ten_texts_at_most_and_the_last_is_a_warning() {
    let world = World::configured("").await;
    let mut dice = Dice(1);
    for (at, flood) in [
        Flood::Same("Sürürəm, sonra zəng edərəm"),
        Flood::Same("1"),
        Flood::Echo(""),
        Flood::Echo("Re: "),
        Flood::Garbage,
    ]
    .into_iter()
    .enumerate()
    {
        let number = NUMBER + at as u64;
        let (mut answered, mut texts) = (0, Vec::new());
        for n in 0..1_000 {
            let told = if n == 0 { "Salam".to_owned() } else { world.reply(number).await };
            let said = world.deliver(flood.next(&mut dice, number, &told)).await;
            assert_eq!((said.statuses, said.screens.len()), (vec![CommandStatus::ROK], 0));
            answered += 1;
            texts.extend(world.texts().await);
            world.clock.advance(Duration::from_millis(60));
        }
        println!("{flood:?}: {} texts to {answered}", texts.len());
        assert!(texts.len() <= 10, "{flood:?}");
        let counted = world.envelope(number).await.texting.tally.today(world.clock.now());
        assert_eq!(texts.iter().map(|(_, segments)| segments).sum::<u32>(), counted);
        assert!(world.reply(number).await.contains("142"), "the last one says whom to call");
        // The dialogue goes on by USSD, as if nothing had been.
        world.clock.advance(Duration::from_secs(60));
        let mut phone = world.phone(number, 77);
        assert!(!phone.dial("*7142#").await.screen().0.is_empty());
    }
}

#[tokio::test]
async fn g01_a_day_has_its_segments_for_all_gateways_then_one_warning_and_then_silence_until_midnight() {
    let world = World::configured("replies_per_minute = 100000\nreply_segments_per_day = 12").await;
    let mut family = Family::new(NUMBER, 5, 15, &first("3"));
    let (mut told, mut texts, mut silent) = (String::new(), Vec::new(), 0);
    for n in 0..40 {
        let Some(typed) = family.next(&told) else { break };
        // Both gateways count for one phone, and none begins anew.
        let said = match n % 2 {
            0 => world.deliver(text(NUMBER, &typed)).await,
            _ => world.deliver_to_the_other(text(NUMBER, &typed)).await,
        };
        assert_eq!(said.statuses, [CommandStatus::ROK]);
        let now = world.texts().await;
        silent += u32::from(now.is_empty());
        texts.extend(now);
        told = world.reply(NUMBER).await;
    }
    let segments: u32 = texts.iter().map(|(_, segments)| segments).sum();
    assert!((12..=12 + 3 + 1).contains(&segments), "{segments} segments");
    assert!(told.starts_with("Too many texts today"), "{told}");
    assert_eq!(silent as usize, 40 - texts.len());
    // On the screen the answers are there, and the application goes on.
    let mut phone = world.phone(NUMBER, 3);
    assert!(phone.dial("*7142#").await.screen().0.contains("1 Continue"));
    // What is wished about reminders is done all the same.
    world.deliver(text(NUMBER, "STOP")).await;
    assert!(world.texts().await.is_empty());
    let profile = world.conversations.store.profile(&world.key(NUMBER)).await.unwrap().unwrap();
    assert!(profile.reminders_stopped);
    // It is nine in Baku; at midnight texts are answered again.
    world.clock.advance(Duration::from_secs(15 * 3_600 - 1));
    world.deliver(text(NUMBER, "HELP")).await;
    assert!(world.texts().await.is_empty());
    world.clock.advance(Duration::from_secs(1));
    world.deliver(text(NUMBER, "HELP")).await;
    assert_eq!(world.texts().await.len(), 1);
}

#[tokio::test]
async fn g01_who_was_paused_is_heard_again_when_a_text_leads_on() {
    let world = World::new().await;
    for typed in ["Salam", "3", "1", "1", "1"] {
        world.deliver(text(NUMBER, typed)).await;
    }
    for _ in 0..20 {
        world.deliver(text(NUMBER, "what is this")).await;
    }
    assert!(world.reply(NUMBER).await.starts_with("We do not understand"));
    world.deliver(text(NUMBER, "5AKT9X2")).await;
    assert!(world.reply(NUMBER).await.starts_with("Series"), "the question stood where it was");
    world.texts().await;
    for _ in 0..20 {
        world.deliver(text(NUMBER, "?")).await;
    }
    let texts = world.texts().await.len();
    assert!(texts <= 10, "{texts}");
    world.clock.advance(Duration::from_secs(600));
    world.deliver(text(NUMBER, "?")).await;
    assert_eq!(world.texts().await.len(), 1, "after ten quiet minutes it begins anew");
}

#[tokio::test]
async fn g01_dials_without_end_get_their_share_of_any_minute_and_take_no_places() {
    let world = World::configured("").await;
    let mut screens = 0;
    world.clock.advance(Duration::from_secs(59));
    for n in 0..1_000 {
        let mut phone = world.phone(NUMBER, n);
        screens += phone.dial("*7142#").await.screens.len();
    }
    world.clock.advance(Duration::from_secs(2));
    for n in 1_000..2_000 {
        let mut phone = world.phone(NUMBER, n);
        screens += phone.dial("*7142#").await.screens.len();
    }
    assert_eq!(screens, 60, "over the full minute as well");
    // While one of its turns is under way, so many wait behind it and no more.
    let world = World::new().await;
    let passage = world.conversations.turnstile.enter(world.key(OTHER)).await;
    let all: Vec<Arrival> =
        (0..1_000).map(|n| world.arrival(world.phone(OTHER, n).message(UssdEvent::Begin, ""))).collect();
    let mut waiting = Vec::new();
    for arrival in all {
        let conversations = std::sync::Arc::clone(&world.conversations);
        waiting.push(tokio::spawn(async move { conversations.handle(&arrival).await }));
        tokio::task::yield_now().await;
    }
    let open = waiting.iter().filter(|task| !task.is_finished()).count();
    assert!(open <= 64, "{open} wait");
    drop(passage);
    for task in waiting {
        task.await.unwrap();
    }
}
