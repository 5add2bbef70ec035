//! Live sessions in the gateway's SQLite file: the embedded default.

use super::gateway::{millis, short};
use super::{Cas, Database, SessionBackend, SqliteFile, StoreError, Stored, SubscriberKey, Token, Version};
use async_trait::async_trait;
use dayaq_types::{Clock, SteadyClock};
use sqlx::sqlite::SqliteRow;
use sqlx::{Executor, Row, Sqlite, SqliteConnection};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Every so many writes sweep a few expired sessions in passing.
const SWEEP_EVERY: u32 = 64;
/// How many of them at most, so that no turn waits long.
const SWEEP_MOST: u32 = 128;

/// Sessions in a [`SqliteFile`].
pub struct SqliteSessions {
    file: SqliteFile,
    clock: SteadyClock,
    writes: AtomicU32,
}

impl SqliteSessions {
    /// Sessions in this file; `clock` says when they expire, but for its leaps.
    pub fn new(file: SqliteFile, clock: Arc<dyn Clock>) -> Self {
        Self { file, clock: SteadyClock::new(clock), writes: AtomicU32::new(0) }
    }

    fn now_ms(&self) -> i64 {
        millis(self.clock.now())
    }
}

#[async_trait]
impl SessionBackend for SqliteSessions {
    async fn load(&self, key: &SubscriberKey) -> Result<Option<Stored>, StoreError> {
        select(self.file.readers(), key, self.now_ms()).await
    }

    async fn store(
        &self,
        key: &SubscriberKey,
        expected: Version,
        token: Token,
        blob: &[u8],
        ttl: Duration,
    ) -> Result<Cas, StoreError> {
        let (key, blob, now) = (*key, blob.to_vec(), self.now_ms());
        let sweep = self.writes.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1;
        let expires_at = now.saturating_add(short(ttl));
        self.file
            .write(move |db| {
                Box::pin(async move {
                    if sweep {
                        sweep_expired(db, now).await?;
                    }
                    let held = select(&mut *db, &key, now).await?;
                    let version = held.as_ref().map_or(Version::ABSENT, |stored| stored.version);
                    if version != Version::ABSENT && *version.token() == token {
                        return Ok(Cas::Written(version));
                    }
                    if version != expected {
                        return Ok(Cas::Conflict(held));
                    }
                    let next = Version::new(version.number() + 1, token);
                    upsert(db, &key, next, blob, expires_at).await?;
                    Ok(Cas::Written(next))
                })
            })
            .await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        Database::from(self.file.clone()).probe(self.now_ms()).await
    }
}

impl fmt::Debug for SqliteSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteSessions")
    }
}

async fn select<'c>(
    db: impl Executor<'c, Database = Sqlite>,
    key: &SubscriberKey,
    now: i64,
) -> Result<Option<Stored>, StoreError> {
    let row = sqlx::query("SELECT number, token, blob FROM sessions WHERE subscriber = ? AND expires_at > ?")
        .bind(&key.as_bytes()[..])
        .bind(now)
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(stored))
}

fn stored(row: &SqliteRow) -> Stored {
    // The table's own check keeps every token at 16 octets.
    let token = row.get::<&[u8], _>("token").try_into().unwrap_or_default();
    let version = Version::new(row.get::<i64, _>("number").unsigned_abs(), token);
    Stored { version, blob: row.get::<&[u8], _>("blob").into() }
}

async fn upsert(
    db: &mut SqliteConnection,
    key: &SubscriberKey,
    version: Version,
    blob: Vec<u8>,
    expires_at: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sessions (subscriber, number, token, blob, expires_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (subscriber) DO UPDATE SET number = excluded.number, token = excluded.token,
             blob = excluded.blob, expires_at = excluded.expires_at",
    )
    .bind(&key.as_bytes()[..])
    .bind(version.number().cast_signed())
    .bind(&version.token()[..])
    .bind(blob)
    .bind(expires_at)
    .execute(db)
    .await?;
    Ok(())
}

async fn sweep_expired(db: &mut SqliteConnection, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM sessions WHERE rowid IN (SELECT rowid FROM sessions WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)",
    )
    .bind(now)
    .bind(SWEEP_MOST)
    .execute(db)
    .await?;
    Ok(())
}
