//! Who hangs up while the core is being asked.

use super::world::World;
use dayaq_smpp::ussd::UssdEvent;
use std::sync::Arc;

#[tokio::test]
async fn b01_who_hangs_up_while_the_core_is_asked_is_sent_nothing_and_finds_the_answer_later() {
    for event in [UssdEvent::Abort, UssdEvent::Timeout] {
        let world = World::by("dialogue-id").await;
        let mut phone = world.phone(994_501_234_567, 7);
        phone.dial("*7142#").await;
        phone.send("1").await.screen();
        *world.core.held.lock().unwrap() = true;
        phone.sequence += 1;
        let asking = world.arrival(phone.message(UssdEvent::Continue, "2"));
        let ending = world.arrival(phone.message(event, ""));
        let conversations = Arc::clone(&world.conversations);
        let turn = tokio::spawn(async move { conversations.handle(&asking).await });
        world.core.asked.notified().await;
        let conversations = Arc::clone(&world.conversations);
        let end = tokio::spawn(async move { conversations.handle(&ending).await });
        // The end has arrived and waits for the turn before it.
        while !world.conversations.departed.any() {
            tokio::task::yield_now().await;
        }
        world.core.go.notify_one();
        turn.await.unwrap();
        end.await.unwrap();
        let said = world.said();
        assert_eq!((said.statuses.len(), said.screens.len()), (2, 0), "both are taken, and no screen goes out");
        assert!(!phone.envelope().await.radio.is_some_and(|radio| radio.live));
        assert!(!world.conversations.departed.any(), "nothing is kept of who left");
        *world.core.held.lock().unwrap() = false;
        phone.session += 1;
        assert!(!phone.dial("*7142#").await.screen().1);
    }
}
