//! One turn of a conversation: a session and an input give a session and effects.

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::answer;
use crate::definition::{Dialogue, State, StateKind, Target};
use crate::guard;
use crate::render::{Renderer, group_items, neutral_end};
use crate::session::{Complaint, Draft, Frame, Prompt, Session, Shelf};
use crate::surface::Surface;
use crate::value::{Record, Value};
use crate::{Book, Language};

/// How long a draft is offered again after the phone was last heard of.
pub const DRAFT_KEPT: SignedDuration = SignedDuration::from_hours(72);

/// The states that one input may pass without asking; the check forbids circles, this bounds what it cannot see.
const HOPS_MAX: usize = 100;

/// The menus that a dial string may answer in advance, and the length of it that is looked at.
const DIALLED_PARTS_MAX: usize = 3;
const DIALLED_CHARS_MAX: usize = 24;

/// Says what happened.
#[derive(Clone, PartialEq)]
pub enum Input<'i> {
    /// The person dialled, or wrote for the first time. `dialled` is the whole dial string, such as `*7142*2#`, or empty for SMS.
    Open { dialled: &'i str },
    /// The person answered; the text comes as decoded, whatever it holds.
    Text(&'i str),
    /// The person hung up.
    Aborted,
    /// The network ended the radio session.
    TimedOut,
    /// A call came to one of the outcomes of its operation.
    Called { id: &'i str, outcome: Outcome },
    /// A call takes too long. The caller has made it safe, and its result will be told by SMS.
    CallSlow { id: &'i str },
    /// A call could neither be made nor made safe.
    CallFailed { id: &'i str },
}

/// Holds how an operation turned out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub name: String,
    pub values: Record,
}

/// Holds what the engine may not find out by itself.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'m> {
    pub surface: &'m Surface,
    pub now: Timestamp,
    /// An id never used before, for the case that a new draft begins in this step.
    pub fresh_draft: &'m str,
}

/// Holds the session to store and what is to be done, in this order.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub session: Session,
    pub effects: Vec<Effect>,
}

/// Asks the caller to do something. The session is to be stored before any of it is done.
#[derive(Clone, PartialEq)]
pub enum Effect {
    /// Send this page; when it `ends`, let the phone go.
    Reply { text: String, ends: bool },
    /// Make this call and bring back its outcome. The same id is the same call: it must have its effect once.
    Call { id: String, operation: String, args: BTreeMap<String, Value>, draft: String },
    /// Remember the language for this phone.
    SetLanguage(Language),
    /// A section is finished: put the session in safe keeping.
    Checkpoint { section: String },
    /// The conversation came to its own end.
    Ended,
}

/// Takes one turn. It never fails: what a person does wrong leads to a polite screen.
pub fn step(book: &Book, session: Session, input: Input<'_>, moment: &Moment<'_>) -> Step {
    let mut turn = Turn { book, session, moment: *moment, effects: Vec::new(), speaks: true };
    turn.take(input);
    turn.session.updated_at = moment.now;
    Step { session: turn.session, effects: turn.effects }
}

/// Holds one turn while it is taken.
pub(crate) struct Turn<'b> {
    pub book: &'b Book,
    pub session: Session,
    pub moment: Moment<'b>,
    effects: Vec<Effect>,
    /// Whether the phone is owed a page.
    speaks: bool,
}

