//! What a phone's texts cost, and whether they get anywhere (G01).
//!
//! A family that fills in an application is answered as often as it writes: each answer is something new. Who writes
//! what leads nowhere, be it an auto-responder or an echo of our own texts, is answered a few times, is told once that
//! it is answered no more, and then hears nothing until a text of its leads on or it has been quiet for a while. And
//! no phone has more segments of replies on one day than are paid for. All of it is kept in the phone's session, so that
//! it holds for all gateways and over a restart. Notices are not counted: an outcome reaches every phone.

use dayaq_dialog::{Saying, Whereabouts};
use dayaq_types::baku_date;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hash, Hasher};

/// What a text uses up that leads to a question where the phone has not been lately.
const ASIDE: u32 = 1;
/// What a text uses up that leads nowhere.
const NOWHERE: u32 = 2;
/// Who has been quiet for so long begins anew.
const QUIET: SignedDuration = SignedDuration::from_mins(10);
/// Places that are remembered, so that going to and fro leads nowhere.
const SEEN_MAX: usize = 24;
/// What a reply must have at least to be looked for in what comes back.
const ECHO_MIN: usize = 12;
/// What must come back at least of a reply to be known as a piece of it; a person types a label, and no more.
const ECHO_PIECE_MIN: usize = 40;

/// What each phone may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    /// Segments of replies on one day.
    pub segments: u32,
    /// Replies to texts that lead nowhere, the first of which may lead to a beginning.
    pub futile: u32,
}

/// What is kept of a phone's texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Tally {
    /// The day in Baku of the last reply, and the segments that it has seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<(Date, u32)>,
    /// The day on which it was said that there are no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    full: Option<Date>,
    /// What has been used up of its patience since it last answered something.
    used: u32,
    /// Whether it has been told that it is answered no more.
    told: bool,
    /// When it last wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Timestamp>,
    /// A print of what it last wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    wrote: Option<u64>,
    /// Prints of where it has been, the latest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    seen: Vec<u32>,
}

/// Whether a text is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// It is.
    Reply,
    /// It is not, and the phone is told so, once.
    Warning(Saying),
    /// It is not.
    Silence,
}

impl Tally {
    /// Judges a text by what it is and by where it would lead.
    pub fn judge(&mut self, typed: &str, replied: Option<&str>, to: Whereabouts, now: Timestamp, share: Share) -> Due {
        if let Some(due) = self.of_day(now, share) {
            return due;
        }
        self.rest(now);
        let wrote = print(typed.trim());
        let repeats = self.wrote.replace(wrote) == Some(wrote);
        let echoes = replied.is_some_and(|replied| is_echo(typed, replied));
        let answers = to.answers.is_some_and(|answers| self.is_new(answers));
        let place = self.is_new(to.place);
        if answers && !echoes {
            (self.used, self.told) = (0, false);
            return Due::Reply;
        }
        self.spend(if place && !repeats && !echoes { ASIDE } else { NOWHERE }, share)
    }

    /// Judges a text of which a part is missing, or that is too long: nothing is learnt by it.
    pub fn judge_incomplete(&mut self, now: Timestamp, share: Share) -> Due {
        self.of_day(now, share).unwrap_or_else(|| {
            self.rest(now);
            self.spend(NOWHERE, share)
        })
    }

    /// Counts the segments of a reply in place of those that were counted for it before.
    pub fn charge(&mut self, segments: u32, before: u32, now: Timestamp) {
        let seen = self.today(now).saturating_sub(before).saturating_add(segments);
        self.day = (seen > 0).then(|| (baku_date(now), seen));
    }

    /// The segments of replies that the phone has had on this day. It is the calendar's, as the phone is told; whatever
    /// was counted for another, before it or after it, counts no more.
    pub fn today(&self, now: Timestamp) -> u32 {
        self.day.filter(|(day, _)| *day == baku_date(now)).map_or(0, |(_, segments)| segments)
    }

    fn of_day(&mut self, now: Timestamp, share: Share) -> Option<Due> {
        let today = baku_date(now);
        if self.today(now) < share.segments {
            return None;
        }
        let said = self.full.replace(today) == Some(today);
        Some(if said { Due::Silence } else { Due::Warning(Saying::Tomorrow) })
    }

    /// Forgives a phone that has been quiet. A clock that went back has seen no quiet.
    fn rest(&mut self, now: Timestamp) {
        if self.last.replace(now).is_some_and(|last| now.duration_since(last) >= QUIET) {
            (self.used, self.told) = (0, false);
        }
    }

    fn spend(&mut self, cost: u32, share: Share) -> Due {
        self.used = self.used.saturating_add(cost);
        if self.used < share.futile.saturating_mul(NOWHERE) {
            return Due::Reply;
        }
        match std::mem::replace(&mut self.told, true) {
            true => Due::Silence,
            false => Due::Warning(Saying::Pause),
        }
    }

    fn is_new(&mut self, print: u32) -> bool {
        let seen = self.seen.iter().position(|seen| *seen == print);
        if let Some(at) = seen {
            self.seen.remove(at);
        } else if self.seen.len() >= SEEN_MAX {
            self.seen.remove(0);
        }
        self.seen.push(print);
        seen.is_none()
    }
}

/// Whether a phone sends our own words back, with or without some of its own around them.
fn is_echo(typed: &str, replied: &str) -> bool {
    let even = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (typed, replied) = (even(typed), even(replied));
    replied.len() >= ECHO_MIN && typed.contains(&replied) || typed.len() >= ECHO_PIECE_MIN && replied.contains(&typed)
}

