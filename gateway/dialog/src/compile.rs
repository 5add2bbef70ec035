//! From sources to a book, or to everything that is wrong with them.

use std::collections::BTreeMap;
use std::fmt::Write;

use dayaq_author::Diagnostics;
use sha2::{Digest, Sha256};

use crate::Book;
use crate::definition::{self, Dialogue, StateKind};
use crate::fit::{self, Proof};
use crate::flow::{self, Surroundings};
use crate::keyword::{self, Keywords};
use crate::scope;
use crate::shared::Shared;
use crate::sources::{List, Sources};
use crate::texts::Texts;
use crate::wording::Wording;

/// Checks everything against everything else.
///
/// The diagnostics hold all that was found. There is a book when none of it is an error.
pub fn compile(sources: &Sources) -> (Option<Book>, Diagnostics) {
    let diagnostics = Diagnostics::new();
    let mut shared = Shared::default();
    let mut dialogues: BTreeMap<String, Dialogue> = BTreeMap::new();
    for source in &sources.dialogs {
        let (document, found) = dayaq_author::parse(&source.path, &source.text);
        diagnostics.extend(found);
        if !document.root(&diagnostics).has("dialog") {
            shared.read(&document, &diagnostics);
            continue;
        }
        let Some(dialogue) = definition::read(&document, &diagnostics) else { continue };
        if let Some(other) = dialogues.get(&dialogue.id) {
            let message = format!("the dialogue {} exists already in {}", dialogue.id, other.place.path);
            diagnostics.push(dialogue.place.error(message));
            continue;
        }
        dialogues.insert(dialogue.id.clone(), dialogue);
    }
    let lists: BTreeMap<String, List> = sources.lists.iter().map(|list| (list.name.clone(), list.clone())).collect();
    let notices = sources.notices.iter().map(|notice| (notice.key.clone(), notice.clone())).collect();
    let lines = sources.lines.iter().map(|line| (line.key.clone(), line.clone())).collect();
    let catalogue = &sources.catalogue;
    // A faulty file hides states; what follows from that would bury the cause under its consequences.
    let readable = !diagnostics.has_errors();
    let texts = Texts::read(&sources.locales, &diagnostics);
    let surroundings = Surroundings { dialogues: &dialogues, shared: &shared, lists: &lists, catalogue };
    surroundings.check(&diagnostics);
    let codes = codes(&dialogues, &diagnostics);
    let keywords = Keywords::gather(&dialogues, &diagnostics);
    keyword::check_answers(&dialogues, &texts, &shared, &lists, &diagnostics);
    let mut scopes = BTreeMap::new();
    let mut own = BTreeMap::new();
    let mut certainty = None;
    if let Some(order) = flow::order(&dialogues, &diagnostics) {
        let sink = Diagnostics::new();
        let known;
        (scopes, own, known) = scope::scopes(&dialogues, &order, &shared, catalogue, &sink);
        if readable {
            diagnostics.extend(sink);
            surroundings.check_parents(&scopes, &diagnostics);
            let wording = Wording {
                dialogues: &dialogues,
                scopes: &scopes,
                shared: &shared,
                catalogue,
                notices: &notices,
                lines: &lines,
            };
            wording.check(&texts, &diagnostics);
            certainty = Some(known);
        }
    }
    let grouped = grouped(&dialogues);
    let main = codes.values().next().cloned().unwrap_or_default();
    let hash = hash(sources);
    let catalogue = catalogue.clone();
    let proof = Proof::default();
    let mut book = Book {
        hash,
        dialogues,
        texts,
        lists,
        catalogue,
        notices,
        lines,
        shared,
        scopes,
        own,
        grouped,
        codes,
        main,
        keywords,
        proof,
        certainty: Default::default(),
    };
    // A text that is missing takes no room, so that a screen can be too long even in a book that is otherwise at fault.
    if let Some(certainty) = certainty {
        book.certainty = certainty;
        book.proof = fit::prove(&book, &diagnostics);
    }
    let sound = !diagnostics.has_errors() && !book.main.is_empty();
    (sound.then_some(book), diagnostics)
}

/// Finds for every group a state that collects it; where several do, the first by name.
fn grouped(dialogues: &BTreeMap<String, Dialogue>) -> BTreeMap<String, String> {
    let mut grouped = BTreeMap::new();
    for dialogue in dialogues.values() {
        for state in dialogue.states.values() {
            if let StateKind::Group(group) = &state.kind {
                grouped.entry(group.save.clone()).or_insert_with(|| dialogue.message(&state.name));
            }
        }
    }
    grouped
}

fn codes(dialogues: &BTreeMap<String, Dialogue>, diagnostics: &Diagnostics) -> BTreeMap<String, String> {
    let mut codes: BTreeMap<String, String> = BTreeMap::new();
    for dialogue in dialogues.values() {
        for (code, place) in &dialogue.codes {
            let shape = code.starts_with('*') && code.ends_with('#') && code.len() > 2;
            if !shape || !code.bytes().all(|b| b.is_ascii_digit() || b == b'*' || b == b'#') {
                diagnostics.push(place.error(format!("must look like *7142#, found {code:?}")));
            }
            if let Some(other) = codes.insert(code.clone(), dialogue.id.clone()) {
                diagnostics.push(place.error(format!("{code} opens the dialogue {other} already")));
            }
        }
    }
    codes
}

/// Gives the SHA-256 over all that a step depends on; each part with its length, so that none runs into the next.
fn hash(sources: &Sources) -> String {
    let mut parts: Vec<String> = Vec::new();
    for source in &sources.dialogs {
        parts.extend([source.path.clone(), source.text.clone()]);
    }
    for (language, source) in &sources.locales {
        parts.extend([language.code().to_owned(), source.path.clone(), source.text.clone()]);
    }
    for list in &sources.lists {
        parts.push(list.name.clone());
        for item in &list.items {
            parts.extend([item.id.clone(), item.parent.clone().unwrap_or_default()]);
            parts.extend(item.label.iter().cloned());
        }
    }
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
