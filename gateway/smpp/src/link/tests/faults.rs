use proptest::prelude::*;

use super::*;
use crate::frame::MAX_PDU_LEN;

#[test]
fn a01_what_left_is_in_doubt_and_what_did_not_is_unsent() {
    let mut link = bound_esme();
    submit(&mut link, Instant::ZERO, 1);
    submit(&mut link, Instant::ZERO, 2);
    link.submit(Instant::ZERO, MessageKind::SubmitSm, &message("x"), 3).unwrap();
    link.handle_closed(Instant::ZERO);
    assert_eq!(
        events(&mut link),
        [
            Event::InDoubt { token: 1 },
            Event::InDoubt { token: 2 },
            Event::Unsent { token: 3 },
            Event::Closed { reason: CloseReason::ConnectionLost },
        ]
    );
    assert!(output(&mut link).is_empty(), "what is called unsent must not be sent");
}

#[test]
fn a01_cut_at_any_octet_the_requests_written_whole_are_in_doubt_and_exactly_they() {
    let mut whole = bound_esme();
    let mut ends = Vec::new();
    let mut octets = Vec::new();
    for token in 0..4 {
        whole.submit(Instant::ZERO, MessageKind::SubmitSm, &message(&"x".repeat(token as usize)), token).unwrap();
        whole.take_output(&mut octets);
        ends.push(octets.len());
    }
    for written in 0..=octets.len() {
        let mut link = bound_esme();
        let mut taken = Vec::new();
        for token in 0..4 {
            link.submit(Instant::ZERO, MessageKind::SubmitSm, &message(&"x".repeat(token as usize)), token).unwrap();
            // The last is still in the link's own output.
            if token < 3 {
                link.take_output(&mut taken);
            }
        }
        link.handle_cut(Instant::ZERO, taken.len().saturating_sub(written));
        let expected: Vec<Event> = (0..4)
            .map(|token| match ends[token as usize] <= written.min(taken.len()) {
                true => Event::InDoubt { token },
                false => Event::Unsent { token },
            })
            .chain([Event::Closed { reason: CloseReason::ConnectionLost }])
            .collect();
        assert_eq!(events(&mut link), expected, "{written} octets written");
    }
}

#[test]
fn a02_a04_one_silent_probe_is_followed_by_another_and_two_close_the_link_within_40_s() {
    let mut link = bound_esme();
    let due = link.poll_timeout().unwrap();
    assert_eq!(due, Instant::ZERO + 30 * SECOND);
    link.handle_timeout(due);
    assert_eq!(output(&mut link), [(CommandId::ENQUIRE_LINK, CommandStatus::ROK, 2)]);

    let due = link.poll_timeout().unwrap();
    link.handle_timeout(due);
    assert_eq!(output(&mut link), [(CommandId::ENQUIRE_LINK, CommandStatus::ROK, 3)]);
    assert!(link.is_bound() && events(&mut link).is_empty());

    let due = link.poll_timeout().unwrap();
    link.handle_timeout(due);
    assert_eq!(due, Instant::ZERO + 40 * SECOND);
    assert_eq!(events(&mut link), [Event::Closed { reason: CloseReason::EnquireLinkTimeout }]);
    assert_eq!(link.poll_timeout(), None);
}

#[test]
fn a04_any_pdu_is_a_sign_of_life_and_a_late_answer_to_a_probe_is_no_stray() {
    let mut link = bound_esme();
    let mut now = Instant::ZERO + 30 * SECOND;
    link.handle_timeout(now);
    now = now + 5 * SECOND;
    link.handle_timeout(now);
    assert_eq!(output(&mut link).len(), 2);
    link.handle_bytes(now, &good_deliver(9));
    assert_eq!(link.poll_timeout(), Some(now + 30 * SECOND));
    for number in [2, 3] {
        link.handle_bytes(now, &frame(CommandStatus::ROK, number, Body::EnquireLinkResp));
    }
    assert_eq!(link.counters().unknown_responses, 0);
    assert!(link.is_bound());
}

