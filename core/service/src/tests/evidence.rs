use super::outside::Mood;
use super::world::{APPLICANT, CHILD, OTHER_PHONE, PHONE, SPOUSE, World, shipped};
use crate::facts::Month;
use dayaq_core_api::{Core, ExplainReply, Notice, Stage, StatusReply, Value};
use dayaq_types::Money;
use jiff::civil::date;
use serde_json::json;

/// Gives a person the same income in each of the twelve months before the one of application.
fn earns(world: &World, fin: &str, of: Month, qepik: i64) {
    let month = |n| json!({ "month": of.earlier(n).to_string(), "amount_qepik": qepik, "kind": "wage" });
    let months = (1..=12).map(month).collect();
    world.outside.registers().income.insert(fin.to_owned(), months);
}

const NOVEMBER: Month = Month { year: 2026, month: 11 };

#[tokio::test]
async fn s9_a_family_is_granted_from_what_the_institutions_say() {
    let world = World::new().await;
    world.family();
    earns(&world, SPOUSE, NOVEMBER, 40_000);
    let mut application = world.application();
    application.members = World::members();
    let reference = world.registered(PHONE, &application).await;
    world.texts().await;
    world.work().await;
    let granted = Notice::Granted {
        reference,
        amount: Money::from_manat(800),
        from: date(2026, 11, 1),
        until: date(2027, 10, 31),
    };
    assert_eq!(world.texts().await, [granted]);
    assert_eq!(world.outside.calls("interior GET persons"), 8, "identity and vehicles of four");
    assert_eq!(world.outside.calls("taxes GET taxpayers"), 4);
    assert_eq!(world.outside.calls("justice GET family"), 4);
}

#[tokio::test]
async fn p1_the_official_example_holds_over_http() {
    let mut files = shipped();
    files.calendar = vec![("2023.toml".to_owned(), "year = 2023\n".to_owned())];
    let world = World::on("2023-06-15T06:00:00Z", &files).await;
    world.family();
    world.outside.notarised("20230601", APPLICANT, "2023-06-01", "2023-08-30");
    earns(&world, SPOUSE, Month { year: 2023, month: 6 }, 40_000);
    let mut application = world.application();
    application.members = World::members();
    application.notary_number = dayaq_types::NotaryNumber::parse("20230601");
    world.registered(PHONE, &application).await;
    world.texts().await;
    world.work().await;
    let texts = world.texts().await;
    let [Notice::Granted { amount, .. }] = texts.as_slice() else { panic!("{texts:?}") };
    assert_eq!(amount.to_string(), "584,00 AZN");
}

#[tokio::test]
async fn s9_a_refusal_tells_its_reason() {
    let world = World::new().await;
    world.alone();
    earns(&world, APPLICANT, NOVEMBER, 30_000);
    world.outside.registers().vehicles.insert(
        APPLICANT.to_owned(),
        json!([{ "plate": "10-AA-001", "make": "Moto", "year": 1999, "basis": "used", "rehabilitation": false }]),
    );
    world.registered(PHONE, &world.application()).await;
    world.texts().await;
    world.work().await;
    let texts = world.texts().await;
    let [Notice::Refused { reasons, .. }] = texts.as_slice() else { panic!("{texts:?}") };
    assert_eq!(reasons[0].key, "reason-income");
    assert_eq!(reasons[0].args["income"], Value::Money(Money::from_manat(300)));
    assert_eq!(reasons[1].key, "reason-vehicle");
    assert_eq!(world.explain(PHONE, "5678").await, ExplainReply::Refused { reasons: reasons.clone() });
}

#[tokio::test]
async fn nothing_is_gathered_of_a_family_on_a_strangers_word() {
    let world = World::new().await;
    world.family();
    let mut application = world.application();
    application.members = World::members();
    application.id_card = dayaq_types::IdCard::parse("AZE", "11111111").unwrap();
    world.registered(OTHER_PHONE, &application).await;
    world.texts().await;
    world.work().await;
    let texts = world.texts().await;
    let [Notice::Refused { reasons, .. }] = texts.as_slice() else { panic!("{texts:?}") };
    assert_eq!(reasons.iter().map(|r| r.key.as_str()).collect::<Vec<_>>(), ["reason-identity"]);
    assert_eq!(world.outside.calls("interior GET persons"), 1);
    assert_eq!(world.outside.calls("taxes GET taxpayers") + world.outside.calls("justice GET family"), 0);
}

