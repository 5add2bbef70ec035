use super::*;

#[test]
fn a1_a_bind_stands_for_both_ends_and_each_learns_who_the_other_is() {
    let now = Instant::ZERO;
    let mut esme = Link::new(LinkConfig::new(Role::Esme), now);
    let mut smsc = Link::new(LinkConfig::new(Role::Smsc), now);
    esme.bind(now, &bind_request(BindKind::Receiver)).unwrap();
    let mut octets = Vec::new();
    esme.take_output(&mut octets);
    smsc.handle_bytes(now, &octets);
    assert_eq!(events(&mut smsc), [Event::BindRequest(bind_request(BindKind::Receiver))]);
    smsc.accept_bind(now, b"smsc").unwrap();
    octets.clear();
    smsc.take_output(&mut octets);
    esme.handle_bytes(now, &octets);
    let bound = |system_id: &str| Event::Bound {
        kind: BindKind::Receiver,
        system_id: Octets::new(system_id).unwrap(),
        interface_version: Some(0x34),
    };
    assert_eq!(events(&mut esme), [bound("smsc")]);
    assert_eq!(events(&mut smsc), [bound("dayaq")]);
}

#[test]
fn a36_a_refused_bind_says_why_on_both_ends() {
    let now = Instant::ZERO;
    let mut smsc = Link::new(LinkConfig::new(Role::Smsc), now);
    smsc.handle_bytes(now, &frame(CommandStatus::ROK, 4, Body::Bind(BindKind::Transceiver, Bind::default())));
    smsc.refuse_bind(CommandStatus::RINVPASWD).unwrap();
    let id = CommandId::BIND_TRANSCEIVER.response();
    assert_eq!(output(&mut smsc), [(id, CommandStatus::RINVPASWD, 4)]);
    assert!(smsc.is_closed());

    for refusal in [Body::BindResp(BindKind::Transceiver, BindResp::default()), Body::GenericNack] {
        let mut esme = Link::new(LinkConfig::new(Role::Esme), now);
        esme.bind(now, &bind_request(BindKind::Transceiver)).unwrap();
        esme.handle_bytes(now, &frame(CommandStatus::RALYBND, 1, refusal));
        let status = CommandStatus::RALYBND;
        let reason = CloseReason::BindRefused(status);
        assert_eq!(events(&mut esme), [Event::BindRefused { status }, Event::Closed { reason }]);
    }
}

#[test]
fn a37_a_bind_that_is_not_answered_under_its_number_times_out_and_nothing_is_sent_before_it() {
    let now = Instant::ZERO;
    let mut esme = Link::new(LinkConfig::new(Role::Esme), now);
    esme.bind(now, &bind_request(BindKind::Transceiver)).unwrap();
    output(&mut esme);
    let wrong = Body::BindResp(BindKind::Transceiver, BindResp::default());
    esme.handle_bytes(now, &frame(CommandStatus::ROK, 99, wrong));
    esme.handle_bytes(now, &good_deliver(5));
    assert_eq!(output(&mut esme), [(CommandId::DELIVER_SM.response(), CommandStatus::RX_T_APPN, 5)]);
    let refused = esme.submit(now, MessageKind::SubmitSm, &message("x"), 1);
    assert_eq!(refused, Err(SubmitError::NotBound));
    assert_eq!(esme.poll_timeout(), Some(now + 10 * SECOND));
    esme.handle_timeout(now + 10 * SECOND);
    assert_eq!(events(&mut esme), [Event::Closed { reason: CloseReason::BindTimeout }]);
}

#[test]
fn a37_a_bind_answered_with_another_bind_ends_the_link() {
    let now = Instant::ZERO;
    let mut esme = Link::new(LinkConfig::new(Role::Esme), now);
    esme.bind(now, &bind_request(BindKind::Transceiver)).unwrap();
    esme.handle_bytes(now, &frame(CommandStatus::ROK, 1, Body::BindResp(BindKind::Receiver, BindResp::default())));
    assert!(matches!(esme.state(), State::Closed { reason: CloseReason::WrongResponse(_) }));
}

