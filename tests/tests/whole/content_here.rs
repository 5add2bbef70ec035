//! Which content a command reads, and that it says so: what is built in, what a configuration names, or what lies in the
//! current folder.

use crate::content::copy;
use crate::program::{Process, root, run_in, text};
use crate::serve_config::ServeConfig;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
const BUILT_IN: &str = "Checked what is built in: ";
const SOUND: &str = "\n0 errors, 0 warnings\n";

/// A folder with these parts of the content that ships.
fn folder(parts: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for part in parts {
        copy(&root().join(part), &folder.path().join(part));
    }
    folder
}

/// The folder as the program names it.
fn named(folder: &Path) -> String {
    folder.canonicalize().expect("a folder").display().to_string()
}

fn edit(folder: &Path, file: &str, old: &str, new: &str) {
    let path = folder.join(file);
    let before = fs::read_to_string(&path).expect("a file of the content");
    assert!(before.contains(old), "{file} was to be edited");
    fs::write(path, before.replace(old, new)).expect("a file");
}

/// The number before this word.
fn count(line: &str, word: &str) -> usize {
    let before = line.split_once(word).unwrap_or_else(|| panic!("no {word:?} in {line}")).0;
    let number = before.trim_end().rsplit(' ').next().and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("no number before {word:?} in {line}"))
}

#[test]
fn l1_check_says_what_it_has_read() {
    let all: &[&str] = &["dialogs", "locales", "config"];
    let (nothing, whole, words) = (folder(&[]), folder(all), folder(&all[..2]));
    // A configuration of one's own makes no content of its folder.
    let beside = folder(&all[..2]);
    fs::create_dir(beside.path().join("config")).expect("a folder");
    fs::write(beside.path().join("config/dayaq.toml"), "[gateway]\n").expect("a file");
    let from = |folder: &TempDir| format!("Checked dialogs, locales and config in {}: ", named(folder.path()));
    let mixed = |folder: &TempDir| {
        format!("Checked dialogs and locales in {}, with the config that is built in: ", named(folder.path()))
    };
    let elsewhere = whole.path().display().to_string();
    let mut counts = Vec::new();
    for (here, args, expected) in [
        (&nothing, &["check", "--day", "2026-03-02"][..], BUILT_IN.to_owned()),
        (&whole, &["check", "--day", "2026-03-02"], from(&whole)),
        (&words, &["check", "--day", "2026-03-02"], mixed(&words)),
        (&beside, &["check", "--day", "2026-03-02"], mixed(&beside)),
        (&nothing, &["check", "--day", "2026-03-02", "--content", &elsewhere], from(&whole)),
        (&words, &["check", "--day", "2026-03-02", "--content", &elsewhere], from(&whole)),
    ] {
        let output = run_in(here.path(), args);
        let said = text(&output.stdout);
        assert!(output.status.success() && said.ends_with(SOUND), "{args:?}: {said}\n{}", text(&output.stderr));
        let line = said.lines().next().unwrap_or_default().to_owned();
        assert!(line.starts_with(&expected), "{expected:?} should begin {line:?}");
        let numbers = ["dialogues", "in az", "in ru", "in en"].map(|word| count(&line, word));
        assert!(numbers[0] > 5 && numbers[1..].iter().all(|messages| *messages > 50), "{line}");
        counts.push(numbers);
    }
    counts.dedup();
    assert_eq!(counts.len(), 1, "it is the same content everywhere");
}

#[test]
fn l1_a_fault_in_the_current_folder_is_found_with_its_file_and_line() {
    for (file, old, new, parts) in [
        ("dialogs/assistance/apply.toml", "next = \"review\"", "next = \"reviev\"", &["dialogs", "locales"][..]),
        ("locales/ru/main.ftl", "main-menu =", "main-menus =", &["dialogs", "locales"]),
        ("config/rules/2026.toml", "until = 2026-12-31", "until = 2025-12-31", &["dialogs", "locales", "config"]),
    ] {
        let here = folder(parts);
        edit(here.path(), file, old, new);
        let output = run_in(here.path(), &["check"]);
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{said}\n{}", text(&output.stderr));
        let finding = said.lines().find(|line| line.starts_with(&format!("{file}:")));
        let finding = finding.unwrap_or_else(|| panic!("nothing of {file} in\n{said}"));
        assert!(
            finding.split(':').nth(1).is_some_and(|line| line.parse::<u32>().is_ok_and(|line| line > 0)),
            "{finding}"
        );
        assert!(!said.ends_with(SOUND));
        // The demonstration reads the same, and does not start on it.
        let output = run_in(here.path(), &["demo", "--play", "apply-ussd-az"]);
        assert_eq!(output.status.code(), Some(64), "{}", text(&output.stdout));
        let said = text(&output.stderr);
        assert!(said.contains(finding) && said.contains("nothing was started"), "{finding}\nis not in\n{said}");
    }
}

