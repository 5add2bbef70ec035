mod ancillary;
mod faults;
mod pair;
mod session;
mod table;

use std::time::Duration;

use super::state::{Operation, Verdict, verdict};
use super::*;
use crate::ancillary::{Ancillary, QueryOutcome};
use crate::message::{Address, MessageId, ShortMessage};
use crate::pdu::{self, AlertNotification, Bind, BindResp, Body, Outbind, Pdu, Sm, SmResp};

pub(super) const SECOND: Duration = Duration::from_secs(1);

pub(super) fn message(text: &str) -> ShortMessage {
    ShortMessage {
        source: Address::new(0, 1, "7142").unwrap(),
        destination: Address::new(1, 1, "994501234567").unwrap(),
        short_message: text.as_bytes().to_vec(),
        ..ShortMessage::default()
    }
}

pub(super) fn frame(status: CommandStatus, sequence_number: u32, body: Body<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    pdu::encode(&Pdu { command_status: status, sequence_number, body }, &mut out).unwrap();
    out
}

pub(super) fn request(kind: MessageKind, sequence_number: u32) -> Vec<u8> {
    frame(CommandStatus::ROK, sequence_number, Body::Message(kind, message("text").as_sm()))
}

/// What became of the message "id"?
pub(super) fn query() -> Ancillary {
    Ancillary::Query { message_id: MessageId::new("id").unwrap(), source: Address::new(0, 1, "7142").unwrap() }
}

pub(super) fn response(kind: MessageKind, sequence_number: u32) -> Vec<u8> {
    let resp = SmResp { message_id: Some(b"id"), ..SmResp::default() };
    frame(CommandStatus::ROK, sequence_number, Body::MessageResp(kind, resp))
}

/// Puts the right length into a frame that a test has cut or grown.
pub(super) fn relength(mut frame: Vec<u8>) -> Vec<u8> {
    let len = frame.len() as u32;
    frame[..4].copy_from_slice(&len.to_be_bytes());
    frame
}

pub(super) fn events(link: &mut Link) -> Vec<Event> {
    std::iter::from_fn(|| link.poll_event()).collect()
}

/// The headers of what the link wants written.
pub(super) fn output(link: &mut Link) -> Vec<(CommandId, CommandStatus, u32)> {
    let mut octets = Vec::new();
    link.take_output(&mut octets);
    let mut headers = Vec::new();
    let mut rest = &octets[..];
    while let Some(frame) = split_frame(rest, usize::MAX).unwrap() {
        let pdu = pdu::decode(frame).unwrap();
        headers.push((pdu.body.command_id(), pdu.command_status, pdu.sequence_number));
        rest = &rest[frame.len()..];
    }
    assert!(rest.is_empty());
    headers
}

pub(super) fn bind_request(kind: BindKind) -> BindRequest {
    BindRequest::new(kind, "dayaq", "secret").unwrap()
}

/// A link that is bound at time zero, with nothing to poll. As ESME it has used sequence number 1.
pub(super) fn bound(config: LinkConfig, kind: BindKind) -> Link {
    let now = Instant::ZERO;
    let role = config.role;
    let mut link = Link::new(config, now);
    match role {
        Role::Esme => {
            link.bind(now, &bind_request(kind)).unwrap();
            let [(_, _, number)] = output(&mut link)[..] else { panic!("one bind") };
            link.handle_bytes(now, &frame(CommandStatus::ROK, number, Body::BindResp(kind, BindResp::default())));
        }
        Role::Smsc => {
            let bind = Bind { system_id: b"dayaq", password: b"secret", interface_version: 0x34, ..Bind::default() };
            link.handle_bytes(now, &frame(CommandStatus::ROK, 1, Body::Bind(kind, bind)));
            link.accept_bind(now, b"smsc").unwrap();
        }
    }
    output(&mut link);
    events(&mut link);
    assert_eq!(link.state(), State::Bound { kind });
    link
}

pub(super) fn bound_esme() -> Link {
    bound(LinkConfig::new(Role::Esme), BindKind::Transceiver)
}

/// Submits and gives the sequence number that the request left with.
pub(super) fn submit(link: &mut Link, now: Instant, token: u64) -> u32 {
    link.submit(now, MessageKind::SubmitSm, &message("text"), token).unwrap();
    let (_, _, number) = *output(link).last().unwrap();
    number
}

/// A deliver_sm body with a text that no broken frame shares.
pub(super) fn good_deliver(sequence_number: u32) -> Vec<u8> {
    let message = message("good");
    let sm = Sm { esm_class: 0, ..message.as_sm() };
    frame(CommandStatus::ROK, sequence_number, Body::Message(MessageKind::DeliverSm, sm))
}
