use super::*;
use crate::link::state::Stage;

const STAGES: [Stage; 9] = [
    Stage::Open,
    Stage::Binding,
    Stage::BoundTransmitter,
    Stage::BoundReceiver,
    Stage::BoundTransceiver,
    Stage::Draining,
    Stage::Unbinding,
    Stage::PeerUnbound,
    Stage::Closed,
];

const OPERATIONS: [Operation; 26] = [
    Operation::SendOutbind,
    Operation::SendBind,
    Operation::SendBindResp,
    Operation::SendMessage(MessageKind::SubmitSm),
    Operation::SendMessage(MessageKind::DeliverSm),
    Operation::SendMessage(MessageKind::DataSm),
    Operation::SendAncillary,
    Operation::SendMessageResp,
    Operation::SendUnbind,
    Operation::TakeBind,
    Operation::TakeBindResp,
    Operation::TakeMessage(MessageKind::SubmitSm),
    Operation::TakeMessage(MessageKind::DeliverSm),
    Operation::TakeMessage(MessageKind::DataSm),
    Operation::TakeMessageResp,
    Operation::TakeAncillary,
    Operation::TakeAncillaryResp,
    Operation::TakeAlert,
    Operation::TakeOutbind,
    Operation::TakeEnquireLink,
    Operation::TakeEnquireLinkResp,
    Operation::TakeUnbind,
    Operation::TakeUnbindResp,
    Operation::TakeNack,
    Operation::TakeUnknownRequest,
    Operation::TakeUnknownResp,
];

/// The peer's request that waits for an answer wherever one can.
const WAITING: u32 = 77;
/// What a test sends, and no link of a test has used.
const FRESH: u32 = 1000;

/// A link at a stage, with a request of ours in flight and one of the peer's waiting where the stage can have them.
struct Placed {
    link: Link,
    now: Instant,
    in_flight: Option<u32>,
    waiting: bool,
}

fn placed(role: Role, stage: Stage) -> Placed {
    let mut now = Instant::ZERO;
    let config = LinkConfig { ancillary: true, ..LinkConfig::new(role) };
    let drain = config.drain;
    let (ours, theirs) = match role {
        Role::Esme => (MessageKind::SubmitSm, MessageKind::DeliverSm),
        Role::Smsc => (MessageKind::DeliverSm, MessageKind::SubmitSm),
    };
    let unbound = matches!(stage, Stage::Open | Stage::Binding);
    let kind = match stage {
        Stage::BoundTransmitter => BindKind::Transmitter,
        Stage::BoundReceiver => BindKind::Receiver,
        _ => BindKind::Transceiver,
    };
    let mut link = if unbound { Link::new(config, now) } else { bound(config, kind) };
    let (mut in_flight, mut waiting) = (None, false);
    if stage == Stage::Binding {
        match role {
            Role::Esme => link.bind(now, &bind_request(kind)).unwrap(),
            Role::Smsc => link.handle_bytes(now, &frame(CommandStatus::ROK, 1, Body::Bind(kind, Bind::default()))),
        }
    }
    if !unbound {
        if link.submit(now, ours, &message("ours"), 5).is_ok() {
            in_flight = Some(output(&mut link)[0].2);
        }
        link.handle_bytes(now, &request(theirs, WAITING));
        waiting = link.requests_waiting() == 1;
        output(&mut link);
    }
    match stage {
        Stage::Draining => link.unbind(now).unwrap(),
        Stage::Unbinding => {
            link.unbind(now).unwrap();
            now = now + drain;
            link.handle_timeout(now);
        }
        Stage::PeerUnbound => link.handle_bytes(now, &frame(CommandStatus::ROK, 78, Body::Unbind)),
        Stage::Closed => link.handle_closed(now),
        Stage::Open | Stage::Binding | Stage::BoundTransmitter | Stage::BoundReceiver | Stage::BoundTransceiver => {}
    }
    assert_eq!(link.state().stage(), stage);
    let sent = output(&mut link);
    if stage == Stage::Unbinding {
        assert_eq!(sent.last().unwrap().0, CommandId::UNBIND);
    }
    events(&mut link);
    Placed { link, now, in_flight, waiting }
}

