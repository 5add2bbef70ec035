//! Rolling restarts under phones that answer everything by `1`: no text is left without a reply.

use crate::invariants::{After, assert_invariants};
use crate::program::PATIENCE;
use crate::serve_config::UNLIMITED;
use crate::stage::{Phone, Setting, Stage, full};
use dayaq_simulator::Handset;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const PHONES: u64 = 8;
/// How long a person waits before they write once more.
const PERSON: Duration = Duration::from_secs(10);

/// What a phone wrote and got.
#[derive(Debug, Default)]
struct Told {
    written: usize,
    /// Texts after which nothing came, so that the person wrote once more.
    again: usize,
}

/// Writes `1`, waits for the reply, and so on until it is told to stop.
async fn writes(phone: Handset, stop: Arc<AtomicBool>) -> Told {
    let mut told = Told::default();
    while !stop.load(Ordering::Relaxed) {
        phone.send_sms("1").await.expect("it is taken");
        told.written += 1;
        if phone.next_sms(PERSON).await.is_ok() {
            continue;
        }
        told.again += 1;
        phone.send_sms("1").await.expect("it is taken");
        told.written += 1;
        phone.next_sms(PATIENCE).await.expect("who writes again is answered");
    }
    told
}

/// Gives how many texts had no reply of their own.
async fn under_restarts(restarts: usize, restart: impl AsyncFn(&mut Stage)) -> usize {
    let mut stage = Stage::set(Setting::default()).await;
    stage.config = stage.config.gateway(UNLIMITED);
    stage.start().await;
    let stop = Arc::new(AtomicBool::new(false));
    let phones: Vec<Phone> = (0..PHONES).map(|at| stage.phone(&(994_501_300_000 + at).to_string())).collect();
    let people: Vec<_> = phones.iter().map(|phone| tokio::spawn(writes(phone.0.clone(), Arc::clone(&stop)))).collect();
    for _ in 0..restarts {
        // Dialogues go on in between; how far is left to chance.
        tokio::time::sleep(Duration::from_millis(700)).await;
        restart(&mut stage).await;
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    stop.store(true, Ordering::Relaxed);
    let (mut written, mut again) = (0, 0);
    for person in people {
        let told = person.await.expect("no panic");
        written += told.written;
        again += told.again;
    }
    println!("{restarts} restarts: {written} texts of {PHONES} phones, {again} without a reply of their own");
    assert_invariants(&stage, &phones, After::LOST_LINK).await;
    again
}

#[tokio::test(flavor = "multi_thread")]
async fn a06_under_rolling_restarts_in_order_every_text_has_its_reply() {
    let restarts = if full() { 115 } else { 4 };
    let silent = under_restarts(restarts, async |stage| {
        stage.terminate().await;
        stage.start().await;
    });
    assert_eq!(silent.await, 0);
}

/// A reply that was on its way at a death is sent once more after a minute; who writes again before has it at once.
#[tokio::test(flavor = "multi_thread")]
async fn a06_killed_again_and_again_nobody_who_writes_is_left_without_a_word() {
    under_restarts(if full() { 100 } else { 5 }, async |stage| stage.restart().await).await;
}