#[test]
fn a03_a_pdu_that_does_not_end_closes_the_link_and_one_that_creeps_in_time_does_not() {
    let config = LinkConfig { enquire_link: None, ..LinkConfig::new(Role::Esme) };
    let mut link = bound(config, BindKind::Transceiver);
    let whole = good_deliver(9);
    let mut now = Instant::ZERO;
    for octet in &whole[..20] {
        link.handle_bytes(now, &[*octet]);
        now = now + SECOND;
        link.handle_timeout(now);
    }
    assert_eq!(link.poll_timeout(), Some(Instant::ZERO + 30 * SECOND));
    link.handle_bytes(now, &whole[20..]);
    assert_eq!(link.poll_timeout(), None);
    assert_eq!(events(&mut link).len(), 1);

    // Each PDU has its own time, even where one ends and the next begins in one piece.
    link.handle_bytes(now, &whole[..20]);
    now = now + 20 * SECOND;
    link.handle_bytes(now, &[&whole[20..], &whole[..20]].concat());
    assert_eq!(link.poll_timeout(), Some(now + 30 * SECOND));
    link.handle_timeout(now + 30 * SECOND);
    assert_eq!(link.state(), State::Closed { reason: CloseReason::FrameTimeout });
}

#[test]
fn a09_a_response_to_nothing_is_counted_and_changes_nothing() {
    let mut link = bound_esme();
    let number = submit(&mut link, Instant::ZERO, 1);
    link.handle_bytes(Instant::ZERO, &response(MessageKind::SubmitSm, 4711));
    assert_eq!((link.in_flight(), link.counters().unknown_responses), (1, 1));
    link.handle_bytes(Instant::ZERO, &response(MessageKind::SubmitSm, number));
    assert_eq!(events(&mut link).len(), 1);
    link.handle_bytes(Instant::ZERO, &response(MessageKind::SubmitSm, number));
    assert_eq!((events(&mut link).len(), link.counters().unknown_responses), (0, 2));
    assert!(link.is_bound());
}

#[test]
fn a10_the_right_number_with_the_wrong_command_leaves_the_outcome_in_doubt_and_ends_the_link() {
    for wrong in [
        Body::MessageResp(MessageKind::DataSm, SmResp::default()),
        Body::EnquireLinkResp,
        Body::UnbindResp,
        Body::BindResp(BindKind::Transceiver, BindResp::default()),
    ] {
        let mut link = bound_esme();
        let number = submit(&mut link, Instant::ZERO, 1);
        link.handle_bytes(Instant::ZERO, &frame(CommandStatus::ROK, number, wrong));
        let reason = CloseReason::WrongResponse(wrong.command_id());
        assert_eq!(events(&mut link), [Event::InDoubt { token: 1 }, Event::Closed { reason }]);
    }
}

#[test]
fn a11_a_generic_nack_names_the_request_and_keeps_the_link() {
    let mut link = bound_esme();
    let number = submit(&mut link, Instant::ZERO, 1);
    link.handle_bytes(Instant::ZERO, &frame(CommandStatus::RINVCMDLEN, number, Body::GenericNack));
    assert_eq!(events(&mut link), [Event::Nacked { token: 1, status: CommandStatus::RINVCMDLEN }]);
    assert!(link.is_bound());
}

#[test]
fn a12_the_window_is_a_hard_limit_and_silence_ends_in_doubt() {
    let mut link = bound_esme();
    for token in 0..10 {
        assert_eq!(link.window_free(), 10 - token as usize);
        submit(&mut link, Instant::ZERO, token);
    }
    let refused = link.submit(Instant::ZERO, MessageKind::SubmitSm, &message("x"), 10);
    assert_eq!((refused, link.in_flight(), link.window_free()), (Err(SubmitError::WindowFull), 10, 0));
    link.handle_timeout(Instant::ZERO + 30 * SECOND);
    assert_eq!(events(&mut link), (0..10).map(|token| Event::InDoubt { token }).collect::<Vec<_>>());
    assert_eq!(link.window_free(), 10);
}

