use std::hash::{DefaultHasher, Hash, Hasher};

use crate::session::{Prompt, Session};

/// Says where a conversation stands in two prints, so that a caller can see whether it gets anywhere.
///
/// They are equal for equal conversations of one program. Another program may print differently, so that what it stored
/// looks new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// Of what has been answered; `None` while nothing is.
    pub answers: Option<u32>,
    /// Of the question, and of the page that is shown of it.
    pub place: u32,
}

impl Session {
    /// Gives where the conversation stands.
    pub fn whereabouts(&self) -> Whereabouts {
        let answered = self.frames.iter().any(|frame| !frame.answers.is_empty());
        let answers = print(|to| {
            for (name, answer) in self.frames.iter().flat_map(|frame| &frame.answers) {
                (name, &answer.value).hash(to);
            }
        });
        let place = print(|to| {
            self.frames.iter().for_each(|frame| (&frame.dialogue, frame.state()).hash(to));
            (self.page, self.language.map(|language| language.code())).hash(to);
            // Help is no step forward, and neither is the answer of the core.
            match &self.prompt {
                Prompt::State | Prompt::Help | Prompt::Waiting => {}
                prompt
                @ (Prompt::Resume | Prompt::Discard | Prompt::Found(_) | Prompt::Confirm(_) | Prompt::Remove) => {
                    prompt.hash(to)
                }
            }
        });
        Whereabouts { answers: answered.then_some(answers), place }
    }
}

fn print(of: impl FnOnce(&mut DefaultHasher)) -> u32 {
    let mut hasher = DefaultHasher::new();
    of(&mut hasher);
    // The upper half is as good as the lower.
    (hasher.finish() >> 32) as u32
}
