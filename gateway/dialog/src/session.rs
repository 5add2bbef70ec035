use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::newcomer::First;
use crate::news::News;
use crate::render::FIRST_LANGUAGE;
use crate::value::{Record, Value};
use crate::{Book, Channel, Language};

/// Holds one conversation as a value: where it stands and what has been answered.
///
/// It is stored between two steps and belongs to the book whose hash it carries. It holds personal data; `Debug` shows none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub(crate) book: String,
    pub(crate) language: Option<Language>,
    /// The language that a phone without one is spoken to in, as far as what it wrote tells; it chooses nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) guess: Option<Language>,
    /// What the phone wanted before it was asked for its language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first: Option<First>,
    /// The dialogue that was dialled; "home" leads to its start.
    pub(crate) entry: String,
    pub(crate) draft: Draft,
    /// The dialogues begun and not finished, the innermost last. Empty between two conversations.
    pub(crate) frames: Vec<Frame>,
    pub(crate) shelf: Option<Shelf>,
    pub(crate) prompt: Prompt,
    /// The question that help stands over, where it is not that of the state: nothing that it holds is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) interrupted: Option<Prompt>,
    pub(crate) complaint: Option<Complaint>,
    pub(crate) page: usize,
    pub(crate) tries: u8,
    /// What the phone is being told before all else, the present first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) news: Vec<News>,
    /// Over what the person last wrote to us.
    #[serde(default)]
    pub(crate) channel: Option<Channel>,
    pub(crate) updated_at: Timestamp,
}

impl Session {
    /// Begins a conversation with a phone; the language is the one remembered for it, if any.
    pub fn new(draft: &str, language: Option<Language>, book: &Book, now: Timestamp) -> Self {
        Session {
            book: book.hash().to_owned(),
            language,
            guess: None,
            first: None,
            entry: book.main_entry().to_owned(),
            draft: Draft::new(draft),
            frames: Vec::new(),
            shelf: None,
            prompt: Prompt::State,
            interrupted: None,
            complaint: None,
            page: 0,
            tries: 0,
            news: Vec::new(),
            channel: None,
            updated_at: now,
        }
    }

    /// Gives the hash of the book that the session must be continued with.
    pub fn book(&self) -> &str {
        &self.book
    }

    /// Gives the language that was chosen for the phone, or by it.
    pub fn language(&self) -> Option<Language> {
        self.language
    }

    /// Gives the language in which the phone is spoken to: the one chosen, or else the likeliest.
    pub fn spoken(&self) -> Language {
        self.language.or(self.guess).unwrap_or(FIRST_LANGUAGE)
    }

    /// Gives the id of the application being collected; it changes once one has been handed over.
    pub fn draft(&self) -> &str {
        &self.draft.id
    }

    pub fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// Names the dialogue and the state where the person is, for counting; `None` between two conversations.
    pub fn position(&self) -> Option<(&str, &str)> {
        self.frames.last().map(|frame| (frame.dialogue.as_str(), frame.state()))
    }

    /// Says whether the core is being asked, so that the person is owed an answer.
    pub fn is_waiting(&self) -> bool {
        self.prompt == Prompt::Waiting
    }

    /// Says whether answers would be lost with the session.
    pub fn holds_draft(&self, book: &Book) -> bool {
        self.shelf.is_some() || book.has_answers(&self.frames)
    }
}

/// Holds an application being collected. The same call of the same draft has the same id, however often it is repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub id: String,
    /// How often each call has come to an outcome; a new question after an outcome is a new call.
    pub calls: BTreeMap<String, u32>,
}

impl Draft {
    pub fn new(id: &str) -> Self {
        Draft { id: id.to_owned(), calls: BTreeMap::new() }
    }

    pub fn call_id(&self, place: &str) -> String {
        format!("{}:{place}:{}", self.id, self.calls.get(place).copied().unwrap_or(0))
    }
}

/// Holds one dialogue in progress.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Frame {
    pub dialogue: String,
    /// The states that led here, the present one last, none twice. An answer counts only while its state is on it.
    pub path: Vec<String>,
    pub answers: BTreeMap<String, Answer>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub state: String,
    pub value: Value,
}

impl Frame {
    pub fn new(dialogue: &str) -> Self {
        Frame { dialogue: dialogue.to_owned(), path: Vec::new(), answers: BTreeMap::new() }
    }

