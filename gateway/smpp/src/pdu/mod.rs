//! The codec: one frame in, one borrowed PDU out, and back.

mod ancillary;
mod bind;
mod notice;
mod reader;
mod sm;
#[cfg(test)]
mod tests;
mod writer;

#[cfg(test)]
pub(crate) use tests::any_message;

pub use ancillary::{AncillaryKind, CancelSm, QuerySm, QuerySmResp, ReplaceSm};
pub use bind::{Bind, BindKind, BindResp};
pub use notice::{AlertNotification, Outbind};
pub use sm::{Addr, MessageKind, Sm, SmResp};

use crate::command::CommandId;
use crate::error::{DecodeError, EncodeError, Field, Problem};
use crate::frame::{HEADER_LEN, Header};
use crate::status::CommandStatus;
use crate::tlv::Tag;
use reader::Reader;
use writer::Writer;

/// One PDU, borrowed from its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pdu<'a> {
    /// The outcome, in responses; zero in requests.
    pub command_status: CommandStatus,
    /// Pairs a response with its request.
    pub sequence_number: u32,
    /// The rest, by command.
    pub body: Body<'a>,
}

/// The body of a PDU, and with it the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// `bind_transmitter`, `bind_receiver`, `bind_transceiver`
    Bind(BindKind, Bind<'a>),
    /// Their responses.
    BindResp(BindKind, BindResp<'a>),
    /// `unbind`
    Unbind,
    /// `unbind_resp`
    UnbindResp,
    /// `enquire_link`; octets in its body are passed over.
    EnquireLink,
    /// `enquire_link_resp`
    EnquireLinkResp,
    /// `submit_sm`, `deliver_sm`, `data_sm`
    Message(MessageKind, Sm<'a>),
    /// Their responses.
    MessageResp(MessageKind, SmResp<'a>),
    /// `query_sm`
    QuerySm(QuerySm<'a>),
    /// `query_sm_resp`
    QuerySmResp(QuerySmResp<'a>),
    /// `cancel_sm`
    CancelSm(CancelSm<'a>),
    /// `cancel_sm_resp`
    CancelSmResp,
    /// `replace_sm`
    ReplaceSm(ReplaceSm<'a>),
    /// `replace_sm_resp`
    ReplaceSmResp,
    /// `outbind`, which nothing answers.
    Outbind(Outbind<'a>),
    /// `alert_notification`, which nothing answers.
    AlertNotification(AlertNotification<'a>),
    /// `generic_nack`
    GenericNack,
    /// Any other command, with its body as it came.
    Unknown {
        /// Which command.
        command_id: CommandId,
        /// The octets after the header.
        body: &'a [u8],
    },
}

impl Body<'_> {
    /// Gives the command.
    pub const fn command_id(&self) -> CommandId {
        match self {
            Body::Bind(kind, _) => kind.command_id(),
            Body::BindResp(kind, _) => kind.command_id().response(),
            Body::Unbind => CommandId::UNBIND,
            Body::UnbindResp => CommandId::UNBIND.response(),
            Body::EnquireLink => CommandId::ENQUIRE_LINK,
            Body::EnquireLinkResp => CommandId::ENQUIRE_LINK.response(),
            Body::Message(kind, _) => kind.command_id(),
            Body::MessageResp(kind, _) => kind.command_id().response(),
            Body::QuerySm(_) => CommandId::QUERY_SM,
            Body::QuerySmResp(_) => CommandId::QUERY_SM.response(),
            Body::CancelSm(_) => CommandId::CANCEL_SM,
            Body::CancelSmResp => CommandId::CANCEL_SM.response(),
            Body::ReplaceSm(_) => CommandId::REPLACE_SM,
            Body::ReplaceSmResp => CommandId::REPLACE_SM.response(),
            Body::Outbind(_) => CommandId::OUTBIND,
            Body::AlertNotification(_) => CommandId::ALERT_NOTIFICATION,
            Body::GenericNack => CommandId::GENERIC_NACK,
            Body::Unknown { command_id, .. } => *command_id,
        }
    }
}

/// What was wrong with a PDU that was taken all the same: each costs itself alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgiven {
    /// NULs after the last field or parameter, 0 to 3: dropped.
    pub nuls: u8,
    /// The last parameter, whose length runs past the end of the PDU: dropped.
    pub overrun: Option<Tag>,
    /// The last string of a response, mostly its `message_id`, has no NUL: it runs to the end of the PDU.
    pub no_nul: bool,
    /// `short_message` and `message_payload` carry the same text.
    pub doubled_text: bool,
}

impl Forgiven {
    /// A PDU with nothing to forgive.
    pub const NOTHING: Self = Self { nuls: 0, overrun: None, no_nul: false, doubled_text: false };
}

/// Decodes one whole frame, as [`crate::split_frame`] gives it.
///
/// It allocates nothing and never panics, whatever the octets. Responses never fail; requests fail with the field and
/// the status for the answer.
pub fn decode(frame: &[u8]) -> Result<Pdu<'_>, DecodeError> {
    decode_noting(frame, &mut Forgiven::default())
}

/// Decodes one whole frame as [`decode`] does, and tells what was wrong with it and cost nothing else.
pub fn decode_forgiving(frame: &[u8]) -> Result<(Pdu<'_>, Forgiven), DecodeError> {
    let mut forgiven = Forgiven::NOTHING;
    decode_noting(frame, &mut forgiven).map(|pdu| (pdu, forgiven))
}

/// Decodes one whole frame and notes what was wrong with it and cost nothing else.
pub(crate) fn decode_noting<'a>(frame: &'a [u8], forgiven: &mut Forgiven) -> Result<Pdu<'a>, DecodeError> {
    let Some(header) = Header::read(frame) else {
        return Err(DecodeError {
            command_id: CommandId(0),
            sequence_number: 0,
            field: Field::Header,
            problem: Problem::Missing,
        });
    };
    let octets = &frame[HEADER_LEN..];
    let mut reader = Reader::new(header, octets);
    let body = decode_body(header.command_id, &mut reader, octets)?;
    *forgiven = reader.forgiven;
    Ok(Pdu { command_status: header.command_status, sequence_number: header.sequence_number, body })
}

fn decode_body<'a>(command_id: CommandId, r: &mut Reader<'a>, octets: &'a [u8]) -> Result<Body<'a>, DecodeError> {
    let bind_resp = |kind, r| Body::BindResp(kind, BindResp::decode(r));
    let sm_resp = |kind, r| Body::MessageResp(kind, SmResp::decode(r));
    Ok(match command_id {
        CommandId::BIND_TRANSMITTER => Body::Bind(BindKind::Transmitter, Bind::decode(r)?),
        CommandId::BIND_RECEIVER => Body::Bind(BindKind::Receiver, Bind::decode(r)?),
        CommandId::BIND_TRANSCEIVER => Body::Bind(BindKind::Transceiver, Bind::decode(r)?),
        CommandId::UNBIND => r.bare(Body::Unbind),
        CommandId::ENQUIRE_LINK => r.bare(Body::EnquireLink),
        CommandId::SUBMIT_SM => Body::Message(MessageKind::SubmitSm, Sm::decode(MessageKind::SubmitSm, r)?),
        CommandId::DELIVER_SM => Body::Message(MessageKind::DeliverSm, Sm::decode(MessageKind::DeliverSm, r)?),
        CommandId::DATA_SM => Body::Message(MessageKind::DataSm, Sm::decode(MessageKind::DataSm, r)?),
        CommandId::GENERIC_NACK => r.bare(Body::GenericNack),
        CommandId::QUERY_SM => Body::QuerySm(QuerySm::decode(r)?),
        CommandId::CANCEL_SM => Body::CancelSm(CancelSm::decode(r)?),
        CommandId::REPLACE_SM => Body::ReplaceSm(ReplaceSm::decode(r)?),
        CommandId::OUTBIND => Body::Outbind(Outbind::decode(r)?),
        CommandId::ALERT_NOTIFICATION => Body::AlertNotification(AlertNotification::decode(r)?),
        id if id == CommandId::BIND_TRANSMITTER.response() => bind_resp(BindKind::Transmitter, r),
        id if id == CommandId::BIND_RECEIVER.response() => bind_resp(BindKind::Receiver, r),
        id if id == CommandId::BIND_TRANSCEIVER.response() => bind_resp(BindKind::Transceiver, r),
        id if id == CommandId::UNBIND.response() => r.bare(Body::UnbindResp),
        id if id == CommandId::ENQUIRE_LINK.response() => r.bare(Body::EnquireLinkResp),
        id if id == CommandId::SUBMIT_SM.response() => sm_resp(MessageKind::SubmitSm, r),
        id if id == CommandId::DELIVER_SM.response() => sm_resp(MessageKind::DeliverSm, r),
        id if id == CommandId::DATA_SM.response() => sm_resp(MessageKind::DataSm, r),
        id if id == CommandId::QUERY_SM.response() => Body::QuerySmResp(QuerySmResp::decode(r)),
        id if id == CommandId::CANCEL_SM.response() => r.bare(Body::CancelSmResp),
        id if id == CommandId::REPLACE_SM.response() => r.bare(Body::ReplaceSmResp),
        command_id => Body::Unknown { command_id, body: octets },
    })
}

/// Appends the encoded PDU to `out`; on an error `out` is as it was.
pub fn encode(pdu: &Pdu<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let mut w = Writer::new(out, pdu.body.command_id(), pdu.command_status, pdu.sequence_number);
    let written = match &pdu.body {
        Body::Bind(_, bind) => bind.encode(&mut w),
        // A response with an error carries no body (SMPP 3.4 §4.4.2).
        Body::BindResp(..) | Body::MessageResp(..) | Body::QuerySmResp(_) if !pdu.command_status.is_ok() => Ok(()),
        Body::BindResp(_, resp) => resp.encode(&mut w),
        Body::Message(kind, sm) => sm.encode(*kind, &mut w),
        Body::MessageResp(_, resp) => resp.encode(&mut w),
        Body::QuerySm(query) => query.encode(&mut w),
        Body::QuerySmResp(resp) => resp.encode(&mut w),
        Body::CancelSm(cancel) => cancel.encode(&mut w),
        Body::ReplaceSm(replace) => replace.encode(&mut w),
        Body::Outbind(outbind) => outbind.encode(&mut w),
        Body::AlertNotification(alert) => alert.encode(&mut w),
        Body::Unbind
        | Body::UnbindResp
        | Body::EnquireLink
        | Body::EnquireLinkResp
        | Body::CancelSmResp
        | Body::ReplaceSmResp
        | Body::GenericNack => Ok(()),
        Body::Unknown { body, .. } => {
            w.bytes(body);
            Ok(())
        }
    };
    match written {
        Ok(()) => w.finish(),
        Err(_) => w.abandon(),
    }
    written
}

/// Appends a PDU that is a header and nothing else: most answers are.
pub(crate) fn encode_header(command_id: CommandId, status: CommandStatus, sequence_number: u32, out: &mut Vec<u8>) {
    Writer::new(out, command_id, status, sequence_number).finish();
}
