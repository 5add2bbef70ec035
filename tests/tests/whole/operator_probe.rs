//! `dayaq operator probe` against foreign SMSCs: what was planted in them differs, all of it and nothing else.

use crate::node_smsc::NodeSmsc;
use crate::papers::{Authority, Papers};
use crate::program::{Process, run, text};
use crate::smpp34_smsc::{Faults, Smpp34Smsc};
use crate::tls_front::TlsFront;
use dayaq_simulator::{Account, Smsc, SmscConfig, Tls};
use dayaq_text::Alphabet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

const PHONE: &str = "994501234567";
const PASSWORD: &str = "secret";
/// What the three faults are to the report, in its order.
const PLANTED: [&str; 3] =
    ["a text in the default alphabet, back from the phone", "how a receipt names its text", "our last screen"];
/// The beginnings of the texts that the phone sends back.
const TEXTS: [&str; 4] = ["Dayaq 1:", "Dayaq 2:", "Dayaq 3:", "Dayaq 4:"];

/// A run of the program.
struct Probing {
    process: Process,
    page: PathBuf,
    _folder: TempDir,
}

/// How both foreign SMSCs speak: by the specification, and a phone that hangs up is told of by 129.
const PROFILE: &str = "[link]\nwindow = 5\nsegments_per_second = 20\n\
                       [ussd.inbound_ops]\nbegin = 1\ncontinue = 18\nabort = 129\n";

fn arguments(profile: &str, smsc: SocketAddr) -> Vec<String> {
    let words = format!("operator probe {profile} --smsc {smsc} --system-id dayaq --phone {PHONE} --texts 100");
    words.split(' ').map(str::to_owned).collect()
}

