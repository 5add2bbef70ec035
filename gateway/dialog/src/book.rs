use std::collections::BTreeMap;
use std::fmt;

use dayaq_author::Diagnostics;

use crate::Surface;
use crate::condition::Variable;
use crate::definition::Dialogue;
use crate::fit::{self, Proof};
use crate::keyword::Keywords;
use crate::scope::Certainty;
use crate::session::{Frame, Session};
use crate::shared::Shared;
use crate::sources::{Catalogue, List, NoticeSpec};
use crate::texts::Texts;
use crate::value::{Kind, Value};

/// Holds dialogues, texts and lists that have been checked against one another and can be served.
///
/// It never changes. A session stays with the book whose hash it carries.
pub struct Book {
    pub(crate) hash: String,
    pub(crate) dialogues: BTreeMap<String, Dialogue>,
    pub(crate) texts: Texts,
    pub(crate) lists: BTreeMap<String, List>,
    pub(crate) catalogue: Catalogue,
    pub(crate) notices: BTreeMap<String, NoticeSpec>,
    /// Lines for people at a terminal.
    pub(crate) lines: BTreeMap<String, NoticeSpec>,
    pub(crate) shared: Shared,
    /// The variables that each dialogue may use: its own and those of its callers.
    pub(crate) scopes: BTreeMap<String, BTreeMap<String, Kind>>,
    /// The variables that each dialogue gives a value to by itself.
    pub(crate) own: BTreeMap<String, BTreeMap<String, Kind>>,
    /// The message of a state that collects each group, whose `.item` is how an item of it reads.
    pub(crate) grouped: BTreeMap<String, String>,
    /// Dialled codes and the dialogues that they open.
    pub(crate) codes: BTreeMap<String, String>,
    pub(crate) main: String,
    pub(crate) keywords: Keywords,
    pub(crate) proof: Proof,
    /// Which variables have a value for certain at each state.
    pub(crate) certainty: Certainty,
}

impl Book {
    /// Gives the SHA-256 of all sources, in hexadecimal.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Tells how much room the proof of every screen has found.
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// Proves every screen once more for a network whose screens have other sizes than the standard's.
    pub fn prove_on(&self, surface: &Surface) -> Diagnostics {
        fit::prove_on(self, surface)
    }

    /// Lists the codes that can be dialled.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.codes.keys().map(String::as_str)
    }

    /// Says whether answers of this input type must be kept out of logs; an unknown type counts as personal.
    pub fn is_personal(&self, input_type: &str) -> bool {
        self.shared.types.get(input_type).is_none_or(|input| input.pii)
    }

    pub(crate) fn main_entry(&self) -> &str {
        &self.main
    }

    /// Finds the dialogue that a dial string opens and what was dialled beyond its code: `*7142*2*1#` is `*7142#` and `2*1`.
    pub(crate) fn dialled<'d>(&self, dialled: &'d str) -> (&str, &'d str) {
        let dialled = dialled.trim();
        let found = self.codes.iter().filter_map(|(code, dialogue)| {
            let stem = code.trim_end_matches('#');
            let rest = dialled.strip_prefix(stem)?.trim_end_matches('#');
            let whole = rest.is_empty() || rest.starts_with('*');
            whole.then(|| (stem.len(), dialogue.as_str(), rest.trim_start_matches('*')))
        });
        found.max().map_or((self.main_entry(), ""), |(_, dialogue, rest)| (dialogue, rest))
    }

    pub(crate) fn scope(&self, dialogue: &str) -> &BTreeMap<String, Kind> {
        static NOTHING: BTreeMap<String, Kind> = BTreeMap::new();
        self.scopes.get(dialogue).unwrap_or(&NOTHING)
    }

    /// Finds a variable in the innermost dialogue that has given it a value.
    pub(crate) fn look_up<'f>(&self, frames: &'f [Frame], name: &str) -> Option<&'f Value> {
        frames.iter().rev().find_map(|frame| frame.visible(name))
    }

    pub(crate) fn value(&self, session: &Session, variable: &Variable) -> Option<Value> {
        let value = self.look_up(&session.frames, &variable.name)?;
        match (&variable.field, value) {
            (None, value) => Some(value.clone()),
            (Some(field), Value::Record(record)) => record.get(field).cloned(),
            (Some(field), Value::Records(items)) if field == "count" => {
                i64::try_from(items.len()).ok().map(Value::Number)
            }
            (Some(_), _) => None,
        }
    }

    /// Says whether these dialogues hold answers that their author wants kept.
    pub(crate) fn has_answers(&self, frames: &[Frame]) -> bool {
        let kept = |frame: &Frame| self.dialogues.get(&frame.dialogue).is_some_and(|dialogue| dialogue.resume);
        let answered = |frame: &Frame| {
            frame.answers.values().any(|answer| match &answer.value {
                Value::Records(items) => !items.is_empty(),
                _ => true,
            })
        };
        frames.iter().position(kept).is_some_and(|at| frames[at..].iter().any(answered))
    }
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book")
            .field("hash", &self.hash)
            .field("dialogues", &self.dialogues.keys())
            .finish_non_exhaustive()
    }
}
