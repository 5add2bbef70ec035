//! Who may write to the service by SMS: one person under every form of their number, and nobody whom it would have to pay for.

use crate::node_smpp::institutions;
use crate::raw_smsc::{Line, RawSmsc};
use crate::serve_config::{ServeConfig, UNLIMITED};
use dayaq_smpp::Address;

const OWN: &str = "994501234502";

fn address(ton: u8, npi: u8, digits: &str) -> Address {
    Address::new(ton, npi, digits).expect("it fits the field")
}

/// A person begins in English, and is answered under their one number.
async fn begins(line: &mut Line) {
    line.write_text(address(1, 1, OWN), "Salam").await;
    let (to, text) = line.text().await;
    assert_eq!(to, OWN);
    assert!(text.contains("3 English"), "{text}");
}

/// Senders to whom nothing may go: after each of them the person's own text is the next to be answered.
async fn are_never_answered(line: &mut Line, senders: &[(u8, u8, &str)]) {
    for (at, (ton, npi, digits)) in senders.iter().enumerate() {
        for text in ["APPLY", "HELP"] {
            line.write_text(address(*ton, *npi, digits), text).await;
        }
        let (key, says) = if at % 2 == 0 { ("HELP", "Help: 142") } else { ("LANG", "3 English") };
        line.write_text(address(1, 1, OWN), key).await;
        let (to, text) = line.text().await;
        assert_eq!(to, OWN, "TON {ton}, {digits:?} was answered: {text:?}");
        assert!(text.contains(says), "TON {ton}, {digits:?}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f08_every_form_of_a_number_is_one_person() {
    let (smsc, registries) = (RawSmsc::listen().await, institutions().await);
    let _serve = ServeConfig::new(smsc.addr(), registries.addr()).gateway(UNLIMITED).start();
    let mut line = smsc.bound().await;
    begins(&mut line).await;
    // One application goes on whichever form the network writes, whatever it says of the type of number and its plan.
    for (ton, npi, digits, typed, says) in [
        (1, 1, "+994501234502", "3", "1 New application"),
        (0, 0, "00994501234502", "1", "1 Go on"),
        (0, 1, "994501234502", "1", "1 I agree"),
        (2, 1, "0501234502", "1", "Your FIN"),
        (2, 8, "501234502", "171S5AV", "Series"),
        (0, 9, "+994501234502", "2", "7 digits"),
        (1, 0, "00994501234502", "1339538", "notarised"),
        (3, 1, "0501234502", "2026004127", "you+0"),
        (2, 1, "994501234502", "2", "First 3 letters"),
    ] {
        line.write_text(address(ton, npi, digits), typed).await;
        let (to, text) = line.text().await;
        assert_eq!(to, OWN, "from TON {ton}, {digits}");
        assert!(text.contains(says), "from TON {ton}, {digits}: {says:?} is not in {text:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f08_a_name_a_short_code_and_nobody_are_not_answered() {
    let (smsc, registries) = (RawSmsc::listen().await, institutions().await);
    let serve = ServeConfig::new(smsc.addr(), registries.addr()).gateway(UNLIMITED).start();
    let mut line = smsc.bound().await;
    begins(&mut line).await;
    let senders = [
        (5, 0, "Kassa"),
        (5, 0, "994501234502"),
        (0, 0, "Bank 7142"),
        (3, 0, "7142"),
        (0, 1, "142"),
        (6, 1, "50123"),
        (0, 0, ""),
        (1, 1, ""),
        (1, 1, "9945012345021234"),
        (0, 1, "99450123450212345678"),
        (0, 0, "99450*234#02"),
        (1, 1, "+"),
    ];
    are_never_answered(&mut line, &senders).await;
    assert!(!serve.process.said().contains("panicked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn g09_only_azerbaijani_numbers_are_ever_texted() {
    let (smsc, registries) = (RawSmsc::listen().await, institutions().await);
    let _serve = ServeConfig::new(smsc.addr(), registries.addr()).gateway(UNLIMITED).start();
    let mut line = smsc.bound().await;
    begins(&mut line).await;
    // Abroad, premium, satellite, and numbers that only look like ours.
    let senders = [
        (1, 1, "15551234567"),
        (0, 1, "0015551234567"),
        (1, 1, "79161234567"),
        (1, 1, "882345678901"),
        (1, 1, "8816512345678"),
        (0, 0, "+37061234567"),
        (1, 1, "995501234502"),
        (0, 0, "00371994501234"),
    ];
    are_never_answered(&mut line, &senders).await;
}
