//! `dayaq check`: every fault at once, before anything is served.

use crate::args::CheckArgs;
use crate::exit;
use crate::{content, settings};
use dayaq_author::Severity;
use dayaq_dialog::run_transcripts;
use std::process::ExitCode;

/// Checks and reports.
pub fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let files = content::files(args.content.as_deref())?;
    let (content, found) = content::read(files);
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
    let errors = sorted.iter().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = sorted.len() - errors;
    println!("{errors} errors, {warnings} warnings");
    Ok(if errors == 0 { ExitCode::SUCCESS } else { exit::FAILURE })
}
