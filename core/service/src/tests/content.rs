use super::world::{World, content, open, shipped};
use crate::rules::Ground;
use crate::{ContentFiles, CoreConfig, CoreContent, OpenError};
use dayaq_author::{Environment, Surroundings};
use dayaq_sql::StoreConfig;
use jiff::civil::date;

fn faults(files: &ContentFiles) -> String {
    let (content, diagnostics) = CoreContent::read(files);
    assert!(content.is_none(), "faults stop the start");
    diagnostics.to_string()
}

#[test]
fn the_shipped_content_is_whole() {
    let content = content(&shipped());
    for (year, criterion) in [(2021, 170), (2022, 200), (2023, 246), (2024, 270), (2025, 285), (2026, 300)] {
        let rules = content.rules.governing(date(year, 7, 1)).unwrap();
        assert_eq!(rules.criterion, dayaq_types::Money::from_manat(criterion));
        assert_eq!(rules.award_months, 12);
        assert!(Ground::ALL.iter().all(|g| rules.refusal(*g).is_some()));
    }
    assert_eq!(content.rules.governing(date(2027, 1, 1)), None, "the law of 2027 is not signed");
    assert_eq!(content.rules.governing(date(2020, 5, 1)).unwrap().award_months, 24);
    let ids = content.institution_ids();
    assert_eq!(ids.len(), 18, "the 17 institutions and the ministry's own register: {ids:?}");
}

#[test]
fn every_fault_of_a_rule_file_is_told_with_its_line() {
    let mut files = shipped();
    let (_, text) = files.rules.iter_mut().find(|(name, _)| name == "2026.toml").unwrap();
    *text = text.replace("amount = \"300.00\"", "amount = \"300.005\"").replacen("\"verified\"", "\"sure\"", 1);
    *text = text.replace("ground = \"vehicle\"", "ground = \"income\"");
    let found = faults(&files);
    for expected in ["criterion.amount: must be an amount", "criterion.mark: must be one of", "ground: given twice"] {
        assert!(found.contains(expected), "{expected} is missing in\n{found}");
    }
    assert!(found.lines().all(|line| line.starts_with("2026.toml")), "{found}");
}

#[test]
fn rules_of_the_same_days_are_a_fault() {
    let mut files = shipped();
    let again = files.rules.last().unwrap().1.replace("id = \"2026\"", "id = \"2026-b\"");
    files.rules.push(("2026-b.toml".to_owned(), again));
    assert!(faults(&files).contains("its days overlap those of \"2026\""));
}

#[test]
fn every_fault_of_an_institution_is_told() {
    let mut files = shipped();
    for (_, text) in &mut files.institutions {
        *text = text
            .replace("/persons/{fin}\"", "/persons/{pin}\"")
            .replace("name = \"prisoner\"", "name = \"prisonr\"")
            .replace("\"2m\"", "\"2 minutes\"")
            .replace(", basis = \"/basis\"", "");
    }
    let found = faults(&files);
    for expected in ["\"pin\" is not fin", "found \"prisonr\"", "found \"2 minutes\"", "item.basis: missing"] {
        assert!(found.contains(expected), "{expected} is missing in\n{found}");
    }
}

#[test]
fn a_fact_that_nobody_gives_is_a_fault() {
    let mut files = shipped();
    files.institutions.retain(|(name, _)| name != "refugees.toml");
    assert!(faults(&files).contains("no institution gives the fact \"displaced-to\""));
}

/// Surroundings with the token of the bank, and a file with the address of a database.
struct Bank;

impl Environment for Bank {
    fn variable(&self, name: &str) -> Option<String> {
        (name == "BANK_TOKEN").then(|| "secret".to_owned())
    }
}

impl Surroundings for Bank {
    fn file(&self, path: &str) -> Result<String, String> {
        if path == "url" { Ok("postgres://dayaq:secret@db/dayaq\n".to_owned()) } else { Err("no such file".to_owned()) }
    }
}

#[test]
fn the_configuration_names_every_address_or_says_which_is_missing() {
    let ids = ["interior", "justice", "taxes"].map(str::to_owned);
    let read = |text: &str| {
        let (document, diagnostics) = dayaq_author::parse("dayaq.toml", text);
        let root = document.root(&diagnostics);
        let config = root.table("core").and_then(|table| CoreConfig::read(table, &ids, &Bank));
        root.finish();
        (config, diagnostics.to_string())
    };
    let good = "[core]\ndatabase = \"data/core.sqlite\"\ncard_poll_s = 600\n\
        [core.institutions.interior]\nbase_url = \"http://127.0.0.1:1/interior/\"\ntoken = \"a\"\n\
        [core.institutions.justice]\nbase_url = \"http://127.0.0.1:1/justice\"\ntoken = \"a\"\n\
        [core.institutions.taxes]\nbase_url = \"http://127.0.0.1:1/taxes\"\ntoken = \"a\"\n\
        [core.bank]\nbase_url = \"https://bank.example\"\ntoken_env = \"BANK_TOKEN\"\n";
    let (config, found) = read(good);
    assert_eq!(found, "");
    let config = config.unwrap();
    assert_eq!(config.institutions["interior"].base_url, "http://127.0.0.1:1/interior");
    assert_eq!(config.card_poll.as_secs(), 600);
    assert_eq!(config.decision_working_days, 15);

    assert!(matches!(config.store, StoreConfig::Sqlite));

    let shared = good.replace(
        "database = \"data/core.sqlite\"",
        "store = \"postgres\"\npostgres_url_file = \"url\"\ninstance = \"core-1\"",
    );
    let (config, found) = read(&shared);
    assert_eq!(found, "");
    let config = config.unwrap();
    assert_eq!((config.store.instance(), config.place().as_str()), (Some("core-1"), "core.postgres_url"));
    assert!(!format!("{config:?}").contains("secret"));
    let (config, found) = read(&shared.replace("postgres_url_file = \"url\"", "postgres_url_file = \"elsewhere\""));
    assert!(config.is_none() || found.contains("error"), "a fault starts nothing");
    assert!(found.contains("core.postgres_url_file: elsewhere: no such file"), "{found}");

    let bad = good
        .replace("core.institutions.taxes", "core.institutions.taxis")
        .replace("BANK_TOKEN", "NO_TOKEN")
        .replace("http://127.0.0.1:1/justice", "justice")
        .replace("card_poll_s", "card_pol_s");
    let (config, found) = read(&bad);
    assert!(config.is_none());
    for expected in [
        "no institution is called \"taxis\"",
        "the address of \"taxes\" is missing",
        "the environment has no variable NO_TOKEN",
        "core.institutions.justice.base_url: must be an address",
        "core.card_pol_s: unknown key, did you mean \"card_poll_s\"?",
    ] {
        assert!(found.contains(expected), "{expected} is missing in\n{found}");
    }
    assert!(!found.contains("secret"));
}

#[tokio::test]
async fn a_core_that_could_not_keep_its_promises_does_not_start() {
    let mut world = World::new().await;
    world.core.close().await;
    world.config.institutions.remove("taxes");
    let error = open(&world.config, &world.content, &world.clock, 3).await.err().unwrap();
    assert!(matches!(error, OpenError::NoEndpoint(id) if id == "taxes"));
}
