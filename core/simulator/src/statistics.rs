//! State Statistics Committee: what land and livestock yield in a year, as XML.

use crate::world::World;
use crate::xml::{document, escape, point};
use crate::{Institution, problem::Problem};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/norms/{year}/{file}", get(norms))
}

/// The same norms hold in every district of the simulation, and in every year.
async fn norms(
    State(world): State<Arc<World>>,
    Path((year, file)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let known = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
    let district = file.strip_suffix(".xml").ok_or(Problem::unknown("no such file"))?;
    if !known {
        return Err(Problem::unknown("no such year"));
    }
    let in_district = |world: &World| {
        let state = world.state();
        let there = state.households.all().iter().filter(|h| h.applicant().district == district);
        there.map(|h| h.id.clone()).collect::<Vec<_>>()
    };
    for household in in_district(&world) {
        world.household_fault(&household, Institution::Statistics).await?;
    }
    let state = world.state();
    let norm = |(of, qepik): (&String, &i64)| format!("<norm of=\"{}\" manat=\"{}\"/>", escape(of), point(*qepik));
    let norms: String = state.households.norms().iter().map(norm).collect();
    Ok(document(&format!("<norms>{norms}</norms>")))
}
