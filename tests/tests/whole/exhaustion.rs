//! The program where the machine has no more to give: files, memory, and a thread that panics.

use crate::beside::Others;
use crate::family::ALONE;
use crate::listeners::MANY_REPLIES;
use crate::program::{PATIENCE, Process};
use crate::stage::{Phone, Setting, Stage, eventually};
use crate::stand_in::House;
use dayaq_simulator::SmscConfig;
use dayaq_types::Msisdn;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Files that a process may open where nobody has raised the limit.
const USUAL_FILES: u32 = 1_024;
/// The signal of abort.
const SIGABRT: i32 = 6;
/// Files that the program may open, from the start or all at once.
const FEW_FILES: u32 = 64;
/// Phones that take what memory there is, ...
const PHONES: usize = 50_000;
/// ... so many at once.
const LANES: usize = 32;
/// Phones whose turns panic, again and again.
const POISONED: u32 = 16;

/// Sets a limit of a process that runs, past it.
fn limit(process: u32, limit: &str) {
    let set = Command::new("prlimit").args(["--pid", &process.to_string(), limit]).status();
    assert!(set.expect("prlimit runs").success(), "{limit}");
}

/// So many connections that say nothing.
async fn hold(http: SocketAddr, connections: u32) -> Vec<TcpStream> {
    let mut held = Vec::new();
    for _ in 0..connections {
        held.push(TcpStream::connect(http).await.expect("it listens"));
    }
    held
}

/// A number of kilobytes that a process has, such as `VmRSS`.
fn kilobytes(process: u32, name: &str) -> i64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let number = |line: &str| line.strip_prefix(name)?.strip_prefix(':')?.trim().strip_suffix(" kB")?.parse().ok();
    status.lines().find_map(number).expect("a number")
}

/// Where nothing can be served it says so, and nothing is begun.
#[tokio::test(flavor = "multi_thread")]
async fn e07_under_64_files_from_the_start_it_refuses_and_says_how_many_it_needs() {
    let stage = Stage::set(Setting::default()).await;
    let path = stage.config.write().display().to_string();
    let mut process = Process::dayaq_with_files(&["serve", "--config", &path], FEW_FILES);
    let status = tokio::task::block_in_place(|| process.wait());
    assert_eq!(status.code(), Some(64), "{}", process.said());
    assert!(process.said().contains("may open 64 files and needs") && process.said().contains("LimitNOFILE="));
    assert!(!stage.config.gateway_database().exists(), "nothing was started");
}

/// Whoever connects takes the last file that there is: links and stores have theirs, and a link that is lost finds one.
#[tokio::test(flavor = "multi_thread")]
async fn e07_where_64_files_are_left_and_http_wants_them_all_no_turn_is_lost_and_others_notice_nothing() {
    let mut stage = Stage::set(Setting { far: true, ..Setting::default() }).await;
    stage.config = stage.config.gateway(MANY_REPLIES);
    stage.start().await;
    let others = Others::of(|number| stage.phone(number));
    let process = stage.serve().process.id();
    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    limit(process, &format!("--nofile={FEW_FILES}:"));
    let http = stage.serve().http;
    let attack = async |disturbed: bool| hold(http, if disturbed { 4 * FEW_FILES } else { 0 }).await;
    others.notice_nothing("no file is left", attack).await;
    assert!(stage.log().contains("Connection not taken"), "files ran out: {}", stage.log());

    let _held = hold(http, 4 * FEW_FILES).await;
    let number = phone.send("1").await.says(ALONE.registered).ends().reference();
    stage.smsc.cut_links();
    assert!(stage.smsc.bound(PATIENCE).await, "the link finds a file: {}", stage.log());
    phone.dial().await.says(ALONE.menu);
    assert_eq!(phone.send("2").await.reference(), number);
    assert_eq!(stage.references().await, [number]);
    assert_eq!(stage.metric("dayaq_neutral_ends_total").await, 0.0, "no turn was let go");
    assert_eq!(stage.metric("dayaq_worker_ends_total").await, 0.0, "no worker fell");
    assert!(!stage.log().contains("unable to open"), "{}", stage.log());
    stage.assert_sound().await;
}

/// At the usual limit the listeners hold no more than is left, so that no file is ever missed.
#[tokio::test(flavor = "multi_thread")]
async fn at_the_usual_limit_of_files_every_connection_of_http_may_be_held() {
    rlimit::increase_nofile_limit(8_192).expect("the test itself holds them all");
    let mut stage = Stage::set(Setting::default()).await;
    stage.config = stage.config.open_files(USUAL_FILES);
    stage.start().await;
    let _held = hold(stage.serve().http, 3 * USUAL_FILES).await;
    for number in 0..50 {
        let phone = stage.phone(&format!("99455{:07}", 1_000_000 + number));
        phone.dial().await.says("1 Azərbaycanca");
        phone.send("2").await.says(ALONE.menu);
    }
    assert_eq!(stage.metric("dayaq_neutral_ends_total").await, 0.0, "no turn was let go");
    assert!(!stage.log().contains("unable to open"), "{}", stage.log());
    stage.assert_sound().await;
}

