//! Between the core's values and the dialogue engine's: neither crate knows the other.

use dayaq_core_api::{self as core_api, Args, catalogue, sums};
use dayaq_dialog as dialog;
use dayaq_types::{Language, Money};
use std::collections::BTreeSet;

/// What a dialogue hands over, as the core takes it.
pub fn to_core(record: &dialog::Record) -> Args {
    record.iter().filter_map(|(name, value)| Some((name.clone(), value_to_core(value)?))).collect()
}

fn value_to_core(value: &dialog::Value) -> Option<core_api::Value> {
    use core_api::Value;
    Some(match value {
        dialog::Value::Text(text) | dialog::Value::Term(text) => Value::Text(text.clone()),
        dialog::Value::Option { name, .. } => Value::Text(name.clone()),
        dialog::Value::Number(number) => match u32::try_from(*number) {
            Ok(count) => Value::Count(count),
            Err(_) => Value::Text(number.to_string()),
        },
        dialog::Value::Flag(flag) => Value::Flag(*flag),
        dialog::Value::Money(qepik) => Value::Money(Money::from_qepik(*qepik)),
        dialog::Value::Date(date) => Value::Date(*date),
        dialog::Value::Item { list, id } => Value::Item { list: list.clone(), id: id.clone() },
        dialog::Value::Records(items) => Value::Group(items.iter().map(to_core).collect()),
        dialog::Value::Record(item) => Value::Group(vec![to_core(item)]),
        dialog::Value::Phrases(terms) => Value::Terms(
            terms.iter().map(|term| core_api::Term { key: term.key.clone(), args: to_core(&term.args) }).collect(),
        ),
    })
}

/// What the core tells, as a dialogue or a notice shows it.
pub fn from_core(args: &Args) -> dialog::Record {
    args.iter().map(|(name, value)| (name.clone(), value_from_core(value))).collect()
}

fn value_from_core(value: &core_api::Value) -> dialog::Value {
    use core_api::Value;
    match value {
        Value::Text(text) => dialog::Value::Text(text.clone()),
        Value::Count(count) => dialog::Value::Number(i64::from(*count)),
        Value::Money(money) => dialog::Value::Money(money.qepik()),
        Value::Date(date) => dialog::Value::Date(*date),
        Value::Flag(flag) => dialog::Value::Flag(*flag),
        Value::Item { list, id } => dialog::Value::Item { list: list.clone(), id: id.clone() },
        Value::Group(items) => dialog::Value::Records(items.iter().map(from_core).collect()),
        Value::Terms(terms) => dialog::Value::Phrases(
            terms.iter().map(|term| dialog::Phrase { key: term.key.clone(), args: from_core(&term.args) }).collect(),
        ),
    }
}

/// The language, as the engine names it.
pub const fn to_dialog_language(language: Language) -> dialog::Language {
    match language {
        Language::Az => dialog::Language::Az,
        Language::Ru => dialog::Language::Ru,
        Language::En => dialog::Language::En,
    }
}

/// The language, as everybody else names it.
pub const fn from_dialog_language(language: dialog::Language) -> Language {
    match language {
        dialog::Language::Az => Language::Az,
        dialog::Language::Ru => Language::Ru,
        dialog::Language::En => Language::En,
    }
}

/// The core's catalogue, as the engine's checker takes it.
pub fn catalogue() -> dialog::Catalogue {
    let operations = catalogue::OPERATIONS
        .iter()
        .map(|operation| dialog::Operation {
            name: operation.name.to_owned(),
            writes: operation.writes,
            args: arguments(operation.args),
            outcomes: operation
                .outcomes
                .iter()
                .map(|(name, args)| dialog::OutcomeSpec { name: (*name).to_owned(), args: arguments(args) })
                .collect(),
        })
        .collect();
    dialog::Catalogue { operations }
}

/// The core's notices and the gateway's own, as the engine's checker takes them.
pub fn notices() -> Vec<dialog::NoticeSpec> {
    let core = catalogue::NOTICES
        .iter()
        .map(|words| dialog::NoticeSpec { key: words.key.to_owned(), args: arguments(words.args) });
    let already = vec![
        dialog::Arg::required("reference", dialog::Kind::Text),
        dialog::Arg::required("registered-on", dialog::Kind::Date),
    ];
    let own = [(NOT_REGISTERED, Vec::new()), (NUMBER_NOT_TAKEN, Vec::new()), (ALREADY, already)];
    core.chain(own.map(|(key, args)| dialog::NoticeSpec { key: key.to_owned(), args })).collect()
}

/// The lines of a sum, as the engine's checker takes them.
pub fn lines() -> Vec<dialog::NoticeSpec> {
    let specs = sums::LINES.iter();
    specs.map(|words| dialog::NoticeSpec { key: words.key.to_owned(), args: arguments(words.args) }).collect()
}

/// The gateway's own notice: what was recorded could not be handed in after all.
pub const NOT_REGISTERED: &str = "not-registered";

/// The gateway's own notice: the notarised application's number that was recorded could not be given after all.
pub const NUMBER_NOT_TAKEN: &str = "number-not-taken";

/// The gateway's own notice that a recorded call of this operation came to nothing.
pub fn not_done(operation: &str) -> &'static str {
    if operation == "complete" { NUMBER_NOT_TAKEN } else { NOT_REGISTERED }
}

/// The gateway's own notice: what was recorded turned out to be there already, under this number. The name is that
/// of the outcome.
pub const ALREADY: &str = "already";

fn arguments(args: &[catalogue::Arg]) -> Vec<dialog::Arg> {
    args.iter()
        .map(|arg| dialog::Arg { name: arg.name.to_owned(), kind: kind(&arg.kind), required: arg.required })
        .collect()
}

fn kind(kind: &catalogue::Kind) -> dialog::Kind {
    match kind {
        catalogue::Kind::Text => dialog::Kind::Text,
        catalogue::Kind::Money => dialog::Kind::Money,
        catalogue::Kind::Date => dialog::Kind::Date,
        catalogue::Kind::Item(list) => dialog::Kind::Item((*list).to_owned()),
        catalogue::Kind::Choice(names) => {
            dialog::Kind::Choice(names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>())
        }
        catalogue::Kind::Terms => dialog::Kind::Phrases(
            catalogue::TERMS.iter().map(|words| (words.key.to_owned(), arguments(words.args))).collect(),
        ),
        catalogue::Kind::Count => dialog::Kind::Number,
        catalogue::Kind::Word { family, words } => dialog::Kind::Term {
            family: (*family).to_owned(),
            values: words.iter().map(|word| (*word).to_owned()).collect(),
        },
        catalogue::Kind::Group(fields) => dialog::Kind::Records(arguments(fields)),
    }
}
