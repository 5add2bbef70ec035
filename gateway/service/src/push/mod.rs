//! Pushes: texts that the service sends by itself, once.
//!
//! A notice is leased from the core, put into words for its operator, and kept with its segments before anything is
//! sent. An attempt is committed before its PDU is written, so that a crash leaves "in doubt" and never "not sent":
//! copies on the air are at most two, and one where the link never dropped (A42).

mod herald;
mod policy;
mod receipts;
mod reply;
mod segment;
mod wording;

pub use herald::Herald;
pub use policy::{Verdict, verdict};
pub(crate) use reply::Reply;
pub use segment::Sender;
pub use wording::{Wording, WordingError, WordingOperator};

use crate::link::{BindHandle, Outcome, Outgoing};
use crate::store::{ClaimedSegment, FinishedText, GatewayStore, StoreError, TextEnd, Ticket};
use dayaq_core_api::{Core, CoreError, Finished, LeasedNotice, NoticeOutcome};
use dayaq_smpp::LinkConfig;
use dayaq_types::{Clock, Entropy};
use segment::SegmentBody;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// Notices leased, segments claimed and ends reported at once.
const BATCH: u32 = 64;
/// How long a leased notice and a claimed segment are ours alone.
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

/// Leases, words, sends and reports.
pub struct Pusher {
    /// Where notices come from and ends go to.
    pub core: Arc<dyn Core>,
    /// Where texts are kept meanwhile.
    pub store: Arc<GatewayStore>,
    /// How notices become texts.
    pub wording: Arc<Wording>,
    /// The operators.
    pub routes: Vec<Route>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub entropy: Arc<dyn Entropy>,
    /// Woken when there may be something to send.
    pub wake: Arc<Notify>,
    /// How often to look when nothing wakes it.
    pub poll: Duration,
    /// The claims whose segments are on their way: what an outcome needs to be judged by.
    pub flights: BTreeMap<(uuid::Uuid, u32), Flight>,
}

