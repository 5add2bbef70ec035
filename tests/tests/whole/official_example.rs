//! Decisions on evidence that came over HTTP: the ministry's own example, refusals, and what one changed fact changes.

use crate::serve_config::TOKEN;
use crate::shipped;
use dayaq_core::decide::{Means, Outcome};
use dayaq_core::rules::Ground;
use dayaq_core::{CoreConfig, CoreContent, CoreService, Endpoint, StoredDecision};
use dayaq_core_api::{Caller, Channel, Core, Member, Notice, Relation, Submit, SubmitReply, Term, Value};
use dayaq_registries::{CardTime, Institution, Running};
use dayaq_types::seal::{Key, KeyRing};
use dayaq_types::{Clock, Language, ManualClock, Money, Msisdn, SeededEntropy, new_id};
use jiff::civil::{Date, date};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// The days off that the deadlines of this test's November may meet; the shipped calendars begin with 2025.
const CALENDAR_2023: &str = r#"
year = 2023
[[off]]
day = 2023-11-08
name = "Victory Day"
status = "confirmed"
[[off]]
day = 2023-11-09
name = "National Flag Day"
status = "confirmed"
[[off]]
day = 2023-12-31
name = "International Azerbaijanis Solidarity Day"
status = "confirmed"
"#;

/// The core in front of the institutions, on a clock that stands.
struct Office {
    core: CoreService,
    registries: Running,
    clock: Arc<ManualClock>,
    _folder: TempDir,
}

impl Office {
    /// Opens it on the morning of a day in Baku.
    async fn on(day: Date) -> Self {
        // Another test of this process may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = Arc::new(ManualClock::new(format!("{day}T10:00:00+04:00").parse().expect("a moment")));
        let registries = shipped::institutions(clock.clone(), CardTime::Weekdays(3)).await;
        let mut files = shipped::core_files();
        files.calendar.push(("2023.toml".to_owned(), CALENDAR_2023.to_owned()));
        let (content, found) = CoreContent::read(&files);
        let content = content.unwrap_or_else(|| panic!("{found}"));
        let at = |institution| Endpoint::new(&registries.url(institution), TOKEN);
        let institutions = Institution::ALL.into_iter().filter(|institution| *institution != Institution::Bank);
        let institutions: BTreeMap<_, _> = institutions.map(|it| (it.to_string(), at(it))).collect();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = folder.path().join("core.sqlite");
        let config = CoreConfig::new(database, institutions, at(Institution::Bank));
        let keys = KeyRing::new(1, &Key::generate(&SeededEntropy::new(1)));
        let entropy = Arc::new(SeededEntropy::new(2));
        let core = CoreService::open(config, content, clock.clone(), entropy, keys).await.expect("a core");
        Self { core, registries, clock, _folder: folder }
    }

    /// Hands in what a shipped family would type, and gives what was decided with the texts that tell it.
    async fn decide(&self, household: &str) -> (StoredDecision, Vec<Notice>) {
        let typed = self.registries.households().get(household).expect("a shipped family").declaration();
        let submit = Submit {
            draft: new_id(self.clock.now(), &SeededEntropy::new(3)),
            applicant: typed.applicant,
            id_card: typed.id_card.expect("an ID card"),
            notary_number: typed.notary,
            members: typed.members.iter().map(|(fin, relation)| member(*fin, *relation)).collect(),
            district: typed.district,
            branch: "quba-1".to_owned(),
            meters: Default::default(),
        };
        let caller = Caller {
            msisdn: Msisdn::parse("994501234567").expect("a number"),
            channel: Channel::Ussd,
            language: Language::Az,
            received_at: self.clock.now(),
        };
        let reference = match self.core.submit(&caller, &submit).await.expect("the core answers") {
            SubmitReply::Registered { reference, .. } => reference,
            other @ (SubmitReply::RegisteredUndated { .. }
            | SubmitReply::AwaitingNotary { .. }
            | SubmitReply::Already { .. }
            | SubmitReply::Limited) => panic!("{other:?}"),
        };
        let opened = self.clock.now();
        let decision = loop {
            self.core.run_due(self.clock.now()).await.expect("the store works");
            if let Some(decision) = self.core.decision(&reference).await.expect("the store works") {
                break decision;
            }
            // An institution gives its answer for a ticket a second later.
            self.clock.advance(Duration::from_secs(1));
            assert!(self.clock.now() < opened + Duration::from_secs(600), "no decision within ten minutes");
        };
        assert_eq!(decision.replay().as_ref(), Ok(&decision.decision), "it can be made again");
        let leased = self.core.lease(10, Duration::from_secs(60)).await.expect("the store works");
        (decision, leased.into_iter().map(|leased| leased.notice).collect())
    }

