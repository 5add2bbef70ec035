//! `dayaq check`: every fault at once, before anything is served.

use crate::args::CheckArgs;
use crate::exit;
use crate::{content, settings};
use dayaq_author::{Diagnostics, Severity, parse};
use dayaq_dialog::{Book, Form, Language, Proof, Room, run_transcripts};
use dayaq_gateway::config::{read_callback_profile, read_profile};
use dayaq_gateway::content::ContentFiles;
use dayaq_gateway::conversation::{prove_on, prove_surface};
use dayaq_text::Alphabet;
use std::process::ExitCode;

/// The fullest screens that are shown of each language and form.
const SHOWN: usize = 3;

/// Checks and reports.
pub fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let files = content::files(args.content.as_deref())?;
    let (content, found) = content::read(files.clone());
    found.extend(profiles(&files, content.as_ref().map(|content| &content.book)));
    if let Some(content) = &content {
        found.extend(run_transcripts(&content.book));
    }
    if let Some(config) = &args.config {
        let (_, more) = settings::examine(config)?;
        found.extend(more);
    }
    let sorted = found.sorted();
    for finding in &sorted {
        println!("{finding}");
    }
    if let Some(content) = &content {
        print!("{}", summary(content.book.proof()));
    }
    let errors = sorted.iter().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = sorted.len() - errors;
    println!("{}, {}", counted(errors, "error"), counted(warnings, "warning"));
    Ok(if errors == 0 { ExitCode::SUCCESS } else { exit::FAILURE })
}

/// Reads every operator's and aggregator's profile of the content, and proves the screens on each.
fn profiles(files: &ContentFiles, book: Option<&Book>) -> Diagnostics {
    let found = Diagnostics::new();
    for (path, text) in files.below("config/operators", ".toml") {
        let (document, more) = parse(path, text);
        let profile = read_profile(&document, &more);
        found.extend(more);
        if let (Some(profile), Some(book)) = (profile, book) {
            found.extend(prove_on(book, &profile, path));
        }
    }
    for (path, text) in files.below("config/aggregators", ".toml") {
        let (document, more) = parse(path, text);
        let profile = read_callback_profile(&document, &more);
        found.extend(more);
        if let (Some(profile), Some(book)) = (profile, book) {
            found.extend(prove_surface(book, &profile.surface, path));
        }
    }
    found
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Tells authors how much room is left where there is the least.
fn summary(proof: &Proof) -> String {
    let languages = Language::ALL.map(Language::code).join(", ");
    let mut lines = format!(
        "{} screens and {} notices fit in {languages}, in proper and plain form; the fullest:\n",
        proof.screens, proof.notices
    );
    for language in Language::ALL {
        for form in [Form::Proper, Form::Plain] {
            let rooms = proof.rooms.iter().filter(|room| room.language == language && room.form == form);
            rooms.take(SHOWN).for_each(|room| lines.push_str(&line(room)));
        }
    }
    lines
}

fn line(room: &Room) -> String {
    let form = match room.form {
        Form::Proper => "proper",
        Form::Plain => "plain",
    };
    let unit = match room.budget.alphabet {
        Alphabet::Gsm7 => "septets",
        Alphabet::Ucs2 => "units",
        Alphabet::Latin1 | Alphabet::Ascii => "octets",
    };
    let (units, limit) = (room.units, room.budget.units);
    format!("  {} {form:6} {units:3} of {limit:3} {unit:7} {}\n", room.language.code(), room.text)
}
