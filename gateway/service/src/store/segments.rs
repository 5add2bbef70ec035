//! The segments of texts: claimed in order, attempted, and brought to their end.
//!
//! A segment is `queued` until its attempt is committed, `attempted` until the operator has answered, and then
//! `sent`, `dead`, or queued again. Every step but the first takes the [`Ticket`] of the claim and makes it void.

use super::gateway::{at, millis, short};
use super::text::{ClaimedSegment, NewText, Ticket};
use super::texts::{class, uuid};
use super::{SqliteGatewayStore, StoreError, SubscriberKey};
use dayaq_types::{Msisdn, Pii};
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::time::Duration;
use uuid::Uuid;

/// What an attempt without an answer becomes (A42): the first time it is queued for one resend after a grace for a
/// late answer, the second time nobody can know. Where the text is dead anyhow there is no resend.
/// Binds: ?1 the end of the grace.
const IN_DOUBT: &str = "UPDATE text_segments SET
    state = CASE WHEN doubts = 0 AND NOT EXISTS (SELECT 1 FROM text_segments d WHERE d.text = text_segments.text
        AND d.state = 'dead') THEN 'queued' ELSE 'unknown' END,
    next_at = max(next_at, ?1), doubts = doubts + 1, tries = tries + 1, fence = fence + 1, leased_to = 0, cause = 'no answer'
    WHERE state = 'attempted'";

impl SqliteGatewayStore {
    /// After an attempt without an answer the resend waits so long for a late one.
    pub const DOUBT_GRACE: Duration = Duration::from_secs(60);

