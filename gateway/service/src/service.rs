//! The gateway as a whole: what starts, what it waits for, and how it ends.

use crate::aggregator::{self, Front};
use crate::config::{GatewayConfig, Operator};
use crate::content::ContentFiles;
use crate::conversation::{Books, Conversations, FlashWorker, Parts, PendingWorker};
use crate::deadline::Deadline;
use crate::figures::Figures;
use crate::heartbeat::Heartbeat;
use crate::http::{self, Check, HttpState};
use crate::link::{BindHandle, LinkError, LinkParts, Links};
use crate::push::{Herald, Leaser, Owed, Pusher, Route, Sender, Wording, WordingOperator};
use crate::set_clock::ClockWatch;
use crate::store::{GatewayStore, OpenError, Sessions, Stores, Watch, store_key};
use crate::workers::Workers;
use dayaq_core_api::Core;
use dayaq_dialog::Book;
use dayaq_sql::Sweeper;
use dayaq_types::seal::KeyRing;
use dayaq_types::{Clock, Entropy, SteadyClock};
use metrics_exporter_prometheus::PrometheusHandle;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::info;

/// Screens that may wait to be pushed; beyond them a notice is a text alone.
const FLASHES_MAX: usize = 256;
/// How often the store is looked through for what is past its time.
const SWEEP: Duration = Duration::from_secs(60);
/// How often histograms are put in order.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// The parts of the time for a shutdown that are left after the turns under way, ...
const AFTER_TURNS: f64 = 0.4;
/// ... after the links, ...
const AFTER_LINKS: f64 = 0.2;
/// ... after what was done with their outcomes, ...
const AFTER_WORKERS: f64 = 0.1;
/// ... and after HTTP: for the stores.
const AFTER_HTTP: f64 = 0.07;

/// What a gateway is started with.
pub struct GatewayParts {
    /// Its configuration.
    pub config: GatewayConfig,
    /// The dialogues in force.
    pub book: Arc<Book>,
    /// What they were made of.
    pub files: ContentFiles,
    /// The stores that the configuration names.
    pub stores: Stores,
    /// The core.
    pub core: Arc<dyn Core>,
    /// More for `/readyz` to ask: the core's store, in one process.
    pub checks: Vec<Arc<dyn Check>>,
    /// Who watches the tasks.
    pub workers: Arc<Workers>,
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
    /// The address for an aggregator's callbacks is taken or not ours.
    #[error("aggregator {aggregator}: listen {address}: {cause}")]
    Callbacks {
        /// The aggregator.
        aggregator: String,
        /// The address.
        address: SocketAddr,
        /// Why.
        cause: std::io::Error,
    },
    /// The links of an operator did not start.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A sender is longer than its field.
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
    /// Where operators that connect to us find us, in the order of the configuration.
    pub doors: Vec<SocketAddr>,
    /// Where aggregators call us, in the order of the configuration.
    pub callbacks: Vec<SocketAddr>,
    /// Wakes the leaser: call it when the core has new notices in the same process.
    pub wake: Arc<Notify>,
    /// The gateway's store.
    pub store: Arc<GatewayStore>,
    conversations: Arc<Conversations>,
    binds: Vec<BindHandle>,
    clock: Arc<dyn Clock>,
    shutdown: Duration,
    draining: CancellationToken,
    unbind_by: Arc<OnceLock<Duration>>,
    workers: CancellationToken,
    links: CancellationToken,
    http_stop: CancellationToken,
    worker_tasks: Vec<JoinHandle<()>>,
    link_tasks: Vec<JoinHandle<()>>,
    http_tasks: Vec<JoinHandle<()>>,
}

