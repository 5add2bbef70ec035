//! Each of the 17 institutions, and the ministry's own register: one fact is changed at its simulator over HTTP, and
//! the decision, the amount or the wait is another. The core asks them as it asks them in earnest.

use crate::serve_config::TOKEN;
use crate::shipped::core_files;
use dayaq_core::decide::Outcome;
use dayaq_core::{CoreConfig, CoreContent, CoreService, Endpoint};
use dayaq_core_api::{Caller, Channel, Core, Member, MeterNumber, Meters, Submit, SubmitReply};
use dayaq_registries::{CardTime, Household, Households, Institution, Registries, RegistriesConfig, Running, Tokens};
use dayaq_types::seal::{Key, KeyRing};
use dayaq_types::{Clock, Language, ManualClock, Msisdn, SeededEntropy, new_id};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Three in Quba: a worker who earns 100 AZN a month, the spouse, a child of ten. Granted: 3 × 300 - 100 = 800 AZN.
const FAMILY: &str = r#"
norms = { arable = 10, cow = 60_000 }

[[household]]
id = "family"
district = "quba"
address = "QB-24-7"
notary = { number = "2026770001", issued_days_ago = 10 }
utilities = { electricity = { meter = "7000001", monthly_qepik = 2_000 }, water = { monthly_qepik = 500 }, gas = { meter = "7000003", monthly_qepik = 1_000 } }

[[household.person]]
fin = "5NT0001"
relation = "applicant"
surname = "Quliyeva"
name = "Aysel"
birth_date = 1990-05-01
id_card = { series = "AZE", number = "15000001" }

[[household.person.income]]
monthly_qepik = 10_000

[[household.person]]
fin = "5NT0002"
relation = "spouse"
surname = "Quliyev"
name = "Elnur"
birth_date = 1988-05-01
id_card = { series = "AZE", number = "15000002" }

[[household.person]]
fin = "5NT0003"
relation = "child"
surname = "Quliyeva"
name = "Nur"
birth_date = 2016-05-01
"#;

/// One of twenty, without work or income.
const YOUTH: &str = r#"
[[household]]
id = "youth"
district = "quba"
notary = { number = "2026770002", issued_days_ago = 10 }

[[household.person]]
fin = "5NT0004"
relation = "applicant"
surname = "Quliyev"
name = "Kamal"
birth_date = 2006-05-01
id_card = { series = "AZE", number = "15000004" }
"#;

const APPLICANT: &str = "/persons/5NT0001";
const SPOUSE: &str = "/persons/5NT0002";
const CHILD: &str = "/persons/5NT0003";
const YOUNG: &str = "/persons/5NT0004";
const HOME: &str = "/households/family";
const GRANTED: Came = Came::Granted(80_000);

/// What came of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Came {
    /// Granted: qəpik a month.
    Granted(i64),
    /// Refused, with these reasons.
    Refused(Vec<String>),
    /// Nothing is decided.
    Waits,
}

fn refused(reason: &str) -> Came {
    Came::Refused(vec![format!("reason-{reason}")])
}

/// Institutions with one family, a core that asks them, and a clock that the test moves.
struct Land {
    core: CoreService,
    clock: Arc<ManualClock>,
    registries: Running,
    http: reqwest::Client,
    reference: String,
    drafts: SeededEntropy,
    _folder: TempDir,
}

impl Land {
    async fn of(families: &str, assumed_values_count: bool) -> Self {
        let (households, faults) = Households::read("families.toml", families);
        Self::with(households.unwrap_or_else(|| panic!("{faults}")), assumed_values_count).await
    }

