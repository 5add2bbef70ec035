//! Going on after a restore: what a store can do about what it has lost, and about what it cannot know.

use super::intake::earlier_reply;
use super::{Completion, CoreStore, Intake, StoreError, millis};
use dayaq_core_api::{Complete, Submit};
use dayaq_sql::Marks;
use dayaq_types::Msisdn;
use jiff::Timestamp;
use jiff::civil::Date;

/// What a family was told when it handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The registration number.
    pub reference: String,
    /// The day of registration.
    pub registered_on: Date,
    /// The last day for the decision, where one was told.
    pub decide_by: Option<Date>,
}

impl CoreStore {
    /// The marks of this store and of the one that it belongs to.
    pub async fn marks(&self) -> Result<Marks, StoreError> {
        Ok(self.database.marks().await?)
    }

    /// The database, for its marks.
    pub const fn database(&self) -> &dayaq_sql::Database {
        &self.database
    }

    /// What changes whenever something is done: the newest application and notice.
    pub async fn activity(&self) -> Result<(i64, i64), StoreError> {
        let sql = "SELECT (SELECT COALESCE(MAX(seq), 0) FROM applications) AS applications,
                   (SELECT COALESCE(MAX(seq), 0) FROM notices) AS notices";
        let row = self.database.row(sql, &[]).await?.ok_or(StoreError::Row("marks"))?;
        Ok((row.get("applications"), row.get("notices")))
    }

    /// Whether a submission of that phone is here, under its draft.
    pub async fn has_submission(&self, msisdn: &Msisdn, submit: &Submit) -> Result<bool, StoreError> {
        let (phone, draft) = (self.msisdn_lookup(msisdn), submit.draft);
        self.write_by_key(move |mut tx| {
            Box::pin(async move { Ok(earlier_reply(&mut tx, draft, &phone).await?.is_some()) })
        })
        .await
    }

    /// Whether a number that came alone is here, under its draft.
    pub async fn has_completion(&self, complete: &Complete) -> Result<bool, StoreError> {
        let key = Completion::key(complete.draft, &complete.reference);
        Ok(self.database.row("SELECT draft FROM submissions WHERE draft = $1", &[(&key).into()]).await?.is_some())
    }

    /// Whether some application has that registration number.
    pub async fn has_reference(&self, reference: &str) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM applications WHERE reference = $1";
        Ok(self.database.row(sql, &[reference.into()]).await?.is_some())
    }

    /// Ends, as unknown, the notices that a gateway had taken and not reported: one that has lost its store may have sent
    /// them, and no longer knows. Gives how many.
    pub async fn doubt_notices(&self, now: Timestamp) -> Result<u64, StoreError> {
        let at = millis(now);
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                let sql = "UPDATE notices SET state = 'unknown', cause = 'restored', finished_at = $1
                           WHERE state = 'waiting' AND fence > 0";
                Ok(tx.execute(sql, &[at.into()]).await?)
            })
        })
        .await
    }

    /// Goes on from these marks. From now on the bank is asked by key before an order is placed for an application that was
    /// here by then.
    pub async fn go_on(&self, marks: Marks, now: Timestamp, why: String) -> Result<(), StoreError> {
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                tx.execute("UPDATE cards SET state = 'asked' WHERE state = 'wanted'", &[]).await?;
                Ok::<_, StoreError>(())
            })
        })
        .await?;
        Ok(self.database.settle_marks(marks, millis(now), why).await?)
    }

    /// Takes a submission again as it was answered.
    pub async fn submit_again(&self, intake: Intake) -> Result<bool, StoreError> {
        let told = intake.told.clone();
        let reply = self.submit(intake).await?;
        Ok(reply.reference() == told.as_deref())
    }
}
