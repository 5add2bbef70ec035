//! The number of the notarised application given alone, and which application a phone has.

use super::world::{APPLICANT, CHILD, Ground, NUMBER, OTHER_PHONE, PHONE, SPOUSE, World};
use dayaq_core_api::{Complete, CompleteReply, Core, CoreError, ExistingReply, Stage, Submit, SubmitReply};
use dayaq_types::Fin;
use futures_util::future::join_all;
use futures_util::poll;
use jiff::civil::date;
use std::pin::pin;
use std::task::Poll;

/// Three days after the application came, and fifteen working days after that.
fn registered(reference: &str) -> CompleteReply {
    let (registered_on, decide_by) = (date(2026, 11, 26), date(2026, 12, 17));
    CompleteReply::Registered { reference: reference.to_owned(), registered_on, decide_by }
}

fn already(reference: &str) -> CompleteReply {
    CompleteReply::Already { reference: reference.to_owned(), registered_on: date(2026, 11, 26) }
}

fn not_awaiting(reference: &str) -> CompleteReply {
    CompleteReply::NotAwaiting { reference: reference.to_owned() }
}

/// A family of four that the registers know has applied without the number, and three days have gone by.
async fn waiting(ground: Ground) -> (World, String) {
    let world = World::standing(ground).await;
    world.family();
    let application = Submit { notary_number: None, members: World::members(), ..world.application() };
    let SubmitReply::AwaitingNotary { reference, .. } = world.submit(PHONE, &application).await else {
        panic!("awaiting the number");
    };
    assert_eq!(world.text_keys().await, ["awaiting-notary"]);
    world.wait(3 * 24 * 3600);
    (world, reference)
}

/// What the application has come to, but for its registration number.
async fn seen(world: &World, reference: &str) -> (Vec<String>, String, Vec<&'static str>) {
    world.work().await;
    let decided = world.core.decision(reference).await.unwrap().expect("a decision");
    let decided = format!("{} {:?} {:?}", decided.registered_on, decided.decision, decided.facts.declared);
    let texts: Vec<_> = world.text_keys().await;
    (world.core.audit(reference).await.unwrap().expect("a chain"), decided, texts)
}

async fn s3_an_application_whose_number_came_alone_goes_on_like_one_handed_in_with_it(ground: Ground) {
    let (world, reference) = waiting(ground).await;
    let number = world.number_for(&reference, NUMBER);
    assert_eq!(world.complete(PHONE, &number).await, registered(&reference));
    assert_eq!(world.stage(PHONE).await, Some(Stage::Gathering));
    let (audit, decided, texts) = seen(&world, &reference).await;

    let whole = World::standing(ground).await;
    whole.family();
    whole.wait(3 * 24 * 3600);
    let application = Submit { members: World::members(), ..whole.application() };
    let other = whole.registered(PHONE, &application).await;
    let (expected, expected_decision, expected_texts) = seen(&whole, &other).await;
    assert_eq!(audit, [&["awaiting-notary".to_owned()], &expected[..]].concat());
    assert_eq!((decided, texts), (expected_decision, expected_texts));
    assert_eq!(world.stage(PHONE).await, Some(Stage::Granted));
    assert_eq!(world.outside.registers().orders.len(), 1);
}

async fn h1_a_number_given_again_under_its_draft_is_answered_the_same_for_ever(ground: Ground) {
    let (mut world, reference) = waiting(ground).await;
    let number = world.number_for(&reference, NUMBER);
    for _ in 0..2 {
        assert_eq!(world.complete(PHONE, &number).await, registered(&reference));
    }
    world.work().await;
    assert_eq!(world.complete(PHONE, &number).await, registered(&reference));
    world.restart().await;
    world.wait(30 * 24 * 3600);
    assert_eq!(world.complete(PHONE, &number).await, registered(&reference));
    assert_eq!(world.text_keys().await, ["registered", "granted"]);
}

