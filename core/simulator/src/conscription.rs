//! State Service for Mobilization and Conscription: it takes an inquiry, and has the answer a second later.

use crate::world::World;
use crate::{Institution, problem::Problem};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use dayaq_types::Fin;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;

/// How long an answer takes to be ready.
const PREPARED_AFTER: SignedDuration = SignedDuration::from_secs(1);
/// Inquiries that are kept; the oldest is forgotten first.
const KEPT_MAX: usize = 10_000;

/// The inquiries taken, with their numbers.
#[derive(Debug, Default)]
pub(crate) struct Inquiries {
    last: u64,
    taken: VecDeque<(u64, Fin, Timestamp)>,
}

impl Inquiries {
    fn take(&mut self, fin: Fin, now: Timestamp) -> u64 {
        self.last += 1;
        self.taken.push_back((self.last, fin, now));
        if self.taken.len() > KEPT_MAX {
            self.taken.pop_front();
        }
        self.last
    }

    fn get(&self, number: u64) -> Option<(Fin, Timestamp)> {
        self.taken.iter().find(|(n, ..)| *n == number).map(|(_, fin, at)| (*fin, *at))
    }

    /// Forgets all of them.
    pub fn forget(&mut self) {
        self.taken.clear();
    }
}

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/inquiries", post(take)).route("/inquiries/{number}", get(fetch))
}

#[derive(Deserialize)]
struct Inquiry {
    pin: String,
}

async fn take(
    State(world): State<Arc<World>>,
    Json(inquiry): Json<Inquiry>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let person = world.person(&inquiry.pin, Institution::Conscription).await?;
    let now = world.clock.now();
    let number = world.state().inquiries.take(person.fin, now);
    Ok((StatusCode::ACCEPTED, Json(json!({ "inquiry": format!("Q-{number}") }))))
}

async fn fetch(
    State(world): State<Arc<World>>,
    Path(number): Path<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    const UNKNOWN: Problem = Problem::unknown("no such inquiry");
    let number = number.strip_prefix("Q-").and_then(|n| n.parse().ok()).ok_or(UNKNOWN)?;
    let (fin, taken) = world.state().inquiries.get(number).ok_or(UNKNOWN)?;
    if world.clock.now().duration_since(taken) < PREPARED_AFTER {
        return Ok((StatusCode::ACCEPTED, Json(json!({ "state": "in preparation" }))));
    }
    let state = world.state();
    let (_, person) = state.households.person(&fin).ok_or(UNKNOWN)?;
    let standing = if person.records.conscript { "serving" } else { "exempt" };
    Ok((StatusCode::OK, Json(json!({ "state": "ready", "standing": standing }))))
}
