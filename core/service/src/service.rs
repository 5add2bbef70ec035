//! The port, answered from the store.

use crate::calendar::DayStatus;
use crate::config::CoreConfig;
use crate::content::CoreContent;
use crate::decide::{AssumedValues, Outcome};
use crate::http::{self, ClientError};
use crate::reference::is_reference;
use crate::store::{Application, CardState, Completion, CoreStore, Intake, StoreError, StoredDecision, Tried};
use async_trait::async_trait;
use dayaq_core_api::{
    AwardTerms, Caller, CardStage, Complete, CompleteReply, Core, CoreError, ExistingReply, Explain, ExplainReply,
    Finished, LeasedNotice, PickupReply, Stage, StatusReply, Submit, SubmitReply,
};
use dayaq_types::seal::KeyRing;
use dayaq_types::{Clock, Entropy, baku_date};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

/// How old an input may be and still count as of its own day: what a gateway holds back longer counts as of today.
const RECEIVED_AGE_MAX: SignedDuration = SignedDuration::from_hours(72);
/// Octets in the id of a district or branch, at most.
const ITEM_ID_OCTETS_MAX: usize = 40;
/// Notices that one lease may take.
const LEASE_MAX: u32 = 1000;

/// Why the core did not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The client for institutions and bank.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The configuration gives no address for an institution of the content.
    #[error("the address of the institution {0:?} is missing")]
    NoEndpoint(String),
}

/// The core on its store.
pub struct CoreService {
    pub(crate) store: CoreStore,
    pub(crate) config: CoreConfig,
    pub(crate) content: CoreContent,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) http: reqwest::Client,
    pub(crate) wake: Notify,
}

impl CoreService {
    /// Opens the store, migrates it, and refuses to start where an institution has no address. Where rules or calendar
    /// have ended it starts: what is handed in is kept, and told no day.
    ///
    /// A TLS provider of rustls must be installed in the process beforehand.
    pub async fn open(
        config: CoreConfig,
        content: CoreContent,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        keys: KeyRing,
    ) -> Result<Self, OpenError> {
        if let Some(missing) = content.institutions.iter().find(|i| !config.institutions.contains_key(&i.id)) {
            return Err(OpenError::NoEndpoint(missing.id.clone()));
        }
        let today = baku_date(clock.now());
        let deadline = content.calendar.deadline(today, config.decision_working_days);
        if deadline.is_some_and(|deadline| content.calendar.surety(today, deadline) == DayStatus::Estimated) {
            tracing::warn!(%today, "Deadlines of today rest on days off that are estimated");
        }
        for coverage in content.coverage(today, config.decision_working_days) {
            if let Some(warning) = coverage.warning(today) {
                tracing::warn!("{warning}");
            }
        }
        let http = http::client()?;
        let store = CoreStore::open(&config, keys, entropy.clone()).await?;
        store.release_jobs().await?;
        store.release_notices().await?;
        Ok(Self { store, config, content, clock, entropy, http, wake: Notify::new() })
    }

    /// Ends its use of the store.
    pub async fn close(&self) {
        self.store.close().await;
    }

    /// Answers when the store has taken a row; for a readiness probe.
    pub async fn ready(&self) -> Result<(), CoreError> {
        self.store.ready(self.clock.now()).await.map_err(unavailable)
    }

    /// What ends soon or has ended of rules and calendar, in words; also sets the gauges of the days that are left.
    pub fn ending(&self) -> Vec<String> {
        let today = baku_date(self.clock.now());
        let mut ending = Vec::new();
        for coverage in self.content.coverage(today, self.config.decision_working_days) {
            metrics::gauge!("dayaq_core_days_covered", "by" => coverage.what).set(f64::from(coverage.days_left(today)));
            ending.extend(coverage.warning(today).map(|warning| warning.to_string()));
        }
        ending
    }

