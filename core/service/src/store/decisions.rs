//! Verification and decision: each is one transaction with everything it causes.

use super::intake::close_ended_awards;
use super::jobs::{self, Job, JobKind};
use super::{Application, SqliteStore, StoreError, Tx, audit, cards, millis, notices, read_date, read_id};
use crate::decide::{Decision, Outcome, Undecidable, decide};
use crate::facts::Facts;
use crate::rules::Rules;
use dayaq_core_api::{Notice, Stage};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use sqlx::Row;

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

impl SqliteStore {
    /// Lets a verified application occupy its FIN, and supersedes the unverified ones of the same FIN.
    ///
    /// `false` where another verified application holds the FIN: then this one is superseded itself.
    pub async fn verify(
        &self,
        job: &Job,
        application: &Application,
        now: Timestamp,
        today: Date,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        jobs::hold(&mut tx, job).await?;
        let fin = self.fin_lookup(&application.declared.applicant);
        let id = application.id.to_string();
        close_ended_awards(&mut tx, &fin, today).await?;
        let holder =
            sqlx::query("SELECT 1 FROM applications WHERE fin_lookup = ? AND id <> ? AND verified = 1 AND open = 1")
                .bind(&fin)
                .bind(&id)
                .fetch_optional(&mut *tx)
                .await?;
        if holder.is_some() {
            self.supersede(&mut tx, application, now).await?;
            tx.commit().await?;
            return Ok(false);
        }
        sqlx::query("UPDATE applications SET verified = 1 WHERE id = ?").bind(&id).execute(&mut *tx).await?;
        audit::append(&mut tx, &application.vault, now, "verified", &json!({})).await?;
        let sql = format!(
            "SELECT {} FROM applications WHERE fin_lookup = ? AND id <> ? AND verified = 0 AND open = 1",
            super::application::COLUMNS
        );
        let others = sqlx::query(&sql).bind(&fin).bind(&id).fetch_all(&mut *tx).await?;
        for row in &others {
            let other = self.read_application(row)?;
            self.supersede(&mut tx, &other, now).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn supersede(&self, tx: &mut Tx, application: &Application, now: Timestamp) -> Result<(), StoreError> {
        let id = application.id.to_string();
        sqlx::query("UPDATE applications SET stage = ?, open = 0 WHERE id = ?")
            .bind(Stage::Superseded.name())
            .bind(&id)
            .execute(&mut **tx)
            .await?;
        jobs::drop_all(tx, &id).await?;
        // Says nothing of the other application: whose it is concerns its own phone alone.
        audit::append(tx, &application.vault, now, "superseded", &json!({})).await?;
        let notice = Notice::Superseded { reference: application.reference.clone() };
        notices::write(tx, &application.vault, self.new_id(now), now, &notice).await
    }

    /// Stores a decision, its text, and for an award the card to order.
    pub async fn decide(
        &self,
        job: &Job,
        application: &Application,
        stored: &StoredDecision,
        now: Timestamp,
        today: Date,
    ) -> Result<(), StoreError> {
        let StoredDecision { registered_on, rules, facts, decision } = stored;
        let vault = &application.vault;
        let id = application.id.to_string();
        let mut tx = self.begin().await?;
        jobs::finish(&mut tx, job).await?;
        let (outcome, stage, award_until) = match &decision.outcome {
            Outcome::Granted(award) => ("granted", Stage::Granted, Some(award.until)),
            Outcome::Refused(_) => ("refused", Stage::Refused, None),
        };
        let row = sqlx::query("SELECT COUNT(*) + 1 AS number FROM decisions WHERE application_id = ?")
            .bind(&id)
            .fetch_one(&mut *tx)
            .await?;
        let number: i64 = row.try_get("number")?;
        sqlx::query(
            "INSERT INTO decisions (application_id, number, decided_at, registered_on, outcome, rules, facts, decision) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&id)
        .bind(number)
        .bind(millis(now))
        .bind(registered_on.to_string())
        .bind(outcome)
        .bind(serde_json::to_string(rules).map_err(|_| StoreError::Row("decisions"))?)
        .bind(vault.seal(&format!("facts/{number}"), facts)?)
        .bind(vault.seal(&format!("decision/{number}"), decision)?)
        .execute(&mut *tx)
        .await?;
        sqlx::query("UPDATE applications SET stage = ?, open = ?, award_until = ? WHERE id = ?")
            .bind(stage.name())
            .bind(award_until.is_some())
            .bind(award_until.map(|d| d.to_string()))
            .bind(&id)
            .execute(&mut *tx)
            .await?;
        audit::append(&mut tx, vault, now, outcome, &json!({ "number": number, "decision": decision })).await?;
        let reference = application.reference.clone();
        let notice = match &decision.outcome {
            Outcome::Granted(a) => Notice::Granted { reference, amount: a.amount, from: a.from, until: a.until },
            Outcome::Refused(_) => Notice::Refused { reference, reasons: decision.reasons() },
        };
        notices::write(&mut tx, vault, self.new_id(now), now, &notice).await?;
        if let (Outcome::Granted(_), Some(identity)) = (&decision.outcome, &facts.identity) {
            cards::want(&mut tx, application, identity, today).await?;
            jobs::write(&mut tx, application.id, JobKind::OrderCard, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The latest decision on an application.
    pub async fn decision(&self, application: &Application) -> Result<Option<StoredDecision>, StoreError> {
        let row = sqlx::query(
            "SELECT number, registered_on, rules, facts, decision FROM decisions WHERE application_id = ? \
             ORDER BY number DESC LIMIT 1",
        )
        .bind(application.id.to_string())
        .fetch_optional(&self.read)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let number: i64 = row.try_get("number")?;
        Ok(Some(StoredDecision {
            registered_on: read_date(row.try_get("registered_on")?)?,
            rules: serde_json::from_str(row.try_get("rules")?).map_err(|_| StoreError::Row("decisions"))?,
            facts: application.vault.open(&format!("facts/{number}"), row.try_get("facts")?)?,
            decision: application.vault.open(&format!("decision/{number}"), row.try_get("decision")?)?,
        }))
    }

    /// Marks that the alarm for a deadline was raised; `false` where it had been.
    pub async fn raise_alarm(&self, application: &Application, now: Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let raised = sqlx::query("UPDATE applications SET alarmed = 1 WHERE id = ? AND alarmed = 0 RETURNING id")
            .bind(application.id.to_string())
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(row) = &raised {
            debug_assert_eq!(read_id(row.try_get("id")?)?, application.id);
            audit::append(&mut tx, &application.vault, now, "deadline-alarm", &json!({})).await?;
        }
        tx.commit().await?;
        Ok(raised.is_some())
    }
}
