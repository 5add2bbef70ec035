//! Evidence: each answer with where it came from and when.

use super::{Application, SqliteStore, StoreError, Vault, millis, timestamp};
use crate::answer::Answer;
use jiff::Timestamp;
use sqlx::Row;

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
        }
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
}

fn place(request: &str, subject: u32) -> String {
    format!("evidence/{request}/{subject}")
}
