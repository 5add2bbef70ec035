use super::world::{APPLICANT, CHILD, Ground, PHONE, SPOUSE, World, open};
use crate::{CoreConfig, CoreStore, OpenError, StoreError};
use dayaq_types::SeededEntropy;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

async fn decided(ground: Ground) -> (World, String) {
    let world = World::standing(ground).await;
    world.family();
    let mut application = world.application();
    application.members = World::members();
    let reference = world.registered(PHONE, &application).await;
    world.work().await;
    (world, reference)
}

async fn d10_a_newer_schema_is_refused_with_a_clear_error(ground: Ground) {
    let world = World::standing(ground).await;
    world.core.close().await;
    let sql = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
               VALUES (9999, 'from the future', (1 = 1), '', 0)";
    world.tamper(sql).await.unwrap();
    let error = open(&world.config, &world.content, &world.clock, 3).await.err().unwrap();
    assert!(
        matches!(error, OpenError::Store(StoreError::Database(dayaq_sql::StoreError::NewerSchema(9999)))),
        "{error}"
    );
    assert!(error.to_string().contains("newer"), "{error}");
}

async fn h3_a_store_written_under_another_master_key_is_refused(ground: Ground) {
    let world = World::standing(ground).await;
    world.core.close().await;
    let open = async |seed| {
        let master = dayaq_types::seal::Key::generate(&SeededEntropy::new(seed));
        let keys = dayaq_types::seal::KeyRing::new(1, &master);
        CoreStore::open(&world.config, keys, Arc::new(SeededEntropy::new(1))).await
    };
    assert!(matches!(open(98).await, Err(StoreError::Database(dayaq_sql::StoreError::OtherKey))));
    open(99).await.unwrap().close().await;
}

async fn d10_a_migration_cut_off_in_the_middle_is_refused(ground: Ground) {
    let world = World::standing(ground).await;
    world.core.close().await;
    world.tamper("UPDATE _sqlx_migrations SET success = (1 = 0)").await.unwrap();
    let error = open(&world.config, &world.content, &world.clock, 3).await.err().unwrap();
    assert!(matches!(error, OpenError::Store(StoreError::Database(dayaq_sql::StoreError::HalfMigrated(1)))), "{error}");
}

async fn g10_the_files_hold_no_personal_value_in_clear(ground: Ground) {
    let (world, _) = decided(ground).await;
    world.core.close().await;
    let canaries =
        [APPLICANT, SPOUSE, CHILD, "501234567", "12345678", "20261123", "Aynur", "AYNUR", "Məmmədova", "quba"];
    let content = world.raw().await;
    for canary in canaries {
        let hit = content.windows(canary.len()).any(|w| w == canary.as_bytes());
        assert!(!hit, "{canary} stands in the store");
    }
    assert!(content.len() > 20_000, "the files were read");
}

async fn s6_nobody_changes_a_decision_or_the_audit(ground: Ground) {
    let (world, _) = decided(ground).await;
    for sql in [
        "UPDATE decisions SET outcome = 'refused'",
        "DELETE FROM decisions",
        "UPDATE audit SET event = 'refused'",
        "DELETE FROM audit",
    ] {
        let error = world.tamper(sql).await.unwrap_err();
        assert!(error.to_string().contains("never"), "{sql}: {error}");
    }
}

async fn s6_a_row_changed_by_force_breaks_the_chain(ground: Ground) {
    for sql in [
        "UPDATE audit SET event = 'refused' WHERE event = 'granted'",
        "UPDATE audit SET at = at + 1 WHERE seq = 2",
        "UPDATE audit SET detail = hash WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 1",
    ] {
        let (world, reference) = decided(ground).await;
        assert!(world.core.audit(&reference).await.unwrap().is_some());
        world.tamper(world.without_triggers()).await.unwrap();
        assert_eq!(world.tamper(sql).await.unwrap(), 1, "{sql}");
        assert_eq!(world.core.audit(&reference).await.unwrap(), None, "{sql}");
    }
}

