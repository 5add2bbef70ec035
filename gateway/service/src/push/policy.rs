//! What is done after an operator's answer to a submit_sm: one table, from SMPP.md's statuses.

use crate::link::Outcome;
use dayaq_smpp::CommandStatus;
use std::time::Duration;

/// The pauses between tries, growing; the last repeats until the message expires.
const PAUSES_S: [u64; 5] = [5, 30, 120, 600, 3600];
/// Tries of a status that may be temporary and may not.
const DOUBTFUL_TRIES: u32 = 3;
/// Tries of a status that is temporary: with the pauses above, about three days.
const TEMPORARY_TRIES: u32 = 72;
/// How long a phone whose queue is full is left alone.
const QUEUE_FULL: Duration = Duration::from_secs(180);
/// How long a throttled segment waits before it is tried again.
const THROTTLED: Duration = Duration::from_secs(1);

/// How long a segment waits that found no link or no room: nothing was written.
const UNSENT: Duration = Duration::from_millis(200);

/// What is to be done with a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken, under this name (empty: no receipt will find it).
    Sent {
        /// The operator's name for it.
        message_id: String,
    },
    /// Nobody knows: at most one resend.
    InDoubt,
    /// Send it again later. `burn` counts a try.
    Again {
        /// When.
        after: Duration,
        /// Whether a try is used up.
        burn: bool,
        /// The status.
        cause: String,
    },
    /// Send nothing to this phone for a while, and this segment again then.
    DelayPhone {
        /// For how long.
        after: Duration,
        /// The status.
        cause: String,
    },
    /// Never again.
    Dead {
        /// The status.
        cause: String,
    },
}

/// Judges an outcome of the `attempt`th try.
pub fn verdict(outcome: &Outcome, attempt: u32) -> Verdict {
    match outcome {
        Outcome::Answered { status, message_id } if status.is_ok() => {
            Verdict::Sent { message_id: message_id.clone().unwrap_or_default() }
        }
        Outcome::Answered { status, .. } => refused(*status, attempt),
        Outcome::Nacked(status) => Verdict::Dead { cause: format!("nack {status}") },
        Outcome::InDoubt => Verdict::InDoubt,
        Outcome::Unsent => Verdict::Again { after: UNSENT, burn: false, cause: "not sent".to_owned() },
    }
}

fn refused(status: CommandStatus, attempt: u32) -> Verdict {
    let cause = status.to_string();
    match status {
        CommandStatus::RTHROTTLED => Verdict::Again { after: THROTTLED, burn: false, cause },
        CommandStatus::RINVBNDSTS => Verdict::Again { after: THROTTLED, burn: false, cause },
        CommandStatus::RMSGQFUL => Verdict::DelayPhone { after: QUEUE_FULL, cause },
        CommandStatus::RSYSERR | CommandStatus::RX_T_APPN => again(attempt, TEMPORARY_TRIES, cause),
        CommandStatus::RSUBMITFAIL | CommandStatus::RUNKNOWNERR => again(attempt, DOUBTFUL_TRIES, cause),
        CommandStatus(0x400..=0x4FF) => again(attempt, DOUBTFUL_TRIES, cause),
        // Bad addresses, lengths, data_coding, and the operator's final word: a copy would be refused like the first.
        _ => Verdict::Dead { cause },
    }
}

fn again(attempt: u32, tries: u32, cause: String) -> Verdict {
    if attempt >= tries {
        return Verdict::Dead { cause };
    }
    let step = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX).min(PAUSES_S.len() - 1);
    Verdict::Again { after: Duration::from_secs(PAUSES_S[step]), burn: true, cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: CommandStatus, attempt: u32) -> Verdict {
        verdict(&Outcome::Answered { status, message_id: None }, attempt)
    }

    #[test]
    fn a17_a_final_refusal_is_never_retried() {
        for status in [
            CommandStatus::RINVDSTADR,
            CommandStatus::RINVSRCADR,
            CommandStatus::RINVMSGLEN,
            CommandStatus::RX_P_APPN,
            CommandStatus::RX_R_APPN,
        ] {
            assert!(matches!(answered(status, 1), Verdict::Dead { .. }), "{status}");
        }
    }

    #[test]
    fn a15_a_temporary_refusal_is_retried_with_growing_pauses() {
        let pauses: Vec<u64> = (1..=6)
            .map(|attempt| match answered(CommandStatus::RSYSERR, attempt) {
                Verdict::Again { after, burn: true, .. } => after.as_secs(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(pauses, [5, 30, 120, 600, 3600, 3600]);
        assert!(matches!(answered(CommandStatus::RSYSERR, 72), Verdict::Dead { .. }));
    }

    #[test]
    fn a18_a_vendors_status_is_tried_three_times() {
        assert!(matches!(answered(CommandStatus(0x4AB), 2), Verdict::Again { .. }));
        assert!(
            matches!(answered(CommandStatus(0x4AB), 3), Verdict::Dead { cause } if cause.contains("4ab") || cause.contains("4AB"))
        );
    }

    #[test]
    fn a13_throttling_burns_no_try_and_a14_a_full_queue_delays_the_phone() {
        assert!(matches!(answered(CommandStatus::RTHROTTLED, 1000), Verdict::Again { burn: false, .. }));
        assert!(
            matches!(answered(CommandStatus::RMSGQFUL, 1), Verdict::DelayPhone { after, .. } if after.as_secs() >= 180)
        );
    }

    #[test]
    fn a42_silence_is_doubt_and_never_failure() {
        assert_eq!(verdict(&Outcome::InDoubt, 1), Verdict::InDoubt);
        assert!(matches!(verdict(&Outcome::Unsent, 1), Verdict::Again { burn: false, .. }));
    }

    #[test]
    fn a19_taken_without_a_name_is_taken() {
        assert_eq!(answered(CommandStatus::ROK, 1), Verdict::Sent { message_id: String::new() });
    }
}