#[tokio::test]
async fn d13_a_registry_that_fails_delays_and_never_decides() {
    for mood in [Mood::Failing, Mood::WrongForm, Mood::Silent, Mood::Refusing] {
        for institution in ["interior", "taxes", "justice"] {
            let world = World::new().await;
            world.family();
            world.outside.mood(institution, mood);
            let mut application = world.application();
            application.members = World::members();
            world.registered(PHONE, &application).await;
            world.work().await;
            assert_eq!(world.stage(PHONE).await, Some(Stage::Gathering), "{institution} {mood:?}");
            assert_eq!(world.text_keys().await, ["registered"]);
            let due = world.core.next_due().await.unwrap().unwrap();
            let wait = due.duration_since(dayaq_types::Clock::now(world.clock.as_ref())).as_secs();
            assert!((5..=6).contains(&wait), "{wait} s");
            world.outside.mood(institution, Mood::Well);
            world.clock.advance_to(due);
            world.work().await;
            assert_eq!(world.text_keys().await, ["granted"], "{institution} {mood:?}");
        }
    }
}

#[tokio::test]
async fn d13_what_has_been_answered_is_not_asked_again() {
    let world = World::new().await;
    world.alone();
    world.outside.mood("taxes", Mood::Failing);
    world.registered(PHONE, &world.application()).await;
    world.work_until("2026-11-23T12:00:00Z").await;
    assert!(world.outside.calls("taxes GET taxpayers") > 5);
    assert_eq!(world.outside.calls("interior GET persons"), 2);
    assert_eq!(world.outside.calls("justice GET family"), 1);
}

#[tokio::test]
async fn s8_a_late_registry_raises_the_alarm_before_the_deadline_and_decides_nothing() {
    let world = World::new().await;
    world.alone();
    world.outside.mood("taxes", Mood::Failing);
    let reference = world.registered(PHONE, &world.application()).await;
    world.work_until("2026-12-08T18:00:00Z").await;
    let alarms = async || {
        let events = world.core.audit(&reference).await.unwrap().unwrap();
        events.iter().filter(|e| *e == "deadline-alarm").count()
    };
    assert_eq!(alarms().await, 0, "four working days are left");
    world.work_until("2026-12-09T18:00:00Z").await;
    assert_eq!(alarms().await, 1, "three are left");
    world.work_until("2026-12-16T18:00:00Z").await;
    assert_eq!(alarms().await, 1, "once");
    assert_eq!(world.stage(PHONE).await, Some(Stage::Late), "no default when the deadline has passed");
    world.outside.mood("taxes", Mood::Well);
    world.work_until("2026-12-16T20:00:00Z").await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::Granted));
}

#[tokio::test]
async fn s8_a_decision_past_its_day_is_told_to_be_late_and_no_past_day_is_promised() {
    let world = World::new().await;
    world.alone();
    world.outside.mood("taxes", Mood::Failing);
    let reference = world.registered(PHONE, &world.application()).await;
    let told = async || {
        let events = world.core.audit(&reference).await.unwrap().unwrap();
        events.iter().filter(|event| *event == "late").count()
    };
    world.work_until("2026-12-14T18:00:00Z").await;
    assert_eq!((world.stage(PHONE).await, told().await), (Some(Stage::Gathering), 0), "its last day");
    let last = ExplainReply::Undecided { decide_by: Some(date(2026, 12, 14)) };
    assert_eq!(world.explain(PHONE, "5678").await, last);
    world.work_until("2026-12-15T06:00:00Z").await;
    let late = StatusReply::At { stage: Stage::Late, reference: reference.clone(), decide_by: None };
    assert_eq!(world.core.status(&world.caller(PHONE)).await.unwrap(), late);
    assert_eq!((world.explain(PHONE, "5678").await, told().await), (ExplainReply::Late, 1));
    world.work_until("2026-12-21T18:00:00Z").await;
    assert_eq!(told().await, 1, "the fifth working day after");
    world.work_until("2026-12-22T18:00:00Z").await;
    assert_eq!(told().await, 2);
    world.outside.mood("taxes", Mood::Well);
    world.wait(7200);
    world.work().await;
    assert_eq!((world.text_keys().await, told().await), (vec!["granted"], 2));
    assert!(matches!(world.explain(PHONE, "5678").await, ExplainReply::Granted(_)));
}

#[tokio::test]
async fn a_person_unknown_to_the_tax_office_has_no_income() {
    let world = World::new().await;
    world.alone();
    assert!(world.outside.registers().income.is_empty());
    world.registered(PHONE, &world.application()).await;
    world.work().await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::Granted));
}