async fn g12_an_erased_application_leaves_its_chain_valid_and_nothing_to_read(ground: Ground) {
    let (world, reference) = decided(ground).await;
    let application = world.core.store.application_by_reference(&reference).await.unwrap().unwrap();
    world.tamper("UPDATE applications SET data_key = NULL").await.unwrap();
    assert!(world.core.store.audit_events(application.id).await.unwrap().is_some());
    assert!(world.core.store.application(application.id).await.is_err());
    assert_eq!(world.stage(PHONE).await, None);
    assert!(world.texts().await.is_empty(), "a text that cannot be opened is dead");
}

async fn a_value_moved_to_another_row_does_not_open(ground: Ground) {
    let world = World::standing(ground).await;
    world.registered(PHONE, &world.application()).await;
    world.registered("994557778899", &world.application()).await;
    let sql = "UPDATE applications SET declared = (SELECT declared FROM applications WHERE seq = 1)";
    world.tamper(sql).await.unwrap();
    let other = dayaq_types::Msisdn::parse("994557778899").unwrap();
    assert!(matches!(world.core.store.latest_of_phone(&other).await, Err(StoreError::Seal(_))));
}

async fn d11_a_worker_whose_lease_was_lost_writes_nothing(ground: Ground) {
    let world = World::standing(ground).await;
    world.alone();
    let reference = world.registered(PHONE, &world.application()).await;
    let now = dayaq_types::Clock::now(world.clock.as_ref());
    let minute = std::time::Duration::from_secs(60);
    let early = world.core.store.claim(now, 10, minute).await.unwrap();
    assert!(world.core.store.claim(now, 10, minute).await.unwrap().is_empty());
    world.wait(60);
    world.work().await;
    let application = world.core.store.application_by_reference(&reference).await.unwrap().unwrap();
    let stored = world.core.store.decision(&application).await.unwrap().unwrap();
    let late = world.core.store.decide(&early[0], &application, &stored, now, stored.registered_on).await;
    assert!(matches!(late, Err(StoreError::LostLease)), "{late:?}");
    assert!(!world.core.store.postpone(&early[0], now, Some("late")).await.unwrap());
    assert_eq!(world.text_keys().await, ["registered", "granted"]);
}

async fn e01_what_another_process_holds_stays_its_own_and_is_free_when_that_starts_again(ground: Ground) {
    let world = World::standing(ground).await;
    world.registered(PHONE, &world.application()).await;
    let now = dayaq_types::Clock::now(world.clock.as_ref());
    let minute = std::time::Duration::from_secs(60);
    let (one, two) = (world.store("one").await, world.store("two").await);
    let held = one.claim(now, 10, minute).await.unwrap();
    let notices = one.lease_notices(now, 10, minute).await.unwrap();
    assert_eq!((held.len(), notices.len()), (1, 1));
    two.release_jobs().await.unwrap();
    two.release_notices().await.unwrap();
    assert!(two.claim(now, 10, minute).await.unwrap().is_empty());
    assert!(two.lease_notices(now, 10, minute).await.unwrap().is_empty());
    let again = world.store("one").await;
    again.release_jobs().await.unwrap();
    again.release_notices().await.unwrap();
    assert_eq!(two.claim(now, 10, minute).await.unwrap().len(), 1);
    assert_eq!(two.lease_notices(now, 10, minute).await.unwrap()[0].id, notices[0].id);
    assert!(matches!(one.finish_job(&held[0]).await, Err(StoreError::LostLease)), "the late worker is fenced off");
}

/// Two families at once; what the first typed does not open any more.
async fn a_job_that_cannot_be_done_rests_with_its_cause_and_stops_no_other(ground: Ground) {
    let world = World::standing(ground).await;
    world.alone();
    world.registered("994557778899", &world.application()).await;
    world.registered(PHONE, &world.application()).await;
    world.tamper("UPDATE applications SET declared = msisdn WHERE seq = 1").await.unwrap();
    world.work().await;
    assert_eq!(world.stage(PHONE).await, Some(dayaq_core_api::Stage::Granted));
    let cause = world.text_of("SELECT cause FROM jobs WHERE done = 0 AND tries = 1 AND cause IS NOT NULL").await;
    assert!(cause.starts_with("a sealed value"), "{cause}");
}

