//! State Examination Centre: the last admission, as a code.

use crate::records::Admission;
use crate::world::World;
use crate::{Institution, problem::Problem};
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/admissions/{fin}/latest", get(latest))
}

async fn latest(State(world): State<Arc<World>>, Path(fin): Path<String>) -> Result<Json<Value>, Problem> {
    let person = world.person(&fin, Institution::Examination).await?;
    let code = match person.records.admission.ok_or(Problem::unknown("never admitted"))? {
        Admission::FullTime => 1,
        Admission::Correspondence => 2,
    };
    Ok(Json(json!({ "admission": { "form_code": code } })))
}
