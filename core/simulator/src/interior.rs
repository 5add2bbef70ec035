//! Ministry of Internal Affairs: identity, residence and vehicles.

use crate::Institution;
use crate::household::{Basis, Status, Vehicle};
use crate::problem::Problem;
use crate::world::World;
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use dayaq_types::{Fin, IdCard};
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/persons/{fin}", get(person))
        .route("/persons/{fin}/vehicles", get(vehicles))
        .route("/addresses/{fin}/{member}", get(same_address))
}

#[derive(Serialize)]
struct PersonReply {
    fin: Fin,
    surname: String,
    name: String,
    patronymic: String,
    birth_date: Date,
    id_card: Option<IdCard>,
    address: Address,
    status: Status,
    citizenship: String,
    wanted: bool,
    whereabouts_unknown: bool,
}

#[derive(Serialize)]
struct Address {
    district: String,
    code: Option<String>,
}

/// A vehicle as the police know it; whether it was given for rehabilitation is known to Health alone.
#[derive(Serialize)]
struct VehicleReply {
    plate: String,
    make: String,
    year: i16,
    basis: Basis,
}

#[derive(Serialize)]
struct VehiclesReply {
    vehicles: Vec<VehicleReply>,
}

async fn person(State(world): State<Arc<World>>, Path(fin): Path<String>) -> Result<Json<PersonReply>, Problem> {
    let fin = asked_about(&world, &fin).await?;
    let state = world.state();
    let (household, person) = state.households.person(&fin).ok_or(UNKNOWN)?;
    let name = person.name.expose().clone();
    Ok(Json(PersonReply {
        fin,
        surname: name.surname,
        name: name.name,
        patronymic: name.patronymic,
        birth_date: *person.birth_date.expose(),
        id_card: person.id_card.clone(),
        address: Address { district: person.district.clone(), code: household.address.clone() },
        status: person.status,
        citizenship: person.citizenship.clone(),
        wanted: person.records.wanted,
        whereabouts_unknown: person.records.whereabouts_unknown,
    }))
}

async fn vehicles(State(world): State<Arc<World>>, Path(fin): Path<String>) -> Result<Json<VehiclesReply>, Problem> {
    let fin = asked_about(&world, &fin).await?;
    let state = world.state();
    let (_, person) = state.households.person(&fin).ok_or(UNKNOWN)?;
    let vehicle =
        |v: &Vehicle| VehicleReply { plate: v.plate.clone(), make: v.make.clone(), year: v.year, basis: v.basis };
    Ok(Json(VehiclesReply { vehicles: person.vehicles.iter().map(vehicle).collect() }))
}

/// Whether both are registered at one address, and not which.
async fn same_address(
    State(world): State<Arc<World>>,
    Path((fin, member)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let pair = world.pair(&fin, &member, Institution::Interior).await?;
    Ok(Json(json!({ "same": pair.same_roof })))
}

const UNKNOWN: Problem = Problem::unknown("no such person");

async fn asked_about(world: &World, fin: &str) -> Result<Fin, Problem> {
    Ok(world.person(fin, Institution::Interior).await?.fin)
}
