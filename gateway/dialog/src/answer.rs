//! What a person answered, and where it leads.

use crate::condition::Operand;
use crate::definition::{Choice, Group, State, StateKind};
use crate::input::{Reading, as_key, clean, word, wordings};
use crate::letters::written;
use crate::lexicon::Meaning;
use crate::render::{GroupWish, group_items, group_keys, group_len};
use crate::session::{Complaint, Prompt, Session};
use crate::turn::Turn;
use crate::value::Value;
use crate::{Book, Language, found};

/// Takes what was typed: first the keys that mean the same everywhere, then the answer to what was asked.
pub(crate) fn text(turn: &mut Turn<'_>, raw: &str) {
    let Some((dialogue, state)) = turn.present() else { return turn.home() };
    if turn.session.prompt == Prompt::Waiting {
        // Not an answer: the network repeated itself, or the person could not wait. The same call is asked for again.
        return turn.go(&crate::definition::Target::State(state.name.clone()));
    }
    let Some(cleaned) = clean(raw) else {
        // Where one of several is to be chosen, what cannot be read is one more thing that is none of them.
        let typed = matches!(state.kind, StateKind::Text { .. });
        let offered = matches!(turn.session.prompt, Prompt::Resume | Prompt::Discard | Prompt::Remove);
        let options = !typed || offered;
        return wrong(turn, state, if options { Complaint::NoSuchOption } else { Complaint::Unreadable });
    };
    if navigate(turn, state, &cleaned) {
        return;
    }
    let message = dialogue.message(&state.name);
    match turn.session.prompt.clone() {
        Prompt::Resume => resume(turn, state, &cleaned),
        Prompt::Discard => discard(turn, state, &cleaned),
        Prompt::Found(_) => found::choose(turn, state, &cleaned),
        Prompt::Confirm(value) => confirm(turn, state, &message, &cleaned, &value),
        Prompt::Remove => remove(turn, state, &cleaned),
        Prompt::Help => help(turn, state, &message, &cleaned),
        Prompt::State => answer(turn, state, &message, &cleaned),
        Prompt::Waiting => {}
    }
}

/// Follows a key that means the same on every screen; says whether there is nothing else to do. One that does nothing
/// here is no answer, so that it changes nothing and is held against nobody.
fn navigate(turn: &mut Turn<'_>, state: &State, cleaned: &str) -> bool {
    let (key, keys) = (as_key(cleaned), &turn.book.shared.keys);
    let (page, pages, foot) = (turn.session.page, turn.renderer().pages().len(), turn.renderer().screen().foot);
    if key == keys.home {
        match foot.home {
            Some(_) => turn.home(),
            // Who asks for the menu at the menu has it, and begins there with no mistake made.
            None => turn.session.tries = 0,
        }
        return true;
    }
    if key == keys.back {
        if page > 0 || foot.back.is_some() {
            back(turn);
        }
        return true;
    }
    let next = key == keys.next;
    if page + 1 < pages && (next || matches!(state.kind, StateKind::End)) {
        turn.session.page += 1;
        return true;
    }
    // A number may be asked for that looks like the key; where there is a page to leaf to, it never is the answer.
    next && !(pages == 1 && is_value(turn, state, cleaned))
}

/// Says whether an input is a value of the type that the present question asks for.
fn is_value(turn: &Turn<'_>, state: &State, cleaned: &str) -> bool {
    let StateKind::Text { input, .. } = &state.kind else { return false };
    let asks = !matches!(turn.session.prompt, Prompt::Resume | Prompt::Discard | Prompt::Waiting);
    asks && turn.book.shared.types.get(input).is_some_and(|input| match input.read(cleaned) {
        Reading::Accepted(_) | Reading::Repaired(_) => true,
        Reading::Doubtful { .. } | Reading::Wrong => false,
    })
}

/// Gives the value of what an author wrote; nothing for a variable without a value and for an empty text.
pub(crate) fn operand(book: &Book, session: &Session, operand: &Operand) -> Option<Value> {
    match operand {
        Operand::Literal(text) => Some(Value::Text(text.clone())),
        Operand::Number(number) => Some(Value::Number(*number)),
        Operand::Variable(variable) => book.value(session, variable),
    }
    .filter(|value| !value.is_empty())
}

fn back(turn: &mut Turn<'_>) {
    if turn.session.page > 0 {
        turn.session.page -= 1;
        return;
    }
    match turn.session.prompt {
        Prompt::Help => retry(turn),
        Prompt::Confirm(_) | Prompt::Found(_) | Prompt::Remove => turn.ask(),
        Prompt::Discard => ask_resume(turn),
        Prompt::State | Prompt::Resume | Prompt::Waiting => turn.back(),
    }
}

