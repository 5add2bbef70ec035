//! Intake: one transaction makes the application, its job, its notice and its audit row.

use super::application::told_registration_day;
use super::jobs::JobKind;
use super::{CoreStore, StoreError, Vault, applicants, audit, derived_id, jobs, millis, notices, read_id};
use crate::facts::Declared;
use crate::reference::reference;
use dayaq_core_api::{Caller, Channel, Notice, Stage, Submit, SubmitReply};
use dayaq_sql::{Change, Row};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use uuid::Uuid;

/// A submission with its days worked out.
#[derive(Clone, Debug)]
pub struct Intake {
    /// Who hands in.
    pub caller: Caller,
    /// What.
    pub submit: Submit,
    /// Now.
    pub now: Timestamp,
    /// The day in Baku on which it came in.
    pub day: Date,
    /// The last day for the decision, were the 15 days to begin; `None` where no day can be promised.
    pub decide_by: Option<Date>,
    /// The registration number that the family was told, where the store has lost the application.
    pub told: Option<String>,
}

impl CoreStore {
    /// Registers a submission; a draft that came before is answered as it was then.
    pub async fn submit(&self, intake: Intake) -> Result<SubmitReply, StoreError> {
        let store = self.clone();
        self.write_by_key(move |mut tx| Box::pin(async move { store.submit_in(&mut tx, &intake).await })).await
    }

    async fn submit_in(&self, tx: &mut Change<'_>, intake: &Intake) -> Result<SubmitReply, StoreError> {
        let msisdn = self.msisdn_lookup(&intake.caller.msisdn);
        // One submission of a phone at a time: the second of two at once finds what the first has made.
        tx.lock(&msisdn).await?;
        if let Some(reply) = earlier_reply(tx, intake.submit.draft, &msisdn).await? {
            return Ok(reply);
        }
        let fin = self.fin_lookup(&intake.submit.applicant);
        close_ended_awards(tx, &fin, intake.day).await?;
        let open = format!(
            "SELECT id, reference, stage, registered_on, received_on, data_key FROM applications
             WHERE msisdn_lookup = $1 AND fin_lookup = $2 AND open = 1 ORDER BY seq DESC LIMIT 1{}",
            tx.for_update()
        );
        let (id, reply) = match tx.row(&open, &[(&msisdn).into(), (&fin).into()]).await? {
            None => {
                let place = applicants::take_place(tx, &msisdn, &fin, intake.now).await?;
                // What a family was told was registered is taken again, whoever applied since.
                if !place && intake.told.is_none() {
                    return Ok(SubmitReply::Limited);
                }
                self.register(tx, intake, &fin, &msisdn).await?
            }
            Some(row) if continues(&row, &intake.submit) => self.continue_with_number(tx, intake, &row).await?,
            Some(row) => {
                let registered_on = told_registration_day(&row)?;
                let reply = SubmitReply::Already { reference: row.get("reference"), registered_on };
                (read_id(row.get("id"))?, reply)
            }
        };
        note_submission(tx, &intake.submit.draft.to_string(), id, &msisdn, &reply, intake.now).await?;
        Ok(reply)
    }

    async fn register(
        &self,
        tx: &mut Change<'_>,
        intake: &Intake,
        fin: &[u8],
        msisdn: &[u8],
    ) -> Result<(Uuid, SubmitReply), StoreError> {
        let Intake { caller, submit, now, day, told, .. } = intake;
        // The bank knows an order by this id: the same draft, handed in again after a restore, gets the same.
        let id = derived_id(&[b"application", submit.draft.as_bytes()]);
        let (vault, wrapped) = self.new_vault(id);
        let reference = match told {
            Some(told) => told.clone(),
            None => self.draw_reference(tx, *day).await?,
        };
        let begun = Begun::of(intake);
        let days = begun.map(Begun::written);
        tx.execute(
            "INSERT INTO applications (id, reference, stage, fin_lookup, msisdn_lookup, data_key, declared, msisdn,
             language, channel, received_on, registered_on, decide_by, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            &[
                (&id.to_string()).into(),
                (&reference).into(),
                begun.map_or(Stage::AwaitingNotary, |_| Stage::Gathering).name().into(),
                fin.into(),
                msisdn.into(),
                (&wrapped).into(),
                (&vault.seal("declared", &Declared::from(submit))?).into(),
                (&vault.seal("msisdn", &caller.msisdn)?).into(),
                caller.language.code().into(),
                channel_name(caller.channel).into(),
                (&day.to_string()).into(),
                days.as_ref().map(|(registered_on, _)| registered_on).into(),
                days.as_ref().and_then(|(_, decide_by)| decide_by.as_ref()).into(),
                millis(*now).into(),
            ],
        )
        .await?;
        self.write_members(tx, id, submit).await?;
        let reply = self.begin_or_wait(tx, &vault, intake, reference, begun).await?;
        Ok((id, reply))
    }

    /// The missing number came: the application begins, under the registration number it has.
    pub(super) async fn continue_with_number(
        &self,
        tx: &mut Change<'_>,
        intake: &Intake,
        row: &Row,
    ) -> Result<(Uuid, SubmitReply), StoreError> {
        let id = read_id(row.get("id"))?;
        let vault = self.open_vault(id, row.get("data_key"))?;
        let begun = Begun::of(intake);
        let days = begun.map(Begun::written);
        tx.execute(
            "UPDATE applications SET stage = $1, declared = $2, language = $3, channel = $4, registered_on = $5,
             decide_by = $6 WHERE id = $7",
            &[
                Stage::Gathering.name().into(),
                (&vault.seal("declared", &Declared::from(&intake.submit))?).into(),
                intake.caller.language.code().into(),
                channel_name(intake.caller.channel).into(),
                days.as_ref().map(|(registered_on, _)| registered_on).into(),
                days.as_ref().and_then(|(_, decide_by)| decide_by.as_ref()).into(),
                (&id.to_string()).into(),
            ],
        )
        .await?;
        tx.execute("DELETE FROM members WHERE application_id = $1", &[(&id.to_string()).into()]).await?;
        self.write_members(tx, id, &intake.submit).await?;
        let reply = self.begin_or_wait(tx, &vault, intake, row.get("reference"), begun).await?;
        Ok((id, reply))
    }

