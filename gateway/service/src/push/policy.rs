//! What is done after an operator's answer to a submit_sm: one table, from SMPP.md's statuses.

use crate::link::Outcome;
use crate::store::Burn;
use dayaq_smpp::CommandStatus;
use std::time::Duration;

/// The pauses between tries, growing; the last repeats until the text expires.
const PAUSES_S: [u64; 5] = [5, 30, 120, 600, 3600];
/// Tries of a status that may be final and may not.
const DOUBTFUL_TRIES: u32 = 3;
/// Tries of a status that says that we are not bound: one before the link is made anew and one after.
const UNBOUND_TRIES: u32 = 2;
/// How long a phone whose queue is full is left alone.
const QUEUE_FULL: Duration = Duration::from_secs(180);
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
    /// Send it again later, while it is valid.
    Again {
        /// When.
        after: Duration,
        /// What is used up.
        burn: Burn,
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

/// What was tried already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Which try this was, from 1.
    pub attempt: u32,
    /// How many tries before it met a status that may be final.
    pub strikes: u32,
}

/// Judges an outcome.
pub fn verdict(outcome: &Outcome, tried: Tried) -> Verdict {
    match outcome {
        Outcome::Answered { status, message_id } if status.is_ok() => {
            Verdict::Sent { message_id: message_id.clone().unwrap_or_default() }
        }
        Outcome::Answered { status, .. } => refused(*status, tried),
        Outcome::Nacked(status) => Verdict::Dead { cause: format!("nack {status}") },
        Outcome::InDoubt => Verdict::InDoubt,
        Outcome::Unsent => Verdict::Again { after: UNSENT, burn: Burn::Nothing, cause: "not sent".to_owned() },
    }
}

/// SMPP.md, "Statuses"; SMPP 3.4 §5.1.3 and, from 0x100 on, SMPP 5.0 §4.7.6.
fn refused(status: CommandStatus, tried: Tried) -> Verdict {
    let cause = status.to_string();
    match status {
        // The bind's pace holds texts back; this one is due at once, so that it goes before those after it (A13).
        CommandStatus::RTHROTTLED => Verdict::Again { after: Duration::ZERO, burn: Burn::Nothing, cause },
        CommandStatus::RMSGQFUL => Verdict::DelayPhone { after: QUEUE_FULL, cause },
        CommandStatus::RINVBNDSTS => strike(tried, UNBOUND_TRIES, Duration::ZERO, cause),
        CommandStatus::RSYSERR | CommandStatus::RX_T_APPN => {
            Verdict::Again { after: pause(tried.attempt), burn: Burn::Try, cause }
        }
        CommandStatus::RSUBMITFAIL
        | CommandStatus::RUNKNOWNERR
        | CommandStatus::RDELIVERYFAILURE
        | SERVICE_TYPE_UNAVAILABLE => strike(tried, DOUBTFUL_TRIES, pause(tried.attempt), cause),
        // Bad addresses, lengths, data_coding, and the operator's final word: a copy would be refused like the first.
        CommandStatus(0x100..=0x112) => Verdict::Dead { cause },
        status if status.name().is_some() => Verdict::Dead { cause },
        // A vendor's own, and whatever nobody has heard of.
        CommandStatus(_) => strike(tried, DOUBTFUL_TRIES, pause(tried.attempt), cause),
    }
}

/// ESME_RSERTYPUNAVAIL of SMPP 5.0: the service is unavailable for now.
const SERVICE_TYPE_UNAVAILABLE: CommandStatus = CommandStatus(0x102);

fn strike(tried: Tried, tries: u32, after: Duration, cause: String) -> Verdict {
    match tried.strikes + 1 >= tries {
        true => Verdict::Dead { cause },
        false => Verdict::Again { after, burn: Burn::Strike, cause },
    }
}

fn pause(attempt: u32) -> Duration {
    let step = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX).min(PAUSES_S.len() - 1);
    Duration::from_secs(PAUSES_S[step])
}

#[cfg(test)]
mod tests;
