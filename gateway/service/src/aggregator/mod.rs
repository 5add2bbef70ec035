//! Aggregators: phones that come by signed HTTP callbacks, one listener for each aggregator.
//!
//! What is not signed as agreed learns nothing but that. A request that is signed is read by the aggregator's profile and
//! is a turn of the same conversation that operators' phones have; its answer is the screen, or a problem (RFC 9457):
//!
//! | status | when |
//! |---|---|
//! | 200 | the screen; empty after an end |
//! | 400 | a field is missing or holds what it cannot; the detail names it |
//! | 401 | not signed as agreed; or signed more than 300 s from now, and then the detail says `timestamp` |
//! | 404 | no service code of ours; another path |
//! | 405, 408 | not POST; a body that does not come within 15 s |
//! | 409 | the request was taken before and its reply is history, or its nonce stood over another body |
//! | 413, 415 | a body beyond 16 KiB; another content type than agreed |
//! | 503 | nothing is saved, or there is no place for another turn; `Retry-After` says when to come again |

mod answer;
mod request;
mod signature;

#[cfg(test)]
pub(crate) use signature::NONCE_LIFE;
#[cfg(test)]
mod tests;

use crate::admission::AdmissionLimits;
use crate::config::Aggregator;
use crate::conversation::{Call, Called, Conversations};
use crate::http::problem;
use crate::http_server::HttpListener;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use dayaq_types::Clock;
use request::Unreadable;
use signature::NotSigned;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tracing::{debug, warn};

/// The largest request body taken, in octets.
const BODY_MAX: usize = 16 * 1024;
/// How long a body may take to come.
const BODY_PATIENCE: Duration = Duration::from_secs(15);
/// After how many seconds it is worth calling again.
const RETRY_AFTER: &str = "1";

/// One aggregator's side of the gateway.
pub struct Front {
    /// Its place in the configuration.
    pub at: usize,
    /// The aggregator.
    pub aggregator: Aggregator,
    /// Where its turns are taken.
    pub conversations: Arc<Conversations>,
    /// By which signatures are too old.
    pub clock: Arc<dyn Clock>,
}

/// Takes its calls on that socket, so many connections at once.
pub fn listener(socket: TcpListener, front: Arc<Front>, connections: usize) -> std::io::Result<HttpListener> {
    let name = front.aggregator.name.clone();
    let routes = Router::new().route(&front.aggregator.path, post(take));
    let routes = routes.fallback(nothing).method_not_allowed_fallback(not_allowed).with_state(front);
    // A proxy in front of it is one address for all.
    let limits = AdmissionLimits { total: connections, per_address: connections };
    HttpListener::on(socket, routes, limits, &name)
}

async fn take(State(front): State<Arc<Front>>, headers: HeaderMap, body: Body) -> Response {
    let response = match tokio::time::timeout(BODY_PATIENCE, to_bytes(body, BODY_MAX)).await {
        Ok(Ok(body)) => front.answer(&headers, &body).await,
        Ok(Err(_)) => problem(StatusCode::PAYLOAD_TOO_LARGE, "Too large", "A body has at most 16384 octets."),
        Err(_) => problem(StatusCode::REQUEST_TIMEOUT, "Too slow", "The body did not come within 15 s."),
    };
    let (name, status) = (front.aggregator.name.clone(), response.status().as_str().to_owned());
    metrics::counter!("dayaq_callbacks_total", "aggregator" => name, "status" => status).increment(1);
    response
}

async fn nothing() -> Response {
    problem(StatusCode::NOT_FOUND, "Not found", "Nothing is served here.")
}

async fn not_allowed() -> Response {
    problem(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", "Callbacks are POST requests.")
}

impl Front {
    async fn answer(&self, headers: &HeaderMap, body: &Bytes) -> Response {
        let Aggregator { name, secret, codes, profile, .. } = &self.aggregator;
        let signed = match signature::verify(secret, &profile.signature, headers, body, self.clock.now()) {
            Ok(signed) => signed,
            Err(cause) => {
                debug!(aggregator = %name, cause = %cause, "Callback refused");
                return unproven(cause);
            }
        };
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let request = match request::read(&profile.request, content_type, body).await {
            Ok(request) => request,
            Err(cause) => {
                // It is the aggregator's own, so that its profile is what does not fit.
                warn!(aggregator = %name, cause = %cause, "Callback not understood");
                return unreadable(&cause);
            }
        };
        let Some((code, text)) = request::reach(codes, profile.request.holds, &request) else {
            warn!(aggregator = %name, "Callback for a service code that is not ours");
            return problem(StatusCode::NOT_FOUND, "Unknown service code", "No service code of ours was dialled.");
        };
        let call = Call {
            event: request.event,
            msisdn: request.phone,
            session: request.session,
            code: code.map(str::to_owned),
            text,
            sequence: request.sequence,
            nonce: signed.nonce,
            body: body.to_vec(),
            signed_at: signed.at,
            nonce_life: signature::NONCE_LIFE,
        };
        match self.conversations.callback(self.at, call).await {
            Called::Shown { text, ends } => answer::write(&profile.answer, &request.fields, &text, ends),
            Called::Silent => answer::silent(),
            Called::Past => problem(StatusCode::CONFLICT, "Taken before", "This turn was taken before."),
            Called::Reused => problem(StatusCode::CONFLICT, "Nonce used", "This nonce stood over another request."),
            Called::Busy => later("There is no place for another turn at this moment."),
            Called::Failed => later("The turn could not be saved. Nothing of it is kept."),
        }
    }
}

fn unproven(cause: NotSigned) -> Response {
    let detail = match cause {
        NotSigned::Unproven => "The request is not signed as agreed.",
        NotSigned::Stale => "timestamp: more than 300 s from the time here.",
    };
    let mut response = problem(StatusCode::UNAUTHORIZED, "Not signed", detail);
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("HMAC-SHA256"));
    response
}

fn unreadable(cause: &Unreadable) -> Response {
    let status = match cause {
        Unreadable::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Unreadable::Body(_) | Unreadable::Field { .. } => StatusCode::BAD_REQUEST,
    };
    problem(status, "Not understood", &cause.to_string())
}

fn later(detail: &str) -> Response {
    let mut response = problem(StatusCode::SERVICE_UNAVAILABLE, "Not now", detail);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    response
}
