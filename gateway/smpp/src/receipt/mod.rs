//! Delivery receipts: what became of a text that we sent.

mod fields;
mod id;
#[cfg(test)]
mod tests;

pub use id::ReceiptIds;

use crate::concat::{Piece, UserData, user_data};
use crate::message::{MessageId, ShortMessage};
use crate::octets::Octets;
use crate::tlv::Tag;
use fields::{Fields, narrow, resembles_piece};

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

    /// Reads the word of the text form, however the SMSC cuts and spells it; `None` for one that nobody knows.
    fn of_word(word: &[u8]) -> Option<Self> {
        const WORDS: [(&[u8], MessageState); 20] = [
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
            (b"UNKN", MessageState::Unknown),
        ];
        // There are SMSCs that write the number of the parameter.
        if let [digit @ b'0'..=b'9'] = word {
            return Self::from_value(u64::from(digit - b'0'));
        }
        let word = word.to_ascii_uppercase();
        WORDS.iter().find(|(stem, _)| word.starts_with(stem)).map(|(_, state)| *state)
    }

    /// The state of a message of which parameter and text tell these: the final one, for an SMSC that knows the end does
    /// not mean that it is still on the way; of two of a kind, the parameter.
    const fn of_both(said: Self, written: Self) -> Self {
        if !said.is_final() && written.is_final() { written } else { said }
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
    /// Whether parameters and text name different messages or states; the parameters count, but for a state that is
    /// not final beside one that is.
    pub disagrees: bool,
    /// The network's own error code, as text: digits, mostly.
    pub error: Option<Octets<16>>,
    /// `submit date` as written, in the same form.
    pub submit_date: Option<Octets<20>>,
    /// `done date` as written: ten or twelve digits, mostly, in a time zone that the SMSC keeps to itself.
    pub done_date: Option<Octets<20>>,
}

/// What a message tells of a text that we sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report<'a> {
    /// It is a receipt: its type or its parameters say so, which nobody can type.
    Receipt(Receipt),
    /// It is a piece of a receipt, and tells too little by itself. [`joined`] reads them all.
    Piece(Piece<'a>),
    /// It is a receipt by its words alone, and a person may have typed them: it can only be believed of a text that
    /// went to where it comes from, and it needs no answer, whoever wrote it.
    Claim(Receipt),
}

/// The bits of `esm_class` that tell the type of a message (SMPP 3.4 §5.2.12).
const ESM_CLASS_TYPE: u8 = 0x3C;
/// An SMSC delivery receipt.
const ESM_CLASS_RECEIPT: u8 = 0x04;
/// An acknowledgement that the receiving entity made; with 0x10, the end of a conversation.
const ESM_CLASS_DELIVERY_ACK: u8 = 0x08;
/// An acknowledgement that a person made.
const ESM_CLASS_USER_ACK: u8 = 0x10;
const ESM_CLASS_INTERMEDIATE: u8 = 0x20;

/// Reads a receipt that is surely one, or gives `None`.
///
/// A subscriber who types `id:1 stat:DELIVRD` has sent a text: the type in `esm_class` decides, or both parameters of a
/// receipt, which nobody can type. What calls itself an acknowledgement (0x08) is a receipt where it has a parameter
/// of one, or both words. Parameters go before the text form; nothing in either makes it fail.
pub fn read(message: &ShortMessage) -> Option<Receipt> {
    let text = narrow(octets(message));
    let said = Said::of(message, Fields::read(&text));
    said.is_sure(message.esm_class).then(|| said.receipt(message.esm_class))
}

/// Reads what a message tells of a text that we sent, be it a receipt, one in pieces, or something that has the words
/// of one; `None` for anything else.
pub fn report(message: &ShortMessage) -> Option<Report<'_>> {
    let piece = match user_data(message) {
        Ok(UserData::Piece(piece)) => Some(piece),
        Ok(UserData::Whole(_)) | Err(_) => None,
    };
    let text = narrow(octets(message));
    let said = Said::of(message, Fields::read(&text));
    let marked = message.esm_class & (ESM_CLASS_RECEIPT | ESM_CLASS_DELIVERY_ACK | ESM_CLASS_INTERMEDIATE) != 0;
    match piece {
        Some(piece) if marked && !said.is_whole_in(&text) => Some(Report::Piece(piece)),
        _ if said.is_sure(message.esm_class) => Some(Report::Receipt(said.receipt(message.esm_class))),
        // Only all of them together tell what it is.
        Some(_) => None,
        None => {
            // Parameters without a text are nothing that a person wrote.
            // What is marked and yet no receipt is an acknowledgement of its own, which nobody answers.
            let written = Fields::of_receipt(&text).filter(|fields| fields.stat.is_some() || !marked);
            let said = match written {
                Some(fields) => Said { fields, ..said },
                None if said.has_parameter() && text.trim_ascii().is_empty() => said,
                None => return None,
            };
            Some(Report::Claim(said.receipt(message.esm_class)))
        }
    }
}

/// Reads the pieces of a receipt, put together.
pub fn joined(octets: &[u8]) -> Receipt {
    let text = narrow(octets);
    Said::by_words(Fields::read(&text)).receipt(ESM_CLASS_RECEIPT)
}

