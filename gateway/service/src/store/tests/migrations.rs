//! A migration that fails: nothing of it stays, the program of before goes on, and the mended one brings it up to date
//! (D10).

use super::{Ground, House};
use crate::store::{Database, IN_POSTGRES, IN_SQLITE, PostgresPool, Schema, SqliteFile, StoreError};
use sqlx::migrate::Migrator;
use std::fmt::Write;

/// The store's own migrations and one more of these statements, as the next version of the program would bring them.
async fn next_version(schema: Schema, statements: &str) -> Schema {
    let folder = tempfile::tempdir().unwrap();
    let mut last = 0;
    for migration in schema.migrations.iter() {
        let name = format!("{:04}_{}.sql", migration.version, migration.description.replace(' ', "_"));
        std::fs::write(folder.path().join(name), &*migration.sql).unwrap();
        last = last.max(migration.version);
    }
    let mut name = String::new();
    write!(name, "{:04}_next.sql", last + 1).unwrap();
    std::fs::write(folder.path().join(name), statements).unwrap();
    let migrations: &'static Migrator = Box::leak(Box::new(Migrator::new(folder.path()).await.unwrap()));
    Schema { migrations, ..schema }
}

async fn open(house: &House, ground: Ground, statements: Option<&str>) -> Result<Database, StoreError> {
    let ours = match ground {
        Ground::Sqlite => IN_SQLITE,
        Ground::Postgres => IN_POSTGRES,
    };
    let schema = match statements {
        Some(statements) => next_version(ours, statements).await,
        None => ours,
    };
    Ok(match ground {
        Ground::Sqlite => SqliteFile::open(&house.path(), schema).await?.into(),
        Ground::Postgres => PostgresPool::open(&house.database().url(), 2, schema, house.entropy.clone()).await?.into(),
    })
}

async fn d10_a_migration_that_fails_is_taken_back_whole_and_tried_again(ground: Ground) {
    const BROKEN: &str = "CREATE TABLE next (a bigint NOT NULL); INSERT INTO next VALUES (1);
        UPDATE drafts SET expires_at = 0; INSERT INTO next VALUES (NULL);";
    const MENDED: &str = "CREATE TABLE next (a bigint NOT NULL); INSERT INTO next VALUES (1);";
    let house = House::on(ground).await;
    let key = house.subscriber(0);
    let before = open(&house, ground, None).await.unwrap();
    house.store_in(before.clone()).save_draft(&key, b"draft").await.unwrap();
    before.close().await;
    for _ in 0..2 {
        let refused = open(&house, ground, Some(BROKEN)).await.unwrap_err();
        assert!(matches!(&refused, StoreError::Database(_)), "{refused}");
    }
    // The program of before is put back.
    let back = open(&house, ground, None).await.unwrap();
    assert_eq!(house.store_in(back.clone()).draft(&key).await.unwrap(), Some(b"draft".to_vec()));
    assert!(back.rows("SELECT a FROM next", &[]).await.is_err(), "nothing of it stays");
    back.close().await;
    let mended = open(&house, ground, Some(MENDED)).await.unwrap();
    assert_eq!(mended.rows("SELECT a FROM next", &[]).await.unwrap().len(), 1, "once");
    assert_eq!(house.store_in(mended.clone()).draft(&key).await.unwrap(), Some(b"draft".to_vec()));
    mended.close().await;
    // And now the program of before would not know what it writes to.
    assert!(matches!(open(&house, ground, None).await, Err(StoreError::NewerSchema(_))));
}

on_each_database!(d10_a_migration_that_fails_is_taken_back_whole_and_tried_again);
