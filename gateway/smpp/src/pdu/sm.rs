use std::fmt;

use super::reader::Reader;
use super::writer::Writer;
use crate::command::CommandId;
use crate::error::{DecodeError, EncodeError, Field, Problem};
use crate::octets::Hidden;
use crate::tlv::{Tag, Tlvs};

/// Which of the three PDUs that carry a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// From the ESME to the SMSC.
    SubmitSm,
    /// From the SMSC to the ESME.
    DeliverSm,
    /// Either way; its text is always in `message_payload`.
    DataSm,
}

impl MessageKind {
    /// Gives the request's `command_id`.
    pub const fn command_id(self) -> CommandId {
        match self {
            MessageKind::SubmitSm => CommandId::SUBMIT_SM,
            MessageKind::DeliverSm => CommandId::DELIVER_SM,
            MessageKind::DataSm => CommandId::DATA_SM,
        }
    }
}

/// An address borrowed from a PDU. Its `Debug` hides the digits.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Addr<'a> {
    /// Type of number.
    pub ton: u8,
    /// Numbering plan indicator.
    pub npi: u8,
    /// The address as it came.
    pub digits: &'a [u8],
}

impl fmt::Debug for Addr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{:?}", self.ton, self.npi, Hidden(self.digits))
    }
}

/// The body of `submit_sm`, `deliver_sm` (one layout, SMPP 3.4 §4.4.1 and §4.6.1) or `data_sm` (§4.7.1, fewer fields).
///
/// It borrows from the frame and allocates nothing. Fields that `data_sm` lacks are zero or empty.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Sm<'a> {
    /// `USSD`, `CMT` or empty, mostly.
    pub service_type: &'a [u8],
    /// Who sends.
    pub source: Addr<'a>,
    /// To whom.
    pub destination: Addr<'a>,
    /// Mode, message type and features (0x40: the text begins with a user data header).
    pub esm_class: u8,
    /// GSM TP-PID.
    pub protocol_id: u8,
    /// 0 to 3.
    pub priority_flag: u8,
    /// Empty, or 16 octets.
    pub schedule_delivery_time: &'a [u8],
    /// Empty, or 16 octets.
    pub validity_period: &'a [u8],
    /// Which receipts are asked for.
    pub registered_delivery: u8,
    /// 1 replaces an earlier message that is still waiting.
    pub replace_if_present_flag: u8,
    /// How the text is encoded; 0 is whatever the SMSC says.
    pub data_coding: u8,
    /// A message stored at the SMSC.
    pub sm_default_msg_id: u8,
    /// At most 254 octets.
    pub short_message: &'a [u8],
    /// The optional parameters.
    pub tlvs: Tlvs<'a>,
}

const SERVICE_TYPE_MAX: usize = 6;
const ADDR_MAX: usize = 21;
const DATA_SM_ADDR_MAX: usize = 65;
const TIME_MAX: usize = 17;
/// The greatest `sm_length`, in octets (SMPP 3.4 §5.2.21).
pub(crate) const SHORT_MESSAGE_MAX: usize = 254;

