//! TLS between the program and an operator, over real sockets: whom it believes, and what it never says in clear.

use crate::family::ALONE;
use crate::papers::{Authority, Papers};
use crate::program::PATIENCE;
use crate::serve_config::{MASTER_KEY, PASSWORD, SYSTEM_ID, address};
use crate::smsc_process::SmscProcess;
use crate::stage::{Phone, Setting, Stage, eventually};
use crate::tls_front::TlsFront;
use dayaq_simulator::{Smsc, SmscConfig, Tls};
use dayaq_types::{Clock, Msisdn, SystemClock};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};

/// The next address has its turn within this time (A41).
const NEXT: Duration = Duration::from_secs(5);
/// The first octet of a TLS handshake (RFC 8446 §5.1).
const HANDSHAKE: u8 = 22;

/// An operator that shows these papers, and asks for papers that the authority has signed.
fn operator(papers: &Papers, clients: Option<&Authority>) -> SmscConfig {
    let clients = clients.map(Authority::pem);
    let tls = Tls::new(&papers.certificate, &papers.key, clients.as_deref()).expect("sound papers");
    SmscConfig { tls: Some(tls), ..SmscConfig::default() }
}

async fn start(config: SmscConfig) -> Smsc {
    Smsc::start(config).await.expect("loopback has a free port")
}

/// The stage with that operator, whose authority the program trusts, and more said of TLS where wanted.
async fn stage(smsc: SmscConfig, authority: &Authority, more: &str) -> Stage {
    let mut stage = Stage::set(Setting { smsc, ..Setting::default() }).await;
    stage.config.put("smsc-ca.pem", &authority.pem());
    stage.config = stage.config.reach(&with_tls(&address(stage.smsc.addr()), more));
    stage
}

fn with_tls(way: &str, more: &str) -> String {
    format!("{way}\ntls = {{ ca_file = \"smsc-ca.pem\"{more} }}")
}

