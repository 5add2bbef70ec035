//! What the phone shows, from where a session stands.

use fluent_bundle::{FluentArgs, FluentValue};

use crate::definition::{Choice, Dialogue, Group, State, StateKind};
use crate::draft::DISCARD;
use crate::pages::{Foot, Page, Screen, pages};
use crate::session::{Complaint, Frame, Prompt, Session};
use crate::sources::Item;
use crate::surface::Surface;
use crate::value::{Arg, Kind, Record, Value};
use crate::words::Words;
use crate::{Book, Channel, Form, Language, found};

/// The language of a phone that has not chosen one yet.
pub(crate) const FIRST_LANGUAGE: Language = Language::Az;

/// Holds what is needed to put a session into words.
pub(crate) struct Renderer<'b> {
    pub book: &'b Book,
    pub session: &'b Session,
    pub surface: &'b Surface,
}

impl<'b> Renderer<'b> {
    pub fn pages(&self) -> Vec<Page> {
        pages(&self.plain(self.screen()), self.surface)
    }

    /// Says whether the phone has shown the option of this key: it stands on the present page, or on one that was leafed past.
    pub fn shows(&self, key: &str) -> bool {
        let screen = self.plain(self.screen());
        let pages = pages(&screen, self.surface);
        let shown = pages.get(self.session.page).or(pages.last()).map_or(0, |page| page.options.end);
        screen.options.get(..shown).is_some_and(|options| options.iter().any(|(own, _)| own == key))
    }

    /// Builds the screen of the present prompt; an empty one between two conversations.
    pub fn screen(&self) -> Screen {
        if let Some(news) = self.news() {
            return news;
        }
        let Some((frame, dialogue, state)) = self.present() else { return Screen::default() };
        let message = dialogue.message(&state.name);
        let (body, options) = match &self.session.prompt {
            Prompt::Resume => {
                let options = [("1", "shell-continue"), ("2", "shell-again")];
                (self.shell("shell-resume"), options.map(|(key, id)| (key.to_owned(), self.shell(id))).to_vec())
            }
            Prompt::Discard => {
                let options = [("1", "shell-yes"), ("2", "shell-no")];
                (self.shell(DISCARD), options.map(|(key, id)| (key.to_owned(), self.shell(id))).to_vec())
            }
            Prompt::Found(_) => (self.attribute(dialogue, state, "found"), self.numbered(state)),
            Prompt::Confirm(value) => {
                let mut args = FluentArgs::new();
                args.set("value", value.clone());
                let options = [("1", "shell-yes"), ("2", "shell-no")];
                let body = self.text("shell-confirm", None, &args);
                (body, options.map(|(key, id)| (key.to_owned(), self.shell(id))).to_vec())
            }
            Prompt::Help => (self.shell("shell-help"), vec![("1".to_owned(), self.shell("shell-retry"))]),
            Prompt::Remove => (self.attribute(dialogue, state, "which"), self.removable(frame, dialogue, state)),
            Prompt::Waiting => (String::new(), Vec::new()),
            Prompt::State => {
                let wording = (self.surface.channel == Channel::Sms
                    && self.book.texts.has(self.language(), &message, Some("sms")))
                .then_some("sms");
                let body = self.text(&message, wording, &self.args(dialogue, &message));
                (body, self.options(frame, dialogue, state))
            }
        };
        let ends = matches!(state.kind, StateKind::End) && self.session.prompt == Prompt::State;
        let complaint = self.session.complaint.as_ref().map(|complaint| self.complaint(complaint, dialogue, state));
        let no_answer = matches!(self.session.complaint, Some(Complaint::NoSuchOption | Complaint::Wrong));
        let asks_anew = no_answer && self.has_own_error(dialogue, state);
        let question = if asks_anew && state.offers() { String::new() } else { body };
        let body = complaint.into_iter().chain([question]).filter(|text| !text.is_empty()).collect();
        Screen { body, options, foot: self.foot(ends), ends }
    }

    /// Gives the options of the present state as keys and labels.
    pub fn options(&self, frame: &Frame, dialogue: &Dialogue, state: &State) -> Vec<(String, String)> {
        match &state.kind {
            StateKind::Choice { options, .. } => {
                options.iter().map(|option| (option.key.clone(), self.label(dialogue, state, option))).collect()
            }
            StateKind::List { letters: Some(letters), .. } => {
                vec![(letters.key.clone(), self.attribute(dialogue, state, "all"))]
            }
            StateKind::List { letters: None, .. } => self.numbered(state),
            StateKind::Group(group) => group_keys(group, group_len(frame, group))
                .into_iter()
                .map(|(key, wish)| (key.to_owned(), self.attribute(dialogue, state, wish.attribute())))
                .collect(),
            StateKind::Text { skip: Some(key), .. } => vec![(key.clone(), self.attribute(dialogue, state, "skip"))],
            StateKind::Text { skip: None, .. }
            | StateKind::Run { .. }
            | StateKind::Call { .. }
            | StateKind::Route { .. }
            | StateKind::End => Vec::new(),
        }
    }

