//! A FIN under every kind of `data_coding`, by SMS and by USSD: read as the operator's profile says, or asked for again in
//! the person's language; never one that nobody wrote.

use crate::node_smpp::institutions;
use crate::raw_smsc::{Line, RawSmsc};
use crate::serve_config::{ServeConfig, UNLIMITED};
use dayaq_registries::Running;
use dayaq_smpp::ussd::UssdEvent;
use dayaq_smpp::{Address, ShortMessage};

/// A language: its key, and how the question for the FIN, the one after it and the complaints begin.
struct Tongue {
    key: &'static str,
    fin: &'static str,
    series: &'static str,
    unreadable: &'static str,
    wrong: &'static str,
}

const TONGUES: [Tongue; 3] = [
    Tongue {
        key: "1",
        fin: "FİN kodunuz",
        series: "Vəsiqənizin seriyası",
        unreadable: "Oxuya bilmədik.",
        wrong: "FİN 7 simvoldur",
    },
    Tongue {
        key: "2",
        fin: "Ваш ФИН",
        series: "Серия удостоверения",
        unreadable: "Не смогли прочитать.",
        wrong: "В ФИН 7 знаков",
    },
    Tongue {
        key: "3",
        fin: "Your FIN",
        series: "Series",
        unreadable: "We could not read that.",
        wrong: "A FIN has 7 letters and digits",
    },
];

/// What becomes of the octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Becomes {
    /// The FIN that was written.
    TheFin,
    /// No text: the person is asked to write again.
    Unreadable,
    /// A text, and no FIN.
    Wrong,
}
use Becomes::{TheFin, Unreadable, Wrong};

const SEPTETS: &[u8] = b"171S5AV";
const UCS2: &[u8] = b"\x001\x007\x001\x00S\x005\x00A\x00V";
const WIDE_CUT: &[u8] = b"\x001\x007\x001\x00S\x005\x00A\x02";
/// The same septets, packed: seven letters in seven octets.
const PACKED: &[u8] = &[0xB1, 0x5B, 0x6C, 0x5A, 0x0D, 0x5A, 0x01];
const HIGH: &[u8] = b"171\x805AV";

/// data_coding, octets, and what becomes of them by SMS (SMPP 3.4 §5.2.19, 3GPP 23.038 §4) and by USSD (23.038 §5).
const CASES: [(u8, &[u8], Becomes, Becomes); 25] = [
    (0x00, SEPTETS, TheFin, TheFin),
    (0x01, SEPTETS, TheFin, TheFin),
    (0x03, SEPTETS, TheFin, TheFin),
    (0x08, UCS2, TheFin, TheFin),
    (0x0F, SEPTETS, TheFin, TheFin),
    // Reserved, and by USSD the names of languages in the default alphabet.
    (0x05, SEPTETS, Unreadable, TheFin),
    (0x0A, SEPTETS, Unreadable, TheFin),
    // Binary, and by USSD French.
    (0x04, SEPTETS, Unreadable, TheFin),
    (0x04, PACKED, Unreadable, Unreadable),
    (0x05, PACKED, Unreadable, Unreadable),
    // Eight-bit data.
    (0xF5, SEPTETS, Unreadable, Unreadable),
    (0xF4, UCS2, Unreadable, Unreadable),
    (0x44, SEPTETS, Unreadable, Unreadable),
    // Compressed.
    (0x60, SEPTETS, Unreadable, Unreadable),
    // UCS-2 cut within a letter: the half of a Latin one is a NUL, and what is left is read, a letter short.
    (0x08, WIDE_CUT, Unreadable, Unreadable),
    (0x08, UCS2.split_at(13).0, Wrong, Wrong),
    // NULs behind the text, counted in its length.
    (0x08, b"\x001\x007\x001\x00S\x005\x00A\x00V\x00", TheFin, TheFin),
    (0x00, b"171S5AV\0", TheFin, TheFin),
    // Septets that are said to be UCS-2.
    (0x08, SEPTETS, Unreadable, Unreadable),
    (0x08, SEPTETS.split_at(6).0, Wrong, Wrong),
    // What is no septet.
    (0x00, HIGH, Unreadable, Unreadable),
    (0x01, HIGH, Unreadable, Unreadable),
    (0x00, PACKED, Unreadable, Unreadable),
    // UCS-2 that is said to be septets: an @ before every letter.
    (0x00, UCS2, Wrong, Wrong),
    (0x03, HIGH, Unreadable, Unreadable),
];

