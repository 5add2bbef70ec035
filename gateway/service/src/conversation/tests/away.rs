//! C02: sessions that are away, silent or there by turns: whoever waits hears in time, and no answer is lost.

use super::applicant::{ANSWERS, Desk, cases};
use super::forms::{Dice, text};
use super::memory::Memory;
use super::world::{Phone, content};
use crate::conversation::turn::{PROFILE_PATIENCE, STORE_PAUSE};
use crate::store::{Cas, SessionBackend, StoreError, Stored, SubscriberKey, Token, Version};
use async_trait::async_trait;
use dayaq_dialog::{Form, Language, neutral_end};
use dayaq_smpp::CommandStatus;
use dayaq_types::ManualClock;
use futures_util::{StreamExt, stream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

const PHONE: u64 = 994_501_234_567;
const OTHER: u64 = 994_501_234_568;
/// What an operation may take, which passes where nothing is answered (C06).
const LIMIT: Duration = Duration::from_millis(250);
/// How long a phone may wait for its neutral end.
const SOON: Duration = Duration::from_secs(2);
/// Of so many operations some fail.
const OF: u64 = 8;
/// Worlds at the same time: their pauses are real, and each has a store of its own that must not be kept waiting.
const AT_ONCE: usize = 6;
/// From here on there is a draft.
const MIDDLE: usize = 8;

/// Sessions of which operations fail by the dice, each after its time on the world's clock.
struct Away {
    inner: Memory,
    clock: OnceLock<Arc<ManualClock>>,
    dice: Mutex<Dice>,
    /// How many of [`OF`] operations fail.
    fail: AtomicU64,
    failed: AtomicU64,
    /// Whether whoever asks next has made a pause before.
    paused: AtomicBool,
}

/// How an operation fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fails {
    /// At once, and nothing is done.
    Refused,
    /// After its time limit, and nothing is done.
    Silent,
    /// After its time limit, and what was asked is done.
    Unheard,
}

impl Away {
    fn new(seed: u64) -> Arc<Self> {
        let (fail, failed, paused) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
        Arc::new(Self {
            inner: Memory::default(),
            clock: OnceLock::new(),
            dice: Mutex::new(Dice(seed)),
            fail,
            failed,
            paused,
        })
    }

    /// The next operations fail so often.
    fn fail(&self, of_eight: u64) {
        self.fail.store(of_eight, Ordering::SeqCst);
    }

    fn failed(&self) -> u64 {
        self.failed.load(Ordering::SeqCst)
    }

    /// How the next operation fails, if it does; its time passes.
    fn next(&self) -> Option<Fails> {
        let clock = self.clock.get().expect("the world has one");
        if self.paused.swap(false, Ordering::SeqCst) {
            clock.advance(STORE_PAUSE);
        }
        let mut dice = self.dice.lock().unwrap();
        if dice.roll(OF) >= self.fail.load(Ordering::SeqCst) {
            return None;
        }
        self.failed.fetch_add(1, Ordering::SeqCst);
        let how = dice.pick(&[Fails::Refused, Fails::Silent, Fails::Silent, Fails::Unheard]);
        if how != Fails::Refused {
            clock.advance(LIMIT);
        }
        Some(how)
    }
}

fn why(how: Fails) -> StoreError {
    match how {
        Fails::Refused => StoreError::Unreachable("the test has it so".to_owned()),
        Fails::Silent | Fails::Unheard => StoreError::Timeout(LIMIT),
    }
}

#[async_trait]
impl SessionBackend for Away {
    async fn load(&self, key: &SubscriberKey) -> Result<Option<Stored>, StoreError> {
        match self.next() {
            None => self.inner.load(key).await,
            Some(how) => {
                self.paused.store(true, Ordering::SeqCst);
                Err(why(how))
            }
        }
    }

    async fn store(
        &self,
        key: &SubscriberKey,
        expected: Version,
        token: Token,
        blob: &[u8],
        ttl: Duration,
    ) -> Result<Cas, StoreError> {
        match self.next() {
            None => self.inner.store(key, expected, token, blob, ttl).await,
            Some(how) => {
                if how == Fails::Unheard {
                    let _ = self.inner.store(key, expected, token, blob, ttl).await;
                }
                Err(why(how))
            }
        }
    }