/// The log, once it says this.
async fn says(stage: &Stage, part: &str) -> String {
    let said = async { eventually("the log says it", async || stage.log().contains(part).then(|| stage.log())).await };
    tokio::time::timeout(PATIENCE, said).await.unwrap_or_else(|_| panic!("{part:?} is not in\n{}", stage.log()))
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_a_family_applies_where_the_operator_asks_for_our_certificate_and_the_log_names_no_secret() {
    let (authority, ours) = (Authority::new("operator"), Authority::new("ours"));
    let (smsc, own) = (authority.sign("127.0.0.1"), ours.sign("dayaq.example"));
    let more = ", certificate_file = \"dayaq.pem\", key_file = \"dayaq.key\"";
    let mut stage = stage(operator(&smsc, Some(&ours)), &authority, more).await;
    stage.config.put("dayaq.pem", &own.certificate);
    stage.config.put("dayaq.key", &own.key);
    stage.start().await;
    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    let number = phone.send("1").await.says(ALONE.registered).ends().reference();
    assert_eq!(stage.references().await, std::slice::from_ref(&number));
    assert!(phone.text().await.contains(&number));

    // A cut is mended over TLS too.
    stage.smsc.cut_links();
    eventually("the cut is heard of", async || stage.log().contains("Link lost").then_some(())).await;
    phone.dial().await.says("1 ");
    stage.assert_sound().await;
    stage.terminate().await;
    let log = stage.log();
    let body = |key: &str| key.lines().filter(|line| !line.starts_with('-')).map(str::to_owned).collect::<Vec<_>>();
    let (key, quoted) = (body(&own.key), format!("\"{PASSWORD}\""));
    for secret in key.iter().map(String::as_str).chain([MASTER_KEY, &quoted, "PRIVATE KEY"]) {
        assert!(!log.contains(secret), "{secret:?} is in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_between_two_programs_each_shows_the_other_its_certificate() {
    let (authority, ours) = (Authority::new("operator"), Authority::new("ours"));
    let (smsc, own) = (authority.sign("smsc.example"), ours.sign("dayaq.example"));
    let mut stage = Stage::set(Setting::default()).await;
    let files = [
        ("smsc.pem", &smsc.certificate),
        ("smsc.key", &smsc.key),
        ("esme-ca.pem", &ours.pem()),
        ("smsc-ca.pem", &authority.pem()),
        ("dayaq.pem", &own.certificate),
        ("dayaq.key", &own.key),
    ];
    for (name, pem) in files {
        stage.config.put(name, pem);
    }
    // Once by options, once by the file, whose paths are relative to it.
    let path = |name: &str| stage.config.folder().join(name).display().to_string();
    let [certificate, key, ca] = ["smsc.pem", "smsc.key", "esme-ca.pem"].map(path);
    let options = ["--tls-certificate", &certificate, "--tls-key", &key, "--tls-client-ca", &ca];
    let by_options = SmscProcess::start(&options);
    stage.config.put(
        "smsc.toml",
        "[tls]\ncertificate_file = \"smsc.pem\"\nkey_file = \"smsc.key\"\nclient_ca_file = \"esme-ca.pem\"\n",
    );
    let by_file = SmscProcess::start(&["--config", &path("smsc.toml")]);
    let own = ", certificate_file = \"dayaq.pem\", key_file = \"dayaq.key\", server_name = \"smsc.example\"";
    let ways = [&by_options, &by_file].map(|smsc| with_tls(&address(smsc.addr), own));
    stage.config = stage.config.operators(&ways);
    stage.start_unbound();
    for smsc in [&by_options, &by_file] {
        assert!(smsc.process.said().contains("TLS: every ESME that connects must speak it"));
        smsc.bound().await;
        let screen = smsc.phone(ALONE.number, "dial", "*7142#").await;
        assert!(screen.contains("1 "), "{screen}");
    }
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_without_the_certificate_that_the_operator_asks_for_there_is_no_bind_and_the_log_says_why() {
    let (authority, ours) = (Authority::new("operator"), Authority::new("ours"));
    let mut stage = stage(operator(&authority.sign("127.0.0.1"), Some(&ours)), &authority, "").await;
    let mut tap = stage.smsc.tap();
    stage.start_unbound();
    let log = says(&stage, "Link lost").await;
    let line = log.lines().find(|line| line.contains("Link lost")).expect("it was awaited");
    assert!(line.contains("received fatal alert") && line.to_lowercase().contains("certificate"), "{line}");
    assert!(tap.try_recv().is_err() && !stage.smsc.is_bound(), "nothing was heard of who has no certificate");
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a41_certificates_that_are_expired_foreign_or_of_another_name_are_never_accepted() {
    let (authority, stranger) = (Authority::new("operator"), Authority::new("stranger"));
    let papers = [
        authority.sign_until("127.0.0.1", 2020),
        stranger.sign("127.0.0.1"),
        authority.sign("other.example"),
        authority.sign("other.example"),
    ];
    let mut smscs = Vec::new();
    for papers in &papers {
        smscs.push(start(operator(papers, None)).await);
    }
    let mut taps: Vec<_> = smscs.iter().map(Smsc::tap).collect();
    let mut stage = Stage::set(Setting::default()).await;
    stage.config.put("smsc-ca.pem", &authority.pem());
    // To the last one we say whose certificate we expect.
    let named = ["", "", "", ", server_name = \"other.example\""];
    let ways: Vec<String> = smscs.iter().zip(named).map(|(smsc, more)| with_tls(&address(smsc.addr()), more)).collect();
    stage.config = stage.config.operators(&ways);
    stage.start_unbound();
    assert!(smscs[3].bound(PATIENCE).await, "{}", stage.log());
    let refused = [
        (1, "the SMSC's certificate expired on 01.01.2020 00:00 UTC"),
        (2, "is signed by an authority that is not in ca_file"),
        (3, "is for other.example, and not for 127.0.0.1"),
    ];
    for (number, why) in refused {
        let tries = eventually("it is tried again", async || {
            let log = stage.log();
            let own = |line: &&str| line.contains("SMSC not reached") && line.contains(&format!("foreign-{number}/1"));
            let tries: Vec<String> = log.lines().filter(own).map(str::to_owned).collect();
            (tries.len() >= 2).then_some(tries)
        });
        for line in tries.await {
            assert!(line.contains(why), "{why:?} is not in {line:?}");
        }
        assert!(!smscs[number - 1].is_bound() && taps[number - 1].try_recv().is_err(), "{why}: nothing was said");
    }
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a41_of_several_addresses_the_unknown_the_dead_and_the_expired_are_passed_over_and_one_that_dies_is_followed_by_the_next()
 {
    let authority = Authority::new("operator");
    // A port that is taken and at which nobody listens.
    let dead = TcpSocket::new_v4().expect("a socket");
    dead.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let expired = start(operator(&authority.sign_until("127.0.0.1", 2020), None)).await;
    let mut tap = expired.tap();
    let second = start(operator(&authority.sign("127.0.0.1"), None)).await;
    let mut stage =
        Stage::set(Setting { smsc: operator(&authority.sign("127.0.0.1"), None), ..Setting::default() }).await;
    stage.config.put("smsc-ca.pem", &authority.pem());
    let addresses = [dead.local_addr().expect("bound"), expired.addr(), stage.smsc.addr(), second.addr()];
    // A name that nobody ever has (RFC 2606).
    let quoted = addresses.iter().fold("\"smsc.invalid:2775\"".to_owned(), |all, one| format!("{all}, \"{one}\""));
    stage.config = stage.config.reach(&with_tls(&format!("addresses = [{quoted}]"), ""));

    let clock = SystemClock::new();
    stage.start_unbound();
    let begun = clock.monotonic();
    assert!(stage.smsc.bound(PATIENCE).await, "{}", stage.log());
    let waited = clock.monotonic() - begun;
    assert!(waited <= NEXT, "{waited:?}");
    let line = says(&stage, "SMSC reached at another address").await;
    for part in ["smsc.invalid:2775: ", "Connection refused", "certificate expired on 01.01.2020"] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    let phone = stage.phone(ALONE.number);
    let seen = ALONE.begin(&phone, 6).await;

    // The operator's first site goes down in the middle of a session; its phones dial again by way of the second.
    let first = std::mem::replace(&mut stage.smsc, second);
    let (site, begun) = (first.addr(), clock.monotonic());
    first.shutdown().await;
    assert!(stage.smsc.bound(PATIENCE).await, "{}", stage.log());
    let waited = clock.monotonic() - begun;
    assert!(waited <= NEXT + NEXT, "{waited:?}: the first site, the unknown, the dead, the expired, the second");
    println!("from {site} to {} in {waited:?}", stage.smsc.addr());
    let phone = Phone(stage.smsc.handset(Msisdn::parse(ALONE.number).expect("a number")));
    phone.dial().await.says(ALONE.go_on);
    assert_eq!(phone.send("1").await, seen, "the question of before");
    assert!(!expired.is_bound() && tap.try_recv().is_err(), "nothing was ever said to the expired one");
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a47_certificates_that_no_authority_vouches_for_serve_once_they_are_pinned_and_else_the_log_says_how() {
    let authority = Authority::new("operator");
    let kinds = [
        (Papers::self_signed("127.0.0.1"), "is signed by itself and by no authority"),
        (Papers::version_1(), "is of X.509 version 1"),
        (authority.sign_until("127.0.0.1", 2020), "expired on 01.01.2020 00:00 UTC"),
        (authority.sign("other.example"), "is for other.example, and not for 127.0.0.1"),
    ];
    let mut stage = Stage::set(Setting::default()).await;
    stage.config.put("smsc-ca.pem", &authority.pem());
    let (mut smscs, mut fronts, mut ways) = (Vec::new(), Vec::new(), Vec::new());
    for (papers, _) in &kinds {
        // Each kind is pinned, is left to ca_file, and is another than the one that is pinned.
        let pinned = start(SmscConfig::default()).await;
        let front = TlsFront::before(pinned.addr(), &papers.certificate, &papers.key).await;
        let fingerprint = front.fingerprint.to_string();
        let (next, before) = ("A0".repeat(32), "0b".repeat(32));
        let pins = format!("tls = {{ fingerprints = [\"{next}\", \"sha256 Fingerprint={fingerprint}\"] }}");
        ways.push(format!("{}\n{pins}", address(front.addr)));
        ways.push(with_tls(&address(front.addr), ""));
        ways.push(format!("{}\ntls = {{ fingerprints = [\"{before}\"] }}", address(front.addr)));
        smscs.push(pinned);
        fronts.push(front);
    }
    // Who has a pinned certificate and not its key.
    let thief = &kinds[0].0;
    let front = TlsFront::before(stage.smsc.addr(), &thief.certificate, &kinds[2].0.key).await;
    ways.push(format!("{}\ntls = {{ fingerprints = [\"{}\"] }}", address(front.addr), front.fingerprint));
    fronts.push(front);
    stage.config = stage.config.operators(&ways);
    stage.start_unbound();

    for (at, (_, why)) in kinds.iter().enumerate() {
        assert!(smscs[at].bound(PATIENCE).await, "{why}, pinned:\n{}", stage.log());
        let told = format!("its SHA-256 fingerprint is {}", fronts[at].fingerprint);
        refused(&stage, 3 * at + 2, &[why, "pin it (fingerprints in place of ca_file)", &told]).await;
        refused(&stage, 3 * at + 3, &["is not a pinned one", "pin it, too (fingerprints, two at a time)", &told]).await;
    }
    refused(&stage, 13, &["does not prove to have its key", "somebody else may answer"]).await;
    assert!(!stage.smsc.is_bound(), "nothing was said to who has not the key");
    let phone = Phone(smscs[1].handset(Msisdn::parse(ALONE.number).expect("a number")));
    phone.dial().await.says("1 ");
    stage.assert_sound().await;
}

/// The log says of that operator's first bind that its SMSC was not reached, and each of these.
async fn refused(stage: &Stage, operator: usize, parts: &[&str]) {
    let line = eventually("it is refused", async || {
        let log = stage.log();
        let bind = format!("foreign-{operator}/1");
        log.lines().find(|line| line.contains("SMSC not reached") && line.contains(&bind)).map(str::to_owned)
    });
    let line = line.await;
    for part in parts {
        assert!(line.contains(part), "{part:?} is not in {line:?}");
    }
}

/// What each connection said before we ended it, answered by these octets.
async fn hear(listener: &TcpListener, answers: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut heard = Vec::new();
    for answer in answers {
        let (mut stream, _) =
            tokio::time::timeout(PATIENCE, listener.accept()).await.expect("a try").expect("a socket");
        let mut octets = Vec::new();
        stream.read_buf(&mut octets).await.expect("it speaks first");
        // It may have gone already.
        let _ = stream.write_all(answer).await;
        let _ = stream.shutdown().await;
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut octets)).await.expect("it ends as well");
        heard.push(octets);
    }
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_where_the_smsc_speaks_none_nothing_is_ever_said_in_clear() {
    let authority = Authority::new("operator");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let at: SocketAddr = listener.local_addr().expect("an address");
    let mut stage = Stage::set(Setting::default()).await;
    stage.config.put("smsc-ca.pem", &authority.pem());
    stage.config = stage.config.reach(&with_tls(&address(at), ""));
    stage.start_unbound();
    // The end at once; bind_transceiver_resp and outbind of SMPP in clear; an alert of TLS; HTTP.
    let resp = [&[0, 0, 0, 17, 0x80, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0][..]].concat();
    let outbind = [&[0, 0, 0, 18, 0, 0, 0, 0x0B, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0][..]].concat();
    let alert = [21, 3, 3, 0, 2, 2, 70];
    let heard = hear(&listener, &[b"", &resp, &outbind, &alert, b"HTTP/1.1 400 Bad Request\r\n\r\n"]).await;
    for octets in heard {
        assert_eq!(octets.first(), Some(&HANDSHAKE), "{octets:02x?}");
        for word in [SYSTEM_ID, PASSWORD] {
            assert!(!octets.windows(word.len()).any(|part| part == word.as_bytes()), "{word} in clear");
        }
    }
    assert_eq!(stage.metric("dayaq_smpp_bound").await, 0.0);
    stage.assert_sound().await;
}
