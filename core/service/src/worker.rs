//! The worker: does what is due, one pass at a time.

use crate::http::HttpError;
use crate::service::{CoreService, unavailable};
use crate::store::{Job, JobKind, PUT_ASIDE, StoreError};
use dayaq_core_api::CoreError;
use dayaq_sql::Sweeper;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use jiff::{SignedDuration, Timestamp};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Jobs done side by side.
const BATCH: u32 = 16;
/// How long a claim lasts: longer than every request of a large family takes when each times out.
const LEASE: Duration = Duration::from_secs(300);
/// The wait after the worker's own store failed it.
const STORE_RETRY: Duration = Duration::from_secs(30);
/// How often the store is looked through for what is past its time.
const SWEEP: Duration = Duration::from_secs(60);
/// How often the age of the oldest application is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// How long an application waits for rules that govern it.
pub(crate) const RULES_RETRY: Duration = Duration::from_secs(3600);
/// How long an application waits for what proves a member.
pub(crate) const PROOF_RETRY: Duration = Duration::from_hours(6);

/// How a job ended; a job with an effect has been finished in the transaction of that effect.
pub(crate) enum Done {
    /// Nothing is left of it.
    Finished,
    /// It failed and is tried again after this wait.
    Failed(Duration),
    /// It is not time yet.
    Later(Duration),
}

