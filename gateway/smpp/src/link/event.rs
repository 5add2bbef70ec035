use std::fmt;

use crate::ancillary::{Ancillary, QueryOutcome};
use crate::command::CommandId;
use crate::error::EncodeError;
use crate::frame::FrameError;
use crate::message::{Address, MessageId, ShortMessage};
use crate::octets::Octets;
use crate::pdu::{BindKind, MessageKind};
use crate::status::CommandStatus;

/// What happened on a link, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The bind stands. As ESME it carries what the SMSC says of itself; as SMSC what the ESME said.
    Bound {
        /// Which way messages may go.
        kind: BindKind,
        /// The peer's name for itself.
        system_id: Octets<15>,
        /// As ESME: `sc_interface_version`, if it was sent. As SMSC: the ESME's `interface_version`.
        interface_version: Option<u8>,
    },
    /// The SMSC refuses the bind. `Closed` follows.
    BindRefused {
        /// Why.
        status: CommandStatus,
    },
    /// ESME: the SMSC, which has connected to us, asks us to bind (SMPP 3.4 §2.2.1). Answer with [`crate::Link::bind`]
    /// over this connection, or close it where the SMSC is not the one it should be.
    Outbind(OutbindRequest),
    /// SMSC: an ESME asks to bind. Answer with [`crate::Link::accept_bind`] or [`crate::Link::refuse_bind`].
    BindRequest(BindRequest),
    /// The peer sends a message. Answer with [`crate::Link::respond`].
    Request {
        /// Names the request in `respond`.
        sequence_number: u32,
        /// Which PDU carried it.
        kind: MessageKind,
        /// The message.
        message: ShortMessage,
    },
    /// SMSC: the ESME asks about a message that it submitted before; only where [`crate::LinkConfig::ancillary`] is set.
    /// Answer a query with [`crate::Link::respond_query`], the others with [`crate::Link::respond`].
    Ancillary {
        /// Names the request in the answer.
        sequence_number: u32,
        /// What it asks.
        request: Ancillary,
    },
    /// ESME: a phone that a message waited for can be reached again. Nothing answers it.
    AlertNotification {
        /// The phone.
        source: Address,
        /// Whom of ours it concerns.
        esme: Address,
        /// `ms_availability_status`: 0 available, 1 denied, 2 unavailable; `None` where it was not said.
        ms_availability_status: Option<u8>,
    },
    /// The SMSC answered a query of ours.
    QueryResponse {
        /// As given to [`crate::Link::ask`].
        token: u64,
        /// ROK: the outcome counts.
        status: CommandStatus,
        /// What became of the message.
        outcome: QueryOutcome,
    },
    /// The peer answered a request of ours, which was no query.
    Response {
        /// As given to [`crate::Link::submit`].
        token: u64,
        /// ROK: it was taken.
        status: CommandStatus,
        /// `None` where the SMSC gave none or none that can be kept: no receipt can be matched.
        message_id: Option<MessageId>,
    },
    /// The peer answered a request of ours after `InDoubt` had been said of it.
    LateResponse {
        /// As given to [`crate::Link::submit`].
        token: u64,
        /// ROK: it was taken.
        status: CommandStatus,
        /// As in `Response`.
        message_id: Option<MessageId>,
    },
    /// The peer answered a request of ours with `generic_nack`: it will never take it in this form.
    Nacked {
        /// As given to [`crate::Link::submit`].
        token: u64,
        /// Why.
        status: CommandStatus,
    },
    /// A request of ours was written and not answered in time, or the link ended before. Whether it was taken is
    /// unknown: sending it again may double it.
    InDoubt {
        /// As given to [`crate::Link::submit`].
        token: u64,
    },
    /// The link ended before a request of ours left whole: it was surely not taken.
    Unsent {
        /// As given to [`crate::Link::submit`].
        token: u64,
    },
    /// The peer sent `unbind`, and it is answered. What is under way may still be answered; then comes `Closed`.
    PeerUnbind,
    /// The link is over. Write what [`crate::Link::take_output`] still gives, then close the connection.
    Closed {
        /// Why.
        reason: CloseReason,
    },
}

/// An ESME's wish to bind. Its `Debug` hides `system_id` and `password`.
#[derive(Clone, PartialEq, Eq)]
pub struct BindRequest {
    /// Which way messages may go.
    pub kind: BindKind,
    /// Who.
    pub system_id: Octets<15>,
    /// The specification allows 8 octets; some operators hand out longer ones.
    pub password: Octets<32>,
    /// What kind of system.
    pub system_type: Octets<12>,
    /// 0x33, 0x34 or 0x50.
    pub interface_version: u8,
    /// Type of number of the ESME's addresses.
    pub addr_ton: u8,
    /// Numbering plan of the ESME's addresses.
    pub addr_npi: u8,
    /// The ESME's addresses.
    pub address_range: Octets<40>,
}

