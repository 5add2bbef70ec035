//! Who writes to the service by SMS: families that apply, and phones that write without end.

use super::forms::{Dice, from_phone, part, text};
use super::world::World;
use dayaq_smpp::{CommandStatus, ShortMessage};

/// A family that applies by SMS, answer by answer.
#[derive(Clone, Debug)]
pub struct Family {
    pub number: u64,
    answers: std::vec::IntoIter<String>,
    done: bool,
}

/// A FIN that nobody else has.
fn fin(seed: u64) -> String {
    const LETTERS: &[u8; 22] = b"0123456789ABCDEFGHJKLM";
    let mut dice = Dice(seed);
    let rest: String = (0..6).map(|_| char::from(LETTERS[dice.roll(22) as usize])).collect();
    format!("{}{rest}", dice.roll(10))
}

impl Family {
    /// A family with so many members; `first` is what it does to come to the menu.
    pub fn new(number: u64, seed: u64, members: u64, first: &[&str]) -> Self {
        let mut answers: Vec<String> = first.iter().map(|typed| (*typed).to_owned()).collect();
        let typed = |typed: &str| typed.to_owned();
        answers.extend(["1", "1", "1"].map(typed));
        answers.push(fin(seed * 100));
        answers.extend(["1", "12345678", "2026004378"].map(typed));
        for member in 1..=members {
            answers.extend([fin(seed * 100 + member), typed("2")]);
        }
        answers.push(typed("2"));
        answers.extend(["1", "1", "1", "1", "2"].map(typed));
        Self { number, answers: answers.into_iter(), done: false }
    }

    /// What it writes, having been told this last; `None` once its application is on its way.
    pub fn next(&mut self, told: &str) -> Option<String> {
        if self.done {
            return None;
        }
        // Where help is offered, the question is asked for again.
        if ["1 Try again", "1 Yenidən", "1 Ещё раз"].iter().any(|again| told.contains(again)) {
            return Some("1".to_owned());
        }
        if let Some(answer) = self.answers.next() {
            return Some(answer);
        }
        // A page of the review is looked at, and the last one is sent off.
        let more = told.contains("98 ");
        self.done = !more;
        Some(if more { "98" } else { "1" }.to_owned())
    }

    /// Applies to its end; gives the replies and their segments.
    pub async fn applies(mut self, world: &World) -> (u32, u32) {
        let mut told = String::new();
        while let Some(typed) = self.next(&told) {
            let said = world.deliver(text(self.number, &typed)).await;
            assert_eq!(said.statuses, [CommandStatus::ROK]);
            told = world.reply(self.number).await;
        }
        let texts = world.texts().await;
        (texts.len() as u32, texts.iter().map(|(_, segments)| segments).sum())
    }
}

/// A phone that writes without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flood {
    /// An auto-responder.
    Same(&'static str),
    /// The peer sends back each of our texts, with this before it.
    Echo(&'static str),
    /// What nobody understands, each time something else.
    Garbage,
    /// Parts of texts that never come whole, or have too many.
    Fragments,
    /// Words that the service knows, and numbers.
    Words,
}

impl Flood {
    /// The most replies to it before it has been quiet for a while.
    pub fn most(self) -> u32 {
        match self {
            Self::Same(_) | Self::Echo(_) | Self::Garbage | Self::Fragments => 10,
            // It may look around, and even answer something.
            Self::Words => u32::MAX,
        }
    }

    /// What comes next of it, told this last.
    pub fn next(self, dice: &mut Dice, number: u64, told: &str) -> ShortMessage {
        match self {
            Self::Same(words) => text(number, words),
            Self::Echo(before) => text(number, &format!("{before}{told}")),
            Self::Garbage => {
                let words: String =
                    (0..4 + dice.roll(20)).map(|_| dice.pick(&['q', 'w', 'x', 'z', ' ', '?'])).collect();
                text(number, &words)
            }
            Self::Fragments => {
                let (reference, total) = (dice.roll(256) as u8, dice.pick(&[2, 3, 11, 60, 255]));
                part(&from_phone(number), [reference, total, 1 + dice.roll(2) as u8], b"a part of it")
            }
            Self::Words => {
                let typed = ["1", "2", "3", "0", "00", "98", "STATUS", "HELP", "STOP", "5AKT9X2", "12345678", "Salam"];
                text(number, dice.pick(&typed))
            }
        }
    }
}
