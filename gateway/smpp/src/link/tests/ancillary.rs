use super::*;
use crate::octets::Octets;
use crate::receipt::MessageState;

fn smsc() -> Link {
    bound(LinkConfig { ancillary: true, ..LinkConfig::new(Role::Smsc) }, BindKind::Transceiver)
}

/// Moves all octets both ways until nobody has anything to say.
fn exchange(esme: &mut Link, smsc: &mut Link) {
    let hand_over = |from: &mut Link, to: &mut Link| {
        let mut octets = Vec::new();
        let moved = from.take_output(&mut octets);
        to.handle_bytes(Instant::ZERO, &octets);
        moved
    };
    while hand_over(esme, smsc) | hand_over(smsc, esme) {}
}

fn all_three() -> [Ancillary; 3] {
    let (message_id, source) = (MessageId::new("id").unwrap(), Address::new(0, 1, "7142").unwrap());
    let destination = Address::new(1, 1, "994501234567").unwrap();
    [
        query(),
        Ancillary::Cancel { service_type: Octets::EMPTY, message_id, source, destination },
        Ancillary::Replace {
            message_id,
            source,
            schedule_delivery_time: Octets::EMPTY,
            validity_period: Octets::new("000000010000000R").unwrap(),
            registered_delivery: 1,
            sm_default_msg_id: 0,
            short_message: b"another text".to_vec(),
        },
    ]
}

#[test]
fn an_esme_asks_for_cancels_and_replaces_what_it_submitted_and_hears_the_outcome() {
    let (mut esme, mut smsc) = (bound_esme(), smsc());
    for (request, token) in all_three().into_iter().zip(1..) {
        esme.ask(Instant::ZERO, &request, token).unwrap();
        exchange(&mut esme, &mut smsc);
        let Some(Event::Ancillary { sequence_number, request: asked }) = smsc.poll_event() else {
            panic!("the request comes up")
        };
        assert_eq!(asked, request);
        let outcome = QueryOutcome {
            final_date: Octets::new("261123003000004+").unwrap(),
            message_state: MessageState::Delivered,
            error_code: 0,
        };
        let ok = CommandStatus::ROK;
        match request {
            Ancillary::Query { .. } => {
                let refused = smsc.respond(Instant::ZERO, sequence_number, ok, None);
                assert_eq!(refused, Err(VerbError::WrongState), "a query that succeeds has an outcome");
                smsc.respond_query(Instant::ZERO, sequence_number, &outcome).unwrap();
            }
            Ancillary::Cancel { .. } | Ancillary::Replace { .. } => {
                let refused = smsc.respond_query(Instant::ZERO, sequence_number, &outcome);
                assert_eq!(refused, Err(VerbError::UnknownRequest));
                smsc.respond(Instant::ZERO, sequence_number, ok, None).unwrap();
            }
        }
        exchange(&mut esme, &mut smsc);
        let expected = match request {
            Ancillary::Query { .. } => Event::QueryResponse { token, status: ok, outcome },
            Ancillary::Cancel { .. } | Ancillary::Replace { .. } => {
                Event::Response { token, status: ok, message_id: None }
            }
        };
        assert_eq!(events(&mut esme), [expected]);
        assert_eq!((esme.in_flight(), smsc.requests_waiting()), (0, 0));
    }
}

#[test]
fn what_cannot_be_answered_is_refused_with_its_own_response_and_a_status() {
    for request in all_three() {
        let (mut esme, mut smsc) = (bound_esme(), smsc());
        esme.ask(Instant::ZERO, &request, 8).unwrap();
        exchange(&mut esme, &mut smsc);
        let Some(Event::Ancillary { sequence_number, .. }) = smsc.poll_event() else { panic!("it comes up") };
        smsc.respond(Instant::ZERO, sequence_number, CommandStatus::RINVMSGID, None).unwrap();
        exchange(&mut esme, &mut smsc);
        match &events(&mut esme)[..] {
            [Event::QueryResponse { token: 8, status: CommandStatus::RINVMSGID, outcome }] => {
                assert_eq!(outcome.message_state, MessageState::Unknown);
            }
            [Event::Response { token: 8, status: CommandStatus::RINVMSGID, message_id: None }] => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a24_an_smsc_that_does_not_serve_them_nacks_them_as_unknown_and_keeps_the_link() {
    for request in all_three() {
        let mut esme = bound_esme();
        let mut smsc = bound(LinkConfig::new(Role::Smsc), BindKind::Transceiver);
        esme.ask(Instant::ZERO, &request, 8).unwrap();
        exchange(&mut esme, &mut smsc);
        assert!(events(&mut smsc).is_empty());
        assert_eq!(events(&mut esme), [Event::Nacked { token: 8, status: CommandStatus::RINVCMDID }]);
        assert!(esme.is_bound() && smsc.is_bound());
    }
}

#[test]
fn requests_beyond_the_limit_are_throttled() {
    let config = LinkConfig { ancillary: true, inbound_max: 1, ..LinkConfig::new(Role::Smsc) };
    let (mut esme, mut smsc) = (bound_esme(), bound(config, BindKind::Transceiver));
    for token in 1..=2 {
        esme.ask(Instant::ZERO, &query(), token).unwrap();
    }
    exchange(&mut esme, &mut smsc);
    assert_eq!(events(&mut smsc).len(), 1);
    assert!(matches!(
        events(&mut esme)[..],
        [Event::QueryResponse { token: 2, status: CommandStatus::RTHROTTLED, .. }]
    ));
}

#[test]
fn nothing_is_written_in_answer_to_an_alert_or_an_outbind_even_a_broken_one() {
    let mut link = bound_esme();
    let alert = AlertNotification {
        source: crate::Addr { ton: 1, npi: 1, digits: b"994501234567" },
        esme: crate::Addr { ton: 0, npi: 1, digits: b"7142" },
        ..AlertNotification::default()
    };
    let mut octets = frame(CommandStatus::ROK, 70, Body::AlertNotification(alert));
    octets.extend_from_slice(&[0x04, 0x22, 0, 1, 0]);
    let octets = relength(octets);
    link.handle_bytes(Instant::ZERO, &octets);
    assert_eq!(
        events(&mut link),
        [Event::AlertNotification {
            source: Address::new(1, 1, "994501234567").unwrap(),
            esme: Address::new(0, 1, "7142").unwrap(),
            ms_availability_status: Some(0),
        }]
    );
    let outbind = frame(CommandStatus::ROK, 71, Body::Outbind(Outbind { system_id: b"smsc", password: b"secret" }));
    for broken in [relength(octets[..20].to_vec()), relength(outbind[..18].to_vec())] {
        link.handle_bytes(Instant::ZERO, &broken);
    }
    assert!(output(&mut link).is_empty() && events(&mut link).is_empty());
    assert_eq!(link.counters().bad_bodies, 2);
    assert!(link.is_bound());
}
