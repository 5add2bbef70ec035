//! Everything that a phone may be shown at a state: each question it is asked, under each complaint.

use std::collections::BTreeSet;

use dayaq_author::Place;

use super::widest::typed;
use crate::definition::{Dialogue, Group, State, StateKind, Target};
use crate::draft::DISCARD;
use crate::input::InputType;
use crate::session::{Complaint, Prompt};
use crate::value::Value;
use crate::{Book, INPUT_CHARS_MAX, Language, found};

/// What may stand above options that the engine offers by itself.
const ON_OPTIONS: [Option<Complaint>; 2] = [None, Some(Complaint::NoSuchOption)];

/// Holds one thing that a phone may be shown at a state.
pub(super) struct Scene<'b> {
    pub prompt: Prompt,
    pub complaint: Option<Complaint>,
    pub around: Around<'b>,
}

/// Says what the dialogue runs inside of: it decides which keys stand at the foot.
#[derive(Clone, Copy)]
pub(super) enum Around<'b> {
    /// Nothing comes before this screen: there is no way back and no other menu.
    Nothing,
    /// Something came before.
    Something,
    /// The dialogue asks for one item of this group.
    Group(&'b Dialogue, &'b State),
}

/// Names a text: a message, or an attribute of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text {
    pub id: String,
    pub attribute: Option<String>,
}

impl Text {
    pub fn new(id: &str, attribute: Option<&str>) -> Self {
        Text { id: id.to_owned(), attribute: attribute.map(ToOwned::to_owned) }
    }

    pub fn place(&self, book: &Book, language: Language) -> Option<Place> {
        book.texts.found(language, &self.id, self.attribute.as_deref())
    }

    /// Says whether the text stands over the screens of many states.
    pub fn is_shared(&self) -> bool {
        self.id.starts_with("shell-")
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.id)?;
        self.attribute.iter().try_for_each(|attribute| write!(f, ".{attribute}"))
    }
}

