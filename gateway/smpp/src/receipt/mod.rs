//! Delivery receipts: what became of a text that we sent.

mod fields;
mod id;
#[cfg(test)]
mod tests;

pub use id::ReceiptIds;

use std::borrow::Cow;

use crate::concat::{UserData, user_data};
use crate::message::{MessageId, ShortMessage};
use crate::octets::Octets;
use crate::tlv::Tag;
use fields::Fields;

/// What became of a message (SMPP 3.4 §5.2.28).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageState {
    /// Not yet tried (5.0 §4.7.15).
    Scheduled,
    /// Being tried.
    Enroute,
    /// On the phone.
    Delivered,
    /// Its validity period ended.
    Expired,
    /// Removed.
    Deleted,
    /// Cannot be delivered.
    Undeliverable,
    /// Accepted: read by customer service on the subscriber's behalf.
    Accepted,
    /// The SMSC does not know, or says something that we do not.
    Unknown,
    /// Refused.
    Rejected,
    /// Passed over (5.0 §4.7.15).
    Skipped,
}

impl MessageState {
    /// Tells whether another state may still follow.
    pub const fn is_final(self) -> bool {
        match self {
            MessageState::Scheduled | MessageState::Enroute | MessageState::Accepted | MessageState::Unknown => false,
            MessageState::Delivered
            | MessageState::Expired
            | MessageState::Deleted
            | MessageState::Undeliverable
            | MessageState::Rejected
            | MessageState::Skipped => true,
        }
    }

    /// Reads the `message_state` parameter.
    pub const fn from_value(value: u64) -> Option<Self> {
        Some(match value {
            0 => MessageState::Scheduled,
            1 => MessageState::Enroute,
            2 => MessageState::Delivered,
            3 => MessageState::Expired,
            4 => MessageState::Deleted,
            5 => MessageState::Undeliverable,
            6 => MessageState::Accepted,
            7 => MessageState::Unknown,
            8 => MessageState::Rejected,
            9 => MessageState::Skipped,
            _ => return None,
        })
    }

    /// Gives the `message_state` parameter.
    pub const fn value(self) -> u8 {
        match self {
            MessageState::Scheduled => 0,
            MessageState::Enroute => 1,
            MessageState::Delivered => 2,
            MessageState::Expired => 3,
            MessageState::Deleted => 4,
            MessageState::Undeliverable => 5,
            MessageState::Accepted => 6,
            MessageState::Unknown => 7,
            MessageState::Rejected => 8,
            MessageState::Skipped => 9,
        }
    }

    /// Gives the word of the text form.
    pub const fn word(self) -> &'static str {
        match self {
            MessageState::Scheduled => "SCHEDULED",
            MessageState::Enroute => "ENROUTE",
            MessageState::Delivered => "DELIVRD",
            MessageState::Expired => "EXPIRED",
            MessageState::Deleted => "DELETED",
            MessageState::Undeliverable => "UNDELIV",
            MessageState::Accepted => "ACCEPTD",
            MessageState::Unknown => "UNKNOWN",
            MessageState::Rejected => "REJECTD",
            MessageState::Skipped => "SKIPPED",
        }
    }

    /// Reads the word of the text form, however the SMSC cuts and spells it.
    fn from_word(word: &[u8]) -> Self {
        const WORDS: [(&[u8], MessageState); 19] = [
            (b"SCHED", MessageState::Scheduled),
            (b"ENROUT", MessageState::Enroute),
            (b"EN_ROUT", MessageState::Enroute),
            (b"BUFFER", MessageState::Enroute),
            (b"PENDING", MessageState::Enroute),
            (b"QUEUED", MessageState::Enroute),
            (b"RETR", MessageState::Enroute),
            (b"SUBMIT", MessageState::Enroute),
            (b"DELIV", MessageState::Delivered),
            (b"DLVRD", MessageState::Delivered),
            (b"EXPIR", MessageState::Expired),
            (b"DELET", MessageState::Deleted),
            (b"CANCEL", MessageState::Deleted),
            (b"UNDEL", MessageState::Undeliverable),
            (b"NOTDEL", MessageState::Undeliverable),
            (b"FAIL", MessageState::Undeliverable),
            (b"ACCEPT", MessageState::Accepted),
            (b"REJECT", MessageState::Rejected),
            (b"SKIP", MessageState::Skipped),
        ];
        // There are SMSCs that write the number of the parameter.
        if let [digit @ b'0'..=b'9'] = word {
            return Self::from_value(u64::from(digit - b'0')).unwrap_or(MessageState::Unknown);
        }
        let word = word.to_ascii_uppercase();
        WORDS.iter().find(|(stem, _)| word.starts_with(stem)).map_or(MessageState::Unknown, |(_, state)| *state)
    }
}

