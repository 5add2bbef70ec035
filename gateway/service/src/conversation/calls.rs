//! Calls to the core: within the phone's patience, or else as pending calls that a worker finishes.

use super::Conversations;
use super::patience::within;
use super::turn::Turn;
use super::way::Way;
use crate::push::Herald;
use crate::store::{Claimed, GatewayStore, PendingCall, Registration, StoreError, SubscriberKey};
use crate::values::{self, ALREADY};
use crate::workers::cause_of;
use dayaq_core_api::catalogue::{Operation, TOLD_BY_NOTICE};
use dayaq_core_api::{Args, Caller, Core, CoreError, Request};
use dayaq_dialog::{Effect, Input, Outcome};
use dayaq_types::{Clock, Entropy, Pii};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use uuid::Uuid;

/// How long a claimed call is ours alone.
const LEASE: Duration = Duration::from_secs(60);
/// Calls claimed at once.
const BATCH: u32 = 16;
/// The pauses between tries, in seconds; the last repeats until the core answers: nothing recorded is given up. With what
/// [`PendingWorker::after`] adds, none is so long that a core which is back waits half a minute for a call (D01).
const PAUSES_S: [u64; 4] = [1, 5, 10, 20];
const _: () = assert!(PAUSES_S[PAUSES_S.len() - 1] * 5 / 4 < 28);
/// The pause before a call that cannot be made as it stands is looked at again, in seconds.
const ASIDE_S: u64 = 120;

/// A call that was recorded: everything the core needs to hear.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallPayload {
    caller: Caller,
    operation: String,
    args: Args,
    draft: Uuid,
}

enum Answer {
    Said(Outcome),
    /// It takes too long or the core is away: what is recorded is carried out later.
    Later,
    /// It can never be carried out in this form.
    Never,
}

impl Conversations {
    /// Makes a dialogue's call and steps on with what became of it. So much of the phone's patience is spent already.
    pub(super) async fn call(
        &self,
        turn: &mut Turn<'_>,
        id: &str,
        operation: &str,
        args: &BTreeMap<String, dayaq_dialog::Value>,
        draft: &str,
        spent: Duration,
    ) -> Vec<Effect> {
        let language = values::from_dialog_language(turn.envelope.dialog.spoken());
        let payload = CallPayload {
            caller: Caller { msisdn: turn.msisdn, channel: turn.channel(), language, received_at: self.clock.now() },
            operation: operation.to_owned(),
            args: values::to_core(args),
            draft: draft.parse().unwrap_or_default(),
        };
        let writes = Operation::find(operation).is_some_and(|operation| operation.writes);
        let budget = turn.carrier.reply_budget.saturating_sub(spent);
        let answer = tokio::time::timeout(budget, ask(&*self.core, &payload)).await.unwrap_or(Answer::Later);
        let input = match answer {
            Answer::Said(outcome) if writes && TOLD_BY_NOTICE.contains(&outcome.name.as_str()) => {
                keep(&self.store, &payload, &outcome).await;
                self.notices.notify_one();
                return self.leave_to_notice(turn, Input::Called { id, outcome });
            }
            Answer::Said(outcome) => Input::Called { id, outcome },
            Answer::Later if writes => match self.record(turn.key, id, &payload).await {
                Ok(()) => Input::CallSlow { id },
                Err(cause) => {
                    warn!(cause = %cause, "Call neither made nor recorded");
                    Input::CallFailed { id }
                }
            },
            Answer::Later | Answer::Never => Input::CallFailed { id },
        };
        let effects = self.advance(turn, input);
        self.charge(turn);
        effects
    }

    /// Steps on with what the core tells by a notice of its own. By SMS that notice is the answer, and the only text that
    /// says the application is registered: it is written in the transaction that registers, so that no crash loses it,
    /// and a reply beside it would say the same twice. Who wrote again because no answer came is shown the way on.
    fn leave_to_notice(&self, turn: &mut Turn<'_>, called: Input<'_>) -> Vec<Effect> {
        let mut effects = self.advance(turn, called);
        let (Way::Sms { .. }, Some(text)) = (&turn.way, &mut turn.envelope.texting.turn) else { return effects };
        let asks_again = text.asks_again;
        text.by_notice = !asks_again;
        if asks_again {
            effects.retain(|effect| !matches!(effect, Effect::Reply { .. }));
            effects.extend(self.advance(turn, Input::Open { dialled: "" }));
        }
        self.charge(turn);
        effects
    }

