//! How an operator is spoken to: from a page of text to a submit_sm.

use crate::config::{Operator, Profile};
use dayaq_dialog::{Form, SMS_PARTS, Surface};
use dayaq_smpp::ShortMessage;
use dayaq_smpp::ussd::{UssdInbound, UssdReply, UssdWriteError};
use dayaq_text::{Alphabet, Budget};

/// Octets of a USSD screen.
const SCREEN_OCTETS: usize = 160;
/// Septets of a USSD screen.
const SCREEN_SEPTETS: usize = 182;
/// UCS-2 units of a USSD screen.
const SCREEN_UNITS: usize = 80;

/// An operator as the conversation knows it.
#[derive(Clone, Debug)]
pub struct Voice {
    /// The operator's name.
    pub name: String,
    /// How it speaks.
    pub profile: Profile,
    surface: Surface,
}

impl Voice {
    /// Works out what fits on this operator's screens.
    pub fn new(operator: &Operator) -> Self {
        let dialect = &operator.profile.dialect;
        let sizes = [
            (Alphabet::Gsm7, SCREEN_SEPTETS),
            (Alphabet::Ucs2, SCREEN_UNITS),
            (Alphabet::Latin1, SCREEN_OCTETS),
            (Alphabet::Ascii, SCREEN_OCTETS),
        ];
        let carried = sizes.into_iter().filter(|(alphabet, _)| dialect.data_codings.data_coding(*alphabet).is_some());
        let budgets: Vec<Budget> = carried.map(|(alphabet, units)| Budget { alphabet, units }).collect();
        let ucs2 = budgets.iter().any(|budget| budget.alphabet == Alphabet::Ucs2);
        let form = if ucs2 { operator.profile.form } else { Form::Plain };
        let surface = Surface { budgets, ..Surface::ussd(form) };
        Self { name: operator.name.clone(), profile: operator.profile.clone(), surface }
    }

    /// What fits on a screen, and in which letters.
    pub fn surface(&self) -> &Surface {
        &self.surface
    }

    /// What fits in the texts of a dialogue.
    pub(super) fn sms_surface(&self, form: Form) -> Surface {
        Surface::sms(form, SMS_PARTS)
    }

    /// The submit_sm that shows a page to the phone of this turn.
    pub(super) fn screen(&self, turn: &UssdInbound, text: &str, ends: bool) -> Result<ShortMessage, UssdWriteError> {
        let fits = |budget: &&Budget| dayaq_text::fits(text, **budget);
        let alphabet = self.surface.budgets.iter().find(fits).map_or(Alphabet::Ucs2, |budget| budget.alphabet);
        self.profile.dialect.write(&UssdReply {
            to: turn.from,
            from: turn.to,
            session: turn.session,
            text,
            alphabet,
            ends,
        })
    }
}
