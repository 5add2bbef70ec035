//! The contract of the gateway store, first part: profiles, drafts, books and pending calls.

use super::{Ground, House};
use crate::store::{Form, GatewayStore, PendingCall, Profile, Swept};
use dayaq_types::{Clock, Language, Pii};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

fn call(house: &House, id: &str) -> PendingCall {
    PendingCall {
        id: id.to_owned(),
        subscriber: house.subscriber(0),
        payload: Pii::new(format!("submit {id}").into_bytes()),
        not_before: house.clock.now(),
        attempts: 0,
    }
}

async fn claim_one(store: &GatewayStore) -> (PendingCall, u64) {
    let mut claimed = store.claim_pending(1, MINUTE).await.unwrap();
    let claimed = claimed.pop().expect("a call is due");
    (claimed.call, claimed.fence)
}

async fn e1_a_profile_is_remembered_per_phone(ground: Ground) {
    let house = House::on(ground).await;
    let store = house.store().await;
    let (one, two) = (house.subscriber(1), house.subscriber(2));
    assert_eq!(store.profile(&one).await.unwrap(), None);
    let mut profile = Profile {
        language: Some(Language::Ru),
        form: Some(Form::Plain),
        operator: Some("nar".to_owned()),
        reminders_stopped: true,
    };
    store.save_profile(&one, &profile).await.unwrap();
    assert_eq!(store.profile(&one).await.unwrap(), Some(profile.clone()));
    assert_eq!(store.profile(&two).await.unwrap(), None);
    profile.language = Some(Language::En);
    store.save_profile(&one, &profile).await.unwrap();
    assert_eq!(store.profile(&one).await.unwrap(), Some(profile));
}