impl<'b> Turn<'b> {
    fn take(&mut self, input: Input<'_>) {
        if self.session.book != self.book.hash() || !self.is_sound() {
            self.restart(&input);
        } else {
            self.expire();
            match input {
                Input::Open { dialled } => self.open(dialled),
                // By SMS a conversation begins with whatever is written.
                Input::Text(_) if self.session.frames.is_empty() => self.open(""),
                Input::Text(raw) => answer::text(self, raw),
                Input::Aborted | Input::TimedOut => self.speaks = false,
                Input::Called { id, outcome } => self.called(id, outcome),
                Input::CallSlow { id } => self.slow(id),
                Input::CallFailed { id } => self.failed(id),
            }
        }
        if self.speaks {
            self.reply();
        }
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

    fn start(&mut self) -> Option<Target> {
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
                let frame = self.frame()?;
                match save {
                    Some(name) => frame.save(name, Value::Record(answers)),
                    None => answers.into_iter().for_each(|(name, value)| frame.save(&name, value)),
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
        loop {
            let Some(frame) = self.session.frames.last_mut() else { break };
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

    fn open(&mut self, dialled: &str) {
        self.shelve();
        let (entry, rest) = self.book.dialled(dialled);
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
        }
    }

    /// Answers the first menus by what was dialled beyond the code: menus only, and never up to a call that changes anything.
    fn shortcut(&mut self, rest: &str) {
        let parts: Vec<&str> = rest.split('*').collect();
        let good = |part: &&str| !part.is_empty() && part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
        if rest.len() > DIALLED_CHARS_MAX || parts.len() > DIALLED_PARTS_MAX || !parts.iter().all(good) {
            return;
        }
        for part in parts {
            let Some((_, State { kind: StateKind::Choice { .. }, .. })) = self.present() else { return };
            let before = (self.session.clone(), self.effects.clone(), self.speaks);
            answer::text(self, part);
            let harmless = self.effects.iter().all(|effect| match effect {
                Effect::Call { operation, .. } => {
                    self.book.catalogue.operation(operation).is_some_and(|operation| !operation.writes)
                }
                Effect::Reply { .. } | Effect::SetLanguage(_) | Effect::Checkpoint { .. } | Effect::Ended => true,
            });
            if !harmless || self.session.complaint.is_some() {
                (self.session, self.effects, self.speaks) = before;
                return;
            }
        }
    }

    /// Takes the draft up where it was left.
    pub fn resume(&mut self) {
        let Some(shelf) = self.session.shelf.take() else { return self.home() };
        self.session.draft = shelf.draft;
        self.session.frames = shelf.frames;
        self.ask();
        if let Some((_, state)) = self.present()
            && !state.asks()
        {
            let target = Target::State(state.name.clone());
            self.go(&target);
        }
    }

    /// Drops the draft and goes on to where the person was going.
    pub fn start_again(&mut self) {
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
    pub fn home(&mut self) {
        self.go(&Target::Home);
    }

    fn shelve(&mut self) {
        if self.session.prompt == Prompt::Resume || !self.book.has_answers(&self.session.frames) {
            return;
        }
        let at_end = self.present().is_some_and(|(_, state)| matches!(state.kind, StateKind::End));
        if at_end {
            return;
        }
        let draft = std::mem::replace(&mut self.session.draft, Draft::new(self.moment.fresh_draft));
        let frames = std::mem::take(&mut self.session.frames);
        self.session.shelf = Some(Shelf { draft, frames, at: self.moment.now });
    }

    fn expire(&mut self) {
        let now = self.moment.now;
        let old = |at: Timestamp| now.duration_since(at) > DRAFT_KEPT;
        if self.session.shelf.as_ref().is_some_and(|shelf| old(shelf.at)) {
            self.session.shelf = None;
            if self.session.prompt == Prompt::Resume {
                self.ask();
            }
        }
        if old(self.session.updated_at) && !self.session.frames.is_empty() {
            self.session.frames.clear();
            self.session.draft = Draft::new(self.moment.fresh_draft);
            self.ask();
        }
    }

    fn called(&mut self, id: &str, outcome: Outcome) {
        let Some((dialogue, state)) = self.waiting_for(id) else { return self.called_late(id) };
        let StateKind::Call { operation, on, .. } = &state.kind else { return };
        let target = on.get(&outcome.name).or_else(|| on.get("error")).map(|link| link.target.clone());
        let place = place(dialogue, state);
        if let Some(frame) = self.frame() {
            frame.save(&state.name, Value::Record(outcome.values));
        }
        self.settle(operation, &place);
        self.leave(&target.unwrap_or(Target::Home));
    }

    fn slow(&mut self, id: &str) {
        let Some((dialogue, state)) = self.waiting_for(id) else { return self.called_late(id) };
        let StateKind::Call { operation, on, .. } = &state.kind else { return };
        self.settle(operation, &place(dialogue, state));
        self.leave(&on.get("slow").map_or(Target::Home, |link| link.target.clone()));
    }

    /// The call may or may not have arrived, so that its id stays, and the draft goes back to the last question.
    fn failed(&mut self, id: &str) {
        let Some((_, state)) = self.waiting_for(id) else {
            self.speaks = false;
            return;
        };
        let StateKind::Call { on, .. } = &state.kind else { return };
        if self.book.has_answers(&self.session.frames) {
            let mut frames = self.session.frames.clone();
            roll_back(self.book, &mut frames);
            self.session.shelf = Some(Shelf { draft: self.session.draft.clone(), frames, at: self.moment.now });
        }
        self.go(&on.get("error").map_or(Target::Home, |link| link.target.clone()));
    }

    /// Counts a call as done; one that writes takes its draft with it.
    fn settle(&mut self, operation: &str, place: &str) {
        if self.book.catalogue.operation(operation).is_some_and(|operation| operation.writes) {
            self.session.draft = Draft::new(self.moment.fresh_draft);
            self.session.shelf = None;
        } else {
            *self.session.draft.calls.entry(place.to_owned()).or_default() += 1;
        }
    }

    fn waiting_for(&self, id: &str) -> Option<(&'b Dialogue, &'b State)> {
        let (dialogue, state) = self.present()?;
        let waits = self.session.prompt == Prompt::Waiting && self.session.draft.call_id(&place(dialogue, state)) == id;
        waits.then_some((dialogue, state))
    }

    /// An outcome for a phone that has hung up and dialled again: the draft that it was for is done.
    fn called_late(&mut self, id: &str) {
        self.speaks = false;
        let Some(shelf) = &self.session.shelf else { return };
        let Some((dialogue, state)) = shelf.frames.last().and_then(|frame| present(self.book, frame)) else { return };
        let StateKind::Call { operation, .. } = &state.kind else { return };
        let writes = self.book.catalogue.operation(operation).is_some_and(|operation| operation.writes);
        if writes && shelf.draft.call_id(&place(dialogue, state)) == id {
            self.session.shelf = None;
        }
    }

    /// The book has changed under the session: the person is told, and begins anew in the language chosen.
    fn restart(&mut self, input: &Input<'_>) {
        let language = self.session.language;
        self.session = Session::new(self.moment.fresh_draft, language, self.book, self.moment.now);
        match input {
            Input::Open { .. } | Input::Text(_) => {
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
        let language = self.renderer().language();
        let text = neutral_end(self.book, Some(language), self.moment.surface.form);
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
        let text = pages.into_iter().nth(page).unwrap_or_default();
        self.effects.push(Effect::Reply { text, ends });
        if ends {
            self.effects.push(Effect::Ended);
            self.session.frames.clear();
            self.ask();
        }
    }
}

/// Takes drafts back from states that ask nothing to the last question.
fn roll_back(book: &Book, frames: &mut Vec<Frame>) {
    while let Some(frame) = frames.last_mut() {
        while present(book, frame).is_some_and(|(_, state)| !state.asks()) {
            frame.path.pop();
        }
        if !frame.path.is_empty() {
            return;
        }
        frames.pop();
    }
}

fn present<'b>(book: &'b Book, frame: &Frame) -> Option<(&'b Dialogue, &'b State)> {
    let dialogue = book.dialogues.get(&frame.dialogue)?;
    Some((dialogue, dialogue.state(frame.state())?))
}

fn place(dialogue: &Dialogue, state: &State) -> String {
    format!("{}.{}", dialogue.id, state.name)
}

/// Shows what happened without what was typed.
impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Open { .. } => f.write_str("Open"),
            Input::Text(_) => f.write_str("Text(…)"),
            Input::Aborted => f.write_str("Aborted"),
            Input::TimedOut => f.write_str("TimedOut"),
            Input::Called { id, outcome } => f.debug_tuple("Called").field(id).field(&outcome.name).finish(),
            Input::CallSlow { id } => f.debug_tuple("CallSlow").field(id).finish(),
            Input::CallFailed { id } => f.debug_tuple("CallFailed").field(id).finish(),
        }
    }
}

/// Shows what is to be done without the text, which may repeat personal answers.
impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Effect::Reply { text, ends } => {
                f.debug_struct("Reply").field("chars", &text.chars().count()).field("ends", ends).finish()
            }
            Effect::Call { id, operation, .. } => f.debug_tuple("Call").field(id).field(operation).finish(),
            Effect::SetLanguage(language) => f.debug_tuple("SetLanguage").field(language).finish(),
            Effect::Checkpoint { section } => f.debug_tuple("Checkpoint").field(section).finish(),
            Effect::Ended => f.write_str("Ended"),
        }
    }
}
