//! Which texts must exist, and what each may speak of.

use std::collections::{BTreeMap, BTreeSet};

use dayaq_author::{Diagnostics, Place};

use crate::definition::{Dialogue, State, StateKind};
use crate::draft::DISCARD;
use crate::input::{word, wordings};
use crate::lexicon::Meaning;
use crate::scope::{Scope, text_names};
use crate::shared::Shared;
use crate::sources::{Catalogue, NoticeSpec};
use crate::texts::{Expected, Texts};
use crate::value::{Arg, Kind};
use crate::words::FLASH;
use crate::{Form, Language, Surface};

/// The engine's own words, with their arguments.
const SHELL: [(&str, &[&str]); 19] = [
    ("shell-again", &[]),
    ("shell-back", &[]),
    ("shell-choose", &[]),
    ("shell-confirm", &["value"]),
    ("shell-continue", &[]),
    ("shell-ended", &[]),
    ("shell-help", &[]),
    ("shell-home", &[]),
    ("shell-incomplete", &[]),
    ("shell-news", &[]),
    ("shell-next", &[]),
    ("shell-no", &[]),
    ("shell-none", &[]),
    ("shell-restarted", &[]),
    ("shell-resume", &[]),
    ("shell-retry", &[]),
    ("shell-unreadable", &[]),
    ("shell-unseen", &[]),
    ("shell-usage", &[]),
];
const YES: &str = "shell-yes";
const ENDED: &str = "shell-ended";
const USAGE: &str = "shell-usage";
/// The last texts to a phone that costs too much, each one message long; without them it is told the neutral end.
const LAST_TEXTS: [&str; 2] = ["shell-pause", "shell-tomorrow"];

pub(crate) struct Wording<'b> {
    pub dialogues: &'b BTreeMap<String, Dialogue>,
    pub scopes: &'b BTreeMap<String, Scope>,
    pub shared: &'b Shared,
    pub catalogue: &'b Catalogue,
    pub notices: &'b BTreeMap<String, NoticeSpec>,
    pub lines: &'b BTreeMap<String, NoticeSpec>,
}

