use super::attribution::{Attribution, Concern};
use super::desk::Desk;
use super::line::{Line, Told};
use super::pdu::PduView;
use super::{WebPhone, WebPhoneError};
use crate::tap::{Direction, TappedPdu};
use crate::tests::esme::{Esme, echo};
use crate::{Smsc, SmscConfig};
use dayaq_smpp::ussd::Dialect;
use dayaq_smpp::{
    Addr, Bind, BindKind, Body, CommandStatus, MessageKind, Pdu, Sm, SmResp, Tag, TlvBuf, Tlvs, decode, encode,
};
use dayaq_types::{Msisdn, SeededEntropy};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::broadcast::Receiver;

const HERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

fn number(text: &str) -> Msisdn {
    Msisdn::parse(text).expect("a number")
}

fn pdu(sequence_number: u32, body: Body<'_>) -> Pdu<'_> {
    Pdu { command_status: CommandStatus::ROK, sequence_number, body }
}

fn message<'a>(source: &'a str, destination: &'a str, text: &'a [u8], tlvs: Tlvs<'a>) -> Sm<'a> {
    let addr = |digits: &'a str| Addr { ton: 1, npi: 1, digits: digits.as_bytes() };
    Sm { source: addr(source), destination: addr(destination), short_message: text, tlvs, ..Sm::default() }
}

fn view(direction: Direction, pdu: &Pdu<'_>) -> Value {
    let mut octets = Vec::new();
    encode(pdu, &mut octets).expect("a PDU of the test");
    let at = "2026-11-23T09:00:00+04:00".parse().expect("a time");
    let tapped = TappedPdu { at, link: 1, direction, octets: octets.into() };
    let decoded = decode(&tapped.octets).expect("what was encoded");
    serde_json::to_value(PduView::new(&tapped, Some(&decoded), &Dialect::specification())).expect("JSON")
}

#[test]
fn k1_a_turn_is_shown_with_its_meaning() {
    let mut tlvs = TlvBuf::new();
    tlvs.push_u8(Tag::USSD_SERVICE_OP, 17);
    tlvs.push(Tag::ITS_SESSION_INFO, &[7, 0x05]).expect("short");
    tlvs.push(Tag(0x1501), b"\x00\x01\x02").expect("short");
    let text: Vec<u8> = "Ayda: 800,00 ə".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let sm = Sm { data_coding: 8, service_type: b"USSD", ..message("7142", "994501234567", &text, tlvs.as_tlvs()) };
    let shown = view(Direction::Received, &pdu(3, Body::Message(MessageKind::SubmitSm, sm)));
    assert_eq!(shown["at"], "2026-11-23T09:00:00.000");
    assert_eq!((&shown["way"], &shown["name"]), (&json!("from-esme"), &json!("submit_sm")));
    assert_eq!((&shown["turn"], &shown["text"]), (&json!("end"), &json!("Ayda: 800,00 ə")));
    let fields = shown["fields"].as_array().expect("fields");
    assert!(fields.contains(&json!({ "name": "data_coding", "value": "8 (UCS-2)" })), "{fields:?}");
    assert!(fields.contains(&json!({ "name": "destination_addr", "value": "994501234567 (ton 1, npi 1)" })));
    let tlvs = shown["tlvs"].as_array().expect("parameters");
    assert_eq!(
        tlvs[0],
        json!({ "tag": "0x0501", "name": "ussd_service_op", "value": "17 (PSSR response)", "hex": "11 " })
    );
    assert_eq!(tlvs[1]["value"], "session 7, turn 2, end");
    assert_eq!(tlvs[2], json!({ "tag": "0x1501", "name": null, "value": "...", "hex": "00 01 02 " }));
}

#[test]
fn k1_a_part_of_a_long_text_is_shown_without_its_header() {
    let octets = [&[5, 0, 3, 9, 2, 1][..], b"Salam"].concat();
    let sm = Sm { esm_class: 0x40, ..message("Dayaq", "994501234567", &octets, Tlvs::default()) };
    let shown = view(Direction::Received, &pdu(3, Body::Message(MessageKind::SubmitSm, sm)));
    assert_eq!((&shown["turn"], &shown["text"]), (&Value::Null, &json!("Salam")));
    assert!(shown["fields"].as_array().expect("fields").contains(&json!({ "name": "part", "value": "1 / 2" })));
}

#[test]
fn k1_a_bind_is_shown_without_its_password() {
    for password in ["", "s", "secret"] {
        let bind = Bind { system_id: b"dayaq", password: password.as_bytes(), ..Bind::default() };
        let shown = view(Direction::Received, &pdu(1, Body::Bind(BindKind::Transceiver, bind)));
        let octets = shown["hex"].as_str().expect("octets");
        assert_eq!(octets.matches("** ").count(), password.len());
        assert_eq!(octets.len(), 3 * shown["octets"].as_u64().expect("a length") as usize);
        assert!(!octets.contains("73 65 63 72 65 74"));
        assert!(!shown.to_string().contains("secret"));
        // What follows the password is untouched: its NUL, system_type, interface_version.
        assert!(octets.ends_with("00 00 00 00 00 00 "), "{octets}");
    }
}

#[test]
fn k1_a_response_belongs_to_the_phone_of_its_request() {
    let mut attribution = Attribution::default();
    let turn = Body::Message(MessageKind::DeliverSm, message("994501234567", "7142", b"1", Tlvs::default()));
    let screen = Body::Message(MessageKind::SubmitSm, message("7142", "994771234567", b"1", Tlvs::default()));
    let first = Concern::Phone(number("994501234567"));
    let second = Concern::Phone(number("994771234567"));
    assert_eq!(attribution.concern(1, Direction::Sent, &pdu(5, turn)), first);
    assert_eq!(attribution.concern(1, Direction::Received, &pdu(5, screen)), second);
    let taken = |kind| pdu(5, Body::MessageResp(kind, SmResp::default()));
    assert_eq!(attribution.concern(2, Direction::Received, &taken(MessageKind::DeliverSm)), Concern::Nobody);
    assert_eq!(attribution.concern(1, Direction::Received, &taken(MessageKind::DeliverSm)), first);
    assert_eq!(attribution.concern(1, Direction::Received, &taken(MessageKind::DeliverSm)), Concern::Nobody);
    assert_eq!(attribution.concern(1, Direction::Sent, &taken(MessageKind::SubmitSm)), second);
    assert_eq!(attribution.concern(1, Direction::Sent, &pdu(6, Body::EnquireLink)), Concern::Link);
}

async fn open(smsc: &Smsc) -> Arc<Desk> {
    let desk = Arc::new(Desk::new(smsc.exchange.clone()));
    let (watched, tap) = (desk.clone(), smsc.tap());
    tokio::spawn(async move { watched.watch(tap).await });
    desk
}

/// Waits for an event of that kind.
async fn hear(past: &mut impl Iterator<Item = Told>, live: &mut Receiver<Told>, is: &str) -> Value {
    loop {
        let told = match past.next() {
            Some(told) => told,
            None => live.recv().await.expect("the line lives"),
        };
        let event: Value = serde_json::from_str(&told.json).expect("JSON");
        if event["is"] == is {
            return event;
        }
    }
}

#[tokio::test]
async fn k3_a_page_hears_what_its_phone_and_the_network_do() {
    let config = SmscConfig { ussd_timeout: Duration::from_millis(50), ..SmscConfig::default() };
    let smsc = Smsc::start(config).await.expect("a free port");
    let desk = open(&smsc).await;
    let mut esme = Esme::connect(smsc.addr(), BindKind::Transceiver, "secret", echo).await;
    assert_eq!(esme.bound.recv().await, Some(Ok(())));
    let (_, line) = desk.open(None).expect("a phone");
    let (past, mut live) = line.listen(None);
    let mut past = past.into_iter();

    line.dial("*7142#").await;
    assert_eq!(hear(&mut past, &mut live, "dialled").await["code"], "*7142#");
    let screen = hear(&mut past, &mut live, "screen").await;
    assert_eq!((&screen["text"], &screen["more"]), (&json!("Yazdınız: "), &json!(true)));
    assert_eq!((&screen["units"], &screen["room"]), (&json!(10), &json!(80)));
    // Nobody answers; the network loses patience.
    assert_eq!(hear(&mut past, &mut live, "ended").await["by"], "network");
    line.answer("1").await;
    assert_eq!(
        hear(&mut past, &mut live, "fault").await,
        json!({ "is": "fault", "why": "session-over", "open": false })
    );

    line.dial("*7142#").await;
    line.hang_up().await;
    assert_eq!(hear(&mut past, &mut live, "ended").await["by"], "phone");
    line.dial("*999#").await;
    assert_eq!(hear(&mut past, &mut live, "fault").await["why"], "unknown-code");

    // A page that comes back hears what it missed, and nothing twice.
    let (all, _) = line.listen(None);
    let middle = all[all.len() / 2].id;
    let (rest, _) = line.listen(Some(middle));
    assert_eq!(rest.len(), all.len() - 1 - all.len() / 2);
    assert!(rest.iter().all(|told| told.id > middle));
    smsc.shutdown().await;
    esme.ended().await;
}

#[tokio::test]
async fn k1_each_page_has_a_number_of_its_own() {
    // Of 300 numbers by chance two may be the same once the first is free again; this seed has no such pair.
    let config = SmscConfig { entropy: Arc::new(SeededEntropy::new(1)), ..SmscConfig::default() };
    let smsc = Smsc::start(config).await.expect("a free port");
    let desk = open(&smsc).await;
    let kept = number("994401234567");
    let (id, line) = desk.open(Some(kept)).expect("a phone");
    assert_eq!(line.number(), kept);
    assert_ne!(desk.open(Some(kept)).expect("another phone").1.number(), kept, "a number in use is not given twice");
    let (_past, page) = line.listen(None);
    let more: Vec<Arc<Line>> = (0..300).filter_map(|_| desk.open(None)).map(|(_, line)| line).collect();
    let numbers: BTreeSet<Msisdn> = more.iter().map(|line| line.number()).chain([kept]).collect();
    assert_eq!(numbers.len(), 301);
    assert!(desk.line(&id).is_some(), "a phone with a page stays");
    drop(page);
    while desk.line(&id).is_some() {
        desk.open(None).expect("the phone that nobody looks at makes room");
    }
}

/// Sends one request as it is and gives the whole answer.
async fn ask(addr: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(addr).await.expect("it listens");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers and closes");
    answer
}

#[tokio::test]
async fn k1_only_pages_of_our_own_are_let_in() {
    let smsc = Smsc::start(SmscConfig::default()).await.expect("a free port");
    let web = WebPhone::start(&smsc, HERE).await.expect("a free port");
    let (addr, port) = (web.addr(), web.addr().port());
    assert_eq!(web.url(), format!("http://127.0.0.1:{port}"));
    let get = |host: &str, more: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n");
    for (host, more, status) in [
        (format!("127.0.0.1:{port}"), String::new(), "200"),
        (format!("localhost:{port}"), format!("Origin: http://localhost:{port}\r\n"), "200"),
        ("127.0.0.1".to_owned(), String::new(), "403"),
        (format!("example.org:{port}"), String::new(), "403"),
        (format!("127.0.0.1:{port}"), "Origin: http://example.org\r\n".to_owned(), "403"),
        (format!("127.0.0.1:{port}"), "Origin: null\r\n".to_owned(), "403"),
    ] {
        let answer = ask(addr, &get(&host, &more)).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host} {more}: {answer}");
        assert!(answer.contains("content-security-policy: default-src 'none'"));
        assert_eq!(answer.contains("<!doctype html>"), status == "200");
    }
    let post = |path: &str, kind: &str, body: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        )
    };
    let long = format!("{{\"number\":\"{}\"}}", "9".repeat(5000));
    for (path, kind, body, status) in [
        ("/api/phones", "application/json", "{}", "201"),
        // What a form of another site could send without asking first.
        ("/api/phones", "text/plain", "{}", "415"),
        ("/api/phones", "application/json", "{\"nummer\":1}", "422"),
        ("/api/phones", "application/json", &long, "413"),
        ("/api/phones/0/dial", "application/json", "{\"text\":\"*7142#\"}", "404"),
    ] {
        let answer = ask(addr, &post(path, kind, body)).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {kind} {body}: {answer}");
    }
    web.shutdown().await;
    assert!(TcpStream::connect(addr).await.is_err(), "it has stopped");
}

#[tokio::test]
async fn k1_the_page_is_served_on_loopback_alone() {
    let smsc = Smsc::start(SmscConfig::default()).await.expect("a free port");
    let outside = SocketAddr::from(([0, 0, 0, 0], 0));
    let refused = WebPhone::start(&smsc, outside).await;
    assert!(matches!(refused, Err(WebPhoneError::NotLoopback(address)) if address == outside));
}
