//! The end of a text's validity: nothing is tried for ever (I6).

use super::StoreError;
use super::database::Change;

/// Ends segments that still wait when their validity has ended: as unknown where a copy may be on the air, else as
/// expired. Takes up to `most` texts that nobody else holds at `now`; `steady` says what is over, so that a clock that
/// leaps ends none.
pub(super) async fn expire(db: &mut Change<'_>, steady: i64, now: i64, most: u32) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT position FROM texts WHERE position IN
         (SELECT text FROM text_segments WHERE state = 'queued' AND expires_at <= $1 AND leased_to <= $3)
         ORDER BY position LIMIT $2{}",
        db.for_update_skip_locked()
    );
    for row in db.rows(&sql, &[steady.into(), most.into(), now.into()]).await? {
        db.execute(
            "UPDATE text_segments SET state = CASE WHEN doubts > 0 THEN 'unknown' ELSE 'expired' END,
                fence = fence + 1, leased_to = 0
             WHERE text = $1 AND state = 'queued' AND expires_at <= $2 AND leased_to <= $3",
            &[row.get::<i64>("position").into(), steady.into(), now.into()],
        )
        .await?;
    }
    Ok(())
}

/// Ends what still waits of a text of which a segment has expired.
pub(super) async fn expire_rest(db: &mut Change<'_>, text: i64) -> Result<(), StoreError> {
    db.execute(
        "UPDATE text_segments SET state = CASE WHEN doubts > 0 THEN 'unknown' ELSE 'expired' END,
            fence = fence + 1, leased_to = 0
         WHERE text = $1 AND state = 'queued'",
        &[text.into()],
    )
    .await
    .map(drop)
}
