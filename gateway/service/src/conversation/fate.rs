//! What became of the answer to a text that was taken: read by the operator, lost with its connection or its process, or
//! nobody knows.

use super::Conversations;
use super::doubt::{Fate, Taken, is_repeat};
use super::sms::Text;
use super::texting::{TextTurn, Texting};
use crate::link::Arrival;
use crate::store::{Loss, Process, ProcessState, StoreError, SubscriberKey};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use uuid::Uuid;

/// A text that was taken so long ago is in doubt only by what is known already.
const LATELY: SignedDuration = SignedDuration::from_secs(60);
/// To a process that lives so long an operator brings all that it has not brought yet.
const LIFE: Duration = Duration::from_secs(60);
/// How long the heartbeat of another process is waited for, which says what it has lost; one without is dead.
const HEARTBEAT_WAIT: Duration = Duration::from_millis(2_500);
/// From one look for it to the next.
const HEARTBEAT_LOOK: Duration = Duration::from_millis(100);
/// So many further heartbeats tell of all that had happened before: one may have been under way.
const HEARTBEATS: u64 = 2;

impl Conversations {
    /// The place of the text, among those that were taken, that this one repeats.
    pub(super) async fn repeated(
        &self,
        texting: &Texting,
        arrival: &Arrival,
        text: &Text,
    ) -> Result<Option<usize>, StoreError> {
        let unanswered = self.unanswered(texting, text).await?;
        for (at, taken) in texting.like(text.print) {
            if unanswered.is_some() && taken.turn == unanswered || self.repeats(taken, arrival, text).await? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    async fn repeats(&self, taken: &Taken, arrival: &Arrival, text: &Text) -> Result<bool, StoreError> {
        let asked_for = text.again.is_some_and(|since| taken.at >= since);
        let same = taken.run == self.run && taken.bind == *arrival.bind.name && taken.connection == arrival.connection;
        if same && !asked_for {
            return Ok(false);
        }
        // Who has read the answer does not bring the text again.
        if let Some(turn) = taken.turn
            && self.store.is_heard(turn).await?
        {
            return Ok(false);
        }
        if asked_for {
            return Ok(true);
        }
        let bound = arrival.bind.history().bound_at(arrival.connection);
        let (fate, bound) = self.fate(taken, bound, text.at).await?;
        Ok(is_repeat(taken, fate, bound, text.at))
    }

    /// The last turn, where this text is like the one that led to it and another process took that without keeping its
    /// reply: then it was never acknowledged, and its process ended there.
    async fn unanswered(&self, texting: &Texting, text: &Text) -> Result<Option<Uuid>, StoreError> {
        let Some(turn) = texting.turn.as_ref().filter(|turn| !turn.by_notice) else { return Ok(None) };
        if !texting.elsewhere(text.print, turn.id, self.run, text.at) || self.store.has_text(turn.id).await? {
            return Ok(None);
        }
        Ok(Some(turn.id))
    }

    /// Whether the phone may have read what was said in that turn before it wrote this text, which is like the one that
    /// came at `since`.
    pub(super) async fn may_be_read(
        &self,
        phone: &SubscriberKey,
        turn: &TextTurn,
        since: Timestamp,
        text: &Text,
    ) -> Result<bool, StoreError> {
        if turn.by_notice {
            return self.store.may_have_read_since(phone, since).await;
        }
        // What the operator had not yet taken when the text came, nobody has read.
        let responded = self.links().values().find_map(|bind| bind.history().responded_at(&turn.id));
        if responded.is_some_and(|at| at > text.at) {
            return Ok(false);
        }
        self.store.may_be_read(turn.id).await
    }

    /// What became of the answer to a taken text; and, of the connection that brings one like it, since when the operator
    /// may bring over it what it could not bring before.
    async fn fate(
        &self,
        taken: &Taken,
        bound: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(Fate, Option<Timestamp>), StoreError> {
        if taken.run == self.run {
            let links = self.links();
            let Some(bind) = links.get(taken.bind.as_str()) else { return Ok((Fate::Past, bound)) };
            let history = bind.history();
            let lost = history.lost_at(taken.connection, taken.sequence_number);
            return Ok((lost.map_or(Fate::Past, Fate::Lost), history.bound_after(taken.connection).or(bound)));
        }
        let Some(mut process) = self.store.process(taken.run).await? else {
            return Ok((Fate::Before(self.started), bound));
        };
        if process.state == ProcessState::Alive && now.duration_since(taken.at) <= LATELY {
            process = self.with_news(taken.run, process).await?;
        }
        // Where somebody else was there all the time, or for a while since, the operator has had no reason to wait.
        let waited = self.started >= process.beat_at && !self.store.lived_since(process.beat_at, LIFE).await?;
        Ok((fate_in(&process, taken), bound.filter(|_| waited)))
    }

    /// What another process, which seems to live, says of itself from now on; dead where it says nothing.
    async fn with_news(&self, run: u64, process: Process) -> Result<Process, StoreError> {
        let (since, known) = (self.clock.monotonic(), process.beats);
        loop {
            match self.store.process(run).await? {
                Some(now) if now.state != ProcessState::Alive || now.beats >= known + HEARTBEATS => return Ok(now),
                Some(_) | None if self.clock.monotonic().saturating_sub(since) >= HEARTBEAT_WAIT => {
                    return Ok(Process { state: ProcessState::Dead, ..process });
                }
                Some(_) | None => tokio::time::sleep(HEARTBEAT_LOOK).await,
            }
        }
    }
}

/// What became of the answer to a text that a process took which is not this one.
fn fate_in(process: &Process, taken: &Taken) -> Fate {
    let of = |loss: &&Loss| loss.bind == taken.bind && loss.connection == taken.connection;
    let unproven = |loss: &Loss| taken.sequence_number.is_none_or(|number| loss.unproven.contains(&number));
    match (process.losses.iter().find(of), process.state) {
        (Some(loss), _) if unproven(loss) => Fate::Lost(loss.at()),
        (Some(_), _) | (None, ProcessState::Alive | ProcessState::Ended) => Fate::Past,
        // It stood at the end, of which nobody has told.
        (None, ProcessState::Dead) => Fate::Lost(process.beat_at),
    }
}