impl Gateway {
    /// Starts on open stores: HTTP, then the links. Nothing binds before a turn can be saved.
    pub async fn start(parts: GatewayParts) -> Result<Self, StartError> {
        let GatewayParts { config, book, files, stores, core, checks, workers: watch, keys, clock, entropy, metrics } =
            parts;
        let Stores { store, sessions } = stores;
        let fault = |cause| OpenError { key: store_key(&config.store), cause };
        store.release_pending().await.map_err(fault)?;
        store.arrive().await.map_err(fault)?;
        let life = store.database().marks().await.map_err(fault)?.life;
        let sessions = Sessions::new(sessions, keys.clone(), Arc::clone(&entropy), Sessions::CACHE_ENTRIES);
        let sessions = Arc::new(sessions.in_life(life));
        let books = Arc::new(Books::publish(book, &files, Arc::clone(&store)).await.map_err(fault)?);
        let (pending, texts, wake) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(Notify::new()));
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
                wake: Arc::clone(&texts),
                notices: Arc::clone(&wake),
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
            hours: config.hours,
        });
        let listener = TcpListener::bind(config.http_listen).await;
        let listener = listener.map_err(|cause| StartError::Listen { address: config.http_listen, cause })?;
        let http = listener.local_addr().unwrap_or(config.http_listen);
        let (workers, links, http_stop) =
            (CancellationToken::new(), CancellationToken::new(), CancellationToken::new());
        let (callbacks, fronts) = fronts(&config, &conversations, &clock).await?;
        let (outcomes_in, outcomes) = mpsc::unbounded_channel();
        let (draining, unbind_by) = (CancellationToken::new(), Arc::<OnceLock<Duration>>::default());
        let accept = Arc::clone(&conversations);
        let parts = LinkParts {
            arrivals: Arc::new(move |arrival| accept.accept(arrival)),
            outcomes: outcomes_in,
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            workers: Arc::clone(&watch),
            stop: links.clone(),
            unbind_by: Arc::clone(&unbind_by),
        };
        let Links { binds, doors, tasks: link_tasks } = Links::start(&config.operators, &parts).await?;
        let mut routes = Vec::new();
        for (operator, binds) in config.operators.iter().zip(binds) {
            routes.push(Route {
                operator: operator.name.clone(),
                binds,
                link: operator.profile.link.clone(),
                sender: sender(operator)?,
            });
        }
        let binds: Vec<BindHandle> = routes.iter().flat_map(|route| route.binds.clone()).collect();
        let mut checks = checks;
        checks.push(Arc::clone(&watch) as Arc<dyn Check>);
        checks.push(Arc::new(SessionsCheck(sessions)));
        checks.push(Arc::new(StoreCheck(Arc::clone(&store))));
        checks.push(Arc::new(BindsCheck(binds.clone())));
        let http_state = Arc::new(HttpState { checks, draining: draining.clone(), metrics: metrics.clone() });
        let mut listeners = vec![("http".to_owned(), http::listener(listener, http_state, config.http_connections))];
        for (listener, front) in fronts {
            let (name, connections) = (format!("callbacks-{}", front.aggregator.name), front.aggregator.connections);
            listeners.push((name, aggregator::listener(listener, front, connections)));
        }
        let mut http_tasks = Vec::new();
        for (name, listener) in listeners {
            let listener = listener.map_err(|cause| StartError::Listen { address: config.http_listen, cause })?;
            let stop = http_stop.clone();
            http_tasks.push(watch.watch(name, stop, listener, |listener, stop| Box::pin(listener.run(stop))));
        }
        // It ends after the links, when all is known of what they leave in doubt.
        let heartbeat = Heartbeat {
            store: Arc::clone(&store),
            binds: binds.clone(),
            clock: Arc::clone(&clock),
            wake: [Arc::clone(&texts), Arc::clone(&pending)],
            watch: Watch::default(),
        };
        http_tasks.push(
            watch.watch("heartbeat", http_stop.clone(), heartbeat, |heartbeat, stop| Box::pin(heartbeat.run(stop))),
        );
        let (flashes, flashes_in) = mpsc::channel(FLASHES_MAX);
        let flash_worker = FlashWorker {
            conversations: Arc::clone(&conversations),
            binds: routes.iter().map(|route| route.binds.clone()).collect(),
        };
        let leaser = Leaser {
            flashes,
            core: Arc::clone(&core),
            store: Arc::clone(&store),
            wording: Arc::clone(&wording),
            clock: Arc::clone(&clock),
            wake: Arc::clone(&wake),
            texts: Arc::clone(&texts),
            poll: config.poll,
        };
        let pusher = Pusher {
            core: Arc::clone(&core),
            store: Arc::clone(&store),
            routes,
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            wake: Arc::clone(&texts),
            hours: config.hours,
            poll: config.poll,
            flights: BTreeMap::new(),
            owed: Owed::default(),
        };
        let pending_worker = PendingWorker {
            store: Arc::clone(&store),
            core,
            clock: Arc::clone(&clock),
            entropy,
            wake: pending,
            poll: config.poll,
            herald: Herald { wording, store: Arc::clone(&store), wake: texts },
        };
        let sweeping = Sweeping {
            sweeper: store.sweeper(),
            store: Arc::clone(&store),
            books,
            clock: SteadyClock::new(Arc::clone(&clock)),
        };
        let figures = Figures { store: Arc::clone(&store), clock: Arc::clone(&clock) };
        let shutdown = config.shutdown;
        let worker_tasks = vec![
            watch.watch("leaser", workers.clone(), leaser, |leaser, stop| Box::pin(leaser.run(stop))),
            watch.watch("flashes", workers.clone(), (flash_worker, flashes_in), |(worker, flashes), stop| {
                Box::pin(worker.run(flashes, stop))
            }),
            watch.watch("pusher", workers.clone(), (pusher, outcomes), move |(pusher, outcomes), stop| {
                Box::pin(pusher.run(outcomes, stop, shutdown))
            }),
            watch.watch("pending", workers.clone(), pending_worker, |worker, stop| Box::pin(worker.run(stop))),
            watch.watch("parts", workers.clone(), Arc::clone(&conversations), |conversations, stop| {
                Box::pin(conversations.give_up_parts(stop))
            }),
            watch.watch(
                "clock",
                workers.clone(),
                ClockWatch::new(Arc::clone(&clock), Arc::clone(&store)),
                |watch, stop| Box::pin(watch.run(stop)),
            ),
            watch.watch("sweeper", workers.clone(), sweeping, |sweeping, stop| Box::pin(sweeping.run(stop))),
            watch.watch("figures", workers.clone(), figures, |figures, stop| Box::pin(figures.run(stop))),
            watch.watch("metrics", workers.clone(), metrics, |metrics, stop| Box::pin(keep_up(metrics, stop))),
        ];
        Ok(Self {
            http,
            doors,
            callbacks,
            wake,
            store,
            conversations,
            binds,
            clock,
            shutdown,
            draining,
            unbind_by,
            workers,
            links,
            http_stop,
            worker_tasks,
            link_tasks,
            http_tasks,
        })
    }

    /// Whether every bind stands.
    pub fn is_bound(&self) -> bool {
        self.binds.iter().all(BindHandle::is_whole)
    }

    /// Ends within the configured time: it is not ready any more, no more texts are claimed, turns under way are
    /// finished, the links wait for their answers and unbind, and what became of their texts is kept. Gives what is left
    /// of the time, for whoever ends after it.
    pub async fn shutdown(self) -> Deadline {
        info!("Shutting down");
        let deadline = Deadline::after(self.shutdown, self.clock);
        self.draining.cancel();
        self.workers.cancel();
        self.conversations.drain(deadline.left(AFTER_TURNS)).await;
        let _ = self.unbind_by.set(deadline.leaving(AFTER_LINKS));
        self.links.cancel();
        // The links have a second for their last words.
        let mut cut_off = deadline.end(AFTER_WORKERS, self.link_tasks).await;
        cut_off += deadline.end(AFTER_WORKERS, self.worker_tasks).await;
        self.http_stop.cancel();
        cut_off += deadline.end(AFTER_HTTP, self.http_tasks).await;
        info!(cut_off, "Stopped");
        deadline
    }
}

