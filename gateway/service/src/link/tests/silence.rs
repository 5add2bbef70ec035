//! A peer that falls silent, creeps, or makes us wait elsewhere.

use super::memory::*;
use crate::link::traffic::Outcome;
use dayaq_smpp::{Body, CommandId, CommandStatus};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a02_a_peer_that_vanishes_is_given_up_within_40_s_and_no_text_is_called_failed() {
    let mut bench = Bench::start();
    let vanished = bench.bound().await;
    let heard = bench.now();
    let written = [bench.send(), bench.send()];
    tokio::time::sleep(35 * SECOND).await;
    // The window of texts, 8, is filled by what waits.
    let waiting: Vec<u128> = (0..10).map(|_| bench.send()).collect();

    let next = bench.line().await;
    assert!(next.at <= heard + 41 * SECOND, "40 s to find out and 1 s to try again, and it took {:?}", next.at - heard);
    tokio::spawn(next.serve());
    let mut seen = Vec::new();
    for _ in written.iter().chain(&waiting) {
        let (number, outcome) = bench.outcome().await;
        assert!(matches!(outcome, Outcome::InDoubt | Outcome::Unsent), "{outcome:?}");
        assert!(!written.contains(&number) || outcome == Outcome::InDoubt, "{number} was written");
        seen.push(number);
    }
    seen.sort_unstable();
    assert!(seen.iter().eq(written.iter().chain(&waiting)), "each once: {seen:?}");
    // And by the new connection all is well again.
    while !bench.handle.is_bound() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    bench.send();
    assert!(matches!(bench.outcome().await, (_, Outcome::Answered { .. })));
    drop(vanished);
}

#[tokio::test(start_paused = true)]
async fn a03_an_octet_a_second_is_borne_as_long_as_a_pdu_takes_less_than_30_s_and_no_other_bind_notices() {
    let mut slow = Bench::start();
    let mut quick = Bench::start();
    let (mut line, mut other) = (slow.bound().await, quick.bound().await);
    let bystander = tokio::spawn(async move {
        let mut latest = Duration::ZERO;
        for number in 1..600 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let asked = quick.now();
            other.write(&enquire_link(number)).await;
            other.expect(CommandId::ENQUIRE_LINK.response()).await;
            latest = latest.max(quick.now() - asked);
        }
        latest
    });

    // 16 octets take 15 s.
    for octet in enquire_link(1) {
        line.write(&[octet]).await;
        tokio::time::sleep(SECOND).await;
    }
    line.expect(CommandId::ENQUIRE_LINK.response()).await;
    assert!(slow.handle.is_bound());

    // A message takes more than 30 s: the connection is given up, and there is another.
    let begun = slow.now();
    for octet in deliver_sm(2, "a text that is long enough") {
        if tokio::io::AsyncWriteExt::write_all(&mut line.stream, &[octet]).await.is_err() {
            break;
        }
        tokio::time::sleep(SECOND).await;
    }
    let mut next = slow.bound().await;
    let given_up = next.at - begun;
    assert!((30 * SECOND..=31 * SECOND).contains(&given_up), "{given_up:?}");
    assert!(slow.arrivals.try_recv().is_err(), "half a message is none");

    // A header, and then nothing.
    let begun = slow.now();
    next.write(&deliver_sm(3, "x")[..16]).await;
    let last = slow.bound().await;
    assert!((30 * SECOND..=31 * SECOND).contains(&(last.at - begun)), "{:?}", last.at - begun);
    assert_eq!(bystander.await.unwrap(), Duration::ZERO, "the other bind answers as if nothing were the matter");
}

