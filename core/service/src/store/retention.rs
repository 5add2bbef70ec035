//! What the core's store keeps for how long, and how it goes. Decisions and the audit stay.

use super::applicants::KEPT as PLACE_LIFE;
use super::tries::DAY as TRY_LIFE;
use super::{CoreStore, StoreError, later, millis};
use dayaq_author::Table;
use dayaq_sql::{Column, Due, Kind, Sweeper, Tallies};
use dayaq_types::Clock;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// The name of this store in the sweep's metrics.
const STORE: &str = "core";

/// How long what is not needed any more is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Answers of institutions as they came: to look into an answer that was read wrongly, while somebody may complain. What
    /// was read in them stays, sealed, with the decision that rests on it.
    pub raw: Duration,
    /// The contents of notices, after they were told: as long as the gateway keeps the bodies of their texts.
    pub body: Duration,
    /// Applications, after they came in: then their key is destroyed, so that nothing sealed under it opens again, and nobody
    /// is found by them. Decisions and audit stay as they are, and the chain of their hashes holds.
    pub application: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self { raw: 90 * DAY, body: 90 * DAY, application: 3_650 * DAY }
    }
}

impl Retention {
    /// Reads what `[retention]` says of the core's rows.
    pub fn read(table: &Table<'_>) -> Self {
        let usual = Self::default();
        let days = |key, range, usual: Duration| {
            DAY * table.integer_or(key, range, u32::try_from(usual.as_secs() / DAY.as_secs()).unwrap_or(u32::MAX))
        };
        Self {
            raw: days("raw_answer_days", 1..=3_650, usual.raw),
            body: days("body_days", 31..=3_650, usual.body),
            // Longer than any award lasts.
            application: days("application_days", 1_826..=36_500, usual.application),
        }
    }

    /// What is past its time by then.
    pub fn dues(&self, now: Timestamp) -> Vec<Due> {
        let kept = |life: Duration| millis(now) - later(Timestamp::UNIX_EPOCH, life);
        let due = |kind, life| Due { kind, until: kept(life) };
        vec![
            due(&WRONG_TRIES, TRY_LIFE),
            due(&APPLICANTS, PLACE_LIFE),
            due(&RAW_ANSWERS, self.raw),
            due(&NOTICES, self.body),
            due(&APPLICATIONS, self.application),
        ]
    }
}

const WRONG_TRIES: Kind = Kind {
    name: "wrong-tries",
    table: "wrong_tries",
    at: "at",
    key: &[Column::Integer("id")],
    when: "1 = 1",
    unless: None,
    revisits: true,
    erase: &["DELETE FROM wrong_tries WHERE id IN ({keys})"],
};

/// For whom a phone has handed in.
const APPLICANTS: Kind = Kind {
    name: "applicants",
    table: "phone_applicants",
    key: &[Column::Octets("msisdn_lookup"), Column::Integer("place")],
    erase: &["DELETE FROM phone_applicants WHERE (msisdn_lookup, place) IN ({keys})"],
    ..WRONG_TRIES
};

/// Not while their application is under way, or while its family has still to be told of its end.
const RAW_ANSWERS: Kind = Kind {
    name: "raw-answers",
    table: "evidence",
    at: "fetched_at",
    key: &[Column::Text("application_id"), Column::Text("request"), Column::Integer("subject")],
    when: "length(raw) > 0",
    unless: Some(
        // Its stage is looked up and not looked for: of an EXISTS a server may make a list of all that are under way, for each
        // bite anew, and read every application for it.
        "(SELECT a.stage FROM applications a WHERE a.id = evidence.application_id) IN ('awaiting-notary', 'gathering')
         OR EXISTS (SELECT 1 FROM notices n WHERE n.application_id = evidence.application_id AND n.state = 'waiting')",
    ),
    erase: &["UPDATE evidence SET raw = substr(raw, 1, 0) WHERE (application_id, request, subject) IN ({keys})"],
    ..WRONG_TRIES
};