async fn h2_numbers_given_at_once_have_one_effect(ground: Ground) {
    let (world, reference) = waiting(ground).await;
    let one = world.number_for(&reference, NUMBER);
    let replies = join_all((0..12).map(|_| world.complete(PHONE, &one))).await;
    assert!(replies.iter().all(|reply| *reply == registered(&reference)), "{replies:?}");
    assert_eq!(world.text_keys().await, ["registered"]);

    // Under drafts of their own, and a whole application with the number among them.
    let (world, reference) = waiting(ground).await;
    let numbers: Vec<Complete> = (0..6).map(|_| world.number_for(&reference, NUMBER)).collect();
    let application = Submit { members: World::members(), ..world.application() };
    let given = join_all(numbers.iter().map(|number| world.complete(PHONE, number)));
    let (given, submitted) = futures_util::future::join(given, world.submit(PHONE, &application)).await;
    let first = given.iter().filter(|reply| **reply == registered(&reference)).count();
    let again = given.iter().filter(|reply| **reply == already(&reference)).count();
    let by_submission = usize::from(matches!(submitted, SubmitReply::Registered { .. }));
    assert_eq!((first + by_submission, first + again), (1, 6), "{given:?} {submitted:?}");
    assert_eq!(world.text_keys().await, ["registered"]);
    assert_eq!(world.core.audit(&reference).await.unwrap().unwrap(), ["awaiting-notary", "registered"]);
}

async fn what_does_not_await_a_number_takes_none_and_says_so(ground: Ground) {
    let (world, reference) = waiting(ground).await;
    world.complete(PHONE, &world.number_for(&reference, NUMBER)).await;
    let check = async |world: &World, stage: Stage| {
        let before = world.core.store.application_by_reference(&reference).await.unwrap().unwrap();
        assert_eq!(before.stage, stage);
        assert_eq!(
            world.complete(PHONE, &world.number_for(&reference, NUMBER)).await,
            already(&reference),
            "{stage:?}"
        );
        assert_eq!(world.complete(PHONE, &world.number_for(&reference, "4711")).await, not_awaiting(&reference));
        let after = world.core.store.application_by_reference(&reference).await.unwrap().unwrap();
        assert_eq!((after.declared, after.decide_by, after.stage), (before.declared, before.decide_by, stage));
    };
    check(&world, Stage::Gathering).await;
    world.work().await;
    check(&world, Stage::Granted).await;
    world.outside.card_ready("2026-12-01");
    world.work_until("2026-11-26T12:00:00Z").await;
    check(&world, Stage::CardReady).await;
}

/// The registers find a slip in the number given alone as they find one in an application, and it blocks nobody.
async fn a_slip_in_the_number_is_refused_and_the_family_may_apply_again(ground: Ground) {
    let world = World::standing(ground).await;
    world.alone();
    let reference = world.awaiting(PHONE).await;
    world.wait(3 * 24 * 3600);
    let slip = world.number_for(&reference, "4711");
    assert_eq!(world.complete(PHONE, &slip).await, registered(&reference));
    world.work().await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::Refused));
    let typed = Submit { notary_number: Some(slip.notary_number), ..world.application() };
    let typed = world.registered(OTHER_PHONE, &typed).await;
    world.work().await;
    let reasons = async |reference: &str| world.core.decision(reference).await.unwrap().unwrap().decision.reasons();
    assert_eq!(reasons(&reference).await, reasons(&typed).await);
    assert_eq!(world.complete(PHONE, &world.number_for(&reference, NUMBER)).await, not_awaiting(&reference));
    assert_ne!(world.registered(PHONE, &world.application()).await, reference);
    world.work().await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::Granted));
}

async fn g02_a_phone_that_is_not_bound_learns_and_changes_nothing(ground: Ground) {
    let (world, reference) = waiting(ground).await;
    let foreign = async |world: &World| {
        let number = world.number_for(&reference, NUMBER);
        assert_eq!(world.complete(OTHER_PHONE, &number).await, CompleteReply::None);
        let unknown = Complete { reference: crate::reference::written(date(2026, 11, 23), 999_999), ..number };
        assert_eq!(world.complete(OTHER_PHONE, &unknown).await, CompleteReply::None, "as if there were none");
        assert_eq!(world.existing(OTHER_PHONE).await, ExistingReply::None);
    };
    foreign(&world).await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::AwaitingNotary));
    let own = world.number_for(&reference, NUMBER);
    world.complete(PHONE, &own).await;
    assert_eq!(world.complete(OTHER_PHONE, &own).await, CompleteReply::None, "whatever the draft");
    foreign(&world).await;
    world.work().await;
    foreign(&world).await;
    assert_eq!(world.text_keys().await, ["registered", "granted"]);
}

