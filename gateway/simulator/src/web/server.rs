//! The listener, and the guard in front of it.

use super::desk::Desk;
use super::routes;
use crate::smsc::{Smsc, StartError};
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Nothing from elsewhere, nothing inline, in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What every answer carries.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Why a web phone did not start.
#[derive(Debug, thiserror::Error)]
pub enum WebPhoneError {
    /// The address can be reached from outside. Whoever reaches the page is a subscriber of the operator.
    #[error("{0} is not a loopback address")]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] StartError),
}

/// A page with a phone of this operator, served on loopback to any number of browsers. Dropped, it stops.
pub struct WebPhone {
    addr: SocketAddr,
    cancel: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl WebPhone {
    /// Starts serving; the wire is watched from now on.
    pub async fn start(smsc: &Smsc, listen: SocketAddr) -> Result<Self, WebPhoneError> {
        if !listen.ip().is_loopback() {
            return Err(WebPhoneError::NotLoopback(listen));
        }
        let failed = |source| StartError { listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let desk = Arc::new(Desk::new(smsc.exchange.clone()));
        let cancel = desk.cancel.clone();
        let tap = smsc.tap();
        let watched = desk.clone();
        let watch = tokio::spawn(async move { watched.watch(tap).await });
        let router = routes::router(desk).layer(from_fn_with_state(addr.port(), guard));
        let stopped = cancel.clone().cancelled_owned();
        let serve = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
                tracing::warn!(%error, "The web phone stopped");
            }
        });
        tracing::info!(%addr, "Web phone listens");
        Ok(Self { addr, cancel, tasks: vec![watch, serve] })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What to open in a browser.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Ends every page's stream and stops.
    pub async fn shutdown(mut self) {
        self.cancel.cancel();
        for task in std::mem::take(&mut self.tasks) {
            // A panic in it has been reported already.
            let _ = task.await;
        }
    }
}

impl Drop for WebPhone {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// Lets only pages of our own in: a site elsewhere may not reach us by a name that it points at loopback, nor let its
/// visitors post here.
async fn guard(State(port): State<u16>, request: Request, next: Next) -> Response {
    let mut response = match admitted(port, request.headers()) {
        true => next.run(request).await,
        false => StatusCode::FORBIDDEN.into_response(),
    };
    response.headers_mut().extend(HEADERS);
    response
}

fn admitted(port: u16, headers: &HeaderMap) -> bool {
    let names = [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")];
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let Some(host) = host.filter(|host| names.iter().any(|name| name == host)) else { return false };
    let origin = headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    origin.is_none_or(|origin| origin == format!("http://{host}"))
}