fn answer(turn: &mut Turn<'_>, state: &State, message: &str, cleaned: &str) {
    match &state.kind {
        StateKind::Choice { options, save } => match chosen(turn, cleaned) {
            // What has an effect must have been seen: `1` on the first page of a review is no wish to send it.
            Some(key) if !turn.renderer().shows(&key) => wrong(turn, state, Complaint::Unseen),
            Some(key) => choose(turn, options, save.as_deref(), message, &key),
            None => wrong(turn, state, Complaint::NoSuchOption),
        },
        StateKind::List { letters: Some(letters), .. } => found::search(turn, state, letters, cleaned),
        StateKind::List { letters: None, .. } => found::choose(turn, state, cleaned),
        StateKind::Text { save, skip: Some(key), next, .. } if chosen(turn, cleaned).as_ref() == Some(key) => {
            keep(turn, state, save, Value::Text(String::new()), |turn| turn.leave(&next.target));
        }
        StateKind::Text { input, save, next, .. } => {
            let Some(input) = turn.book.shared.types.get(input) else { return turn.home() };
            match input.read(cleaned) {
                Reading::Accepted(value) => keep(turn, state, save, value, |turn| turn.leave(&next.target)),
                Reading::Repaired(text) => {
                    turn.ask();
                    turn.session.prompt = Prompt::Confirm(text);
                }
                Reading::Doubtful { letter, position } => {
                    wrong(turn, state, Complaint::Doubtful { letter, position });
                }
                Reading::Wrong => wrong(turn, state, Complaint::Wrong),
            }
        }
        StateKind::Group(group) => group_wish(turn, state, group, cleaned),
        StateKind::Run { .. } | StateKind::Call { .. } | StateKind::Route { .. } | StateKind::End => {}
    }
}

fn choose(turn: &mut Turn<'_>, options: &[Choice], save: Option<&str>, message: &str, key: &str) {
    let Some(option) = options.iter().find(|option| option.key == key) else { return };
    if let Some(language) = option.language {
        turn.set_language(language);
    }
    for (name, value, _) in &option.set {
        let value = operand(turn.book, &turn.session, value).unwrap_or(Value::Text(String::new()));
        if let Some(frame) = turn.frame() {
            frame.save(name, value);
        }
    }
    if let (Some(name), Some(frame)) = (save, turn.frame()) {
        frame.save(name, Value::Option { message: message.to_owned(), name: option.name.clone() });
    }
    turn.leave(&option.next.target);
    if option.language.is_some() {
        turn.take_up();
    }
}

fn group_wish(turn: &mut Turn<'_>, state: &State, group: &Group, cleaned: &str) {
    let len = turn.session.frames.last().map_or(0, |frame| group_len(frame, group));
    let wish = chosen(turn, cleaned)
        .and_then(|key| group_keys(group, len).into_iter().find(|(own, _)| *own == key))
        .map(|(_, wish)| wish);
    match wish {
        Some(GroupWish::Add) => {
            if let Some(target) = turn.begin(&group.run) {
                turn.go(&target);
            }
        }
        Some(GroupWish::Done) => turn.leave(&group.next.target),
        Some(GroupWish::Remove) => {
            turn.ask();
            turn.session.prompt = Prompt::Remove;
        }
        None if group.direct && len < group.max => add_typed(turn, state, group, cleaned),
        None => wrong(turn, state, Complaint::NoSuchOption),
    }
}

/// Begins an item with the answer to its first question. What is no answer to it leaves the group's screen where it is.
fn add_typed(turn: &mut Turn<'_>, state: &State, group: &Group, cleaned: &str) {
    let before = turn.session.clone();
    if let Some(target) = turn.begin(&group.run) {
        turn.go(&target);
    }
    let Some((dialogue, first)) = turn.present() else { return turn.home() };
    answer(turn, first, &dialogue.message(&first.name), cleaned);
    if let Some(complaint @ (Complaint::Wrong | Complaint::Duplicate)) = turn.session.complaint.clone() {
        turn.session = before;
        wrong(turn, state, complaint);
    }
}

fn remove(turn: &mut Turn<'_>, state: &State, cleaned: &str) {
    let StateKind::Group(group) = &state.kind else { return turn.ask() };
    let key = chosen(turn, cleaned);
    if key.as_ref().is_some_and(|key| !turn.renderer().shows(key)) {
        return wrong(turn, state, Complaint::Unseen);
    }
    let at = key.and_then(|key| key.parse::<usize>().ok()).and_then(|at| at.checked_sub(1));
    let Some(frame) = turn.frame() else { return };
    let mut items = group_items(frame, group).to_vec();
    match at.filter(|at| *at < items.len()) {
        Some(at) => {
            items.remove(at);
            frame.save(&group.save, Value::Records(items));
            turn.ask();
        }
        None => wrong(turn, state, Complaint::NoSuchOption),
    }
}

