//! What a disk and a schema can do to the gateway's SQLite file.

use super::{CANARY_FIN, CANARY_PHONE, House, contains, phone};
use crate::store::{
    Cas, Database, IN_SQLITE, NewText, PendingCall, Profile, SessionBackend, Sessions, SqliteFile, SqliteSessions,
    StoreError, Version,
};
use dayaq_core_api::NoticeClass;
use dayaq_types::{Clock, Language, Pii, SystemClock};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const HOUR: Duration = Duration::from_hours(1);

/// A connection past the code under test.
async fn aside(house: &House) -> SqliteConnection {
    SqliteConnectOptions::new().filename(house.path()).connect().await.unwrap()
}

/// Copies the file and its log as a kill -9 would leave them, and opens the copy.
#[tokio::test]
async fn d09_what_was_answered_is_there_after_a_crash() {
    let house = House::new();
    let file = house.file().await;
    let sessions = SqliteSessions::new(file.clone(), house.clock.clone());
    let key = house.subscriber(0);
    let mut version = Version::ABSENT;
    for token in 1..=20u8 {
        let Cas::Written(next) = sessions.store(&key, version, [token; 16], &[token; 3000], HOUR).await.unwrap() else {
            panic!("a conflict")
        };
        version = next;
        let other = House::new();
        for name in ["gateway.db", "gateway.db-wal"] {
            std::fs::copy(house.folder.path().join(name), other.folder.path().join(name)).unwrap();
        }
        let after = SqliteSessions::new(other.file().await, other.clock.clone());
        let held = after.load(&key).await.unwrap().unwrap();
        assert_eq!(held.version, version);
        assert!(held.blob[..] == [token; 3000]);
    }
}

#[tokio::test]
async fn d09_every_commit_is_flushed() {
    let house = House::new();
    let file = house.file().await;
    let asked: (i64, String, i64) = file
        .write(|db| {
            Box::pin(async move {
                let synchronous = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *db).await?;
                let journal = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *db).await?;
                let foreign_keys = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(db).await?;
                Ok((synchronous, journal, foreign_keys))
            })
        })
        .await
        .unwrap();
    assert_eq!(asked, (2, "wal".to_owned(), 1));
}

#[tokio::test]
async fn d10_a_newer_schema_is_refused() {
    let house = House::new();
    drop(house.file().await);
    let mut db = aside(&house).await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', TRUE, x'00', 0)",
    )
    .execute(&mut db)
    .await
    .unwrap();
    let refused = SqliteFile::open(&house.path(), IN_SQLITE).await.unwrap_err();
    assert_eq!(refused, StoreError::NewerSchema(9999));
    assert!(refused.to_string().contains("newer"));
}

#[tokio::test]
async fn d10_a_half_applied_migration_is_refused() {
    let house = House::new();
    drop(house.file().await);
    let mut db = aside(&house).await;
    sqlx::query("UPDATE _sqlx_migrations SET success = FALSE WHERE version = 3").execute(&mut db).await.unwrap();
    assert_eq!(SqliteFile::open(&house.path(), IN_SQLITE).await.unwrap_err(), StoreError::HalfMigrated(3));
}

#[tokio::test]
async fn opening_again_changes_nothing() {
    let house = House::new();
    let profile = Profile { language: Some(Language::Ru), ..Profile::default() };
    let file = house.file().await;
    house.store_in(file.clone()).save_profile(&house.subscriber(0), &profile).await.unwrap();
    Database::from(file).close().await;
    assert_eq!(house.store().await.profile(&house.subscriber(0)).await.unwrap(), Some(profile));
}

#[cfg(unix)]
#[tokio::test]
async fn g10_the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::new();
    house.store().await.ready().await.unwrap();
    for entry in std::fs::read_dir(house.folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.file_name());
    }
}