#[test]
fn a_connection_on_which_nobody_binds_is_closed() {
    for role in [Role::Esme, Role::Smsc] {
        let mut link = Link::new(LinkConfig::new(role), Instant::ZERO);
        link.handle_timeout(Instant::ZERO + 10 * SECOND);
        assert_eq!(events(&mut link), [Event::Closed { reason: CloseReason::SessionInitTimeout }]);
    }
}

#[test]
fn a38_an_unbind_of_the_peer_is_answered_behind_what_came_before_it_and_what_is_under_way_may_end() {
    let now = Instant::ZERO;
    let mut link = bound_esme();
    let number = submit(&mut link, now, 1);
    link.handle_bytes(now, &[good_deliver(70), frame(CommandStatus::ROK, 71, Body::Unbind)].concat());
    assert!(output(&mut link).is_empty(), "who has our unbind_resp may read no more");
    assert!(matches!(events(&mut link)[..], [Event::Request { .. }, Event::PeerUnbind]));
    assert_eq!(link.submit(now, MessageKind::SubmitSm, &message("x"), 2), Err(SubmitError::NotBound));
    link.respond(now, 70, CommandStatus::ROK, None).unwrap();
    let unbind_resp = (CommandId::UNBIND.response(), CommandStatus::ROK, 71);
    assert_eq!(output(&mut link), [(CommandId::DELIVER_SM.response(), CommandStatus::ROK, 70), unbind_resp]);
    link.handle_bytes(now, &response(MessageKind::SubmitSm, number));
    assert!(matches!(events(&mut link)[..], [Event::Response { token: 1, .. }]));
    link.handle_end(now, 0);
    assert_eq!(events(&mut link), [Event::Closed { reason: CloseReason::PeerUnbound }]);
    assert!(link.unproven().is_empty());
}

#[test]
fn a38_an_unbind_waits_half_a_second_and_no_longer_for_the_answers_before_it() {
    let now = Instant::ZERO;
    let mut link = bound_esme();
    link.handle_bytes(now, &[good_deliver(70), frame(CommandStatus::ROK, 71, Body::Unbind)].concat());
    link.handle_timeout(now + SECOND / 2);
    assert_eq!(output(&mut link), [(CommandId::UNBIND.response(), CommandStatus::ROK, 71)]);
    link.respond(now, 70, CommandStatus::ROK, None).unwrap();
    assert_eq!(output(&mut link), [(CommandId::DELIVER_SM.response(), CommandStatus::ROK, 70)]);
    link.handle_end(now, 0);
    assert_eq!(link.unproven(), [70], "it may have closed on our unbind_resp");
}

#[test]
fn a38_a_peer_that_unbinds_and_answers_no_more_is_left_after_the_drain_time() {
    let now = Instant::ZERO;
    let mut link = bound_esme();
    submit(&mut link, now, 1);
    link.handle_bytes(now, &frame(CommandStatus::ROK, 71, Body::Unbind));
    events(&mut link);
    link.handle_timeout(now + 10 * SECOND);
    let reason = CloseReason::PeerUnbound;
    assert_eq!(events(&mut link), [Event::InDoubt { token: 1 }, Event::Closed { reason }]);
}

#[test]
fn e03_our_unbind_waits_for_what_is_under_way_in_both_directions() {
    let now = Instant::ZERO;
    let mut link = bound_esme();
    let number = submit(&mut link, now, 1);
    link.handle_bytes(now, &good_deliver(70));
    link.unbind(now).unwrap();
    assert_eq!(link.submit(now, MessageKind::SubmitSm, &message("x"), 2), Err(SubmitError::NotBound));
    link.handle_bytes(now, &response(MessageKind::SubmitSm, number));
    assert!(output(&mut link).is_empty());
    link.respond(now, 70, CommandStatus::ROK, None).unwrap();
    let unbind = (CommandId::UNBIND, CommandStatus::ROK, number + 1);
    assert_eq!(output(&mut link), [(CommandId::DELIVER_SM.response(), CommandStatus::ROK, 70), unbind]);
    link.handle_bytes(now, &frame(CommandStatus::ROK, number + 1, Body::UnbindResp));
    assert_eq!(link.state(), State::Closed { reason: CloseReason::Unbound });
}

