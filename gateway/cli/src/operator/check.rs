//! `dayaq operator check`.

use crate::exit::{self, Usage};
use crate::say;
use clap::Args;
use dayaq_author::utf8;
use dayaq_operator::check::check;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Options of `operator check`.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// The operator's profile, such as config/operators/specification.toml
    #[arg(value_name = "PROFILE")]
    pub profile: PathBuf,
}

/// Checks and reports.
pub fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let path = args.profile.display().to_string();
    let text = match read(&args.profile)? {
        Ok(text) => text,
        Err(fault) => {
            say::aside_line(fault);
            return Ok(exit::FAILURE);
        }
    };
    let checked = check(&path, &text);
    for finding in &checked.found {
        say::aside_line(finding);
    }
    let Some(words) = &checked.words else {
        let faults = checked.errors();
        let many = if faults == 1 { "fault" } else { "faults" };
        say::aside_line(format_args!("{path} is not in order: {faults} {many}"));
        return Ok(exit::FAILURE);
    };
    say::line(format_args!("{path} is in order. A star marks what it leaves at its default.\n"))?;
    say::text(words)?;
    Ok(ExitCode::SUCCESS)
}

/// Reads a profile's file; the inner error is the place of an octet that is not UTF-8.
pub fn read(path: &Path) -> Result<Result<String, String>, Usage> {
    let name = path.display().to_string();
    let octets = std::fs::read(path).map_err(|cause| Usage(format!("{name}: {cause}")))?;
    Ok(utf8(&name, octets).map_err(|fault| fault.to_string()))
}