    /// Commits a call to the gateway's own store; only then may a phone hear that it is recorded.
    async fn record(&self, key: SubscriberKey, id: &str, payload: &CallPayload) -> Result<(), StoreError> {
        let call = PendingCall {
            id: id.to_owned(),
            subscriber: key,
            payload: Pii::new(serde_json::to_vec(payload).unwrap_or_default()),
            not_before: self.clock.now(),
            attempts: 0,
        };
        within(self.store.add_pending(&call)).await?;
        metrics::counter!("dayaq_calls_recorded_total").increment(1);
        self.pending.notify_one();
        Ok(())
    }
}

async fn ask(core: &dyn Core, payload: &CallPayload) -> Answer {
    let request = match Request::from_call(&payload.operation, &payload.args, payload.draft) {
        Ok(request) => request,
        Err(cause) => {
            error!(cause = %cause, "A dialogue's call does not fit the core");
            return Answer::Never;
        }
    };
    match core.call(&payload.caller, &request).await {
        Ok(reply) => Answer::Said(Outcome { name: reply.outcome.to_owned(), values: values::from_core(&reply.values) }),
        Err(CoreError::Unavailable(cause)) => {
            warn!(cause = %cause, "The core is not available");
            Answer::Later
        }
        Err(CoreError::Invalid { field, why }) => {
            error!(field, why = %why, "The core refuses a call");
            Answer::Never
        }
    }
}

/// A registration as it is kept, in the forms that core and catalogue have.
#[derive(Serialize, Deserialize)]
struct Kept {
    payload: CallPayload,
    told: Args,
}

/// Remembers what the core has registered, should it be restored from an older copy. The core has it, so that a store that
/// does not take it now changes nothing for the phone.
async fn keep(store: &GatewayStore, payload: &CallPayload, outcome: &Outcome) {
    let id = format!("{}/{}", payload.operation, payload.draft);
    let kept = Kept { payload: payload.clone(), told: values::to_core(&outcome.values) };
    let payload = Pii::new(serde_json::to_vec(&kept).unwrap_or_default());
    if let Err(cause) = store.keep_registration(&Registration { id, payload }).await {
        warn!(cause = %cause, "A registration is not remembered");
        metrics::counter!("dayaq_registrations_not_remembered_total").increment(1);
    }
}

/// What was handed in and what the phone was told, of a registration that is kept; `None` where it cannot be read.
pub fn remembered(registration: &Registration) -> Option<(Caller, Request, Args)> {
    let Kept { payload, told } = serde_json::from_slice(registration.payload.expose()).ok()?;
    let request = Request::from_call(&payload.operation, &payload.args, payload.draft).ok()?;
    Some((payload.caller, request, told))
}

/// Finishes what was recorded. The person hears of it by the core's own notice.
pub struct PendingWorker {
    /// Where the calls are.
    pub store: Arc<GatewayStore>,
    /// Whom they are for.
    pub core: Arc<dyn Core>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Jitter and ids.
    pub entropy: Arc<dyn Entropy>,
    /// Woken when a call is recorded.
    pub wake: Arc<Notify>,
    /// How often to look when nothing wakes it.
    pub poll: Duration,
    /// How a person is told that what was recorded cannot be handed in after all.
    pub herald: Herald,
}