impl BindRequest {
    /// Makes a request with the two values that every operator hands out; the others are empty or zero.
    pub fn new(
        kind: BindKind,
        system_id: impl AsRef<[u8]>,
        password: impl AsRef<[u8]>,
    ) -> Result<Self, crate::TooLong> {
        Ok(Self {
            kind,
            system_id: Octets::new(system_id)?,
            password: Octets::new(password)?,
            system_type: Octets::EMPTY,
            interface_version: 0x34,
            addr_ton: 0,
            addr_npi: 0,
            address_range: Octets::EMPTY,
        })
    }
}

impl fmt::Debug for BindRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BindRequest")
            .field("kind", &self.kind)
            .field("interface_version", &self.interface_version)
            .finish_non_exhaustive()
    }
}

/// An SMSC's wish that we bind, and who it says it is. Its `Debug` hides both values.
#[derive(Clone, PartialEq, Eq)]
pub struct OutbindRequest {
    /// The SMSC's name.
    pub system_id: Octets<15>,
    /// By which the ESME knows that it is that SMSC.
    pub password: Octets<32>,
}

impl OutbindRequest {
    /// Makes a request.
    pub fn new(system_id: impl AsRef<[u8]>, password: impl AsRef<[u8]>) -> Result<Self, crate::TooLong> {
        Ok(Self { system_id: Octets::new(system_id)?, password: Octets::new(password)? })
    }
}

impl fmt::Debug for OutbindRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutbindRequest").finish_non_exhaustive()
    }
}

/// Why a link is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// The connection ended under us.
    #[error("the connection ended")]
    ConnectionLost,
    /// The peer unbound.
    #[error("the peer unbound")]
    PeerUnbound,
    /// We unbound.
    #[error("unbound")]
    Unbound,
    /// We unbound and the peer did not answer.
    #[error("the peer did not answer unbind")]
    UnbindTimeout,
    /// Nobody asked to bind in time.
    #[error("no bind in time")]
    SessionInitTimeout,
    /// The SMSC did not answer the bind.
    #[error("the bind was not answered")]
    BindTimeout,
    /// The bind was refused.
    #[error("the bind was refused: {0}")]
    BindRefused(CommandStatus),
    /// Two probes stayed unanswered.
    #[error("enquire_link was not answered twice")]
    EnquireLinkTimeout,
    /// A PDU began and did not end.
    #[error("a PDU did not end in time")]
    FrameTimeout,
    /// The stream cannot be followed.
    #[error("{0}")]
    Frame(FrameError),
    /// The peer answered a request with the response to another.
    #[error("a request was answered with {0}")]
    WrongResponse(CommandId),
    /// The peer makes us answer and does not read.
    #[error("the peer does not read")]
    OutputOverflow,
}

/// Why a message was not taken for sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// As many requests are unanswered as the window allows, or nobody polls: try again after the next event.
    #[error("the window is full")]
    WindowFull,
    /// The link is not bound, is ending, or its bind does not carry this kind of message.
    #[error("not bound for this kind of message")]
    NotBound,
    /// The message cannot be encoded.
    #[error("{0}")]
    Encode(#[from] EncodeError),
}

/// Why a verb was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerbError {
    /// The link's state does not allow it.
    #[error("not allowed in this state")]
    WrongState,
    /// No request of the peer with this sequence number waits for an answer.
    #[error("no such request waits for an answer")]
    UnknownRequest,
    /// A value cannot be encoded.
    #[error("{0}")]
    Encode(#[from] EncodeError),
}

/// What a link has seen since it began; figures for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Whole PDUs heard.
    pub pdus_in: u64,
    /// Responses to no request of ours (an alarm where there are many).
    pub unknown_responses: u64,
    /// Responses after their time.
    pub late_responses: u64,
    /// Requests with a command that we do not know, and notices that have no place in the state.
    pub unknown_requests: u64,
    /// Requests whose body was broken.
    pub bad_bodies: u64,
    /// Requests answered with an error because of the state or a bound.
    pub refused_requests: u64,
    /// Probes that we sent.
    pub probes: u64,
    /// PDUs with up to three NULs after their end.
    pub nuls_forgiven: u64,
    /// PDUs whose last parameter ran past their end, and that were taken without it.
    pub overruns_forgiven: u64,
    /// Responses whose last string had no NUL.
    pub missing_nuls_forgiven: u64,
    /// Messages whose text came twice, and alike.
    pub doubled_texts_forgiven: u64,
}
