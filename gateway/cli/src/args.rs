//! The command line.

use crate::operator::OperatorArgs;
use crate::rules::RulesArgs;
use clap::{Args, Parser, Subcommand};
use dayaq_simulator::{Fault, Style};
use jiff::Timestamp;
use jiff::civil::Date;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Targeted state social assistance (ÜDSY) from the cheapest phone there is.
///
/// A family dials a USSD code; menu dialogues in Azerbaijani, Russian and English collect the application over SMPP;
/// the core gathers the evidence from state institutions, decides by dated rules, and orders the bank card; texts tell
/// the outcome, the branch and the date.
///
/// Begin with: dayaq demo
#[derive(Parser, Debug)]
#[command(name = "dayaq", version, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Show everything on this machine: a phone in the terminal and one in the browser, a simulated operator, institutions and bank
    ///
    /// One process, SQLite files in a data folder, real SMPP and HTTP on loopback. The clock leaps over days in which
    /// nothing happens, so that the outcome and the card arrive within seconds.
    Demo(DemoArgs),
    /// Run the service: bind to the operators' SMSCs and answer phones until SIGTERM or Ctrl-C
    ///
    /// Health: /healthz, /readyz and /metrics on [http] listen.
    Serve(ServeArgs),
    /// Check configuration, dialogues, texts, rules and calendars; report every fault with its file and line
    Check(CheckArgs),
    /// Run the outside world alone: an operator's SMSC with a phone in the terminal, institutions and a bank
    ///
    /// `dayaq simulate smsc` runs the SMSC without the rest, for any ESME.
    Simulate(Box<SimulateArgs>),
    /// Connect an operator: learn its profile from a capture, check it, and make a conformance run against its SMSC
    Operator(OperatorArgs),
    /// Bring the stores named in a configuration up to date, and end
    Migrate(MigrateArgs),
    /// Say what a store that was restored from a copy lacks beside the other one, and go on with it
    ///
    /// `dayaq serve` refuses stores that are not of one time. With --go-on, a core that is behind takes again what the gateway
    /// remembers, and a gateway that is behind sends nothing twice; both keep for ever that it was done.
    Restored(RestoredArgs),
    /// Hold worked households against the rules
    Rules(RulesArgs),
}

/// Options of `demo`.
#[derive(Args, Debug)]
pub struct DemoArgs {
    /// Play a scripted phone without a person, print every screen and text, and end; exit 0 only if the last text is right
    #[arg(long, value_name = "NAME")]
    pub play: Option<String>,
    /// List the plays that --play knows
    #[arg(long)]
    pub plays: bool,
    /// Where the SQLite files are kept [default: data/demo; for --play a fresh temporary folder]
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// A folder with dialogs/, locales/ and config/ [default: the current folder where it has them, else what is built in]
    #[arg(long, value_name = "FOLDER")]
    pub content: Option<PathBuf>,
    /// Families that the institutions know, in place of the shipped ones
    #[arg(long, value_name = "FILE")]
    pub households: Option<PathBuf>,
    /// How the simulated operator speaks, in place of operators/specification.toml
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// Let the phone of --play come by a simulated aggregator's signed HTTP callbacks in place of SMPP, in the style of africas-talking, arkesel or hubtel; its texts come by the operator
    #[arg(long, value_name = "STYLE", requires = "play")]
    pub aggregator: Option<Style>,
    /// Where the phone in the browser is served (loopback only; port 0 takes a free one)
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub web: SocketAddr,
    /// Begin at this time in place of now, such as 2026-11-23T09:00:00+04:00; a play has a morning of its own
    #[arg(long, value_name = "TIME", conflicts_with = "play")]
    pub begin: Option<Timestamp>,
    /// No phone in the terminal: run until Ctrl-C
    #[arg(long)]
    pub no_terminal: bool,
    /// Show the log on standard error
    #[arg(long)]
    pub log: bool,
}

/// Options of `serve`.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// The configuration; its relative paths are relative to its folder
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Write the log as JSON lines
    #[arg(long)]
    pub log_json: bool,
}