impl<'a> Sm<'a> {
    /// Gives the text with its header, wherever it travels: `short_message`, or else `message_payload`.
    pub fn user_data(&self) -> &'a [u8] {
        if self.short_message.is_empty() {
            self.tlvs.get(Tag::MESSAGE_PAYLOAD).unwrap_or_default()
        } else {
            self.short_message
        }
    }

    pub(super) fn decode(kind: MessageKind, mut r: Reader<'a>) -> Result<Self, DecodeError> {
        let data_sm = kind == MessageKind::DataSm;
        let addr_max = if data_sm { DATA_SM_ADDR_MAX } else { ADDR_MAX };
        let mut sm = Sm {
            service_type: r.cstr(Field::ServiceType, SERVICE_TYPE_MAX)?,
            source: Addr {
                ton: r.u8(Field::SourceAddrTonNpi)?,
                npi: r.u8(Field::SourceAddrTonNpi)?,
                digits: r.cstr(Field::SourceAddr, addr_max)?,
            },
            destination: Addr {
                ton: r.u8(Field::DestAddrTonNpi)?,
                npi: r.u8(Field::DestAddrTonNpi)?,
                digits: r.cstr(Field::DestinationAddr, addr_max)?,
            },
            esm_class: r.u8(Field::EsmClass)?,
            ..Sm::default()
        };
        if data_sm {
            sm.registered_delivery = r.u8(Field::RegisteredDelivery)?;
            sm.data_coding = r.u8(Field::DataCoding)?;
            sm.tlvs = r.tlvs()?;
            return Ok(sm);
        }
        sm.protocol_id = r.u8(Field::ProtocolId)?;
        sm.priority_flag = r.u8(Field::PriorityFlag)?;
        sm.schedule_delivery_time = r.cstr(Field::ScheduleDeliveryTime, TIME_MAX)?;
        sm.validity_period = r.cstr(Field::ValidityPeriod, TIME_MAX)?;
        sm.registered_delivery = r.u8(Field::RegisteredDelivery)?;
        sm.replace_if_present_flag = r.u8(Field::ReplaceIfPresentFlag)?;
        sm.data_coding = r.u8(Field::DataCoding)?;
        sm.sm_default_msg_id = r.u8(Field::SmDefaultMsgId)?;
        let len = usize::from(r.u8(Field::SmLength)?);
        if len > SHORT_MESSAGE_MAX {
            return Err(r.fail(Field::SmLength, Problem::OutOfRange));
        }
        sm.short_message = r.take(Field::ShortMessage, len)?;
        let both = r.fail(Field::Tlv(Tag::MESSAGE_PAYLOAD), Problem::Both);
        sm.tlvs = r.tlvs()?;
        let payload = sm.tlvs.get(Tag::MESSAGE_PAYLOAD).is_some_and(|payload| !payload.is_empty());
        if payload && !sm.short_message.is_empty() { Err(both) } else { Ok(sm) }
    }

    /// Writes the body. A text that does not fit `short_message` goes out as `message_payload`.
    pub(super) fn encode(&self, kind: MessageKind, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let data_sm = kind == MessageKind::DataSm;
        let addr_max = if data_sm { DATA_SM_ADDR_MAX } else { ADDR_MAX };
        let text = self.short_message;
        if !text.is_empty() && self.tlvs.get(Tag::MESSAGE_PAYLOAD).is_some() {
            return Err(EncodeError::Both);
        }
        let inline = !data_sm && text.len() <= SHORT_MESSAGE_MAX;
        let payload = if inline || text.is_empty() { None } else { Some(payload_len(text)?) };

        w.cstr(Field::ServiceType, SERVICE_TYPE_MAX, self.service_type)?;
        w.bytes(&[self.source.ton, self.source.npi]);
        w.cstr(Field::SourceAddr, addr_max, self.source.digits)?;
        w.bytes(&[self.destination.ton, self.destination.npi]);
        w.cstr(Field::DestinationAddr, addr_max, self.destination.digits)?;
        if data_sm {
            w.bytes(&[self.esm_class, self.registered_delivery, self.data_coding]);
        } else {
            w.bytes(&[self.esm_class, self.protocol_id, self.priority_flag]);
            w.cstr(Field::ScheduleDeliveryTime, TIME_MAX, self.schedule_delivery_time)?;
            w.cstr(Field::ValidityPeriod, TIME_MAX, self.validity_period)?;
            w.bytes(&[
                self.registered_delivery,
                self.replace_if_present_flag,
                self.data_coding,
                self.sm_default_msg_id,
            ]);
            if inline {
                w.u8(text.len() as u8);
                w.bytes(text);
            } else {
                w.u8(0);
            }
        }
        w.bytes(self.tlvs.as_bytes());
        if let Some(len) = payload {
            w.bytes(&Tag::MESSAGE_PAYLOAD.0.to_be_bytes());
            w.bytes(&len.to_be_bytes());
            w.bytes(text);
        }
        Ok(())
    }
}

fn payload_len(text: &[u8]) -> Result<u16, EncodeError> {
    let field = Field::Tlv(Tag::MESSAGE_PAYLOAD);
    u16::try_from(text.len()).map_err(|_| EncodeError::TooLong { field, len: text.len(), max: usize::from(u16::MAX) })
}

impl fmt::Debug for Sm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sm")
            .field("source", &self.source)
            .field("destination", &self.destination)
            .field("esm_class", &self.esm_class)
            .field("data_coding", &self.data_coding)
            .field("short_message", &Hidden(self.short_message))
            .field("tlvs", &self.tlvs)
            .finish_non_exhaustive()
    }
}

/// The body of `submit_sm_resp`, `deliver_sm_resp` or `data_sm_resp`. Nothing in it can be refused.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct SmResp<'a> {
    /// The SMSC's name for the message. `None` where it is empty, has no NUL or is longer than 64 octets: the message
    /// was taken, but no receipt can be matched to it.
    pub message_id: Option<&'a [u8]>,
    /// The optional parameters up to the first that is broken.
    pub tlvs: Tlvs<'a>,
}

const MESSAGE_ID_MAX: usize = 65;

impl<'a> SmResp<'a> {
    pub(super) fn decode(mut r: Reader<'a>) -> Self {
        let message_id = r.lenient_cstr(MESSAGE_ID_MAX);
        Self { message_id, tlvs: r.lenient_tlvs() }
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.cstr(Field::MessageId, MESSAGE_ID_MAX, self.message_id.unwrap_or_default())?;
        w.bytes(self.tlvs.as_bytes());
        Ok(())
    }
}

impl fmt::Debug for SmResp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmResp").field("message_id", &self.message_id.map(Hidden)).field("tlvs", &self.tlvs).finish()
    }
}
