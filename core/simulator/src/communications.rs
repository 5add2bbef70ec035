//! Ministry of Communications: bills for telephony, by the page, as texts in manat.

use crate::window::Window;
use crate::world::World;
use crate::xml::point;
use crate::{Institution, problem::Problem};
use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

/// Bills on a page.
const PAGE: usize = 5;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/subscribers/{fin}/bills", get(bills))
}

async fn bills(
    State(world): State<Arc<World>>,
    Path(fin): Path<String>,
    Query(window): Query<Window>,
) -> Result<Json<Value>, Problem> {
    let person = world.person(&fin, Institution::Communications).await?;
    let monthly = person.records.telecom_monthly_qepik;
    if monthly == 0 {
        return Err(Problem::unknown("no such subscriber"));
    }
    let bill = |month: crate::Month| json!({ "period": month.dotted(), "sum": point(monthly) });
    let (bills, pages) = window.page(window.each()?.into_iter().map(bill).collect(), PAGE)?;
    Ok(Json(json!({ "bills": bills, "pages": pages })))
}