#[test]
fn e03_our_unbind_goes_out_after_the_drain_time_and_is_not_waited_for_for_ever() {
    let now = Instant::ZERO;
    let mut link = bound_esme();
    submit(&mut link, now, 1);
    link.unbind(now).unwrap();
    link.handle_timeout(now + 10 * SECOND);
    assert_eq!(output(&mut link)[0].0, CommandId::UNBIND);
    assert!(events(&mut link).is_empty());
    link.handle_timeout(now + 15 * SECOND);
    let reason = CloseReason::UnbindTimeout;
    assert_eq!(events(&mut link), [Event::InDoubt { token: 1 }, Event::Closed { reason }]);
}

#[test]
fn an_answer_can_be_given_once_and_only_to_a_request_that_waits() {
    let now = Instant::ZERO;
    let mut link = bound(LinkConfig::new(Role::Smsc), BindKind::Transceiver);
    link.handle_bytes(now, &request(MessageKind::SubmitSm, 70));
    assert_eq!(link.respond(now, 71, CommandStatus::ROK, None), Err(VerbError::UnknownRequest));
    let long = [b'x'; 65];
    assert!(matches!(link.respond(now, 70, CommandStatus::ROK, Some(&long)), Err(VerbError::Encode(_))));
    link.respond(now, 70, CommandStatus::ROK, Some(b"id")).unwrap();
    assert_eq!(link.respond(now, 70, CommandStatus::ROK, None), Err(VerbError::UnknownRequest));
    assert_eq!(output(&mut link), [(CommandId::SUBMIT_SM.response(), CommandStatus::ROK, 70)]);
}

#[test]
fn a_message_that_cannot_be_encoded_costs_neither_the_window_nor_the_stream() {
    let mut link = bound_esme();
    let mut long = message("x");
    long.destination = Address::new(1, 1, [b'1'; 21]).unwrap();
    let refused = link.submit(Instant::ZERO, MessageKind::SubmitSm, &long, 1);
    assert!(matches!(refused, Err(SubmitError::Encode(_))));
    assert_eq!((link.in_flight(), output(&mut link).len()), (0, 0));
}

#[test]
fn debug_of_what_a_bind_brings_shows_neither_name_nor_password() {
    let outbind = Event::Outbind(OutbindRequest::new("dayaq", "secret").unwrap());
    let shown = format!("{:?} {outbind:?}", Event::BindRequest(bind_request(BindKind::Transceiver)));
    assert!(!shown.contains("dayaq") && !shown.contains("secret"), "{shown}");
}

#[test]
fn a38_an_smsc_that_connects_by_itself_asks_for_the_bind_and_gets_it_over_the_same_connection() {
    let now = Instant::ZERO;
    let (mut esme, mut smsc) =
        (Link::new(LinkConfig::new(Role::Esme), now), Link::new(LinkConfig::new(Role::Smsc), now));
    let who = OutbindRequest::new("smsc", "door").unwrap();
    smsc.outbind(&who).unwrap();
    let mut octets = Vec::new();
    smsc.take_output(&mut octets);
    esme.handle_bytes(now, &octets);
    assert_eq!(events(&mut esme), [Event::Outbind(who)]);
    assert!(output(&mut esme).is_empty(), "nothing answers an outbind but the bind");
    esme.bind(now, &bind_request(BindKind::Receiver)).unwrap();
    octets.clear();
    esme.take_output(&mut octets);
    smsc.handle_bytes(now, &octets);
    assert!(matches!(events(&mut smsc)[..], [Event::BindRequest(_)]));
    smsc.accept_bind(now, b"smsc").unwrap();
    octets.clear();
    smsc.take_output(&mut octets);
    esme.handle_bytes(now, &octets);
    assert!(esme.is_bound() && smsc.is_bound());

    // Once bound, it is passed over: nothing answers it, and it changes nothing.
    esme.handle_bytes(now, &frame(CommandStatus::ROK, 9, Body::Outbind(Outbind::default())));
    assert!(esme.is_bound() && output(&mut esme).is_empty());
}

