//! A look over a whole database file, beside the work.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::sync::{Arc, OnceLock};

/// What the look found; nothing until it is over.
pub(crate) type Finding = Arc<OnceLock<Option<String>>>;

/// SQLITE_CORRUPT and SQLITE_NOTADB, whatever else the code tells.
fn is_damage(code: Option<&str>) -> bool {
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| matches!(code & 0xff, 11 | 26))
}

/// Looks over the file once, on a connection of its own that can change nothing. SQLite names pages and tables in what it
/// finds, never values.
pub(crate) async fn look_over(options: SqliteConnectOptions, finding: Finding) {
    let looked = async {
        let mut connection = options.pragma("query_only", "ON").connect().await?;
        let found: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok::<_, sqlx::Error>(found)
    };
    let found = match looked.await {
        Ok(found) if found == "ok" => None,
        Ok(found) => Some(found),
        Err(sqlx::Error::Database(cause)) if is_damage(cause.code().as_deref()) => Some(cause.to_string()),
        // It could not be looked at, which its users will say themselves.
        Err(_) => return,
    };
    if let Some(found) = &found {
        tracing::error!(found, "The database is damaged: restore it from its backup");
    }
    let _ = finding.set(found);
}
