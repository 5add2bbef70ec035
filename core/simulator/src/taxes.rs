//! Ministry of Taxes: income by month.

use crate::households::months_of;
use crate::problem::Problem;
use crate::window::Window;
use crate::world::World;
use crate::{Institution, Month};
use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use dayaq_types::baku_date;
use serde::Serialize;
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/taxpayers/{fin}/income", get(income))
}

#[derive(Serialize)]
struct IncomeReply {
    months: Vec<MonthReply>,
}

#[derive(Serialize)]
struct MonthReply {
    month: Month,
    amount_qepik: i64,
    kind: String,
}

async fn income(
    State(world): State<Arc<World>>,
    Path(fin): Path<String>,
    Query(window): Query<Window>,
) -> Result<Json<IncomeReply>, Problem> {
    const UNKNOWN: Problem = Problem::unknown("no such taxpayer");
    let (from, to) = window.months()?;
    let person = world.person(&fin, Institution::Taxes).await?;
    if person.incomes.is_empty() {
        return Err(UNKNOWN);
    }
    let now = Month::of(baku_date(world.clock.now()));
    let mut months: Vec<MonthReply> = person
        .incomes
        .iter()
        .flat_map(|income| months_of(income, from, to, now).into_iter().map(|found| (found, &income.kind)))
        .map(|((month, amount_qepik), kind)| MonthReply { month, amount_qepik, kind: kind.clone() })
        .collect();
    months.sort_by_key(|reply| reply.month);
    Ok(Json(IncomeReply { months }))
}
