//! In whose award somebody counts: in one family a month.

use super::jobs::{self, Job};
use super::{Application, CoreStore, StoreError, audit, millis, notices, read_id};
use crate::decide::Award;
use crate::facts::Month;
use dayaq_core_api::Notice;
use dayaq_sql::{Bind, Change, Row};
use dayaq_types::Fin;
use jiff::Timestamp;
use serde_json::json;

/// The months that an award pays for.
fn months(award: &Award) -> Vec<String> {
    let last = Month::of(award.until);
    let months = (0..).map(|n| Month::of(award.from).later(n)).take_while(|month| *month <= last);
    months.map(|month| month.to_string()).collect()
}

impl CoreStore {
    /// Lets these people count in the application's award, in each of its months, in the transaction that grants it.
    ///
    /// Whom another award has keeps to that, by the key of the table: then nothing is granted, and the error names who it
    /// is. What an earlier award of the same applicant has goes over to this one.
    pub(super) async fn claim_heads(
        &self,
        tx: &mut Change<'_>,
        application: &Application,
        fins: &[Fin],
        award: &Award,
    ) -> Result<(), StoreError> {
        let (id, months) = (application.id.to_string(), months(award));
        let applicant = self.fin_lookup(&application.declared.applicant);
        let rows: Vec<String> = (0..months.len()).map(|n| format!("($1, ${}, $2)", n + 4)).collect();
        let sql = format!(
            "INSERT INTO heads (fin_lookup, month, application_id) VALUES {}
             ON CONFLICT (fin_lookup, month) DO UPDATE SET application_id = excluded.application_id
             WHERE heads.application_id IN (SELECT id FROM applications WHERE fin_lookup = $3)",
            rows.join(", ")
        );
        // In one order for everybody, so that two awards that meet do not wait for each other.
        let mut people: Vec<(Vec<u8>, Fin)> = fins.iter().map(|fin| (self.fin_lookup(fin), *fin)).collect();
        people.sort_by(|one, other| one.0.cmp(&other.0));
        let mut contested = Vec::new();
        for (lookup, fin) in people {
            let mut binds: Vec<Bind<'_>> = vec![(&lookup).into(), (&id).into(), (&applicant).into()];
            binds.extend(months.iter().map(Bind::from));
            let claimed = tx.execute(&sql, &binds).await?;
            if claimed < months.len() as u64 {
                contested.push(fin);
            }
        }
        if contested.is_empty() { Ok(()) } else { Err(StoreError::Contested(contested)) }
    }

    /// Keeps that an application claims people who count in others' awards, and asks both families, each once.
    pub async fn contest(
        &self,
        job: &Job,
        application: &Application,
        fins: &[Fin],
        award: &Award,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (store, job, application) = (self.clone(), *job, application.clone());
        let (lookups, months) = (fins.iter().map(|fin| self.fin_lookup(fin)).collect::<Vec<_>>(), months(award));
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                let tx = &mut tx;
                jobs::hold(tx, &job).await?;
                for lookup in &lookups {
                    store.contest_in(tx, &application, lookup, &months, now).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn contest_in(
        &self,
        tx: &mut Change<'_>,
        application: &Application,
        fin: &[u8],
        months: &[String],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = application.id.to_string();
        let (Some(first), Some(last)) = (months.first(), months.last()) else { return Ok(()) };
        let holders = tx
            .rows(
                "SELECT a.id, a.reference, a.data_key FROM applications a WHERE a.data_key IS NOT NULL AND a.id IN
                    (SELECT application_id FROM heads
                     WHERE fin_lookup = $1 AND month >= $2 AND month <= $3 AND application_id <> $4) ORDER BY a.id",
                &[fin.into(), first.into(), last.into(), (&id).into()],
            )
            .await?;
        for holder in &holders {
            let new = tx
                .execute(
                    "INSERT INTO contests (application_id, fin_lookup, holder_id, at) VALUES ($1, $2, $3, $4)
                     ON CONFLICT DO NOTHING",
                    &[(&id).into(), fin.into(), holder.get::<&str>("id").into(), millis(now).into()],
                )
                .await?;
            if new == 1 {
                self.ask_holder(tx, holder, now).await?;
                ask(tx, application, now).await?;
            }
        }
        Ok(())
    }

    async fn ask_holder(&self, tx: &mut Change<'_>, holder: &Row, now: Timestamp) -> Result<(), StoreError> {
        let vault = self.open_vault(read_id(holder.get("id"))?, holder.get("data_key"))?;
        ask_once(tx, &vault, holder.get("reference"), now).await
    }
}

async fn ask(tx: &mut Change<'_>, application: &Application, now: Timestamp) -> Result<(), StoreError> {
    ask_once(tx, &application.vault, &application.reference, now).await
}

/// Asks a family about a member whom another one claims; it does not hear which, nor who the others are.
async fn ask_once(
    tx: &mut Change<'_>,
    vault: &super::Vault,
    reference: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    audit::append(tx, vault, now, "contested", &json!({})).await?;
    let notice = Notice::Contested { reference: reference.to_owned() };
    notices::write_once(tx, vault, now, &notice).await?;
    Ok(())
}
