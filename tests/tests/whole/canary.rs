//! A canary family goes the whole way: nothing of it may be found where personal values have no business (G11).

use crate::serve_config::{MASTER_KEY, PASSWORD, TOKEN};
use crate::stage::{Setting, Stage, eventually, read_only};
use dayaq_redis::RedisNode;
use dayaq_registries::{Households, Institution};
use dayaq_simulator::{SmscConfig, TappedPdu};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

const FAMILY: &str = r#"
[[household]]
id = "canary"
district = "nesimi"
notary = { number = "774455889911", issued_days_ago = 10, valid_days = 90 }

[[household.person]]
fin = "5CANARY"
relation = "applicant"
surname = "Kanarquşuova"
name = "Sarıbülbülə"
patronymic = "Qəfəsağa qızı"
birth_date = 1966-01-23
id_card = { series = "AZE", number = "90817263" }

[[household.person]]
fin = "7CANARY"
relation = "child"
surname = "Kanarquşuova"
name = "Bülbülcücə"
birth_date = 2015-05-05
"#;

/// The canaries: what they are, and what of them is looked for.
const CANARIES: &[(&str, &str)] = &[
    ("the applicant's FIN", "5CANARY"),
    ("the FIN as it was typed", "5canary"),
    ("the member's FIN", "7CANARY"),
    ("a FIN that is nobody's", "6CANARY"),
    ("a FIN with a wrong letter", "5CANARI"),
    // Whatever stands before it: 994, +994, 00994, 0.
    ("the phone number", "507654321"),
    ("the card's number", "90817263"),
    ("wrong last digits", "4242"),
    ("the notarised application's number", "774455889911"),
    ("a meter's number", "556644332211"),
    ("the surname", "Kanarquşuova"),
    ("the name", "Sarıbülbülə"),
    ("the name without our letters", "Saribulbul"),
    ("the patronymic", "Qəfəsağa"),
    ("what was typed as an option", "kanareyka"),
    ("the master key", MASTER_KEY),
];

/// Four digits occur by chance in binary and in times: they are looked for in words alone.
const TOO_SHORT_FOR_FILES: &[&str] = &["4242"];

/// One value in the forms in which it might lie somewhere.
fn forms(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let utf8 = value.as_bytes().to_vec();
    let units: Vec<u16> = value.encode_utf16().collect();
    let be: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    let le: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let decimals = |between: &str| utf8.iter().map(u8::to_string).collect::<Vec<_>>().join(between).into_bytes();
    let mut forms = vec![
        ("UTF-8", utf8.clone()),
        ("UTF-16BE", be.clone()),
        ("UTF-16LE", le),
        ("hex", hex(&utf8)),
        ("capital hex", hex(&utf8).to_ascii_uppercase()),
        ("hex of UTF-16BE", hex(&be)),
        ("capital hex of UTF-16BE", hex(&be).to_ascii_uppercase()),
        ("a JSON list", decimals(",")),
        ("a Debug list", decimals(", ")),
    ];
    for octets in [&utf8, &be] {
        for shift in 0..3 {
            forms.push(("base64", base64_inside(octets, shift)));
        }
    }
    forms
}

fn hex(octets: &[u8]) -> Vec<u8> {
    octets.iter().flat_map(|octet| format!("{octet:02x}").into_bytes()).collect()
}

/// The part of the Base64 of anything that holds these octets, `shift` octets after a multiple of three, which
/// depends on them alone.
fn base64_inside(octets: &[u8], shift: usize) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = |index: usize| octets.get(index / 8).map_or(0, |octet| octet >> (7 - index % 8) & 1);
    let first = match shift {
        0 => 0,
        // One octet before leaves 4 bits of ours in its second digit, two leave 2 bits in the third.
        1 => 4,
        _ => 2,
    };
    let whole = (octets.len() * 8 - first) / 6;
    let digit = |at: usize| (0..6).fold(0, |digit, bit| digit << 1 | usize::from(bits(first + at * 6 + bit)));
    (0..whole).map(|at| DIGITS[digit(at)]).collect()
}

