//! An application by an aggregator's calls to the whole program, which is killed under way.

use crate::family::QUBA;
use crate::hub::{SECRET, aggregator};
use crate::program::PATIENCE;
use crate::serve_config::address;
use crate::stage::{Setting, Stage, reference};
use dayaq_simulator::{AggregatorConfig, CallAnswer, SignedCall, SimulatedAggregator, Smsc, SmscConfig, Style};
use std::net::SocketAddr;

/// An aggregator of that style in the configuration.
fn hub(style: Style) -> String {
    let profile = format!("aggregators/{style}.toml");
    let shipped = crate::program::root().join("config").join(&profile).display().to_string();
    aggregator(style, "", 3_000).replace(&profile, &shipped)
}

/// Where the program waits for calls, in its present life.
fn service(stage: &Stage) -> SocketAddr {
    let said = stage.log();
    let line = said.lines().rfind(|line| line.contains("Aggregator hub may call http://"));
    let address = line.and_then(|line| line.split("http://").nth(1)?.strip_suffix("/ussd"));
    address.and_then(|address| address.parse().ok()).unwrap_or_else(|| panic!("no address in {line:?}"))
}

/// A turn as Hubtel tells it; numbers begin with 1.
fn body(number: usize, typed: &str) -> String {
    serde_json::json!({
        "Type": if number == 1 { "Initiation" } else { "Response" },
        "Mobile": QUBA.number,
        "SessionId": "the only session",
        "ServiceCode": "7142",
        "Message": typed,
        "Operator": "Azercell",
        "Sequence": number,
    })
    .to_string()
}

/// What the phone shows.
#[track_caller]
fn shown(answer: &CallAnswer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    body["Message"].as_str().expect("a screen").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn g08_a_service_that_is_killed_in_any_turn_takes_the_same_request_once() {
    let mut stage = Stage::set(Setting::default()).await;
    stage.config = stage.config.gateway(&hub(Style::Hubtel));
    stage.start().await;
    let config =
        AggregatorConfig { patience: PATIENCE, ..AggregatorConfig::new(service(&stage), Style::Hubtel, SECRET) };
    let aggregator = SimulatedAggregator::new(config).expect("a client");
    let mut calls: Vec<SignedCall> = Vec::new();
    let mut kills = 0;
    let menu = [("*7142#", "3 English")];
    for (at, (typed, says)) in menu.iter().chain(QUBA.answers).enumerate() {
        let call = aggregator.sign("application/json", body(at + 1, typed));
        calls.push(call.clone());
        if at % 6 == 5 {
            // The turn is under way, or has not come, or is over: whichever it is when the process dies.
            let (dying, address, lost) = (aggregator.clone(), service(&stage), call.clone());
            let turn = tokio::spawn(async move { dying.post_to(address, "/ussd", &lost).await.is_ok() });
            stage.restart().await;
            turn.await.expect("it comes to an end");
            kills += 1;
        }
        let answer = aggregator.post_to(service(&stage), "/ussd", &call).await.expect("an answer");
        assert!(shown(&answer).contains(says), "{typed:?} brought no {says:?} but {:?}", shown(&answer));
    }
    let mut number = calls.len();
    let mut last = async |typed: &str, address: SocketAddr| {
        number += 1;
        let call = aggregator.sign("application/json", body(number, typed));
        (aggregator.post_to(address, "/ussd", &call).await.expect("an answer"), call)
    };
    let (mut answer, _) = last("98", service(&stage)).await;
    while !shown(&answer).contains(QUBA.confirm) {
        (answer, _) = last("98", service(&stage)).await;
    }
    assert!(shown(&answer).contains(QUBA.confirm), "{}", answer.body);
    let send;
    (answer, send) = last("1", service(&stage)).await;
    let registered = reference(&shown(&answer)).expect("a registration number");
    stage.restart().await;
    let again = aggregator.post_to(service(&stage), "/ussd", &send).await.expect("an answer");
    assert!(again == answer, "another life gives the same answer");
    assert_eq!(stage.references().await, std::slice::from_ref(&registered), "one application");
    // Replayed by somebody who listened: nothing of it is taken.
    for call in &calls {
        let replayed = aggregator.post_to(service(&stage), "/ussd", call).await.expect("an answer");
        assert_eq!(replayed.status, 409, "{}", replayed.body);
    }
    assert_eq!(stage.references().await, std::slice::from_ref(&registered));
    let phone = stage.phone(QUBA.number);
    let text = phone.text().await;
    assert!(text.contains(&registered), "its text comes by the operator: {text}");
    stage.assert_sound().await;
    stage.terminate().await;
    let log = stage.log();
    let personal =
        [&QUBA.number[3..], "300tq7m", "300TQ7M", "3073607", "2026004117", "69F5J5R", SECRET, "the only session"];
    for value in personal.iter().copied().chain(calls.iter().map(|call| &*call.nonce)) {
        assert!(!log.contains(value), "{value:?} is in the log");
    }
    let folder = stage.config.folder().to_owned();
    for file in std::fs::read_dir(&folder).expect("it is there").flatten().map(|entry| entry.path()) {
        let octets = std::fs::read(&file).expect("a file");
        // The configuration holds the secret, as its author wants it.
        let stored = file.file_name().is_some_and(|name| name.to_string_lossy().contains("sqlite"));
        for value in personal.iter().filter(|_| stored).map(|value| value.as_bytes()) {
            assert!(!octets.windows(value.len()).any(|window| window == value), "personal in {}", file.display());
        }
    }
    println!("{} turns, killed in {kills} of them and after the last; one application", calls.len() + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a6_texts_go_by_the_operator_that_the_aggregator_names() {
    let mut stage = Stage::set(Setting::default()).await;
    let second = Smsc::start(SmscConfig::default()).await.expect("loopback has a free port");
    let lines = format!("{}texts = \"foreign-2\"\n", hub(Style::Hubtel));
    let ways = [address(stage.smsc.addr()), address(second.addr())];
    stage.config = stage.config.operators(&ways).gateway(&lines);
    stage.start().await;
    assert!(second.bound(PATIENCE).await, "the other operator is bound, too");
    let config =
        AggregatorConfig { path: "/ussd".to_owned(), ..AggregatorConfig::new(service(&stage), Style::Hubtel, SECRET) };
    let handset = second.handset(stage.phone(QUBA.number).0.number());
    let phone = SimulatedAggregator::new(config).expect("a client").phone(handset.clone());
    phone.dial("*7142#").await.expect("a screen");
    let mut screen = None;
    for (typed, says) in QUBA.answers {
        let seen = phone.send(typed).await.unwrap_or_else(|cause| panic!("{typed}: {cause}"));
        assert!(seen.text.contains(says), "{says:?} not in {:?}", seen.text);
        screen = Some(seen);
    }
    while screen.take().is_some_and(|screen| !screen.text.contains(QUBA.confirm)) {
        screen = Some(phone.send("98").await.expect("a page"));
    }
    let last = phone.send("1").await.expect("a screen");
    assert!(last.text.contains(QUBA.registered), "{:?}", last.text);
    for says in ["Müraciətiniz qeydə alındı", "Ayda: 800,00 AZN", "Kartınız hazırdır"] {
        let text = handset.next_sms(PATIENCE).await.expect("a text").text;
        assert!(text.contains(says), "{says:?} not in {text:?}");
    }
    assert!(stage.phone(QUBA.number).0.sms_inbox().is_empty(), "nothing by the operator that is first");
}
