//! The phone in the browser, clicked through in a headless Chromium against the whole demonstration.

use crate::program::{Process, root};
use dayaq_author::parse;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// When plays begin: the dates that they expect follow from it.
const MORNING: &str = "2026-11-23T09:00:00+04:00";

/// The demonstration without a terminal, and where its web phone is.
struct Demo {
    process: Process,
    url: String,
    folder: tempfile::TempDir,
}

impl Demo {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let process = begin(&folder, "127.0.0.1:0");
        let line = process.wait_for("Phone in the browser: ");
        let url = line.split_whitespace().last().expect("an address").to_owned();
        Self { process, url, folder }
    }

    /// Starts again where the first was, with its page at the same address.
    fn again(&mut self) {
        let address = self.url.strip_prefix("http://").expect("an address");
        self.process = begin(&self.folder, address);
        self.process.wait_for("Phone in the browser: ");
    }

    /// Runs a story of `tests/browser` to its end.
    fn tell(&self, story: &str, arguments: &[&str]) {
        let mut command = Command::new("node");
        let output = command.arg(story).arg(&self.url).args(arguments).current_dir(browser()).output();
        let output = output.expect("node is installed");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{story}: {said}\n{}", self.process.said());
    }
}

fn begin(folder: &tempfile::TempDir, web: &str) -> Process {
    let data = folder.path().to_str().expect("a plain path");
    Process::dayaq(&["demo", "--no-terminal", "--log", "--begin", MORNING, "--data", data, "--web", web], &[])
}

/// The folder of the browser's stories, with their package: `tests/run` has fetched it, or this does.
fn browser() -> PathBuf {
    static READY: OnceLock<()> = OnceLock::new();
    let folder = root().join("tests/browser");
    READY.get_or_init(|| {
        if !folder.join("node_modules/playwright-core").is_dir() {
            let fetched = Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder).status();
            assert!(fetched.expect("npm is installed").success(), "npm ci in {}", folder.display());
        }
    });
    folder
}

/// The steps of a play that ships, for the browser: what to dial, send or await, and what must be said then.
fn steps(play: &str) -> Vec<Value> {
    let path = format!("gateway/simulator/plays/{play}.toml");
    let text = std::fs::read_to_string(root().join(&path)).expect("a play that ships");
    let (document, found) = parse(&path, &text);
    let play = document.root(&found);
    let steps = play.tables("step").into_iter().map(|step| {
        let expect: Vec<String> = step.opt_string("expect").into_iter().chain(step.strings("expect_all")).collect();
        let [dial, send, await_sms] = ["dial", "send", "await_sms"].map(|key| step.opt_string(key));
        json!({ "dial": dial, "send": send, "await_sms": await_sms, "expect": expect })
    });
    steps.collect()
}

#[test]
fn k1_a_family_applies_by_clicking_in_the_browser() {
    let mut demo = Demo::start();
    let steps = steps("apply-ussd-az");
    let story = demo.folder.path().join("steps.json");
    std::fs::write(&story, json!(steps).to_string()).expect("the steps are written");
    let pictures = std::env::var("DAYAQ_PICTURES").unwrap_or_default();
    demo.tell("apply.js", &[story.to_str().expect("a plain path"), &pictures]);
    demo.assert_discreet(&["300TQ7M", "3073607", "2026004117"]);
    assert!(demo.process.terminate().success(), "{}", demo.process.said());
}

#[test]
fn k3_the_web_phone_hangs_up_loses_the_network_and_dials_again() {
    let mut demo = Demo::start();
    demo.tell("radio.js", &[]);
    demo.assert_discreet(&["660QYUS", "99440"]);
    assert!(demo.process.terminate().success(), "{}", demo.process.said());
}

#[test]
fn k1_the_web_phone_says_when_its_program_has_died_and_comes_back_with_it() {
    let mut demo = Demo::start();
    let mut story = Command::new("node");
    story.arg("lost.js").arg(&demo.url).arg(std::env::var("DAYAQ_PICTURES").unwrap_or_default());
    story.current_dir(browser());
    let mut page = Process::start(story);
    for round in ["first", "second"] {
        page.wait_for(&format!("kill {round}"));
        demo.process.kill();
        page.tell("killed");
        page.wait_for(&format!("start {round}"));
        demo.again();
        page.tell("started");
    }
    assert!(page.wait().success(), "{}", page.said());
    assert!(demo.process.terminate().success(), "{}", demo.process.said());
}

impl Demo {
    /// None of it is in what the program printed or logged at its most talkative, in any case of the letters. The
    /// greeting names a family to apply for, which is printed and not logged.
    fn assert_discreet(&self, values: &[&str]) {
        let said = self.process.said();
        let log = said.lines().filter(|line| !line.starts_with("A family to apply for"));
        for line in log {
            for value in values {
                assert!(!line.to_uppercase().contains(value), "{line}");
            }
        }
    }
}
