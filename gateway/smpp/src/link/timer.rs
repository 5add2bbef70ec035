use crate::instant::Instant;

/// What a link may wait for. The configuration says how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// No bind was asked for since the connection came up.
    SessionInit,
    /// The bind is not answered.
    Bind,
    /// Nothing was heard: time to probe.
    EnquireLink,
    /// The probe is not answered.
    EnquireLinkResponse,
    /// The oldest of our requests is not answered.
    Response,
    /// Requests under way at an unbind are not answered.
    Drain,
    /// Our unbind is not answered.
    Unbind,
    /// A PDU began and does not end.
    Frame,
}

impl Timer {
    pub(super) const ALL: [Timer; 8] = [
        Timer::SessionInit,
        Timer::Bind,
        Timer::EnquireLink,
        Timer::EnquireLinkResponse,
        Timer::Response,
        Timer::Drain,
        Timer::Unbind,
        Timer::Frame,
    ];
}

/// One deadline for each timer that runs.
#[derive(Clone, Debug, Default)]
pub(super) struct TimerTable {
    deadlines: [Option<Instant>; Timer::ALL.len()],
}

impl TimerTable {
    pub(super) fn set(&mut self, timer: Timer, deadline: Instant) {
        self.deadlines[timer as usize] = Some(deadline);
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.deadlines[timer as usize] = None;
    }

    pub(super) fn stop_all(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_running(&self, timer: Timer) -> bool {
        self.deadlines[timer as usize].is_some()
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.deadlines.iter().flatten().min().copied()
    }

    /// Stops the earliest timer that is due at `now` and gives it.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let timer = Timer::ALL
            .into_iter()
            .filter(|timer| self.deadlines[*timer as usize].is_some_and(|deadline| deadline <= now))
            .min_by_key(|timer| self.deadlines[*timer as usize])?;
        self.stop(timer);
        Some(timer)
    }
}
