//! State Committee for Refugees and IDPs: where a displaced person is settled, as XML.

use crate::world::World;
use crate::xml::{document, escape};
use crate::{Institution, problem::Problem};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/register/{fin}", get(register))
}

async fn register(State(world): State<Arc<World>>, Path(fin): Path<String>) -> Result<Response, Problem> {
    let person = world.person(&fin, Institution::Refugees).await?;
    let district = person.records.displaced_to.ok_or(Problem::unknown("not in the register"))?;
    Ok(document(&format!("<person><settlement district=\"{}\"/></person>", escape(&district))))
}