    /// Changes the income that the tax office knows of the family's applicant, over HTTP.
    async fn set_monthly_income(&self, household: &str, qepik: i64) {
        let fin = self.registries.households().get(household).expect("a shipped family").applicant().fin;
        let url = format!("http://{}/admin/persons/{}", self.registries.addr(), fin.as_str());
        let body = serde_json::json!({ "monthly_qepik": qepik });
        let changed = reqwest::Client::new().put(url).json(&body).send().await.expect("an answer");
        assert!(changed.status().is_success(), "{}", changed.status());
    }
}

fn member(fin: dayaq_types::Fin, relation: dayaq_registries::Relation) -> Member {
    use dayaq_registries::Relation as Known;
    let relation = match relation {
        Known::Applicant => panic!("the applicant is no member beside itself"),
        Known::Spouse => Relation::Spouse,
        Known::Child => Relation::Child,
        Known::Parent => Relation::Parent,
        Known::Sibling => Relation::Sibling,
        Known::Other => Relation::Other,
    };
    Member { fin, relation }
}

fn manat(manat: i64) -> Money {
    Money::from_manat(manat)
}

/// Asserts that the assistance is granted in that amount, and that the text says so.
fn granted((stored, notices): &(StoredDecision, Vec<Notice>), amount: Money, from: Date, until: Date) {
    let Outcome::Granted(award) = &stored.decision.outcome else { panic!("{:?}", stored.decision) };
    assert_eq!((award.amount, award.from, award.until), (amount, from, until));
    let text = notices.iter().find_map(|notice| {
        let Notice::Granted { amount, from, until, .. } = notice else { return None };
        Some((*amount, *from, *until))
    });
    assert_eq!(text, Some((amount, from, until)), "{notices:?}");
}

/// Asserts that the assistance is refused on that ground alone, and gives the reason as the text tells it.
fn refused((stored, notices): &(StoredDecision, Vec<Notice>), ground: Ground) -> Term {
    assert_eq!(stored.decision.outcome, Outcome::Refused(vec![ground]));
    let reasons = notices.iter().find_map(|notice| {
        let Notice::Refused { reasons, .. } = notice else { return None };
        Some(reasons.clone())
    });
    let reasons = reasons.unwrap_or_else(|| panic!("no text tells of the refusal: {notices:?}"));
    let [reason] = reasons.as_slice() else { panic!("{reasons:?}") };
    assert_eq!(reason.key, ground.term());
    reason.clone()
}

const IN_2023: Date = date(2023, 11, 20);
const IN_2026: Date = date(2026, 11, 23);

#[tokio::test]
async fn p1_official_example_is_granted_584_manat_in_2023_from_evidence_over_http() {
    let office = Office::on(IN_2023).await;
    let decided = office.decide("official-example").await;
    assert_eq!(manat(584).to_string(), "584,00 AZN");
    granted(&decided, manat(584), date(2023, 11, 1), date(2024, 10, 31));
    let (stored, _) = decided;
    assert_eq!((stored.rules.id.as_str(), stored.rules.criterion), ("2023", manat(246)));
    let limit = manat(4 * 246);
    assert_eq!(stored.decision.means, Some(Means { heads: 4, limit, income_total: manat(12 * 400), months: 12 }));
    let household = stored.facts.household.expect("every institution has answered");
    let months: Vec<usize> = household.iter().map(|person| person.income.len()).collect();
    assert_eq!(months, [12, 12, 0, 0], "both parents' months, as the tax office listed them");
    for institution in [Institution::Interior, Institution::Taxes, Institution::Justice] {
        assert!(office.registries.control(institution).asked >= 4, "{institution} was asked of each of the four");
    }
}

#[tokio::test]
async fn p1_official_example_is_granted_800_manat_in_2026() {
    let office = Office::on(IN_2026).await;
    let decided = office.decide("official-example").await;
    granted(&decided, manat(800), date(2026, 11, 1), date(2027, 10, 31));
    assert_eq!((decided.0.rules.id.as_str(), decided.0.rules.criterion), ("2026", manat(300)));
}