/// Every canary that is found, with its form.
fn hits(haystack: &[u8], skip: &[&str]) -> Vec<String> {
    let mut needles = Vec::new();
    for (what, value) in CANARIES.iter().filter(|(_, value)| !skip.contains(value)) {
        needles.extend(forms(value).into_iter().map(|(form, needle)| (format!("{what} in {form}"), needle)));
    }
    // One pass over what may be megabytes: only needles that begin with the octet at hand are looked at.
    let mut by_first: Vec<Vec<&(String, Vec<u8>)>> = vec![Vec::new(); 256];
    for needle in &needles {
        by_first[usize::from(needle.1[0])].push(needle);
    }
    let mut found = BTreeSet::new();
    for (at, octet) in haystack.iter().enumerate() {
        for (name, needle) in &by_first[usize::from(*octet)] {
            if haystack[at..].starts_with(needle) {
                found.insert(name.clone());
            }
        }
    }
    found.into_iter().collect()
}

#[track_caller]
fn assert_clean(place: &str, haystack: &[u8], skip: &[&str]) {
    assert!(!haystack.is_empty(), "{place} is empty: nothing was searched");
    let found = hits(haystack, skip);
    assert!(found.is_empty(), "{place}: {found:#?}");
}

/// A log or figures without the numbers that only the machine makes, in which any four digits may stand by chance: the
/// time that begins a line, ids, ports, and the value that ends a figure.
fn without_machines_own(text: &str) -> String {
    let is_id = |word: &str| word.len() == 36 && word.bytes().all(|octet| octet.is_ascii_hexdigit() || octet == b'-');
    let words = |line: &str| {
        let figure = line.starts_with("dayaq_") || line.starts_with("process_");
        let line = if figure { line.rsplit_once(' ').map_or(line, |(name, _)| name) } else { line };
        let mut kept = String::new();
        for (at, word) in line.split(' ').enumerate() {
            let time = at == 0 && word.starts_with("20") && word.ends_with('Z');
            let id = is_id(word.rsplit('=').next().unwrap_or(word));
            let (word, _port) = word.split_once("127.0.0.1:").unwrap_or((word, ""));
            if !time && !id {
                kept += word;
            }
            kept.push(' ');
        }
        kept
    };
    text.lines().map(words).collect::<Vec<_>>().join("\n")
}

/// Every file below a folder, with its octets.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push((path.display().to_string(), fs::read(&path).expect("a file"))),
        }
    }
    found
}

/// The stores' own files, with their logs.
fn stores(stage: &Stage) -> Vec<(String, Vec<u8>)> {
    let all = files(stage.config.folder());
    let stores: Vec<_> = all.into_iter().filter(|(path, _)| path.contains(".sqlite")).collect();
    assert!(stores.iter().any(|(path, _)| path.ends_with("-wal")), "the logs are searched, too");
    stores
}