    async fn with(households: Households, assumed_values_count: bool) -> Self {
        // Only the first test of the process installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Monday, ten in the morning in Baku.
        let clock = Arc::new(ManualClock::new("2026-11-23T06:00:00Z".parse().expect("a time")));
        let registries = Registries::start(RegistriesConfig {
            listen: "127.0.0.1:0".parse().expect("an address"),
            households,
            clock: clock.clone(),
            tokens: Tokens::same(TOKEN),
            card_time: CardTime::Weekdays(3),
        });
        let registries = registries.await.expect("loopback has a free port");
        let endpoint = |i: Institution| Endpoint::new(&registries.url(i), TOKEN);
        let asked = Institution::ALL.into_iter().filter(|i| *i != Institution::Bank);
        let asked: BTreeMap<String, Endpoint> = asked.map(|i| (i.to_string(), endpoint(i))).collect();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut config = CoreConfig::new(folder.path().join("core.sqlite"), asked, endpoint(Institution::Bank));
        config.assumed_values_count = assumed_values_count;
        let (content, faults) = CoreContent::read(&core_files());
        let content = content.unwrap_or_else(|| panic!("{faults}"));
        let keys = KeyRing::new(1, &Key::generate(&SeededEntropy::new(9)));
        let core = CoreService::open(config, content, clock.clone(), Arc::new(SeededEntropy::new(7)), keys);
        let core = core.await.expect("the core opens");
        let (http, drafts) = (reqwest::Client::new(), SeededEntropy::new(3));
        Self { core, clock, registries, http, reference: String::new(), drafts, _folder: folder }
    }