    pub fn state(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// Enters a state. One that is on the path already closes a loop, such as a correction that leads back to the
    /// review: what was first answered inside the loop belongs to that state from now on.
    pub fn enter(&mut self, state: &str) {
        if let Some(at) = self.path.iter().position(|seen| seen == state) {
            let looped = self.path.split_off(at);
            for answer in self.answers.values_mut().filter(|answer| looped.contains(&answer.state)) {
                state.clone_into(&mut answer.state);
            }
        }
        self.path.push(state.to_owned());
    }

    /// Saves an answer. One that stands already is put right where it stands, so that it stays when the state that put it
    /// right (a correction after the review) is left.
    pub fn save(&mut self, name: &str, value: Value) {
        let standing = self.answers.get(name).map(|answer| &answer.state).filter(|state| self.path.contains(state));
        let state = standing.map_or_else(|| self.state().to_owned(), Clone::clone);
        self.answers.insert(name.to_owned(), Answer { state, value });
    }

    pub fn visible(&self, name: &str) -> Option<&Value> {
        self.answers.get(name).filter(|answer| self.path.contains(&answer.state)).map(|answer| &answer.value)
    }

    pub fn record(&self) -> Record {
        let seen = self.answers.iter().filter(|(_, answer)| self.path.contains(&answer.state));
        seen.map(|(name, answer)| (name.clone(), answer.value.clone())).collect()
    }
}

/// Holds a draft that was left and may be taken up again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shelf {
    pub draft: Draft,
    pub frames: Vec<Frame>,
    pub at: Timestamp,
}

/// Says what the phone was last asked.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "WrittenPrompt", into = "WrittenPrompt")]
pub(crate) enum Prompt {
    /// The question of the present state.
    State,
    /// Continue the draft on the shelf, or start again?
    Resume,
    /// Shall what the draft on the shelf holds be thrown away?
    Discard,
    /// Which of the items that begin with these letters?
    Found(String),
    /// Is this what you meant?
    Confirm(String),
    /// Help was offered after too many wrong answers.
    Help,
    /// Which item of the group is to be removed?
    Remove,
    /// Nothing: the core is being asked.
    Waiting,
}

/// A prompt as it is stored. The version before knows these and no more: what came later is written as a value to confirm
/// with a mark before it, which nobody can type, and passes through that version unharmed.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Prompt", rename_all = "kebab-case")]
enum WrittenPrompt {
    State,
    Resume,
    Confirm(String),
    Help,
    Remove,
    Waiting,
}

/// Marks the question whether a draft may be thrown away.
const DISCARD_MARK: char = '\u{1}';
/// Marks the letters that an item is chosen by.
const FOUND_MARK: char = '\u{2}';

impl From<Prompt> for WrittenPrompt {
    fn from(prompt: Prompt) -> Self {
        match prompt {
            Prompt::State => Self::State,
            Prompt::Resume => Self::Resume,
            Prompt::Discard => Self::Confirm(DISCARD_MARK.to_string()),
            Prompt::Found(letters) => Self::Confirm(format!("{FOUND_MARK}{letters}")),
            Prompt::Confirm(value) => Self::Confirm(value),
            Prompt::Help => Self::Help,
            Prompt::Remove => Self::Remove,
            Prompt::Waiting => Self::Waiting,
        }
    }
}

impl From<WrittenPrompt> for Prompt {
    fn from(written: WrittenPrompt) -> Self {
        match written {
            WrittenPrompt::State => Self::State,
            WrittenPrompt::Resume => Self::Resume,
            WrittenPrompt::Confirm(value) => match (value.strip_prefix(DISCARD_MARK), value.strip_prefix(FOUND_MARK)) {
                (Some(_), _) => Self::Discard,
                (None, Some(letters)) => Self::Found(letters.to_owned()),
                (None, None) => Self::Confirm(value),
            },
            WrittenPrompt::Help => Self::Help,
            WrittenPrompt::Remove => Self::Remove,
            WrittenPrompt::Waiting => Self::Waiting,
        }
    }
}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Prompt::State => "State",
            Prompt::Resume => "Resume",
            Prompt::Discard => "Discard",
            Prompt::Found(_) => "Found(…)",
            Prompt::Confirm(_) => "Confirm(…)",
            Prompt::Help => "Help",
            Prompt::Remove => "Remove",
            Prompt::Waiting => "Waiting",
        })
    }
}

/// Says what stands above the question, so that every page of the screen can be built again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Complaint {
    NoSuchOption,
    /// The option is there, but on a page that the phone does not show.
    Unseen,
    Wrong,
    Doubtful {
        letter: char,
        position: usize,
    },
    Unreadable,
    Duplicate,
    Restarted,
}
