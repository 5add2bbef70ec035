//! How a connection ends when the service does: what turns have shown leaves first, then it unbinds, in time.

use super::{Connection, Ended, instant_of};
use dayaq_smpp::{CloseReason, Instant};
use std::time::Duration;

/// So much of the time is for the window and the unbind, whatever screens still wait for room.
const FOR_UNBIND: Duration = Duration::from_secs(2);

impl Connection<'_> {
    /// Once told to end: unbinds as soon as no screen waits any more, or the time for that is over.
    pub(super) fn take_leave(&mut self) {
        let now = self.now();
        if self.leaving || self.leave_at(true).is_some_and(|at| at > now) {
            return;
        }
        self.leaving = true;
        let unbound = match self.leg.settings.unbind_by.get() {
            Some(by) => self.link.unbind_by(now, instant_of(*by)),
            None => self.link.unbind(now),
        };
        // Where nothing was bound it ends at once.
        if unbound.is_err() {
            self.link.handle_closed(now);
        }
    }

    /// Until when it may wait for screens to leave; `None` where it is not told to end, or waits for none.
    pub(super) fn leave_at(&self, stopping: bool) -> Option<Instant> {
        let queues = &self.leg.queues;
        let waits = !queues.screens.is_empty() || !queues.waiting_screens.is_empty();
        if !stopping || self.leaving || !waits || !self.link.is_bound() {
            return None;
        }
        let by = self.leg.settings.unbind_by.get()?;
        Some(instant_of(by.saturating_sub(FOR_UNBIND)))
    }

    pub(super) fn ended(&self, stopping: bool) -> Ended {
        match (stopping, self.refused, self.closed) {
            (true, _, _) => Ended::Stopped,
            (false, Some(status), _) => Ended::Refused(status),
            (false, None, reason) => Ended::Lost {
                // Who binds us and then says that we are not bound is not asked again and again at once.
                sound: self.was_bound && !self.rebinding,
                cause: match (reason, &self.broke) {
                    (Some(CloseReason::ConnectionLost), Some(broke)) => {
                        format!("{}: {broke}", CloseReason::ConnectionLost)
                    }
                    (Some(reason), _) => reason.to_string(),
                    (None, _) => "unknown".to_owned(),
                },
            },
        }
    }
}

/// One that panics still tells what became of all that was under way, and which requests the operator may bring again.
impl Drop for Connection<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.finish();
            if self.was_bound {
                let again = self.link.unproven();
                self.leg.unbound(self.number, again);
            }
        }
    }
}
