//! `dayaq simulate smsc` as a program, beside `dayaq serve`.

use crate::http_ear;
use crate::program::{Process, run, succeed, text};
use serde_json::json;
use std::net::SocketAddr;
use tokio::net::TcpStream;

#[test]
fn k5_the_simulated_smsc_lists_its_faults_and_explains_itself() {
    let listed = succeed(&["simulate", "smsc", "--faults"]);
    for name in ["bind-silent", "status=STATUS", "response-lost", "half-open", "slow[=OCTETS]", "every=N"] {
        assert!(listed.contains(name), "{name}:\n{listed}");
    }
    let help = succeed(&["simulate", "smsc", "--help"]);
    for option in [
        "--listen",
        "--profile",
        "--account",
        "--fault",
        "--outbind",
        "--tls-certificate",
        "--tls-client-ca",
        "URL/faults",
    ] {
        assert!(help.contains(option), "{option}:\n{help}");
    }
}

#[test]
fn k5_a_slip_on_its_command_line_is_told_and_nothing_is_started() {
    for (arguments, told) in [
        (&["--fault", "statsu=RSYSERR"][..], "did you mean \"status\"?"),
        (&["--account", "onlyname"], "--account must be system_id:password"),
        (&["--code", "*7142#"], "--code must be 1 to 20 digits"),
        (&["--profile", "no/such.toml"], "no/such.toml"),
        (&["--tls-certificate", "README.md"], "--tls-key"),
        (&["--tls-key", "README.md"], "--tls-certificate"),
        (&["--tls-client-ca", "README.md"], "--tls-certificate"),
        (&["--tls-certificate", "no.pem", "--tls-key", "README.md"], "--tls-certificate no.pem: "),
        (
            &["--tls-certificate", "README.md", "--tls-key", "README.md"],
            "--tls-certificate README.md: holds no certificate in PEM",
        ),
    ] {
        let output = run(&[&["simulate", "smsc"], arguments].concat());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{said}");
        assert!(said.contains(told), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn k5_the_simulated_smsc_runs_alone_and_is_controlled_over_http() {
    let arguments = ["simulate", "smsc", "--listen", "127.0.0.1:0", "--no-phone", "--fault", "status=RSYSERR,every=5"];
    let accounts = ["--account", "bank:geheim", "--profile", "config/operators/specification.toml"];
    let mut process = Process::dayaq(&[&arguments[..], &accounts].concat(), &[]);
    let line = process.wait_for("SMSC on ");
    assert!(line.contains("accounts: bank; service code *7142#") && !line.contains("geheim"), "{line}");
    let address = line.split([' ', ';']).nth(2).and_then(|address| address.parse::<SocketAddr>().ok());
    TcpStream::connect(address.unwrap_or_else(|| panic!("no address in {line:?}"))).await.expect("it listens");
    let line = process.wait_for("Control: ");
    let control = line.split_once("Control: ").expect("it was waited for").1.trim().to_owned();
    let http = http_ear::client();
    let set = http.post(format!("{control}/faults")).json(&json!({ "fault": "half-open" })).send().await;
    assert_eq!(set.expect("it answers").status().as_u16(), 201);
    let stand: serde_json::Value = http.get(&control).send().await.expect("it answers").json().await.expect("JSON");
    let faults: Vec<&str> =
        stand["faults"].as_array().expect("faults").iter().filter_map(|it| it["fault"].as_str()).collect();
    assert_eq!(faults, ["status=RSYSERR,every=5", "half-open"]);
    assert!(process.terminate().success());
}
