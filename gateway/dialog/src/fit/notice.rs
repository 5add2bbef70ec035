//! The proof that no notice costs more parts than its author allows.

use std::collections::BTreeMap;

use dayaq_author::{Diagnostics, Place};
use dayaq_text::{Reference, best_alphabet, split};

use super::widest::Widest;
use crate::sources::NoticeSpec;
use crate::value::{Arg, Record};
use crate::words::FLASH;
use crate::{Book, Surface, render_flash, render_notice};

/// The parts that a notice may take unless `[segments]` says otherwise; each part is paid for.
const PARTS_MAX: usize = 4;

/// Proves every notice in one language and form, and tells how many there are.
pub(super) fn prove(widest: &Widest<'_>, diagnostics: &Diagnostics) -> usize {
    let book = widest.book;
    for notice in book.notices.values() {
        let most = book.shared.segments.get(&notice.key).map_or(PARTS_MAX, |(most, _)| *most);
        let parts = records(widest, notice).iter().map(|args| parts(widest, notice, args)).max().unwrap_or(0);
        if parts > most {
            let id = format!("notice-{}", notice.key);
            let place = book.texts.found(widest.language, &id, None).unwrap_or_else(|| Place::file("locales"));
            let (language, form) = (widest.language.code(), super::form_name(widest.form));
            let longest = longest(widest, notice);
            let message =
                format!("{id} takes {parts} parts by SMS in {language}, {form} form; {most} are allowed{longest}");
            diagnostics.push(place.error(message));
        }
        prove_flash(widest, notice, diagnostics);
    }
    book.notices.len()
}

/// Proves that a notice's wording for a screen fits one, where it has such a wording.
fn prove_flash(widest: &Widest<'_>, notice: &NoticeSpec, diagnostics: &Diagnostics) {
    let (book, surface) = (widest.book, Surface::ussd(widest.form));
    for args in records(widest, notice) {
        let text = render_flash(book, &notice.key, &args, widest.language, widest.form);
        let Ok(Some(text)) = text else { return };
        let (units, budget) = super::measured(&text, &surface);
        if units > budget.units {
            let id = format!("notice-{}", notice.key);
            let place = book.texts.found(widest.language, &id, Some(FLASH)).unwrap_or_else(|| Place::file("locales"));
            let (language, form) = (widest.language.code(), super::form_name(widest.form));
            let (most, unit) = (budget.units, super::unit_name(budget.alphabet));
            let message =
                format!("{id}.{FLASH} takes {units} of the {most} {unit} of a screen in {language}, {form} form");
            diagnostics.push(place.error(message));
            return;
        }
    }
}

/// Reports numbers of parts for notices that do not exist.
pub(super) fn check_names(book: &Book, diagnostics: &Diagnostics) {
    for (key, (_, place)) in &book.shared.segments {
        if !book.notices.contains_key(key) {
            let near = dayaq_author::closest(key, book.notices.keys().map(String::as_str));
            let hint = near.map(|near| format!(", did you mean {near:?}?")).unwrap_or_default();
            diagnostics.push(place.error(format!("there is no notice {key:?}{hint}")));
        }
    }
}

fn records(widest: &Widest<'_>, notice: &NoticeSpec) -> Vec<Record> {
    let base = widest.record(&notice.args);
    let mut all = vec![base.clone()];
    for Arg { name, kind, required } in &notice.args {
        for other in widest.choices(name, kind, !required).others {
            let mut record: BTreeMap<_, _> = base.clone();
            match other {
                Some(value) => drop(record.insert(name.clone(), value)),
                None => drop(record.remove(name)),
            }
            all.push(record);
        }
    }
    all
}

/// Counts the parts; a text that is missing takes none, and has been reported as missing.
fn parts(widest: &Widest<'_>, notice: &NoticeSpec, args: &Record) -> usize {
    let text = render_notice(widest.book, &notice.key, args, widest.language, widest.form).unwrap_or_default();
    split(&text, best_alphabet(&text), Reference::Bits8).map_or(usize::MAX, |parts| parts.len())
}

fn longest(widest: &Widest<'_>, notice: &NoticeSpec) -> String {
    let kinds = notice.args.iter().map(|arg| (&arg.name, &arg.kind));
    super::longest_argument(widest, &format!("notice-{}", notice.key), kinds, &widest.record(&notice.args))
}