async fn what_is_no_registration_number_is_refused_by_its_field(ground: Ground) {
    let (world, reference) = waiting(ground).await;
    for bad in ["", "26-0000001", "26-0000001-2\0", "'; --", &reference.replace('2', "3")] {
        let number = Complete { reference: bad.to_owned(), ..world.number_for(&reference, NUMBER) };
        let error = world.core.complete(&world.caller(PHONE), &number).await.unwrap_err();
        assert!(matches!(error, CoreError::Invalid { field: "reference", .. }), "{bad:?}: {error:?}");
        assert!(!error.to_string().contains(NUMBER));
    }
}

async fn x02_a_number_counts_as_of_the_day_on_which_it_came_in(ground: Ground) {
    let (world, reference) = waiting(ground).await;
    let mut caller = world.caller(PHONE);
    caller.received_at = "2026-11-25T19:59:00Z".parse().unwrap(); // still the 25th in Baku
    let reply = world.core.complete(&caller, &world.number_for(&reference, NUMBER)).await.unwrap();
    let CompleteReply::Registered { registered_on, decide_by, .. } = reply else { panic!("{reply:?}") };
    assert_eq!((registered_on, decide_by), (date(2026, 11, 25), date(2026, 12, 16)));
}

/// A phone may serve two families, and both may wait.
async fn a_phone_with_several_applications_completes_each_under_its_own_number(ground: Ground) {
    let world = World::standing(ground).await;
    world.alone();
    world.outside.person(SPOUSE);
    world.outside.notarised("20269999", SPOUSE, "2026-11-01", "2027-01-29");
    let first = world.awaiting(PHONE).await;
    let other = Submit { applicant: Fin::parse(SPOUSE).unwrap(), notary_number: None, ..world.application() };
    let SubmitReply::AwaitingNotary { reference: second, .. } = world.submit(PHONE, &other).await else {
        panic!("awaiting the number");
    };
    let third = Submit { applicant: Fin::parse(CHILD).unwrap(), ..world.application() };
    let third = world.registered(PHONE, &third).await;
    let awaiting = |reference: &str| ExistingReply::AwaitingNotary { reference: reference.to_owned() };
    assert_eq!(world.existing(PHONE).await, awaiting(&second), "the latest that waits");
    // One draft, as where the gateway could not say that the first was handed in.
    let number = world.number_for(&second, "20269999");
    assert!(
        matches!(world.complete(PHONE, &number).await, CompleteReply::Registered { reference, .. } if reference == second)
    );
    assert_eq!(world.existing(PHONE).await, awaiting(&first));
    let number = Complete { draft: number.draft, ..world.number_for(&first, NUMBER) };
    assert!(
        matches!(world.complete(PHONE, &number).await, CompleteReply::Registered { reference, .. } if reference == first)
    );
    assert_eq!(world.existing(PHONE).await, ExistingReply::Open { reference: third });
    // And the same draft once more, for an application: it is one of its own. The phone's three places are free again.
    world.wait(30 * 24 * 3600);
    let fourth = Submit { draft: number.draft, applicant: Fin::parse("8DNW6A5").unwrap(), ..world.application() };
    let fourth = world.registered(PHONE, &fourth).await;
    assert!(![first, second].contains(&fourth));
}

async fn h3_a_phone_has_an_application_as_long_as_it_is_open(ground: Ground) {
    let world = World::standing(ground).await;
    world.outside.person(APPLICANT);
    world.outside.notarised(NUMBER, APPLICANT, "2026-11-01", "2028-01-29");
    assert_eq!(world.existing(PHONE).await, ExistingReply::None);
    let reference = world.awaiting(PHONE).await;
    let open = ExistingReply::Open { reference: reference.clone() };
    assert_eq!(world.existing(PHONE).await, ExistingReply::AwaitingNotary { reference: reference.clone() });
    world.complete(PHONE, &world.number_for(&reference, NUMBER)).await;
    assert_eq!(world.existing(PHONE).await, open, "while evidence is gathered");
    world.work().await;
    assert_eq!(world.existing(PHONE).await, open, "while the award runs");
    // Another phone's application for the same family ends when that one is verified, and is no application then.
    world.registered(OTHER_PHONE, &world.application()).await;
    world.work().await;
    assert_eq!(world.stage(OTHER_PHONE).await, Some(Stage::Superseded));
    assert_eq!(world.existing(OTHER_PHONE).await, ExistingReply::None);
    // A refusal is no application either.
    let slip = Submit { notary_number: dayaq_types::NotaryNumber::parse("4711"), ..world.application() };
    world.registered(OTHER_PHONE, &slip).await;
    assert!(matches!(world.existing(OTHER_PHONE).await, ExistingReply::Open { .. }));
    world.work().await;
    assert_eq!(world.existing(OTHER_PHONE).await, ExistingReply::None);
    world.clock.advance_to("2027-10-31T19:00:00Z".parse().unwrap());
    assert_eq!(world.existing(PHONE).await, open, "on the last day of the award");
    world.clock.advance_to("2027-10-31T20:00:00Z".parse().unwrap());
    assert_eq!(world.existing(PHONE).await, ExistingReply::None, "a renewal is held up by nothing");
}

