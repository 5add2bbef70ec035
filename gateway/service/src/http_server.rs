//! One HTTP listener whose callers can hold nothing for long: bounded in connections, in the time that a request's head
//! may take, and in the life of a connection. A connection that says nothing gives way to a new one.
//!
//! What a body may take is the routes' to say, since they know how long one can be.

use crate::admission::{AdmissionLimits, Pass};
use crate::listening::{Caller, Listening};
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use metrics::Counter;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;

/// How long the head of a request may take from the moment it is waited for; so long a connection may also be idle.
pub const HEAD_PATIENCE: Duration = Duration::from_secs(5);
/// Octets of a request's head, at most.
const HEAD_OCTETS_MAX: usize = 32 * 1024;
/// How long one connection may be used; who wants more connects again.
const CONNECTION_LIFE: Duration = Duration::from_secs(300);
/// How long a request under way has once its connection is to end.
const LAST_REQUEST: Duration = Duration::from_secs(15);

/// One listener and what it serves. It can be run again after a run that was broken off: who was connected stays so, and
/// counts.
pub struct HttpListener {
    listening: Listening,
    router: Router,
    connections: TaskTracker,
    refused: Counter,
}

impl HttpListener {
    /// On an open socket; `name` is the listener's in logs and metrics.
    pub fn on(socket: TcpListener, router: Router, limits: AdmissionLimits, name: &str) -> io::Result<Self> {
        let refused = metrics::counter!("dayaq_http_connections_refused_total", "listener" => name.to_owned());
        let listening = Listening::on(socket, limits, name.to_owned())?;
        Ok(Self { listening, router, connections: TaskTracker::new(), refused })
    }

    /// Serves until cancelled; then requests under way are answered, and idle connections close. It ends before that only
    /// where its socket is lost.
    pub async fn run(&mut self, stop: CancellationToken) {
        loop {
            let caller = tokio::select! {
                () = stop.cancelled() => break,
                caller = self.listening.next() => caller,
            };
            match caller {
                Some(Caller { stream, pass: Some(pass), room, .. }) => {
                    let (router, stop) = (self.router.clone(), stop.clone());
                    self.connections.spawn(async move {
                        connection(stream, router, pass, stop).await;
                        drop(room);
                    });
                }
                Some(Caller { pass: None, .. }) => self.refused.increment(1),
                None => return,
            }
        }
        self.listening.close();
        self.connections.close();
        self.connections.wait().await;
    }
}

