//! The ministry's own register: pensions and allowances, jobs offered, people kept by the state.

use crate::households::months_of;
use crate::window::Window;
use crate::world::World;
use crate::xml::comma;
use crate::{Institution, Month, problem::Problem};
use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use dayaq_types::baku_date;
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/people/{fin}/payments", get(payments))
        .route("/people/{fin}/standing", get(standing))
        .route("/visits/{fin}/{member}", get(visit))
}

async fn payments(
    State(world): State<Arc<World>>,
    Path(fin): Path<String>,
    Query(window): Query<Window>,
) -> Result<Json<Value>, Problem> {
    let records = world.person(&fin, Institution::Ministry).await?.records;
    if records.payments.is_empty() {
        return Err(Problem::unknown("nothing is paid"));
    }
    let (from, to) = window.months()?;
    let now = Month::of(baku_date(world.clock.now()));
    let mut rows = Vec::new();
    for payment in &records.payments {
        let code = match payment.kind.as_str() {
            "pension" => "P",
            "allowance" => "A",
            "assistance" => "S",
            "unemployment-insurance" => "U",
            // The register's newest kind, of which its readers have not heard yet.
            _ => "X",
        };
        for (month, qepik) in months_of(payment, from, to, now) {
            rows.push(json!({ "month": month, "type": code, "amount": comma(qepik) }));
        }
    }
    Ok(Json(json!({ "payments": rows })))
}

async fn standing(State(world): State<Arc<World>>, Path(fin): Path<String>) -> Result<Json<Value>, Problem> {
    let records = world.person(&fin, Institution::Ministry).await?.records;
    let refused_on = records.jobs_refused(world.clock.now());
    Ok(Json(json!({ "jobs": { "refused_on": refused_on }, "kept_by_state": records.state_kept })))
}

/// Whether a visit found both at home.
async fn visit(
    State(world): State<Arc<World>>,
    Path((fin, member)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let pair = world.pair(&fin, &member, Institution::Ministry).await?;
    Ok(Json(json!({ "found_together": pair.other.is_some_and(|other| other.visited) })))
}
