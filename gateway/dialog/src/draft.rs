//! Drafts: kept when a phone goes away, offered when it comes back.

use jiff::Timestamp;

use crate::answer;
use crate::definition::{State, StateKind, Target};
use crate::session::{Draft, Prompt, Shelf};
use crate::step::Effect;
use crate::turn::Turn;
use crate::value::Value;
use crate::words::Saying;

/// The question before answers are thrown away.
pub(crate) const DISCARD: &str = "shell-discard";

/// Under this name the letters that have found several items wait on the shelf; no variable has a space in it.
const TYPED: &str = "letters typed";

/// The menus that a dial string may answer in advance, and the length of it that is looked at.
const DIALLED_PARTS_MAX: usize = 3;
const DIALLED_CHARS_MAX: usize = 24;

impl Turn<'_> {
    pub(crate) fn open(&mut self, dialled: &str) {
        self.shelve();
        self.session.first = None;
        let (entry, rest) = self.book.dialled(dialled);
        if rest.len() > DIALLED_CHARS_MAX || rest.bytes().filter(|b| *b == b'*').count() >= DIALLED_PARTS_MAX {
            return self.end_with(Saying::Usage);
        }
        self.session.entry = entry.to_owned();
        if let Some(target) = self.start() {
            self.go(&target);
        }
        if self.session.shelf.is_some() {
            self.session.prompt = Prompt::Resume;
            self.speaks = true;
            self.effects.retain(|effect| !matches!(effect, Effect::Call { .. }));
        } else if self.session.language.is_some() {
            self.shortcut(rest);
        } else {
            self.keep_dialled(rest);
        }
    }

    /// Answers the first menus by what was dialled beyond the code: menus only, and never up to a call that changes anything.
    pub(crate) fn shortcut(&mut self, rest: &str) {
        let parts: Vec<&str> = rest.split('*').collect();
        let keys = &self.book.shared.keys;
        let digits = |part: &str| !part.is_empty() && part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
        let good = |part: &&str| digits(part) && !keys.contains(part);
        if !parts.iter().all(good) {
            return;
        }
        for part in parts {
            let Some((_, State { kind: StateKind::Choice { .. }, .. })) = self.present() else { return };
            if !self.answer_harmlessly(part) {
                return;
            }
        }
    }

    /// Answers the present question before it was shown; an answer that is none, or that would change anything, is taken
    /// back. Says whether it was kept.
    pub(crate) fn answer_harmlessly(&mut self, typed: &str) -> bool {
        let before = (self.session.clone(), self.effects.clone(), self.speaks);
        answer::text(self, typed);
        let harmless = self.effects.iter().all(|effect| match effect {
            Effect::Call { operation, .. } => {
                self.book.catalogue.operation(operation).is_some_and(|operation| !operation.writes)
            }
            Effect::Reply { .. }
            | Effect::SetLanguage(_)
            | Effect::Reminders { .. }
            | Effect::Checkpoint { .. }
            | Effect::Told { .. }
            | Effect::Ended => true,
        });
        let kept = harmless && self.session.complaint.is_none();
        if !kept {
            (self.session, self.effects, self.speaks) = before;
        }
        kept
    }

    /// Takes the draft up where it was left.
    pub(crate) fn resume(&mut self) {
        let Some(shelf) = self.session.shelf.take() else { return self.home() };
        self.session.draft = shelf.draft;
        self.session.frames = shelf.frames;
        self.ask();
        let typed = self.session.frames.last_mut().and_then(|frame| frame.answers.remove(TYPED));
        if let Some(letters) = typed.and_then(|answer| answer.value.as_text())
            && self.present().is_some_and(|(_, state)| !self.renderer().found(state, &letters).is_empty())
        {
            self.session.prompt = Prompt::Found(letters);
        }
        if let Some((_, state)) = self.present()
            && !state.asks()
        {
            let target = Target::State(state.name.clone());
            self.go(&target);
        }
    }

    /// Says whether the person is asked before answers are thrown away: a book of before has no words for it.
    pub(crate) fn asks_before_discarding(&self) -> bool {
        self.book.texts.has(self.renderer().language(), DISCARD, None)
    }

    /// Drops the draft and goes on to where the person was going.
    pub(crate) fn start_again(&mut self) {
        self.session.shelf = None;
        self.session.draft = Draft::new(self.moment.fresh_draft);
        match self.present() {
            Some((_, state)) if state.runs().is_some() && !state.asks() => {
                let target = Target::State(state.name.clone());
                self.go(&target);
            }
            Some(_) | None => {
                if let Some(target) = self.start() {
                    self.go(&target);
                }
            }
        }
    }

    /// Goes to the main menu; answers given so far are offered again.
    pub(crate) fn home(&mut self) {
        self.go(&Target::Home);
    }

    pub(crate) fn shelve(&mut self) {
        if matches!(self.session.prompt, Prompt::Resume | Prompt::Discard)
            || !self.book.has_answers(&self.session.frames)
        {
            return;
        }
        let at_end = self.present().is_some_and(|(_, state)| matches!(state.kind, StateKind::End));
        if at_end {
            return;
        }
        if let (Prompt::Found(letters), Some(frame)) = (&self.session.prompt, self.session.frames.last_mut()) {
            frame.save(TYPED, Value::Text(letters.clone()));
        }
        let draft = std::mem::replace(&mut self.session.draft, Draft::new(self.moment.fresh_draft));
        let frames = std::mem::take(&mut self.session.frames);
        self.session.shelf = Some(Shelf { draft, frames, at: self.moment.now });
    }

    pub(crate) fn expire(&mut self) {
        let now = self.moment.now;
        let kept = self.moment.draft_kept;
        let old = |at: Timestamp| now.duration_since(at) > kept;
        if self.session.shelf.as_ref().is_some_and(|shelf| old(shelf.at)) {
            self.session.shelf = None;
            if matches!(self.session.prompt, Prompt::Resume | Prompt::Discard) {
                self.ask();
            }
        }
        if old(self.session.updated_at) && !self.session.frames.is_empty() {
            self.session.frames.clear();
            self.session.draft = Draft::new(self.moment.fresh_draft);
            self.ask();
        }
    }
}
