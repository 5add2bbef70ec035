//! Somebody counts in one family a month.

use super::super::world::{CHILD, Ground, NUMBER, OTHER_PHONE, PHONE, SPOUSE, World};
use super::member;
use dayaq_core_api::{Core, ExplainReply, NoticeOutcome, Relation, Stage, Submit, SubmitReply};
use dayaq_types::{Clock, Fin, Money, NotaryNumber};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// A parent of the child, who applies with it from a phone of their own.
fn parent_of(world: &World, fin: &str, number: &str, child: &str) -> Submit {
    world.outside.person(fin);
    world.outside.notarised(number, fin, "2026-11-01", "2027-01-29");
    world.outside.registers().family.get_mut(fin).unwrap()["children"] = json!([child]);
    Submit {
        applicant: Fin::parse(fin).unwrap(),
        notary_number: NotaryNumber::parse(number),
        members: vec![member(child, Relation::Child)],
        ..world.application()
    }
}

/// The keys of the texts to each phone.
async fn heard(world: &World) -> BTreeMap<String, Vec<&'static str>> {
    let mut heard: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for leased in world.core.lease(100, Duration::from_secs(60)).await.unwrap() {
        let outcome = NoticeOutcome::Sent { text_sha256: "00".repeat(32), segments: 2 };
        let finished = dayaq_core_api::Finished { id: leased.id, fence: leased.fence, outcome };
        assert!(world.core.finished(&finished).await.unwrap());
        heard.entry(leased.msisdn.digits()).or_default().push(leased.notice.key());
    }
    heard
}

async fn amount(world: &World, phone: &str) -> Option<Money> {
    match world.explain(phone, "5678").await {
        ExplainReply::Granted(award) => Some(award.amount),
        _ => None,
    }
}

/// Mother and father live apart, and each applies with the child: at once, from two phones. One award has the child, the other
/// decision waits, both hear that they are asked, and no second card is ordered.
async fn g14_a_child_typed_by_two_families_at_once_counts_in_one(ground: Ground) {
    let full = std::env::var_os("DAYAQ_FULL").is_some_and(|value| value == "1");
    let rounds: u64 = if full { 1_000 } else { 20 };
    let mut world = World::standing(ground).await;
    let mut firsts = 0_u64;
    for round in 0..rounds {
        if round % 50 == 0 && round > 0 {
            world = World::standing(ground).await;
        }
        let fin = |who: usize| format!("{who}AB{round:04}");
        let (child, phones) = (fin(3), [format!("99450{round:07}"), format!("99455{round:07}")]);
        world.outside.person(&child);
        let families: Vec<Submit> =
            (0..2).map(|n| parent_of(&world, &fin(n + 1), &format!("{}{round:05}", 4711 + n), &child)).collect();
        let both = phones.iter().zip(&families).map(|(phone, family)| world.registered(phone, family));
        futures_util::future::join_all(both).await;
        // Two workers, each of which takes what it gets.
        let orders = world.outside.registers().orders.len();
        let now = world.clock.now();
        let (one, two) = tokio::join!(world.core.run_due(now), world.core.run_due(now));
        assert!(one.unwrap() + two.unwrap() >= 2);
        let stages = [world.stage(&phones[0]).await.unwrap(), world.stage(&phones[1]).await.unwrap()];
        let winner = stages.iter().position(|stage| *stage == Stage::Granted).expect("one is granted");
        assert_eq!(stages[1 - winner], Stage::Gathering, "round {round}: {stages:?}");
        firsts += u64::from(winner == 0);
        assert_eq!(amount(&world, &phones[winner]).await, Some(Money::from_manat(600)));
        assert_eq!(world.outside.registers().orders.len(), orders + 1, "one card");
        let texts = heard(&world).await;
        let told = |n: usize| texts[&phones[n]].clone();
        assert_eq!(told(winner), ["registered", "granted", "contested"], "round {round}");
        assert_eq!(told(1 - winner), ["registered", "contested"], "round {round}");
    }
    let last = rounds - (rounds - 1) / 50 * 50;
    // The child and the parent who was granted, in each of the twelve months of the award.
    assert_eq!(world.core.store.count("heads").await, last * 2 * 12);
    assert_eq!(world.core.store.count("contests").await, last);
    println!("{ground:?}: {rounds} rounds, the first phone came first in {firsts}");
}

