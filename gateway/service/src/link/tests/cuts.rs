//! A connection that is cut: what was written, what was heard, and how soon there is another.

use super::memory::*;
use crate::link::traffic::Outcome;
use dayaq_smpp::{Body, CommandId, CommandStatus};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// Whatever the SMSC was about to say when it was cut, the whole PDUs of it count and the rest does not.
#[tokio::test(start_paused = true)]
async fn a01_cut_at_every_octet_that_the_operator_writes() {
    let mut bench = Bench::start();
    let mut cut_at = 0;
    loop {
        let mut line = bench.bound().await;
        let (first, second) = (bench.send(), bench.send());
        let numbers = [line.expect(CommandId::SUBMIT_SM).await, line.expect(CommandId::SUBMIT_SM).await];
        let numbers = numbers.map(|header| header.sequence_number);
        let said = [
            deliver_sm(50, "salam"),
            submit_sm_resp(numbers[0]),
            enquire_link(51),
            pdu(CommandStatus::RINVCMDID, numbers[1], Body::GenericNack),
            pdu(CommandStatus::ROK, 52, Body::EnquireLink),
        ];
        let whole = said.iter().scan(0, |end, pdu| {
            *end += pdu.len();
            Some(*end <= cut_at)
        });
        let whole: Vec<bool> = whole.collect();
        let all = said.concat();
        line.write(&all[..cut_at]).await;
        drop(line);
        let cut = bench.now();

        let mut outcomes = [bench.outcome().await, bench.outcome().await];
        outcomes.sort_by_key(|(number, _)| *number);
        let answered = Outcome::Answered { status: CommandStatus::ROK, message_id: Some("id".to_owned()) };
        let expected = [
            (first, if whole[1] { answered } else { Outcome::InDoubt }),
            (second, if whole[3] { Outcome::Nacked(CommandStatus::RINVCMDID) } else { Outcome::InDoubt }),
        ];
        assert_eq!(outcomes, expected, "cut at {cut_at}");
        assert_eq!(bench.arrivals.try_recv().is_ok(), whole[0], "cut at {cut_at}");

        let line = bench.line().await;
        assert!(line.at <= cut + SECOND, "cut at {cut_at}: {:?} till the next try", line.at - cut);
        drop(line);
        if cut_at == all.len() {
            break;
        }
        cut_at += 1;
        // The bind after a connection without one, so that each cut is the first.
        bench = Bench::start();
    }
    assert!(cut_at >= 120, "five PDUs");
}

#[tokio::test(start_paused = true)]
async fn a01_cut_at_every_octet_of_the_answer_to_the_bind() {
    for cut_at in 0..=20 {
        let mut bench = Bench::start();
        let mut line = bench.line().await;
        let (header, _) = line.next().await.expect("a bind");
        let resp = dayaq_smpp::BindResp { system_id: b"smsc", ..Default::default() };
        let body = Body::BindResp(dayaq_smpp::BindKind::Transceiver, resp);
        let said = pdu(CommandStatus::ROK, header.sequence_number, body);
        line.write(&said[..cut_at.min(said.len())]).await;
        drop(line);
        let cut = bench.now();
        assert!(bench.line().await.at <= cut + SECOND, "cut at {cut_at}");
    }
}

/// The connection holds so many octets and the SMSC reads none of them: what was written whole is in doubt, what was
/// not is unsent, and goes out by the next connection.
#[tokio::test(start_paused = true)]
async fn a01_cut_at_every_octet_that_we_write_those_written_whole_are_in_doubt_and_exactly_they() {
    let frame = |number: u128| {
        let sm = message(&number.to_string());
        pdu(CommandStatus::ROK, 1, Body::Message(dayaq_smpp::MessageKind::SubmitSm, sm.as_sm())).len()
    };
    let ends = [frame(1), frame(1) + frame(2), frame(1) + frame(2) + frame(3)];
    for holds in 64..=ends[2] + 1 {
        let mut bench = Bench::start();
        bench.between.holds(holds);
        let line = bench.bound().await;
        let numbers = [bench.send(), bench.send(), bench.send()];
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(line);
        let cut = bench.now();
        let mut outcomes = [bench.outcome().await, bench.outcome().await, bench.outcome().await];
        outcomes.sort_by_key(|(number, _)| *number);
        let expected =
            std::array::from_fn(|at| (numbers[at], if ends[at] <= holds { Outcome::InDoubt } else { Outcome::Unsent }));
        assert_eq!(outcomes, expected, "{holds} octets written");
        assert!(bench.line().await.at <= cut + SECOND);
    }
}

