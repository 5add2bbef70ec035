//! Intake: one transaction makes the application, its job, its notice and its audit row.

use super::application::told_registration_day;
use super::jobs::JobKind;
use super::{SqliteStore, StoreError, Tx, Vault, audit, jobs, millis, notices, read_id};
use crate::facts::Declared;
use crate::reference::reference;
use dayaq_core_api::{Caller, Channel, Notice, Stage, Submit, SubmitReply};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

/// A submission with its days worked out.
#[derive(Clone, Copy, Debug)]
pub struct Intake<'a> {
    /// Who hands in.
    pub caller: &'a Caller,
    /// What.
    pub submit: &'a Submit,
    /// Now.
    pub now: Timestamp,
    /// The day in Baku on which it came in.
    pub day: Date,
    /// The last day for the decision, were the 15 days to begin; `None` where the calendar ends before.
    pub decide_by: Option<Date>,
}

impl SqliteStore {
    /// Registers a submission; a draft that came before is answered as it was then.
    pub async fn submit(&self, intake: Intake<'_>) -> Result<SubmitReply, StoreError> {
        let mut tx = self.begin().await?;
        let msisdn = self.msisdn_lookup(&intake.caller.msisdn);
        if let Some(reply) = earlier_reply(&mut tx, intake.submit.draft, &msisdn).await? {
            return Ok(reply);
        }
        let fin = self.fin_lookup(&intake.submit.applicant);
        close_ended_awards(&mut tx, &fin, intake.day).await?;
        let open = sqlx::query(
            "SELECT id, reference, stage, registered_on, received_on, data_key FROM applications \
             WHERE msisdn_lookup = ? AND fin_lookup = ? AND open = 1 ORDER BY seq DESC LIMIT 1",
        )
        .bind(&msisdn)
        .bind(&fin)
        .fetch_optional(&mut *tx)
        .await?;
        let (id, reply) = match open {
            None => self.register(&mut tx, &intake, &fin, &msisdn).await?,
            Some(row) if continues(&row, intake.submit)? => self.continue_with_number(&mut tx, &intake, &row).await?,
            Some(row) => {
                let reply = SubmitReply::Already {
                    reference: row.try_get("reference")?,
                    registered_on: told_registration_day(&row)?,
                };
                (read_id(row.try_get("id")?)?, reply)
            }
        };
        sqlx::query("INSERT INTO submissions (draft, application_id, msisdn_lookup, reply, at) VALUES (?, ?, ?, ?, ?)")
            .bind(intake.submit.draft.to_string())
            .bind(id.to_string())
            .bind(&msisdn)
            .bind(serde_json::to_string(&reply).map_err(|_| StoreError::Row("submissions"))?)
            .bind(millis(intake.now))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(reply)
    }

