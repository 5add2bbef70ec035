//! How a bind comes about and ends: refused, unanswered, unbound, lost again and again; and the pair.

use super::memory::*;
use crate::link::account::Account;
use crate::link::bind::BindSettings;
use crate::link::traffic::{Outcome, Screen};
use dayaq_smpp::{Address, Body, CommandId, CommandStatus, MessageKind, ShortMessage};
use dayaq_types::SeededEntropy;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Several binds of one account with one operator.
fn binds(count: u64, clock: &Arc<VirtualClock>, between: &Between) -> Vec<Bench> {
    let account = Arc::new(Account::default());
    let bench = |number| {
        // Each bench has its own way to the same operator; its lines come to the test.
        let (_, unused) = mpsc::unbounded_channel();
        let settings = BindSettings { entropy: Arc::new(SeededEntropy::new(number)), ..settings(Arc::clone(clock)) };
        Bench::of(settings, &account, Arc::clone(clock), between.clone(), unused)
    };
    (0..count).map(bench).collect()
}

#[tokio::test(start_paused = true)]
async fn a36_refused_credentials_are_tried_once_a_minute_by_all_binds_of_the_account_together() {
    for status in [CommandStatus::RINVPASWD, CommandStatus::RINVSYSID, CommandStatus::RBINDFAIL] {
        let clock = VirtualClock::start();
        let (between, mut lines) = Between::new(Arc::clone(&clock));
        let benches = binds(4, &clock, &between);
        let refusing = tokio::time::timeout(600 * SECOND, async {
            loop {
                let mut line = lines.recv().await.expect("a try");
                line.refuse(status).await;
            }
        });
        assert!(refusing.await.is_err());
        let tries = between.tries();
        assert!((9..=10).contains(&tries.len()), "{tries:?}");
        assert!(tries.windows(2).all(|pair| pair[1] - pair[0] >= 60 * SECOND), "{tries:?}");

        // Somebody mends the password: all four are there within a minute and a moment.
        let mended = tokio::time::timeout(62 * SECOND, async {
            while !benches.iter().all(|bench| bench.handle.is_bound()) {
                tokio::select! {
                    line = lines.recv() => drop(tokio::spawn(line.expect("a try").serve())),
                    () = tokio::time::sleep(SECOND / 10) => {}
                }
            }
        });
        assert!(mended.await.is_ok(), "not bound: {:?}", between.tries());
    }
}

#[tokio::test(start_paused = true)]
async fn a36_while_others_are_bound_a_refusal_concerns_who_heard_it_alone() {
    let clock = VirtualClock::start();
    let (between, mut lines) = Between::new(Arc::clone(&clock));
    let benches = binds(3, &clock, &between);
    // The operator allows two binds.
    let mut first = lines.recv().await.expect("a try");
    first.accept().await;
    let mut second = lines.recv().await.expect("a try");
    second.accept().await;
    lines.recv().await.expect("a try").refuse(CommandStatus::RBINDFAIL).await;
    tokio::time::sleep(SECOND).await;
    assert_eq!(benches.iter().filter(|bench| bench.handle.is_bound()).count(), 2);
    let cut = benches[0].now();
    drop(first);
    let again = lines.recv().await.expect("a try");
    assert!(again.at <= cut + SECOND, "{:?}", again.at - cut);
}

#[tokio::test(start_paused = true)]
async fn a36_bound_already_is_waited_out_longer_and_longer() {
    let mut bench = Bench::start();
    for _ in 0..7 {
        bench.line().await.refuse(CommandStatus::RALYBND).await;
    }
    bench.bound().await;
    let pauses: Vec<u64> = bench.between.tries().windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    assert_eq!(pauses, [5, 10, 20, 40, 60, 60, 60]);
}

