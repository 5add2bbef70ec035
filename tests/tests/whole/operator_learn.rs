//! S14: a profile is learnt from a capture of the traffic that was spoken in it.

use crate::capture::Capture;
use crate::family::{ALONE, QUBA};
use crate::pcap;
use crate::program::{PATIENCE, root, run, text};
use crate::stage::{Setting, Stage};
use dayaq_author::parse;
use dayaq_gateway::config::{Profile, read_profile};
use dayaq_simulator::SmscConfig;
use dayaq_smpp::ussd::{InboundOp, UssdEvent};
use std::fs;
use std::path::Path;

const ENGLISH: &str = "994551234502";
const HANGS_UP: &str = "994701234503";
const TEXTS: &str = "994991234504";

fn profile(name: &str, text: &str) -> Profile {
    let (document, faults) = parse(name, text);
    let profile = read_profile(&document, &faults);
    assert!(faults.is_empty(), "{faults}");
    profile.expect("a profile without faults")
}

fn shipped(name: &str) -> String {
    fs::read_to_string(root().join(format!("config/operators/{name}.toml"))).expect("it ships")
}

/// What families do with the service in that dialect, over real sockets, captured from bind to unbind.
async fn converse(text: &str, file: &Path) {
    let profile = profile("shipped", text);
    let dialect = profile.dialect.clone();
    let smsc = SmscConfig { dialect: dialect.clone(), ..SmscConfig::default() };
    let mut stage = Stage::set(Setting { smsc, ..Setting::default() }).await;
    stage.config = stage.config.profile_text(text);
    let pushes = dialect.push.menu.is_some();
    if pushes {
        stage.config = stage.config.links("flash = [{ notice = \"card-ready\", opens = \"*7142*2#\" }]");
    }
    let capture = Capture::of(&stage.smsc);
    stage.start().await;

    let phone = stage.phone(QUBA.number);
    QUBA.until_confirm(&phone).await;
    phone.send("1").await.says(QUBA.registered).ends();
    // The registration, the amount in several parts, the branch.
    for _ in 0..3 {
        phone.text().await;
    }
    if pushes {
        let menu = phone.0.next_push(PATIENCE).await.expect("a menu");
        assert!(menu.more, "it is answered");
        phone.send("1").await;
        phone.0.hang_up().await.expect("it is told");
        // The next family is shown a notification, over another bind.
        stage.terminate().await;
        stage.config = stage.config.links("flash = [{ notice = \"card-ready\" }]");
        stage.start().await;
        let phone = stage.phone(ALONE.number);
        ALONE.until_confirm(&phone).await;
        phone.send("1").await.says(ALONE.registered).ends();
        let shown = phone.0.next_push(PATIENCE).await.expect("a notification");
        assert!(!shown.more, "it closes by itself");
    }

    let phone = stage.phone(ENGLISH);
    phone.dial().await;
    phone.send("3").await.says("1 New application");
    phone.send("5").await.says("142").ends();
    // Dialled through to the help, in one.
    phone.0.dial("*7142*5#").await.expect("a screen");

    let phone = stage.phone(HANGS_UP);
    phone.dial().await;
    phone.0.hang_up().await.expect("it is told");
    phone.dial().await;
    phone.send("1").await;
    phone.0.hang_up().await.expect("it is told");
    let tells = dialect.inbound_ops.iter().any(|op| op.event == UssdEvent::Timeout) || dialect.session.end_mask != 0;
    if tells {
        phone.dial().await;
        phone.0.time_out().await.expect("it is told");
    }

    let phone = stage.phone(TEXTS);
    phone.0.send_sms("Salam").await.expect("it is taken");
    phone.text().await;
    phone.0.send_sms("Müraciətim haqqında soruşuram").await.expect("it is taken");
    phone.text().await;
    stage.terminate().await;
    pcap::write(file, &capture.passed());
}