fn resume(turn: &mut Turn<'_>, state: &State, cleaned: &str) {
    match (chosen(turn, cleaned).as_deref(), meaning(turn, cleaned)) {
        (Some("1"), _) => turn.resume(),
        (Some("2"), _) if turn.asks_before_discarding() => {
            turn.ask();
            turn.session.prompt = Prompt::Discard;
        }
        (Some("2"), _) => turn.start_again(),
        // Who does not wish to go on now has not said that the answers may be thrown away.
        (None, Some(Meaning::No)) => turn.home(),
        (Some(_) | None, _) => wrong(turn, state, Complaint::NoSuchOption),
    }
}

/// Throws the draft on the shelf away, or keeps it and offers it again.
fn discard(turn: &mut Turn<'_>, state: &State, cleaned: &str) {
    match chosen(turn, cleaned).as_deref() {
        Some("1") => turn.start_again(),
        Some("2") => ask_resume(turn),
        Some(_) | None => wrong(turn, state, Complaint::NoSuchOption),
    }
}

fn ask_resume(turn: &mut Turn<'_>) {
    turn.ask();
    turn.session.prompt = Prompt::Resume;
}

/// Takes what is typed under the offer of help: another try, no, or the answer itself.
fn help(turn: &mut Turn<'_>, state: &State, message: &str, cleaned: &str) {
    let again = as_key(cleaned) == "1" || chosen(turn, cleaned).is_some() && !is_value(turn, state, cleaned);
    let confirms = match &turn.session.interrupted {
        Some(Prompt::Confirm(value)) => Some(value.clone()),
        Some(
            Prompt::State
            | Prompt::Resume
            | Prompt::Discard
            | Prompt::Found(_)
            | Prompt::Help
            | Prompt::Remove
            | Prompt::Waiting,
        )
        | None => None,
    };
    match (confirms, meaning(turn, cleaned)) {
        _ if again => retry(turn),
        (Some(_), Some(Meaning::Yes | Meaning::No)) => retry(turn),
        (Some(value), _) => {
            retry(turn);
            confirm(turn, state, message, cleaned, &value);
        }
        (None, Some(Meaning::No)) if !is_value(turn, state, cleaned) => turn.home(),
        (None, _) => {
            turn.session.prompt = Prompt::State;
            answer(turn, state, message, cleaned);
        }
    }
}

/// Asks again what help stands over.
fn retry(turn: &mut Turn<'_>) {
    let interrupted = turn.session.interrupted.take();
    turn.ask();
    turn.session.prompt = interrupted.unwrap_or(Prompt::State);
}

fn confirm(turn: &mut Turn<'_>, state: &State, message: &str, cleaned: &str, value: &str) {
    let StateKind::Text { input, save, next, .. } = &state.kind else { return turn.ask() };
    let Some(input) = turn.book.shared.types.get(input) else { return turn.ask() };
    match (chosen(turn, cleaned).as_deref(), input.value(value)) {
        (Some("1"), Some(value)) => {
            turn.session.prompt = Prompt::State;
            keep(turn, state, save, value, |turn| turn.leave(&next.target));
        }
        (Some("2"), _) => turn.ask(),
        // No words about it, but the answer itself, typed again.
        (Some(_) | None, _) if meaning(turn, cleaned).is_none() && is_value(turn, state, cleaned) => {
            turn.session.prompt = Prompt::State;
            answer(turn, state, message, cleaned);
        }
        (Some(_) | None, _) => wrong(turn, state, Complaint::NoSuchOption),
    }
}

/// Saves an answer and goes on, unless the group that it is for has it already.
pub(crate) fn keep(turn: &mut Turn<'_>, state: &State, name: &str, value: Value, go_on: impl FnOnce(&mut Turn<'_>)) {
    if is_duplicate(turn, name, &value) {
        return wrong(turn, state, Complaint::Duplicate);
    }
    if let Some(frame) = turn.frame() {
        frame.save(name, value);
    }
    go_on(turn);
}

fn is_duplicate(turn: &Turn<'_>, name: &str, value: &Value) -> bool {
    let frames = &turn.session.frames;
    let Some(below) = frames.len().checked_sub(2).map(|at| &frames[at]) else { return false };
    let dialogue = turn.book.dialogues.get(&below.dialogue);
    let Some(StateKind::Group(group)) = dialogue.and_then(|d| d.state(below.state())).map(|state| &state.kind) else {
        return false;
    };
    if group.unique.as_deref() != Some(name) {
        return false;
    }
    let text = value.as_text();
    let excepted = group.except.as_ref().and_then(|variable| turn.book.value(&turn.session, variable));
    excepted.is_some_and(|other| other.as_text() == text)
        || group_items(below, group).iter().any(|item| item.get(name).and_then(Value::as_text) == text)
}

