//! validity_period: how long the SMSC should keep trying.

use crate::octets::Octets;
use std::time::Duration;

/// The longest that is written: of more, months would have to be counted, and their lengths differ.
const LONGEST_S: u64 = 31 * 86_400 - 1;

/// Writes a time from now in the relative format of SMPP 3.4 §7.1.1.2, `YYMMDDhhmmss000R`, in whole seconds: at least
/// one second, at most a second less than 31 days.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(dayaq_smpp::relative_time(Duration::from_secs(3 * 86_400)).as_bytes(), b"000003000000000R");
/// ```
pub fn relative_time(from_now: Duration) -> Octets<16> {
    let seconds = from_now.as_secs().clamp(1, LONGEST_S);
    let parts = [0, 0, seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60];
    let mut octets = *b"000000000000000R";
    for (place, part) in parts.into_iter().enumerate() {
        octets[2 * place] += (part / 10) as u8;
        octets[2 * place + 1] += (part % 10) as u8;
    }
    Octets::new(octets).unwrap_or(Octets::EMPTY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i6_a_validity_period_is_sixteen_octets_of_relative_time() {
        let day = 86_400;
        for (seconds, expected) in [
            (0, b"000000000001000R"),
            (59, b"000000000059000R"),
            (3600, b"000000010000000R"),
            (day - 1, b"000000235959000R"),
            (3 * day + 4 * 3600 + 5 * 60 + 6, b"000003040506000R"),
            (30 * day, b"000030000000000R"),
            (400 * day, b"000030235959000R"),
        ] {
            assert_eq!(relative_time(Duration::from_secs(seconds)).as_bytes(), expected);
        }
        assert_eq!(relative_time(Duration::MAX).as_bytes().len(), 16);
    }
}