    /// Takes up after a restart: attempts of the process that ended are in doubt, and what it had claimed and not yet
    /// attempted is free. Returns how many were in doubt.
    ///
    /// Must be called before the first [`Self::attempt`]. One process alone uses the file.
    pub async fn on_start(&self) -> Result<u64, StoreError> {
        let resend_at = self.now_ms().saturating_add(short(Self::DOUBT_GRACE));
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query(
                    "UPDATE text_segments SET fence = fence + 1, leased_to = 0 WHERE state = 'queued' AND leased_to > 0",
                )
                .execute(&mut *db)
                .await?;
                Ok(sqlx::query(IN_DOUBT).bind(resend_at).execute(db).await?.rows_affected())
            })
        })
        .await
    }

    /// Claims up to `most` segments that are due at this operator, in order of their texts and numbers, for so long.
    ///
    /// Attempts whose time for an answer has passed without anybody saying so are first taken as in doubt.
    pub async fn claim_segments(
        &self,
        operator: &str,
        most: u32,
        lease: Duration,
    ) -> Result<Vec<ClaimedSegment>, StoreError> {
        let (operator, now) = (operator.to_owned(), self.now_ms());
        let (until, resend_at) = (now.saturating_add(short(lease)), now.saturating_add(short(Self::DOUBT_GRACE)));
        let rows = self.write(move |db| Box::pin(claim(db, operator, most, now, until, resend_at))).await?;
        Ok(rows.iter().filter_map(|row| self.claimed_segment(row)).collect())
    }

    /// Commits that a PDU is about to be written (D06); `false` if the claim is void, and then it must not be.
    ///
    /// `answer_within` is how long the operator may take; a process that is still there after that says what happened
    /// by [`Self::segment_in_doubt`], and for one that is gone the attempt counts as in doubt by itself.
    pub async fn attempt(&self, ticket: &Ticket, answer_within: Duration) -> Result<bool, StoreError> {
        let (ticket, now) = (*ticket, self.now_ms());
        let until = now.saturating_add(short(answer_within));
        self.write(move |db| {
            Box::pin(async move {
                let attempted: Option<(i64, String)> = sqlx::query_as(
                    "UPDATE text_segments SET state = 'attempted', leased_to = ?
                     WHERE text = (SELECT position FROM texts WHERE id = ?) AND number = ? AND fence = ?
                     AND state = 'queued' RETURNING text, operator",
                )
                .bind(until)
                .bind(&ticket.text.as_bytes()[..])
                .bind(ticket.number)
                .bind(ticket.fence.cast_signed())
                .fetch_optional(&mut *db)
                .await?;
                let Some((text, operator)) = attempted else { return Ok(false) };
                sqlx::query("INSERT INTO text_attempts (text, number, fence, at, operator) VALUES (?, ?, ?, ?, ?)")
                    .bind(text)
                    .bind(ticket.number)
                    .bind(ticket.fence.cast_signed())
                    .bind(now)
                    .bind(operator)
                    .execute(db)
                    .await?;
                Ok(true)
            })
        })
        .await
    }

    /// Records that the operator took the PDU of this attempt; `false` if there was no such attempt.
    ///
    /// An answer is believed however late it comes (A43): it also ends a segment that waits for its resend or whose
    /// resend is under way. An empty `message_id` is accepted; no receipt will find it (A19).
    pub async fn segment_sent(&self, ticket: &Ticket, message_id: &str) -> Result<bool, StoreError> {
        let (ticket, message_id) = (*ticket, message_id.to_owned());
        self.write(move |db| {
            Box::pin(async move {
                let text: Option<i64> = sqlx::query_scalar(
                    "UPDATE text_attempts SET message_id = ? WHERE text = (SELECT position FROM texts WHERE id = ?)
                     AND number = ? AND fence = ? RETURNING text",
                )
                .bind(message_id)
                .bind(&ticket.text.as_bytes()[..])
                .bind(ticket.number)
                .bind(ticket.fence.cast_signed())
                .fetch_optional(&mut *db)
                .await?;
                let Some(text) = text else { return Ok(false) };
                sqlx::query(
                    "UPDATE text_segments SET state = 'sent', leased_to = 0, cause = NULL
                     WHERE text = ?1 AND number = ?2 AND state IN ('queued', 'attempted', 'unknown')
                     AND EXISTS (SELECT 1 FROM texts WHERE position = ?1 AND reported_at IS NULL)",
                )
                .bind(text)
                .bind(ticket.number)
                .execute(db)
                .await?;
                Ok(true)
            })
        })
        .await
    }

    /// Queues a segment that the operator has surely not taken again, for `at`; `false` if the claim is void.
    ///
    /// `burn` counts a try; a pause that the operator asked for (throttling, a full queue) burns none. Where
    /// another segment of the text is dead, this one ends with it.
    pub async fn segment_retry(
        &self,
        ticket: &Ticket,
        at: Timestamp,
        burn: bool,
        cause: &str,
    ) -> Result<bool, StoreError> {
        let (ticket, at, cause) = (*ticket, millis(at), cause.to_owned());
        self.write(move |db| {
            Box::pin(async move {
                let queued = sqlx::query(
                    "UPDATE text_segments SET state = CASE WHEN EXISTS (SELECT 1 FROM text_segments d
                        WHERE d.text = text_segments.text AND d.state = 'dead') THEN 'dead' ELSE 'queued' END,
                        next_at = ?, tries = tries + ?, cause = ?, fence = fence + 1, leased_to = 0
                     WHERE text = (SELECT position FROM texts WHERE id = ?) AND number = ? AND fence = ?
                     AND state IN ('queued', 'attempted')",
                )
                .bind(at)
                .bind(burn)
                .bind(cause)
                .bind(&ticket.text.as_bytes()[..])
                .bind(ticket.number)
                .bind(ticket.fence.cast_signed())
                .execute(db)
                .await?;
                Ok(queued.rows_affected() == 1)
            })
        })
        .await
    }

    /// Ends a segment that was refused for good, and with it those of the text that still wait; `false` if the claim
    /// is void.
    pub async fn segment_dead(&self, ticket: &Ticket, cause: &str) -> Result<bool, StoreError> {
        let (ticket, cause) = (*ticket, cause.to_owned());
        self.write(move |db| {
            Box::pin(async move {
                let dead: Option<i64> = sqlx::query_scalar(
                    "UPDATE text_segments SET state = 'dead', cause = ?, tries = tries + (state = 'attempted'), leased_to = 0
                     WHERE text = (SELECT position FROM texts WHERE id = ?) AND number = ? AND fence = ?
                     AND state IN ('queued', 'attempted') RETURNING text",
                )
                .bind(&cause)
                .bind(&ticket.text.as_bytes()[..])
                .bind(ticket.number)
                .bind(ticket.fence.cast_signed())
                .fetch_optional(&mut *db)
                .await?;
                let Some(text) = dead else { return Ok(false) };
                sqlx::query(
                    "UPDATE text_segments SET state = 'dead', cause = ?, fence = fence + 1, leased_to = 0
                     WHERE text = ? AND state = 'queued'",
                )
                .bind(cause)
                .bind(text)
                .execute(db)
                .await?;
                Ok(true)
            })
        })
        .await
    }

    /// Says that the PDU was written and no answer came; `false` if the claim is void.
    ///
    /// The first time the segment is queued for one resend after [`Self::DOUBT_GRACE`], the second time it ends as
    /// unknown: at most two copies are ever on the air (A42).
    pub async fn segment_in_doubt(&self, ticket: &Ticket) -> Result<bool, StoreError> {
        let (ticket, resend_at) = (*ticket, self.now_ms().saturating_add(short(Self::DOUBT_GRACE)));
        self.write(move |db| {
            Box::pin(async move {
                let sql = format!(
                    "{IN_DOUBT} AND text = (SELECT position FROM texts WHERE id = ?2) AND number = ?3 AND fence = ?4"
                );
                let doubted = sqlx::query(&sql)
                    .bind(resend_at)
                    .bind(&ticket.text.as_bytes()[..])
                    .bind(ticket.number)
                    .bind(ticket.fence.cast_signed())
                    .execute(db)
                    .await?;
                Ok(doubted.rows_affected() == 1)
            })
        })
        .await
    }

    /// Puts everything that waits for this phone off until then: its queue at the operator is full (A14).
    pub async fn delay_subscriber(&self, subscriber: &SubscriberKey, until: Timestamp) -> Result<u64, StoreError> {
        let (subscriber, until) = (*subscriber.as_bytes(), millis(until));
        self.write(move |db| {
            Box::pin(async move {
                let delayed = sqlx::query(
                    "UPDATE text_segments SET next_at = max(next_at, ?) WHERE state = 'queued'
                     AND text IN (SELECT position FROM texts WHERE subscriber = ? AND reported_at IS NULL)",
                )
                .bind(until)
                .bind(&subscriber[..])
                .execute(db)
                .await?;
                Ok(delayed.rows_affected())
            })
        })
        .await
    }

    /// How many segments are queued or attempted.
    pub async fn open_segments(&self) -> Result<u64, StoreError> {
        let open: i64 = sqlx::query_scalar("SELECT count(*) FROM text_segments WHERE state IN ('queued', 'attempted')")
            .fetch_one(self.readers())
            .await?;
        Ok(open.unsigned_abs())
    }

    /// Seals a segment with the number that it goes to, so that one opening gives the sender all it needs.
    pub(super) fn sealed_segment(&self, text: &NewText, number: u32, body: &[u8]) -> Vec<u8> {
        let plain = [text.msisdn.digits().as_bytes(), b"\n", body].concat();
        self.seal(&context(text.id, number), &plain)
    }

    /// Reads a claimed row. One that does not open stays leased and is counted: the key may come back.
    fn claimed_segment(&self, row: &SqliteRow) -> Option<ClaimedSegment> {
        let (text, number) = (uuid(row.get("id"))?, row.get("number"));
        let plain = self.open_or_count(&context(text, number), row.get("sealed"))?;
        let end = plain.iter().position(|octet| *octet == b'\n')?;
        let msisdn = Msisdn::parse(std::str::from_utf8(&plain[..end]).ok()?).ok()?;
        Some(ClaimedSegment {
            ticket: Ticket { text, number, fence: row.get::<i64, _>("fence").unsigned_abs() },
            of: row.get("segments"),
            attempt: row.get::<u32, _>("tries") + 1,
            resend: row.get::<i64, _>("doubts") > 0,
            subscriber: SubscriberKey::from_slice(row.get("subscriber"))?,
            msisdn,
            class: class(row.get("class")),
            created_at: at(row.get("created_at")),
            body: Pii::new(plain[end + 1..].to_vec()),
        })
    }
}

