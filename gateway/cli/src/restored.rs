//! `dayaq restored`: says what a restored store lacks, and goes on with it.

use crate::args::RestoredArgs;
use crate::pairing::{Apart, Pairing, Seen, judge};
use crate::{exit, say, settings};
use anyhow::Context;
use dayaq_core::{CoreService, TakenAgain, Told};
use dayaq_core_api::{Args, Value};
use dayaq_gateway::conversation::remembered;
use dayaq_gateway::store::{GatewayStore, Stores};
use dayaq_types::{Clock, Entropy, SystemClock, SystemEntropy, new_id};
use std::process::ExitCode;
use std::sync::Arc;

/// Registrations read at once.
const BATCH: u32 = 256;

/// What became of the registrations that the gateway remembers.
#[derive(Default)]
struct Count {
    there: usize,
    taken: usize,
    /// The numbers of those that people have to look at.
    differ: Vec<String>,
}

/// Says it, and goes on where that is asked for.
pub fn run(args: &RestoredArgs) -> anyhow::Result<ExitCode> {
    let settings = settings::load(&args.config)?;
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    runtime.block_on(async {
        let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
            (Arc::new(SystemClock::new()), Arc::new(SystemEntropy));
        let keys = settings.keys;
        let place = settings.core.place();
        let core = CoreService::open(
            settings.core,
            settings.content.core,
            Arc::clone(&clock),
            Arc::clone(&entropy),
            keys.clone(),
        );
        let core = core.await.context(place)?;
        let stores = Stores::open(&settings.gateway, keys.clone(), Arc::clone(&entropy), Arc::clone(&clock)).await?;
        let pairing = Pairing::of(&core, &stores, &settings.gateway.sessions, &keys, &entropy);
        let (of_core, of_gateway, seen) = pairing.marks().await?;
        let apart = match judge(&of_core, &of_gateway, &seen) {
            Ok(_) if args.both => Apart::STRANGERS,
            Ok(_) => {
                say::line("The stores of gateway and core are of one time: nothing is to be done")?;
                return Ok(ExitCode::SUCCESS);
            }
            Err(apart) => apart,
        };
        tell(apart)?;
        if !args.go_on {
            say::line("Nothing was changed; --go-on does it")?;
            return Ok(exit::FAILURE);
        }
        let now = clock.now();
        let count = if apart.core { take_again(&core, &stores.store).await? } else { Count::default() };
        let doubted = if apart.gateway { core.store().doubt_notices(now).await? } else { 0 };
        let why = format!("{apart:?}; core {of_core:?}, gateway {of_gateway:?}; taken again {}", count.taken);
        let pair = new_id(now, &*entropy).to_string();
        let life = if apart.gateway { pair.clone() } else { of_gateway.life.clone() };
        let (of_core, of_gateway) = seen.beyond(&of_core, &of_gateway, pair.clone(), life);
        let after = Seen::new(Some(pair), of_core.own, of_gateway.own);
        // The gateway first: cut off between the two, the core is still known to be behind, and this can be done again.
        let held = stores.store.go_on(of_gateway, why.clone(), apart.gateway).await?;
        core.store().go_on(of_core, now, why).await?;
        pairing.keep_seen(&after).await;
        core.close().await;
        let Count { there, taken, differ } = count;
        say::line(format_args!(
            "Registrations taken again: {taken}; there already: {there}; differing: {}",
            differ.len()
        ))?;
        for reference in differ {
            say::line(format_args!(
                "{reference}: could not be taken again as it was told; ask the family to apply again"
            ))?;
        }
        say::line(format_args!("Texts that may have gone out and are not sent again: {}", held.max(doubted)))?;
        say::line("The stores go on together from here; `dayaq serve` starts")?;
        Ok(ExitCode::SUCCESS)
    })
}

fn tell(apart: Apart) -> anyhow::Result<()> {
    if apart.core {
        say::line(
            "The core's store lacks what families were told. Going on takes again every application that the gateway remembers \
             (35 days), under its number and with its days; the bank is asked for orders before any is placed.",
        )?;
    }
    if apart.gateway {
        say::line(
            "The gateway's store lacks what it sent. Going on sends no text that may have gone out already; sessions of the lost \
             time begin anew, from the answers that are kept.",
        )?;
    }
    Ok(())
}

async fn take_again(core: &CoreService, store: &GatewayStore) -> anyhow::Result<Count> {
    let mut count = Count::default();
    let mut after: Option<String> = None;
    loop {
        let batch = store.registrations(after.as_deref(), BATCH).await.context("what the gateway remembers")?;
        let Some(last) = batch.last() else { return Ok(count) };
        after = Some(last.id.clone());
        for registration in &batch {
            let Some((caller, request, told)) = remembered(registration) else { continue };
            let Some(told) = told_of(&told) else { continue };
            match core.take_again(&caller, &request, &told).await.context("the core")? {
                TakenAgain::There => count.there += 1,
                TakenAgain::Taken => count.taken += 1,
                TakenAgain::Differs => count.differ.push(told.reference),
            }
        }
    }
}

/// What the phone was told, as the core takes it.
fn told_of(args: &Args) -> Option<Told> {
    let day = |name: &str| match args.get(name) {
        Some(Value::Date(day)) => Some(*day),
        Some(_) | None => None,
    };
    let Some(Value::Text(reference)) = args.get("reference") else { return None };
    Some(Told { reference: reference.clone(), registered_on: day("registered-on")?, decide_by: day("decide-by") })
}