const NOTICES: Kind = Kind {
    name: "notices",
    table: "notices",
    at: "finished_at",
    key: &[Column::Integer("seq")],
    when: "state <> 'waiting' AND length(notice) > 0",
    erase: &["UPDATE notices SET notice = substr(notice, 1, 0) WHERE seq IN ({keys})"],
    ..WRONG_TRIES
};

/// Not while anything is left to be done for them or to be told.
const APPLICATIONS: Kind = Kind {
    name: "applications",
    table: "applications",
    at: "created_at",
    key: &[Column::Text("id")],
    when: "data_key IS NOT NULL",
    unless: Some(
        "stage IN ('awaiting-notary', 'gathering')
         OR EXISTS (SELECT 1 FROM jobs j WHERE j.application_id = applications.id AND j.done = 0)
         OR EXISTS (SELECT 1 FROM notices n WHERE n.application_id = applications.id AND n.state = 'waiting')",
    ),
    erase: &[
        "DELETE FROM evidence WHERE application_id IN ({keys})",
        "DELETE FROM tickets WHERE application_id IN ({keys})",
        "DELETE FROM members WHERE application_id IN ({keys})",
        "DELETE FROM submissions WHERE application_id IN ({keys})",
        "DELETE FROM wrong_tries WHERE application_id IN ({keys})",
        "DELETE FROM jobs WHERE application_id IN ({keys})",
        "DELETE FROM heads WHERE application_id IN ({keys})",
        "DELETE FROM contests WHERE application_id IN ({keys})",
        "DELETE FROM contests WHERE holder_id IN ({keys})",
        "UPDATE notices SET notice = substr(notice, 1, 0) WHERE application_id IN ({keys}) AND length(notice) > 0",
        "UPDATE cards SET details = substr(details, 1, 0) WHERE application_id IN ({keys}) AND length(details) > 0",
        "UPDATE applications SET data_key = NULL, open = 0, declared = substr(declared, 1, 0),
            msisdn = substr(msisdn, 1, 0), fin_lookup = substr(fin_lookup, 1, 0),
            msisdn_lookup = substr(msisdn_lookup, 1, 0)
         WHERE id IN ({keys})",
    ],
    ..WRONG_TRIES
};

impl CoreStore {
    /// What sweeps this store, round by round.
    pub fn sweeper(&self, clock: Arc<dyn Clock>) -> Sweeper {
        Sweeper::new(STORE, self.database.clone(), clock)
    }

    /// Sweeps once: erases what is past its time by then.
    pub async fn sweep_by(
        &self,
        sweeper: &mut Sweeper,
        retention: &Retention,
        now: Timestamp,
    ) -> Result<Tallies, StoreError> {
        Ok(sweeper.round(&retention.dues(now)).await?)
    }
}

#[cfg(test)]
impl CoreStore {
    /// How many rows there are of this table, or of this part of one.
    pub(crate) async fn count(&self, from: &str) -> u64 {
        let row = self.database.row(&format!("SELECT count(*) AS rows FROM {from}"), &[]).await.unwrap();
        row.map_or(0, |row| row.count("rows"))
    }

    /// How the database would go about a statement.
    pub(crate) async fn plan(&self, sql: &str, binds: &[dayaq_sql::Bind<'_>]) -> Vec<String> {
        self.database.plan(sql, binds).await.unwrap()
    }

    /// What nobody may change, as it is stored.
    pub(crate) async fn decisions_and_audit(&self) -> Vec<Vec<u8>> {
        let mut octets = Vec::new();
        for (column, table) in
            [("facts", "decisions"), ("decision", "decisions"), ("detail", "audit"), ("hash", "audit")]
        {
            let sql = format!("SELECT {column} AS octets FROM {table} ORDER BY {column}");
            octets.extend(self.database.rows(&sql, &[]).await.unwrap().iter().map(|row| row.get::<Vec<u8>>("octets")));
        }
        octets
    }
}
