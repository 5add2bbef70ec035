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
    /// From what went unheard to the draft that was found again, over all of it.
    pub trouble: Duration,
    /// Every text that has come.
    pub phone: Phone,
}

impl Walker {
    /// One of them, with a phone of its own; `ahead` counts those that have given so many answers that a draft is offered.
    pub fn new(number: usize, phone: Phone, think: Duration, ahead: &Arc<AtomicUsize>) -> Self {
        let own = |text: &str| {
            let text = text.replace("171S5AV", &format!("2F{number:05}")).replace("1339538", &format!("13{number:05}"));
            text.replace("2026004127", &format!("20270{number:05}"))
        };
        let number_seed = u64::try_from(number).expect("a small number");
        Self {
            phone,
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
    pub async fn walk(mut self) -> Walked {
        self.begin().await;
        while self.shown.len() <= self.answers.len() {
            self.answer().await;
        }
        let reference = self.hand_in().await;
        Walked { reference, repeated: self.repeated, trouble: self.trouble, phone: self.phone }
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
            Some(screen) => {
                assert!(screen.contains(&says), "after {typed:?}: {says:?} is not in\n{screen}");
                self.shown.push(screen);
            }
            None => match self.resume(start).await {
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
                Back::Draft(back) => {
                    self.repeated += 1;
                    screen = back;
                }
                // It was recorded; the number comes as a text.
                Back::Begin(_) => loop {
                    if let Some(reference) = reference(&self.phone.text().await) {
                        return reference;
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
