//! The master of the sessions dies under load, behind Sentinels and in a Cluster: phones go on, and nothing that was told is
//! lost.

use crate::family::ALONE;
use crate::stage::{Phone, Setting, Stage, eventually, full, reference, seed};
use dayaq_redis::{Cluster, Sentinels};
use dayaq_simulator::Screen;
use dayaq_types::{Clock, Entropy, SeededEntropy, SystemClock};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::block_in_place;

/// Answers that every phone has given before the master dies; from there on a draft is offered again.
const BEFORE: usize = 5;
/// Between a person's attempts while nothing goes.
const AGAIN: Duration = Duration::from_millis(500);

/// How many phones there are, and how long each thinks: 500 turns a second where all are asked for.
fn load() -> (usize, Duration) {
    if full() { (500, Duration::from_secs(1)) } else { (16, Duration::from_millis(150)) }
}

/// A person of whom nobody else has the FIN.
struct Walker {
    phone: Phone,
    answers: Vec<(String, String)>,
    think: Duration,
    dice: SeededEntropy,
    clock: SystemClock,
    /// How many phones have answered as much as all must.
    ahead: Arc<AtomicUsize>,
    /// The screen after so many answers.
    shown: Vec<String>,
    repeated: usize,
    trouble: Duration,
}

/// What became of a person.
struct Walked {
    reference: String,
    repeated: usize,
    trouble: Duration,
}

impl Walker {
    fn new(stage: &Stage, number: usize, think: Duration, ahead: &Arc<AtomicUsize>) -> Self {
        let own = |text: &str| {
            let text = text.replace("171S5AV", &format!("2F{number:05}")).replace("1339538", &format!("13{number:05}"));
            text.replace("2026004127", &format!("20270{number:05}"))
        };
        let number_seed = u64::try_from(number).expect("a small number");
        Self {
            phone: stage.phone(&format!("99450777{number:04}")),
            answers: ALONE.answers.iter().map(|(typed, says)| (own(typed), own(says))).collect(),
            think,
            dice: SeededEntropy::new(seed() ^ number_seed),
            clock: SystemClock::new(),
            ahead: Arc::clone(ahead),
            shown: Vec::new(),
            repeated: 0,
            trouble: Duration::ZERO,
        }
    }

    /// From the first dial to the number.
    async fn walk(mut self) -> Walked {
        self.phone.dial().await.says("1 Azərbaycanca");
        self.shown.push(String::new());
        while self.shown.len() <= self.answers.len() {
            self.answer().await;
        }
        let reference = self.hand_in().await;
        Walked { reference, repeated: self.repeated, trouble: self.trouble }
    }

