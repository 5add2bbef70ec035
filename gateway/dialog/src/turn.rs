//! One turn while it is taken: going on, going back, and saying what the phone is shown.

use std::collections::BTreeMap;

use crate::answer;
use crate::definition::{Dialogue, State, StateKind, Target};
use crate::guard;
use crate::keyword::Heard;
use crate::render::{Renderer, group_items};
use crate::session::{Complaint, Frame, Prompt, Session, Shelf};
use crate::step::{Effect, Input, Moment};
use crate::value::Value;
use crate::words::{Saying, say};
use crate::{Book, Channel, Language};

/// The states that one input may pass without asking; the check forbids circles, this bounds what it cannot see.
const HOPS_MAX: usize = 100;

/// Holds one turn while it is taken.
pub(crate) struct Turn<'b> {
    pub book: &'b Book,
    pub session: Session,
    pub moment: Moment<'b>,
    pub effects: Vec<Effect>,
    /// Whether the phone is owed a page.
    pub speaks: bool,
}

impl<'b> Turn<'b> {
    pub fn take(&mut self, input: Input<'_>) {
        let said = matches!(input, Input::Open { .. } | Input::Text(_) | Input::Stale(_));
        let begins = self.begins(&input);
        if self.session.book != self.book.hash() || !self.is_sound() {
            self.restart(&input);
        } else {
            self.expire();
            match input {
                Input::Open { dialled } => self.open(dialled),
                Input::Text(raw) => match self.wish(raw) {
                    Some(heard) => self.fulfil(&heard),
                    // By SMS a conversation begins with whatever is written.
                    None if self.session.frames.is_empty() || self.was_elsewhere() => self.open_with(raw),
                    None => self.hear(raw),
                },
                Input::Stale(raw) => self.hear_late(raw),
                Input::Aborted | Input::TimedOut => self.speaks = false,
                Input::Called { id, outcome } => self.called(id, outcome),
                Input::CallSlow { id } => self.slow(id),
                Input::CallFailed { id } => self.failed(id),
            }
        }
        if begins {
            self.session.news = self.moment.news.to_vec();
        }
        if self.speaks {
            self.reply();
        }
        if said {
            self.session.channel = Some(self.moment.surface.channel);
        }
    }

    /// Asks again: what was typed answers a later question than the present one, which the store has lost.
    fn hear_late(&mut self, raw: &str) {
        let ussd = self.moment.surface.channel == Channel::Ussd;
        match self.wish(raw) {
            Some(heard) => self.fulfil(&heard),
            None if self.session.frames.is_empty() && ussd => {
                self.open("");
                if self.session.prompt == Prompt::State {
                    self.session.complaint = Some(Complaint::Restarted);
                }
            }
            None if self.session.frames.is_empty() || self.was_elsewhere() => self.open_with(raw),
            None if self.session.prompt == Prompt::Waiting => self.hear(raw),
            None => {}
        }
    }

