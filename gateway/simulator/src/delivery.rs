//! A message on its way to an ESME.

use dayaq_smpp::{Address, CommandStatus, Instant, ShortMessage};
use dayaq_types::Msisdn;
use tokio::sync::oneshot;

/// Which ESMEs a message may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recipient {
    /// Those that serve this code.
    Code(String),
    /// Those of this account.
    Account(usize),
}

/// A message on its way to an ESME.
pub(crate) struct Delivery {
    /// Whose message it is, whichever way it goes.
    pub phone: Msisdn,
    pub to: Recipient,
    pub message: ShortMessage,
    pub purpose: Purpose,
    pub not_before: Instant,
    pub tries: u32,
    /// Somebody waits for its end.
    pub done: Option<oneshot::Sender<Result<(), CommandStatus>>>,
}

/// What a delivery is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A turn of this radio session; worth nothing once that is over.
    Turn(u64),
    /// The end of a radio session, a text, a receipt: delivered whatever happens.
    Always,
}

/// How a delivery ended on one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Answered, or nacked, with this status.
    Answered(CommandStatus),
    /// Not answered, or never sent.
    Unanswered,
}

impl Delivery {
    pub fn new(
        phone: Msisdn,
        to: Recipient,
        message: ShortMessage,
        purpose: Purpose,
        done: Option<oneshot::Sender<Result<(), CommandStatus>>>,
    ) -> Self {
        Self { phone, to, message, purpose, not_before: Instant::ZERO, tries: 0, done }
    }
}

/// A service code as an address: unknown type, the telephone numbering plan.
pub(crate) fn code_address(code: &str) -> Address {
    Address::new(0, 1, code).unwrap_or_default()
}

/// A phone number as an address: international, the telephone numbering plan.
pub(crate) fn address_of(phone: Msisdn) -> Address {
    Address::new(1, 1, phone.digits()).unwrap_or_default()
}