/// A profile written by a program with fewer or more fields is read all the same.
#[test]
fn c14_profiles_of_other_versions_are_read() {
    let older: Profile = serde_json::from_str(r#"{"language":"az"}"#).unwrap();
    assert_eq!(older, Profile { language: Some(Language::Az), ..Profile::default() });
    let newer: Profile = serde_json::from_str(r#"{"form":"plain","colour":"green"}"#).unwrap();
    assert_eq!(newer.form, Some(Form::Plain));
}

/// What is configured counts for drafts and, so that none can make a call a second time, for the ids of finished calls.
async fn b4_a_draft_lives_as_long_as_is_configured(ground: Ground) {
    let house = House::on(ground).await;
    let (store, key) = (house.store().await.keeping_drafts(Duration::from_hours(240)), house.subscriber(0));
    store.save_draft(&key, b"section 1").await.unwrap();
    store.add_pending(&call(&house, "draft-1")).await.unwrap();
    let (_, fence) = claim_one(&store).await;
    assert!(store.finish_pending("draft-1", fence).await.unwrap());
    house.pass(Duration::from_hours(240) - MINUTE);
    assert!(store.draft(&key).await.unwrap().is_some());
    assert_eq!(store.sweep(house.clock.now()).await.unwrap().calls, 0, "the draft could still make it");
    house.pass(MINUTE);
    assert_eq!(store.draft(&key).await.unwrap(), None);
    house.pass(Duration::from_hours(4 * 24));
    assert_eq!(store.sweep(house.clock.now()).await.unwrap().calls, 1);
}

async fn b4_a_draft_lives_72_hours_after_it_was_last_saved(ground: Ground) {
    let house = House::on(ground).await;
    let (store, key) = (house.store().await, house.subscriber(0));
    store.save_draft(&key, b"section 1").await.unwrap();
    house.pass(Duration::from_hours(71));
    store.save_draft(&key, b"section 2").await.unwrap();
    house.pass(Duration::from_hours(72) - MINUTE);
    assert_eq!(store.draft(&key).await.unwrap(), Some(b"section 2".to_vec()));
    assert_eq!(store.draft(&house.subscriber(1)).await.unwrap(), None);
    house.pass(MINUTE);
    assert_eq!(store.draft(&key).await.unwrap(), None);
    let swept = Swept { drafts: 1, ..Swept::default() };
    assert_eq!(store.sweep(house.clock.now()).await.unwrap(), swept);
}

async fn a_finished_application_has_no_draft(ground: Ground) {
    let house = House::on(ground).await;
    let (store, key) = (house.store().await, house.subscriber(0));
    store.save_draft(&key, b"section 1").await.unwrap();
    store.forget_draft(&key).await.unwrap();
    assert_eq!(store.draft(&key).await.unwrap(), None);
    store.forget_draft(&key).await.unwrap();
}

async fn b5_a_published_dialogue_stays_as_it_was(ground: Ground) {
    let house = House::on(ground).await;
    let store = house.store().await;
    assert_eq!(store.book("abc").await.unwrap(), None);
    store.publish_book("abc", b"[flow]").await.unwrap();
    store.publish_book("abc", b"[flow]").await.unwrap();
    assert_eq!(store.book("abc").await.unwrap(), Some(b"[flow]".to_vec()));
}

async fn d01_a_call_is_kept_once_and_made_once(ground: Ground) {
    let house = House::on(ground).await;
    let store = house.store().await;
    let wanted = call(&house, "draft-1");
    assert!(store.add_pending(&wanted).await.unwrap());
    assert!(!store.add_pending(&wanted).await.unwrap());
    let (claimed, fence) = claim_one(&house.store().await).await;
    assert_eq!(claimed, wanted);
    assert!(store.finish_pending("draft-1", fence).await.unwrap());
    assert!(!store.finish_pending("draft-1", fence).await.unwrap());
    assert!(!store.add_pending(&wanted).await.unwrap(), "not even once it is finished");
    assert_eq!(store.pending_count().await.unwrap(), 0);
    house.pass(Duration::from_hours(8 * 24));
    assert_eq!(store.sweep(house.clock.now()).await.unwrap().calls, 1);
}

async fn a_claim_that_is_given_back_is_free_at_once_and_one_that_is_put_aside_keeps_its_cause(ground: Ground) {
    let house = House::on(ground).await;
    let store = house.store().await;
    store.add_pending(&call(&house, "a")).await.unwrap();
    assert_eq!(store.oldest_call().await.unwrap(), Some(house.clock.now()));
    let first = store.claim_pending(1, MINUTE).await.unwrap();
    assert!(store.claim_pending(1, MINUTE).await.unwrap().is_empty());
    store.give_pending_back(&first).await.unwrap();
    let second = store.claim_pending(1, MINUTE).await.unwrap();
    assert_eq!(second.len(), 1);
    store.give_pending_back(&first).await.unwrap();
    assert!(store.claim_pending(1, MINUTE).await.unwrap().is_empty(), "a claim that is void frees nothing");

    let until = house.clock.now() + MINUTE;
    assert!(store.set_pending_aside("a", second[0].fence, until, "panicked").await.unwrap());
    let cause = || async {
        let row = store.database().row("SELECT cause FROM pending_calls", &[]).await.unwrap().expect("a call");
        row.get::<Option<String>>("cause")
    };
    assert_eq!(cause().await.as_deref(), Some("panicked"));
    house.pass(MINUTE);
    let (_, fence) = claim_one(&store).await;
    assert!(store.postpone_pending("a", fence, house.clock.now()).await.unwrap());
    assert_eq!(cause().await, None, "it lives");
    let (_, fence) = claim_one(&store).await;
    assert!(store.finish_pending("a", fence).await.unwrap());
    assert_eq!(store.oldest_call().await.unwrap(), None);
}

async fn calls_are_claimed_oldest_first_when_they_are_due(ground: Ground) {
    let house = House::on(ground).await;
    let store = house.store().await;
    for id in ["first", "second", "third"] {
        store.add_pending(&call(&house, id)).await.unwrap();
    }
    let later = PendingCall { not_before: house.clock.now() + MINUTE * 5, ..call(&house, "later") };
    store.add_pending(&later).await.unwrap();
    let ids = |claimed: Vec<crate::store::Claimed>| claimed.into_iter().map(|c| c.call.id).collect::<Vec<_>>();
    assert_eq!(ids(store.claim_pending(2, MINUTE).await.unwrap()), ["first", "second"]);
    assert_eq!(ids(store.claim_pending(2, MINUTE).await.unwrap()), ["third"]);
    assert_eq!(ids(store.claim_pending(2, MINUTE).await.unwrap()), Vec::<String>::new());
    assert_eq!(store.next_due().await.unwrap(), Some(house.clock.now() + MINUTE));
    house.pass(MINUTE * 5);
    assert_eq!(ids(store.claim_pending(9, MINUTE).await.unwrap()), ["first", "second", "third", "later"]);
}

async fn a_call_is_put_off_and_its_attempts_counted(ground: Ground) {
    let house = House::on(ground).await;
    let store = house.store().await;
    store.add_pending(&call(&house, "a")).await.unwrap();
    let (_, fence) = claim_one(&store).await;
    let until = house.clock.now() + MINUTE * 30;
    assert!(store.postpone_pending("a", fence, until).await.unwrap());
    assert_eq!(store.claim_pending(1, MINUTE).await.unwrap(), []);
    assert_eq!(store.next_due().await.unwrap(), Some(until));
    house.pass(MINUTE * 30);
    let (again, fence) = claim_one(&store).await;
    assert_eq!(again.attempts, 1);
    assert!(store.finish_pending("a", fence).await.unwrap());
    assert_eq!(store.next_due().await.unwrap(), None);
}

async fn d11_a_worker_whose_lease_ended_changes_nothing(ground: Ground) {
    let house = House::on(ground).await;
    let store = house.store().await;
    store.add_pending(&call(&house, "a")).await.unwrap();
    let (_, late) = claim_one(&store).await;
    house.pass(MINUTE);
    let (_, current) = claim_one(&store).await;
    assert!(current > late);
    assert!(!store.finish_pending("a", late).await.unwrap());
    assert!(!store.postpone_pending("a", late, house.clock.now()).await.unwrap());
    assert!(store.finish_pending("a", current).await.unwrap());
}

/// A call sealed under a key that is not in the ring waits until the key is back, and does not stop the others.
async fn c13_a_call_that_does_not_open_waits_for_its_key(ground: Ground) {
    let mut house = House::on(ground).await;
    let without = house.store().await;
    house.keys.rotate(2, &dayaq_types::seal::Key::generate(&*house.entropy));
    let with = house.store().await;
    with.add_pending(&call(&house, "new key")).await.unwrap();
    without.add_pending(&call(&house, "old key")).await.unwrap();
    let claimed = without.claim_pending(9, MINUTE).await.unwrap();
    assert_eq!(claimed.iter().map(|c| c.call.id.as_str()).collect::<Vec<_>>(), ["old key"]);
    house.pass(MINUTE);
    assert_eq!(with.claim_pending(9, MINUTE).await.unwrap().len(), 2);
}

async fn d11_a_gateway_that_starts_again_frees_its_own_claims_and_nobody_elses(ground: Ground) {
    let house = House::on(ground).await;
    let (one, two) = (house.store().await.named(Some("one")), house.store().await.named(Some("two")));
    one.add_pending(&call(&house, "a")).await.unwrap();
    let (_, held) = claim_one(&one).await;
    assert_eq!(two.release_pending().await.unwrap(), 0);
    assert_eq!(
        house.store().await.named(None).release_pending().await.unwrap(),
        0,
        "without a name nothing is its own"
    );
    assert_eq!(two.claim_pending(1, MINUTE).await.unwrap(), []);
    assert_eq!(house.store().await.named(Some("one")).release_pending().await.unwrap(), 1);
    assert!(!one.finish_pending("a", held).await.unwrap(), "the claim of before is void");
    let (_, now_held) = claim_one(&two).await;
    assert!(two.finish_pending("a", now_held).await.unwrap());
    assert_eq!(two.release_pending().await.unwrap(), 0, "what is finished is not claimed");
}

async fn it_says_that_it_is_ready(ground: Ground) {
    let house = House::on(ground).await;
    house.store().await.ready().await.unwrap();
}

on_each_database!(
    e1_a_profile_is_remembered_per_phone,
    b4_a_draft_lives_72_hours_after_it_was_last_saved,
    b4_a_draft_lives_as_long_as_is_configured,
    a_finished_application_has_no_draft,
    b5_a_published_dialogue_stays_as_it_was,
    d01_a_call_is_kept_once_and_made_once,
    calls_are_claimed_oldest_first_when_they_are_due,
    a_claim_that_is_given_back_is_free_at_once_and_one_that_is_put_aside_keeps_its_cause,
    a_call_is_put_off_and_its_attempts_counted,
    d11_a_worker_whose_lease_ended_changes_nothing,
    c13_a_call_that_does_not_open_waits_for_its_key,
    d11_a_gateway_that_starts_again_frees_its_own_claims_and_nobody_elses,
    it_says_that_it_is_ready,
);