impl<'b> Scene<'b> {
    /// Lists what may be shown at a state.
    pub fn all(book: &'b Book, dialogue: &'b Dialogue, state: &'b State) -> Vec<Self> {
        let around = if is_always_first(book, dialogue, state) { Around::Nothing } else { Around::Something };
        let offers = offers(book);
        let mut all = Vec::new();
        let mut add = |prompt: &Prompt, complaint: Option<Complaint>, around: Around<'b>| {
            all.push(Scene { prompt: prompt.clone(), complaint, around });
        };
        match &state.kind {
            // A draft of the dialogue that begins here is offered before it begins.
            StateKind::Run { .. } => {
                for prompt in &offers {
                    ON_OPTIONS.into_iter().for_each(|complaint| add(prompt, complaint, Around::Something));
                }
                return all;
            }
            StateKind::Call { .. } | StateKind::Route { .. } => return all,
            StateKind::Choice { .. }
            | StateKind::Text { .. }
            | StateKind::List { .. }
            | StateKind::Group(_)
            | StateKind::End => {}
        }
        add(&Prompt::State, None, around);
        if starts(book).contains(&(dialogue.id.as_str(), state.name.as_str())) {
            let entry = book.codes.values().any(|entry| *entry == dialogue.id);
            let around = if entry { Around::Nothing } else { Around::Something };
            add(&Prompt::State, Some(Complaint::Restarted), around);
            for prompt in &offers {
                ON_OPTIONS.into_iter().for_each(|complaint| add(prompt, complaint, around));
            }
        }
        if !state.asks() {
            return all;
        }
        add(&Prompt::Help, None, Around::Something);
        match &state.kind {
            StateKind::Text { input, save, .. } => {
                add(&Prompt::State, Some(Complaint::Wrong), around);
                add(&Prompt::State, Some(Complaint::Unreadable), around);
                let input_type = book.shared.types.get(input);
                for letter in input_type.into_iter().flat_map(|input| &input.ask) {
                    let complaint = Complaint::Doubtful { letter: *letter, position: INPUT_CHARS_MAX };
                    add(&Prompt::State, Some(complaint), around);
                }
                if input_type.is_some_and(InputType::confirms) {
                    for value in typed(book, input).iter().filter_map(Value::as_text) {
                        add(&Prompt::Confirm(value.clone()), None, Around::Something);
                        for complaint in [Complaint::NoSuchOption, Complaint::Unreadable] {
                            add(&Prompt::Confirm(value.clone()), Some(complaint), Around::Something);
                        }
                    }
                }
                for (caller, group) in collected_by(book, dialogue, save) {
                    add(&Prompt::State, Some(Complaint::Duplicate), Around::Group(caller, group));
                }
            }
            StateKind::Choice { .. } | StateKind::List { .. } => {
                add(&Prompt::State, Some(Complaint::NoSuchOption), around);
                if matches!(state.kind, StateKind::Choice { .. }) && state.pages > 1 {
                    add(&Prompt::State, Some(Complaint::Unseen), around);
                }
                for typed in findable(book, state) {
                    let prompt = Prompt::Found(typed);
                    ON_OPTIONS.into_iter().for_each(|complaint| add(&prompt, complaint, Around::Something));
                }
            }
            StateKind::Group(group) => {
                add(&Prompt::State, Some(Complaint::NoSuchOption), around);
                if group.direct && group.unique.is_some() {
                    add(&Prompt::State, Some(Complaint::Duplicate), around);
                }
                ON_OPTIONS.into_iter().for_each(|complaint| add(&Prompt::Remove, complaint, Around::Something));
                if state.pages > 1 {
                    add(&Prompt::Remove, Some(Complaint::Unseen), Around::Something);
                }
            }
            StateKind::Run { .. } | StateKind::Call { .. } | StateKind::Route { .. } | StateKind::End => {}
        }
        all
    }

    /// Names the text that the question is made of.
    pub fn text(&self, dialogue: &Dialogue, state: &State) -> Text {
        let message = dialogue.message(&state.name);
        match &self.prompt {
            Prompt::State | Prompt::Waiting => Text::new(&message, None),
            Prompt::Remove => Text::new(&message, Some("which")),
            Prompt::Resume => Text::new("shell-resume", None),
            Prompt::Discard => Text::new(DISCARD, None),
            Prompt::Found(_) => Text::new(&message, Some("found")),
            Prompt::Confirm(_) => Text::new("shell-confirm", None),
            Prompt::Help => Text::new("shell-help", None),
        }
    }

    /// Names the text that stands above the question.
    pub fn complaint_text(&self, book: &Book, language: Language, dialogue: &Dialogue, state: &State) -> Option<Text> {
        let message = dialogue.message(&state.name);
        let own = self.prompt == Prompt::State && book.texts.has(language, &message, Some("error"));
        Some(match self.complaint.as_ref()? {
            Complaint::NoSuchOption | Complaint::Wrong if own => Text::new(&message, Some("error")),
            Complaint::NoSuchOption | Complaint::Wrong => Text::new("shell-choose", None),
            Complaint::Doubtful { .. } => Text::new(&message, Some("ask")),
            Complaint::Unseen => Text::new("shell-unseen", None),
            Complaint::Unreadable => Text::new("shell-unreadable", None),
            Complaint::Restarted => Text::new("shell-restarted", None),
            Complaint::Duplicate if matches!(state.kind, StateKind::Group(_)) => Text::new(&message, Some("duplicate")),
            Complaint::Duplicate => match self.around {
                Around::Group(caller, group) => Text::new(&caller.message(&group.name), Some("duplicate")),
                Around::Nothing | Around::Something => return None,
            },
        })
    }

    /// Gives the pages that the author allows; a group's own screen is always one.
    pub fn pages(&self, state: &State) -> usize {
        match (&self.prompt, &state.kind) {
            (Prompt::Remove, _) => state.pages,
            (Prompt::State, StateKind::Group(_)) => 1,
            (Prompt::State, StateKind::List { letters: Some(_), .. }) => 1,
            (Prompt::State | Prompt::Found(_), _) => state.pages,
            (Prompt::Resume | Prompt::Discard | Prompt::Confirm(_) | Prompt::Help | Prompt::Waiting, _) => 1,
        }
    }
}

