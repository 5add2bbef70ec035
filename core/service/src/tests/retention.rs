//! What the core does not need any more goes; decisions and the audit stay.

use super::world::{APPLICANT, Ground, OTHER_PHONE, PHONE, World, keys};
use crate::Retention;
use dayaq_core_api::{Core, ExistingReply, Stage};
use dayaq_sql::Sweeper;
use dayaq_types::{Clock, Msisdn};
use std::time::Duration;

const DAY_S: u64 = 86_400;

/// An application, granted, with its card ready and everything told.
async fn granted(ground: Ground) -> (World, String) {
    let world = World::standing(ground).await;
    world.alone();
    let reference = world.registered(PHONE, &world.application()).await;
    world.work().await;
    world.outside.card_ready("2026-11-30");
    world.work_until("2026-11-24T06:00:00Z").await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::CardReady));
    (world, reference)
}

async fn sweep(world: &World) -> [u64; 4] {
    let mut sweeper: Sweeper = world.core.sweeper().without_rests();
    let swept = world.core.store.sweep_by(&mut sweeper, &Retention::default(), world.clock.now()).await.unwrap();
    ["wrong-tries", "raw-answers", "notices", "applications"].map(|kind| swept[kind].erased)
}

async fn count(world: &World, from: &str) -> u64 {
    world.core.store.count(from).await
}

async fn g12_raw_answers_and_notices_go_after_90_days_and_the_decision_replays(ground: Ground) {
    let (world, reference) = granted(ground).await;
    let answers = count(&world, "evidence WHERE length(raw) > 0").await;
    assert!(answers > 5);
    world.clock.advance_to("2027-02-21T05:59:59Z".parse().unwrap());
    assert_eq!(sweep(&world).await, [0; 4], "89 days");
    world.wait(40 * DAY_S);
    let notices = count(&world, "notices").await;
    assert_eq!(sweep(&world).await, [0, answers, notices, 0]);
    assert_eq!(count(&world, "evidence WHERE length(raw) > 0").await, 0);
    assert_eq!(count(&world, "evidence").await, answers, "what was read in them stays");
    assert_eq!(sweep(&world).await, [0; 4], "once");
    let stored = world.core.decision(&reference).await.unwrap().unwrap();
    assert_eq!(stored.replay().unwrap(), stored.decision);
    assert!(world.core.audit(&reference).await.unwrap().is_some(), "the chain holds");
    assert_eq!(world.stage(PHONE).await, Some(Stage::CardReady));
}

/// One that waits for its number, one whose evidence is not complete, and one whose outcome nobody has been told yet.
async fn what_is_under_way_or_untold_is_never_touched(ground: Ground) {
    let world = World::standing(ground).await;
    world.family();
    world.awaiting(OTHER_PHONE).await;
    world.outside.mood("taxes", super::outside::Mood::Failing);
    world.registered(PHONE, &world.application()).await;
    world.work().await;
    let kept = count(&world, "evidence WHERE length(raw) > 0").await;
    assert!(kept > 0);
    world.wait(4_000 * DAY_S);
    assert_eq!(sweep(&world).await, [0; 4], "under way and untold");
    world.texts().await;
    assert_eq!(sweep(&world).await, [0; 4], "under way");
}

async fn an_outcome_that_waits_to_be_told_keeps_what_it_rests_on(ground: Ground) {
    let world = World::standing(ground).await;
    world.family();
    world.registered(PHONE, &world.application()).await;
    world.work().await;
    assert_ne!(world.stage(PHONE).await, Some(Stage::Gathering), "decided");
    world.wait(4_000 * DAY_S);
    let [_, raw, notices, applications] = sweep(&world).await;
    assert_eq!((raw, notices, applications), (0, 0, 0));
    while !world.texts().await.is_empty() || world.work().await > 0 {}
    world.wait(91 * DAY_S);
    assert!(sweep(&world).await[1] > 0);
}

/// After ten years the key of an application is destroyed, and nobody is found by what is left; decision and audit are there to
/// the octet, the chain of their hashes holds, and nothing sealed in them opens.
async fn g12_an_application_is_erased_with_its_key_and_its_decision_stays(ground: Ground) {
    let (world, reference) = granted(ground).await;
    world.explain(PHONE, "0000").await;
    let id = world.core.store.application_by_reference(&reference).await.unwrap().unwrap().id;
    let before = world.core.store.decisions_and_audit().await;
    let events = world.core.audit(&reference).await.unwrap().unwrap();
    world.wait(3_660 * DAY_S);
    assert_eq!(sweep(&world).await[3], 1);
    assert_eq!(world.core.store.decisions_and_audit().await, before, "to the octet");
    assert_eq!(world.core.store.audit_events(id).await.unwrap(), Some(events), "the chain holds");
    assert!(world.core.decision(&reference).await.unwrap().is_none(), "and nobody opens it");
    for table in ["evidence", "tickets", "members", "submissions", "wrong_tries", "jobs"] {
        assert_eq!(count(&world, table).await, 0, "{table}");
    }
    for left in [
        "applications WHERE data_key IS NOT NULL OR length(declared) > 0 OR length(msisdn) > 0 OR length(fin_lookup) > 0
            OR length(msisdn_lookup) > 0",
        "cards WHERE length(details) > 0",
        "notices WHERE length(notice) > 0",
    ] {
        assert_eq!(count(&world, left).await, 0, "{left}");
    }
    assert_eq!(world.stage(PHONE).await, None);
    assert_eq!(world.existing(PHONE).await, ExistingReply::None);
    assert!(world.core.lease(10, Duration::from_secs(60)).await.unwrap().is_empty());
    if let Ground::Sqlite = ground {
        world.core.close().await;
        let (content, keys) = (world.raw().await, keys());
        let phone = Msisdn::parse(PHONE).unwrap();
        for needle in [keys.lookup("fin", APPLICANT.as_bytes()), keys.lookup("msisdn", phone.digits().as_bytes())] {
            assert!(!content.windows(32).any(|window| window == needle), "a pseudonym stands in the file");
        }
    }
}

on_each_database!(
    g12_raw_answers_and_notices_go_after_90_days_and_the_decision_replays,
    what_is_under_way_or_untold_is_never_touched,
    an_outcome_that_waits_to_be_told_keeps_what_it_rests_on,
    g12_an_application_is_erased_with_its_key_and_its_decision_stays,
);
