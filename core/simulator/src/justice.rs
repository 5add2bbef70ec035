//! Ministry of Justice: acts of civil status, prisoners, notarised applications.

use crate::Institution;
use crate::household::{Family, Issued, Kinship};
use crate::problem::Problem;
use crate::world::World;
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use dayaq_types::{Fin, baku_date};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/family/{fin}", get(family))
        .route("/notary/{number}", get(notary))
        .route("/kinship/{fin}/{member}", get(kinship))
}

#[derive(Serialize)]
struct FamilyReply {
    fin: Fin,
    #[serde(flatten)]
    family: Family,
    prisoner: bool,
    died_on: Option<Date>,
}

#[derive(Serialize)]
struct NotaryReply {
    number: String,
    applicant_fin: Fin,
    issued_on: Date,
    valid_until: Date,
    members: Vec<Fin>,
}

/// What the second is to the first, up to two steps away.
#[derive(Serialize)]
struct KinshipReply {
    kinship: Option<Kinship>,
    guardianship: bool,
}

async fn family(State(world): State<Arc<World>>, Path(fin): Path<String>) -> Result<Json<FamilyReply>, Problem> {
    const UNKNOWN: Problem = Problem::unknown("no such person");
    let fin = world.person(&fin, Institution::Justice).await?.fin;
    let state = world.state();
    let (household, person) = state.households.person(&fin).ok_or(UNKNOWN)?;
    let died_on = person.records.died_on;
    Ok(Json(FamilyReply { fin, family: household.family_of(person), prisoner: person.prisoner, died_on }))
}

async fn notary(State(world): State<Arc<World>>, Path(number): Path<String>) -> Result<Json<NotaryReply>, Problem> {
    const UNKNOWN: Problem = Problem::unknown("no such notarised application");
    let household = world.state().households.by_notary(&number).map(|h| h.id.clone()).ok_or(UNKNOWN)?;
    world.household_fault(&household, Institution::Justice).await?;
    let state = world.state();
    let household = state.households.by_notary(&number).ok_or(UNKNOWN)?;
    let notary = household.notary.as_ref().ok_or(UNKNOWN)?;
    let issued_on = match notary.issued {
        Issued::On(day) => day,
        Issued::DaysAgo(days) => baku_date(world.clock.now()).saturating_sub(i32::from(days).days()),
    };
    Ok(Json(NotaryReply {
        number,
        applicant_fin: household.applicant().fin,
        issued_on,
        valid_until: issued_on.saturating_add(i32::from(notary.valid_days).days()),
        members: household.notarised(),
    }))
}

async fn kinship(
    State(world): State<Arc<World>>,
    Path((fin, member)): Path<(String, String)>,
) -> Result<Json<KinshipReply>, Problem> {
    let pair = world.pair(&fin, &member, Institution::Justice).await?;
    let kinship = pair.other.as_ref().and_then(|other| pair.home.kinship_of(other));
    Ok(Json(KinshipReply { kinship, guardianship: pair.other.is_some_and(|other| other.guardianship) }))
}
