use super::outside::Mood;
use super::world::{APPLICANT, Ground, NUMBER, OTHER_PHONE, PHONE, SPOUSE, World};
use crate::is_reference;
use dayaq_core_api::{Core, CoreError, Stage, SubmitReply};
use dayaq_types::{Fin, NotaryNumber};
use jiff::civil::date;

async fn s8_an_application_is_registered_with_its_day_and_deadline(ground: Ground) {
    let world = World::standing(ground).await;
    let SubmitReply::Registered { reference, registered_on, decide_by } =
        world.submit(PHONE, &world.application()).await
    else {
        panic!("registered");
    };
    assert!(is_reference(&reference), "{reference}");
    assert_eq!((registered_on, decide_by), (date(2026, 11, 23), date(2026, 12, 14)));
    assert_eq!(world.stage(PHONE).await, Some(Stage::Gathering));
    assert_eq!(world.stage(OTHER_PHONE).await, None);
    assert_eq!(world.text_keys().await, ["registered"]);
}

async fn h1_a_draft_handed_in_again_is_answered_the_same_for_ever(ground: Ground) {
    let mut world = World::standing(ground).await;
    world.alone();
    let draft = world.application();
    let first = world.submit(PHONE, &draft).await;
    assert_eq!(world.submit(PHONE, &draft).await, first);
    world.work().await;
    assert_eq!(world.submit(PHONE, &draft).await, first);
    world.restart().await;
    world.wait(30 * 24 * 3600);
    assert_eq!(world.submit(PHONE, &draft).await, first);
    assert_eq!(world.text_keys().await, ["registered", "granted"]);
}

async fn h2_a_draft_handed_in_many_times_at_once_is_one_application(ground: Ground) {
    let world = World::standing(ground).await;
    let draft = world.application();
    let tries = (0..12).map(|_| world.submit(PHONE, &draft));
    let replies = futures_util::future::join_all(tries).await;
    assert!(replies.iter().all(|reply| *reply == replies[0]), "{replies:?}");
    assert_eq!(world.text_keys().await, ["registered"]);
}

async fn many_families_at_once_get_numbers_of_their_own(ground: Ground) {
    let world = World::standing(ground).await;
    let drafts: Vec<_> = (0..20).map(|_| world.application()).collect();
    let phones: Vec<String> = (0..20).map(|n| format!("9945012345{n:02}")).collect();
    let tries = drafts.iter().zip(&phones).map(|(draft, phone)| world.registered(phone, draft));
    let mut references = futures_util::future::join_all(tries).await;
    references.sort();
    references.dedup();
    assert_eq!(references.len(), 20);
}

async fn h3_the_same_phone_is_told_its_open_application(ground: Ground) {
    let world = World::standing(ground).await;
    let reference = world.registered(PHONE, &world.application()).await;
    let expected = SubmitReply::Already { reference, registered_on: date(2026, 11, 23) };
    assert_eq!(world.submit(PHONE, &world.application()).await, expected);
    world.alone();
    world.work().await;
    assert_eq!(world.submit(PHONE, &world.application()).await, expected, "while the award runs");
}

async fn h3_another_phone_learns_nothing_of_a_known_fin(ground: Ground) {
    let world = World::standing(ground).await;
    world.alone();
    let reference = world.registered(PHONE, &world.application()).await;
    world.work().await;
    let other = world.registered(OTHER_PHONE, &world.application()).await;
    assert_ne!(other, reference);
    assert_eq!(world.stage(OTHER_PHONE).await, Some(Stage::Gathering));
}

async fn without_a_notary_number_the_days_do_not_begin(ground: Ground) {
    let world = World::standing(ground).await;
    world.alone();
    let mut application = world.application();
    application.notary_number = None;
    let SubmitReply::AwaitingNotary { reference, registered_on } = world.submit(PHONE, &application).await else {
        panic!("awaiting the number");
    };
    assert_eq!(registered_on, date(2026, 11, 23));
    assert_eq!(world.stage(PHONE).await, Some(Stage::AwaitingNotary));
    assert_eq!(world.text_keys().await, ["awaiting-notary"]);
    assert_eq!(world.work().await, 0);
    assert!(world.outside.registers().calls.is_empty(), "nothing is asked of anybody");

    let mut again = world.application();
    again.notary_number = None;
    let already = SubmitReply::Already { reference: reference.clone(), registered_on };
    assert_eq!(world.submit(PHONE, &again).await, already);

    // Three days later the number is there: the same application goes on, and its 15 days begin now.
    world.wait(3 * 24 * 3600);
    let expected =
        SubmitReply::Registered { reference, registered_on: date(2026, 11, 26), decide_by: date(2026, 12, 17) };
    assert_eq!(world.submit(PHONE, &world.application()).await, expected);
    assert_eq!(world.text_keys().await, ["registered"]);
    world.work().await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::Granted));
}

