//! Delivery receipts: from the operator's words to the text they belong to.

use crate::conversation::{Conversations, Voice};
use crate::store::{MessageState, StoreError, SubscriberKey};
use dayaq_smpp::receipt::{self, Receipt};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

impl Conversations {
    /// Records a receipt that is surely the operator's, of a message to that phone where it says which. Where it cannot
    /// be kept, the operator must bring it again.
    pub(crate) async fn receive_receipt(
        &self,
        voice: &Voice,
        receipt: &Receipt,
        phone: Option<&SubscriberKey>,
    ) -> Result<(), StoreError> {
        let Some(id) = name(voice, receipt) else { return Ok(()) };
        let state = state_of(receipt.state);
        let labels = [("operator", voice.name.clone()), ("state", state.word().to_owned())];
        metrics::counter!("dayaq_receipts_total", &labels).increment(1);
        let recorded = match phone {
            Some(phone) => self.store.receipt_of(&voice.name, &id, state, phone, submitted(receipt)).await,
            None => self.store.receipt(&voice.name, &id, state).await,
        };
        recorded.map(drop)
    }

    /// Records what a phone's text says in the words of a receipt, of its own texts alone.
    pub(crate) async fn receive_claim(
        &self,
        voice: &Voice,
        receipt: &Receipt,
        phone: &SubscriberKey,
    ) -> Result<(), StoreError> {
        metrics::counter!("dayaq_receipts_by_words_total").increment(1);
        let Some(id) = name(voice, receipt) else { return Ok(()) };
        let (state, submitted) = (state_of(receipt.state), submitted(receipt));
        self.store.claimed_receipt(&voice.name, &id, state, phone, submitted).await.map(drop)
    }
}

/// The name of the text that a receipt is about; `None`, and counted, where it says none.
fn name(voice: &Voice, receipt: &Receipt) -> Option<String> {
    let name = voice.profile.sms.receipt_ids.of_receipt(receipt);
    if name.is_none() {
        metrics::counter!("dayaq_receipts_without_id_total").increment(1);
    }
    name
}

/// When the SMSC says that the message was submitted, by its own clock, taken for UTC: `YYMMDDhhmm`, with seconds or
/// without (SMPP 3.4, appendix B).
fn submitted(receipt: &Receipt) -> Option<Timestamp> {
    let digits = std::str::from_utf8(receipt.submit_date.as_ref()?.as_bytes()).ok()?;
    if !matches!(digits.len(), 10 | 12) || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let pair = |at: usize| digits.get(at..at + 2).map_or(Ok(0), str::parse::<i8>);
    let [year, month, day, hour, minute, second] = [0, 2, 4, 6, 8, 10].map(|at| pair(at).unwrap_or_default());
    let date = DateTime::new(2000 + i16::from(year), month, day, hour, minute, second, 0).ok()?;
    Offset::UTC.to_timestamp(date).ok()
}

const fn state_of(state: receipt::MessageState) -> MessageState {
    match state {
        receipt::MessageState::Scheduled | receipt::MessageState::Enroute => MessageState::Enroute,
        receipt::MessageState::Delivered => MessageState::Delivered,
        receipt::MessageState::Expired => MessageState::Expired,
        receipt::MessageState::Deleted => MessageState::Deleted,
        receipt::MessageState::Undeliverable | receipt::MessageState::Skipped => MessageState::Undeliverable,
        receipt::MessageState::Accepted => MessageState::Accepted,
        receipt::MessageState::Unknown => MessageState::Unknown,
        receipt::MessageState::Rejected => MessageState::Rejected,
    }
}
