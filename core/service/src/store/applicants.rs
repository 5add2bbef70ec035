//! For how many applicants a phone hands in.

use super::{StoreError, later, millis};
use dayaq_sql::Change;
use jiff::Timestamp;
use std::time::Duration;

/// How long an applicant takes one of a phone's three places, from the last application for them.
pub(super) const KEPT: Duration = Duration::from_hours(30 * 24);

/// Takes a place for the applicant among those of the phone; `false` where three others have them (G03). A proven member who
/// counts in an award of the phone needs none. It says nothing of
/// the FIN: what decides is for whom this phone applied before. The caller holds the lock of the phone.
pub(super) async fn take_place(
    tx: &mut Change<'_>,
    msisdn: &[u8],
    fin: &[u8],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let since = millis(now) - later(Timestamp::UNIX_EPOCH, KEPT);
    // A clock that was ahead keeps nobody out for longer than the time from now on.
    let sql = "UPDATE phone_applicants SET at = $2 WHERE msisdn_lookup = $1 AND at > $2";
    tx.execute(sql, &[msisdn.into(), millis(now).into()]).await?;
    let sql = "DELETE FROM phone_applicants WHERE msisdn_lookup = $1 AND at <= $2";
    tx.execute(sql, &[msisdn.into(), since.into()]).await?;
    let sql = "UPDATE phone_applicants SET at = $3 WHERE msisdn_lookup = $1 AND fin_lookup = $2";
    if tx.execute(sql, &[msisdn.into(), fin.into(), millis(now).into()]).await? == 1 {
        return Ok(true);
    }
    // Whom an award of this phone has is of its family.
    let family = "SELECT h.application_id FROM heads h JOIN applications a ON a.id = h.application_id
                  WHERE h.fin_lookup = $1 AND a.msisdn_lookup = $2 LIMIT 1";
    if tx.row(family, &[fin.into(), msisdn.into()]).await?.is_some() {
        return Ok(true);
    }
    let taken = tx
        .execute(
            "INSERT INTO phone_applicants (msisdn_lookup, place, fin_lookup, at)
             SELECT $1, free.place, $2, $3 FROM (SELECT 1 AS place UNION ALL SELECT 2 UNION ALL SELECT 3) AS free
             WHERE free.place NOT IN (SELECT place FROM phone_applicants WHERE msisdn_lookup = $1)
             ORDER BY free.place LIMIT 1 ON CONFLICT DO NOTHING",
            &[msisdn.into(), fin.into(), millis(now).into()],
        )
        .await?;
    Ok(taken == 1)
}
