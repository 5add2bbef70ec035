//! `dayaq operator probe`.

use super::check::read;
use super::tls::TlsArgs;
use crate::exit::Usage;
use crate::say;
use anyhow::Context;
use clap::{ArgAction, Args, ValueEnum};
use dayaq_gateway::config::{Address, BindKind};
use dayaq_operator::check::check;
use dayaq_operator::probe::{self, Group, Order};
use dayaq_types::{Clock, Msisdn, SystemClock, SystemEntropy};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Options of `operator probe`.
#[derive(Args, Debug)]
pub struct ProbeArgs {
    /// The operator's profile: what is expected
    #[arg(value_name = "PROFILE")]
    profile: PathBuf,
    /// Where the SMSC is
    #[arg(long, value_name = "HOST:PORT", value_parser = Address::parse)]
    smsc: Address,
    /// The account
    #[arg(long, value_name = "NAME")]
    system_id: String,
    /// The test phone: nothing is sent to any other
    #[arg(long, value_name = "MSISDN", value_parser = phone)]
    phone: Msisdn,
    /// The environment's variable that holds the password
    #[arg(long, value_name = "NAME", default_value = "DAYAQ_SMSC_PASSWORD", conflicts_with = "password_file")]
    password_env: String,
    /// A file that holds the password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// What kind of system we say we are
    #[arg(long, value_name = "NAME", default_value = "")]
    system_type: String,
    /// Which bind the run goes by
    #[arg(long, value_name = "KIND", value_enum, default_value_t = Kind::Transceiver)]
    bind: Kind,
    #[command(flatten)]
    tls: TlsArgs,
    /// The service code that the person dials, without star and hash
    #[arg(long, value_name = "DIGITS", default_value = "7142")]
    code: String,
    /// At most so many texts go to the test phone, parts of long ones counted one by one
    #[arg(long, value_name = "N", default_value_t = 20)]
    texts: usize,
    /// Only this part of the list; may be given several times
    #[arg(long, value_name = "GROUP", value_enum, action = ArgAction::Append)]
    only: Vec<Part>,
    /// Try a wrong password as well; the SMSC may lock the account for it
    #[arg(long)]
    try_wrong_password: bool,
    /// The test phone sends every text back, so that its letters can be compared here
    #[arg(long)]
    echo: bool,
    /// How long the person has for each thing she is asked to do
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    person_wait: u64,
    /// How long receipts, and texts that are sent back, are waited for
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    receipt_wait: u64,
    /// Write the report to be signed as a page of HTML, too; a file that is there is not overwritten
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// A way of binding.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Transceiver,
    #[value(name = "transmitter+receiver")]
    Pair,
}

/// A part of the list.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Part {
    /// Connection, binds, version
    Bind,
    /// enquire_link, unknown commands
    Alive,
    /// Letters and long texts
    Texts,
    /// Delivery receipts
    Receipts,
    /// Window and rate
    Flow,
    /// Dialogues and pushes
    Ussd,
}

impl From<Part> for Group {
    fn from(part: Part) -> Self {
        match part {
            Part::Bind => Group::Bind,
            Part::Alive => Group::Alive,
            Part::Texts => Group::Texts,
            Part::Receipts => Group::Receipts,
            Part::Flow => Group::Flow,
            Part::Ussd => Group::Ussd,
        }
    }
}

fn phone(text: &str) -> Result<Msisdn, String> {
    Msisdn::parse(text).map_err(|cause| cause.to_string())
}

