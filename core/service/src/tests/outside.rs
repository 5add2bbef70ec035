//! The institutions and the bank of these tests, over real HTTP on a port of the machine's choice.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

pub const TOKEN: &str = "open-sesame";

/// How an institution answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    #[default]
    Well,
    /// 503.
    Failing,
    /// 200 with something else.
    WrongForm,
    /// Does what is asked and never answers.
    Silent,
    /// 422.
    Refusing,
}

#[derive(Default)]
pub struct Registers {
    pub moods: BTreeMap<String, Mood>,
    pub persons: BTreeMap<String, Json>,
    pub vehicles: BTreeMap<String, Json>,
    pub income: BTreeMap<String, Json>,
    pub family: BTreeMap<String, Json>,
    pub notary: BTreeMap<String, Json>,
    /// What else is so of two people together: `guardianship`, `address`, `meter`, `visit`, with both FINs.
    pub pairs: BTreeSet<[String; 3]>,
    /// Every FIN that stood in a path, with whose it was asked beside: `interior persons 5AKT9X2`.
    pub asked: Vec<String>,
    pub orders: BTreeMap<String, Json>,
    /// Institution, method and the first segment of the path: a path may hold a FIN.
    pub calls: Vec<String>,
}

#[derive(Clone)]
pub struct Outside {
    registers: Arc<Mutex<Registers>>,
    pub url: String,
}

impl Outside {
    pub async fn open() -> Self {
        let registers = Arc::new(Mutex::new(Registers::default()));
        let app = Router::new().fallback(answer).with_state(registers.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { registers, url }
    }

    pub fn registers(&self) -> MutexGuard<'_, Registers> {
        self.registers.lock().unwrap()
    }

    pub fn mood(&self, institution: &str, mood: Mood) {
        self.registers().moods.insert(institution.to_owned(), mood);
    }

    pub fn calls(&self, what: &str) -> usize {
        self.registers().calls.iter().filter(|c| *c == what).count()
    }

    /// A person with an ID card, living in Quba, without income, vehicles or kin.
    pub fn person(&self, fin: &str) {
        let person = json!({
            "fin": fin, "surname": "Məmmədova", "name": "Aynur", "patronymic": "Əli", "birth_date": "1990-05-01",
            "id_card": { "series": "AZE", "number": "12345678" }, "address": { "district": "quba" },
            "status": "alive", "citizenship": "AZE", "wanted": false, "whereabouts_unknown": false,
        });
        let kin = json!({ "fin": fin, "spouse": null, "children": [], "parents": [], "prisoner": false });
        let mut registers = self.registers();
        registers.persons.insert(fin.to_owned(), person);
        registers.vehicles.insert(fin.to_owned(), json!([]));
        registers.family.insert(fin.to_owned(), kin);
    }

    pub fn notarised(&self, number: &str, fin: &str, issued_on: &str, valid_until: &str) {
        let paper = json!({
            "number": number, "applicant_fin": fin, "issued_on": issued_on, "valid_until": valid_until,
        });
        self.registers().notary.insert(number.to_owned(), paper);
    }

    pub fn card_ready(&self, collect_from: &str) {
        for order in self.registers().orders.values_mut() {
            order["status"] = json!("ready");
            order["collect_from"] = json!(collect_from);
        }
    }
}

async fn answer(
    State(registers): State<Arc<Mutex<Registers>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path: Vec<&str> = uri.path().split('/').skip(1).collect();
    let (institution, rest) = (path[0].to_owned(), &path[1..]);
    if headers.get("authorization").is_none_or(|h| h != &format!("Bearer {TOKEN}")) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let (mood, response) = {
        let mut registers = registers.lock().unwrap();
        let query = if uri.query().is_some_and(|q| q.starts_with("key=")) { "?key" } else { "" };
        registers.calls.push(format!("{institution} {method} {}{query}", rest[0]));
        registers.asked.push(format!("{institution} {} {}", rest.join(" "), String::from_utf8_lossy(&body)));
        let mood = registers.moods.get(&institution).copied().unwrap_or_default();
        let does = matches!(mood, Mood::Well | Mood::Silent);
        (mood, does.then(|| registers.handle(&institution, &method, rest, uri.query(), &headers, &body)))
    };
    match mood {
        Mood::Silent => std::future::pending().await,
        Mood::Failing => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mood::Refusing => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
        Mood::WrongForm => axum::Json(json!({ "status": "it has moved" })).into_response(),
        Mood::Well => match response.flatten() {
            Some(json) => axum::Json(json).into_response(),
            None => Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).unwrap(),
        },
    }
}

