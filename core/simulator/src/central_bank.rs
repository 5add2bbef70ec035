//! Central Bank: purchases and sales by the page, and loans; amounts as numbers in manat.

use crate::households::months_of;
use crate::window::Window;
use crate::world::World;
use crate::{Institution, Month, problem::Problem};
use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use dayaq_types::baku_date;
use serde_json::{Number, Value, json};
use std::sync::Arc;

/// Deals on a page.
const PAGE: usize = 2;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/customers/{fin}/deals", get(deals)).route("/customers/{fin}/loans", get(loans))
}

async fn deals(
    State(world): State<Arc<World>>,
    Path(fin): Path<String>,
    Query(window): Query<Window>,
) -> Result<Json<Value>, Problem> {
    let records = world.person(&fin, Institution::CentralBank).await?.records;
    if records.bank_deals.is_empty() {
        return Err(Problem::unknown("no such customer"));
    }
    let (from, to) = window.months()?;
    let now = Month::of(baku_date(world.clock.now()));
    let inside = records.bank_deals.iter().filter(|deal| (from..=to).contains(&deal.month(now)));
    let items = inside.map(|deal| {
        let (booked_on, amount) = (format!("{}-15", deal.month(now)), manat(deal.qepik));
        json!({ "booked_on": booked_on, "amount": amount, "contract": deal.contract })
    });
    let (items, pages) = window.page(items.collect(), PAGE)?;
    Ok(Json(json!({ "meta": { "total_pages": pages }, "items": items })))
}

async fn loans(
    State(world): State<Arc<World>>,
    Path(fin): Path<String>,
    Query(window): Query<Window>,
) -> Result<Json<Value>, Problem> {
    let records = world.person(&fin, Institution::CentralBank).await?.records;
    if records.loans.is_empty() {
        return Err(Problem::unknown("no such customer"));
    }
    let (from, to) = window.months()?;
    let now = Month::of(baku_date(world.clock.now()));
    let months = records.loans.iter().flat_map(|loan| months_of(loan, from, to, now));
    let loans: Vec<Value> = months.map(|(month, qepik)| json!({ "month": month, "amount": manat(qepik) })).collect();
    Ok(Json(json!({ "loans": loans })))
}

/// A JSON number of manat. The nearest float prints as what was meant.
fn manat(qepik: i64) -> Option<Number> {
    Number::from_f64(crate::xml::point(qepik).parse().ok()?)
}