/// The SMSC ends its own direction while receipts are open and texts are on their way, at any moment of the exchange.
#[tokio::test(start_paused = true)]
async fn a06_half_closed_with_receipts_open_the_link_is_made_anew_and_what_was_not_written_goes_out_by_it() {
    for round in 0..200 {
        let mut bench = Bench::start();
        let mut line = bench.bound().await;
        line.write(&deliver_sm(1, "1")).await;
        let arrival = bench.arrivals.recv().await.expect("it arrives");
        arrival.respond(CommandStatus::ROK);
        line.expect(CommandId::DELIVER_SM.response()).await;
        let first = bench.send();
        let submit = line.expect(CommandId::SUBMIT_SM).await;
        line.write(&submit_sm_resp(submit.sequence_number)).await;
        line.write(&deliver_sm(2, "id:1 stat:DELIVRD")).await;
        // The second text, the answer to the receipt and the end of the stream come in any order.
        for turn in 0..round % 7 {
            tokio::time::sleep(Duration::from_micros(turn * 300)).await;
        }
        let second = (round % 3 != 0).then(|| bench.send());
        line.stream.shutdown().await.expect("our own direction");
        if round % 2 == 0 {
            bench.arrivals.recv().await.expect("the receipt").respond(CommandStatus::ROK);
        }
        let second = second.unwrap_or_else(|| bench.send());
        let cut = bench.now();

        let mut next = bench.bound().await;
        assert!(next.at <= cut + SECOND, "round {round}: {:?}", next.at - cut);
        let heard = [bench.outcome().await];
        assert!(matches!(&heard[..], [(number, Outcome::Answered { .. })] if *number == first), "{heard:?}");
        // Whoever reads the half-closed connection to its end finds the second text there, or else it was never written.
        let mut written = false;
        while let Some((header, _)) = line.next().await {
            written |= header.command_id == CommandId::SUBMIT_SM;
        }
        if let Ok((ticket, outcome)) = bench.outcomes.try_recv() {
            assert_eq!(ticket.text.as_u128(), second);
            let expected = if written { Outcome::InDoubt } else { Outcome::Unsent };
            assert_eq!(outcome, expected, "round {round}");
        } else {
            // It waited for the next connection.
            assert!(!written, "round {round}: written, and nothing is said of it");
            next.expect(CommandId::SUBMIT_SM).await;
        }
    }
}

/// Sequence numbers begin anew with a connection, and a late answer to the old one's is nobody's.
#[tokio::test(start_paused = true)]
async fn a40_after_a_rebind_the_numbers_begin_with_1_and_answers_to_the_old_ones_match_nothing() {
    let mut bench = Bench::start();
    let mut line = bench.bound().await;
    let old = bench.send();
    let number = line.expect(CommandId::SUBMIT_SM).await.sequence_number;
    drop(line);
    assert_eq!(bench.outcome().await, (old, Outcome::InDoubt));
    let mut line = bench.line().await;
    assert_eq!(line.accept().await.sequence_number, 1);
    line.write(&submit_sm_resp(number)).await;
    tokio::time::sleep(SECOND).await;
    let new = bench.send();
    assert_eq!(line.expect(CommandId::SUBMIT_SM).await.sequence_number, 2);
    line.write(&submit_sm_resp(2)).await;
    assert!(matches!(bench.outcome().await, (number, Outcome::Answered { .. }) if number == new));
}
