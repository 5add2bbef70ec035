//! The operator's control desk: faults, links and any phone, for engineers and their tools.

use super::desk::Desk;
use crate::fault::{Fault, Standing};
use crate::handset::Handset;
use crate::inbox::Sms;
use crate::phone::{HandsetError, Screen};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use dayaq_smpp::BindKind;
use dayaq_types::Msisdn;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// The routes, below `/control`.
pub(super) fn router() -> Router<Arc<Desk>> {
    Router::new()
        .route("/control", get(overview))
        .route("/control/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/control/faults/{id}", delete(remove_fault))
        .route("/control/cut", post(cut))
        .route("/control/unbind", post(unbind))
        .route("/control/phones/{number}/texts", get(texts))
        .route("/control/phones/{number}/{deed}", post(act))
}

#[derive(Serialize)]
struct Overview {
    binds: Vec<Bind>,
    phones: usize,
    /// Texts on their way to phones.
    held: usize,
    faults: Vec<FaultView>,
}

#[derive(Serialize)]
struct Bind {
    link: u64,
    account: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct FaultView {
    id: u64,
    fault: String,
    /// How often it has struck.
    struck: u64,
}

impl From<&Standing> for FaultView {
    fn from(standing: &Standing) -> Self {
        Self { id: standing.id, fault: standing.fault.to_string(), struck: standing.struck }
    }
}

async fn overview(State(desk): State<Arc<Desk>>) -> Json<Overview> {
    let exchange = &desk.exchange;
    let faults = exchange.faults().all().iter().map(FaultView::from).collect();
    let state = exchange.state();
    let account = |at: usize| exchange.config.accounts.get(at).map(|account| account.system_id.clone());
    let binds = state.binds.iter().map(|(link, bound)| Bind {
        link: *link,
        account: account(bound.account).unwrap_or_default(),
        kind: match bound.kind {
            BindKind::Transceiver => "transceiver",
            BindKind::Transmitter => "transmitter",
            BindKind::Receiver => "receiver",
        },
    });
    Json(Overview { binds: binds.collect(), phones: state.phones.len(), held: state.held.len(), faults })
}

async fn faults(State(desk): State<Arc<Desk>>) -> Json<Vec<FaultView>> {
    Json(desk.exchange.faults().all().iter().map(FaultView::from).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedFault {
    /// As on the command line.
    fault: String,
}

async fn add_fault(State(desk): State<Arc<Desk>>, Json(wanted): Json<WantedFault>) -> Response {
    let fault: Fault = match wanted.fault.parse() {
        Ok(fault) => fault,
        Err(why) => return complaint(StatusCode::BAD_REQUEST, &why),
    };
    let written = fault.to_string();
    let Some(id) = desk.exchange.faults().add(fault) else {
        return complaint(StatusCode::CONFLICT, &"too many faults stand already");
    };
    // A link that sleeps is to look.
    desk.exchange.work.notify_waiters();
    (StatusCode::CREATED, Json(FaultView { id, fault: written, struck: 0 })).into_response()
}

async fn clear_faults(State(desk): State<Arc<Desk>>) -> StatusCode {
    desk.exchange.faults().clear();
    desk.exchange.work.notify_waiters();
    StatusCode::NO_CONTENT
}

async fn remove_fault(State(desk): State<Arc<Desk>>, Path(id): Path<u64>) -> StatusCode {
    let stood = desk.exchange.faults().remove(id);
    desk.exchange.work.notify_waiters();
    if stood { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

async fn cut(State(desk): State<Arc<Desk>>) -> StatusCode {
    let cut = std::mem::take(&mut desk.exchange.state().cut);
    cut.cancel();
    StatusCode::NO_CONTENT
}

async fn unbind(State(desk): State<Arc<Desk>>) -> StatusCode {
    let unbind = std::mem::take(&mut desk.exchange.state().unbind);
    unbind.cancel();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    /// What is dialled, answered or written; nothing to hang up with.
    #[serde(default)]
    text: String,
}

/// Lets a phone do something, and waits for what comes of it.
async fn act(
    State(desk): State<Arc<Desk>>,
    Path((number, deed)): Path<(String, String)>,
    Json(Typed { text }): Json<Typed>,
) -> Response {
    let Ok(number) = Msisdn::parse(&number) else {
        return complaint(StatusCode::BAD_REQUEST, &"the address names no phone number");
    };
    let phone = Handset::new(desk.exchange.clone(), number);
    let done = match deed.as_str() {
        "dial" => return shown(phone.dial(&text).await),
        "answer" => return shown(phone.send(&text).await),
        "hang-up" => phone.hang_up().await,
        "time-out" => phone.time_out().await,
        "sms" => phone.send_sms(&text).await,
        "off" => {
            phone.switch_off();
            Ok(())
        }
        "on" => {
            phone.switch_on();
            Ok(())
        }
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match done {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(why) => complaint(StatusCode::CONFLICT, &why),
    }
}

async fn texts(State(desk): State<Arc<Desk>>, Path(number): Path<String>) -> Response {
    let Ok(number) = Msisdn::parse(&number) else {
        return complaint(StatusCode::BAD_REQUEST, &"the address names no phone number");
    };
    let inbox = Handset::new(desk.exchange.clone(), number).sms_inbox();
    let view = |sms: &Sms| json!({ "from": sms.from, "text": sms.text, "segments": sms.segments, "units": sms.units });
    Json(inbox.iter().map(view).collect::<Vec<_>>()).into_response()
}

fn shown(screen: Result<Screen, HandsetError>) -> Response {
    match screen {
        Ok(Screen { text, more, units, .. }) => {
            Json(json!({ "text": text, "more": more, "units": units })).into_response()
        }
        Err(why) => complaint(StatusCode::CONFLICT, &why),
    }
}

fn complaint(status: StatusCode, why: &dyn ToString) -> Response {
    (status, Json(json!({ "error": why.to_string() }))).into_response()
}
