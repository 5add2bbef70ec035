//! How a bind ends when the service does, within the time that there is.

use super::memory::*;
use crate::link::bind::Bind;
use crate::link::traffic::{Arrival, Outcome, Outgoing, Screen};
use crate::store::Ticket;
use dayaq_smpp::{Address, Body, CommandId, CommandStatus};
use dayaq_types::Clock;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Hands over so many screens, each to a phone of its own.
async fn show(bench: &Bench, screens: u32) {
    for number in 0..screens {
        let mut message = message("screen");
        message.destination = Address::new(1, 1, format!("99450{:07}", number)).unwrap();
        let screen =
            Screen { message, made_at: bench.now(), waited_for: true, again: false, connection: 1, then: None };
        bench.handle.screens.send(screen).await.unwrap();
    }
}

/// Tells the bind to end within ten seconds.
fn end(bench: &Bench, unbind_by: &OnceLock<Duration>) {
    unbind_by.set(bench.now() + 10 * SECOND).unwrap();
    bench.stop.cancel();
}

#[tokio::test(start_paused = true)]
async fn every_screen_leaves_before_the_unbind_however_small_the_window() {
    let unbind_by = Arc::default();
    let mut bench = Bench::with(|settings| {
        settings.link.window = 2;
        settings.window_reserve = 0;
        settings.unbind_by = Arc::clone(&unbind_by);
    });
    let mut line = bench.bound().await;
    show(&bench, 20).await;
    end(&bench, &unbind_by);
    for _ in 0..20 {
        let number = line.expect(CommandId::SUBMIT_SM).await.sequence_number;
        tokio::time::sleep(Duration::from_millis(100)).await;
        line.write(&submit_sm_resp(number)).await;
    }
    let unbind = line.expect(CommandId::UNBIND).await;
    line.write(&pdu(CommandStatus::ROK, unbind.sequence_number, Body::UnbindResp)).await;
    line.closed().await;
    assert!(bench.now() < 10 * SECOND, "{:?}", bench.now());
}

#[tokio::test(start_paused = true)]
async fn an_operator_that_answers_nothing_is_left_in_time_and_what_was_sent_is_in_doubt() {
    let unbind_by = Arc::default();
    let mut bench = Bench::with(|settings| {
        settings.link.window = 2;
        settings.window_reserve = 0;
        settings.unbind_by = Arc::clone(&unbind_by);
    });
    let mut line = bench.bound().await;
    let text = bench.send();
    line.expect(CommandId::SUBMIT_SM).await;
    let late = (bench.send(), bench.send());
    line.expect(CommandId::SUBMIT_SM).await;
    show(&bench, 20).await;
    let begun = bench.now();
    end(&bench, &unbind_by);
    line.closed().await;
    let ended = bench.now() - begun;
    assert!(ended >= 8 * SECOND && ended <= 11 * SECOND, "{ended:?}");
    let mut outcomes = [bench.outcome().await, bench.outcome().await, bench.outcome().await];
    outcomes.sort_by_key(|(number, _)| *number);
    let expected = [(text, Outcome::InDoubt), (late.0, Outcome::InDoubt), (late.1, Outcome::Unsent)];
    assert_eq!(outcomes, expected, "of each something is known");
    assert!(bench.outcomes.recv().await.is_none(), "and then the bind has ended");
}

#[tokio::test(start_paused = true)]
async fn a_link_that_panics_is_made_anew_and_of_its_texts_something_is_known() {
    let clock = VirtualClock::start();
    let (between, mut lines) = Between::new(Arc::clone(&clock));
    let (outcomes_in, mut outcomes) = mpsc::unbounded_channel();
    let settings = settings(Arc::clone(&clock));
    let arrive: Arc<dyn Fn(Arrival) + Send + Sync> = Arc::new(|_| panic!("whoever takes this panics"));
    let (bind, handle) = Bind::new(settings, &Arc::default(), || between.way(), arrive, outcomes_in);
    let stop = CancellationToken::new();
    let running = tokio::spawn(bind.run(stop.clone()));
    for round in 1..=3u128 {
        let mut line = lines.recv().await.expect("the bind lives");
        line.accept().await;
        while !handle.is_bound() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let ticket = Ticket { text: Uuid::from_u128(round), number: 1, fence: 1 };
        assert!(handle.send(Outgoing { ticket, message: message("text"), by: clock.monotonic() + 60 * SECOND }));
        line.expect(CommandId::SUBMIT_SM).await;
        line.write(&deliver_sm(7, "poison")).await;
        line.closed().await;
        assert_eq!(outcomes.recv().await, Some((ticket, Outcome::InDoubt)));
        assert!(!handle.is_bound());
    }
    assert_eq!(between.tries().len(), 3);
    assert!(clock.monotonic() < 10 * SECOND, "{:?}", clock.monotonic());
    stop.cancel();
    running.await.unwrap();
}
