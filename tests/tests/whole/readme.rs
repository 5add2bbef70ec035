//! What the pages tell a newcomer to type.

use crate::program::{Process, root, run, text};
use crate::serve_config::{MASTER_KEY, ServeConfig};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

/// The line of a page's commands that holds all of this.
fn command(page: &str, parts: &[&str]) -> String {
    let text = fs::read_to_string(root().join(page)).expect("a page");
    let mut lines =
        text.lines().filter(|line| line.starts_with("    ") && parts.iter().all(|part| line.contains(part)));
    lines.next().unwrap_or_else(|| panic!("no command with {parts:?} in {page}")).trim().to_owned()
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

#[cfg(unix)]
#[test]
fn g10_the_master_key_that_the_page_makes_is_its_owners_alone_and_stays() {
    let line = command("README.md", &["openssl rand", "master.key"]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let make = || {
        // As a shell finds it on most machines: what it makes, everybody may read.
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("umask 022; {line}")]).current_dir(folder.path());
        assert!(shell.status().expect("sh runs").success(), "{line}");
        fs::read_to_string(folder.path().join("master.key")).expect("a key")
    };
    let key = make();
    assert_eq!(mode(&folder.path().join("master.key")), 0o600, "{line}");
    assert!(key.trim().len() == 64 && key.trim().bytes().all(|digit| digit.is_ascii_hexdigit()), "{line}");
    assert_eq!(make(), key, "a key that is there is kept");
}

/// Whoever keeps a secret in a file that everybody may read is told, at the check and at the start.
#[cfg(unix)]
#[test]
fn g10_a_secret_in_a_file_that_everybody_may_read_is_told_with_its_line() {
    use std::os::unix::fs::PermissionsExt;
    let config = ServeConfig::new(NOBODY, NOBODY);
    let path = config.write();
    let written = fs::read_to_string(&path).expect("a configuration");
    let written = written
        .replace(&format!("master = \"{MASTER_KEY}\""), "master_file = \"master.key\"")
        .replace("password = \"secret\"", "password_file = \"password\"");
    fs::write(&path, written).expect("a file");
    config.put("master.key", MASTER_KEY);
    config.put("password", "secret\n");
    let shown = path.display().to_string();
    for (key, password, warned) in [
        (0o600, 0o600, vec![]),
        (0o640, 0o400, vec![]),
        (0o644, 0o600, vec!["keys.master_file"]),
        (0o604, 0o444, vec!["keys.master_file", "operator[0].password_file"]),
    ] {
        for (name, mode) in [("master.key", key), ("password", password)] {
            let file = config.folder().join(name);
            fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("our own file");
        }
        let output = run(&["check", "--day", "2026-03-02", "--config", &shown]);
        let said = text(&output.stdout);
        assert!(output.status.success(), "{said}");
        let warnings: Vec<&str> = said.lines().filter(|line| line.contains(": warning: ")).collect();
        assert_eq!(warnings.len(), warned.len(), "{key:o} {password:o}: {said}");
        let mut serve = Process::dayaq(&["serve", "--config", &shown], &[("RUST_LOG", "info")]);
        serve.wait_for("dayaq serves");
        for (warning, key) in warnings.iter().zip(warned) {
            assert!(warning.starts_with(&format!("{shown}:")) && warning.contains(key), "{warning}");
            assert!(serve.said().contains(warning), "it is said at the start, too");
        }
        assert!(serve.terminate().success());
    }
}

/// The phone that the probe's page names is one that the simulator on that page has.
#[test]
fn s14_the_probes_page_names_a_phone_that_the_simulator_has() {
    let page = "gateway/operator/README.md";
    let simulate = command(page, &["dayaq simulate smsc", "--profile"]);
    let probe = command(page, &["dayaq operator probe", "--smsc 127.0.0.1:2775"]);
    let free = ["--listen", "127.0.0.1:0"];
    let args: Vec<&str> = simulate.split_whitespace().skip(1).chain(free).collect();
    let process = Process::dayaq(&args, &[("RUST_LOG", "info")]);
    let phone = process.wait_for("Phone in this terminal: ");
    let number = phone.rsplit(' ').next().expect("a number");
    assert!(probe.contains(&format!("--phone {number}")), "{probe}\nis not about\n{phone}");
    let told = fs::read_to_string(root().join(page)).expect("a page");
    assert!(told.contains("its phone in the terminal"), "the page says which phone to take");
}
