//! Delivery receipts: from the operator's words to the text they belong to.

use crate::conversation::{Conversations, Voice};
use crate::store::{MessageState, StoreError, SubscriberKey};
use dayaq_smpp::receipt::{self, Receipt};

impl Conversations {
    /// Records a receipt that is surely the operator's. Where it cannot be kept, the operator must bring it again.
    pub(crate) async fn receive_receipt(&self, voice: &Voice, receipt: &Receipt) -> Result<(), StoreError> {
        let Some(id) = name(voice, receipt) else { return Ok(()) };
        self.store.receipt(&voice.name, &id, state_of(receipt.state)).await.map(drop)
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
        self.store.claimed_receipt(&voice.name, &id, state_of(receipt.state), phone).await.map(drop)
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