fn print(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Share = Share { segments: 300, futile: 9 };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn place(place: u32, answers: Option<u32>) -> Whereabouts {
        Whereabouts { answers, place }
    }

    /// How often a phone is answered that writes so many texts, each with its place, and how often it is warned.
    fn heard(tally: &mut Tally, texts: impl Iterator<Item = (String, Whereabouts)>) -> (usize, usize) {
        let due: Vec<Due> = texts.map(|(typed, to)| tally.judge(&typed, None, to, at(0), MOST)).collect();
        let first_silence = due.iter().position(|due| *due != Due::Reply).unwrap_or(due.len());
        assert!(due[first_silence..].iter().all(|due| *due != Due::Reply), "silence lasts");
        let warnings = due.iter().filter(|due| **due == Due::Warning(Saying::Pause)).count();
        (first_silence, warnings)
    }

    #[test]
    fn g01_what_leads_nowhere_is_answered_nine_times_and_then_warned_of_once() {
        let same = |_| ("I am driving".to_owned(), place(1, None));
        assert_eq!(heard(&mut Tally::default(), (0..1000).map(same)), (9, 1));
        let garbage = |n: usize| (format!("x{n}"), place(1, Some(7)));
        let mut tally = Tally::default();
        assert_eq!(tally.judge("5AKT9X2", None, place(2, Some(7)), at(0), MOST), Due::Reply);
        assert_eq!(heard(&mut tally, (0..1000).map(garbage)), (9, 1));
        let to_and_fro = |n: usize| (["1", "0"][n % 2].to_owned(), place(10 + n as u32 % 2, None));
        assert_eq!(heard(&mut Tally::default(), (0..1000).map(to_and_fro)), (9, 1));
        let curious = |n: usize| (format!("{n}"), place(n as u32, None));
        assert_eq!(heard(&mut Tally::default(), (0..1000).map(curious)), (17, 1));
    }

    #[test]
    fn g01_who_answers_what_is_asked_is_heard_whatever_came_before() {
        let mut tally = Tally::default();
        for _ in 0..50 {
            tally.judge("?", None, place(1, None), at(0), MOST);
        }
        assert_eq!(tally.judge("5AKT9X2", None, place(2, Some(101)), at(0), MOST), Due::Reply);
        assert_eq!(tally.judge("?", None, place(2, Some(101)), at(0), MOST), Due::Reply, "and may err again");
        for n in 0..500 {
            assert_eq!(tally.judge("1", None, place(3, Some(1_000 + n)), at(0), MOST), Due::Reply);
        }
    }

    #[test]
    fn g01_our_own_words_are_no_answer() {
        let reply = "Social assistance\n1 New application\n2 My application\n0 Back";
        for (typed, echo) in [
            (reply, true),
            ("Re: Social assistance 1 New application 2 My application  0 Back", true),
            ("Social assistance\n1 New application\n2 My app", true),
            ("1 New application", false),
            ("2", false),
        ] {
            assert_eq!(is_echo(typed, reply), echo, "{typed}");
        }
        let mut tally = Tally::default();
        let due: Vec<Due> = (0..20).map(|n| tally.judge(reply, Some(reply), place(n, Some(n)), at(0), MOST)).collect();
        assert_eq!(due.iter().position(|due| *due != Due::Reply), Some(8), "whatever they led to");
    }

    #[test]
    fn g01_e06_quiet_is_forgiven_and_a_clock_that_jumps_gags_nobody() {
        let mut tally = Tally::default();
        let mut ask = |second| tally.judge("?", None, place(1, None), at(second), MOST);
        for _ in 0..30 {
            ask(0);
        }
        assert_eq!(ask(599), Due::Silence, "it goes on writing");
        assert_eq!(ask(599 - 3_600), Due::Silence, "the clock went back");
        assert_eq!(ask(1_000 - 3_600), Due::Silence);
        assert_eq!(ask(1_600 - 3_600), Due::Reply, "it was quiet for ten minutes");
        tally.charge(MOST.segments, 0, at(86_400));
        assert_eq!(tally.judge("1", None, place(1, Some(5)), at(86_400), MOST), Due::Warning(Saying::Tomorrow));
        assert_eq!(tally.judge("1", None, place(1, Some(6)), at(86_400), MOST), Due::Silence);
        assert_eq!(tally.judge("1", None, place(1, Some(7)), at(0), MOST), Due::Reply, "that day was a wrong one");
    }

    #[test]
    fn g01_a_day_ends_in_baku() {
        let mut tally = Tally::default();
        let baku = |time: &str| format!("{time}+04:00").parse::<Timestamp>().unwrap();
        let evening = baku("2026-11-23T23:59:59");
        tally.charge(3, 0, evening);
        tally.charge(1, 3, evening);
        assert_eq!(tally.today(evening), 1, "what is counted anew is counted once");
        tally.charge(1, 0, evening);
        let two = Share { segments: 2, ..MOST };
        assert_eq!(tally.judge("1", None, place(1, Some(1)), evening, two), Due::Warning(Saying::Tomorrow));
        assert_eq!(tally.judge_incomplete(evening, two), Due::Silence);
        let morning = baku("2026-11-24T00:00:00");
        assert_eq!(tally.judge("1", None, place(1, Some(2)), morning, two), Due::Reply);
    }
}
