//! Gathering the evidence, then the decision.

use crate::decide::{Outcome, Undecidable, decide, verification_faults};
use crate::facts::{Facts, income_window};
use crate::http::HttpError;
use crate::inquiry::{Asked, Inquiry, InquiryError};
use crate::institution::{RequestStage, Subject};
use crate::needs::{Answers, Asking, NOTARY, Need, facts_of};
use crate::rules::Rules;
use crate::service::CoreService;
use crate::store::{Application, Evidence, Job, StoreError, StoredDecision};
use crate::worker::{Done, JobError, PROOF_RETRY, RULES_RETRY, note_failure};
use dayaq_core_api::Notice;
use dayaq_types::baku_date;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::time::Duration;

/// Requests under way at once for one application.
const REQUESTS_AT_ONCE: usize = 8;

/// Working days between two texts that the decision is late.
const LATE_AGAIN: u32 = 5;

/// Why a stage of the evidence is not complete.
struct Incomplete {
    /// The wait before the next try.
    wait: Duration,
    /// Whether something failed; else an answer is only being prepared.
    failed: bool,
}

impl From<Incomplete> for Done {
    fn from(incomplete: Incomplete) -> Self {
        if incomplete.failed { Self::Failed(incomplete.wait) } else { Self::Later(incomplete.wait) }
    }
}

impl CoreService {
    /// Verifies the applicant, gathers what is known of the family, and decides.
    ///
    /// What has been answered stays; what failed is asked again. A registry that is silent, fails or
    /// answers in another form delays the decision and never stands for one.
    pub(crate) async fn gather_and_decide(&self, job: &Job) -> Result<Done, JobError> {
        let mut application = self.store.application(job.application).await?.ok_or(JobError::Missing("application"))?;
        let registered_on = application.registered_on.ok_or(JobError::Missing("day of registration"))?;
        self.tell_deadline(job, &mut application, registered_on).await?;
        let Some(rules) = self.content.rules.governing(registered_on) else {
            tracing::warn!(application = %application.id, %registered_on, "No rules govern this application: it waits");
            metrics::counter!("dayaq_core_waiting_for_rules_total").increment(1);
            self.watch_and_tell(job, &application).await?;
            return Ok(Done::Later(RULES_RETRY));
        };
        if let Some(incomplete) = self.gather(job, &application, rules, RequestStage::Verification).await? {
            self.watch_and_tell(job, &application).await?;
            return Ok(incomplete.into());
        }
        let mut facts = facts_of(&application, rules, self.answers(&application).await?, false);
        if verification_faults(&facts, registered_on).is_empty() {
            if !application.verified {
                let now = self.clock.now();
                if !self.store.verify(job, &application, now, baku_date(now)).await? {
                    tracing::info!(application = %application.id, "Superseded by a verified application");
                    return Ok(Done::Finished);
                }
            }
            // Who is proven first: nothing is asked about anybody else.
            for stage in [RequestStage::Proof, RequestStage::Evidence] {
                if let Some(incomplete) = self.gather(job, &application, rules, stage).await? {
                    self.watch_and_tell(job, &application).await?;
                    return Ok(incomplete.into());
                }
            }
            facts = facts_of(&application, rules, self.answers(&application).await?, true);
        }
        self.conclude(job, &application, rules, registered_on, facts).await
    }

    /// Decides, and stores the decision. Whom another family's award has is asked of both, and counts as the rules say.
    async fn conclude(
        &self,
        job: &Job,
        application: &Application,
        rules: &Rules,
        registered_on: Date,
        mut facts: Facts,
    ) -> Result<Done, JobError> {
        loop {
            let decision = match decide(rules, &facts, registered_on, self.assumed()) {
                Ok(decision) => decision,
                Err(why) => return self.wait_for(why, job, application, rules).await,
            };
            let now = self.clock.now();
            let stored = StoredDecision { registered_on, rules: rules.clone(), facts, decision };
            let contested = match self.store.decide(job, application, &stored, now, baku_date(now)).await {
                Ok(()) => {
                    let outcome = match stored.decision.outcome {
                        Outcome::Granted(_) => "granted",
                        Outcome::Refused(_) => "refused",
                    };
                    metrics::counter!("dayaq_core_decisions_total", "outcome" => outcome).increment(1);
                    tracing::info!(application = %application.id, rules = rules.id, outcome, "Decided");
                    return Ok(Done::Finished);
                }
                Err(StoreError::Contested(fins)) => fins,
                Err(error) => return Err(error.into()),
            };
            metrics::counter!("dayaq_core_contested_total").increment(1);
            if let Outcome::Granted(award) = &stored.decision.outcome {
                self.store.contest(job, application, &contested, award, now).await?;
            }
            facts = stored.facts;
            facts.elsewhere.extend(contested);
        }
    }

