//! One turn of a conversation: a session and an input give a session and effects.

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::news::News;
use crate::session::Session;
use crate::surface::Surface;
use crate::turn::Turn;
use crate::value::{Record, Value};
use crate::{Book, Language};

/// How long a draft is kept where nobody has configured otherwise.
pub const DRAFT_KEPT: SignedDuration = SignedDuration::from_hours(72);

/// Says what happened.
#[derive(Clone, PartialEq)]
pub enum Input<'i> {
    /// The person dialled, or wrote for the first time. `dialled` is the whole dial string, such as `*7142*2#`, or empty for SMS.
    Open { dialled: &'i str },
    /// The person answered; the text comes as decoded, whatever it holds.
    Text(&'i str),
    /// The person answered a question that this session does not know of: it is older than what the phone was shown last.
    /// Nothing is taken for an answer, and the present question is asked again; by SMS a keyword is still heeded.
    Stale(&'i str),
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
    /// How long a draft is offered again after the phone was last heard of.
    pub draft_kept: SignedDuration,
    /// What the phone is told first if a conversation begins with this step: what was sent to it and did not arrive.
    pub news: &'m [News],
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
    /// The person wants reminders no more, or again; outcomes and card texts go on either way.
    Reminders { on: bool },
    /// A section is finished: put the session in safe keeping.
    Checkpoint { section: String },
    /// News were shown to their end with this step's page: they need not be told again.
    Told { id: String },
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

/// Shows what happened without what was typed.
impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Open { .. } => f.write_str("Open"),
            Input::Text(_) => f.write_str("Text(…)"),
            Input::Stale(_) => f.write_str("Stale(…)"),
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
            Effect::Reminders { on } => f.debug_tuple("Reminders").field(on).finish(),
            Effect::SetLanguage(language) => f.debug_tuple("SetLanguage").field(language).finish(),
            Effect::Checkpoint { section } => f.debug_tuple("Checkpoint").field(section).finish(),
            Effect::Told { id } => f.debug_tuple("Told").field(id).finish(),
            Effect::Ended => f.write_str("Ended"),
        }
    }
}
