//! The segments of texts: claimed in order, attempted, and brought to their end.
//!
//! A segment is `queued` until its attempt is committed, `attempted` until the operator has answered, and then
//! `sent`, `dead`, `expired`, or queued again. Every step but the first takes the [`Ticket`] of the claim and makes it void.

use super::database::{Bind, Change, Row};
use super::gateway::{at, millis, short};
use super::text::{Burn, ClaimedSegment, NewText, Ticket};
use super::texts::{REPLY_RANK, class, uuid};
use super::{GatewayStore, StoreError, SubscriberKey, expiry};
use dayaq_types::{Msisdn, Pii};
use jiff::Timestamp;
use std::time::Duration;
use uuid::Uuid;

/// What an attempt without an answer becomes (A42): the first time it is queued for one resend after a grace for a
/// late answer, the second time nobody can know. Where the text has ended anyhow, or ends before the grace does, there
/// is no resend.
/// Binds: $1 the end of the grace, $2 the text, which the change holds.
const IN_DOUBT: &str = "UPDATE text_segments SET
    state = CASE WHEN doubts = 0 AND expires_at > $1 AND NOT EXISTS (SELECT 1 FROM text_segments d
        WHERE d.text = text_segments.text AND d.state IN ('dead', 'expired')) THEN 'queued' ELSE 'unknown' END,
    next_at = CASE WHEN next_at > $1 THEN next_at ELSE $1 END,
    doubts = doubts + 1, tries = tries + 1, fence = fence + 1, leased_to = 0, cause = 'no answer'
    WHERE state = 'attempted' AND text = $2";
/// Texts with late attempts that one claim looks after; the next claim takes the rest.
const LATE_MOST: u32 = 256;

/// A question is looked at once more before it goes out so long after it was asked: a later one may have overtaken it.
const LATE_QUESTION: Duration = Duration::from_secs(5);

/// Notices that one claim puts off; the next claim takes the rest.
const PUT_OFF_MOST: u32 = 1000;

impl GatewayStore {
    /// After an attempt without an answer the resend waits so long for a late one.
    pub const DOUBT_GRACE: Duration = Duration::from_secs(60);

    /// Takes up after a restart: attempts of the process that ended are in doubt, and what it had claimed and not yet
    /// attempted is free. Returns how many were in doubt.
    ///
    /// Must be called before the first [`Self::attempt`]. Where other gateways share the rows, an attempt without an
    /// answer may be theirs and under way: there it is in doubt once its time for an answer has passed.
    pub async fn on_start(&self) -> Result<u64, StoreError> {
        let (now, holder) = (self.now_ms(), self.run().cast_signed());
        let resend_at = now.saturating_add(short(Self::DOUBT_GRACE));
        self.write(move |mut db| {
            Box::pin(async move {
                let until = if db.is_shared() { now } else { i64::MAX };
                free_claims(&mut db, holder).await?;
                let (mut all, most) = (0, u32::MAX);
                for text in late(&mut db, until, most).await? {
                    all += doubt(&mut db, text, until, resend_at).await?;
                }
                Ok(all)
            })
        })
        .await
    }

    /// Claims up to `most` segments that are due at this operator, in order of their texts and numbers, replies first,
    /// for so long.
    ///
    /// A phone's texts of one rank keep their order: none goes while an earlier one waits for its time, but for one that
    /// waits because nobody knows what became of it. Attempts whose time for an answer has passed without anybody
    /// saying so are first taken as in doubt, and what is not valid any more expires.
    pub async fn claim_segments(
        &self,
        operator: &str,
        most: u32,
        lease: Duration,
    ) -> Result<Vec<ClaimedSegment>, StoreError> {
        self.claim_but(operator, most, lease, None).await
    }

    /// As [`Self::claim_segments`], but replies alone: notices that wait at this operator are put off until then (I4).
    pub async fn claim_replies(
        &self,
        operator: &str,
        most: u32,
        lease: Duration,
        notices_from: Timestamp,
    ) -> Result<Vec<ClaimedSegment>, StoreError> {
        self.claim_but(operator, most, lease, Some(millis(notices_from))).await
    }