#[test]
fn a12_a_caller_who_never_polls_and_a_peer_who_never_reads_meet_a_limit() {
    let config = LinkConfig { events_max: 20, inbound_max: 5, ..LinkConfig::new(Role::Esme) };
    let mut link = bound(config, BindKind::Transceiver);
    for token in 0..100 {
        if link.submit(Instant::ZERO, MessageKind::SubmitSm, &message("x"), token).is_ok() {
            let (_, _, number) = *output(&mut link).last().unwrap();
            link.handle_bytes(Instant::ZERO, &response(MessageKind::SubmitSm, number));
        }
        link.handle_bytes(Instant::ZERO, &good_deliver(token as u32));
    }
    assert!(link.events.len() <= 20, "{}", link.events.len());
    assert_eq!(link.requests_waiting(), 5);

    let config = LinkConfig { events_max: 20, ..LinkConfig::new(Role::Esme) };
    let mut link = bound(config, BindKind::Transceiver);
    (0..100).for_each(|number| link.handle_bytes(Instant::ZERO, &good_deliver(number)));
    assert_eq!((link.events.len(), link.requests_waiting()), (20, 20));
    assert_eq!(output(&mut link).len(), 80, "the others are asked for again");

    let config = LinkConfig { output_max: 1000, max_pdu_len: 1000, ..LinkConfig::new(Role::Esme) };
    let mut link = bound(config, BindKind::Transceiver);
    let enquire_link = frame(CommandStatus::ROK, 1, Body::EnquireLink);
    while !link.is_closed() {
        link.handle_bytes(Instant::ZERO, &enquire_link);
        assert!(link.output.len() <= 3016);
    }
    assert_eq!(events(&mut link), [Event::Closed { reason: CloseReason::OutputOverflow }]);
}

#[test]
fn requests_beyond_the_limit_are_answered_so_that_they_come_again() {
    for (role, kind, status) in [
        (Role::Esme, MessageKind::DeliverSm, CommandStatus::RX_T_APPN),
        (Role::Smsc, MessageKind::SubmitSm, CommandStatus::RTHROTTLED),
    ] {
        let mut link = bound(LinkConfig { inbound_max: 1, ..LinkConfig::new(role) }, BindKind::Transceiver);
        link.handle_bytes(Instant::ZERO, &[request(kind, 50), request(kind, 51)].concat());
        assert_eq!(events(&mut link).len(), 1);
        assert_eq!(output(&mut link), [(kind.command_id().response(), status, 51)]);
        link.respond(Instant::ZERO, 50, CommandStatus::ROK, None).unwrap();
        link.handle_bytes(Instant::ZERO, &request(kind, 52));
        assert_eq!(events(&mut link).len(), 1);
    }
}

#[test]
fn a20_a21_a_length_that_cannot_be_is_nacked_once_and_ends_the_link() {
    for length in [0u32, 1, 15, u32::MAX, 0x8000_0000, MAX_PDU_LEN as u32 + 1] {
        let mut link = bound_esme();
        link.handle_bytes(Instant::ZERO, &[length.to_be_bytes().as_slice(), &[0xAA; 60]].concat());
        let nack = (CommandId::GENERIC_NACK, CommandStatus::RINVCMDLEN, 0);
        assert_eq!(output(&mut link), [nack]);
        assert!(matches!(events(&mut link)[..], [Event::Closed { reason: CloseReason::Frame(_) }]));
        assert_eq!(link.partial.capacity(), 0);
        link.handle_bytes(Instant::ZERO, &good_deliver(1));
        assert!(output(&mut link).is_empty() && events(&mut link).is_empty(), "a closed link stays closed");
    }
}

#[test]
fn a22_a25_a26_a_broken_body_is_answered_the_frame_skipped_and_the_next_one_read() {
    use CommandStatus as S;
    let deliver = good_deliver(60);
    let cut = |len: usize| relength(deliver[..len].to_vec());
    let with = |more: &[u8]| relength([deliver.as_slice(), more].concat());
    let patched = |from_end: usize, octet: u8| {
        let mut frame = deliver.clone();
        let at = frame.len() - from_end;
        frame[at] = octet;
        frame
    };
    let mut no_nul = deliver[..16].to_vec();
    no_nul.extend_from_slice(&[b'A'; 60]);
    for (bad, status) in [
        (cut(16), S::RINVCMDLEN),
        (cut(deliver.len() - 1), S::RINVMSGLEN),
        (with(&[1, 2, 3]), S::RINVCMDLEN),
        (with(&[0x02, 0x0C, 0, 0x40, b'x']), S::RINVOPTPARSTREAM),
        (with(&[0x04, 0x24, 0, 1, b'x']), S::ROPTPARNOTALLWD),
        (relength(no_nul), S::RINVSERTYP),
        (patched(5, 255), S::RINVMSGLEN),
        (patched(5, 200), S::RINVMSGLEN),
    ] {
        let mut link = bound_esme();
        link.handle_bytes(Instant::ZERO, &[bad, good_deliver(61)].concat());
        assert_eq!(output(&mut link), [(CommandId::DELIVER_SM.response(), status, 60)]);
        assert!(matches!(events(&mut link)[..], [Event::Request { sequence_number: 61, .. }]));
        assert!(link.is_bound());
        assert_eq!(link.counters().bad_bodies, 1);
    }
}

