use std::collections::VecDeque;

use crate::command::CommandId;
use crate::instant::Instant;

/// The greatest sequence number (SMPP 3.4 §5.1.4); the one after it is 1.
pub const SEQUENCE_NUMBER_MAX: u32 = 0x7FFF_FFFF;

/// One request of ours that has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InFlight {
    pub(super) sequence_number: u32,
    pub(super) command_id: CommandId,
    pub(super) token: u64,
    pub(super) deadline: Instant,
    /// Where its last octet lies in all that this link ever wrote.
    pub(super) written_at: u64,
}

/// Our unanswered requests in the order of sending, those that timed out, and the next sequence number.
#[derive(Clone, Debug)]
pub(super) struct Window {
    in_flight: VecDeque<InFlight>,
    late: VecDeque<InFlight>,
    limit: usize,
    late_max: usize,
    next_sequence_number: u32,
}

impl Window {
    pub(super) fn new(limit: usize, late_max: usize, first_sequence_number: u32) -> Self {
        Self {
            in_flight: VecDeque::new(),
            late: VecDeque::new(),
            limit,
            late_max,
            next_sequence_number: first_sequence_number.clamp(1, SEQUENCE_NUMBER_MAX),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.in_flight.len()
    }

    pub(super) fn free(&self) -> usize {
        self.limit.saturating_sub(self.in_flight.len())
    }

    /// Takes the next number that no request of ours bears, timed out or not. There is one: both lists are short.
    pub(super) fn next_sequence_number(&mut self) -> u32 {
        loop {
            let number = self.next_sequence_number;
            self.next_sequence_number = if number >= SEQUENCE_NUMBER_MAX { 1 } else { number + 1 };
            let used = |entry: &InFlight| entry.sequence_number == number;
            if !self.in_flight.iter().any(used) && !self.late.iter().any(used) {
                return number;
            }
        }
    }

    /// Goes on with this number, as after a whole turn.
    #[cfg(test)]
    pub(super) fn turn_to(&mut self, next: u32) {
        self.next_sequence_number = next;
    }

    /// INVARIANT: deadlines never fall from front to back: one timeout for all, and time does not run backwards.
    pub(super) fn push(&mut self, entry: InFlight) {
        self.in_flight.push_back(entry);
    }

    pub(super) fn find(&self, sequence_number: u32) -> Option<InFlight> {
        self.in_flight.iter().find(|entry| entry.sequence_number == sequence_number).copied()
    }

    /// Responses come mostly in order, so the search mostly ends at the front.
    pub(super) fn take(&mut self, sequence_number: u32) -> Option<InFlight> {
        let at = self.in_flight.iter().position(|entry| entry.sequence_number == sequence_number)?;
        self.in_flight.remove(at)
    }

    pub(super) fn take_late(&mut self, sequence_number: u32) -> Option<InFlight> {
        let at = self.late.iter().position(|entry| entry.sequence_number == sequence_number)?;
        self.late.remove(at)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.in_flight.front().map(|entry| entry.deadline)
    }

    /// Moves the oldest request to the late ones, if it is due.
    pub(super) fn expire(&mut self, now: Instant) -> Option<InFlight> {
        let entry = self.in_flight.pop_front_if(|entry| entry.deadline <= now)?;
        if self.late.len() >= self.late_max {
            self.late.pop_front();
        }
        if self.late_max > 0 {
            self.late.push_back(entry);
        }
        Some(entry)
    }

    /// Takes all that is in flight, in the order of sending.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = InFlight> + use<> {
        std::mem::take(&mut self.in_flight).into_iter()
    }
}