/// Does the operation. Verbs give what they said; what comes gives `None` and the request's command, if it is one.
fn perform(placed: &mut Placed, operation: Operation) -> (Option<bool>, Option<CommandId>) {
    let Placed { link, now, in_flight, waiting } = placed;
    let now = *now;
    let verb = |refused: bool| (Some(!refused), None);
    let ours = match link.state() {
        State::Binding { sequence_number, .. } | State::Unbinding { sequence_number } => sequence_number,
        _ => FRESH,
    };
    let (body, sequence_number) = match operation {
        Operation::SendOutbind => {
            let outbind = OutbindRequest::new("smsc", "secret").unwrap();
            return verb(link.outbind(&outbind) == Err(VerbError::WrongState));
        }
        Operation::SendBind => {
            return verb(link.bind(now, &bind_request(BindKind::Transceiver)) == Err(VerbError::WrongState));
        }
        Operation::SendBindResp => return verb(link.accept_bind(now, b"smsc") == Err(VerbError::WrongState)),
        Operation::SendMessage(kind) => {
            return verb(link.submit(now, kind, &message("x"), 6) == Err(SubmitError::NotBound));
        }
        Operation::SendAncillary => return verb(link.ask(now, &query(), 6) == Err(SubmitError::NotBound)),
        Operation::SendMessageResp => {
            let said = link.respond(now, WAITING, CommandStatus::ROK, None);
            assert!(said.is_ok() || !*waiting || said == Err(VerbError::WrongState), "{said:?}");
            return verb(said == Err(VerbError::WrongState));
        }
        Operation::SendUnbind => return verb(link.unbind(now) == Err(VerbError::WrongState)),
        Operation::TakeBind => (Body::Bind(BindKind::Transceiver, Bind::default()), FRESH),
        Operation::TakeBindResp => (Body::BindResp(BindKind::Transceiver, BindResp::default()), ours),
        Operation::TakeMessage(kind) => {
            link.handle_bytes(now, &request(kind, FRESH));
            return (None, Some(kind.command_id()));
        }
        Operation::TakeMessageResp => {
            let kind = if link.config.role == Role::Esme { MessageKind::SubmitSm } else { MessageKind::DeliverSm };
            (Body::MessageResp(kind, SmResp::default()), in_flight.unwrap_or(FRESH))
        }
        Operation::TakeAncillary => {
            link.handle_bytes(now, &frame(CommandStatus::ROK, FRESH, query().as_body()));
            return (None, Some(CommandId::QUERY_SM));
        }
        Operation::TakeAncillaryResp => (Body::CancelSmResp, FRESH),
        Operation::TakeAlert => (Body::AlertNotification(AlertNotification::default()), FRESH),
        Operation::TakeOutbind => (Body::Outbind(Outbind::default()), FRESH),
        Operation::TakeEnquireLink => (Body::EnquireLink, FRESH),
        Operation::TakeEnquireLinkResp => (Body::EnquireLinkResp, FRESH),
        Operation::TakeUnbind => (Body::Unbind, FRESH),
        Operation::TakeUnbindResp => (Body::UnbindResp, ours),
        Operation::TakeNack => (Body::GenericNack, in_flight.unwrap_or(FRESH)),
        Operation::TakeUnknownRequest => (Body::Unknown { command_id: CommandId(0x777), body: b"x" }, FRESH),
        Operation::TakeUnknownResp => (Body::Unknown { command_id: CommandId(0x8000_0777), body: b"x" }, FRESH),
    };
    let status = if body == Body::GenericNack { CommandStatus::RINVCMDLEN } else { CommandStatus::ROK };
    let asks = body.command_id().wants_response().then(|| body.command_id());
    link.handle_bytes(now, &frame(status, sequence_number, body));
    (None, asks)
}

#[test]
fn every_operation_does_in_every_state_what_the_table_says() {
    for role in [Role::Esme, Role::Smsc] {
        for stage in STAGES {
            for operation in OPERATIONS {
                check(role, stage, operation);
            }
        }
    }
}