async fn claim(
    db: &mut SqliteConnection,
    operator: String,
    most: u32,
    now: i64,
    until: i64,
    resend_at: i64,
) -> Result<Vec<SqliteRow>, StoreError> {
    sqlx::query(&format!("{IN_DOUBT} AND leased_to <= ?2")).bind(resend_at).bind(now).execute(&mut *db).await?;
    // What is chosen first is chosen again by the update: between them nobody else writes.
    let rows = sqlx::query(
        "SELECT t.id, t.segments, t.subscriber, t.class, t.created_at,
            s.number, s.sealed, s.tries, s.doubts, s.fence + 1 AS fence
         FROM text_segments s JOIN texts t ON t.position = s.text
         WHERE s.operator = ? AND s.state = 'queued' AND s.next_at <= ? AND s.leased_to <= ?
         ORDER BY s.text, s.number LIMIT ?",
    )
    .bind(&operator)
    .bind(now)
    .bind(now)
    .bind(most)
    .fetch_all(&mut *db)
    .await?;
    sqlx::query(
        "UPDATE text_segments SET fence = fence + 1, leased_to = ?1 WHERE (text, number) IN
         (SELECT text, number FROM text_segments WHERE operator = ?2 AND state = 'queued'
          AND next_at <= ?3 AND leased_to <= ?3 ORDER BY text, number LIMIT ?4)",
    )
    .bind(until)
    .bind(operator)
    .bind(now)
    .bind(most)
    .execute(db)
    .await?;
    Ok(rows)
}

fn context(text: Uuid, number: u32) -> Vec<u8> {
    [b"text-segment/", &text.as_bytes()[..], &number.to_be_bytes()].concat()
}
