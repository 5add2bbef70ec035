use std::fmt;

use crate::message::{Address, MessageId};
use crate::octets::{Hidden, Octets, TooLong};
use crate::pdu::{AncillaryKind, Body, CancelSm, QuerySm, QuerySmResp, ReplaceSm};
use crate::receipt::MessageState;

/// What an ESME asks about a message that it submitted before, owned (SMPP 5.0 §4.5: ancillary operations).
#[derive(Clone, PartialEq, Eq)]
pub enum Ancillary {
    /// `query_sm`: what became of it?
    Query {
        /// The SMSC's name for the message.
        message_id: MessageId,
        /// Must be the source of the message; at most 20 octets.
        source: Address,
    },
    /// `cancel_sm`: do not deliver it.
    Cancel {
        /// With an empty `message_id`: which messages between the two addresses; empty is all of them.
        service_type: Octets<5>,
        /// The SMSC's name for the message; empty is all undelivered messages between the two addresses.
        message_id: MessageId,
        /// Must be the source of the message; at most 20 octets.
        source: Address,
        /// May be empty where `message_id` is not; at most 20 octets.
        destination: Address,
    },
    /// `replace_sm`: deliver another text in its place.
    Replace {
        /// The SMSC's name for the message.
        message_id: MessageId,
        /// Must be the source of the message; at most 20 octets.
        source: Address,
        /// Empty leaves it as it is.
        schedule_delivery_time: Octets<16>,
        /// Empty leaves it as it is.
        validity_period: Octets<16>,
        /// Which receipts are asked for.
        registered_delivery: u8,
        /// A message stored at the SMSC.
        sm_default_msg_id: u8,
        /// The new text, wherever it travelled. More than 254 octets go out as `message_payload`.
        short_message: Vec<u8>,
    },
}

impl Ancillary {
    /// Tells which of the three it is.
    pub const fn kind(&self) -> AncillaryKind {
        match self {
            Ancillary::Query { .. } => AncillaryKind::QuerySm,
            Ancillary::Cancel { .. } => AncillaryKind::CancelSm,
            Ancillary::Replace { .. } => AncillaryKind::ReplaceSm,
        }
    }

    /// Gives the SMSC's name for the message.
    pub const fn message_id(&self) -> &MessageId {
        match self {
            Ancillary::Query { message_id, .. }
            | Ancillary::Cancel { message_id, .. }
            | Ancillary::Replace { message_id, .. } => message_id,
        }
    }

    /// Gives who submitted the message.
    pub const fn source(&self) -> &Address {
        match self {
            Ancillary::Query { source, .. } | Ancillary::Cancel { source, .. } | Ancillary::Replace { source, .. } => {
                source
            }
        }
    }

    /// Borrows it in the form that the codec writes.
    pub fn as_body(&self) -> Body<'_> {
        match self {
            Ancillary::Query { message_id, source } => {
                Body::QuerySm(QuerySm { message_id, source: source.as_addr(), ..QuerySm::default() })
            }
            Ancillary::Cancel { service_type, message_id, source, destination } => Body::CancelSm(CancelSm {
                service_type,
                message_id,
                source: source.as_addr(),
                destination: destination.as_addr(),
                ..CancelSm::default()
            }),
            Ancillary::Replace {
                message_id,
                source,
                schedule_delivery_time,
                validity_period,
                registered_delivery,
                sm_default_msg_id,
                short_message,
            } => Body::ReplaceSm(ReplaceSm {
                message_id,
                source: source.as_addr(),
                schedule_delivery_time,
                validity_period,
                registered_delivery: *registered_delivery,
                sm_default_msg_id: *sm_default_msg_id,
                short_message,
                ..ReplaceSm::default()
            }),
        }
    }
}

impl TryFrom<&QuerySm<'_>> for Ancillary {
    type Error = TooLong;

    fn try_from(query: &QuerySm<'_>) -> Result<Self, TooLong> {
        Ok(Ancillary::Query { message_id: Octets::new(query.message_id)?, source: query.source.try_into()? })
    }
}

impl TryFrom<&CancelSm<'_>> for Ancillary {
    type Error = TooLong;

    fn try_from(cancel: &CancelSm<'_>) -> Result<Self, TooLong> {
        Ok(Ancillary::Cancel {
            service_type: Octets::new(cancel.service_type)?,
            message_id: Octets::new(cancel.message_id)?,
            source: cancel.source.try_into()?,
            destination: cancel.destination.try_into()?,
        })
    }
}

impl TryFrom<&ReplaceSm<'_>> for Ancillary {
    type Error = TooLong;

    fn try_from(replace: &ReplaceSm<'_>) -> Result<Self, TooLong> {
        Ok(Ancillary::Replace {
            message_id: Octets::new(replace.message_id)?,
            source: replace.source.try_into()?,
            schedule_delivery_time: Octets::new(replace.schedule_delivery_time)?,
            validity_period: Octets::new(replace.validity_period)?,
            registered_delivery: replace.registered_delivery,
            sm_default_msg_id: replace.sm_default_msg_id,
            short_message: replace.user_data().to_vec(),
        })
    }
}

/// Shows neither number nor text.
impl fmt::Debug for Ancillary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct(match self {
            Ancillary::Query { .. } => "Query",
            Ancillary::Cancel { .. } => "Cancel",
            Ancillary::Replace { .. } => "Replace",
        });
        shown.field("message_id", self.message_id()).field("source", self.source());
        match self {
            Ancillary::Query { .. } => {}
            Ancillary::Cancel { destination, .. } => {
                shown.field("destination", destination);
            }
            Ancillary::Replace { short_message, .. } => {
                shown.field("short_message", &Hidden(short_message));
            }
        }
        shown.finish_non_exhaustive()
    }
}

/// What an SMSC says of a message in `query_sm_resp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryOutcome {
    /// When it reached its final state: empty or 16 octets (SMPP 3.4 §7.1.1).
    pub final_date: Octets<16>,
    /// What became of it.
    pub message_state: MessageState,
    /// Why the network did not deliver, in its own numbers; 0 is none.
    pub error_code: u8,
}

impl QueryOutcome {
    /// Borrows it in the form that the codec writes, as the answer for `message_id`.
    pub fn as_resp<'a>(&'a self, message_id: &'a MessageId) -> QuerySmResp<'a> {
        QuerySmResp {
            message_id: Some(message_id),
            final_date: &self.final_date,
            message_state: self.message_state.value(),
            error_code: self.error_code,
            ..QuerySmResp::default()
        }
    }
}

/// Takes what can be kept: a date that does not fit counts as none, a state without a name as unknown.
impl From<&QuerySmResp<'_>> for QueryOutcome {
    fn from(resp: &QuerySmResp<'_>) -> Self {
        Self {
            final_date: Octets::new(resp.final_date).unwrap_or_default(),
            message_state: MessageState::from_value(u64::from(resp.message_state)).unwrap_or(MessageState::Unknown),
            error_code: resp.error_code,
        }
    }
}
