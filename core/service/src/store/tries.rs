//! Tries at the last four digits of an ID card.

use super::{Application, CoreStore, StoreError, later, millis};
use dayaq_types::Msisdn;
use jiff::Timestamp;
use std::time::Duration;

/// Wrong tries in a day, from one phone and at one application.
const TRIES_MAX: i64 = 5;
/// How far back wrong tries count.
pub(super) const DAY: Duration = Duration::from_hours(24);

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

impl CoreStore {
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
        let right = same(digits.as_bytes(), application.declared.id_card.last_four().as_bytes());
        self.write(move |mut tx| {
            Box::pin(async move {
                // Tries at once from one phone are counted one after the other.
                tx.lock(&phone).await?;
                // A clock that was ahead has locked nobody out for longer than a day from now on.
                tx.execute(
                    "UPDATE wrong_tries SET at = $1 WHERE at > $1 AND (msisdn_lookup = $2 OR application_id = $3)",
                    &[millis(now).into(), (&phone).into(), (&id).into()],
                )
                .await?;
                let counted = tx
                    .row(
                        "SELECT (SELECT COUNT(*) FROM wrong_tries WHERE msisdn_lookup = $1 AND at > $3) AS by_phone,
                         (SELECT COUNT(*) FROM wrong_tries WHERE application_id = $2 AND at > $3) AS at_application",
                        &[(&phone).into(), (&id).into(), since.into()],
                    )
                    .await?
                    .ok_or(StoreError::Row("wrong_tries"))?;
                if counted.get::<i64>("by_phone").max(counted.get("at_application")) >= TRIES_MAX {
                    return Ok(Tried::Locked);
                }
                if right {
                    return Ok(Tried::Right);
                }
                tx.execute(
                    "INSERT INTO wrong_tries (msisdn_lookup, application_id, at) VALUES ($1, $2, $3)",
                    &[(&phone).into(), (&id).into(), millis(now).into()],
                )
                .await?;
                Ok(Tried::Wrong)
            })
        })
        .await
    }
}

/// Looks at every octet whether or not an earlier one differs.
fn same(left: &[u8], right: &[u8]) -> bool {
    let differing = left.iter().zip(right).fold(0, |seen, (l, r)| seen | (l ^ r));
    left.len() == right.len() && std::hint::black_box(differing) == 0
}