async fn x02_an_input_counts_as_of_the_day_on_which_it_came_in(ground: Ground) {
    let world = World::standing(ground).await;
    let mut caller = world.caller(PHONE);
    caller.received_at = "2026-11-22T19:59:00Z".parse().unwrap(); // still the 22nd in Baku
    let reply = world.core.submit(&caller, &world.application()).await.unwrap();
    let SubmitReply::Registered { registered_on, .. } = reply else { panic!("{reply:?}") };
    assert_eq!(registered_on, date(2026, 11, 22));
    caller = world.caller(OTHER_PHONE);
    caller.received_at = "2027-06-01T00:00:00Z".parse().unwrap(); // a gateway whose clock is wrong
    let reply = world.core.submit(&caller, &world.application()).await.unwrap();
    let SubmitReply::Registered { registered_on, .. } = reply else { panic!("{reply:?}") };
    assert_eq!(registered_on, date(2026, 11, 23));
}

async fn a_refused_family_may_apply_again(ground: Ground) {
    let world = World::standing(ground).await;
    let first = world.registered(PHONE, &world.application()).await;
    world.work().await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::Refused), "nobody knows the applicant");
    assert_ne!(world.registered(PHONE, &world.application()).await, first);
}

async fn an_award_that_has_ended_holds_the_fin_no_longer(ground: Ground) {
    let world = World::standing(ground).await;
    world.outside.person(APPLICANT);
    world.outside.notarised(NUMBER, APPLICANT, "2026-11-01", "2028-01-29");
    world.registered(PHONE, &world.application()).await;
    world.work().await;
    world.clock.advance_to("2027-10-31T19:00:00Z".parse().unwrap());
    assert!(matches!(world.submit(PHONE, &world.application()).await, SubmitReply::Already { .. }));
    world.clock.advance_to("2027-10-31T20:00:00Z".parse().unwrap());
    // Taken; nobody has written the rules of that year yet.
    assert!(matches!(world.submit(PHONE, &world.application()).await, SubmitReply::RegisteredUndated { .. }));
}

async fn a_request_that_cannot_be_is_refused_by_its_field(ground: Ground) {
    let world = World::standing(ground).await;
    let check = async |field: &str, change: fn(&mut dayaq_core_api::Submit)| {
        let mut application = world.application();
        application.members = World::members();
        change(&mut application);
        let error = world.core.submit(&world.caller(PHONE), &application).await.unwrap_err();
        let CoreError::Invalid { field: found, why } = &error else { panic!("{error:?}") };
        assert_eq!(*found, field, "{why}");
        assert!(!error.to_string().contains(APPLICANT));
    };
    check("members", |a| a.members[1].fin = a.members[0].fin).await;
    check("members", |a| a.members[1].fin = a.applicant).await;
    check("members", |a| {
        let fin = |n: usize| Fin::parse(&format!("1AAAA{n:02}")).unwrap();
        a.members = (0..16).map(|n| dayaq_core_api::Member { fin: fin(n), relation: a.members[0].relation }).collect();
    })
    .await;
    check("district", |a| a.district = "Quba; DROP TABLE".to_owned()).await;
    check("branch", |a| a.branch = String::new()).await;
}

async fn a_draft_of_another_phone_is_not_answered(ground: Ground) {
    let world = World::standing(ground).await;
    let draft = world.application();
    let reference = world.registered(PHONE, &draft).await;
    let error = world.core.submit(&world.caller(OTHER_PHONE), &draft).await.unwrap_err();
    assert!(matches!(error, CoreError::Invalid { field: "draft", .. }), "{error:?}");
    assert!(!error.to_string().contains(&reference));
}