#[tokio::test(start_paused = true)]
async fn a37_nothing_is_sent_before_the_bind_is_answered_and_one_that_is_not_is_given_up_after_10_s() {
    let mut bench = Bench::start();
    let mut line = bench.line().await;
    let (bind, _) = line.next().await.expect("a bind");
    bench.send();
    let screen = Screen {
        message: message("x"),
        made_at: bench.now(),
        waited_for: true,
        again: false,
        connection: 1,
        then: None,
    };
    bench.handle.screens.send(screen).await.unwrap();
    // A message before its time is asked for again, and an answer under another number is none.
    line.write(&deliver_sm(7, "early")).await;
    let other = Body::BindResp(dayaq_smpp::BindKind::Transceiver, dayaq_smpp::BindResp::default());
    line.write(&pdu(CommandStatus::ROK, bind.sequence_number + 1, other)).await;
    let (header, _) = line.next().await.expect("an answer");
    assert_eq!(
        (header.command_id, header.command_status),
        (CommandId::DELIVER_SM.response(), CommandStatus::RX_T_APPN)
    );
    assert!(line.next().await.is_none(), "and nothing else");
    assert_eq!(bench.now() - line.at, 10 * SECOND);
    assert!(!bench.handle.is_bound() && bench.arrivals.try_recv().is_err());

    let given_up = bench.now();
    let next = bench.bound().await;
    assert!(next.at <= given_up + SECOND, "{:?}", next.at - given_up);
}