    async fn claim_but(
        &self,
        operator: &str,
        most: u32,
        lease: Duration,
        notices_from: Option<i64>,
    ) -> Result<Vec<ClaimedSegment>, StoreError> {
        // What is outlived, or does not open, must not look like a queue in which nothing waits.
        loop {
            let (found, rows) = self.claim_once(operator.to_owned(), most, lease, notices_from).await?;
            let claimed: Vec<_> = rows.iter().filter_map(|row| self.claimed_segment(row)).collect();
            if found == 0 || !claimed.is_empty() {
                return Ok(claimed);
            }
        }
    }

    /// One claim in one change: how many segments it found, and those of them that are worth sending.
    async fn claim_once(
        &self,
        operator: String,
        most: u32,
        lease: Duration,
        notices_from: Option<i64>,
    ) -> Result<(usize, Vec<Row>), StoreError> {
        let (now, steady, holder) = (self.now_ms(), self.steady_ms(), self.run().cast_signed());
        let (until, resend_at) = (now.saturating_add(short(lease)), now.saturating_add(short(Self::DOUBT_GRACE)));
        self.write(move |mut db| {
            Box::pin(async move {
                for text in late(&mut db, now, LATE_MOST).await? {
                    doubt(&mut db, text, now, resend_at).await?;
                }
                expiry::expire(&mut db, steady, now, LATE_MOST).await?;
                let rank_max = match notices_from {
                    None => i64::MAX,
                    Some(from) => {
                        put_off_notices(&mut db, &operator, from).await?;
                        REPLY_RANK
                    }
                };
                let rows = claim(&mut db, &operator, most, rank_max, now, until, holder).await?;
                Ok((rows.len(), outlived(&mut db, rows, now).await?))
            })
        })
        .await
    }

    /// [`Self::attempt_all`] of one; `false` if the claim is void, and then its PDU must not be written.
    pub async fn attempt(&self, ticket: &Ticket, answer_within: Duration) -> Result<bool, StoreError> {
        Ok(!self.attempt_all(&[*ticket], answer_within).await?.is_empty())
    }

    /// [`Self::sent_all`] of one; `false` if there was no such attempt.
    pub async fn segment_sent(&self, ticket: &Ticket, message_id: &str) -> Result<bool, StoreError> {
        Ok(!self.sent_all(&[(*ticket, message_id.to_owned())]).await?.is_empty())
    }

    /// Queues a segment that the operator has surely not taken again, for `at`; `false` if the claim is void.
    ///
    /// Where another segment of the text is dead or expired, this one ends with it; where it is not valid any more by
    /// then, it expires at once, and with it those of the text that still wait.
    pub async fn segment_retry(
        &self,
        ticket: &Ticket,
        at: Timestamp,
        burn: Burn,
        cause: &str,
    ) -> Result<bool, StoreError> {
        let (ticket, at, cause) = (*ticket, millis(at), cause.to_owned());
        let by_then = at - (self.now_ms() - self.steady_ms());
        let (tries, strikes): (i64, i64) = match burn {
            Burn::Nothing => (0, 0),
            Burn::Try => (1, 0),
            Burn::Strike => (1, 1),
        };
        self.write(move |mut db| {
            Box::pin(async move {
                let Some(text) = hold(&mut db, ticket.text).await? else { return Ok(false) };
                let queued = db
                    .row(
                        "UPDATE text_segments SET state = CASE
                            WHEN EXISTS (SELECT 1 FROM text_segments d WHERE d.text = text_segments.text
                                AND d.state = 'dead') THEN 'dead'
                            WHEN expires_at <= $8 OR EXISTS (SELECT 1 FROM text_segments d
                                WHERE d.text = text_segments.text AND d.state = 'expired') THEN 'expired'
                            ELSE 'queued' END,
                            next_at = $4, tries = tries + $5, strikes = strikes + $6, cause = $7, fence = fence + 1,
                            leased_to = 0
                         WHERE text = $1 AND number = $2 AND fence = $3 AND state IN ('queued', 'attempted')
                         RETURNING state",
                        &Key { text, ticket }.and([
                            at.into(),
                            tries.into(),
                            strikes.into(),
                            (&cause).into(),
                            by_then.into(),
                        ]),
                    )
                    .await?;
                let Some(queued) = queued else { return Ok(false) };
                if queued.get::<&str>("state") == "expired" {
                    expiry::expire_rest(&mut db, text).await?;
                }
                Ok(true)
            })
        })
        .await
    }

