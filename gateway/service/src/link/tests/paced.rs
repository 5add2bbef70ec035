//! The pace on the wire: the real connection against an SMSC in memory, on virtual time.

use super::memory::{Between, Line, VirtualClock, instant, settings};
use crate::link::account::Account;
use crate::link::bind::{Bind, BindSettings};
use crate::link::traffic::{BindHandle, Outcome, Outgoing, Screen};
use crate::store::Ticket;
use dayaq_smpp::{CommandStatus, Event, Instant, Link, LinkConfig, PaceConfig, Role, ShortMessage};
use dayaq_types::Clock;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// From a request to its answer.
const ROUND_TRIP: Duration = Duration::from_millis(100);

/// A submit_sm as the SMSC saw it: when, what was in it, and how it was answered.
#[derive(Clone, Debug)]
struct Seen {
    at: Duration,
    connection: usize,
    text: String,
    status: CommandStatus,
}

impl Seen {
    fn taken(&self) -> bool {
        self.status.is_ok()
    }

    fn number(&self) -> Option<u128> {
        self.text.parse().ok()
    }
}

type Log = Arc<Mutex<Vec<Seen>>>;

/// What an SMSC says to a message, after those that it has seen.
type Judge = Arc<dyn Fn(&Seen, &[Seen]) -> CommandStatus + Send + Sync>;

/// What the SMSC says to a message, and where it writes it down.
#[derive(Clone)]
struct Answers {
    log: Log,
    judge: Judge,
}

/// Serves one connection of an SMSC that answers after [`ROUND_TRIP`].
async fn smsc(mut stream: DuplexStream, connection: usize, clock: Arc<VirtualClock>, answers: Answers) {
    let mut link = Link::new(LinkConfig { window: 1000, ..LinkConfig::new(Role::Smsc) }, instant(&clock));
    let mut due: VecDeque<(Duration, u32, CommandStatus)> = VecDeque::new();
    let (mut input, mut output) = ([0; 4096], Vec::new());
    loop {
        while let Some(event) = link.poll_event() {
            match event {
                Event::BindRequest(_) => link.accept_bind(instant(&clock), b"smsc").unwrap(),
                Event::Request { sequence_number, message, .. } => {
                    let text = String::from_utf8(message.short_message).unwrap();
                    let mut seen = Seen { at: clock.monotonic(), connection, text, status: CommandStatus::ROK };
                    let mut log = answers.log.lock().unwrap();
                    seen.status = (answers.judge)(&seen, &log);
                    due.push_back((seen.at + ROUND_TRIP, sequence_number, seen.status));
                    log.push(seen);
                }
                Event::Closed { .. } => {
                    link.take_output(&mut output);
                    let _ = stream.write_all(&output).await;
                    return;
                }
                _ => {}
            }
        }
        while let Some((_, sequence_number, status)) = due.pop_front_if(|(at, ..)| *at <= clock.monotonic()) {
            let _ = link.respond(instant(&clock), sequence_number, status, Some(b"id"));
        }
        if link.take_output(&mut output) && stream.write_all(&output).await.is_err() {
            return;
        }
        output.clear();
        let next = link.poll_timeout().map(|at| at.saturating_since(Instant::ZERO));
        let next = next.into_iter().chain(due.front().map(|(at, ..)| *at)).min().unwrap_or(Duration::MAX);
        tokio::select! {
            read = stream.read(&mut input) => match read {
                Ok(n) if n > 0 => link.handle_bytes(instant(&clock), &input[..n]),
                _ => return,
            },
            () = tokio::time::sleep(next.saturating_sub(clock.monotonic())) => link.handle_timeout(instant(&clock)),
        }
    }
}

/// A bind on an SMSC in memory, kept through its connections.
struct Bench {
    clock: Arc<VirtualClock>,
    log: Log,
    handle: BindHandle,
    outcomes: mpsc::UnboundedReceiver<(Ticket, Outcome)>,
    stop: CancellationToken,
}

impl Bench {
    fn start(
        segments_per_second: Option<u32>,
        judge: impl Fn(&Seen, &[Seen]) -> CommandStatus + Send + Sync + 'static,
    ) -> Self {
        let clock = VirtualClock::start();
        let log = Log::default();
        let settings = BindSettings {
            link: LinkConfig { window: 50, ..LinkConfig::new(Role::Esme) },
            window_reserve: 5,
            receipt_ids: dayaq_smpp::receipt::ReceiptIds::Same,
            pace: PaceConfig { segments_per_second, burst: Duration::from_millis(20) },
            ..settings(Arc::clone(&clock))
        };
        let (outcomes_in, outcomes) = mpsc::unbounded_channel();
        let (between, lines) = Between::new(Arc::clone(&clock));
        let account = Arc::new(Account::default());
        let (bind, handle) = Bind::new(settings, &account, || between.way(), Arc::new(|_| {}), outcomes_in);
        let stop = CancellationToken::new();
        tokio::spawn(bind.run(stop.clone()));
        let answers = Answers { log: log.clone(), judge: Arc::new(judge) };
        tokio::spawn(operator(lines, Arc::clone(&clock), answers));
        Self { clock, log, handle, outcomes, stop }
    }

