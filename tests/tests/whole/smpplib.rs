//! smpplib, a foreign SMPP stack in Python, as the ESME of our simulated operator.

use crate::capture::Capture;
use crate::program::{PATIENCE, Process, root};
use dayaq_simulator::{Smsc, SmscConfig};
use dayaq_types::Msisdn;
use serde::Deserialize;
use serde_json::json;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

const PHONE: &str = "994501234567";
/// `command_status` of a bind with a password that is wrong.
const RINVPASWD: u32 = 0x0e;
/// ... and of a text to an address that is no phone.
const RINVDSTADR: u32 = 0x0b;

/// What `tests/interop/smpplib_esme.py` tells of.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "is", rename_all = "lowercase")]
enum Told {
    Bound,
    Refused { command: String, status: u32 },
    Accepted { id: String },
    Mo { from: String, to: String, text: String, op: Option<u8>, its: Option<u16> },
    Receipt { id: String, state: u8, text: String },
    Ended,
}

struct Esme(Process);

impl Esme {
    fn start(smsc: &Smsc, password: &str, kind: &str) -> Self {
        let folder = root().join("tests/interop");
        let mut command = Command::new("python3");
        command.args(["smpplib_esme.py", &smsc.addr().port().to_string(), "dayaq", password, kind]);
        command.env("PYTHONPATH", packages()).current_dir(folder);
        Self(Process::start(command))
    }

    fn bound(smsc: &Smsc, kind: &str) -> Self {
        let esme = Self::start(smsc, "secret", kind);
        assert_eq!(esme.next(), Told::Bound);
        esme
    }

    fn next(&self) -> Told {
        let line = self.0.next_line();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("smpplib: {line}\n{}", self.0.said()))
    }

    fn tell(&mut self, order: serde_json::Value) {
        self.0.tell(&order.to_string());
    }

    /// Unbinds, and waits until that is answered.
    fn end(mut self) {
        self.tell(json!({ "do": "end" }));
        assert_eq!(self.next(), Told::Ended);
    }
}

/// The folder with smpplib: `tests/run` has fetched it, or this does.
fn packages() -> PathBuf {
    static READY: OnceLock<()> = OnceLock::new();
    let folder = root().join("tests/interop/python");
    READY.get_or_init(|| {
        if !folder.join("smpplib").is_dir() {
            let mut pip = Command::new("python3");
            pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--requirement", "requirements.txt", "--target"]);
            let fetched = pip.arg(&folder).current_dir(root().join("tests/interop")).status();
            assert!(fetched.expect("python3 is installed").success(), "pip install in {}", folder.display());
        }
    });
    folder
}

async fn operator() -> (Smsc, Capture) {
    let smsc = Smsc::start(SmscConfig::default()).await.expect("loopback has a free port");
    let capture = Capture::of(&smsc);
    (smsc, capture)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn k5_smpplib_takes_a_ussd_session_with_both_parameters_and_answers_it() {
    let (smsc, capture) = operator().await;
    let mut esme = Esme::bound(&smsc, "transceiver");
    let phone = smsc.handset(Msisdn::parse(PHONE).expect("a phone number"));

    let dial = tokio::spawn({
        let phone = phone.clone();
        async move { phone.dial("*7142#").await }
    });
    let Told::Mo { from, to, text, op, its } = esme.next() else { panic!("a turn was awaited") };
    assert_eq!((from.as_str(), to.as_str(), text.as_str(), op), (PHONE, "7142", "*7142#", Some(1)));
    let session = its.expect("its_session_info") & 0xff00;
    assert_eq!(its, Some(session), "the first turn");
    let menu = "1 Müraciət\n2 Kömək (ə)";
    esme.tell(json!({ "do": "send", "to": PHONE, "from": "7142", "text": menu, "op": 2, "its": session }));
    let screen = dial.await.expect("no panic").expect("a screen");
    assert_eq!((screen.text.as_str(), screen.more), (menu, true));
    assert!(matches!(esme.next(), Told::Accepted { .. }));

    let answer = tokio::spawn({
        let phone = phone.clone();
        async move { phone.send("2").await }
    });
    let Told::Mo { text, op, its, .. } = esme.next() else { panic!("a turn was awaited") };
    assert_eq!((text.as_str(), op, its), ("2", Some(18), Some(session | 0b10)));
    let end = json!({ "do": "send", "to": PHONE, "from": "7142", "text": "Call 142", "op": 17, "its": session | 0b11 });
    esme.tell(end);
    let screen = answer.await.expect("no panic").expect("a screen");
    assert_eq!((screen.text.as_str(), screen.more), ("Call 142", false));
    assert!(matches!(esme.next(), Told::Accepted { .. }));
    esme.end();
    capture.dissect();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn k5_smpplib_exchanges_texts_over_a_transmitter_and_a_receiver() {
    let (smsc, capture) = operator().await;
    let mut transmitter = Esme::bound(&smsc, "transmitter");
    let receiver = Esme::bound(&smsc, "receiver");
    let phone = smsc.handset(Msisdn::parse(PHONE).expect("a phone number"));
    let long = "Уважаемая семья! Ваше заявление принято, решение придёт по SMS в течение 15 рабочих дней.";

    for text in ["STATUS", long] {
        phone.send_sms(text).await.expect("taken");
        let Told::Mo { text: heard, op, its, .. } = receiver.next() else { panic!("a text was awaited") };
        assert_eq!((heard.as_str(), op, its), (text, None, None));
    }
    for (text, segments) in [("Your card is ready.", 1), (long, 2)] {
        transmitter.tell(json!({ "do": "send", "to": PHONE, "from": "Dayaq", "text": text, "receipt": true }));
        let sms = phone.next_sms(PATIENCE).await.expect("a text");
        assert_eq!((sms.text.as_str(), sms.from.as_str(), sms.segments), (text, "Dayaq", segments));
        for _ in 0..segments {
            let Told::Accepted { id } = transmitter.next() else { panic!("submit_sm_resp was awaited") };
            let Told::Receipt { id: named, state, text } = receiver.next() else { panic!("a receipt was awaited") };
            assert_eq!((&named, state), (&id, 2));
            assert!(text.starts_with(&format!("id:{id} ")) && text.contains("stat:DELIVRD"), "{text}");
        }
    }
    // What is refused is told by its status, and the link stays.
    transmitter.tell(json!({ "do": "send", "to": "12", "from": "Dayaq", "text": "Salam" }));
    let refused = Told::Refused { command: "submit_sm_resp".to_owned(), status: RINVDSTADR };
    assert_eq!(transmitter.next(), refused);
    transmitter.end();
    receiver.end();
    capture.dissect();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn k5_smpplib_with_a_wrong_password_is_told_so() {
    let (smsc, capture) = operator().await;
    let esme = Esme::start(&smsc, "wrong", "transceiver");
    let refused = Told::Refused { command: "bind_transceiver_resp".to_owned(), status: RINVPASWD };
    assert_eq!(esme.next(), refused);
    assert!(!smsc.is_bound());
    capture.dissect();
}
