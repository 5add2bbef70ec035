//! Transcripts: what an author expects of a dialogue, kept beside it and replayed by the check.

use std::collections::BTreeMap;

use dayaq_author::{Diagnostics, Place, Table};
use jiff::Timestamp;

use crate::definition::name;
use crate::step::{DRAFT_KEPT, Effect, Input, Moment, Outcome, step};
use crate::surface::{SMS_PARTS, Surface};
use crate::value::{Arg, Kind, Phrase, Value};
use crate::{Book, Form, Language, Session};

#[derive(Clone, Debug)]
pub(crate) struct Transcript {
    name: String,
    language: Option<Language>,
    form: Form,
    steps: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    place: Place,
    event: Event,
    expect: Vec<String>,
    refute: Vec<String>,
    call: Option<String>,
    with: Vec<(String, String, Place)>,
    ends: Option<bool>,
    reminders: Option<bool>,
}

#[derive(Clone, Debug)]
enum Event {
    Dial(String),
    Send(String),
    Sms(String),
    HangUp,
    TimeOut,
    Outcome { name: String, values: Vec<(String, String, Place)> },
    Slow,
    Failed,
}

impl Transcript {
    pub fn read(table: Table<'_>) -> Option<Self> {
        let title = table.string("name");
        let language = |code: &str| Language::from_code(code).ok_or_else(|| "must be az, ru or en".to_owned());
        let language = table.opt_parse("language", language);
        let form = table.one_of_or("form", &[("proper", Form::Proper), ("plain", Form::Plain)], Form::Proper);
        let steps = table.tables("steps");
        if steps.is_empty() {
            table.error("steps", "a transcript needs steps");
        }
        let steps = steps.into_iter().filter_map(line).collect();
        table.finish();
        Some(Transcript { name: title?, language, form, steps })
    }
}

fn line(table: Table<'_>) -> Option<Line> {
    let place = table.place();
    let mut events = Vec::new();
    events.extend(table.opt_string("dial").map(Event::Dial));
    events.extend(table.opt_string("send").map(Event::Send));
    events.extend(table.opt_string("sms").map(Event::Sms));
    events.extend(table.boolean_or("hang-up", false).then_some(Event::HangUp));
    events.extend(table.boolean_or("time-out", false).then_some(Event::TimeOut));
    events.extend(table.boolean_or("slow", false).then_some(Event::Slow));
    events.extend(table.boolean_or("failed", false).then_some(Event::Failed));
    let values = table.string_map("values");
    events.extend(table.opt_parse("outcome", name).map(|name| Event::Outcome { name, values }));
    let expect = table.strings("expect");
    let refute = table.strings("refute");
    let call = table.opt_string("call");
    let with = table.string_map("with");
    let ends = table.has("ends").then(|| table.boolean_or("ends", false));
    let reminders = table.has("reminders").then(|| table.boolean_or("reminders", false));
    if events.len() != 1 {
        table.error_here("a step is one of dial, send, sms, hang-up, time-out, outcome, slow, failed");
    }
    table.finish();
    let event = events.into_iter().next()?;
    Some(Line { place, event, expect, refute, call, with, ends, reminders })
}

/// Replays the transcripts of all dialogues and reports where a phone would see something else.
pub fn run_transcripts(book: &Book) -> Diagnostics {
    let diagnostics = Diagnostics::new();
    for dialogue in book.dialogues.values() {
        for transcript in &dialogue.tests {
            replay(book, transcript, &diagnostics);
        }
    }
    diagnostics
}

fn replay(book: &Book, transcript: &Transcript, diagnostics: &Diagnostics) {
    let mut surface = Surface::ussd(transcript.form);
    let now = Timestamp::UNIX_EPOCH;
    let mut session = Session::new("draft-0", transcript.language, book, now);
    let mut pending: Option<(String, String)> = None;
    for (at, line) in transcript.steps.iter().enumerate() {
        let fail = |message: String| {
            diagnostics.push(line.place.error(format!("{}, step {}: {message}", transcript.name, at + 1)));
        };
        let waiting = || pending.clone().ok_or("no call is waiting for an outcome");
        // What follows a call goes where the call came from.
        match line.event {
            Event::Dial(_) | Event::Send(_) | Event::HangUp | Event::TimeOut => {
                surface = Surface::ussd(transcript.form)
            }
            Event::Sms(_) => surface = Surface::sms(transcript.form, SMS_PARTS),
            Event::Outcome { .. } | Event::Slow | Event::Failed => {}
        }
        let id = pending.clone().map(|(id, _)| id).unwrap_or_default();
        let input = match &line.event {
            Event::Dial(dialled) => Ok(Input::Open { dialled }),
            Event::Send(text) | Event::Sms(text) => Ok(Input::Text(text)),
            Event::HangUp => Ok(Input::Aborted),
            Event::TimeOut => Ok(Input::TimedOut),
            Event::Slow => waiting().map(|_| Input::CallSlow { id: &id }),
            Event::Failed => waiting().map(|_| Input::CallFailed { id: &id }),
            Event::Outcome { name, values } => waiting().map(|(_, operation)| {
                let outcome = outcome(book, &operation, name, values, &fail);
                Input::Called { id: &id, outcome }
            }),
        };
        let input = match input {
            Ok(input) => input,
            Err(message) => return fail(message.to_owned()),
        };
        if !matches!(input, Input::Aborted | Input::TimedOut) {
            pending = None;
        }
        let fresh_draft = format!("draft-{}", at + 1);
        let moment = Moment { surface: &surface, now, fresh_draft: &fresh_draft, draft_kept: DRAFT_KEPT, news: &[] };
        let done = step(book, session, input, &moment);
        session = done.session;
        if !verify(line, &done.effects, &fail) {
            // What follows a wrong turn says nothing.
            return;
        }
        for effect in done.effects {
            if let Effect::Call { id, operation, .. } = effect {
                pending = Some((id, operation));
            }
        }
    }
}

