//! Faults and facts changed by hand; answers callers of the same machine alone.

use crate::bank::CardState;
use crate::control::Control;
use crate::household::{Income, Person, Relation};
use crate::month::{Amount, Bound};
use crate::problem::Problem;
use crate::records::{Account, Admission, Deal, Disability, Estate, Holding, Study};
use crate::world::World;
use crate::{Institution, read_fin};
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use dayaq_types::{Fin, IdCard, NotaryNumber};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/households", get(households))
        .route("/card-orders", get(card_orders))
        .route("/institutions", get(institutions))
        .route("/institutions/{name}", put(control))
        .route("/persons/{fin}", put(person))
        .route("/households/{id}", put(home))
        .route("/norms", put(norms))
        .layer(from_fn(loopback_only))
}

async fn loopback_only(ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request, next: Next) -> Response {
    match is_local(peer) {
        true => next.run(request).await,
        false => Problem::unknown("no such path").into_response(),
    }
}

pub(crate) fn is_local(peer: SocketAddr) -> bool {
    peer.ip().to_canonical().is_loopback()
}

#[derive(Serialize)]
struct HouseholdReply {
    id: String,
    note: String,
    fin: Fin,
    id_card: Option<IdCard>,
    notary: Option<NotaryNumber>,
    members: Vec<MemberReply>,
    district: String,
    meters: Meters,
}

#[derive(Serialize)]
struct Meters {
    electricity: Option<String>,
    water: Option<String>,
    gas: Option<String>,
}

#[derive(Serialize)]
struct MemberReply {
    fin: Fin,
    relation: Relation,
}

/// What each family would type on a phone.
async fn households(State(world): State<Arc<World>>) -> Json<Vec<HouseholdReply>> {
    let state = world.state();
    let reply = state.households.all().iter().map(|household| {
        let declared = household.declaration();
        HouseholdReply {
            id: household.id.clone(),
            note: household.note.clone(),
            fin: declared.applicant,
            id_card: declared.id_card,
            notary: declared.notary,
            members: declared.members.into_iter().map(|(fin, relation)| MemberReply { fin, relation }).collect(),
            district: declared.district,
            meters: {
                let [electricity, water, gas] = declared.meters;
                Meters { electricity, water, gas }
            },
        }
    });
    Json(reply.collect())
}

async fn card_orders(State(world): State<Arc<World>>) -> Json<Vec<CardState>> {
    let now = world.clock.now();
    Json(world.state().bank.all(now))
}

async fn institutions(State(world): State<Arc<World>>) -> Json<BTreeMap<Institution, Control>> {
    Json(world.state().controls.clone())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ControlChange {
    down: Option<bool>,
    delay_ms: Option<u64>,
    fail_next: Option<u32>,
    garble_next: Option<u32>,
    lose_next: Option<u32>,
}

async fn control(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    change: Result<Json<ControlChange>, JsonRejection>,
) -> Result<Json<Control>, Problem> {
    let institution = Institution::parse(&name).ok_or(Problem::unknown("no such institution"))?;
    let Json(change) = change.map_err(|e| {
        Problem::new(e.status(), "the body may have down, delay_ms, fail_next, garble_next and lose_next")
    })?;
    let mut state = world.state();
    let control = state.controls.entry(institution).or_default();
    control.down = change.down.unwrap_or(control.down);
    control.delay_ms = change.delay_ms.unwrap_or(control.delay_ms);
    control.fail_next = change.fail_next.unwrap_or(control.fail_next);
    control.garble_next = change.garble_next.unwrap_or(control.garble_next);
    control.lose_next = change.lose_next.unwrap_or(control.lose_next);
    Ok(Json(control.clone()))
}

/// A fact of a person that is changed; what is not named stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonChange {
    monthly_qepik: Option<i64>,
    district: Option<String>,
    id_card: Option<IdCard>,
    prisoner: Option<bool>,
    wanted: Option<bool>,
    whereabouts_unknown: Option<bool>,
    died_on: Option<Date>,
    land: Option<Vec<Holding>>,
    livestock: Option<Vec<Holding>>,
    subsidy_yearly_qepik: Option<i64>,
    study: Option<Study>,
    disability: Option<Disability>,
    telecom_monthly_qepik: Option<i64>,
    displaced_to: Option<String>,
    estate: Option<Vec<Estate>>,
    estate_deals: Option<Vec<Deal>>,
    abroad: Option<bool>,
    conscript: Option<bool>,
    bank_deals: Option<Vec<Deal>>,
    loan_monthly_qepik: Option<i64>,
    admission: Option<Admission>,
    pension_monthly_qepik: Option<i64>,
    jobs_refused_days_ago: Option<Vec<u16>>,
    state_kept: Option<bool>,
    /// Whether the state gave the person's vehicles for rehabilitation.
    rehabilitation: Option<bool>,
}