    /// Ends a segment that was refused for good, and with it those of the text that still wait; `false` if the claim
    /// is void.
    pub async fn segment_dead(&self, ticket: &Ticket, cause: &str) -> Result<bool, StoreError> {
        let (ticket, cause) = (*ticket, cause.to_owned());
        self.write(move |mut db| {
            Box::pin(async move {
                let Some(text) = hold(&mut db, ticket.text).await? else { return Ok(false) };
                let dead = db
                    .execute(
                        "UPDATE text_segments SET state = 'dead', cause = $4, leased_to = 0,
                            tries = CASE WHEN state = 'attempted' THEN tries + 1 ELSE tries END
                         WHERE text = $1 AND number = $2 AND fence = $3 AND state IN ('queued', 'attempted')",
                        &Key { text, ticket }.and([(&cause).into()]),
                    )
                    .await?;
                if dead == 0 {
                    return Ok(false);
                }
                db.execute(
                    "UPDATE text_segments SET state = 'dead', cause = $2, fence = fence + 1, leased_to = 0
                     WHERE text = $1 AND state = 'queued'",
                    &[text.into(), (&cause).into()],
                )
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
        self.write(move |mut db| {
            Box::pin(async move {
                let Some(text) = hold(&mut db, ticket.text).await? else { return Ok(false) };
                let binds = [resend_at.into(), text.into(), ticket.number.into(), ticket.fence.cast_signed().into()];
                Ok(db.execute(&format!("{IN_DOUBT} AND number = $3 AND fence = $4"), &binds).await? == 1)
            })
        })
        .await
    }

    /// Puts everything that waits for this phone off until then: its queue at the operator is full (A14).
    pub async fn delay_subscriber(&self, subscriber: &SubscriberKey, until: Timestamp) -> Result<u64, StoreError> {
        let (subscriber, until) = (*subscriber.as_bytes(), millis(until));
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                db.execute(
                    "UPDATE text_segments SET next_at = CASE WHEN next_at > $1 THEN next_at ELSE $1 END
                     WHERE state = 'queued'
                     AND text IN (SELECT position FROM texts WHERE subscriber = $2 AND reported_at IS NULL)",
                    &[until.into(), (&subscriber).into()],
                )
                .await
            })
        })
        .await
    }

    /// When the next segment is due; past while one is under way.
    pub async fn texts_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT min(CASE state WHEN 'queued' THEN next_at ELSE 0 END) AS due
             FROM text_segments WHERE state IN ('queued', 'attempted')";
        let row = self.database().row(sql, &[]).await?;
        Ok(row.and_then(|row| row.get::<Option<i64>>("due")).map(at))
    }

    /// How many segments are queued or attempted.
    pub async fn open_segments(&self) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) AS open FROM text_segments WHERE state IN ('queued', 'attempted')";
        Ok(self.database().row(sql, &[]).await?.map_or(0, |row| row.count("open")))
    }

    /// Seals a segment with the number that it goes to, so that one opening gives the sender all it needs.
    pub(super) fn sealed_segment(&self, text: &NewText, number: u32, body: &[u8]) -> Vec<u8> {
        let plain = [text.msisdn.digits().as_bytes(), b"\n", body].concat();
        self.seal(&context(text.id, number), &plain)
    }

    /// Reads a claimed row. One that does not open stays leased and is counted: the key may come back.
    fn claimed_segment(&self, row: &Row) -> Option<ClaimedSegment> {
        let (text, number) = (uuid(row.get("id"))?, row.short("number"));
        let plain = self.open_or_count(&context(text, number), row.get("sealed"))?;
        let end = plain.iter().position(|octet| *octet == b'\n')?;
        let msisdn = Msisdn::parse(std::str::from_utf8(&plain[..end]).ok()?).ok()?;
        Some(ClaimedSegment {
            ticket: Ticket { text, number, fence: row.count("fence") },
            of: row.short("segments"),
            attempt: row.short("tries") + 1,
            strikes: row.short("strikes"),
            resend: row.count("doubts") > 0,
            subscriber: SubscriberKey::from_slice(row.get("subscriber"))?,
            msisdn,
            class: class(row.get("class")),
            created_at: at(row.get("created_at")),
            expires_at: at(row.get("expires_at")),
            body: Pii::new(plain[end + 1..].to_vec()),
        })
    }
}