    async fn register(
        &self,
        tx: &mut Tx,
        intake: &Intake<'_>,
        fin: &[u8],
        msisdn: &[u8],
    ) -> Result<(Uuid, SubmitReply), StoreError> {
        let Intake { caller, submit, now, day, .. } = *intake;
        let id = self.new_id(now);
        let (vault, wrapped) = self.new_vault(id);
        let reference = next_reference(tx, day).await?;
        let begun = Begun::of(intake)?;
        sqlx::query(
            "INSERT INTO applications (id, reference, stage, fin_lookup, msisdn_lookup, data_key, declared, msisdn, \
             language, channel, received_on, registered_on, decide_by, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(id.to_string())
        .bind(&reference)
        .bind(begun.map_or(Stage::AwaitingNotary, |_| Stage::Gathering).name())
        .bind(fin)
        .bind(msisdn)
        .bind(wrapped)
        .bind(vault.seal("declared", &Declared::from(submit))?)
        .bind(vault.seal("msisdn", &caller.msisdn)?)
        .bind(caller.language.code())
        .bind(channel_name(caller.channel))
        .bind(day.to_string())
        .bind(begun.map(|b| b.registered_on.to_string()))
        .bind(begun.map(|b| b.decide_by.to_string()))
        .bind(millis(now))
        .execute(&mut **tx)
        .await?;
        self.write_members(tx, id, submit).await?;
        let reply = self.begin_or_wait(tx, &vault, intake, reference, begun).await?;
        Ok((id, reply))
    }

    /// The missing number came: the application begins, under the registration number it has.
    async fn continue_with_number(
        &self,
        tx: &mut Tx,
        intake: &Intake<'_>,
        row: &SqliteRow,
    ) -> Result<(Uuid, SubmitReply), StoreError> {
        let id = read_id(row.try_get("id")?)?;
        let vault = self.open_vault(id, row.try_get("data_key")?)?;
        let begun = Begun::of(intake)?;
        sqlx::query(
            "UPDATE applications SET stage = ?, declared = ?, language = ?, channel = ?, registered_on = ?, \
             decide_by = ? WHERE id = ?",
        )
        .bind(Stage::Gathering.name())
        .bind(vault.seal("declared", &Declared::from(intake.submit))?)
        .bind(intake.caller.language.code())
        .bind(channel_name(intake.caller.channel))
        .bind(begun.map(|b| b.registered_on.to_string()))
        .bind(begun.map(|b| b.decide_by.to_string()))
        .bind(id.to_string())
        .execute(&mut **tx)
        .await?;
        sqlx::query("DELETE FROM members WHERE application_id = ?").bind(id.to_string()).execute(&mut **tx).await?;
        self.write_members(tx, id, intake.submit).await?;
        let reply = self.begin_or_wait(tx, &vault, intake, row.try_get("reference")?, begun).await?;
        Ok((id, reply))
    }

    /// Starts the evidence where the number is there, and tells the family either way.
    async fn begin_or_wait(
        &self,
        tx: &mut Tx,
        vault: &Vault,
        intake: &Intake<'_>,
        reference: String,
        begun: Option<Begun>,
    ) -> Result<SubmitReply, StoreError> {
        let Intake { caller, submit, now, day, .. } = *intake;
        let event = if begun.is_some() { "registered" } else { "awaiting-notary" };
        let detail = json!({
            "draft": submit.draft, "channel": channel_name(caller.channel), "declared": Declared::from(submit),
        });
        audit::append(tx, vault, now, event, &detail).await?;
        let Some(Begun { registered_on, decide_by }) = begun else {
            let notice = Notice::AwaitingNotary { reference: reference.clone() };
            notices::write(tx, vault, self.new_id(now), now, &notice).await?;
            return Ok(SubmitReply::AwaitingNotary { reference, registered_on: day });
        };
        jobs::write(tx, vault.id(), JobKind::Evidence, now).await?;
        let notice = Notice::Registered { reference: reference.clone(), decide_by };
        notices::write(tx, vault, self.new_id(now), now, &notice).await?;
        Ok(SubmitReply::Registered { reference, registered_on, decide_by })
    }

    async fn write_members(&self, tx: &mut Tx, id: Uuid, submit: &Submit) -> Result<(), StoreError> {
        for (member, position) in submit.members.iter().zip(1i64..) {
            sqlx::query("INSERT INTO members (application_id, position, fin_lookup) VALUES (?, ?, ?)")
                .bind(id.to_string())
                .bind(position)
                .bind(self.fin_lookup(&member.fin))
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
    }
}

/// The days that run once the notarised application's number is there.
#[derive(Clone, Copy)]
struct Begun {
    registered_on: Date,
    decide_by: Date,
}

impl Begun {
    fn of(intake: &Intake<'_>) -> Result<Option<Self>, StoreError> {
        if intake.submit.notary_number.is_none() {
            return Ok(None);
        }
        let decide_by = intake.decide_by.ok_or(StoreError::CalendarEnds)?;
        Ok(Some(Self { registered_on: intake.day, decide_by }))
    }
}

/// Ends the hold of awards that have run out, so that the family may apply again.
pub(super) async fn close_ended_awards(tx: &mut Tx, fin: &[u8], today: Date) -> Result<(), StoreError> {
    sqlx::query("UPDATE applications SET open = 0 WHERE fin_lookup = ? AND open = 1 AND award_until < ?")
        .bind(fin)
        .bind(today.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn continues(row: &SqliteRow, submit: &Submit) -> Result<bool, StoreError> {
    let stage: &str = row.try_get("stage")?;
    Ok(stage == Stage::AwaitingNotary.name() && submit.notary_number.is_some())
}

async fn earlier_reply(tx: &mut Tx, draft: Uuid, msisdn: &[u8]) -> Result<Option<SubmitReply>, StoreError> {
    let row = sqlx::query("SELECT msisdn_lookup, reply FROM submissions WHERE draft = ?")
        .bind(draft.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    if row.try_get::<&[u8], _>("msisdn_lookup")? != msisdn {
        return Err(StoreError::ForeignDraft);
    }
    let reply = serde_json::from_str(row.try_get("reply")?).map_err(|_| StoreError::Row("submissions"))?;
    Ok(Some(reply))
}

async fn next_reference(tx: &mut Tx, day: Date) -> Result<String, StoreError> {
    let row = sqlx::query(
        "INSERT INTO counters (year, last) VALUES (?, 1) ON CONFLICT (year) DO UPDATE SET last = last + 1 RETURNING last",
    )
    .bind(day.year())
    .fetch_one(&mut **tx)
    .await?;
    Ok(reference(day, row.try_get("last")?))
}

const fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Ussd => "ussd",
        Channel::Sms => "sms",
    }
}
