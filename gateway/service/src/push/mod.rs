//! Pushes: texts that the service sends by itself, once.
//!
//! A notice is leased from the core, put into words for its operator, and kept with its segments before anything is
//! sent. An attempt is committed before its PDU is written, so that a crash leaves "in doubt" and never "not sent":
//! copies on the air are at most two, and one where the link never dropped (A42).

mod herald;
mod hours;
mod lease;
mod owed;
mod policy;
mod receipts;
mod reply;
mod segment;
#[cfg(test)]
mod tests;
mod validity;
mod wording;

pub use herald::Herald;
pub use hours::{Hours, NotHours};
pub use lease::Leaser;
pub use owed::Owed;
pub use policy::{Tried, Verdict, verdict};
pub(crate) use reply::Reply;
pub use segment::Sender;
pub use wording::{Wording, WordingError, WordingOperator};

use crate::link::{BindHandle, Outcome, Outgoing};
use crate::store::{Burn, ClaimedSegment, FinishedText, GatewayStore, StoreError, TextEnd, Ticket};
use dayaq_core_api::{Core, Finished, NoticeOutcome};
use dayaq_smpp::{CommandStatus, Instant, LinkConfig, Urgency};
use dayaq_types::{Clock, Entropy};
use segment::SegmentBody;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};
use uuid::Uuid;

/// Segments claimed, outcomes recorded and ends reported at once.
const BATCH: u32 = 256;
/// How long a claimed segment is ours alone.
const LEASE: Duration = Duration::from_secs(120);

/// An operator as the pusher sees it.
pub struct Route {
    /// The operator's name.
    pub operator: String,
    /// Its binds.
    pub binds: Vec<BindHandle>,
    /// How long its answers may take, and how many may be open.
    pub link: LinkConfig,
    /// How it writes texts.
    pub sender: Sender,
}

/// A segment on its way, and by which operator.
pub struct Flight {
    route: usize,
    segment: ClaimedSegment,
}

/// Sends texts and reports their ends.
pub struct Pusher {
    /// Where ends go to.
    pub core: Arc<dyn Core>,
    /// Where texts are kept.
    pub store: Arc<GatewayStore>,
    /// The operators.
    pub routes: Vec<Route>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub entropy: Arc<dyn Entropy>,
    /// Woken when there may be something to send.
    pub wake: Arc<Notify>,
    /// At which hours notices go out.
    pub hours: Hours,
    /// How often to look when nothing wakes it.
    pub poll: Duration,
    /// The claims whose segments are on their way: what an outcome needs to be judged by.
    pub flights: BTreeMap<(Uuid, u32), Flight>,
    /// What became of segments and is not stored yet.
    pub owed: Owed,
}

impl Pusher {
    /// Runs until `stop`, then goes on with the outcomes of what is under way, for `drain` at most.
    pub async fn run(
        &mut self,
        outcomes: &mut mpsc::UnboundedReceiver<(Ticket, Outcome)>,
        stop: CancellationToken,
        drain: Duration,
    ) {
        if let Err(cause) = self.store.on_start().await {
            warn!(cause = %cause, "Texts of the last run not taken up");
        }
        let mut failing = false;
        loop {
            let passed = self.pass().await;
            let failed = passed.is_err();
            match passed {
                Ok(0) => {}
                Ok(_) if !stop.is_cancelled() => {
                    let done = gather(outcomes, None);
                    self.settle_all(done).await;
                    continue;
                }
                Ok(_) => {}
                // Said once for each time that it goes wrong, not at every look.
                Err(cause) if !failing => warn!(cause = %cause, "Texts not moved on"),
                Err(_) => metrics::counter!("dayaq_push_passes_failed_total").increment(1),
            }
            failing = failed;
            tokio::select! {
                () = stop.cancelled() => break,
                Some(first) = outcomes.recv() => {
                    let done = gather(outcomes, Some(first));
                    self.settle_all(done).await;
                }
                () = self.wake.notified() => {}
                () = tokio::time::sleep(self.rest()) => {}
            }
        }
        let _ = tokio::time::timeout(drain, self.finish(outcomes)).await;
    }