fn check(role: Role, stage: Stage, operation: Operation) {
    let mut placed = placed(role, stage);
    let in_flight = placed.in_flight;
    let (state, counted) = (placed.link.state(), placed.link.counters());
    let (verb, asks) = perform(&mut placed, operation);
    let mut link = placed.link;
    if operation == Operation::TakeUnbind && stage != Stage::PeerUnbound {
        // It may wait for the answers to what came before it, and no longer.
        link.handle_timeout(Instant::ZERO + SECOND / 2);
    }
    let (out, seen) = (output(&mut link), events(&mut link));
    let cell = format!("{role:?} {stage:?} {operation:?}: wrote {out:?}, saw {seen:?}");

    // Whatever the table says: a live link answers each request once or hands it on, and never answers a response.
    if let Some(command_id) = asks {
        let answers = out.iter().filter(|(id, _, number)| {
            *number == FRESH && (*id == command_id.response() || *id == CommandId::GENERIC_NACK)
        });
        let handed_on = seen
            .iter()
            .filter(|event| matches!(event, Event::Request { .. } | Event::Ancillary { .. } | Event::BindRequest(_)));
        assert_eq!(answers.count() + handed_on.count(), usize::from(stage != Stage::Closed), "{cell}");
    } else if verb.is_none() {
        assert!(out.iter().all(|(id, _, _)| *id == CommandId::UNBIND), "{cell}");
    }

    match verdict(role, stage, operation) {
        Verdict::Forbid => {
            assert_eq!((verb, link.state()), (Some(false), state), "{cell}");
            assert!(out.is_empty() && seen.is_empty(), "{cell}");
        }
        Verdict::Refuse(status) => {
            let id = asks.unwrap().response();
            assert_eq!((&out[..], link.state()), (&[(id, status, FRESH)][..], state), "{cell}");
        }
        Verdict::Nack => {
            let nack = (CommandId::GENERIC_NACK, CommandStatus::RINVCMDID, FRESH);
            assert_eq!((&out[..], link.state()), (&[nack][..], state), "{cell}");
        }
        Verdict::Ignore => {
            assert!(out.is_empty() && seen.is_empty() && link.state() == state, "{cell}");
            let more = u64::from(stage != Stage::Closed);
            let strays = |counters: Counters| counters.unknown_responses + counters.unknown_requests;
            assert_eq!(strays(link.counters()), strays(counted) + more, "{cell}");
        }
        Verdict::Accept => {
            let stray = link.counters().unknown_responses - counted.unknown_responses;
            let done = match operation {
                Operation::SendOutbind
                | Operation::SendBind
                | Operation::SendBindResp
                | Operation::SendMessage(_)
                | Operation::SendAncillary
                | Operation::SendMessageResp
                | Operation::SendUnbind => verb == Some(true),
                Operation::TakeBind => matches!(seen[..], [Event::BindRequest(_)]),
                Operation::TakeBindResp => matches!(seen[..], [Event::Bound { .. }]),
                Operation::TakeMessage(_) => matches!(seen[..], [Event::Request { sequence_number: FRESH, .. }]),
                Operation::TakeMessageResp if in_flight.is_some() => {
                    matches!(seen[..], [Event::Response { token: 5, .. }, ..])
                }
                Operation::TakeNack if in_flight.is_some() => {
                    matches!(seen[..], [Event::Nacked { token: 5, status: CommandStatus::RINVCMDLEN }, ..])
                }
                Operation::TakeAncillary => matches!(seen[..], [Event::Ancillary { sequence_number: FRESH, .. }]),
                Operation::TakeAlert => matches!(seen[..], [Event::AlertNotification { .. }]),
                Operation::TakeMessageResp
                | Operation::TakeAncillaryResp
                | Operation::TakeEnquireLinkResp
                | Operation::TakeNack => stray == 1 && seen.is_empty(),
                Operation::TakeEnquireLink => {
                    out == [(CommandId::ENQUIRE_LINK.response(), CommandStatus::ROK, FRESH)] && link.state() == state
                }
                Operation::TakeUnbind => {
                    out == [(CommandId::UNBIND.response(), CommandStatus::ROK, FRESH)]
                        && matches!(link.state(), State::PeerUnbound | State::Closed { .. })
                }
                Operation::TakeUnbindResp => link.state() == (State::Closed { reason: CloseReason::Unbound }),
                Operation::TakeOutbind => {
                    matches!(seen[..], [Event::Outbind(_)]) && out.is_empty() && link.state() == state
                }
                Operation::TakeUnknownRequest | Operation::TakeUnknownResp => false,
            };
            assert!(done, "{cell}");
        }
    }
}

