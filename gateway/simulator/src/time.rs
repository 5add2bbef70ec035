//! Times as SMPP writes them (SMPP 3.4 §7.1.1): `YYMMDDhhmmsstnnp`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use std::time::Duration;

/// A field that holds no such time, or one that is past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadTime;

const DAY_S: u64 = 24 * 3600;
/// Seconds of a relative year, month, day, hour, minute and second: the specification leaves the first two open.
const RELATIVE_S: [u64; 6] = [365 * DAY_S, 30 * DAY_S, DAY_S, 3600, 60, 1];
const QUARTER_S: i32 = 15 * 60;

/// How long it is until that time; `None` where the field is empty.
pub(crate) fn until(field: &[u8], now: Timestamp) -> Result<Option<Duration>, BadTime> {
    if field.is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(field).ok().filter(|text| text.len() == 16 && text.is_ascii()).ok_or(BadTime)?;
    let (digits, sign) = text.split_at(15);
    if !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(BadTime);
    }
    let two = |at: usize| digits[at..at + 2].parse::<i8>().map_err(|_| BadTime);
    let parts = [two(0)?, two(2)?, two(4)?, two(6)?, two(8)?, two(10)?];
    let (tenths, quarters) = (i32::from(digits.as_bytes()[12] - b'0'), i32::from(two(13)?));
    let ahead = match sign {
        "R" => {
            let seconds = parts.iter().zip(RELATIVE_S).map(|(count, each)| count.unsigned_abs() as u64 * each).sum();
            return Ok(Some(Duration::from_secs(seconds)));
        }
        "+" => quarters,
        "-" => -quarters,
        _ => return Err(BadTime),
    };
    let [year, month, day, hour, minute, second] = parts;
    let local = DateTime::new(2000 + i16::from(year), month, day, hour, minute, second, tenths * 100_000_000);
    let zone = Offset::from_seconds(ahead * QUARTER_S).map(TimeZone::fixed).map_err(|_| BadTime)?;
    let at = local.and_then(|local| local.to_zoned(zone)).map_err(|_| BadTime)?.timestamp();
    Duration::try_from(at.duration_since(now)).map(Some).map_err(|_| BadTime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i6_a_time_is_absolute_in_its_zone_or_relative() {
        let now: Timestamp = "2026-11-23T09:00:00+04:00".parse().expect("a time");
        let minutes = |count: u64| Ok(Some(Duration::from_secs(60 * count)));
        assert_eq!(until(b"", now), Ok(None));
        assert_eq!(until(b"261123093000016+", now), minutes(30), "in Baku");
        assert_eq!(until(b"261123053000000+", now), minutes(30), "in UTC");
        assert_eq!(until(b"261123003000020-", now), minutes(30), "in New York");
        assert_eq!(until(b"000000003000000R", now), minutes(30));
        assert_eq!(until(b"000002010203000R", now), Ok(Some(Duration::from_secs(2 * DAY_S + 3723))));
        for bad in
            [&b"261123083000016+"[..], b"261323093000016+", b"26112309300001", b"261123093000016Z", b"x61123093000016+"]
        {
            assert_eq!(until(bad, now), Err(BadTime), "{bad:?}");
        }
    }
}
