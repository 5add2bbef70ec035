//! Delivery receipts, whether they come before or after the answer to their message.

use super::database::Change;
use super::gateway::millis;
use super::texts::uuid;
use super::{GatewayStore, StoreError, SubscriberKey};
use jiff::Timestamp;
use uuid::Uuid;

/// The state of a message as a delivery receipt tells it (SMPP 3.4 §5.2.28 and appendix B).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageState {
    /// On its way.
    Enroute,
    /// It reached the phone.
    Delivered,
    /// Its validity ended.
    Expired,
    /// Somebody took it back.
    Deleted,
    /// It cannot reach the phone.
    Undeliverable,
    /// Somebody took note of it; not an end, since operators send it on the way.
    Accepted,
    /// The operator cannot tell; not an end.
    Unknown,
    /// The network refused it.
    Rejected,
}

impl MessageState {
    const ALL: [Self; 8] = [
        Self::Enroute,
        Self::Delivered,
        Self::Expired,
        Self::Deleted,
        Self::Undeliverable,
        Self::Accepted,
        Self::Unknown,
        Self::Rejected,
    ];

    /// The word that receipts use for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Enroute => "ENROUTE",
            Self::Delivered => "DELIVRD",
            Self::Expired => "EXPIRED",
            Self::Deleted => "DELETED",
            Self::Undeliverable => "UNDELIV",
            Self::Accepted => "ACCEPTD",
            Self::Unknown => "UNKNOWN",
            Self::Rejected => "REJECTD",
        }
    }

    /// Reads the word that receipts use.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether nothing can follow it.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Delivered | Self::Expired | Self::Deleted | Self::Undeliverable | Self::Rejected => true,
            Self::Enroute | Self::Accepted | Self::Unknown => false,
        }
    }
}

/// What became of a receipt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The text it belongs to, if that is known yet.
    pub text: Option<Uuid>,
    /// Whether it contradicts the final state that is kept.
    pub conflict: bool,
}

/// How far the clocks of gateways that share the rows may differ; the view `attempt_receipts` has the same.
const SKEW_MS: i64 = 2_000;
/// So long two receipts of one name and phone are of one message, while no message of that name is known.
const SAME_STRAY_MS: i64 = 3_600_000;
/// Attempts of one name to one phone among which a receipt is placed.
const NAMESAKES_MAX: usize = 8;
const MINUTE_MS: i64 = 60_000;
/// Baku's clock before UTC.
const BAKU_MS: i64 = 240 * MINUTE_MS;
/// How far an SMSC's minute of submission may be from the attempt.
const SUBMITTED_WITHIN_MS: i64 = 90_000;

/// Who says it, and so what it may be about.
#[derive(Clone, Copy)]
enum Of {
    /// The operator, of a message to this phone, where it says which.
    Operator(Option<[u8; 32]>),
    /// A text from this phone, be it typed or the operator's.
    Claim([u8; 32]),
}

impl GatewayStore {
    /// Records a delivery receipt that is surely the operator's and names no phone.
    ///
    /// It is about the latest message of that name. The first final state is kept, and one that contradicts it is counted
    /// (A34). A receipt that is faster than the answer to its message finds it later (A33). The id must be the name under
    /// which the answer was kept.
    pub async fn receipt(&self, operator: &str, message_id: &str, state: MessageState) -> Result<Recorded, StoreError> {
        self.keep_receipt(operator, message_id, state, Of::Operator(None), None).await
    }

    /// Records a delivery receipt that is surely the operator's, of a message to that phone.
    ///
    /// An SMSC that was reset gives its names again (A45): it is about the message of that name to that phone which was
    /// under way when it was `submitted` (by the SMSC's own clock, taken for UTC), or else about the latest; where that one
    /// has ended otherwise, about one before it that has not.
    pub async fn receipt_of(
        &self,
        operator: &str,
        message_id: &str,
        state: MessageState,
        phone: &SubscriberKey,
        submitted: Option<Timestamp>,
    ) -> Result<Recorded, StoreError> {
        let of = Of::Operator(Some(*phone.as_bytes()));
        self.keep_receipt(operator, message_id, state, of, submitted.map(millis)).await
    }

    /// Records what came from a phone in the words of a receipt, be it typed or the operator's: of a text that went to
    /// that phone alone (A35). Where none has that id, it is kept for one whose answer is still to come, and nothing is
    /// kept where no answer is.
    pub async fn claimed_receipt(
        &self,
        operator: &str,
        message_id: &str,
        state: MessageState,
        phone: &SubscriberKey,
        submitted: Option<Timestamp>,
    ) -> Result<Recorded, StoreError> {
        self.keep_receipt(operator, message_id, state, Of::Claim(*phone.as_bytes()), submitted.map(millis)).await
    }

