//! One segment of a text: what is kept of it, and the submit_sm it becomes.

use crate::config::Profile;
use dayaq_smpp::concat::{LongText, Place, Segment, segments};
use dayaq_smpp::{Address, Octets, ShortMessage, TooLong, relative_time};
use dayaq_text::{Alphabet, Carriage, SplitError};
use dayaq_types::Msisdn;
use std::time::Duration;
use uuid::Uuid;

/// The bit of [`SegmentBody::encode`]'s second octet that says that a user data header is there.
const UDHI: u8 = 1;
/// The bit that says that it comes from an address of its own.
const SOURCE: u8 = 2;
/// The bit that says that it goes with `sar_*` parameters: reference (two octets), total and number come next.
const SAR: u8 = 4;
/// The bit that says that it goes in `message_payload`.
const PAYLOAD: u8 = 8;

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

    /// data_coding, flags, the source if it has one of its own (type, plan, length, digits), the place in a series where
    /// that is not in the header, then the text with its header.
    pub(super) fn encode(&self) -> Vec<u8> {
        let place = match self.segment.place {
            Place::Whole => 0,
            Place::Header => UDHI,
            Place::Sar { .. } => SAR,
            Place::Payload => PAYLOAD,
        };
        let mut octets = vec![self.data_coding, place];
        if let Some(source) = &self.source {
            octets[1] |= SOURCE;
            // An address holds at most 64 octets.
            octets.extend([source.ton, source.npi, source.digits.as_bytes().len() as u8]);
            octets.extend(source.digits.as_bytes());
        }
        if let Place::Sar { reference, total, number } = self.segment.place {
            octets.extend(reference.to_be_bytes());
            octets.extend([total, number]);
        }
        octets.extend(&self.segment.user_data);
        octets
    }

    pub(super) fn decode(octets: &[u8]) -> Option<Self> {
        let [data_coding, flags, rest @ ..] = octets else { return None };
        let (source, rest) = match rest {
            [ton, npi, len, rest @ ..] if flags & SOURCE != 0 => {
                let (digits, rest) = rest.split_at_checked(usize::from(*len))?;
                (Some(Address::new(*ton, *npi, digits).ok()?), rest)
            }
            _ if flags & SOURCE != 0 => return None,
            _ => (None, rest),
        };
        let (place, user_data) = match (flags & (UDHI | SAR | PAYLOAD), rest) {
            (0, _) => (Place::Whole, rest),
            (UDHI, _) => (Place::Header, rest),
            (PAYLOAD, _) => (Place::Payload, rest),
            (SAR, [high, low, total, number, rest @ ..]) => {
                let reference = u16::from_be_bytes([*high, *low]);
                (Place::Sar { reference, total: *total, number: *number }, rest)
            }
            _ => return None,
        };
        let segment = Segment { user_data: user_data.to_vec(), place };
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
    default_alphabet: Alphabet,
    long: LongText,
    validity_period: bool,
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
            default_alphabet: profile.sms.codings.default_alphabet,
            long: profile.sms.long,
            validity_period: profile.validity_period,
        })
    }

    /// Cuts a text into segments: the operator's default alphabet where it and GSM-7 carry every letter, UCS-2 otherwise.
    ///
    /// The last two octets of the text's id name its series, so that a segment that is sent again joins the others on the
    /// phone.
    pub(super) fn cut(&self, text: &str, id: Uuid) -> Result<Vec<SegmentBody>, SplitError> {
        let carriage = Carriage::of(text, self.default_alphabet);
        let data_coding = match carriage.wire {
            Alphabet::Gsm7 | Alphabet::Ascii | Alphabet::Latin1 => self.data_coding_default,
            Alphabet::Ucs2 => self.data_coding_ucs2,
        };
        let [.., high, low] = *id.as_bytes();
        let cut = segments(text, carriage, self.long, u16::from_be_bytes([high, low]))?;
        Ok(cut.into_iter().map(|segment| SegmentBody { data_coding, segment, source: None }).collect())
    }

    /// Counts the segments on the air that a text takes.
    pub(crate) fn segments(&self, text: &str) -> u32 {
        let cost = dayaq_text::cost(text, self.default_alphabet, dayaq_text::Reference::Bits8);
        cost.map_or(u32::MAX, |cost| u32::try_from(cost.proper).unwrap_or(u32::MAX))
    }

    /// The submit_sm of a segment that is valid for so long.
    pub(super) fn message(&self, to: &Msisdn, body: &SegmentBody, valid: Duration) -> Result<ShortMessage, TooLong> {
        let mut message = ShortMessage {
            service_type: Octets::EMPTY,
            source: body.source.unwrap_or(self.source),
            destination: Address::new(1, 1, to.digits())?,
            validity_period: if self.validity_period { relative_time(valid) } else { Octets::EMPTY },
            // Whoever wrote sees the answer, or writes again: of replies no receipt is asked for.
            registered_delivery: u8::from(self.receipts && body.source.is_none()),
            data_coding: body.data_coding,
            ..ShortMessage::default()
        };
        body.segment.write(&mut message)?;
        Ok(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(default_alphabet: Alphabet, long: LongText) -> Sender {
        Sender {
            source: Address::new(5, 0, "Dayaq").unwrap(),
            receipts: true,
            data_coding_ucs2: 8,
            data_coding_default: 0,
            default_alphabet,
            long,
            validity_period: false,
        }
    }

    #[test]
    fn a_segment_is_kept_with_the_number_that_it_answers_from() {
        let sar = Place::Sar { reference: 0x1234, total: 3, number: 2 };
        for place in [Place::Whole, Place::Header, sar, Place::Payload] {
            let segment = Segment { user_data: b"1 Davam".to_vec(), place };
            let usual = SegmentBody { data_coding: 8, segment, source: None };
            let own = usual.clone().from(Address::new(3, 1, "7142").unwrap());
            for body in [usual, own] {
                assert!(SegmentBody::decode(&body.encode()) == Some(body.clone()));
            }
        }
        for broken in [&[][..], &[8], &[8, 2], &[8, 2, 0, 1, 4, b'7'], &[8, 4, 0, 1, 2], &[8, 5, 0, 1, 2, 3]] {
            assert!(SegmentBody::decode(broken).is_none(), "{broken:?}");
        }
    }

    #[test]
    fn a4_a_long_text_leaves_in_the_way_of_the_profile_and_a_segment_sent_again_is_the_same() {
        let (words, id) = ("Məbləğ 240,00 AZN. ".repeat(5), Uuid::from_u128(0xABCD));
        let to = Msisdn::parse("994501234567").unwrap();
        for (long, segments) in [(LongText::Udh8, 2), (LongText::Udh16, 2), (LongText::Sar, 2), (LongText::Payload, 1)]
        {
            let sender = sender(Alphabet::Gsm7, long);
            let cut = sender.cut(&words, id).unwrap();
            assert_eq!(cut.len(), segments, "{long:?}");
            assert!(cut == sender.cut(&words, id).unwrap());
            for body in &cut {
                let message = sender.message(&to, body, Duration::from_secs(60)).unwrap();
                assert_eq!((message.data_coding, message.registered_delivery), (8, 1));
                let reply = body.clone().from(Address::new(3, 1, "7142").unwrap());
                let reply = sender.message(&to, &reply, Duration::from_secs(60)).unwrap();
                assert_eq!(reply.registered_delivery, 0, "a reply asks for no receipt");
                assert_eq!(message.short_message.is_empty(), long == LongText::Payload);
            }
        }
    }

    #[test]
    fn f1_letters_leave_in_the_alphabet_that_the_smsc_takes_for_its_default() {
        for (default_alphabet, text, data_coding, octets) in [
            (Alphabet::Gsm7, "Öz @", 0, &b"\x5Cz \x00"[..]),
            (Alphabet::Latin1, "Öz @", 0, b"\xD6z @"),
            (Alphabet::Ascii, "Oz @", 0, b"Oz @"),
            (Alphabet::Ascii, "Ö", 8, b"\x00\xD6"),
        ] {
            let cut = sender(default_alphabet, LongText::Udh8).cut(text, Uuid::nil()).unwrap();
            assert_eq!((cut[0].data_coding, &cut[0].segment.user_data[..]), (data_coding, octets));
        }
    }
}
