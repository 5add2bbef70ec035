//! By which way a turn came, and how its reply goes back.

use super::Voice;
use super::envelope::Shown;
use crate::link::Arrival;
use dayaq_dialog::Surface;
use dayaq_smpp::ussd::UssdInbound;
use std::sync::Mutex;

/// How a turn came, and how its reply goes back.
pub(super) enum Way<'t> {
    /// By this input of a radio session.
    Ussd(Line<'t>, &'t UssdInbound),
    /// By nothing: the service begins this radio session, and its first screen is pushed.
    Push(Line<'t>, &'t UssdInbound),
    /// By a text; the turn's reply is in the envelope.
    Sms { line: Line<'t>, surface: Surface },
    /// By an aggregator's call; the screen is left for its answer.
    Call(&'t Answer),
}

impl Way<'_> {
    /// Whether what is sent back leaves at once.
    pub fn stands(&self) -> bool {
        match self {
            Self::Ussd(line, _) | Self::Push(line, _) => line.arrival.bind.is_bound(),
            // A text is kept until it goes out, and an answer goes back over the connection that waits for it.
            Self::Sms { .. } | Self::Call(_) => true,
        }
    }
}

/// The line to an operator, and what came over it.
#[derive(Clone, Copy)]
pub(super) struct Line<'t> {
    pub arrival: &'t Arrival,
    pub voice: &'t Voice,
    /// Whether this input came before, and its screen is sent once more.
    pub again: bool,
}

/// Where the screen of a call is left.
#[derive(Default)]
pub(super) struct Answer(Mutex<Option<Shown>>);

impl Answer {
    /// The screen, once the turn has been taken; `None` where the phone is shown nothing.
    pub fn take(&self) -> Option<Shown> {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).take()
    }

    /// Leaves it; of several, the last.
    pub fn leave(&self, shown: &Shown) {
        *self.0.lock().unwrap_or_else(|e| e.into_inner()) = Some(shown.clone());
    }
}
