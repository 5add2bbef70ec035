//! A connection's figures for metrics, and the alarm where an operator answers what nobody asked.

use crate::sliding::Sliding;
use dayaq_smpp::Counters;
use std::time::Duration;
use tracing::warn;

/// Responses to nothing within any minute that are borne; one more raises the alarm (A09).
const STRAYS_MAX: u32 = 100;
const MINUTE: Duration = Duration::from_secs(60);

/// What was odd in PDUs that were taken all the same, by `fault`.
struct Forgiven {
    nuls: metrics::Counter,
    overruns: metrics::Counter,
    missing_nuls: metrics::Counter,
    doubled_texts: metrics::Counter,
}

impl Forgiven {
    fn new(bind: &str) -> Self {
        let fault = |fault: &'static str| forgiven(bind.to_owned(), fault);
        Self {
            nuls: fault("nul"),
            overruns: fault("overrun"),
            missing_nuls: fault("missing_nul"),
            doubled_texts: fault("doubled_text"),
        }
    }
}

/// Counts what was odd in something that came over a bind, and cost nothing else.
pub(super) fn forgiven(bind: String, fault: &'static str) -> metrics::Counter {
    metrics::counter!("dayaq_smpp_forgiven_total", "bind" => bind, "fault" => fault)
}

/// Figures of a connection, whose names are looked up once.
pub(super) struct Figures {
    pub screens_taken: metrics::Counter,
    pub screens_refused: metrics::Counter,
    pub screens_unknown: metrics::Counter,
    pub screens_unsent: metrics::Counter,
    pub throttled: metrics::Counter,
    pub rate: metrics::Gauge,
    bound: metrics::Gauge,
    late_responses: metrics::Counter,
    unknown_responses: metrics::Counter,
    bad_bodies: metrics::Counter,
    refused_requests: metrics::Counter,
    probes: metrics::Counter,
    forgiven: Forgiven,
    bind: String,
    seen: Counters,
    strays: Strays,
}

impl Figures {
    /// Of the connection of that name.
    pub fn new(bind: &str) -> Self {
        let screens = |result: &'static str| metrics::counter!("dayaq_screens_total", "bind" => bind.to_owned(), "result" => result);
        let counter = |name: &'static str| metrics::counter!(name, "bind" => bind.to_owned());
        Self {
            screens_taken: screens("taken"),
            screens_refused: screens("refused"),
            screens_unknown: screens("unknown"),
            screens_unsent: screens("unsent"),
            throttled: counter("dayaq_smpp_throttled_total"),
            rate: metrics::gauge!("dayaq_smpp_segments_per_second", "bind" => bind.to_owned()),
            bound: metrics::gauge!("dayaq_smpp_bound", "bind" => bind.to_owned()),
            late_responses: counter("dayaq_smpp_late_responses_total"),
            unknown_responses: counter("dayaq_smpp_unknown_responses_total"),
            bad_bodies: counter("dayaq_smpp_bad_bodies_total"),
            refused_requests: counter("dayaq_smpp_refused_requests_total"),
            probes: counter("dayaq_smpp_probes_total"),
            forgiven: Forgiven::new(bind),
            bind: bind.to_owned(),
            seen: Counters::default(),
            strays: Strays::default(),
        }
    }

    /// Notes whether the connection is bound.
    pub fn bound(&self, bound: bool) {
        self.bound.set(if bound { 1.0 } else { 0.0 });
    }

    /// Takes over what the link has counted; `now` is monotonic time.
    pub fn update(&mut self, counted: Counters, now: Duration) {
        if counted == self.seen {
            return;
        }
        let seen = std::mem::replace(&mut self.seen, counted);
        self.late_responses.increment(counted.late_responses - seen.late_responses);
        self.bad_bodies.increment(counted.bad_bodies - seen.bad_bodies);
        self.refused_requests.increment(counted.refused_requests - seen.refused_requests);
        self.probes.increment(counted.probes - seen.probes);
        self.forgiven.nuls.increment(counted.nuls_forgiven - seen.nuls_forgiven);
        self.forgiven.overruns.increment(counted.overruns_forgiven - seen.overruns_forgiven);
        self.forgiven.missing_nuls.increment(counted.missing_nuls_forgiven - seen.missing_nuls_forgiven);
        self.forgiven.doubled_texts.increment(counted.doubled_texts_forgiven - seen.doubled_texts_forgiven);
        let strays = counted.unknown_responses - seen.unknown_responses;
        self.unknown_responses.increment(strays);
        if self.strays.note(strays, now) {
            warn!(bind = %self.bind, "More than {STRAYS_MAX} responses to nothing within a minute");
        }
    }
}

/// Strays of the last minute.
#[derive(Debug)]
struct Strays {
    borne: Sliding<()>,
    /// When it was last said that there are too many.
    said: Option<Duration>,
}

impl Default for Strays {
    fn default() -> Self {
        Self { borne: Sliding::new(STRAYS_MAX, MINUTE), said: None }
    }
}

impl Strays {
    /// Counts; tells, once in a minute, that there are too many.
    fn note(&mut self, more: u64, now: Duration) -> bool {
        let too_many = (0..more.min(u64::from(STRAYS_MAX) + 1)).any(|_| !self.borne.admit((), now));
        let says = too_many && self.said.is_none_or(|said| now.saturating_sub(said) >= MINUTE);
        if says {
            self.said = Some(now);
        }
        says
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a09_more_than_a_hundred_responses_to_nothing_within_a_minute_raise_the_alarm_once() {
        let second = Duration::from_secs;
        let mut strays = Strays::default();
        assert!((0..100).all(|_| !strays.note(1, second(3_000))), "a hundred are borne");
        assert!(strays.note(1, second(3_059)));
        assert!(!strays.note(500, second(3_059)), "it is said once");
        assert!(!strays.note(100, second(3_060)), "a minute after the first there is room again");
        assert!(!strays.note(1, second(3_100)), "it is said once in a minute");
        assert!(strays.note(1, second(3_119)));
        assert!(!strays.note(60, second(3_590)));
        assert!(strays.note(60, second(3_610)), "a minute has no fixed beginning");
        assert!((0..1000).all(|n| !strays.note(1, second(4_000 + n))), "one a second is no alarm");
    }
}