impl Registers {
    fn pair(&self, what: &str, fin: &str, member: &str) -> bool {
        self.pairs.contains(&[what, fin, member].map(str::to_owned))
    }

    /// What a member is to somebody, up to two steps away.
    fn kinship(&self, fin: &str, member: &str) -> Option<&'static str> {
        let step = |of: &str, what: &str| -> Vec<String> {
            let kin = self.family.get(of).map(|kin| kin[what].clone()).unwrap_or_default();
            match kin {
                Json::String(one) => vec![one],
                Json::Array(all) => all.iter().filter_map(|fin| fin.as_str().map(str::to_owned)).collect(),
                _ => Vec::new(),
            }
        };
        let two =
            |first: &str, second: &str| step(fin, first).iter().flat_map(|of| step(of, second)).any(|f| f == member);
        let one = |what: &str| step(fin, what).iter().any(|found| found == member);
        let ways = [
            ("spouse", one("spouse")),
            ("child", one("children")),
            ("parent", one("parents")),
            ("sibling", two("parents", "children")),
            ("grandparent", two("parents", "parents")),
            ("grandchild", two("children", "children")),
            ("stepchild", two("spouse", "children")),
        ];
        ways.into_iter().find(|(_, holds)| *holds && fin != member).map(|(name, _)| name)
    }

    fn handle(
        &mut self,
        institution: &str,
        method: &Method,
        path: &[&str],
        query: Option<&str>,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Json> {
        match (institution, method.as_str(), path) {
            ("interior", "GET", ["persons", fin]) => self.persons.get(*fin).cloned(),
            ("interior", "GET", ["persons", fin, "vehicles"]) => {
                self.vehicles.get(*fin).map(|list| json!({ "vehicles": list }))
            }
            ("taxes", "GET", ["taxpayers", fin, "income"]) => {
                assert!(query.unwrap().contains("from=20"), "the window is asked for");
                self.income.get(*fin).map(|months| json!({ "months": months }))
            }
            ("justice", "GET", ["family", fin]) => self.family.get(*fin).cloned(),
            ("justice", "GET", ["notary", number]) => self.notary.get(*number).cloned(),
            ("justice", "GET", ["kinship", fin, member]) => {
                let guardianship = self.pair("guardianship", fin, member);
                Some(json!({ "kinship": self.kinship(fin, member), "guardianship": guardianship }))
            }
            ("interior", "GET", ["addresses", fin, member]) => {
                Some(json!({ "same": self.pair("address", fin, member) }))
            }
            ("azerisiq", "GET", ["shared", fin, member]) => Some(json!({ "shared": self.pair("meter", fin, member) })),
            ("ministry", "GET", ["visits", fin, member]) => {
                Some(json!({ "found_together": self.pair("visit", fin, member) }))
            }
            ("bank", "POST", ["card-orders"]) => {
                let key = headers["idempotency-key"].to_str().unwrap().to_owned();
                let mut order: Json = serde_json::from_slice(body).unwrap();
                let number = self.orders.len() + 1;
                order["order_id"] = json!(format!("C-{number}"));
                order["status"] = json!("accepted");
                order["collect_from"] = Json::Null;
                Some(self.orders.entry(key).or_insert(order).clone())
            }
            ("bank", "GET", ["card-orders"]) => self.orders.get(query?.strip_prefix("key=")?).cloned(),
            ("bank", "GET", ["card-orders", id]) => self.orders.values().find(|o| o["order_id"] == *id).cloned(),
            ("interior" | "taxes" | "justice" | "bank", method, _) => {
                panic!("{method} to {institution} is not the wire")
            }
            // The others know nothing of these families.
            (_, _, _) => None,
        }
    }
}