/// The table once more, as people read it. Columns as in `STAGES`; A does it, . is not allowed to us, - passes over,
/// N nacks, b refuses as not bound, y as bound already, t asks for it again later.
const GRID: [(Operation, &str, &str); 26] = [
    (Operation::SendOutbind, ".........", "A........"),
    (Operation::SendBind, "A........", "........."),
    (Operation::SendBindResp, ".........", ".A......."),
    (Operation::SendMessage(MessageKind::SubmitSm), "..A.A....", "........."),
    (Operation::SendMessage(MessageKind::DeliverSm), ".........", "...AA...."),
    (Operation::SendMessage(MessageKind::DataSm), "..A.A....", "...AA...."),
    (Operation::SendAncillary, "..A.A....", "........."),
    (Operation::SendMessageResp, "..AAAAAA.", "..AAAAAA."),
    (Operation::SendUnbind, "..AAA....", "..AAA...."),
    (Operation::TakeBind, "NNNNNNNN-", "Ayyyyyyy-"),
    (Operation::TakeBindResp, "-A-------", "---------"),
    (Operation::TakeMessage(MessageKind::SubmitSm), "NNNNNNNN-", "bbAbAAtb-"),
    (Operation::TakeMessage(MessageKind::DeliverSm), "btbAAAtt-", "NNNNNNNN-"),
    (Operation::TakeMessage(MessageKind::DataSm), "btbAAAtt-", "bbAbAAtb-"),
    (Operation::TakeMessageResp, "--AAAAAA-", "--AAAAAA-"),
    (Operation::TakeAncillary, "NNNNNNNN-", "bbAbAAtb-"),
    (Operation::TakeAncillaryResp, "--AAAAAA-", "--AAAAAA-"),
    (Operation::TakeAlert, "---AAA---", "---------"),
    (Operation::TakeOutbind, "A--------", "---------"),
    (Operation::TakeEnquireLink, "AAAAAAAA-", "AAAAAAAA-"),
    (Operation::TakeEnquireLinkResp, "AAAAAAAA-", "AAAAAAAA-"),
    (Operation::TakeUnbind, "AAAAAAAA-", "AAAAAAAA-"),
    (Operation::TakeUnbindResp, "------A--", "------A--"),
    (Operation::TakeNack, "AAAAAAAA-", "AAAAAAAA-"),
    (Operation::TakeUnknownRequest, "NNNNNNNN-", "NNNNNNNN-"),
    (Operation::TakeUnknownResp, "---------", "---------"),
];

#[test]
fn the_table_reads_as_it_is_meant() {
    let letter = |role, stage, operation| match verdict(role, stage, operation) {
        Verdict::Accept => 'A',
        Verdict::Forbid => '.',
        Verdict::Ignore => '-',
        Verdict::Nack => 'N',
        Verdict::Refuse(CommandStatus::RINVBNDSTS) => 'b',
        Verdict::Refuse(CommandStatus::RALYBND) => 'y',
        Verdict::Refuse(CommandStatus::RX_T_APPN) => 't',
        Verdict::Refuse(status) => panic!("{status}"),
    };
    for (operation, esme, smsc) in GRID {
        for (role, expected) in [(Role::Esme, esme), (Role::Smsc, smsc)] {
            let row: String = STAGES.into_iter().map(|stage| letter(role, stage, operation)).collect();
            assert_eq!(row, expected, "{role:?} {operation:?}");
        }
    }
    assert_eq!(GRID.map(|(operation, _, _)| operation), OPERATIONS);
}