    /// Starts the evidence where the number is there, and tells the family either way.
    async fn begin_or_wait(
        &self,
        tx: &mut Change<'_>,
        vault: &Vault,
        intake: &Intake,
        reference: String,
        begun: Option<Begun>,
    ) -> Result<SubmitReply, StoreError> {
        let Intake { caller, submit, now, day, told, .. } = intake;
        let event = match (begun.is_some(), told.is_some()) {
            (true, false) => "registered",
            (false, false) => "awaiting-notary",
            (true, true) => "registered-again",
            (false, true) => "awaiting-notary-again",
        };
        let detail = json!({
            "draft": submit.draft, "channel": channel_name(caller.channel), "declared": Declared::from(submit),
        });
        audit::append(tx, vault, *now, event, &detail).await?;
        let Some(Begun { registered_on, decide_by }) = begun else {
            let notice = Notice::AwaitingNotary { reference: reference.clone() };
            notices::write(tx, vault, *now, &notice).await?;
            return Ok(SubmitReply::AwaitingNotary { reference, registered_on: *day });
        };
        jobs::write(tx, vault.id(), JobKind::Evidence, *now).await?;
        let told = reference.clone();
        let (notice, reply) = match decide_by {
            Some(decide_by) => (
                Notice::Registered { reference: told, decide_by },
                SubmitReply::Registered { reference, registered_on, decide_by },
            ),
            None => (
                Notice::RegisteredUndated { reference: told },
                SubmitReply::RegisteredUndated { reference, registered_on },
            ),
        };
        notices::write(tx, vault, *now, &notice).await?;
        Ok(reply)
    }

    /// Draws a registration number that nobody in the store has.
    async fn draw_reference(&self, tx: &mut Change<'_>, day: Date) -> Result<String, StoreError> {
        let taken = "SELECT id FROM applications WHERE reference = $1";
        loop {
            let reference = reference(day, self.entropy.as_ref());
            if tx.row(taken, &[(&reference).into()]).await?.is_none() {
                return Ok(reference);
            }
        }
    }

    async fn write_members(&self, tx: &mut Change<'_>, id: Uuid, submit: &Submit) -> Result<(), StoreError> {
        for (member, position) in submit.members.iter().zip(1i64..) {
            tx.execute(
                "INSERT INTO members (application_id, position, fin_lookup) VALUES ($1, $2, $3)",
                &[(&id.to_string()).into(), position.into(), (&self.fin_lookup(&member.fin)).into()],
            )
            .await?;
        }
        Ok(())
    }
}

/// The days that run once the notarised application's number is there.
#[derive(Clone, Copy)]
struct Begun {
    registered_on: Date,
    decide_by: Option<Date>,
}

impl Begun {
    fn of(intake: &Intake) -> Option<Self> {
        intake.submit.notary_number.as_ref()?;
        Some(Self { registered_on: intake.day, decide_by: intake.decide_by })
    }

    fn written(self) -> (String, Option<String>) {
        (self.registered_on.to_string(), self.decide_by.map(|day| day.to_string()))
    }
}

/// Ends the hold of awards that have run out, so that the family may apply again.
pub(super) async fn close_ended_awards(tx: &mut Change<'_>, fin: &[u8], today: Date) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE applications SET open = 0 WHERE fin_lookup = $1 AND open = 1 AND award_until < $2",
        &[fin.into(), (&today.to_string()).into()],
    )
    .await?;
    Ok(())
}

fn continues(row: &Row, submit: &Submit) -> bool {
    row.get::<&str>("stage") == Stage::AwaitingNotary.name() && submit.notary_number.is_some()
}

/// Keeps what was answered under a key, so that the same again is answered the same.
pub(super) async fn note_submission(
    tx: &mut Change<'_>,
    key: &str,
    id: Uuid,
    msisdn: &[u8],
    reply: &SubmitReply,
    now: Timestamp,
) -> Result<(), StoreError> {
    let told = serde_json::to_string(reply).map_err(|_| StoreError::Row("submissions"))?;
    tx.execute(
        "INSERT INTO submissions (draft, application_id, msisdn_lookup, reply, at) VALUES ($1, $2, $3, $4, $5)",
        &[key.into(), (&id.to_string()).into(), msisdn.into(), (&told).into(), millis(now).into()],
    )
    .await?;
    Ok(())
}

pub(super) async fn earlier_reply(
    tx: &mut Change<'_>,
    draft: Uuid,
    msisdn: &[u8],
) -> Result<Option<SubmitReply>, StoreError> {
    let sql = "SELECT msisdn_lookup, reply FROM submissions WHERE draft = $1";
    let Some(row) = tx.row(sql, &[(&draft.to_string()).into()]).await? else { return Ok(None) };
    if row.get::<&[u8]>("msisdn_lookup") != msisdn {
        return Err(StoreError::ForeignDraft);
    }
    let reply = serde_json::from_str(row.get("reply")).map_err(|_| StoreError::Row("submissions"))?;
    Ok(Some(reply))
}

const fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Ussd => "ussd",
        Channel::Sms => "sms",
    }
}
