//! Keywords: words that do the same wherever they are written by SMS, whatever was asked.

use std::collections::{BTreeMap, BTreeSet};

use dayaq_author::{Diagnostics, Place, Table};

use crate::Language;
use crate::definition::{Dialogue, Link, StateKind, Target};
use crate::input::{InputType, Reading, clean, word, wordings};
use crate::letters::{drawn, written};
use crate::render::FIRST_LANGUAGE;
use crate::shared::Shared;
use crate::sources::List;
use crate::texts::Texts;

/// The engine's own labels, which a person may type instead of their keys.
const SHELL_LABELS: [&str; 5] = ["shell-yes", "shell-no", "shell-retry", "shell-continue", "shell-again"];

/// One keyword with its spellings, as its author wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Keyword {
    pub place: Place,
    pub words: Vec<(Language, String, Place)>,
    pub next: Link,
    /// Whether it ends reminders or begins them again.
    pub reminders: Option<bool>,
}

/// What a keyword does.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub dialogue: String,
    pub next: Target,
    pub reminders: Option<bool>,
}

/// A keyword that was written, and what it tells of the language of who wrote it.
pub(crate) struct Heard<'b> {
    pub wish: &'b Wish,
    /// The language that has this word, where no other has it and its letters agree: a phone that has none has chosen it.
    pub language: Option<Language>,
    /// The language of its letters.
    pub written: Option<Language>,
    /// The language that names it first among its words.
    pub likeliest: Language,
}

/// All keywords, by how they look and by how they sound.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keywords {
    looks: BTreeMap<String, Spelled>,
    sounds: BTreeMap<String, Spelled>,
}

/// What one spelling stands for, and the place that it has among the words of each language.
#[derive(Clone, Debug)]
struct Spelled {
    wish: Wish,
    places: BTreeMap<Language, usize>,
}

impl Spelled {
    fn only(&self) -> Option<Language> {
        self.places.keys().next().copied().filter(|_| self.places.len() == 1)
    }
}

impl Keyword {
    pub fn read(table: Table<'_>) -> Option<Self> {
        let mut words = Vec::new();
        for language in Language::ALL {
            let found = table.string_items(language.code());
            if found.is_empty() {
                table.error(language.code(), "a keyword needs a word in every language");
            }
            for (text, place) in found {
                if word(&text).chars().filter(|c| c.is_alphabetic()).count() < 2 {
                    table.error(language.code(), format!("{text:?} is no word"));
                }
                words.push((language, text, place));
            }
        }
        let next = crate::definition::link(&table, "next");
        let reminders = table.has("reminders").then(|| table.boolean_or("reminders", false));
        let place = table.place();
        table.finish();
        Some(Self { place, words, next: next?, reminders })
    }
}

impl Keywords {
    /// Gathers the keywords of all dialogues; two that could be taken for one another are reported.
    pub fn gather(dialogues: &BTreeMap<String, Dialogue>, diagnostics: &Diagnostics) -> Self {
        let mut all = Self::default();
        let mut owners: BTreeMap<String, (&Place, &str)> = BTreeMap::new();
        for dialogue in dialogues.values() {
            for keyword in &dialogue.keywords {
                let mut places: BTreeMap<Language, usize> = BTreeMap::new();
                for (language, text, place) in &keyword.words {
                    for form in [look(text), word(text)] {
                        let (owner, other) = owners.entry(form).or_insert((&keyword.place, text));
                        if *owner != &keyword.place {
                            diagnostics.push(place.error(format!("{text:?} can be taken for the keyword {other:?}")));
                        }
                    }
                    let wish = Wish {
                        dialogue: dialogue.id.clone(),
                        next: keyword.next.target.clone(),
                        reminders: keyword.reminders,
                    };
                    let at = places.entry(*language).or_default();
                    enter(&mut all.looks, look(text), &wish, *language, *at);
                    enter(&mut all.sounds, word(text), &wish, *language, *at);
                    *at += 1;
                }
            }
        }
        all
    }