/// In one batch a change that fails takes nobody with it, and its own half is taken back.
#[tokio::test]
async fn a_failed_change_takes_nobody_with_it() {
    let house = House::new();
    let file = house.file().await;
    let changes = (0..40i64).map(|n| {
        let file = file.clone();
        tokio::spawn(async move {
            file.write(move |db| {
                Box::pin(async move {
                    let insert = "INSERT INTO books (hash, content, published_at) VALUES (?, x'00', ?)";
                    sqlx::query(insert).bind(n.to_string()).bind(n).execute(&mut *db).await?;
                    if n % 2 == 1 {
                        sqlx::query(insert).bind(n.to_string()).bind(n).execute(db).await?;
                    }
                    Ok(n)
                })
            })
            .await
        })
    });
    for (n, change) in (0..).zip(changes.collect::<Vec<_>>()) {
        let answer = change.await.unwrap();
        assert_eq!(answer.is_ok(), n % 2 == 0, "{n}: {answer:?}");
    }
    let kept: Vec<i64> = sqlx::query_scalar("SELECT published_at FROM books ORDER BY published_at")
        .fetch_all(file.readers())
        .await
        .unwrap();
    assert_eq!(kept, (0..40).step_by(2).collect::<Vec<_>>());
}

#[tokio::test]
async fn d02_a_writer_from_outside_is_waited_for() {
    let house = House::new();
    let store = house.store().await;
    let mut outside = aside(&house).await;
    let lock = outside.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let waiting = tokio::spawn({
        let (store, key) = (store.clone(), house.subscriber(0));
        async move { store.save_draft(&key, b"draft").await }
    });
    tokio::task::yield_now().await;
    lock.commit().await.unwrap();
    waiting.await.unwrap().unwrap();
    assert_eq!(store.draft(&house.subscriber(0)).await.unwrap(), Some(b"draft".to_vec()));
}

/// One change in a hundred meets a writer from outside that stays longer than SQLite itself waits: nobody notices.
#[tokio::test]
async fn d02_at_one_busy_database_in_a_hundred_changes_nobody_notices() {
    let house = House::new();
    let store = house.store().await;
    let mut outside = aside(&house).await;
    for n in 0..200 {
        let held = if n % 100 == 50 { Some(outside.begin_with("BEGIN IMMEDIATE").await.unwrap()) } else { None };
        let saved = tokio::spawn({
            let (store, key) = (store.clone(), house.subscriber(n % 7));
            async move { store.save_draft(&key, b"draft").await }
        });
        if let Some(held) = held {
            // Longer than SQLite waits by itself.
            tokio::time::sleep(Duration::from_millis(1_300)).await;
            assert!(!saved.is_finished(), "it is tried again");
            held.rollback().await.unwrap();
        }
        saved.await.unwrap().unwrap();
    }
}

/// A writer from outside that stays beyond all patience: the change is begun six times, with five pauses between them, and
/// its caller hears what was in the way.
#[tokio::test]
async fn d02_a_change_that_finds_the_database_busy_six_times_fails_with_the_true_error() {
    /// How long SQLite itself waits at each, and the pauses, which double.
    const TRIED: Duration = Duration::from_millis(6 * 1_000 + 10 + 20 + 40 + 80 + 160);
    let house = House::new();
    let (store, key) = (house.store().await, house.subscriber(0));
    let mut outside = aside(&house).await;
    let held = outside.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let clock = SystemClock::new();
    let refused = store.save_draft(&key, b"draft").await.unwrap_err();
    println!("{refused} after {:?}", clock.monotonic());
    assert_eq!(refused, StoreError::Contended("SQLITE_BUSY".to_owned()));
    assert!(clock.monotonic() >= TRIED, "{:?}", clock.monotonic());
    held.rollback().await.unwrap();
    assert_eq!(store.draft(&key).await.unwrap(), None, "nothing is half there");
    store.save_draft(&key, b"draft").await.unwrap();
    assert_eq!(store.draft(&key).await.unwrap(), Some(b"draft".to_vec()));
}

