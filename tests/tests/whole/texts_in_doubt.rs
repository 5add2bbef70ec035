//! Texts of which something is missing, and texts that the operator brings again: one turn, one word about it.

use crate::node_smpp::institutions;
use crate::raw_smsc::{Line, RawSmsc, header};
use crate::serve_config::{Serve, ServeConfig};
use crate::stage::{WriteLock, metric};
use dayaq_redis::RedisNode;
use dayaq_registries::Running;
use dayaq_smpp::concat::ESM_CLASS_UDHI;
use dayaq_smpp::{Address, CommandId, CommandStatus, ShortMessage};

const PHONE: &str = "994501234502";
const INCOMPLETE: &str = "Your message did not arrive whole.";
const ASKS_FIN: &str = "Your FIN";
const ASKS_SERIES: &str = "Series";

fn text(words: &str) -> ShortMessage {
    ShortMessage {
        source: Address::new(1, 1, PHONE).expect("it is short"),
        destination: Address::new(0, 1, "7142").expect("it is short"),
        short_message: words.into(),
        ..ShortMessage::default()
    }
}

/// A part of three, of a text with that reference.
fn part(reference: u8, number: u8, words: &str) -> ShortMessage {
    let short_message = [&[5, 0, 3, reference, 3, number], words.as_bytes()].concat();
    ShortMessage { esm_class: ESM_CLASS_UDHI, short_message, ..text("") }
}

/// The program, and a person who is asked for the FIN.
async fn asked(change: impl FnOnce(ServeConfig) -> ServeConfig) -> (RawSmsc, Running, ServeConfig, Serve, Line) {
    let (smsc, registries) = (RawSmsc::listen().await, institutions().await);
    let config = change(ServeConfig::new(smsc.addr(), registries.addr()));
    let serve = config.start();
    let mut line = smsc.bound().await;
    for typed in ["Salam", "3", "1", "1", "1"] {
        line.deliver(&text(typed)).await;
        line.text().await;
    }
    (smsc, registries, config, serve, line)
}

async fn is_told(line: &mut Line, says: &str) {
    let (to, text) = line.text().await;
    assert_eq!(to, PHONE);
    assert!(text.starts_with(says), "{text:?} does not begin with {says:?}");
}

/// Whoever waits for the rest of a text is told once that it did not come, without writing again; the question stands,
/// and the next long text is taken whole.
#[tokio::test(flavor = "multi_thread")]
async fn a28_a_person_whose_part_never_comes_is_told_once_and_the_question_stands() {
    let (_smsc, _registries, _config, serve, mut line) = asked(|config| config.gateway("parts_wait_s = 1")).await;
    line.deliver(&part(1, 1, "171")).await;
    line.deliver(&part(1, 3, "AV")).await;
    is_told(&mut line, INCOMPLETE).await;
    // Nothing was kept of it: the same reference carries another text, and nobody is told a second time.
    for (number, words) in [(3, "AV"), (2, "S5"), (1, "171")] {
        line.deliver(&part(1, number, words)).await;
    }
    is_told(&mut line, ASKS_SERIES).await;
    line.deliver(&text("0")).await;
    is_told(&mut line, ASKS_FIN).await;
    assert!(!serve.process.said().contains("panicked"));
}

/// The turn is saved and its reply cannot be kept: the operator is asked to bring the text again, and what it brings is
/// the same text.
#[tokio::test(flavor = "multi_thread")]
async fn a07_a_text_that_the_operator_was_asked_to_bring_again_is_one_text_and_counted() {
    let redis = RedisNode::syncing().started();
    let (_smsc, _registries, config, serve, mut line) = asked(|config| config.redis(&redis.url())).await;
    let lock = WriteLock::on(&config.gateway_database()).await;
    let pdu = line.deliver_sm(&text("171S5AV"));
    line.write(&pdu).await;
    let answer = line.wait_for(CommandId::DELIVER_SM.response()).await;
    assert_eq!(
        (answer.sequence_number, answer.command_status),
        (header(&pdu).sequence_number, CommandStatus::RX_T_APPN)
    );
    lock.release().await;
    assert_eq!(metric(serve.http, "dayaq_mo_duplicate_total").await, 0.0);
    let again = line.again(&pdu);
    line.write(&again).await;
    line.taken(&again).await;
    is_told(&mut line, ASKS_SERIES).await;
    assert_eq!(metric(serve.http, "dayaq_mo_duplicate_total").await, 1.0);
    line.deliver(&text("0")).await;
    is_told(&mut line, ASKS_FIN).await;
}