impl Probing {
    fn start(smsc: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (profile, page) = (folder.path().join("operator.toml"), folder.path().join("report.html"));
        std::fs::write(&profile, PROFILE).expect("a file");
        let mut arguments = arguments(&profile.display().to_string(), smsc);
        arguments.extend(["--echo".to_owned(), "--report".to_owned(), page.display().to_string()]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let process = Process::dayaq(&arguments, &[("DAYAQ_SMSC_PASSWORD", PASSWORD)]);
        Self { process, page, _folder: folder }
    }

    /// Waits for the end: what differs, by its name in the report, and the exit code.
    fn end(mut self) -> (Vec<String>, Option<i32>) {
        let status = self.process.wait();
        let said = self.process.said();
        println!("{said}");
        let page = std::fs::read_to_string(&self.page).expect("the report");
        for told in [&said, &page] {
            assert!(!told.contains(PHONE) && !told.contains(PASSWORD), "neither number nor password");
        }
        let differs = said.lines().filter_map(|line| line.strip_prefix("  differs    "));
        let name =
            |line: &str| line.split("   ").next().unwrap_or_default().split("  ").next().unwrap_or_default().to_owned();
        (differs.map(name).collect(), status.code())
    }
}

fn by_node_smpp(faults: &[&str]) -> (Vec<String>, Option<i32>) {
    let mut smsc = NodeSmsc::start_with(faults);
    let probing = Probing::start(smsc.addr);
    smsc.wait_for_transceiver();
    let mut phone = smsc.phone(PHONE);
    for words in TEXTS {
        let text = phone.await_sms(words).shown().to_owned();
        phone.write(&text);
    }
    probing.process.wait_for("> Dial *7142#");
    phone.dial("*7142#").expect("1 Yes").send("1").expect("Ə ə I ı İ i").send("1").expect("screen 3 of 3");
    if phone.may_answer() {
        phone.send("9").expect("over");
    }
    probing.process.wait_for("> When the phone is free again");
    phone.dial("*7142#").expect("hang up").hang_up();
    probing.end()
}

#[test]
fn s14_probe_of_node_smpp_without_a_fault_finds_nothing_that_differs() {
    assert_eq!(by_node_smpp(&[]), (vec![], Some(0)));
}

#[test]
fn s14_probe_reports_exactly_three_planted_faults_of_node_smpp() {
    assert_eq!(by_node_smpp(&["latin-1", "ids", "end"]), (PLANTED.map(str::to_owned).into(), Some(1)));
}

async fn by_smpp34(faults: Faults) -> (Vec<String>, Option<i32>) {
    let mut smsc = Smpp34Smsc::start_with(faults).await;
    let probing = Probing::start(smsc.addr);
    smsc.wait_for_bind().await;
    let mut phone = smsc.phone(PHONE);
    for words in TEXTS {
        let text = phone.await_sms(words).await.shown().to_owned();
        phone.write(&text).await;
    }
    probing.process.wait_for("> Dial *7142#");
    phone.dial("*7142#").await.expect("1 Yes").send("1").await.expect("Ə ə I ı İ i");
    phone.send("1").await.expect("screen 3 of 3");
    if phone.may_answer() {
        phone.send("9").await.expect("over");
    }
    probing.process.wait_for("> When the phone is free again");
    phone.dial("*7142#").await.expect("hang up");
    phone.hang_up().await;
    probing.end()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s14_probe_of_smpp34_without_a_fault_finds_nothing_that_differs() {
    let sound = Faults { alphabet: Some(Alphabet::Gsm7), ..Faults::default() };
    assert_eq!(by_smpp34(sound).await, (vec![], Some(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s14_probe_reports_exactly_three_planted_faults_of_smpp34() {
    let faults = Faults { alphabet: Some(Alphabet::Latin1), end: true, ids: true };
    assert_eq!(by_smpp34(faults).await, (PLANTED.map(str::to_owned).into(), Some(1)));
}

/// Runs the program to its end, with that password in the environment.
fn try_out(arguments: &[String], password: Option<&str>) -> (Option<i32>, String) {
    let mut command = Command::new(crate::program::dayaq());
    command.args(arguments).current_dir(crate::program::root()).env_remove("DAYAQ_SMSC_PASSWORD");
    command.envs(password.map(|password| ("DAYAQ_SMSC_PASSWORD", password)));
    let output = command.output().expect("dayaq runs");
    (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s14_probe_without_a_bind_ends_with_2_and_says_why() {
    let config = SmscConfig { accounts: vec![Account::new("dayaq", PASSWORD)], ..SmscConfig::default() };
    let smsc = Smsc::start(config).await.expect("a free port");
    let addr = smsc.addr();
    let arguments = arguments("config/operators/specification.toml", addr);
    let (code, said) = try_out(&arguments, Some("other"));
    assert_eq!(code, Some(2), "{said}");
    let why = "There is no bind, so nothing was shown: bind_transceiver: refused with RINVPASWD (0x0e): \
               the password is not the one that the SMSC has";
    assert!(said.contains(why) && !said.contains("other"), "{said}");
    smsc.shutdown().await;
    let (code, said) = try_out(&arguments, Some(PASSWORD));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains(&format!("There is no bind, so nothing was shown: cannot connect to {addr}")), "{said}");
}

#[test]
fn s14_probe_and_check_refuse_wrong_usage_and_a_profile_with_faults() {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let sound = arguments("config/operators/specification.toml", nowhere);
    let (code, said) = try_out(&sound, None);
    assert!(code == Some(64) && said.contains("no variable DAYAQ_SMSC_PASSWORD"), "{said}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("operator.toml");
    std::fs::write(&path, "[ussd]\nend = \"bits\"\n").expect("a file");
    let path = path.display().to_string();
    let (code, said) = try_out(&arguments(&path, nowhere), Some(PASSWORD));
    assert_eq!(code, Some(64), "{said}");
    assert!(said.contains("operator.toml:2:7: error: ussd.end: must be one of op, bit, both"), "{said}");
    let output = run(&["operator", "check", &path]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
    assert!(text(&output.stderr).contains("operator.toml:2:7: error: ussd.end: must be one of op, bit, both"));
    let output = run(&["operator", "check", "config/operators/vendor-tag.toml"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    assert!(text(&output.stdout).contains("32 = 0x20: the last screen; the operator closes the session"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s14_probe_speaks_tls_and_believes_the_operators_authority_alone() {
    let (authority, stranger, ours) = (Authority::new("operator"), Authority::new("stranger"), Authority::new("ours"));
    let (papers, own) = (authority.sign("127.0.0.1"), ours.sign("dayaq.example"));
    let tls = Tls::new(&papers.certificate, &papers.key, Some(&ours.pem())).expect("sound papers");
    let accounts = vec![Account::new("dayaq", PASSWORD)];
    let smsc =
        Smsc::start(SmscConfig { accounts, tls: Some(tls), ..SmscConfig::default() }).await.expect("a free port");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let (operators, strangers) = (file("operator.pem", &authority.pem()), file("stranger.pem", &stranger.pem()));
    let (certificate, key) = (file("own.pem", &own.certificate), file("own.key", &own.key));
    let plain = arguments("config/operators/specification.toml", smsc.addr());
    let with = |more: &[&str]| {
        let more = [&["--only", "bind", "--only", "alive"], more].concat();
        try_out(&[plain.clone(), more.into_iter().map(str::to_owned).collect()].concat(), Some(PASSWORD))
    };
    let own = ["--tls-certificate", &certificate, "--tls-key", &key];
    let (code, said) = with(&[&["--tls-ca", &operators], &own[..]].concat());
    assert!(code == Some(0) && said.contains("over TLS, with a certificate that we trust"), "{said}");
    let (code, said) = with(&[&["--tls-ca", &strangers], &own[..]].concat());
    assert!(code == Some(2) && said.contains("is signed by an authority that is not in ca_file"), "{said}");
    let (code, said) = with(&["--tls-ca", &operators]);
    assert_eq!(code, Some(2), "without a certificate of our own: {said}");
    let (code, said) = with(&[]);
    assert_eq!(code, Some(2), "without TLS: {said}");
    let (code, said) = with(&["--tls-ca", &key]);
    assert!(code == Some(64) && said.contains("--tls-ca") && said.contains("holds no certificate in PEM"), "{said}");
    smsc.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a47_the_probe_tells_the_fingerprint_that_it_saw_and_how_to_pin_it() {
    let accounts = vec![Account::new("dayaq", PASSWORD)];
    let smsc = Smsc::start(SmscConfig { accounts, ..SmscConfig::default() }).await.expect("a free port");
    let papers = Papers::self_signed("smsc.example");
    let front = TlsFront::before(smsc.addr(), &papers.certificate, &papers.key).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &papers.certificate).expect("a file");
    let fingerprint = front.fingerprint.to_string();
    let (bare, other) = (fingerprint.replace(':', "").to_lowercase(), "ab".repeat(32));
    let told = format!("The SMSC's certificate: SHA-256 fingerprint {fingerprint}, ");
    let pin = format!(
        "pin it: here with --tls-fingerprint {fingerprint}, for serve with tls = {{ fingerprints = [\"{fingerprint}\"] }}"
    );
    let ca = ca.display().to_string();
    for (number, (options, code, words)) in [
        (vec!["--tls"], 2, vec!["is not a pinned one", &pin]),
        (vec!["--tls-ca", &ca], 2, vec!["is signed by itself and by no authority", &pin]),
        (vec!["--tls-fingerprint", &other], 2, vec!["is not a pinned one", &pin]),
        (
            vec!["--tls-fingerprint", &bare],
            0,
            vec!["over TLS, with a certificate that is pinned", "believed: it is pinned"],
        ),
        (vec!["--tls-fingerprint", &other, "--tls-fingerprint", &fingerprint], 0, vec!["believed: it is pinned"]),
    ]
    .into_iter()
    .enumerate()
    {
        let page = folder.path().join(format!("{number}.html"));
        let (plain, page_name) =
            (arguments("config/operators/specification.toml", front.addr), page.display().to_string());
        // The fingerprint is told whichever part of the list is asked for.
        let more = [&["--only", "alive", "--only", "bind", "--report", &page_name], &options[..]].concat();
        let all = [plain, more.into_iter().map(str::to_owned).collect()].concat();
        let (ended, said) = try_out(&all, Some(PASSWORD));
        println!("{said}");
        assert_eq!(ended, Some(code), "{options:?}: {said}");
        for part in words.into_iter().chain([told.as_str()]) {
            assert!(said.contains(part), "{part:?} is not in\n{said}");
        }
        let page = std::fs::read_to_string(page).expect("the report");
        assert!(page.contains(&format!("SHA-256 fingerprint {fingerprint}")), "{options:?}: it is in the report");
    }
    for (options, told) in [
        (vec!["--tls-fingerprint", &bare[..40]], "found 40, as of SHA-1: openssl needs -sha256"),
        (vec!["--tls-fingerprint", &bare, "--tls-ca", &ca], "cannot be used with"),
        (vec!["--tls-server-name", "a.example"], "--tls-server-name needs --tls, --tls-ca or --tls-fingerprint"),
        ([["--tls-fingerprint", &other]; 3].concat(), "--tls-fingerprint must be at most 2"),
    ] {
        let plain = arguments("config/operators/specification.toml", front.addr);
        let all = [plain, options.iter().map(|it| (*it).to_owned()).collect()].concat();
        let (ended, said) = try_out(&all, Some(PASSWORD));
        assert!(ended == Some(64) && said.contains(told), "{options:?}, {ended:?}: {said}");
    }
    smsc.shutdown().await;
}