    fn numbered(&self, state: &State) -> Vec<(String, String)> {
        let items = self.items(state).into_iter().enumerate();
        items.map(|(at, item)| ((at + 1).to_string(), item.label[self.language().index()].clone())).collect()
    }

    /// Gives the items that letters find in the list of a state.
    pub fn found(&self, state: &State, typed: &str) -> Vec<&'b Item> {
        let StateKind::List { list, letters: Some(letters), .. } = &state.kind else { return Vec::new() };
        let lists = &self.book.lists;
        let both = lists.get(list).zip(lists.get(&letters.above));
        both.map(|(list, above)| found::items(list, above, typed)).unwrap_or_default()
    }

    /// Gives the items that a list state shows: all, those under an earlier answer, or those that letters have found.
    pub fn items(&self, state: &State) -> Vec<&'b Item> {
        let StateKind::List { list, parent, letters, .. } = &state.kind else { return Vec::new() };
        if letters.is_some() {
            return match &self.session.prompt {
                Prompt::Found(typed) => self.found(state, typed),
                Prompt::State
                | Prompt::Resume
                | Prompt::Discard
                | Prompt::Confirm(_)
                | Prompt::Help
                | Prompt::Remove
                | Prompt::Waiting => Vec::new(),
            };
        }
        let Some(list) = self.book.lists.get(list) else { return Vec::new() };
        let under = parent.as_ref().map(|variable| self.book.value(self.session, variable).and_then(|v| v.as_text()));
        list.items.iter().filter(|item| under.as_ref().is_none_or(|under| item.parent == *under)).collect()
    }

    pub fn present(&self) -> Option<(&'b Frame, &'b Dialogue, &'b State)> {
        let frame = self.session.frames.last()?;
        let dialogue = self.book.dialogues.get(&frame.dialogue)?;
        Some((frame, dialogue, dialogue.state(frame.state())?))
    }

    pub fn language(&self) -> Language {
        self.session.spoken()
    }

    fn label(&self, dialogue: &Dialogue, state: &State, option: &Choice) -> String {
        self.attribute(dialogue, state, &format!("opt-{}", option.name))
    }

    fn removable(&self, frame: &Frame, dialogue: &Dialogue, state: &State) -> Vec<(String, String)> {
        let StateKind::Group(group) = &state.kind else { return Vec::new() };
        let message = dialogue.message(&state.name);
        let item_kinds = match self.book.scope(&dialogue.id).get(&group.save) {
            Some(Kind::Records(fields)) => fields.as_slice(),
            _ => &[],
        };
        let items = group_items(frame, group).iter().enumerate();
        items
            .map(|(at, item)| {
                let mut args = FluentArgs::new();
                for Arg { name, .. } in item_kinds {
                    args.set(name.clone(), self.shown(item.get(name)));
                }
                ((at + 1).to_string(), self.text(&message, Some("item"), &args))
            })
            .collect()
    }

    fn complaint(&self, complaint: &Complaint, dialogue: &Dialogue, state: &State) -> String {
        let message = dialogue.message(&state.name);
        match complaint {
            Complaint::NoSuchOption | Complaint::Wrong if self.has_own_error(dialogue, state) => {
                self.attribute(dialogue, state, "error")
            }
            Complaint::NoSuchOption | Complaint::Wrong => self.shell("shell-choose"),
            Complaint::Doubtful { letter, position } => {
                let mut args = self.args(dialogue, &message);
                args.set("letter", letter.to_string());
                args.set("position", FluentValue::from(*position));
                self.text(&message, Some("ask"), &args)
            }
            Complaint::Unseen => self.shell("shell-unseen"),
            Complaint::Unreadable => self.shell("shell-unreadable"),
            Complaint::Duplicate if matches!(state.kind, StateKind::Group(_)) => {
                self.attribute(dialogue, state, "duplicate")
            }
            Complaint::Duplicate => self.group_text("duplicate"),
            Complaint::Restarted => self.shell("shell-restarted"),
        }
    }

    /// Says whether the author has words of their own for an answer that is none, to the question of the state itself.
    fn has_own_error(&self, dialogue: &Dialogue, state: &State) -> bool {
        let message = dialogue.message(&state.name);
        self.session.prompt == Prompt::State && self.book.texts.has(self.language(), &message, Some("error"))
    }

    /// Gives a text of the group that the innermost dialogue collects an item for.
    fn group_text(&self, attribute: &str) -> String {
        let frames = &self.session.frames;
        let Some(below) = frames.len().checked_sub(2).map(|at| &frames[at]) else { return String::new() };
        let Some(dialogue) = self.book.dialogues.get(&below.dialogue) else { return String::new() };
        let message = dialogue.message(below.state());
        self.text(&message, Some(attribute), &self.args(dialogue, &message))
    }

    pub fn foot(&self, ends: bool) -> Foot {
        let keys = &self.book.shared.keys;
        let entry = |key: &str, id: &str| format!("{key} {}", self.shell(id));
        let back_page = entry(&keys.back, "shell-back");
        // A route on the way to the first question is nothing to go back to.
        let asked = |frame: &Frame, dialogue: &Dialogue| {
            frame.path.iter().filter(|name| dialogue.state(name).is_some_and(State::asks)).count()
        };
        let first = self.present().is_some_and(|(frame, dialogue, _)| asked(frame, dialogue) <= 1);
        let at_start = self.session.frames.len() == 1 && first && self.session.prompt == Prompt::State;
        let quiet = ends || at_start;
        Foot {
            next: entry(&keys.next, "shell-next"),
            back: (!quiet && !self.asks_resume_at_dial()).then(|| back_page.clone()),
            home: (!quiet).then(|| entry(&keys.home, "shell-home")),
            back_page,
        }
    }

    fn asks_resume_at_dial(&self) -> bool {
        self.session.prompt == Prompt::Resume
            && self.present().is_some_and(|(_, _, state)| !matches!(state.kind, StateKind::Run { .. }))
    }

    fn attribute(&self, dialogue: &Dialogue, state: &State, attribute: &str) -> String {
        let message = dialogue.message(&state.name);
        self.text(&message, Some(attribute), &self.args(dialogue, &message))
    }

    pub fn shell(&self, id: &str) -> String {
        self.text(id, None, &FluentArgs::new())
    }

    fn text(&self, id: &str, attribute: Option<&str>, args: &FluentArgs<'_>) -> String {
        self.book.texts.format(self.language(), id, attribute, args).unwrap_or_default()
    }

    /// Gives the arguments that the message and its attributes speak of; most speak of none.
    fn args(&self, dialogue: &Dialogue, message: &str) -> FluentArgs<'static> {
        let words = Words { book: self.book, language: self.language() };
        let mut args = FluentArgs::new();
        let scope = self.book.scope(&dialogue.id).iter();
        for (name, kind) in scope.filter(|(name, _)| self.book.texts.speaks_of(self.language(), message, name)) {
            words.set(&mut args, name, kind, self.book.look_up(&self.session.frames, name));
        }
        args
    }

    fn shown(&self, value: Option<&Value>) -> FluentValue<'static> {
        Words { book: self.book, language: self.language() }.value(value)
    }

    pub fn plain(&self, mut screen: Screen) -> Screen {
        if self.surface.form == Form::Proper {
            return screen;
        }
        let plain = |text: &mut String| *text = dayaq_text::plain(text);
        screen.body.iter_mut().for_each(plain);
        screen.options.iter_mut().for_each(|(_, label)| plain(label));
        plain(&mut screen.foot.next);
        plain(&mut screen.foot.back_page);
        screen.foot.back.iter_mut().for_each(plain);
        screen.foot.home.iter_mut().for_each(plain);
        screen
    }
}

/// What a person may wish on the screen of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupWish {
    Add,
    Done,
    Remove,
}

impl GroupWish {
    fn attribute(self) -> &'static str {
        match self {
            GroupWish::Add => "add",
            GroupWish::Done => "done",
            GroupWish::Remove => "remove",
        }
    }
}

/// Gives each wish its key; a key is never moved to another wish when one is not on offer.
pub(crate) fn group_keys(group: &Group, len: usize) -> Vec<(&'static str, GroupWish)> {
    let mut keys = Vec::new();
    if len < group.max && !group.direct {
        keys.push(("1", GroupWish::Add));
    }
    if len >= group.min {
        keys.push(("2", GroupWish::Done));
    }
    if len > 0 {
        keys.push(("3", GroupWish::Remove));
    }
    keys
}

/// Items stay in the group even while its state is not on the path: going back must not lose a family.
pub(crate) fn group_items<'f>(frame: &'f Frame, group: &Group) -> &'f [Record] {
    match frame.answers.get(&group.save).map(|answer| &answer.value) {
        Some(Value::Records(items)) => items,
        _ => &[],
    }
}

pub(crate) fn group_len(frame: &Frame, group: &Group) -> usize {
    group_items(frame, group).len()
}