#[test]
fn l1_one_of_the_two_folders_alone_is_an_error_that_says_so() {
    for (there, missing) in [("dialogs", "locales"), ("locales", "dialogs")] {
        let here = folder(&[there]);
        let path = here.path().display().to_string();
        let expected = format!("there is a folder {there} in it and no folder {missing}");
        for args in [&["check"][..], &["demo", "--play", "apply-ussd-az"], &["check", "--content", &path]] {
            let output = run_in(here.path(), args);
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(64), "{args:?}: {said}");
            assert!(said.contains(&expected), "{args:?}: {said}");
        }
    }
}

/// A configuration that serves the content of that folder, or what is built in.
fn configuration(content: Option<&Path>) -> (ServeConfig, PathBuf) {
    let config = ServeConfig::new(NOBODY, NOBODY);
    let path = config.write();
    if let Some(folder) = content {
        let written = fs::read_to_string(&path).expect("a configuration");
        fs::write(&path, format!("{written}\n[content]\nfolder = {:?}\n", folder.display().to_string()))
            .expect("a file");
    }
    (config, path)
}

#[test]
fn l1_a_configuration_is_checked_with_the_content_that_it_serves() {
    let parts = ["dialogs", "locales", "config"];
    let (here, served, nothing) = (folder(&parts), folder(&parts), folder(&[]));
    let own = format!("Checked dialogs, locales and config in {}: ", named(here.path()));
    let other = format!("Checked dialogs, locales and config in {}: ", named(served.path()));
    let check = |folder: &TempDir, content: Option<&Path>, wanted: &[&str], code: i32, last: &str| {
        let (_config, path) = configuration(content);
        let path = path.display().to_string();
        let output = run_in(folder.path(), &["check", "--day", "2026-03-02", "--config", &path]);
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{said}\n{}", text(&output.stderr));
        let checked: Vec<&str> = said.lines().filter(|line| line.starts_with("Checked ")).collect();
        let configured = format!("Checked {path}, which serves ");
        let expected: Vec<&str> = wanted.iter().copied().chain([configured.as_str()]).collect();
        assert_eq!(checked.len(), expected.len(), "{checked:#?}");
        for (line, expected) in checked.iter().zip(expected) {
            assert!(line.starts_with(expected), "{expected:?} should begin {line:?}");
        }
        assert!(said.ends_with(last), "{said}");
    };
    check(&nothing, None, &[BUILT_IN], 0, SOUND);
    check(&here, None, &[&own, BUILT_IN], 0, SOUND);
    check(&here, Some(served.path()), &[&own, &other], 0, SOUND);
    check(&nothing, Some(served.path()), &[&other], 0, SOUND);
    check(&served, Some(served.path()), &[&other], 0, SOUND);
    // One fault is one fault, wherever the same content is read from.
    edit(
        served.path(),
        "locales/en/shell.ftl",
        "shell-none = not given\n",
        "shell-none = not given\nshell-nun = none\n",
    );
    for from in [&here, &nothing, &served] {
        let wanted: &[&str] = if std::ptr::eq(from, &here) { &[&own, &other] } else { &[&other] };
        check(from, Some(served.path()), wanted, 1, "\n1 error, 0 warnings\n");
    }
}

#[test]
fn l1_what_is_served_is_said_at_the_start() {
    let here = folder(&["dialogs", "locales", "config"]);
    let name = named(here.path());
    let not_served = format!("The content in {name} is not served");
    for (content, served, passed_over) in [
        (None, "Content: what is built in: ".to_owned(), true),
        (Some(here.path()), format!("Content: dialogs, locales and config in {name}: "), false),
    ] {
        let (_config, path) = configuration(content);
        let mut serve = Process::dayaq_in(here.path(), &["serve", "--config", &path.display().to_string()]);
        serve.wait_for("dayaq serves");
        let said = serve.said();
        assert!(said.contains(&served), "{said}");
        assert_eq!(said.contains(&not_served), passed_over, "{said}");
        assert!(serve.terminate().success());
    }
    // The demonstration takes what lies where it is started, and says that.
    let (nothing, data) = (folder(&[]), folder(&[]));
    let data = data.path().display().to_string();
    for (folder, served) in [
        (&nothing, "Content: what is built in: ".to_owned()),
        (&here, format!("Content: dialogs, locales and config in {name}: ")),
    ] {
        let mut demo = Process::dayaq_in(folder.path(), &["demo", "--no-terminal", "--data", &data]);
        demo.wait_for(&served);
        demo.wait_for("Phone in the browser: ");
        assert!(demo.terminate().success(), "{}", demo.said());
    }
}
