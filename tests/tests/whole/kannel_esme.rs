//! Kannel, a foreign SMS gateway, as an ESME: bearerbox and smsbox as processes on free loopback ports.

use crate::http_ear::{self, HttpEar, escaped, plain};
use crate::program::Process;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use tempfile::TempDir;

/// Kannel, bound or trying to be; ended by its pids when dropped.
pub struct Kannel {
    pub ear: HttpEar,
    /// Dropped in this order: a box without its bearerbox would complain.
    _boxes: [Process; 2],
    sendsms: SocketAddr,
    http: reqwest::Client,
    _folder: TempDir,
}

/// What is done to a phone over `sendsms`.
#[derive(Default)]
pub struct Mt<'t> {
    pub from: &'t str,
    pub to: &'t str,
    pub text: &'t str,
    /// `ussd_service_op` and `its_session_info`.
    pub ussd: Option<(u8, [u8; 2])>,
    pub receipt: bool,
}

/// A text or a turn as Kannel hands it on.
#[derive(Debug, PartialEq, Eq)]
pub struct Mo {
    pub from: String,
    pub to: String,
    pub text: String,
    pub op: Option<Vec<u8>>,
    pub its: Option<Vec<u8>>,
}

impl Kannel {
    /// Starts it towards that SMSC.
    pub async fn start(smsc: SocketAddr, system_id: &str, password: &str) -> Self {
        let ear = HttpEar::open().await;
        let [admin, boxes, sendsms] = free_ports();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("kannel.conf");
        let text = configuration(smsc, [system_id, password], [admin, boxes, sendsms].map(|it| it.port()), ear.addr);
        fs::write(&path, text).expect("a file");
        let start = |program: &str| {
            let mut command = Command::new(program);
            command.args(["-v", "1"]).arg(&path).current_dir(folder.path());
            Process::start(command)
        };
        let bearerbox = start("bearerbox");
        bearerbox.wait_for("entering mainloop");
        let smsbox = start("smsbox");
        smsbox.wait_for("Connected to bearerbox");
        Self { ear, _boxes: [smsbox, bearerbox], sendsms, http: http_ear::client(), _folder: folder }
    }

    /// Sends to a phone, which Kannel must accept.
    pub async fn send(&self, mt: Mt<'_>) {
        let mut query =
            format!("username=u&password=p&from={}&to={}&text={}", mt.from, mt.to, escaped(mt.text.as_bytes()));
        query += if mt.text.is_ascii() { "&coding=0" } else { "&coding=2&charset=UTF-8" };
        if let Some((op, its)) = mt.ussd {
            let meta = format!("?smpp?ussd_op={op}&its={}", escaped(&its));
            query += &format!("&meta-data={}", escaped(meta.as_bytes()));
        }
        if mt.receipt {
            let url = format!("http://{}/receipt?state=%d&id=%F&text=%A", self.ear.addr);
            query += &format!("&dlr-mask=31&dlr-url={}", escaped(url.as_bytes()));
        }
        let url = format!("http://{}/cgi-bin/sendsms?{query}", self.sendsms);
        let answer = self.http.get(url).send().await.expect("smsbox answers");
        let status = answer.status().as_u16();
        let said = answer.text().await.expect("a body");
        assert_eq!(status, 202, "{said}");
    }

    /// The next text or turn of a phone.
    pub async fn next_mo(&mut self) -> Mo {
        let asked = self.ear.next("/mo").await;
        let body = &asked.arguments["text"];
        let text = match asked.text("coding").as_str() {
            "2" => {
                let units: Vec<u16> = body.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
                String::from_utf16(&units).expect("UTF-16 big-endian")
            }
            _ => asked.text("text"),
        };
        let meta = asked.text("meta");
        let parameters = meta.strip_prefix("?smpp?").unwrap_or_default();
        let parameter = |name: &str| {
            let found = parameters.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
            found.map(|(_, value)| plain(value))
        };
        let (op, its) = (parameter("ussd_op"), parameter("its"));
        Mo { from: asked.text("from"), to: asked.text("to"), text, op, its }
    }
}

/// Ports that were free a moment ago: Kannel cannot be asked which ones it was given.
fn free_ports<const N: usize>() -> [SocketAddr; N] {
    let held: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    held.map(|listener| listener.local_addr().expect("it listens"))
}

fn configuration(smsc: SocketAddr, account: [&str; 2], ports: [u16; 3], ear: SocketAddr) -> String {
    let ([system_id, password], [admin, boxes, sendsms]) = (account, ports);
    format!(
        r#"group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = unused
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
sms-combine-concatenated-mo = true
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = operator
host = {}
port = {}
transceiver-mode = true
smsc-username = {system_id}
smsc-password = {password}
system-type = ""
interface-version = 34
reconnect-delay = 1
enquire-link-interval = 1

group = smpp-tlv
name = ussd_op
tag = 0x0501
type = integer
length = 1

group = smpp-tlv
name = its
tag = 0x1383
type = octetstring
length = 2

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1

group = sendsms-user
username = u
password = p
concatenation = true
max-messages = 5

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "http://{ear}/mo?from=%p&to=%P&text=%b&coding=%c&meta=%D"
"#,
        smsc.ip(),
        smsc.port()
    )
}
