//! Nobody can be told: a full disk behind standard output or standard error ends nothing with a panic.

use crate::program::{Process, dayaq, root};
use crate::serve_config::ServeConfig;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Command;

const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

/// The program in a shell that sends one of its outputs where nothing can be written.
fn redirected(args: &[&str], to: &str) -> Process {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec \"$0\" \"$@\" {to}/dev/full")]).arg(dayaq()).args(args);
    shell.current_dir(root()).env("RUST_LOG", "info");
    Process::start(shell)
}

#[test]
fn l1_a_report_that_cannot_be_written_is_an_error_and_no_panic() {
    let config = ServeConfig::new(NOBODY, NOBODY);
    let path = config.write().display().to_string();
    let data = tempfile::tempdir().expect("a temporary folder");
    let data = data.path().display().to_string();
    let free = "127.0.0.1:0";
    let profile = "config/operators/specification.toml";
    for args in [
        &["--help"][..],
        &["--version"],
        &["check"],
        &["check", "--config", &path],
        &["migrate", "--config", &path],
        &["serve", "--config", &path],
        &["demo", "--plays"],
        &["demo", "--play", "apply-ussd-az"],
        &["demo", "--data", &data],
        &["simulate", "--smsc", free, "--registries", free],
        &["simulate", "smsc", "--faults"],
        &["simulate", "smsc", "--listen", free],
        &["operator", "check", profile],
    ] {
        let mut process = redirected(args, ">");
        let status = process.wait();
        let said = process.said();
        assert!(!said.contains("panicked"), "{args:?}: {said}");
        assert_eq!(status.code(), Some(1), "{args:?}: {said}");
        let reasons = ["standard output: No space left on device", "the transcript cannot be written"];
        assert!(reasons.iter().any(|reason| said.contains(reason)), "{args:?}: {said}");
    }
}

#[test]
fn l1_a_log_that_cannot_be_written_stops_no_service() {
    let config = ServeConfig::new(NOBODY, NOBODY);
    let path = config.write().display().to_string();
    for json in [&[][..], &["--log-json"]] {
        let args: Vec<&str> = ["serve", "--config", &path].into_iter().chain(json.iter().copied()).collect();
        let mut serve = redirected(&args, "2>");
        serve.wait_for("dayaq serves");
        assert!(serve.terminate().success(), "{}", serve.said());
    }
}
