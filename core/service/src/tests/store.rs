use super::world::{APPLICANT, CHILD, PHONE, SPOUSE, World, keys, open};
use crate::{OpenError, SqliteStore, StoreError};
use dayaq_types::SeededEntropy;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use std::path::Path;
use std::sync::Arc;

async fn raw(path: &Path) -> SqlitePool {
    SqlitePool::connect_with(SqliteConnectOptions::new().filename(path)).await.unwrap()
}

/// Runs a statement as somebody would who has the file.
async fn tamper(path: &Path, sql: &str) -> Result<u64, sqlx::Error> {
    let pool = raw(path).await;
    let done = sqlx::query(sql).execute(&pool).await.map(|done| done.rows_affected());
    pool.close().await;
    done
}

async fn decided() -> (World, String) {
    let world = World::new().await;
    world.family();
    let mut application = world.application();
    application.members = World::members();
    let reference = world.registered(PHONE, &application).await;
    world.work().await;
    (world, reference)
}

#[tokio::test]
async fn d10_a_newer_schema_is_refused_with_a_clear_error() {
    let world = World::new().await;
    world.core.close().await;
    let sql = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
               VALUES (9999, 'from the future', 1, x'00', 0)";
    tamper(&world.file(), sql).await.unwrap();
    let error = open(&world.config, &world.content, &world.clock, 3).await.err().unwrap();
    assert!(matches!(error, OpenError::Store(StoreError::Newer { found: 9999, known: 3 })), "{error}");
    assert!(error.to_string().contains("newer"), "{error}");
}

#[tokio::test]
async fn h3_a_store_written_under_another_master_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("core.sqlite");
    let open = async |seed| {
        let master = dayaq_types::seal::Key::generate(&SeededEntropy::new(seed));
        let keys = dayaq_types::seal::KeyRing::new(1, &master);
        SqliteStore::open(&path, keys, Arc::new(SeededEntropy::new(1))).await
    };
    open(1).await.unwrap().close().await;
    assert!(matches!(open(2).await, Err(StoreError::OtherKey)));
    open(1).await.unwrap().close().await;
}

#[tokio::test]
async fn d10_a_migration_cut_off_in_the_middle_is_refused() {
    let world = World::new().await;
    world.core.close().await;
    tamper(&world.file(), "UPDATE _sqlx_migrations SET success = 0").await.unwrap();
    let error = open(&world.config, &world.content, &world.clock, 3).await.err().unwrap();
    assert!(matches!(error, OpenError::Store(StoreError::Migration(_))), "{error}");
}

#[tokio::test]
async fn d09_the_store_writes_ahead_and_in_full() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("core.sqlite");
    let store = SqliteStore::open(&path, keys(), Arc::new(SeededEntropy::new(1))).await.unwrap();
    let settings = store.settings().await.unwrap();
    assert_eq!((settings.0.as_str(), settings.1, settings.2), ("wal", 2, 1));
    store.close().await;
}

#[tokio::test]
async fn g10_the_files_hold_no_personal_value_in_clear() {
    let (world, _) = decided().await;
    world.core.close().await;
    let canaries =
        [APPLICANT, SPOUSE, CHILD, "501234567", "12345678", "20261123", "Aynur", "AYNUR", "Məmmədova", "quba"];
    let mut octets = 0;
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let content = std::fs::read(entry.unwrap().path()).unwrap();
        octets += content.len();
        for canary in canaries {
            let hit = content.windows(canary.len()).any(|w| w == canary.as_bytes());
            assert!(!hit, "{canary} stands in the file");
        }
    }
    assert!(octets > 20_000, "the files were read");
}

#[tokio::test]
async fn s6_nobody_changes_a_decision_or_the_audit() {
    let (world, _) = decided().await;
    for sql in [
        "UPDATE decisions SET outcome = 'refused'",
        "DELETE FROM decisions",
        "UPDATE audit SET event = 'refused'",
        "DELETE FROM audit",
    ] {
        let error = tamper(&world.file(), sql).await.unwrap_err();
        assert!(error.to_string().contains("never"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn s6_a_row_changed_by_force_breaks_the_chain() {
    for sql in [
        "UPDATE audit SET event = 'refused' WHERE event = 'granted'",
        "UPDATE audit SET at = at + 1 WHERE seq = 2",
        "UPDATE audit SET detail = x'00' WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 1",
    ] {
        let (world, reference) = decided().await;
        assert!(world.core.audit(&reference).await.unwrap().is_some());
        let drop = "DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_deleted";
        let pool = raw(&world.file()).await;
        sqlx::raw_sql(drop).execute(&pool).await.unwrap();
        assert_eq!(sqlx::query(sql).execute(&pool).await.unwrap().rows_affected(), 1, "{sql}");
        assert_eq!(world.core.audit(&reference).await.unwrap(), None, "{sql}");
    }
}

#[tokio::test]
async fn g12_an_erased_application_leaves_its_chain_valid_and_nothing_to_read() {
    let (world, reference) = decided().await;
    let application = world.core.store.application_by_reference(&reference).await.unwrap().unwrap();
    tamper(&world.file(), "UPDATE applications SET data_key = NULL").await.unwrap();
    assert!(world.core.store.audit_events(application.id).await.unwrap().is_some());
    assert!(world.core.store.application(application.id).await.is_err());
    assert_eq!(world.stage(PHONE).await, None);
    assert!(world.texts().await.is_empty(), "a text that cannot be opened is dead");
}

#[tokio::test]
async fn a_value_moved_to_another_row_does_not_open() {
    let world = World::new().await;
    world.registered(PHONE, &world.application()).await;
    world.registered("994557778899", &world.application()).await;
    let sql = "UPDATE applications SET declared = (SELECT declared FROM applications WHERE seq = 1)";
    tamper(&world.file(), sql).await.unwrap();
    let other = dayaq_types::Msisdn::parse("994557778899").unwrap();
    assert!(matches!(world.core.store.latest_of_phone(&other).await, Err(StoreError::Seal(_))));
}

#[tokio::test]
async fn d11_a_worker_whose_lease_was_lost_writes_nothing() {
    let world = World::new().await;
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
    assert!(!world.core.store.postpone(&early[0], now, true).await.unwrap());
    assert_eq!(world.text_keys().await, ["registered", "granted"]);
}

#[tokio::test]
async fn e01_a_job_claimed_by_a_process_that_died_is_done_after_the_restart() {
    let mut world = World::new().await;
    world.alone();
    world.registered(PHONE, &world.application()).await;
    let now = dayaq_types::Clock::now(world.clock.as_ref());
    assert_eq!(world.core.store.claim(now, 10, std::time::Duration::from_secs(300)).await.unwrap().len(), 1);
    world.restart().await;
    world.work().await;
    assert_eq!(world.text_keys().await, ["registered", "granted"]);
}
