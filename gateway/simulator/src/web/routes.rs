//! What a page may ask for.

use super::control;
use super::desk::Desk;
use super::files;
use super::line::{Line, Told};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::response::sse::{self, KeepAlive, Sse};
use axum::routing::{get, post};
use axum::{Json, Router};
use dayaq_types::Msisdn;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// The largest request body taken, in octets: ten texts of three parts have room.
const BODY_MAX: usize = 4096;

/// The routes; the server puts its guard around them.
pub(super) fn router(desk: Arc<Desk>) -> Router {
    let api = Router::new()
        .route("/api/phones", post(open))
        .route("/api/phones/{id}/events", get(events))
        .route("/api/phones/{id}/{deed}", post(act))
        .merge(control::router());
    files::serve(api).layer(DefaultBodyLimit::max(BODY_MAX)).with_state(desk)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The number that the page had before.
    number: Option<String>,
}

#[derive(Serialize)]
struct Opened {
    id: String,
    number: String,
    code: String,
}

async fn open(State(desk): State<Arc<Desk>>, Json(wanted): Json<Wanted>) -> impl IntoResponse {
    let number = wanted.number.and_then(|number| Msisdn::parse(&number).ok());
    let (id, line) = desk.open(number).ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
    let opened = Opened { id, number: line.number().digits(), code: desk.code() };
    Ok::<_, StatusCode>((StatusCode::CREATED, Json(opened)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    /// The code, the answer or the text; nothing to hang up with.
    #[serde(default)]
    text: String,
}

/// Begins what the phone is to do; what comes of it is an event.
async fn act(
    State(desk): State<Arc<Desk>>,
    Path((id, deed)): Path<(String, String)>,
    Json(Typed { text }): Json<Typed>,
) -> Result<StatusCode, StatusCode> {
    let line = desk.line(&id).ok_or(StatusCode::NOT_FOUND)?;
    let permit = line.permit().ok_or(StatusCode::TOO_MANY_REQUESTS)?;
    let deed = Deed::named(&deed).ok_or(StatusCode::NOT_FOUND)?;
    let cancel = desk.cancel.clone();
    // A task of its own: a page that is closed meanwhile must not take the screen with it.
    tokio::spawn(async move {
        tokio::select! {
            () = deed.perform(&line, &text) => {}
            () = cancel.cancelled() => {}
        }
        drop(permit);
    });
    Ok(StatusCode::ACCEPTED)
}

/// What a phone can do.
#[derive(Clone, Copy)]
enum Deed {
    Dial,
    Answer,
    HangUp,
    TimeOut,
    SendSms,
}

impl Deed {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "dial" => Self::Dial,
            "answer" => Self::Answer,
            "hang-up" => Self::HangUp,
            "time-out" => Self::TimeOut,
            "sms" => Self::SendSms,
            _ => return None,
        })
    }

    async fn perform(self, line: &Line, text: &str) {
        match self {
            Self::Dial => line.dial(text).await,
            Self::Answer => line.answer(text).await,
            Self::HangUp => line.hang_up().await,
            Self::TimeOut => line.time_out().await,
            Self::SendSms => line.send_sms(text).await,
        }
    }
}

/// A page's ear.
struct Ear {
    past: VecDeque<Told>,
    live: broadcast::Receiver<Told>,
    cancel: CancellationToken,
}

/// Everything that the phone heard after the event that the page heard last, and then what it hears.
async fn events(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, StatusCode> {
    let line = desk.line(&id).ok_or(StatusCode::NOT_FOUND)?;
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let (past, live) = line.listen(last);
    let ear = Ear { past, live, cancel: desk.cancel.clone() };
    // A page that lags too far behind is cut off; it comes back and hears the rest from the past.
    let told = stream::unfold(ear, |mut ear| async {
        let told = match ear.past.pop_front() {
            Some(told) => told,
            None => tokio::select! {
                told = ear.live.recv() => told.ok()?,
                () = ear.cancel.cancelled() => return None,
            },
        };
        let event = sse::Event::default().id(told.id.to_string()).data(&*told.json);
        Some((Ok::<_, Infallible>(event), ear))
    });
    Ok(Sse::new(told).keep_alive(KeepAlive::default()))
}
