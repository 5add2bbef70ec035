//! Keywords: words that do the same wherever they are written by SMS, whatever was asked.

use std::collections::{BTreeMap, BTreeSet};

use dayaq_author::{Diagnostics, Place, Table};

use crate::Language;
use crate::definition::{Dialogue, Link, StateKind, Target};
use crate::input::{InputType, Reading, clean, word, wordings};
use crate::letters::drawn;
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
    /// The one language that has the word as it was spelled, if there is one: it is chosen for a phone that has none.
    pub language: Option<Language>,
}

/// All keywords, by how they look and by how they sound.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keywords {
    looks: BTreeMap<String, Wish>,
    sounds: BTreeMap<String, Wish>,
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
                        language: Some(*language),
                    };
                    enter(&mut all.looks, look(text), wish.clone());
                    enter(&mut all.sounds, word(text), wish);
                }
            }
        }
        all
    }

    /// Finds the keyword that a text is, in any case and spelling.
    pub fn find(&self, raw: &str) -> Option<&Wish> {
        let cleaned = clean(raw)?;
        self.looks.get(&look(&cleaned)).or_else(|| self.sounds.get(&word(&cleaned)))
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
                    StateKind::Text { skip: None, .. }
                    | StateKind::List { .. }
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

/// A spelling that several languages share chooses none of them.
fn enter(words: &mut BTreeMap<String, Wish>, form: String, wish: Wish) {
    let language = wish.language;
    let kept = words.entry(form).or_insert(wish);
    if kept.language != language {
        kept.language = None;
    }
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
