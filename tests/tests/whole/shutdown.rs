//! The end of the program: asked for under load, asked for twice, and cut off.

use crate::crash::roll;
use crate::family::ALONE;
use crate::invariants::{After, assert_invariants};
use crate::listeners::MANY_REPLIES;
use crate::overheard::Overheard;
use crate::stage::{Phone, Setting, Stage, WriteLock, eventually, full, reference, seed};
use dayaq_redis::RedisNode;
use dayaq_simulator::{HandsetError, Screen, SmscConfig};
use dayaq_types::{Clock, SeededEntropy, SystemClock};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};

/// The longest that the end may take (E03).
const AT_MOST: Duration = Duration::from_secs(15);
/// Phones that dial all the time.
const DIALLERS: u32 = 16;
/// Texts that are on their way at the signal, ...
const WRITERS: u32 = 64;
/// ... the window, ...
const WINDOW: usize = 8;
/// ... and when the operator answers each.
const ANSWERED_AFTER: Duration = Duration::from_millis(300);
/// Segments that were in doubt.
const DOUBTED: &str = "SELECT count(*) FROM text_segments WHERE doubts > 0";
/// Whose text the operator takes and never answers.
const UNANSWERED: &str = "994509999999";

/// The program with phones that may dial as often as they like.
async fn up(setting: Setting) -> Stage {
    let mut stage = Stage::set(setting).await;
    stage.config = stage.config.gateway(MANY_REPLIES);
    stage.start().await;
    stage
}

