//! The listener, the gate before every institution, and the handle of a running simulation.

use crate::bank::{CardState, CardTime};
use crate::control::{Control, End};
use crate::household::Person;
use crate::households::Households;
use crate::problem::Problem;
use crate::records::Utilities;
use crate::world::World;
use crate::{
    Institution, Tokens, admin, agriculture, central_bank, communications, conscription, counter, education,
    examination, health, interior, justice, migration, ministry, property, refugees, statistics, taxes, utilities,
};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use dayaq_types::{Clock, Fin};
use futures_util::stream;
use serde_json::json;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What a simulation is made of.
pub struct RegistriesConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The families.
    pub households: Households,
    /// The time by which cards become ready and relative months are counted.
    pub clock: Arc<dyn Clock>,
    /// The bearer tokens.
    pub tokens: Tokens,
    /// How long a card takes.
    pub card_time: CardTime,
}

/// Why a simulation did not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {listen}")]
pub struct StartError {
    /// Where it should have listened.
    pub listen: SocketAddr,
    /// What the machine said.
    #[source]
    pub source: io::Error,
}

/// The institutions and the bank.
pub struct Registries;

impl Registries {
    /// Starts them on one listener, each under the prefix of its name.
    pub async fn start(config: RegistriesConfig) -> Result<Running, StartError> {
        let listen = config.listen;
        let failed = |source| StartError { listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let cancel = CancellationToken::new();
        let world = World::new(config.households, config.clock, config.tokens, config.card_time, cancel.clone());
        let world = Arc::new(world);
        let service = router(world.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let stopped = cancel.clone().cancelled_owned();
        let task = tokio::spawn(async move { axum::serve(listener, service).with_graceful_shutdown(stopped).await });
        tracing::info!(%addr, "Registries listen");
        Ok(Running { addr, world, cancel, task: Some(task) })
    }
}

fn router(world: Arc<World>) -> Router {
    let institutions = Institution::ALL
        .into_iter()
        .fold(Router::new(), |router, institution| router.nest(&format!("/{institution}"), routes(institution)));
    institutions
        .nest("/admin", admin::routes())
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(|| async { Problem::unknown("no such path") })
        .method_not_allowed_fallback(|| async { Problem::new(StatusCode::METHOD_NOT_ALLOWED, "not that method") })
        .layer(from_fn_with_state(world.clone(), gate))
        .with_state(world)
}

fn routes(institution: Institution) -> Router<Arc<World>> {
    match institution {
        Institution::Interior => interior::routes(),
        Institution::Justice => justice::routes(),
        Institution::Taxes => taxes::routes(),
        Institution::Agriculture => agriculture::routes(),
        Institution::Education => education::routes(),
        Institution::Health => health::routes(),
        Institution::Communications => communications::routes(),
        Institution::Refugees => refugees::routes(),
        Institution::Statistics => statistics::routes(),
        Institution::Property => property::routes(),
        Institution::Migration => migration::routes(),
        Institution::Conscription => conscription::routes(),
        Institution::CentralBank => central_bank::routes(),
        Institution::Examination => examination::routes(),
        Institution::Azerisiq => utilities::electricity(),
        Institution::Azersu => utilities::water(),
        Institution::Azeriqaz => utilities::gas(),
        Institution::Ministry => ministry::routes(),
        Institution::Bank => counter::routes(),
    }
}

/// Asks for the token and lets the faults strike, before and after an institution does its work.
async fn gate(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    let prefix = request.uri().path().split('/').nth(1).unwrap_or_default();
    let Some(institution) = Institution::parse(prefix) else { return next.run(request).await };
    let bearer = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    if !bearer.is_some_and(|value| world.tokens.admit(institution, value)) {
        return Problem::new(StatusCode::UNAUTHORIZED, "a bearer token is needed").into_response();
    }
    let fate = world.next_fate(institution);
    world.wait(fate.delay).await;
    match fate.end {
        End::Answered => next.run(request).await,
        End::Down => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "out of service").into_response(),
        End::Failed => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "failed").into_response(),
        End::Garbled => {
            next.run(request).await;
            Json(json!({ "result": { "code": "0", "rows": [] } })).into_response()
        }
        End::Lost => {
            let (parts, _) = next.run(request).await.into_parts();
            let cut = stream::iter([Ok("{"), Err(io::Error::from(io::ErrorKind::ConnectionReset))]);
            Response::from_parts(parts, Body::from_stream(cut))
        }
    }
}

/// A running simulation. Dropped, it stops listening.
pub struct Running {
    addr: SocketAddr,
    world: Arc<World>,
    cancel: CancellationToken,
    task: Option<JoinHandle<io::Result<()>>>,
}

impl Running {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base URL of an institution.
    pub fn url(&self, institution: Institution) -> String {
        format!("http://{}/{institution}", self.addr)
    }

    /// The base URL of each.
    pub fn urls(&self) -> [(Institution, String); Institution::ALL.len()] {
        Institution::ALL.map(|institution| (institution, self.url(institution)))
    }

    /// Stops: no new connection, the open requests end, delays are cut short.
    pub async fn shutdown(mut self) -> io::Result<()> {
        self.cancel.cancel();
        match self.task.take() {
            Some(task) => task.await.unwrap_or_else(|e| Err(io::Error::other(e))),
            None => Ok(()),
        }
    }

    /// Answers everything with 503, or no longer.
    pub fn set_down(&self, institution: Institution, down: bool) {
        self.change(institution, |c| c.down = down);
    }

    /// Makes each answer take that much longer, in real time.
    pub fn set_delay(&self, institution: Institution, delay: Duration) {
        let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.change(institution, |c| c.delay_ms = delay_ms);
    }

    /// Answers the next requests with 500, without effect.
    pub fn fail_next(&self, institution: Institution, requests: u32) {
        self.change(institution, |c| c.fail_next = requests);
    }

    /// Answers the next requests, after their effect, with JSON of another shape.
    pub fn garble_next(&self, institution: Institution, requests: u32) {
        self.change(institution, |c| c.garble_next = requests);
    }

    /// Lets the next requests have their effect and loses the answers.
    pub fn lose_next(&self, institution: Institution, requests: u32) {
        self.change(institution, |c| c.lose_next = requests);
    }

    /// How an institution behaves and how often it was asked.
    pub fn control(&self, institution: Institution) -> Control {
        self.world.state().controls.get(&institution).cloned().unwrap_or_default()
    }

    /// Changes what is known of a person; `false` where nobody has that FIN.
    pub fn edit_person(&self, fin: &Fin, change: impl FnOnce(&mut Person)) -> bool {
        self.world.state().households.edit(fin, change)
    }

    /// Changes what a home pays for electricity, water and gas; `false` where there is no such household.
    pub fn edit_utilities(&self, household: &str, change: impl FnOnce(&mut Utilities)) -> bool {
        self.world.state().households.edit_utilities(household, change)
    }

    /// Makes Conscription forget the inquiries that it has taken.
    pub fn forget_inquiries(&self) {
        self.world.state().inquiries.forget();
    }

    /// The households as they are now.
    pub fn households(&self) -> Households {
        self.world.state().households.clone()
    }

    /// Every card order, oldest first.
    pub fn card_orders(&self) -> Vec<CardState> {
        let now = self.world.clock.now();
        self.world.state().bank.all(now)
    }

    fn change(&self, institution: Institution, change: impl FnOnce(&mut Control)) {
        change(self.world.state().controls.entry(institution).or_default());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
