//! Evidence: each answer with where it came from and when.

use super::jobs::{self, Job};
use super::{Application, CoreStore, StoreError, Vault, audit, millis, timestamp};
use crate::answer::Answer;
use jiff::Timestamp;
use serde_json::json;
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

impl CoreStore {
    /// Keeps answers with their octets as they came, in one transaction; an answer that is there already stays.
    pub async fn keep_evidence(&self, vault: &Vault, answers: &[(Evidence, Vec<u8>)]) -> Result<(), StoreError> {
        if answers.is_empty() {
            return Ok(());
        }
        let (vault, answers) = (vault.clone(), answers.to_vec());
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                let id = vault.id().to_string();
                for (evidence, raw) in &answers {
                    let Evidence { request, subject, institution, fetched_at, answer } = evidence;
                    let place = place(request, *subject);
                    tx.execute(
                        "INSERT INTO evidence (application_id, request, subject, institution, fetched_at, answer, raw)
                         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                        &[
                            (&id).into(),
                            request.into(),
                            (*subject).into(),
                            institution.into(),
                            millis(*fetched_at).into(),
                            (&vault.seal(&place, answer)?).into(),
                            (&vault.seal_octets(&format!("{place}/raw"), raw)).into(),
                        ],
                    )
                    .await?;
                    tx.execute(DROP_TICKET, &[(&id).into(), request.into(), (*subject).into()]).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Forgets the answers to these requests, or all, so that they are asked again; the audit tells of it.
    pub async fn drop_evidence(
        &self,
        job: &Job,
        application: &Application,
        requests: Option<Vec<String>>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (job, vault) = (*job, application.vault.clone());
        self.write(move |mut tx| {
            Box::pin(async move {
                jobs::hold(&mut tx, &job).await?;
                let id = vault.id().to_string();
                match &requests {
                    None => drop(tx.execute("DELETE FROM evidence WHERE application_id = $1", &[(&id).into()]).await?),
                    Some(requests) => {
                        for request in requests {
                            let sql = "DELETE FROM evidence WHERE application_id = $1 AND request = $2";
                            tx.execute(sql, &[(&id).into(), request.into()]).await?;
                        }
                    }
                }
                audit::append(&mut tx, &vault, now, "evidence-dropped", &json!({})).await
            })
        })
        .await
    }

    /// What has been gathered for an application.
    pub async fn evidence(&self, application: &Application) -> Result<Vec<Evidence>, StoreError> {
        let sql = "SELECT request, subject, institution, fetched_at, answer FROM evidence WHERE application_id = $1
                   ORDER BY request, subject";
        let rows = self.database.rows(sql, &[(&application.id.to_string()).into()]).await?;
        rows.iter()
            .map(|row| {
                let request: String = row.get("request");
                let subject = row.short("subject");
                Ok(Evidence {
                    answer: application.vault.open(&place(&request, subject), row.get("answer"))?,
                    institution: row.get("institution"),
                    fetched_at: timestamp(row.get("fetched_at"))?,
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
        let (id, request) = (vault.id().to_string(), request.to_owned());
        let sealed = vault.seal(&format!("{}/ticket", place(&request, subject)), &ticket)?;
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO tickets (application_id, request, subject, ticket) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (application_id, request, subject) DO UPDATE SET ticket = excluded.ticket",
                    &[(&id).into(), (&request).into(), subject.into(), (&sealed).into()],
                )
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Forgets a number that the institution no longer knows.
    pub async fn drop_ticket(&self, vault: &Vault, request: &str, subject: u32) -> Result<(), StoreError> {
        let (id, request) = (vault.id().to_string(), request.to_owned());
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                tx.execute(DROP_TICKET, &[(&id).into(), (&request).into(), subject.into()]).await?;
                Ok(())
            })
        })
        .await
    }

    /// The numbers under which answers are being prepared, by request and subject.
    pub async fn tickets(&self, application: &Application) -> Result<BTreeMap<(String, u32), String>, StoreError> {
        let sql = "SELECT request, subject, ticket FROM tickets WHERE application_id = $1";
        let rows = self.database.rows(sql, &[(&application.id.to_string()).into()]).await?;
        rows.iter()
            .map(|row| {
                let request: String = row.get("request");
                let subject = row.short("subject");
                let at = format!("{}/ticket", place(&request, subject));
                let ticket = application.vault.open(&at, row.get("ticket"))?;
                Ok(((request, subject), ticket))
            })
            .collect()
    }
}

const DROP_TICKET: &str = "DELETE FROM tickets WHERE application_id = $1 AND request = $2 AND subject = $3";

fn place(request: &str, subject: u32) -> String {
    format!("evidence/{request}/{subject}")
}