/// Everything that a phone can see of its application: replies, its stage, its details, every text.
async fn seen_by_a_stranger(ground: Ground, notary_number: Option<&str>, the_owner_applies: bool) -> Vec<String> {
    let world = World::standing(ground).await;
    world.alone();
    let mut typed = world.application();
    typed.notary_number = notary_number.map(|number| NotaryNumber::parse(number).unwrap());
    let mut seen = vec![format!("{:?}", world.submit(OTHER_PHONE, &typed).await)];
    // Whoever typed the number of a notarised application waits for the registries, as everybody does.
    world.outside.mood("justice", Mood::Failing);
    world.work().await;
    world.outside.mood("justice", Mood::Well);
    // Registration numbers are given in order, so somebody applies either way.
    let mut other = world.application();
    if !the_owner_applies {
        other.applicant = Fin::parse(SPOUSE).unwrap();
    }
    world.registered(PHONE, &other).await;
    world.work().await;
    let expected = if the_owner_applies { Stage::Granted } else { Stage::Refused };
    assert_eq!(world.stage(PHONE).await, Some(expected), "nobody is blocked by a FIN that was typed");
    world.wait(7 * 24 * 3600);
    world.work().await;
    seen.push(format!("{:?}", world.core.status(&world.caller(OTHER_PHONE)).await.unwrap()));
    seen.push(format!("{:?}", world.explain(OTHER_PHONE, "5678").await));
    let mut again = world.application();
    again.notary_number = None;
    seen.push(format!("{:?}", world.submit(OTHER_PHONE, &again).await));
    let other = dayaq_types::Msisdn::parse(OTHER_PHONE).unwrap();
    let texts = world.core.lease(100, std::time::Duration::from_secs(60)).await.unwrap();
    seen.extend(texts.iter().filter(|leased| leased.msisdn == other).map(|leased| format!("{:?}", leased.notice)));
    seen
}

/// Registration numbers are drawn, so that they differ and tell nothing.
fn without_numbers(seen: Vec<String>) -> Vec<String> {
    let masked = |text: &String| {
        let words = text.split('"').map(|word| if crate::is_reference(word) { "number" } else { word });
        words.collect::<Vec<_>>().join("\"")
    };
    seen.iter().map(masked).collect()
}

async fn g02_a_stranger_who_typed_a_fin_sees_nothing_of_its_owner(ground: Ground) {
    for number in [None, Some("4711")] {
        let alone = without_numbers(seen_by_a_stranger(ground, number, false).await);
        assert_eq!(without_numbers(seen_by_a_stranger(ground, number, true).await), alone, "{number:?}");
        assert!(alone.len() > 4 && !alone.iter().any(|seen| seen.contains("uperseded")), "{alone:?}");
    }
}

async fn of_two_that_both_verify_the_later_is_superseded(ground: Ground) {
    let world = World::standing(ground).await;
    world.alone();
    world.registered(PHONE, &world.application()).await;
    world.work().await;
    world.registered(OTHER_PHONE, &world.application()).await;
    world.work().await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::Granted));
    assert_eq!(world.stage(OTHER_PHONE).await, Some(Stage::Superseded));
    assert_eq!(world.outside.registers().orders.len(), 1);
}

async fn two_that_verify_in_the_same_pass_leave_one(ground: Ground) {
    let world = World::standing(ground).await;
    world.alone();
    world.registered(PHONE, &world.application()).await;
    world.registered(OTHER_PHONE, &world.application()).await;
    world.work().await;
    let mut stages = [world.stage(PHONE).await.unwrap().name(), world.stage(OTHER_PHONE).await.unwrap().name()];
    stages.sort_unstable();
    assert_eq!(stages, ["granted", "superseded"]);
    assert_eq!(world.outside.registers().orders.len(), 1);
}

async fn a_wrong_notary_number_neither_verifies_nor_blocks(ground: Ground) {
    let world = World::standing(ground).await;
    world.alone();
    let mut wrong = world.application();
    wrong.notary_number = NotaryNumber::parse("4711");
    world.registered(OTHER_PHONE, &wrong).await;
    world.work().await;
    assert_eq!(world.stage(OTHER_PHONE).await, Some(Stage::Refused));
    world.registered(PHONE, &world.application()).await;
    world.work().await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::Granted));
}

on_each_database!(
    s8_an_application_is_registered_with_its_day_and_deadline,
    h1_a_draft_handed_in_again_is_answered_the_same_for_ever,
    h2_a_draft_handed_in_many_times_at_once_is_one_application,
    many_families_at_once_get_numbers_of_their_own,
    h3_the_same_phone_is_told_its_open_application,
    h3_another_phone_learns_nothing_of_a_known_fin,
    without_a_notary_number_the_days_do_not_begin,
    x02_an_input_counts_as_of_the_day_on_which_it_came_in,
    a_refused_family_may_apply_again,
    an_award_that_has_ended_holds_the_fin_no_longer,
    a_request_that_cannot_be_is_refused_by_its_field,
    a_draft_of_another_phone_is_not_answered,
    g02_a_stranger_who_typed_a_fin_sees_nothing_of_its_owner,
    of_two_that_both_verify_the_later_is_superseded,
    two_that_verify_in_the_same_pass_leave_one,
    a_wrong_notary_number_neither_verifies_nor_blocks,
);
