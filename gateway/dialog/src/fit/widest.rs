//! The widest that a variable may read on a screen or in a notice.

use std::collections::BTreeMap;

use dayaq_author::Place;
use dayaq_text::{Alphabet, measure};
use fluent_bundle::{FluentArgs, FluentValue};
use jiff::civil::Date;

use super::pattern;
use crate::condition::Operand;
use crate::definition::{Choice, StateKind};
use crate::input::InputForm;
use crate::value::{Arg, Kind, Phrase, Record, Value};
use crate::words::Words;
use crate::{Book, Form, Language};

/// The greatest amount that a family is told, in qəpik: `99999,99 AZN`.
const MONEY_MAX: i64 = 9_999_999;
/// A day with ten characters, as every day has.
const DAY: Date = Date::constant(2026, 12, 28);
/// Numbers for every plural category of every language, and a wide one for where nothing bounds it.
const NUMBERS: [i64; 6] = [0, 1, 2, 5, 21, 999_999];
/// The items of a group that no dialogue bounds.
const ITEMS_MAX: usize = 90;

/// Knows, for one language and form, what every variable may hold.
///
/// What a person types or chooses is found by the name of the variable, over all dialogues: where two dialogues use one
/// name, the wider of their values counts for both.
pub(super) struct Widest<'b> {
    pub book: &'b Book,
    pub language: Language,
    pub form: Form,
    answers: BTreeMap<&'b str, Vec<Value>>,
    counts: BTreeMap<&'b str, usize>,
}

/// Holds what one variable may hold: its widest value, and others that may be worse in another way.
///
/// A narrower value is worse where it alone forces UCS-2 upon its screen, or where it takes another plural form.
pub(super) struct Choices {
    pub base: Option<Value>,
    pub others: Vec<Option<Value>>,
}

impl<'b> Widest<'b> {
    pub fn new(book: &'b Book, language: Language, form: Form) -> Self {
        let mut answers: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for dialogue in book.dialogues.values() {
            for state in dialogue.states.values() {
                match &state.kind {
                    StateKind::Text { input, save, .. } => {
                        answers.entry(save).or_default().extend(typed(book, input));
                    }
                    StateKind::Choice { options, save } => {
                        let message = dialogue.message(&state.name);
                        let name =
                            |option: &Choice| Value::Option { message: message.clone(), name: option.name.clone() };
                        if let Some(save) = save {
                            answers.entry(save).or_default().extend(options.iter().map(name));
                        }
                        for (name, operand, _) in options.iter().flat_map(|option| &option.set) {
                            if let Operand::Literal(text) = operand {
                                answers.entry(name).or_default().push(Value::Text(text.clone()));
                            }
                        }
                    }
                    StateKind::Group(group) => {
                        let count = counts.entry(&group.save).or_default();
                        *count = group.max.max(*count);
                    }
                    StateKind::List { .. }
                    | StateKind::Run { .. }
                    | StateKind::Call { .. }
                    | StateKind::Route { .. }
                    | StateKind::End => {}
                }
            }
        }
        Widest { book, language, form, answers, counts }
    }

    /// Gives what a variable may hold; `may_lack` says that it may also have no value.
    pub fn choices(&self, name: &str, kind: &Kind, may_lack: bool) -> Choices {
        let mut all: Vec<Option<Value>> = self.candidates(name, kind).into_iter().map(Some).collect();
        if may_lack || all.is_empty() {
            all.push(None);
        }
        let measured = all.into_iter().map(|value| {
            let shown = self.shown(name, kind, value.as_ref());
            (self.width(&shown), self.form == Form::Proper && measure(&shown, Alphabet::Gsm7).is_err(), value)
        });
        let mut measured: Vec<_> = measured.collect();
        measured.sort_by_key(|(width, _, _)| std::cmp::Reverse(*width));
        let numeric = matches!(kind, Kind::Number | Kind::Records(_) | Kind::Record(_));
        let mut measured = measured.into_iter();
        let Some((_, forces, base)) = measured.next() else { return Choices { base: None, others: Vec::new() } };
        let others = match (numeric, forces) {
            (true, _) => measured.map(|(_, _, value)| value).collect(),
            (false, false) => measured.find(|(_, forces, _)| *forces).map(|(_, _, value)| value).into_iter().collect(),
            (false, true) => Vec::new(),
        };
        Choices { base, others }
    }

    /// Gives the item of a group with every field at its widest.
    pub fn record(&self, fields: &[Arg]) -> Record {
        let value = |field: &Arg| self.choices(&field.name, &field.kind, !field.required).base;
        fields.iter().filter_map(|field| Some((field.name.clone(), value(field)?))).collect()
    }

    /// Tells how a value reads where a text speaks of it.
    pub fn shown(&self, name: &str, kind: &Kind, value: Option<&Value>) -> String {
        let mut args = FluentArgs::new();
        Words { book: self.book, language: self.language }.set(&mut args, name, kind, value);
        let texts = args.iter().map(|(_, value)| match value {
            FluentValue::String(text) => text.to_string(),
            FluentValue::Number(number) => number.as_string().into_owned(),
            _ => String::new(),
        });
        texts.max_by_key(|text| self.width(text)).unwrap_or_default()
    }

