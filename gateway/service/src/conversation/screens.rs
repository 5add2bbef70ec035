//! How an operator is spoken to: from a page of text to a submit_sm.

use super::carrier::Carrier;
use crate::config::{Operator, Profile};
use dayaq_author::{Diagnostic, Diagnostics};
use dayaq_dialog::{Book, Form, Language, SMS_PARTS, Surface};
use dayaq_smpp::ShortMessage;
use dayaq_smpp::ussd::{UssdInbound, UssdReply, UssdWriteError};
use dayaq_text::{Alphabet, Budget};
use std::ops::Deref;

/// The alphabets of a screen, narrow ones first: a page goes out in the first that carries it.
const ALPHABETS: [Alphabet; 4] = [Alphabet::Gsm7, Alphabet::Ucs2, Alphabet::Latin1, Alphabet::Ascii];

/// An operator as the conversation knows it.
#[derive(Clone, Debug)]
pub struct Voice {
    carrier: Carrier,
    /// How it speaks.
    pub profile: Profile,
}

/// An operator is a carrier of turns.
impl Deref for Voice {
    type Target = Carrier;

    fn deref(&self) -> &Carrier {
        &self.carrier
    }
}

impl Voice {
    /// Works out what fits on this operator's screens.
    pub fn new(operator: &Operator) -> Self {
        let carrier = Carrier {
            name: operator.name.clone(),
            texts: operator.name.clone(),
            reply_budget: operator.profile.reply_budget,
            surface: surface(&operator.profile),
        };
        Self { carrier, profile: operator.profile.clone() }
    }

    /// What fits in the texts of a dialogue.
    pub(super) fn sms_surface(&self, form: Form) -> Surface {
        Surface::sms(form, SMS_PARTS)
    }

    /// The submit_sm that shows a page to the phone of this turn.
    pub(super) fn screen(
        &self,
        turn: &UssdInbound,
        text: &str,
        language: Option<Language>,
        ends: bool,
    ) -> Result<ShortMessage, UssdWriteError> {
        let alphabet = self.alphabet(text);
        self.profile.dialect.write(&UssdReply {
            to: turn.from,
            from: turn.to,
            session: turn.session,
            text,
            alphabet,
            language: code_of(language),
            ends,
        })
    }

    /// The submit_sm with which the service begins a session: a menu, or a notification that `ends` by itself.
    pub(super) fn push(
        &self,
        begun: &UssdInbound,
        text: &str,
        language: Option<Language>,
        ends: bool,
    ) -> Result<ShortMessage, UssdWriteError> {
        self.profile.dialect.write_push(&UssdReply {
            to: begun.from,
            from: begun.to,
            session: begun.session,
            text,
            alphabet: self.alphabet(text),
            language: code_of(language),
            ends,
        })
    }

    /// The first alphabet of the network that carries a page; one that none carries is refused in writing.
    fn alphabet(&self, text: &str) -> Alphabet {
        let fits = |budget: &&Budget| dayaq_text::fits(text, **budget);
        self.surface().budgets.iter().find(fits).map_or(Alphabet::Ucs2, |budget| budget.alphabet)
    }
}

/// The two letters of ISO 639 that some networks put before a text.
fn code_of(language: Option<Language>) -> [u8; 2] {
    match language.unwrap_or(Language::Az) {
        Language::Az => *b"az",
        Language::Ru => *b"ru",
        Language::En => *b"en",
    }
}

/// What fits on the screens of an operator's network.
pub fn surface(profile: &Profile) -> Surface {
    let dialect = &profile.dialect;
    let carried = ALPHABETS.into_iter().filter(|alphabet| dialect.data_codings.data_coding(*alphabet).is_some());
    let budgets: Vec<Budget> = carried.map(|alphabet| dialect.screen(alphabet)).collect();
    let ucs2 = budgets.iter().any(|budget| budget.alphabet == Alphabet::Ucs2);
    let form = if ucs2 { profile.form } else { Form::Plain };
    Surface { budgets, ..Surface::ussd(form) }
}

/// Proves that the screens of a book fit those of an operator, in its letters and in plain ones, where its screens are
/// not the standard's; each finding names the operator.
pub fn prove_on(book: &Book, profile: &Profile, name: &str) -> Diagnostics {
    prove_surface(book, &surface(profile), name)
}

/// The same for screens of that size, an operator's or an aggregator's.
pub fn prove_surface(book: &Book, own: &Surface, name: &str) -> Diagnostics {
    let found = Diagnostics::new();
    let standard = Surface::ussd(own.form);
    if standard.budgets.iter().all(|budget| own.budgets.contains(budget)) {
        return found;
    }
    let plain = Surface { form: Form::Plain, ..own.clone() };
    for surface in std::iter::once(own).chain((own.form != Form::Plain).then_some(&plain)) {
        for finding in book.prove_on(surface).sorted() {
            let message = format!("{}; by the screens of {name}", finding.message);
            found.push(Diagnostic { message, ..finding });
        }
    }
    found
}
