use crate::{CardTime, Households, Institution, Registries, RegistriesConfig, Running, Tokens};
use dayaq_types::{Fin, ManualClock};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Two registered families and two that misbehave.
const FAMILIES: &str = r#"
[[household]]
id = "pair"
district = "quba"
address = "HOSTEL-1"
notary = { number = "10023456", issued_days_ago = 10, valid_days = 90 }

[[household.person]]
fin = "1AAAAA1"
relation = "applicant"
surname = "Məmmədova"
name = "Aygün"
patronymic = "Rəşid qızı"
birth_date = 1989-04-12
id_card = { series = "AA", number = "1234567" }
income = [
  { kind = "wage", monthly_qepik = 15_000, from = "2026-01" },
  { kind = "rent", by_month = { dec = 700 } },
  { kind = "gift", monthly_qepik = 1, from = "-1", to = "-1" },
]

[[household.person]]
fin = "1AAAAA2"
relation = "spouse"
surname = "Məmmədov"
name = "Elçin"
birth_date = 1985-09-30
prisoner = true
vehicle = [{ plate = "10-AB-127", make = "VAZ 2107", year = 2008, basis = "used" }]

[[household.person]]
fin = "1AAAAA3"
relation = "child"
surname = "Məmmədov"
name = "Tural"
birth_date = 2014-02-17

[[household]]
id = "bad-luck"
district = "seki"
address = "HOSTEL-1"
fault = [{ institution = "interior", fail_first = 2 }, { institution = "taxes", delay_ms = 600_000 }]

[[household.person]]
fin = "2AAAAA1"
relation = "applicant"
surname = "Musayev"
name = "Çingiz"
birth_date = 1969-06-18
income = [{ monthly_qepik = 1 }]
"#;

struct Office {
    running: Running,
    clock: Arc<ManualClock>,
    client: Client,
}

impl Office {
    /// Noon of Monday, 23 November 2026, in Baku.
    async fn open() -> Self {
        let (households, diagnostics) = Households::read("families.toml", FAMILIES);
        let households = households.unwrap_or_else(|| panic!("{diagnostics}"));
        let clock = Arc::new(ManualClock::new("2026-11-23T08:00:00Z".parse().expect("a time")));
        let running = Registries::start(RegistriesConfig {
            listen: "127.0.0.1:0".parse().expect("an address"),
            households,
            clock: clock.clone(),
            tokens: Tokens::new(Institution::ALL.map(|i| (i, format!("token of {i}")))),
            card_time: CardTime::Weekdays(2),
        })
        .await
        .expect("a free port");
        // The second test of the process finds it installed already.
        drop(rustls::crypto::ring::default_provider().install_default());
        Self { running, clock, client: Client::new() }
    }

    fn ask(&self, method: Method, institution: Institution, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.running.url(institution));
        self.client.request(method, url).bearer_auth(format!("token of {institution}"))
    }

    async fn get(&self, institution: Institution, path: &str) -> (StatusCode, Value) {
        reply(self.ask(Method::GET, institution, path)).await
    }

    fn order(&self, key: &str, reference: &str) -> RequestBuilder {
        self.ask(Method::POST, Institution::Bank, "/card-orders").header("Idempotency-Key", key).json(&json!({
            "reference": reference, "fin": "1AAAAA1", "holder": "MƏMMƏDOVA AYGÜN",
            "branch": "baki-nesimi-1", "ordered_on": "2026-11-23",
        }))
    }

    fn admin(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}/admin{path}", self.running.addr()))
    }
}

async fn reply(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.expect("an answer");
    let status = response.status();
    let problem = response.headers().get("content-type").is_some_and(|v| v == "application/problem+json");
    assert_eq!(problem, status.is_client_error() || status.is_server_error(), "{status}");
    (status, response.json().await.unwrap_or(Value::Null))
}

