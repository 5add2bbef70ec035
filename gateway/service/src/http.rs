//! The gateway's HTTP side: is it alive, is it ready, how is it doing.

use crate::admission::AdmissionLimits;
use crate::http_server::HttpListener;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::future::join_all;
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

/// The largest request body taken; none of these pages needs one.
const BODY_MAX: usize = 64 * 1024;
/// The longest a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// The longest that one thing may take to say that it works.
const CHECK_PATIENCE: Duration = Duration::from_millis(1_500);

/// One thing that must work before the service is ready.
#[async_trait::async_trait]
pub trait Check: Send + Sync {
    /// A short name, such as `sessions`.
    fn name(&self) -> String;
    /// Whether it works, or a cause that says nothing personal.
    async fn check(&self) -> Result<(), String>;
    /// What works and needs somebody's attention all the same; it makes nothing unready.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What the pages show.
pub struct HttpState {
    /// What `/readyz` asks.
    pub checks: Vec<Arc<dyn Check>>,
    /// Cancelled once the service ends: from then on it is not ready, whatever works.
    pub draining: CancellationToken,
    /// What `/metrics` prints.
    pub metrics: PrometheusHandle,
}

/// The pages on that socket, for so many connections at once.
pub fn listener(socket: TcpListener, state: Arc<HttpState>, connections: usize) -> std::io::Result<HttpListener> {
    let limits = AdmissionLimits { total: connections, per_address: connections.div_ceil(2) };
    HttpListener::on(socket, router(state), limits, "http")
}

/// The routes.
pub fn router(state: Arc<HttpState>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(print_metrics))
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(RequestBodyLimitLayer::new(BODY_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .with_state(state)
}

#[derive(Serialize)]
struct Ready {
    ready: bool,
    checks: Vec<Checked>,
}

#[derive(Serialize)]
struct Checked {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

async fn ready(State(state): State<Arc<HttpState>>) -> Response {
    let checks = if state.draining.is_cancelled() {
        vec![Checked { name: "service".to_owned(), fault: Some("draining: it ends".to_owned()), warnings: Vec::new() }]
    } else {
        // Side by side, and none longer than it may take: what hangs must not hide who else is down.
        join_all(state.checks.iter().map(|check| checked(&**check))).await
    };
    let ready = checks.iter().all(|c| c.fault.is_none());
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready, checks })).into_response()
}

async fn checked(check: &dyn Check) -> Checked {
    let fault = match tokio::time::timeout(CHECK_PATIENCE, check.check()).await {
        Ok(checked) => checked.err(),
        Err(_) => Some(format!("no answer within {} ms", CHECK_PATIENCE.as_millis())),
    };
    Checked { name: check.name(), fault, warnings: check.warnings() }
}

async fn print_metrics(State(state): State<Arc<HttpState>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics.render()).into_response()
}

async fn not_found(uri: Uri) -> Response {
    problem(StatusCode::NOT_FOUND, "Not found", &format!("There is no {}.", uri.path()))
}

async fn not_allowed(method: Method, uri: Uri) -> Response {
    problem(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", &format!("{} does not take {method}.", uri.path()))
}

/// An answer as RFC 9457 has it.
pub fn problem(status: StatusCode, title: &str, detail: &str) -> Response {
    #[derive(Serialize)]
    struct Problem<'a> {
        title: &'a str,
        status: u16,
        detail: &'a str,
    }
    let body = serde_json::to_vec(&Problem { title, status: status.as_u16(), detail }).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics_exporter_prometheus::PrometheusBuilder;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    struct Fixed(&'static str, Result<(), &'static str>);

    #[async_trait::async_trait]
    impl Check for Fixed {
        fn name(&self) -> String {
            self.0.to_owned()
        }
        async fn check(&self) -> Result<(), String> {
            self.1.map_err(str::to_owned)
        }
    }

    async fn ask(checks: Vec<Arc<dyn Check>>, request: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let cancel = CancellationToken::new();
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let state = Arc::new(HttpState { checks, draining: CancellationToken::new(), metrics });
        let mut pages = super::listener(listener, state, 8).unwrap();
        let stop = cancel.clone();
        let server = tokio::spawn(async move { pages.run(stop).await });
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        socket
            .write_all(format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        cancel.cancel();
        server.await.unwrap();
        answer
    }

    /// Never says anything.
    struct Hangs;

    #[async_trait::async_trait]
    impl Check for Hangs {
        fn name(&self) -> String {
            "hangs".to_owned()
        }
        async fn check(&self) -> Result<(), String> {
            std::future::pending().await
        }
    }

    #[tokio::test]
    async fn what_hangs_hides_nobody_who_is_down() {
        let answer =
            ask(vec![Arc::new(Hangs), Arc::new(Hangs), Arc::new(Fixed("core", Err("locked")))], "GET /readyz").await;
        assert!(answer.contains(r#"{"name":"core","fault":"locked"}"#), "{answer}");
        assert!(answer.contains(r#"{"name":"hangs","fault":"no answer within 1500 ms"}"#), "{answer}");
    }

    #[tokio::test]
    async fn readiness_names_what_is_missing() {
        let answer =
            ask(vec![Arc::new(Fixed("sessions", Ok(()))), Arc::new(Fixed("core", Err("locked")))], "GET /readyz").await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains(r#"{"name":"core","fault":"locked"}"#), "{answer}");
        let answer = ask(vec![Arc::new(Fixed("sessions", Ok(())))], "GET /readyz").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    #[tokio::test]
    async fn a_wrong_page_is_a_problem_in_json() {
        let answer = ask(vec![], "GET /nothing").await;
        assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("application/problem+json"), "{answer}");
        let answer = ask(vec![], "DELETE /healthz").await;
        assert!(answer.starts_with("HTTP/1.1 405") && answer.contains("application/problem+json"), "{answer}");
    }
}
