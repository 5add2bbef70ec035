//! A store that was restored from an older copy does no harm: it is noticed at the start, said with its remedy, and gone on
//! with only when somebody says so; then nothing happens twice.

use crate::family::{ALONE, Family, QUBA};
use crate::program::{Process, run, text};
use crate::stage::{Phone, Setting, Stage, eventually};
use std::fs;
use std::path::{Path, PathBuf};

/// What an SQLite database is in, beside its lock.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

fn part(store: &Path, part: &str) -> PathBuf {
    PathBuf::from(format!("{}{part}", store.display()))
}

/// A copy of a store on which nothing runs.
type Copy = [Option<Vec<u8>>; 3];

fn copy_of(store: &Path) -> Copy {
    PARTS.map(|name| fs::read(part(store, name)).ok())
}

fn put_back(store: &Path, copy: Option<&Copy>) {
    for (at, name) in PARTS.into_iter().enumerate() {
        let _ = fs::remove_file(part(store, name));
        if let Some(octets) = copy.and_then(|copy| copy[at].as_ref()) {
            fs::write(part(store, name), octets).expect("a store");
        }
    }
}

/// Hands in, and waits until the family has its card and every text.
async fn to_the_card(stage: &Stage, family: &Family) -> String {
    let phone = stage.phone(family.number);
    family.until_confirm(&phone).await;
    let number = phone.send("1").await.says(family.registered).ends().reference();
    eventually("the card's text", async || (texts(&phone).len() == 3).then_some(())).await;
    eventually("all is reported", async || {
        let open: Vec<i64> = stage.core_column("SELECT count(*) FROM notices WHERE state = 'waiting'").await;
        (open == [0]).then_some(())
    })
    .await;
    number
}

/// The texts of a phone, each of which it must have once.
fn texts(phone: &Phone) -> Vec<String> {
    let mut texts: Vec<String> = phone.0.sms_inbox().into_iter().map(|sms| sms.text).collect();
    let all = texts.len();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), all, "no text twice: {texts:#?}");
    texts
}

fn config(stage: &Stage) -> String {
    stage.config.write().display().to_string()
}

/// The program does not start on these stores, and says what to do.
fn is_refused(stage: &Stage, which: &str) {
    let mut serve = Process::dayaq(&["serve", "--config", &config(stage)], &[("RUST_LOG", "info")]);
    let status = serve.wait();
    let said = serve.said();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains(which) && said.contains("`dayaq restored --config FILE`"), "{said}");
    assert!(!said.contains("panicked") && !said.contains("dayaq serves"), "{said}");
}

/// Looks without changing anything, then goes on; gives what was said.
fn goes_on(stage: &Stage) -> String {
    let looked = run(&["restored", "--config", &config(stage)]);
    assert_eq!(looked.status.code(), Some(1), "{}", text(&looked.stderr));
    assert!(text(&looked.stdout).contains("Nothing was changed"), "{}", text(&looked.stdout));
    let gone = run(&["restored", "--config", &config(stage), "--go-on"]);
    assert!(gone.status.success(), "{}{}", text(&gone.stdout), text(&gone.stderr));
    let again = run(&["restored", "--config", &config(stage)]);
    assert!(text(&again.stdout).contains("nothing is to be done"), "{}", text(&again.stdout));
    text(&gone.stdout)
}