/// Takes hold of a text, so that what is read of its segments stays true until the change is made; `None` if there is
/// no such text. Whoever moves a segment on does so first, which also makes all wait in one order.
async fn hold(db: &mut Change<'_>, text: Uuid) -> Result<Option<i64>, StoreError> {
    let sql = format!("SELECT position FROM texts WHERE id = $1{}", db.for_update());
    Ok(db.row(&sql, &[text.as_bytes().into()]).await?.map(|row| row.get("position")))
}

/// Frees what had been claimed and not yet attempted: by whomever in a file, else by this process when its sender failed.
async fn free_claims(db: &mut Change<'_>, holder: i64) -> Result<u64, StoreError> {
    let sql = "UPDATE text_segments SET fence = fence + 1, leased_to = 0
         WHERE state = 'queued' AND leased_to > 0 AND (holder = $1 OR $2 = 0)";
    db.execute(sql, &[holder.into(), i64::from(db.is_shared()).into()]).await
}

/// Takes hold of texts with attempts whose time for an answer has passed, but those that somebody else holds.
async fn late(db: &mut Change<'_>, now: i64, most: u32) -> Result<Vec<i64>, StoreError> {
    let sql = format!(
        "SELECT position FROM texts WHERE position IN
         (SELECT text FROM text_segments WHERE state = 'attempted' AND leased_to <= $1) ORDER BY position LIMIT $2{}",
        db.for_update_skip_locked()
    );
    Ok(db.rows(&sql, &[now.into(), most.into()]).await?.iter().map(|row| row.get("position")).collect())
}

async fn doubt(db: &mut Change<'_>, text: i64, now: i64, resend_at: i64) -> Result<u64, StoreError> {
    db.execute(&format!("{IN_DOUBT} AND leased_to <= $3"), &[resend_at.into(), text.into(), now.into()]).await
}

async fn claim(
    db: &mut Change<'_>,
    operator: &str,
    most: u32,
    rank_max: i64,
    now: i64,
    until: i64,
    holder: i64,
) -> Result<Vec<Row>, StoreError> {
    let sql = format!(
        "WITH due AS MATERIALIZED (SELECT text, number FROM text_segments s
            WHERE operator = $2 AND rank <= $5 AND state = 'queued' AND next_at <= $3 AND leased_to <= $3
            AND NOT EXISTS (SELECT 1 FROM texts o
                JOIN texts e ON e.subscriber = o.subscriber AND e.position < o.position AND e.reported_at IS NULL
                JOIN text_segments w ON w.text = e.position
                WHERE o.position = s.text AND w.state = 'queued' AND w.rank = s.rank AND w.next_at > $3
                AND w.doubts = 0)
            ORDER BY rank, text, number LIMIT $4{})
         UPDATE text_segments SET fence = fence + 1, leased_to = $1, holder = $6
         WHERE (text, number) IN (SELECT text, number FROM due)
         RETURNING text, number, sealed, rank, tries, strikes, doubts, fence, expires_at,
            (SELECT id FROM texts WHERE position = text) AS id,
            (SELECT segments FROM texts WHERE position = text) AS segments,
            (SELECT subscriber FROM texts WHERE position = text) AS subscriber,
            (SELECT class FROM texts WHERE position = text) AS class,
            (SELECT question FROM texts WHERE position = text) AS question,
            (SELECT created_at FROM texts WHERE position = text) AS created_at",
        db.for_update_skip_locked()
    );
    let binds = [until.into(), operator.into(), now.into(), most.into(), rank_max.into(), holder.into()];
    let mut rows = db.rows(&sql, &binds).await?;
    rows.sort_by_key(|row| (row.count("rank"), row.count("text"), row.count("number")));
    Ok(rows)
}