    async fn keep_receipt(
        &self,
        operator: &str,
        message_id: &str,
        state: MessageState,
        of: Of,
        submitted: Option<i64>,
    ) -> Result<Recorded, StoreError> {
        if message_id.is_empty() {
            return Ok(Recorded::default());
        }
        let (operator, message_id, now) = (operator.to_owned(), message_id.to_owned(), self.now_ms());
        let recorded = self.write_by_key(move |mut db| {
            Box::pin(async move {
                let named = Named { operator: &operator, message_id: &message_id, of };
                // In this order: an answer that is kept between the two is found by one of them.
                let awaited = named.awaited(&mut db).await?;
                let attempts = named.attempts(&mut db).await?;
                if attempts.is_empty() {
                    // What a phone says of nothing that is under way is nothing.
                    return match (of, awaited) {
                        (Of::Claim(_), None) => Ok(Recorded::default()),
                        (Of::Claim(_) | Of::Operator(_), _) => named.park(&mut db, state, now, awaited).await,
                    };
                }
                named.place(&mut db, &attempts, state, now, submitted, awaited).await
            })
        });
        let recorded = recorded.await?;
        if recorded.conflict {
            metrics::counter!("dayaq_receipt_conflicts_total").increment(1);
        }
        Ok(recorded)
    }
}

/// The message that a receipt names.
#[derive(Clone, Copy)]
struct Named<'a> {
    operator: &'a str,
    message_id: &'a str,
    of: Of,
}

/// An attempt under that name.
struct Attempt {
    text: Option<Uuid>,
    position: i64,
    subscriber: Vec<u8>,
    at: i64,
}

/// What is kept of a message already.
struct Kept {
    subscriber: Vec<u8>,
    at: i64,
    state: MessageState,
}