#[tokio::test]
async fn s4_interior_tells_identity_residence_and_vehicles() {
    let office = Office::open().await;
    let (status, person) = office.get(Institution::Interior, "/persons/1AAAAA1").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        person,
        json!({
            "fin": "1AAAAA1", "surname": "Məmmədova", "name": "Aygün", "patronymic": "Rəşid qızı",
            "birth_date": "1989-04-12", "id_card": { "series": "AA", "number": "1234567" },
            "address": { "district": "quba", "code": "HOSTEL-1" }, "status": "alive", "citizenship": "AZE",
            "wanted": false, "whereabouts_unknown": false,
        })
    );
    let (_, vehicles) = office.get(Institution::Interior, "/persons/1AAAAA2/vehicles").await;
    assert_eq!(
        vehicles,
        json!({ "vehicles": [
            { "plate": "10-AB-127", "make": "VAZ 2107", "year": 2008, "basis": "used" },
        ] })
    );
    assert_eq!(office.get(Institution::Interior, "/persons/1AAAAA1/vehicles").await.1, json!({ "vehicles": [] }));
    assert_eq!(office.get(Institution::Interior, "/persons/9ZZZZZ9").await.0, StatusCode::NOT_FOUND);
    assert_eq!(office.get(Institution::Interior, "/persons/9ZZZZZ9/vehicles").await.0, StatusCode::NOT_FOUND);
    assert_eq!(office.get(Institution::Interior, "/persons/OIOIOIO").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn s4_taxes_tells_income_by_month_inside_the_window() {
    let office = Office::open().await;
    let (status, income) = office.get(Institution::Taxes, "/taxpayers/1AAAAA1/income?from=2025-11&to=2026-10").await;
    assert_eq!(status, StatusCode::OK);
    let months = income["months"].as_array().expect("months");
    assert_eq!(months[0], json!({ "month": "2025-12", "amount_qepik": 700, "kind": "rent" }));
    assert_eq!(months[1], json!({ "month": "2026-01", "amount_qepik": 15_000, "kind": "wage" }));
    assert_eq!(months.len(), 1 + 10 + 1);
    let gift = months.iter().find(|m| m["kind"] == "gift").expect("the gift of the month before the clock's");
    assert_eq!(gift["month"], "2026-10");
    let unknown = office.get(Institution::Taxes, "/taxpayers/1AAAAA2/income?from=2025-11&to=2026-10").await;
    assert_eq!(unknown.0, StatusCode::NOT_FOUND);
    for wrong in ["", "?from=2025-11", "?from=2025-11&to=2025-10", "?from=1990-01&to=2026-10", "?from=x&to=y"] {
        let (status, _) = office.get(Institution::Taxes, &format!("/taxpayers/1AAAAA1/income{wrong}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn s4_justice_tells_the_family_and_the_notarised_application() {
    let office = Office::open().await;
    let family = async |fin| office.get(Institution::Justice, &format!("/family/{fin}")).await.1;
    assert_eq!(
        family("1AAAAA1").await,
        json!({ "fin": "1AAAAA1", "spouse": "1AAAAA2", "children": ["1AAAAA3"], "parents": [], "prisoner": false, "died_on": null })
    );
    assert_eq!(
        family("1AAAAA2").await,
        json!({ "fin": "1AAAAA2", "spouse": "1AAAAA1", "children": ["1AAAAA3"], "parents": [], "prisoner": true, "died_on": null })
    );
    assert_eq!(family("1AAAAA3").await["parents"], json!(["1AAAAA1", "1AAAAA2"]));
    let (_, notary) = office.get(Institution::Justice, "/notary/10023456").await;
    assert_eq!(
        notary,
        json!({ "number": "10023456", "applicant_fin": "1AAAAA1", "issued_on": "2026-11-13", "valid_until": "2027-02-11",
            "members": ["1AAAAA2", "1AAAAA3"] })
    );
    assert_eq!(office.get(Institution::Justice, "/notary/999999").await.0, StatusCode::NOT_FOUND);
    assert_eq!(office.get(Institution::Justice, "/family/9ZZZZZ9").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn q1_two_people_are_asked_about_together_and_a_stranger_is_as_nobody() {
    let office = Office::open().await;
    let ask = async |office: &Office, fin: &str, member: &str| {
        let pair = format!("{fin}/{member}");
        [
            office.get(Institution::Justice, &format!("/kinship/{pair}")).await,
            office.get(Institution::Interior, &format!("/addresses/{pair}")).await,
            office.get(Institution::Azerisiq, &format!("/shared/{pair}")).await,
            office.get(Institution::Ministry, &format!("/visits/{pair}")).await,
        ]
    };
    let said = |kinship: Value, same: bool| {
        let ok = |value| (StatusCode::OK, value);
        [
            ok(json!({ "kinship": kinship, "guardianship": false })),
            ok(json!({ "same": same })),
            ok(json!({ "shared": false })),
            ok(json!({ "found_together": false })),
        ]
    };
    assert_eq!(ask(&office, "1AAAAA1", "1AAAAA2").await, said(json!("spouse"), true));
    assert_eq!(ask(&office, "1AAAAA1", "1AAAAA3").await, said(json!("child"), true));
    // A neighbour of the hostel, and a FIN that nobody bears.
    assert_eq!(ask(&office, "1AAAAA1", "2AAAAA1").await, said(Value::Null, true));
    assert_eq!(ask(&office, "1AAAAA1", "9ZZZZZ9").await, said(Value::Null, false));
    let spouse: Fin = Fin::parse("1AAAAA2").expect("a FIN");
    assert!(office.running.edit_person(&spouse, |person| {
        person.registered_here = false;
        person.guardianship = true;
        person.visited = true;
    }));
    let [kinship, address, _, visit] = ask(&office, "1AAAAA1", "1AAAAA2").await.map(|(_, said)| said);
    assert_eq!((kinship["guardianship"].clone(), address["same"].clone()), (json!(true), json!(false)));
    assert_eq!(visit["found_together"], true);
    assert_eq!(office.get(Institution::Justice, "/kinship/9ZZZZZ9/1AAAAA2").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn s10_the_bank_makes_one_card_for_one_key_by_its_own_clock() {
    let office = Office::open().await;
    let (status, first) = reply(office.order("application-1", "26-0000017-4")).await;
    assert_eq!((status, &first["status"]), (StatusCode::CREATED, &json!("accepted")));
    let (status, again) = reply(office.order("application-1", "26-0000017-4")).await;
    assert_eq!((status, &again), (StatusCode::OK, &first));
    assert_eq!(reply(office.order("application-1", "26-0000018-2")).await.0, StatusCode::UNPROCESSABLE_ENTITY);

    let id = first["order_id"].as_str().expect("an id").to_owned();
    let one = async || office.get(Institution::Bank, &format!("/card-orders/{id}")).await.1;
    assert_eq!(one().await["collect_from"], Value::Null);
    office.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(one().await["status"], "in_production");
    office.clock.advance(Duration::from_secs(24 * 3600));
    let ready = json!({ "order_id": id, "status": "ready", "branch": "baki-nesimi-1", "collect_from": "2026-11-26" });
    assert_eq!(one().await, ready);
    assert_eq!(office.get(Institution::Bank, "/card-orders?key=application-1").await.1, ready);
    assert_eq!(office.get(Institution::Bank, "/card-orders?key=application-2").await.0, StatusCode::NOT_FOUND);
    assert_eq!(office.get(Institution::Bank, "/card-orders/K-000009").await.0, StatusCode::NOT_FOUND);
    assert_eq!(office.get(Institution::Bank, "/card-orders").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_bank_refuses_what_is_not_an_order() {
    let office = Office::open().await;
    let post = || office.ask(Method::POST, Institution::Bank, "/card-orders").header("Idempotency-Key", "k");
    let body = |branch: &str, holder: &str| json!({ "reference": "26-1", "fin": "1AAAAA1", "holder": holder, "branch": branch, "ordered_on": "2026-11-23" });
    let keyless = office.ask(Method::POST, Institution::Bank, "/card-orders").json(&body("a", "A"));
    assert_eq!(reply(keyless).await.0, StatusCode::BAD_REQUEST);
    for wrong in [body("Nəsimi 1", "A"), body("a", " "), json!({ "reference": "26-1" })] {
        assert_eq!(reply(post().json(&wrong)).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    assert_eq!(reply(post().body("{}")).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let broken = post().header("content-type", "application/json").body("{");
    assert_eq!(reply(broken).await.0, StatusCode::BAD_REQUEST);
    assert!(office.running.card_orders().is_empty());
}

#[tokio::test]
async fn each_institution_wants_its_own_token() {
    let office = Office::open().await;
    let url = format!("{}/persons/1AAAAA1", office.running.url(Institution::Interior));
    for request in [
        office.client.get(&url),
        office.client.get(&url).bearer_auth("token of taxes"),
        office.client.get(&url).header("authorization", "token of interior"),
    ] {
        assert_eq!(reply(request).await.0, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(office.running.control(Institution::Interior).asked, 0);
}

#[tokio::test]
async fn wrong_paths_and_methods_are_told_apart() {
    let office = Office::open().await;
    assert_eq!(office.get(Institution::Interior, "/nothing").await.0, StatusCode::NOT_FOUND);
    let post = office.ask(Method::POST, Institution::Interior, "/persons/1AAAAA1");
    assert_eq!(reply(post).await.0, StatusCode::METHOD_NOT_ALLOWED);
    let nowhere = office.client.get(format!("http://{}/customs", office.running.addr()));
    assert_eq!(reply(nowhere).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn d13_an_institution_can_be_down_fail_or_speak_another_shape() {
    let office = Office::open().await;
    let ask = async || office.get(Institution::Justice, "/family/1AAAAA1").await;
    office.running.set_down(Institution::Justice, true);
    assert_eq!(ask().await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(office.get(Institution::Interior, "/persons/1AAAAA1").await.0, StatusCode::OK);
    office.running.set_down(Institution::Justice, false);
    office.running.fail_next(Institution::Justice, 2);
    assert_eq!(ask().await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(ask().await.0, StatusCode::INTERNAL_SERVER_ERROR);
    office.running.garble_next(Institution::Justice, 1);
    let (status, body) = ask().await;
    assert_eq!((status, body.get("spouse")), (StatusCode::OK, None));
    assert_eq!(ask().await.1["spouse"], "1AAAAA2");
    assert_eq!(office.running.control(Institution::Justice).asked, 5);
}

#[tokio::test]
async fn d13_a_slow_institution_outlasts_its_client() {
    let office = Office::open().await;
    office.running.set_delay(Institution::Taxes, Duration::from_secs(600));
    let request = office
        .ask(Method::GET, Institution::Taxes, "/taxpayers/1AAAAA1/income?from=2026-01&to=2026-10")
        .timeout(Duration::from_millis(50));
    assert!(request.send().await.is_err_and(|e| e.is_timeout()));
    office.running.set_delay(Institution::Taxes, Duration::ZERO);
    let slow = office
        .ask(Method::GET, Institution::Taxes, "/taxpayers/2AAAAA1/income?from=2026-01&to=2026-10")
        .timeout(Duration::from_millis(50));
    assert!(slow.send().await.is_err_and(|e| e.is_timeout()), "the household has a slow institution of its own");
    office.running.shutdown().await.expect("delays do not hold up the end");
}

#[tokio::test]
async fn d12_the_bank_can_take_an_order_and_lose_the_answer() {
    let office = Office::open().await;
    office.running.lose_next(Institution::Bank, 1);
    let lost = office.order("application-1", "26-0000017-4").send().await;
    assert!(match lost {
        Err(_) => true,
        Ok(response) => response.bytes().await.is_err(),
    });
    let (status, found) = office.get(Institution::Bank, "/card-orders?key=application-1").await;
    assert_eq!((status, &found["status"]), (StatusCode::OK, &json!("accepted")));
}

#[tokio::test]
async fn a_household_can_have_an_institution_that_fails_first() {
    let office = Office::open().await;
    let ask = async |fin| office.get(Institution::Interior, &format!("/persons/{fin}")).await.0;
    assert_eq!(ask("2AAAAA1").await, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(ask("1AAAAA1").await, StatusCode::OK);
    assert_eq!(ask("2AAAAA1").await, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(ask("2AAAAA1").await, StatusCode::OK);
}

#[test]
fn h01_only_the_same_machine_may_set_faults() {
    for (peer, local) in [
        ("127.0.0.1:9", true),
        ("[::1]:9", true),
        ("[::ffff:127.0.0.1]:9", true),
        ("10.0.0.1:9", false),
        ("[::ffff:10.0.0.1]:9", false),
        ("[fe80::1]:9", false),
    ] {
        assert_eq!(crate::admin::is_local(peer.parse().expect("an address")), local, "{peer}");
    }
}

#[tokio::test]
async fn facts_and_faults_can_be_changed_while_it_runs() {
    let office = Office::open().await;
    let fin = Fin::parse("1AAAAA1").expect("a FIN");
    assert!(office.running.edit_person(&fin, |person| person.district = "qusar".to_owned()));
    assert!(!office.running.edit_person(&Fin::parse("9ZZZZZ9").expect("a FIN"), |_| {}));
    let (_, person) = office.get(Institution::Interior, "/persons/1AAAAA1").await;
    assert_eq!(person["address"]["district"], "qusar");

    let change = office.admin(Method::PUT, "/persons/1AAAAA1").json(&json!({ "monthly_qepik": 99 }));
    assert_eq!(reply(change).await.0, StatusCode::NO_CONTENT);
    let (_, income) = office.get(Institution::Taxes, "/taxpayers/1AAAAA1/income?from=2026-10&to=2026-10").await;
    assert_eq!(income["months"], json!([{ "month": "2026-10", "amount_qepik": 99, "kind": "wage" }]));

    let control = office.admin(Method::PUT, "/institutions/taxes").json(&json!({ "fail_next": 1 }));
    let (_, control) = reply(control).await;
    assert_eq!((&control["fail_next"], &control["asked"]), (&json!(1), &json!(1)));
    let wrong = office.admin(Method::PUT, "/institutions/taxes").json(&json!({ "fial_next": 1 }));
    assert_eq!(reply(wrong).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (_, all) = reply(office.admin(Method::GET, "/institutions")).await;
    assert_eq!(all["taxes"]["fail_next"], 1);

    let (_, households) = reply(office.admin(Method::GET, "/households")).await;
    assert_eq!(
        households[0]["members"],
        json!([
            { "fin": "1AAAAA2", "relation": "spouse" }, { "fin": "1AAAAA3", "relation": "child" },
        ])
    );
    reply(office.order("application-1", "26-0000017-4")).await;
    let (_, orders) = reply(office.admin(Method::GET, "/card-orders")).await;
    assert_eq!(orders.as_array().map(Vec::len), Some(1));
}