impl Wording<'_> {
    pub fn check(&self, texts: &Texts, diagnostics: &Diagnostics) {
        let mut expected = Vec::new();
        let shell = Place::file("locales");
        for (id, args) in SHELL.into_iter().chain([(YES, [].as_slice())]) {
            expected.push(needed(id, None, args.iter().map(|arg| (*arg).to_owned()).collect(), &shell));
        }
        expected.push(Expected { optional: true, ..needed(ENDED, Some("sms"), BTreeSet::new(), &shell) });
        for id in LAST_TEXTS {
            expected.push(Expected { optional: true, ..needed(id, None, BTreeSet::new(), &shell) });
        }
        expected.push(Expected { optional: true, ..needed(DISCARD, None, BTreeSet::new(), &shell) });
        for notice in self.notices.values() {
            let names = notice.args.iter().flat_map(|arg| text_names(&arg.name, &arg.kind)).collect();
            let id = format!("notice-{}", notice.key);
            let names: BTreeSet<String> = names;
            expected.push(Expected { optional: true, ..needed(&id, Some(FLASH), names.clone(), &shell) });
            expected.push(needed(&id, None, names, &shell));
        }
        for line in self.lines.values() {
            let names = line.args.iter().flat_map(|arg| text_names(&arg.name, &arg.kind)).collect();
            expected.push(needed(&line.key, None, names, &shell));
        }
        self.terms(&mut expected, &shell);
        for dialogue in self.dialogues.values() {
            let scope = &self.scopes[&dialogue.id];
            let names: BTreeSet<String> = scope.iter().flat_map(|(name, kind)| text_names(name, kind)).collect();
            for state in dialogue.states.values() {
                self.state(dialogue, state, &names, &mut expected);
                self.labels(dialogue, state, texts, diagnostics);
            }
        }
        texts.check(&expected, diagnostics);
        // They are said where nothing else works, so that they must not need a second page.
        let (screen, message) = (Surface::ussd(Form::Proper), Surface::sms(Form::Proper, 1));
        let last = |id| if LAST_TEXTS.contains(&id) { (&message, "SMS") } else { (&screen, "USSD screen") };
        let alone = [ENDED, USAGE].into_iter().chain(LAST_TEXTS);
        for (language, id) in Language::ALL.into_iter().flat_map(|language| alone.clone().map(move |id| (language, id)))
        {
            let (words, (surface, what)) =
                (texts.format(language, id, None, &Default::default()).unwrap_or_default(), last(id));
            if !surface.fits(&words) {
                let message = format!("the text {id} does not fit one {what} in {}", language.code());
                let place = texts.found(language, id, None).unwrap_or_else(|| shell.clone());
                diagnostics.push(place.error(message));
            }
        }
    }

    fn state(&self, dialogue: &Dialogue, state: &State, names: &BTreeSet<String>, expected: &mut Vec<Expected>) {
        let id = dialogue.message(&state.name);
        let mut add = |attribute: Option<&str>, args: BTreeSet<String>, optional: bool| {
            let attribute = attribute.map(ToOwned::to_owned);
            expected.push(Expected { id: id.clone(), attribute, args, needed_by: state.place.clone(), optional });
        };
        let shows = state.asks() || matches!(state.kind, StateKind::End);
        if !shows {
            return;
        }
        add(None, names.clone(), false);
        add(Some("sms"), names.clone(), true);
        match &state.kind {
            StateKind::Choice { options, .. } => {
                for option in options {
                    add(Some(&format!("opt-{}", option.name)), names.clone(), false);
                }
                add(Some("error"), names.clone(), true);
            }
            StateKind::List { letters, .. } => {
                add(Some("error"), names.clone(), letters.is_none());
                if letters.is_some() {
                    add(Some("all"), names.clone(), false);
                    add(Some("found"), names.clone(), false);
                }
            }
            StateKind::Text { input, skip, .. } => {
                add(Some("skip"), names.clone(), skip.is_none());
                add(Some("error"), names.clone(), false);
                let asks = self.shared.types.get(input).is_some_and(|input| !input.ask.is_empty());
                if asks {
                    let extra = ["letter", "position"].map(ToOwned::to_owned);
                    add(Some("ask"), names.iter().cloned().chain(extra).collect(), false);
                }
            }
            StateKind::Group(group) => {
                for attribute in
                    ["add", "done", "remove", "which"].into_iter().filter(|name| !group.direct || *name != "add")
                {
                    add(Some(attribute), names.clone(), false);
                }
                add(Some("error"), names.clone(), !group.direct);
                // Without a unique answer nothing can be a duplicate.
                add(Some("duplicate"), names.clone(), group.unique.is_none());
                let fields = match self.scopes[&dialogue.id].get(&group.save) {
                    Some(Kind::Records(fields)) => fields.iter().map(|field| field.name.clone()).collect(),
                    _ => BTreeSet::new(),
                };
                add(Some("item"), fields, false);
            }
            StateKind::Run { .. } | StateKind::Call { .. } | StateKind::Route { .. } | StateKind::End => {}
        }
    }

    /// Reports labels that a person could not tell apart by typing them.
    fn labels(&self, dialogue: &Dialogue, state: &State, texts: &Texts, diagnostics: &Diagnostics) {
        let StateKind::Choice { options, .. } = &state.kind else { return };
        for language in Language::ALL {
            let mut seen: BTreeMap<String, &str> = BTreeMap::new();
            for option in options {
                let attribute = format!("opt-{}", option.name);
                let label =
                    texts.format(language, &dialogue.message(&state.name), Some(&attribute), &Default::default());
                let Some(label) = label else { continue };
                for said in wordings(&label).map(word).filter(|said| !said.is_empty()) {
                    if let Some(other) = seen.insert(said.clone(), &option.name).filter(|other| *other != option.name) {
                        let message = format!("{} and {other} have the same label in {}", option.name, language.code());
                        diagnostics.push(option.place.error(message));
                    }
                    let number = self.shared.numbers.get(&said).filter(|key| **key != option.key);
                    if let Some(key) = number.filter(|key| options.iter().any(|other| other.key == **key)) {
                        let message = format!("its label means the number {key} in {}", language.code());
                        diagnostics.push(option.place.error(message));
                    }
                }
                let meaning = self.shared.answers.find(&label).filter(|meaning| *meaning != Meaning::Neither);
                if let Some((means, other)) = option.means.zip(meaning).filter(|(means, other)| means != other) {
                    let message = format!("means {means}, and its label says {other} in {}", language.code());
                    diagnostics.push(option.place.error(message));
                }
            }
        }
        for (at, option) in options.iter().enumerate().filter(|(_, option)| option.means.is_some()) {
            if options[..at].iter().any(|other| other.means == option.means) {
                diagnostics.push(option.place.error("another option means the same"));
            }
        }
    }

    fn terms(&self, expected: &mut Vec<Expected>, shell: &Place) {
        let mut words: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let outcomes = self.catalogue.operations.iter().flat_map(|operation| &operation.outcomes);
        let args = outcomes
            .flat_map(|outcome| &outcome.args)
            .chain(self.notices.values().chain(self.lines.values()).flat_map(|spec| &spec.args));
        args.for_each(|arg| collect_terms(arg, &mut words));
        expected.extend(words.into_iter().map(|(id, args)| needed(&id, None, args, shell)));
    }
}

fn collect_terms(arg: &Arg, words: &mut BTreeMap<String, BTreeSet<String>>) {
    match &arg.kind {
        Kind::Term { family, values } => {
            words.extend(values.iter().map(|value| (format!("{family}-{value}"), BTreeSet::new())));
        }
        Kind::Phrases(phrases) => {
            let names = |args: &[Arg]| args.iter().flat_map(|arg| text_names(&arg.name, &arg.kind)).collect();
            words.extend(phrases.iter().map(|(key, args)| (key.clone(), names(args))));
        }
        Kind::Record(fields) | Kind::Records(fields) => fields.iter().for_each(|field| collect_terms(field, words)),
        Kind::Text | Kind::Number | Kind::Flag | Kind::Money | Kind::Date | Kind::Item(_) | Kind::Choice(_) => {}
    }
}

fn needed(id: &str, attribute: Option<&str>, args: BTreeSet<String>, needed_by: &Place) -> Expected {
    let attribute = attribute.map(ToOwned::to_owned);
    Expected { id: id.to_owned(), attribute, args, needed_by: needed_by.clone(), optional: false }
}
