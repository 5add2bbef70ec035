//! For how many a phone applies.

use super::world::{APPLICANT, Ground, OTHER_PHONE, PHONE, World};
use dayaq_core_api::{Core, Stage, Submit, SubmitReply};
use dayaq_types::{Clock, Fin};
use std::time::Duration;

const DAY_S: u64 = 86_400;

fn stranger(n: usize) -> Fin {
    Fin::parse(&format!("1AAAA{n:02}")).unwrap()
}

impl World {
    fn application_for(&self, applicant: Fin) -> Submit {
        Submit { applicant, ..self.application() }
    }

    async fn applies_for(&self, phone: &str, applicant: Fin) -> SubmitReply {
        self.submit(phone, &self.application_for(applicant)).await
    }
}

/// A neighbour's phone hands in for three of the street, then is at its end; whatever FIN it types from then on, one that
/// nobody bears, one that has applied elsewhere or one with an award, the answer is the same to the octet, and nobody else
/// hears or sees anything of it.
async fn g03_a_phone_applies_for_three_and_the_answer_to_a_fourth_says_nothing_of_the_fin(ground: Ground) {
    let world = World::standing(ground).await;
    world.alone();
    let owner = world.registered(OTHER_PHONE, &world.application()).await;
    world.work().await;
    assert_eq!(world.stage(OTHER_PHONE).await, Some(Stage::Granted));
    assert_eq!(world.text_keys().await, ["registered", "granted"]);
    for n in 0..3 {
        assert!(matches!(world.applies_for(PHONE, stranger(n)).await, SubmitReply::Registered { .. }));
    }
    world.work().await;
    world.texts().await;
    let (applications, calls) = (world.core.store.count("applications").await, world.outside.registers().calls.len());
    let applicant = Fin::parse(APPLICANT).unwrap();
    let (nobodys, granted) = (stranger(3), world.application_for(applicant));
    let mut unnotarised = world.application_for(stranger(4));
    unnotarised.notary_number = None;
    for typed in [world.application_for(nobodys), granted.clone(), granted, unnotarised] {
        assert_eq!(world.submit(PHONE, &typed).await, SubmitReply::Limited);
    }
    assert_eq!(world.core.store.count("applications").await, applications, "nothing is kept");
    assert_eq!(world.work().await, 0);
    assert_eq!(world.outside.registers().calls.len(), calls, "nobody is asked");
    assert!(world.core.lease(10, Duration::from_secs(60)).await.unwrap().is_empty(), "and nobody is told");
    assert_eq!(world.stage(OTHER_PHONE).await, Some(Stage::Granted));
    assert!(matches!(world.submit(OTHER_PHONE, &world.application()).await,
        SubmitReply::Already { reference, .. } if reference == owner));
    // The owner's own hand is free of what the neighbour's phone did, and one of the three may be typed again.
    assert!(matches!(world.applies_for(OTHER_PHONE, stranger(4)).await, SubmitReply::Registered { .. }));
    assert!(matches!(world.applies_for(PHONE, stranger(0)).await, SubmitReply::Registered { .. }), "refused before");
}

/// A place is free 30 days after the last application for whom it was taken, and a clock that was ahead keeps it no longer.
async fn g03_a_place_is_free_after_thirty_days(ground: Ground) {
    let world = World::standing(ground).await;
    for n in 0..3 {
        world.registered(PHONE, &world.application_for(stranger(n))).await;
        world.wait(DAY_S);
    }
    // The first one again, who was refused: the place is kept from now on.
    world.work().await;
    world.registered(PHONE, &world.application_for(stranger(0))).await;
    world.wait(28 * DAY_S - 1);
    assert_eq!(world.applies_for(PHONE, stranger(3)).await, SubmitReply::Limited);
    world.wait(1);
    assert_ne!(world.applies_for(PHONE, stranger(3)).await, SubmitReply::Limited, "the second's place");
    assert_eq!(world.applies_for(PHONE, stranger(4)).await, SubmitReply::Limited);
    world.tamper("UPDATE phone_applicants SET at = at + 864000000000").await.unwrap();
    assert_eq!(world.applies_for(PHONE, stranger(4)).await, SubmitReply::Limited);
    world.wait(30 * DAY_S);
    assert_ne!(world.applies_for(PHONE, stranger(4)).await, SubmitReply::Limited);
    let mut sweeper = world.core.sweeper().without_rests();
    world.wait(31 * DAY_S);
    let swept = world.core.store.sweep_by(&mut sweeper, &crate::Retention::default(), world.clock.now()).await.unwrap();
    assert_eq!((swept["applicants"].erased, world.core.store.count("phone_applicants").await), (1, 0));
}

/// Twelve drafts of a phone at once, each for somebody else: three are registered, whichever they are.
async fn g03_of_twelve_at_once_three_are_taken(ground: Ground) {
    let world = World::standing(ground).await;
    let drafts: Vec<Submit> = (0..12).map(|n| world.application_for(stranger(n))).collect();
    let replies = futures_util::future::join_all(drafts.iter().map(|draft| world.submit(PHONE, draft))).await;
    let limited = replies.iter().filter(|reply| **reply == SubmitReply::Limited).count();
    assert_eq!((limited, world.core.store.count("applications").await), (9, 3), "{replies:?}");
    assert_eq!(world.core.store.count("phone_applicants").await, 3);
    // What was registered is answered the same again, and what was not is none the wiser.
    for (draft, reply) in drafts.iter().zip(&replies) {
        assert_eq!(world.submit(PHONE, draft).await, *reply);
    }
    // The database itself holds no fourth place.
    let fourth =
        "INSERT INTO phone_applicants SELECT msisdn_lookup, 4, msisdn_lookup, at FROM phone_applicants WHERE place = 1";
    assert!(world.tamper(fourth).await.is_err());
}

on_each_database!(
    g03_a_phone_applies_for_three_and_the_answer_to_a_fourth_says_nothing_of_the_fin,
    g03_a_place_is_free_after_thirty_days,
    g03_of_twelve_at_once_three_are_taken,
);
