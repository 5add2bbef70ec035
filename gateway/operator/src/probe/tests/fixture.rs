//! A run against the simulated operator, with somebody at the test phone.

use crate::probe::{Order, Report, Verdict, probe};
use dayaq_gateway::config::{Address, BindKind, Profile, read_profile};
use dayaq_simulator::{Handset, Smsc, SmscConfig};
use dayaq_types::{Clock, Msisdn, SeededEntropy, SystemClock};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

pub const PHONE: &str = "994501234567";
pub const PASSWORD: &str = "p4ss-w0rd";
/// The longest that a test waits for something that should happen at once.
const PATIENCE: Duration = Duration::from_secs(60);

/// The profiles that ship, by name.
pub const SHIPPED: [(&str, &str); 5] = [
    ("specification", include_str!("../../../../../config/operators/specification.toml")),
    ("dialogue-id", include_str!("../../../../../config/operators/dialogue-id.toml")),
    ("message-reference", include_str!("../../../../../config/operators/message-reference.toml")),
    ("msisdn-only", include_str!("../../../../../config/operators/msisdn-only.toml")),
    ("vendor-tag", include_str!("../../../../../config/operators/vendor-tag.toml")),
];

pub fn profile(text: &str) -> Profile {
    let (document, found) = dayaq_author::parse("profile.toml", text);
    let profile = read_profile(&document, &found);
    assert_eq!(found.to_string(), "");
    profile.expect("a profile in order")
}

pub fn shipped(name: &str) -> Profile {
    profile(SHIPPED.iter().find(|(known, _)| *known == name).expect("it ships").1)
}

/// An operator that speaks as the profile says.
pub fn operator(profile: &Profile) -> SmscConfig {
    let mut config = SmscConfig::default();
    // It probes us often, so that a short run sees it.
    config.link.enquire_link = Some(Duration::from_millis(300));
    SmscConfig {
        accounts: vec![dayaq_simulator::Account::new("dayaq", PASSWORD)],
        dialect: profile.dialect.clone(),
        ..config
    }
}

/// A run that shows everything of the profile, if the SMSC lets it.
pub fn order(profile: &Profile, smsc: std::net::SocketAddr) -> Order {
    let mut profile = profile.clone();
    // A rate, so that there is one to keep to, and times that end a failing test soon.
    profile.pace.segments_per_second = Some(20);
    profile.link.window = 10;
    Order {
        profile,
        profile_name: "profile.toml".to_owned(),
        profile_sha256: "0123456789abcdef".repeat(4),
        version: "0.1.0".to_owned(),
        smsc: Address::from(smsc),
        tls: None,
        system_id: "dayaq".to_owned(),
        password: PASSWORD.into(),
        system_type: String::new(),
        bind: BindKind::Transceiver,
        phone: Msisdn::parse(PHONE).expect("a number"),
        code: "7142".to_owned(),
        texts_max: 100,
        groups: Vec::new(),
        try_wrong_password: true,
        echo: true,
        person_wait: Duration::from_secs(30),
        receipt_wait: Duration::from_secs(30),
    }
}

/// Runs the list with a person at the phone, who does what she is told.
pub async fn run(config: SmscConfig, order: impl FnOnce(std::net::SocketAddr) -> Order) -> Report {
    let smsc = Smsc::start(config).await.expect("loopback has a free port");
    let order = order(smsc.addr());
    let phone = smsc.handset(order.phone);
    let (told, mut telling) = mpsc::unbounded_channel::<String>();
    let echo = tokio::spawn(echo(phone.clone()));
    let person = tokio::spawn(async move {
        while let Some(what) = telling.recv().await {
            obey(&phone, &what).await;
        }
    });
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut tell = move |what: &str| {
        let _ = told.send(what.to_owned());
    };
    let report = probe(&order, clock, &SeededEntropy::new(7), &mut tell).await;
    drop(tell);
    echo.abort();
    person.abort();
    smsc.shutdown().await;
    report
}

/// Sends every text back.
async fn echo(phone: Handset) {
    while let Ok(sms) = phone.next_sms(PATIENCE).await {
        let counted = sms.text.starts_with("Dayaq window") || sms.text.starts_with("Dayaq rate");
        if !counted {
            // What cannot be sent back is missed by the report.
            let _ = phone.send_sms(&sms.text).await;
        }
    }
}

/// What a person does who reads what she is told, and what the phone shows.
async fn obey(phone: &Handset, what: &str) {
    if what.starts_with("Dial") {
        let screen = phone.dial("*7142#").await.expect("screen 1");
        assert!(screen.text.contains("1 Yes"), "{}", screen.text);
        let screen = phone.send("1").await.expect("screen 2");
        assert!(screen.text.contains("2/3"), "{}", screen.text);
        let right = screen.text.contains("Ə ə I ı İ i Ğ ğ") || screen.text.contains("E e I i I i G g");
        let screen = phone.send(if right { "1" } else { "2" }).await.expect("screen 3");
        if screen.more {
            let _ = phone.send("9").await;
        }
    } else if what.contains("hang up") {
        phone.dial("*7142#").await.expect("the menu to hang up at");
        phone.hang_up().await.expect("the probe is told");
    } else if what.starts_with("A message") {
        phone.next_push(PATIENCE).await.expect("a message");
    } else if what.starts_with("A menu") {
        phone.next_push(PATIENCE).await.expect("a menu");
        phone.send("1").await.expect("an end");
    }
}

/// The rows that came out so, by name.
pub fn rows(report: &Report, verdict: Verdict) -> Vec<&'static str> {
    report.rows.iter().filter(|row| row.verdict == verdict).map(|row| row.id).collect()
}