    /// Lets a decision wait for what it cannot be made without.
    async fn wait_for(
        &self,
        why: Undecidable,
        job: &Job,
        application: &Application,
        rules: &Rules,
    ) -> Result<Done, JobError> {
        tracing::warn!(application = %application.id, rules = rules.id, %why, "Decision waits");
        let wait = match why {
            // Everything is asked again: a registry may have put its record right, or told the norm.
            Undecidable::Contradiction | Undecidable::Norm => {
                self.store.drop_evidence(job, application, None, self.clock.now()).await?;
                RULES_RETRY
            }
            // So is what would prove the member: a paper may have been made, or a visit.
            Undecidable::Unproven => {
                let proofs: Vec<String> = [Subject::Notary, Subject::Pair]
                    .into_iter()
                    .flat_map(|s| self.requests(s))
                    .map(str::to_owned)
                    .collect();
                self.store.drop_evidence(job, application, Some(proofs), self.clock.now()).await?;
                let notice = Notice::Unproven { reference: application.reference.clone() };
                self.store.tell_once(job, application, notice, self.clock.now()).await?;
                PROOF_RETRY
            }
            // The other award may end.
            Undecidable::Contested => PROOF_RETRY,
            Undecidable::Unverified | Undecidable::Assumed => RULES_RETRY,
        };
        match why {
            Undecidable::Contested => {}
            Undecidable::Unproven => metrics::counter!("dayaq_core_waiting_for_proof_total").increment(1),
            Undecidable::Contradiction | Undecidable::Norm | Undecidable::Unverified | Undecidable::Assumed => {
                metrics::counter!("dayaq_core_waiting_for_rules_total").increment(1);
            }
        }
        match why {
            // What is waited for is the family's to put right, and it was asked.
            Undecidable::Unproven | Undecidable::Contested => self.watch_deadline(application).await?,
            Undecidable::Contradiction | Undecidable::Norm | Undecidable::Unverified | Undecidable::Assumed => {
                self.watch_and_tell(job, application).await?;
            }
        }
        Ok(Done::Later(wait))
    }