async fn up(change: impl FnOnce(ServeConfig) -> ServeConfig) -> (Line, (RawSmsc, Running, crate::serve_config::Serve)) {
    let (smsc, registries) = (RawSmsc::listen().await, institutions().await);
    let config = ServeConfig::new(smsc.addr(), registries.addr()).gateway(UNLIMITED);
    let serve = change(config).start();
    let line = smsc.bound().await;
    (line, (smsc, registries, serve))
}

fn says(reply: &str, tongue: &Tongue, becomes: Becomes, case: &str) {
    let beginning = match becomes {
        TheFin => tongue.series,
        Unreadable => tongue.unreadable,
        Wrong => tongue.wrong,
    };
    assert!(reply.starts_with(beginning), "{case}: {reply:?} does not begin with {beginning:?}");
    assert_eq!(becomes != TheFin, reply.contains(tongue.fin), "{case}: the question once more\n{reply}");
}

fn sms(from: &str, data_coding: u8, octets: &[u8]) -> ShortMessage {
    ShortMessage {
        source: Address::new(1, 1, from).expect("it is short"),
        destination: Address::new(0, 1, "7142").expect("it is short"),
        data_coding,
        short_message: octets.to_vec(),
        ..ShortMessage::default()
    }
}

/// Writes a text, and gives the reply.
async fn written(line: &mut Line, message: &ShortMessage) -> String {
    line.deliver(message).await;
    line.text().await.1
}

async fn asked_by_sms(line: &mut Line, from: &str, tongue: &Tongue) {
    for typed in ["Salam", tongue.key, "1", "1", "1"] {
        written(line, &sms(from, 0, typed.as_bytes())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a27_a_fin_by_sms_is_read_as_it_was_written_or_asked_for_again() {
    let (mut line, _up) = up(|config| config).await;
    for (tongue, from) in TONGUES.iter().zip(["994501234502", "994501234503", "994501234504"]) {
        asked_by_sms(&mut line, from, tongue).await;
        for (data_coding, octets, becomes, _) in CASES {
            let reply = written(&mut line, &sms(from, data_coding, octets)).await;
            says(&reply, tongue, becomes, &format!("{data_coding:#04x} {octets:02x?}"));
            back_to_the_fin(&mut line, from, tongue, becomes).await;
        }
    }
}

/// From what came of an answer to the question for the FIN, which is asked afresh.
async fn back_to_the_fin(line: &mut Line, from: &str, tongue: &Tongue, became: Becomes) {
    let way: &[&str] = if became == TheFin { &["0"] } else { &["0", "1"] };
    let mut reply = String::new();
    for typed in way {
        reply = written(line, &sms(from, 0, typed.as_bytes())).await;
    }
    assert!(reply.starts_with(tongue.fin), "{reply}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a27_a_fin_by_ussd_is_read_as_it_was_typed_or_asked_for_again() {
    let (mut line, _up) = up(|config| config).await;
    line.dial().await;
    for tongue in &TONGUES {
        // The language is the fourth of the menu, once one is known.
        line.send(tongue.key).await;
        line.send("1").await;
        line.send("1").await;
        line.send("1").await;
        for (data_coding, octets, _, becomes) in CASES {
            let mut message = line.turn_message(UssdEvent::Continue, "");
            message.data_coding = data_coding;
            message.short_message = octets.to_vec();
            let pdu = line.deliver_sm(&message);
            let (screen, more) = line.exchange(&pdu).await;
            assert!(more, "the session goes on");
            says(&screen, tongue, becomes, &format!("{data_coding:#04x} {octets:02x?}"));
            line.send("0").await;
            if becomes != TheFin {
                line.send("1").await;
            }
        }
        line.send("00").await;
        line.send("4").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a27_a_profile_says_what_an_operators_own_value_means() {
    let own = |config: ServeConfig| config.profile("sms.inbound", "5 = \"latin-1\"");
    let (mut line, _up) = up(own).await;
    let (tongue, from) = (&TONGUES[2], "994501234502");
    asked_by_sms(&mut line, from, tongue).await;
    for (data_coding, octets, becomes) in
        [(5, SEPTETS, TheFin), (5, &b"171S5\xC4V"[..], Wrong), (0x0A, SEPTETS, Unreadable)]
    {
        let reply = written(&mut line, &sms(from, data_coding, octets)).await;
        says(&reply, tongue, becomes, &format!("{data_coding:#04x} {octets:02x?}"));
        back_to_the_fin(&mut line, from, tongue, becomes).await;
    }
}