/// The wait asks nobody twice, and ends when the first award has.
async fn g14_who_waits_for_a_contested_member_is_asked_once_and_decided_when_the_other_award_ends(ground: Ground) {
    let world = World::standing(ground).await;
    world.outside.person(CHILD);
    let (mother, father) = (parent_of(&world, "5AKT9X2", NUMBER, CHILD), parent_of(&world, SPOUSE, "20261124", CHILD));
    world.registered(PHONE, &mother).await;
    world.work().await;
    let waiting = world.registered(OTHER_PHONE, &father).await;
    world.work().await;
    let texts = heard(&world).await;
    assert_eq!(texts[PHONE], ["registered", "granted", "contested"]);
    assert_eq!(texts[OTHER_PHONE], ["registered", "contested"]);
    for _ in 0..8 {
        world.wait(8 * 3600);
        world.work().await;
    }
    assert!(heard(&world).await.is_empty(), "asked once");
    assert_eq!(world.stage(OTHER_PHONE).await, Some(Stage::Gathering));
    let events = world.core.audit(&waiting).await.unwrap().unwrap();
    assert_eq!(events.iter().filter(|event| *event == "contested").count(), 1, "{events:?}");
    // Nobody's hand moves a head: this stands for an award that has come to its end.
    world.tamper("DELETE FROM heads").await.unwrap();
    world.wait(8 * 3600);
    world.work().await;
    assert_eq!(amount(&world, OTHER_PHONE).await, Some(Money::from_manat(600)));
}

/// A family that applies anew while its own award has its members takes them over.
async fn g14_a_renewal_takes_its_own_members_over(ground: Ground) {
    let world = World::standing(ground).await;
    world.outside.person(CHILD);
    let family = parent_of(&world, "5AKT9X2", NUMBER, CHILD);
    world.registered(PHONE, &family).await;
    world.work().await;
    assert_eq!(amount(&world, PHONE).await, Some(Money::from_manat(600)));
    world.tamper("UPDATE applications SET open = 0").await.unwrap();
    world.registered(PHONE, &Submit { draft: world.draft(), ..family }).await;
    world.work().await;
    assert_eq!(amount(&world, PHONE).await, Some(Money::from_manat(600)));
    assert_eq!(world.core.store.count("heads").await, 2 * 12);
    let newest = "heads WHERE application_id = (SELECT id FROM applications ORDER BY seq DESC LIMIT 1)";
    assert_eq!(world.core.store.count(newest).await, 2 * 12, "all of them are the new award's");
    assert_eq!(world.core.store.count("contests").await, 0);
    assert_eq!(world.text_keys().await, ["registered", "granted", "registered", "granted"]);
}

/// Three places are for others: a grown child applies from the phone whose award has counted it, when those are taken.
async fn g03_a_proven_member_needs_no_place(ground: Ground) {
    let world = World::standing(ground).await;
    world.outside.person(CHILD);
    world.registered(PHONE, &parent_of(&world, "5AKT9X2", NUMBER, CHILD)).await;
    world.work().await;
    assert_eq!(amount(&world, PHONE).await, Some(Money::from_manat(600)));
    let of = |fin: &str| Submit { applicant: Fin::parse(fin).unwrap(), ..world.application() };
    for stranger in ["1AAAAA1", "1AAAAA2"] {
        world.registered(PHONE, &of(stranger)).await;
    }
    assert_eq!(world.submit(PHONE, &of(SPOUSE)).await, SubmitReply::Limited, "somebody whom nothing proves");
    world.registered(PHONE, &of(CHILD)).await;
    assert_eq!(world.submit(PHONE, &of(SPOUSE)).await, SubmitReply::Limited);
}

on_each_database!(
    g03_a_proven_member_needs_no_place,
    g14_a_child_typed_by_two_families_at_once_counts_in_one,
    g14_who_waits_for_a_contested_member_is_asked_once_and_decided_when_the_other_award_ends,
    g14_a_renewal_takes_its_own_members_over,
);