    /// When the worker or a gateway next has something to do, past times included; `None` where nothing is open.
    ///
    /// A notice under a lease is the gateway's affair and not counted.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, CoreError> {
        let job = self.store.next_job_due().await.map_err(unavailable)?;
        let notice = self.store.next_notice_due(self.clock.now()).await.map_err(unavailable)?;
        Ok(job.into_iter().chain(notice).min())
    }

    /// The latest decision on an application with what it rested on, to be replayed.
    pub async fn decision(&self, reference: &str) -> Result<Option<StoredDecision>, CoreError> {
        let Some(application) = self.store.application_by_reference(reference).await.map_err(unavailable)? else {
            return Ok(None);
        };
        self.store.decision(&application).await.map_err(unavailable)
    }

    /// What happened to an application, in order; `None` where there is none or its chain of hashes is broken.
    pub async fn audit(&self, reference: &str) -> Result<Option<Vec<String>>, CoreError> {
        let Some(application) = self.store.application_by_reference(reference).await.map_err(unavailable)? else {
            return Ok(None);
        };
        self.store.audit_events(application.id).await.map_err(unavailable)
    }

    pub(crate) const fn assumed(&self) -> AssumedValues {
        if self.config.assumed_values_count { AssumedValues::Count } else { AssumedValues::Powerless }
    }

    fn is_past(&self, day: Date) -> bool {
        day < baku_date(self.clock.now())
    }

    /// Now, the day in Baku on which what a caller hands in counts as received, and the last day for a decision on it,
    /// where one can be told.
    fn days_of(&self, caller: &Caller) -> (Timestamp, Date, Option<Date>) {
        let now = self.clock.now();
        let day = baku_date(caller.received_at.clamp(now.saturating_sub(RECEIVED_AGE_MAX).unwrap_or(now), now));
        (now, day, self.content.decide_by(day, self.config.decision_working_days))
    }

    /// Opens an application's details to who knows the digits.
    async fn unlock(&self, caller: &Caller, explain: &Explain) -> Result<Unlocked, CoreError> {
        let found = self.store.latest_of_phone(&caller.msisdn).await.map_err(unavailable)?;
        let Some(application) = found else { return Ok(Unlocked::None) };
        let now = self.clock.now();
        let tried = self.store.try_digits(&caller.msisdn, &application, &explain.last_four, now).await;
        Ok(match tried.map_err(unavailable)? {
            Tried::Right => Unlocked::Open(Box::new(application)),
            Tried::Wrong => Unlocked::Wrong,
            Tried::Locked => Unlocked::Locked,
        })
    }

    async fn explain_open(&self, application: &Application) -> Result<ExplainReply, CoreError> {
        match application.stage {
            Stage::AwaitingNotary => Ok(ExplainReply::Undecided { decide_by: None }),
            Stage::Gathering | Stage::Late => Ok(match application.decide_by {
                Some(day) if self.is_past(day) => ExplainReply::Late,
                Some(day) => ExplainReply::Undecided { decide_by: Some(day) },
                None => ExplainReply::Undated,
            }),
            // Nothing was decided on it: the application that took its place belongs to another phone.
            Stage::Superseded => Ok(ExplainReply::None),
            Stage::Granted | Stage::Refused | Stage::CardReady => {
                let stored = self.store.decision(application).await.map_err(unavailable)?;
                let decision = stored.map(|s| s.decision).ok_or_else(|| unavailable(StoreError::Row("decisions")))?;
                Ok(match decision.outcome {
                    Outcome::Granted(a) => {
                        ExplainReply::Granted(AwardTerms { amount: a.amount, from: a.from, until: a.until })
                    }
                    Outcome::Refused(_) => ExplainReply::Refused { reasons: decision.reasons() },
                })
            }
        }
    }
}

enum Unlocked {
    None,
    Wrong,
    Locked,
    Open(Box<Application>),
}

#[async_trait]
impl Core for CoreService {
    async fn submit(&self, caller: &Caller, submit: &Submit) -> Result<SubmitReply, CoreError> {
        check(submit)?;
        let (now, day, decide_by) = self.days_of(caller);
        let intake = Intake { caller: caller.clone(), submit: submit.clone(), now, day, decide_by, told: None };
        let reply = self.store.submit(intake).await.map_err(unavailable)?;
        let outcome = match &reply {
            SubmitReply::Registered { .. } => "registered",
            SubmitReply::RegisteredUndated { .. } => "registered-undated",
            SubmitReply::AwaitingNotary { .. } => "awaiting-notary",
            SubmitReply::Already { .. } => "already",
            SubmitReply::Limited => "limited",
        };
        metrics::counter!("dayaq_core_submissions_total", "outcome" => outcome).increment(1);
        tracing::info!(outcome, channel = ?caller.channel, "Application handed in");
        self.wake.notify_one();
        Ok(reply)
    }

    async fn complete(&self, caller: &Caller, complete: &Complete) -> Result<CompleteReply, CoreError> {
        if !is_reference(&complete.reference) {
            return Err(CoreError::Invalid { field: "reference", why: "not a registration number".to_owned() });
        }
        let (now, day, decide_by) = self.days_of(caller);
        let completion =
            Completion { caller: caller.clone(), complete: complete.clone(), now, day, decide_by, again: false };
        let reply = self.store.complete(completion).await.map_err(unavailable)?;
        let outcome = match &reply {
            CompleteReply::Registered { .. } => "registered",
            CompleteReply::RegisteredUndated { .. } => "registered-undated",
            CompleteReply::Already { .. } => "already",
            CompleteReply::NotAwaiting { .. } => "not-awaiting",
            CompleteReply::None => "none",
        };
        metrics::counter!("dayaq_core_completions_total", "outcome" => outcome).increment(1);
        tracing::info!(outcome, channel = ?caller.channel, "Notary's number handed in");
        self.wake.notify_one();
        Ok(reply)
    }