/// Phones that nobody has seen before, each of which dials once: of each something is remembered.
fn newcomers(stage: &Stage) -> JoinSet<()> {
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        let numbers = (0..PHONES).skip(lane).step_by(LANES).map(|number| format!("99455{number:07}"));
        let phones: Vec<Phone> = numbers.map(|number| stage.phone(&number)).collect();
        lanes.spawn(async move {
            for phone in phones {
                let _ = phone.0.dial("*7142#").await;
            }
        });
    }
    lanes
}

/// The machine gives the program no more memory while phones dial and one sends its application off: it dies of that, and
/// what was answered is there.
#[tokio::test(flavor = "multi_thread")]
async fn e07_out_of_memory_it_dies_at_once_and_goes_on_where_it_was() {
    let smsc = SmscConfig { answer_timeout: Duration::from_secs(5), ..SmscConfig::default() };
    let mut stage = Stage::set(Setting { smsc, ..Setting::default() }).await;
    stage.config = stage.config.gateway(MANY_REPLIES);
    stage.start().await;
    let [confirming, answering] = ["994501234567", "994502345678"].map(|number| stage.phone(number));
    ALONE.until_confirm(&confirming).await;
    let before = ALONE.begin(&answering, ALONE.answers.len() / 2).await;
    let process = stage.serve().process.id();
    limit(process, &format!("--data={}:", kilobytes(process, "VmData") * 1_024));
    let newcomers = newcomers(&stage);
    let confirmed = crate::shutdown::confirm(&confirming);
    let status = stage.ended().await;
    drop(newcomers);
    println!("it ended by {status}");
    assert_eq!(status.signal(), Some(SIGABRT), "{}", stage.log());
    // It may be a new thread whose stack finds no room.
    let causes = ["memory allocation of", "fatal runtime error"];
    assert!(causes.iter().any(|cause| stage.log().contains(cause)), "{}", stage.log());

    stage.start().await;
    let _ = confirmed.await.expect("no panic");
    crate::shutdown::go_on(&confirming).await;
    let number = eventually("it is registered", async || stage.references().await.pop()).await;
    assert_eq!(stage.references().await, [&*number], "once");
    answering.dial().await.says(ALONE.go_on);
    assert_eq!(answering.send("1").await, before, "it goes on where it was");
    stage.assert_sound().await;
}

/// A turn that panics takes no other with it: its phone hears the neutral words, and others wait no longer than where the
/// same phones' turns do not panic.
#[tokio::test(flavor = "multi_thread")]
async fn e07_turns_that_panic_are_let_go_alone_and_others_notice_nothing() {
    let house = House::far(MANY_REPLIES).await;
    let phone = |number: &str| Phone(house.smsc.handset(Msisdn::parse(number).expect("a number")));
    let poisoned: Vec<Phone> = (0..POISONED).map(|number| phone(&format!("99450{:07}", 1_000_000 + number))).collect();
    for phone in &poisoned {
        phone.dial().await.says("1 Azərbaycanca");
        phone.send("2").await.says(ALONE.menu);
    }
    let (panicked, answered) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let others = Others::of(phone);
    let attack = async |disturbed: bool| {
        house.core.panic_at_status(disturbed);
        let mut asking = JoinSet::new();
        for phone in poisoned.clone() {
            let count = Arc::clone(if disturbed { &panicked } else { &answered });
            asking.spawn(async move {
                loop {
                    phone.dial().await.says(ALONE.menu);
                    let seen = phone.send("2").await;
                    // After a panic the session is over; what was kept is offered on the next dial.
                    assert_eq!(seen.more, !disturbed, "{}", seen.text);
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        asking
    };
    others.notice_nothing("turns that panic", attack).await;
    let (panicked, answered) = (panicked.load(Ordering::Relaxed), answered.load(Ordering::Relaxed));
    println!("{panicked} turns panicked, {answered} did not");
    assert!(panicked >= 50 && answered >= 50);
    assert!(house.smsc.is_bound() && house.gateway.is_bound());
    house.core.panic_at_status(false);
    poisoned[0].dial().await.says(ALONE.menu);
    let seen = poisoned[0].send("2").await;
    assert!(seen.text.contains("нет"), "{}", seen.text);
    house.gateway.shutdown().await;
}

/// What is counted as it happens grows with nobody to read it; what is held does not.
#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_reads_the_metrics_memory_stays_as_it_is() {
    let mut stage = Stage::set(Setting::default()).await;
    stage.config = stage.config.gateway(MANY_REPLIES);
    stage.start().await;
    let phone = stage.phone(ALONE.number);
    let id = stage.serve().process.id();
    let resident = || kilobytes(id, "VmRSS");
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