/// One delivery receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The message's name, as the receipt writes it: in its parameter, or else in its text. Compare it by
    /// [`ReceiptIds`]. `None`: it cannot be matched.
    pub message_id: Option<MessageId>,
    /// The message's name in the text, whether or not there is a parameter.
    pub written_id: Option<MessageId>,
    /// What became of the message.
    pub state: MessageState,
    /// Whether it says so itself of an intermediate state (`esm_class` 0x20).
    pub intermediate: bool,
    /// Whether parameters and text name different messages or states; the parameters count.
    pub disagrees: bool,
    /// The network's own error code, as text: digits, mostly.
    pub error: Option<Octets<16>>,
    /// `done date` as written: ten or twelve digits, mostly, in a time zone that the SMSC keeps to itself.
    pub done_date: Option<Octets<20>>,
}

/// The bits of `esm_class` that tell the type of a message (SMPP 3.4 §5.2.12).
const ESM_CLASS_TYPE: u8 = 0x3C;
const ESM_CLASS_RECEIPT: u8 = 0x04;
const ESM_CLASS_INTERMEDIATE: u8 = 0x20;

/// Reads a receipt, or gives `None` where the message is none.
///
/// `esm_class` decides: a subscriber who types `id:1 stat:DELIVRD` has sent a text. A message of the default type is a
/// receipt all the same where it has both parameters of one, which nobody can type. Parameters go before the text form;
/// nothing in either makes it fail.
pub fn read(message: &ShortMessage) -> Option<Receipt> {
    let tlvs = message.tlvs.as_tlvs();
    let said_id = tlvs.cstr(Tag::RECEIPTED_MESSAGE_ID).map(<[u8]>::trim_ascii).filter(|id| !id.is_empty());
    let said_state = tlvs.uint(Tag::MESSAGE_STATE).and_then(MessageState::from_value);
    let intermediate = match message.esm_class & ESM_CLASS_TYPE {
        ESM_CLASS_RECEIPT => false,
        ESM_CLASS_INTERMEDIATE => true,
        0 if said_id.is_some() && said_state.is_some() => false,
        _ => return None,
    };
    let text = match user_data(message) {
        Ok(UserData::Whole(octets)) => octets,
        Ok(UserData::Piece(piece)) => piece.octets,
        Err(_) => message.user_data(),
    };
    let text = narrow(text);
    let fields = Fields::read(&text);
    let written_state = fields.stat.map(MessageState::from_word);
    let differs = |a: Option<&[u8]>, b: Option<&[u8]>| matches!((a, b), (Some(a), Some(b)) if a != b);
    let error = tlvs.get(Tag::NETWORK_ERROR_CODE).and_then(network_error).or_else(|| fields.err.map(<[u8]>::to_vec));
    Some(Receipt {
        message_id: said_id.or(fields.id).and_then(|id| MessageId::new(id).ok()),
        written_id: fields.id.and_then(|id| MessageId::new(id).ok()),
        state: said_state.or(written_state).unwrap_or(MessageState::Unknown),
        intermediate,
        disagrees: differs(said_id, fields.id) || matches!((said_state, written_state), (Some(a), Some(b)) if a != b),
        error: error.and_then(|error| Octets::new(error).ok()),
        done_date: fields.done_date.and_then(|date| Octets::new(date).ok()),
    })
}

/// Makes one octet of each unit where an SMSC has written its receipt in UCS-2; no field begins with a NUL otherwise.
fn narrow(text: &[u8]) -> Cow<'_, [u8]> {
    let text = text.strip_prefix(&[0xFE, 0xFF]).unwrap_or(text);
    match text {
        [0, _, ..] => {
            let units = text.as_chunks::<2>().0.iter();
            Cow::Owned(units.map(|[high, low]| if *high == 0 { *low } else { b'?' }).collect())
        }
        _ => Cow::Borrowed(text),
    }
}

/// Makes the error code of the parameter readable: network type, then the code (SMPP 3.4 §5.3.2.31).
fn network_error(value: &[u8]) -> Option<Vec<u8>> {
    let [_network, high, low] = *value else { return None };
    Some(u16::from_be_bytes([high, low]).to_string().into_bytes())
}