#[test]
fn a24_an_unknown_request_is_nacked_under_its_number_and_an_unknown_response_passed_over() {
    let mut link = bound_esme();
    let unknown =
        |id, number| frame(CommandStatus::ROK, number, Body::Unknown { command_id: CommandId(id), body: b"x" });
    link.handle_bytes(Instant::ZERO, &[unknown(0x777, 62), unknown(0x8000_0777, 63), good_deliver(64)].concat());
    assert_eq!(output(&mut link), [(CommandId::GENERIC_NACK, CommandStatus::RINVCMDID, 62)]);
    assert!(matches!(events(&mut link)[..], [Event::Request { sequence_number: 64, .. }]));
    assert_eq!((link.counters().unknown_requests, link.counters().unknown_responses), (1, 1));
    assert!(link.is_bound());
}

#[test]
fn a40_sequence_numbers_wrap_to_1_and_pass_over_those_in_flight() {
    let config = LinkConfig { first_sequence_number: SEQUENCE_NUMBER_MAX - 2, ..LinkConfig::new(Role::Esme) };
    let mut link = bound(config, BindKind::Transceiver);
    let numbers: Vec<u32> = (0..4).map(|token| submit(&mut link, Instant::ZERO, token)).collect();
    assert_eq!(numbers, [SEQUENCE_NUMBER_MAX - 1, SEQUENCE_NUMBER_MAX, 1, 2]);

    // 1 stays in flight, 2 is answered: after a whole turn 1 is passed over.
    link.handle_bytes(Instant::ZERO, &response(MessageKind::SubmitSm, 2));
    link.window.turn_to(SEQUENCE_NUMBER_MAX);
    let numbers: Vec<u32> = (4..6).map(|token| submit(&mut link, Instant::ZERO, token)).collect();
    assert_eq!(numbers, [2, 3], "{SEQUENCE_NUMBER_MAX} and 1 are in flight");
}

