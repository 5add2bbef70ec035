//! Cards: one order for each application, whatever happens to the bank's answers.

use super::jobs::{self, Job, JobKind};
use super::{Application, SqliteStore, StoreError, Tx, audit, notices, read_date, read_opt_date};
use crate::facts::Identity;
use dayaq_core_api::{Notice, Stage};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::Row;

/// How far a card is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardState {
    /// Granted; the bank has not been asked.
    Wanted,
    /// The bank may have been asked: it is queried by key before it is asked again.
    Asked,
    /// The bank has confirmed the order.
    Ordered,
    /// It can be collected.
    Ready,
}

impl CardState {
    const ALL: [Self; 4] = [Self::Wanted, Self::Asked, Self::Ordered, Self::Ready];

    const fn name(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Asked => "asked",
            Self::Ordered => "ordered",
            Self::Ready => "ready",
        }
    }
}

/// A card.
#[derive(Clone)]
pub struct Card {
    /// How far it is.
    pub state: CardState,
    /// The bank's number of the order.
    pub order_id: Option<String>,
    /// Surname and name as the card bears them.
    pub holder: String,
    /// The branch.
    pub branch: String,
    /// The day of the order.
    pub ordered_on: Date,
    /// The first day on which it can be collected.
    pub collect_from: Option<Date>,
}

#[derive(Serialize, Deserialize)]
struct Details {
    holder: String,
    branch: String,
}

/// Notes in the transaction of the award that a card is wanted.
pub(super) async fn want(
    tx: &mut Tx,
    application: &Application,
    identity: &Identity,
    today: Date,
) -> Result<(), StoreError> {
    let holder = upper(&format!("{} {}", identity.surname, identity.given_name));
    let details = Details { holder, branch: application.declared.branch.clone() };
    sqlx::query("INSERT INTO cards (application_id, state, details, ordered_on) VALUES (?, ?, ?, ?)")
        .bind(application.id.to_string())
        .bind(CardState::Wanted.name())
        .bind(application.vault.seal("card", &details)?)
        .bind(today.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

impl SqliteStore {
    /// The card of an application.
    pub async fn card(&self, application: &Application) -> Result<Option<Card>, StoreError> {
        let row = sqlx::query(
            "SELECT state, order_id, details, ordered_on, collect_from FROM cards WHERE application_id = ?",
        )
        .bind(application.id.to_string())
        .fetch_optional(&self.read)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let state: &str = row.try_get("state")?;
        let Details { holder, branch } = application.vault.open("card", row.try_get("details")?)?;
        Ok(Some(Card {
            state: CardState::ALL.into_iter().find(|s| s.name() == state).ok_or(StoreError::Row("cards"))?,
            order_id: row.try_get("order_id")?,
            holder,
            branch,
            ordered_on: read_date(row.try_get("ordered_on")?)?,
            collect_from: read_opt_date(row.try_get("collect_from")?)?,
        }))
    }

    /// Commits that the bank is about to be asked.
    pub async fn card_asked(&self, job: &Job, application: &Application) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        jobs::hold(&mut tx, job).await?;
        sqlx::query("UPDATE cards SET state = ? WHERE application_id = ? AND state = ?")
            .bind(CardState::Asked.name())
            .bind(application.id.to_string())
            .bind(CardState::Wanted.name())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Marks an order that the bank refuses: somebody should look at it, and it is tried again meanwhile.
    pub async fn card_needs_attention(&self, application: &Application) -> Result<(), StoreError> {
        sqlx::query("UPDATE cards SET needs_attention = 1 WHERE application_id = ?")
            .bind(application.id.to_string())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Keeps the bank's confirmation and begins to ask when the card is ready.
    pub async fn card_ordered(
        &self,
        job: &Job,
        application: &Application,
        order_id: &str,
        now: Timestamp,
        ask_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        jobs::finish(&mut tx, job).await?;
        sqlx::query("UPDATE cards SET state = ?, order_id = ?, needs_attention = 0 WHERE application_id = ?")
            .bind(CardState::Ordered.name())
            .bind(order_id)
            .bind(application.id.to_string())
            .execute(&mut *tx)
            .await?;
        audit::append(&mut tx, &application.vault, now, "card-ordered", &json!({ "order": order_id })).await?;
        jobs::write(&mut tx, application.id, JobKind::PollCard, ask_at).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Keeps that the card can be collected, and tells the family.
    pub async fn card_ready(
        &self,
        job: &Job,
        application: &Application,
        card: &Card,
        branch: &str,
        collect_from: Date,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let vault = &application.vault;
        let id = application.id.to_string();
        let mut tx = self.begin().await?;
        jobs::finish(&mut tx, job).await?;
        let details = Details { holder: card.holder.clone(), branch: branch.to_owned() };
        sqlx::query("UPDATE cards SET state = ?, details = ?, collect_from = ? WHERE application_id = ?")
            .bind(CardState::Ready.name())
            .bind(vault.seal("card", &details)?)
            .bind(collect_from.to_string())
            .bind(&id)
            .execute(&mut *tx)
            .await?;
        sqlx::query("UPDATE applications SET stage = ? WHERE id = ? AND stage = ?")
            .bind(Stage::CardReady.name())
            .bind(&id)
            .bind(Stage::Granted.name())
            .execute(&mut *tx)
            .await?;
        let detail = json!({ "branch": branch, "collect_from": collect_from });
        audit::append(&mut tx, vault, now, "card-ready", &detail).await?;
        let notice = Notice::CardReady { branch: branch.to_owned(), collect_from };
        notices::write(&mut tx, vault, self.new_id(now), now, &notice).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Capitals as Azerbaijani writes them: i becomes İ, ı becomes I.
fn upper(text: &str) -> String {
    text.chars().flat_map(|c| if c == 'i' { 'İ'.to_uppercase() } else { c.to_uppercase() }).collect()
}
