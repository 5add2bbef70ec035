//! Delivery receipts, whether they come before or after the answer to their message.

use super::database::{Bind, Change};
use super::texts::uuid;
use super::{GatewayStore, StoreError, SubscriberKey};
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

/// The words of the states that nothing can follow.
const FINAL: &str = "'DELIVRD', 'EXPIRED', 'DELETED', 'UNDELIV', 'REJECTD'";

/// What became of a receipt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The text it belongs to, if that is known yet.
    pub text: Option<Uuid>,
    /// Whether it contradicts the final state that is kept.
    pub conflict: bool,
}

impl GatewayStore {
    /// Records a delivery receipt that is surely the operator's.
    ///
    /// The first final state is kept, and one that contradicts it is counted (A34). A receipt that is faster than the
    /// answer to its message finds it later (A33). The id must be the name under which the answer was kept.
    pub async fn receipt(&self, operator: &str, message_id: &str, state: MessageState) -> Result<Recorded, StoreError> {
        self.keep_receipt(operator, message_id, state, None).await
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
    ) -> Result<Recorded, StoreError> {
        self.keep_receipt(operator, message_id, state, Some(phone)).await
    }

    async fn keep_receipt(
        &self,
        operator: &str,
        message_id: &str,
        state: MessageState,
        phone: Option<&SubscriberKey>,
    ) -> Result<Recorded, StoreError> {
        if message_id.is_empty() {
            return Ok(Recorded::default());
        }
        let (operator, message_id, now) = (operator.to_owned(), message_id.to_owned(), self.now_ms());
        let phone = phone.map(|phone| phone.as_bytes().to_vec());
        let (held, text) = self
            .write_by_key(move |mut db| {
                Box::pin(async move {
                    let named = Named { operator: &operator, message_id: &message_id, phone: phone.as_deref() };
                    let text = named.text(&mut db).await?;
                    if text.is_none() && phone.is_some() && !named.is_awaited(&mut db).await? {
                        return Ok((None, None));
                    }
                    let mut held = named.end(&mut db, text.as_ref()).await?;
                    // Somebody else may have kept an end since.
                    if held.is_none() && named.keep(&mut db, state, now).await? == 0 {
                        held = named.end(&mut db, text.as_ref()).await?;
                    }
                    Ok((held, text.and_then(|text| uuid(&text.id))))
                })
            })
            .await?;
        let conflict = held.is_some_and(|held| state.is_final() && held != state);
        if conflict {
            metrics::counter!("dayaq_receipt_conflicts_total").increment(1);
        }
        Ok(Recorded { text, conflict })
    }
}

/// The message that a receipt names, and the phone that alone it may be about, where it is a claim.
#[derive(Clone, Copy)]
struct Named<'a> {
    operator: &'a str,
    message_id: &'a str,
    phone: Option<&'a [u8]>,
}

/// A text that a receipt is about.
struct Found {
    id: Vec<u8>,
    subscriber: Vec<u8>,
}

impl Named<'_> {
    /// The latest text of that name.
    async fn text(&self, db: &mut Change<'_>) -> Result<Option<Found>, StoreError> {
        let (sql, mut binds) = (
            "SELECT t.id, t.subscriber FROM text_attempts a JOIN texts t ON t.position = a.text
             WHERE a.operator = $1 AND a.message_id = $2",
            vec![self.operator.into(), self.message_id.into()],
        );
        let own = if self.phone.is_some() { "AND t.subscriber = $3" } else { "" };
        binds.extend(self.phone.map(Bind::from));
        let row = db.row(&format!("{sql} {own} ORDER BY a.at DESC LIMIT 1"), &binds).await?;
        Ok(row.map(|row| Found {
            id: row.get::<&[u8]>("id").to_vec(),
            subscriber: row.get::<&[u8]>("subscriber").to_vec(),
        }))
    }

    /// Whether a text went to the phone whose name at the operator is not known yet.
    async fn is_awaited(&self, db: &mut Change<'_>) -> Result<bool, StoreError> {
        let sql = "SELECT 1 AS one FROM texts t JOIN text_attempts a ON a.text = t.position
             WHERE t.subscriber = $1 AND a.operator = $2 AND a.message_id IS NULL LIMIT 1";
        Ok(db.row(sql, &[self.phone.unwrap_or_default().into(), self.operator.into()]).await?.is_some())
    }

    /// The final state that is kept of it already, whoever told it.
    async fn end(&self, db: &mut Change<'_>, text: Option<&Found>) -> Result<Option<MessageState>, StoreError> {
        let phone = text.map(|text| text.subscriber.as_slice()).or(self.phone).unwrap_or_default();
        let sql = format!(
            "SELECT state FROM receipts WHERE operator = $1 AND message_id = $2
             AND (subscriber = $3 OR length(subscriber) = 0) AND state IN ({FINAL}) ORDER BY at LIMIT 1"
        );
        let row = db.row(&sql, &[self.operator.into(), self.message_id.into(), phone.into()]).await?;
        Ok(row.and_then(|row| MessageState::parse(row.get("state"))))
    }

    async fn keep(&self, db: &mut Change<'_>, state: MessageState, now: i64) -> Result<u64, StoreError> {
        let sql = format!(
            "INSERT INTO receipts (operator, message_id, subscriber, state, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (operator, message_id, subscriber) DO UPDATE SET state = excluded.state, at = excluded.at
             WHERE receipts.state NOT IN ({FINAL})"
        );
        let phone = self.phone.unwrap_or_default();
        let binds = [self.operator.into(), self.message_id.into(), phone.into(), state.word().into(), now.into()];
        db.execute(&sql, &binds).await
    }
}