/// Lists the questions about a draft that waits.
fn offers(book: &Book) -> Vec<Prompt> {
    let asks_twice = Language::ALL.into_iter().any(|language| book.texts.has(language, DISCARD, None));
    [Prompt::Resume].into_iter().chain(asks_twice.then_some(Prompt::Discard)).collect()
}

/// Lists letters that show every screen of what letters may find.
fn findable(book: &Book, state: &State) -> Vec<String> {
    let StateKind::List { list, letters: Some(letters), .. } = &state.kind else { return Vec::new() };
    let both = book.lists.get(list).zip(book.lists.get(&letters.above));
    both.map(|(list, above)| found::beginnings(list, above)).unwrap_or_default()
}

/// Finds the groups that refuse a second item with the same answer here.
fn collected_by<'b>(book: &'b Book, dialogue: &Dialogue, save: &str) -> Vec<(&'b Dialogue, &'b State)> {
    let collects = |state: &&State| match &state.kind {
        StateKind::Group(Group { run, unique, .. }) => *run == dialogue.id && unique.as_deref() == Some(save),
        _ => false,
    };
    let callers = book.dialogues.values();
    callers.flat_map(|caller| caller.states.values().filter(collects).map(move |state| (caller, state))).collect()
}

/// Finds the screens that a dialled code may show first.
fn starts(book: &Book) -> BTreeSet<(&str, &str)> {
    let mut seen = BTreeSet::new();
    let mut first = BTreeSet::new();
    let entries = book.codes.values().filter_map(|id| book.dialogues.get(id));
    let mut work: Vec<(&Dialogue, &Target)> = entries.map(|dialogue| (dialogue, &dialogue.start.target)).collect();
    while let Some((dialogue, target)) = work.pop() {
        let Target::State(name) = target else { continue };
        let Some(state) = dialogue.state(name).filter(|state| seen.insert((&dialogue.id, &state.name))) else {
            continue;
        };
        match &state.kind {
            StateKind::Route { .. } => work.extend(state.links().into_iter().map(|link| (dialogue, &link.target))),
            StateKind::Run { run, .. } => {
                work.extend(book.dialogues.get(run).map(|callee| (callee, &callee.start.target)));
            }
            StateKind::Choice { .. }
            | StateKind::Text { .. }
            | StateKind::List { .. }
            | StateKind::Group(_)
            | StateKind::End => drop(first.insert((dialogue.id.as_str(), state.name.as_str()))),
            StateKind::Call { .. } => {}
        }
    }
    first
}

/// Says whether no question can come before this one: then its foot has no keys.
fn is_always_first(book: &Book, dialogue: &Dialogue, state: &State) -> bool {
    let called =
        book.dialogues.values().flat_map(|other| other.states.values()).any(|s| s.runs() == Some(&dialogue.id));
    if called || !book.codes.values().any(|entry| *entry == dialogue.id) {
        return false;
    }
    // Entering a state a second time cuts the way back to its first visit, so that only ways that avoid it count.
    let mut seen = BTreeSet::new();
    let mut work = vec![(&dialogue.start.target, false)];
    while let Some((target, asked)) = work.pop() {
        let Target::State(name) = target else { continue };
        if *name == state.name {
            if asked {
                return false;
            }
            continue;
        }
        let Some(here) = dialogue.state(name).filter(|_| seen.insert((name, asked))) else { continue };
        let asked = asked || here.asks();
        work.extend(here.links().into_iter().map(|link| (&link.target, asked)));
    }
    true
}