/// Applies, asks, errs and is refused: every way that a canary can take through the program.
async fn go_every_way(stage: &Stage) {
    let phone = stage.phone("+994507654321");
    phone.dial().await;
    phone.send("3").await.says("1 New application");
    phone.send("kanareyka").await.says("1 New application");
    phone.send("2").await.says("no application from this number");
    phone.send("00").await.says("1 New application");
    phone.send("1").await.says("This is free");
    phone.send("1").await.says("1 I agree");
    phone.send("1").await.says("Your FIN");
    phone.send("5CANARI").await.says("5CANAR1: is this right?");
    phone.send("no").await.says("Your FIN");
    phone.send("5canary, 90817263").await.says("7 letters and digits");
    phone.send("5canary").await.says("Series");
    phone.send("kanareyka").await.says("1 AZE");
    phone.send("1").await.says("8 digits");
    phone.0.hang_up().await.expect("the gateway hears it");
    phone.dial().await.says("1 Continue");
    phone.send("1").await.says("8 digits");
    phone.send("908172635").await.says("has 8 digits");
    phone.send("90817263").await.says("notar");
    phone.send("774455889911").await.says("you+0");
    phone.send("7CANARY").await.says("Who is this to you?");
    phone.send("2").await.says("you+1");
    phone.send("2").await.says("First 3 letters");
    phone.send("nasimi").await.says("branch");
    phone.send("1").await.says("numbers of your meters");
    let review = phone.send("2").await;
    review.says("5CANARY").says("90817263");
    let mut seen = review;
    while !seen.text.contains("1 Send") {
        seen = phone.send("98").await;
    }
    phone.send("1").await.says("Registered").ends();
    assert!(phone.text().await.contains("registered"));
    assert!(phone.text().await.contains("granted"));
    assert!(phone.text().await.contains("ready"));
    // My application and my card, with wrong digits first.
    phone.dial().await;
    phone.send("2").await.says("card is ready");
    phone.send("2").await.says("Last 4 digits");
    phone.send("4242").await.says("do not match");
    phone.send("1").await.says("Last 4 digits");
    phone.send("7263").await.says("a month").ends();
    phone.dial().await;
    phone.send("3").await.says("Last 4 digits");
    phone.send("7263").await.says("Nasimi").ends();
    // A FIN that no institution knows, and institutions that fail while they are asked: both are logged.
    stage.registries.fail_next(Institution::Interior, 1);
    stage.registries.garble_next(Institution::Taxes, 1);
    let other = stage.phone("00994 50 765 43 21");
    other.dial().await;
    other.send("1").await.says("2 Apply for another family");
    other.send("2").await.says("This is free");
    other.send("1").await.says("1 I agree");
    other.send("1").await;
    other.send("6CANARY").await;
    other.send("1").await;
    other.send("90817263").await;
    other.send("774455889911").await;
    other.send("2").await;
    other.send("nasimi").await;
    other.send("1").await;
    other.send("1").await.says("electricity meter");
    other.send("556644332211").await.says("water meter");
    other.send("556644332211").await.says("gas meter");
    let mut seen = other.send("1").await;
    while !seen.text.contains("1 Send") {
        seen = other.send("98").await;
    }
    other.send("1").await.ends();
    assert!(other.text().await.contains("registered"));
    // A text to the service, and octets that are none.
    other.0.send_sms("kanareyka 5CANARY 90817263").await.expect("it is taken");
    other.dial().await;
    let broken = [0xD8, 0x00, 0x00, b'5', 0x00, b'C'];
    other.0.send_octets(8, &broken).await.expect("a polite screen");
    other.0.time_out().await.expect("the gateway hears it");
    eventually("institutions that failed were asked", async || {
        (stage.registries.control(Institution::Interior).fail_next == 0).then_some(())
    })
    .await;
}

/// Everything that went over the wire, so far.
fn drain(tap: &mut Receiver<TappedPdu>) -> Vec<u8> {
    let mut octets = Vec::new();
    loop {
        match tap.try_recv() {
            Ok(pdu) => octets.extend_from_slice(&pdu.octets),
            Err(TryRecvError::Empty | TryRecvError::Closed) => return octets,
            Err(TryRecvError::Lagged(lost)) => panic!("{lost} PDUs were lost"),
        }
    }
}

/// What the stores hold without the key, as somebody who steals a backup has it.
async fn backup(database: &Path, to: &Path) -> Vec<u8> {
    let mut connection = read_only(database).await;
    let vacuum = sqlx::query("VACUUM INTO ?").bind(to.display().to_string());
    vacuum.execute(&mut connection).await.expect("a backup");
    fs::read(to).expect("a backup")
}