async fn person(
    State(world): State<Arc<World>>,
    Path(fin): Path<String>,
    change: Result<Json<PersonChange>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let fin = read_fin(&fin)?;
    let Json(change) =
        change.map_err(|e| Problem::new(e.status(), "the body has no facts of a person, or others; see the README"))?;
    let found = world.state().households.edit(&fin, |person| change.make(person));
    if found { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::unknown("no such person")) }
}

impl PersonChange {
    fn make(self, person: &mut Person) {
        fn set<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        set(&mut person.incomes, self.monthly_qepik.map(|qepik| vec![Income::steady(qepik)]));
        set(&mut person.district, self.district);
        set(&mut person.id_card, self.id_card.map(Some));
        set(&mut person.prisoner, self.prisoner);
        for vehicle in &mut person.vehicles {
            set(&mut vehicle.rehabilitation, self.rehabilitation);
        }
        let records = &mut person.records;
        set(&mut records.wanted, self.wanted);
        set(&mut records.whereabouts_unknown, self.whereabouts_unknown);
        set(&mut records.died_on, self.died_on.map(Some));
        set(&mut records.land, self.land);
        set(&mut records.livestock, self.livestock);
        set(&mut records.subsidy_yearly_qepik, self.subsidy_yearly_qepik);
        set(&mut records.study, self.study.map(Some));
        set(&mut records.disability, self.disability.map(Some));
        set(&mut records.telecom_monthly_qepik, self.telecom_monthly_qepik);
        set(&mut records.displaced_to, self.displaced_to.map(Some));
        set(&mut records.estate, self.estate);
        set(&mut records.estate_deals, self.estate_deals);
        set(&mut records.abroad, self.abroad);
        set(&mut records.conscript, self.conscript);
        set(&mut records.bank_deals, self.bank_deals);
        set(&mut records.loans, self.loan_monthly_qepik.map(|qepik| vec![Income::steady(qepik)]));
        set(&mut records.admission, self.admission.map(Some));
        let pension = |qepik| vec![Income { kind: "pension".to_owned(), ..Income::steady(qepik) }];
        set(&mut records.payments, self.pension_monthly_qepik.map(pension));
        set(&mut records.jobs_refused_days_ago, self.jobs_refused_days_ago);
        set(&mut records.state_kept, self.state_kept);
    }
}

/// What a home pays that is changed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HomeChange {
    electricity: Option<Account>,
    water: Option<Account>,
    gas: Option<Account>,
}

async fn home(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    change: Result<Json<HomeChange>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(change) =
        change.map_err(|e| Problem::new(e.status(), "the body may have accounts of electricity, water and gas"))?;
    let found = world.state().households.edit_utilities(&id, |home| {
        home.electricity = change.electricity.or(home.electricity.take());
        home.water = change.water.or(home.water.take());
        home.gas = change.gas.or(home.gas.take());
    });
    if found { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::unknown("no such household")) }
}

/// Replaces what a square metre or a head yields in a year, in qəpik.
async fn norms(
    State(world): State<Arc<World>>,
    norms: Result<Json<BTreeMap<String, i64>>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(norms) = norms.map_err(|e| Problem::new(e.status(), "the body has amounts in qəpik by word"))?;
    world.state().households.set_norms(norms);
    Ok(StatusCode::NO_CONTENT)
}

impl Income {
    /// The same wage each month.
    pub fn steady(monthly_qepik: i64) -> Self {
        Self { kind: "wage".to_owned(), from: Bound::Open, to: Bound::Open, amount: Amount::Monthly(monthly_qepik) }
    }
}