async fn f03_a_text_with_nul_is_refused_before_the_database_sees_it(ground: Ground) {
    let world = World::standing(ground).await;
    let mut application = world.application();
    let now = dayaq_types::Clock::now(world.clock.as_ref());
    world.registered(PHONE, &application).await;
    let leased = world.core.store.lease_notices(now, 1, std::time::Duration::from_secs(60)).await.unwrap();
    let outcome = dayaq_core_api::NoticeOutcome::Dead { cause: "0x0b\0".to_owned() };
    let finished = dayaq_core_api::Finished { id: leased[0].id, fence: leased[0].fence, outcome };
    let refused = world.core.store.finish_notice(&finished, now).await;
    assert!(matches!(refused, Err(StoreError::Database(dayaq_sql::StoreError::Nul))), "{refused:?}");
    application.district = "quba\0".to_owned();
    let core: &dyn dayaq_core_api::Core = &world.core;
    assert!(core.submit(&world.caller(PHONE), &application).await.is_err());
}

async fn e01_a_job_claimed_by_a_process_that_died_is_done_after_the_restart(ground: Ground) {
    let mut world = World::standing(ground).await;
    world.alone();
    world.registered(PHONE, &world.application()).await;
    let now = dayaq_types::Clock::now(world.clock.as_ref());
    assert_eq!(world.core.store.claim(now, 10, std::time::Duration::from_secs(300)).await.unwrap().len(), 1);
    world.restart().await;
    world.work().await;
    assert_eq!(world.text_keys().await, ["registered", "granted"]);
}

on_each_database!(
    d10_a_newer_schema_is_refused_with_a_clear_error,
    h3_a_store_written_under_another_master_key_is_refused,
    d10_a_migration_cut_off_in_the_middle_is_refused,
    g10_the_files_hold_no_personal_value_in_clear,
    s6_nobody_changes_a_decision_or_the_audit,
    s6_a_row_changed_by_force_breaks_the_chain,
    g12_an_erased_application_leaves_its_chain_valid_and_nothing_to_read,
    a_value_moved_to_another_row_does_not_open,
    d11_a_worker_whose_lease_was_lost_writes_nothing,
    a_job_that_cannot_be_done_rests_with_its_cause_and_stops_no_other,
    e01_a_job_claimed_by_a_process_that_died_is_done_after_the_restart,
    e01_what_another_process_holds_stays_its_own_and_is_free_when_that_starts_again,
    f03_a_text_with_nul_is_refused_before_the_database_sees_it,
);

/// What families typed stands in these files, sealed; all the same nobody else is to open them.
#[tokio::test]
async fn g10_the_files_are_their_owners_alone() {
    let (world, _) = decided(Ground::Sqlite).await;
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let entry = entry.unwrap();
        files.insert(entry.file_name(), entry.metadata().unwrap().permissions().mode() & 0o777);
    }
    assert!(files.len() >= 3 && files.values().all(|mode| *mode == 0o600), "{files:?}");
}

#[tokio::test]
async fn d10_without_a_server_the_address_is_named_and_its_password_is_not() {
    let world = World::new().await;
    let store = dayaq_sql::StoreConfig::Postgres {
        url: "postgres://dayaq:hunter2@127.0.0.1:1/dayaq".to_owned().into(),
        connections: 1,
        instance: None,
    };
    let config = CoreConfig { store, ..world.config.clone() };
    let error = open(&config, &world.content, &world.clock, 3).await.err().unwrap().to_string();
    assert!(error.contains("not reachable"), "{error}");
    assert!(!error.contains("hunter2") && config.place() == "core.postgres_url", "{error}");
}
