use std::fmt;

use super::reader::Reader;
use super::sm::{ADDR_MAX, Addr, MESSAGE_ID_MAX, SERVICE_TYPE_MAX, TIME_MAX, Text};
use super::writer::Writer;
use crate::command::CommandId;
use crate::error::{DecodeError, EncodeError, Field};
use crate::octets::Hidden;
use crate::tlv::{Tag, Tlvs};

/// Which of the three requests about a message that was submitted before (SMPP 5.0 §4.5: ancillary operations).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AncillaryKind {
    /// What became of it?
    QuerySm,
    /// Do not deliver it.
    CancelSm,
    /// Deliver another text in its place.
    ReplaceSm,
}

impl AncillaryKind {
    /// Gives the request's `command_id`.
    pub const fn command_id(self) -> CommandId {
        match self {
            AncillaryKind::QuerySm => CommandId::QUERY_SM,
            AncillaryKind::CancelSm => CommandId::CANCEL_SM,
            AncillaryKind::ReplaceSm => CommandId::REPLACE_SM,
        }
    }
}

/// The body of `query_sm` (SMPP 3.4 §4.8.1).
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct QuerySm<'a> {
    /// At most 64 octets: the SMSC's name for the message.
    pub message_id: &'a [u8],
    /// Must be the source of the message; empty where the SMSC's default was used. At most 20 octets.
    pub source: Addr<'a>,
    /// The specification has none here; what comes is kept.
    pub tlvs: Tlvs<'a>,
}

impl<'a> QuerySm<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { message_id: r.cstr(Field::MessageId, MESSAGE_ID_MAX)?, source: r.source(ADDR_MAX)?, tlvs: r.tlvs()? })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.cstr(Field::MessageId, MESSAGE_ID_MAX, self.message_id)?;
        w.addr(Field::SourceAddr, ADDR_MAX, &self.source)?;
        w.bytes(self.tlvs.as_bytes());
        Ok(())
    }
}

impl fmt::Debug for QuerySm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuerySm")
            .field("message_id", &Hidden(self.message_id))
            .field("source", &self.source)
            .field("tlvs", &self.tlvs)
            .finish()
    }
}

/// The body of `query_sm_resp` (SMPP 3.4 §4.8.2). Nothing in it can be refused, so its decoding never fails.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct QuerySmResp<'a> {
    /// As asked; without its NUL it runs to the end of the PDU. `None` where it is empty or longer than 64 octets.
    pub message_id: Option<&'a [u8]>,
    /// When the message reached its final state: empty or 16 octets (§7.1.1).
    pub final_date: &'a [u8],
    /// The value of [`crate::receipt::MessageState`]; 7 (UNKNOWN) where the response ends before it.
    pub message_state: u8,
    /// Why the network did not deliver, in its own numbers; 0 is none.
    pub error_code: u8,
    /// The optional parameters up to the first that is broken.
    pub tlvs: Tlvs<'a>,
}

/// `message_state` UNKNOWN (SMPP 3.4 §5.2.28).
const UNKNOWN: u8 = 7;

impl Default for QuerySmResp<'_> {
    fn default() -> Self {
        Self { message_id: None, final_date: &[], message_state: UNKNOWN, error_code: 0, tlvs: Tlvs::default() }
    }
}

impl<'a> QuerySmResp<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Self {
        Self {
            message_id: r.last_cstr(MESSAGE_ID_MAX),
            final_date: r.lenient_cstr(TIME_MAX).unwrap_or_default(),
            message_state: r.u8(Field::MessageState).unwrap_or(UNKNOWN),
            error_code: r.u8(Field::ErrorCode).unwrap_or_default(),
            tlvs: r.lenient_tlvs(),
        }
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.cstr(Field::MessageId, MESSAGE_ID_MAX, self.message_id.unwrap_or_default())?;
        w.cstr(Field::FinalDate, TIME_MAX, self.final_date)?;
        w.bytes(&[self.message_state, self.error_code]);
        w.bytes(self.tlvs.as_bytes());
        Ok(())
    }
}

impl fmt::Debug for QuerySmResp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuerySmResp")
            .field("message_id", &self.message_id.map(Hidden))
            .field("message_state", &self.message_state)
            .field("error_code", &self.error_code)
            .field("tlvs", &self.tlvs)
            .finish_non_exhaustive()
    }
}

