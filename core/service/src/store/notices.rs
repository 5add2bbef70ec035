//! Notices: written in the transaction that causes them, leased to a gateway, ended under its fence.

use super::jobs::{self, Job};
use super::{Application, CoreStore, StoreError, Vault, audit, derived_id, later, millis, read_id, timestamp};
use dayaq_core_api::{Finished, LeasedNotice, Notice, NoticeOutcome};
use dayaq_sql::{Change, Row};
use dayaq_types::Language;
use jiff::Timestamp;
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// Adds a notice; each key at most once for an application, so that no outcome is told twice.
///
/// Its id follows from what it says to whom: written again after a restore it is the one that gateways have sent.
pub(super) async fn write(
    tx: &mut Change<'_>,
    vault: &Vault,
    now: Timestamp,
    notice: &Notice,
) -> Result<(), StoreError> {
    let said = serde_json::to_vec(notice).map_err(|_| StoreError::Row("notices"))?;
    let id = derived_id(&[b"notice", vault.id().as_bytes(), &said]);
    let key = row_key(notice);
    let (sealed, application, at) = (vault.seal(&place(id), notice)?, vault.id().to_string(), millis(now));
    tx.execute(
        "INSERT INTO notices (id, application_id, key, notice, due_at) VALUES ($1, $2, $3, $4, $5)",
        &[(&id.to_string()).into(), (&application).into(), (&key).into(), (&sealed).into(), at.into()],
    )
    .await?;
    Ok(())
}

/// Adds a notice, unless the application has one under its key.
pub(super) async fn write_once(
    tx: &mut Change<'_>,
    vault: &Vault,
    now: Timestamp,
    notice: &Notice,
) -> Result<bool, StoreError> {
    let id = vault.id().to_string();
    let told = tx.row(TOLD, &[(&id).into(), (&row_key(notice)).into()]).await?.is_some();
    if !told {
        write(tx, vault, now, notice).await?;
    }
    Ok(!told)
}

/// Under what a notice is once for its application; one that is repeated has a number.
fn row_key(notice: &Notice) -> String {
    match notice {
        Notice::Late { number, .. } => format!("{}/{number}", notice.key()),
        Notice::Registered { .. }
        | Notice::RegisteredUndated { .. }
        | Notice::Deadline { .. }
        | Notice::AwaitingNotary { .. }
        | Notice::Granted { .. }
        | Notice::Refused { .. }
        | Notice::CardReady { .. }
        | Notice::Superseded { .. }
        | Notice::Unproven { .. }
        | Notice::Contested { .. } => notice.key().to_owned(),
    }
}

const TOLD: &str = "SELECT id FROM notices WHERE application_id = $1 AND key = $2";