/// The listeners of the aggregators, with where they are.
async fn fronts(
    config: &GatewayConfig,
    conversations: &Arc<Conversations>,
    clock: &Arc<dyn Clock>,
) -> Result<(Vec<SocketAddr>, Vec<(TcpListener, Arc<Front>)>), StartError> {
    let (mut addresses, mut fronts) = (Vec::new(), Vec::new());
    for (at, aggregator) in config.aggregators.iter().enumerate() {
        let (name, address) = (&aggregator.name, aggregator.listen);
        let fault = |cause| StartError::Callbacks { aggregator: name.clone(), address, cause };
        let listener = TcpListener::bind(address).await.map_err(fault)?;
        addresses.push(listener.local_addr().map_err(fault)?);
        let (aggregator, conversations, clock) = (aggregator.clone(), Arc::clone(conversations), Arc::clone(clock));
        fronts.push((listener, Arc::new(Front { at, aggregator, conversations, clock })));
    }
    Ok((addresses, fronts))
}

fn sender(operator: &Operator) -> Result<Sender, StartError> {
    Sender::new(&operator.profile).map_err(|cause| StartError::Field { operator: operator.name.clone(), cause })
}

fn wording_operator(operator: &Operator) -> Result<WordingOperator, StartError> {
    Ok(WordingOperator {
        name: operator.name.clone(),
        form: operator.profile.form,
        sender: sender(operator)?,
        flashes: operator.flashes.clone(),
    })
}

/// Moves what histograms have gathered into their buckets, which otherwise only a reader of `/metrics` does.
async fn keep_up(metrics: &PrometheusHandle, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(METRICS_UPKEEP) => metrics.run_upkeep(),
        }
    }
}

/// Sweeps what is past its time.
struct Sweeping {
    sweeper: Sweeper,
    store: Arc<GatewayStore>,
    books: Arc<Books>,
    /// A leap of the machine's clock makes nothing old.
    clock: SteadyClock,
}

impl Sweeping {
    async fn run(&mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.round() => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(SWEEP) => {}
            }
        }
    }

    async fn round(&mut self) {
        // What cannot be noted must not go.
        let swept = match self.books.keep().await {
            Ok(()) => self.store.sweep_by(&mut self.sweeper, self.clock.now()).await.map(drop),
            Err(cause) => Err(cause),
        };
        if let Err(cause) = swept {
            tracing::warn!(cause = %cause, "Old rows not swept");
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
        let down: Vec<&str> = self.0.iter().filter(|b| !b.is_whole()).map(|b| &*b.name).collect();
        if down.is_empty() { Ok(()) } else { Err(format!("not bound: {}", down.join(", "))) }
    }
}
