//! The hours at which notices go out (I4): nobody is woken by one. A reply goes out at any hour.

use dayaq_core_api::NoticeClass;
use dayaq_types::baku_moment;
use jiff::Timestamp;
use jiff::civil::Time;
use std::fmt;
use std::str::FromStr;

/// When notices go out, in Baku's time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hours {
    /// At any hour.
    Always,
    /// Each day from the first to the second, which lies after it and is itself too late.
    Between(Time, Time),
}

impl Default for Hours {
    /// From nine in the morning to nine in the evening.
    fn default() -> Self {
        Self::Between(Time::constant(9, 0, 0, 0), Time::constant(21, 0, 0, 0))
    }
}

impl Hours {
    /// The earliest moment, not before `at`, at which a text of this class may go out.
    pub fn earliest(&self, class: NoticeClass, at: Timestamp) -> Timestamp {
        match class {
            NoticeClass::Reply => at,
            NoticeClass::Outcome => self.opening(at).unwrap_or(at),
        }
    }

    /// When notices go out again; `None` where they go out at that moment.
    pub fn opening(&self, at: Timestamp) -> Option<Timestamp> {
        let Self::Between(from, until) = *self else { return None };
        let local = baku_moment(at);
        let (today, time) = (local.date(), local.time());
        if time < from {
            return today.to_datetime(from).to_zoned(local.time_zone().clone()).ok().map(|opens| opens.timestamp());
        }
        if time < until {
            return None;
        }
        let tomorrow = today.tomorrow().ok()?;
        tomorrow.to_datetime(from).to_zoned(local.time_zone().clone()).ok().map(|opens| opens.timestamp())
    }
}

/// Why hours were not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be \"always\" or two times of day such as \"09:00-21:00\", the first before the second")]
pub struct NotHours;

impl FromStr for Hours {
    type Err = NotHours;

    fn from_str(text: &str) -> Result<Self, NotHours> {
        if text == "always" {
            return Ok(Self::Always);
        }
        let (from, until) = text.split_once('-').ok_or(NotHours)?;
        let time = |text: &str| Time::strptime("%H:%M", text.trim()).map_err(|_| NotHours);
        let (from, until) = (time(from)?, time(until)?);
        if from < until { Ok(Self::Between(from, until)) } else { Err(NotHours) }
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("always"),
            Self::Between(from, until) => write!(f, "{}-{}", from.strftime("%H:%M"), until.strftime("%H:%M")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(at: &str, opens: &str) {
        let at: Timestamp = at.parse().unwrap();
        let earliest = Hours::default().earliest(NoticeClass::Outcome, at);
        assert_eq!(earliest, opens.parse::<Timestamp>().unwrap(), "{at}");
        assert_eq!(Hours::default().earliest(NoticeClass::Reply, at), at, "a reply waits for no hour");
        assert_eq!(Hours::Always.earliest(NoticeClass::Outcome, at), at);
        assert_eq!(Hours::default().opening(earliest), None);
    }

    #[test]
    fn i4_notices_wait_until_nine_in_the_morning_in_baku() {
        check("2026-11-23T04:59:59+04:00", "2026-11-23T09:00:00+04:00");
        check("2026-11-23T08:59:59.999+04:00", "2026-11-23T09:00:00+04:00");
        check("2026-11-23T09:00:00+04:00", "2026-11-23T09:00:00+04:00");
        check("2026-11-23T20:59:59.999+04:00", "2026-11-23T20:59:59.999+04:00");
        check("2026-11-23T21:00:00+04:00", "2026-11-24T09:00:00+04:00");
        check("2026-12-31T23:30:00+04:00", "2027-01-01T09:00:00+04:00");
        check("2026-11-22T22:00:00Z", "2026-11-23T09:00:00+04:00");
    }

    #[test]
    fn i4_hours_are_two_times_of_day_or_always() {
        for text in ["09:00-21:00", "00:00-23:59", "always"] {
            assert_eq!(text.parse::<Hours>().map(|hours| hours.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "9", "21:00-09:00", "09:00-09:00", "09:00-24:01", "never"] {
            assert_eq!(text.parse::<Hours>(), Err(NotHours), "{text}");
        }
    }
}
