//! Applications as they are read.

use super::{CoreStore, StoreError, Vault, read_date, read_id, read_opt_date};
use crate::facts::Declared;
use dayaq_core_api::Stage;
use dayaq_sql::{Bind, Row};
use dayaq_types::Msisdn;
use jiff::civil::Date;
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

const COLUMNS: &str =
    "id, reference, stage, verified, registered_on, decide_by, alarmed, declared, data_key, received_on";

impl CoreStore {
    /// The application of that id.
    pub async fn application(&self, id: Uuid) -> Result<Option<Application>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM applications WHERE id = $1");
        self.read_one(&sql, (&id.to_string()).into()).await
    }

    /// The application of that registration number; none where it has been erased.
    pub async fn application_by_reference(&self, reference: &str) -> Result<Option<Application>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM applications WHERE reference = $1 AND data_key IS NOT NULL");
        self.read_one(&sql, reference.into()).await
    }

    /// The latest application bound to the phone.
    pub async fn latest_of_phone(&self, msisdn: &Msisdn) -> Result<Option<Application>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM applications WHERE msisdn_lookup = $1 AND data_key IS NOT NULL
             ORDER BY seq DESC LIMIT 1"
        );
        self.read_one(&sql, (&self.msisdn_lookup(msisdn)).into()).await
    }

    async fn read_one(&self, sql: &str, key: Bind<'_>) -> Result<Option<Application>, StoreError> {
        let row = self.database.row(sql, &[key]).await?;
        row.map(|row| self.read_application(&row)).transpose()
    }

    fn read_application(&self, row: &Row) -> Result<Application, StoreError> {
        let id = read_id(row.get("id"))?;
        let vault = self.open_vault(id, row.get("data_key"))?;
        Ok(Application {
            id,
            reference: row.get("reference"),
            stage: Stage::parse(row.get("stage")).ok_or(StoreError::Row("applications"))?,
            verified: row.get::<i64>("verified") == 1,
            registered_on: read_opt_date(row.get("registered_on"))?,
            decide_by: read_opt_date(row.get("decide_by"))?,
            alarmed: row.get::<i64>("alarmed") == 1,
            declared: vault.open("declared", row.get("declared"))?,
            vault,
        })
    }
}

/// The day told as that of registration: the one on which the clock began, or else that of arrival.
pub(super) fn told_registration_day(row: &Row) -> Result<Date, StoreError> {
    read_date(row.get::<Option<&str>>("registered_on").unwrap_or_else(|| row.get("received_on")))
}