/// Learns from the file and compares every key that traffic can show.
async fn is_learnt(name: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("capture.pcap");
    let text = shipped(name);
    converse(&text, &file).await;
    let capture = file.display().to_string();
    let output = run(&["operator", "learn", &capture, "--port", "2775"]);
    let (toml, said) = (self::text(&output.stdout), self::text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{said}\n{toml}");
    for secret in [QUBA.number, ALONE.number, ENGLISH, HANGS_UP, TEXTS, "Salam", "Müraciət", "300TQ7M"] {
        assert!(!toml.contains(secret) && !said.contains(secret), "{secret} is told");
    }
    let (learnt, mut shipped) = (profile("learnt", &toml), profile("shipped", &text));
    let mut dialect = learnt.dialect.clone();
    // Whether a message without the value would be taken: every message has it.
    shipped.dialect.session.optional = dialect.session.optional;
    // What a handset that was switched off says: it has not been switched off in a dialogue.
    shipped.dialect.inbound_ops.retain(|op| *op != InboundOp { op: 33, event: UssdEvent::Abort });
    for ops in [&mut dialect.inbound_ops, &mut shipped.dialect.inbound_ops] {
        ops.sort_by_key(|op| op.op);
    }
    assert_eq!(dialect, shipped.dialect, "{name}\n{toml}");
    // Not here: window, window_reserve, burst_ms, inbound_max, segments_per_second are bounds that no traffic reaches;
    // *_s and reply_budget_ms are waits that only silence shows; form is what a network would not carry.
    assert_eq!(learnt.link.interface_version, shipped.link.interface_version, "{toml}");
    assert_eq!(learnt.response, shipped.response, "{toml}");
    assert_eq!((&learnt.sender, learnt.sender_ton_npi), (&shipped.sender, shipped.sender_ton_npi), "{toml}");
    assert_eq!((learnt.receipts, learnt.validity_period), (shipped.receipts, shipped.validity_period), "{toml}");
    assert_eq!((learnt.sms_ucs2, learnt.sms_default), (shipped.sms_ucs2, shipped.sms_default), "{toml}");
    assert_eq!(learnt.sms, shipped.sms, "{toml}");
    for seen in ["key", "code_in", "long", "receipt_id", "deliver_sm_resp", "data_coding_ucs2", "end"] {
        assert!(toml.lines().any(|line| line.starts_with(&format!("{seen} = "))), "{seen} was not seen\n{toml}");
    }
    println!("{name}: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s14_learn_rebuilds_specification_from_a_capture_of_it() {
    is_learnt("specification").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s14_learn_rebuilds_dialogue_id_from_a_capture_of_it() {
    is_learnt("dialogue-id").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s14_learn_rebuilds_message_reference_from_a_capture_of_it() {
    is_learnt("message-reference").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s14_learn_rebuilds_msisdn_only_from_a_capture_of_it() {
    is_learnt("msisdn-only").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s14_learn_rebuilds_vendor_tag_from_a_capture_of_it() {
    is_learnt("vendor-tag").await;
}

#[test]
fn s14_what_cannot_be_learnt_from_is_told_and_no_file_is_overwritten() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (empty, page, there) = (path("empty"), path("page.txt"), path("there.toml"));
    fs::write(&empty, "").expect("a file");
    fs::write(&page, "no SMPP here\n").expect("a file");
    fs::write(&there, "mine").expect("a file");
    for (arguments, code, told) in [
        (vec!["operator", "learn", &empty], 64, "the file is empty"),
        (vec!["operator", "learn", &page], 1, "no SMPP is in the capture"),
        (vec!["operator", "learn", "no/such"], 64, "no/such"),
        (vec!["operator", "learn", &page, "--out", &there], 64, "is not overwritten"),
        (vec!["operator", "learn", &page, "--port", "0"], 64, "--port"),
    ] {
        let output = run(&arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(told), "{said}");
    }
    assert_eq!(fs::read_to_string(&there).expect("it is there"), "mine");
}