fn verify(line: &Line, effects: &[Effect], fail: &dyn Fn(String)) -> bool {
    let mut screen = String::new();
    let mut ended = false;
    let mut called = None;
    let mut reminders = None;
    for effect in effects {
        match effect {
            Effect::Reply { text, ends } => {
                screen.clone_from(text);
                ended = *ends;
            }
            Effect::Call { operation, args, .. } => called = Some((operation, args)),
            Effect::Reminders { on } => reminders = Some(*on),
            Effect::SetLanguage(_) | Effect::Checkpoint { .. } | Effect::Told { .. } | Effect::Ended => {}
        }
    }
    let mut good = true;
    let mut check = |holds: bool, message: String| {
        if !holds {
            good = false;
            fail(message);
        }
    };
    for part in &line.expect {
        check(screen.contains(part.as_str()), format!("expected {part:?}, the screen is {screen:?}"));
    }
    for part in &line.refute {
        check(!screen.contains(part.as_str()), format!("{part:?} should not be there, the screen is {screen:?}"));
    }
    if let Some(ends) = line.ends {
        check(ended == ends, format!("ends is {ended}, the screen is {screen:?}"));
    }
    if reminders != line.reminders {
        check(false, format!("expected reminders = {:?}, found {reminders:?}", line.reminders));
    }
    if line.call.is_some() || called.is_some() {
        let found = called.map(|(operation, _)| operation.as_str()).unwrap_or("nothing");
        let wanted = line.call.as_deref().unwrap_or("nothing");
        check(found == wanted, format!("expected the call of {wanted}, found {found}; the screen is {screen:?}"));
    }
    for (name, text, _) in &line.with {
        let found = called.and_then(|(_, args)| args.get(name)).and_then(Value::as_text);
        check(found.as_ref() == Some(text), format!("expected {name} = {text:?}, found {found:?}"));
    }
    good
}

fn outcome(
    book: &Book,
    operation: &str,
    name: &str,
    values: &[(String, String, Place)],
    fail: &dyn Fn(String),
) -> Outcome {
    let operation = book.catalogue.operation(operation);
    let spec = operation.and_then(|operation| operation.outcomes.iter().find(|outcome| outcome.name == name));
    let Some(spec) = spec else {
        fail(format!("there is no outcome {name:?}"));
        return Outcome { name: name.to_owned(), values: BTreeMap::new() };
    };
    let mut record = BTreeMap::new();
    for (key, text, _) in values {
        match spec.args.iter().find(|arg| arg.name == *key).map(|arg| read(arg, text)) {
            Some(Ok(value)) => drop(record.insert(key.clone(), value)),
            Some(Err(message)) => fail(format!("{key}: {message}")),
            None => fail(format!("the outcome {name} tells no {key}")),
        }
    }
    Outcome { name: name.to_owned(), values: record }
}

/// Reads a value as transcripts write it.
fn read(arg: &Arg, text: &str) -> Result<Value, String> {
    let wrong = || format!("{text:?} is not a {}", arg.kind.describe());
    match &arg.kind {
        Kind::Text => Ok(Value::Text(text.to_owned())),
        Kind::Number => text.parse().map(Value::Number).map_err(|_| wrong()),
        Kind::Flag => text.parse().map(Value::Flag).map_err(|_| wrong()),
        Kind::Date => text.parse().map(Value::Date).map_err(|_| wrong()),
        Kind::Money => {
            let (manat, qepik) = text.split_once('.').filter(|(_, qepik)| qepik.len() == 2).ok_or_else(wrong)?;
            format!("{manat}{qepik}").parse().map(Value::Money).map_err(|_| wrong())
        }
        Kind::Item(list) => Ok(Value::Item { list: list.clone(), id: text.to_owned() }),
        Kind::Choice(values) | Kind::Term { values, .. } if values.contains(text) => Ok(Value::Term(text.to_owned())),
        // Phrases are written by their keys, with commas; their arguments read as those of nobody.
        Kind::Phrases(known) => {
            let keys = text.split(',').map(str::trim);
            let phrase =
                |key: &str| known.contains_key(key).then(|| Phrase { key: key.to_owned(), args: BTreeMap::new() });
            keys.map(phrase).collect::<Option<Vec<_>>>().map(Value::Phrases).ok_or_else(wrong)
        }
        Kind::Choice(_) | Kind::Term { .. } | Kind::Record(_) | Kind::Records(_) => Err(wrong()),
    }
}
