//! How fast a bind may send: a hard limit per segment, and a step back where the operator asks for one.
//!
//! Every `submit_sm` is one segment to the operator, so screens count as texts do; but a phone waits for a screen, and
//! so screens go first, by one segment that texts leave free. Over any time `t` at most
//! `rate × (t + burst) + 2` segments leave.
//!
//! RTHROTTLED (SMPP 3.4 §5.1.3) halves the rate at once, and once for all that was under way by then. Screens keep at
//! least half of the whole rate however often it is cut, for a phone waits ten seconds and no longer. Texts wait until
//! everything under way is answered and a pause has passed, so that what was refused goes before what comes after it.
//! Then the rate grows evenly, to the whole of what it was within 40 s. Where no rate is agreed nothing is held back
//! until the operator throttles; the rate that it was offered by then is the one to step back from.

mod meter;
#[cfg(test)]
mod tests;

use crate::instant::Instant;
use meter::Meter;
use std::time::Duration;

/// From a rate of zero, the whole rate would be there again after so long.
const RECOVERY_S: u64 = 40;
/// The slowest rate is this part of the whole one, and never below [`SLOWEST`].
const SLOWEST_PART: u64 = 32;
/// Thousandths of a segment per second: one segment in ten seconds.
const SLOWEST: u64 = 100;
/// Where no rate is agreed: the least whole rate, so that recovery is never a matter of hours.
const WHOLE_LEAST: u64 = 10_000;
/// Where no rate is agreed: an operator that still throttles after so long takes less than it was offered.
const EPISODE: Duration = Duration::from_secs(60);
/// Where no rate is agreed and the operator keeps up: a million segments per second.
const FASTEST: u64 = 1_000_000_000;
/// How long texts pause after a refusal, if everything under way is answered by then.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the answers under way are waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was agreed with the operator for one bind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaceConfig {
    /// Segments per second (1 to 100000), screens and texts together; `None` where nothing is agreed.
    pub segments_per_second: Option<u32>,
    /// How far sending may run ahead of the even pace, at most [`Self::BURST_MAX`].
    pub burst: Duration,
}

impl PaceConfig {
    /// The longest burst.
    pub const BURST_MAX: Duration = Duration::from_secs(1);
}

/// What leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// A USSD screen, for which a phone waits.
    Screen,
    /// A segment of a text.
    Text,
}

/// The pace of one bind; it outlives the bind's connections.
///
/// Ask [`Pace::next`] before each segment, and say with [`Pace::handle_sent`], [`Pace::handle_answer`] and
/// [`Pace::handle_lost`] what happened.
///
/// ```
/// use dayaq_smpp::{Instant, Pace, PaceConfig, Urgency};
/// use std::time::Duration;
///
/// let now = Instant::ZERO;
/// let mut pace = Pace::new(PaceConfig { segments_per_second: Some(10), burst: Duration::ZERO });
/// assert!(pace.may_send(Urgency::Text, now));
/// pace.handle_sent(Urgency::Text, now);
/// assert_eq!(pace.next(Urgency::Text, now), now + Duration::from_millis(100));
/// assert!(pace.may_send(Urgency::Screen, now), "a phone waits for it");
/// ```
#[derive(Clone, Debug)]
pub struct Pace {
    agreed: Option<u64>,
    burst_ns: u64,
    limit: Option<Limit>,
    meter: Meter,
    /// Texts written and not answered.
    under_way: usize,
    hold: Option<Hold>,
    /// When the refusals began that have not been recovered from.
    episode: Option<Instant>,
    throttled: u64,
}

/// A rate that holds. Rates are in thousandths of a segment per second.
#[derive(Clone, Copy, Debug)]
struct Limit {
    /// The rate before the operator throttled.
    whole: u64,
    /// The rate at `since`, from where it grows.
    base: u64,
    /// The last cut; `None` before the first.
    since: Option<Instant>,
    /// The moment, in nanoseconds, at which the next text would leave at an even pace.
    due_ns: u64,
    /// The same of the next screen.
    screen_due_ns: u64,
}

