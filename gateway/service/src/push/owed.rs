//! What operators have said of segments and the store could not take: kept until it can, so that no text goes out again
//! for that (D16). A process that ends before leaves the attempts in doubt (A42).

use crate::link::Outcome;
use crate::store::Ticket;
use std::time::Duration;

/// The pauses between tries to store them; the last repeats.
const PAUSES_MS: [u64; 6] = [100, 250, 500, 1_000, 2_000, 5_000];

/// The outcomes that are not stored yet. Their segments count as under way meanwhile, so that there are no more of them
/// than the windows hold.
#[derive(Debug, Default)]
pub struct Owed {
    outcomes: Vec<(Ticket, Outcome)>,
    tries: usize,
    /// Monotonic time before which they are not tried again.
    not_before: Duration,
}

impl Owed {
    pub(super) fn keep(&mut self, ticket: Ticket, outcome: Outcome) {
        self.outcomes.push((ticket, outcome));
    }

    /// Whether what became of this segment is known and not stored yet.
    pub(super) fn has(&self, ticket: &Ticket) -> bool {
        self.outcomes.iter().any(|(owed, _)| (owed.text, owed.number) == (ticket.text, ticket.number))
    }

    /// How long until they are tried again; `None` where there are none.
    pub(super) fn rest(&self, now: Duration) -> Option<Duration> {
        (!self.outcomes.is_empty()).then(|| self.not_before.saturating_sub(now))
    }

    /// Gives those that are to be tried now: all, or none while they rest.
    pub(super) fn take_due(&mut self, now: Duration) -> Vec<(Ticket, Outcome)> {
        if self.not_before > now { Vec::new() } else { std::mem::take(&mut self.outcomes) }
    }

    /// Notes that they were tried; those that have been kept again rest, longer each time.
    pub(super) fn tried(&mut self, now: Duration) {
        if self.outcomes.is_empty() {
            self.tries = 0;
            return;
        }
        self.not_before = now + Duration::from_millis(PAUSES_MS[self.tries.min(PAUSES_MS.len() - 1)]);
        self.tries += 1;
    }
}
