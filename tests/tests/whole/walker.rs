//! A person who applies by the code, keeps trying while nothing goes, and notes what that costs.

use crate::family::ALONE;
use crate::stage::{Phone, reference, seed};
use dayaq_simulator::Screen;
use dayaq_types::{Clock, Entropy, SeededEntropy, SystemClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Answers from which on a draft is offered again.
const BEFORE: usize = 6;
/// Between a person's attempts while nothing goes.
const AGAIN: Duration = Duration::from_millis(500);

/// The number of that person's phone.
pub fn number_of(person: usize) -> String {
    format!("99450777{person:04}")
}

/// What that person types, and is shown, where the one alone has papers of its own.
fn own(person: usize, text: &str) -> String {
    let text = text.replace("171S5AV", &format!("2F{person:05}")).replace("1339538", &format!("13{person:05}"));
    text.replace("2026004127", &format!("20270{person:05}"))
}

/// A person of whom nobody else has the FIN.
pub struct Walker {
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
    lost: usize,
    trouble: Duration,
}

/// What a person finds who dials again.
enum Back {
    /// The question where the draft stands.
    Draft(String),
    /// What everybody finds who has no draft.
    Begin(String),
}

/// What became of a person.
pub struct Walked {
    /// The registration number that was told.
    pub reference: String,
    /// Questions that had to be answered again.
    pub repeated: usize,
    /// Those of them whose answer had been heard: the next question had been shown.
    pub lost: usize,
    /// From what went unheard to the draft that was found again, over all of it.
    pub trouble: Duration,
    /// Every text that has come.
    pub phone: Phone,
}

impl Walker {
    /// One of them, with a phone of its own; `ahead` counts those that have given so many answers that a draft is offered.
    pub fn new(number: usize, phone: Phone, think: Duration, ahead: &Arc<AtomicUsize>) -> Self {
        let number_seed = u64::try_from(number).expect("a small number");
        Self {
            phone,
            answers: ALONE.answers.iter().map(|(typed, says)| (own(number, typed), own(number, says))).collect(),
            think,
            dice: SeededEntropy::new(seed() ^ number_seed),
            clock: SystemClock::new(),
            ahead: Arc::clone(ahead),
            shown: Vec::new(),
            repeated: 0,
            lost: 0,
            trouble: Duration::ZERO,
        }
    }

    /// From the first dial to the number.
    pub async fn walk(self) -> Walked {
        self.reach(0).await.walk_on().await
    }

    /// From the first dial to the question after so many answers.
    pub async fn reach(mut self, answers: usize) -> Self {
        self.begin().await;
        while self.shown.len() <= answers {
            self.answer().await;
        }
        self
    }

    /// Gives one answer, which is heard.
    pub async fn step(mut self) -> Self {
        let before = self.shown.len();
        self.answer().await;
        assert_eq!(self.shown.len(), before + 1, "one answer was heard");
        self
    }

    /// From there to the number.
    pub async fn walk_on(mut self) -> Walked {
        let reference = loop {
            while self.shown.len() <= self.answers.len() {
                self.answer().await;
            }
            if let Some(reference) = self.hand_in().await {
                break reference;
            }
        };
        let Self { repeated, lost, trouble, phone, .. } = self;
        Walked { reference, repeated, lost, trouble, phone }
    }

    /// Dials until the choice of the language is there.
    async fn begin(&mut self) {
        loop {
            if let Ok(Screen { text, more: true, .. }) = self.phone.0.dial("*7142#").await {
                assert!(text.contains("1 Azərbaycanca"), "a new phone is shown\n{text}");
                return self.shown.push(String::new());
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn answer(&mut self) {
        self.think().await;
        let at = self.shown.len() - 1;
        let (typed, says) = self.answers[at].clone();
        let start = self.clock.monotonic();
        match self.turn(&typed).await {
            Some(screen) if screen.contains(&says) => self.shown.push(screen),
            // A question that was shown before, where a master that took over may have lost what came after it.
            Some(screen) if !screen.contains(ALONE.go_on) => self.stand(screen),
            Some(_) | None => match self.resume(start).await {
                Back::Draft(screen) => self.stand(screen),
                // Nothing that would have to be typed again was finished yet.
                Back::Begin(screen) if at < BEFORE => {
                    let menu = screen.contains(ALONE.menu);
                    assert!(menu || screen.contains("1 Azərbaycanca"), "who has no draft is shown\n{screen}");
                    self.shown.truncate(1);
                    if menu {
                        self.shown.push(screen);
                    }
                }
                Back::Begin(screen) => panic!("the draft of {at} answers is gone:\n{screen}"),
            },
        }
        if self.shown.len() == BEFORE + 1 {
            self.ahead.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Finds out which question it is that came back.
    fn stand(&mut self, screen: String) {
        let at = self.shown.len() - 1;
        let goes_on = self.answers.get(at).is_some_and(|(_, says)| screen.contains(says));
        if self.shown[at] != screen && goes_on {
            self.shown.push(screen);
            return;
        }
        let back = self.shown.iter().rposition(|shown| *shown == screen);
        let Some(back) = back else { panic!("never seen:\n{screen}") };
        // The answer that went unheard, and those that had been heard before it.
        self.repeated += at - back + 1;
        self.lost += at - back;
        self.shown.truncate(back + 1);
    }

    /// Whether it is a question of before the review.
    fn is_a_question(&self, screen: &str) -> bool {
        self.shown.iter().take(self.answers.len()).any(|shown| *shown == screen)
    }

    /// Looks the answers over and sends them off; nothing where a question of before comes back.
    async fn hand_in(&mut self) -> Option<String> {
        let mut screen = self.shown.last().expect("the review").clone();
        loop {
            self.think().await;
            let typed = if screen.contains(ALONE.confirm) { "1" } else { "98" };
            let start = self.clock.monotonic();
            let heard = self.phone.0.send(typed).await;
            if let Ok(Screen { text, .. }) = &heard
                && let (true, Some(reference)) = (text.contains(ALONE.registered), reference(text))
            {
                return Some(reference);
            }
            let back = match heard {
                Ok(Screen { text, more: true, .. }) if !text.contains(ALONE.go_on) => {
                    if !self.is_a_question(&text) {
                        screen = text;
                        continue;
                    }
                    Back::Draft(text)
                }
                Ok(_) | Err(_) => self.resume(start).await,
            };
            match back {
                Back::Draft(back) if self.is_a_question(&back) => {
                    self.stand(back);
                    return None;
                }
                Back::Draft(back) => {
                    self.repeated += 1;
                    screen = back;
                }
                // It was recorded; the number comes as a text.
                Back::Begin(_) => loop {
                    if let Some(reference) = reference(&self.phone.text().await) {
                        return Some(reference);
                    }
                },
            }
        }
    }

    /// Dials until there is service again, and goes on with the draft where there is one. The trouble began at `start`.
    async fn resume(&mut self, start: Duration) -> Back {
        let back = loop {
            tokio::time::sleep(AGAIN).await;
            let Ok(Screen { text, more: true, .. }) = self.phone.0.dial("*7142#").await else { continue };
            if !text.contains(ALONE.go_on) {
                break Back::Begin(text);
            }
            if let Some(screen) = self.turn("1").await {
                break Back::Draft(screen);
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