/// Ends the questions among claimed segments that a later question to the same phone has made void: an answer to them
/// would be taken for one to that. Gives the others. Only what comes late is looked at.
async fn outlived(db: &mut Change<'_>, rows: Vec<Row>, now: i64) -> Result<Vec<Row>, StoreError> {
    let mut standing = Vec::with_capacity(rows.len());
    for row in rows {
        let late = row.count("fence") > 1 || now.saturating_sub(row.get("created_at")) > short(LATE_QUESTION);
        if row.count("question") == 0 || !late {
            standing.push(row);
            continue;
        }
        let sql = "UPDATE text_segments SET state = CASE WHEN doubts > 0 THEN 'unknown' ELSE 'expired' END,
                cause = 'outlived', fence = fence + 1, leased_to = 0
             WHERE text = $1 AND number = $2 AND state = 'queued' AND EXISTS (SELECT 1 FROM texts o
                JOIN texts l ON l.subscriber = o.subscriber AND l.position > o.position AND l.question = 1
                WHERE o.position = $1)";
        let (text, number): (i64, i64) = (row.get("text"), row.get("number"));
        if db.execute(sql, &[text.into(), number.into()]).await? == 0 {
            standing.push(row);
        } else {
            metrics::counter!("dayaq_replies_outlived_total").increment(1);
        }
    }
    Ok(standing)
}

/// Takes back the segments that a process holds: those that it may have sent are in doubt from now on.
pub(super) async fn release_segments(db: &mut Change<'_>, holder: i64, resend_at: i64) -> Result<u64, StoreError> {
    let sql = format!(
        "SELECT position FROM texts WHERE position IN (SELECT text FROM text_segments
            WHERE state IN ('queued', 'attempted') AND leased_to > 0 AND holder = $1) ORDER BY position{}",
        db.for_update()
    );
    let mut released = 0;
    for row in db.rows(&sql, &[holder.into()]).await? {
        let text: i64 = row.get("position");
        let free = "UPDATE text_segments SET fence = fence + 1, leased_to = 0
             WHERE text = $1 AND state = 'queued' AND leased_to > 0 AND holder = $2";
        released += db.execute(free, &[text.into(), holder.into()]).await?;
        let binds = [resend_at.into(), text.into(), holder.into()];
        released += db.execute(&format!("{IN_DOUBT} AND holder = $3"), &binds).await?;
    }
    Ok(released)
}

/// Lets notices that wait at an operator wait until then at least; the first [`PUT_OFF_MOST`] of them.
async fn put_off_notices(db: &mut Change<'_>, operator: &str, from: i64) -> Result<u64, StoreError> {
    let sql = "UPDATE text_segments SET next_at = $1 WHERE state = 'queued' AND (text, number) IN
        (SELECT text, number FROM text_segments
         WHERE operator = $2 AND state = 'queued' AND rank > 0 AND next_at < $1 ORDER BY next_at LIMIT $3)";
    db.execute(sql, &[from.into(), operator.into(), PUT_OFF_MOST.into()]).await
}

/// The first three binds of a statement on a ticket's segment.
#[derive(Clone, Copy)]
struct Key {
    text: i64,
    ticket: Ticket,
}

impl Key {
    fn and<'a, const N: usize>(self, others: [Bind<'a>; N]) -> Vec<Bind<'a>> {
        let mut binds = vec![self.text.into(), self.ticket.number.into(), self.ticket.fence.cast_signed().into()];
        binds.extend(others);
        binds
    }
}

fn context(text: Uuid, number: u32) -> Vec<u8> {
    [b"text-segment/", &text.as_bytes()[..], &number.to_be_bytes()].concat()
}