    /// Makes the requests of a stage that have no answer yet, and then those that an answer gives rise to: a
    /// vehicle's plate, the address of a meter. Tells what is missing in the end.
    async fn gather(
        &self,
        job: &Job,
        application: &Application,
        rules: &Rules,
        stage: RequestStage,
    ) -> Result<Option<Incomplete>, JobError> {
        let window = application.registered_on.map(|day| income_window(day, rules.income_window_months));
        let window = window.ok_or(JobError::Missing("day of registration"))?;
        let mut tried: BTreeSet<(String, u32)> = BTreeSet::new();
        let mut incomplete: Option<Incomplete> = None;
        loop {
            let kept = self.store.evidence(application).await?;
            let answered: BTreeSet<(&str, u32)> = kept.iter().map(|e| (e.request.as_str(), e.subject)).collect();
            let asking = Asking { application, rules, stage, answers: self.by_subject(&kept), window };
            let mut needs = asking.needs(&self.content.institutions);
            needs.retain(|need| !answered.contains(&(need.request.id.as_str(), need.subject)));
            needs.retain(|need| tried.insert((need.request.id.clone(), need.subject)));
            if needs.is_empty() {
                return Ok(incomplete);
            }
            let tickets = self.store.tickets(application).await?;
            // Boxed, so that the compiler sees that a pass may move between threads.
            let mut made: Vec<BoxFuture<'_, (Need<'_>, Result<Asked, InquiryError>)>> = Vec::new();
            for need in needs {
                let ticket = tickets.get(&(need.request.id.clone(), need.subject)).cloned();
                made.push(Box::pin(async move {
                    let result = self.ask(&need, ticket).await;
                    (need, result)
                }));
            }
            let results: Vec<_> = stream::iter(made).buffer_unordered(REQUESTS_AT_ONCE).collect().await;
            let mut answers = Vec::new();
            for (need, result) in results {
                match self.keep(job, application, &need, result, &mut answers).await? {
                    Some(more) => incomplete = Some(later_of(incomplete, more)),
                    None => continue,
                }
            }
            self.store.keep_evidence(&application.vault, &answers).await?;
        }
    }

    /// Makes one request.
    async fn ask(&self, need: &Need<'_>, ticket: Option<String>) -> Result<Asked, InquiryError> {
        let Some(endpoint) = self.config.institutions.get(&need.institution.id) else {
            return Err(HttpError::Connection.into());
        };
        let inquiry = Inquiry {
            client: &self.http,
            endpoint,
            institution: need.institution,
            request: need.request,
            places: need.places.clone(),
        };
        inquiry.make(ticket).await
    }

    /// Notes what came of a request: an answer to be kept, a ticket, or a failure.
    async fn keep(
        &self,
        job: &Job,
        application: &Application,
        need: &Need<'_>,
        result: Result<Asked, InquiryError>,
        answers: &mut Vec<(Evidence, Vec<u8>)>,
    ) -> Result<Option<Incomplete>, StoreError> {
        let request = need.request.id.as_str();
        let error = match result {
            Ok(Asked::Answer(answer, raw)) => {
                let evidence = Evidence {
                    request: request.to_owned(),
                    subject: need.subject,
                    institution: need.institution.id.clone(),
                    fetched_at: self.clock.now(),
                    answer,
                };
                answers.push((evidence, raw));
                return Ok(None);
            }
            Ok(Asked::Prepared(ticket, wait)) => {
                self.store.keep_ticket(&application.vault, request, need.subject, &ticket).await?;
                return Ok(Some(Incomplete { wait, failed: false }));
            }
            Ok(Asked::NotReady(wait)) => return Ok(Some(Incomplete { wait, failed: false })),
            Ok(Asked::TicketLost(wait)) => {
                tracing::warn!(application = %application.id, request, "Ticket lost: asked anew");
                self.store.drop_ticket(&application.vault, request, need.subject).await?;
                return Ok(Some(Incomplete { wait, failed: true }));
            }
            Err(InquiryError::WrongForm(fault)) => {
                tracing::warn!(application = %application.id, request, %fault, "Wrong form");
                HttpError::Form
            }
            Err(InquiryError::Http(error)) => error,
        };
        note_failure(job, &need.institution.id, request, &error);
        Ok(Some(Incomplete { wait: need.institution.wait_after(job.tries + 1), failed: true }))
    }

    async fn answers(&self, application: &Application) -> Result<Answers, StoreError> {
        Ok(self.by_subject(&self.store.evidence(application).await?))
    }

    fn by_subject(&self, kept: &[Evidence]) -> Answers {
        let notary: BTreeSet<&str> = self.requests(Subject::Notary);
        let mut answers = Answers::new();
        for evidence in kept {
            // The notarised application's answer is kept apart: it tells nothing of a person.
            let at = if notary.contains(evidence.request.as_str()) { NOTARY } else { evidence.subject };
            answers.entry(at).or_default().add(evidence.answer.clone());
        }
        answers
    }

    fn requests(&self, subject: Subject) -> BTreeSet<&str> {
        let all = self.content.institutions.iter().flat_map(|i| &i.requests);
        all.filter(|r| r.subject == subject).map(|r| r.id.as_str()).collect()
    }

    /// Tells the day for the decision to a family that could not be told at registration, once rules govern that day and
    /// the calendar reaches far enough. A day that is past by then is kept for the alarm, and promised to nobody.
    async fn tell_deadline(&self, job: &Job, application: &mut Application, day: Date) -> Result<(), StoreError> {
        if application.decide_by.is_some() {
            return Ok(());
        }
        let Some(decide_by) = self.content.decide_by(day, self.config.decision_working_days) else { return Ok(()) };
        let now = self.clock.now();
        self.store.set_deadline(job, application, decide_by, decide_by >= baku_date(now), now).await?;
        application.decide_by = Some(decide_by);
        Ok(())
    }

    /// As [`Self::watch_deadline`], where the family has nothing to do: after the last day it hears that the decision is
    /// late, on the next working day and every fifth one after.
    async fn watch_and_tell(&self, job: &Job, application: &Application) -> Result<(), StoreError> {
        self.watch_deadline(application).await?;
        let now = self.clock.now();
        let Some(decide_by) = application.decide_by else { return Ok(()) };
        let over = self.content.calendar.working_days_left(decide_by, baku_date(now)).unwrap_or(0);
        let Some(before) = over.checked_sub(1) else { return Ok(()) };
        let notice = Notice::Late { reference: application.reference.clone(), number: before / LATE_AGAIN };
        self.store.tell_once(job, application, notice, now).await
    }

    /// Raises the alarm, once, for an application that is undecided shortly before its deadline or after it.
    async fn watch_deadline(&self, application: &Application) -> Result<(), StoreError> {
        let today: Date = baku_date(self.clock.now());
        let left = application.decide_by.and_then(|by| self.content.calendar.working_days_left(today, by));
        if application.alarmed || left.is_some_and(|days| days > self.config.alarm_working_days) {
            return Ok(());
        }
        if self.store.raise_alarm(application, self.clock.now()).await? {
            metrics::counter!("dayaq_core_deadline_alarms_total").increment(1);
            tracing::warn!(application = %application.id, working_days_left = left, "Deadline near and not decided");
        }
        Ok(())
    }
}

/// The sooner of two waits; a failure anywhere makes it one of both.
fn later_of(before: Option<Incomplete>, more: Incomplete) -> Incomplete {
    match before {
        None => more,
        Some(before) => Incomplete { wait: before.wait.min(more.wait), failed: before.failed || more.failed },
    }
}