/// After the submission nothing is called but the core's own work and the lease of its texts: only time passes.
#[tokio::test]
async fn s3_from_intake_to_the_card_nobody_lifts_a_hand() {
    let office = Office::on(IN_2026).await;
    let (_, told) = office.decide("official-example").await;
    let keys: Vec<&str> = told.iter().map(Notice::key).collect();
    assert_eq!(keys, ["registered", "granted"]);
    let applied = office.clock.now();
    let (branch, collect_from) = loop {
        assert!(office.clock.now() < applied + Duration::from_secs(10 * 86_400), "no card within ten days");
        office.clock.advance(Duration::from_secs(3600));
        office.core.run_due(office.clock.now()).await.expect("the store works");
        let leased = office.core.lease(10, Duration::from_secs(60)).await.expect("the store works");
        let ready = leased.into_iter().find_map(|leased| match leased.notice {
            Notice::CardReady { branch, collect_from } => Some((branch, collect_from)),
            Notice::Registered { .. }
            | Notice::Granted { .. }
            | Notice::Refused { .. }
            | Notice::RegisteredUndated { .. }
            | Notice::Deadline { .. }
            | Notice::AwaitingNotary { .. }
            | Notice::Superseded { .. }
            | Notice::Late { .. }
            | Notice::Unproven { .. }
            | Notice::Contested { .. } => None,
        });
        if let Some(ready) = ready {
            break ready;
        }
    };
    assert_eq!((branch.as_str(), collect_from), ("quba-1", date(2026, 11, 27)));
    assert_eq!(office.registries.card_orders().len(), 1, "one card");
}

#[tokio::test]
async fn s5_a_raise_at_the_tax_office_changes_the_decision_to_the_qepik() {
    // The spouse earns 250,00; four criteria of 2026 are 1200,00.
    for (applicant_earns, amount) in [(94_999, Some(1)), (95_000, None), (0, Some(95_000))] {
        let office = Office::on(IN_2026).await;
        office.set_monthly_income("official-example", applicant_earns).await;
        let decided = office.decide("official-example").await;
        match amount {
            Some(qepik) => granted(&decided, Money::from_qepik(qepik), date(2026, 11, 1), date(2027, 10, 31)),
            None => drop(refused(&decided, Ground::Income)),
        }
    }
}

#[tokio::test]
async fn s9_a_refusal_for_income_tells_income_and_limit_and_falls_with_the_income() {
    let office = Office::on(IN_2026).await;
    let reason = refused(&office.decide("refused-income").await, Ground::Income);
    assert_eq!(reason.key, "reason-income");
    assert_eq!(reason.args.get("income"), Some(&Value::Money(manat(900))));
    assert_eq!(reason.args.get("limit"), Some(&Value::Money(manat(600))));

    let office = Office::on(IN_2026).await;
    office.set_monthly_income("refused-income", 0).await;
    // The spouse's 380,00 are left.
    granted(&office.decide("refused-income").await, manat(220), date(2026, 11, 1), date(2027, 10, 31));
}

#[tokio::test]
async fn s9_a_refusal_for_a_vehicle_falls_when_the_register_knows_none() {
    let office = Office::on(IN_2026).await;
    let decided = office.decide("vehicle-owned").await;
    let reason = refused(&decided, Ground::Vehicle);
    assert_eq!(reason, Term::bare("reason-vehicle"));
    let household = decided.0.facts.household.expect("every institution has answered");
    assert_eq!(household.iter().map(|person| person.vehicles.len()).sum::<usize>(), 1);

    let office = Office::on(IN_2026).await;
    let owner = office.registries.households().get("vehicle-owned").expect("a shipped family").applicant().fin;
    assert!(office.registries.edit_person(&owner, |person| person.vehicles.clear()));
    // Three criteria of 300,00 less an income of 110,00.
    granted(&office.decide("vehicle-owned").await, manat(790), date(2026, 11, 1), date(2027, 10, 31));
}

#[tokio::test]
async fn s5_a_vehicle_that_the_register_comes_to_know_refuses_the_official_example() {
    let office = Office::on(IN_2023).await;
    let households = office.registries.households();
    let car = households.get("vehicle-owned").expect("a shipped family").applicant().vehicles[0].clone();
    let fin = households.get("official-example").expect("a shipped family").applicant().fin;
    assert!(office.registries.edit_person(&fin, |person| person.vehicles.push(car)));
    refused(&office.decide("official-example").await, Ground::Vehicle);
}