/// Finds the key that an answer means: the key itself, a word for the number, the label of the option, a yes or a no, or
/// the name of a language.
pub(crate) fn chosen(turn: &Turn<'_>, cleaned: &str) -> Option<String> {
    let renderer = turn.renderer();
    let options = renderer.screen().options;
    let known = |key: &str| options.iter().any(|(own, _)| own == key);
    let key = as_key(cleaned);
    if known(key) {
        return Some(key.to_owned());
    }
    let said = word(cleaned);
    if said.is_empty() {
        return None;
    }
    if let Some(key) = turn.book.shared.numbers.get(&said).filter(|key| known(key)) {
        return Some(key.clone());
    }
    labelled(turn, cleaned).or_else(|| meant(turn, cleaned))
}

/// Finds the one option whose label an answer is, or a part of it between slashes.
pub(crate) fn labelled(turn: &Turn<'_>, cleaned: &str) -> Option<String> {
    let said = word(cleaned);
    let options = turn.renderer().screen().options;
    let mut matching = options.iter().filter(|(_, label)| wordings(label).any(|wording| word(wording) == said));
    match (matching.next(), matching.next()) {
        (Some((key, _)), None) if !said.is_empty() => Some(key.clone()),
        (Some(_), _) | (None, _) => None,
    }
}

/// Finds the option that is meant by a yes or a no, or by the name of its language.
fn meant(turn: &Turn<'_>, cleaned: &str) -> Option<String> {
    let meaning = meaning(turn, cleaned);
    match (&turn.session.prompt, meaning) {
        (Prompt::Confirm(_) | Prompt::Resume | Prompt::Discard | Prompt::Help, Some(Meaning::Yes)) => {
            Some("1".to_owned())
        }
        (Prompt::Confirm(_) | Prompt::Discard, Some(Meaning::No)) => Some("2".to_owned()),
        (Prompt::State, _) => {
            let (_, state) = turn.present()?;
            let options = match &state.kind {
                StateKind::Choice { options, .. } => options,
                // Who has none, and who has nobody more.
                StateKind::Text { skip: Some(key), .. } => {
                    return Some(key.clone()).filter(|_| meaning == Some(Meaning::No));
                }
                StateKind::Group(group) if group.direct && meaning == Some(Meaning::No) => {
                    let keys = group_keys(group, group_len(turn.session.frames.last()?, group));
                    return keys.iter().find(|(_, wish)| *wish == GroupWish::Done).map(|(key, _)| (*key).to_owned());
                }
                StateKind::Text { skip: None, .. }
                | StateKind::List { .. }
                | StateKind::Group(_)
                | StateKind::Run { .. }
                | StateKind::Call { .. }
                | StateKind::Route { .. }
                | StateKind::End => return None,
            };
            let languages = &turn.book.shared.languages;
            let agrees = |language: &Language| written(cleaned).is_none_or(|written| written == *language);
            let language = languages.exact(cleaned).or_else(|| languages.find(cleaned).filter(agrees));
            let fits = |option: &&Choice| {
                meaning.is_some() && option.means == meaning || language.is_some() && option.language == language
            };
            options.iter().find(fits).map(|option| option.key.clone())
        }
        (
            Prompt::Confirm(_)
            | Prompt::Resume
            | Prompt::Discard
            | Prompt::Found(_)
            | Prompt::Help
            | Prompt::Remove
            | Prompt::Waiting,
            _,
        ) => None,
    }
}

fn meaning(turn: &Turn<'_>, cleaned: &str) -> Option<Meaning> {
    turn.book.shared.answers.find(cleaned)
}

/// Says politely what was wrong; after so many times, offers help instead.
pub(crate) fn wrong(turn: &mut Turn<'_>, state: &State, complaint: Complaint) {
    let tries = turn.session.tries + 1;
    let prompt = turn.session.prompt.clone();
    turn.ask();
    if tries >= state.tries && !matches!(prompt, Prompt::Resume | Prompt::Discard) {
        turn.session.interrupted = Some(prompt).filter(|prompt| matches!(prompt, Prompt::Confirm(_)));
        turn.session.prompt = Prompt::Help;
        return;
    }
    turn.session.prompt = if prompt == Prompt::Help { Prompt::State } else { prompt };
    turn.session.tries = tries.min(state.tries);
    turn.session.complaint = Some(complaint);
}