async fn leaves_no_trace(redis: Option<&RedisNode>) {
    let (households, faults) = Households::read("canary.toml", FAMILY);
    let households = households.unwrap_or_else(|| panic!("{faults}"));
    let smsc = SmscConfig { redelivery: Duration::from_millis(10), ..SmscConfig::default() };
    let setting = Setting { smsc, households, redis: redis.map(RedisNode::url), ..Setting::default() };
    let mut stage = Stage::up(setting).await;
    let mut tap = stage.smsc.tap();
    go_every_way(&stage).await;

    let wire = hits(&drain(&mut tap), &[]);
    for seen in ["the applicant's FIN in UTF-8", "the phone number in UTF-8", "the card's number in UTF-8"] {
        assert!(wire.iter().any(|hit| hit == seen), "the search finds what is there: {seen} in {wire:?}");
    }

    let (status, metrics) = stage.page("/metrics").await;
    assert_eq!(status, 200);
    assert!(metrics.contains("dayaq_turns_total"), "the metrics are searched as they are:\n{metrics}");
    assert_clean("/metrics", without_machines_own(&metrics).as_bytes(), &[]);
    assert_clean("/readyz", stage.page("/readyz").await.1.as_bytes(), &[]);
    for (path, octets) in stores(&stage).iter().filter(|(_, octets)| !octets.is_empty()) {
        assert_clean(path, octets, TOO_SHORT_FOR_FILES);
    }
    for database in [stage.config.core_database(), stage.config.gateway_database()] {
        let copy = database.with_extension("backup");
        assert_clean("a backup", &backup(&database, &copy).await, TOO_SHORT_FOR_FILES);
    }
    if let Some(redis) = redis {
        let keys: Vec<String> = redis.ask(&["KEYS", "*"]).await;
        assert!(!keys.is_empty(), "the sessions were in Redis");
        assert_clean("the names of Redis's keys", keys.join("\n").as_bytes(), &[]);
        for key in &keys {
            let fields: Vec<Vec<u8>> = redis.ask(&["HGETALL", key]).await;
            assert_clean("a value in Redis", &fields.concat(), TOO_SHORT_FOR_FILES);
        }
        let octets: Vec<u8> = files(redis.folder()).into_iter().flat_map(|(_, octets)| octets).collect();
        let held = octets.windows(7).any(|window| window == b"dayaq:{");
        assert!(held, "Redis's own files hold the sessions");
        assert_clean("Redis's files", &octets, TOO_SHORT_FOR_FILES);
    }

    stage.assert_sound().await;
    stage.terminate().await;
    let log = stage.log();
    assert!(log.contains("Bind established") && log.contains("Decided"), "a whole log is searched:\n{log}");
    assert_clean("the log", without_machines_own(&log).as_bytes(), &[]);
    for secret in [format!("\"{PASSWORD}\""), format!("Bearer {TOKEN}"), format!("password={PASSWORD}")] {
        assert!(!log.contains(&secret), "{secret} is in the log");
    }
    for (path, octets) in files(stage.config.folder()).iter().filter(|(path, _)| path.contains(".sqlite")) {
        assert_clean(path, octets, TOO_SHORT_FOR_FILES);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_a_canary_leaves_no_trace_with_sessions_in_sqlite() {
    leaves_no_trace(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_a_canary_leaves_no_trace_with_sessions_in_redis() {
    let redis = RedisNode::syncing().started();
    leaves_no_trace(Some(&redis)).await;
}

#[test]
fn the_search_finds_a_canary_in_each_of_its_forms() {
    let mut around = b"before ".to_vec();
    for (form, needle) in forms("5CANARY") {
        let mut haystack = around.clone();
        haystack.extend_from_slice(&needle);
        haystack.extend_from_slice(b" after");
        assert!(hits(&haystack, &[]).iter().any(|hit| hit.starts_with("the applicant's FIN")), "{form}");
        around.push(b'.');
    }
    // Base64 as RFC 4648 has it, at each of the three places: of "x5CANARY!", "xx5CANARY" and "5CANARYxx".
    for encoded in ["eDVDQU5BUlkh", "eHg1Q0FOQVJZ", "NUNBTkFSWXh4"] {
        assert_eq!(hits(encoded.as_bytes(), &[]), ["the applicant's FIN in base64"], "{encoded}");
    }
    assert!(hits(b"nothing of the kind", &[]).is_empty());
}