    /// Takes outcomes until the last link has ended, which says of each segment what became of it, and reports what has
    /// ended.
    async fn finish(&mut self, outcomes: &mut mpsc::UnboundedReceiver<(Ticket, Outcome)>) {
        let mut linked = true;
        loop {
            self.settle_owed().await;
            let rest = self.owed.rest(self.clock.monotonic());
            if !linked && rest.is_none() {
                break;
            }
            tokio::select! {
                first = outcomes.recv(), if linked => match first {
                    Some(first) => {
                        let done = gather(outcomes, Some(first));
                        self.settle_all(done).await;
                    }
                    None => linked = false,
                },
                () = tokio::time::sleep(rest.unwrap_or_default()), if rest.is_some() => {}
            }
        }
        if let Err(cause) = self.report().await {
            warn!(cause = %cause, "Ends not reported");
        }
    }

    /// One look at everything; gives how much it moved.
    async fn pass(&mut self) -> Result<usize, StoreError> {
        self.settle_owed().await;
        Ok(self.send().await? + self.report().await?)
    }

    /// Tries again to store what could not be stored.
    async fn settle_owed(&mut self) {
        let due = self.owed.take_due(self.clock.monotonic());
        if !due.is_empty() {
            self.settle_all(due).await;
            self.owed.tried(self.clock.monotonic());
        }
    }

    /// How long until the next look, where nothing wakes it.
    fn rest(&self) -> Duration {
        [self.held(), self.owed.rest(self.clock.monotonic())].into_iter().flatten().fold(self.poll, Duration::min)
    }

    /// Sends what is due, as far as the operators' windows have room.
    async fn send(&mut self) -> Result<usize, StoreError> {
        let mut moved = 0;
        for route in 0..self.routes.len() {
            let room = self.room(route);
            if room == 0 {
                continue;
            }
            let operator = &self.routes[route].operator;
            let claimed = match self.hours.opening(self.clock.now()) {
                None => self.store.claim_segments(operator, room, LEASE).await?,
                Some(opens) => self.store.claim_replies(operator, room, LEASE, opens).await?,
            };
            moved += claimed.len();
            self.send_all(route, claimed).await?;
        }
        Ok(moved)
    }

    /// How many segments may be claimed: never more than the window of the binds that stand, nor than their paces let out
    /// soon.
    fn room(&self, route: usize) -> u32 {
        let under_way = self.flights.values().filter(|flight| flight.route == route).count();
        let (route, now) = (&self.routes[route], self.instant());
        let bound = || route.binds.iter().filter(|bind| bind.is_bound());
        let wanted = bound().fold(0usize, |sum, bind| sum.saturating_add(bind.room(now)));
        let room = (bound().count() * route.link.window).saturating_sub(under_way).min(wanted);
        u32::try_from(room).unwrap_or(BATCH).min(BATCH)
    }

    /// How long until texts that an operator's throttling holds back may go on.
    fn held(&self) -> Option<Duration> {
        let now = self.instant();
        let binds = self.routes.iter().flat_map(|route| &route.binds).filter(|bind| bind.is_bound());
        let holds = binds.filter_map(|bind| {
            let pace = bind.pace();
            (pace.texts_ready(now) == 0).then(|| pace.next(Urgency::Text, now).saturating_since(now))
        });
        holds.min()
    }

