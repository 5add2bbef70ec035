//! What operators tell of our texts: recorded, acknowledged, and never answered or taken for an input.

use super::address::number;
use super::texting::instant;
use super::turn::CONFLICTS_MAX;
use super::{Conversations, Voice};
use crate::link::Arrival;
use crate::store::{Saved, StoreError, SubscriberKey};
use dayaq_smpp::concat::{Added, Piece, UserData, user_data};
use dayaq_smpp::receipt::{self, Report};
use dayaq_smpp::{CommandStatus, ShortMessage, Tag};
use dayaq_types::Clock;
use tracing::warn;

impl Conversations {
    /// Takes a receipt, whatever form it has.
    pub(super) async fn report(&self, arrival: &Arrival, voice: &Voice, report: Report<'_>) {
        let phone = number(&arrival.message.source).map(|msisdn| SubscriberKey::of(&self.keys, &msisdn));
        let kept = match (report, phone) {
            (Report::Receipt(receipt), phone) => {
                // There are SMSCs that do not turn the addresses round.
                let other = || number(&arrival.message.destination).map(|it| SubscriberKey::of(&self.keys, &it));
                self.receive_receipt(voice, &receipt, phone.or_else(other).as_ref()).await
            }
            (Report::Claim(_) | Report::Piece(_), None) => {
                // It comes from no phone, so that it is about no text of ours.
                self.counters.texts_ignored.increment(1);
                Ok(())
            }
            (Report::Claim(_) | Report::Piece(_), Some(phone))
                if !self.has_room(arrival, phone, &self.parts_limiter) =>
            {
                return;
            }
            (Report::Claim(receipt), Some(phone)) => self.receive_claim(voice, &receipt, &phone).await,
            (Report::Piece(piece), Some(phone)) => {
                let _passage = self.turnstile.enter(phone).await;
                self.receipt_piece(arrival, voice, phone, &piece).await
            }
        };
        if let Err(cause) = &kept {
            warn!(operator = %voice.name, cause = %cause, "Receipt not kept");
        }
        arrival.respond(if kept.is_ok() { CommandStatus::ROK } else { CommandStatus::RX_T_APPN });
    }

    /// Keeps a piece of a receipt beside the phone's session until the others are there.
    async fn receipt_piece(
        &self,
        arrival: &Arrival,
        voice: &Voice,
        phone: SubscriberKey,
        piece: &Piece<'_>,
    ) -> Result<(), StoreError> {
        let (data_coding, now) = (arrival.message.data_coding, instant(self.steady.now()));
        let mut loaded = self.load(&phone).await?;
        for _ in 0..CONFLICTS_MAX {
            let mut envelope = self.envelope(&phone, &loaded).await?;
            match envelope.texting.add_receipt_piece(piece, data_coding, now, &self.part_limits) {
                // Recorded before the pieces are let go: what is brought again is recorded again.
                Added::Complete(whole) => {
                    self.receive_receipt(voice, &receipt::joined(whole.octets()), Some(&phone)).await?;
                }
                Added::Waiting => {}
                Added::Duplicate | Added::Rejected(_) => return Ok(()),
            }
            match self.sessions.store(&phone, loaded.version, &envelope.encode(), self.store.draft_life()).await? {
                Saved::Written(_) => return Ok(()),
                Saved::Conflict(current) => {
                    self.counters.conflicts.increment(1);
                    loaded = current;
                }
            }
        }
        Err(StoreError::Overtaken(CONFLICTS_MAX))
    }
}

/// Whether this is one of several parts and no op makes it a turn: dialogues know no parts, only texts do, and among
/// them receipts.
pub(super) fn is_in_parts(message: &ShortMessage) -> bool {
    message.tlvs.as_tlvs().get(Tag::USSD_SERVICE_OP).is_none() && matches!(user_data(message), Ok(UserData::Piece(_)))
}
