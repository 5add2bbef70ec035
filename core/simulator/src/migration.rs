//! State Migration Service: who lives in another country. It answers 200 where it knows nobody.

use crate::world::World;
use crate::{Institution, problem::Problem};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/check", get(check))
}

#[derive(Deserialize)]
struct About {
    pin: String,
}

async fn check(State(world): State<Arc<World>>, Query(about): Query<About>) -> Result<Json<Value>, Problem> {
    match world.person(&about.pin, Institution::Migration).await {
        Ok(person) => {
            let abroad = if person.records.abroad { "Y" } else { "N" };
            Ok(Json(json!({ "found": true, "residence": { "abroad": abroad } })))
        }
        Err(problem) if problem.status == StatusCode::NOT_FOUND => Ok(Json(json!({ "found": false }))),
        Err(problem) => Err(problem),
    }
}
