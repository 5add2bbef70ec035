//! Verification and decision: each is one transaction with everything it causes.

use super::intake::close_ended_awards;
use super::jobs::{self, Job, JobKind};
use super::{Application, CoreStore, StoreError, audit, cards, millis, notices, read_date};
use crate::decide::{Decision, Outcome, Undecidable, decide, heads};
use crate::facts::Facts;
use crate::rules::Rules;
use dayaq_core_api::{Notice, Stage};
use dayaq_sql::Change;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

/// A decision as it was stored, with all that it takes to make it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDecision {
    /// The day of application.
    pub registered_on: Date,
    /// The rules as they stood.
    pub rules: Rules,
    /// What it rested on.
    pub facts: Facts,
    /// The decision.
    pub decision: Decision,
}

impl StoredDecision {
    /// Makes the decision again from what it rested on; the result is the same or the store was altered.
    pub fn replay(&self) -> Result<Decision, Undecidable> {
        decide(&self.rules, &self.facts, self.registered_on, self.decision.assumed)
    }
}

impl CoreStore {
    /// Lets a verified application occupy its FIN.
    ///
    /// `false` where another verified application holds the FIN: then this one is superseded. Applications that only
    /// name the FIN are not touched: whatever changed for them would tell their phones that its owner applied (G02).
    pub async fn verify(
        &self,
        job: &Job,
        application: &Application,
        now: Timestamp,
        today: Date,
    ) -> Result<bool, StoreError> {
        let (store, job, application) = (self.clone(), *job, application.clone());
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                let tx = &mut tx;
                let fin = store.fin_lookup(&application.declared.applicant);
                // One at a time for a FIN: the second of two at once finds that the first holds it.
                tx.lock(&fin).await?;
                jobs::hold(tx, &job).await?;
                let id = application.id.to_string();
                close_ended_awards(tx, &fin, today).await?;
                let holder = tx
                    .row(
                        "SELECT id FROM applications
                         WHERE fin_lookup = $1 AND id <> $2 AND verified = 1 AND open = 1",
                        &[(&fin).into(), (&id).into()],
                    )
                    .await?;
                if holder.is_some() {
                    store.supersede(tx, &application, now).await?;
                    return Ok(false);
                }
                let sql = "UPDATE applications SET verified = 1 WHERE id = $1 AND verified = 0";
                if tx.execute(sql, &[(&id).into()]).await? == 1 {
                    audit::append(tx, &application.vault, now, "verified", &json!({})).await?;
                }
                Ok(true)
            })
        })
        .await
    }

    async fn supersede(
        &self,
        tx: &mut Change<'_>,
        application: &Application,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = application.id.to_string();
        jobs::drop_all(tx, &id).await?;
        let sql = "UPDATE applications SET stage = $1, open = 0 WHERE id = $2";
        tx.execute(sql, &[Stage::Superseded.name().into(), (&id).into()]).await?;
        // Says nothing of the other application: whose it is concerns its own phone alone.
        audit::append(tx, &application.vault, now, "superseded", &json!({})).await?;
        let notice = Notice::Superseded { reference: application.reference.clone() };
        notices::write(tx, &application.vault, now, &notice).await
    }

    /// Stores a decision, its text, and for an award the card to order and in which months who counts in it. Nothing of
    /// that is written where somebody counts in another family's award ([`StoreError::Contested`]).
    pub async fn decide(
        &self,
        job: &Job,
        application: &Application,
        stored: &StoredDecision,
        now: Timestamp,
        today: Date,
    ) -> Result<(), StoreError> {
        let (store, job, application, stored) = (self.clone(), *job, application.clone(), stored.clone());
        self.write_by_key(move |mut tx| {
            Box::pin(async move { store.decide_in(&mut tx, &job, &application, &stored, now, today).await })
        })
        .await
    }

    async fn decide_in(
        &self,
        tx: &mut Change<'_>,
        job: &Job,
        application: &Application,
        stored: &StoredDecision,
        now: Timestamp,
        today: Date,
    ) -> Result<(), StoreError> {
        let StoredDecision { registered_on, rules, facts, decision } = stored;
        let vault = &application.vault;
        let id = application.id.to_string();
        jobs::finish(tx, job).await?;
        let (outcome, stage, award_until) = match &decision.outcome {
            Outcome::Granted(award) => ("granted", Stage::Granted, Some(award.until.to_string())),
            Outcome::Refused(_) => ("refused", Stage::Refused, None),
        };
        tx.execute(
            "UPDATE applications SET stage = $1, open = $2, award_until = $3 WHERE id = $4",
            &[stage.name().into(), i64::from(award_until.is_some()).into(), award_until.as_ref().into(), (&id).into()],
        )
        .await?;
        let sql = "SELECT COUNT(*) + 1 AS number FROM decisions WHERE application_id = $1";
        let row = tx.row(sql, &[(&id).into()]).await?.ok_or(StoreError::Row("decisions"))?;
        let number: i64 = row.get("number");
        tx.execute(
            "INSERT INTO decisions (application_id, number, decided_at, registered_on, outcome, rules, facts, decision)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                (&id).into(),
                number.into(),
                millis(now).into(),
                (&registered_on.to_string()).into(),
                outcome.into(),
                (&serde_json::to_string(rules).map_err(|_| StoreError::Row("decisions"))?).into(),
                (&vault.seal(&format!("facts/{number}"), facts)?).into(),
                (&vault.seal(&format!("decision/{number}"), decision)?).into(),
            ],
        )
        .await?;
        if let Outcome::Granted(award) = &decision.outcome {
            self.claim_heads(tx, application, &heads(rules, facts, *registered_on), award).await?;
        }
        audit::append(tx, vault, now, outcome, &json!({ "number": number, "decision": decision })).await?;
        let reference = application.reference.clone();
        let notice = match &decision.outcome {
            Outcome::Granted(a) => Notice::Granted { reference, amount: a.amount, from: a.from, until: a.until },
            Outcome::Refused(_) => Notice::Refused { reference, reasons: decision.reasons() },
        };
        notices::write(tx, vault, now, &notice).await?;
        if let (Outcome::Granted(_), Some(identity)) = (&decision.outcome, &facts.identity) {
            cards::want(tx, application, identity, today).await?;
            jobs::write(tx, application.id, JobKind::OrderCard, now).await?;
        }
        Ok(())
    }

    /// The latest decision on an application.
    pub async fn decision(&self, application: &Application) -> Result<Option<StoredDecision>, StoreError> {
        let sql = "SELECT number, registered_on, rules, facts, decision FROM decisions WHERE application_id = $1
                   ORDER BY number DESC LIMIT 1";
        let row = self.database.row(sql, &[(&application.id.to_string()).into()]).await?;
        let Some(row) = row else { return Ok(None) };
        let number: i64 = row.get("number");
        Ok(Some(StoredDecision {
            registered_on: read_date(row.get("registered_on"))?,
            rules: serde_json::from_str(row.get("rules")).map_err(|_| StoreError::Row("decisions"))?,
            facts: application.vault.open(&format!("facts/{number}"), row.get("facts"))?,
            decision: application.vault.open(&format!("decision/{number}"), row.get("decision"))?,
        }))
    }

    /// Keeps the last day for the decision on an application that had none, and tells the family where it is to be told.
    pub async fn set_deadline(
        &self,
        job: &Job,
        application: &Application,
        decide_by: Date,
        told: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (job, vault) = (*job, application.vault.clone());
        let reference = application.reference.clone();
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                jobs::hold(&mut tx, &job).await?;
                let sql = "UPDATE applications SET decide_by = $1 WHERE id = $2 AND decide_by IS NULL";
                let day = decide_by.to_string();
                if tx.execute(sql, &[(&day).into(), (&vault.id().to_string()).into()]).await? == 0 {
                    return Ok(());
                }
                audit::append(&mut tx, &vault, now, "dated", &json!({ "decide_by": decide_by })).await?;
                if told {
                    let notice = Notice::Deadline { reference, decide_by };
                    notices::write(&mut tx, &vault, now, &notice).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Marks that the alarm for a deadline was raised; `false` where it had been.
    pub async fn raise_alarm(&self, application: &Application, now: Timestamp) -> Result<bool, StoreError> {
        let vault = application.vault.clone();
        self.write(move |mut tx| {
            Box::pin(async move {
                let sql = "UPDATE applications SET alarmed = 1 WHERE id = $1 AND alarmed = 0";
                let raised = tx.execute(sql, &[(&vault.id().to_string()).into()]).await? == 1;
                if raised {
                    audit::append(&mut tx, &vault, now, "deadline-alarm", &json!({})).await?;
                }
                Ok(raised)
            })
        })
        .await
    }
}