    async fn ready(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// As many as there are phones.
fn seeds() -> u64 {
    cases(20).min(600) as u64
}

async fn desk(seed: u64) -> (Desk, Arc<Away>) {
    let backend = Away::new(seed);
    let desk = Desk::on("dialogue-id", backend.clone()).await;
    assert!(backend.clock.set(desk.world.clock.clone()).is_ok());
    (desk, backend)
}

/// What became of the answers of one phone.
struct Outcome {
    longest: Duration,
    let_go: usize,
    failed: u64,
}

/// One phone answers while operations fail, by a gateway that remembers it or one that has to look.
async fn answers(seed: u64) -> Outcome {
    let (mut desk, away) = desk(seed).await;
    let mut alone = desk.phone(OTHER);
    let mut expected = vec![desk.dial(&mut alone).await.0];
    for typed in ANSWERS {
        expected.push(desk.send(&mut alone, typed).await.0);
    }
    let neutral = neutral_end(&content().1, Some(Language::Az), Form::Proper);
    let mut phone = desk.phone(PHONE);
    desk.dial(&mut phone).await;
    for typed in &ANSWERS[..MIDDLE] {
        desk.send(&mut phone, typed).await;
    }
    let (mut at, mut outcome) = (MIDDLE, Outcome { longest: Duration::ZERO, let_go: 0, failed: 0 });
    let (mut session, mut sequence) = (phone.session, phone.sequence);
    while at < ANSWERS.len() {
        if seed.is_multiple_of(2) {
            desk.restart();
        }
        let mut phone = Phone { session, sequence, ..desk.phone(PHONE) };
        away.fail([8, 6, 4, 2, 7][(seed / 2 % 5) as usize]);
        let begun = desk.world.elapsed();
        let (mut screen, ends) = desk.send(&mut phone, ANSWERS[at]).await;
        // Its language may be looked for in vain.
        let took = desk.world.elapsed() - begun + PROFILE_PATIENCE;
        away.fail(0);
        outcome.longest = outcome.longest.max(took);
        assert!(took <= SOON, "seed {seed}, answer {at}: {took:?}");
        if ends {
            assert_eq!(screen, neutral, "seed {seed}, answer {at}");
            outcome.let_go += 1;
            (screen, _) = desk.dial(&mut phone).await;
            assert!(screen.contains("1 Davam et"), "seed {seed}, answer {at}: {screen}");
            (screen, _) = desk.send(&mut phone, "1").await;
        }
        // It was saved or it was not; nothing else is lost.
        assert!(expected[at..=at + 1].contains(&screen), "seed {seed}, answer {at}: {screen}");
        at += usize::from(screen == expected[at + 1]);
        if (seed / 2).is_multiple_of(5) && outcome.let_go >= 3 && at < ANSWERS.len() {
            // Nothing is ever saved while everything fails.
            (screen, _) = desk.send(&mut phone, ANSWERS[at]).await;
            at += 1;
            assert_eq!(screen, expected[at]);
        }
        (session, sequence) = (phone.session, phone.sequence);
    }
    outcome.failed = away.failed();
    outcome
}

#[tokio::test]
async fn c02_whoever_waits_while_sessions_are_away_hears_within_two_seconds_and_loses_no_answer() {
    let phones: Vec<Outcome> = stream::iter(0..seeds()).map(answers).buffer_unordered(AT_ONCE).collect().await;
    let longest = phones.iter().map(|outcome| outcome.longest).max().unwrap();
    let let_go: usize = phones.iter().map(|outcome| outcome.let_go).sum();
    let failed: u64 = phones.iter().map(|outcome| outcome.failed).sum();
    println!(
        "{} phones, {failed} operations failed, {let_go} times let go, the longest wait {longest:?}",
        phones.len()
    );
    assert!(failed > 0 && let_go > 0, "sessions were away");
}

/// What a person writes, from the first word to the middle of an application; no text twice, for the repeat of one that was
/// refused may be its like of before, and then the question that stands is sent again.
const TEXTS: [&str; 9] = ["Salam", "3", "1", " 1", "1 ", "171S5AV", "2", "1339538", "2026004127"];

/// The first of them ask the core.
const CALLED: usize = 3;

/// One phone writes while operations fail, and the operator brings again what was not taken.
async fn writes(seed: u64) -> u64 {
    let (desk, away) = desk(seed).await;
    let mut expected = Vec::new();
    for words in TEXTS {
        assert_eq!(desk.deliver(text(OTHER, words)).await.statuses, [CommandStatus::ROK]);
        expected.push(desk.world.reply(OTHER).await);
    }
    for (at, words) in TEXTS.iter().enumerate() {
        let saved = desk.world.version(OTHER).await;
        // What was asked of the core before is told whether it could be saved or not, and then asked again.
        away.fail(if at < CALLED { 0 } else { [8, 6, 4, 2, 7][(seed % 5) as usize] });
        let first = desk.deliver(text(PHONE, words)).await.statuses;
        away.fail(0);
        if first != [CommandStatus::ROK] {
            assert_eq!(
                first,
                [CommandStatus::RX_T_APPN],
                "seed {seed}, {words:?}: nothing is acknowledged that is not saved"
            );
            assert_eq!(desk.deliver(text(PHONE, words)).await.statuses, [CommandStatus::ROK]);
        }
        assert_eq!(desk.world.reply(PHONE).await, expected[at], "seed {seed}: each in its order, {words:?}");
        assert_eq!(desk.world.version(OTHER).await, saved, "nobody else's is touched");
    }
    away.failed()
}

#[tokio::test]
async fn c02_a_text_is_acknowledged_once_it_is_saved_and_answered_in_its_order() {
    let failed: Vec<u64> = stream::iter(0..seeds()).map(writes).buffer_unordered(AT_ONCE).collect().await;
    let failed: u64 = failed.into_iter().sum();
    assert!(failed > 0, "sessions were away");
    println!("{failed} operations failed under texts, and each text was answered in its order");
}
