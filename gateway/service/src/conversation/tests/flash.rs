//! A7: what the service shows first.

use super::walks::at;
use super::world::World;
use crate::conversation::flash::{Flash, Flashed};
use dayaq_core_api::Stage;
use dayaq_smpp::ussd::{Push, UssdEvent};
use dayaq_types::{Language, Msisdn};
use std::time::Duration;

const NUMBER: u64 = 994_501_234_567;
const WORDS: &str = "Kartınız hazırdır. 142";

fn flash(opens: Option<&str>) -> Flash {
    Flash {
        msisdn: Msisdn::parse(&format!("+{NUMBER}")).unwrap(),
        operator: "test".to_owned(),
        language: Language::Az,
        words: Some(WORDS.to_owned()),
        opens: opens.map(str::to_owned),
    }
}

/// A world with a phone that has chosen its language and hung up.
async fn known() -> World {
    let world = World::by("dialogue-id").await;
    at(&world.core, Stage::CardReady);
    let mut phone = world.phone(NUMBER, 300);
    phone.dial("*7142#").await;
    phone.send("1").await.screen();
    phone.ends(UssdEvent::Abort).await.is_silent();
    world
}

impl World {
    /// Pushes, and gives the kind and text of what went out.
    async fn push(&self, flash: &Flash) -> (Flashed, Option<(Push, String, u64)>) {
        let result = self.conversations.flash(0, self.bind(), flash).await.unwrap();
        let mut shown = self.pushed();
        assert!(shown.len() <= 1);
        (result, shown.pop())
    }
}

#[tokio::test]
async fn a7_a_menu_is_pushed_in_a_session_of_its_own_and_answered_like_any_other() {
    let world = known().await;
    let (result, shown) = world.push(&flash(Some("*7142*2#"))).await;
    let (kind, text, session) = shown.expect("a screen");
    assert_eq!((result, kind), (Flashed::Opened, Push::Menu));
    assert!(text.contains("26-0000001-1"), "the stage of the application: {text}");
    // The answer comes in the session that we began.
    let mut phone = world.phone(NUMBER, session);
    let said = phone.send("1").await;
    let (screen, ends) = said.screen();
    assert!(screen.contains("son 4 rəqəmi") && !ends, "{screen}");
    phone.ends(UssdEvent::Abort).await.is_silent();
    assert!(!phone.envelope().await.radio.is_some_and(|radio| radio.live));
}

#[tokio::test]
async fn a7_a_notification_is_shown_and_its_confirmation_changes_nothing() {
    let world = known().await;
    let writes = world.writes();
    let (result, shown) = world.push(&flash(None)).await;
    let (kind, text, session) = shown.expect("a screen");
    assert_eq!((result, kind, text.as_str()), (Flashed::Notified, Push::Notify, WORDS));
    world.phone(NUMBER, session).ends(UssdEvent::Notified).await.is_silent();
    assert_eq!(world.writes(), writes);
}

#[tokio::test]
async fn a7_a_phone_in_a_session_is_left_alone_until_the_network_has_surely_ended_it() {
    let world = known().await;
    let mut phone = world.phone(NUMBER, 301);
    phone.dial("*7142#").await.screen();
    assert_eq!(world.push(&flash(Some("*7142*2#"))).await, (Flashed::Busy, None));
    let said = phone.send("1").await;
    assert!(said.screen().0.contains("1 Müraciətim"), "the session goes on as if nothing had been");
    world.clock.advance(Duration::from_secs(181));
    assert_eq!(world.push(&flash(Some("*7142*2#"))).await.0, Flashed::Opened);
}

#[tokio::test]
async fn a7_answers_under_way_and_an_unknown_language_get_a_notification_in_place_of_a_menu() {
    let world = known().await;
    let mut phone = world.phone(NUMBER, 301);
    phone.dial("*7142#").await;
    for typed in ["1", "2", "1", "1", "5AKT9X2"] {
        phone.send(typed).await.screen();
    }
    phone.ends(UssdEvent::Timeout).await.is_silent();
    let before = phone.envelope().await.dialog;
    assert_eq!(world.push(&flash(Some("*7142*2#"))).await.0, Flashed::Notified);
    assert!(phone.envelope().await.dialog == before, "the draft is where it was");

    let world = World::by("dialogue-id").await;
    assert_eq!(world.push(&flash(Some("*7142*2#"))).await.0, Flashed::Notified, "a phone never heard of");
}

#[tokio::test]
async fn a7_what_no_screen_holds_and_what_the_operator_cannot_do_is_left_to_the_text() {
    let world = known().await;
    let wordless = Flash { words: None, ..flash(None) };
    assert_eq!(world.push(&wordless).await, (Flashed::Wordless, None));
    let long = Flash { words: Some("ə".repeat(81)), ..flash(None) };
    assert_eq!(world.push(&long).await, (Flashed::Wordless, None));
    let unable = World::by("message-reference").await;
    assert_eq!(unable.push(&flash(Some("*7142*2#"))).await, (Flashed::Wordless, None));
}

#[tokio::test]
async fn a7_who_dials_while_a_pushed_menu_stands_begins_anew() {
    let world = known().await;
    let (_, shown) = world.push(&flash(Some("*7142*2#"))).await;
    let (_, _, session) = shown.expect("a screen");
    // Even where the network happens to give the new session the number of ours.
    let mut phone = world.phone(NUMBER, session);
    let said = phone.dial("*7142#").await;
    assert!(said.screen().0.contains("1 Yeni müraciət"), "{:?}", said.screens);
}
