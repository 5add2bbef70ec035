//! Every PDU that a link can be given, each with a link in a state in which it means something.

use dayaq_smpp::{
    Addr, Address, AlertNotification, Ancillary, Bind, BindKind, BindRequest, BindResp, Body, CancelSm, CommandId,
    CommandStatus, Header, Instant, Link, LinkConfig, MessageId, MessageKind, Outbind, Pdu, QuerySm, QuerySmResp,
    ReplaceSm, Role, ShortMessage, Sm, SmResp, Tag, TlvBuf, decode, encode, split_frame,
};

const NOW: Instant = Instant::ZERO;
/// Of requests of the peer.
const NUMBER: u32 = 60;
const SOURCE: Addr<'static> = Addr { ton: 1, npi: 1, digits: b"994501234567" };
const DESTINATION: Addr<'static> = Addr { ton: 0, npi: 1, digits: b"7142" };

/// One PDU, and when it comes.
pub struct Stage {
    pub name: &'static str,
    pub frame: Vec<u8>,
    /// Its sequence_number.
    pub number: u32,
    /// Whether its body can have parameters.
    pub parameters: bool,
    /// Whether it is a request.
    pub request: bool,
    /// Whether it carries a text.
    pub message: bool,
    link: fn() -> Link,
}

impl Stage {
    /// A link to which the PDU comes.
    pub fn link(&self) -> Link {
        (self.link)()
    }

    /// Whether only `ussd_service_op` would say that it is USSD.
    pub fn needs_op(&self) -> bool {
        matches!(decode(&self.frame).unwrap().body, Body::Message(_, sm) if sm.service_type.is_empty())
    }

    pub fn command_id(&self) -> CommandId {
        Header::read(&self.frame).unwrap().command_id
    }
}

pub fn frame(sequence_number: u32, body: Body<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&Pdu { command_status: CommandStatus::ROK, sequence_number, body }, &mut out).unwrap();
    out
}

/// The frame with more octets in its body.
pub fn grown(frame: &[u8], more: &[u8]) -> Vec<u8> {
    let mut frame = [frame, more].concat();
    let len = frame.len() as u32;
    frame[..4].copy_from_slice(&len.to_be_bytes());
    frame
}

pub fn with_status(frame: &[u8], status: CommandStatus) -> Vec<u8> {
    let mut frame = frame.to_vec();
    frame[8..12].copy_from_slice(&status.0.to_be_bytes());
    frame
}

fn fresh(role: Role) -> Link {
    Link::new(LinkConfig { ancillary: true, ..LinkConfig::new(role) }, NOW)
}

fn binding() -> Link {
    let mut link = fresh(Role::Esme);
    link.bind(NOW, &BindRequest::new(BindKind::Transceiver, "dayaq", "secret").unwrap()).unwrap();
    settled(link)
}

/// A link that has nothing to say.
fn settled(mut link: Link) -> Link {
    link.take_output(&mut Vec::new());
    while link.poll_event().is_some() {}
    link
}

fn bound(role: Role) -> Link {
    let link = match role {
        Role::Esme => {
            let mut link = binding();
            let resp = BindResp { system_id: b"smsc", ..BindResp::default() };
            link.handle_bytes(NOW, &frame(1, Body::BindResp(BindKind::Transceiver, resp)));
            link
        }
        Role::Smsc => {
            let mut link = fresh(Role::Smsc);
            link.handle_bytes(NOW, &frame(1, Body::Bind(BindKind::Transceiver, Bind::default())));
            link.accept_bind(NOW, b"smsc").unwrap();
            link
        }
    };
    assert!(link.is_bound());
    settled(link)
}

/// The number of the one PDU that the link wants written.
fn written(link: &mut Link) -> u32 {
    let mut out = Vec::new();
    link.take_output(&mut out);
    decode(split_frame(&out, usize::MAX).unwrap().unwrap()).unwrap().sequence_number
}

/// A link with a request of ours under way, and its number; its token is 5.
pub fn in_flight(role: Role, kind: MessageKind) -> (Link, u32) {
    let mut link = bound(role);
    let message = ShortMessage { short_message: b"Salam".to_vec(), ..ShortMessage::default() };
    link.submit(NOW, kind, &message, 5).unwrap();
    let number = written(&mut link);
    (link, number)
}