#[tokio::test(start_paused = true)]
async fn a37_any_interface_version_is_taken() {
    for version in [None, Some(0x33), Some(0x50), Some(0xFF)] {
        let mut bench = Bench::start();
        let mut line = bench.line().await;
        let (bind, _) = line.next().await.expect("a bind");
        let mut tlvs = dayaq_smpp::TlvBuf::new();
        if let Some(version) = version {
            tlvs.push_u8(dayaq_smpp::Tag::SC_INTERFACE_VERSION, version);
        }
        let resp = dayaq_smpp::BindResp { system_id: b"smsc", tlvs: tlvs.as_tlvs() };
        let body = Body::BindResp(dayaq_smpp::BindKind::Transceiver, resp);
        line.write(&pdu(CommandStatus::ROK, bind.sequence_number, body)).await;
        tokio::time::sleep(SECOND).await;
        assert!(bench.handle.is_bound(), "{version:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a38_an_unbind_mid_traffic_is_answered_at_once_what_is_under_way_has_10_s_and_then_there_is_a_new_bind() {
    let mut bench = Bench::start();
    let mut line = bench.bound().await;
    let texts = [bench.send(), bench.send(), bench.send()];
    let mut numbers = Vec::new();
    for _ in texts {
        numbers.push(line.expect(CommandId::SUBMIT_SM).await.sequence_number);
    }
    let unbound = bench.now();
    line.write(&pdu(CommandStatus::ROK, 90, Body::Unbind)).await;
    assert_eq!(line.expect(CommandId::UNBIND.response()).await.sequence_number, 90);
    assert!(bench.now() <= unbound + SECOND);
    assert!(!bench.handle.is_bound(), "nobody hands over texts to a bind that ends");
    let late = bench.send();
    tokio::time::sleep(5 * SECOND).await;
    for number in &numbers[..2] {
        line.write(&submit_sm_resp(*number)).await;
    }
    line.write(&enquire_link(91)).await;
    line.expect(CommandId::ENQUIRE_LINK.response()).await;
    line.closed().await;
    assert_eq!(bench.now() - unbound, 10 * SECOND);
    for text in &texts[..2] {
        assert!(matches!(bench.outcome().await, (number, Outcome::Answered { .. }) if number == *text));
    }
    assert_eq!(bench.outcome().await, (texts[2], Outcome::InDoubt));
    assert_eq!(bench.outcome().await, (late, Outcome::Unsent));
    let next = bench.bound().await;
    assert!(next.at <= unbound + 11 * SECOND, "{:?}", next.at - unbound);
}

#[tokio::test(start_paused = true)]
async fn a38_we_unbind_after_what_is_under_way_has_been_answered() {
    let mut bench = Bench::start();
    let mut line = bench.bound().await;
    let text = bench.send();
    let number = line.expect(CommandId::SUBMIT_SM).await.sequence_number;
    bench.stop.cancel();
    tokio::time::sleep(3 * SECOND).await;
    line.write(&submit_sm_resp(number)).await;
    let unbind = line.expect(CommandId::UNBIND).await;
    assert!(matches!(bench.outcome().await, (number, Outcome::Answered { .. }) if number == text));
    line.write(&pdu(CommandStatus::ROK, unbind.sequence_number, Body::UnbindResp)).await;
    line.closed().await;
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(bench.between.tries().len(), 1, "and there is no other connection");
}

#[tokio::test(start_paused = true)]
async fn a39_an_hour_of_an_smsc_that_is_up_and_down_makes_no_storm_and_service_is_back_within_5_s() {
    let mut bench = Bench::start();
    let hour = bench.now() + 3600 * SECOND;
    let (mut downs, mut bound) = (Vec::new(), 0);
    while bench.now() < hour {
        let up_until = bench.now() + 2 * SECOND;
        bench.between.stands(true);
        let mut serving = tokio::task::JoinSet::new();
        while let Ok(line) = tokio::time::timeout(up_until.saturating_sub(bench.now()), bench.lines.recv()).await {
            serving.spawn(line.expect("the bind lives").serve());
        }
        bound += usize::from(bench.handle.is_bound());
        bench.between.stands(false);
        downs.push(bench.now());
        drop(serving);
        tokio::time::sleep(2 * SECOND).await;
        while bench.lines.try_recv().is_ok() {}
    }
    let tries = bench.between.tries();
    let closest = tries.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap();
    assert!(closest >= SECOND, "two tries {closest:?} apart");
    assert!(tries.len() <= 3600, "{}", tries.len());
    assert!(bound >= downs.len() / 2, "bound in {bound} of {} ups", downs.len());
    let firsts: BTreeSet<u128> =
        downs.iter().filter_map(|down| Some((*tries.iter().find(|at| *at >= down)? - *down).as_millis())).collect();
    assert!(firsts.len() > 100, "the pauses have jitter: {firsts:?}");

    bench.between.stands(true);
    let stable = bench.now();
    tokio::spawn(bench.line().await.serve());
    while !bench.handle.is_bound() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bench.send();
    assert!(matches!(bench.outcome().await, (_, Outcome::Answered { .. })));
    assert!(bench.now() <= stable + 5 * SECOND, "{:?}", bench.now() - stable);
}

#[tokio::test(start_paused = true)]
async fn a1_a_pair_takes_messages_by_its_receiver_and_sends_by_its_transmitter() {
    let mut bench = Bench::with(|settings| settings.pair = true);
    let (mut lines, mut kinds) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        let mut line = bench.line().await;
        kinds.push(line.accept().await.command_id);
        lines.push(line);
    }
    let at = kinds.iter().position(|kind| *kind == CommandId::BIND_RECEIVER).expect("a receiver");
    assert_eq!(kinds[1 - at], CommandId::BIND_TRANSMITTER);
    let (mut rx, mut tx) = (lines.remove(at), lines.remove(0));
    while !bench.handle.is_whole() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    rx.write(&deliver_sm(7, "*7142#")).await;
    let arrival = bench.arrivals.recv().await.expect("it arrives");
    arrival.respond(CommandStatus::ROK);
    arrival.show(message("1 Salam"), bench.now()).await;
    assert_eq!(rx.expect(CommandId::DELIVER_SM.response()).await.sequence_number, 7);
    let number = tx.expect(CommandId::SUBMIT_SM).await.sequence_number;
    tx.write(&submit_sm_resp(number)).await;
    bench.send();
    let number = tx.expect(CommandId::SUBMIT_SM).await.sequence_number;
    tx.write(&submit_sm_resp(number)).await;
    assert!(matches!(bench.outcome().await, (_, Outcome::Answered { .. })));

    // The transmitter is lost: what came goes on coming, and the screen waits for the next one.
    drop(tx);
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert!(!bench.handle.is_bound() && !bench.handle.is_whole());
    rx.write(&deliver_sm(8, "1")).await;
    let arrival = bench.arrivals.recv().await.expect("it arrives");
    arrival.show(message("2 Davam"), bench.now()).await;
    let mut tx = bench.bound().await;
    tx.expect(CommandId::SUBMIT_SM).await;

    // The receiver is lost: texts go on leaving, and it comes back by itself.
    let connection = arrival.connection;
    drop(rx);
    bench.send();
    tx.expect(CommandId::SUBMIT_SM).await;
    assert!(bench.handle.is_bound() && !bench.handle.is_whole());
    assert!(bench.handle.history().lost_at(connection, Some(8)).is_some(), "an answer on it is in doubt");
    let mut rx = bench.line().await;
    assert_eq!(rx.accept().await.command_id, CommandId::BIND_RECEIVER);
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert!(bench.handle.is_whole());
}

#[tokio::test(start_paused = true)]
async fn a06_of_screens_that_waited_for_the_bind_each_phone_gets_the_last() {
    let mut bench = Bench::start();
    let mut line = bench.bound().await;
    line.write(&deliver_sm(7, "1")).await;
    let arrival = bench.arrivals.recv().await.expect("it arrives");
    drop(line);
    while bench.handle.is_bound() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let other = Address::new(1, 1, "994551234567").unwrap();
    for text in ["1 Salam", "1 Salam", "2 Davam"] {
        arrival.show(message(text), bench.now()).await;
    }
    arrival.show(ShortMessage { destination: other, ..message("1 Salam") }, bench.now()).await;
    let mut line = bench.bound().await;
    for text in ["2 Davam", "1 Salam"] {
        let (header, body) = line.next().await.expect("a screen");
        assert_eq!(header.command_id, CommandId::SUBMIT_SM);
        assert!(body.ends_with(text.as_bytes()), "{text}");
    }
    // The operator, which had no answer, brings the input again: what waited has gone out over this very connection.
    line.write(&deliver_sm(8, "1")).await;
    let arrival = bench.arrivals.recv().await.expect("it arrives");
    arrival.show_again(message("2 Davam"), bench.now(), Some(CommandStatus::ROK)).await;
    assert_eq!(line.expect(CommandId::DELIVER_SM.response()).await.sequence_number, 8);
    // And what has not is sent once more, as ever.
    arrival.show_again(message("3 Son"), bench.now(), None).await;
    let (_, body) = line.next().await.expect("a screen");
    assert!(body.ends_with(b"3 Son"));
}

#[tokio::test(start_paused = true)]
async fn a15_a_screen_that_is_refused_for_a_passing_reason_is_shown_while_its_phone_waits() {
    let mut bench = Bench::start();
    let mut line = bench.bound().await;
    line.write(&deliver_sm(7, "1")).await;
    let arrival = bench.arrivals.recv().await.expect("it arrives");
    let refuse = |number, status| {
        let body = Body::MessageResp(MessageKind::SubmitSm, dayaq_smpp::SmResp::default());
        pdu(status, number, body)
    };
    let made = bench.now();
    arrival.show(message("1 Salam"), made).await;
    for status in [CommandStatus::RSYSERR, CommandStatus::RMSGQFUL, CommandStatus::RX_T_APPN] {
        let number = line.expect(CommandId::SUBMIT_SM).await.sequence_number;
        line.write(&refuse(number, status)).await;
    }
    let number = line.expect(CommandId::SUBMIT_SM).await.sequence_number;
    assert_eq!(bench.now() - made, Duration::from_millis(1500));
    line.write(&submit_sm_resp(number)).await;

    // One that nobody waits for, and one that is refused for good, are not tried again.
    arrival.push(message("1 Salam"), bench.now()).await;
    arrival.show(message("2 Davam"), bench.now()).await;
    for status in [CommandStatus::RSYSERR, CommandStatus::RINVDSTADR] {
        let number = line.expect(CommandId::SUBMIT_SM).await.sequence_number;
        line.write(&refuse(number, status)).await;
    }
    // Nor is one refused for so long that the phone has given up.
    arrival.show(message("3 Son"), bench.now()).await;
    let made = bench.now();
    let mut tries = 0;
    while let Ok(header) = tokio::time::timeout(20 * SECOND, line.expect(CommandId::SUBMIT_SM)).await {
        line.write(&refuse(header.sequence_number, CommandStatus::RSYSERR)).await;
        tries += 1;
        assert!(bench.now() - made <= 10 * SECOND);
    }
    assert_eq!(tries, 21);
}