/// Texts wait.
#[derive(Clone, Copy, Debug)]
struct Hold {
    until: Instant,
    /// Until when at most, if answers do not come.
    at_most: Instant,
}

impl Pace {
    /// Begins at the whole rate.
    pub fn new(config: PaceConfig) -> Self {
        let agreed = config.segments_per_second.map(|rate| u64::from(rate.max(1)) * 1000);
        Self {
            agreed,
            burst_ns: u64::try_from(config.burst.min(PaceConfig::BURST_MAX).as_nanos()).unwrap_or(u64::MAX),
            limit: agreed.map(|whole| Limit { whole, base: whole, since: None, due_ns: 0, screen_due_ns: 0 }),
            meter: Meter::default(),
            under_way: 0,
            hold: None,
            episode: None,
            throttled: 0,
        }
    }

    /// When the next segment may leave: at once where that is not after `now`.
    ///
    /// An answer may bring the moment forward or put it off.
    pub fn next(&self, urgency: Urgency, now: Instant) -> Instant {
        let held = match urgency {
            Urgency::Screen => Instant::ZERO,
            Urgency::Text => self.held_until(),
        };
        let Some(limit) = &self.limit else { return held };
        let (due_ns, ahead) = match urgency {
            Urgency::Screen => {
                let interval = interval_ns(limit.screen_rate(now, self.agreed));
                (limit.screen_due_ns, self.burst_ns.saturating_add(interval))
            }
            Urgency::Text => (limit.due_ns, self.burst_ns),
        };
        held.max(from_ns(due_ns.saturating_sub(ahead)))
    }

    /// Whether a segment may leave now.
    pub fn may_send(&self, urgency: Urgency, now: Instant) -> bool {
        self.next(urgency, now) <= now
    }

    /// How many texts are worth having ready: those of a second, and none while texts wait.
    pub fn texts_ready(&self, now: Instant) -> usize {
        if self.held_until() > now {
            return 0;
        }
        self.rate(now).map_or(usize::MAX, |rate| usize::try_from(rate.div_ceil(1000)).unwrap_or(usize::MAX))
    }

    /// The rate that holds now, in thousandths of a segment per second; `None` where there is no limit.
    pub fn rate(&self, now: Instant) -> Option<u64> {
        self.limit.map(|limit| limit.rate(now, self.agreed))
    }

    /// How many segments were refused with RTHROTTLED.
    pub fn throttled(&self) -> u64 {
        self.throttled
    }

    /// A segment has been written, as [`Self::next`] allowed.
    pub fn handle_sent(&mut self, urgency: Urgency, now: Instant) {
        self.handle_sent_segments(urgency, 1, now);
    }

    /// A request has been written that makes so many segments on the air ([`crate::ShortMessage::segments`]): what comes
    /// after it waits as if it had been so many.
    pub fn handle_sent_segments(&mut self, urgency: Urgency, segments: u32, now: Instant) {
        if urgency == Urgency::Text {
            self.under_way += 1;
            self.hold = None;
        }
        self.meter.count(segments, now);
        if let Some(limit) = &mut self.limit {
            let one = interval_ns(limit.rate(now, self.agreed));
            let interval = one.saturating_mul(segments.into());
            let due_ns = limit.due_ns.max(to_ns(now)).saturating_add(interval);
            // Screens that leave faster than texts may put them off, but not without end.
            let latest =
                to_ns(now).saturating_add(self.burst_ns).saturating_add(one.saturating_mul(2)).saturating_add(interval);
            limit.due_ns = due_ns.min(latest);
            let interval = interval_ns(limit.screen_rate(now, self.agreed)).saturating_mul(segments.into());
            limit.screen_due_ns = limit.screen_due_ns.max(to_ns(now)).saturating_add(interval);
        }
    }

