//! SQLite files belong to one process at a time: whoever comes second is told who has them, and changes nothing.

use crate::program::{Process, run, text};
use crate::serve_config::ServeConfig;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Nobody is there: neither process has to meet an operator or an institution to open its stores.
const NOBODY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);
/// The two files, and the keys that name them.
const STORES: [(&str, &str); 2] = [("gateway.sqlite", "gateway.database"), ("core.sqlite", "core.database")];

/// Two configurations in one folder that have one store in common.
struct Pair {
    config: ServeConfig,
    paths: [String; 2],
}

impl Pair {
    /// Both have this file; the other one each has for itself.
    fn sharing(file: &str) -> Self {
        let config = ServeConfig::new(NOBODY, NOBODY);
        let first = config.write();
        let mut written = fs::read_to_string(&first).expect("a configuration");
        for (other, _) in STORES.into_iter().filter(|(other, _)| *other != file) {
            written = written.replace(&format!("\"{other}\""), &format!("\"second-{other}\""));
        }
        let second = config.folder().join("second.toml");
        fs::write(&second, written).expect("a file");
        Self { config, paths: [first, second].map(shown) }
    }

    fn serve(&self, which: usize) -> Process {
        let process = Process::dayaq(&["serve", "--config", &self.paths[which]], &[("RUST_LOG", "info")]);
        process.wait_for("dayaq serves");
        process
    }

    /// The store that a configuration has for itself becomes a copy of the other's: beside the shared one no other is taken.
    fn copy_own(&self, from: usize, to: usize) {
        let folder = self.config.folder();
        let second = fs::read_to_string(&self.paths[1]).expect("a configuration");
        for (file, _) in STORES.into_iter().filter(|(file, _)| second.contains(&format!("\"second-{file}\""))) {
            let own = [file.to_owned(), format!("second-{file}")];
            for part in ["", "-wal"] {
                let (from, to) = (format!("{}{part}", own[from]), format!("{}{part}", own[to]));
                let _ = fs::remove_file(folder.join(&to));
                let _ = fs::copy(folder.join(from), folder.join(to));
            }
        }
    }

    /// Whoever comes second ends by itself and names the store and the process that has it.
    fn is_refused(&self, command: &str, which: usize, key: &str, holder: &Process) {
        is_refused(&[command, "--config", &self.paths[which]], key, holder.id());
    }
}

fn shown(path: PathBuf) -> String {
    path.to_str().expect("a plain path").to_owned()
}

fn host() -> String {
    let named = std::process::Command::new("uname").arg("-n").output().expect("uname runs");
    text(&named.stdout).trim().to_owned()
}

/// The program ends by itself, with a reason that names the store and the process that has it.
fn is_refused(args: &[&str], key: &str, holder: u32) {
    let mut second = Process::dayaq(args, &[("RUST_LOG", "info")]);
    let status = second.wait();
    let said = second.said();
    assert_eq!(status.code(), Some(1), "{said}");
    let line = said.lines().find(|line| line.starts_with("dayaq: ")).unwrap_or_else(|| panic!("no reason in {said:?}"));
    for part in [key, &format!("process {holder} on {} ", host()), "since 20", ".sqlite.lock"] {
        assert_eq!(line.matches(part).count(), 1, "{part:?} is to be in {line}, once");
    }
    assert!(!said.contains("panicked") && !said.contains("dayaq serves"), "{said}");
}

#[test]
fn e11_of_two_processes_on_one_sqlite_store_the_second_is_told_who_has_it() {
    for (file, key) in STORES {
        for order in [[0, 1], [1, 0], [0, 0]] {
            let pair = Pair::sharing(file);
            // Where both are shared, it is the one that is opened first.
            let key = if order[0] == order[1] { ".database" } else { key };
            let mut first = pair.serve(order[0]);
            pair.is_refused("serve", order[1], key, &first);
            pair.is_refused("migrate", order[1], key, &first);
            assert!(first.terminate().success(), "the first serves on undisturbed: {}", first.said());
            if order[0] != order[1] {
                pair.copy_own(order[0], order[1]);
            }
            let mut second = pair.serve(order[1]);
            pair.is_refused("serve", order[0], key, &second);
            assert!(second.terminate().success());
        }
    }
}

#[test]
fn e11_a_process_that_was_killed_stops_nobody() {
    for (file, key) in STORES {
        let pair = Pair::sharing(file);
        let mut killed = pair.serve(0);
        killed.kill();
        pair.copy_own(0, 1);
        let mut next = pair.serve(1);
        pair.is_refused("serve", 0, key, &next);
        next.kill();
        pair.copy_own(1, 0);
        let mut again = pair.serve(0);
        assert!(again.terminate().success());
    }
}

#[test]
fn e11_what_only_reads_goes_on_beside_a_process_that_serves() {
    let pair = Pair::sharing("core.sqlite");
    let mut serving = pair.serve(0);
    let checked = run(&["check", "--config", &pair.paths[0]]);
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    assert!(serving.terminate().success());
    let migrated = run(&["migrate", "--config", &pair.paths[0]]);
    assert!(migrated.status.success(), "nobody has it any more: {}", text(&migrated.stderr));
    // The file that names the holder lies beside its store and is its owner's alone.
    let lock = pair.config.folder().join("core.sqlite.lock");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&lock).expect("the lock's file stays").permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}

#[test]
fn e11_two_demonstrations_do_not_share_a_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().to_str().expect("a plain path");
    let demo = ["demo", "--no-terminal", "--data", data];
    let mut first = Process::dayaq(&demo, &[("RUST_LOG", "info")]);
    first.wait_for("Phone in the browser: ");
    is_refused(&demo, "core.database", first.id());
    assert!(first.terminate().success());
}

/// A store reached by another name is the same store.
#[cfg(unix)]
#[test]
fn e11_a_link_to_the_folder_or_to_the_file_is_no_way_around() {
    let pair = Pair::sharing("core.sqlite");
    let mut first = pair.serve(0);
    let folder = pair.config.folder();
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    std::os::unix::fs::symlink(folder, elsewhere.path().join("linked")).expect("a link");
    std::os::unix::fs::symlink(folder.join("core.sqlite"), elsewhere.path().join("link.sqlite")).expect("a link");
    let written = fs::read_to_string(&pair.paths[1]).expect("a configuration");
    for way in ["linked/core.sqlite", "link.sqlite"] {
        let aimed = written.replace("\"core.sqlite\"", &format!("{:?}", elsewhere.path().join(way)));
        let path = folder.join("third.toml");
        fs::write(&path, aimed).expect("a file");
        is_refused(&["serve", "--config", &shown(path)], "core.database", first.id());
    }
    assert!(first.terminate().success());
}
