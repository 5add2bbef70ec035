//! An operator's SMSC built on node-smpp, a foreign SMPP stack, and the phones in its network.

use crate::program::{Process, root};
use serde::Deserialize;
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// An SMSC built on node-smpp, in a process of its own. What an operator would complain of fails the test.
pub struct NodeSmsc {
    process: Process,
    /// Where it listens.
    pub addr: SocketAddr,
    session: u8,
    /// The number that a text was sent to, and its words.
    texts: Vec<(String, String)>,
    /// Segments whose delivery receipts have not been answered.
    receipts_open: i64,
    /// How often a phone dialled or answered.
    pub turns: usize,
}

/// What the SMSC tells of; `tests/interop/node_smsc.js` has the list.
#[derive(Debug, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase")]
enum Told {
    Listening { port: u16 },
    Bound { kind: String, system_id: String },
    Taken { status: u32 },
    Screen { to: String, text: String, more: bool },
    Sms { to: String, text: String, segments: i64 },
    Receipted { status: u32 },
    Fault { why: String },
    Closed,
}

impl NodeSmsc {
    /// Starts it on a free port.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with faults, which `tests/interop/node_smsc.js` lists.
    pub fn start_with(faults: &[&str]) -> Self {
        let folder = interop();
        let mut command = Command::new("node");
        command.arg("node_smsc.js").args(faults).current_dir(folder);
        let process = Process::start(command);
        let mut smsc = Self {
            process,
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            session: 0,
            texts: Vec::new(),
            receipts_open: 0,
            turns: 0,
        };
        match smsc.next() {
            Told::Listening { port } => smsc.addr.set_port(port),
            other => panic!("{other:?}"),
        }
        smsc
    }

    /// Waits until the service is bound to it.
    pub fn wait_for_bind(&mut self) {
        match self.next() {
            Told::Bound { kind, system_id } => {
                assert_eq!((kind.as_str(), system_id.as_str()), ("bind_transceiver", "dayaq"));
            }
            other => panic!("{other:?}"),
        }
    }

