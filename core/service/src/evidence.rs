//! Gathering the evidence, then the decision.

use crate::answer::{Answer, Known};
use crate::decide::{Outcome, decide, verification_faults};
use crate::facts::{Facts, Person, income_window};
use crate::http::{self, Found, HttpError};
use crate::institution::{Institution, PathValues, Request, RequestStage, Subject};
use crate::service::CoreService;
use crate::store::{Application, Evidence, Job, StoreError, StoredDecision};
use crate::worker::{Done, JobError, RULES_RETRY, note_failure};
use dayaq_types::{Fin, NotaryNumber, baku_date};
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Requests under way at once for one application.
const REQUESTS_AT_ONCE: usize = 8;

/// A request that is still to be made.
struct Need<'a> {
    institution: &'a Institution,
    request: &'a Request,
    subject: u32,
    fin: Fin,
}

/// The answers about each subject.
type Answers = BTreeMap<u32, Known>;

/// A request and what came of it.
type Asked<'n> = (Need<'n>, Result<(Evidence, Vec<u8>), HttpError>);

impl CoreService {
    /// Verifies the applicant, gathers what is known of the family, and decides.
    ///
    /// What has been answered stays; what failed is asked again. A registry that is silent, fails or
    /// answers in another form delays the decision and never stands for one.
    pub(crate) async fn gather_and_decide(&self, job: &Job) -> Result<Done, JobError> {
        let application = self.store.application(job.application).await?.ok_or(JobError::Missing("application"))?;
        let registered_on = application.registered_on.ok_or(JobError::Missing("day of registration"))?;
        let Some(rules) = self.content.rules.governing(registered_on) else {
            tracing::warn!(application = %application.id, %registered_on, "No rules govern this application: it waits");
            metrics::counter!("dayaq_core_waiting_for_rules_total").increment(1);
            self.watch_deadline(&application).await?;
            return Ok(Done::Later(RULES_RETRY));
        };
        let window = income_window(registered_on, rules.income_window_months);
        let months = (window.0.to_string(), window.1.to_string());
        if let Some(wait) = self.gather(job, &application, RequestStage::Verification, &months).await? {
            self.watch_deadline(&application).await?;
            return Ok(Done::Failed(wait));
        }
        let mut facts = facts_of(&application, self.answers(&application).await?, false);
        if verification_faults(&facts, registered_on).is_empty() {
            if !application.verified {
                let now = self.clock.now();
                if !self.store.verify(job, &application, now, baku_date(now)).await? {
                    tracing::info!(application = %application.id, "Superseded by a verified application");
                    return Ok(Done::Finished);
                }
            }
            if let Some(wait) = self.gather(job, &application, RequestStage::Evidence, &months).await? {
                self.watch_deadline(&application).await?;
                return Ok(Done::Failed(wait));
            }
            facts = facts_of(&application, self.answers(&application).await?, true);
        }
        let decision = match decide(rules, &facts, registered_on, self.assumed()) {
            Ok(decision) => decision,
            Err(error) => {
                tracing::warn!(application = %application.id, rules = rules.id, %error, "Decision waits");
                metrics::counter!("dayaq_core_waiting_for_rules_total").increment(1);
                self.watch_deadline(&application).await?;
                return Ok(Done::Later(RULES_RETRY));
            }
        };
        let outcome = match decision.outcome {
            Outcome::Granted(_) => "granted",
            Outcome::Refused(_) => "refused",
        };
        let now = self.clock.now();
        let stored = StoredDecision { registered_on, rules: rules.clone(), facts, decision };
        self.store.decide(job, &application, &stored, now, baku_date(now)).await?;
        metrics::counter!("dayaq_core_decisions_total", "outcome" => outcome).increment(1);
        tracing::info!(application = %application.id, rules = stored.rules.id, outcome, "Decided");
        Ok(Done::Finished)
    }

    /// Makes the requests of a stage that have no answer yet; the wait before the next try where some failed.
    async fn gather(
        &self,
        job: &Job,
        application: &Application,
        stage: RequestStage,
        months: &(String, String),
    ) -> Result<Option<Duration>, JobError> {
        let kept = self.store.evidence(application).await?;
        // Boxed, so that the compiler sees that a pass may move between threads.
        let mut made: Vec<BoxFuture<'_, Asked<'_>>> = Vec::new();
        for need in needs(&self.content.institutions, application, stage) {
            if !kept.iter().any(|e| e.request == need.request.id && e.subject == need.subject) {
                made.push(Box::pin(async move {
                    let result = self.ask(application, &need, months).await;
                    (need, result)
                }));
            }
        }
        let results: Vec<_> = stream::iter(made).buffer_unordered(REQUESTS_AT_ONCE).collect().await;
        let mut wait: Option<Duration> = None;
        let mut answers = Vec::new();
        for (need, result) in results {
            match result {
                Ok(answer) => answers.push(answer),
                Err(error) => {
                    note_failure(job, &need.institution.id, &need.request.id, &error);
                    let next = need.institution.wait_after(job.tries + 1);
                    wait = Some(wait.map_or(next, |w| w.min(next)));
                }
            }
        }
        self.store.keep_evidence(&application.vault, &answers).await?;
        Ok(wait)
    }

