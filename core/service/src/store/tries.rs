//! Tries at the last four digits of an ID card.

use super::{Application, SqliteStore, StoreError, later, millis};
use dayaq_types::Msisdn;
use jiff::Timestamp;
use sqlx::Row;
use std::time::Duration;

/// Wrong tries in a day, from one phone and at one application.
const TRIES_MAX: i64 = 5;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The digits are the card's.
    Right,
    /// They are not.
    Wrong,
    /// There were too many wrong ones; these were not compared.
    Locked,
}

impl SqliteStore {
    /// Compares the digits in constant time, unless too many were wrong within 24 hours.
    ///
    /// Only the phone bound to an application gets here, so that nobody else can lock its owner out.
    pub async fn try_digits(
        &self,
        msisdn: &Msisdn,
        application: &Application,
        digits: &str,
        now: Timestamp,
    ) -> Result<Tried, StoreError> {
        let phone = self.msisdn_lookup(msisdn);
        let id = application.id.to_string();
        let since = millis(now) - later(Timestamp::UNIX_EPOCH, DAY);
        let mut tx = self.begin().await?;
        let row = sqlx::query(
            "SELECT MAX((SELECT COUNT(*) FROM wrong_tries WHERE msisdn_lookup = ? AND at > ?), \
             (SELECT COUNT(*) FROM wrong_tries WHERE application_id = ? AND at > ?)) AS wrong",
        )
        .bind(&phone)
        .bind(since)
        .bind(&id)
        .bind(since)
        .fetch_one(&mut *tx)
        .await?;
        if row.try_get::<i64, _>("wrong")? >= TRIES_MAX {
            return Ok(Tried::Locked);
        }
        if same(digits.as_bytes(), application.declared.id_card.last_four().as_bytes()) {
            return Ok(Tried::Right);
        }
        sqlx::query("DELETE FROM wrong_tries WHERE at <= ?").bind(since).execute(&mut *tx).await?;
        sqlx::query("INSERT INTO wrong_tries (msisdn_lookup, application_id, at) VALUES (?, ?, ?)")
            .bind(&phone)
            .bind(&id)
            .bind(millis(now))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Tried::Wrong)
    }
}

/// Looks at every octet whether or not an earlier one differs.
fn same(left: &[u8], right: &[u8]) -> bool {
    let differing = left.iter().zip(right).fold(0, |seen, (l, r)| seen | (l ^ r));
    left.len() == right.len() && std::hint::black_box(differing) == 0
}
