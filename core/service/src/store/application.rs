//! Applications as they are read.

use super::{SqliteStore, StoreError, Vault, read_date, read_id, read_opt_date};
use crate::facts::Declared;
use dayaq_core_api::Stage;
use dayaq_types::Msisdn;
use jiff::civil::Date;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

/// An application with its sealed values opened.
#[derive(Clone)]
pub struct Application {
    /// Its id.
    pub id: Uuid,
    /// Its registration number.
    pub reference: String,
    /// Where it stands.
    pub stage: Stage,
    /// Whether ID card and notarised application agreed with the registries.
    pub verified: bool,
    /// The day on which the 15 working days began, which also chooses the rules.
    pub registered_on: Option<Date>,
    /// The last day for the decision.
    pub decide_by: Option<Date>,
    /// Whether the alarm for its deadline has been raised.
    pub alarmed: bool,
    /// What was declared.
    pub declared: Declared,
    /// Opens and seals its values.
    pub vault: Vault,
}

pub(super) const COLUMNS: &str =
    "id, reference, stage, verified, registered_on, decide_by, alarmed, declared, data_key, received_on";

impl SqliteStore {
    /// The application of that id.
    pub async fn application(&self, id: Uuid) -> Result<Option<Application>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM applications WHERE id = ?");
        let row = sqlx::query(&sql).bind(id.to_string()).fetch_optional(&self.read).await?;
        row.map(|row| self.read_application(&row)).transpose()
    }

    /// The application of that registration number.
    pub async fn application_by_reference(&self, reference: &str) -> Result<Option<Application>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM applications WHERE reference = ?");
        let row = sqlx::query(&sql).bind(reference).fetch_optional(&self.read).await?;
        row.map(|row| self.read_application(&row)).transpose()
    }

    /// The latest application bound to the phone.
    pub async fn latest_of_phone(&self, msisdn: &Msisdn) -> Result<Option<Application>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM applications WHERE msisdn_lookup = ? AND data_key IS NOT NULL \
             ORDER BY seq DESC LIMIT 1"
        );
        let row = sqlx::query(&sql).bind(self.msisdn_lookup(msisdn)).fetch_optional(&self.read).await?;
        row.map(|row| self.read_application(&row)).transpose()
    }

    pub(super) fn read_application(&self, row: &SqliteRow) -> Result<Application, StoreError> {
        let id = read_id(row.try_get("id")?)?;
        let vault = self.open_vault(id, row.try_get("data_key")?)?;
        Ok(Application {
            id,
            reference: row.try_get("reference")?,
            stage: Stage::parse(row.try_get("stage")?).ok_or(StoreError::Row("applications"))?,
            verified: row.try_get("verified")?,
            registered_on: read_opt_date(row.try_get("registered_on")?)?,
            decide_by: read_opt_date(row.try_get("decide_by")?)?,
            alarmed: row.try_get("alarmed")?,
            declared: vault.open("declared", row.try_get("declared")?)?,
            vault,
        })
    }
}

/// The day told as that of registration: the one on which the clock began, or else that of arrival.
pub(super) fn told_registration_day(row: &SqliteRow) -> Result<Date, StoreError> {
    let registered: Option<&str> = row.try_get("registered_on")?;
    let received: &str = row.try_get("received_on")?;
    read_date(registered.unwrap_or(received))
}
