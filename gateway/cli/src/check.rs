//! `dayaq check`: every fault at once, before anything is served.

use crate::args::CheckArgs;
use crate::content::{Found, Origin};
use crate::{content, exit, say, settings};
use dayaq_author::{Diagnostic, Diagnostics, Severity, parse};
use dayaq_core::CoreConfig;
use dayaq_dialog::{Book, Form, Language, Proof, Room, run_transcripts};
use dayaq_gateway::config::{Operator, Reach, read_callback_profile, read_profile};
use dayaq_gateway::content::ContentFiles;
use dayaq_gateway::conversation::{prove_on, prove_surface};
use dayaq_text::Alphabet;
use dayaq_types::{Clock, SystemClock, baku_date};
use jiff::civil::Date;
use std::process::ExitCode;

/// The fullest screens that are shown of each language and form.
const SHOWN: usize = 3;

/// Checks and reports.
pub fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let own = content::chosen(args.content.as_deref())?;
    let day = args.day.unwrap_or_else(|| baku_date(SystemClock::new().now()));
    let configuration = match &args.config {
        Some(path) => Some((path.display(), settings::examine(path)?)),
        None => None,
    };
    let mut contents = vec![own];
    if let Some((_, examined)) = &configuration
        && examined.content.origin != contents[0].origin
    {
        // What is built in was nobody's wish where the configuration names a folder.
        contents.retain(|own| own.origin != Origin::BuiltIn);
        contents.push(examined.content.clone());
    }
    let mut report = Report::default();
    let mut served = Vec::new();
    for content in contents {
        let (found, proof) = examine(&content, day);
        let found = found.sorted();
        report.add(&content.to_string(), &found);
        proof.iter().for_each(|proof| report.lines.push_str(&summary(proof)));
        served = found;
    }
    if let Some((path, examined)) = &configuration {
        // What is served was checked last, and its faults are a configuration's, too: they are reported once.
        let mut found = examined.found.sorted();
        found.retain(|finding| !served.contains(finding));
        report.add(&format!("{path}, which serves {}", examined.content.origin), &found);
        let operators = examined.settings.iter().flat_map(|settings| &settings.gateway.operators);
        operators.for_each(|operator| report.lines.push_str(&said(operator)));
    }
    let Report { lines, errors, warnings } = report;
    say::text(format_args!("{lines}{}, {}\n", counted(errors, "error"), counted(warnings, "warning")))?;
    Ok(if errors == 0 { ExitCode::SUCCESS } else { exit::FAILURE })
}

/// What is printed, and its counts.
#[derive(Default)]
struct Report {
    lines: String,
    errors: usize,
    warnings: usize,
}

impl Report {
    /// Says what was checked, and what was found in it.
    fn add(&mut self, checked: &str, found: &[Diagnostic]) {
        self.lines.push_str(&format!("Checked {checked}\n"));
        for finding in found {
            self.lines.push_str(&format!("{finding}\n"));
            match finding.severity {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
            }
        }
    }
}

/// Checks content by itself: its files against each other, its profiles, and its plays.
fn examine(content: &Found, day: Date) -> (Diagnostics, Option<Proof>) {
    let (read, found) = content::read(content.files.clone());
    found.extend(profiles(&content.files, read.as_ref().map(|read| &read.book)));
    if let Some(read) = &read {
        found.extend(run_transcripts(&read.book));
        let coverage = read.core.coverage(day, CoreConfig::DECISION_WORKING_DAYS);
        coverage.iter().filter_map(|coverage| coverage.warning(day)).for_each(|ending| found.push(ending));
    }
    (found, read.map(|read| read.book.proof().clone()))
}

/// Says which certificates are believed of an operator that speaks TLS.
fn said(operator: &Operator) -> String {
    match &operator.link.reach {
        Reach::Dial { tls: Some(tls), .. } => format!("operator {}: TLS, believing {}\n", operator.name, tls.trust),
        Reach::Dial { tls: None, .. } | Reach::Listen { .. } => String::new(),
    }
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
