//! The year's end: past the last day of rules or calendar the core takes, keeps and tells, and promises no day.

use super::outside::Mood;
use super::world::{NUMBER, OTHER_PHONE, PHONE, World, open, shipped};
use crate::ContentFiles;
use dayaq_core_api::{
    CardStage, CompleteReply, Core, ExplainReply, Notice, PickupReply, Stage, StatusReply, SubmitReply,
};
use jiff::civil::{Date, date};

/// The files as they ship, and the rules of the next year as somebody would add them.
fn with_next_rules() -> ContentFiles {
    let mut files = shipped();
    let this = files.rules.iter().find(|(name, _)| name == "2026.toml").expect("it ships").1.clone();
    let next = this
        .replace("id = \"2026\"", "id = \"2027\"")
        .replace("from = 2026-01-01", "from = 2027-01-01")
        .replace("until = 2026-12-31", "until = 2027-12-31");
    files.rules.push(("2027.toml".to_owned(), next));
    files
}

fn without(calendar: &str) -> ContentFiles {
    let mut files = with_next_rules();
    files.calendar.retain(|(name, _)| name != calendar);
    files
}

/// Hands in and gives the day that was promised, if one was.
async fn promised(world: &World, phone: &str) -> Option<Date> {
    match world.submit(phone, &world.application()).await {
        SubmitReply::Registered { decide_by, .. } => Some(decide_by),
        SubmitReply::RegisteredUndated { .. } => None,
        other @ (SubmitReply::AwaitingNotary { .. } | SubmitReply::Already { .. } | SubmitReply::Limited) => {
            panic!("{other:?}")
        }
    }
}

#[tokio::test]
async fn x02_registered_on_30_december_the_rules_of_that_day_decide_by_both_years_calendars() {
    let world = World::on("2026-12-30T06:00:00Z", &shipped()).await;
    world.alone();
    world.outside.mood("interior", Mood::Failing);
    // 31.12., 1.1. and its transfer to 4.1. are off.
    assert_eq!(promised(&world, PHONE).await, Some(date(2027, 1, 26)));
    world.work_until("2027-01-08T06:00:00Z").await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::Gathering));
    world.outside.mood("interior", Mood::Well);
    world.work_until("2027-01-08T08:00:00Z").await;
    let StatusReply::At { reference, .. } = world.core.status(&world.caller(PHONE)).await.unwrap() else {
        panic!("it is there")
    };
    let stored = world.core.decision(&reference).await.unwrap().expect("decided");
    assert_eq!((stored.registered_on, stored.rules.id.as_str()), (date(2026, 12, 30), "2026"));
}

#[tokio::test]
async fn no_day_is_promised_where_no_rules_govern_the_day_of_registration() {
    for (now, day) in [
        ("2026-12-31T19:59:00Z", Some(date(2027, 1, 26))), // still the 31st in Baku
        ("2026-12-31T20:00:00Z", None),
        ("2027-01-04T06:00:00Z", None),
    ] {
        let world = World::on(now, &shipped()).await;
        assert_eq!(promised(&world, PHONE).await, day, "{now}");
    }
}

#[tokio::test]
async fn past_its_rules_a_core_takes_keeps_and_tells_and_decides_once_they_are_there() {
    let mut world = World::on("2027-01-04T06:00:00Z", &shipped()).await;
    world.alone();
    let submit = world.application();
    let SubmitReply::RegisteredUndated { reference, registered_on } = world.submit(PHONE, &submit).await else {
        panic!("no day can be promised")
    };
    assert_eq!(registered_on, date(2027, 1, 4));
    let told = world.texts().await;
    assert_eq!(told, [Notice::RegisteredUndated { reference: reference.clone() }]);
    // The same draft is answered the same, and the phone sees its application.
    let again = world.submit(PHONE, &submit).await;
    assert_eq!(again, SubmitReply::RegisteredUndated { reference: reference.clone(), registered_on });
    let status = world.core.status(&world.caller(PHONE)).await.unwrap();
    assert_eq!(status, StatusReply::At { stage: Stage::Gathering, reference: reference.clone(), decide_by: None });
    assert_eq!(world.explain(PHONE, "5678").await, ExplainReply::Undated);
    assert!(world.core.ending().iter().any(|said| said.starts_with("2026.toml:9:9: ")), "{:?}", world.core.ending());
    world.work().await;
    world.restart().await;
    assert_eq!(world.text_keys().await, [""; 0], "nothing new to tell");

    world.content = super::world::content(&with_next_rules());
    world.restart().await;
    world.wait(3600);
    world.work().await;
    let told = world.texts().await;
    assert_eq!(told[0], Notice::Deadline { reference: reference.clone(), decide_by: date(2027, 1, 26) });
    assert_eq!(told[1].key(), "granted");
    assert_eq!(world.stage(PHONE).await, Some(Stage::Granted));
    let events = world.core.audit(&reference).await.unwrap().unwrap();
    assert_eq!(events, ["registered", "deadline-alarm", "dated", "verified", "granted", "card-ordered"]);
}

#[tokio::test]
async fn a_day_that_is_past_when_the_rules_come_is_promised_to_nobody() {
    let mut world = World::on("2027-01-04T06:00:00Z", &shipped()).await;
    world.alone();
    assert_eq!(promised(&world, PHONE).await, None);
    world.work_until("2027-02-15T06:00:00Z").await;
    world.content = super::world::content(&with_next_rules());
    world.restart().await;
    world.wait(3600);
    world.work().await;
    assert_eq!(world.text_keys().await, ["granted"]);
}

#[tokio::test]
async fn past_its_calendar_a_core_decides_and_tells_status_and_card() {
    // The card of an application of before goes on, and a new one is decided without a day that nobody can count.
    let mut world = World::on("2026-11-23T06:00:00Z", &without("2027.toml")).await;
    world.alone();
    let before = world.registered(PHONE, &world.application()).await;
    world.work().await;
    world.texts().await;
    world.core.close().await;
    world.clock.advance_to("2026-12-28T06:00:00Z".parse().unwrap());
    world.core = open(&world.config, &world.content, &world.clock, 3).await.expect("it starts past its calendar");
    let status = world.core.status(&world.caller(PHONE)).await.unwrap();
    assert!(matches!(status, StatusReply::At { reference, .. } if reference == before));
    let PickupReply::Card(CardStage::Ordered { branch }) = world.pickup(PHONE, "5678").await else { panic!("ordered") };
    assert_eq!(branch, "quba-1");
    assert_eq!(promised(&world, OTHER_PHONE).await, None);
    world.work().await;
    assert!(world.core.ending().iter().any(|said| said.starts_with("2026.toml:") && said.contains("working days")));
    assert_eq!(world.stage(OTHER_PHONE).await, Some(Stage::Superseded), "the same applicant, from another phone");
}

#[tokio::test]
async fn a_number_given_past_the_rules_begins_an_application_without_a_day() {
    let world = World::on("2027-01-04T06:00:00Z", &shipped()).await;
    world.alone();
    let reference = world.awaiting(PHONE).await;
    let number = world.number_for(&reference, NUMBER);
    let expected = CompleteReply::RegisteredUndated { reference: reference.clone(), registered_on: date(2027, 1, 4) };
    for _ in 0..2 {
        assert_eq!(world.complete(PHONE, &number).await, expected);
    }
    assert_eq!(world.text_keys().await, ["awaiting-notary", "registered-undated"]);
}
