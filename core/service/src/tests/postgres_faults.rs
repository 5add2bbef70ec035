//! What a PostgreSQL server can do to the core's store.

use super::world::{Ground, NUMBER, OTHER_PHONE, PHONE, World, keys};
use crate::store::{CoreStore, Tried};
use crate::{CoreConfig, StoreError};
use dayaq_core_api::{CompleteReply, Core, SubmitReply};
use dayaq_postgres::{Cut, Refusals, Valve};
use dayaq_sql::StoreConfig;
use dayaq_types::{Clock, Msisdn, SeededEntropy};
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const MINUTE: Duration = Duration::from_secs(60);

/// A core of its own on this database.
async fn core_at(world: &World, url: String, seed: u64) -> crate::CoreService {
    let store = StoreConfig::Postgres { url: url.into(), connections: 4, instance: Some(format!("core-{seed}")) };
    let config = CoreConfig { store, ..world.config.clone() };
    super::world::open(&config, &world.content, &world.clock, seed).await.unwrap()
}

/// Makes every submission that `when` chooses (by `n`, which counts them) fail with this SQLSTATE.
async fn refuse_submissions(world: &World, when: &str, code: &str) -> Refusals {
    let mut aside = world.database().aside().await;
    sqlx::raw_sql("SET search_path TO dayaq_core").execute(&mut aside).await.unwrap();
    Refusals::of(aside, "submissions", when, code).await
}

async fn count(world: &World, sql: &str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut world.database().aside().await).await.unwrap()
}

const APPLICATIONS: &str = "SELECT count(*) FROM dayaq_core.applications";

#[tokio::test]
async fn d02_an_application_that_loses_against_another_transaction_is_made_again_up_to_five_times() {
    for code in ["40001", "40P01"] {
        let world = World::standing(Ground::Postgres).await;
        let mut refusals = refuse_submissions(&world, "n <= 5 OR n > 6", code).await;
        world.registered(PHONE, &world.application()).await;
        assert_eq!(refusals.tries().await, 6);
        let refused = world.core.submit(&world.caller(OTHER_PHONE), &world.application()).await.unwrap_err();
        assert!(refused.to_string().contains(code), "{refused}");
        assert_eq!(refusals.tries().await, 12);
        assert_eq!(count(&world, APPLICATIONS).await, 1, "what failed is not half there");
    }
}

#[tokio::test]
async fn d02_at_one_failure_in_a_hundred_nobody_notices() {
    let world = World::standing(Ground::Postgres).await;
    let mut refusals = refuse_submissions(&world, "n % 100 = 50", "40001").await;
    for n in 0..200 {
        world.registered(&format!("99450{n:07}"), &world.application()).await;
    }
    assert_eq!(refusals.tries().await, 202, "the 50th and the 150th had to be made again");
    assert_eq!(count(&world, APPLICATIONS).await, 200);
}

/// Wherever within the commit the connection is cut: the application is there once, and its number is the one told.
#[tokio::test]
async fn d04_an_application_whose_commit_is_cut_off_at_any_octet_is_there_once() {
    let world = World::standing(Ground::Postgres).await;
    let valve = Valve::before(world.database().socket()).await;
    let core = core_at(&world, valve.url(world.database().name()), 7).await;
    let mut told = BTreeSet::new();
    for (n, cut) in (0i64..).zip(Cut::many()) {
        let (draft, caller) = (world.application(), world.caller(&format!("99450{n:07}")));
        valve.arm(cut);
        let reply = core.submit(&caller, &draft).await;
        let Ok(SubmitReply::Registered { reference, .. }) = &reply else { panic!("{cut:?}: {reply:?}") };
        assert!(!valve.is_armed(), "{cut:?}");
        told.insert(reference.clone());
        assert_eq!(core.submit(&caller, &draft).await, reply, "{cut:?}");
        assert_eq!(count(&world, APPLICATIONS).await, n + 1, "{cut:?}");
    }
    assert_eq!(told.len(), Cut::many().count());
}

/// The same for a number given alone: its application is registered once, on the day and under the number told.
#[tokio::test]
async fn d04_a_number_whose_commit_is_cut_off_at_any_octet_is_there_once() {
    let world = World::standing(Ground::Postgres).await;
    let valve = Valve::before(world.database().socket()).await;
    let core = core_at(&world, valve.url(world.database().name()), 7).await;
    for (n, cut) in (0i64..).zip(Cut::everywhere()) {
        let phone = format!("99450{n:07}");
        let reference = world.awaiting(&phone).await;
        let (number, caller) = (world.number_for(&reference, NUMBER), world.caller(&phone));
        valve.arm(cut);
        let reply = core.complete(&caller, &number).await;
        assert!(!valve.is_armed(), "{cut:?}");
        let told = |r: &CompleteReply| matches!(r, CompleteReply::Registered { reference: r, .. } if *r == reference);
        assert!(reply.as_ref().is_ok_and(told), "{cut:?}: {reply:?}");
        assert_eq!(core.complete(&caller, &number).await, reply, "{cut:?}");
        assert_eq!(core.audit(&reference).await.unwrap().unwrap(), ["awaiting-notary", "registered"], "{cut:?}");
    }
    let registered = "SELECT count(*) FROM dayaq_core.notices WHERE key = 'registered'";
    assert_eq!(usize::try_from(count(&world, registered).await), Ok(Cut::everywhere().count()));
}

