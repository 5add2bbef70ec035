//! What all dialogues share: input types, the words for numbers, the keys at the foot of a screen.

use std::collections::BTreeMap;

use dayaq_author::{Diagnostics, Document, Place, Table};
use regex::Regex;

use crate::Language;
use crate::input::{InputForm, InputType, word};
use crate::lexicon::{Lexicon, Meaning};

/// The size of a compiled pattern; the author's patterns are short, and a bomb must not pass.
const PATTERN_BYTES_MAX: usize = 256 * 1024;

/// The most digits too many that a type may drop.
const SPARE_DIGITS_MAX: usize = 4;
/// The most parts that an author may allow a notice.
const SEGMENTS_MAX: usize = 20;

#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub types: BTreeMap<String, InputType>,
    /// Words, as [`word`] brings them together, and the keys they stand for.
    pub numbers: BTreeMap<String, String>,
    /// What means yes, no or neither of them.
    pub answers: Lexicon<Meaning>,
    /// What the languages are called.
    pub languages: Lexicon<Language>,
    pub keys: Keys,
    /// Where `[widest]` stands, or would.
    pub place: Option<Place>,
    /// Texts as wide as the core tells them, by the name of the argument, and where they stand.
    pub widest: BTreeMap<String, (String, Place)>,
    /// The most parts that a notice may take, where it is not the usual number, and where that stands.
    pub segments: BTreeMap<String, (usize, Place)>,
}

/// Holds the keys that mean the same on every screen.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub back: String,
    pub home: String,
    pub next: String,
}

impl Default for Shared {
    fn default() -> Self {
        let keys = Keys { back: "0".to_owned(), home: "00".to_owned(), next: "98".to_owned() };
        Shared {
            types: BTreeMap::new(),
            numbers: BTreeMap::new(),
            answers: Lexicon::default(),
            languages: Lexicon::default(),
            keys,
            place: None,
            widest: BTreeMap::new(),
            segments: BTreeMap::new(),
        }
    }
}

impl Shared {
    /// Adds what one file says.
    pub fn read(&mut self, document: &Document, diagnostics: &Diagnostics) {
        let root = document.root(diagnostics);
        for (name, table) in root.entries("type") {
            if self.types.contains_key(&name) {
                table.error_here("this type exists already in another file");
            }
            self.types.insert(name, input_type(table));
        }
        if let Some(numbers) = root.opt_table("numbers") {
            for key in numbers.keys() {
                for (text, place) in numbers.string_items(key) {
                    if self.numbers.insert(word(&text), key.to_owned()).is_some_and(|other| other != key) {
                        diagnostics.push(place.error(format!("{text:?} stands for another number too")));
                    }
                }
            }
        }
        if let Some(answers) = root.opt_table("answers") {
            for (key, meaning) in [("yes", Meaning::Yes), ("no", Meaning::No), ("neither", Meaning::Neither)] {
                phrases(&answers, key, meaning, &mut self.answers, diagnostics);
            }
            answers.finish();
        }
        if let Some(languages) = root.opt_table("languages") {
            for language in Language::ALL {
                phrases(&languages, language.code(), language, &mut self.languages, diagnostics);
            }
            languages.finish();
        }
        if self.place.is_none() || root.has("widest") {
            self.place = Some(root.opt_table("widest").map_or_else(|| root.place(), |table| table.place()));
        }
        for (name, text, place) in root.string_map("widest") {
            self.widest.insert(name, (text, place));
        }
        if let Some(segments) = root.opt_table("segments") {
            for key in segments.keys() {
                if let Some(most) = segments.integer(key, 1..=SEGMENTS_MAX) {
                    self.segments.insert(key.to_owned(), (most, segments.at(key)));
                }
            }
        }
        if let Some(keys) = root.opt_table("keys") {
            self.keys.back = key(&keys, "back", &self.keys.back);
            self.keys.home = key(&keys, "home", &self.keys.home);
            self.keys.next = key(&keys, "next", &self.keys.next);
            if self.keys.back == self.keys.home || self.keys.home == self.keys.next || self.keys.next == self.keys.back
            {
                diagnostics.push(keys.place().error("two keys are the same"));
            }
            keys.finish();
        }
        root.finish();
    }
}

impl Keys {
    pub fn contains(&self, key: &str) -> bool {
        [&self.back, &self.home, &self.next].into_iter().any(|own| own == key)
    }
}

fn phrases<M: Copy + PartialEq>(
    table: &Table<'_>,
    key: &str,
    meaning: M,
    lexicon: &mut Lexicon<M>,
    diagnostics: &Diagnostics,
) {
    let items = table.string_items(key);
    if items.is_empty() {
        table.error(key, "needs a phrase");
    }
    for (text, place) in items {
        if let Err(fault) = lexicon.add(&text, meaning) {
            diagnostics.push(place.error(format!("{text:?} {fault}")));
        }
    }
}

fn key(table: &Table<'_>, name: &str, fallback: &str) -> String {
    let read = |text: &str| {
        let digits = !text.is_empty() && text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit());
        if digits { Ok(text.to_owned()) } else { Err("must be one to three digits".to_owned()) }
    };
    table.opt_parse(name, read).unwrap_or_else(|| fallback.to_owned())
}

fn input_type(table: Table<'_>) -> InputType {
    let form = match table.string_or("as", "text").as_str() {
        "text" => InputForm::Text,
        "number" => {
            let min = table.integer_or("min", 0..=i64::MAX, 0);
            InputForm::Number { min, max: table.integer_or("max", min..=i64::MAX, i64::MAX) }
        }
        "date" => InputForm::Date,
        other => {
            table.error("as", format!("must be one of text, number, date, found {other:?}"));
            InputForm::Text
        }
    };
    let pattern = |text: &str| {
        let anchored = text.starts_with('^') && text.ends_with('$');
        match regex::RegexBuilder::new(text).size_limit(PATTERN_BYTES_MAX).build() {
            Ok(_) if !anchored => Err("must begin with ^ and end with $, or it accepts what stands around".to_owned()),
            Ok(pattern) => Ok(pattern),
            Err(error) => Err(format!("not a pattern: {}", error.to_string().replace('\n', " "))),
        }
    };
    let pattern: Option<Regex> = table.opt_parse("pattern", pattern);
    let read = InputType {
        form,
        strip: table.string_or("strip", "").chars().collect(),
        upper: table.boolean_or("upper", false),
        silent: letters(&table, "silent"),
        confirm: letters(&table, "confirm"),
        ask: table.string_items("ask").into_iter().filter_map(|(text, _)| letter(&table, "ask", &text)).collect(),
        spare_digits: table.integer_or("spare_digits", 0..=SPARE_DIGITS_MAX, 0),
        pattern,
        pii: table.boolean_or("pii", true),
    };
    for c in read.contradictions() {
        table.error_here(format!("the letter {c:?} is treated in two ways"));
    }
    table.finish();
    read
}

fn letters(table: &Table<'_>, key: &str) -> BTreeMap<char, String> {
    table
        .string_map(key)
        .into_iter()
        .filter_map(|(from, to, _)| letter(table, key, &from).map(|from| (from, to)))
        .collect()
}

fn letter(table: &Table<'_>, key: &str, text: &str) -> Option<char> {
    let mut chars = text.chars();
    let (first, rest) = (chars.next(), chars.next());
    if rest.is_some() || first.is_none() {
        table.error(key, format!("must be single letters, found {text:?}"));
    }
    first.filter(|_| rest.is_none())
}
