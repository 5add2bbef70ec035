//! Ministry of Education: who studies, and how.

use crate::records::Study;
use crate::world::World;
use crate::{Institution, problem::Problem};
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/v2/learners/{fin}", get(learner))
}

async fn learner(State(world): State<Arc<World>>, Path(fin): Path<String>) -> Result<Json<Value>, Problem> {
    let person = world.person(&fin, Institution::Education).await?;
    let form = match person.records.study.ok_or(Problem::unknown("no such learner"))? {
        Study::School => "mekteb",
        Study::FullTime => "eyani",
        Study::Correspondence => "qiyabi",
    };
    Ok(Json(json!({ "status": 0, "data": { "pin": fin, "form": form } })))
}
