//! A store that was restored from an older copy: what it has lost is taken again as it was told, and nothing happens twice.

use super::world::{Ground, NUMBER, PHONE, World, open};
use crate::{CoreConfig, CoreService, TakenAgain, Told};
use dayaq_core_api::{Core, Finished, NoticeOutcome, Request, Stage, SubmitReply};
use dayaq_postgres::PostgresDatabase;
use dayaq_sql::{Marks, StoreConfig};
use dayaq_types::Clock;
use std::time::Duration;
use uuid::Uuid;

/// A core in the same world on a store that has lost everything.
async fn emptied(world: &World, ground: Ground) -> (CoreService, Option<PostgresDatabase>) {
    let mut config: CoreConfig = world.config.clone();
    config.database = world.folder.path().join("restored.sqlite");
    let database = match ground {
        Ground::Sqlite => None,
        Ground::Postgres => Some(PostgresDatabase::create().await),
    };
    if let Some(database) = &database {
        let url = database.url().into();
        config.store = StoreConfig::Postgres { url, connections: 4, instance: Some("core-1".to_owned()) };
    }
    (open(&config, &world.content, &world.clock, 77).await.unwrap(), database)
}

/// Takes every notice that waits, reports it, and gives the ids by which a gateway knows it.
async fn notices(core: &CoreService) -> Vec<Uuid> {
    let leased = core.lease(100, Duration::from_secs(60)).await.unwrap();
    for notice in &leased {
        let outcome = NoticeOutcome::Unknown;
        assert!(core.finished(&Finished { id: notice.id, fence: notice.fence, outcome }).await.unwrap());
    }
    leased.iter().map(|notice| notice.id).collect()
}

async fn go_on(core: &CoreService, world: &World) {
    let marks = Marks { pair: Some("both".to_owned()), own: 9, other: 9, life: String::new() };
    core.store().go_on(marks.clone(), world.clock.now(), "a test".to_owned()).await.unwrap();
    assert_eq!(core.store().marks().await.unwrap(), marks);
}

async fn x03_what_was_told_is_taken_again_under_its_number(ground: Ground) {
    let world = World::standing(ground).await;
    world.alone();
    let submit = world.application();
    let SubmitReply::Registered { reference, registered_on, decide_by } = world.submit(PHONE, &submit).await else {
        panic!("registered")
    };
    world.work().await;
    let before = notices(&world.core).await;
    assert_eq!((before.len(), world.outside.registers().orders.len()), (2, 1), "registered, granted, a card ordered");

    world.wait(3 * 24 * 3600);
    let (core, _database) = emptied(&world, ground).await;
    let told = Told { reference: reference.clone(), registered_on, decide_by: Some(decide_by) };
    let (caller, request) = (world.caller(PHONE), Request::Submit(Box::new(submit.clone())));
    assert_eq!(core.take_again(&caller, &request, &told).await.unwrap(), TakenAgain::Taken);
    assert_eq!(core.take_again(&caller, &request, &told).await.unwrap(), TakenAgain::There);
    let again = core.submit(&caller, &submit).await.unwrap();
    assert_eq!(again, SubmitReply::Registered { reference: reference.clone(), registered_on, decide_by });
    go_on(&core, &world).await;

    core.run_due(world.clock.now()).await.unwrap();
    assert_eq!(notices(&core).await, before, "the texts are the ones that were sent");
    assert_eq!(world.outside.registers().orders.len(), 1, "the bank has the order already");
    assert_eq!(world.outside.calls("bank POST card-orders"), 1, "it was asked by key first");
    let events = core.audit(&reference).await.unwrap().unwrap();
    assert_eq!(events, ["registered-again", "verified", "granted", "card-ordered"]);
}

async fn x03_a_number_that_came_alone_is_taken_again_too(ground: Ground) {
    let world = World::standing(ground).await;
    world.alone();
    let submit = dayaq_core_api::Submit { notary_number: None, ..world.application() };
    let SubmitReply::AwaitingNotary { reference, registered_on } = world.submit(PHONE, &submit).await else {
        panic!("awaiting")
    };
    let complete = world.number_for(&reference, NUMBER);
    world.complete(PHONE, &complete).await;
    let before = notices(&world.core).await;

    let (core, _database) = emptied(&world, ground).await;
    let caller = world.caller(PHONE);
    let undated = Told { reference: reference.clone(), registered_on, decide_by: None };
    let request = Request::Submit(Box::new(submit));
    assert_eq!(core.take_again(&caller, &request, &undated).await.unwrap(), TakenAgain::Taken);
    let dated = Told { decide_by: world.content.decide_by(registered_on, 15), ..undated };
    let request = Request::Complete(complete);
    assert_eq!(core.take_again(&caller, &request, &dated).await.unwrap(), TakenAgain::Taken);
    assert_eq!(core.take_again(&caller, &request, &dated).await.unwrap(), TakenAgain::There);
    go_on(&core, &world).await;
    assert_eq!(notices(&core).await, before);
    core.run_due(world.clock.now()).await.unwrap();
    let status = core.status(&caller).await.unwrap();
    assert!(matches!(status, dayaq_core_api::StatusReply::At { stage: Stage::Granted, .. }), "{status:?}");
}

async fn x03_a_number_that_another_family_has_by_now_is_left_to_people(ground: Ground) {
    let world = World::standing(ground).await;
    let reference = world.registered(PHONE, &world.application()).await;
    let told = Told { reference, registered_on: "2026-11-20".parse().unwrap(), decide_by: None };
    let request = Request::Submit(Box::new(world.application()));
    let caller = world.caller(super::world::OTHER_PHONE);
    assert_eq!(world.core.take_again(&caller, &request, &told).await.unwrap(), TakenAgain::Differs);
}

on_each_database!(
    x03_what_was_told_is_taken_again_under_its_number,
    x03_a_number_that_came_alone_is_taken_again_too,
    x03_a_number_that_another_family_has_by_now_is_left_to_people,
);
