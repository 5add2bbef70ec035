//! The gateway as a whole: what starts, what it waits for, and how it ends.

use crate::config::{BindKind, GatewayConfig, Operator};
use crate::content::ContentFiles;
use crate::conversation::{Books, Conversations, Parts, PendingWorker};
use crate::http::{self, Check, HttpState};
use crate::link::{Bind, BindHandle, BindSettings};
use crate::push::{Herald, Pusher, Route, Sender, Wording, WordingOperator};
use crate::store::{GatewayStore, OpenError, Sessions, Stores};
use dayaq_core_api::Core;
use dayaq_dialog::Book;
use dayaq_smpp::BindRequest;
use dayaq_types::seal::KeyRing;
use dayaq_types::{Clock, Entropy};
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::info;

/// How often old bodies and receipts are swept away.
const SWEEP: Duration = Duration::from_secs(3_600);

/// What a gateway is started with.
pub struct GatewayParts {
    /// Its configuration.
    pub config: GatewayConfig,
    /// The dialogues in force.
    pub book: Book,
    /// What they were made of.
    pub files: ContentFiles,
    /// The core.
    pub core: Arc<dyn Core>,
    /// More for `/readyz` to ask: the core's store, in one process.
    pub checks: Vec<Arc<dyn Check>>,
    /// The master keys.
    pub keys: KeyRing,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The metrics to print.
    pub metrics: PrometheusHandle,
}

/// Why a gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A store did not open.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The address for HTTP is taken or not ours.
    #[error("http.listen {address}: {cause}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        cause: std::io::Error,
    },
    /// A name, password or sender is longer than its field.
    #[error("operator {operator}: {cause}")]
    Field {
        /// The operator.
        operator: String,
        /// Why.
        cause: dayaq_smpp::TooLong,
    },
}

/// A running gateway.
pub struct Gateway {
    /// Where HTTP listens.
    pub http: SocketAddr,
    /// Wakes the pusher: call it when the core has new notices in the same process.
    pub wake: Arc<Notify>,
    /// The gateway's store.
    pub store: Arc<GatewayStore>,
    conversations: Arc<Conversations>,
    binds: Vec<BindHandle>,
    drain: Duration,
    workers: CancellationToken,
    links: CancellationToken,
    http_stop: CancellationToken,
    worker_tasks: Vec<JoinHandle<()>>,
    link_tasks: Vec<JoinHandle<()>>,
    http_task: JoinHandle<()>,
}

impl Gateway {
    /// Opens the stores, then HTTP, then the links: nothing binds before a turn can be saved.
    pub async fn start(parts: GatewayParts) -> Result<Self, StartError> {
        let GatewayParts { config, book, files, core, checks, keys, clock, entropy, metrics } = parts;
        let Stores { store, sessions } =
            Stores::open(&config, keys.clone(), Arc::clone(&entropy), Arc::clone(&clock)).await?;
        let sessions = Arc::new(Sessions::new(sessions, keys.clone(), Arc::clone(&entropy), Sessions::CACHE_ENTRIES));
        let fault = |cause| OpenError { key: config.store.key(), cause };
        let books = Arc::new(Books::publish(book, &files, Arc::clone(&store)).await.map_err(fault)?);
        let (pending, wake) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let conversations = Conversations::new(
            Parts {
                books: Arc::clone(&books),
                sessions: Arc::clone(&sessions),
                store: Arc::clone(&store),
                core: Arc::clone(&core),
                keys: keys.clone(),
                clock: Arc::clone(&clock),
                entropy: Arc::clone(&entropy),
                pending: Arc::clone(&pending),
                senders: config.operators.iter().map(sender).collect::<Result<_, _>>()?,
                wake: Arc::clone(&wake),
            },
            &config.operators,
            &config,
        );
        let wording = Arc::new(Wording {
            book: Arc::clone(books.current()),
            store: Arc::clone(&store),
            keys,
            operators: config.operators.iter().map(wording_operator).collect::<Result<_, _>>()?,
            destinations: config.destinations.clone(),
        });
        let listener = TcpListener::bind(config.http_listen).await;
        let listener = listener.map_err(|cause| StartError::Listen { address: config.http_listen, cause })?;
        let http = listener.local_addr().unwrap_or(config.http_listen);
        let (workers, links, http_stop) =
            (CancellationToken::new(), CancellationToken::new(), CancellationToken::new());
        let window: usize = config.operators.iter().map(|o| o.link.binds * o.profile.link.window).sum();
        let (outcomes_in, outcomes) = mpsc::channel(2 * window + 64);
        let mut link_tasks = Vec::new();
        let mut routes = Vec::new();
        for (place, operator) in config.operators.iter().enumerate() {
            let mut binds = Vec::new();
            for number in 1..=operator.link.binds {
                let settings = bind_settings(place, operator, number, &clock, &entropy)?;
                let accept = Arc::clone(&conversations);
                let arrivals = Arc::new(move |arrival| accept.accept(arrival));
                let (bind, handle) = Bind::new(settings, arrivals, outcomes_in.clone());
                link_tasks.push(tokio::spawn(bind.run(links.clone())));
                binds.push(handle);
            }
            routes.push(Route {
                operator: operator.name.clone(),
                binds,
                link: operator.profile.link.clone(),
                sender: sender(operator)?,
            });
        }
        let binds: Vec<BindHandle> = routes.iter().flat_map(|route| route.binds.clone()).collect();
        let mut checks = checks;
        checks.push(Arc::new(SessionsCheck(sessions)));
        checks.push(Arc::new(StoreCheck(Arc::clone(&store))));
        checks.push(Arc::new(BindsCheck(binds.clone())));
        let http_state = Arc::new(HttpState { checks, metrics });
        let http_cancel = http_stop.clone();
        let http_task = tokio::spawn(async move {
            if let Err(cause) = http::serve(listener, http_state, http_cancel).await {
                tracing::error!(cause = %cause, "HTTP ended");
            }
        });
        let pusher = Pusher {
            core: Arc::clone(&core),
            store: Arc::clone(&store),
            wording: Arc::clone(&wording),
            routes,
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            wake: Arc::clone(&wake),
            poll: config.poll,
            flights: BTreeMap::new(),
        };
        let pending_worker = PendingWorker {
            store: Arc::clone(&store),
            core,
            clock: Arc::clone(&clock),
            entropy,
            wake: pending,
            poll: config.poll,
            herald: Herald { wording, store: Arc::clone(&store), wake: Arc::clone(&wake) },
        };
        let worker_tasks = vec![
            tokio::spawn(pusher.run(outcomes, workers.clone(), config.drain)),
            tokio::spawn(pending_worker.run(workers.clone())),
            tokio::spawn(sweep(Arc::clone(&store), clock, workers.clone())),
        ];
        Ok(Self {
            http,
            wake,
            store,
            conversations,
            binds,
            drain: config.drain,
            workers,
            links,
            http_stop,
            worker_tasks,
            link_tasks,
            http_task,
        })
    }