    fn instant(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.clock.monotonic().as_micros()).unwrap_or(u64::MAX))
    }

    /// Commits the attempts of claimed segments together, then hands them to the binds, in their order.
    async fn send_all(&mut self, route: usize, claimed: Vec<ClaimedSegment>) -> Result<(), StoreError> {
        let mut ready = Vec::with_capacity(claimed.len());
        for segment in claimed {
            if self.owed.has(&segment.ticket) {
                continue; // The operator has spoken of it; what it said is stored as soon as can be.
            }
            let Some(body) = SegmentBody::decode(segment.body.expose()) else {
                self.store.segment_dead(&segment.ticket, "unreadable").await?;
                continue;
            };
            let left = Duration::try_from(segment.expires_at.duration_since(self.clock.now())).unwrap_or_default();
            match self.routes[route].sender.message(&segment.msisdn, &body, left) {
                Ok(message) => ready.push((segment, message)),
                Err(cause) => {
                    self.store.segment_dead(&segment.ticket, &cause.to_string()).await?;
                }
            }
        }
        if !self.routes[route].binds.iter().any(BindHandle::is_bound) {
            for (segment, _) in &ready {
                self.store.segment_retry(&segment.ticket, self.clock.now(), Burn::Nothing, "not bound").await?;
            }
            return Ok(());
        }
        let tickets: Vec<Ticket> = ready.iter().map(|(segment, _)| segment.ticket).collect();
        // A claim that is missing here is somebody else's by now.
        let response = self.routes[route].link.response;
        let attempted = self.store.attempt_all(&tickets, response * 2).await?;
        let (now, by) = (self.instant(), self.clock.monotonic() + response);
        let attempted: BTreeSet<Ticket> = attempted.into_iter().collect();
        let mut unsent = Vec::new();
        for (segment, message) in ready {
            let ticket = segment.ticket;
            if !attempted.contains(&ticket) {
                continue;
            }
            self.flights.insert((ticket.text, ticket.number), Flight { route, segment });
            let bound = self.routes[route].binds.iter().filter(|bind| bind.is_bound());
            let sent = bound.max_by_key(|bind| bind.room(now)).is_some_and(|bind| {
                metrics::counter!("dayaq_segments_total", "bind" => bind.name.to_string()).increment(1);
                bind.send(Outgoing { ticket, message, by })
            });
            if !sent {
                unsent.push((ticket, Outcome::Unsent));
            }
        }
        self.settle_all(unsent).await;
        Ok(())
    }

    /// Records what became of segments: those that were taken together, in one commit.
    async fn settle_all(&mut self, outcomes: Vec<(Ticket, Outcome)>) {
        let mut sent = Vec::with_capacity(outcomes.len());
        for (ticket, outcome) in outcomes {
            let flight = self.flights.get(&(ticket.text, ticket.number));
            match verdict(&outcome, flight.map_or(LATE, |flight| tried(&flight.segment))) {
                Verdict::Sent { message_id } => sent.push((ticket, message_id)),
                Verdict::InDoubt | Verdict::Again { .. } | Verdict::DelayPhone { .. } | Verdict::Dead { .. } => {
                    self.settle(ticket, outcome).await;
                }
            }
        }
        if sent.is_empty() {
            return;
        }
        let binds = || self.routes.iter().flat_map(|route| &route.binds);
        let is_heard = |(ticket, _): &&(Ticket, String)| binds().any(|bind| bind.history().has_heard(&ticket.text));
        let heard: Vec<Uuid> = sent.iter().filter(is_heard).map(|(ticket, _)| ticket.text).collect();
        match self.store.sent_and_heard(&sent, &heard).await {
            Ok(recorded) => {
                if recorded.len() < sent.len() {
                    debug!("The outcome of a segment came after its claim");
                }
                sent.iter().for_each(|(ticket, _)| drop(self.flights.remove(&(ticket.text, ticket.number))));
            }
            Err(cause) => {
                warn!(cause = %cause, segments = sent.len(), "Outcomes of segments not recorded yet");
                for (ticket, message_id) in sent {
                    let message_id = Some(message_id);
                    self.owed.keep(ticket, Outcome::Answered { status: CommandStatus::ROK, message_id });
                }
            }
        }
    }

    /// Records what became of a segment.
    async fn settle(&mut self, ticket: Ticket, outcome: Outcome) {
        let Some(Flight { segment, route }) = self.flights.remove(&(ticket.text, ticket.number)) else {
            return self.settle_late(ticket, outcome).await;
        };
        let done = match verdict(&outcome, tried(&segment)) {
            Verdict::Sent { message_id } => self.store.segment_sent(&ticket, &message_id).await,
            Verdict::InDoubt => self.store.segment_in_doubt(&ticket).await,
            Verdict::Dead { cause } => {
                let dead = self.store.segment_dead(&ticket, &cause).await;
                if dead.is_ok() {
                    self.dead_letter(route, &ticket, &outcome, &cause);
                }
                dead
            }
            Verdict::Again { after, burn, cause } => {
                let at = self.hours.earliest(segment.class, self.later(after));
                self.store.segment_retry(&ticket, at, burn, &cause).await
            }
            Verdict::DelayPhone { after, cause } => {
                let at = self.later(after);
                match self.store.segment_retry(&ticket, at, Burn::Nothing, &cause).await {
                    Ok(_) => self.store.delay_subscriber(&segment.subscriber, at).await.map(|_| true),
                    Err(cause) => Err(cause),
                }
            }
        };
        match done {
            Ok(true) => {}
            Ok(false) => debug!("The outcome of a segment came after its claim"),
            Err(cause) => {
                warn!(cause = %cause, "Outcome of a segment not recorded yet");
                self.flights.insert((ticket.text, ticket.number), Flight { route, segment });
                self.owed.keep(ticket, outcome);
            }
        }
    }

    /// Says that an operator will never take a segment: somebody has to look. Nothing personal is in it; the text is
    /// found by its id.
    fn dead_letter(&self, route: usize, ticket: &Ticket, outcome: &Outcome, cause: &str) {
        let operator = &self.routes[route].operator;
        let status = match outcome {
            Outcome::Answered { status, .. } | Outcome::Nacked(status) => status.name().unwrap_or("vendor"),
            Outcome::InDoubt | Outcome::Unsent => "none",
        };
        metrics::counter!("dayaq_segments_dead_total", "operator" => operator.clone(), "status" => status).increment(1);
        match outcome {
            Outcome::Nacked(_) => {
                error!(operator, text = %ticket.text, cause, "An operator could not read our message")
            }
            Outcome::Answered { .. } | Outcome::InDoubt | Outcome::Unsent => {
                warn!(operator, text = %ticket.text, segment = ticket.number, cause, "A segment was refused for good");
            }
        }
    }

    /// An answer after its time: the store believes that it was taken, and cancels the resend. A refusal says nothing
    /// new, for the resend is on its way to its own answer.
    async fn settle_late(&mut self, ticket: Ticket, outcome: Outcome) {
        let Verdict::Sent { message_id } = verdict(&outcome, LATE) else { return };
        if let Err(cause) = self.store.segment_sent(&ticket, &message_id).await {
            warn!(cause = %cause, "Late answer not recorded yet");
            self.owed.keep(ticket, outcome);
        }
    }

    /// Tells the core of texts that have ended.
    async fn report(&mut self) -> Result<usize, StoreError> {
        let finished = self.store.finished_texts(BATCH).await?;
        // No core waits for our own.
        let own = finished.iter().filter(|text| text.core_fence == herald::OWN_FENCE);
        let mut reported: Vec<(Uuid, u64)> = own.map(|text| (text.id, text.core_fence)).collect();
        for text in finished.iter().filter(|text| text.core_fence != herald::OWN_FENCE) {
            let report = Finished { id: text.id, fence: text.core_fence, outcome: outcome_of(text) };
            match self.core.finished(&report).await {
                Ok(_) => reported.push((text.id, text.core_fence)),
                Err(cause) => {
                    debug!(cause = %cause, "End of a text not reported");
                    break;
                }
            }
        }
        for text in finished.iter().filter(|text| reported.contains(&(text.id, text.core_fence))) {
            metrics::counter!("dayaq_texts_ended_total", "end" => text.end.word()).increment(1);
            if text.core_fence != herald::OWN_FENCE {
                info!(text = %text.id, end = text.end.word(), "Text ended");
            }
        }
        if !reported.is_empty() {
            self.store.reported_all(&reported).await?;
        }
        Ok(reported.len())
    }

    fn later(&self, after: Duration) -> jiff::Timestamp {
        let mut octet = [0];
        self.entropy.fill(&mut octet);
        let pause = after.mul_f64(1.0 + f64::from(octet[0]) / 1024.0);
        self.clock.now().checked_add(pause).unwrap_or(jiff::Timestamp::MAX)
    }
}