/// Why a job could not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The job is there and what it is about is not.
    #[error("the {0} of the job is missing")]
    Missing(&'static str),
    /// It panicked with these words of the program's.
    #[error("panicked: {0}")]
    Panicked(&'static str),
}

impl CoreService {
    /// Does everything that is due by `now`, and returns how many jobs that was.
    ///
    /// What a job causes to be due at once is done in the same pass.
    pub async fn run_due(&self, now: Timestamp) -> Result<usize, CoreError> {
        self.pass(now, &CancellationToken::new()).await
    }

    /// Works until cancelled: woken by new applications, and every poll for what has become due.
    pub async fn run(&self, cancel: CancellationToken) {
        let mut looked = None;
        while !cancel.is_cancelled() {
            // Said at the start and by readiness; here for the gauges.
            self.ending();
            if let Err(error) = self.pass(self.clock.now(), &cancel).await {
                tracing::warn!(%error, "Worker pass failed");
            }
            let now = self.clock.monotonic();
            if looked.is_none_or(|looked| now.saturating_sub(looked) >= LOOK) {
                looked = Some(now);
                self.note_oldest().await;
            }
            tokio::select! {
                () = cancel.cancelled() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(self.config.poll) => {}
            }
        }
    }

    /// Erases what is past its time until cancelled, a bite at a time.
    pub async fn sweep(&self, sweeper: &mut Sweeper, cancel: CancellationToken) {
        loop {
            let round = async {
                if let Err(error) = self.store.sweep_by(sweeper, &self.config.retention, self.clock.now()).await {
                    tracing::warn!(%error, "Old rows not swept");
                }
                tokio::time::sleep(SWEEP).await;
            };
            tokio::select! {
                () = cancel.cancelled() => return,
                () = round => {}
            }
        }
    }

    /// What [`Self::sweep`] goes by from one round to the next.
    pub fn sweeper(&self) -> Sweeper {
        self.store.sweeper(Arc::clone(&self.clock))
    }

    /// Notes the age of the oldest application that is not decided.
    async fn note_oldest(&self) {
        match self.store.oldest_undecided().await {
            Ok(oldest) => {
                let age = oldest.map_or(0.0, |since| self.clock.now().duration_since(since).as_secs_f64().max(0.0));
                metrics::gauge!("dayaq_core_undecided_oldest_seconds").set(age);
            }
            Err(error) => tracing::debug!(%error, "Age of applications not known"),
        }
    }

    async fn pass(&self, now: Timestamp, cancel: &CancellationToken) -> Result<usize, CoreError> {
        let brought = self.store.bring_back(now, self.longest_wait(), LEASE).await.map_err(unavailable)?;
        if brought > 0 {
            tracing::warn!(rows = brought, "Brought back what was put off under a clock that was ahead");
        }
        let mut count = 0;
        while !cancel.is_cancelled() {
            let jobs = self.store.claim(now, BATCH, LEASE).await.map_err(unavailable)?;
            if jobs.is_empty() {
                break;
            }
            count += jobs.len();
            // Boxed, so that the compiler sees that a pass may move between threads.
            let work: Vec<BoxFuture<'_, ()>> = jobs.iter().map(|job| Box::pin(self.guarded(job, now)) as _).collect();
            tokio::select! {
                _ = join_all(work) => {}
                // What is cut off here is done again, by whoever claims it next, and the bank is asked by key.
                () = cancel.cancelled() => {
                    self.store.give_back(&jobs).await.map_err(unavailable)?;
                    break;
                }
            }
        }
        if count > 0 {
            let waiting = self.store.jobs_waiting().await.map_err(unavailable)?;
            metrics::gauge!("dayaq_core_jobs_waiting").set(f64::from(i32::try_from(waiting).unwrap_or(i32::MAX)));
        }
        Ok(count)
    }

    /// Does one job; one that panics is put aside with its cause and stops no other.
    async fn guarded(&self, job: &Job, now: Timestamp) {
        let done = AssertUnwindSafe(self.effect(job)).catch_unwind().await;
        let done = done.unwrap_or_else(|panic| {
            metrics::counter!("dayaq_core_jobs_panicked_total", "kind" => job.kind.name()).increment(1);
            // Of what a panic says only what is the program's own: a message may have been made from a person's words.
            let cause = panic.downcast_ref::<&'static str>().copied().unwrap_or("(its words are kept back)");
            Err(JobError::Panicked(cause))
        });
        self.put_off(job, now, done).await;
    }

    async fn effect(&self, job: &Job) -> Result<Done, JobError> {
        match job.kind {
            JobKind::Evidence => self.gather_and_decide(job).await,
            JobKind::OrderCard => self.order_card(job).await,
            JobKind::PollCard => self.poll_card(job).await,
        }
    }

    /// Puts a job off as its end asks for.
    async fn put_off(&self, job: &Job, now: Timestamp, done: Result<Done, JobError>) {
        let (wait, cause) = match done {
            Ok(Done::Finished) => return,
            Ok(Done::Later(wait)) => (wait, None),
            // What was asked and did not answer is in the log and the figures.
            Ok(Done::Failed(wait)) => (self.jitter(wait), Some("a request brought nothing".to_owned())),
            // Another worker has it, and wrote what was to be written.
            Err(JobError::Store(StoreError::LostLease)) => return,
            Err(error @ (JobError::Store(_) | JobError::Missing(_))) => {
                tracing::warn!(application = %job.application, kind = job.kind.name(), %error, "Job failed");
                (self.jitter(STORE_RETRY), Some(error.to_string()))
            }
            Err(error @ JobError::Panicked(_)) => {
                tracing::error!(application = %job.application, kind = job.kind.name(), %error, "Job put aside");
                (self.jitter(PUT_ASIDE), Some(error.to_string()))
            }
        };
        // The clock stands behind `now` only when a test looks ahead.
        let due = after(self.clock.now().max(now), wait);
        if let Err(error) = self.store.postpone(job, due, cause.as_deref()).await {
            // The lease ends by itself, and the job is claimed again.
            tracing::warn!(application = %job.application, kind = job.kind.name(), %error, "Job not postponed");
        }
    }

    /// The longest that anything here is ever put off.
    fn longest_wait(&self) -> Duration {
        let institutions = self.content.institutions.iter().flat_map(|institution| &institution.retry).copied();
        let ours =
            [PUT_ASIDE, RULES_RETRY, PROOF_RETRY, STORE_RETRY, self.config.card_poll, crate::card::LONGEST_RETRY];
        let longest = institutions.chain(ours).max().unwrap_or(PUT_ASIDE);
        longest + longest / 5
    }

    /// Lengthens a wait by up to a fifth, so that what failed together does not come back together.
    fn jitter(&self, wait: Duration) -> Duration {
        let mut octet = [0];
        self.entropy.fill(&mut octet);
        wait + wait / 5 * u32::from(octet[0]) / 255
    }
}

pub(crate) fn after(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok()).unwrap_or(Timestamp::MAX)
}

/// Counts and logs a request that brought nothing.
pub(crate) fn note_failure(job: &Job, institution: &str, request: &str, error: &HttpError) {
    let labels = [("institution", institution.to_owned()), ("cause", error.label().to_owned())];
    metrics::counter!("dayaq_core_request_failures_total", &labels).increment(1);
    tracing::warn!(application = %job.application, institution, request, %error, tries = job.tries, "Request failed");
}