    /// Whether every bind stands.
    pub fn is_bound(&self) -> bool {
        self.binds.iter().all(BindHandle::is_bound)
    }

    /// Ends: no more texts are claimed, turns under way are finished, then the links unbind.
    pub async fn shutdown(self) {
        info!("Shutting down");
        self.workers.cancel();
        self.conversations.drain(self.drain).await;
        for task in self.worker_tasks {
            let _ = task.await;
        }
        self.links.cancel();
        for task in self.link_tasks {
            let _ = tokio::time::timeout(self.drain, task).await;
        }
        self.http_stop.cancel();
        let _ = tokio::time::timeout(Duration::from_secs(2), self.http_task).await;
        info!("Stopped");
    }
}

fn sender(operator: &Operator) -> Result<Sender, StartError> {
    Sender::new(&operator.profile).map_err(|cause| StartError::Field { operator: operator.name.clone(), cause })
}

fn wording_operator(operator: &Operator) -> Result<WordingOperator, StartError> {
    Ok(WordingOperator { name: operator.name.clone(), form: operator.profile.form, sender: sender(operator)? })
}

fn bind_settings(
    place: usize,
    operator: &Operator,
    number: usize,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> Result<BindSettings, StartError> {
    let fault = |cause| StartError::Field { operator: operator.name.clone(), cause };
    let kind = match operator.link.bind {
        BindKind::Transceiver => dayaq_smpp::BindKind::Transceiver,
    };
    let password = operator.link.password.expose_secret();
    let mut request = BindRequest::new(kind, &operator.link.system_id, password).map_err(fault)?;
    request.system_type = dayaq_smpp::Octets::new(&operator.link.system_type).map_err(fault)?;
    request.interface_version = operator.profile.link.interface_version;
    Ok(BindSettings {
        name: format!("{}/{number}", operator.name),
        operator: place,
        address: operator.link.address.clone(),
        request,
        link: operator.profile.link.clone(),
        window_reserve: operator.profile.window_reserve,
        clock: Arc::clone(clock),
        entropy: Arc::clone(entropy),
    })
}

async fn sweep(store: Arc<GatewayStore>, clock: Arc<dyn Clock>, stop: CancellationToken) {
    loop {
        if let Err(cause) = store.sweep(clock.now()).await {
            tracing::warn!(cause = %cause, "Old rows not swept");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
}

struct SessionsCheck(Arc<Sessions>);

#[async_trait::async_trait]
impl Check for SessionsCheck {
    fn name(&self) -> String {
        "sessions".to_owned()
    }
    async fn check(&self) -> Result<(), String> {
        self.0.ready().await.map_err(|cause| cause.to_string())
    }
}

struct StoreCheck(Arc<GatewayStore>);

#[async_trait::async_trait]
impl Check for StoreCheck {
    fn name(&self) -> String {
        "gateway-store".to_owned()
    }
    async fn check(&self) -> Result<(), String> {
        self.0.ready().await.map_err(|cause| cause.to_string())
    }
}

struct BindsCheck(Vec<BindHandle>);

#[async_trait::async_trait]
impl Check for BindsCheck {
    fn name(&self) -> String {
        "binds".to_owned()
    }
    async fn check(&self) -> Result<(), String> {
        let down: Vec<&str> = self.0.iter().filter(|b| !b.is_bound()).map(|b| &*b.name).collect();
        if down.is_empty() { Ok(()) } else { Err(format!("not bound: {}", down.join(", "))) }
    }
}
