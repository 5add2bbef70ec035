//! Notices: written in the transaction that causes them, leased to a gateway, ended under its fence.

use super::{SqliteStore, StoreError, Tx, Vault, later, millis, read_id, timestamp};
use dayaq_core_api::{Finished, LeasedNotice, Notice, NoticeOutcome};
use dayaq_types::Language;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::time::Duration;
use uuid::Uuid;

/// Adds a notice; each key at most once for an application, so that no outcome is told twice.
pub(super) async fn write(
    tx: &mut Tx,
    vault: &Vault,
    id: Uuid,
    now: Timestamp,
    notice: &Notice,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO notices (id, application_id, key, notice, due_at) VALUES (?, ?, ?, ?, ?)")
        .bind(id.to_string())
        .bind(vault.id().to_string())
        .bind(notice.key())
        .bind(vault.seal(&place(id), notice)?)
        .bind(millis(now))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

impl SqliteStore {
    /// Leases up to `most` waiting notices, oldest first.
    pub async fn lease_notices(
        &self,
        now: Timestamp,
        most: u32,
        lease: Duration,
    ) -> Result<Vec<LeasedNotice>, StoreError> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query(
            "UPDATE notices SET lease_until = ?, fence = fence + 1 WHERE id IN (SELECT id FROM notices \
             WHERE state = 'waiting' AND due_at <= ? AND lease_until <= ? ORDER BY due_at, seq LIMIT ?) \
             RETURNING seq, id, application_id, notice, fence",
        )
        .bind(later(now, lease))
        .bind(millis(now))
        .bind(millis(now))
        .bind(most)
        .fetch_all(&mut *tx)
        .await?;
        let mut leased = Vec::with_capacity(rows.len());
        for row in &rows {
            match self.open_notice(&mut tx, row).await {
                Ok(notice) => leased.push((row.try_get::<i64, _>("seq")?, notice)),
                // One that cannot be opened would come first at every lease and hold up the others.
                Err(StoreError::Seal(error)) => {
                    tracing::warn!(notice = row.try_get::<&str, _>("id")?, %error, "Notice cannot be opened");
                    sqlx::query("UPDATE notices SET state = 'dead', cause = 'sealed', finished_at = ? WHERE id = ?")
                        .bind(millis(now))
                        .bind(row.try_get::<&str, _>("id")?)
                        .execute(&mut *tx)
                        .await?;
                }
                Err(other) => return Err(other),
            }
        }
        tx.commit().await?;
        // SQLite returns the rows of an update in no order that it promises.
        leased.sort_by_key(|(seq, _)| *seq);
        Ok(leased.into_iter().map(|(_, notice)| notice).collect())
    }

    async fn open_notice(&self, tx: &mut Tx, row: &SqliteRow) -> Result<LeasedNotice, StoreError> {
        let application: &str = row.try_get("application_id")?;
        let id = read_id(row.try_get("id")?)?;
        let owner = sqlx::query("SELECT data_key, msisdn, language FROM applications WHERE id = ?")
            .bind(application)
            .fetch_one(&mut **tx)
            .await?;
        let vault = self.open_vault(read_id(application)?, owner.try_get("data_key")?)?;
        Ok(LeasedNotice {
            id,
            fence: u64::try_from(row.try_get::<i64, _>("fence")?).unwrap_or_default(),
            msisdn: vault.open("msisdn", owner.try_get("msisdn")?)?,
            language: Language::parse(owner.try_get("language")?).unwrap_or_default(),
            notice: vault.open(&place(id), row.try_get("notice")?)?,
        })
    }

    /// Frees what was leased before a restart. A gateway that has kept such a notice knows it by its id when it is
    /// leased anew, and reports its end under the new fence.
    pub async fn release_notices(&self) -> Result<(), StoreError> {
        sqlx::query("UPDATE notices SET lease_until = 0 WHERE state = 'waiting' AND lease_until > 0")
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Ends a notice; `false` where it was leased again since. A report repeated under its own fence is welcome.
    pub async fn finish_notice(&self, finished: &Finished, now: Timestamp) -> Result<bool, StoreError> {
        let (state, text, segments, cause) = match &finished.outcome {
            NoticeOutcome::Sent { text_sha256, segments } => ("sent", Some(text_sha256), Some(*segments), None),
            NoticeOutcome::Dead { cause } => ("dead", None, None, Some(cause)),
            NoticeOutcome::Unknown => ("unknown", None, None, None),
        };
        let done = sqlx::query(
            "UPDATE notices SET state = ?, text_sha256 = ?, segments = ?, cause = ?, finished_at = ? \
             WHERE id = ? AND fence = ? AND state IN ('waiting', ?)",
        )
        .bind(state)
        .bind(text)
        .bind(segments)
        .bind(cause)
        .bind(millis(now))
        .bind(finished.id.to_string())
        .bind(i64::try_from(finished.fence).unwrap_or(i64::MAX))
        .bind(state)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// When the next notice is due; one that a gateway holds under a lease is not waited for.
    pub async fn next_notice_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("SELECT MIN(due_at) AS due FROM notices WHERE state = 'waiting' AND lease_until <= ?")
            .bind(millis(now))
            .fetch_one(&self.read)
            .await?;
        row.try_get::<Option<i64>, _>("due")?.map(timestamp).transpose()
    }
}

fn place(id: Uuid) -> String {
    format!("notice/{id}")
}
