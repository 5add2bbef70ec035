//! E06: a clock that was ahead and is set right, and days that are rare.

use super::outside::Mood;
use super::world::{Ground, PHONE, World};
use dayaq_core_api::{Core, ExplainReply, Stage};
use dayaq_types::Clock;
use jiff::SignedDuration;
use std::time::Duration;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const LEASE: Duration = Duration::from_secs(300);

async fn e06_what_was_put_off_under_a_clock_a_day_ahead_is_done_once_it_is_set_right(ground: Ground) {
    let world = World::standing(ground).await;
    world.alone();
    world.registered(PHONE, &world.application()).await;
    world.texts().await;
    world.clock.jump(DAY);
    world.outside.mood("interior", Mood::Failing);
    assert!(world.work().await > 0, "it is tried and put off");
    world.outside.mood("interior", Mood::Well);
    world.clock.jump(-DAY);
    assert!(world.work().await > 0, "it does not wait for tomorrow");
    assert_eq!(world.stage(PHONE).await, Some(Stage::Granted));
    assert_eq!(world.text_keys().await, ["granted"]);
}

async fn e06_a_lease_of_another_day_ends_in_its_time_and_its_holder_is_fenced_off(ground: Ground) {
    let world = World::standing(ground).await;
    world.alone();
    world.registered(PHONE, &world.application()).await;
    let store = world.store("core-1").await;
    world.clock.jump(DAY);
    let held = store.claim(world.clock.now(), 9, LEASE).await.unwrap();
    assert_eq!(held.len(), 1);
    // A notice of that day, under a lease of that day.
    assert_eq!(world.core.lease(9, Duration::from_secs(120)).await.unwrap().len(), 1);
    world.clock.jump(-DAY);
    assert_eq!(world.work().await, 0, "somebody may be at it still");
    world.wait(LEASE.as_secs() + 1);
    assert!(world.work().await > 0, "nobody is any more");
    assert_eq!(world.stage(PHONE).await, Some(Stage::Granted));
    assert!(
        !store.postpone(&held[0], world.clock.now(), Some("it comes late")).await.unwrap(),
        "who comes back late changes nothing"
    );
    assert_eq!(world.text_keys().await, ["registered", "granted"]);
}

async fn e06_g04_tries_of_another_day_lock_nobody_out_for_longer_than_one(ground: Ground) {
    let world = World::standing(ground).await;
    world.registered(PHONE, &world.application()).await;
    world.clock.jump(DAY * 30);
    for _ in 0..5 {
        assert_eq!(world.explain(PHONE, "0000").await, ExplainReply::Wrong);
    }
    world.clock.jump(-DAY * 30);
    assert_eq!(world.explain(PHONE, "5678").await, ExplainReply::Locked, "they were made all the same");
    world.wait(24 * 3600);
    assert!(matches!(world.explain(PHONE, "5678").await, ExplainReply::Undecided { .. }));
}

async fn e06_g04_there_are_five_tries_within_any_day_wherever_it_begins(ground: Ground) {
    let world = World::standing(ground).await;
    world.registered(PHONE, &world.application()).await;
    // It is ten in Baku. Tries around midnight are of one day.
    world.wait(14 * 3600 - 60);
    let mut wrong = 0;
    for _ in 0..10 {
        wrong += u32::from(world.explain(PHONE, "0000").await == ExplainReply::Wrong);
        world.wait(12);
    }
    assert_eq!(wrong, 5);
}

on_each_database!(
    e06_what_was_put_off_under_a_clock_a_day_ahead_is_done_once_it_is_set_right,
    e06_a_lease_of_another_day_ends_in_its_time_and_its_holder_is_fenced_off,
    e06_g04_tries_of_another_day_lock_nobody_out_for_longer_than_one,
    e06_g04_there_are_five_tries_within_any_day_wherever_it_begins,
);