#[tokio::test(flavor = "multi_thread")]
async fn x03_a_core_restored_from_an_older_copy_takes_again_what_families_were_told() {
    let mut stage = Stage::up(Setting::default()).await;
    let first = to_the_card(&stage, &ALONE).await;
    stage.terminate().await;
    let copy = copy_of(&stage.config.core_database());
    stage.start().await;
    let second = to_the_card(&stage, &QUBA).await;
    stage.terminate().await;
    let (quba, alone) = (stage.phone(QUBA.number), stage.phone(ALONE.number));
    let (heard, orders) = (texts(&quba), stage.registries.card_orders().len());

    put_back(&stage.config.core_database(), Some(&copy));
    is_refused(&stage, "the core's store is older than what the gateway's has heard from it");
    let said = goes_on(&stage);
    assert!(said.contains("taken again: 1; there already: 1; differing: 0"), "{said}");
    let why: Vec<String> = stage.core_column("SELECT why FROM restores").await;
    assert_eq!(why.len(), 1, "it is kept that somebody went on: {why:?}");

    stage.start().await;
    eventually("the card is known again", async || {
        let ready: Vec<i64> = stage.core_column("SELECT count(*) FROM cards WHERE state = 'ready'").await;
        let open: Vec<i64> = stage.core_column("SELECT count(*) FROM notices WHERE state = 'waiting'").await;
        (ready == [2] && open == [0]).then_some(())
    })
    .await;
    assert_eq!(stage.references().await, [first, second.clone()], "the numbers that were told");
    assert_eq!(stage.registries.card_orders().len(), orders, "no second order at the bank");
    assert_eq!(texts(&quba), heard, "no text twice");
    assert_eq!(texts(&alone).len(), 3);
    quba.dial().await;
    assert_eq!(quba.send("2").await.reference(), second, "the family sees its application");
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn x03_a_gateway_restored_from_an_older_copy_sends_nothing_twice() {
    let mut stage = Stage::up(Setting::default()).await;
    to_the_card(&stage, &ALONE).await;
    stage.terminate().await;
    let copy = copy_of(&stage.config.gateway_database());
    stage.start().await;
    let second = to_the_card(&stage, &QUBA).await;
    stage.terminate().await;
    put_back(&stage.config.gateway_database(), Some(&copy));
    is_refused(&stage, "the gateway's store is older than what the core's has heard from it");
    goes_on(&stage);
    stage.start().await;
    let quba = stage.phone(QUBA.number);
    // Its language is forgotten, its application is not.
    let mut seen = quba.dial().await;
    if seen.text.contains("1 Azərbaycanca") {
        seen = quba.send("1").await;
    }
    seen.says(QUBA.menu);
    assert_eq!(quba.send("2").await.reference(), second);
    assert_eq!(texts(&quba).len(), 3, "no text twice");
    assert_eq!(stage.registries.card_orders().len(), 2);
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn x03_an_empty_store_beside_an_older_one_is_noticed() {
    let mut stage = Stage::up(Setting::default()).await;
    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    let number = phone.send("1").await.says(ALONE.registered).ends().reference();
    stage.terminate().await;
    let (core, gateway) = (stage.config.core_database(), stage.config.gateway_database());
    let copies = [copy_of(&core), copy_of(&gateway)];
    put_back(&core, None);
    is_refused(&stage, "the core's store is older");
    put_back(&core, Some(&copies[0]));
    put_back(&gateway, None);
    is_refused(&stage, "the gateway's store is older");
    // The right files in place are the other remedy.
    put_back(&gateway, Some(&copies[1]));
    stage.start().await;
    assert_eq!(stage.references().await, std::slice::from_ref(&number));
    stage.terminate().await;
    // With nothing but what the gateway remembers, the family still has its number.
    put_back(&core, None);
    goes_on(&stage);
    stage.start().await;
    assert_eq!(stage.references().await, [number]);
    stage.assert_sound().await;
}

/// A file that is gone or another takes no more changes: what was told would be lost at the next start.
#[tokio::test(flavor = "multi_thread")]
async fn h_a_database_replaced_under_the_process_is_not_ready() {
    let stage = Stage::up(Setting::default()).await;
    for (name, store) in [("core", stage.config.core_database()), ("gateway-store", stage.config.gateway_database())] {
        let aside = part(&store, "-aside");
        let ready = async |expected: u16, says: &str| {
            eventually("readiness", async || {
                let (status, body) = stage.page("/readyz").await;
                (status == expected && body.contains(says)).then_some(())
            })
            .await;
        };
        ready(200, name).await;
        fs::rename(&store, &aside).expect("a file");
        ready(503, "is gone: what was written since would be lost").await;
        fs::write(&store, b"").expect("a file");
        ready(503, "is another file than the one that is open").await;
        fs::remove_file(&store).expect("a file");
        fs::rename(&aside, &store).expect("a file");
        ready(200, name).await;
    }
    stage.assert_sound().await;
}

/// Past the end of rules or calendar the service stays ready and says what is missing.
#[tokio::test(flavor = "multi_thread")]
async fn g_readiness_and_metrics_say_how_far_rules_and_calendar_reach() {
    let stage = Stage::up(Setting::default()).await;
    let body = eventually("it is ready", async || {
        let (status, body) = stage.page("/readyz").await;
        (status == 200).then_some(body)
    })
    .await;
    assert!(body.contains("rules-and-calendar"), "{body}");
    let (_, metrics) = stage.page("/metrics").await;
    let days = |by: &str| {
        let name = format!("dayaq_core_days_covered{{by=\"{by}\"}} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&name)).unwrap_or_else(|| panic!("{metrics}"));
        line.parse::<f64>().expect("a number")
    };
    for (by, place) in [("rules", "config/rules/"), ("calendar", "config/calendar/")] {
        assert_eq!(body.contains(&format!("\"{place}")), days(by) < 90.0, "{by}: {body}");
    }
}