    /// Changes a fact by hand, over HTTP.
    async fn put(&self, path: &str, change: Value) {
        let url = format!("http://{}/admin{path}", self.registries.addr());
        let answer = self.http.put(url).json(&change).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    /// The family applies, from the phone, with what it knows: its meters where it has their numbers.
    async fn apply(&mut self, district: &str) {
        let households = self.registries.households();
        self.apply_as(&households.all()[0], 1, Some(district)).await;
    }

    /// A household applies from the phone of that number, in the district that it would type if no other is given.
    async fn apply_as(&mut self, household: &Household, phone: usize, district: Option<&str>) {
        let declared = household.declaration();
        let [electricity, water, gas] = declared.meters.map(|m| m.and_then(|m| MeterNumber::parse(&m)));
        let relation = |r| serde_json::from_value(json!(r)).expect("both crates name relations alike");
        let submit = Submit {
            draft: new_id(self.clock.now(), &self.drafts),
            applicant: declared.applicant,
            id_card: declared.id_card.expect("an applicant has a card"),
            notary_number: declared.notary,
            members: declared.members.into_iter().map(|(fin, r)| Member { fin, relation: relation(r) }).collect(),
            district: district.map_or(declared.district, str::to_owned),
            branch: "quba-1".to_owned(),
            meters: Meters { electricity, water, gas },
        };
        let caller = Caller {
            msisdn: Msisdn::parse(&format!("99450200{phone:04}")).expect("a phone number"),
            channel: Channel::Ussd,
            language: Language::Az,
            received_at: self.clock.now(),
        };
        match self.core.submit(&caller, &submit).await {
            Ok(SubmitReply::Registered { reference, .. }) => self.reference = reference,
            other => panic!("{other:?}"),
        }
    }

    /// Lets the core work for so many seconds of its clock.
    async fn pass(&self, seconds: u64) {
        for _ in 0..seconds.div_ceil(4) {
            self.core.run_due(self.clock.now()).await.expect("the store works");
            self.clock.advance(Duration::from_secs(4));
        }
        self.core.run_due(self.clock.now()).await.expect("the store works");
    }

    async fn came(&self) -> Came {
        let Some(stored) = self.core.decision(&self.reference).await.expect("the store works") else {
            return Came::Waits;
        };
        assert_eq!(stored.replay().as_ref(), Ok(&stored.decision), "it replays");
        match &stored.decision.outcome {
            Outcome::Granted(award) => Came::Granted(award.amount.qepik()),
            Outcome::Refused(_) => Came::Refused(stored.decision.reasons().into_iter().map(|r| r.key).collect()),
        }
    }
}

/// What comes of the three in Quba once these facts are as they are.
async fn family(changes: &[(&str, Value)]) -> Came {
    with(FAMILY, false, "quba", changes).await
}

async fn with(families: &str, assumed: bool, district: &str, changes: &[(&str, Value)]) -> Came {
    let mut land = Land::of(families, assumed).await;
    for (path, change) in changes {
        land.put(path, change.clone()).await;
    }
    land.apply(district).await;
    land.pass(8).await;
    land.came().await
}

#[tokio::test]
async fn s4_1_interior_tells_who_is_sought_and_who_lives_where() {
    assert_eq!(family(&[]).await, GRANTED);
    assert_eq!(family(&[(SPOUSE, json!({ "wanted": true }))]).await, Came::Granted(50_000));
    assert_eq!(family(&[(APPLICANT, json!({ "district": "qusar" }))]).await, refused("residence"));
}

#[tokio::test]
async fn s4_2_justice_tells_who_is_in_prison_and_who_has_died() {
    assert_eq!(family(&[(SPOUSE, json!({ "prisoner": true }))]).await, Came::Granted(50_000));
    // Interior holds the same person alive: the rules see the contradiction, and nothing is decided on it.
    let mut land = Land::of(FAMILY, false).await;
    land.put(SPOUSE, json!({ "died_on": "2026-03-01" })).await;
    land.apply("quba").await;
    land.pass(60).await;
    assert_eq!(land.came().await, Came::Waits);
    // Justice finds its mistake; the core asks again.
    let spouse = dayaq_types::Fin::parse("5NT0002").expect("a FIN");
    assert!(land.registries.edit_person(&spouse, |person| person.records.died_on = None));
    land.clock.advance(Duration::from_secs(2 * 3600));
    land.pass(8).await;
    assert_eq!(land.came().await, GRANTED);
}

/// Where the notary names nobody, Justice, Interior, Azərişıq and the ministry are asked what two people are to each other.
#[tokio::test]
async fn q1_the_registers_prove_a_family_that_the_notary_does_not_name() {
    let unnamed = FAMILY.replace("issued_days_ago = 10 }", "issued_days_ago = 10, names = [] }");
    assert_eq!(with(&unnamed, false, "quba", &[]).await, GRANTED, "both are on the acts");
    let other = |keys: &str| unnamed.replace("relation = \"child\"", &format!("relation = \"other\"\n{keys}"));
    let elsewhere = |keys: &str| other(&format!("registered_here = false\n{keys}"));
    assert_eq!(with(&other(""), false, "quba", &[]).await, GRANTED, "one roof and one meter");
    for proof in ["kinship = \"grandchild\"", "guardianship = true", "visited = true"] {
        assert_eq!(with(&elsewhere(proof), false, "quba", &[]).await, GRANTED, "{proof}");
    }
    assert_eq!(with(&elsewhere(""), false, "quba", &[]).await, Came::Waits, "nothing proves the third");
    assert_eq!(with(&elsewhere(""), true, "quba", &[]).await, refused("family"), "where assumed values count");
}

#[tokio::test]
async fn s4_3_taxes_tell_what_is_earned() {
    assert_eq!(family(&[(SPOUSE, json!({ "monthly_qepik": 20_050 }))]).await, Came::Granted(59_950));
    assert_eq!(family(&[(SPOUSE, json!({ "monthly_qepik": 80_000 }))]).await, refused("income"));
}

#[tokio::test]
async fn s4_4_agriculture_tells_of_subsidies_by_the_year() {
    // 1200 AZN a year in XML, with a decimal comma, are 100 AZN a month.
    assert_eq!(family(&[(SPOUSE, json!({ "subsidy_yearly_qepik": 120_000 }))]).await, Came::Granted(70_000));
}

#[tokio::test]
async fn s4_5_education_tells_who_studies() {
    // Only where assumed values count: lacking every reason of article 3 refuses.
    let youth = async |changes: &[(&str, Value)]| with(YOUTH, true, "quba", changes).await;
    assert_eq!(youth(&[]).await, refused("entry"));
    assert_eq!(youth(&[(YOUNG, json!({ "study": "full-time" }))]).await, Came::Granted(30_000));
    assert_eq!(youth(&[(YOUNG, json!({ "study": "correspondence" }))]).await, refused("entry"));
}

#[tokio::test]
async fn s4_6_health_tells_by_plate_whether_the_state_gave_a_vehicle() {
    let car = "birth_date = 1988-05-01\nvehicle = [{ plate = \"10-NT-001\", make = \"VAZ\", year = 2018, basis = \"owned\" }]";
    let families = FAMILY.replace("birth_date = 1988-05-01", car);
    assert_eq!(with(&families, false, "quba", &[]).await, refused("vehicle"));
    let given = [(SPOUSE, json!({ "rehabilitation": true }))];
    assert_eq!(with(&families, false, "quba", &given).await, GRANTED);
    // A disability is a reason of article 3.
    let disabled = [(YOUNG, json!({ "disability": { "percent": 85 } }))];
    assert_eq!(with(YOUTH, true, "quba", &disabled).await, Came::Granted(30_000));
}

#[tokio::test]
async fn s4_7_communications_tell_of_telephones_by_the_page() {
    // 35 AZN of utilities and 100 of telephony are 45 AZN for each of three: 15 % of the subsistence minimum.
    assert_eq!(family(&[(SPOUSE, json!({ "telecom_monthly_qepik": 9_999 }))]).await, GRANTED);
    assert_eq!(family(&[(SPOUSE, json!({ "telecom_monthly_qepik": 10_000 }))]).await, refused("utilities"));
}

#[tokio::test]
async fn s4_8_the_refugee_committee_tells_where_the_displaced_are_settled() {
    assert_eq!(with(FAMILY, false, "berde", &[]).await, refused("residence"));
    let settled = [(APPLICANT, json!({ "displaced_to": "berde" }))];
    assert_eq!(with(FAMILY, false, "berde", &settled).await, GRANTED);
}

#[tokio::test]
async fn s4_9_statistics_tell_what_land_and_livestock_yield() {
    // Two cows at 600 AZN and a hectare at 0,10 AZN a square metre are 2200 AZN a year, where assumed values count.
    let holdings =
        json!({ "livestock": [{ "kind": "inek", "quantity": 2 }], "land": [{ "kind": "ekin", "quantity": 10_000 }] });
    let farm = (SPOUSE, holdings);
    let came = with(FAMILY, true, "quba", std::slice::from_ref(&farm)).await;
    assert_eq!(came, Came::Granted(61_667));
    let poor = ("/norms", json!({ "cow": 0, "arable": 10 }));
    assert_eq!(with(FAMILY, true, "quba", &[farm.clone(), poor]).await, Came::Granted(71_667));
    // A yield that nobody knows is not taken for nothing: the decision waits.
    let unknown = ("/norms", json!({ "arable": 10 }));
    assert_eq!(with(FAMILY, true, "quba", &[farm, unknown]).await, Came::Waits);
}

#[tokio::test]
async fn s4_10_property_tells_of_homes_and_of_their_sale() {
    let home = |address: &str| json!({ "purpose": "menzil", "address": address });
    let one = json!({ "estate": [home("Quba, Nizami 24")] });
    let two = json!({ "estate": [home("Quba, Nizami 24"), home("Bakı, Səməd Vurğun 3")] });
    assert_eq!(family(&[(SPOUSE, one)]).await, GRANTED);
    assert_eq!(family(&[(SPOUSE, two)]).await, refused("property"));
    let sold = json!({ "estate_deals": [{ "months_ago": 2, "qepik": 360_001 }] });
    assert_eq!(family(&[(SPOUSE, sold)]).await, refused("deals"));
}

#[tokio::test]
async fn s4_11_migration_tells_who_lives_abroad() {
    assert_eq!(family(&[(SPOUSE, json!({ "abroad": true }))]).await, Came::Granted(50_000));
}

#[tokio::test]
async fn s4_12_conscription_tells_who_serves_once_its_answer_is_ready() {
    assert_eq!(family(&[(SPOUSE, json!({ "conscript": true }))]).await, Came::Granted(50_000));
    let mut land = Land::of(FAMILY, false).await;
    land.apply("quba").await;
    land.core.run_due(land.clock.now()).await.expect("the store works");
    assert_eq!(land.came().await, Came::Waits, "its answer is being prepared");
    // It loses what it has taken, and is asked anew.
    land.registries.forget_inquiries();
    land.pass(30).await;
    assert_eq!(land.came().await, GRANTED);
    assert_eq!(land.registries.control(Institution::Conscription).asked, 12, "three asked, lost, asked and fetched");
}

#[tokio::test]
async fn s4_13_the_central_bank_tells_of_purchases_by_the_page() {
    let deals = |last: i64| {
        let deal = |months_ago: u16, qepik: i64, contract: &str| json!({ "months_ago": months_ago, "qepik": qepik, "contract": contract });
        json!({ "bank_deals": [deal(1, 120_000, "A-1"), deal(4, 120_000, "A-2"), deal(12, last, "A-3")] })
    };
    assert_eq!(family(&[(SPOUSE, deals(120_000))]).await, GRANTED, "12 subsistence minimums are not above them");
    assert_eq!(family(&[(SPOUSE, deals(120_001))]).await, refused("deals"));
    // Another office names another price for the same contract.
    let contradiction = json!({ "estate_deals": [{ "months_ago": 1, "qepik": 5_000, "contract": "A-1" }] });
    assert_eq!(family(&[(SPOUSE, deals(1)), (SPOUSE, contradiction)]).await, Came::Waits);
}

#[tokio::test]
async fn s4_14_the_examination_centre_tells_who_was_admitted() {
    let admitted = async |to: &str| with(YOUTH, true, "quba", &[(YOUNG, json!({ "admission": to }))]).await;
    assert_eq!(admitted("full-time").await, Came::Granted(30_000));
    assert_eq!(admitted("correspondence").await, refused("entry"));
}

/// What electricity, water or gas may cost a month beside the other two, and what is one qəpik too much.
async fn refuses_from(account: &str, meter: Option<&str>, qepik: i64) {
    let pays = |qepik: i64| json!({ account: { "meter": meter, "monthly_qepik": qepik } });
    assert_eq!(family(&[(HOME, pays(qepik - 1))]).await, GRANTED, "{account}");
    assert_eq!(family(&[(HOME, pays(qepik))]).await, refused("utilities"), "{account}");
}

#[tokio::test]
async fn s4_15_azerisiq_tells_by_the_meter_what_electricity_costs() {
    refuses_from("electricity", Some("7000001"), 12_000).await;
}

#[tokio::test]
async fn s4_16_azersu_tells_by_the_address_what_water_costs() {
    refuses_from("water", None, 10_500).await;
}

#[tokio::test]
async fn s4_17_azeriqaz_tells_by_the_year_what_gas_costs() {
    refuses_from("gas", Some("7000003"), 11_000).await;
}

#[tokio::test]
async fn s4_the_ministrys_own_register_tells_of_pensions_and_of_jobs_refused() {
    assert_eq!(family(&[(SPOUSE, json!({ "pension_monthly_qepik": 25_950 }))]).await, Came::Granted(54_050));
    assert_eq!(family(&[(SPOUSE, json!({ "jobs_refused_days_ago": [5, 100] }))]).await, refused("jobs"));
    assert_eq!(family(&[(CHILD, json!({ "state_kept": true }))]).await, Came::Granted(50_000));
}

#[tokio::test]
async fn d13_a_silent_institution_delays_whichever_it_is_and_never_decides() {
    for institution in Institution::ALL.into_iter().filter(|i| *i != Institution::Bank) {
        let mut land = Land::of(FAMILY, false).await;
        land.put(&format!("/institutions/{institution}"), json!({ "down": true })).await;
        land.apply("quba").await;
        land.pass(12).await;
        assert_eq!(land.came().await, Came::Waits, "{institution} is silent");
        land.put(&format!("/institutions/{institution}"), json!({ "down": false, "garble_next": 1 })).await;
        land.pass(48).await;
        land.clock.advance(Duration::from_secs(600));
        land.pass(8).await;
        assert_eq!(land.came().await, GRANTED, "{institution} answers again");
    }
}

#[tokio::test]
async fn s4_every_family_that_ships_comes_out_as_its_note_says() {
    let (households, faults) = Households::shipped();
    let households = households.unwrap_or_else(|| panic!("{faults}"));
    assert!(households.all().len() >= 40);
    let mut land = Land::with(households.clone(), false).await;
    let mut references = Vec::new();
    let complete = households.all().iter().filter(|household| household.declaration().notary.is_some());
    for (household, phone) in complete.zip(1..) {
        land.apply_as(household, phone, None).await;
        references.push((household, land.reference.clone()));
    }
    land.pass(60).await;
    for (household, reference) in references {
        land.reference = reference;
        let (id, note) = (&household.id, &household.note);
        match land.came().await {
            Came::Granted(qepik) => {
                let amount = format!("{},{:02}", qepik / 100, qepik % 100);
                assert!(note.contains("Granted: ") && note.contains(&amount), "{id}: granted {amount}: {note}");
            }
            Came::Refused(reasons) => assert!(note.contains("Refused"), "{id}: refused for {reasons:?}: {note}"),
            Came::Waits => assert!(note.contains("The decision waits"), "{id} waits: {note}"),
        }
    }
}
