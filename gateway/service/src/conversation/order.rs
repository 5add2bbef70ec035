//! Whether a USSD turn is the one that may come now: new, taken before, of another session, or out of order.

use super::envelope::Envelope;
use super::recall::Brings;
use dayaq_smpp::ussd::{SessionRule, UssdEvent, UssdInbound};

/// How a turn stands to what was taken before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is taken.
    Due,
    /// It is the last turn once more: its reply is sent again.
    Again,
    /// It was taken before the last one, and its reply is history: a person must not find it answering a later question.
    Past,
    /// It answers a later question than the session knows of, which the store has lost: the present one is asked again.
    Revived,
    /// It belongs to a radio session that is not the live one.
    Stray,
    /// The operator's count has a gap, or runs backwards: what was typed in between is not known.
    OutOfSequence,
    /// It says that a session begins, and goes on with the live one.
    WrongOp,
}

impl Standing {
    /// Whether such a turn leaves the session as it is, so that no save finds out whether the session was the latest.
    pub(super) const fn saves_nothing(self) -> bool {
        match self {
            Self::Again | Self::Past | Self::Stray => true,
            Self::Due | Self::Revived | Self::OutOfSequence | Self::WrongOp => false,
        }
    }
}

/// Judges a turn. A repeat is recognised by the radio session and its turn number, and only where the operator numbers
/// turns: a person who really sends `1` twice is never swallowed.
pub(super) fn judge(envelope: &Envelope, operator: &str, turn: &UssdInbound, rule: &SessionRule) -> Standing {
    let Some(last) = envelope.radio.as_ref().filter(|radio| radio.is_of(operator, turn)) else {
        return if turn.event == UssdEvent::Begin { Standing::Due } else { Standing::Stray };
    };
    let again = last.is(turn);
    let next = next(last.sequence(), turn.sequence, rule);
    match turn.event {
        // A session number used again after its end is new (B12).
        UssdEvent::Begin if !last.live => Standing::Due,
        UssdEvent::Begin if again => Standing::Again,
        // Where the count begins again, so does the session: the network has forgotten the old one. A begin that counts
        // on is no begin.
        UssdEvent::Begin if turn.sequence != Some(0) && next == Some(true) => Standing::WrongOp,
        UssdEvent::Begin => Standing::Due,
        UssdEvent::Continue | UssdEvent::Abort | UssdEvent::Timeout | UssdEvent::Notified if again => Standing::Again,
        UssdEvent::Continue | UssdEvent::Abort | UssdEvent::Timeout | UssdEvent::Notified if !last.live => {
            Standing::Stray
        }
        UssdEvent::Continue if last.was(turn) => Standing::Past,
        UssdEvent::Continue if next == Some(false) => Standing::OutOfSequence,
        // Over is over, whatever its number is.
        UssdEvent::Continue | UssdEvent::Abort | UssdEvent::Timeout | UssdEvent::Notified => Standing::Due,
    }
}

/// What a turn brings to a session that may be older than its phone.
pub(super) fn brings(envelope: &Envelope, operator: &str, turn: &UssdInbound, rule: &SessionRule) -> Brings {
    let counted = envelope.radio.as_ref().and_then(|last| next(last.sequence(), turn.sequence, rule)) == Some(true);
    match (turn.event, judge(envelope, operator, turn, rule)) {
        (UssdEvent::Continue, Standing::Again | Standing::Past) => Brings::Next,
        (UssdEvent::Continue, Standing::Due) if counted => Brings::Next,
        (UssdEvent::Continue, Standing::Due | Standing::OutOfSequence) => Brings::Answer,
        (UssdEvent::Begin, _) => Brings::Begin,
        (
            UssdEvent::Continue | UssdEvent::Abort | UssdEvent::Timeout | UssdEvent::Notified,
            Standing::Stray | Standing::WrongOp | Standing::Revived,
        )
        | (
            UssdEvent::Abort | UssdEvent::Timeout | UssdEvent::Notified,
            Standing::Due | Standing::Again | Standing::Past | Standing::OutOfSequence,
        ) => Brings::Other,
    }
}

/// Whether a turn number is the one after the last; `None` where the operator's numbers say nothing. The count wraps.
fn next(last: Option<u64>, now: Option<u64>, rule: &SessionRule) -> Option<bool> {
    let (Some(last), Some(now)) = (last, now) else { return None };
    let width = rule.sequence_mask >> rule.sequence_mask.trailing_zeros().min(63);
    (rule.sequence_advance != 0).then(|| last.wrapping_add(rule.sequence_advance) & width == now)
}
