//! Delivery receipts, whether they come before or after the answer to their message.

use super::texts::uuid;
use super::{GatewayStore, StoreError};
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

impl GatewayStore {
    /// Records a delivery receipt.
    ///
    /// The first final state is kept, and one that contradicts it is counted (A34). A receipt that is faster than the
    /// answer to its message finds it later (A33). The id must be the name under which the answer was kept.
    pub async fn receipt(&self, operator: &str, message_id: &str, state: MessageState) -> Result<Recorded, StoreError> {
        if message_id.is_empty() {
            return Ok(Recorded::default());
        }
        let (operator, message_id, now) = (operator.to_owned(), message_id.to_owned(), self.now_ms());
        let (held, text) = self
            .write_by_key(move |mut db| {
                Box::pin(async move {
                    let recorded = db
                        .execute(
                            "INSERT INTO receipts (operator, message_id, state, at) VALUES ($1, $2, $3, $4)
                             ON CONFLICT (operator, message_id) DO UPDATE SET state = excluded.state, at = excluded.at
                             WHERE receipts.state NOT IN ('DELIVRD', 'EXPIRED', 'DELETED', 'UNDELIV', 'REJECTD')",
                            &[(&operator).into(), (&message_id).into(), state.word().into(), now.into()],
                        )
                        .await?;
                    let key = [(&operator).into(), (&message_id).into()];
                    let held = match recorded {
                        0 => db.row("SELECT state FROM receipts WHERE operator = $1 AND message_id = $2", &key).await?,
                        _ => None,
                    };
                    let held = held.and_then(|row| MessageState::parse(row.get("state")));
                    let text = db
                        .row(
                            "SELECT t.id FROM text_attempts a JOIN texts t ON t.position = a.text
                             WHERE a.operator = $1 AND a.message_id = $2 ORDER BY a.at DESC LIMIT 1",
                            &key,
                        )
                        .await?;
                    Ok((held, text.and_then(|row| uuid(row.get("id")))))
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