#[test]
fn a06_an_answer_is_in_doubt_until_the_peer_answers_something_that_was_written_after_it() {
    let now = Instant::ZERO;
    let mut link = bound_esme();
    let doubtful = |link: &Link| link.unproven();
    let first = submit(&mut link, now, 1);
    link.handle_bytes(now, &[good_deliver(70), good_deliver(71), good_deliver(72)].concat());
    link.respond(now, 70, CommandStatus::ROK, None).unwrap();
    assert_eq!(doubtful(&link), [71, 72, 70], "not answered, or answered just now");
    let second = submit(&mut link, now, 2);
    link.respond(now, 71, CommandStatus::ROK, None).unwrap();
    link.handle_bytes(now, &response(MessageKind::SubmitSm, first));
    assert_eq!(doubtful(&link), [72, 70, 71], "that request went out before all of them");
    link.handle_bytes(now, &response(MessageKind::SubmitSm, second));
    assert_eq!(doubtful(&link), [72, 71]);
    link.handle_cut(now, 0);
    assert_eq!(doubtful(&link), [72, 71], "and so it stays when the link is gone");
}

#[test]
fn a06_a_bind_that_only_receives_asks_for_a_proof_now_and_then() {
    let now = Instant::ZERO;
    let mut link = bound(LinkConfig::new(Role::Esme), BindKind::Receiver);
    for number in 1..=256 {
        link.handle_bytes(now, &good_deliver(number));
        link.respond(now, number, CommandStatus::ROK, None).unwrap();
    }
    let probes: Vec<u32> =
        output(&mut link).into_iter().filter(|o| o.0 == CommandId::ENQUIRE_LINK).map(|o| o.2).collect();
    assert_eq!((probes.len(), link.unproven().len()), (1, 256));
    link.handle_bytes(now, &frame(CommandStatus::ROK, probes[0], Body::EnquireLinkResp));
    assert_eq!(link.unproven().len(), 0);
}

#[test]
fn a06_a_peer_that_unbinds_and_then_closes_in_order_has_read_what_we_answered() {
    let now = Instant::ZERO;
    let unbound = || {
        let mut link = bound_esme();
        link.handle_bytes(now, &good_deliver(70));
        link.respond(now, 70, CommandStatus::ROK, None).unwrap();
        link.handle_bytes(now, &frame(CommandStatus::ROK, 71, Body::Unbind));
        assert_eq!(output(&mut link).len(), 2);
        assert!(!link.is_closed(), "it is waited for");
        link
    };
    let mut link = unbound();
    link.handle_end(now, 0);
    assert_eq!((link.is_closed(), link.unproven().len()), (true, 0));
    // Cut off, or with our last words unwritten, or silent: who knows what it has read.
    let mut link = unbound();
    link.handle_cut(now, 0);
    assert_eq!(link.unproven().len(), 1);
    let mut link = unbound();
    link.handle_end(now, 1);
    assert_eq!(link.unproven().len(), 1);
    let mut link = unbound();
    link.handle_timeout(now + SECOND);
    assert_eq!(link.state(), State::Closed { reason: CloseReason::PeerUnbound });
    assert_eq!(link.unproven().len(), 1);
}

#[test]
fn a06_a_peer_that_answers_our_unbind_has_read_what_we_answered_before_it() {
    let now = Instant::ZERO;
    for (answers_unbind, doubtful) in [(true, 0), (false, 1)] {
        let mut link = bound_esme();
        link.handle_bytes(now, &good_deliver(70));
        link.respond(now, 70, CommandStatus::ROK, None).unwrap();
        link.unbind(now).unwrap();
        let unbind = output(&mut link).into_iter().find(|o| o.0 == CommandId::UNBIND).expect("it goes out").2;
        if answers_unbind {
            link.handle_bytes(now, &frame(CommandStatus::ROK, unbind, Body::UnbindResp));
        }
        link.handle_cut(now, 0);
        assert_eq!((link.is_closed(), link.unproven().len()), (true, doubtful));
    }
}