/// Phones that dial again and again, until the set is dropped.
pub fn load(stage: &Stage) -> JoinSet<()> {
    let mut diallers = JoinSet::new();
    for number in 0..DIALLERS {
        let phone = stage.phone(&format!("99455{:07}", 1_000_000 + number)).0;
        diallers.spawn(async move {
            loop {
                // Whoever finds nobody there dials again.
                let _ = phone.dial("*7142#").await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    }
    diallers
}

/// A text of ours that the operator has taken and never answers.
async fn text_without_answer(stage: &Stage) {
    let fault = format!("response-lost,to={UNANSWERED},times=1").parse().expect("a fault");
    let fault = stage.smsc.fault(fault).expect("it stands");
    stage.phone(UNANSWERED).0.send_sms("Salam").await.expect("it is taken");
    eventually("the reply is on the air", async || (stage.smsc.struck(fault) == Some(1)).then_some(())).await;
}

/// Sends the application off, whatever becomes of the phone's screen.
pub fn confirm(phone: &Phone) -> JoinHandle<Result<Screen, HandsetError>> {
    let handset = phone.0.clone();
    tokio::spawn(async move { handset.send("1").await })
}

/// Dials again, and sends the application off where that is offered.
pub async fn go_on(phone: &Phone) {
    if !phone.dial().await.text.contains(ALONE.go_on) {
        return;
    }
    let seen = phone.send("1").await;
    // Where the confirmation was saved, to continue is to have it carried out.
    if seen.more {
        ALONE.look_over(phone, seen).await;
        phone.send("1").await.ends();
    }
}

/// Of no text nobody knows what became of it, and nothing is claimed any more.
async fn is_put_in_order(stage: &Stage, phones: &[Phone]) {
    for (what, sql) in [
        ("texts of which nobody knows", "SELECT count(*) FROM text_segments WHERE state = 'unknown'"),
        ("texts on the air without an outcome", "SELECT count(*) FROM text_segments WHERE state = 'attempted'"),
    ] {
        assert_eq!(stage.gateway_column::<i64>(sql).await, [0], "{what}");
    }
    assert_invariants(stage, phones, After::NOTHING).await;
}

/// The family has one application, and a text that says so.
async fn is_registered_once(stage: &Stage, phone: &Phone) {
    let number = eventually("it is registered", async || stage.references().await.pop()).await;
    assert_eq!(stage.references().await, [&*number]);
    eventually("the text", async || {
        phone.0.sms_inbox().iter().any(|sms| reference(&sms.text).as_deref() == Some(&number)).then_some(())
    })
    .await;
}

/// Everything that can hang hangs at once: an answer of the operator, Redis, the core's database, callers of HTTP.
#[tokio::test(flavor = "multi_thread")]
async fn e03_sigterm_under_load_while_everything_hangs_is_over_within_15_s() {
    let redis = RedisNode::syncing().started();
    let mut stage = up(Setting { redis: Some(redis.url()), ..Setting::default() }).await;
    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    let core = WriteLock::on(&stage.config.core_database()).await;
    let confirmed = confirm(&phone);
    eventually("the turn is under way", async || (stage.metric("dayaq_turns_under_way").await > 0.0).then_some(()))
        .await;
    let overheard = Overheard::at(&stage);
    let diallers = load(&stage);
    // A whole turn of another phone: by then the confirmation waits for the core.
    text_without_answer(&stage).await;
    let mut held = Vec::new();
    for says in
        [&b"GET /readyz HTTP/1.1\r\nHost: d"[..], b"", b"POST /readyz HTTP/1.1\r\nHost: d\r\nContent-Length: 9\r\n\r\n"]
    {
        let mut caller = TcpStream::connect(stage.serve().http).await.expect("it listens");
        caller.write_all(says).await.expect("it reads");
        held.push(caller);
    }

    let clock = SystemClock::new();
    stage.serve().process.ask_to_end();
    redis.freeze();
    let said = eventually("it is not ready", async || {
        let (status, said) = stage.page("/readyz").await;
        (status == 503 && said.contains("draining")).then_some(said)
    })
    .await;
    let (draining, status) = (clock.monotonic(), stage.ended().await);
    let ended = clock.monotonic();
    println!("not ready after {draining:?}, over after {ended:?}: {said}");
    assert!(status.success(), "{status}\n{}", stage.log());
    assert!(ended <= AT_MOST, "{ended:?}");
    assert!(draining <= Duration::from_secs(2), "{draining:?}");
    drop((diallers, held));
    core.release().await;
    overheard.ends_with_an_unbind();
    is_put_in_order(&stage, &[]).await;
    assert_eq!(stage.gateway_column::<i64>(DOUBTED).await, [1], "the one text that the operator never answers");

    redis.thaw();
    stage.start().await;
    let _ = confirmed.await.expect("no panic");
    is_registered_once(&stage, &phone).await;
    assert_invariants(&stage, &[phone], After::NOTHING).await;
}

/// The operator answers late, so that at the signal a window of texts is on the air and more of them wait: those are
/// waited for, these stay for the next start.
#[tokio::test(flavor = "multi_thread")]
async fn e03_sigterm_under_load_claims_no_more_drains_the_window_unbinds_and_leaves_nothing_in_doubt() {
    let smsc = SmscConfig { response_delay: ANSWERED_AFTER, ..SmscConfig::default() };
    let mut stage = Stage::set(Setting { smsc, ..Setting::default() }).await;
    stage.config = stage.config.gateway(MANY_REPLIES).profile("link", &format!("window = {WINDOW}"));
    stage.config = stage.config.profile("link", "window_reserve = 4");
    stage.start().await;
    let overheard = Overheard::at(&stage);
    let diallers = load(&stage);
    let writers: Vec<Phone> =
        (0..WRITERS).map(|number| stage.phone(&format!("99470{:07}", 1_000_000 + number))).collect();
    for phone in &writers {
        phone.0.send_sms("Salam").await.expect("it is taken");
    }
    eventually("the window is full", async || (overheard.unanswered().len() >= WINDOW).then_some(())).await;
    let clock = SystemClock::new();
    stage.terminate().await;
    println!("over after {:?}", clock.monotonic());
    assert!(clock.monotonic() <= AT_MOST);
    drop(diallers);
    overheard.ends_with_an_unbind();
    assert_eq!(overheard.unanswered().len(), 0, "the window was drained");
    is_put_in_order(&stage, &writers).await;
    assert_eq!(stage.gateway_column::<i64>(DOUBTED).await, [0], "in doubt");
    let left = stage.gateway_column::<i64>("SELECT count(*) FROM text_segments WHERE state = 'queued'").await;
    println!("{left:?} texts were not claimed any more");
    assert!(left[0] > 0, "there was more to claim at the signal");

    stage.start().await;
    for phone in &writers {
        phone.text().await;
        assert_eq!(phone.0.sms_inbox().len(), 1, "each text is answered once");
    }
    assert_invariants(&stage, &writers, After::NOTHING).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_sigterm_ends_the_program_at_once() {
    let mut stage = up(Setting::default()).await;
    text_without_answer(&stage).await;
    stage.serve().process.ask_to_end();
    eventually("it is not ready", async || (stage.page("/readyz").await.0 == 503).then_some(())).await;
    let clock = SystemClock::new();
    stage.serve().process.ask_to_end();
    let status = stage.ended().await;
    println!("over {:?} after the second", clock.monotonic());
    assert!(clock.monotonic() < Duration::from_secs(5), "{:?}", clock.monotonic());
    assert_eq!(status.code(), Some(1));
    assert!(stage.log().contains("asked to end a second time") && !stage.log().contains("Stopped"), "{}", stage.log());
}

/// The end is cut off after a second of it, while a confirmation, a text and the load are under way.
#[tokio::test(flavor = "multi_thread")]
async fn e04_sigkill_a_second_after_sigterm_loses_nothing_and_does_nothing_twice() {
    let dice = SeededEntropy::new(seed());
    for round in 0..if full() { 20 } else { 3 } {
        let delay = Duration::from_micros(u64::from(roll(&dice)) * 100_000 / u64::from(u16::MAX));
        println!("seed {}, round {round}: SIGTERM {delay:?} after the confirmation", seed());
        let smsc = SmscConfig { answer_timeout: Duration::from_secs(5), ..SmscConfig::default() };
        let mut stage = up(Setting { smsc, ..Setting::default() }).await;
        let phone = stage.phone(ALONE.number);
        ALONE.until_confirm(&phone).await;
        let diallers = load(&stage);
        text_without_answer(&stage).await;
        let core = if round % 2 == 0 { Some(WriteLock::on(&stage.config.core_database()).await) } else { None };
        let confirmed = confirm(&phone);
        // The moments of signal and kill are what is tried here; nothing waits for them.
        tokio::time::sleep(delay).await;
        stage.serve().process.ask_to_end();
        tokio::time::sleep(Duration::from_secs(1)).await;
        stage.kill().await;
        assert!(!stage.log().contains("Stopped"), "it was cut off");
        drop(diallers);
        if let Some(core) = core {
            core.release().await;
        }
        stage.start().await;
        match confirmed.await.expect("no panic") {
            Ok(_) => {}
            Err(HandsetError::NoAnswer | HandsetError::SessionOver) => go_on(&phone).await,
            Err(fault) => panic!("{fault}"),
        }
        is_registered_once(&stage, &phone).await;
        is_resolved(&stage).await;
        assert_invariants(&stage, &[phone, stage.phone(UNANSWERED)], After::LOST_LINK).await;
    }
}

/// The text that was on the air unanswered when the program was cut off goes out once more, and then its fate is known.
async fn is_resolved(stage: &Stage) {
    eventually("it is known to be in doubt", async || {
        (stage.gateway_column::<i64>(DOUBTED).await[0] > 0).then_some(())
    })
    .await;
    assert_eq!(stage.phone(UNANSWERED).0.sms_inbox().len(), 1);
    // A late answer has had its time.
    let mut gateway = SqliteConnectOptions::new()
        .filename(stage.config.gateway_database())
        .busy_timeout(Duration::from_secs(5))
        .connect()
        .await
        .expect("the file is there");
    let over = "UPDATE text_segments SET next_at = 0 WHERE doubts > 0 AND state = 'queued'";
    sqlx::raw_sql(over).execute(&mut gateway).await.expect("it is written");
    gateway.close().await.expect("it closes");
    let open = "SELECT count(*) FROM text_segments WHERE state <> 'sent'";
    eventually("each text is sent", async || (stage.gateway_column::<i64>(open).await == [0]).then_some(())).await;
    assert_eq!(stage.phone(UNANSWERED).0.sms_inbox().len(), 2, "a second copy, and no third");
}
