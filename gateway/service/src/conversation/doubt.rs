//! Which delivered text may be one that was taken already: its answer may not have reached the operator.
//!
//! A text has no number, so that a repeat looks like a person who writes `1` again. It counts as a repeat only where the
//! answer to the first was in doubt, and only for a while, or where the first was not even taken yet: nobody answers a
//! question that they have not been asked. Otherwise it is taken as written.

use crate::store::SubscriberKey;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;
use uuid::Uuid;

/// An answer written so long before its link was found lost may never have arrived: a dead peer is noticed within
/// an enquiry and its time for an answer.
const BEFORE_LOSS: SignedDuration = SignedDuration::from_secs(60);
/// After a loss, or after the bind stands again, the operator brings what was not answered within this time.
const AFTER: SignedDuration = SignedDuration::from_secs(60);
/// What the process before this one took in its last time may not have been answered.
const BEFORE_START: SignedDuration = SignedDuration::from_secs(120);
/// An answer that took so long may have been given up, and the text sent again meanwhile.
const SLOW: Duration = Duration::from_secs(5);
/// A repeat that was on its way when the answer went out comes no later.
const CROSSING: Duration = Duration::from_secs(2);
/// An operator that was asked to bring a text again does so within this time.
const AGAIN: Duration = Duration::from_secs(600);
/// Flights kept before old ones are looked for.
const FLIGHTS: usize = 1024;

/// A text that was taken: enough to know it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Taken {
    pub print: u64,
    /// When it came.
    pub at: Timestamp,
    /// The process that took it.
    pub run: u64,
    pub bind: String,
    pub connection: u64,
    /// The number of its PDU on that connection; `None` where it was taken before this was noted.
    #[serde(default)]
    pub sequence_number: Option<u32>,
    /// The turn that it led to; `None` for a part that completed nothing.
    pub turn: Option<Uuid>,
}

/// What has become of the connection on which a text was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stands, belongs to another living process, or was lost long ago; or the operator has read the answer.
    Past,
    /// It was lost at that moment, and nothing proves that the operator has read the answer.
    Lost(Timestamp),
    /// It ended with a process before this one, which began at that moment.
    Before(Timestamp),
}

/// Whether a text like one that was taken, come now on a connection bound since then, is the same one.
pub(super) fn is_repeat(taken: &Taken, fate: Fate, bound: Option<Timestamp>, now: Timestamp) -> bool {
    let soon = |since: Timestamp| now.duration_since(since) <= AFTER;
    let fresh = bound.is_some_and(soon);
    match fate {
        Fate::Past => false,
        Fate::Lost(at) => at.duration_since(taken.at) <= BEFORE_LOSS && (fresh || soon(at)),
        Fate::Before(start) => taken.at < start && start.duration_since(taken.at) <= BEFORE_START && fresh,
    }
}

/// The texts that are being taken, and those that were answered late or not to be acknowledged.
#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<HashMap<(SubscriberKey, u64), Flight>>);

#[derive(Clone, Copy, Debug)]
struct Flight {
    /// When it came, by the wall and by the monotonic clock.
    came: Timestamp,
    since: Duration,
    /// It is taken, and its reply may be on its way: from now on a person may write the same again.
    taken: bool,
    answered: Option<Answered>,
}

#[derive(Clone, Copy, Debug)]
struct Answered {
    at: Duration,
    again: bool,
}

impl Flights {
    /// Notes that a text has come. Gives the moment of an earlier one like it that it may repeat on a link that stands:
    /// one that is not taken yet, whose answer took so long that the operator sends again, or that the operator was asked
    /// to bring again.
    pub fn begin(&self, key: SubscriberKey, print: u64, came: Timestamp, now: Duration) -> Option<Timestamp> {
        let mut flights = self.0.lock().unwrap_or_else(|e| e.into_inner());
        if flights.len() >= FLIGHTS {
            flights.retain(|_, flight| flight.may_return(now));
        }
        match flights.get(&(key, print)).copied().filter(|flight| flight.may_return(now)) {
            Some(flight) if flight.repeated(now) => Some(flight.came),
            Some(_) | None => {
                flights.insert((key, print), Flight { came, since: now, taken: false, answered: None });
                None
            }
        }
    }

    /// Notes that a text is taken: its turn is saved, and the reply goes out after this.
    pub fn take(&self, key: SubscriberKey, print: u64) {
        let mut flights = self.0.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(flight) = flights.get_mut(&(key, print)) {
            flight.taken = true;
        }
    }

    /// Notes that a text was answered, or that the operator was asked to bring it again.
    pub fn end(&self, key: SubscriberKey, print: u64, again: bool, now: Duration) {
        let mut flights = self.0.lock().unwrap_or_else(|e| e.into_inner());
        let Some(flight) = flights.get_mut(&(key, print)) else { return };
        if again || now.saturating_sub(flight.since) >= SLOW {
            flight.answered = Some(Answered { at: now, again });
        } else {
            flights.remove(&(key, print));
        }
    }
}