fn asked(what: &Ancillary) -> Link {
    let mut link = bound(Role::Esme);
    link.ask(NOW, what, 5).unwrap();
    settled(link)
}

fn query() -> Ancillary {
    Ancillary::Query { message_id: MessageId::new("17A").unwrap(), source: Address::default() }
}

fn cancel() -> Ancillary {
    let message_id = MessageId::new("17A").unwrap();
    let (source, destination) = (Address::default(), Address::default());
    Ancillary::Cancel { service_type: Default::default(), message_id, source, destination }
}

fn replace() -> Ancillary {
    Ancillary::Replace {
        message_id: MessageId::new("17A").unwrap(),
        source: Address::default(),
        schedule_delivery_time: Default::default(),
        validity_period: Default::default(),
        registered_delivery: 0,
        sm_default_msg_id: 0,
        short_message: b"another".to_vec(),
    }
}

fn unbinding() -> Link {
    let mut link = bound(Role::Esme);
    link.unbind(NOW).unwrap();
    settled(link)
}

fn probing() -> Link {
    let mut link = bound(Role::Esme);
    let due = link.poll_timeout().unwrap();
    link.handle_timeout(due);
    settled(link)
}

/// The number of our first request on a link; the bind had 1.
const OURS: u32 = 2;

/// All of them, whole.
pub fn stages() -> Vec<Stage> {
    let mut payload = TlvBuf::new();
    payload.push(Tag::MESSAGE_PAYLOAD, b"*7142#").unwrap();
    let text = Sm { source: SOURCE, destination: DESTINATION, short_message: b"*7142#", ..Sm::default() };
    let ussd = Sm { service_type: b"USSD", ..text };
    let nothing = Sm { short_message: b"", ..text };
    let in_payload = Sm { tlvs: payload.as_tlvs(), ..nothing };
    let mut stages = binds();
    let mut message = |name, kind, sm: Sm<'_>, link| {
        let frame = frame(NUMBER, Body::Message(kind, sm));
        stages.push(Stage { name, frame, number: NUMBER, parameters: true, request: true, message: true, link });
    };
    let esme: fn() -> Link = || bound(Role::Esme);
    let smsc: fn() -> Link = || bound(Role::Smsc);
    message("deliver_sm", MessageKind::DeliverSm, text, esme);
    message("deliver_sm of USSD", MessageKind::DeliverSm, ussd, esme);
    message("data_sm of USSD to an ESME", MessageKind::DataSm, ussd, esme);
    message("deliver_sm without a text", MessageKind::DeliverSm, nothing, esme);
    message("deliver_sm with a payload", MessageKind::DeliverSm, in_payload, esme);
    message("submit_sm", MessageKind::SubmitSm, text, smsc);
    message("submit_sm without a text", MessageKind::SubmitSm, nothing, smsc);
    message("submit_sm with a payload", MessageKind::SubmitSm, in_payload, smsc);
    message("data_sm to an ESME", MessageKind::DataSm, text, esme);
    message("data_sm without a text to an ESME", MessageKind::DataSm, nothing, esme);
    message("data_sm to an SMSC", MessageKind::DataSm, text, smsc);
    stages.extend(ancillary());
    stages.extend(responses());
    stages.extend(bare());
    stages
}

fn binds() -> Vec<Stage> {
    let kinds = [
        ("bind_transmitter", BindKind::Transmitter),
        ("bind_receiver", BindKind::Receiver),
        ("bind_transceiver", BindKind::Transceiver),
    ];
    let bind = Bind { system_id: b"dayaq", password: b"secret", interface_version: 0x34, ..Bind::default() };
    let requests = kinds.map(|(name, kind)| Stage {
        name,
        frame: frame(NUMBER, Body::Bind(kind, bind)),
        number: NUMBER,
        parameters: true,
        request: true,
        message: false,
        link: || fresh(Role::Smsc),
    });
    let mut stages = Vec::from(requests);
    let resp = BindResp { system_id: b"smsc", ..BindResp::default() };
    stages.push(Stage {
        name: "bind_transceiver_resp",
        frame: frame(1, Body::BindResp(BindKind::Transceiver, resp)),
        number: 1,
        parameters: true,
        request: false,
        message: false,
        link: binding,
    });
    stages.push(Stage {
        name: "outbind",
        frame: frame(NUMBER, Body::Outbind(Outbind { system_id: b"smsc", password: b"secret" })),
        number: NUMBER,
        parameters: false,
        request: false,
        message: false,
        link: || fresh(Role::Esme),
    });
    stages
}

