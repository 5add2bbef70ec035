//! The log: on standard error, never with a personal value.

use crate::say;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// Crates that are not ours may say no more than this, whatever RUST_LOG asks: at their debug levels they print
/// addresses with FINs, SQL rows and PDUs.
const OTHERS_AT_MOST: LevelFilter = LevelFilter::WARN;

/// Starts the log; RUST_LOG says how much of it (default: info).
pub fn start(json: bool) {
    let wanted = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    let ours = filter_fn(|metadata| metadata.target().starts_with("dayaq") || *metadata.level() <= OTHERS_AT_MOST);
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()).with_target(true);
    let started = if json {
        tracing_subscriber::registry().with(lines.json().with_filter(ours)).with(wanted).try_init()
    } else {
        tracing_subscriber::registry().with(lines.with_filter(ours)).with(wanted).try_init()
    };
    if let Err(cause) = started {
        say::aside_line(format_args!("dayaq: no log: {cause}"));
    }
}