/// Options of `check`.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Check this configuration too
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Warn of rules and calendars that end within 90 days of this day, such as 2026-12-31 [default: today]
    #[arg(long, value_name = "DAY")]
    pub day: Option<Date>,
    /// A folder with dialogs/, locales/ and config/ [default: the current folder where it has them, else what is built in]
    #[arg(long, value_name = "FOLDER")]
    pub content: Option<PathBuf>,
}

/// Options of `simulate`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct SimulateArgs {
    /// What to simulate alone.
    #[command(subcommand)]
    pub alone: Option<Alone>,
    /// Where the SMSC listens (SMPP 3.4; system_id dayaq, password secret)
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:2775")]
    pub smsc: SocketAddr,
    /// Where institutions and bank listen (HTTP)
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7300")]
    pub registries: SocketAddr,
    /// Families that the institutions know, in place of the shipped ones
    #[arg(long, value_name = "FILE")]
    pub households: Option<PathBuf>,
    /// Where the phone in the browser is served (loopback only; port 0 takes a free one)
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub web: SocketAddr,
    /// Seconds that the bank takes to make a card
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub card_seconds: u64,
    /// No phone in the terminal: run until Ctrl-C
    #[arg(long)]
    pub no_phone: bool,
}

/// What can be simulated alone.
#[derive(Subcommand, Debug)]
pub enum Alone {
    /// An operator's SMSC with phones, for any ESME, with faults on request
    ///
    /// Accounts, limits, and receipts in many forms come from --config. Phones: one in the terminal,
    /// one in the browser, and any over HTTP. While it runs, faults are set and ended at /control on
    /// the address of the phone in the browser (loopback only), printed as URL:
    ///
    ///     curl -H 'content-type: application/json' -d '{"fault":"cut"}' URL/faults
    ///
    /// gateway/simulator/README.md has the file of --config and the rest of /control.
    #[command(verbatim_doc_comment)]
    Smsc(SmscArgs),
}

/// Options of `simulate smsc`. What is given here goes before what the file says.
#[derive(Args, Debug)]
pub struct SmscArgs {
    /// Where it listens (SMPP 3.4)
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:2775")]
    pub listen: SocketAddr,
    /// Accounts, receipts, limits, delays and faults
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How it speaks USSD and what data_coding 0 means: a profile such as config/operators/specification.toml
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// An account, as system_id:password; may be given several times [default: dayaq:secret]
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Vec<String>,
    /// The service code, without star and hash [default: 7142]
    #[arg(long, value_name = "DIGITS")]
    pub code: Option<String>,
    /// Something that goes wrong, as NAME[=VALUE][,every=N][,times=N][,to=DIGITS][,after=N]; may be given several times; --faults lists them
    #[arg(long, value_name = "FAULT")]
    pub fault: Vec<Fault>,
    /// List the faults that --fault knows
    #[arg(long)]
    pub faults: bool,
    /// Speak TLS with ESMEs that connect, and show them this certificate, with its chain (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// Ask ESMEs for a certificate that this authority has signed (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_client_ca: Option<PathBuf>,
    /// Call an ESME that listens, with outbind, under the name of the first account
    #[arg(long, value_name = "ADDRESS")]
    pub outbind: Option<SocketAddr>,
    /// Where the phone in the browser and /control are served (loopback only; port 0 takes a free one)
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub web: SocketAddr,
    /// No phone in the terminal: run until Ctrl-C
    #[arg(long)]
    pub no_phone: bool,
}

/// Options of `migrate`.
#[derive(Args, Debug)]
pub struct MigrateArgs {
    /// The configuration; its relative paths are relative to its folder
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Options of `restored`.
#[derive(Args, Debug)]
pub struct RestoredArgs {
    /// The configuration; its relative paths are relative to its folder
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Go on with the stores as they are; without it nothing is changed
    #[arg(long)]
    pub go_on: bool,
    /// Both stores were restored, from copies of one time: then nobody sees it by them
    #[arg(long)]
    pub both: bool,
}