impl PendingWorker {
    /// Runs until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        let mut failing = false;
        loop {
            let passed = self.pass_until(&stop).await;
            let failed = passed.is_err();
            match passed {
                Ok(0) => {}
                Ok(_) if !stop.is_cancelled() => continue,
                Ok(_) => {}
                // Said once for each time that it goes wrong, not at every look.
                Err(cause) if !failing => warn!(cause = %cause, "Pending calls not reached"),
                Err(_) => metrics::counter!("dayaq_pending_passes_failed_total").increment(1),
            }
            failing = failed;
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(self.poll) => {}
            }
        }
    }

    /// One look: claims what is due and tries it once, and gives back what `stop` cuts off. Gives how many were claimed.
    async fn pass_until(&self, stop: &CancellationToken) -> Result<usize, StoreError> {
        let claimed = self.store.claim_pending(BATCH, LEASE).await?;
        // Side by side: one answer that does not come must not outlast the leases of the others.
        let work = join_all(claimed.iter().map(|claim| self.guarded(claim)));
        let done = tokio::select! {
            done = work => done,
            // What is cut off here is done again, and answered like the first time.
            () = stop.cancelled() => {
                self.store.give_pending_back(&claimed).await?;
                return Ok(claimed.len());
            }
        };
        done.into_iter().collect::<Result<Vec<()>, StoreError>>()?;
        Ok(claimed.len())
    }

    /// Carries out one call; one that panics is put aside with its cause and stops no other.
    fn guarded<'w>(&'w self, claim: &'w Claimed) -> BoxFuture<'w, Result<(), StoreError>> {
        Box::pin(async move {
            let panic = match AssertUnwindSafe(self.carry_out(claim)).catch_unwind().await {
                Ok(done) => return done,
                Err(panic) => panic,
            };
            metrics::counter!("dayaq_calls_panicked_total").increment(1);
            self.set_aside(claim, &cause_of(&*panic)).await
        })
    }

    /// Puts a call aside with its cause; it is tried again, seldom, since nothing that was recorded is given up.
    async fn set_aside(&self, claim: &Claimed, cause: &str) -> Result<(), StoreError> {
        error!(cause, "A recorded call is put aside");
        let until = self.after(ASIDE_S);
        self.store.set_pending_aside(&claim.call.id, claim.fence, until, cause).await.map(drop)
    }

    fn carry_out<'w>(&'w self, claim: &'w Claimed) -> BoxFuture<'w, Result<(), StoreError>> {
        Box::pin(async move {
            let Ok(payload) = serde_json::from_slice::<CallPayload>(claim.call.payload.expose()) else {
                return self.set_aside(claim, "it cannot be read").await;
            };
            // The lease is longer than any answer we wait for, so that nobody else makes the same call meanwhile.
            match tokio::time::timeout(LEASE / 2, ask(&*self.core, &payload)).await.unwrap_or(Answer::Later) {
                Answer::Said(outcome) => {
                    if TOLD_BY_NOTICE.contains(&outcome.name.as_str()) {
                        keep(&self.store, &payload, &outcome).await;
                    }
                    self.tell(&payload, &outcome).await?;
                    self.store.finish_pending(&claim.call.id, claim.fence).await?;
                    info!("A recorded call is carried out");
                    metrics::counter!("dayaq_calls_finished_total").increment(1);
                }
                Answer::Later => {
                    let until = self.later(claim.call.attempts);
                    self.store.postpone_pending(&claim.call.id, claim.fence, until).await?;
                }
                Answer::Never => {
                    let (CallPayload { caller, draft, operation, .. }, now) = (&payload, self.clock.now());
                    self.herald.not_done(caller, *draft, operation, now).await?;
                    self.store.finish_pending(&claim.call.id, claim.fence).await?;
                }
            }
            Ok(())
        })
    }

    /// Tells what came of a recorded call, which the person was promised; what the core registers it tells by itself.
    async fn tell(&self, payload: &CallPayload, outcome: &Outcome) -> Result<(), StoreError> {
        let (CallPayload { caller, draft, operation, .. }, now) = (payload, self.clock.now());
        match outcome.name.as_str() {
            told if TOLD_BY_NOTICE.contains(&told) => Ok(()),
            ALREADY => self.herald.already(caller, *draft, values::to_core(&outcome.values), now).await,
            _ => self.herald.not_done(caller, *draft, operation, now).await,
        }
    }

    fn later(&self, attempts: u32) -> Timestamp {
        let step = usize::try_from(attempts).unwrap_or(usize::MAX).min(PAUSES_S.len() - 1);
        self.after(PAUSES_S[step])
    }

    /// After so many seconds, and up to a quarter more.
    fn after(&self, seconds: u64) -> Timestamp {
        let mut octet = [0];
        self.entropy.fill(&mut octet);
        let pause = Duration::from_secs(seconds).mul_f64(1.0 + f64::from(octet[0]) / 1024.0);
        self.clock.now().checked_add(pause).unwrap_or(Timestamp::MAX)
    }
}
