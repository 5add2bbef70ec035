//! Exit codes, and the errors that carry one.

use std::process::ExitCode;

/// Something broke, or a finding.
pub const FAILURE: ExitCode = ExitCode::FAILURE;

/// Wrong usage or a broken configuration; nothing was started (EX_USAGE of sysexits.h).
pub fn usage() -> ExitCode {
    ExitCode::from(64)
}

/// An error that is the user's to mend before anything starts.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// The code for an error that ended the program.
pub fn code_of(error: &anyhow::Error) -> ExitCode {
    if error.downcast_ref::<Usage>().is_some() { usage() } else { FAILURE }
}
