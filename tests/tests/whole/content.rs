//! What ships: dialogues, words, rules, calendars and profiles, checked as `dayaq check` does.

use crate::program::{dayaq, root, run, succeed, text};
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn l1_what_ships_has_no_findings() {
    let shown = succeed(&["check", "--day", "2026-03-02"]);
    assert!(shown.ends_with("\n0 errors, 0 warnings\n"), "{shown}");
    assert!(shown.contains(" screens and ") && shown.contains("notices fit in az, ru, en"), "{shown}");
    assert!(shown.lines().any(|line| line.contains("az proper") && line.contains(" of  80 units")), "{shown}");
    assert!(!shown.contains("error:") && !shown.contains("warning:"), "{shown}");
}

#[test]
fn the_example_configuration_is_in_order() {
    let output = Command::new(dayaq())
        .args(["check", "--config", "config/serve.example.toml", "--day", "2026-03-02"])
        .current_dir(root())
        .env("DAYAQ_MASTER_KEY", "00".repeat(32))
        .output()
        .expect("dayaq runs");
    assert!(text(&output.stdout).ends_with("\n0 errors, 0 warnings\n"), "{}", text(&output.stderr));
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file");
        }
    }
}

/// A copy of the content in which one file has been changed.
fn changed(file: &str, change: impl Fn(String) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for part in ["dialogs", "locales", "config"] {
        copy(&root().join(part), &folder.path().join(part));
    }
    let path = folder.path().join(file);
    let text = fs::read_to_string(&path).expect("a file of the content");
    let new = change(text.clone());
    assert_ne!(text, new, "{file} was to be changed");
    fs::write(&path, new).expect("a file");
    folder
}

/// Checks a defect: it must be found with its file and line, and `serve` must not start on it.
fn finds(file: &str, change: impl Fn(String) -> String, expected: &str) {
    let folder = changed(file, change);
    let path = folder.path().display().to_string();
    let output = run(&["check", "--content", &path]);
    assert_eq!(output.status.code(), Some(1), "{file}");
    let found = text(&output.stdout);
    let line =
        found.lines().find(|line| line.contains(expected)).unwrap_or_else(|| panic!("{expected:?} not in\n{found}"));
    let place: Vec<&str> = line.split(':').collect();
    assert!(place[0].ends_with(".toml") || place[0].ends_with(".ftl"), "{line}");
    assert!(place[1].parse::<u32>().is_ok(), "a line number in {line}");
    let config = folder.path().join("dayaq.toml");
    let example = fs::read_to_string(root().join("config/serve.example.toml")).expect("the example");
    let example = example.replace("master_env = \"DAYAQ_MASTER_KEY\"", &format!("master = \"{}\"", "00".repeat(32)));
    let example = example.replace("operators/specification.toml", "config/operators/specification.toml");
    fs::write(&config, format!("{example}\n[content]\nfolder = \".\"\n")).expect("a file");
    let output = run(&["serve", "--config", &config.display().to_string()]);
    assert_eq!(output.status.code(), Some(64), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains(expected), "serve says the same");
    assert!(text(&output.stderr).contains("nothing was started"));
}

#[test]
fn a_broken_dialogue_is_named_by_file_and_line_and_nothing_starts() {
    finds("dialogs/assistance/apply.toml", |text| text.replace("next = \"review\"", "next = \"reviev\""), "reviev");
}

#[test]
fn e2_a_missing_translation_is_named_by_file_and_nothing_starts() {
    finds("locales/ru/main.ftl", |text| text.replace("main-menu =", "main-menus ="), "main-menu");
}

#[test]
fn a_broken_rule_is_named_by_file_and_line_and_nothing_starts() {
    finds("config/rules/2026.toml", |text| text.replace("until = 2026-12-31", "until = 2025-12-31"), "2026.toml");
}

#[test]
fn a_broken_configuration_is_reported_whole_and_nothing_starts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("dayaq.toml");
    fs::write(&path, "[gateway]\ndatabase = 5\nturns_max = 0\n[http]\nlisten = \"x\"\n").expect("a file");
    let output = run(&["serve", "--config", &path.display().to_string()]);
    assert_eq!(output.status.code(), Some(64));
    let found = text(&output.stderr);
    for expected in
        [":2:12: error: gateway.database", ":3:13: error: gateway.turns_max", "http.listen", "keys", "operator", "core"]
    {
        assert!(found.contains(expected), "{expected} not in\n{found}");
    }
}

