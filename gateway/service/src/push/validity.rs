//! How long a text is worth sending (I6).

use dayaq_core_api::NoticeClass;
use std::time::Duration;

/// A dialogue's reply: after an hour the person has given up, and an old question would only confuse.
pub(super) const REPLY: Duration = Duration::from_hours(1);
/// The echo of what a person did, with the number that they need: as long as somebody may wait for it.
const ECHO: Duration = Duration::from_hours(24);
/// An outcome or a card: as long as networks keep a text for a phone that is switched off.
const OUTCOME: Duration = Duration::from_hours(72);

/// How long a notice of this class is valid, from the moment at which it may go out.
pub(super) const fn of(class: NoticeClass) -> Duration {
    match class {
        NoticeClass::Reply => ECHO,
        NoticeClass::Outcome => OUTCOME,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i6_a_reply_is_worth_an_hour_and_an_outcome_days() {
        assert!(REPLY < of(NoticeClass::Reply) && of(NoticeClass::Reply) < of(NoticeClass::Outcome));
        assert_eq!(of(NoticeClass::Outcome).as_secs(), 3 * 86_400);
    }
}
