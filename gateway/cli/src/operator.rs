//! `dayaq operator`: what it takes to connect an operator, without a programmer.

mod check;

use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Options of `operator`.
#[derive(Args, Debug)]
pub struct OperatorArgs {
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// What an operator's engineer does with a profile.
#[derive(Subcommand, Debug)]
pub enum Task {
    /// Check a profile offline, and say it back in words to compare with the operator's interface document
    ///
    /// Exit 0: it is in order. Exit 1: every fault is on standard error, with line and key.
    Check(check::CheckArgs),
}

/// Does it.
pub fn run(args: OperatorArgs) -> anyhow::Result<ExitCode> {
    match args.task {
        Task::Check(check) => check::run(&check),
    }
}
