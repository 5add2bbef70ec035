//! The tasks that must always run: each is watched, started again when it ends or panics, and named by `/readyz` meanwhile.

use crate::http::Check;
use dayaq_types::Clock;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// The pause before the first new start; each further one within [`WINDOW`] doubles it.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// How far back ends count.
const WINDOW: Duration = Duration::from_secs(600);

/// The workers of a process.
pub struct Workers {
    clock: Arc<dyn Clock>,
    /// Those that do not run at this moment, and why.
    down: Mutex<BTreeMap<Arc<str>, String>>,
    /// So many ends of one worker within [`WINDOW`] are borne; at the next, the process must end.
    ends_max: usize,
    hopeless: CancellationToken,
}

impl Workers {
    /// Begins without any. So many ends of one worker within ten minutes are borne.
    pub fn new(clock: Arc<dyn Clock>, ends_max: usize) -> Arc<Self> {
        Arc::new(Self { clock, down: Mutex::default(), ends_max, hopeless: CancellationToken::new() })
    }

    /// Runs a worker until `stop`, and again whenever it ends before.
    ///
    /// `run` begins with what an earlier run has left in the worker: it must hold nothing between two awaits that a
    /// panic would leave half done, but in its store.
    pub fn watch<W>(
        self: &Arc<Self>,
        name: impl Into<Arc<str>>,
        stop: CancellationToken,
        mut worker: W,
        run: impl for<'w> Fn(&'w mut W, CancellationToken) -> BoxFuture<'w, ()> + Send + 'static,
    ) -> JoinHandle<()>
    where
        W: Send + 'static,
    {
        let (workers, name) = (Arc::clone(self), name.into());
        tokio::spawn(async move {
            let mut ends = VecDeque::new();
            loop {
                let ended = AssertUnwindSafe(run(&mut worker, stop.clone())).catch_unwind().await;
                if ended.is_ok() && stop.is_cancelled() {
                    return;
                }
                let cause = ended.err().map_or_else(|| "ended".to_owned(), |panic| cause_of(&*panic));
                let Some(pause) = workers.fell(&name, &cause, &mut ends) else { return };
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(pause) => {}
                }
                workers.down().remove(&name);
                info!(worker = &*name, "Worker started again");
            }
        })
    }

    /// Completes once a worker has ended so often that the process should end, too, for another to take its place.
    pub async fn hopeless(&self) {
        self.hopeless.cancelled().await;
    }

    /// Notes an end, and gives the pause before the next start; `None` where there is to be none.
    fn fell(&self, name: &Arc<str>, cause: &str, ends: &mut VecDeque<Duration>) -> Option<Duration> {
        let now = self.clock.monotonic();
        ends.retain(|end| now.saturating_sub(*end) < WINDOW);
        ends.push_back(now);
        metrics::counter!("dayaq_worker_ends_total", "worker" => name.to_string()).increment(1);
        self.down().insert(Arc::clone(name), cause.to_owned());
        if ends.len() > self.ends_max {
            error!(worker = &**name, cause, ends = ends.len(), "Worker ended too often, the process ends");
            self.hopeless.cancel();
            return None;
        }
        let doubled = u32::try_from(ends.len() - 1).unwrap_or(u32::MAX).min(5);
        let pause = (PAUSE_MIN * 2u32.pow(doubled)).min(PAUSE_MAX);
        error!(worker = &**name, cause, pause_s = pause.as_secs(), "Worker ended, it is started again");
        Some(pause)
    }

    fn down(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, String>> {
        self.down.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// What a panic says, without what it was said of: a message may have been made from a person's words.
pub(crate) fn cause_of(panic: &(dyn Any + Send)) -> String {
    match panic.downcast_ref::<&'static str>() {
        Some(fixed) => format!("panicked: {fixed}"),
        None => "panicked".to_owned(),
    }
}

#[async_trait::async_trait]
impl Check for Workers {
    fn name(&self) -> String {
        "workers".to_owned()
    }

    async fn check(&self) -> Result<(), String> {
        let down = self.down();
        if down.is_empty() {
            return Ok(());
        }
        Err(down.iter().map(|(name, cause)| format!("{name} {cause}")).collect::<Vec<_>>().join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::VirtualClock;

    /// A worker that ends in one way each time it runs, and then runs until it is stopped.
    struct Frail {
        ways: Vec<Way>,
        runs: usize,
    }

    #[derive(Clone, Copy)]
    enum Way {
        Returns,
        Panics,
        PanicsWithWords,
    }

    impl Frail {
        async fn run(&mut self, stop: CancellationToken) {
            self.runs += 1;
            match self.ways.get(self.runs - 1) {
                None => stop.cancelled().await,
                Some(Way::Returns) => {}
                Some(Way::Panics) => panic!("out of order"),
                Some(Way::PanicsWithWords) => panic!("FIN {}", "1234567".repeat(self.runs)),
            }
        }
    }

    fn watched(ways: &[Way]) -> (Arc<Workers>, CancellationToken, JoinHandle<()>, Arc<VirtualClock>) {
        let clock = VirtualClock::start();
        let workers = Workers::new(clock.clone(), 10);
        let stop = CancellationToken::new();
        let frail = Frail { ways: ways.to_vec(), runs: 0 };
        let task = workers.watch("frail", stop.clone(), frail, |frail, stop| Box::pin(frail.run(stop)));
        (workers, stop, task, clock)
    }

    #[tokio::test(start_paused = true)]
    async fn e10_a_worker_that_ends_or_panics_is_named_and_started_again_later_each_time() {
        let (workers, stop, task, clock) = watched(&[
            Way::Panics,
            Way::Returns,
            Way::PanicsWithWords,
            Way::Panics,
            Way::Panics,
            Way::Panics,
            Way::Panics,
        ]);
        let names = ["panicked: out of order", "ended", "panicked", "panicked: out of order"];
        for (at, pause_s) in [1, 2, 4, 8, 16, 30, 30].into_iter().enumerate() {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let fault = workers.check().await.expect_err("it is down");
            assert_eq!(fault, format!("frail {}", names[at.min(3)]));
            let begun = clock.monotonic();
            tokio::time::sleep(Duration::from_secs(pause_s)).await;
            assert!(clock.monotonic() - begun >= Duration::from_secs(pause_s));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(workers.check().await, Ok(()), "it runs");
        stop.cancel();
        task.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn e10_a_worker_that_ends_again_and_again_ends_the_process() {
        let (workers, _stop, task, clock) = watched(&[Way::Panics; 1000]);
        workers.hopeless().await;
        task.await.unwrap();
        assert!(clock.monotonic() < WINDOW, "{:?}", clock.monotonic());
        assert!(workers.check().await.is_err(), "and stays named");
    }
}
