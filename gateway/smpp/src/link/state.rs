use crate::link::config::Role;
use crate::link::event::CloseReason;
use crate::pdu::{BindKind, Body, MessageKind};
use crate::status::CommandStatus;

/// Where a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Connected; nobody has asked to bind.
    Open,
    /// A bind was asked for and is not answered.
    Binding {
        /// Which way messages may go.
        kind: BindKind,
        /// Of the bind request.
        sequence_number: u32,
    },
    /// Messages may go.
    Bound {
        /// Which way.
        kind: BindKind,
    },
    /// We want to unbind and wait for the answers to what is under way.
    Draining,
    /// We sent unbind.
    Unbinding {
        /// Of our unbind.
        sequence_number: u32,
    },
    /// The peer unbound; answers to what is under way may still come.
    PeerUnbound,
    /// Over.
    Closed {
        /// Why.
        reason: CloseReason,
    },
}

/// The columns of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Open,
    Binding,
    BoundTransmitter,
    BoundReceiver,
    BoundTransceiver,
    Draining,
    Unbinding,
    PeerUnbound,
    Closed,
}

impl State {
    pub(super) const fn stage(&self) -> Stage {
        match self {
            State::Open => Stage::Open,
            State::Binding { .. } => Stage::Binding,
            State::Bound { kind: BindKind::Transmitter } => Stage::BoundTransmitter,
            State::Bound { kind: BindKind::Receiver } => Stage::BoundReceiver,
            State::Bound { kind: BindKind::Transceiver } => Stage::BoundTransceiver,
            State::Draining => Stage::Draining,
            State::Unbinding { .. } => Stage::Unbinding,
            State::PeerUnbound => Stage::PeerUnbound,
            State::Closed { .. } => Stage::Closed,
        }
    }
}

/// The rows of the table: what we may want (`Send…`) and what may come (`Take…`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    SendOutbind,
    SendBind,
    SendBindResp,
    SendMessage(MessageKind),
    SendAncillary,
    SendMessageResp,
    SendUnbind,
    TakeBind,
    TakeBindResp,
    TakeMessage(MessageKind),
    TakeMessageResp,
    TakeAncillary,
    TakeAncillaryResp,
    TakeAlert,
    TakeOutbind,
    TakeEnquireLink,
    TakeEnquireLinkResp,
    TakeUnbind,
    TakeUnbindResp,
    TakeNack,
    TakeUnknownRequest,
    TakeUnknownResp,
}

impl Operation {
    pub(super) const fn take(body: &Body<'_>) -> Self {
        match body {
            Body::Bind(..) => Operation::TakeBind,
            Body::BindResp(..) => Operation::TakeBindResp,
            Body::Unbind => Operation::TakeUnbind,
            Body::UnbindResp => Operation::TakeUnbindResp,
            Body::EnquireLink => Operation::TakeEnquireLink,
            Body::EnquireLinkResp => Operation::TakeEnquireLinkResp,
            Body::Message(kind, _) => Operation::TakeMessage(*kind),
            Body::MessageResp(..) => Operation::TakeMessageResp,
            Body::QuerySm(_) | Body::CancelSm(_) | Body::ReplaceSm(_) => Operation::TakeAncillary,
            Body::QuerySmResp(_) | Body::CancelSmResp | Body::ReplaceSmResp => Operation::TakeAncillaryResp,
            Body::AlertNotification(_) => Operation::TakeAlert,
            Body::Outbind(_) => Operation::TakeOutbind,
            Body::GenericNack => Operation::TakeNack,
            Body::Unknown { command_id, .. } if command_id.is_response() => Operation::TakeUnknownResp,
            Body::Unknown { .. } => Operation::TakeUnknownRequest,
        }
    }
}

/// What a cell of the table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Do it.
    Accept,
    /// A verb that the state does not allow: nothing happens.
    Forbid,
    /// A request that is answered with this status at once.
    Refuse(CommandStatus),
    /// A request that is answered with `generic_nack` RINVCMDID.
    Nack,
    /// A response to nothing, or what nothing answers: counted and passed over.
    Ignore,
}

