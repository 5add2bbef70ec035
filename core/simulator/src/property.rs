//! State Committee on Property Issues: what somebody owns, buys and sells. SOAP.

use crate::records::{Deal, Estate};
use crate::world::World;
use crate::xml::{element, envelope, escape, point};
use crate::{Institution, Month, problem::Problem};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use dayaq_types::baku_date;
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/services/registry", post(estate))
}

async fn estate(State(world): State<Arc<World>>, body: String) -> Result<Response, Problem> {
    let pin = element(&body, "OwnerPin").ok_or(Problem::bad_request("GetEstate with an OwnerPin"))?;
    let answer =
        |inner: &str| envelope(&format!("<GetEstateResponse xmlns=\"urn:cadastre\">{inner}</GetEstateResponse>"));
    let person = match world.person(pin, Institution::Property).await {
        Ok(person) => person,
        Err(problem) if problem.status == StatusCode::NOT_FOUND => {
            return Ok(answer("<Status>OWNER_UNKNOWN</Status>"));
        }
        Err(problem) => return Err(problem),
    };
    let now = Month::of(baku_date(world.clock.now()));
    let object = |e: &Estate| {
        format!("<Object><Purpose>{}</Purpose><Address>{}</Address></Object>", escape(&e.purpose), escape(&e.address))
    };
    let contract = |deal: &Deal| {
        let number = deal.contract.as_ref().map_or(String::new(), |number| format!(" number=\"{}\"", escape(number)));
        let (month, price) = (deal.month(now).dotted(), point(deal.qepik));
        format!("<Contract{number}><Date>15.{month}</Date><Price>{price}</Price></Contract>")
    };
    let objects: String = person.records.estate.iter().map(object).collect();
    let contracts: String = person.records.estate_deals.iter().map(contract).collect();
    let inner = format!("<Status>OK</Status><Objects>{objects}</Objects><Contracts>{contracts}</Contracts>");
    Ok(answer(&inner))
}
