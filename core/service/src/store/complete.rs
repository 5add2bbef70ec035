//! The number of the notarised application, given alone; and which application a phone has.

use super::application::told_registration_day;
use super::intake::{Intake, note_submission};
use super::{CoreStore, StoreError, read_date, read_id};
use crate::facts::Declared;
use dayaq_core_api::{Caller, Complete, CompleteReply, ExistingReply, Stage};
use dayaq_sql::Change;
use dayaq_types::Msisdn;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// A number that came alone, with its days worked out as for an [`Intake`].
#[derive(Clone, Debug)]
pub struct Completion {
    /// Who gives it.
    pub caller: Caller,
    /// What.
    pub complete: Complete,
    /// Now.
    pub now: Timestamp,
    /// The day in Baku on which it came in.
    pub day: Date,
    /// The last day for the decision; `None` where no day can be promised.
    pub decide_by: Option<Date>,
    /// Whether the store has lost it, and takes it again.
    pub again: bool,
}

impl Completion {
    /// Under what its answer is kept.
    pub(super) fn key(draft: Uuid, reference: &str) -> String {
        format!("complete/{draft}/{reference}")
    }
}

impl CoreStore {
    /// Gives a phone's waiting application its number, under which it goes on as if it had been handed in with it.
    pub async fn complete(&self, completion: Completion) -> Result<CompleteReply, StoreError> {
        let store = self.clone();
        self.write_by_key(move |mut tx| Box::pin(async move { store.complete_in(&mut tx, &completion).await })).await
    }

    async fn complete_in(&self, tx: &mut Change<'_>, completion: &Completion) -> Result<CompleteReply, StoreError> {
        let Completion { caller, complete, now, day, decide_by, again } = completion;
        let msisdn = self.msisdn_lookup(&caller.msisdn);
        // As at intake: of two numbers of a phone at once, or a number and a submission, the second finds the first.
        tx.lock(&msisdn).await?;
        let bound = format!(
            "SELECT id, reference, stage, registered_on, received_on, decide_by, data_key, declared FROM applications
             WHERE msisdn_lookup = $1 AND reference = $2 AND data_key IS NOT NULL{}",
            tx.for_update()
        );
        let Some(row) = tx.row(&bound, &[(&msisdn).into(), (&complete.reference).into()]).await? else {
            return Ok(CompleteReply::None);
        };
        let (id, reference) = (read_id(row.get("id"))?, row.get::<String>("reference"));
        let declared: Declared = self.open_vault(id, row.get("data_key"))?.open("declared", row.get("declared"))?;
        // A submission may bear the same draft, and one draft may complete two applications.
        let key = Completion::key(complete.draft, &reference);
        if row.get::<&str>("stage") != Stage::AwaitingNotary.name() {
            if declared.notary_number.as_ref() != Some(&complete.notary_number) {
                return Ok(CompleteReply::NotAwaiting { reference });
            }
            let registered_on = told_registration_day(&row)?;
            let made = "SELECT draft FROM submissions WHERE draft = $1";
            return Ok(match (tx.row(made, &[(&key).into()]).await?, row.get::<Option<&str>>("decide_by")) {
                (Some(_), Some(day)) => {
                    CompleteReply::Registered { reference, registered_on, decide_by: read_date(day)? }
                }
                (Some(_), None) => CompleteReply::RegisteredUndated { reference, registered_on },
                (None, _) => CompleteReply::Already { reference, registered_on },
            });
        }
        let submit = declared.handed_in(complete.draft, complete.notary_number.clone());
        let told = again.then(|| reference.clone());
        let intake = Intake { caller: caller.clone(), submit, now: *now, day: *day, decide_by: *decide_by, told };
        let (id, reply) = self.continue_with_number(tx, &intake, &row).await?;
        note_submission(tx, &key, id, &msisdn, &reply, *now).await?;
        let registered_on = *day;
        Ok(match *decide_by {
            Some(decide_by) => CompleteReply::Registered { reference, registered_on, decide_by },
            None => CompleteReply::RegisteredUndated { reference, registered_on },
        })
    }

    /// The application that the phone has on that day: the latest that waits for its number, or else the latest of all
    /// that are open.
    pub async fn existing_of_phone(&self, msisdn: &Msisdn, today: Date) -> Result<ExistingReply, StoreError> {
        // An award that has ended is closed only when its family applies again.
        let sql = "SELECT reference, stage FROM applications
                   WHERE msisdn_lookup = $1 AND data_key IS NOT NULL AND open = 1
                   AND (award_until IS NULL OR award_until >= $2)
                   ORDER BY CASE WHEN stage = $3 THEN 0 ELSE 1 END, seq DESC LIMIT 1";
        let waiting = Stage::AwaitingNotary.name();
        let (phone, today) = (self.msisdn_lookup(msisdn), today.to_string());
        let found = self.database.row(sql, &[(&phone).into(), (&today).into(), waiting.into()]).await?;
        Ok(match found {
            None => ExistingReply::None,
            Some(row) if row.get::<&str>("stage") == waiting => {
                ExistingReply::AwaitingNotary { reference: row.get("reference") }
            }
            Some(row) => ExistingReply::Open { reference: row.get("reference") },
        })
    }
}
