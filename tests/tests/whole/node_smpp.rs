//! The whole service with node-smpp, a foreign SMPP stack, as the operator's SMSC.

use crate::program::{Process, root};
use crate::serve_config::{ServeConfig, TOKEN};
use dayaq_core::{ContentFiles, CoreContent};
use dayaq_registries::{CardTime, Households, Registries, RegistriesConfig, Running, Tokens};
use dayaq_types::{Clock, Money, SystemClock, baku_date};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The phone of these stories.
pub const PHONE: &str = "994501234501";

/// An SMSC built on node-smpp, in a process of its own. What an operator would complain of fails the test.
pub struct NodeSmsc {
    process: Process,
    /// Where it listens.
    pub addr: SocketAddr,
    session: u8,
    texts: Vec<(String, String)>,
}

/// What the SMSC tells of; `tests/interop/node_smsc.js` has the list.
#[derive(Debug, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase")]
enum Told {
    Listening { port: u16 },
    Bound { kind: String, system_id: String },
    Taken { status: u32 },
    Screen { to: String, text: String, more: bool },
    Sms { to: String, text: String, segments: u32 },
    Fault { why: String },
    Closed,
}

impl NodeSmsc {
    /// Starts it on a free port.
    pub fn start() -> Self {
        let folder = interop();
        let mut command = Command::new("node");
        command.arg("node_smsc.js").current_dir(folder);
        let process = Process::start(command);
        let mut smsc = Self { process, addr: SocketAddr::from(([127, 0, 0, 1], 0)), session: 0, texts: Vec::new() };
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

    /// Waits until the link has ended.
    pub fn wait_for_close(&mut self) {
        loop {
            match self.next() {
                Told::Closed => return,
                Told::Sms { .. } => {}
                other => panic!("{other:?}"),
            }
        }
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
            }
            Told::Listening { .. } | Told::Bound { .. } | Told::Taken { .. } | Told::Screen { .. } | Told::Closed => {}
        }
        told
    }
}

/// The folder of the foreign peers, with their packages: `tests/run` has fetched them, or this does.
fn interop() -> std::path::PathBuf {
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

    /// Writes a text and waits until it is taken.
    pub fn write(&mut self, text: &str) -> &mut Self {
        self.order(&json!({ "do": "write", "text": text }));
        loop {
            match self.smsc.next() {
                Told::Taken { status } => {
                    assert_eq!(status, 0, "deliver_sm_resp");
                    return self;
                }
                Told::Sms { .. } => {}
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
                Told::Sms { .. } | Told::Bound { .. } => {}
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
                Told::Sms { .. } => {}
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
                Told::Sms { .. } => {}
                other => panic!("a screen was awaited, and there came {other:?}"),
            }
        }
        (self.shown, self.more) = screen.unwrap_or_default();
        self
    }
}

/// The official example's family applies in Azerbaijani, up to the last screen.
pub fn apply_in_azerbaijani(phone: &mut Phone<'_>) {
    phone.dial("*7142#").expect("1 Azərbaycanca").expect("2 Русский").expect("3 English");
    phone.send("1").expect("1 Yeni müraciət");
    phone.send("1").expect("1 Razıyam");
    phone.send("1").expect("FİN-iniz").send("300tq7m").expect("Vəsiqə seriyası");
    phone.send("2").expect("AA nömrəsi, 7 rəqəm").send("3073607").expect("Notarial ərizə");
    phone.send("1").expect("4-12 rəqəm").send("2026004117").expect("(sizdən başqa): 0");
    for (fin, relation, count) in [("69F5J5R", "1", 1), ("7ZHET4L", "2", 2), ("124HW0U", "2", 3)] {
        phone.send("1").expect("Ailə üzvünün FİN-i").send(fin).expect("Kim?");
        phone.send(relation).expect(&format!("(sizdən başqa): {count}"));
    }
    phone.send("2").expect("Yaşadığınız bölgə").send("7").expect("Rayon və ya şəhər");
    phone.send("2").expect("Bank filialı").send("1").expect("İşıq sayğacının nömrəsi");
    phone.send("1").expect("Su sayğacının nömrəsi").send("1").expect("Qaz sayğacının nömrəsi");
    phone.send("1").expect("300TQ7M, AA 3073607");
    phone.send("98").expect("1 Göndər");
    phone.send("1").expect("Qeydiyyat").expect_end();
}

/// The institutions and the bank on the machine's clock; a card takes no longer than a moment.
pub async fn institutions() -> Running {
    let (households, found) = Households::shipped();
    let config = RegistriesConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        households: households.unwrap_or_else(|| panic!("{found}")),
        clock: Arc::new(SystemClock::new()),
        tokens: Tokens::same(TOKEN),
        card_time: CardTime::After(Duration::from_millis(500)),
    };
    Registries::start(config).await.expect("a free port")
}

/// The shipped rules, calendar and institutions.
pub fn shipped() -> ContentFiles {
    let files = |name: &str| {
        let folder = root().join("config").join(name);
        let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
            .expect("a folder of the content")
            .map(|entry| entry.expect("an entry").path())
            .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).expect("a file")))
            .collect();
        files.sort();
        files
    };
    ContentFiles { rules: files("rules"), calendar: files("calendar"), institutions: files("institutions") }
}

fn printed(day: Date) -> String {
    day.strftime("%d.%m.%Y").to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn s1_a_family_applies_over_a_foreign_smsc_and_hears_amount_branch_and_date() {
    let registries = institutions().await;
    let mut smsc = NodeSmsc::start();
    let serve = ServeConfig::new(smsc.addr, registries.addr());
    let mut serving = serve.start();
    smsc.wait_for_bind();

    let clock = SystemClock::new();
    let before = baku_date(clock.now());
    let mut phone = smsc.phone(PHONE);
    apply_in_azerbaijani(&mut phone);
    let today = [before, baku_date(clock.now())].into_iter().find(|day| phone.shown().contains(&printed(*day)));
    let today = today.unwrap_or_else(|| panic!("no day of registration on {:?}", phone.shown()));

    let content = CoreContent::read(&shipped()).0.expect("the shipped content is in order");
    let deadline = content.calendar.deadline(today, 15).expect("the calendar reaches");
    phone.expect(&format!("Qeydiyyat {}", printed(today))).expect(&format!("Qərar {}", printed(deadline)));
    let reference = phone.shown().lines().nth(1).expect("the registration number").to_owned();
    phone.await_sms("Müraciətiniz qeydə alındı").expect(&reference);

    let rules = content.rules.governing(today).expect("rules of today");
    let amount = Money::from_qepik(4 * rules.criterion.qepik() - 40_000);
    let from = today.first_of_month();
    let until = from.checked_add(i64::from(rules.award_months).months()).and_then(|end| end.yesterday());
    phone.await_sms("Sosial yardım təyin olundu").expect(&reference).expect(&format!("Ayda: {amount}"));
    phone.expect(&format!("Müddət: {}-{}", printed(from), printed(until.expect("a day"))));
    phone.expect("heç kimə pul verməyin").expect("142");

    phone.await_sms("Kartınız hazırdır").expect("Filial: Quba");
    let orders = registries.card_orders();
    assert_eq!(orders.len(), 1, "one card");
    let collect_from = orders[0].collect_from.expect("the bank has made it");
    phone.expect(&format!("Tarix: {}", printed(collect_from)));

    assert!(serving.process.terminate().success());
    smsc.wait_for_close();
}