    /// Waits until a transceiver is bound, whoever was bound before and has gone.
    pub fn wait_for_transceiver(&mut self) {
        loop {
            match self.next() {
                Told::Bound { kind, .. } if kind == "bind_transceiver" => return,
                Told::Bound { .. } | Told::Closed => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Waits until the link has ended.
    pub fn wait_for_close(&mut self) {
        loop {
            match self.next() {
                Told::Closed => return,
                Told::Sms { .. } | Told::Receipted { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Waits until every delivery receipt has been answered, so that nothing is under way.
    pub fn settle(&mut self) {
        while self.receipts_open > 0 {
            match self.next() {
                Told::Sms { .. } | Told::Receipted { .. } => {}
                other => panic!("a receipt was to be answered, and there came {other:?}"),
            }
        }
    }

    /// Cuts the connection, and waits until the service has bound anew.
    pub fn cut(&mut self) {
        self.process.tell(&json!({ "do": "cut" }).to_string());
        self.wait_for_close();
        self.wait_for_bind();
    }

    /// A phone in its network.
    pub fn phone<'s>(&'s mut self, msisdn: &'s str) -> Phone<'s> {
        Phone { smsc: self, msisdn, shown: String::new(), more: false }
    }

    /// The next thing it tells; texts are kept for the phones they were sent to.
    fn next(&mut self) -> Told {
        let line = self.process.next_line();
        let told = serde_json::from_str(&line).unwrap_or_else(|_| panic!("node-smpp: {line}"));
        match &told {
            Told::Fault { why } => panic!("the SMSC complains: {why}\n{}", self.process.said()),
            Told::Sms { to, text, segments } => {
                assert!((1..=3).contains(segments), "{segments} segments: {text}");
                self.texts.push((to.clone(), text.clone()));
                self.receipts_open += segments;
            }
            Told::Receipted { status } => {
                // A service that ends asks for it again later: RX_T_APPN.
                assert!(*status == 0 || *status == 0x64, "the answer to a delivery receipt: {status}");
                // The receipt of a text's first segment may be answered before its last segment is here.
                self.receipts_open -= 1;
            }
            // Nobody answers on a link that is gone.
            Told::Closed => self.receipts_open = 0,
            Told::Listening { .. } | Told::Bound { .. } | Told::Taken { .. } | Told::Screen { .. } => {}
        }
        told
    }
}

/// The folder of the foreign peers, with their packages: `tests/run` has fetched them, or this does.
fn interop() -> PathBuf {
    static READY: OnceLock<()> = OnceLock::new();
    let folder = root().join("tests/interop");
    READY.get_or_init(|| {
        if !folder.join("node_modules/smpp").is_dir() {
            let fetched = Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder).status();
            assert!(fetched.expect("npm is installed").success(), "npm ci in {}", folder.display());
        }
    });
    folder
}

/// A phone: it dials, answers, and shows the last screen or text.
pub struct Phone<'s> {
    smsc: &'s mut NodeSmsc,
    msisdn: &'s str,
    shown: String,
    more: bool,
}

impl Phone<'_> {
    /// Dials a service code and waits for the screen.
    pub fn dial(&mut self, code: &str) -> &mut Self {
        self.smsc.session += 1;
        let session = self.smsc.session;
        self.deliver(&json!({ "do": "begin", "text": code, "session": session }))
    }

    /// Answers and waits for the screen.
    pub fn send(&mut self, typed: &str) -> &mut Self {
        assert!(self.more, "there is nothing to answer: {:?}", self.shown);
        self.deliver(&json!({ "do": "continue", "text": typed }))
    }

    /// Whether the phone may answer what it shows.
    pub fn may_answer(&self) -> bool {
        self.more
    }

    /// Hangs up, and waits until that is taken.
    pub fn hang_up(&mut self) -> &mut Self {
        self.order(&json!({ "do": "abort" }));
        self.until_taken()
    }

    /// Writes a text and waits until it is taken.
    pub fn write(&mut self, text: &str) -> &mut Self {
        self.order(&json!({ "do": "write", "text": text }));
        self.until_taken()
    }

    fn until_taken(&mut self) -> &mut Self {
        loop {
            match self.smsc.next() {
                Told::Taken { status } => {
                    assert_eq!(status, 0, "deliver_sm_resp");
                    return self;
                }
                Told::Sms { .. } | Told::Receipted { .. } => {}
                other => panic!("an answer was awaited, and there came {other:?}"),
            }
        }
    }

    /// Writes a text whose answer is lost with the link, and waits until it has been taken again on the next one.
    pub fn write_and_lose(&mut self, text: &str) -> &mut Self {
        self.order(&json!({ "do": "write", "text": text, "lose": true }));
        let mut lost = false;
        loop {
            match self.smsc.next() {
                Told::Closed => lost = true,
                Told::Taken { status } => {
                    assert_eq!((status, lost), (0, true), "deliver_sm_resp, on the next link");
                    return self;
                }
                Told::Sms { .. } | Told::Receipted { .. } | Told::Bound { .. } => {}
                other => panic!("an answer was awaited, and there came {other:?}"),
            }
        }
    }

    /// No text has come that was not looked at.
    pub fn expect_silence(&mut self) -> &mut Self {
        let waiting: Vec<_> = self.smsc.texts.iter().filter(|(to, _)| to == self.msisdn).collect();
        assert!(waiting.is_empty(), "{waiting:?}");
        self
    }

    /// What is shown must say this.
    pub fn expect(&mut self, says: &str) -> &mut Self {
        assert!(self.shown.contains(says), "{says:?} is not on the phone:\n{}", self.shown);
        self
    }

    /// The session must be over.
    pub fn expect_end(&mut self) -> &mut Self {
        assert!(!self.more, "the session should be over:\n{}", self.shown);
        self
    }

    /// Waits for a text that says this, and shows it.
    pub fn await_sms(&mut self, says: &str) -> &mut Self {
        loop {
            let mine = |(to, text): &(String, String)| to == self.msisdn && text.contains(says);
            if let Some(at) = self.smsc.texts.iter().position(mine) {
                self.shown = self.smsc.texts.remove(at).1;
                return self;
            }
            match self.smsc.next() {
                Told::Sms { .. } | Told::Receipted { .. } => {}
                other => panic!("a text with {says:?} was awaited, and there came {other:?}"),
            }
        }
    }

    /// What the phone shows.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    fn order(&mut self, order: &serde_json::Value) {
        let mut order = order.clone();
        order["msisdn"] = json!(self.msisdn);
        order["code"] = json!("7142");
        self.smsc.process.tell(&order.to_string());
    }

    fn deliver(&mut self, order: &serde_json::Value) -> &mut Self {
        self.smsc.turns += 1;
        self.order(order);
        let (mut taken, mut screen) = (false, None);
        while !(taken && screen.is_some()) {
            match self.smsc.next() {
                Told::Taken { status } => {
                    assert_eq!(status, 0, "deliver_sm_resp");
                    taken = true;
                }
                Told::Screen { to, text, more } => {
                    assert!(to == self.msisdn && screen.is_none(), "one screen, to the phone that asked");
                    screen = Some((text, more));
                }
                Told::Sms { .. } | Told::Receipted { .. } => {}
                other => panic!("a screen was awaited, and there came {other:?}"),
            }
        }
        (self.shown, self.more) = screen.unwrap_or_default();
        self
    }
}
