//! Cards: one order for each application, whatever happens to the bank's answers.

use super::jobs::{self, Job, JobKind};
use super::{Application, CoreStore, StoreError, audit, notices, read_date, read_opt_date};
use crate::facts::Identity;
use dayaq_core_api::{Notice, Stage};
use dayaq_sql::Change;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;

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

#[derive(Clone, Serialize, Deserialize)]
struct Details {
    holder: String,
    branch: String,
}

/// Notes in the transaction of the award that a card is wanted. For an application from before a restore the bank may have
/// an order that this store knows nothing of: it is asked first.
pub(super) async fn want(
    tx: &mut Change<'_>,
    application: &Application,
    identity: &Identity,
    today: Date,
) -> Result<(), StoreError> {
    let holder = upper(&format!("{} {}", identity.surname, identity.given_name));
    let details = Details { holder, branch: application.declared.branch.clone() };
    tx.execute(
        "INSERT INTO cards (application_id, state, details, ordered_on)
         SELECT id, CASE WHEN EXISTS (SELECT 1 FROM restores WHERE at >= applications.created_at) THEN $5 ELSE $2 END,
            $3, $4 FROM applications WHERE id = $1",
        &[
            (&application.id.to_string()).into(),
            CardState::Wanted.name().into(),
            (&application.vault.seal("card", &details)?).into(),
            (&today.to_string()).into(),
            CardState::Asked.name().into(),
        ],
    )
    .await?;
    Ok(())
}

impl CoreStore {
    /// The card of an application.
    pub async fn card(&self, application: &Application) -> Result<Option<Card>, StoreError> {
        let sql = "SELECT state, order_id, details, ordered_on, collect_from FROM cards WHERE application_id = $1";
        let row = self.database.row(sql, &[(&application.id.to_string()).into()]).await?;
        let Some(row) = row else { return Ok(None) };
        let state: &str = row.get("state");
        let Details { holder, branch } = application.vault.open("card", row.get("details"))?;
        Ok(Some(Card {
            state: CardState::ALL.into_iter().find(|s| s.name() == state).ok_or(StoreError::Row("cards"))?,
            order_id: row.get("order_id"),
            holder,
            branch,
            ordered_on: read_date(row.get("ordered_on"))?,
            collect_from: read_opt_date(row.get("collect_from"))?,
        }))
    }

    /// Commits that the bank is about to be asked.
    pub async fn card_asked(&self, job: &Job, application: &Application) -> Result<(), StoreError> {
        let (job, id) = (*job, application.id.to_string());
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                jobs::hold(&mut tx, &job).await?;
                let sql = "UPDATE cards SET state = $1 WHERE application_id = $2 AND state = $3";
                let (asked, wanted) = (CardState::Asked.name(), CardState::Wanted.name());
                tx.execute(sql, &[asked.into(), (&id).into(), wanted.into()]).await?;
                Ok(())
            })
        })
        .await
    }

    /// Marks an order that the bank refuses: somebody should look at it, and it is tried again meanwhile.
    pub async fn card_needs_attention(&self, application: &Application) -> Result<(), StoreError> {
        let id = application.id.to_string();
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                tx.execute("UPDATE cards SET needs_attention = 1 WHERE application_id = $1", &[(&id).into()]).await?;
                Ok(())
            })
        })
        .await
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
        let (job, vault, order_id) = (*job, application.vault.clone(), order_id.to_owned());
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                jobs::finish(&mut tx, &job).await?;
                tx.execute(
                    "UPDATE cards SET state = $1, order_id = $2, needs_attention = 0 WHERE application_id = $3",
                    &[CardState::Ordered.name().into(), (&order_id).into(), (&vault.id().to_string()).into()],
                )
                .await?;
                audit::append(&mut tx, &vault, now, "card-ordered", &json!({ "order": order_id })).await?;
                jobs::write(&mut tx, vault.id(), JobKind::PollCard, ask_at).await
            })
        })
        .await
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
        let (job, vault) = (*job, application.vault.clone());
        let details = Details { holder: card.holder.clone(), branch: branch.to_owned() };
        self.write_by_key(move |mut tx| {
            Box::pin(async move {
                let id = vault.id().to_string();
                jobs::finish(&mut tx, &job).await?;
                tx.execute(
                    "UPDATE cards SET state = $1, details = $2, collect_from = $3 WHERE application_id = $4",
                    &[
                        CardState::Ready.name().into(),
                        (&vault.seal("card", &details)?).into(),
                        (&collect_from.to_string()).into(),
                        (&id).into(),
                    ],
                )
                .await?;
                tx.execute(
                    "UPDATE applications SET stage = $1 WHERE id = $2 AND stage = $3",
                    &[Stage::CardReady.name().into(), (&id).into(), Stage::Granted.name().into()],
                )
                .await?;
                let detail = json!({ "branch": details.branch, "collect_from": collect_from });
                audit::append(&mut tx, &vault, now, "card-ready", &detail).await?;
                let notice = Notice::CardReady { branch: details.branch, collect_from };
                notices::write(&mut tx, &vault, now, &notice).await
            })
        })
        .await
    }
}

/// Capitals as Azerbaijani writes them: i becomes İ, ı becomes I.
fn upper(text: &str) -> String {
    text.chars().flat_map(|c| if c == 'i' { 'İ'.to_uppercase() } else { c.to_uppercase() }).collect()
}