/// Makes the run and reports.
pub fn run(args: &ProbeArgs) -> anyhow::Result<ExitCode> {
    let order = order(args)?;
    // What cannot be written is said before anybody is asked to do anything, and a run that is broken off leaves nothing.
    if let Some(path) = &args.report {
        page(path).and_then(|_| std::fs::remove_file(path)).map_err(|cause| unwritten(path, &cause))?;
    }
    say::line(format_args!(
        "Probing {} as {}, by {} (sha256 {})",
        order.smsc, order.system_id, order.profile_name, order.profile_sha256
    ))?;
    say::line(format_args!("At most {} texts go to the test phone (--texts).\n", order.texts_max))?;
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut tell = |what: &str| {
        // Nobody may be reading; the report is what counts.
        let _ = say::line(format_args!("> {what}"));
    };
    let report = runtime.block_on(probe::probe(&order, clock, &SystemEntropy, &mut tell));
    if let Some(path) = &args.report {
        let mut page = page(path).map_err(|cause| unwritten(path, &cause))?;
        page.write_all(probe::html(&report).as_bytes()).with_context(|| path.display().to_string())?;
    }
    // The page first: it is there even if nobody can be told of it.
    say::text(format_args!("\n{}", probe::terminal(&report, colour())))?;
    if let Some(path) = &args.report {
        say::line(format_args!("To be signed: {}", path.display()))?;
    }
    Ok(ExitCode::from(report.exit()))
}

/// A new file: one that is there may be signed already.
fn page(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::File::create_new(path)
}

fn unwritten(path: &Path, cause: &std::io::Error) -> Usage {
    Usage(format!("--report {}: {cause}", path.display()))
}

fn order(args: &ProbeArgs) -> anyhow::Result<Order> {
    let name = args.profile.display().to_string();
    let text = read(&args.profile)?.map_err(Usage)?;
    let checked = check(&name, &text);
    for finding in &checked.found {
        say::aside_line(finding);
    }
    let profile = checked.profile.ok_or_else(|| Usage(format!("{name} is not in order; nothing was started")))?;
    bounded("--system-id", &args.system_id, 1, 15)?;
    bounded("--system-type", &args.system_type, 0, 12)?;
    if !(1..=20).contains(&args.code.len()) || !args.code.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(Usage(format!("--code must be 1 to 20 digits, found {:?}", args.code)).into());
    }
    let digest = Sha256::digest(text.as_bytes());
    Ok(Order {
        profile,
        profile_name: args.profile.file_name().map_or(name, |file| file.to_string_lossy().into_owned()),
        profile_sha256: digest.iter().map(|octet| format!("{octet:02x}")).collect(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        smsc: args.smsc.clone(),
        tls: args.tls.read()?,
        system_id: args.system_id.clone(),
        password: password(args)?,
        system_type: args.system_type.clone(),
        bind: match args.bind {
            Kind::Transceiver => BindKind::Transceiver,
            Kind::Pair => BindKind::Pair,
        },
        phone: args.phone,
        code: args.code.clone(),
        texts_max: args.texts,
        groups: args.only.iter().copied().map(Group::from).collect(),
        try_wrong_password: args.try_wrong_password,
        echo: args.echo,
        person_wait: Duration::from_secs(args.person_wait),
        receipt_wait: Duration::from_secs(args.receipt_wait),
    })
}

fn bounded(key: &str, value: &str, least: usize, most: usize) -> Result<(), Usage> {
    match (least..=most).contains(&value.len()) && value.bytes().all(|octet| octet.is_ascii_graphic() || octet == b' ')
    {
        true => Ok(()),
        false => Err(Usage(format!("{key} must be {least} to {most} ASCII characters, found {}", value.len()))),
    }
}

fn password(args: &ProbeArgs) -> Result<SecretString, Usage> {
    let (place, password) = match &args.password_file {
        Some(path) => {
            let place = format!("--password-file {}", path.display());
            let text = std::fs::read_to_string(path).map_err(|cause| Usage(format!("{place}: {cause}")))?;
            (place, SecretString::from(text.trim_end()))
        }
        None => {
            let name = &args.password_env;
            let value = std::env::var(name).map_err(|_| {
                Usage(format!(
                    "the environment has no variable {name}, which holds the password (--password-env, --password-file)"
                ))
            })?;
            (name.clone(), SecretString::from(value))
        }
    };
    match password.expose_secret().len() <= 32 {
        true => Ok(password),
        false => Err(Usage(format!("{place}: a password has at most 32 octets"))),
    }
}

/// Colour is for a terminal, and for nobody who asked for none.
fn colour() -> bool {
    let asked_for_none = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal() && !asked_for_none
}