#[test]
fn help_speaks_to_a_stranger() {
    let help = succeed(&["--help"]);
    for expected in ["dayaq demo", "demo", "serve", "check", "simulate", "migrate"] {
        assert!(help.contains(expected), "{help}");
    }
    let output = run(&["dmeo"]);
    assert_eq!(output.status.code(), Some(64));
}

#[test]
fn l1_a_folder_that_is_not_there_is_one_fault_and_not_a_hundred() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let nowhere = folder.path().join("nowhere").display().to_string();
    let empty = folder.path().display().to_string();
    for (path, expected) in [(&nowhere, "no such folder"), (&empty, "there are no folders dialogs and locales in it")] {
        let output = run(&["check", "--content", path]);
        assert_eq!(output.status.code(), Some(64));
        assert_eq!(text(&output.stderr), format!("dayaq: {path}: {expected}\n"));
        assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
    }
}

#[test]
fn l1_one_error_is_an_error() {
    let folder =
        changed("locales/en/shell.ftl", |text| text.replace("shell-no = No\n", "shell-no = No\nshell-nun = none\n"));
    let output = run(&["check", "--day", "2026-03-02", "--content", &folder.path().display().to_string()]);
    assert!(text(&output.stdout).ends_with("\n1 error, 0 warnings\n"), "{}", text(&output.stdout));
}

#[test]
fn l1_a_file_that_is_not_utf_8_is_named_with_its_line() {
    let folder = changed("locales/ru/main.ftl", |text| text + "# \n");
    for (file, line, octets) in [
        ("locales/ru/main.ftl", 2, &b"# \n\xCF\xEE\xEC\xEE\xF9\xFC = 1\n"[..]),
        ("dialogs/types.toml", 1, b"\xFF\xFE[\0"),
    ] {
        fs::write(folder.path().join(file), octets).expect("a file");
        let output = run(&["check", "--content", &folder.path().display().to_string()]);
        assert_eq!(output.status.code(), Some(64));
        let said = text(&output.stderr);
        assert!(said.contains(&format!("\n{file}:{line}:1: error: the octet 0x")), "{said}");
    }
    let config = folder.path().join("dayaq.toml");
    fs::write(&config, b"[gateway]\ndatabase = \"m\xFCsteri.sqlite\"\n").expect("a file");
    let output = run(&["check", "--config", &config.display().to_string()]);
    assert_eq!(output.status.code(), Some(64));
    assert!(
        text(&output.stderr).contains("dayaq.toml:2:14: error: the octet 0xFC is not UTF-8"),
        "{}",
        text(&output.stderr)
    );
}

/// Rules and calendar are warned of 90 days before their last day, with the file, its line and the day; never sooner.
#[test]
fn g_check_says_when_rules_and_calendar_end() {
    const RULES: &str = "config/rules/2026.toml:9:9: warning: until: no rules govern applications after 2026-12-31: ";
    const CALENDAR: &str =
        "config/calendar/2027.toml:8:8: warning: year: the working days are not known for applications after ";
    for (day, rules, calendar) in [
        ("2026-10-02", None, false),
        ("2026-10-03", Some("89 days left"), false),
        ("2026-12-30", Some("1 day left"), false),
        ("2026-12-31", Some("0 days left"), false),
        ("2027-01-04", Some("they are taken and kept, and told no day"), false),
        ("2027-12-20", Some("they are taken and kept"), true),
        ("2028-01-03", Some("they are taken and kept"), true),
    ] {
        let shown = succeed(&["check", "--day", day]);
        let warned: Vec<&str> = shown.lines().filter(|line| line.contains(": warning: ")).collect();
        assert_eq!(warned.len(), usize::from(rules.is_some()) + usize::from(calendar), "{day}: {shown}");
        if let Some(words) = rules {
            assert!(warned.iter().any(|line| line.starts_with(RULES) && line.contains(words)), "{day}: {warned:?}");
        }
        assert_eq!(warned.iter().any(|line| line.starts_with(CALENDAR)), calendar, "{day}: {warned:?}");
    }
}
