//! Faults on request: what an operator's SMSC can do wrong, and when. No I/O.
//!
//! A fault is written `NAME[=VALUE][,every=N][,times=N][,to=DIGITS][,after=N]`; [`Fault::names`] lists the names.

mod book;
mod name;
#[cfg(test)]
mod tests;

pub(crate) use book::{FaultBook, Lasting, Occasion, Standing};

use dayaq_smpp::CommandStatus;
use dayaq_smpp::receipt::MessageState;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What the SMSC does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Refuses a bind with a status.
    RefuseBind(CommandStatus),
    /// Never answers a bind.
    IgnoreBind,
    /// Refuses a submit_sm with a status.
    Refuse(CommandStatus),
    /// Answers a submit_sm with generic_nack; the message is not taken.
    Nack(CommandStatus),
    /// Takes a submit_sm and answers it later.
    LateResponse(Duration),
    /// Takes a submit_sm and never answers it.
    LoseResponse,
    /// Takes a submit_sm and answers it with another sequence_number.
    WrongSequence,
    /// Takes a submit_sm and answers it with another command_id.
    WrongCommand,
    /// Reports this state in a receipt, whatever became of the message.
    Receipt(MessageState),
    /// Never sends the receipt.
    LoseReceipt,
    /// Sends a deliver_sm twice, under two sequence numbers.
    DeliverTwice,
    /// Ends a deliver_sm with a parameter that claims more octets than there are.
    TruncateParameter,
    /// Never answers enquire_link.
    IgnoreEnquireLink,
    /// Ends the connection without a word.
    Cut,
    /// Ends the connection when so many octets have been sent, be it within a PDU.
    CutAtOctet(u64),
    /// Unbinds.
    Unbind,
    /// Sends a header with this command_length.
    Length(u32),
    /// Sends a request with this command_id.
    Command(u32),
    /// Neither reads nor writes, and keeps the connection.
    HalfOpen,
    /// Writes no more than so many octets a second.
    Slow(u32),
}

/// A fault: what goes wrong, and on which occasions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub deed: Deed,
    /// On every nth occasion; 1 is each.
    pub every: u32,
    /// How often at most; `None` is without end.
    pub times: Option<u32>,
    /// Only for phones whose number begins so; empty is all, and occasions that concern no phone.
    pub to: String,
    /// Only on a link on which at least so many PDUs have been sent.
    pub after: u64,
}

impl Fault {
    /// A fault on each occasion, or once where once is enough: after the first time a cut link is gone.
    pub fn new(deed: Deed) -> Self {
        let times = match deed {
            Deed::Cut | Deed::CutAtOctet(_) | Deed::Unbind | Deed::Length(_) | Deed::Command(_) => Some(1),
            Deed::RefuseBind(_)
            | Deed::IgnoreBind
            | Deed::Refuse(_)
            | Deed::Nack(_)
            | Deed::LateResponse(_)
            | Deed::LoseResponse
            | Deed::WrongSequence
            | Deed::WrongCommand
            | Deed::Receipt(_)
            | Deed::LoseReceipt
            | Deed::DeliverTwice
            | Deed::TruncateParameter
            | Deed::IgnoreEnquireLink
            | Deed::HalfOpen
            | Deed::Slow(_) => None,
        };
        Self { deed, every: 1, times, to: String::new(), after: 0 }
    }

    /// The names of all faults, each with its value (empty where it has none) and what it does.
    pub fn names() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        name::NAMES.iter().map(|name| (name.word, name.value, name.does))
    }
}

/// Why a text is no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FaultError(String);

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut parts = text.split(',');
        let first = parts.next().unwrap_or_default();
        let (word, value) = match first.split_once('=') {
            Some((word, value)) => (word, Some(value)),
            None => (first, None),
        };
        let mut fault = Self::new(name::deed(word.trim(), value.map(str::trim)).map_err(FaultError)?);
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let (key, value) = (key.trim(), value.trim());
            let count = || {
                let positive = value.parse::<u32>().ok().filter(|count| *count > 0);
                positive.ok_or_else(|| FaultError(format!("{key} must be a number from 1, found {value:?}")))
            };
            match key {
                "every" => fault.every = count()?,
                "times" => fault.times = Some(count()?),
                "after" => fault.after = count()?.into(),
                "to" if !value.is_empty() && value.bytes().all(|octet| octet.is_ascii_digit()) => {
                    fault.to = value.to_owned();
                }
                "to" => {
                    return Err(FaultError(format!("to must be the first digits of phone numbers, found {value:?}")));
                }
                _ => return Err(FaultError(format!("must be every, times, to or after, found {key:?}"))),
            }
        }
        Ok(fault)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, value) = name::of(self.deed);
        f.write_str(word)?;
        if let Some(value) = value {
            write!(f, "={value}")?;
        }
        if self.every > 1 {
            write!(f, ",every={}", self.every)?;
        }
        if let Some(times) = self.times {
            write!(f, ",times={times}")?;
        }
        if !self.to.is_empty() {
            write!(f, ",to={}", self.to)?;
        }
        if self.after > 0 {
            write!(f, ",after={}", self.after)?;
        }
        Ok(())
    }
}