    /// Sends the texts of these numbers, the least first, as the pusher does, until all are taken or time is up.
    async fn send(&mut self, numbers: impl IntoIterator<Item = u128>, until: Duration) -> BTreeMap<u128, u32> {
        let mut waiting: BTreeSet<u128> = numbers.into_iter().collect();
        let (mut under_way, mut strikes) = (0, BTreeMap::new());
        while (!waiting.is_empty() || under_way > 0) && self.clock.monotonic() < until {
            while self.handle.is_bound()
                && self.handle.room(instant(&self.clock)) > 0
                && let Some(number) = waiting.pop_first()
            {
                let ticket = Ticket { text: Uuid::from_u128(number), number: 1, fence: 1 };
                let message =
                    ShortMessage { short_message: number.to_string().into_bytes(), ..ShortMessage::default() };
                let by = self.clock.monotonic() + Duration::from_secs(30);
                assert!(self.handle.send(Outgoing { ticket, message, by }));
                under_way += 1;
            }
            tokio::select! {
                outcome = self.outcomes.recv() => {
                    let (ticket, outcome) = outcome.expect("the bind lives");
                    under_way -= 1;
                    let number = ticket.text.as_u128();
                    match outcome {
                        Outcome::Answered { status, .. } if status.is_ok() => {}
                        Outcome::Answered { status, .. } => {
                            if status != CommandStatus::RTHROTTLED {
                                *strikes.entry(number).or_default() += 1;
                            }
                            waiting.insert(number);
                        }
                        Outcome::Unsent => {
                            waiting.insert(number);
                        }
                        Outcome::Nacked(_) | Outcome::InDoubt => panic!("{outcome:?}"),
                    }
                }
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
        }
        strikes
    }

    async fn show(&self, text: &str) {
        let message = ShortMessage { short_message: text.as_bytes().to_vec(), ..ShortMessage::default() };
        self.handle
            .screens
            .send(Screen {
                message,
                made_at: self.clock.monotonic(),
                waited_for: true,
                again: false,
                connection: 1,
                then: None,
            })
            .await
            .unwrap();
    }

    fn log(&self) -> Vec<Seen> {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Serves one connection after another.
async fn operator(mut lines: mpsc::UnboundedReceiver<Line>, clock: Arc<VirtualClock>, answers: Answers) {
    let mut connection = 0;
    while let Some(line) = lines.recv().await {
        connection += 1;
        smsc(line.stream, connection, Arc::clone(&clock), answers.clone()).await;
    }
}

/// Refuses what is beyond so many in a second.
fn at_most(per_second: usize, seen: &Seen, log: &[Seen]) -> CommandStatus {
    let second = seen.at.saturating_sub(Duration::from_secs(1));
    let taken = log.iter().rev().take_while(|before| before.at > second).filter(|before| before.taken()).count();
    if taken < per_second { CommandStatus::ROK } else { CommandStatus::RTHROTTLED }
}

fn seconds(log: &[Seen], range: std::ops::Range<u64>) -> Vec<usize> {
    range.map(|second| log.iter().filter(|seen| seen.taken() && seen.at.as_secs() == second).count()).collect()
}

fn each_taken_once(log: &[Seen]) -> BTreeSet<u128> {
    let mut taken = BTreeSet::new();
    for number in log.iter().filter(|seen| seen.taken()).filter_map(Seen::number) {
        assert!(taken.insert(number), "{number} was taken twice");
    }
    taken
}

#[tokio::test(start_paused = true)]
async fn a3_an_agreed_rate_is_kept_on_the_wire_and_used() {
    let mut bench = Bench::start(Some(50), |_, _| CommandStatus::ROK);
    bench.send(0..100_000, Duration::from_secs(10)).await;
    let log = bench.log();
    let each = seconds(&log, 1..9);
    assert!(each.iter().all(|n| (47..=51).contains(n)), "{each:?}");
    for (first, seen) in log.iter().enumerate() {
        let second = log[first..].iter().take_while(|later| later.at < seen.at + Duration::from_secs(1)).count();
        assert!(second <= 50 + 2 + 1, "{second} within a second of {:?}", seen.at);
    }
}

#[tokio::test(start_paused = true)]
async fn a13_throttled_the_rate_is_halved_within_a_round_trip_and_is_back_within_a_minute() {
    const THROTTLED: std::ops::Range<u64> = 20..40;
    let mut bench = Bench::start(Some(50), |seen, log| match THROTTLED.contains(&seen.at.as_secs()) {
        true => at_most(5, seen, log),
        false => CommandStatus::ROK,
    });
    bench.send(0..1_000_000, Duration::from_secs(110)).await;
    let log = bench.log();
    let first = log.iter().find(|seen| !seen.taken()).expect("it was throttled").at;
    let heard = first + ROUND_TRIP;
    let since = |from: Duration| log.iter().filter(move |seen| seen.at > from);
    let next_second = since(heard).filter(|seen| seen.at <= heard + Duration::from_secs(1)).count();
    assert!(next_second <= 25, "{next_second} in the second after the refusal was heard");
    let refused = log.iter().filter(|seen| !seen.taken()).count();
    assert!(refused <= 80, "{refused} refused in 20 s, where 900 would be at the old rate");
    let (before, after) = (seconds(&log, 10..20), seconds(&log, 100..110));
    assert!(before.iter().sum::<usize>() >= 480, "{before:?}");
    assert!(after.iter().sum::<usize>() >= 450, "nine tenths within 60 s of the clearing: {after:?}");

    // What was refused goes before anything that had not been sent by the time the refusal was heard.
    let mut waiting: BTreeMap<u128, Duration> = BTreeMap::new();
    let mut known = BTreeSet::new();
    for seen in &log {
        let number = seen.number().unwrap();
        if known.insert(number) {
            let overtaken = waiting.values().any(|heard| seen.at > *heard);
            assert!(!overtaken, "{number} went at {:?} before {waiting:?}", seen.at);
        }
        match seen.taken() {
            true => waiting.remove(&number),
            false => waiting.insert(number, seen.at + ROUND_TRIP),
        };
    }
    assert_eq!(waiting, BTreeMap::new());
    let taken = each_taken_once(&log);
    assert_eq!(taken.iter().copied().collect::<Vec<_>>(), (0..taken.len() as u128).collect::<Vec<_>>(), "a gap");
}

#[tokio::test(start_paused = true)]
async fn a13_without_an_agreed_rate_the_operators_own_is_found() {
    let mut bench = Bench::start(None, |seen, log| at_most(20, seen, log));
    bench.send(0..1_000_000, Duration::from_secs(240)).await;
    let log = bench.log();
    each_taken_once(&log);
    let late: Vec<&Seen> = log.iter().filter(|seen| seen.at.as_secs() >= 120).collect();
    let refused = late.iter().filter(|seen| !seen.taken()).count();
    assert!(refused * 5 < late.len(), "{refused} of {} refused", late.len());
    assert!(late.len() - refused > 120 * 20 / 2, "{} taken in 120 s", late.len() - refused);
}

#[tokio::test(start_paused = true)]
async fn i5_screens_overtake_texts_and_count_against_the_rate() {
    let mut bench = Bench::start(Some(10), |_, _| CommandStatus::ROK);
    let shown = {
        let bench = &bench;
        let (handle, clock) = (bench.handle.clone(), bench.clock.clone());
        tokio::spawn(async move {
            for number in 0..20 {
                tokio::time::sleep(Duration::from_millis(730)).await;
                let message = ShortMessage { short_message: format!("screen {number}").into(), ..Default::default() };
                handle
                    .screens
                    .send(Screen {
                        message,
                        made_at: clock.monotonic(),
                        waited_for: true,
                        again: false,
                        connection: 1,
                        then: None,
                    })
                    .await
                    .unwrap();
            }
        })
    };
    bench.send(0..100_000, Duration::from_secs(16)).await;
    shown.await.unwrap();
    let log = bench.log();
    let screens: Vec<&Seen> = log.iter().filter(|seen| seen.number().is_none()).collect();
    assert_eq!(screens.len(), 20);
    for (number, screen) in (1..).zip(screens) {
        let late = screen.at.saturating_sub(Duration::from_millis(730) * number);
        assert!(late <= Duration::from_millis(5), "{} waited {late:?}", screen.text);
    }
    let each = seconds(&log, 1..14);
    assert!(each.iter().all(|n| (9..=12).contains(n)), "{each:?}");
}

#[tokio::test(start_paused = true)]
async fn a13_a_screen_that_was_throttled_is_shown_all_the_same() {
    let bench = Bench::start(Some(100), |_, log| match log.len() {
        0 | 1 => CommandStatus::RTHROTTLED,
        _ => CommandStatus::ROK,
    });
    bench.show("Salam").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let log: Vec<(String, bool)> = bench.log().iter().map(|seen| (seen.text.clone(), seen.taken())).collect();
    let salam = |taken| ("Salam".to_owned(), taken);
    assert_eq!(log, [salam(false), salam(false), salam(true)]);
}

#[tokio::test(start_paused = true)]
async fn a16_told_that_it_is_not_bound_it_binds_again_and_nothing_is_lost() {
    let mut bench = Bench::start(Some(100), |seen, log| match seen.connection {
        1 if log.len() >= 20 => CommandStatus::RINVBNDSTS,
        _ => CommandStatus::ROK,
    });
    let strikes = bench.send(0..200, Duration::from_secs(60)).await;
    let log = bench.log();
    assert_eq!(each_taken_once(&log).len(), 200);
    assert_eq!(log.iter().map(|seen| seen.connection).max(), Some(2), "one new bind was enough");
    assert!(!strikes.is_empty() && strikes.values().all(|n| *n == 1), "each is tried once more: {strikes:?}");
}