/// The one table of what is allowed in which state.
pub(super) const fn verdict(role: Role, stage: Stage, operation: Operation) -> Verdict {
    use Operation::*;
    use Verdict::{Accept as A, Forbid as F, Ignore as I, Nack as N};
    const BIND: Verdict = Verdict::Refuse(CommandStatus::RINVBNDSTS);
    const TWICE: Verdict = Verdict::Refuse(CommandStatus::RALYBND);
    // The peer keeps the message and sends it again once we are bound.
    const LATER: Verdict = Verdict::Refuse(CommandStatus::RX_T_APPN);
    const FORBIDDEN: [Verdict; 9] = [F; 9];
    const NACKED: [Verdict; 9] = [N, N, N, N, N, N, N, N, I];
    const ALWAYS: [Verdict; 9] = [A, A, A, A, A, A, A, A, I];
    // The columns:  Open   Binding Tx     Rx     Trx    Drain. Unbind. PeerUn. Closed
    let row: [Verdict; 9] = match (role, operation) {
        (Role::Esme, SendOutbind) => FORBIDDEN,
        (Role::Smsc, SendOutbind) => [A, F, F, F, F, F, F, F, F],
        (Role::Esme, SendBind) => [A, F, F, F, F, F, F, F, F],
        (Role::Smsc, SendBind) => FORBIDDEN,
        (Role::Esme, SendBindResp) => FORBIDDEN,
        (Role::Smsc, SendBindResp) => [F, A, F, F, F, F, F, F, F],
        (Role::Esme, SendMessage(MessageKind::SubmitSm | MessageKind::DataSm)) => [F, F, A, F, A, F, F, F, F],
        (Role::Esme, SendMessage(MessageKind::DeliverSm)) => FORBIDDEN,
        (Role::Smsc, SendMessage(MessageKind::DeliverSm | MessageKind::DataSm)) => [F, F, F, A, A, F, F, F, F],
        (Role::Smsc, SendMessage(MessageKind::SubmitSm)) => FORBIDDEN,
        (Role::Esme, SendAncillary) => [F, F, A, F, A, F, F, F, F],
        (Role::Smsc, SendAncillary) => FORBIDDEN,
        (_, SendMessageResp) => [F, F, A, A, A, A, A, A, F],
        (_, SendUnbind) => [F, F, A, A, A, F, F, F, F],
        (Role::Esme, TakeBind) => NACKED,
        (Role::Smsc, TakeBind) => [A, TWICE, TWICE, TWICE, TWICE, TWICE, TWICE, TWICE, I],
        (Role::Esme, TakeBindResp) => [I, A, I, I, I, I, I, I, I],
        (Role::Smsc, TakeBindResp) => [I; 9],
        (Role::Esme, TakeMessage(MessageKind::DeliverSm | MessageKind::DataSm)) => {
            [BIND, LATER, BIND, A, A, A, LATER, LATER, I]
        }
        (Role::Esme, TakeMessage(MessageKind::SubmitSm)) => NACKED,
        (Role::Smsc, TakeMessage(MessageKind::SubmitSm | MessageKind::DataSm)) => {
            [BIND, BIND, A, BIND, A, A, LATER, BIND, I]
        }
        (Role::Smsc, TakeMessage(MessageKind::DeliverSm)) => NACKED,
        (_, TakeMessageResp | TakeAncillaryResp) => [I, I, A, A, A, A, A, A, I],
        (Role::Esme, TakeAncillary) => NACKED,
        (Role::Smsc, TakeAncillary) => [BIND, BIND, A, BIND, A, A, LATER, BIND, I],
        (Role::Esme, TakeAlert) => [I, I, I, A, A, A, I, I, I],
        (Role::Smsc, TakeAlert) => [I; 9],
        (Role::Esme, TakeOutbind) => [A, I, I, I, I, I, I, I, I],
        (Role::Smsc, TakeOutbind) => [I; 9],
        (_, TakeEnquireLink | TakeEnquireLinkResp | TakeUnbind | TakeNack) => ALWAYS,
        (_, TakeUnbindResp) => [I, I, I, I, I, I, A, I, I],
        (_, TakeUnknownRequest) => NACKED,
        (_, TakeUnknownResp) => [I; 9],
    };
    row[stage as usize]
}