    /// Makes one request and reads its answer.
    async fn ask(
        &self,
        application: &Application,
        need: &Need<'_>,
        months: &(String, String),
    ) -> Result<(Evidence, Vec<u8>), HttpError> {
        let number = application.declared.notary_number.as_ref().map_or("", NotaryNumber::as_str);
        let values = PathValues { fin: need.fin.as_str(), number, window_from: &months.0, window_to: &months.1 };
        let path = need.request.path.fill(&values);
        let Some(endpoint) = self.config.institutions.get(&need.institution.id) else {
            return Err(HttpError::Connection);
        };
        let (answer, raw) = match http::get(&self.http, endpoint, &path, need.institution.timeout).await {
            Ok(Found::No) => (Answer::not_found(need.request), Vec::new()),
            Ok(Found::Yes { raw, json }) => match Answer::read(need.request, &json) {
                Ok(answer) => (answer, raw),
                Err(fault) => {
                    tracing::warn!(application = %application.id, request = need.request.id, %fault, "Wrong form");
                    return Err(HttpError::Form);
                }
            },
            Err(error) => return Err(error),
        };
        let evidence = Evidence {
            request: need.request.id.clone(),
            subject: need.subject,
            institution: need.institution.id.clone(),
            fetched_at: self.clock.now(),
            answer,
        };
        Ok((evidence, raw))
    }

    async fn answers(&self, application: &Application) -> Result<Answers, StoreError> {
        let notary: BTreeSet<&str> = self.requests(Subject::Notary);
        let mut answers = Answers::new();
        for evidence in self.store.evidence(application).await? {
            // The notarised application's answer is kept apart: it tells nothing of a person.
            let at = if notary.contains(evidence.request.as_str()) { NOTARY } else { evidence.subject };
            answers.entry(at).or_default().add(evidence.answer);
        }
        Ok(answers)
    }

    fn requests(&self, subject: Subject) -> BTreeSet<&str> {
        let all = self.content.institutions.iter().flat_map(|i| &i.requests);
        all.filter(|r| r.subject == subject).map(|r| r.id.as_str()).collect()
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

/// The key in [`Answers`] under which the notarised application stands.
const NOTARY: u32 = u32::MAX;

/// Everything that a stage asks: of the applicant by the request's stage, of members once the applicant is verified.
fn needs<'a>(institutions: &'a [Institution], application: &Application, stage: RequestStage) -> Vec<Need<'a>> {
    let declared = &application.declared;
    let mut needs = Vec::new();
    for institution in institutions {
        for request in &institution.requests {
            let mut need = |subject, fin| needs.push(Need { institution, request, subject, fin });
            match request.subject {
                Subject::Notary if request.stage == stage && declared.notary_number.is_some() => {
                    need(0, declared.applicant);
                }
                Subject::Notary => {}
                Subject::Person => {
                    if request.stage == stage {
                        need(0, declared.applicant);
                    }
                    if stage == RequestStage::Evidence {
                        for (member, subject) in declared.members.iter().zip(1..) {
                            need(subject, member.fin);
                        }
                    }
                }
            }
        }
    }
    needs
}

fn facts_of(application: &Application, mut answers: Answers, complete: bool) -> Facts {
    let declared = &application.declared;
    let fins = [declared.applicant].into_iter().chain(declared.members.iter().map(|m| m.fin));
    let notary = answers.remove(&NOTARY).and_then(|k| k.notary());
    let identity = answers.get(&0).and_then(Known::identity);
    let person = |(fin, subject): (Fin, u32)| {
        let known = answers.get(&subject).cloned().unwrap_or_default();
        Person {
            fin,
            identity: known.identity(),
            vehicles: known.vehicles(),
            income: known.income(),
            kin: known.kin(),
            prisoner: known.prisoner(),
            ..Person::unknown(fin)
        }
    };
    let household = complete.then(|| fins.zip(0..).map(person).collect());
    Facts { declared: declared.clone(), identity, notary, household, utilities: Vec::new(), yields: Vec::new() }
}