    /// Finds the keyword that a text is; on USSD there are none.
    pub fn wish(&self, raw: &str) -> Option<Heard<'b>> {
        match self.moment.surface.channel {
            Channel::Sms => self.book.keywords.find(raw),
            Channel::Ussd => None,
        }
    }

    /// Does what a keyword stands for, from wherever the person is; answers given so far are offered again.
    fn fulfil(&mut self, heard: &Heard<'_>) {
        self.learn(heard);
        let wish = heard.wish;
        self.session.first = None;
        self.session.news.clear();
        self.shelve();
        self.session.entry.clone_from(&wish.dialogue);
        self.session.frames.clear();
        self.begin(&wish.dialogue);
        self.go(&wish.next);
        if let Some(on) = wish.reminders {
            self.effects.push(Effect::Reminders { on });
        }
    }

    /// Whether the question that stands was shown on a USSD screen, so that a text is no answer to it: the person is
    /// asked whether to go on from there instead (X06).
    pub fn was_elsewhere(&self) -> bool {
        self.moment.surface.channel == Channel::Sms && self.session.channel == Some(Channel::Ussd)
    }

    pub fn renderer(&self) -> Renderer<'_> {
        Renderer { book: self.book, session: &self.session, surface: self.moment.surface }
    }

    pub fn frame(&mut self) -> Option<&mut Frame> {
        self.session.frames.last_mut()
    }

    pub fn present(&self) -> Option<(&'b Dialogue, &'b State)> {
        present(self.book, self.session.frames.last()?)
    }

    /// Asks the present state's question anew.
    pub fn ask(&mut self) {
        self.session.prompt = Prompt::State;
        self.session.interrupted = None;
        self.session.complaint = None;
        self.session.page = 0;
        self.session.tries = 0;
    }

    /// Follows a link out of the present state, whose section is thereby finished.
    pub fn leave(&mut self, target: &Target) {
        if let Some((_, State { section: Some(section), .. })) = self.present() {
            self.effects.push(Effect::Checkpoint { section: section.clone() });
        }
        self.go(target);
    }

    pub fn set_language(&mut self, language: Language) {
        self.session.language = Some(language);
        self.session.guess = None;
        self.effects.push(Effect::SetLanguage(language));
    }

    /// Goes to a target and on through all that asks nothing.
    pub fn go(&mut self, target: &Target) {
        let mut target = target.clone();
        for _ in 0..HOPS_MAX {
            match self.hop(&target) {
                Some(next) => target = next,
                None => return,
            }
        }
        self.give_up();
    }

    fn hop(&mut self, target: &Target) -> Option<Target> {
        self.ask();
        match target {
            Target::Home => {
                self.shelve();
                return self.start();
            }
            Target::Return => return self.finish_dialogue(),
            Target::State(name) => self.frame()?.enter(name),
        }
        let (dialogue, state) = self.present()?;
        match &state.kind {
            StateKind::Choice { .. } | StateKind::Text { .. } | StateKind::List { .. } | StateKind::End => None,
            StateKind::Group(group) => {
                let frame = self.frame()?;
                let items = group_items(frame, group).to_vec();
                frame.save(&group.save, Value::Records(items));
                None
            }
            StateKind::Route { rules, next } => {
                let channel = self.moment.surface.channel;
                let rule =
                    rules.iter().find(|(condition, _)| guard::holds(condition, self.book, &self.session, channel));
                Some(rule.map_or(&next.target, |(_, link)| &link.target).clone())
            }
            StateKind::Run { run, .. } => {
                let shelved = |shelf: &Shelf| shelf.frames.iter().any(|frame| frame.dialogue == *run);
                if self.session.shelf.as_ref().is_some_and(shelved) {
                    self.session.prompt = Prompt::Resume;
                    return None;
                }
                self.begin(run)
            }
            StateKind::Call { operation, args, .. } => {
                let mut values = BTreeMap::new();
                for (name, operand, _) in args {
                    if let Some(value) = answer::operand(self.book, &self.session, operand) {
                        values.insert(name.clone(), value.for_call());
                    }
                }
                let id = self.session.draft.call_id(&place(dialogue, state));
                let draft = self.session.draft.id.clone();
                self.effects.push(Effect::Call { id, operation: operation.clone(), args: values, draft });
                self.session.prompt = Prompt::Waiting;
                self.speaks = false;
                None
            }
        }
    }

    /// Begins a dialogue inside the present one.
    pub fn begin(&mut self, dialogue: &str) -> Option<Target> {
        let start = self.book.dialogues.get(dialogue)?.start.target.clone();
        self.session.frames.push(Frame::new(dialogue));
        Some(start)
    }

    pub fn start(&mut self) -> Option<Target> {
        self.session.frames.clear();
        let entry = self.session.entry.clone();
        self.begin(&entry)
    }

    fn finish_dialogue(&mut self) -> Option<Target> {
        let done = self.session.frames.pop()?;
        let Some((_, state)) = self.present() else { return self.start() };
        let answers = done.record();
        match &state.kind {
            StateKind::Run { save, next, .. } => {
                let frame = self.session.frames.last_mut()?;
                match save {
                    Some(name) => frame.save(name, Value::Record(answers)),
                    None => {
                        // What was not answered this time is taken back: the last way through the dialogue counts.
                        let given = self.book.own.get(&done.dialogue).into_iter().flat_map(|own| own.keys());
                        for name in given.filter(|name| !answers.contains_key(*name)) {
                            frame.answers.remove(name);
                        }
                        answers.into_iter().for_each(|(name, value)| frame.save(&name, value));
                    }
                }
                if let Some(section) = &state.section {
                    self.effects.push(Effect::Checkpoint { section: section.clone() });
                }
                Some(next.as_ref().map_or(Target::Home, |link| link.target.clone()))
            }
            StateKind::Group(group) => {
                let frame = self.frame()?;
                let mut items = group_items(frame, group).to_vec();
                if items.len() < group.max {
                    items.push(answers);
                }
                frame.save(&group.save, Value::Records(items));
                None
            }
            StateKind::Choice { .. }
            | StateKind::Text { .. }
            | StateKind::List { .. }
            | StateKind::Call { .. }
            | StateKind::Route { .. }
            | StateKind::End => Some(Target::Home),
        }
    }

    /// Goes back to the question before this one, out of a dialogue if need be.
    pub fn back(&mut self) {
        self.ask();
        while let Some(frame) = self.session.frames.last_mut() {
            frame.path.pop();
            if frame.path.is_empty() {
                if self.session.frames.len() == 1 {
                    break;
                }
                self.session.frames.pop();
                // The state that began the dialogue: a group shows its screen, a run asks nothing and is passed over.
                match self.present() {
                    Some((_, state)) if state.asks() => return,
                    Some(_) | None => continue,
                }
            }
            match self.present() {
                Some((_, state)) if state.asks() => return,
                Some((_, state)) if state.runs().is_some() => {
                    let target = Target::State(state.name.clone());
                    return self.go(&target);
                }
                Some(_) | None => {}
            }
        }
        if let Some(target) = self.start() {
            self.go(&target);
        }
    }

    /// The book has changed under the session: the person is told, and begins anew in the language chosen.
    fn restart(&mut self, input: &Input<'_>) {
        let Session { language, guess, .. } = self.session;
        let fresh = Session::new(self.moment.fresh_draft, language, self.book, self.moment.now);
        self.session = Session { guess, ..fresh };
        match input {
            Input::Open { .. } | Input::Text(_) | Input::Stale(_) => {
                let wish = if let Input::Text(raw) | Input::Stale(raw) = input { self.wish(raw) } else { None };
                if let Some(heard) = wish {
                    return self.fulfil(&heard);
                }
                if let Some(target) = self.start() {
                    self.go(&target);
                }
                self.session.complaint = Some(Complaint::Restarted);
            }
            Input::Aborted | Input::TimedOut => self.speaks = false,
            Input::Called { .. } | Input::CallSlow { .. } | Input::CallFailed { .. } => self.give_up(),
        }
    }

    fn give_up(&mut self) {
        self.end_with(Saying::Ended);
    }

    /// Ends the conversation with words that belong to no dialogue.
    pub fn end_with(&mut self, saying: Saying) {
        let language = self.renderer().language();
        let text = say(self.book, saying, Some(language), self.moment.surface);
        self.effects.push(Effect::Reply { text, ends: true });
        self.effects.push(Effect::Ended);
        self.speaks = false;
        self.session.frames.clear();
        self.ask();
    }

    /// A stored session may be older than a fault in storage; nothing in it is trusted to exist.
    fn is_sound(&self) -> bool {
        let known = |frame: &Frame| present(self.book, frame).is_some();
        let shelf = self.session.shelf.iter().flat_map(|shelf| &shelf.frames);
        self.session.frames.iter().chain(shelf).all(known) && self.book.dialogues.contains_key(&self.session.entry)
    }

    fn reply(&mut self) {
        let renderer = self.renderer();
        let (pages, ends) = (renderer.pages(), renderer.screen().ends);
        let last = pages.len() - 1;
        let page = self.session.page.min(last);
        let ends = ends && page == last;
        self.session.page = page;
        let text = pages.into_iter().nth(page).map(|page| page.text).unwrap_or_default();
        self.effects.push(Effect::Reply { text, ends });
        self.tell(page, last);
        if ends {
            self.effects.push(Effect::Ended);
            self.session.frames.clear();
            self.ask();
        }
    }
}

pub(crate) fn present<'b>(book: &'b Book, frame: &Frame) -> Option<(&'b Dialogue, &'b State)> {
    let dialogue = book.dialogues.get(&frame.dialogue)?;
    Some((dialogue, dialogue.state(frame.state())?))
}

pub(crate) fn place(dialogue: &Dialogue, state: &State) -> String {
    format!("{}.{}", dialogue.id, state.name)
}