/// Reads a text that has the words of a receipt; `None` where a person may have meant them otherwise. As much as a
/// [`Report::Claim`] is to be believed.
pub fn claimed(octets: &[u8]) -> Option<Receipt> {
    let text = narrow(octets);
    Fields::of_receipt(&text).map(|fields| Said::by_words(fields).receipt(0))
}

/// Tells whether this is likely a piece of a receipt's text form, be it marked or not: nobody misses the others.
pub fn is_piece(octets: &[u8]) -> bool {
    resembles_piece(&narrow(octets))
}

/// Tells whether a person may have written this: a text, or an acknowledgement in words. What receiving entities
/// acknowledge by themselves, and what has another type, is answered by nobody (SMPP 3.4 §5.2.12).
pub fn is_of_a_person(message: &ShortMessage) -> bool {
    match message.esm_class & ESM_CLASS_TYPE {
        0 => true,
        ESM_CLASS_USER_ACK => !message.user_data().is_empty(),
        _ => false,
    }
}

/// The text without its header.
fn octets(message: &ShortMessage) -> &[u8] {
    match user_data(message) {
        Ok(UserData::Whole(octets)) => octets,
        Ok(UserData::Piece(piece)) => piece.octets,
        Err(_) => message.user_data(),
    }
}

/// What parameters and text say.
struct Said<'a> {
    id: Option<&'a [u8]>,
    state: Option<MessageState>,
    error: Option<Vec<u8>>,
    fields: Fields<'a>,
}

impl<'a> Said<'a> {
    fn of(message: &'a ShortMessage, fields: Fields<'a>) -> Self {
        let tlvs = message.tlvs.as_tlvs();
        Self {
            id: tlvs.cstr(Tag::RECEIPTED_MESSAGE_ID).map(<[u8]>::trim_ascii).filter(|id| !id.is_empty()),
            state: tlvs.uint(Tag::MESSAGE_STATE).and_then(MessageState::from_value),
            error: tlvs.get(Tag::NETWORK_ERROR_CODE).and_then(network_error),
            fields,
        }
    }

    fn by_words(fields: Fields<'a>) -> Self {
        Self { id: None, state: None, error: None, fields }
    }

    fn has_parameter(&self) -> bool {
        self.id.is_some() || self.state.is_some()
    }

    /// Whether it tells both which message and which state.
    fn is_whole(&self) -> bool {
        (self.id.is_some() || self.fields.id.is_some()) && (self.state.is_some() || self.fields.stat.is_some())
    }

    /// The same of a piece, at whose end a value may be cut.
    fn is_whole_in(&self, text: &[u8]) -> bool {
        let is_cut = |value: &[u8]| value.as_ptr_range().end == text.as_ptr_range().end;
        let is_sure = |said: bool, value: Option<&[u8]>| said || value.is_some_and(|value| !is_cut(value));
        is_sure(self.id.is_some(), self.fields.id) && is_sure(self.state.is_some(), self.fields.stat)
    }

    fn is_sure(&self, esm_class: u8) -> bool {
        let is = |bits: u8| esm_class & bits != 0;
        is(ESM_CLASS_RECEIPT | ESM_CLASS_INTERMEDIATE)
            || is(ESM_CLASS_DELIVERY_ACK) && (self.has_parameter() || self.is_whole())
            || self.id.is_some() && self.state.is_some()
    }

    fn receipt(&self, esm_class: u8) -> Receipt {
        let Self { id, state, error, fields } = self;
        // A word that nobody knows is a word all the same.
        let written = fields.stat.map(|word| MessageState::of_word(word).unwrap_or(MessageState::Unknown));
        let states = match (*state, written) {
            (Some(said), Some(written)) => Some(MessageState::of_both(said, written)),
            (said, written) => said.or(written),
        };
        let differs = |a: Option<&[u8]>, b: Option<&[u8]>| matches!((a, b), (Some(a), Some(b)) if a != b);
        let error = error.as_deref().or(fields.err);
        Receipt {
            message_id: id.or(fields.id).and_then(|id| MessageId::new(id).ok()),
            written_id: fields.id.and_then(|id| MessageId::new(id).ok()),
            state: states.unwrap_or(MessageState::Unknown),
            intermediate: esm_class & (ESM_CLASS_RECEIPT | ESM_CLASS_INTERMEDIATE) == ESM_CLASS_INTERMEDIATE,
            disagrees: differs(*id, fields.id) || matches!((*state, written), (Some(a), Some(b)) if a != b),
            error: error.and_then(|error| Octets::new(error).ok()),
            submit_date: fields.submit_date.and_then(|date| Octets::new(date).ok()),
            done_date: fields.done_date.and_then(|date| Octets::new(date).ok()),
        }
    }
}

/// Makes the error code of the parameter readable: network type, then the code (SMPP 3.4 §5.3.2.31).
fn network_error(value: &[u8]) -> Option<Vec<u8>> {
    let [_network, high, low] = *value else { return None };
    Some(u16::from_be_bytes([high, low]).to_string().into_bytes())
}
