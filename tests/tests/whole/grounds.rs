//! A family for each ground for refusal, each status that is not counted, and each reason of article 3: they apply to
//! the core, which asks the simulated institutions over HTTP and decides.

mod cases;

use crate::family::ALONE;
use crate::serve_config::TOKEN;
use crate::shipped::core_files;
use crate::stage::{Setting, Stage};
use cases::{Case, Expected, GROUNDS, NO_REASON, NOT_COUNTED, REASONS};
use dayaq_core::decide::{Decision, Outcome};
use dayaq_core::{CoreConfig, CoreContent, CoreService, Endpoint};
use dayaq_core_api::{Caller, Channel, Core, Member, MeterNumber, Meters, Submit, SubmitReply};
use dayaq_registries::{CardTime, Household, Households, Institution, Registries, RegistriesConfig, Running, Tokens};
use dayaq_types::seal::{Key, KeyRing};
use dayaq_types::{Clock, Fin, Language, ManualClock, Money, Msisdn, SeededEntropy, new_id};
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;

/// Monday 23 November 2026, ten in the morning in Baku.
const MORNING: &str = "2026-11-23T06:00:00Z";
/// Letters and digits of a FIN.
const LETTERS: &[u8; 34] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// How long the clock runs on for applications that wait.
const HOURS: i64 = 4;

/// The FIN of a person of a case.
fn fin(case: usize, person: usize) -> String {
    let letter = |n: usize| char::from(LETTERS[n % LETTERS.len()]);
    format!("5GR{}{}0{}", letter(case / LETTERS.len()), letter(case), letter(person))
}

/// The cases in the simulated institutions' own form.
fn file(cases: &[&Case]) -> String {
    let mut text = String::new();
    for (n, case) in cases.iter().enumerate() {
        let home = case.home.replace("{1}", &fin(n, 1));
        text += &format!("[[household]]\nid = \"{}\"\ndistrict = \"quba\"\n{home}", case.id);
        text += &format!("notary = {{ number = \"20265{n:05}\", issued_days_ago = 10 }}\n");
        for (m, (relation, born, keys)) in case.persons.iter().enumerate() {
            let (fin, card) = (fin(n, m), format!("{:08}", 10_000_000 + n * 16 + m));
            text += &format!(
                "[[household.person]]\nfin = \"{fin}\"\nrelation = \"{relation}\"\nsurname = \"Əliyev\"\n\
                 name = \"Anar\"\nbirth_date = {born}\nid_card = {{ series = \"AZE\", number = \"{card}\" }}\n{keys}"
            );
        }
    }
    text
}

fn households(text: &str) -> Households {
    let (households, faults) = Households::read("grounds.toml", text);
    households.unwrap_or_else(|| panic!("{faults}"))
}

/// What the family types.
fn application(household: &Household, clock: &ManualClock, drafts: &SeededEntropy) -> Submit {
    let declared = household.declaration();
    let [electricity, water, gas] = declared.meters.map(|m| m.and_then(|m| MeterNumber::parse(&m)));
    let relation = |r| serde_json::from_value(serde_json::to_value(r).expect("a name")).expect("the same names");
    Submit {
        draft: new_id(clock.now(), drafts),
        applicant: declared.applicant,
        id_card: declared.id_card.expect("each applicant has one"),
        notary_number: declared.notary,
        members: declared.members.into_iter().map(|(fin, r)| Member { fin, relation: relation(r) }).collect(),
        district: declared.district,
        branch: "quba-1".to_owned(),
        meters: Meters { electricity, water, gas },
    }
}

/// The core and the institutions, on a clock that the test moves; every family has applied.
struct Land {
    core: CoreService,
    clock: Arc<ManualClock>,
    registries: Running,
    references: Vec<String>,
    _folder: TempDir,
}

impl Land {
    async fn of(cases: &[&Case], assumed_values_count: bool) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = Arc::new(ManualClock::new(MORNING.parse().expect("a time")));
        let households = households(&file(cases));
        let registries = Registries::start(RegistriesConfig {
            listen: "127.0.0.1:0".parse().expect("an address"),
            households: households.clone(),
            clock: clock.clone(),
            tokens: Tokens::same(TOKEN),
            card_time: CardTime::Weekdays(3),
        });
        let registries = registries.await.expect("loopback has a free port");
        let endpoint = |i: Institution| Endpoint::new(&registries.url(i), TOKEN);
        let asked = Institution::ALL.into_iter().filter(|i| *i != Institution::Bank);
        let institutions: BTreeMap<String, Endpoint> = asked.map(|i| (i.to_string(), endpoint(i))).collect();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = folder.path().join("core.sqlite");
        let mut config = CoreConfig::new(database, institutions, endpoint(Institution::Bank));
        config.assumed_values_count = assumed_values_count;
        let content = CoreContent::read(&core_files()).0.expect("the shipped content is in order");
        let keys = KeyRing::new(1, &Key::generate(&SeededEntropy::new(9)));
        let core = CoreService::open(config, content, clock.clone(), Arc::new(SeededEntropy::new(7)), keys);
        let core = core.await.expect("the core opens");
        let mut land = Self { core, clock, registries, references: Vec::new(), _folder: folder };
        let drafts = SeededEntropy::new(5);
        for (n, case) in cases.iter().enumerate() {
            let household = households.get(case.id).expect("it was written");
            let submit = application(household, &land.clock, &drafts);
            match land.core.submit(&land.caller(n), &submit).await {
                Ok(SubmitReply::Registered { reference, .. }) => land.references.push(reference),
                other => panic!("{}: {other:?}", case.id),
            }
        }
        land
    }

    fn caller(&self, n: usize) -> Caller {
        Caller {
            msisdn: Msisdn::parse(&format!("99450200{n:04}")).expect("a phone number"),
            channel: Channel::Ussd,
            language: Language::Az,
            received_at: self.clock.now(),
        }
    }

    /// Lets the core do all that falls due in so many hours.
    async fn pass(&self, hours: i64) {
        let end = self.clock.now() + SignedDuration::from_hours(hours);
        while self.clock.now() <= end {
            self.core.run_due(self.clock.now()).await.expect("the store works");
            let due = self.core.next_due().await.expect("the store works").unwrap_or(end);
            // A notice that is due waits for a gateway, of which there is none here.
            self.clock.advance_to(due.max(self.clock.now() + SignedDuration::from_mins(1)));
        }
    }

    /// What was decided; `None` for a family that waits.
    async fn decisions(&self) -> Vec<Option<Decision>> {
        let mut decisions = Vec::new();
        for reference in &self.references {
            let stored = self.core.decision(reference).await.expect("the store works");
            decisions.push(stored.map(|stored| {
                assert_eq!(stored.replay().as_ref(), Ok(&stored.decision), "it replays");
                stored.decision
            }));
        }
        decisions
    }

    async fn end(self) {
        self.core.close().await;
        self.registries.shutdown().await.expect("it ends");
    }
}

