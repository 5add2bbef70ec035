//! `dayaq serve`: the product without the simulators.

use crate::args::ServeArgs;
use crate::pairing::Pairing;
use crate::settings::Settings;
use crate::signals::Ending;
use crate::{content, descriptors, exit, figures, logging, say, settings};
use anyhow::Context;
use dayaq_core::CoreService;
use dayaq_core_api::Core;
use dayaq_gateway::http::Check;
use dayaq_gateway::store::Stores;
use dayaq_gateway::workers::Workers;
use dayaq_gateway::{Gateway, GatewayParts};
use dayaq_types::{Clock, Entropy, SystemClock, SystemEntropy};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The parts of the time for a shutdown that are left after the core's worker, ...
const AFTER_CORE: f64 = 0.05;
/// ... and after its store: for the process itself.
const AFTER_ALL: f64 = 0.02;

/// Serves until asked to end.
pub fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let settings = settings::load(&args.config)?;
    logging::start(args.log_json);
    say::line(format_args!("Content: {}", settings.found))?;
    if let Some(passed_over) = content::passed_over(&settings.found.origin) {
        say::line(passed_over)?;
    }
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let code = runtime.block_on(serve(settings));
    // Whatever a thread still waits for, the name of a host for instance, must not hold up the end.
    runtime.shutdown_background();
    code
}

async fn serve(mut settings: Settings) -> anyhow::Result<ExitCode> {
    descriptors::share(&mut settings.gateway)?;
    let mut ending = Ending::listen()?;
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (Arc::new(SystemClock::new()), Arc::new(SystemEntropy));
    let aggregators: Vec<(String, String)> =
        settings.gateway.aggregators.iter().map(|own| (own.name.clone(), own.path.clone())).collect();
    let Running { core, gateway, workers, pairing } = start(settings, clock, entropy).await?;
    let stop = CancellationToken::new();
    let sweeping = (Arc::clone(&core), core.sweeper());
    let tasks = vec![
        workers.watch("core", stop.clone(), Arc::clone(&core), |core, stop| Box::pin(core.run(stop))),
        workers
            .watch("core-sweeper", stop.clone(), sweeping, |(core, sweeper), stop| Box::pin(core.sweep(sweeper, stop))),
        workers.watch("marks", stop.clone(), pairing, |pairing, stop| Box::pin(pairing.run(stop))),
    ];
    for door in &gateway.doors {
        say::line(format_args!("An operator's SMSC may connect to {door}"))?;
    }
    for ((name, path), address) in aggregators.iter().zip(&gateway.callbacks) {
        say::line(format_args!("Aggregator {name} may call http://{address}{path}"))?;
    }
    say::line(format_args!("dayaq serves; health and metrics on http://{}", gateway.http))?;
    let code = tokio::select! {
        () = ending.asked() => ExitCode::SUCCESS,
        () = workers.hopeless() => exit::FAILURE,
    };
    // No more jobs are claimed from now on.
    stop.cancel();
    tokio::select! {
        () = end(gateway, core, tasks) => Ok(code),
        () = ending.asked() => {
            say::aside_line("dayaq: asked to end a second time, it ends at once");
            Ok(exit::FAILURE)
        }
    }
}

/// Ends everything within the time that the configuration gives it.
async fn end(gateway: Gateway, core: Arc<CoreService>, tasks: Vec<JoinHandle<()>>) {
    let deadline = gateway.shutdown().await;
    deadline.end(AFTER_CORE, tasks).await;
    if deadline.bounds(AFTER_ALL, core.close()).await.is_none() {
        tracing::warn!("The core's store did not close in time");
    }
}

/// Core and gateway in one process.
pub struct Running {
    /// The core.
    pub core: Arc<CoreService>,
    /// The gateway.
    pub gateway: Gateway,
    /// Who watches their tasks.
    pub workers: Arc<Workers>,
    /// How each store hears how far the other is.
    pub pairing: Pairing,
}

/// Starts the core, then the gateway in front of it, on stores that are of one time.
pub async fn start(settings: Settings, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> anyhow::Result<Running> {
    let Settings { gateway, core, keys, content, found: _ } = settings;
    for database in [&gateway.database, &core.database] {
        if let Some(folder) = database.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        }
    }
    let place = core.place();
    let core = CoreService::open(core, content.core, Arc::clone(&clock), Arc::clone(&entropy), keys.clone());
    let core = Arc::new(core.await.context(place)?);
    let stores = Stores::open(&gateway, keys.clone(), Arc::clone(&entropy), Arc::clone(&clock)).await?;
    let mut pairing = Pairing::of(&core, &stores, &gateway.sessions, &keys, &entropy);
    pairing.meet(&*entropy, clock.now()).await?;
    let workers = Workers::new(Arc::clone(&clock), gateway.worker_ends);
    let gateway = Gateway::start(GatewayParts {
        config: gateway,
        book: Arc::new(content.book),
        files: content.files,
        stores,
        core: Arc::clone(&core) as Arc<dyn Core>,
        checks: vec![Arc::new(CoreCheck(Arc::clone(&core))), Arc::new(CoverageCheck(Arc::clone(&core)))],
        workers: Arc::clone(&workers),
        keys,
        clock,
        entropy,
        metrics: figures::start()?,
    })
    .await?;
    Ok(Running { core, gateway, workers, pairing })
}

struct CoreCheck(Arc<CoreService>);

#[async_trait::async_trait]
impl Check for CoreCheck {
    fn name(&self) -> String {
        "core".to_owned()
    }
    async fn check(&self) -> Result<(), String> {
        self.0.ready().await.map_err(|cause| cause.to_string())
    }
}

/// How far rules and calendar reach. Past their end the service takes, keeps and tells: it stays ready.
struct CoverageCheck(Arc<CoreService>);

#[async_trait::async_trait]
impl Check for CoverageCheck {
    fn name(&self) -> String {
        "rules-and-calendar".to_owned()
    }
    async fn check(&self) -> Result<(), String> {
        Ok(())
    }
    fn warnings(&self) -> Vec<String> {
        self.0.ending()
    }
}