impl Named<'_> {
    fn phone(&self) -> &[u8] {
        match &self.of {
            Of::Operator(Some(phone)) | Of::Claim(phone) => phone,
            Of::Operator(None) => &[],
        }
    }

    /// The attempts of that name, the latest first; of one phone alone, where the receipt says none the latest's.
    async fn attempts(&self, db: &mut Change<'_>) -> Result<Vec<Attempt>, StoreError> {
        let sql = "SELECT t.id, t.position, t.subscriber, a.at FROM text_attempts a JOIN texts t ON t.position = a.text
             WHERE a.operator = $1 AND a.message_id = $2 AND (t.subscriber = $3 OR length($3) = 0)
             ORDER BY a.at DESC LIMIT $4";
        let most = u32::try_from(NAMESAKES_MAX).unwrap_or(u32::MAX);
        let binds = [self.operator.into(), self.message_id.into(), self.phone().into(), most.into()];
        let rows = db.rows(sql, &binds).await?;
        let mut attempts: Vec<Attempt> = Vec::with_capacity(rows.len());
        for row in &rows {
            let subscriber = row.get::<&[u8]>("subscriber").to_vec();
            if attempts.first().is_none_or(|first| first.subscriber == subscriber) {
                let (position, at) = (row.get("position"), row.get("at"));
                attempts.push(Attempt { text: uuid(row.get("id")), position, subscriber, at });
            }
        }
        Ok(attempts)
    }

    /// Keeps it for a message whose name is still to come.
    async fn park(
        &self,
        db: &mut Change<'_>,
        state: MessageState,
        now: i64,
        awaited: Option<i64>,
    ) -> Result<Recorded, StoreError> {
        let begin = awaited.map_or(now - SAME_STRAY_MS, |at| at - SKEW_MS);
        let kept = self.kept(db, self.phone(), begin, None).await?;
        let conflict = self.keep(db, kept, self.phone(), state, now).await?;
        Ok(Recorded { text: None, conflict })
    }

    /// Keeps it with the attempt that it is about.
    async fn place(
        &self,
        db: &mut Change<'_>,
        attempts: &[Attempt],
        state: MessageState,
        now: i64,
        submitted: Option<i64>,
        awaited: Option<i64>,
    ) -> Result<Recorded, StoreError> {
        let times = awaited.into_iter().chain(attempts.iter().map(|attempt| attempt.at));
        let meant = match (submitted.and_then(|submitted| under_way(times, submitted)), awaited) {
            // One whose name is still to come, or none that is known.
            (Some(0), Some(_)) => return self.park(db, state, now, awaited).await,
            (None, Some(_)) if submitted.is_some() => return self.park(db, state, now, awaited).await,
            (Some(place), Some(_)) => place - 1,
            (Some(place), None) => place,
            (None, _) => 0,
        };
        // Whoever changes what becomes of a text holds it, so that what is read here stays true.
        let sql = format!("SELECT position FROM texts WHERE position = $1{}", db.for_update());
        db.row(&sql, &[attempts[meant].position.into()]).await?;
        let mut conflict = false;
        for at in meant..attempts.len() {
            let (attempt, end) = (&attempts[at], at.checked_sub(1).map(|next| attempts[next].at - SKEW_MS));
            let kept = self.kept(db, &attempt.subscriber, attempt.at - SKEW_MS, end).await?;
            let has_ended = kept.as_ref().is_some_and(|kept| kept.state.is_final());
            if has_ended && submitted.is_none() && awaited.is_some_and(|awaited| awaited > attempt.at) {
                return self.park(db, state, now, awaited).await;
            }
            // A clock that was set back, or another gateway's, must not put it before what it is about.
            let heard = end.map_or(now, |end| now.min(end - 1)).max(attempt.at);
            let contradicts = self.keep(db, kept, &attempt.subscriber, state, heard).await?;
            if !contradicts {
                return Ok(Recorded { text: attempt.text, conflict: false });
            }
            conflict = true;
            // Nothing speaks for an earlier one where the operator says which it means.
            if submitted.is_some() {
                break;
            }
        }
        Ok(Recorded { text: attempts[meant].text, conflict })
    }

    /// When the first of the messages to the phone left whose name at the operator is not known yet.
    async fn awaited(&self, db: &mut Change<'_>) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT min(a.at) AS first FROM texts t JOIN text_attempts a ON a.text = t.position
             JOIN text_segments s ON s.text = a.text AND s.number = a.number
             WHERE t.subscriber = $1 AND a.operator = $2 AND a.message_id IS NULL
                AND (s.state = 'attempted' OR s.doubts > 0)";
        let row = db.row(sql, &[self.phone().into(), self.operator.into()]).await?;
        Ok(row.and_then(|row| row.get::<Option<i64>>("first")))
    }

    /// What is kept of that name and phone from then on, before `end`: an end that was told first goes before all else.
    async fn kept(
        &self,
        db: &mut Change<'_>,
        phone: &[u8],
        begin: i64,
        end: Option<i64>,
    ) -> Result<Option<Kept>, StoreError> {
        let sql = "SELECT subscriber, at, state FROM receipts WHERE operator = $1 AND message_id = $2
             AND (subscriber = $3 OR length(subscriber) = 0) AND at >= $4 AND at < $5 ORDER BY at";
        let end = end.unwrap_or(i64::MAX);
        let binds = [self.operator.into(), self.message_id.into(), phone.into(), begin.into(), end.into()];
        let mut kept = None;
        for row in db.rows(sql, &binds).await? {
            let Some(state) = MessageState::parse(row.get("state")) else { continue };
            let one = Kept { subscriber: row.get::<&[u8]>("subscriber").to_vec(), at: row.get("at"), state };
            if state.is_final() {
                return Ok(Some(one));
            }
            kept = Some(one);
        }
        Ok(kept)
    }

    /// Keeps a state where no end is kept; tells whether it contradicts the one that is.
    async fn keep(
        &self,
        db: &mut Change<'_>,
        kept: Option<Kept>,
        phone: &[u8],
        state: MessageState,
        at: i64,
    ) -> Result<bool, StoreError> {
        let key = [self.operator.into(), self.message_id.into()];
        match kept {
            Some(kept) if kept.state.is_final() => return Ok(state.is_final() && state != kept.state),
            Some(kept) => {
                let sql = "UPDATE receipts SET state = $5, at = $6 WHERE operator = $1 AND message_id = $2
                     AND subscriber = $3 AND at = $4";
                let binds = [(&kept.subscriber).into(), kept.at.into(), state.word().into(), at.max(kept.at).into()];
                db.execute(sql, &[&key[..], &binds].concat()).await?;
            }
            None => {
                let sql =
                    "INSERT INTO receipts (operator, message_id, subscriber, at, state) VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (operator, message_id, subscriber, at) DO UPDATE SET state = excluded.state";
                let binds = [phone.into(), at.into(), state.word().into()];
                db.execute(sql, &[&key[..], &binds].concat()).await?;
            }
        }
        Ok(false)
    }
}

/// The place of the one among attempts at these times that was under way when the SMSC says that its message was
/// submitted, if one was.
fn under_way(times: impl Iterator<Item = i64>, submitted: i64) -> Option<usize> {
    // Nobody says in which zone; an operator here has Baku's clock or UTC. Of the minute that is written each moment is as
    // good as another.
    let off = |at: i64, zone: i64| {
        let late = at - (submitted - zone);
        if late < 0 { -late } else { (late - MINUTE_MS + 1).max(0) }
    };
    let off = |at: i64| Some(off(at, 0).min(off(at, BAKU_MS))).filter(|off| *off <= SUBMITTED_WITHIN_MS);
    let fitting = times.enumerate().filter_map(|(place, at)| Some((off(at)?, place)));
    fitting.min().map(|(_, place)| place)
}