#[test]
fn a43_a_late_response_still_names_its_request() {
    let mut link = bound(LinkConfig { enquire_link: None, ..LinkConfig::new(Role::Esme) }, BindKind::Transceiver);
    let number = submit(&mut link, Instant::ZERO, 7);
    let later = Instant::ZERO + 31 * SECOND;
    link.handle_timeout(later);
    assert_eq!(events(&mut link), [Event::InDoubt { token: 7 }]);
    link.handle_bytes(later, &response(MessageKind::SubmitSm, number));
    assert!(matches!(events(&mut link)[..], [Event::LateResponse { token: 7, message_id: Some(_), .. }]));
    assert_eq!(link.counters().late_responses, 1);
    link.handle_bytes(later, &response(MessageKind::SubmitSm, number));
    assert_eq!((events(&mut link).len(), link.counters().unknown_responses), (0, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]
    #[test]
    fn a08_each_response_finds_its_request_in_any_order(order in Just((0..10u64).collect::<Vec<_>>()).prop_shuffle()) {
        let mut link = bound_esme();
        let numbers: Vec<u32> = (0..10).map(|token| submit(&mut link, Instant::ZERO, token)).collect();
        for token in order {
            let id = format!("id-{token}");
            let resp = SmResp { message_id: Some(id.as_bytes()), ..SmResp::default() };
            let body = Body::MessageResp(MessageKind::SubmitSm, resp);
            link.handle_bytes(Instant::ZERO, &frame(CommandStatus::ROK, numbers[token as usize], body));
            let expected = Event::Response {
                token,
                status: CommandStatus::ROK,
                message_id: Some(crate::MessageId::new(&id).unwrap()),
            };
            prop_assert_eq!(events(&mut link), [expected]);
        }
        prop_assert_eq!(link.in_flight(), 0);
    }
}

proptest! {
    /// However requests come and go around the wrap, no number is 0 and none is borne twice at a time.
    #[test]
    fn a40_no_number_is_zero_or_in_flight_twice(
        start in SEQUENCE_NUMBER_MAX - 40..=SEQUENCE_NUMBER_MAX,
        acts in proptest::collection::vec((any::<bool>(), 0usize..10), 1..200),
    ) {
        let config = LinkConfig { first_sequence_number: start, late_max: 5, ..LinkConfig::new(Role::Esme) };
        let mut link = bound(config, BindKind::Transceiver);
        let (mut now, mut in_flight) = (Instant::ZERO, Vec::new());
        for (token, (answers, at)) in acts.into_iter().enumerate() {
            if answers && !in_flight.is_empty() {
                let number = in_flight.remove(at % in_flight.len());
                link.handle_bytes(now, &response(MessageKind::SubmitSm, number));
            } else if link.window_free() > 0 {
                let number = submit(&mut link, now, token as u64);
                prop_assert!((1..=SEQUENCE_NUMBER_MAX).contains(&number) && !in_flight.contains(&number));
                in_flight.push(number);
                // As after a whole turn.
                if at == 0 {
                    link.window.turn_to(start);
                }
            } else {
                now = now + 30 * SECOND;
                link.handle_bytes(now, &frame(CommandStatus::ROK, 9, Body::EnquireLink));
                link.handle_timeout(now);
                in_flight.clear();
            }
            events(&mut link);
            output(&mut link);
        }
        prop_assert!(link.is_bound());
    }

    #[test]
    fn a01_where_the_stream_is_cut_makes_no_difference(cuts in proptest::collection::vec(0usize..400, 0..12)) {
        let stream = [
            good_deliver(50),
            frame(CommandStatus::ROK, 51, Body::EnquireLink),
            relength(good_deliver(52)[..30].to_vec()),
            frame(CommandStatus::ROK, 53, Body::Unknown { command_id: CommandId(0x777), body: b"x" }),
            good_deliver(54),
        ]
        .concat();
        let mut whole = bound_esme();
        whole.handle_bytes(Instant::ZERO, &stream);
        let mut cut = bound_esme();
        let mut places: Vec<usize> = cuts.into_iter().map(|at| at.min(stream.len())).collect();
        places.sort_unstable();
        let mut from = 0;
        for to in places.into_iter().chain([stream.len()]) {
            cut.handle_bytes(Instant::ZERO, &stream[from..to]);
            from = to;
        }
        prop_assert_eq!(output(&mut whole), output(&mut cut));
        prop_assert_eq!(events(&mut whole), events(&mut cut));
        prop_assert_eq!(whole.counters(), cut.counters());
        prop_assert!(cut.partial.is_empty());
    }

    #[test]
    fn a26_no_octets_panic_a_link_in_any_role(octets in any::<Vec<u8>>(), smsc in any::<bool>()) {
        let role = if smsc { Role::Smsc } else { Role::Esme };
        let mut link = bound(LinkConfig::new(role), BindKind::Transceiver);
        link.handle_bytes(Instant::ZERO, &octets);
        prop_assert!(link.partial.len() <= octets.len());
    }
}

#[test]
fn a_late_call_finds_what_was_due_in_the_order_of_the_deadlines() {
    let at = |seconds| Instant::ZERO + seconds * SECOND;
    let mut timers = TimerTable::default();
    timers.set(Timer::Bind, at(7));
    timers.set(Timer::Frame, at(3));
    timers.set(Timer::Response, at(5));
    timers.set(Timer::Drain, at(9));
    assert_eq!(timers.next(), Some(at(3)));
    let due: Vec<Timer> = std::iter::from_fn(|| timers.take_due(at(8))).collect();
    assert_eq!(due, [Timer::Frame, Timer::Response, Timer::Bind]);
    assert_eq!(timers.next(), Some(at(9)));
}
