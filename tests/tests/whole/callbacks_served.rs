//! An application by an aggregator's calls to the whole program, which is killed under way.

use crate::family::QUBA;
use crate::hub::{SECRET, aggregator};
use crate::program::PATIENCE;
use crate::stage::{Setting, Stage, reference};
use dayaq_simulator::{AggregatorConfig, CallAnswer, SignedCall, SimulatedAggregator, Style};
use std::net::SocketAddr;

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
    let profile = crate::program::root().join("config/aggregators/hubtel.toml").display().to_string();
    let lines = aggregator(Style::Hubtel, "", 3_000).replace("aggregators/hubtel.toml", &profile);
    stage.config = stage.config.gateway(&lines);
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
    for value in personal.into_iter().chain(calls.iter().map(|call| &*call.nonce)) {
        assert!(!log.contains(value), "{value:?} is in the log");
    }
    println!("{} turns, killed in {kills} of them and after the last; one application", calls.len() + 2);
}