/// Nothing that hangs on our side is waited for: not turns that are never answered, not a pusher that fetches no
/// outcomes, not screens for which the window has no room.
#[tokio::test(start_paused = true)]
async fn a05_while_everything_behind_it_hangs_enquire_link_is_answered_within_100_ms() {
    let mut bench = Bench::with(|settings| settings.link.inbound_max = 50);
    let mut line = bench.bound().await;
    let mut latencies = Vec::new();
    let mut written = 0;
    for number in 1..=3_000 {
        // 20 messages and 5 texts a second, and nobody behind does anything, for ten minutes.
        for message in 0..4 {
            line.write(&deliver_sm(10_000 + 4 * number + message, "x")).await;
        }
        if bench.handle.texts.capacity() > 0 {
            bench.send();
        }
        if number % 50 == 0 {
            let screen = crate::link::traffic::Screen {
                message: message("x"),
                made_at: bench.now(),
                waited_for: true,
                again: false,
                connection: 1,
                then: None,
            };
            let _ = bench.handle.screens.try_send(screen);
        }
        let asked = bench.now();
        line.write(&enquire_link(number)).await;
        loop {
            let (header, _) = line.next().await.expect("the link stands");
            match header.command_id {
                id if id == CommandId::ENQUIRE_LINK.response() && header.sequence_number == number => break,
                CommandId::ENQUIRE_LINK => {
                    line.write(&pdu(CommandStatus::ROK, header.sequence_number, Body::EnquireLinkResp)).await;
                }
                CommandId::SUBMIT_SM => written += 1,
                // RX_T_APPN: more messages than may wait.
                id => assert_eq!(
                    (id, header.command_status),
                    (CommandId::DELIVER_SM.response(), CommandStatus::RX_T_APPN)
                ),
            }
        }
        latencies.push(bench.now() - asked);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    latencies.sort_unstable();
    let p999 = latencies[latencies.len() * 999 / 1000];
    assert!(p999 <= Duration::from_millis(100), "{p999:?}");
    assert!(bench.handle.is_bound());
    assert!(written >= 100, "texts went out meanwhile: {written}");
    assert!(bench.outcomes.len() >= 90, "outcomes wait for a pusher that comes back: {}", bench.outcomes.len());
}

#[tokio::test(start_paused = true)]
async fn a12_an_operator_that_stops_answering_has_a_window_unanswered_and_the_queue_pushes_back() {
    let mut bench = Bench::start();
    let mut line = bench.bound().await;
    let mut handed = 0;
    while bench.handle.texts.capacity() > 0 {
        bench.send();
        handed += 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(handed <= 30, "somebody must say stop");
    }
    // Two of the ten places are kept for screens; the queue holds ten.
    assert_eq!(handed, 8 + 10);
    let (mut in_flight, mut numbers) = (0, Vec::new());
    while let Ok(Some((header, _))) = tokio::time::timeout(SECOND, line.next()).await {
        assert_eq!(header.command_id, CommandId::SUBMIT_SM);
        numbers.push(header.sequence_number);
        in_flight += 1;
    }
    assert_eq!(in_flight, 8);
    for number in numbers {
        line.write(&submit_sm_resp(number)).await;
        assert!(matches!(bench.outcome().await, (_, Outcome::Answered { .. })));
    }
    line.expect(CommandId::SUBMIT_SM).await;
}

#[tokio::test(start_paused = true)]
async fn a04_one_probe_without_an_answer_is_followed_by_another_and_two_make_one_new_connection() {
    let mut bench = Bench::start();
    let mut line = bench.bound().await;
    let bound = line.at;
    let (header, _) = line.next().await.expect("a probe");
    assert_eq!((header.command_id, bench.now() - bound), (CommandId::ENQUIRE_LINK, 30 * SECOND));
    let (header, _) = line.next().await.expect("another");
    assert_eq!((header.command_id, bench.now() - bound), (CommandId::ENQUIRE_LINK, 35 * SECOND));
    line.write(&pdu(CommandStatus::ROK, header.sequence_number, Body::EnquireLinkResp)).await;
    tokio::time::sleep(20 * SECOND).await;
    assert!(bench.handle.is_bound() && bench.between.tries().len() == 1, "one that is answered is enough");
    for _ in 0..2 {
        assert_eq!(line.next().await.expect("a probe").0.command_id, CommandId::ENQUIRE_LINK);
    }
    line.closed().await;
    bench.bound().await;
    assert_eq!(bench.between.tries().len(), 2);
}
