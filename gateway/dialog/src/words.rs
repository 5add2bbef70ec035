//! Values and notices in words.

use std::collections::BTreeMap;

use fluent_bundle::{FluentArgs, FluentValue};

use crate::sources::NoticeSpec;
use crate::value::{Arg, Kind, Phrase, Record, Value};
use crate::{Book, Channel, Form, Language, Surface};

/// The attribute of a notice that is its wording for a screen.
pub(crate) const FLASH: &str = "flash";

/// Puts values into words, the same way in screens and notices.
pub(crate) struct Words<'b> {
    pub book: &'b Book,
    pub language: Language,
}

impl Words<'_> {
    /// Gives a text the arguments that a variable of this kind stands for.
    pub fn set(&self, args: &mut FluentArgs<'static>, name: &str, kind: &Kind, value: Option<&Value>) {
        match kind {
            Kind::Record(fields) => {
                let record = match value {
                    Some(Value::Record(record)) => Some(record),
                    _ => None,
                };
                for field in fields {
                    let value = record.and_then(|record| record.get(&field.name));
                    self.set(args, &format!("{name}-{}", field.name), &field.kind, value);
                }
            }
            Kind::Records(fields) => {
                let items = match value {
                    Some(Value::Records(items)) => items.as_slice(),
                    _ => &[],
                };
                args.set(format!("{name}-count"), FluentValue::from(items.len()));
                let lines: Vec<String> = items.iter().filter_map(|item| self.item(name, fields, item)).collect();
                args.set(format!("{name}-list"), FluentValue::from(lines.join("\n")));
            }
            Kind::Term { family, .. } => {
                let text = value.and_then(Value::as_text).and_then(|word| {
                    self.book.texts.format(self.language, &format!("{family}-{word}"), None, &FluentArgs::new())
                });
                args.set(name.to_owned(), text.map_or_else(|| self.value(None), FluentValue::from));
            }
            Kind::Phrases(known) => {
                let phrases = match value {
                    Some(Value::Phrases(phrases)) => phrases.as_slice(),
                    _ => &[],
                };
                let texts: Vec<String> = phrases.iter().filter_map(|phrase| self.phrase(phrase, known)).collect();
                let text = (!texts.is_empty()).then(|| FluentValue::from(texts.join("; ")));
                args.set(name.to_owned(), text.unwrap_or_else(|| self.value(None)));
            }
            Kind::Text | Kind::Number | Kind::Flag | Kind::Money | Kind::Date | Kind::Item(_) | Kind::Choice(_) => {
                args.set(name.to_owned(), self.value(value));
            }
        }
    }

    /// Puts an item of a group into the words in which the group itself lists it.
    fn item(&self, group: &str, fields: &[Arg], item: &Record) -> Option<String> {
        let mut args = FluentArgs::new();
        for field in fields {
            args.set(field.name.clone(), self.value(item.get(&field.name)));
        }
        self.book.texts.format(self.language, self.book.grouped.get(group)?, Some("item"), &args)
    }

    fn phrase(&self, phrase: &Phrase, known: &BTreeMap<String, Vec<Arg>>) -> Option<String> {
        let mut args = FluentArgs::new();
        for arg in known.get(&phrase.key)? {
            self.set(&mut args, &arg.name, &arg.kind, phrase.args.get(&arg.name));
        }
        self.book.texts.format(self.language, &phrase.key, None, &args)
    }

    pub fn value(&self, value: Option<&Value>) -> FluentValue<'static> {
        let shell = |id: &str| self.book.texts.format(self.language, id, None, &FluentArgs::new()).unwrap_or_default();
        let none = || FluentValue::from(shell("shell-none"));
        match value {
            None | Some(Value::Phrases(_) | Value::Record(_) | Value::Records(_)) => none(),
            Some(value) if value.is_empty() => none(),
            Some(Value::Text(text) | Value::Term(text)) => FluentValue::from(text.clone()),
            Some(Value::Number(number)) => FluentValue::from(*number),
            Some(Value::Flag(true)) => FluentValue::from(shell("shell-yes")),
            Some(Value::Flag(false)) => FluentValue::from(shell("shell-no")),
            Some(Value::Money(amount)) => FluentValue::from(money(*amount)),
            Some(Value::Date(date)) => FluentValue::from(date.strftime("%d.%m.%Y").to_string()),
            Some(Value::Item { list, id }) => {
                let item = self.book.lists.get(list).and_then(|list| list.item(id));
                item.map_or_else(none, |item| FluentValue::from(item.label[self.language.index()].clone()))
            }
            Some(Value::Option { message, name }) => {
                let label =
                    self.book.texts.format(self.language, message, Some(&format!("opt-{name}")), &FluentArgs::new());
                label.map_or_else(none, FluentValue::from)
            }
        }
    }
}