    /// Finds the keyword that a text is, in any case and spelling.
    pub fn find(&self, raw: &str) -> Option<Heard<'_>> {
        let cleaned = clean(raw)?;
        let (looks, sounds) = (self.looks.get(&look(&cleaned)), self.sounds.get(&word(&cleaned)));
        let found = looks.or(sounds)?;
        let written = written(&cleaned);
        // Letters that any language has leave it open whose word it is, if it only sounds like one or like several.
        let alone = looks.is_some() && sounds.is_none_or(|sounds| sounds.only().is_some());
        let agrees = |language: &Language| written.map_or(alone, |written| written == *language);
        let likeliest = found.places.iter().min_by_key(|(_, place)| **place).map(|(language, _)| *language);
        let language = found.only().filter(agrees);
        Some(Heard { wish: &found.wish, language, written, likeliest: likeliest.unwrap_or(FIRST_LANGUAGE) })
    }
}

/// Reports keywords that are themselves an answer to some question (G3): they would never be heard as one. An option that
/// leads where the keyword leads is no other answer.
pub(crate) fn check_answers(
    dialogues: &BTreeMap<String, Dialogue>,
    texts: &Texts,
    shared: &Shared,
    lists: &BTreeMap<String, List>,
    diagnostics: &Diagnostics,
) {
    let labels = labels(dialogues, texts, shared, lists);
    let keywords = dialogues.values().flat_map(|dialogue| {
        dialogue.keywords.iter().flat_map(move |keyword| {
            let leads = (dialogue.id.as_str(), &keyword.next.target);
            keyword.words.iter().map(move |(_, text, place)| (leads, text, place))
        })
    });
    for (leads, text, place) in keywords {
        let forms = [word(text), look(text)];
        if shared.answers.exact(text).is_some() || shared.languages.exact(text).is_some() {
            let what = "a yes, a no or the name of a language";
            diagnostics.push(place.error(format!("the keyword {text:?} is an answer too: {what}")));
        }
        let mut other = forms.iter().filter_map(|form| labels.get(form)).flatten();
        if let Some(label) = other.find(|label| label.leads != Some(leads)) {
            diagnostics.push(place.error(format!("the keyword {text:?} is an answer too: {}", label.what)));
        }
        for (dialogue, state, input) in text_states(dialogues, shared) {
            // A letter that would be asked about is no answer by itself.
            let strict = InputType { ask: BTreeSet::new(), ..input.clone() };
            let answer = clean(text).is_some_and(|cleaned| match strict.read(&cleaned) {
                Reading::Accepted(_) | Reading::Repaired(_) => true,
                Reading::Doubtful { .. } | Reading::Wrong => false,
            });
            if answer {
                let message = format!("the keyword {text:?} is an answer too: to {dialogue}.{state}");
                diagnostics.push(place.error(message));
            }
        }
    }
}

/// An answer in words: where it is expected, and where it leads if that is one state.
struct Label<'b> {
    what: String,
    leads: Option<(&'b str, &'b Target)>,
}

