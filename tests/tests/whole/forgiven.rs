//! What real operators send that is not quite right: it is taken, answered like the same thing without the fault, and counted.

use crate::raw_smsc::{Caller, Line, RawSmsc, header};
use crate::serve_config::ServeConfig;
use crate::stage::{Setting, Stage, eventually, read_only};
use dayaq_smpp::ussd::UssdEvent;
use dayaq_smpp::{Address, CommandId, ShortMessage, Tag};

/// A begin of an operator that ends each PDU with a NUL, under an odd session value.
const ENDED_BY_NUL: &str = "00000047000000050000000000000009555353440001013939343530313131303030320000013731343200000000000000000000062a37313432230501000101138300022b0000";
/// A begin whose last parameter says that it has eight octets, and has four.
const OVERRUN: &str = "0000004e000000050000000000000009555353440001013939343530313131303030330000013731343200000000000000000000062a37313432230501000101138300022c001454000800000001";

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal")).collect()
}

/// The PDU with more octets inside its length.
fn grown(pdu: &[u8], more: &[u8]) -> Vec<u8> {
    let mut pdu = [pdu, more].concat();
    let len = u32::try_from(pdu.len()).expect("it is short");
    pdu[..4].copy_from_slice(&len.to_be_bytes());
    pdu
}

async fn up() -> (RawSmsc, Stage, Line) {
    let smsc = RawSmsc::listen().await;
    let mut stage = Stage::set(Setting::default()).await;
    stage.config = ServeConfig::new(smsc.addr(), stage.registries.addr());
    stage.start_unbound();
    let line = smsc.bound().await;
    (smsc, stage, line)
}