    /// A segment that was written at `sent_at` has its answer, or will have none; `throttled` says which answer.
    pub fn handle_answer(&mut self, urgency: Urgency, sent_at: Instant, throttled: bool, now: Instant) {
        if urgency == Urgency::Text {
            self.under_way = self.under_way.saturating_sub(1);
        }
        if !throttled {
            return;
        }
        self.throttled += 1;
        self.hold = Some(Hold { until: now + PAUSE, at_most: now + PATIENCE });
        let cut_for_it = self.limit.and_then(|limit| limit.since).is_some_and(|cut| sent_at <= cut);
        if !cut_for_it {
            self.cut(now);
        }
    }

    /// The connection is gone and no more answers come. The rate holds on the next one too.
    pub fn handle_lost(&mut self) {
        self.under_way = 0;
    }

    fn held_until(&self) -> Instant {
        match self.hold {
            None => Instant::ZERO,
            Some(hold) if self.under_way > 0 => hold.at_most,
            Some(hold) => hold.until,
        }
    }

    fn cut(&mut self, now: Instant) {
        let offered = self.meter.per_second(now).saturating_mul(1000);
        let rate = self.rate(now).unwrap_or(offered.max(1000));
        let whole = match (self.agreed, self.limit) {
            (Some(agreed), _) => agreed,
            (None, None) => rate.max(WHOLE_LEAST),
            (None, Some(limit)) => self.whole_after(limit, rate, now),
        };
        if self.episode.is_none_or(|begun| now.saturating_since(begun) > EPISODE) || rate >= whole {
            self.episode = Some(now);
        }
        let base = (rate / 2).max(whole / SLOWEST_PART).max(SLOWEST).min(rate);
        let (text, screen) = self.limit.map_or((0, 0), |limit| (limit.due_ns, limit.screen_due_ns));
        let mut limit = Limit { whole, base, since: Some(now), due_ns: 0, screen_due_ns: 0 };
        limit.due_ns = text.max(to_ns(now)).saturating_add(interval_ns(base));
        let screens = interval_ns(limit.screen_rate(now, self.agreed));
        limit.screen_due_ns = screen.max(to_ns(now)).saturating_add(screens);
        self.limit = Some(limit);
    }

    /// Where no rate is agreed: what the whole rate is taken to be after a further cut.
    fn whole_after(&self, limit: Limit, rate: u64, now: Instant) -> u64 {
        let lasts = self.episode.is_some_and(|begun| now.saturating_since(begun) > EPISODE);
        match (rate >= limit.whole, lasts) {
            (true, _) => rate.max(WHOLE_LEAST),
            (false, true) => (limit.whole / 2).max(rate).max(WHOLE_LEAST),
            (false, false) => limit.whole,
        }
    }
}

impl Limit {
    /// The rate at that moment: it grows evenly from the last cut on.
    fn rate(&self, now: Instant, agreed: Option<u64>) -> u64 {
        let Some(since) = self.since else { return self.base };
        let micros = now.saturating_since(since).as_micros();
        let grown = u128::from(self.whole) * micros / (u128::from(RECOVERY_S) * 1_000_000);
        let rate = self.base.saturating_add(u64::try_from(grown).unwrap_or(u64::MAX));
        rate.min(agreed.unwrap_or(FASTEST))
    }

    /// The rate at which screens leave at least.
    fn screen_rate(&self, now: Instant, agreed: Option<u64>) -> u64 {
        self.rate(now, agreed).max(self.whole / 2)
    }
}

/// From one segment to the next, rounded up: the limit is never passed.
fn interval_ns(rate: u64) -> u64 {
    1_000_000_000_000_u64.div_ceil(rate.max(1))
}

fn to_ns(at: Instant) -> u64 {
    at.as_micros().saturating_mul(1000)
}

/// The first microsecond at which that nanosecond is reached.
fn from_ns(ns: u64) -> Instant {
    Instant::from_micros(ns.div_ceil(1000))
}
