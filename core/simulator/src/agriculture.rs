//! Ministry of Agriculture: land, livestock and subsidies, as XML with a decimal comma.

use crate::records::Holding;
use crate::world::World;
use crate::xml::{comma, document, escape};
use crate::{Institution, Month, problem::Problem};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use dayaq_types::baku_date;
use std::sync::Arc;

/// Years of subsidies that an answer tells, this one included.
const YEARS: i32 = 3;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/farms/{fin}", get(farm))
}

async fn farm(State(world): State<Arc<World>>, Path(fin): Path<String>) -> Result<Response, Problem> {
    let records = world.person(&fin, Institution::Agriculture).await?.records;
    if records.land.is_empty() && records.livestock.is_empty() && records.subsidy_yearly_qepik == 0 {
        return Err(Problem::unknown("no such farm"));
    }
    let plot = |land: &Holding| {
        let (whole, part) = (land.quantity / 10_000, land.quantity % 10_000);
        format!("<plot><use>{}</use><hectares>{whole},{part:04}</hectares></plot>", escape(&land.kind))
    };
    let animals = |herd: &Holding| format!("<animals kind=\"{}\" heads=\"{}\"/>", escape(&herd.kind), herd.quantity);
    let this_year = Month::of(baku_date(world.clock.now())).year();
    let subsidy = |year: i32| format!("<subsidy year=\"{year}\" manat=\"{}\"/>", comma(records.subsidy_yearly_qepik));
    let years = (this_year - YEARS + 1)..=this_year;
    let subsidies: String =
        if records.subsidy_yearly_qepik == 0 { String::new() } else { years.map(subsidy).collect() };
    Ok(document(&format!(
        "<farm><land>{}</land><livestock>{}</livestock><subsidies>{subsidies}</subsidies></farm>",
        records.land.iter().map(plot).collect::<String>(),
        records.livestock.iter().map(animals).collect::<String>(),
    )))
}