impl Flight {
    fn may_return(&self, now: Duration) -> bool {
        match self.answered {
            None => now.saturating_sub(self.since) <= AGAIN,
            Some(Answered { at, again: true }) => now.saturating_sub(at) <= AGAIN,
            Some(Answered { at, again: false }) => now.saturating_sub(at) <= CROSSING,
        }
    }

    fn repeated(&self, now: Duration) -> bool {
        !self.taken || self.answered.is_some_and(|answered| answered.again) || now.saturating_sub(self.since) >= SLOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dayaq_types::seal::{Key, KeyRing};
    use dayaq_types::{Entropy, Msisdn, SeededEntropy};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn taken(second: i64) -> Taken {
        Taken {
            print: 1,
            at: at(second),
            run: 7,
            bind: "demo/1".to_owned(),
            connection: 3,
            sequence_number: None,
            turn: None,
        }
    }

    #[test]
    fn a06_a_text_whose_answer_was_lost_with_its_link_is_known_again_for_a_while() {
        for (fate, bound, now, repeat) in [
            (Fate::Lost(at(10)), Some(at(12)), at(13), true),
            (Fate::Lost(at(10)), Some(at(12)), at(73), false), // too late after the bind
            (Fate::Lost(at(10)), Some(at(900)), at(905), true), // the operator was away for long
            (Fate::Lost(at(10)), Some(at(-900)), at(30), true), // over another bind, which always stood
            (Fate::Lost(at(10)), Some(at(-900)), at(71), false),
            (Fate::Lost(at(100)), Some(at(101)), at(102), false), // answered long before the loss
            (Fate::Before(at(20)), Some(at(22)), at(23), true),
            (Fate::Before(at(20)), Some(at(22)), at(90), false),
            (Fate::Before(at(-5)), Some(at(-4)), at(3), false), // taken by another process that lives
            (Fate::Before(at(200)), Some(at(201)), at(202), false),
            (Fate::Past, Some(at(1)), at(1), false),
        ] {
            assert_eq!(is_repeat(&taken(0), fate, bound, now), repeat, "{fate:?} {bound:?} {now}");
        }
    }

    #[test]
    fn a06_on_a_link_that_stands_no_text_is_ever_taken_for_a_repeat() {
        let random = SeededEntropy::new(20_261_122);
        let ring = KeyRing::new(1, &Key::generate(&random));
        let flights = Flights::default();
        let mut now = Duration::ZERO;
        let mut octets = [0; 3];
        for _ in 0..10_000 {
            random.fill(&mut octets);
            let key = SubscriberKey::of(&ring, &Msisdn::parse(&format!("9945012345{:02}", octets[0] % 50)).unwrap());
            // Whatever is written, as often as anybody likes, while answers take less than five seconds.
            let print = u64::from(octets[1] % 3);
            assert_eq!(flights.begin(key, print, at(0), now), None);
            flights.end(key, print, false, now + Duration::from_millis(u64::from(octets[2]) * 19));
            assert!(!is_repeat(&taken(0), Fate::Past, Some(at(0)), at(0)));
            now += Duration::from_millis(u64::from(octets[1]) * 40);
        }
        assert!(flights.0.lock().unwrap().is_empty(), "nothing is kept of what was answered in time");
    }

    #[test]
    fn a07_a_text_brought_again_because_the_answer_was_slow_is_one_text() {
        let ring = KeyRing::new(1, &Key::generate(&SeededEntropy::new(1)));
        let key = SubscriberKey::of(&ring, &Msisdn::parse("994501234567").unwrap());
        let flights = Flights::default();
        let s = Duration::from_secs;
        assert_eq!(flights.begin(key, 1, at(0), s(0)), None);
        assert_eq!(flights.begin(key, 1, at(0), Duration::from_millis(1)), Some(at(0)), "the network doubled it");
        assert_eq!(flights.begin(key, 1, at(3), s(3)), Some(at(0)), "nobody has been asked anything since");
        flights.take(key, 1);
        assert_eq!(flights.begin(key, 1, at(10), s(10)), Some(at(0)));
        flights.end(key, 1, false, s(12));
        assert_eq!(flights.begin(key, 1, at(13), s(13)), Some(at(0)), "it crossed the answer");
        assert_eq!(flights.begin(key, 1, at(16), s(16)), None, "the answer has been read by now");
        flights.end(key, 1, true, s(17));
        assert_eq!(flights.begin(key, 1, at(300), s(300)), Some(at(16)), "it was asked for");
        assert_eq!(flights.begin(key, 2, at(300), s(300)), None);
        flights.take(key, 2);
        assert_eq!(flights.begin(key, 2, at(301), s(301)), None, "the reply was quicker than our answer");
    }
}
