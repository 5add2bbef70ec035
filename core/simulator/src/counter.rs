//! The bank's counter: its HTTP routes.

use crate::Institution;
use crate::bank::{CardOrder, CardState, Placed};
use crate::households::identifier;
use crate::problem::Problem;
use crate::world::World;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use std::sync::Arc;

/// Characters that an Idempotency-Key may have.
const KEY_MAX: usize = 255;
/// Characters that a reference or a holder's name may have.
const TEXT_MAX: usize = 200;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/card-orders", post(order).get(find)).route("/card-orders/{order_id}", get(one))
}

async fn order(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    body: Result<Json<CardOrder>, JsonRejection>,
) -> Result<(StatusCode, Json<CardState>), Problem> {
    let key = headers.get("idempotency-key").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    if !(1..=KEY_MAX).contains(&key.len()) {
        return Err(Problem::bad_request("an Idempotency-Key of 1 to 255 characters is needed"));
    }
    let Json(order) = body.map_err(|e| Problem::new(e.status(), "the body is not a card order"))?;
    check(&order)?;
    let household = world.state().households.person(&order.fin).map(|(h, _)| h.id.clone());
    if let Some(household) = household {
        world.household_fault(&household, Institution::Bank).await?;
    }
    let now = world.clock.now();
    match world.state().bank.place(&key, order, world.card_time, now) {
        Placed::New(state) => Ok((StatusCode::CREATED, Json(state))),
        Placed::Again(state) => Ok((StatusCode::OK, Json(state))),
        Placed::Full => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the books are full")),
        Placed::KeyTaken => {
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "this Idempotency-Key belongs to another order"))
        }
    }
}

fn check(order: &CardOrder) -> Result<(), Problem> {
    let wrong = |detail| Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    let text = |s: &str| !s.trim().is_empty() && s.chars().count() <= TEXT_MAX;
    if identifier(&order.branch).is_err() {
        return wrong("branch: 1 to 40 small letters, digits or dashes");
    }
    if !text(&order.reference) {
        return wrong("reference: 1 to 200 characters");
    }
    if !text(order.holder.expose()) {
        return wrong("holder: 1 to 200 characters");
    }
    Ok(())
}

#[derive(Deserialize)]
struct ByKey {
    key: Option<String>,
}

async fn find(State(world): State<Arc<World>>, Query(by): Query<ByKey>) -> Result<Json<CardState>, Problem> {
    let key = by.key.ok_or(Problem::bad_request("say which key"))?;
    let now = world.clock.now();
    world.state().bank.by_key(&key, now).map(Json).ok_or(Problem::unknown("no order under this key"))
}

async fn one(State(world): State<Arc<World>>, Path(order_id): Path<String>) -> Result<Json<CardState>, Problem> {
    let now = world.clock.now();
    world.state().bank.by_id(&order_id, now).map(Json).ok_or(Problem::unknown("no such order"))
}
