//! What is left when the core is cut off in the middle of its work.

use super::outside::Mood;
use super::world::{Ground, PHONE, World};
use dayaq_core_api::Stage;
use dayaq_types::Clock;
use futures_util::poll;
use std::pin::pin;
use std::task::Poll;

/// Polls a pass that many times and drops it, as a process dies; `false` where it ended before.
async fn cut_off(world: &World, after_polls: usize) -> bool {
    let mut pass = pin!(world.core.run_due(world.clock.now()));
    for _ in 0..after_polls {
        if let Poll::Ready(done) = poll!(&mut pass) {
            done.unwrap();
            return false;
        }
        tokio::task::yield_now().await;
    }
    true
}

async fn e01_a_pass_cut_off_anywhere_leaves_one_decision_one_text_and_one_card(ground: Ground) {
    let mut cuts = 0;
    let mut polls = 1;
    loop {
        let mut world = World::standing(ground).await;
        world.family();
        let mut application = world.application();
        application.members = World::members();
        let reference = world.registered(PHONE, &application).await;
        let cut = cut_off(&world, polls).await;
        world.restart().await;
        world.work_until("2026-11-23T07:00:00Z").await;
        assert_eq!(world.stage(PHONE).await, Some(Stage::Granted), "after {polls} polls");
        let events = world.core.audit(&reference).await.unwrap().unwrap();
        assert_eq!(events, ["registered", "verified", "granted", "card-ordered"], "after {polls} polls");
        assert_eq!(world.outside.registers().orders.len(), 1, "after {polls} polls");
        world.outside.card_ready("2026-11-30");
        world.work_until("2026-11-23T12:00:00Z").await;
        assert_eq!(world.stage(PHONE).await, Some(Stage::CardReady), "after {polls} polls");
        if !cut {
            break;
        }
        cuts += 1;
        polls += 1 + polls / 4;
    }
    assert!(cuts > 5, "the pass was cut off {cuts} times only");
}

#[tokio::test]
async fn e03_a_worker_told_to_stop_does_not_wait_for_a_silent_registry() {
    let mut world = World::new().await;
    for institution in &mut world.content.institutions {
        institution.timeout = std::time::Duration::from_secs(3600);
    }
    world.restart().await;
    world.alone();
    world.outside.mood("interior", Mood::Silent);
    world.registered(PHONE, &world.application()).await;
    let cancel = tokio_util::sync::CancellationToken::new();
    let stop = async {
        while world.outside.calls("interior GET persons") == 0 {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    };
    futures_util::future::join(world.core.run(cancel.clone()), stop).await;
    let (now, minute) = (dayaq_types::Clock::now(world.clock.as_ref()), std::time::Duration::from_secs(60));
    let claimed = world.core.store.claim(now, 10, minute).await.unwrap();
    assert_eq!(claimed.len(), 1, "what it had claimed is free at once");
    world.core.store.give_back(&claimed).await.unwrap();
    world.outside.mood("interior", Mood::Well);
    world.restart().await;
    world.work().await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::Granted));
}

#[tokio::test]
async fn d02_a_database_that_another_process_holds_is_waited_for() {
    let world = World::new().await;
    let other =
        sqlx::sqlite::SqlitePool::connect_with(sqlx::sqlite::SqliteConnectOptions::new().filename(world.file()))
            .await
            .unwrap();
    let held = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let application = world.application();
    let mut submitting = pin!(world.submit(PHONE, &application));
    assert!(poll!(&mut submitting).is_pending());
    held.rollback().await.unwrap();
    submitting.await;
    assert_eq!(world.text_keys().await, ["registered"]);
}

on_each_database!(e01_a_pass_cut_off_anywhere_leaves_one_decision_one_text_and_one_card);
