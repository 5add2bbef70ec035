//! One segment of a text: what is kept of it, and the submit_sm it becomes.

use crate::config::Profile;
use dayaq_smpp::concat::{ESM_CLASS_UDHI, Segment, SeriesReference, segments};
use dayaq_smpp::{Address, Octets, ShortMessage, TooLong};
use dayaq_text::{Alphabet, SplitError, best_alphabet};
use dayaq_types::Msisdn;

/// The bit of [`SegmentBody::encode`]'s second octet that says that a user data header is there.
const UDHI: u8 = 1;
/// The bit that says that it comes from an address of its own.
const SOURCE: u8 = 2;

/// What is sent, as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SegmentBody {
    data_coding: u8,
    segment: Segment,
    /// Where it comes from, if not from the operator's usual sender: a reply comes from the number written to.
    source: Option<Address>,
}

impl SegmentBody {
    /// The same from that address.
    pub(super) fn from(self, source: Address) -> Self {
        Self { source: Some(source), ..self }
    }

    /// data_coding, flags, the source if it has one of its own (type, plan, length, digits), then the text with its
    /// header.
    pub(super) fn encode(&self) -> Vec<u8> {
        let udhi = if self.segment.udhi { UDHI } else { 0 };
        let mut octets = vec![self.data_coding, udhi];
        if let Some(source) = &self.source {
            octets[1] |= SOURCE;
            // An address holds at most 64 octets.
            octets.extend([source.ton, source.npi, source.digits.as_bytes().len() as u8]);
            octets.extend(source.digits.as_bytes());
        }
        octets.extend(&self.segment.user_data);
        octets
    }

    pub(super) fn decode(octets: &[u8]) -> Option<Self> {
        let [data_coding, flags, rest @ ..] = octets else { return None };
        let (source, user_data) = match rest {
            [ton, npi, len, rest @ ..] if flags & SOURCE != 0 => {
                let (digits, rest) = rest.split_at_checked(usize::from(*len))?;
                (Some(Address::new(*ton, *npi, digits).ok()?), rest)
            }
            _ if flags & SOURCE != 0 => return None,
            _ => (None, rest),
        };
        let segment = Segment { user_data: user_data.to_vec(), udhi: flags & UDHI != 0 };
        Some(Self { data_coding: *data_coding, segment, source })
    }
}

/// How an operator's texts are written.
#[derive(Clone, Debug)]
pub struct Sender {
    source: Address,
    receipts: bool,
    data_coding_ucs2: u8,
    data_coding_default: u8,
}

impl Sender {
    /// Takes from a profile what texts need.
    pub fn new(profile: &Profile) -> Result<Self, TooLong> {
        let (ton, npi) = profile.sender_ton_npi;
        Ok(Self {
            source: Address::new(ton, npi, &profile.sender)?,
            receipts: profile.receipts,
            data_coding_ucs2: profile.sms_ucs2,
            data_coding_default: profile.sms_default,
        })
    }

    /// Cuts a text into segments: the default alphabet where it carries every letter, UCS-2 otherwise.
    pub(super) fn cut(&self, text: &str, reference: u8) -> Result<Vec<SegmentBody>, SplitError> {
        let (alphabet, data_coding) = match best_alphabet(text) {
            Alphabet::Gsm7 | Alphabet::Ascii | Alphabet::Latin1 => (Alphabet::Gsm7, self.data_coding_default),
            Alphabet::Ucs2 => (Alphabet::Ucs2, self.data_coding_ucs2),
        };
        let cut = segments(text, alphabet, SeriesReference::Bits8(reference))?;
        Ok(cut.into_iter().map(|segment| SegmentBody { data_coding, segment, source: None }).collect())
    }

    /// The submit_sm of a segment.
    pub(super) fn message(&self, to: &Msisdn, body: &SegmentBody) -> Result<ShortMessage, TooLong> {
        Ok(ShortMessage {
            service_type: Octets::EMPTY,
            source: body.source.unwrap_or(self.source),
            destination: Address::new(1, 1, to.digits())?,
            esm_class: if body.segment.udhi { ESM_CLASS_UDHI } else { 0 },
            registered_delivery: u8::from(self.receipts),
            data_coding: body.data_coding,
            short_message: body.segment.user_data.clone(),
            ..ShortMessage::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_kept_with_the_number_that_it_answers_from() {
        let segment = Segment { user_data: b"1 Davam".to_vec(), udhi: true };
        let usual = SegmentBody { data_coding: 8, segment, source: None };
        let own = usual.clone().from(Address::new(3, 1, "7142").unwrap());
        for body in [usual, own] {
            assert!(SegmentBody::decode(&body.encode()) == Some(body.clone()));
        }
        for broken in [&[][..], &[8], &[8, 2], &[8, 2, 0, 1, 4, b'7']] {
            assert!(SegmentBody::decode(broken).is_none(), "{broken:?}");
        }
    }
}
