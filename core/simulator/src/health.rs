//! Ministry of Health: disability, and vehicles for rehabilitation by plate. SOAP.

use crate::world::World;
use crate::xml::{element, envelope, not_found};
use crate::{Institution, problem::Problem};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/soap", post(call))
}

async fn call(State(world): State<Arc<World>>, body: String) -> Result<Response, Problem> {
    if let Some(pin) = element(&body, "Pin") {
        return disability(&world, pin).await;
    }
    let plate = element(&body, "Plate").ok_or(Problem::bad_request("GetDisability or GetVehicle"))?;
    let household = world.state().households.by_plate(plate).map(|(household, _)| household.id.clone());
    let Some(household) = household else { return Ok(not_found()) };
    world.household_fault(&household, Institution::Health).await?;
    let given = world.state().households.by_plate(plate).is_some_and(|(_, given)| given);
    Ok(envelope(&format!(
        "<h:GetVehicleResponse xmlns:h=\"urn:health\"><h:GivenForRehabilitation>{}</h:GivenForRehabilitation>\
         </h:GetVehicleResponse>",
        u8::from(given)
    )))
}

async fn disability(world: &World, pin: &str) -> Result<Response, Problem> {
    let person = match world.person(pin, Institution::Health).await {
        Ok(person) => person,
        Err(problem) if problem.status == axum::http::StatusCode::NOT_FOUND => return Ok(not_found()),
        Err(problem) => return Err(problem),
    };
    let record = match person.records.disability {
        None => "<h:Disability xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"/>".to_owned(),
        Some(disability) => format!(
            "<h:Disability><h:LossPercent>{}</h:LossPercent><h:Child>{}</h:Child></h:Disability>",
            disability.percent,
            u8::from(disability.child)
        ),
    };
    Ok(envelope(&format!("<h:GetDisabilityResponse xmlns:h=\"urn:health\">{record}</h:GetDisabilityResponse>")))
}