/// No room: what does not fit is refused and not half there; what was there stays; with room again it goes on.
#[tokio::test]
async fn d03_a_full_disk_refuses_and_recovers() {
    async fn limit(file: &SqliteFile, pages: u32) {
        file.write(move |db| {
            Box::pin(async move {
                sqlx::query(&format!("PRAGMA max_page_count = {pages}")).fetch_all(db).await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    }
    let house = House::new();
    let file = house.file().await;
    let store = house.store_in(file.clone());
    let (small, large) = (house.subscriber(0), house.subscriber(1));
    store.save_draft(&small, b"small").await.unwrap();
    limit(&file, 60).await;
    let refused = store.save_draft(&large, &vec![7; 1_000_000]).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Database(_)), "{refused}");
    assert_eq!(store.draft(&large).await.unwrap(), None);
    assert_eq!(store.draft(&small).await.unwrap(), Some(b"small".to_vec()));
    limit(&file, 100_000).await;
    store.save_draft(&large, &vec![7; 1_000_000]).await.unwrap();
    assert_eq!(store.draft(&large).await.unwrap().map(|draft| draft.len()), Some(1_000_000));
}

#[tokio::test]
async fn expired_sessions_are_swept_in_passing() {
    let house = House::new();
    let file = house.file().await;
    let sessions = SqliteSessions::new(file.clone(), house.clock.clone());
    for n in 0..60 {
        sessions.store(&house.subscriber(n), Version::ABSENT, [1; 16], b"old", HOUR).await.unwrap();
    }
    house.pass(HOUR);
    for n in 60..70 {
        sessions.store(&house.subscriber(n), Version::ABSENT, [1; 16], b"new", HOUR).await.unwrap();
    }
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM sessions").fetch_one(file.readers()).await.unwrap();
    assert_eq!(rows, 10);
}

/// A canary through every table: phone, FIN, words and answers are in no file in clear.
#[tokio::test]
async fn g10_nothing_personal_lies_in_the_file() {
    let house = House::new();
    let file = house.file().await;
    let store = house.store_in(file.clone());
    let (key, now) = (house.subscriber(0), house.clock.now());
    let secret = format!("{CANARY_FIN} {CANARY_PHONE}");
    let backend = Arc::new(SqliteSessions::new(file, house.clock.clone()));
    let sessions = Sessions::new(backend, house.keys.clone(), house.entropy.clone(), 0);
    sessions.store(&key, Version::ABSENT, secret.as_bytes(), HOUR).await.unwrap();
    store.save_draft(&key, secret.as_bytes()).await.unwrap();
    let profile = Profile { operator: Some(secret.clone()), ..Profile::default() };
    store.save_profile(&key, &profile).await.unwrap();
    let call = PendingCall {
        id: "call".to_owned(),
        subscriber: key,
        payload: Pii::new(secret.clone().into_bytes()),
        not_before: now,
        attempts: 0,
    };
    store.add_pending(&call).await.unwrap();
    let text = NewText {
        id: Uuid::from_u128(1),
        core_fence: 1,
        subscriber: key,
        msisdn: phone(0),
        class: NoticeClass::Outcome,
        operator: "azercell".to_owned(),
        language: Language::Az,
        notice: Pii::new(secret.clone()),
        matters: true,
        question: false,
        words: Pii::new(secret.clone()),
        segments: vec![Pii::new(secret.into_bytes())],
        not_before: now,
        expires_at: now + HOUR,
    };
    store.add_text(&text).await.unwrap();
    assert!(!format!("{text:?} {call:?}").contains(CANARY_FIN));
    let raw = house.raw();
    assert!(contains(&raw, "azercell"), "the log file is there");
    assert!(!contains(&raw, CANARY_FIN) && !contains(&raw, CANARY_PHONE) && !contains(&raw, "501234567"));
}

#[tokio::test]
async fn e11_a_file_is_opened_again_only_when_it_is_closed_or_nobody_has_it() {
    let house = House::new();
    let again = || async { SqliteFile::open(&house.path(), IN_SQLITE).await };
    let first = house.file().await;
    let held = again().await.unwrap_err();
    let StoreError::Held { by, lock } = &held else { panic!("{held}") };
    assert!(by.starts_with(&format!("process {} on ", std::process::id())), "{held}");
    // Its holder has it already and has not written its name yet.
    std::fs::write(lock, "").unwrap();
    assert!(
        again().await.unwrap_err().to_string().starts_with("another process has it open"),
        "nobody is named by guess"
    );
    let clone = first.clone();
    drop(first);
    assert!(matches!(again().await, Err(StoreError::Held { .. })), "a store that stays has it");
    Database::from(clone).close().await;
    let second = again().await.unwrap();
    drop(second);
    again().await.unwrap();
}