impl CoreStore {
    /// Tells a family something, once; the audit keeps that it was asked.
    pub async fn tell_once(
        &self,
        job: &Job,
        application: &Application,
        notice: Notice,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = application.id.to_string();
        if self.database.row(TOLD, &[(&id).into(), (&row_key(&notice)).into()]).await?.is_some() {
            return Ok(());
        }
        let (job, vault) = (*job, application.vault.clone());
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                jobs::hold(&mut tx, &job).await?;
                if write_once(&mut tx, &vault, now, &notice).await? {
                    audit::append(&mut tx, &vault, now, notice.key(), &json!({})).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Leases up to `most` waiting notices: those first that were never leased, or freed, then those whose lease ended
    /// first; of the same kind the oldest. So none waits behind others that are only leased once more.
    pub async fn lease_notices(
        &self,
        now: Timestamp,
        most: u32,
        lease: Duration,
    ) -> Result<Vec<LeasedNotice>, StoreError> {
        let store = self.clone();
        let mut leased =
            self.write(move |mut tx| Box::pin(async move { store.lease_in(&mut tx, now, most, lease).await })).await?;
        // Neither database returns the rows of an update in an order that it promises.
        leased.sort_by_key(|(seq, _)| *seq);
        Ok(leased.into_iter().map(|(_, notice)| notice).collect())
    }

    async fn lease_in(
        &self,
        tx: &mut Change<'_>,
        now: Timestamp,
        most: u32,
        lease: Duration,
    ) -> Result<Vec<(i64, LeasedNotice)>, StoreError> {
        let sql = format!(
            "WITH due AS MATERIALIZED (SELECT id FROM notices
                WHERE state = 'waiting' AND due_at <= $2 AND lease_until <= $2 ORDER BY lease_until, due_at, seq LIMIT $3{})
             UPDATE notices SET lease_until = $1, holder = $4, fence = fence + 1, kept = 0 WHERE id IN (SELECT id FROM due)
             RETURNING seq, id, application_id, notice, fence",
            tx.for_update_skip_locked()
        );
        let (until, now) = (later(now, lease), millis(now));
        let rows = tx.rows(&sql, &[until.into(), now.into(), most.into(), (&self.holder()).into()]).await?;
        let mut leased = Vec::with_capacity(rows.len());
        for row in &rows {
            match self.open_notice(tx, row).await {
                Ok(notice) => leased.push((row.get("seq"), notice)),
                Err(StoreError::Database(error)) => return Err(error.into()),
                // One that cannot be opened would come first at every lease and hold up the others.
                Err(error) => {
                    let id: &str = row.get("id");
                    tracing::error!(notice = id, %error, "Notice cannot be opened");
                    tx.execute(
                        "UPDATE notices SET state = 'dead', cause = $3, finished_at = $1 WHERE id = $2",
                        &[now.into(), id.into(), (&error.to_string()).into()],
                    )
                    .await?;
                }
            }
        }
        Ok(leased)
    }

    async fn open_notice(&self, tx: &mut Change<'_>, row: &Row) -> Result<LeasedNotice, StoreError> {
        let application: &str = row.get("application_id");
        let id = read_id(row.get("id"))?;
        let owner = tx
            .row("SELECT data_key, msisdn, language FROM applications WHERE id = $1", &[application.into()])
            .await?
            .ok_or(StoreError::Row("notices"))?;
        let vault = self.open_vault(read_id(application)?, owner.get("data_key"))?;
        Ok(LeasedNotice {
            id,
            fence: row.count("fence"),
            msisdn: vault.open("msisdn", owner.get("msisdn"))?,
            language: Language::parse(owner.get("language")).unwrap_or_default(),
            notice: vault.open(&place(id), row.get("notice"))?,
        })
    }

    /// Frees what this process had leased before it started again. A gateway that has kept such a notice knows it by
    /// its id when it is leased anew, and reports its end under the new fence.
    pub async fn release_notices(&self) -> Result<(), StoreError> {
        self.release(
            "UPDATE notices SET lease_until = 0
             WHERE state = 'waiting' AND lease_until > 0 AND kept = 0 AND holder = $1",
        )
        .await
    }

    /// Notes that a gateway has kept these notices, each under its fence: nobody else needs them for so long.
    pub async fn keep_notices(&self, kept: &[(Uuid, u64)], now: Timestamp, lease: Duration) -> Result<(), StoreError> {
        let (kept, until) = (kept.to_vec(), later(now, lease));
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                for (id, fence) in &kept {
                    tx.execute(
                        "UPDATE notices SET lease_until = $1, kept = 1 WHERE id = $2 AND fence = $3 AND state = 'waiting'",
                        &[until.into(), (&id.to_string()).into(), fence.cast_signed().into()],
                    )
                    .await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Ends a notice; `false` where it was leased again since. A report repeated under its own fence is welcome.
    pub async fn finish_notice(&self, finished: &Finished, now: Timestamp) -> Result<bool, StoreError> {
        let (finished, now) = (finished.clone(), millis(now));
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                let (state, text, segments, cause) = match &finished.outcome {
                    NoticeOutcome::Sent { text_sha256, segments } => ("sent", Some(text_sha256), Some(*segments), None),
                    NoticeOutcome::Dead { cause } => ("dead", None, None, Some(cause)),
                    NoticeOutcome::Unknown => ("unknown", None, None, None),
                };
                let ended = tx
                    .execute(
                        "UPDATE notices SET state = $1, text_sha256 = $2, segments = $3, cause = $4, finished_at = $5
                         WHERE id = $6 AND fence = $7 AND state IN ('waiting', $1)",
                        &[
                            state.into(),
                            text.into(),
                            segments.map(i64::from).into(),
                            cause.into(),
                            now.into(),
                            (&finished.id.to_string()).into(),
                            finished.fence.cast_signed().into(),
                        ],
                    )
                    .await?;
                Ok(ended == 1)
            })
        })
        .await
    }

    /// When the next notice is due; one that a gateway holds under a lease is not waited for.
    pub async fn next_notice_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT MIN(due_at) AS due FROM notices WHERE state = 'waiting' AND lease_until <= $1";
        let row = self.database.row(sql, &[millis(now).into()]).await?;
        row.and_then(|row| row.get::<Option<i64>>("due")).map(timestamp).transpose()
    }
}

fn place(id: Uuid) -> String {
    format!("notice/{id}")
}
