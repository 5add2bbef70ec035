//! Making a change again that lost against another one (D02): how often, and after which pauses.

use std::time::Duration;

/// How often it is made again.
const RETRIES_MAX: u32 = 5;
/// The pause before the first of these; it doubles.
const FIRST: Duration = Duration::from_millis(10);

/// The pause before it is made again that was made again so many times; `None` where that was often enough.
///
/// The die takes up to half of it away, so that those who met once do not meet again.
pub(crate) fn pause(retries: u32, die: u8) -> Option<Duration> {
    if retries >= RETRIES_MAX {
        return None;
    }
    let whole = FIRST * 2u32.pow(retries);
    Some(whole - whole / 2 * u32::from(die) / 255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d02_a_change_is_made_again_five_times_and_each_pause_is_longer_than_the_last() {
        for (retries, (least, most)) in (0..).zip([(5, 10), (10, 20), (20, 40), (40, 80), (80, 160)]) {
            let pauses = (0..=255).map(|die| pause(retries, die).expect("it is made again"));
            assert!(pauses.is_sorted_by(|longer, shorter| longer >= shorter), "the die takes away");
            assert_eq!(pause(retries, 0), Some(Duration::from_millis(most)));
            assert_eq!(pause(retries, 255), Some(Duration::from_millis(least)));
            // Whatever the dice say, the next pause is no shorter than the longest of these.
            assert!((0..=255).all(|die| pause(retries + 1, die).is_none_or(|next| Some(next) >= pause(retries, 0))));
        }
        assert_eq!(pause(5, 0), None, "the sixth time it fails");
        assert_eq!(pause(u32::MAX, 255), None);
    }
}
