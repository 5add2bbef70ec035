//! Azərişıq, Azərsu and Azəriqaz: what a home pays, by the meter or by the address.

use crate::records::{Account, Utilities};
use crate::window::Window;
use crate::world::World;
use crate::xml::{comma, document};
use crate::{Institution, problem::Problem};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Azərişıq: JSON, qəpik by the month.
pub(crate) fn electricity() -> Router<Arc<World>> {
    Router::new()
        .route("/meters/{meter}/charges", get(charges_of_meter))
        .route("/addresses/{address}/charges", get(charges_at))
        .route("/shared/{fin}/{member}", get(shared))
}

/// Azərsu: XML, manat by the month.
pub(crate) fn water() -> Router<Arc<World>> {
    Router::new().route("/account/{by}/{key}", get(account))
}

/// Azəriqaz: JSON, manat by the year.
pub(crate) fn gas() -> Router<Arc<World>> {
    Router::new().route("/settlements", get(settlements))
}

async fn charges_of_meter(
    State(world): State<Arc<World>>,
    Path(meter): Path<String>,
    Query(window): Query<Window>,
) -> Result<Json<Value>, Problem> {
    charges(&world, Some(&meter), None, &window).await
}

async fn charges_at(
    State(world): State<Arc<World>>,
    Path(address): Path<String>,
    Query(window): Query<Window>,
) -> Result<Json<Value>, Problem> {
    charges(&world, None, Some(&address), &window).await
}

/// Whether one account serves both: that of their home.
async fn shared(
    State(world): State<Arc<World>>,
    Path((fin, member)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let pair = world.pair(&fin, &member, Institution::Azerisiq).await?;
    let one = pair.home.utilities.electricity.is_some() && pair.other.is_some_and(|other| other.registered_here);
    Ok(Json(json!({ "shared": one })))
}

async fn charges(
    world: &World,
    meter: Option<&str>,
    address: Option<&str>,
    window: &Window,
) -> Result<Json<Value>, Problem> {
    let qepik = pays(world, Institution::Azerisiq, |u| u.electricity.as_ref(), meter, address).await?;
    let charges: Vec<Value> =
        window.each()?.into_iter().map(|month| json!({ "month": month, "qepik": qepik })).collect();
    Ok(Json(json!({ "charges": charges })))
}

async fn account(
    State(world): State<Arc<World>>,
    Path((by, key)): Path<(String, String)>,
    Query(window): Query<Window>,
) -> Result<Response, Problem> {
    let (meter, address) = match by.as_str() {
        "meter" => (Some(key.as_str()), None),
        "address" => (None, Some(key.as_str())),
        _ => return Err(Problem::unknown("meter or address")),
    };
    let qepik = pays(&world, Institution::Azersu, |u| u.water.as_ref(), meter, address).await?;
    let month =
        |month: crate::Month| format!("<month of=\"{}\"><manat>{}</manat></month>", month.dotted(), comma(qepik));
    let months: String = window.each()?.into_iter().map(month).collect();
    Ok(document(&format!("<account><months>{months}</months></account>")))
}

async fn settlements(State(world): State<Arc<World>>, Query(window): Query<Window>) -> Result<Json<Value>, Problem> {
    let (meter, address) = (window.meter.as_deref(), window.address.as_deref());
    let qepik = pays(&world, Institution::Azeriqaz, |u| u.gas.as_ref(), meter, address).await?;
    let years: BTreeSet<i32> = window.each()?.into_iter().map(crate::Month::year).collect();
    let settlements: Vec<Value> =
        years.into_iter().map(|year| json!({ "year": year, "manat": comma(qepik * 12) })).collect();
    Ok(Json(json!({ "settlements": settlements })))
}

/// What the account pays a month.
async fn pays(
    world: &World,
    institution: Institution,
    account: impl Fn(&Utilities) -> Option<&Account> + Copy,
    meter: Option<&str>,
    address: Option<&str>,
) -> Result<i64, Problem> {
    const UNKNOWN: Problem = Problem::unknown("no such account");
    let found = |world: &World| {
        let state = world.state();
        let found = state.households.by_account(account, meter, address);
        found.map(|(household, account)| (household.id.clone(), account.monthly_qepik))
    };
    let (household, _) = found(world).ok_or(UNKNOWN)?;
    world.household_fault(&household, institution).await?;
    found(world).map(|(_, qepik)| qepik).ok_or(UNKNOWN)
}
