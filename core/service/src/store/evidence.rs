//! Evidence: each answer with where it came from and when.

use super::jobs::{self, Job};
use super::{Application, SqliteStore, StoreError, Vault, audit, millis, timestamp};
use crate::answer::Answer;
use jiff::Timestamp;
use serde_json::json;
use sqlx::Row;
use std::collections::BTreeMap;

/// An answer of an institution about one subject of an application.
#[derive(Clone)]
pub struct Evidence {
    /// The request's id.
    pub request: String,
    /// 0 the applicant, 1.. the members as declared; the notarised application is asked for under 0.
    pub subject: u32,
    /// The institution's id.
    pub institution: String,
    /// When it answered.
    pub fetched_at: Timestamp,
    /// What was read in it.
    pub answer: Answer,
}

impl SqliteStore {
    /// Keeps answers with their octets as they came, in one transaction; an answer that is there already stays.
    pub async fn keep_evidence(&self, vault: &Vault, answers: &[(Evidence, Vec<u8>)]) -> Result<(), StoreError> {
        if answers.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        for (evidence, raw) in answers {
            let place = place(&evidence.request, evidence.subject);
            sqlx::query(
                "INSERT INTO evidence (application_id, request, subject, institution, fetched_at, answer, raw) \
                 VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            )
            .bind(vault.id().to_string())
            .bind(&evidence.request)
            .bind(evidence.subject)
            .bind(&evidence.institution)
            .bind(millis(evidence.fetched_at))
            .bind(vault.seal(&place, &evidence.answer)?)
            .bind(vault.seal_octets(&format!("{place}/raw"), raw))
            .execute(&mut *tx)
            .await?;
            sqlx::query("DELETE FROM tickets WHERE application_id = ? AND request = ? AND subject = ?")
                .bind(vault.id().to_string())
                .bind(&evidence.request)
                .bind(evidence.subject)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Forgets all answers, so that everybody is asked again; the audit tells of it.
    pub async fn drop_evidence(&self, job: &Job, application: &Application, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        jobs::hold(&mut tx, job).await?;
        sqlx::query("DELETE FROM evidence WHERE application_id = ?")
            .bind(application.id.to_string())
            .execute(&mut *tx)
            .await?;
        audit::append(&mut tx, &application.vault, now, "evidence-dropped", &json!({})).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What has been gathered for an application.
    pub async fn evidence(&self, application: &Application) -> Result<Vec<Evidence>, StoreError> {
        let rows = sqlx::query(
            "SELECT request, subject, institution, fetched_at, answer FROM evidence WHERE application_id = ?",
        )
        .bind(application.id.to_string())
        .fetch_all(&self.read)
        .await?;
        rows.iter()
            .map(|row| {
                let request: String = row.try_get("request")?;
                let subject = row.try_get("subject")?;
                Ok(Evidence {
                    answer: application.vault.open(&place(&request, subject), row.try_get("answer")?)?,
                    institution: row.try_get("institution")?,
                    fetched_at: timestamp(row.try_get("fetched_at")?)?,
                    request,
                    subject,
                })
            })
            .collect()
    }

    /// Keeps the number under which an answer is being prepared.
    pub async fn keep_ticket(
        &self,
        vault: &Vault,
        request: &str,
        subject: u32,
        ticket: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO tickets (application_id, request, subject, ticket) VALUES (?, ?, ?, ?) \
             ON CONFLICT (application_id, request, subject) DO UPDATE SET ticket = excluded.ticket",
        )
        .bind(vault.id().to_string())
        .bind(request)
        .bind(subject)
        .bind(vault.seal(&format!("{}/ticket", place(request, subject)), &ticket)?)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Forgets a number that the institution no longer knows.
    pub async fn drop_ticket(&self, vault: &Vault, request: &str, subject: u32) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM tickets WHERE application_id = ? AND request = ? AND subject = ?")
            .bind(vault.id().to_string())
            .bind(request)
            .bind(subject)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The numbers under which answers are being prepared, by request and subject.
    pub async fn tickets(&self, application: &Application) -> Result<BTreeMap<(String, u32), String>, StoreError> {
        let rows = sqlx::query("SELECT request, subject, ticket FROM tickets WHERE application_id = ?")
            .bind(application.id.to_string())
            .fetch_all(&self.read)
            .await?;
        rows.iter()
            .map(|row| {
                let request: String = row.try_get("request")?;
                let subject = row.try_get("subject")?;
                let at = format!("{}/ticket", place(&request, subject));
                let ticket = application.vault.open(&at, row.try_get("ticket")?)?;
                Ok(((request, subject), ticket))
            })
            .collect()
    }
}

fn place(request: &str, subject: u32) -> String {
    format!("evidence/{request}/{subject}")
}
