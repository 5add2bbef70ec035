//! `dayaq migrate`: brings the stores up to date.

use crate::args::MigrateArgs;
use crate::{say, settings};
use anyhow::Context;
use dayaq_core::CoreService;
use dayaq_gateway::store::Stores;
use dayaq_types::{Clock, Entropy, SystemClock, SystemEntropy};
use std::process::ExitCode;
use std::sync::Arc;

/// Opens each store once, which migrates it.
pub fn run(args: &MigrateArgs) -> anyhow::Result<ExitCode> {
    let settings = settings::load(&args.config)?;
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    runtime.block_on(async {
        let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
            (Arc::new(SystemClock::new()), Arc::new(SystemEntropy));
        let gateway = settings.gateway;
        Stores::open(&gateway, settings.keys.clone(), Arc::clone(&entropy), Arc::clone(&clock)).await?;
        say::line(format_args!("{}: up to date", gateway.place()))?;
        let place = settings.core.place();
        let core = CoreService::open(settings.core, settings.content.core, clock, entropy, settings.keys)
            .await
            .with_context(|| place.clone())?;
        core.close().await;
        say::line(format_args!("{place}: up to date"))?;
        Ok(ExitCode::SUCCESS)
    })
}