#[tokio::test]
async fn a_member_whom_nobody_knows_is_a_mismatch_and_never_a_head() {
    let world = World::new().await;
    world.family();
    world.outside.registers().persons.remove(CHILD);
    let mut application = world.application();
    application.members = World::members();
    world.registered(PHONE, &application).await;
    world.work().await;
    let ExplainReply::Refused { reasons } = world.explain(PHONE, "5678").await else { panic!("refused") };
    assert_eq!(reasons.iter().map(|r| r.key.as_str()).collect::<Vec<_>>(), ["reason-family"]);
}

#[tokio::test]
async fn where_no_rules_govern_the_day_the_decision_waits() {
    let mut files = shipped();
    files.rules.retain(|(name, _)| name != "2026.toml");
    let world = World::on("2026-11-23T06:00:00Z", &files).await;
    world.alone();
    let reference = world.registered(PHONE, &world.application()).await;
    world.work_until("2026-12-20T06:00:00Z").await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::Gathering));
    assert_eq!(world.core.audit(&reference).await.unwrap().unwrap(), ["registered", "deadline-alarm"]);
}

#[tokio::test]
async fn x02_the_rules_of_the_day_of_registration_decide() {
    let world = World::on("2026-12-30T06:00:00Z", &shipped()).await;
    world.alone();
    world.outside.mood("interior", Mood::Failing);
    world.registered(PHONE, &world.application()).await;
    world.work_until("2027-01-08T06:00:00Z").await;
    world.outside.mood("interior", Mood::Well);
    world.work_until("2027-01-08T08:00:00Z").await;
    let ExplainReply::Granted(award) = world.explain(PHONE, "5678").await else { panic!("granted") };
    assert_eq!((award.amount, award.from), (Money::from_manat(300), date(2026, 12, 1)));
}

#[tokio::test]
async fn s6_a_decision_is_replayed_from_what_was_stored() {
    let mut world = World::new().await;
    world.alone();
    let reference = world.registered(PHONE, &world.application()).await;
    world.work().await;
    // The registers, the rule files and the day are others by now.
    world.outside.registers().persons.clear();
    world.content.rules = Default::default();
    world.restart().await;
    world.wait(300 * 24 * 3600);
    let stored = world.core.decision(&reference).await.unwrap().unwrap();
    assert_eq!(stored.replay().unwrap(), stored.decision);
    assert_eq!(stored.decision.rules, "2026");
    let events = world.core.audit(&reference).await.unwrap().unwrap();
    assert_eq!(events, ["registered", "verified", "granted", "card-ordered"]);
}

#[tokio::test]
async fn the_stage_tells_the_deadline_while_evidence_is_gathered() {
    let world = World::new().await;
    let reference = world.registered(PHONE, &world.application()).await;
    let status = world.core.status(&world.caller(PHONE)).await.unwrap();
    let expected = StatusReply::At { stage: Stage::Gathering, reference, decide_by: Some(date(2026, 12, 14)) };
    assert_eq!(status, expected);
    assert_eq!(world.explain(PHONE, "5678").await, ExplainReply::Undecided { decide_by: Some(date(2026, 12, 14)) });
}

#[tokio::test]
async fn the_worker_runs_as_a_task_of_its_own_until_it_is_told_to_stop() {
    let world = World::new().await;
    world.alone();
    let core = std::sync::Arc::new(world.core);
    let cancel = tokio_util::sync::CancellationToken::new();
    let worker = tokio::spawn({
        let (core, cancel) = (core.clone(), cancel.clone());
        async move { core.run(cancel).await }
    });
    let caller = dayaq_core_api::Caller {
        msisdn: dayaq_types::Msisdn::parse(PHONE).unwrap(),
        channel: dayaq_core_api::Channel::Sms,
        language: dayaq_types::Language::Ru,
        received_at: dayaq_types::Clock::now(world.clock.as_ref()),
    };
    let application = dayaq_core_api::Submit {
        draft: uuid::Uuid::nil(),
        applicant: dayaq_types::Fin::parse(APPLICANT).unwrap(),
        id_card: dayaq_types::IdCard::parse("AZE", "12345678").unwrap(),
        notary_number: dayaq_types::NotaryNumber::parse(super::world::NUMBER),
        members: Vec::new(),
        district: "quba".to_owned(),
        branch: "quba-1".to_owned(),
        meters: dayaq_core_api::Meters::default(),
    };
    core.submit(&caller, &application).await.unwrap();
    let granted = async {
        while !matches!(core.status(&caller).await.unwrap(), StatusReply::At { stage: Stage::Granted, .. }) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), granted).await.expect("the worker was woken");
    cancel.cancel();
    worker.await.unwrap();
}