    async fn existing(&self, caller: &Caller) -> Result<ExistingReply, CoreError> {
        let today = baku_date(self.clock.now());
        self.store.existing_of_phone(&caller.msisdn, today).await.map_err(unavailable)
    }

    async fn status(&self, caller: &Caller) -> Result<StatusReply, CoreError> {
        let found = self.store.latest_of_phone(&caller.msisdn).await.map_err(unavailable)?;
        Ok(found.map_or(StatusReply::None, |a| {
            let late = a.stage == Stage::Gathering && a.decide_by.is_some_and(|day| self.is_past(day));
            let (stage, decide_by) = if late { (Stage::Late, None) } else { (a.stage, a.decide_by) };
            StatusReply::At { stage, reference: a.reference, decide_by }
        }))
    }

    async fn explain(&self, caller: &Caller, explain: &Explain) -> Result<ExplainReply, CoreError> {
        match self.unlock(caller, explain).await? {
            Unlocked::None => Ok(ExplainReply::None),
            Unlocked::Wrong => Ok(ExplainReply::Wrong),
            Unlocked::Locked => Ok(ExplainReply::Locked),
            Unlocked::Open(application) => self.explain_open(&application).await,
        }
    }

    async fn pickup(&self, caller: &Caller, explain: &Explain) -> Result<PickupReply, CoreError> {
        let application = match self.unlock(caller, explain).await? {
            Unlocked::None => return Ok(PickupReply::None),
            Unlocked::Wrong => return Ok(PickupReply::Wrong),
            Unlocked::Locked => return Ok(PickupReply::Locked),
            Unlocked::Open(application) => application,
        };
        let card = self.store.card(&application).await.map_err(unavailable)?;
        Ok(PickupReply::Card(match card {
            None => CardStage::None,
            Some(card) => match (card.state, card.collect_from) {
                (CardState::Ready, Some(collect_from)) => CardStage::Ready { branch: card.branch, collect_from },
                (CardState::Wanted | CardState::Asked | CardState::Ordered | CardState::Ready, _) => {
                    CardStage::Ordered { branch: card.branch }
                }
            },
        }))
    }

    async fn lease(&self, most: u32, lease: Duration) -> Result<Vec<LeasedNotice>, CoreError> {
        let now = self.clock.now();
        self.store.lease_notices(now, most.min(LEASE_MAX), lease).await.map_err(unavailable)
    }

    async fn kept(&self, kept: &[(Uuid, u64)], lease: Duration) -> Result<(), CoreError> {
        self.store.keep_notices(kept, self.clock.now(), lease).await.map_err(unavailable)
    }

    async fn finished(&self, finished: &Finished) -> Result<bool, CoreError> {
        self.store.finish_notice(finished, self.clock.now()).await.map_err(unavailable)
    }
}

/// Checks what the types leave open.
pub(crate) fn check(submit: &Submit) -> Result<(), CoreError> {
    let invalid = |field, why: &str| Err(CoreError::Invalid { field, why: why.to_owned() });
    if submit.members.len() > Submit::MEMBERS_MAX {
        return invalid("members", "there are more than 15");
    }
    let mut seen = BTreeSet::from([submit.applicant]);
    if !submit.members.iter().all(|m| seen.insert(m.fin)) {
        return invalid("members", "a person is named twice, or the applicant is among them");
    }
    if !is_item_id(&submit.district) {
        return invalid("district", "not the id of a district");
    }
    if !is_item_id(&submit.branch) {
        return invalid("branch", "not the id of a branch");
    }
    Ok(())
}

/// Tells whether a text can be the id of a list's item: such an id goes to the bank and into texts.
pub(crate) fn is_item_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.len() <= ITEM_ID_OCTETS_MAX && text.bytes().all(plain)
}

pub(crate) fn unavailable(error: StoreError) -> CoreError {
    match error {
        StoreError::ForeignDraft => CoreError::Invalid { field: "draft", why: error.to_string() },
        StoreError::Database(_)
        | StoreError::Seal(_)
        | StoreError::Row(_)
        | StoreError::Contested(_)
        | StoreError::LostLease => CoreError::Unavailable(error.to_string()),
    }
}
