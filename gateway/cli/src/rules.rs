//! `dayaq rules`: what the rules come to for families in files.

use crate::content::Content;
use crate::exit::Usage;
use crate::{content, exit, say};
use clap::{Args, Subcommand};
use dayaq_author::{Diagnostics, utf8};
use dayaq_core::household::Household;
use dayaq_dialog::{Language, render_line};
use dayaq_gateway::values;
use std::fmt::Write as _;
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
    /// Tell line by line how the sum of each household in a file is made
    ///
    /// config/rules/README.md has the format; what the author expects is not looked at. Nothing is asked of any
    /// institution, and nothing is kept.
    ///
    /// Exit 64: a file that cannot be read or has faults, each with its line.
    Explain(ExplainArgs),
}

/// Options of `rules explain`.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// A file of households
    #[arg(long, value_name = "FILE")]
    pub household: PathBuf,
    /// The language: az, ru or en
    #[arg(long, value_name = "LANGUAGE", default_value = "az", value_parser = read_language)]
    pub language: Language,
    /// A folder with dialogs/, locales/ and config/ [default: the current folder where it has them, else what is built in]
    #[arg(long, value_name = "FOLDER")]
    pub content: Option<PathBuf>,
}

fn read_language(code: &str) -> Result<Language, String> {
    Language::ALL.into_iter().find(|language| language.code() == code).ok_or_else(|| "az, ru or en".to_owned())
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
        Task::Explain(explain) => run_explain(explain),
    }
}

fn run_test(args: &TestArgs) -> anyhow::Result<ExitCode> {
    let (content, households) = read_all(args.content.as_deref(), &args.files)?;
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

fn run_explain(args: &ExplainArgs) -> anyhow::Result<ExitCode> {
    let (content, households) = read_all(args.content.as_deref(), std::slice::from_ref(&args.household))?;
    let mut shown = String::new();
    for household in &households {
        writeln!(shown, "{}: {}", at(household), household.name)?;
        for line in household.explain(&content.core.rules) {
            let args_of = values::from_core(&line.args);
            writeln!(shown, "  {}", render_line(&content.book, &line.key, &args_of, args.language)?)?;
        }
    }
    say::text(format_args!("{shown}"))?;
    Ok(ExitCode::SUCCESS)
}

/// Reads the content and the households, or says what is wrong with them.
fn read_all(folder: Option<&Path>, files: &[PathBuf]) -> anyhow::Result<(Content, Vec<Household>)> {
    let own = content::chosen(folder)?;
    let (content, found) = content::read(own.files);
    let Some(content) = content else {
        say::aside(&found);
        return Err(Usage("the content is not in order; nothing was decided".to_owned()).into());
    };
    let found = Diagnostics::new();
    let mut households = Vec::new();
    for file in files {
        households.extend(read(file, &found)?);
    }
    if found.has_errors() {
        say::aside(&found);
        return Err(Usage("the households are not in order; nothing was decided".to_owned()).into());
    }
    Ok((content, households))
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
