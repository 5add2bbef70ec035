//! What a page hears.

use super::pdu::PduView;
use crate::inbox::Sms;
use crate::phone::{HandsetError, Screen};
use dayaq_text::{Alphabet, Budget};
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use serde::Serialize;

/// One thing that happened to a phone.
#[derive(Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub(super) enum Event {
    /// Whether a gateway is bound: without, there is no service.
    Network { bound: bool },
    /// A code was dialled.
    Dialled { code: String },
    /// A screen came.
    Screen(ScreenView),
    /// The session is over without a last screen.
    Ended { by: Ender },
    /// No screen came; `open` tells whether the session goes on all the same.
    Fault { why: &'static str, open: bool },
    /// A text came.
    Sms(SmsView),
    /// A text of this phone was taken.
    Sent { text: String, at: String },
    /// A PDU that concerns this phone went over the wire.
    Pdu(Box<PduView>),
}

/// Who ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Ender {
    /// The subscriber hung up.
    Phone,
    /// The network lost patience.
    Network,
}

/// A screen, and the room that it was counted against.
#[derive(Serialize)]
pub(super) struct ScreenView {
    text: String,
    /// Whether an answer is expected.
    pub more: bool,
    alphabet: &'static str,
    units: usize,
    room: usize,
}

/// A text, with its price in segments.
#[derive(Serialize)]
pub(super) struct SmsView {
    from: String,
    text: String,
    alphabet: &'static str,
    units: usize,
    segments: usize,
    at: String,
}

impl From<Screen> for ScreenView {
    fn from(screen: Screen) -> Self {
        let room = Budget::ussd(screen.alphabet).units;
        let alphabet = name(screen.alphabet);
        Self { text: screen.text, more: screen.more, alphabet, units: screen.units, room }
    }
}

impl SmsView {
    pub fn new(sms: &Sms, at: Timestamp) -> Self {
        Self {
            from: sms.from.clone(),
            text: sms.text.clone(),
            alphabet: name(sms.alphabet),
            units: sms.units,
            segments: sms.segments,
            at: in_baku(at),
        }
    }
}

/// The name by which a page knows what went wrong.
pub(super) const fn fault(error: HandsetError) -> &'static str {
    match error {
        HandsetError::NoService => "no-service",
        HandsetError::UnknownCode => "unknown-code",
        HandsetError::Refused(_) => "refused",
        HandsetError::NoAnswer => "no-answer",
        HandsetError::SessionOver => "session-over",
        HandsetError::NoText => "no-text",
        HandsetError::Unsendable => "unsendable",
        HandsetError::TurnedAway(_) => "turned-away",
        HandsetError::NotUnderstood => "not-understood",
        HandsetError::Overloaded => "overloaded",
    }
}

pub(super) const fn name(alphabet: Alphabet) -> &'static str {
    match alphabet {
        Alphabet::Gsm7 => "GSM-7",
        Alphabet::Ucs2 => "UCS-2",
        Alphabet::Latin1 => "Latin-1",
        Alphabet::Ascii => "ASCII",
    }
}

/// The time in Baku, which has had one offset since 2016: `2026-11-23T09:00:00.000`.
pub(super) fn in_baku(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(offset(4))).strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string()
}