impl Pusher {
    /// Runs until `stop`, then goes on with the outcomes of what is under way, for `drain` at most.
    pub async fn run(
        mut self,
        mut outcomes: mpsc::Receiver<(Ticket, Outcome)>,
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
                    while let Ok((ticket, outcome)) = outcomes.try_recv() {
                        self.settle(ticket, outcome).await;
                    }
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
                Some((ticket, outcome)) = outcomes.recv() => self.settle(ticket, outcome).await,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(self.poll) => {}
            }
        }
        let _ = tokio::time::timeout(drain, self.finish(&mut outcomes)).await;
    }

    /// Waits for the outcomes of segments under way, and reports what has ended.
    async fn finish(&mut self, outcomes: &mut mpsc::Receiver<(Ticket, Outcome)>) {
        while !self.flights.is_empty() {
            let Some((ticket, outcome)) = outcomes.recv().await else { break };
            self.settle(ticket, outcome).await;
        }
        if let Err(cause) = self.report().await {
            warn!(cause = %cause, "Ends not reported");
        }
    }

    /// One look at everything; gives how much it moved.
    async fn pass(&mut self) -> Result<usize, StoreError> {
        Ok(self.lease().await? + self.send().await? + self.report().await?)
    }

    /// Takes notices from the core and keeps them as texts.
    async fn lease(&mut self) -> Result<usize, StoreError> {
        let leased = match self.core.lease(BATCH, LEASE).await {
            Ok(leased) => leased,
            Err(CoreError::Unavailable(cause)) => {
                debug!(cause = %cause, "Notices not leased");
                return Ok(0);
            }
            Err(CoreError::Invalid { field, why }) => {
                warn!(field, why = %why, "Notices not leased");
                return Ok(0);
            }
        };
        for notice in &leased {
            match self.wording.text(notice, self.clock.now()).await {
                Ok(text) => {
                    self.store.add_text(&text).await?;
                }
                Err(WordingError::Store(cause)) => return Err(cause),
                Err(cause @ WordingError::Destination) => self.refuse(notice, &cause).await,
                Err(cause) => {
                    // It will be leased again; an author has to mend the words, and an operator watches this line.
                    warn!(notice = %notice.id, cause = %cause, "Notice not put into words");
                    metrics::counter!("dayaq_notices_without_words_total").increment(1);
                }
            }
        }
        Ok(leased.len())
    }

    /// Ends a notice that is never sent.
    async fn refuse(&self, notice: &LeasedNotice, cause: &WordingError) {
        metrics::counter!("dayaq_notices_refused_total").increment(1);
        let outcome = NoticeOutcome::Dead { cause: cause.to_string() };
        if let Err(cause) = self.core.finished(&Finished { id: notice.id, fence: notice.fence, outcome }).await {
            debug!(cause = %cause, "End of a text not reported");
        }
    }

    /// Sends what is due, as far as the operators' windows have room.
    async fn send(&mut self) -> Result<usize, StoreError> {
        let mut moved = 0;
        for route in 0..self.routes.len() {
            let room = self.room(route);
            if room == 0 {
                continue;
            }
            let claimed = self.store.claim_segments(&self.routes[route].operator, room, LEASE).await?;
            for segment in claimed {
                moved += 1;
                self.send_one(route, segment).await?;
            }
        }
        Ok(moved)
    }

    /// How many segments may be claimed: never more than the window of the binds that stand.
    fn room(&self, route: usize) -> u32 {
        let under_way = self.flights.values().filter(|flight| flight.route == route).count();
        let route = &self.routes[route];
        let bound = route.binds.iter().filter(|bind| bind.is_bound()).count();
        let room = (bound * route.link.window).saturating_sub(under_way);
        u32::try_from(room).unwrap_or(BATCH).min(BATCH)
    }

    async fn send_one(&mut self, route: usize, segment: ClaimedSegment) -> Result<(), StoreError> {
        let ticket = segment.ticket;
        let Some(body) = SegmentBody::decode(segment.body.expose()) else {
            self.store.segment_dead(&ticket, "unreadable").await?;
            return Ok(());
        };
        let message = match self.routes[route].sender.message(&segment.msisdn, &body) {
            Ok(message) => message,
            Err(cause) => {
                self.store.segment_dead(&ticket, &cause.to_string()).await?;
                return Ok(());
            }
        };
        let bound = self.routes[route].binds.iter().filter(|bind| bind.is_bound());
        let Some(bind) = bound.max_by_key(|bind| bind.room()).cloned() else {
            self.store.segment_retry(&ticket, self.clock.now(), false, "not bound").await?;
            return Ok(());
        };
        if !self.store.attempt(&ticket, self.routes[route].link.response * 2).await? {
            return Ok(()); // Somebody else has it by now.
        }
        self.flights.insert((ticket.text, ticket.number), Flight { route, segment });
        metrics::counter!("dayaq_segments_total", "bind" => bind.name.to_string()).increment(1);
        if !bind.send(Outgoing { ticket, message }) {
            self.settle(ticket, Outcome::Unsent).await;
        }
        Ok(())
    }

    /// Records what became of a segment.
    async fn settle(&mut self, ticket: Ticket, outcome: Outcome) {
        let Some(Flight { segment, .. }) = self.flights.remove(&(ticket.text, ticket.number)) else {
            return self.settle_late(ticket, outcome).await;
        };
        let done = match verdict(&outcome, segment.attempt) {
            Verdict::Sent { message_id } => self.store.segment_sent(&ticket, &message_id).await,
            Verdict::InDoubt => self.store.segment_in_doubt(&ticket).await,
            Verdict::Dead { cause } => self.store.segment_dead(&ticket, &cause).await,
            Verdict::Again { after, burn, cause } => {
                let at = self.later(after);
                self.store.segment_retry(&ticket, at, burn, &cause).await
            }
            Verdict::DelayPhone { after, cause } => {
                let at = self.later(after);
                match self.store.segment_retry(&ticket, at, false, &cause).await {
                    Ok(_) => self.store.delay_subscriber(&segment.subscriber, at).await.map(|_| true),
                    Err(cause) => Err(cause),
                }
            }
        };
        match done {
            Ok(true) => {}
            Ok(false) => debug!("The outcome of a segment came after its claim"),
            Err(cause) => warn!(cause = %cause, "Outcome of a segment not recorded"),
        }
    }

    /// An answer after its time: the store believes that it was taken, and cancels the resend. A refusal says nothing
    /// new, for the resend is on its way to its own answer.
    async fn settle_late(&mut self, ticket: Ticket, outcome: Outcome) {
        let Verdict::Sent { message_id } = verdict(&outcome, 1) else { return };
        if let Err(cause) = self.store.segment_sent(&ticket, &message_id).await {
            warn!(cause = %cause, "Late answer not recorded");
        }
    }

    /// Tells the core of texts that have ended.
    async fn report(&mut self) -> Result<usize, StoreError> {
        let finished = self.store.finished_texts(BATCH).await?;
        let mut reported = 0;
        for text in &finished {
            if text.core_fence == herald::OWN_FENCE {
                self.store.reported(text.id, text.core_fence).await?;
                continue;
            }
            let report = Finished { id: text.id, fence: text.core_fence, outcome: outcome_of(text) };
            match self.core.finished(&report).await {
                Ok(_) => {
                    self.store.reported(text.id, text.core_fence).await?;
                    reported += 1;
                }
                Err(cause) => {
                    debug!(cause = %cause, "End of a text not reported");
                    break;
                }
            }
        }
        Ok(reported)
    }

    fn later(&self, after: Duration) -> jiff::Timestamp {
        let mut octet = [0];
        self.entropy.fill(&mut octet);
        let pause = after.mul_f64(1.0 + f64::from(octet[0]) / 1024.0);
        self.clock.now().checked_add(pause).unwrap_or(jiff::Timestamp::MAX)
    }
}

fn outcome_of(text: &FinishedText) -> NoticeOutcome {
    match &text.end {
        TextEnd::Sent { text_sha256, segments } => {
            NoticeOutcome::Sent { text_sha256: text_sha256.clone(), segments: *segments }
        }
        TextEnd::Dead { cause } => NoticeOutcome::Dead { cause: cause.clone() },
        TextEnd::Unknown => NoticeOutcome::Unknown,
    }
}
