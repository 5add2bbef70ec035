//! Phones dial, answer and hang up for a long time, and nothing that the service holds grows with it.
//!
//! Twenty minutes at 2,000 turns a second where all is asked for, on the program that `DAYAQ_BIN` names (a release build: an
//! ordinary one is too slow for that).

use crate::serve_config::UNLIMITED;
use crate::stage::{Setting, Stage, full, seed};
use dayaq_postgres::PostgresServer;
use dayaq_redis::RedisNode;
use dayaq_simulator::{Handset, Screen};
use dayaq_types::{Clock, Entropy, SeededEntropy, SystemClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// How much there is to bear.
struct Load {
    phones: u32,
    /// How long each thinks, on average.
    think: Duration,
    /// From one look at what is held to the next.
    look: Duration,
    /// Looks at which it may still grow.
    warming: usize,
    looks: usize,
}

fn load() -> Load {
    if full() {
        let look = Duration::from_secs(10);
        // With what a turn takes itself it comes to somewhat more than 2,000 a second.
        Load { phones: 2_300, think: Duration::from_millis(980), look, warming: 30, looks: 120 }
    } else {
        let look = Duration::from_secs(1);
        Load { phones: 60, think: Duration::from_millis(400), look, warming: 6, looks: 18 }
    }
}

/// A phone in the hand of somebody who answers by chance, and hangs up by chance.
struct Wanderer {
    handset: Handset,
    dice: SeededEntropy,
    think: Duration,
    turns: Arc<AtomicU64>,
    unheard: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Wanderer {
    async fn wander(self) {
        let mut screen = None;
        while !self.over.load(Ordering::Relaxed) {
            tokio::time::sleep(self.think / 2 + self.think * self.below(256) / 256).await;
            let heard = match screen.take() {
                Some(Screen { text, more: true, .. }) if self.below(16) > 0 => {
                    self.handset.send(&self.answer(&text)).await
                }
                _ => self.handset.dial("*7142#").await,
            };
            match heard {
                Ok(heard) => {
                    self.turns.fetch_add(1, Ordering::Relaxed);
                    screen = Some(heard);
                }
                Err(_) => _ = self.unheard.fetch_add(1, Ordering::Relaxed),
            }
        }
    }

    /// One of the options that the screen offers, or digits where it asks for some.
    fn answer<'s>(&self, screen: &'s str) -> String {
        let key = |(key, _): (&'s str, &str)| key.parse::<u8>().is_ok().then_some(key);
        let keys: Vec<&str> =
            screen.split(['\n', '/']).filter_map(|line| line.trim().split_once(' ')).filter_map(key).collect();
        let pick = usize::try_from(self.below(u32::try_from(keys.len()).expect("a screen"))).expect("a small number");
        keys.get(pick).map_or_else(|| format!("20260{:05}", self.below(100_000)), |key| (*key).to_owned())
    }

    /// A number below a bound; 0 where there is none below it.
    fn below(&self, bound: u32) -> u32 {
        let mut octets = [0; 4];
        self.dice.fill(&mut octets);
        u32::from_be_bytes(octets).checked_rem(bound).unwrap_or(0)
    }
}

/// What a service holds at one time.
#[derive(Clone, Debug)]
struct Held {
    memory: f64,
    files: f64,
    tasks: f64,
    rows: f64,
    /// Live sessions, wherever they are kept.
    sessions: f64,
}

impl Held {
    async fn by(stage: &Stage, redis: Option<&RedisNode>) -> Self {
        let mut rows = stage.rows().await;
        let own = rows.remove("sessions").unwrap_or_default();
        Self {
            memory: stage.metric("process_resident_memory_bytes").await,
            files: stage.metric("process_open_fds").await,
            tasks: stage.metric("dayaq_tasks").await,
            rows: rows.into_values().sum::<i64>() as f64,
            sessions: match redis {
                Some(redis) => redis.ask::<i64>(&["DBSIZE"]).await as f64,
                None => own as f64,
            },
        }
    }

    fn figures(&self) -> [(&'static str, f64); 5] {
        let Self { memory, files, tasks, rows, sessions } = *self;
        [("memory", memory), ("files", files), ("tasks", tasks), ("rows", rows), ("sessions", sessions)]
    }
}

/// The middle one of a figure over some looks.
fn median(looks: &[Held], figure: usize) -> f64 {
    let mut values: Vec<f64> = looks.iter().map(|held| held.figures()[figure].1).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

async fn nothing_grows(what: &str, mut setting: Setting, redis: Option<RedisNode>) {
    let Load { phones, think, look, warming, looks } = load();
    // An operator that brings turns as they come.
    setting.smsc.link.window = 500;
    let mut stage = Stage::set(setting).await;
    stage.config = stage.config.gateway(UNLIMITED);
    stage.start().await;
    let (turns, unheard, over) = (Arc::default(), Arc::default(), Arc::default());
    let wanderers: Vec<_> = (0..phones)
        .map(|number| {
            let handset = stage.phone(&format!("99450{:07}", 2_000_000 + number)).0;
            let dice = SeededEntropy::new(seed() ^ u64::from(number));
            let (turns, unheard, over) = (Arc::clone(&turns), Arc::clone(&unheard), Arc::clone(&over));
            tokio::spawn(Wanderer { handset, dice, think, turns, unheard, over }.wander())
        })
        .collect();
    let clock = SystemClock::new();
    let begun = clock.monotonic();
    let mut seen = Vec::new();
    for _ in 0..looks {
        tokio::time::sleep(look).await;
        seen.push(Held::by(&stage, redis.as_ref()).await);
        println!("{what} {:.0?} {} turns {:?}", clock.monotonic() - begun, turns.load(Ordering::Relaxed), seen.last());
    }
    over.store(true, Ordering::Relaxed);
    for wanderer in wanderers {
        wanderer.await.expect("it wanders");
    }
    let (turns, seconds) = (turns.load(Ordering::Relaxed), (clock.monotonic() - begun).as_secs_f64());
    let unheard = unheard.load(Ordering::Relaxed);
    println!("{what}: {turns} turns, {:.0} a second, {unheard} unheard", turns as f64 / seconds);
    // Nothing grows in a service that serves nobody, either.
    assert!(turns >= u64::from(phones) * 10, "{turns} turns of {phones} phones");
    assert!(unheard <= turns / 100, "{unheard} of {turns} turns went unheard");
    stage.assert_sound().await;
    let (early, late) = seen[warming..].split_at((looks - warming) / 2);
    for (figure, (name, _)) in seen[0].figures().into_iter().enumerate() {
        let (early, late) = (median(early, figure), median(late, figure));
        println!("{what}: {name} {early} then {late}");
        assert!(early > 0.0, "{name} is looked at");
        // Memory is given back in pages, and a turn under way is a task, so that one look sees more of them than another;
        // what each turn left behind would be thousands.
        let slack = if name == "tasks" { f64::from(phones) / 4.0 } else { 4.0 };
        assert!(late <= early * 1.05 + slack, "{name} grows: {early}, then {late}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_grows_on_sqlite() {
    nothing_grows("SQLite", Setting::default(), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_grows_on_redis_and_postgres() {
    let (postgres, redis) = (PostgresServer::start(), RedisNode::syncing().started());
    postgres.create_database("dayaq").await;
    let setting = Setting { redis: Some(redis.url()), postgres: Some(postgres.url("dayaq")), ..Setting::default() };
    nothing_grows("Redis and PostgreSQL", setting, Some(redis)).await;
}
