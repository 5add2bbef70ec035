//! Operators that connect to us: `listen` in place of an address, and outbind.

use crate::family::ALONE;
use crate::program::PATIENCE;
use crate::smsc_process::SmscProcess;
use crate::stage::{Setting, Stage, eventually};
use std::net::SocketAddr;

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
fn caller(door: SocketAddr, account: &str) -> SmscProcess {
    SmscProcess::start(&["--account", account, "--outbind", &door.to_string()])
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
    let stranger = caller(door, "dayaq:guessed");
    eventually("the stranger is refused twice", async || {
        (stage.metric("dayaq_smpp_outbind_refused_total").await >= 2.0).then_some(())
    })
    .await;
    assert!(!stranger.process.said().contains("ESME bound"));
    assert!(!stage.log().contains("guessed"), "what it said is not in the log");

    // The true one is taken while the stranger goes on knocking.
    let mut smsc = caller(door, "dayaq:secret");
    smsc.bound().await;
    assert!(smsc.phone(ALONE.number, "dial", "*7142#").await.contains("1 Azərbaycanca"));
    for (typed, says) in &ALONE.answers[..6] {
        assert!(smsc.phone(ALONE.number, "answer", typed).await.contains(says), "{typed}");
    }
    smsc.kill();
    let smsc = caller(door, "dayaq:secret");
    smsc.bound().await;
    assert!(smsc.phone(ALONE.number, "dial", "*7142#").await.contains(ALONE.go_on));
    assert!(smsc.phone(ALONE.number, "answer", "1").await.contains(ALONE.answers[5].1), "the question of before");
    assert!(!stranger.process.said().contains("ESME bound"));
    stage.assert_sound().await;
    stage.terminate().await;
}
