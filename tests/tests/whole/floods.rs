//! G01: what a flood gets, what others notice of it, and what its phone hears all the same. E06: a program that stood still.

use crate::beside::Others;
use crate::program::PATIENCE;
use crate::slow_core::granted;
use crate::stage::{Phone, Setting, Stage, eventually, full};
use crate::stand_in::House;
use dayaq_simulator::Sms;
use dayaq_types::{Clock, Msisdn, SystemClock};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

const PHONE: &str = "994501234567";

/// Texts of the flood: within a minute, or sooner.
const FLOOD: usize = 1_000;
/// Segments of replies on one day, where there are few.
const DAY: usize = 3;
/// How the warning begins.
const WARNING: &str = "SMS-lərinizi anlamırıq";

/// From one text of it to the next: a thousand in a minute, ...
const EACH: Duration = Duration::from_millis(60);
/// ... or as fast as they can be written.
const AT_ONCE: Duration = Duration::from_millis(2);

/// A phone that writes the same again and again, and counts what is taken.
fn flood(phone: &Phone, pace: Duration, written: &Arc<AtomicUsize>) -> AbortOnDropHandle<()> {
    let (phone, written) = (phone.clone(), Arc::clone(written));
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut under_way = JoinSet::new();
        let mut pace = tokio::time::interval(pace);
        loop {
            pace.tick().await;
            let (phone, written) = (phone.0.clone(), Arc::clone(&written));
            under_way.spawn(async move {
                if phone.send_sms("Sürürəm, sonra zəng edərəm").await.is_ok() {
                    written.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    }))
}

/// The whole of G01: what the flood gets, what the others notice of it, and what reaches its phone all the same.
#[tokio::test(flavor = "multi_thread")]
async fn g01_a_thousand_texts_of_one_phone_get_ten_replies_with_one_warning_and_others_notice_nothing() {
    let house = House::far("").await;
    let phone = |number: &str| Phone(house.smsc.handset(Msisdn::parse(number).expect("a number")));
    let flooding = phone(PHONE);
    let written = Arc::new(AtomicUsize::new(0));
    let attack = async |disturbed: bool| disturbed.then(|| flood(&flooding, EACH, &written));
    Others::of(phone).notice_nothing("a flood of texts", attack).await;
    println!("{} texts at a thousand a minute", written.swap(0, Ordering::Relaxed));
    // Nobody is timed beside the rest of it, so that it need not take a minute.
    let (flooded, clock) = (flood(&flooding, AT_ONCE, &written), SystemClock::new());
    eventually("a thousand texts", async || (written.load(Ordering::Relaxed) >= FLOOD).then_some(())).await;
    drop(flooded);
    println!("{} texts within {:?}", written.load(Ordering::Relaxed), clock.monotonic());

    // An outcome is told whatever came before it, and by then whatever else there was to say has been said.
    house.core.tell(granted(Uuid::from_u128(1), PHONE));
    let outcome = eventually("the outcome", async || {
        flooding.0.sms_inbox().into_iter().map(|sms| sms.text).find(|text| text.contains("584,00 AZN"))
    })
    .await;
    let replies: Vec<String> =
        flooding.0.sms_inbox().into_iter().map(|sms| sms.text).filter(|text| *text != outcome).collect();
    println!("{} replies", replies.len());
    assert!((2..=10).contains(&replies.len()), "{replies:?}");
    let warnings = replies.iter().filter(|text| text.starts_with(WARNING)).count();
    assert!(warnings == 1 && replies.last().is_some_and(|last| last.starts_with(WARNING)), "{replies:?}");
    house.gateway.shutdown().await;
}

/// Replies of a day have an end, for what they cost; outcomes have none.
#[tokio::test(flavor = "multi_thread")]
async fn g01_an_outcome_reaches_a_phone_that_has_had_its_texts_of_today() {
    let house = House::up(&format!("reply_segments_per_day = {DAY}")).await;
    let phone = house.smsc.handset(Msisdn::parse(PHONE).expect("a number"));
    let mut heard = Vec::new();
    while !heard.last().is_some_and(|sms: &Sms| sms.text.contains("sabah")) {
        assert!(heard.len() < 5, "{heard:?}");
        phone.send_sms("Salam").await.expect("it is taken");
        heard.push(phone.next_sms(PATIENCE).await.expect("a text"));
    }
    let (warning, replies) = heard.split_last().expect("one at least");
    let paid: Vec<usize> = replies.iter().map(|sms| sms.segments).collect();
    println!("replies of {paid:?} segments, and the warning of {}", warning.segments);
    let before_last: usize = paid[..paid.len() - 1].iter().sum();
    assert!(before_last < DAY, "the day's segments are a cap: {paid:?}");
    assert_eq!(warning.segments, 1);
    for _ in 0..20 {
        phone.send_sms("Salam").await.expect("it is taken");
    }
    house.core.tell(granted(Uuid::from_u128(1), PHONE));
    let outcome = phone.next_sms(PATIENCE).await.expect("the outcome").text;
    assert!(outcome.contains("584,00 AZN"), "{outcome}");
    assert_eq!(phone.sms_inbox().len(), heard.len() + 1, "and nothing between");
    let screen = phone.dial("*7142#").await.expect("a screen");
    assert!(screen.more, "{:?}", screen.text);
}

/// Whoever stops the program stops its clocks' hands as well: what waited is answered once, and nothing has run out.
#[tokio::test(flavor = "multi_thread")]
async fn e06_a_program_that_stood_still_goes_on_where_it_was() {
    let stage = Stage::up(Setting::default()).await;
    let phone = stage.phone("994501234502");
    phone.dial().await;
    for typed in ["3", "1", "1", "1", "171S5AV"] {
        phone.send(typed).await;
    }
    let other = stage.phone("994501234503");
    let seconds = if full() { 60 } else { 3 };
    let process = stage.serve().process.id();
    let standstill = format!("kill -STOP {process}; sleep {seconds}; kill -CONT {process}");
    let stood = tokio::task::spawn_blocking(move || Command::new("sh").args(["-c", &standstill]).status());
    // It is written while nobody answers.
    let written = other.0.send_sms("Salam").await;
    assert!(stood.await.expect("it ends").expect("sh runs").success());
    eventually("it is bound", async || (stage.metric("dayaq_smpp_bound").await > 0.0).then_some(())).await;
    if written.is_err() {
        other.0.send_sms("Salam").await.expect("it is taken");
    }
    other.text().await;
    let _ = phone.0.hang_up().await;
    phone.dial().await.says("1 Continue");
    assert_eq!(other.0.sms_inbox().len(), 1, "one reply");
    assert!(!stage.log().contains("panicked"));
    stage.assert_sound().await;
}
