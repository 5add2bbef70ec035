//! What the network knows of one phone.

use crate::inbox::Inbox;
use dayaq_smpp::CommandStatus;
use dayaq_smpp::ussd::SessionInfo;
use dayaq_text::Alphabet;
use std::collections::VecDeque;
use std::fmt;
use tokio::sync::oneshot;

/// What a phone shows. Its `Debug` hides the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Screen {
    /// The text.
    pub text: String,
    /// Whether an answer is expected; without, the session is over.
    pub more: bool,
    /// How it was encoded.
    pub alphabet: Alphabet,
    /// Its length in units of that alphabet.
    pub units: usize,
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screen").field("more", &self.more).field("units", &self.units).finish_non_exhaustive()
    }
}

/// Why a phone shows no screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandsetError {
    /// Nobody is bound for messages both ways.
    #[error("no service: nothing is bound to the operator")]
    NoService,
    /// The code dialled is not ours.
    #[error("the network knows no such code")]
    UnknownCode,
    /// The ESME refused the turn, or it was given up.
    #[error("the network said no: {0}")]
    Refused(CommandStatus),
    /// No screen came in time; the network has ended the session.
    #[error("no answer in time")]
    NoAnswer,
    /// There is no session, or it ended meanwhile.
    #[error("the session is over")]
    SessionOver,
    /// No text came in time.
    #[error("no text in time")]
    NoText,
    /// What was typed cannot be sent: too long, or no alphabet for it.
    #[error("this cannot be sent")]
    Unsendable,
    /// The service answered an aggregator with this HTTP status in place of a screen.
    #[error("the service turned the aggregator away: {0}")]
    TurnedAway(u16),
    /// The service answered an aggregator with something that is no screen, or one that it cannot carry.
    #[error("the aggregator did not understand the answer")]
    NotUnderstood,
    /// Too many messages wait for the ESME.
    #[error("the network is overloaded")]
    Overloaded,
}

/// A phone's answer slot.
pub(crate) type Answer = oneshot::Sender<Result<Screen, HandsetError>>;

/// One phone.
#[derive(Default)]
pub(crate) struct Phone {
    pub radio: Option<Radio>,
    /// What the ESME has pushed and nobody has looked at.
    pub pushed: VecDeque<Screen>,
    pub inbox: Inbox,
    /// Switched off: texts wait.
    pub off: bool,
}

/// A radio session.
pub(crate) struct Radio {
    /// Names it, together with the phone.
    pub session: u64,
    /// The service code that was dialled.
    pub code: String,
    /// The session value of the turn that was last delivered.
    pub said: SessionInfo,
    /// The turn that was last delivered, counted from 0.
    pub sequence: u64,
    /// Somebody waits for the screen of that turn.
    pub waiting: Option<Answer>,
}