    /// Measures a text in the form at hand, in the units of a screen that must take it.
    pub fn width(&self, text: &str) -> usize {
        match self.form {
            Form::Proper => text.encode_utf16().count(),
            Form::Plain => dayaq_text::plain(text).len(),
        }
    }

    /// Finds where the words of a value stand, for whoever has to shorten them.
    pub fn source(&self, name: &str, kind: &Kind, value: &Value) -> Option<Place> {
        let texts = &self.book.texts;
        match (kind, value) {
            (_, Value::Item { list, id }) => {
                self.book.lists.get(list)?.item(id).map(|item| item.places[self.language.index()].clone())
            }
            (_, Value::Option { message, name }) => texts.found(self.language, message, Some(&format!("opt-{name}"))),
            (Kind::Term { family, .. }, Value::Term(word)) => {
                texts.found(self.language, &format!("{family}-{word}"), None)
            }
            (Kind::Phrases(known), Value::Phrases(phrases)) => {
                let one = |phrase: &Phrase| Value::Phrases(vec![phrase.clone()]);
                let kind = Kind::Phrases(known.clone());
                let longest =
                    phrases.iter().max_by_key(|phrase| self.width(&self.shown(name, &kind, Some(&one(phrase)))));
                texts.found(self.language, &longest?.key, None)
            }
            (Kind::Record(fields), Value::Record(record)) => {
                let with = fields.iter().filter_map(|field| Some((field, record.get(&field.name)?)));
                let width =
                    |(field, value): &(&Arg, &Value)| self.width(&self.shown(&field.name, &field.kind, Some(value)));
                let (field, value) = with.max_by_key(width)?;
                self.source(&field.name, &field.kind, value)
            }
            (Kind::Text, Value::Text(_)) => self.book.shared.widest.get(name).map(|(_, place)| place.clone()),
            (_, _) => None,
        }
    }

    fn candidates(&self, name: &str, kind: &Kind) -> Vec<Value> {
        let answers = || self.answers.get(name).cloned().unwrap_or_default();
        match kind {
            Kind::Text => {
                let told = self.book.shared.widest.get(name).map(|(text, _)| Value::Text(text.clone()));
                answers().into_iter().chain(told).collect()
            }
            Kind::Number => {
                let typed = answers();
                let bounds: Vec<i64> = typed.iter().filter_map(Value::as_number).collect();
                let within = |number: &i64| match (bounds.iter().min(), bounds.iter().max()) {
                    (Some(min), Some(max)) => (min..=max).contains(&number),
                    (_, _) => true,
                };
                typed.iter().cloned().chain(NUMBERS.into_iter().filter(within).map(Value::Number)).collect()
            }
            Kind::Flag => vec![Value::Flag(true), Value::Flag(false)],
            Kind::Money => vec![Value::Money(MONEY_MAX)],
            Kind::Date => vec![Value::Date(DAY)],
            Kind::Item(list) => {
                let items = self.book.lists.get(list).into_iter().flat_map(|list| &list.items);
                items.map(|item| Value::Item { list: list.clone(), id: item.id.clone() }).collect()
            }
            Kind::Choice(names) => {
                let chosen: Vec<Value> = answers();
                if chosen.is_empty() { names.iter().cloned().map(Value::Term).collect() } else { chosen }
            }
            Kind::Term { values, .. } => values.iter().cloned().map(Value::Term).collect(),
            Kind::Phrases(known) => {
                let phrase = |(key, args): (&String, &Vec<Arg>)| Phrase { key: key.clone(), args: self.record(args) };
                vec![Value::Phrases(known.iter().map(phrase).collect())]
            }
            Kind::Record(fields) => self.records(fields),
            Kind::Records(fields) => {
                let max = self.counts.get(name).copied().unwrap_or(ITEMS_MAX);
                let mut counts = vec![max, max.saturating_sub(1)];
                counts.extend([0, 1, 2, 5, 21].into_iter().filter(|count| *count < max));
                let item = self.record(fields);
                counts.into_iter().map(|count| Value::Records(vec![item.clone(); count])).collect()
            }
        }
    }

    /// Gives the widest record, and then one for each field that may be worse in another way.
    fn records(&self, fields: &[Arg]) -> Vec<Value> {
        let widest = self.record(fields);
        let mut all = vec![Value::Record(widest.clone())];
        for field in fields {
            for other in self.choices(&field.name, &field.kind, false).others {
                let mut record = widest.clone();
                match other {
                    Some(value) => drop(record.insert(field.name.clone(), value)),
                    None => drop(record.remove(&field.name)),
                }
                all.push(Value::Record(record));
            }
        }
        all
    }
}

/// Gives the widest answers of an input type.
pub(super) fn typed(book: &Book, input: &str) -> Vec<Value> {
    let Some(input) = book.shared.types.get(input) else { return Vec::new() };
    match input.form {
        InputForm::Text => {
            let pattern = input.pattern.as_ref().map(regex::Regex::as_str);
            pattern::widest(pattern).into_iter().map(Value::Text).collect()
        }
        InputForm::Number { min, max } => vec![Value::Number(max), Value::Number(min)],
        InputForm::Date => vec![Value::Date(DAY)],
    }
}
