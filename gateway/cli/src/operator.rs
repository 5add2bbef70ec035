//! `dayaq operator`: what it takes to connect an operator, without a programmer.

mod check;
mod learn;
mod probe;
mod tls;

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
    /// Bind to the operator's SMSC, walk a conformance list with a test phone, and report each row for signing
    ///
    /// The password comes from the environment (DAYAQ_SMSC_PASSWORD) or a file, never from the command line. Nothing
    /// is sent to any phone but the test phone, and no more texts than --texts says.
    ///
    /// Exit 0: all that was shown conforms. Exit 1: something differs. Exit 2: no connection or no bind, so that
    /// nothing was shown. Exit 64: wrong usage, or a profile with faults.
    Probe(Box<probe::ProbeArgs>),
    /// Propose a profile from a capture of the traffic between the operator and some ESME, with the evidence of each key
    ///
    /// Ethernet with VLAN, Linux cooked, raw IP and loopback; IPv4 and IPv6; xxd, hexdump -C, Wireshark's hex dumps and
    /// log lines. The profile goes to standard output, what is missing from the capture to standard error. Neither has
    /// a phone number or a text in it.
    ///
    /// Exit 0: there is a proposal. Exit 1: there is no SMPP in the capture, or not enough for USSD to work. Exit 64:
    /// wrong usage, or a file that cannot be read.
    Learn(learn::LearnArgs),
}

/// Does it.
pub fn run(args: OperatorArgs) -> anyhow::Result<ExitCode> {
    match args.task {
        Task::Check(check) => check::run(&check),
        Task::Probe(probe) => probe::run(&probe),
        Task::Learn(learn) => learn::run(&learn),
    }
}
