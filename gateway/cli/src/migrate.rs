//! `dayaq migrate`: brings the stores up to date.

use crate::args::MigrateArgs;
use crate::settings;
use anyhow::Context;
use dayaq_core::CoreService;
use dayaq_gateway::config::StoreConfig;
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
        match gateway.store {
            StoreConfig::Sqlite => println!("{}: up to date", gateway.database.display()),
            // The address may hold a password.
            StoreConfig::Postgres { .. } => println!("gateway.postgres_url: up to date"),
        }
        let database = settings.core.database.clone();
        let core = CoreService::open(settings.core, settings.content.core, clock, entropy, settings.keys)
            .await
            .with_context(|| format!("{}", database.display()))?;
        core.close().await;
        println!("{}: up to date", database.display());
        Ok(ExitCode::SUCCESS)
    })
}
