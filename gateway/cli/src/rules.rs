//! `dayaq rules`: what the rules come to for families in files.

use crate::exit::Usage;
use crate::{content, exit, say};
use clap::{Args, Subcommand};
use dayaq_author::{Diagnostics, utf8};
use dayaq_core::household::Household;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Options of `rules`.
#[derive(Args, Debug)]
pub struct RulesArgs {
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// What can be asked of the rules.
#[derive(Subcommand, Debug)]
pub enum Task {
    /// Decide the households of files and compare with what their authors worked out by hand
    ///
    /// config/rules/README.md has the format. Nothing is asked of any institution, and nothing is kept.
    ///
    /// Exit 0: all is as expected. Exit 1: each mismatch is on standard output. Exit 64: a file that cannot be read or
    /// has faults, each with its line.
    Test(TestArgs),
}

/// Options of `rules test`.
#[derive(Args, Debug)]
pub struct TestArgs {
    /// Files of households
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Print one JSON object in place of lines
    #[arg(long)]
    pub json: bool,
    /// A folder with dialogs/, locales/ and config/ [default: the current folder where it has them, else what is built in]
    #[arg(long, value_name = "FOLDER")]
    pub content: Option<PathBuf>,
}

/// Does it.
pub fn run(args: &RulesArgs) -> anyhow::Result<ExitCode> {
    match &args.task {
        Task::Test(test) => run_test(test),
    }
}

fn run_test(args: &TestArgs) -> anyhow::Result<ExitCode> {
    let own = content::chosen(args.content.as_deref())?;
    let (content, found) = content::read(own.files);
    let Some(content) = content else {
        say::aside(&found);
        return Err(Usage("the content is not in order; nothing was decided".to_owned()).into());
    };
    let found = Diagnostics::new();
    let mut households = Vec::new();
    for file in &args.files {
        households.extend(read(file, &found)?);
    }
    if found.has_errors() {
        say::aside(&found);
        return Err(Usage("the households are not in order; nothing was decided".to_owned()).into());
    }
    let compared = households.iter().filter(|household| household.expected.is_some()).count();
    let wrong = households.iter().map(|household| (household, household.mismatches(&content.core.rules)));
    let wrong: Vec<(&Household, Vec<String>)> = wrong.filter(|(_, lines)| !lines.is_empty()).collect();
    if args.json {
        say::line(as_json(households.len(), compared, &wrong))?;
    } else {
        let lines = wrong.iter().flat_map(|(household, lines)| {
            lines.iter().map(|line| format!("{}: {}: {line}\n", at(household), household.name))
        });
        let lines: String = lines.collect();
        say::text(format_args!("{lines}{compared} compared, {} otherwise than expected\n", wrong.len()))?;
    }
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { exit::FAILURE })
}

fn read(file: &Path, found: &Diagnostics) -> anyhow::Result<Vec<Household>> {
    let name = file.display().to_string();
    let octets = std::fs::read(file).map_err(|cause| Usage(format!("{name}: {cause}")))?;
    let text = utf8(&name, octets).map_err(|fault| Usage(fault.to_string()))?;
    Ok(Household::read(&name, &text, found))
}

/// Where a household is written, as `FILE:LINE`.
fn at(household: &Household) -> String {
    format!("{}:{}", household.place.path, household.place.position.line)
}

fn as_json(households: usize, compared: usize, wrong: &[(&Household, Vec<String>)]) -> serde_json::Value {
    let wrong = wrong.iter().map(|(household, lines)| {
        serde_json::json!({
            "file": household.place.path.to_string(),
            "line": household.place.position.line,
            "name": household.name,
            "mismatches": lines,
        })
    });
    serde_json::json!({
        "households": households,
        "compared": compared,
        "mismatches": wrong.collect::<Vec<_>>(),
    })
}
