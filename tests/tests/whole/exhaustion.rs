//! The program where the machine has no more to give: files, memory, and a thread that panics.

use crate::family::ALONE;
use crate::listeners::MANY_REPLIES;
use crate::program::Process;
use crate::stage::{Phone, Setting, Stage, eventually};
use crate::stand_in::House;
use dayaq_types::{Clock, Msisdn, SystemClock};
use std::time::Duration;
use tokio::net::TcpStream;

/// Files that a process may open where nobody has raised the limit.
const USUAL_FILES: u32 = 1_024;
/// Dials that are timed.
const DIALS: usize = 100;

/// Where nothing can be served it says so; at the usual limit, with every connection of HTTP held, SQLite always opens.
async fn files() {
    let stage = Stage::set(Setting::default()).await;
    let path = stage.config.write().display().to_string();
    let mut process = Process::dayaq_with_files(&["serve", "--config", &path], 64);
    let status = tokio::task::block_in_place(|| process.wait());
    assert_eq!(status.code(), Some(64), "{}", process.said());
    assert!(process.said().contains("may open 64 files and needs") && process.said().contains("LimitNOFILE="));
    assert!(!stage.config.gateway_database().exists(), "nothing was started");
    drop((stage, process));

    rlimit::increase_nofile_limit(8_192).expect("the test itself holds them all");
    let mut stage = Stage::set(Setting::default()).await;
    stage.config = stage.config.open_files(USUAL_FILES);
    stage.start().await;
    let mut held = Vec::new();
    for _ in 0..3 * USUAL_FILES {
        held.push(TcpStream::connect(stage.serve().http).await.expect("it listens"));
    }
    for number in 0..200 {
        let phone = stage.phone(&format!("99455{:07}", 1_000_000 + number));
        phone.dial().await.says("1 Azərbaycanca");
        phone.send("2").await.says(ALONE.menu);
    }
    assert_eq!(stage.metric("dayaq_neutral_ends_total").await, 0.0, "no turn was let go");
    assert!(!stage.log().contains("unable to open"), "{}", stage.log());
    stage.assert_sound().await;
}

/// The machine kills the program for its memory: no signal is heard, and what was answered is there.
async fn memory() {
    let mut stage = Stage::up(Setting::default()).await;
    let phone = stage.phone(ALONE.number);
    let half = ALONE.answers.len() / 2;
    let before = ALONE.begin(&phone, half).await;
    stage.restart().await;
    phone.dial().await.says(ALONE.go_on);
    assert_eq!(phone.send("1").await, before, "it goes on where it was");
    stage.assert_sound().await;
}

/// The median and the 99th of 100 times that a turn of that phone takes.
async fn turns(phone: &Phone) -> (Duration, Duration) {
    let (clock, mut times) = (SystemClock::new(), Vec::with_capacity(DIALS));
    for _ in 0..DIALS {
        let begun = clock.monotonic();
        phone.dial().await.says(ALONE.menu);
        times.push(clock.monotonic() - begun);
    }
    times.sort_unstable();
    (times[DIALS / 2], times[DIALS * 99 / 100])
}

/// A turn that panics takes no other with it: its phone hears the neutral words, and others wait no longer.
async fn panics() {
    let house = House::up(MANY_REPLIES).await;
    let phone = |number: &str| Phone(house.smsc.handset(Msisdn::parse(number).expect("a number")));
    let (poisoned, other) = (phone("994501234567"), phone("994502345678"));
    for phone in [&poisoned, &other] {
        phone.dial().await.says("1 Azərbaycanca");
        phone.send("2").await.says(ALONE.menu);
    }
    let before = turns(&other).await;
    house.core.panic_at_status(true);
    let again = poisoned.clone();
    let panicking = tokio::spawn(async move {
        let mut ends = 0;
        loop {
            again.dial().await.says(ALONE.menu);
            // The session is over; what was kept is offered on the next dial.
            again.send("2").await.ends();
            ends += 1;
            if ends >= 50 {
                return ends;
            }
        }
    });
    let during = turns(&other).await;
    let ends = panicking.await.expect("each is let go");
    println!(
        "{ends} turns panicked; others: median {:?}, {:?} meanwhile; p99 {:?}, {:?}",
        before.0, during.0, before.1, during.1
    );
    assert!(during.1 <= before.1 * 4 + Duration::from_millis(500), "{during:?}");
    assert!(house.smsc.is_bound() && house.gateway.is_bound());
    house.core.panic_at_status(false);
    poisoned.dial().await.says(ALONE.menu);
    let seen = poisoned.send("2").await;
    assert!(seen.text.contains("нет"), "{}", seen.text);
    house.gateway.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e07_no_files_no_memory_and_a_panic_cost_nobody_else_a_turn() {
    files().await;
    memory().await;
    panics().await;
}

/// What is counted as it happens grows with nobody to read it; what is held does not.
#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_reads_the_metrics_memory_stays_as_it_is() {
    let mut stage = Stage::set(Setting::default()).await;
    stage.config = stage.config.gateway(MANY_REPLIES);
    stage.start().await;
    let phone = stage.phone(ALONE.number);
    let id = stage.serve().process.id();
    let resident = || {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<i64>().ok());
        line.expect("a number")
    };
    let dials = if crate::stage::full() { 50_000 } else { 1_500 };
    let mut seen = Vec::new();
    for dial in 0..dials {
        phone.dial().await;
        if dial % (dials / 5) == dials / 10 {
            seen.push(resident());
        }
    }
    println!("{dials} turns, resident kB: {seen:?}");
    let grown = seen[seen.len() - 1] - seen[1];
    assert!(grown < 16 * 1024, "{grown} kB more: {seen:?}");
    eventually("histograms are read all the same", async || {
        let (_, metrics) = stage.page("/metrics").await;
        metrics.contains("dayaq_turn_seconds_bucket{channel=\"ussd\",le=\"+Inf\"}").then_some(())
    })
    .await;
}