/// Writes qəpik as manat: `240,00 AZN`, without a group mark that some phones lack.
pub(crate) fn money(amount: i64) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let amount = amount.unsigned_abs();
    format!("{sign}{},{:02} AZN", amount / 100, amount % 100)
}

/// Why a notice could not be put into words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    #[error("no notice is called {0}")]
    Unknown(String),
    #[error("notice {key} lacks its argument {argument}")]
    MissingArgument { key: String, argument: String },
}

/// What is said where no dialogue can speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saying {
    /// The conversation cannot go on.
    Ended,
    /// A part of a long text is missing, or the text was too long: it has to be written again.
    Incomplete,
    /// Texts of this phone lead nowhere, and none is answered until one does.
    Pause,
    /// The phone has had its texts of today.
    Tomorrow,
    /// More was dialled than anybody takes: what to dial instead.
    Usage,
}

/// Gives the neutral last words for a phone whose USSD conversation cannot go on, in its language if that is known.
pub fn neutral_end(book: &Book, language: Option<Language>, form: Form) -> String {
    say(book, Saying::Ended, language, &Surface::ussd(form))
}

/// Says it in the phone's language, if that is known, and in the wording of the channel, where there is one.
pub fn say(book: &Book, saying: Saying, language: Option<Language>, surface: &Surface) -> String {
    let language = language.unwrap_or(Language::Az);
    let id = match saying {
        Saying::Ended => "shell-ended",
        Saying::Incomplete => "shell-incomplete",
        Saying::Pause => "shell-pause",
        Saying::Tomorrow => "shell-tomorrow",
        Saying::Usage => "shell-usage",
    };
    let id = if book.texts.has(language, id, None) { id } else { "shell-ended" };
    let own = surface.channel == Channel::Sms && book.texts.has(language, id, Some("sms"));
    let text = book.texts.format(language, id, own.then_some("sms"), &FluentArgs::new()).unwrap_or_default();
    match surface.form {
        Form::Proper => text,
        Form::Plain => dayaq_text::plain(&text),
    }
}

/// Puts a text that the service sends by itself into words.
pub fn render_notice(
    book: &Book,
    key: &str,
    args: &BTreeMap<String, Value>,
    language: Language,
    form: Form,
) -> Result<String, NoticeError> {
    notice(book, key, None, args, language, form)
}

/// Puts such a text into the words for a screen, `.flash`; `None` where its author has none.
pub fn render_flash(
    book: &Book,
    key: &str,
    args: &BTreeMap<String, Value>,
    language: Language,
    form: Form,
) -> Result<Option<String>, NoticeError> {
    if !book.texts.has(language, &format!("notice-{key}"), Some(FLASH)) {
        return Ok(None);
    }
    notice(book, key, Some(FLASH), args, language, form).map(Some)
}

/// Puts a line for people at a terminal into words.
pub fn render_line(
    book: &Book,
    key: &str,
    args: &BTreeMap<String, Value>,
    language: Language,
) -> Result<String, NoticeError> {
    let spec = book.lines.get(key).ok_or_else(|| NoticeError::Unknown(key.to_owned()))?;
    in_words(book, spec, key, None, args, language)
}

fn notice(
    book: &Book,
    key: &str,
    attribute: Option<&str>,
    args: &BTreeMap<String, Value>,
    language: Language,
    form: Form,
) -> Result<String, NoticeError> {
    let spec = book.notices.get(key).ok_or_else(|| NoticeError::Unknown(key.to_owned()))?;
    let text = in_words(book, spec, &format!("notice-{key}"), attribute, args, language)?;
    Ok(match form {
        Form::Proper => text,
        Form::Plain => dayaq_text::plain(&text),
    })
}

fn in_words(
    book: &Book,
    spec: &NoticeSpec,
    message: &str,
    attribute: Option<&str>,
    args: &BTreeMap<String, Value>,
    language: Language,
) -> Result<String, NoticeError> {
    let words = Words { book, language };
    let mut given = FluentArgs::new();
    for arg in &spec.args {
        let value = args.get(&arg.name);
        if value.is_none() && arg.required {
            return Err(NoticeError::MissingArgument { key: spec.key.clone(), argument: arg.name.clone() });
        }
        words.set(&mut given, &arg.name, &arg.kind, value);
    }
    let text = book.texts.format(language, message, attribute, &given);
    text.ok_or_else(|| NoticeError::Unknown(spec.key.clone()))
}
