//! Figures that nobody counts as they happen: how old the oldest of each queue is, and what the process holds.

use crate::store::GatewayStore;
use dayaq_types::Clock;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::debug;

/// How often they are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// Looks at them while the service runs.
pub(crate) struct Figures {
    pub store: Arc<GatewayStore>,
    pub clock: Arc<dyn Clock>,
}

impl Figures {
    /// Runs until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        loop {
            note_process();
            match self.store.oldest_text().await {
                Ok(oldest) => metrics::gauge!("dayaq_texts_oldest_seconds").set(self.age(oldest)),
                Err(cause) => debug!(cause = %cause, "Age of texts not known"),
            }
            match self.store.oldest_call().await {
                Ok(oldest) => metrics::gauge!("dayaq_calls_oldest_seconds").set(self.age(oldest)),
                Err(cause) => debug!(cause = %cause, "Age of recorded calls not known"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    fn age(&self, since: Option<Timestamp>) -> f64 {
        since.map_or(0.0, |since| self.clock.now().duration_since(since).as_secs_f64().max(0.0))
    }
}

/// What the process holds, where the machine tells it.
fn note_process() {
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    metrics::gauge!("dayaq_tasks").set(number(tasks));
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return };
    let resident =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB")?.trim().parse().ok());
    if let Some(resident) = resident.map(|kilobytes: u32| f64::from(kilobytes) * 1024.0) {
        metrics::gauge!("process_resident_memory_bytes").set(resident);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        metrics::gauge!("process_open_fds").set(number(open.count()));
    }
    let Ok(limits) = std::fs::read_to_string("/proc/self/limits") else { return };
    let soft = limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next());
    if let Some(soft) = soft.and_then(|soft| soft.parse::<f64>().ok()) {
        metrics::gauge!("process_max_fds").set(soft);
    }
}

fn number(count: usize) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}