/// Serves one connection to its end.
async fn connection<S>(stream: S, router: Router, pass: Pass, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let pass = Arc::new(pass);
    let answers = TowerToHyperService::new(router);
    let service = hyper::service::service_fn(|request: Request<Incoming>| {
        let busy = Busy(Arc::clone(&pass));
        let answer = hyper::service::Service::call(&answers, request.map(|body| Body::new(Heard::of(body, &pass))));
        async move {
            let answer = answer.await;
            drop(busy);
            answer
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(HEAD_OCTETS_MAX)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => Some(ended),
        () = pass.replaced() => return,
        () = stop.cancelled() => None,
        () = tokio::time::sleep(CONNECTION_LIFE) => None,
    };
    let ended = match ended {
        Some(ended) => Ok(ended),
        None => {
            served.as_mut().graceful_shutdown();
            // Whoever does not read its answer is not waited for: the connection is dropped.
            tokio::time::timeout(LAST_REQUEST, served.as_mut()).await
        }
    };
    if let Ok(Err(cause)) = ended {
        debug!(cause = %cause, "HTTP connection ended early");
    }
}

/// The body of a request. Its connection is busy once all of it has come: who keeps us waiting for it may give way.
struct Heard {
    body: Incoming,
    pass: Arc<Pass>,
}

impl Heard {
    fn of(body: Incoming, pass: &Arc<Pass>) -> Self {
        let heard = Self { body, pass: Arc::clone(pass) };
        heard.note();
        heard
    }

    fn note(&self) {
        if self.body.is_end_stream() {
            self.pass.set_busy(true);
        }
    }
}

impl HttpBody for Heard {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        self.note();
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A request under way; with its answer its connection is busy no more.
struct Busy(Arc<Pass>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.set_busy(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::Admission;
    use crate::link::VirtualClock;
    use axum::routing::{get, post};
    use dayaq_types::Clock;
    use std::net::{IpAddr, Ipv4Addr};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
    use tokio::task::JoinHandle;

    /// A caller on virtual time, and the task that serves it.
    fn caller() -> (DuplexStream, JoinHandle<()>, CancellationToken) {
        let router = Router::new()
            .route("/", get(|| async { "hello" }))
            .route("/long", get(|| async { "x".repeat(1 << 20) }))
            .route("/body", post(|body: Bytes| async move { body.len().to_string() }))
            .layer(tower_http::timeout::TimeoutLayer::with_status_code(
                axum::http::StatusCode::REQUEST_TIMEOUT,
                Duration::from_secs(15),
            ));
        let (near, far) = tokio::io::duplex(1024);
        let stop = CancellationToken::new();
        let admission = Admission::new(AdmissionLimits { total: 1, per_address: 1 });
        let pass = admission.admit(IpAddr::V4(Ipv4Addr::LOCALHOST)).unwrap();
        (near, tokio::spawn(connection(far, router, pass, stop.clone())), stop)
    }

    /// How long the connection lives when its caller sends these octets, one each second, and then says nothing.
    async fn life_of_a_trickle(octets: &[u8]) -> Duration {
        let (mut near, served, _stop) = caller();
        let clock = VirtualClock::start();
        for octet in octets {
            if near.write_all(&[*octet]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        served.await.unwrap();
        clock.monotonic()
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_trickles_or_never_ends_holds_its_connection_for_five_seconds() {
        let head = b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n";
        for cut in 0..head.len() - 1 {
            let life = life_of_a_trickle(&head[..cut]).await;
            // The caller notices at its next octet.
            assert!(life >= HEAD_PATIENCE && life <= HEAD_PATIENCE + Duration::from_secs(2), "{cut}: {life:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_is_given_up_after_fifteen_seconds() {
        let (mut near, served, _stop) = caller();
        let clock = VirtualClock::start();
        near.write_all(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n").await.unwrap();
        let mut answer = [0; 64];
        let count = near.read(&mut answer).await.unwrap();
        assert!(answer[..count].starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&answer[..count]));
        assert_eq!(clock.monotonic().as_secs(), 15);
        served.await.unwrap();
        assert!(clock.monotonic() <= Duration::from_secs(20), "{:?}", clock.monotonic());
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_not_sent_the_whole_body_gives_way_and_who_has_does_not() {
        let router = Router::new().route(
            "/",
            post(|_: Bytes| async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                "done"
            }),
        );
        let begin = |admission: &Arc<Admission>| {
            let pass = admission.admit(IpAddr::V4(Ipv4Addr::LOCALHOST)).unwrap();
            let (near, far) = tokio::io::duplex(1024);
            (near, tokio::spawn(connection(far, router.clone(), pass, CancellationToken::new())))
        };
        for (body, served) in [(&b"123"[..], false), (b"1234", true)] {
            let admission = Admission::new(AdmissionLimits { total: 1, per_address: 1 });
            let (mut near, task) = begin(&admission);
            near.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\n")
                .await
                .unwrap();
            near.write_all(body).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
            let other = admission.admit(IpAddr::V4(Ipv4Addr::LOCALHOST));
            assert_eq!(other.is_none(), served, "{body:?}");
            let mut answer = String::new();
            near.read_to_string(&mut answer).await.unwrap();
            assert_eq!(answer.ends_with("done"), served, "{answer}");
            task.await.unwrap();
        }
    }

    /// HTTP/2 is not spoken: its preface, and the frames of a rapid reset behind it, are no request.
    #[tokio::test(start_paused = true)]
    async fn http_2_is_refused_with_its_preface() {
        let (mut near, served, _stop) = caller();
        let clock = VirtualClock::start();
        let mut octets = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        octets.extend([0, 0, 0, 4, 0, 0, 0, 0, 0]);
        for stream in 0..100u32 {
            let id = (2 * stream + 1).to_be_bytes();
            octets.extend([0, 0, 1, 1, 5].into_iter().chain(id).chain([0x82]));
            octets.extend([0, 0, 4, 3, 0].into_iter().chain(id).chain([0, 0, 0, 8]));
        }
        // It may be gone before all of it is written.
        let _ = near.write_all(&octets).await;
        let mut answer = Vec::new();
        let _ = near.read_to_end(&mut answer).await;
        served.await.unwrap();
        assert!(!answer.starts_with(b"HTTP/1.1 200") && clock.monotonic() < Duration::from_secs(1), "{answer:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_reads_its_answer_is_dropped() {
        let (mut near, served, _stop) = caller();
        let clock = VirtualClock::start();
        near.write_all(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        served.await.unwrap();
        assert!(clock.monotonic() <= CONNECTION_LIFE + LAST_REQUEST, "{:?}", clock.monotonic());
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_closes_at_once_when_the_listener_ends() {
        let (mut near, served, stop) = caller();
        let clock = VirtualClock::start();
        near.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut answer = vec![0; 4096];
        let count = near.read(&mut answer).await.unwrap();
        assert!(answer[..count].ends_with(b"hello"));
        stop.cancel();
        served.await.unwrap();
        assert_eq!(clock.monotonic().as_secs(), 0);
    }
}
