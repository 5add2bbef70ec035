use std::fmt;

use dayaq_text::{Carriage, PARTS_MAX, Reference, SplitError, encode, split};

use super::ESM_CLASS_UDHI;
use crate::message::ShortMessage;
use crate::octets::{Hidden, TooLong};
use crate::tlv::Tag;

/// How a text that is longer than one message goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LongText {
    /// In parts with a header and an 8-bit reference (3GPP 23.040 §9.2.3.24.1): what every network knows.
    #[default]
    Udh8,
    /// In parts with a header and a 16-bit reference (§9.2.3.24.8): one octet more, and no collision among thousands.
    Udh16,
    /// In parts with `sar_*` parameters (SMPP 3.4 §5.3.2.22 to §5.3.2.24); the SMSC makes the headers.
    Sar,
    /// Whole, in `message_payload` (§5.3.2.32); the SMSC makes the parts.
    Payload,
}

impl LongText {
    /// The reference that takes room in each part on the air.
    pub const fn reference(self) -> Reference {
        match self {
            // Of a text that is sent whole, the SMSC makes the usual parts.
            LongText::Udh8 | LongText::Payload => Reference::Bits8,
            // An SMSC may put `sar_msg_ref_num`, which has two octets, into either header.
            LongText::Udh16 | LongText::Sar => Reference::Bits16,
        }
    }
}

/// How a segment says which part of its text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// It is all of it.
    Whole,
    /// By the header with which its octets begin.
    Header,
    /// By `sar_*` parameters.
    Sar {
        /// The same in each part.
        reference: u16,
        /// How many parts.
        total: u8,
        /// Which one, from 1.
        number: u8,
    },
    /// It is all of it, and longer than one message.
    Payload,
}

/// One PDU of a text.
#[derive(Clone, PartialEq, Eq)]
pub struct Segment {
    /// The header, if there is one, and the text.
    pub user_data: Vec<u8>,
    /// Which part it is.
    pub place: Place,
}

impl Segment {
    /// Puts the segment into a message: the octets, `esm_class` and parameters.
    pub fn write(&self, message: &mut ShortMessage) -> Result<(), TooLong> {
        match self.place {
            Place::Whole => {}
            Place::Header => message.esm_class |= ESM_CLASS_UDHI,
            Place::Sar { reference, total, number } => {
                message.tlvs.push(Tag::SAR_MSG_REF_NUM, &reference.to_be_bytes())?;
                message.tlvs.push_u8(Tag::SAR_TOTAL_SEGMENTS, total);
                message.tlvs.push_u8(Tag::SAR_SEGMENT_SEQNUM, number);
            }
            Place::Payload => {
                message.short_message.clear();
                return message.tlvs.push(Tag::MESSAGE_PAYLOAD, &self.user_data);
            }
        }
        message.short_message.clone_from(&self.user_data);
        Ok(())
    }
}

/// Encodes a text as one message or as a series.
///
/// `reference` names the series: another for each text to one phone. Its low octet is the 8-bit reference.
pub fn segments(text: &str, carriage: Carriage, long: LongText, reference: u16) -> Result<Vec<Segment>, SplitError> {
    let parts = split(text, carriage.air, long.reference())?;
    let octets = |text: &str| Ok::<_, SplitError>(encode(text, carriage.wire)?);
    let total = match parts.len() {
        1 => return Ok(vec![Segment { user_data: octets(text)?, place: Place::Whole }]),
        _ if long == LongText::Payload => {
            return Ok(vec![Segment { user_data: octets(text)?, place: Place::Payload }]);
        }
        // `split` gives at most 255 parts.
        total => u8::try_from(total.min(PARTS_MAX)).unwrap_or(u8::MAX),
    };
    let [high, low] = reference.to_be_bytes();
    (1..=total)
        .zip(&parts)
        .map(|(number, part)| {
            let (header, place) = match long {
                LongText::Udh8 | LongText::Payload => (&[5, 0, 3, low, total, number][..], Place::Header),
                LongText::Udh16 => (&[6, 8, 4, high, low, total, number][..], Place::Header),
                LongText::Sar => (&[][..], Place::Sar { reference, total, number }),
            };
            Ok(Segment { user_data: [header, &octets(part.text)?].concat(), place })
        })
        .collect()
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user_data = Hidden(&self.user_data);
        f.debug_struct("Segment").field("user_data", &user_data).field("place", &self.place).finish()
    }
}