/// What counts as an answer in words, as it sounds and as it looks.
fn labels<'b>(
    dialogues: &'b BTreeMap<String, Dialogue>,
    texts: &Texts,
    shared: &Shared,
    lists: &BTreeMap<String, List>,
) -> BTreeMap<String, Vec<Label<'b>>> {
    let mut labels: BTreeMap<String, Vec<Label<'b>>> = BTreeMap::new();
    let mut add = |label: &str, what: &str, leads: Option<(&'b str, &'b Target)>| {
        for form in wordings(label).flat_map(|label| [word(label), look(label)]) {
            labels.entry(form).or_default().push(Label { what: what.to_owned(), leads });
        }
    };
    for language in Language::ALL {
        let text = |id: &str, attribute: Option<&str>| texts.format(language, id, attribute, &Default::default());
        for id in SHELL_LABELS {
            text(id, None).iter().for_each(|label| add(label, id, None));
        }
        for dialogue in dialogues.values() {
            for state in dialogue.states.values() {
                let message = dialogue.message(&state.name);
                let answers: Vec<(String, Option<(&str, &Target)>)> = match &state.kind {
                    StateKind::Choice { options, .. } => {
                        let lead = |o: &'b crate::definition::Choice| (dialogue.id.as_str(), &o.next.target);
                        options.iter().map(|o| (format!("opt-{}", o.name), Some(lead(o)))).collect()
                    }
                    StateKind::Group(_) => ["add", "done", "remove"].map(|name| (name.to_owned(), None)).to_vec(),
                    StateKind::Text { skip: Some(_), .. } => vec![("skip".to_owned(), None)],
                    StateKind::List { letters: Some(_), .. } => vec![("all".to_owned(), None)],
                    StateKind::Text { skip: None, .. }
                    | StateKind::List { letters: None, .. }
                    | StateKind::Run { .. }
                    | StateKind::Call { .. }
                    | StateKind::Route { .. }
                    | StateKind::End => Vec::new(),
                };
                for (attribute, leads) in answers {
                    let what = format!("{message}.{attribute}");
                    text(&message, Some(&attribute)).iter().for_each(|label| add(label, &what, leads));
                }
            }
        }
        for list in lists.values() {
            for item in &list.items {
                add(&item.label[language.index()], &format!("{} of the list {}", item.id, list.name), None);
            }
        }
    }
    for (number, key) in &shared.numbers {
        add(number, &format!("the number {key}"), None);
    }
    labels.remove("");
    labels
}

fn text_states<'b>(
    dialogues: &'b BTreeMap<String, Dialogue>,
    shared: &'b Shared,
) -> impl Iterator<Item = (&'b str, &'b str, &'b InputType)> {
    dialogues.values().flat_map(move |dialogue| {
        dialogue.states.values().filter_map(move |state| match &state.kind {
            StateKind::Text { input, .. } => {
                Some((dialogue.id.as_str(), state.name.as_str(), shared.types.get(input)?))
            }
            StateKind::Choice { .. }
            | StateKind::List { .. }
            | StateKind::Group(_)
            | StateKind::Run { .. }
            | StateKind::Call { .. }
            | StateKind::Route { .. }
            | StateKind::End => None,
        })
    })
}

/// Enters a spelling; several languages may share it.
fn enter(words: &mut BTreeMap<String, Spelled>, form: String, wish: &Wish, language: Language, place: usize) {
    let spelled = words.entry(form).or_insert_with(|| Spelled { wish: wish.clone(), places: BTreeMap::new() });
    spelled.places.entry(language).or_insert(place);
}

/// Brings together what looks alike: case by a rule of no country, Azerbaijani letters without their marks, and
/// Cyrillic letters that are drawn like Latin ones.
fn look(text: &str) -> String {
    let mut shape = String::with_capacity(text.len());
    for c in text.chars().map(drawn) {
        match c {
            // Cyrillic that looks like nothing else stays, or it would only sound alike.
            '\u{400}'..='\u{52f}' => shape.push(c),
            _ => shape.push_str(&dayaq_text::plain(c.encode_utf8(&mut [0; 4]))),
        }
    }
    shape.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g1_spellings_that_look_alike_are_one() {
        for (typed, wanted) in [
            ("muraciet", "MÜRACİƏT"),
            (" Mürаciət!", "MURACIET"), // with a Cyrillic а
            ("стоп.", "СТОП"),
            ("CTOП", "СТОП"), // with Latin C, T and O
            ("dayandır", "DAYANDIR"),
            ("DAYANDİR", "DAYANDIR"),
            ("«kömək»", "KOMEK"),
        ] {
            assert_eq!(look(typed), look(wanted), "{typed}");
        }
        assert_ne!(look("STOP"), look("СТОП"));
        assert_eq!(word("STOP"), word("СТОП"), "they sound alike");
    }
}
