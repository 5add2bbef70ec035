//! Delivery receipts as most operators write them (SMPP 3.4, appendix B).

use dayaq_smpp::{ShortMessage, Tag};
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};

/// `esm_class`: this is a delivery receipt.
const RECEIPT: u8 = 0x04;
/// `message_state`: delivered.
const DELIVERED: u8 = 2;

/// The receipt of a message that reached its phone.
pub(crate) fn delivered(id: &str, message: &ShortMessage, now: Timestamp) -> ShortMessage {
    let date = now.to_zoned(TimeZone::fixed(offset(4))).strftime("%y%m%d%H%M").to_string();
    let text = format!("id:{id} sub:001 dlvrd:001 submit date:{date} done date:{date} stat:DELIVRD err:000 text:");
    let mut receipt = ShortMessage {
        source: message.destination,
        destination: message.source,
        esm_class: RECEIPT,
        short_message: text.into_bytes(),
        ..ShortMessage::default()
    };
    let mut named = id.as_bytes().to_vec();
    named.push(0);
    // An id of ours is far below the 65,535 octets that a parameter has room for.
    let _ = receipt.tlvs.push(Tag::RECEIPTED_MESSAGE_ID, &named);
    receipt.tlvs.push_u8(Tag::MESSAGE_STATE, DELIVERED);
    receipt
}
