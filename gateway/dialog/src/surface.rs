use dayaq_text::{Alphabet, Budget};

use crate::{Channel, Form};

/// The parts that a text of a dialogue may take; what is longer goes on at the key for the next page.
pub const SMS_PARTS: usize = 3;

/// Says how much text reaches the phone at once, and in which letters.
///
/// A page is good when it fits one of the budgets, so that English goes out in 182 septets where Azerbaijani needs 80 units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surface {
    pub channel: Channel,
    pub form: Form,
    pub budgets: Vec<Budget>,
}

impl Surface {
    /// Gives the screen of the standard: 160 octets, which are 182 septets or 80 UCS-2 units.
    pub fn ussd(form: Form) -> Self {
        let budgets = vec![Budget::ussd(Alphabet::Gsm7), Budget::ussd(Alphabet::Ucs2)];
        Surface { channel: Channel::Ussd, form, budgets }
    }

    /// Gives a series of short messages: 160 septets or 70 units in one, 153 or 67 in each of several.
    pub fn sms(form: Form, parts: usize) -> Self {
        let units = |alone: usize, each: usize| if parts <= 1 { alone } else { each * parts };
        let budgets = vec![
            Budget { alphabet: Alphabet::Gsm7, units: units(160, 153) },
            Budget { alphabet: Alphabet::Ucs2, units: units(70, 67) },
        ];
        Surface { channel: Channel::Sms, form, budgets }
    }

    pub(crate) fn fits(&self, text: &str) -> bool {
        self.budgets.iter().any(|budget| dayaq_text::fits(text, *budget))
    }
}