/// Whatever outcomes wait behind the first.
fn gather(
    outcomes: &mut mpsc::UnboundedReceiver<(Ticket, Outcome)>,
    first: Option<(Ticket, Outcome)>,
) -> Vec<(Ticket, Outcome)> {
    let mut waiting: Vec<(Ticket, Outcome)> = first.into_iter().collect();
    while waiting.len() < BATCH as usize {
        let Ok(next) = outcomes.try_recv() else { break };
        waiting.push(next);
    }
    waiting
}

/// What is known of a segment's tries when its answer comes after its time.
const LATE: Tried = Tried { attempt: 1, strikes: 0 };

fn tried(segment: &ClaimedSegment) -> Tried {
    Tried { attempt: segment.attempt, strikes: segment.strikes }
}

fn outcome_of(text: &FinishedText) -> NoticeOutcome {
    match &text.end {
        TextEnd::Sent { text_sha256, segments } => {
            NoticeOutcome::Sent { text_sha256: text_sha256.clone(), segments: *segments }
        }
        TextEnd::Dead { cause } => NoticeOutcome::Dead { cause: cause.clone() },
        TextEnd::Expired => NoticeOutcome::Dead { cause: text.end.word().to_owned() },
        TextEnd::Unknown => NoticeOutcome::Unknown,
    }
}