/// How often a fault was forgiven.
async fn forgiven(stage: &Stage, fault: &str) -> f64 {
    let (_, body) = stage.page("/metrics").await;
    let label = format!("fault=\"{fault}\"");
    let own = |line: &&str| line.starts_with("dayaq_smpp_forgiven_total{") && line.contains(&label);
    body.lines().filter(own).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// The first screen and the one after the language is chosen, of an operator that sends everything right.
async fn as_it_should_be(line: &mut Line) -> [(String, bool); 2] {
    line.hand_to(Caller::new("994501119999"));
    let first = line.dial().await;
    let menu = line.send("1").await;
    assert!(menu.0.contains("1 Yeni müraciət"), "{}", menu.0);
    [first, menu]
}

#[tokio::test(flavor = "multi_thread")]
async fn a22_a48_an_operator_that_ends_everything_with_nuls_serves_its_phones() {
    let (_smsc, stage, mut line) = up().await;
    let [first, menu] = as_it_should_be(&mut line).await;
    assert_eq!(line.exchange(&octets(ENDED_BY_NUL)).await, first);
    let (mut after_pdu, mut in_text) = (1.0, 0.0);
    for (phone, nuls) in [("994501110012", 1), ("994501110013", 2), ("994501110014", 3)] {
        let nuls = &[0; 3][..nuls];
        // Behind the last parameter.
        line.hand_to(Caller::new(phone));
        let begin = line.turn(UssdEvent::Begin, "*7142#");
        assert_eq!(line.exchange(&grown(&begin, nuls)).await, first);
        // Behind the text, and counted in its length.
        let mut answer = line.turn_message(UssdEvent::Continue, "1");
        answer.short_message.extend_from_slice(nuls);
        let answer = line.deliver_sm(&answer);
        assert_eq!(line.exchange(&answer).await, menu);
        (after_pdu, in_text) = (after_pdu + 1.0, in_text + 1.0);
    }
    assert_eq!((forgiven(&stage, "nul").await, forgiven(&stage, "nul_in_text").await), (after_pdu, in_text));
    assert_eq!(stage.metric("dayaq_smpp_bad_bodies_total").await, 0.0);
    assert_eq!(stage.metric("dayaq_smpp_links_lost_total").await, 0.0);
    stage.assert_sound().await;
}

/// A text as an operator delivers it.
fn written(from: &str, esm_class: u8, words: &[u8]) -> ShortMessage {
    ShortMessage {
        source: Address::new(1, 1, from).expect("it is short"),
        destination: Address::new(0, 1, "7142").expect("it is short"),
        esm_class,
        short_message: words.to_vec(),
        ..ShortMessage::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a22_a48_texts_and_receipts_that_end_with_nuls_are_taken_and_a_receipt_is_answered_by_nobody() {
    let (_smsc, stage, mut line) = up().await;
    let plain = written("994501119998", 0, b"STATUS 1");
    line.deliver(&plain).await;
    let (_, reply) = line.text().await;
    for (phone, behind, counted) in
        [("994501110021", 1, 0), ("994501110022", 3, 0), ("994501110023", 0, 1), ("994501110024", 2, 3)]
    {
        let text = written(phone, 0, &[b"STATUS 1", &[0; 3][..counted]].concat());
        let pdu = line.deliver_sm(&text);
        let pdu = grown(&pdu, &[0; 3][..behind]);
        line.write(&pdu).await;
        line.taken(&pdu).await;
        assert_eq!(line.text().await, (phone.to_owned(), reply.clone()));
    }
    assert_eq!((forgiven(&stage, "nul").await, forgiven(&stage, "nul_in_text").await), (3.0, 2.0));
    let texts = stage.metric("dayaq_texts_in_total").await;
    for nuls in 1..=3 {
        let receipt = written("994501110021", 4, b"id:1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:");
        let pdu = line.deliver_sm(&receipt);
        let pdu = grown(&pdu, &[0; 3][..nuls]);
        line.write(&pdu).await;
        line.taken(&pdu).await;
    }
    assert_eq!(forgiven(&stage, "nul").await, 6.0);
    assert_eq!(stage.metric("dayaq_texts_in_total").await, texts, "a receipt is no text");
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a25_a_turn_whose_last_parameter_overruns_is_taken_without_it() {
    let (_smsc, stage, mut line) = up().await;
    let [first, menu] = as_it_should_be(&mut line).await;
    assert_eq!(line.exchange(&octets(OVERRUN)).await, first);
    line.hand_to(Caller::new("994501110033"));
    let begin = line.turn(UssdEvent::Begin, "*7142#");
    assert_eq!(line.exchange(&grown(&begin, b"\x14\x54\xFF\xFFx")).await, first);
    let answer = line.turn(UssdEvent::Continue, "1");
    assert_eq!(line.exchange(&grown(&answer, b"\x04\x27\0\x02\x02")).await, menu);
    assert_eq!(forgiven(&stage, "overrun").await, 3.0);
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a48_a_begin_under_an_odd_session_value_is_answered_in_its_session() {
    let (_smsc, stage, mut line) = up().await;
    let [first, menu] = as_it_should_be(&mut line).await;
    line.hand_to(Caller::new("994501110041"));
    let begin = line.turn(UssdEvent::Begin, "*7142#");
    let session = begin.len() - 2..begin.len();
    assert_eq!(begin[session.start - 4..session.start], [0x13, 0x83, 0, 2]);
    let mut odd = begin.clone();
    odd[session.end - 1] |= 1;
    line.write(&odd).await;
    line.taken(&odd).await;
    let frame = line.next().await.expect("a screen");
    let pdu = dayaq_smpp::decode(&frame).expect("a submit_sm");
    let dayaq_smpp::Body::Message(_, screen) = pdu.body else { panic!("{:?}", header(&frame)) };
    assert_eq!(screen.tlvs.get(Tag::ITS_SESSION_INFO), Some(&begin[session]), "the session goes on: no end bit");
    line.take(&frame).await;
    assert_eq!(line.screen().await, first);
    assert_eq!(line.send("1").await, menu, "and the next turn is of it");
    assert_eq!(forgiven(&stage, "end_bit").await, 1.0);
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a26_a_turn_whose_text_comes_in_both_places_alike_is_taken() {
    let (_smsc, stage, mut line) = up().await;
    let [first, menu] = as_it_should_be(&mut line).await;
    line.hand_to(Caller::new("994501110051"));
    let begin = line.turn(UssdEvent::Begin, "*7142#");
    assert_eq!(line.exchange(&grown(&begin, b"\x04\x24\0\x06*7142#")).await, first);
    let answer = line.turn(UssdEvent::Continue, "1");
    assert_eq!(line.exchange(&grown(&answer, b"\x04\x24\0\x011")).await, menu);
    assert_eq!(forgiven(&stage, "doubled_text").await, 2.0);
    stage.assert_sound().await;
}

/// The answer to a submit_sm, with these octets where its message_id stands.
fn submit_sm_resp(submit: &[u8], message_id: &[u8]) -> Vec<u8> {
    let command_id = CommandId::SUBMIT_SM.response().0.to_be_bytes();
    let len = u32::try_from(16 + message_id.len()).expect("it is short").to_be_bytes();
    [&len[..], &command_id, &[0; 4], &submit[12..16], message_id].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a19_an_id_without_its_nul_is_matched_and_without_an_id_a_text_is_sent_and_no_receipt_finds_it() {
    let (_smsc, stage, mut line) = up().await;
    let long = [b'7'; 65];
    // Of each answer, whether a receipt by that name finds its text.
    let answers: [(&[u8], &str, bool); 6] = [
        (b"id-1", "id-1", true),
        (b"id-2\0", "id-2", true),
        (&long[..64], std::str::from_utf8(&long[..64]).expect("digits"), true),
        (b"", "id-3", false),
        (b"\0", "id-4", false),
        (&long, std::str::from_utf8(&long).expect("digits"), false),
    ];
    let mut store = read_only(&stage.config.gateway_database()).await;
    let (mut texts, mut found) = (0, 0);
    for (at, (message_id, named, finds)) in answers.into_iter().enumerate() {
        let phone = format!("99450111006{at}");
        let written_text = line.deliver_sm(&written(&phone, 0, b"STATUS 1"));
        line.write(&written_text).await;
        line.taken(&written_text).await;
        let submit = line.next().await.expect("a reply");
        assert_eq!(header(&submit).command_id, CommandId::SUBMIT_SM);
        line.write(&submit_sm_resp(&submit, message_id)).await;
        texts += 1;
        eventually("the text counts as sent", async || {
            let sent = "SELECT count(*) FROM text_segments WHERE state = 'sent'";
            let sent: i64 = sqlx::query_scalar(sent).fetch_one(&mut store).await.ok()?;
            (sent == texts).then_some(())
        })
        .await;
        let receipt = format!("id:{named} sub:001 dlvrd:001 stat:DELIVRD err:000 text:");
        let receipt = line.deliver_sm(&written(&phone, 4, receipt.as_bytes()));
        line.write(&receipt).await;
        line.taken(&receipt).await;
        found += i64::from(finds);
        let delivered = "SELECT count(*) FROM attempt_receipts WHERE state = 'DELIVRD'";
        let delivered: i64 = sqlx::query_scalar(delivered).fetch_one(&mut store).await.expect("it can be read");
        assert_eq!(delivered, found, "{named}");
    }
    assert_eq!(stage.metric("dayaq_smpp_links_lost_total").await, 0.0);
    stage.assert_sound().await;
}
