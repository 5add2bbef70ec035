//! The heartbeat of this process: it says that it lives and which answers are in doubt, and takes back what dead ones held.

use crate::link::BindHandle;
use crate::store::{GatewayStore, Loss, StoreError, Watch, loss};
use dayaq_types::Clock;
use jiff::SignedDuration;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// A connection that was lost so long ago is told of no more.
const LOSSES_TOLD: SignedDuration = SignedDuration::from_secs(600);

/// Says that this process lives.
pub(crate) struct Heartbeat {
    /// Where.
    pub store: Arc<GatewayStore>,
    /// The binds whose losses it tells.
    pub binds: Vec<BindHandle>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Who is woken when claims were taken back: the pusher and the worker of recorded calls.
    pub wake: [Arc<Notify>; 2],
    /// What it has seen of the others.
    pub watch: Watch,
}

impl Heartbeat {
    /// Runs until `stop`, which comes after the links have ended; then says what is in doubt of all that was taken.
    pub async fn run(&mut self, stop: CancellationToken) {
        let mut failing = false;
        loop {
            let beaten = self.beat().await;
            let failed = beaten.is_err();
            if let Err(cause) = beaten
                && !failing
            {
                // Said once for each time that it goes wrong, not at every beat.
                warn!(cause = %cause, "Heartbeat not kept");
            }
            failing = failed;
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(self.store.heartbeat()) => {}
            }
        }
        if let Err(cause) = self.store.depart(&self.losses()).await {
            warn!(cause = %cause, "What is in doubt was not kept");
        }
    }

    async fn beat(&mut self) -> Result<(), StoreError> {
        self.store.beat(&self.losses()).await?;
        let released = self.store.look_after_others(&mut self.watch).await?;
        if released > 0 {
            info!(claims = released, "Taken back from a process that died");
            self.wake.iter().for_each(|worker| worker.notify_one());
        }
        Ok(())
    }

    /// The connections that were lost of late.
    fn losses(&self) -> Vec<Loss> {
        let now = self.clock.now();
        let lately = |at| now.duration_since(at) <= LOSSES_TOLD;
        let of = |bind: &BindHandle| {
            let history = bind.history();
            let losses = history.losses().filter(|(_, at, _)| lately(*at));
            losses.map(|(connection, at, unproven)| loss(&bind.name, connection, at, unproven)).collect::<Vec<_>>()
        };
        self.binds.iter().flat_map(of).collect()
    }
}