/// Compares what came of it with what must.
fn check(case: &Case, decision: Option<&Decision>, expected: Expected) {
    let id = case.id;
    match (expected, decision.map(|d| (d, &d.outcome))) {
        (Expected::Waits, None) => {}
        (Expected::Granted(qepik, reasons), Some((decision, Outcome::Granted(award)))) => {
            assert_eq!(award.amount, Money::from_qepik(qepik), "{id}");
            let found = &decision.basis.as_ref().expect("the means were looked at").entry;
            assert_eq!(found.iter().map(|r| r.name()).collect::<Vec<_>>(), reasons, "{id}");
        }
        (Expected::Refused(keys), Some((decision, Outcome::Refused(_)))) => {
            let found: Vec<String> = decision.reasons().into_iter().map(|term| term.key).collect();
            assert_eq!(found, keys, "{id}");
        }
        (Expected::Waits | Expected::Granted(..) | Expected::Refused(_), found) => {
            panic!("{id}: {expected:?} and not {found:?}")
        }
    }
}

async fn check_all(cases: &[&Case], assumed_values_count: bool, expected: impl Fn(&Case) -> Expected) {
    let land = Land::of(cases, assumed_values_count).await;
    land.pass(HOURS).await;
    for (case, decision) in cases.iter().zip(&land.decisions().await) {
        check(case, decision.as_ref(), expected(case));
    }
    land.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_one_family_for_each_ground_hears_its_reason_and_nobody_else_is_refused() {
    let cases: Vec<&Case> = GROUNDS.iter().chain(NOT_COUNTED).chain([&NO_REASON]).collect();
    check_all(&cases, true, |case| case.expected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_one_family_for_each_reason_of_article_3_gets_its_amount() {
    let cases: Vec<&Case> = REASONS.iter().chain([&NO_REASON]).collect();
    check_all(&cases, true, |case| case.expected).await;
}

/// What is only assumed refuses nobody outside demonstrations; everything else comes out the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_in_production_no_assumed_value_refuses() {
    let cases: Vec<&Case> = GROUNDS.iter().chain(NOT_COUNTED).chain(REASONS).chain([&NO_REASON]).collect();
    check_all(&cases, false, |case| match case.id {
        "no-reason" => Expected::Granted(30_000, &[]),
        _ => case.expected,
    })
    .await;
}

/// Two institutions contradict each other: the family waits, and is decided on once one of them has put it right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_a_contradiction_decides_nothing_until_it_is_put_right() {
    let cases: Vec<&Case> = GROUNDS.iter().filter(|case| case.expected == Expected::Waits).collect();
    assert_eq!(cases.len(), 1);
    let land = Land::of(&cases, false).await;
    land.pass(HOURS).await;
    check(cases[0], land.decisions().await[0].as_ref(), Expected::Waits);
    let spouse = Fin::parse(&fin(0, 1)).expect("a FIN");
    assert!(land.registries.edit_person(&spouse, |person| person.records.died_on = None));
    land.pass(HOURS).await;
    check(cases[0], land.decisions().await[0].as_ref(), Expected::Granted(50_000, &["work"]));
    land.end().await;
}

/// From the phone to the text: a person alone refused two jobs, and hears why, and from when on to apply again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_a_basic_phone_applies_and_hears_the_ground_in_its_language() {
    let alone = |keys: &str| {
        households(&format!(
            "[[household]]\nid = \"alone\"\ndistrict = \"nesimi\"\n\
             notary = {{ number = \"2026004127\", issued_days_ago = 10 }}\n[[household.person]]\nfin = \"171S5AV\"\n\
             relation = \"applicant\"\nsurname = \"Quliyeva\"\nname = \"Səadət\"\nbirth_date = 1986-01-23\n\
             id_card = {{ series = \"AA\", number = \"1339538\" }}\n{keys}"
        ))
    };
    let jobs = "[[household.person.job]]\nrefused_days_ago = 3\n[[household.person.job]]\nrefused_days_ago = 90\n";
    let stage = Stage::up(Setting { households: alone(jobs), ..Setting::default() }).await;
    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    phone.send("1").await.says(ALONE.registered).ends();
    assert!(phone.text().await.contains("принято"));
    let refusal = phone.text().await;
    assert!(refusal.contains("отказ от 2 подходящих работ, новое заявление можно с "), "{refusal}");
    assert!(refusal.contains("142") && refusal.contains("никому не платите"), "{refusal}");
    stage.assert_sound().await;
}