/// A verification whose commit is cut off is there once, and so is what it causes.
#[tokio::test]
async fn d04_a_verification_whose_commit_is_cut_off_is_there_once() {
    let world = World::standing(Ground::Postgres).await;
    world.alone();
    let valve = Valve::before(world.database().socket()).await;
    let core = core_at(&world, valve.url(world.database().name()), 7).await;
    for (n, cut) in (0..).zip([Cut::Request(0), Cut::Request(12), Cut::Reply(0), Cut::Reply(17)]) {
        let mut application = world.application();
        application.draft = Uuid::from_u128(n);
        let SubmitReply::Registered { reference, .. } =
            core.submit(&world.caller(&format!("99450{n:07}")), &application).await.unwrap()
        else {
            panic!("not registered")
        };
        let now = world.clock.now();
        let job = core.store.claim(now, 1, MINUTE).await.unwrap()[0];
        let application = core.store.application_by_reference(&reference).await.unwrap().unwrap();
        valve.arm(cut);
        let verified = core.store.verify(&job, &application, now, jiff::civil::date(2026, 11, 23)).await;
        match verified {
            // The others name the same FIN, and find it taken by the first.
            Ok(first) => assert_eq!(first, n == 0, "{cut:?}"),
            Err(StoreError::LostLease) => assert!(n > 0, "superseded, and said so once"),
            Err(other) => panic!("{cut:?}: {other}"),
        }
        let events = core.audit(&reference).await.unwrap().unwrap();
        assert_eq!(events, ["registered", if n == 0 { "verified" } else { "superseded" }], "{cut:?}");
    }
}

#[tokio::test]
async fn d08_a_server_that_answers_before_it_has_written_is_refused() {
    let world = World::standing(Ground::Postgres).await;
    for (value, safe) in
        [("off", false), ("local", false), ("remote_write", false), ("on", true), ("remote_apply", true)]
    {
        world
            .tamper(&format!("ALTER DATABASE {} SET synchronous_commit = {value}", world.database().name()))
            .await
            .unwrap();
        let opened = CoreStore::open(&world.config, keys(), Arc::new(SeededEntropy::new(1))).await;
        let refused = opened.err().map(|refused| refused.to_string());
        let named = |refused: &String| refused.contains(&format!("synchronous_commit = {value}"));
        assert_eq!(refused.as_ref().map(named), (!safe).then_some(true), "{value}: {refused:?}");
    }
}

/// Four processes at one queue: each job and each notice is claimed by one of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d11_cores_that_claim_at_once_share_what_is_due() {
    const DUE: usize = 60;
    let world = World::standing(Ground::Postgres).await;
    for n in 0..DUE {
        world.registered(&format!("99450{n:07}"), &world.application()).await;
    }
    let now = world.clock.now();
    let mut workers = Vec::new();
    for name in ["one", "two", "three", "four"] {
        let store = world.store(name).await;
        workers.push(tokio::spawn(async move {
            let (mut jobs, mut notices) = (Vec::new(), Vec::new());
            loop {
                let some = store.claim(now, 7, MINUTE).await.unwrap();
                let more = store.lease_notices(now, 7, MINUTE).await.unwrap();
                if some.is_empty() && more.is_empty() {
                    return (jobs, notices);
                }
                assert!(some.len() <= 7 && more.len() <= 7);
                jobs.extend(some.into_iter().map(|job| job.application));
                notices.extend(more.into_iter().map(|notice| notice.id));
            }
        }));
    }
    let (mut jobs, mut notices) = (Vec::new(), Vec::new());
    for worker in workers {
        let (some, more) = worker.await.unwrap();
        jobs.extend(some);
        notices.extend(more);
    }
    assert_eq!((jobs.len(), jobs.iter().collect::<BTreeSet<_>>().len()), (DUE, DUE));
    assert_eq!((notices.len(), notices.iter().collect::<BTreeSet<_>>().len()), (DUE, DUE));
}

/// A claimant that stands still in the middle of its claim holds up nobody.
#[tokio::test]
async fn d11_what_another_holds_is_passed_over() {
    let world = World::standing(Ground::Postgres).await;
    for phone in [PHONE, OTHER_PHONE] {
        world.registered(phone, &world.application()).await;
    }
    let mut aside = world.database().aside().await;
    let mut held = sqlx::Connection::begin(&mut aside).await.unwrap();
    let id: i64 = sqlx::query_scalar("SELECT id FROM dayaq_core.jobs ORDER BY id LIMIT 1 FOR UPDATE")
        .fetch_one(&mut *held)
        .await
        .unwrap();
    let now = world.clock.now();
    assert_eq!(world.core.store.claim(now, 9, MINUTE).await.unwrap().len(), 1, "all but job {id}");
    held.rollback().await.unwrap();
    assert_eq!(world.core.store.claim(now, 9, MINUTE).await.unwrap().len(), 1);
}