/// The body of `cancel_sm` (SMPP 3.4 §4.9.1).
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct CancelSm<'a> {
    /// With an empty `message_id`: which messages between the two addresses; empty is all of them. At most 5 octets.
    pub service_type: &'a [u8],
    /// At most 64 octets; empty cancels all undelivered messages between the two addresses.
    pub message_id: &'a [u8],
    /// Must be the source of the message. At most 20 octets.
    pub source: Addr<'a>,
    /// May be empty where `message_id` is not. At most 20 octets.
    pub destination: Addr<'a>,
    /// The specification has none here; what comes is kept.
    pub tlvs: Tlvs<'a>,
}

impl<'a> CancelSm<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            service_type: r.cstr(Field::ServiceType, SERVICE_TYPE_MAX)?,
            message_id: r.cstr(Field::MessageId, MESSAGE_ID_MAX)?,
            source: r.source(ADDR_MAX)?,
            destination: r.destination(ADDR_MAX)?,
            tlvs: r.tlvs()?,
        })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.cstr(Field::ServiceType, SERVICE_TYPE_MAX, self.service_type)?;
        w.cstr(Field::MessageId, MESSAGE_ID_MAX, self.message_id)?;
        w.addr(Field::SourceAddr, ADDR_MAX, &self.source)?;
        w.addr(Field::DestinationAddr, ADDR_MAX, &self.destination)?;
        w.bytes(self.tlvs.as_bytes());
        Ok(())
    }
}

impl fmt::Debug for CancelSm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelSm")
            .field("message_id", &Hidden(self.message_id))
            .field("source", &self.source)
            .field("destination", &self.destination)
            .field("tlvs", &self.tlvs)
            .finish_non_exhaustive()
    }
}

/// The body of `replace_sm` (SMPP 3.4 §4.10.1).
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct ReplaceSm<'a> {
    /// At most 64 octets: the SMSC's name for the message.
    pub message_id: &'a [u8],
    /// Must be the source of the message. At most 20 octets.
    pub source: Addr<'a>,
    /// Empty leaves it as it is, or 16 octets.
    pub schedule_delivery_time: &'a [u8],
    /// Empty leaves it as it is, or 16 octets.
    pub validity_period: &'a [u8],
    /// Which receipts are asked for.
    pub registered_delivery: u8,
    /// A message stored at the SMSC.
    pub sm_default_msg_id: u8,
    /// The new text. More than 254 octets go out as `message_payload`, which 5.0 allows here (§4.5.3.1).
    pub short_message: &'a [u8],
    /// The optional parameters.
    pub tlvs: Tlvs<'a>,
}

impl<'a> ReplaceSm<'a> {
    /// Gives the new text, wherever it travels: `short_message`, or else `message_payload`.
    pub fn user_data(&self) -> &'a [u8] {
        if self.short_message.is_empty() {
            self.tlvs.get(Tag::MESSAGE_PAYLOAD).unwrap_or_default()
        } else {
            self.short_message
        }
    }

    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let message_id = r.cstr(Field::MessageId, MESSAGE_ID_MAX)?;
        let source = r.source(ADDR_MAX)?;
        let schedule_delivery_time = r.cstr(Field::ScheduleDeliveryTime, TIME_MAX)?;
        let validity_period = r.cstr(Field::ValidityPeriod, TIME_MAX)?;
        let registered_delivery = r.u8(Field::RegisteredDelivery)?;
        let sm_default_msg_id = r.u8(Field::SmDefaultMsgId)?;
        let (short_message, tlvs) = r.text_and_tlvs()?;
        let replace = Self {
            message_id,
            source,
            schedule_delivery_time,
            validity_period,
            registered_delivery,
            sm_default_msg_id,
            short_message,
            tlvs,
        };
        match r.forgiven.overrun {
            Some(tag @ Tag::MESSAGE_PAYLOAD) if replace.user_data().is_empty() => Err(r.overrun(tag)),
            Some(_) | None => Ok(replace),
        }
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        let text = Text::place(self.short_message, self.tlvs, true)?;
        w.cstr(Field::MessageId, MESSAGE_ID_MAX, self.message_id)?;
        w.addr(Field::SourceAddr, ADDR_MAX, &self.source)?;
        w.cstr(Field::ScheduleDeliveryTime, TIME_MAX, self.schedule_delivery_time)?;
        w.cstr(Field::ValidityPeriod, TIME_MAX, self.validity_period)?;
        w.bytes(&[self.registered_delivery, self.sm_default_msg_id]);
        text.write_short_message(w);
        w.bytes(self.tlvs.as_bytes());
        text.write_payload(w);
        Ok(())
    }
}

impl fmt::Debug for ReplaceSm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplaceSm")
            .field("message_id", &Hidden(self.message_id))
            .field("source", &self.source)
            .field("short_message", &Hidden(self.short_message))
            .field("tlvs", &self.tlvs)
            .finish_non_exhaustive()
    }
}
