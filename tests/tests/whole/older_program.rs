//! D10: a program that meets a schema which is not its own refuses to start, and says which store and why.

use crate::program::run;
use crate::stage::{Setting, Stage};
use dayaq_postgres::PostgresDatabase;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor};
use tokio::task::block_in_place;

/// What a newer program would have left behind, and what one that died in the middle would; what is said of each.
const LEFT: [(&str, &str); 2] = [
    (
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'x', TRUE, '', 0)",
        "newer",
    ),
    (
        "DELETE FROM _sqlx_migrations WHERE version = 9999;
         UPDATE _sqlx_migrations SET success = FALSE WHERE version = 1",
        "migration 1 is half-applied",
    ),
];

/// Starts once, so that there is a store; then each time over what somebody else left in it.
async fn refuses(setting: Setting, key: &str, leave: impl AsyncFn(&Stage, &'static str)) {
    let mut stage = Stage::up(setting).await;
    stage.kill().await;
    let path = stage.config.write().display().to_string();
    for (left, why) in LEFT {
        leave(&stage, left).await;
        for command in ["serve", "migrate"] {
            let ended = block_in_place(|| run(&[command, "--config", &path]));
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert_eq!(ended.status.code(), Some(1), "{command}: {said}");
            assert!(said.contains(key) && said.contains(why) && !said.contains("panicked"), "{command}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d10_an_older_program_refuses_a_newer_or_half_migrated_file() {
    refuses(Setting::default(), "gateway.database", async |stage, left| {
        let file = SqliteConnectOptions::new().filename(stage.config.gateway_database());
        file.connect().await.expect("nobody has it").execute(left).await.expect("it can be written");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d10_an_older_program_refuses_a_newer_or_half_migrated_database() {
    let database = PostgresDatabase::create().await;
    let setting = Setting { postgres: Some(database.url()), ..Setting::default() };
    refuses(setting, "gateway.postgres_url", async |_, left| {
        database.aside().await.execute(left).await.expect("it can be written");
    })
    .await;
}