/// Verified by its number, it holds the FIN like any other.
async fn h3_the_fin_is_occupied_by_whose_number_was_verified_first(ground: Ground) {
    let world = World::standing(ground).await;
    world.alone();
    let reference = world.awaiting(PHONE).await;
    // While it waits it holds nothing.
    let other = world.awaiting(OTHER_PHONE).await;
    world.complete(OTHER_PHONE, &world.number_for(&other, NUMBER)).await;
    world.work().await;
    assert_eq!(world.stage(OTHER_PHONE).await, Some(Stage::Granted));
    assert_eq!(world.stage(PHONE).await, Some(Stage::AwaitingNotary), "and hears nothing of the other");
    world.complete(PHONE, &world.number_for(&reference, NUMBER)).await;
    world.work().await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::Superseded));
    assert_eq!(world.outside.registers().orders.len(), 1);
}

/// The process dies at any point of giving the number; whoever gives it again finds it there once.
async fn e01_a_number_cut_off_anywhere_is_there_once(ground: Ground) {
    let (mut cuts, mut polls) = (0, 1);
    loop {
        let (mut world, reference) = waiting(ground).await;
        let (caller, number) = (world.caller(PHONE), world.number_for(&reference, NUMBER));
        let cut = {
            let mut giving = pin!(world.core.complete(&caller, &number));
            let mut cut = true;
            for _ in 0..polls {
                if let Poll::Ready(reply) = poll!(&mut giving) {
                    assert_eq!(reply.unwrap(), registered(&reference));
                    cut = false;
                    break;
                }
                tokio::task::yield_now().await;
            }
            cut
        };
        world.restart().await;
        assert_eq!(world.complete(PHONE, &number).await, registered(&reference), "after {polls} polls");
        assert_eq!(world.text_keys().await, ["registered"], "after {polls} polls");
        world.work().await;
        let events = world.core.audit(&reference).await.unwrap().unwrap();
        assert_eq!(
            events,
            ["awaiting-notary", "registered", "verified", "granted", "card-ordered"],
            "after {polls} polls"
        );
        if !cut {
            break;
        }
        cuts += 1;
        polls += 1 + polls / 4;
    }
    assert!(cuts > 0, "it was never cut off");
}

async fn g10_a_number_given_alone_stands_nowhere_in_clear(ground: Ground) {
    let (world, reference) = waiting(ground).await;
    world.complete(PHONE, &world.number_for(&reference, NUMBER)).await;
    world.core.close().await;
    let content = world.raw().await;
    assert!(content.len() > 20_000, "the files were read");
    assert!(!content.windows(NUMBER.len()).any(|w| w == NUMBER.as_bytes()));
}

on_each_database!(
    s3_an_application_whose_number_came_alone_goes_on_like_one_handed_in_with_it,
    h1_a_number_given_again_under_its_draft_is_answered_the_same_for_ever,
    h2_numbers_given_at_once_have_one_effect,
    what_does_not_await_a_number_takes_none_and_says_so,
    a_slip_in_the_number_is_refused_and_the_family_may_apply_again,
    g02_a_phone_that_is_not_bound_learns_and_changes_nothing,
    what_is_no_registration_number_is_refused_by_its_field,
    x02_a_number_counts_as_of_the_day_on_which_it_came_in,
    a_phone_with_several_applications_completes_each_under_its_own_number,
    h3_a_phone_has_an_application_as_long_as_it_is_open,
    h3_the_fin_is_occupied_by_whose_number_was_verified_first,
    e01_a_number_cut_off_anywhere_is_there_once,
    g10_a_number_given_alone_stands_nowhere_in_clear,
);
