//! What each key of `[ussd]` allows by itself and all of them together do not.

use super::ALPHABETS;
use dayaq_author::Table;
use dayaq_smpp::ussd::{Dialect, EndSignal, SessionSource, UssdEvent};
use dayaq_text::Alphabet;

/// Reports every contradiction.
pub(super) fn check(table: &Table<'_>, dialect: &Dialect) {
    inbound(table, dialect);
    end(table, dialect);
    letters(table, dialect);
}

fn inbound(table: &Table<'_>, dialect: &Dialect) {
    let ops = &dialect.inbound_ops;
    for (at, one) in ops.iter().enumerate() {
        if ops[..at].iter().any(|other| other.op == one.op && other.event != one.event) {
            table.error("inbound_ops", format!("{} means two things", one.op));
        }
    }
    let says = |event| ops.iter().any(|op| op.event == event) || dialect.inbound_without_op == Some(event);
    if !says(UssdEvent::Begin) {
        table.error("inbound_ops", "nothing begins a session: begin");
    }
    if !says(UssdEvent::Continue) {
        table.error("inbound_ops", "nothing answers a screen: continue");
    }
    if has_no_bit(dialect)
        && let Some(given) = table.opt_table("inbound_ops").filter(|given| given.has("end_bit"))
    {
        given.error("end_bit", "the end bit is in the session value, and there is none: end_mask");
    }
}

fn end(table: &Table<'_>, dialect: &Dialect) {
    match dialect.end_signal {
        EndSignal::Bit | EndSignal::Both if has_no_bit(dialect) => {
            table.error("end", "the end bit is in the session value, and there is none: end = \"op\"");
        }
        EndSignal::Op | EndSignal::Both if dialect.outbound_ops.end.is_none() => {
            table.error("end", "outbound_ops.end says with which op");
        }
        EndSignal::Op if dialect.outbound_ops.end == dialect.outbound_ops.proceed => {
            table.error("outbound_ops", "the last screen has the op of any other, and nothing else marks it");
        }
        EndSignal::Op | EndSignal::Bit | EndSignal::Both => {}
    }
}

fn has_no_bit(dialect: &Dialect) -> bool {
    dialect.session.end_mask == 0 || dialect.session.source == SessionSource::MsisdnOnly
}

fn letters(table: &Table<'_>, dialect: &Dialect) {
    let codings = &dialect.data_codings;
    let key = if table.has("data_coding") { "data_coding" } else { "default_alphabet" };
    for (at, (alphabet, value)) in codings.outbound.iter().enumerate() {
        let also = codings.outbound[..at].iter().find(|(_, other)| other == value);
        if let Some((other, _)) = also {
            let (one, other) = (name(*other), name(*alphabet));
            table
                .error(key, format!("{one} and {other} both go out with {value}: the operator cannot tell them apart"));
        }
        // Of a value that is not known to come in the operator may mean what it likes.
        let known = *value == 0 || codings.inbound.iter().any(|(known, _)| known == value);
        let means = codings.alphabet(*value);
        if known && means != Some(*alphabet) {
            let (sent, means) = (name(*alphabet), means.map_or("no text", name));
            table.error(key, format!("{sent} goes out with data_coding {value}, which means {means}"));
        }
    }
    if dialect.language_prefix && codings.data_coding(Alphabet::Ucs2).is_none() {
        table.error("language_prefix", "is for UCS-2, and data_coding has no ucs-2");
    }
}

fn name(alphabet: Alphabet) -> &'static str {
    ALPHABETS.iter().find(|(_, known)| *known == alphabet).map_or("gsm-7", |(name, _)| name)
}
