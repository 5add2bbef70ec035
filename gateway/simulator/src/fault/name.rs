//! What faults are called.

use super::Deed;
use dayaq_smpp::CommandStatus;
use dayaq_smpp::receipt::MessageState;
use std::time::Duration;

/// A name with its value and its meaning, for people.
pub(super) struct Name {
    pub word: &'static str,
    pub value: &'static str,
    pub does: &'static str,
}

const fn name(word: &'static str, value: &'static str, does: &'static str) -> Name {
    Name { word, value, does }
}

/// Every name.
pub(super) const NAMES: [Name; 20] = [
    name("bind-status", "STATUS", "refuses a bind"),
    name("bind-silent", "", "never answers a bind"),
    name("status", "STATUS", "refuses a submit_sm"),
    name("nack", "[STATUS]", "answers a submit_sm with generic_nack (RINVCMDID)"),
    name("response-late", "MS", "answers a submit_sm so many milliseconds later"),
    name("response-lost", "", "takes a submit_sm and never answers it"),
    name("response-sequence", "", "answers a submit_sm with another sequence_number"),
    name("response-command", "", "answers a submit_sm with deliver_sm_resp"),
    name("receipt", "STATE", "reports this state, such as UNDELIV, in a receipt"),
    name("receipt-lost", "", "never sends a receipt"),
    name("deliver-twice", "", "sends a deliver_sm twice"),
    name("deliver-parameter", "", "ends a deliver_sm with a parameter longer than the PDU"),
    name("enquire-link-silent", "", "never answers enquire_link"),
    name("cut", "", "ends the connection after a PDU"),
    name("cut-octets", "N", "ends the connection after N octets, be it within a PDU"),
    name("unbind", "", "unbinds after a PDU"),
    name("length", "N", "sends a header with this command_length, such as 0, 15 or 4294967295"),
    name("command", "[ID]", "sends a request with an unknown command_id (0x0000FFFF)"),
    name("half-open", "", "stops reading and writing, and keeps the connection"),
    name("slow", "[OCTETS]", "writes so many octets a second (1)"),
];

/// The command_id of a request that no version of SMPP knows.
const UNKNOWN_COMMAND: u32 = 0x0000_FFFF;
/// The fastest that slow may be, in octets a second.
const SLOW_MAX: u32 = 1_000_000;

/// The deed of that name.
pub(super) fn deed(word: &str, value: Option<&str>) -> Result<Deed, String> {
    let known = NAMES.iter().find(|name| name.word == word);
    let known = known.ok_or_else(|| match dayaq_author::closest(word, NAMES.iter().map(|name| name.word)) {
        Some(close) => format!("there is no fault {word:?}, did you mean {close:?}?"),
        None => format!("there is no fault {word:?}; there are {}", NAMES.map(|name| name.word).join(", ")),
    })?;
    match (known.value, value) {
        ("", Some(_)) => return Err(format!("{word} takes no value")),
        (wanted, None) if !wanted.is_empty() && !wanted.starts_with('[') => {
            return Err(format!("{word} needs a value: {word}={wanted}"));
        }
        _ => {}
    }
    let text = value.unwrap_or_default();
    Ok(match word {
        "bind-status" => Deed::RefuseBind(status(text)?),
        "bind-silent" => Deed::IgnoreBind,
        "status" => Deed::Refuse(status(text)?),
        "nack" => Deed::Nack(value.map_or(Ok(CommandStatus::RINVCMDID), status)?),
        "response-late" => Deed::LateResponse(Duration::from_millis(number(text)?.into())),
        "response-lost" => Deed::LoseResponse,
        "response-sequence" => Deed::WrongSequence,
        "response-command" => Deed::WrongCommand,
        "receipt" => Deed::Receipt(state(text)?),
        "receipt-lost" => Deed::LoseReceipt,
        "deliver-twice" => Deed::DeliverTwice,
        "deliver-parameter" => Deed::TruncateParameter,
        "enquire-link-silent" => Deed::IgnoreEnquireLink,
        "cut" => Deed::Cut,
        "cut-octets" => Deed::CutAtOctet(number(text)?.into()),
        "unbind" => Deed::Unbind,
        "length" => Deed::Length(number(text)?),
        "command" => Deed::Command(value.map_or(Ok(UNKNOWN_COMMAND), number)?),
        "half-open" => Deed::HalfOpen,
        _ => match value.map_or(Ok(1), number)? {
            rate @ 1..=SLOW_MAX => Deed::Slow(rate),
            rate => return Err(format!("slow must be 1 to {SLOW_MAX} octets a second, found {rate}")),
        },
    })
}

/// The name and the value of a deed.
pub(super) fn of(deed: Deed) -> (&'static str, Option<String>) {
    let status = |status: CommandStatus| Some(status.name().map_or_else(|| format!("{:#x}", status.0), str::to_owned));
    match deed {
        Deed::RefuseBind(with) => ("bind-status", status(with)),
        Deed::IgnoreBind => ("bind-silent", None),
        Deed::Refuse(with) => ("status", status(with)),
        Deed::Nack(with) => ("nack", status(with)),
        Deed::LateResponse(by) => ("response-late", Some(by.as_millis().to_string())),
        Deed::LoseResponse => ("response-lost", None),
        Deed::WrongSequence => ("response-sequence", None),
        Deed::WrongCommand => ("response-command", None),
        Deed::Receipt(state) => ("receipt", Some(state.word().to_owned())),
        Deed::LoseReceipt => ("receipt-lost", None),
        Deed::DeliverTwice => ("deliver-twice", None),
        Deed::TruncateParameter => ("deliver-parameter", None),
        Deed::IgnoreEnquireLink => ("enquire-link-silent", None),
        Deed::Cut => ("cut", None),
        Deed::CutAtOctet(at) => ("cut-octets", Some(at.to_string())),
        Deed::Unbind => ("unbind", None),
        Deed::Length(length) => ("length", Some(length.to_string())),
        Deed::Command(id) => ("command", Some(format!("{id:#010x}"))),
        Deed::HalfOpen => ("half-open", None),
        Deed::Slow(rate) => ("slow", Some(rate.to_string())),
    }
}

/// The greatest status that has a name.
const NAMED_MAX: u32 = 0xFF;

/// A status by its name, with or without ESME_, or by its number.
fn status(text: &str) -> Result<CommandStatus, String> {
    let bare = text.strip_prefix("ESME_").unwrap_or(text);
    let named = (1..=NAMED_MAX).map(CommandStatus).find(|status| status.name() == Some(bare));
    let found = named.or_else(|| number(text).ok().map(CommandStatus)).filter(|status| !status.is_ok());
    found.ok_or_else(|| format!("must be a status such as RTHROTTLED or 0x58, found {text:?}"))
}

fn state(text: &str) -> Result<MessageState, String> {
    let states = || (0..=9).filter_map(MessageState::from_value);
    states().find(|state| state.word() == text).ok_or_else(|| {
        let words: Vec<&str> = states().map(MessageState::word).collect();
        format!("must be one of {}, found {text:?}", words.join(", "))
    })
}

/// A number in decimal or, after 0x, hexadecimal digits.
fn number(text: &str) -> Result<u32, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    parsed.ok_or_else(|| format!("must be a number from 0 to {}, found {text:?}", u32::MAX))
}
