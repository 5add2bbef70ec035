//! Faults and facts changed by hand; answers callers of the same machine alone.

use crate::bank::CardState;
use crate::control::Control;
use crate::household::{Income, Relation};
use crate::month::{Amount, Bound};
use crate::problem::Problem;
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonChange {
    monthly_qepik: Option<i64>,
    district: Option<String>,
    id_card: Option<IdCard>,
    prisoner: Option<bool>,
}

async fn person(
    State(world): State<Arc<World>>,
    Path(fin): Path<String>,
    change: Result<Json<PersonChange>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let fin = read_fin(&fin)?;
    let Json(change) = change
        .map_err(|e| Problem::new(e.status(), "the body may have monthly_qepik, district, id_card and prisoner"))?;
    let found = world.state().households.edit(&fin, |person| {
        if let Some(qepik) = change.monthly_qepik {
            person.incomes = vec![Income::steady(qepik)];
        }
        if let Some(district) = change.district {
            person.district = district;
        }
        if let Some(card) = change.id_card {
            person.id_card = Some(card);
        }
        person.prisoner = change.prisoner.unwrap_or(person.prisoner);
    });
    if found { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::unknown("no such person")) }
}

impl Income {
    /// The same wage each month.
    pub fn steady(monthly_qepik: i64) -> Self {
        Self { kind: "wage".to_owned(), from: Bound::Open, to: Bound::Open, amount: Amount::Monthly(monthly_qepik) }
    }
}
