//! `dayaq operator learn`.

use crate::exit::{self, Usage};
use crate::say;
use anyhow::Context;
use clap::Args;
use dayaq_operator::learn::{LearnError, Proposal, learn};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Options of `operator learn`.
#[derive(Args, Debug)]
pub struct LearnArgs {
    /// A pcap or pcapng file, or a log with octets in hexadecimal; `-` is standard input
    #[arg(value_name = "CAPTURE")]
    pub capture: PathBuf,
    /// The SMSC's TCP port [default: every connection that looks like SMPP]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Write the profile to this file, which must not be there yet [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Reads the capture, writes the profile, and says what is missing.
pub fn run(args: &LearnArgs) -> anyhow::Result<ExitCode> {
    if let Some(out) = args.out.as_deref().filter(|out| out.exists()) {
        return Err(taken(out).into());
    }
    let name = args.capture.display().to_string();
    let learnt = if name == "-" {
        learn(io::stdin(), args.port)
    } else {
        let file = File::open(&args.capture).map_err(|cause| Usage(format!("{name}: {cause}")))?;
        learn(file, args.port)
    };
    let proposal = match learnt {
        Ok(proposal) => proposal,
        Err(LearnError::Unreadable(why)) => return Err(Usage(format!("{name}: {why}")).into()),
        Err(why @ LearnError::NoSmpp { .. }) => {
            say::aside_line(format_args!("{name}: {why}"));
            return Ok(exit::FAILURE);
        }
    };
    write(args.out.as_deref(), &proposal.toml)?;
    summarise(&name, &proposal);
    Ok(if proposal.gaps.is_empty() { ExitCode::SUCCESS } else { exit::FAILURE })
}

fn write(out: Option<&Path>, toml: &str) -> anyhow::Result<()> {
    let Some(out) = out else {
        return say::text(toml);
    };
    let mut file = match OpenOptions::new().write(true).create_new(true).open(out) {
        Ok(file) => file,
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => return Err(taken(out).into()),
        Err(cause) => return Err(Usage(format!("--out {}: {cause}", out.display())).into()),
    };
    file.write_all(toml.as_bytes()).with_context(|| out.display().to_string())
}

fn taken(out: &Path) -> Usage {
    Usage(format!("--out {}: the file is there already, and is not overwritten", out.display()))
}

/// Says on standard error what was seen, and what is missing.
fn summarise(name: &str, proposal: &Proposal) {
    for line in &proposal.seen {
        say::aside_line(format_args!("{name}: {line}"));
    }
    for (title, lines) in [
        ("Worth capturing as well:", &proposal.missing),
        ("USSD does not work with this profile until it is known:", &proposal.gaps),
    ] {
        if !lines.is_empty() {
            say::aside_line(format_args!("\n{title}"));
            lines.iter().for_each(|line| say::aside_line(format_args!("- {line}")));
        }
    }
}
