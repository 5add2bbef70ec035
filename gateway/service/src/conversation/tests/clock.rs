//! E06: a clock that is set, forward or back, ends nothing that would not have ended, and counts nothing twice.

use super::forms::{from_phone, part, text};
use super::world::World;
use dayaq_types::Clock;
use jiff::SignedDuration;
use std::time::Duration;

const NUMBER: u64 = 994_501_234_567;

/// A phone that has answered something, in English.
async fn begun(world: &World, number: u64) {
    let mut phone = world.phone(number, number);
    phone.dial("*7142#").await;
    for typed in ["3", "1", "1", "1", "5AKT9X2"] {
        phone.send(typed).await.screen();
    }
    phone.ends(dayaq_smpp::ussd::UssdEvent::Abort).await.is_silent();
}

#[tokio::test]
async fn e06_a_draft_of_sixty_hours_outlives_a_clock_that_is_a_day_ahead_for_a_while() {
    let (hour, day) = (SignedDuration::from_hours(1), SignedDuration::from_hours(24));
    for jump in [hour, -hour, day, -day, day * 365, day * 365 * 20, -day * 365] {
        let world = World::new().await;
        for at in 0..20 {
            begun(&world, NUMBER + at).await;
        }
        world.clock.advance(Duration::from_hours(60));
        world.clock.jump(jump);
        for at in 0..10 {
            let screen = world.phone(NUMBER + at, 1).dial("*7142#").await;
            assert!(screen.screen().0.contains("1 Continue"), "{jump}: {screen:?}");
        }
        world.clock.advance(Duration::from_secs(1_800));
        world.clock.jump(-jump);
        for at in 0..20 {
            let screen = world.phone(NUMBER + at, 2).dial("*7142#").await;
            assert!(screen.screen().0.contains("1 Continue"), "{jump}, set right: {screen:?}");
        }
    }
}

#[tokio::test]
async fn e06_parts_wait_their_time_whatever_the_clock_is_set_to() {
    let hour = SignedDuration::from_hours(1);
    for jump in [hour, -hour, hour * 24, -hour * 24] {
        let world = World::new().await;
        for typed in ["Salam", "3", "1", "1", "1"] {
            world.deliver(text(NUMBER, typed)).await;
        }
        world.texts().await;
        world.deliver(part(&from_phone(NUMBER), [1, 2, 1], b"5AKT")).await;
        world.clock.jump(jump);
        world.clock.advance(Duration::from_secs(5));
        world.conversations.give_up_due().await;
        world.deliver(part(&from_phone(NUMBER), [1, 2, 2], b"9X2")).await;
        assert!(world.reply(NUMBER).await.starts_with("Series"), "{jump}: it is whole");
        assert_eq!(world.texts().await.len(), 1);
        // And what never becomes whole is given up after ten minutes, not after the jump.
        world.deliver(part(&from_phone(NUMBER), [2, 2, 1], b"1")).await;
        world.clock.jump(-jump);
        world.clock.advance(Duration::from_secs(601));
        world.conversations.give_up_due().await;
        world.clock.advance(Duration::from_secs(601));
        world.conversations.give_up_due().await;
        assert_eq!(world.texts().await.len(), 1, "{jump}: told once");
        assert!(world.envelope(NUMBER).await.texting.parts().sets.is_empty());
    }
}

#[tokio::test]
async fn e06_leap_days_and_2038_are_days_like_others() {
    for midnight in ["2028-02-28T23:59:50+04:00", "2028-02-29T23:59:50+04:00", "2038-01-19T03:14:00Z"] {
        let world = World::new().await;
        world.clock.advance_to(midnight.parse().unwrap());
        for typed in ["Salam", "3", "1", "1", "1"] {
            world.deliver(text(NUMBER, typed)).await;
            assert_eq!(world.texts().await.len(), 1);
            world.clock.advance(Duration::from_secs(5));
        }
        assert!(world.reply(NUMBER).await.contains("Your FIN"), "{midnight}");
        world.clock.advance(Duration::from_secs(60));
        world.deliver(text(NUMBER, "5AKT9X2")).await;
        assert!(world.reply(NUMBER).await.starts_with("Series"), "{midnight}");
        assert!(world.envelope(NUMBER).await.texting.tally.today(world.clock.now()) > 0);
    }
}
