use std::fmt;

use super::reader::Reader;
use super::writer::Writer;
use crate::command::CommandId;
use crate::error::{DecodeError, EncodeError, Field};
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

/// Octets of each C-octet string, its NUL among them.
pub(super) const SERVICE_TYPE_MAX: usize = 6;
pub(super) const ADDR_MAX: usize = 21;
/// Octets of an address in `data_sm` and `alert_notification`, its NUL among them.
pub(super) const LONG_ADDR_MAX: usize = 65;
pub(super) const TIME_MAX: usize = 17;
pub(super) const MESSAGE_ID_MAX: usize = 65;
/// The greatest `sm_length`, in octets (SMPP 3.4 §5.2.21).
pub(super) const SHORT_MESSAGE_MAX: u8 = 254;

impl<'a> Sm<'a> {
    /// Gives the text with its header, wherever it travels: `short_message`, or else `message_payload`.
    pub fn user_data(&self) -> &'a [u8] {
        if self.short_message.is_empty() {
            self.tlvs.get(Tag::MESSAGE_PAYLOAD).unwrap_or_default()
        } else {
            self.short_message
        }
    }

    pub(super) fn decode(kind: MessageKind, r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        match kind {
            MessageKind::SubmitSm | MessageKind::DeliverSm => Self::decode_sm(r),
            MessageKind::DataSm => Self::decode_data_sm(r),
        }
    }

    fn decode_sm(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let service_type = r.cstr(Field::ServiceType, SERVICE_TYPE_MAX)?;
        let source = r.source(ADDR_MAX)?;
        let destination = r.destination(ADDR_MAX)?;
        let esm_class = r.u8(Field::EsmClass)?;
        let protocol_id = r.u8(Field::ProtocolId)?;
        let priority_flag = r.u8(Field::PriorityFlag)?;
        let schedule_delivery_time = r.cstr(Field::ScheduleDeliveryTime, TIME_MAX)?;
        let validity_period = r.cstr(Field::ValidityPeriod, TIME_MAX)?;
        let registered_delivery = r.u8(Field::RegisteredDelivery)?;
        let replace_if_present_flag = r.u8(Field::ReplaceIfPresentFlag)?;
        let data_coding = r.u8(Field::DataCoding)?;
        let sm_default_msg_id = r.u8(Field::SmDefaultMsgId)?;
        let (short_message, tlvs) = r.text_and_tlvs()?;
        refuse_loss(r, service_type, short_message, &tlvs)?;
        Ok(Self {
            service_type,
            source,
            destination,
            esm_class,
            protocol_id,
            priority_flag,
            schedule_delivery_time,
            validity_period,
            registered_delivery,
            replace_if_present_flag,
            data_coding,
            sm_default_msg_id,
            short_message,
            tlvs,
        })
    }

    fn decode_data_sm(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let service_type = r.cstr(Field::ServiceType, SERVICE_TYPE_MAX)?;
        let source = r.source(LONG_ADDR_MAX)?;
        let destination = r.destination(LONG_ADDR_MAX)?;
        let esm_class = r.u8(Field::EsmClass)?;
        let registered_delivery = r.u8(Field::RegisteredDelivery)?;
        let data_coding = r.u8(Field::DataCoding)?;
        let tlvs = r.tlvs()?;
        refuse_loss(r, service_type, &[], &tlvs)?;
        Ok(Self {
            service_type,
            source,
            destination,
            esm_class,
            registered_delivery,
            data_coding,
            tlvs,
            ..Self::default()
        })
    }

    /// Writes the body. A text that does not fit `short_message` goes out as `message_payload`.
    pub(super) fn encode(&self, kind: MessageKind, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let data_sm = kind == MessageKind::DataSm;
        let addr_max = if data_sm { LONG_ADDR_MAX } else { ADDR_MAX };
        let text = Text::place(self.short_message, self.tlvs, !data_sm)?;
        w.cstr(Field::ServiceType, SERVICE_TYPE_MAX, self.service_type)?;
        w.addr(Field::SourceAddr, addr_max, &self.source)?;
        w.addr(Field::DestinationAddr, addr_max, &self.destination)?;
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
            text.write_short_message(w);
        }
        w.bytes(self.tlvs.as_bytes());
        text.write_payload(w);
        Ok(())
    }
}

/// Refuses a message that makes no sense without the parameter that has overrun the PDU: without its text, without its
/// place in a series, or, where nothing else says that it is USSD, without its operation. What else a turn needs its dialect
/// knows.
fn refuse_loss(
    r: &Reader<'_>,
    service_type: &[u8],
    short_message: &[u8],
    before: &Tlvs<'_>,
) -> Result<(), DecodeError> {
    let Some(tag) = r.forgiven.overrun else { return Ok(()) };
    let needed = match tag {
        Tag::MESSAGE_PAYLOAD => short_message.is_empty(),
        Tag::SAR_MSG_REF_NUM | Tag::SAR_TOTAL_SEGMENTS | Tag::SAR_SEGMENT_SEQNUM => true,
        Tag::USSD_SERVICE_OP => service_type.is_empty(),
        _ => false,
    };
    if needed && before.get(tag).is_none() { Err(r.overrun(tag)) } else { Ok(()) }
}

/// Where a text travels: in `short_message`, or in a `message_payload` of its own at the end.
pub(super) enum Text<'a> {
    /// At most 254 octets.
    Inline(u8, &'a [u8]),
    /// At most 65,535 octets.
    Payload(u16, &'a [u8]),
}

impl<'a> Text<'a> {
    /// Decides; `inline` tells whether the PDU has a `short_message`.
    pub(super) fn place(text: &'a [u8], tlvs: Tlvs<'_>, inline: bool) -> Result<Self, EncodeError> {
        if text.is_empty() {
            return Ok(Text::Inline(0, text));
        }
        if tlvs.get(Tag::MESSAGE_PAYLOAD).is_some() {
            return Err(EncodeError::Both);
        }
        if let (true, Ok(len @ ..=SHORT_MESSAGE_MAX)) = (inline, u8::try_from(text.len())) {
            return Ok(Text::Inline(len, text));
        }
        let field = Field::Tlv(Tag::MESSAGE_PAYLOAD);
        let too_long = EncodeError::TooLong { field, len: text.len(), max: usize::from(u16::MAX) };
        u16::try_from(text.len()).map(|len| Text::Payload(len, text)).map_err(|_| too_long)
    }

    pub(super) fn write_short_message(&self, w: &mut Writer<'_>) {
        match self {
            Text::Inline(len, text) => {
                w.u8(*len);
                w.bytes(text);
            }
            Text::Payload(..) => w.u8(0),
        }
    }

    pub(super) fn write_payload(&self, w: &mut Writer<'_>) {
        if let Text::Payload(len, text) = self {
            w.bytes(&Tag::MESSAGE_PAYLOAD.0.to_be_bytes());
            w.bytes(&len.to_be_bytes());
            w.bytes(text);
        }
    }
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
    /// The SMSC's name for the message; without its NUL it runs to the end of the PDU. `None` where it is empty or longer
    /// than 64 octets: the message was taken, but no receipt can be matched to it.
    pub message_id: Option<&'a [u8]>,
    /// The optional parameters up to the first that is broken.
    pub tlvs: Tlvs<'a>,
}

impl<'a> SmResp<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Self {
        let message_id = r.last_cstr(MESSAGE_ID_MAX);
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
