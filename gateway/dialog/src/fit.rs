//! The proof that every screen fits: each question under each complaint, in every language and form, with the widest
//! that its text may speak of.
//!
//! A wording for SMS is proven likewise, in the parts that a reply may take. The screens are built by the same code that serves them, from sessions made up for the purpose, so that what is
//! proven is what a phone is shown.

mod desk;
mod notice;
mod pattern;
mod scene;
mod widest;

use std::collections::BTreeSet;

use dayaq_author::{Diagnostics, Place};
use dayaq_text::{Alphabet, Budget, measure};

use crate::value::{Arg, Kind, Record};
use crate::{Book, Form, Language, SMS_PARTS, Surface};
use desk::Desk;
use widest::Widest;

/// Tells what the check has proven to fit, and how tightly.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// Screens with distinct arguments, each proven in its pages.
    pub screens: usize,
    /// Notices, each in every language and form.
    pub notices: usize,
    /// For every text of a screen of one page, its fullest page; the fullest come first.
    pub rooms: Vec<Room>,
}

/// Tells how full the fullest page of a text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The text, and the line above it.
    pub text: String,
    pub language: Language,
    pub form: Form,
    pub units: usize,
    pub budget: Budget,
}

impl Room {
    /// Gives the share of the screen that is taken, in thousandths.
    pub fn filled(&self) -> usize {
        self.units * 1000 / self.budget.units
    }

    /// Gives the units that are left.
    pub fn left(&self) -> usize {
        self.budget.units.saturating_sub(self.units)
    }
}

/// Proves every screen and notice of a book; what does not fit goes to the diagnostics.
pub(crate) fn prove(book: &Book, diagnostics: &Diagnostics) -> Proof {
    check_told(book, diagnostics);
    notice::check_names(book, diagnostics);
    let mut proof = Proof::default();
    for language in Language::ALL {
        for form in [Form::Proper, Form::Plain] {
            let widest = Widest::new(book, language, form);
            let (screens, rooms) = Desk::new(&widest, &book.certainty, &Surface::ussd(form)).prove(diagnostics);
            let (replies, _) = Desk::new(&widest, &book.certainty, &Surface::sms(form, SMS_PARTS)).prove(diagnostics);
            proof.screens += screens + replies;
            proof.rooms.extend(rooms);
            proof.notices += notice::prove(&widest, diagnostics);
        }
    }
    proof.rooms.sort_by_key(|room| (std::cmp::Reverse(room.filled()), room.text.clone()));
    proof
}

/// Proves the screens of a book on another surface than the standard's, in every language.
pub(crate) fn prove_on(book: &Book, surface: &Surface) -> Diagnostics {
    let found = Diagnostics::new();
    for language in Language::ALL {
        let widest = Widest::new(book, language, surface.form);
        Desk::new(&widest, &book.certainty, surface).prove(&found);
    }
    found
}

/// Reports texts of the core whose width nobody has said, and widths of what the core never tells.
fn check_told(book: &Book, diagnostics: &Diagnostics) {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let outcomes = book.catalogue.operations.iter().flat_map(|operation| &operation.outcomes);
    let args = outcomes.flat_map(|outcome| &outcome.args).chain(book.notices.values().flat_map(|notice| &notice.args));
    let mut work: Vec<&Arg> = args.collect();
    while let Some(arg) = work.pop() {
        match &arg.kind {
            Kind::Text => drop(told.insert(&arg.name)),
            Kind::Phrases(known) => work.extend(known.values().flatten()),
            Kind::Record(fields) | Kind::Records(fields) => work.extend(fields),
            Kind::Number
            | Kind::Flag
            | Kind::Money
            | Kind::Date
            | Kind::Item(_)
            | Kind::Choice(_)
            | Kind::Term { .. } => {}
        }
    }
    let given = &book.shared.widest;
    for name in told.iter().filter(|name| !given.contains_key(**name)) {
        let place = book.shared.place.clone().unwrap_or_else(|| Place::file("dialogs"));
        let message = format!("[widest] says no {name}: write a text as wide as the core tells under that name");
        diagnostics.push(place.error(message));
    }
    for (name, (_, place)) in given.iter().filter(|(name, _)| !told.contains(name.as_str())) {
        let near = dayaq_author::closest(name, told.iter().copied());
        let hint = near.map(|near| format!(", did you mean {near:?}?")).unwrap_or_default();
        diagnostics.push(place.error(format!("the core tells no text called {name:?}{hint}")));
    }
}

/// Names the argument of a message that takes the most, where it takes enough to matter, and where its words stand.
fn longest_argument<'k>(
    widest: &Widest<'_>,
    message: &str,
    kinds: impl Iterator<Item = (&'k String, &'k Kind)>,
    values: &Record,
) -> String {
    let spoken = kinds.filter(|(name, _)| widest.book.texts.speaks_of(widest.language, message, name));
    let measured = spoken.map(|(name, kind)| {
        let value = values.get(name);
        let units = widest.width(&widest.shown(name, kind, value));
        let place = match value {
            Some(value) => widest.source(name, kind, value),
            None => widest.book.texts.found(widest.language, "shell-none", None),
        };
        (units, name, place)
    });
    let Some((units, name, place)) = measured.max_by_key(|(units, _, _)| *units).filter(|(units, _, _)| *units > 10)
    else {
        return String::new();
    };
    let place = place.map(|place| format!(" ({})", at(&place))).unwrap_or_default();
    format!("; ${name} may take {units}{place}")
}

/// Gives file and line of a place, for a message that points at a second one.
fn at(place: &Place) -> String {
    format!("{}:{}", place.path, place.position.line)
}

/// Measures a page in the alphabet it goes out in, and gives the room it has there.
fn measured(page: &str, surface: &Surface) -> (usize, Budget) {
    let (alphabet, units) = match measure(page, Alphabet::Gsm7) {
        Ok(count) => (Alphabet::Gsm7, count.units),
        Err(_) => (Alphabet::Ucs2, page.encode_utf16().count()),
    };
    let budget = surface.budgets.iter().find(|budget| budget.alphabet == alphabet).copied();
    (units, budget.unwrap_or(Budget::ussd(alphabet)))
}

fn unit_name(alphabet: Alphabet) -> &'static str {
    match alphabet {
        Alphabet::Gsm7 => "septets",
        Alphabet::Ucs2 => "UCS-2 units",
        Alphabet::Latin1 | Alphabet::Ascii => "octets",
    }
}

fn form_name(form: Form) -> &'static str {
    match form {
        Form::Proper => "proper",
        Form::Plain => "plain",
    }
}
