//! Delivery receipts: from the operator's words to the text they belong to.

use crate::conversation::{Conversations, Voice};
use crate::store::MessageState;
use dayaq_smpp::receipt::{self, Receipt};
use tracing::warn;

impl Conversations {
    /// Records a receipt; `false` where it could not be kept and the operator must bring it again.
    pub(crate) async fn receive_receipt(&self, voice: &Voice, receipt: &Receipt) -> bool {
        let Some(id) = voice.profile.sms.receipt_ids.of_receipt(receipt) else {
            metrics::counter!("dayaq_receipts_without_id_total").increment(1);
            return true;
        };
        match self.store.receipt(&voice.name, &id, state_of(receipt.state)).await {
            Ok(_) => true,
            Err(cause) => {
                warn!(operator = %voice.name, cause = %cause, "Receipt not kept");
                false
            }
        }
    }
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
