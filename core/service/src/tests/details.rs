use super::world::{APPLICANT, Ground, OTHER_PHONE, PHONE, World};
use dayaq_core_api::{CardStage, ExplainReply, PickupReply};
use dayaq_types::Money;

async fn g4_details_open_to_the_bound_phone_with_the_last_four_digits(ground: Ground) {
    let world = World::standing(ground).await;
    world.alone();
    assert_eq!(world.explain(PHONE, "5678").await, ExplainReply::None);
    assert_eq!(world.pickup(PHONE, "5678").await, PickupReply::None);
    world.registered(PHONE, &world.application()).await;
    world.work().await;
    assert_eq!(world.explain(OTHER_PHONE, "5678").await, ExplainReply::None);
    assert_eq!(world.explain(PHONE, "1234").await, ExplainReply::Wrong);
    assert_eq!(world.explain(PHONE, "").await, ExplainReply::Wrong);
    assert_eq!(world.explain(PHONE, "56789").await, ExplainReply::Wrong);
    let ExplainReply::Granted(award) = world.explain(PHONE, "5678").await else { panic!("granted") };
    assert_eq!(award.amount, Money::from_manat(300));
}

async fn g04_the_sixth_try_within_a_day_is_locked_even_if_right(ground: Ground) {
    let world = World::standing(ground).await;
    world.registered(PHONE, &world.application()).await;
    for n in 0..5 {
        let wrong = format!("000{n}");
        // Both questions count on one account.
        if n % 2 == 0 {
            assert_eq!(world.explain(PHONE, &wrong).await, ExplainReply::Wrong);
        } else {
            assert_eq!(world.pickup(PHONE, &wrong).await, PickupReply::Wrong);
        }
        world.wait(60);
    }
    assert_eq!(world.explain(PHONE, "5678").await, ExplainReply::Locked);
    assert_eq!(world.pickup(PHONE, "5678").await, PickupReply::Locked);
    world.wait(24 * 3600 - 5 * 60 - 1);
    assert_eq!(world.explain(PHONE, "5678").await, ExplainReply::Locked);
    world.wait(1);
    assert!(matches!(world.explain(PHONE, "5678").await, ExplainReply::Undecided { .. }));
}

async fn g04_nobody_locks_the_owner_out_from_another_phone(ground: Ground) {
    let world = World::standing(ground).await;
    world.registered(PHONE, &world.application()).await;
    let mut stranger = world.application();
    stranger.notary_number = None;
    world.submit(OTHER_PHONE, &stranger).await;
    for _ in 0..8 {
        world.explain(OTHER_PHONE, "0000").await;
    }
    assert_eq!(world.explain(OTHER_PHONE, "5678").await, ExplainReply::Locked);
    assert!(matches!(world.explain(PHONE, "5678").await, ExplainReply::Undecided { .. }));
}

async fn g04_tries_at_the_same_time_are_counted_one_by_one(ground: Ground) {
    let world = World::standing(ground).await;
    world.registered(PHONE, &world.application()).await;
    let tries = (0..20).map(|_| world.explain(PHONE, "0000"));
    let replies = futures_util::future::join_all(tries).await;
    assert_eq!(replies.iter().filter(|r| **r == ExplainReply::Wrong).count(), 5);
    assert_eq!(replies.iter().filter(|r| **r == ExplainReply::Locked).count(), 15);
}

async fn a_refused_family_has_no_card_and_a_waiting_one_no_deadline(ground: Ground) {
    let world = World::standing(ground).await;
    world.registered(PHONE, &world.application()).await;
    world.work().await;
    assert_eq!(world.pickup(PHONE, "5678").await, PickupReply::Card(CardStage::None));
    let mut waiting = world.application();
    waiting.notary_number = None;
    world.submit(OTHER_PHONE, &waiting).await;
    assert_eq!(world.explain(OTHER_PHONE, "5678").await, ExplainReply::Undecided { decide_by: None });
}

async fn n1_what_the_core_shows_of_an_application_holds_no_personal_value(ground: Ground) {
    let world = World::standing(ground).await;
    let application = world.application();
    let shown = format!("{application:?} {:?}", world.caller(PHONE));
    assert!(!shown.contains(APPLICANT) && !shown.contains("501234567"), "{shown}");
}

on_each_database!(
    g4_details_open_to_the_bound_phone_with_the_last_four_digits,
    g04_the_sixth_try_within_a_day_is_locked_even_if_right,
    g04_nobody_locks_the_owner_out_from_another_phone,
    g04_tries_at_the_same_time_are_counted_one_by_one,
    a_refused_family_has_no_card_and_a_waiting_one_no_deadline,
    n1_what_the_core_shows_of_an_application_holds_no_personal_value,
);
