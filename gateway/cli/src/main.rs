//! The program: puts the crates together, reads files and environment, and ends with an exit code.
//!
//! 0 all is well; 1 a finding, a play that failed, or something that broke; 64 wrong usage or a broken
//! configuration, and nothing was started.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod check;
mod content;
mod demo;
mod descriptors;
mod exit;
mod figures;
mod keys;
mod leaping_clock;
mod logging;
mod migrate;
mod operator;
mod pairing;
mod restored;
mod rules;
mod say;
mod serve;
mod settings;
mod signals;
mod simulate;
mod simulate_smsc;

use args::{Arguments, Command};
use clap::Parser;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            return match (error.print(), error.use_stderr()) {
                (Ok(()) | Err(_), true) => exit::usage(),
                (Ok(()), false) => ExitCode::SUCCESS,
                (Err(cause), false) => {
                    say::aside_line(format_args!("dayaq: standard output: {cause}"));
                    exit::FAILURE
                }
            };
        }
    };
    std::panic::set_hook(Box::new(tell_panic));
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        say::aside_line("dayaq: another TLS provider is installed already");
        return exit::FAILURE;
    }
    let outcome = match arguments.command {
        Command::Demo(demo) => demo::run(demo),
        Command::Serve(serve) => serve::run(serve),
        Command::Check(check) => check::run(&check),
        Command::Simulate(simulate) => simulate::run(*simulate),
        Command::Operator(operator) => operator::run(operator),
        Command::Migrate(migrate) => migrate::run(&migrate),
        Command::Restored(restored) => restored::run(&restored),
        Command::Rules(rules) => rules::run(&rules),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            say::aside_line(format_args!("dayaq: {error:#}"));
            exit::code_of(&error)
        }
    }
}

/// Tells where the program has panicked, and of what was said only what is the program's own: a message may have been made
/// from a person's words.
fn tell_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let said = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(its words are kept back)");
    // Where nobody can be told, there is nobody to tell that either.
    let _ = writeln!(std::io::stderr(), "dayaq panicked at {place}: {said}");
}
