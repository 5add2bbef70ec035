//! USSD over SMPP: many dialects of one idea, each of them data.

mod dial;
mod dialect;
mod read;
mod session;
#[cfg(test)]
mod tests;
mod write;

pub use dial::DialString;
pub use dialect::{
    CodeIn, DataCodings, Dial, Dialect, EndSignal, InboundOp, OutboundOps, PushOps, SessionRule, SessionSource, TonNpi,
    UCS2_WITH_LANGUAGE,
};
pub use session::{SessionInfo, SessionKey};

use dayaq_text::Alphabet;

use crate::message::Address;

/// What a subscriber or the network did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UssdEvent {
    /// A code was dialled: a new session.
    Begin,
    /// A screen was answered.
    Continue,
    /// The subscriber hung up.
    Abort,
    /// The network ended the session.
    Timeout,
    /// A notification that the service pushed was shown: USSN confirm.
    Notified,
}

/// One USSD turn from a phone. Its `Debug` hides text and addresses.
#[derive(Clone, PartialEq, Eq)]
pub struct UssdInbound {
    /// What happened.
    pub event: UssdEvent,
    /// Whose session it is, together with `from`: equal over its whole life.
    pub key: SessionKey,
    /// The session value as it came, for the reply.
    pub session: SessionInfo,
    /// The turn number, where the dialect has one.
    pub sequence: Option<u64>,
    /// The subscriber.
    pub from: Address,
    /// The address that the subscriber reached: the sender of the reply.
    pub to: Address,
    /// The service code without star and hash: `7142`. On later turns, what the operator sends again.
    pub code: String,
    /// On a begin what was dialled after the code (`2*3` of `*7142*2*3#`), else what was typed; or how it fails to be
    /// text.
    pub text: Result<String, dayaq_text::Undecodable>,
}

/// One screen for a phone.
#[derive(Clone, PartialEq, Eq)]
pub struct UssdReply<'a> {
    /// The subscriber: `from` of the turn.
    pub to: Address,
    /// `to` of the turn.
    pub from: Address,
    /// `session` of the turn.
    pub session: SessionInfo,
    /// What to show.
    pub text: &'a str,
    /// How to encode it.
    pub alphabet: Alphabet,
    /// The language of the text, two letters of ISO 639: `*b"az"`. Sent only where the dialect has a place for it.
    pub language: [u8; 2],
    /// Whether this screen is the last.
    pub ends: bool,
}

/// One turn of a phone, for the SMSC's side.
#[derive(Clone, PartialEq, Eq)]
pub struct UssdTurn<'a> {
    /// What happens.
    pub event: UssdEvent,
    /// The subscriber.
    pub from: Address,
    /// The service code's address.
    pub to: Address,
    /// Names the session.
    pub session: u64,
    /// Counts the turns from 0; 1 is the answer to a pushed menu.
    pub sequence: u64,
    /// On a begin the whole of what was dialled (`*7142#`), else what was typed.
    pub text: &'a str,
    /// How to encode it.
    pub alphabet: Alphabet,
}

/// One screen as the SMSC's side reads it.
#[derive(Clone, PartialEq, Eq)]
pub struct UssdScreen {
    /// Whose session it is.
    pub key: SessionKey,
    /// The session value as it came.
    pub session: SessionInfo,
    /// What it is, where the service speaks first. Where the op is that of any screen, only the SMSC knows whether
    /// the phone has a session to which it belongs.
    pub push: Option<Push>,
    /// Whether the session is over.
    pub ends: bool,
    /// What to show, or how it fails to be text.
    pub text: Result<String, dayaq_text::Undecodable>,
}

/// What the service pushes to a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Push {
    /// A message that is shown and closes the session.
    Notify,
    /// A screen that expects an answer.
    Menu,
}

/// Why a message is no turn of this dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UssdReadError {
    /// `ussd_service_op` is missing.
    #[error("ussd_service_op is missing")]
    NoOp,
    /// `ussd_service_op` came twice.
    #[error("ussd_service_op came more than once")]
    TwoOps,
    /// `ussd_service_op` has a value that the dialect does not map, or one that is no number.
    #[error("ussd_service_op {0:?} is not in the dialect")]
    UnknownOp(Option<u64>),
    /// The dialect asks for a session value and there is none.
    #[error("the session value is missing")]
    NoSession,
    /// The session value is empty or longer than this crate keeps.
    #[error("the session value has {0} octets")]
    BadSession(usize),
}

/// Why a reply cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UssdWriteError {
    /// The text has a character that the alphabet lacks.
    #[error("{0}")]
    Unencodable(#[from] dayaq_text::Unencodable),
    /// The text is longer than one screen.
    #[error("{units} units where a screen has {max}")]
    TooLong {
        /// The text's length.
        units: usize,
        /// The screen's.
        max: usize,
    },
    /// The dialect has no op for it.
    #[error("the dialect has no {0:?}")]
    NoPush(Push),
    /// The dialect has no data_coding for the alphabet.
    #[error("the dialect has no data_coding for {0:?}")]
    NoDataCoding(Alphabet),
    /// A value of the dialect or of the session is longer than its field.
    #[error("{0}")]
    Field(#[from] crate::TooLong),
}

impl std::fmt::Debug for UssdInbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UssdInbound")
            .field("event", &self.event)
            .field("sequence", &self.sequence)
            .field("text_ok", &self.text.is_ok())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for UssdReply<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UssdReply").field("alphabet", &self.alphabet).field("ends", &self.ends).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for UssdTurn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UssdTurn").field("event", &self.event).field("sequence", &self.sequence).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for UssdScreen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UssdScreen")
            .field("ends", &self.ends)
            .field("text_ok", &self.text.is_ok())
            .finish_non_exhaustive()
    }
}