    async fn answer(&mut self) {
        self.think().await;
        let at = self.shown.len() - 1;
        let (typed, says) = self.answers[at].clone();
        let start = self.clock.monotonic();
        match self.turn(&typed).await {
            Some(screen) => {
                assert!(screen.contains(&says), "after {typed:?}: {says:?} is not in\n{screen}");
                self.shown.push(screen);
            }
            None => {
                let Some(screen) = self.resume(start).await else { panic!("the draft of {at} answers is gone") };
                self.stand(screen);
            }
        }
        if self.shown.len() == BEFORE + 1 {
            self.ahead.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Finds out which question it is that came back.
    fn stand(&mut self, screen: String) {
        let at = self.shown.len() - 1;
        if self.shown[at] != screen && screen.contains(&self.answers[at].1) {
            self.shown.push(screen);
            return;
        }
        let back = self.shown.iter().rposition(|shown| *shown == screen);
        let Some(back) = back else { panic!("never seen:\n{screen}") };
        // The answer that went unheard, and those that had been heard before it.
        self.repeated += at - back + 1;
        self.shown.truncate(back + 1);
    }

    /// Looks the answers over and sends them off.
    async fn hand_in(&mut self) -> String {
        let mut screen = self.shown.last().expect("the review").clone();
        loop {
            self.think().await;
            let typed = if screen.contains(ALONE.confirm) { "1" } else { "98" };
            let start = self.clock.monotonic();
            let heard = self.phone.0.send(typed).await;
            if let Ok(Screen { text, .. }) = &heard
                && let (true, Some(reference)) = (text.contains(ALONE.registered), reference(text))
            {
                return reference;
            }
            if let Ok(Screen { text, more: true, .. }) = heard {
                screen = text;
                continue;
            }
            match self.resume(start).await {
                Some(back) => {
                    self.repeated += 1;
                    screen = back;
                }
                // It was recorded; the number comes as a text.
                None => loop {
                    if let Some(reference) = reference(&self.phone.text().await) {
                        return reference;
                    }
                },
            }
        }
    }

    /// Dials until there is service again, and goes on with the draft; `None` where there is none any more. The trouble
    /// began at `start`.
    async fn resume(&mut self, start: Duration) -> Option<String> {
        let back = loop {
            tokio::time::sleep(AGAIN).await;
            let Ok(Screen { text, more: true, .. }) = self.phone.0.dial("*7142#").await else { continue };
            if !text.contains(ALONE.go_on) {
                break None;
            }
            if let Some(screen) = self.turn("1").await {
                break Some(screen);
            }
        };
        self.trouble += self.clock.monotonic() - start;
        back
    }

    /// Types something; `None` where the phone is let go or hears nothing.
    async fn turn(&mut self, typed: &str) -> Option<String> {
        match self.phone.0.send(typed).await {
            Ok(Screen { text, more: true, .. }) => Some(text),
            Ok(_) | Err(_) => None,
        }
    }

    async fn think(&self) {
        let mut die = [0];
        self.dice.fill(&mut die);
        // Between a half and one and a half of it.
        tokio::time::sleep(self.think / 2 + self.think * u32::from(die[0]) / 256).await;
    }
}

/// Everybody applies, and in the middle of it the master dies.
async fn is_outlived(what: &str, sessions: &str, papers: &[(&str, &str)], kill: impl AsyncFnOnce()) {
    let mut stage = Stage::set(Setting::default()).await;
    papers.iter().for_each(|(name, text)| stage.config.put(name, text));
    stage.config.keep_sessions(sessions);
    stage.start().await;
    let (phones, think) = load();
    let ahead = Arc::new(AtomicUsize::new(0));
    let walkers: Vec<_> =
        (0..phones).map(|number| tokio::spawn(Walker::new(&stage, number, think, &ahead).walk())).collect();
    eventually("everybody is in the middle", async || {
        let done = ahead.load(Ordering::SeqCst) >= phones || walkers.iter().any(|walker| walker.is_finished());
        done.then_some(())
    })
    .await;
    kill().await;
    let mut walked = Vec::new();
    for walker in walkers {
        walked.push(walker.await.expect("it applies"));
    }
    let told: BTreeSet<String> = walked.iter().map(|walked| walked.reference.clone()).collect();
    let kept: BTreeSet<String> = stage.references().await.into_iter().collect();
    assert_eq!(told, kept, "what was told is what is kept");
    assert_eq!(kept.len(), phones, "one for each phone");
    let most = walked.iter().map(|walked| walked.repeated).max().unwrap_or_default();
    let mut trouble: Vec<Duration> = walked.iter().map(|walked| walked.trouble).collect();
    trouble.sort();
    let (median, p99) = (trouble[phones / 2], trouble[(phones * 99).div_ceil(100) - 1]);
    println!(
        "seed {}: {what}, {phones} phones: {} of them in trouble, {median:.1?} at the median and {p99:.1?} at p99; \
         at most {most} repeated",
        seed(),
        trouble.iter().filter(|trouble| !trouble.is_zero()).count(),
    );
    assert!(most <= 1, "at most one question is repeated a phone");
    stage.assert_sound().await;
    assert_eq!(stage.metric("dayaq_smpp_links_lost_total").await, 0.0, "the link did not suffer");
}

fn quoted(urls: &[String]) -> String {
    urls.iter().map(|url| format!("{url:?}")).collect::<Vec<_>>().join(", ")
}

#[tokio::test(flavor = "multi_thread")]
async fn c16_the_death_of_the_master_behind_sentinels_costs_at_most_one_repeated_question() {
    let mut all = Sentinels::up().await;
    let (user, password) = Sentinels::USER;
    let sessions = format!(
        "store = \"redis\"\nuser = \"{user}\"\npassword = \"{password}\"\n\
         sentinel = {{ urls = [{}], master = \"{}\", password = \"{}\" }}",
        quoted(&all.urls()),
        Sentinels::MASTER,
        Sentinels::PASSWORD
    );
    is_outlived("the master behind Sentinels was killed", &sessions, &[], async || {
        block_in_place(|| all.servers[0].kill());
        all.promoted(0).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c16_the_death_of_a_clusters_master_costs_at_most_one_repeated_question() {
    let mut cluster = Cluster::up().await;
    let (user, password) = Cluster::USER;
    let sessions = format!(
        "store = \"redis\"\nuser = \"{user}\"\npassword = \"{password}\"\n\
         cluster = {{ urls = [{}] }}\ntls = {{ ca_file = \"redis-ca.pem\" }}",
        quoted(&cluster.urls())
    );
    let authority = cluster.papers.authority().to_owned();
    is_outlived("a Cluster's master was killed", &sessions, &[("redis-ca.pem", &authority)], async || {
        block_in_place(|| cluster.nodes[0].kill());
        cluster.promoted(0).await;
    })
    .await;
}
