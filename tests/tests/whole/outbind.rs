//! Operators that connect to us: `listen` in place of an address, and outbind.

use crate::family::ALONE;
use crate::http_ear;
use crate::program::{PATIENCE, Process};
use crate::stage::{Setting, Stage, eventually};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::task::block_in_place;

/// A stage whose program waits for the operator, and where.
async fn listening() -> (Stage, SocketAddr) {
    let mut stage = Stage::set(Setting::default()).await;
    let outbind = "outbind = { system_id = \"dayaq\", password = \"secret\" }";
    stage.config = stage.config.reach(&format!("listen = \"127.0.0.1:0\"\n{outbind}"));
    stage.start_unbound();
    let said = stage.log();
    let door = said.lines().find_map(|line| line.split_once("may connect to ")?.1.trim().parse().ok());
    let door = door.unwrap_or_else(|| panic!("no address in\n{said}"));
    (stage, door)
}

/// `dayaq simulate smsc` calling that address.
struct Caller {
    process: Process,
    control: String,
}

impl Caller {
    fn start(door: SocketAddr, account: &str) -> Self {
        let door = door.to_string();
        let arguments = ["simulate", "smsc", "--listen", "127.0.0.1:0", "--no-phone", "--account", account];
        let process = block_in_place(|| Process::dayaq(&[&arguments[..], &["--outbind", &door]].concat(), &[]));
        let line = block_in_place(|| process.wait_for("Control: "));
        let control = line.split_once("Control: ").expect("it was waited for").1.trim().to_owned();
        Self { process, control }
    }

    fn bound(&self) {
        block_in_place(|| self.process.wait_for("ESME bound"));
    }

    /// Lets the phone do something, and gives its screen.
    async fn phone(&self, deed: &str, text: &str) -> String {
        let url = format!("{}/phones/{}/{deed}", self.control, ALONE.number);
        let answer = http_ear::client().post(url).json(&json!({ "text": text })).send().await.expect("it answers");
        let answer: Value = answer.json().await.expect("JSON");
        answer["text"].as_str().unwrap_or_else(|| panic!("no screen after {text:?}: {answer}")).to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a38_a_family_applies_where_the_operator_calls_us_and_after_a_cut_it_calls_again() {
    let (stage, door) = listening().await;
    stage.smsc.outbind(door, "dayaq").expect("a known account");
    assert!(stage.smsc.bound(PATIENCE).await, "{}", stage.log());
    let phone = stage.phone(ALONE.number);
    let half = ALONE.answers.len() / 2;
    let seen = ALONE.begin(&phone, half).await;
    // The answer that comes after the cut waits for the next call.
    stage.smsc.cut_links();
    let seen = ALONE.answer(&phone, seen, half, ALONE.answers.len()).await;
    ALONE.look_over(&phone, seen).await;
    let number = phone.send("1").await.says(ALONE.registered).ends().reference();
    assert_eq!(stage.references().await, std::slice::from_ref(&number));
    assert!(phone.text().await.contains(&number));
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a38_an_smsc_that_calls_is_bound_to_again_after_its_restart_and_a_stranger_never() {
    let (mut stage, door) = listening().await;
    let stranger = Caller::start(door, "dayaq:guessed");
    eventually("the stranger is refused twice", async || {
        (stage.metric("dayaq_smpp_outbind_refused_total").await >= 2.0).then_some(())
    })
    .await;
    assert!(!stranger.process.said().contains("ESME bound"));
    assert!(!stage.log().contains("guessed"), "what it said is not in the log");

    // The true one is taken while the stranger goes on knocking.
    let mut smsc = Caller::start(door, "dayaq:secret");
    smsc.bound();
    assert!(smsc.phone("dial", "*7142#").await.contains("1 Azərbaycanca"));
    for (typed, says) in &ALONE.answers[..4] {
        assert!(smsc.phone("answer", typed).await.contains(says), "{typed}");
    }
    block_in_place(|| smsc.process.kill());
    let smsc = Caller::start(door, "dayaq:secret");
    smsc.bound();
    assert!(smsc.phone("dial", "*7142#").await.contains(ALONE.go_on));
    assert!(smsc.phone("answer", "1").await.contains(ALONE.answers[3].1), "the question of before");
    assert!(!stranger.process.said().contains("ESME bound"));
    stage.assert_sound().await;
    stage.terminate().await;
}
