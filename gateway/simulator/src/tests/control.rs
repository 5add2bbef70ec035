//! The control desk over HTTP, as an engineer's tools use it.

use super::esme::{Esme, echo};
use super::raw::{PHONE, Raw, until};
use crate::{Smsc, SmscConfig, WebPhone};
use dayaq_smpp::{BindKind, CommandStatus};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// One request: status and body, which is null where it is empty.
async fn ask(web: &WebPhone, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let mut stream = TcpStream::connect(web.addr()).await.expect("it listens");
    let (host, body) = (web.addr(), if body.is_null() { String::new() } else { body.to_string() });
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

#[tokio::test]
async fn k5_faults_are_set_and_ended_while_traffic_flows() {
    let smsc = Smsc::start(SmscConfig::default()).await.expect("a free port");
    let web = WebPhone::start(&smsc, HERE).await.expect("loopback");
    let mut raw = Raw::bound(&smsc).await;
    let overview = ask(&web, "GET", "/control", &Value::Null).await;
    let bind = json!({ "link": 1, "account": "dayaq", "kind": "transceiver" });
    assert_eq!(overview, (200, json!({ "binds": [bind], "phones": 0, "held": 0, "faults": [] })));

    let (status, set) = ask(&web, "POST", "/control/faults", &json!({ "fault": "status=RMSGQFUL,every=2" })).await;
    assert_eq!((status, &set), (201, &json!({ "id": 1, "fault": "status=RMSGQFUL,every=2", "struck": 0 })));
    assert_eq!(raw.submit_and_hear(PHONE, "1").await.1.command_status, CommandStatus::ROK);
    assert_eq!(raw.submit_and_hear(PHONE, "2").await.1.command_status, CommandStatus::RMSGQFUL);
    let stands = ask(&web, "GET", "/control/faults", &Value::Null).await.1;
    assert_eq!(stands, json!([{ "id": 1, "fault": "status=RMSGQFUL,every=2", "struck": 1 }]));
    assert_eq!(ask(&web, "DELETE", "/control/faults/1", &Value::Null).await.0, 204);
    assert_eq!(ask(&web, "DELETE", "/control/faults/1", &Value::Null).await.0, 404);
    for _ in 0..2 {
        assert_eq!(raw.submit_and_hear(PHONE, "3").await.1.command_status, CommandStatus::ROK);
    }
    let (status, why) = ask(&web, "POST", "/control/faults", &json!({ "fault": "statsu=RSYSERR" })).await;
    assert_eq!((status, why), (400, json!({ "error": "there is no fault \"statsu\", did you mean \"status\"?" })));

    assert_eq!(ask(&web, "POST", "/control/cut", &Value::Null).await.0, 204);
    assert_eq!(raw.rest().await, b"");
    until("the link is gone", || !smsc.is_bound()).await;
}

#[tokio::test]
async fn k5_any_phone_can_be_dialled_from_written_from_and_switched_off() {
    let smsc = Smsc::start(SmscConfig::default()).await.expect("a free port");
    let web = WebPhone::start(&smsc, HERE).await.expect("loopback");
    let mut esme = Esme::connect(smsc.addr(), BindKind::Transceiver, "secret", echo).await;
    assert_eq!(esme.bound.recv().await, Some(Ok(())));
    let phone = |deed: &str| format!("/control/phones/{PHONE}/{deed}");
    let dialled = ask(&web, "POST", &phone("dial"), &json!({ "text": "*7142*5#" })).await;
    assert_eq!(dialled, (200, json!({ "text": "Yazdınız: 5", "more": true, "units": 11 })));
    let answered = ask(&web, "POST", &phone("answer"), &json!({ "text": "0" })).await;
    assert_eq!(answered, (200, json!({ "text": "Yazdınız: 0", "more": false, "units": 11 })));
    let (status, why) = ask(&web, "POST", &phone("answer"), &json!({ "text": "1" })).await;
    assert_eq!((status, why), (409, json!({ "error": "the session is over" })));
    assert_eq!(ask(&web, "POST", &phone("off"), &json!({})).await.0, 204);
    esme.send(super::services::text(PHONE, b"Salam"));
    assert_eq!(esme.said.recv().await.map(|said| said.status), Some(CommandStatus::ROK));
    assert_eq!(ask(&web, "GET", &phone("texts"), &Value::Null).await.1, json!([]));
    assert_eq!(ask(&web, "GET", "/control", &Value::Null).await.1["held"], 1);
    assert_eq!(ask(&web, "POST", &phone("on"), &json!({})).await.0, 204);
    until("the text is there", || {
        smsc.handset(dayaq_types::Msisdn::parse(PHONE).expect("a number")).sms_inbox().len() == 1
    })
    .await;
    let texts = ask(&web, "GET", &phone("texts"), &Value::Null).await.1;
    assert_eq!(texts, json!([{ "from": "Dayaq", "text": "Salam", "segments": 1, "units": 5 }]));
    assert_eq!(ask(&web, "POST", "/control/phones/12/off", &json!({})).await.0, 400);
}
