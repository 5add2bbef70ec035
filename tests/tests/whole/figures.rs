//! The figures on `/metrics`, as Prometheus reads them, and what the log says of an application.

use crate::family::ALONE;
use crate::stage::{Setting, Stage, eventually};
use std::collections::{BTreeMap, BTreeSet};

/// What Prometheus's linter asks of an exposition: help and kind before the first sample, once each; counters end in
/// `_total` and nothing else does; no unit but the base ones; no sample twice.
fn lint(text: &str) -> BTreeSet<String> {
    let (mut helps, mut kinds) = (BTreeMap::new(), BTreeMap::new());
    let mut samples = BTreeSet::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some((name, help)) = line.strip_prefix("# HELP ").map(|rest| rest.split_once(' ').expect("words")) {
            assert!(helps.insert(name, help).is_none() && help.ends_with('.'), "{line}");
            continue;
        }
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").map(|rest| rest.split_once(' ').expect("a kind")) {
            assert!(kinds.insert(name, kind).is_none(), "{line}");
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').expect("a value");
        assert!(value.parse::<f64>().is_ok() && samples.insert(sample), "{line}");
        let name = sample.split('{').next().expect("a name");
        let family = ["_bucket", "_sum", "_count"].iter().filter_map(|part| name.strip_suffix(part));
        let family = family.into_iter().find(|family| kinds.contains_key(family)).unwrap_or(name);
        let kind = kinds.get(family).unwrap_or_else(|| panic!("no kind of {family}: {line}"));
        assert!(helps.contains_key(family), "no help of {family}: {line}");
        assert_eq!(*kind == "counter", name.ends_with("_total"), "{line}");
        assert!(family == name || *kind == "histogram", "{line}");
        for part in ["_ms", "_milliseconds", "_minutes", "_kb", "_kilobytes"] {
            assert!(!family.ends_with(part), "{line}");
        }
    }
    kinds.into_keys().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_has_its_help_and_the_log_follows_an_application_without_a_personal_value() {
    let stage = Stage::up(Setting::default()).await;
    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    let number = phone.send("1").await.says(ALONE.registered).ends().reference();
    for says in [number.as_str(), "AZN", "Насими"] {
        let text = phone.text().await;
        assert!(text.contains(says), "{says:?} is not in {text:?}");
    }
    phone.0.send_sms("ПОМОЩЬ").await.expect("it is taken");
    phone.text().await;
    eventually("receipts are counted", async || (stage.metric("dayaq_receipts_total").await >= 3.0).then_some(()))
        .await;
    let (_, metrics) = stage.page("/metrics").await;
    let families = lint(&metrics);
    println!("{} figures", families.len());
    for name in [
        "dayaq_turn_seconds",
        "dayaq_texts_oldest_seconds",
        "dayaq_calls_oldest_seconds",
        "dayaq_core_undecided_oldest_seconds",
        "dayaq_ussd_events_total",
        "dayaq_turns_under_way",
        "process_resident_memory_bytes",
        "process_open_fds",
    ] {
        assert!(families.contains(name), "no {name} in\n{metrics}");
    }
    for sample in [
        "dayaq_receipts_total{operator=\"foreign\",state=\"DELIVRD\"}",
        "dayaq_turn_seconds_bucket{channel=\"ussd\",le=\"0.25\"}",
        "dayaq_turn_seconds_count{channel=\"sms\"} 1",
        "dayaq_ussd_events_total{event=\"begin\"} 1",
    ] {
        assert!(metrics.contains(sample), "no {sample} in\n{metrics}");
    }
    eventually("the last text has ended", async || (stage.log().matches("Text ended").count() == 3).then_some(()))
        .await;
    let log = stage.log();
    for line in ["Application handed in outcome=\"registered\"", "Decided", "Card ordered", "Card ready", "Text ended"]
    {
        assert!(log.lines().any(|said| said.contains(" INFO ") && said.contains(line)), "no {line:?} in\n{log}");
    }
    for personal in [ALONE.number, &ALONE.number[3..], "171S5AV", "1339538", "2026004127"] {
        assert!(!log.contains(personal), "{personal} is in the log");
    }
    stage.assert_sound().await;
}