fn ancillary() -> Vec<Stage> {
    let smsc: fn() -> Link = || bound(Role::Smsc);
    let request = |name, body, message| Stage {
        name,
        frame: frame(NUMBER, body),
        number: NUMBER,
        parameters: true,
        request: true,
        message,
        link: smsc,
    };
    let (message_id, source) = (&b"17A"[..], SOURCE);
    let cancel = CancelSm { message_id, source, destination: DESTINATION, ..CancelSm::default() };
    let replace = ReplaceSm { message_id, source, short_message: b"another", ..ReplaceSm::default() };
    let alert = AlertNotification { source: SOURCE, esme: DESTINATION, ..AlertNotification::default() };
    let alert = Stage { link: || bound(Role::Esme), ..request("alert", Body::AlertNotification(alert), false) };
    let emptied = ReplaceSm { short_message: b"", ..replace };
    vec![
        request("replace_sm without a text", Body::ReplaceSm(emptied), true),
        request("query_sm", Body::QuerySm(QuerySm { message_id, source, ..QuerySm::default() }), false),
        request("cancel_sm", Body::CancelSm(cancel), false),
        request("replace_sm", Body::ReplaceSm(replace), true),
        Stage { request: false, ..alert },
    ]
}

fn responses() -> Vec<Stage> {
    let response = |name, body, parameters, link| Stage {
        name,
        frame: frame(OURS, body),
        number: OURS,
        parameters,
        request: false,
        message: false,
        link,
    };
    let named = SmResp { message_id: Some(b"17A"), ..SmResp::default() };
    let queried = QuerySmResp {
        message_id: Some(b"17A"),
        final_date: b"261123003000004+",
        message_state: 2,
        ..QuerySmResp::default()
    };
    let mut stages = vec![
        response("submit_sm_resp", Body::MessageResp(MessageKind::SubmitSm, named), true, || {
            in_flight(Role::Esme, MessageKind::SubmitSm).0
        }),
        response("data_sm_resp", Body::MessageResp(MessageKind::DataSm, named), true, || {
            in_flight(Role::Esme, MessageKind::DataSm).0
        }),
        response("query_sm_resp", Body::QuerySmResp(queried), true, || asked(&query())),
        response("cancel_sm_resp", Body::CancelSmResp, false, || asked(&cancel())),
        response("replace_sm_resp", Body::ReplaceSmResp, false, || asked(&replace())),
        response("unbind_resp", Body::UnbindResp, false, unbinding),
        response("enquire_link_resp", Body::EnquireLinkResp, false, probing),
    ];
    // As an SMSC our first request has the number 1.
    let delivered = Body::MessageResp(MessageKind::DeliverSm, SmResp { message_id: None, ..named });
    stages.push(Stage {
        frame: frame(1, delivered),
        number: 1,
        ..response("deliver_sm_resp", delivered, true, || in_flight(Role::Smsc, MessageKind::DeliverSm).0)
    });
    let nack = frame(OURS, Body::GenericNack);
    stages.push(Stage {
        frame: with_status(&nack, CommandStatus::RINVCMDID),
        ..response("generic_nack", Body::GenericNack, false, || in_flight(Role::Esme, MessageKind::SubmitSm).0)
    });
    stages
}

/// Requests that are a header and nothing else.
fn bare() -> Vec<Stage> {
    let request = |name, body, link| Stage {
        name,
        frame: frame(NUMBER, body),
        number: NUMBER,
        parameters: false,
        request: true,
        message: false,
        link,
    };
    vec![
        request("enquire_link to an ESME", Body::EnquireLink, || bound(Role::Esme)),
        request("enquire_link to an SMSC", Body::EnquireLink, || bound(Role::Smsc)),
        request("unbind to an ESME", Body::Unbind, || bound(Role::Esme)),
        request("unbind to an SMSC", Body::Unbind, || bound(Role::Smsc)),
    ]
}
