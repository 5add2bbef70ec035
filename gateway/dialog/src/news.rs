//! News: what a phone must be told before anything else, because the text that should have told it did not arrive.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::answer;
use crate::definition::Target;
use crate::input::{as_key, clean};
use crate::pages::{Foot, Screen};
use crate::render::Renderer;
use crate::session::Prompt;
use crate::step::{Effect, Input};
use crate::turn::Turn;

/// Something that the phone is told before the screen that it asked for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// The caller's name for it, which comes back in [`Effect::Told`].
    pub id: String,
    /// Its words, as long as they are.
    pub text: String,
}

/// Shows which one it is and not what it says.
impl fmt::Debug for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("News").field(&self.id).finish()
    }
}

impl Turn<'_> {
    /// Says whether an input begins a conversation: then there is room for news. Who ends reminders hears that they are
    /// ended, and an answer to a question leads to the next question.
    pub(crate) fn begins(&self, input: &Input<'_>) -> bool {
        match input {
            Input::Open { .. } => true,
            Input::Text(raw) | Input::Stale(raw) => match self.wish(raw) {
                Some(heard) => heard.wish.reminders.is_none(),
                None => self.session.frames.is_empty() || self.was_elsewhere(),
            },
            Input::Aborted
            | Input::TimedOut
            | Input::Called { .. }
            | Input::CallSlow { .. }
            | Input::CallFailed { .. } => false,
        }
    }

    /// Takes what is typed under news: on to the next page, the next news, and at last to the screen that was asked for.
    pub(crate) fn listen(&mut self, raw: &str) {
        let cleaned = clean(raw).unwrap_or_default();
        let (key, keys) = (as_key(&cleaned), &self.book.shared.keys);
        let last = self.renderer().pages().len() - 1;
        if key == keys.back {
            self.session.page = self.session.page.saturating_sub(1);
            return;
        }
        if key == keys.next && self.session.page >= last {
            return;
        }
        // Whatever is typed, the rest comes first; only who wants the menu has it.
        if key != keys.home && self.session.page < last {
            self.session.page += 1;
            return;
        }
        self.session.page = 0;
        match key == keys.home {
            true => self.session.news.clear(),
            false => drop(self.session.news.remove(0)),
        }
        if self.session.news.is_empty()
            && self.session.prompt == Prompt::Waiting
            && let Some((_, state)) = self.present()
        {
            // The core was being asked when the process ended: the same call is made again.
            self.go(&Target::State(state.name.clone()));
        }
    }

    /// Says that news have been told, once their last page is on its way.
    pub(crate) fn tell(&mut self, page: usize, last: usize) {
        if let Some(news) = self.session.news.first().filter(|_| page == last) {
            self.effects.push(Effect::Told { id: news.id.clone() });
        }
    }

    /// Takes an answer: to the news that stand, or else to the question.
    pub(crate) fn hear(&mut self, raw: &str) {
        if self.session.news.is_empty() { answer::text(self, raw) } else { self.listen(raw) }
    }
}

impl Renderer<'_> {
    /// Builds the screen of the news that stand.
    pub(crate) fn news(&self) -> Option<Screen> {
        let news = self.session.news.first()?;
        let foot = Foot { back: None, home: None, ..self.foot(false) };
        let options = vec![("1".to_owned(), self.shell("shell-continue"))];
        Some(Screen { body: vec![self.shell("shell-news"), news.text.clone()], options, foot, ends: false })
    }
}
