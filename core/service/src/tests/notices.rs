use super::world::{Ground, PHONE, World};
use dayaq_core_api::{Core, Finished, NoticeOutcome};
use dayaq_types::{Language, Msisdn};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn sent() -> NoticeOutcome {
    NoticeOutcome::Sent { text_sha256: "ab".repeat(32), segments: 2 }
}

async fn p3_a_notice_goes_to_the_bound_phone_in_its_language(ground: Ground) {
    let world = World::standing(ground).await;
    world.registered(PHONE, &world.application()).await;
    let leased = world.core.lease(10, MINUTE).await.unwrap();
    assert_eq!(leased.len(), 1);
    assert_eq!((leased[0].msisdn, leased[0].language), (Msisdn::parse(PHONE).unwrap(), Language::Az));
}

async fn d11_a_leased_notice_is_nobody_elses_until_its_lease_ends(ground: Ground) {
    let world = World::standing(ground).await;
    world.registered(PHONE, &world.application()).await;
    let first = world.core.lease(10, MINUTE).await.unwrap();
    assert_eq!(world.core.lease(10, MINUTE).await.unwrap(), []);
    world.wait(60);
    let second = world.core.lease(10, MINUTE).await.unwrap();
    assert_eq!((second[0].id, second[0].fence), (first[0].id, first[0].fence + 1));

    let late = Finished { id: first[0].id, fence: first[0].fence, outcome: NoticeOutcome::Unknown };
    assert!(!world.core.finished(&late).await.unwrap(), "the late worker's report is refused");
    let own = Finished { id: second[0].id, fence: second[0].fence, outcome: sent() };
    assert!(world.core.finished(&own).await.unwrap());
    assert!(world.core.finished(&own).await.unwrap(), "a repeated report is welcome");
    let other = Finished { outcome: NoticeOutcome::Dead { cause: "0x0b".to_owned() }, ..own };
    assert!(!world.core.finished(&other).await.unwrap(), "an end is an end");
    world.wait(600);
    assert_eq!(world.core.lease(10, MINUTE).await.unwrap(), []);
}

async fn d05_a_notice_outlives_the_process_that_wrote_it(ground: Ground) {
    let mut world = World::standing(ground).await;
    world.registered(PHONE, &world.application()).await;
    world.restart().await;
    assert_eq!(world.text_keys().await, ["registered"]);
}

async fn a_lease_takes_the_oldest_first_and_no_more_than_asked(ground: Ground) {
    let world = World::standing(ground).await;
    let phones = ["994501111111", "994502222222", "994503333333"];
    for phone in phones {
        world.registered(phone, &world.application()).await;
        world.wait(1);
    }
    let first = world.core.lease(2, MINUTE).await.unwrap();
    let numbers: Vec<String> = first.iter().map(|l| l.msisdn.digits()).collect();
    assert_eq!(numbers, phones[..2]);
    assert_eq!(world.core.lease(2, MINUTE).await.unwrap()[0].msisdn.digits(), phones[2]);
    assert_eq!(world.core.lease(0, MINUTE).await.unwrap(), []);
}

async fn what_is_due_next_is_told_without_what_a_gateway_holds(ground: Ground) {
    let world = World::standing(ground).await;
    assert_eq!(world.core.next_due().await.unwrap(), None);
    let now = dayaq_types::Clock::now(world.clock.as_ref());
    let mut application = world.application();
    application.notary_number = None;
    world.submit(PHONE, &application).await;
    assert_eq!(world.core.next_due().await.unwrap(), Some(now));
    world.core.lease(10, MINUTE).await.unwrap();
    assert_eq!(world.core.next_due().await.unwrap(), None);
}

/// A gateway leases what waits again and again; sixty thousand that wait hold up none that is new.
async fn a_new_notice_is_leased_next_however_many_wait(ground: Ground) {
    let world = World::standing(ground).await;
    world.registered(PHONE, &world.application()).await;
    let first = world.core.lease(10, MINUTE).await.unwrap();
    assert_eq!(first.len(), 1);
    let due = dayaq_types::Clock::now(world.clock.as_ref()).as_millisecond();
    let waiting = "INSERT INTO notices (id, application_id, key, notice, due_at, lease_until, fence)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
         SELECT '00000000-0000-7000-8000-' || CAST(100000000000 + i AS TEXT), (SELECT id FROM applications), 'k' || i, $1,
            $2, $2 + i, 1 FROM n";
    let added = world
        .core
        .store
        .write(move |mut tx| {
            Box::pin(async move { Ok(tx.execute(waiting, &[(&[0u8; 64]).into(), due.into()]).await?) })
        })
        .await;
    assert_eq!(added.unwrap(), 60_000);
    world.wait(120);
    world.registered("994502222222", &world.application()).await;
    let leased = world.core.lease(1, MINUTE).await.unwrap();
    assert_eq!(leased[0].msisdn.digits(), "994502222222");
}

async fn a_notice_that_its_gateway_has_kept_is_handed_out_again_only_much_later(ground: Ground) {
    let world = World::standing(ground).await;
    world.registered(PHONE, &world.application()).await;
    let first = world.core.lease(10, MINUTE).await.unwrap();
    let kept = [(first[0].id, first[0].fence)];
    world.core.kept(&kept, 60 * MINUTE).await.unwrap();
    world.core.store.release_notices().await.unwrap();
    world.wait(3599);
    assert_eq!(world.core.lease(10, MINUTE).await.unwrap(), [], "a restart changes nothing");
    world.wait(1);
    let again = world.core.lease(10, MINUTE).await.unwrap();
    assert_eq!(again[0].id, first[0].id, "its gateway may have lost it");
    world.core.kept(&kept, 60 * MINUTE).await.unwrap();
    world.wait(60);
    assert_eq!(world.core.lease(10, MINUTE).await.unwrap().len(), 1, "whose lease is over has nothing to say");
}

on_each_database!(
    a_new_notice_is_leased_next_however_many_wait,
    a_notice_that_its_gateway_has_kept_is_handed_out_again_only_much_later,
    p3_a_notice_goes_to_the_bound_phone_in_its_language,
    d11_a_leased_notice_is_nobody_elses_until_its_lease_ends,
    d05_a_notice_outlives_the_process_that_wrote_it,
    a_lease_takes_the_oldest_first_and_no_more_than_asked,
    what_is_due_next_is_told_without_what_a_gateway_holds,
);