/// One phone confirms twice at once, over two gateways: under one draft, then under two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h2_two_processes_at_once_make_one_application_of_a_phone() {
    let world = World::standing(Ground::Postgres).await;
    let cores = [core_at(&world, world.database().url(), 7).await, core_at(&world, world.database().url(), 8).await];
    for round in 0..10i64 {
        let caller = world.caller(&format!("99450{round:07}"));
        let draft = world.application();
        let replies = join_all(cores.iter().map(|core| core.submit(&caller, &draft))).await;
        assert_eq!(replies[0].as_ref().unwrap(), replies[1].as_ref().unwrap());

        let caller = world.caller(&format!("99455{round:07}"));
        let drafts = [world.application(), world.application()];
        let replies = join_all(cores.iter().zip(&drafts).map(|(core, draft)| core.submit(&caller, draft))).await;
        let already = replies.iter().filter(|r| matches!(r, Ok(SubmitReply::Already { .. }))).count();
        let registered = replies.iter().filter(|r| matches!(r, Ok(SubmitReply::Registered { .. }))).count();
        assert_eq!((registered, already), (1, 1), "{replies:?}");
        assert_eq!(count(&world, APPLICATIONS).await, 2 * (round + 1));
    }
}

/// One phone gives its number twice at once, over two gateways: under one draft, then under two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h2_two_processes_at_once_take_a_number_once() {
    let world = World::standing(Ground::Postgres).await;
    let cores = [core_at(&world, world.database().url(), 7).await, core_at(&world, world.database().url(), 8).await];
    for round in 0..10i64 {
        let phone = format!("99450{round:07}");
        let reference = world.awaiting(&phone).await;
        let (caller, number) = (world.caller(&phone), world.number_for(&reference, NUMBER));
        let replies = join_all(cores.iter().map(|core| core.complete(&caller, &number))).await;
        assert!(matches!(replies[0], Ok(CompleteReply::Registered { .. })), "{replies:?}");
        assert_eq!(replies[0], replies[1]);

        let phone = format!("99455{round:07}");
        let reference = world.awaiting(&phone).await;
        let caller = world.caller(&phone);
        let numbers = [world.number_for(&reference, NUMBER), world.number_for(&reference, "4711")];
        let replies = join_all(cores.iter().zip(&numbers).map(|(core, number)| core.complete(&caller, number))).await;
        let taken = replies.iter().filter(|r| matches!(r, Ok(CompleteReply::Registered { .. }))).count();
        let refused = replies.iter().filter(|r| matches!(r, Ok(CompleteReply::NotAwaiting { .. }))).count();
        assert_eq!((taken, refused), (1, 1), "{replies:?}");
    }
    assert_eq!(count(&world, "SELECT count(*) FROM dayaq_core.notices WHERE key = 'registered'").await, 20);
}

/// Two phones name the same FIN with the right papers: whichever process verifies second finds it taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h3_two_processes_that_verify_at_once_leave_one_holder_of_a_fin() {
    let world = World::standing(Ground::Postgres).await;
    world.alone();
    let stores = [world.store("one").await, world.store("two").await];
    for round in 0..10 {
        let fin = dayaq_types::Fin::parse(&format!("5AKT9{round}2")).unwrap();
        for network in ["50", "55"] {
            let mut application = world.application();
            application.applicant = fin;
            world.registered(&format!("994{network}123450{round}"), &application).await;
        }
        let (now, today) = (world.clock.now(), jiff::civil::date(2026, 11, 23));
        let jobs = stores[0].claim(now, 2, MINUTE).await.unwrap();
        let verified = join_all(stores.iter().zip(&jobs).map(async |(store, job)| {
            let application = store.application(job.application).await.unwrap().unwrap();
            store.verify(job, &application, now, today).await.unwrap()
        }))
        .await;
        assert_eq!(verified.iter().filter(|holds| **holds).count(), 1, "{verified:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g04_tries_at_once_over_two_processes_are_counted_one_by_one() {
    let world = World::standing(Ground::Postgres).await;
    let reference = world.registered(PHONE, &world.application()).await;
    let application = world.core.store.application_by_reference(&reference).await.unwrap().unwrap();
    let stores = [world.store("one").await, world.store("two").await];
    let (now, phone) = (world.clock.now(), Msisdn::parse(PHONE).unwrap());
    let tries = (0..12).map(|n| stores[n % 2].try_digits(&phone, &application, "0000", now));
    let tried: Vec<Tried> = join_all(tries).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(tried.iter().filter(|tried| **tried == Tried::Wrong).count(), 5, "{tried:?}");
    assert_eq!(tried.iter().filter(|tried| **tried == Tried::Locked).count(), 7, "{tried:?}");
}
