//! Whether a dialogue's states hang together: targets exist, everything can be reached and can end.

use std::collections::{BTreeMap, BTreeSet};

use dayaq_author::Diagnostics;

use crate::definition::{Choice, Dialogue, Group, Letters, Link, State, StateKind, Target};
use crate::input::Reading;
use crate::render::group_keys;
use crate::scope::{Scope, field_kind};
use crate::shared::Shared;
use crate::sources::{Catalogue, Item, List};
use crate::value::Kind;

/// The items on one numbered list: two digits, less the key for the next page.
pub(crate) const LIST_ITEMS_MAX: usize = 97;

/// Holds what a dialogue may refer to.
pub(crate) struct Surroundings<'b> {
    pub dialogues: &'b BTreeMap<String, Dialogue>,
    pub shared: &'b Shared,
    pub lists: &'b BTreeMap<String, List>,
    pub catalogue: &'b Catalogue,
}

/// Orders the dialogues so that each comes after those it calls; a circle is reported and gives `None`.
pub(crate) fn order(dialogues: &BTreeMap<String, Dialogue>, diagnostics: &Diagnostics) -> Option<Vec<String>> {
    let mut order = Vec::new();
    let mut whole = true;
    for id in dialogues.keys() {
        whole &= visit(id, dialogues, &mut Vec::new(), &mut order, diagnostics);
    }
    whole.then_some(order)
}

fn visit(
    id: &str,
    dialogues: &BTreeMap<String, Dialogue>,
    callers: &mut Vec<String>,
    order: &mut Vec<String>,
    diagnostics: &Diagnostics,
) -> bool {
    let Some(dialogue) = dialogues.get(id) else { return true };
    if let Some(at) = callers.iter().position(|caller| caller == id) {
        let circle = callers[at..].join(" → ");
        diagnostics.push(dialogue.place.error(format!("dialogues call each other in a circle: {circle} → {id}")));
        return false;
    }
    if order.iter().any(|done| done == id) {
        return true;
    }
    callers.push(id.to_owned());
    let mut whole = true;
    for callee in dialogue.states.values().filter_map(|state| state.runs()) {
        whole &= visit(callee, dialogues, callers, order, diagnostics);
    }
    callers.pop();
    order.push(id.to_owned());
    whole
}

impl Surroundings<'_> {
    pub fn check(&self, diagnostics: &Diagnostics) {
        for dialogue in self.dialogues.values() {
            let linked = self.check_links(dialogue, diagnostics);
            self.check_names(dialogue, diagnostics);
            // Behind a link that leads nowhere everything is out of reach, which would bury the cause.
            if linked && dialogue.unread.is_empty() {
                self.check_reach(dialogue, diagnostics);
            }
            self.check_circles(dialogue, diagnostics);
        }
        self.check_called(diagnostics);
    }

    /// Says whether every link leads to a state.
    fn check_links(&self, dialogue: &Dialogue, diagnostics: &Diagnostics) -> bool {
        let mut linked = true;
        for link in dialogue.entries().chain(dialogue.states.values().flat_map(|state| state.links())) {
            let Target::State(name) = &link.target else { continue };
            if dialogue.state(name).is_none() && !dialogue.unread.contains(name) {
                let near = dayaq_author::closest(name, dialogue.states.keys().map(String::as_str));
                let hint = near.map(|near| format!(", did you mean {near:?}?")).unwrap_or_default();
                diagnostics.push(link.place.error(format!("there is no state {name:?}{hint}")));
                linked = false;
            }
        }
        linked
    }

    /// Checks everything that a state names outside its own dialogue, and its keys.
    fn check_names(&self, dialogue: &Dialogue, diagnostics: &Diagnostics) {
        for state in dialogue.states.values() {
            let missing = |what: &str, name: &str, known: Vec<&str>| {
                let hint = dayaq_author::closest(name, known).map(|near| format!(", did you mean {near:?}?"));
                let message = format!("there is no {what} {name:?}{}", hint.unwrap_or_default());
                diagnostics.push(state.place.error(message));
            };
            if let Some(run) = state.runs()
                && !self.dialogues.contains_key(run)
            {
                missing("dialogue", run, self.dialogues.keys().map(String::as_str).collect());
            }
            match &state.kind {
                StateKind::Choice { options, .. } => self.check_options(options, diagnostics),
                StateKind::Text { input, skip, .. } => match self.shared.types.get(input) {
                    None => missing("type", input, self.shared.types.keys().map(String::as_str).collect()),
                    Some(input) => {
                        if let Some(key) = skip.as_ref().filter(|key| self.shared.keys.contains(key)) {
                            diagnostics.push(state.place.error(format!("the key {key} is one of every screen")));
                        }
                        if let Some(key) = skip.as_ref().filter(|key| input.read(key) != Reading::Wrong) {
                            let message = format!("the key {key} of skip is itself an answer of this type");
                            diagnostics.push(state.place.error(message));
                        }
                    }
                },
                StateKind::List { list, parent, letters, .. } => match self.lists.get(list) {
                    None => missing("list", list, self.lists.keys().map(String::as_str).collect()),
                    Some(list) => self.check_list(state, list, parent.is_some(), letters.as_ref(), diagnostics),
                },
                StateKind::Call { operation, on, .. } => match self.catalogue.operation(operation) {
                    None => {
                        let known = self.catalogue.operations.iter().map(|operation| operation.name.as_str()).collect();
                        missing("operation", operation, known);
                    }
                    Some(operation) => {
                        let mut outcomes: BTreeSet<&str> = ["slow", "error"].into();
                        outcomes.extend(operation.outcomes.iter().map(|outcome| outcome.name.as_str()));
                        for outcome in outcomes.iter().filter(|outcome| !on.contains_key(**outcome)) {
                            diagnostics.push(state.place.error(format!("on.{outcome} is missing")));
                        }
                        for (outcome, link) in on.iter().filter(|(outcome, _)| !outcomes.contains(outcome.as_str())) {
                            let message = format!("{} has no outcome {outcome:?}", operation.name);
                            diagnostics.push(link.place.error(message));
                        }
                    }
                },
                StateKind::Group(group) if group.direct => self.check_direct(state, group, diagnostics),
                StateKind::Group(_) | StateKind::Run { .. } | StateKind::Route { .. } | StateKind::End => {}
            }
            if let StateKind::Run { run, next: None, .. } = &state.kind
                && self.returns(run)
            {
                diagnostics.push(state.place.error(format!("next is missing: the dialogue {run} can return")));
            }
            if let StateKind::Group(group) = &state.kind
                && self.dialogues.contains_key(&group.run)
                && !self.returns(&group.run)
            {
                diagnostics.push(state.place.error(format!("the dialogue {} never returns", group.run)));
            }
        }
    }

    /// Checks that a list can be shown: it has items, and no more of them at once than can be numbered.
    fn check_list(
        &self,
        state: &State,
        list: &List,
        has_parent: bool,
        letters: Option<&Letters>,
        diagnostics: &Diagnostics,
    ) {
        let mut shown: BTreeMap<Option<&str>, usize> = BTreeMap::new();
        for item in &list.items {
            let under = item.parent.as_deref().filter(|_| has_parent);
            *shown.entry(under).or_default() += 1;
        }
        for (under, count) in shown.into_iter().filter(|(_, count)| *count > LIST_ITEMS_MAX) {
            let under = under.map(|under| format!(" under {under}")).unwrap_or_default();
            diagnostics.push(state.place.error(format!(
                "the list {} shows {count} items{under}, at most {LIST_ITEMS_MAX} can be numbered",
                list.name
            )));
        }
        if list.items.is_empty() {
            diagnostics.push(state.place.error(format!("the list {} is empty", list.name)));
        }
        if let Some(letters) = letters {
            self.check_letters(state, list, letters, diagnostics);
        }
    }

    /// Checks a list whose items are found by letters: each belongs to an item of the list above.
    fn check_letters(&self, state: &State, list: &List, letters: &Letters, diagnostics: &Diagnostics) {
        if self.shared.keys.contains(&letters.key) {
            diagnostics.push(state.place.error(format!("the key {} is one of every screen", letters.key)));
        }
        let Some(above) = self.lists.get(&letters.above) else {
            diagnostics.push(state.place.error(format!("there is no list {:?}", letters.above)));
            return;
        };
        let alone = |item: &&Item| item.parent.as_deref().is_none_or(|parent| above.item(parent).is_none());
        for item in list.items.iter().filter(alone) {
            let message =
                format!("{} of the list {} belongs to nothing in the list {}", item.id, list.name, above.name);
            diagnostics.push(state.place.error(message));
        }
    }

    /// Checks a group whose screen asks for the first answer of an item: it is typed, and no key of the group is one.
    fn check_direct(&self, state: &State, group: &Group, diagnostics: &Diagnostics) {
        let Some(dialogue) = self.dialogues.get(&group.run) else { return };
        let first = match &dialogue.start.target {
            Target::State(name) => dialogue.state(name),
            Target::Return | Target::Home => None,
        };
        let Some(StateKind::Text { input, .. }) = first.map(|first| &first.kind) else {
            let message = format!("direct needs a text as the first state of the dialogue {}", group.run);
            diagnostics.push(state.place.error(message));
            return;
        };
        let Some(input) = self.shared.types.get(input) else { return };
        for (key, _) in group_keys(group, 1).into_iter().filter(|(key, _)| input.read(key) != Reading::Wrong) {
            diagnostics.push(state.place.error(format!("the key {key} of the group is itself an answer of this type")));
        }
    }

    /// Checks the options of a choice: their keys and names, and what any words choose.
    fn check_options(&self, options: &[Choice], diagnostics: &Diagnostics) {
        let mut keys = BTreeSet::new();
        let mut names = BTreeSet::new();
        for option in options {
            if self.shared.keys.contains(&option.key) {
                let message = format!("the key {} is one of every screen", option.key);
                diagnostics.push(option.place.error(message));
            }
            if let Some(means) = option.means.filter(|means| !self.shared.answers.knows(*means)) {
                diagnostics.push(option.place.error(format!("[answers] has no phrase for {means}")));
            }
            if let Some(language) = option.language.filter(|l| !self.shared.languages.knows(*l)) {
                let message = format!("[languages] has no name for {}", language.code());
                diagnostics.push(option.place.error(message));
            }
            if !keys.insert(&option.key) {
                diagnostics.push(option.place.error(format!("the key {} is used twice", option.key)));
            }
            if !names.insert(&option.name) {
                diagnostics.push(option.place.error(format!("the name {} is used twice", option.name)));
            }
        }
    }

    /// Reports items that lead to an empty list: a person who chose one could not go on.
    pub fn check_parents(&self, scopes: &BTreeMap<String, Scope>, diagnostics: &Diagnostics) {
        for dialogue in self.dialogues.values() {
            for state in dialogue.states.values() {
                let StateKind::List { list, parent: Some(parent), .. } = &state.kind else { continue };
                let kind = scopes.get(&dialogue.id).and_then(|scope| field_kind(scope, parent));
                let Some(Kind::Item(above)) = kind else { continue };
                let (Some(list), Some(above)) = (self.lists.get(list), self.lists.get(&above)) else { continue };
                for item in &above.items {
                    if !list.items.iter().any(|below| below.parent.as_deref() == Some(item.id.as_str())) {
                        let message = format!("the list {} has nothing under {} of {}", list.name, item.id, above.name);
                        diagnostics.push(state.place.error(message));
                    }
                }
            }
        }
    }

    fn check_reach(&self, dialogue: &Dialogue, diagnostics: &Diagnostics) {
        let reached = self.reached(dialogue);
        let ending = self.ending(dialogue);
        for state in dialogue.states.values() {
            if !reached.contains(&state.name) {
                diagnostics.push(state.place.error("nothing leads to this state"));
            } else if !ending.contains(&state.name) {
                diagnostics.push(state.place.error("from this state the dialogue can never end"));
            }
        }
    }

    /// Reports circles of states that ask nothing: a phone in one would never hear a word.
    fn check_circles(&self, dialogue: &Dialogue, diagnostics: &Diagnostics) {
        for state in dialogue.states.values() {
            let StateKind::Route { .. } = state.kind else { continue };
            let mut seen = BTreeSet::new();
            let mut work: Vec<&str> = vec![&state.name];
            while let Some(name) = work.pop() {
                let Some(here) = dialogue.state(name) else { continue };
                if !matches!(here.kind, StateKind::Route { .. }) {
                    continue;
                }
                for link in here.links() {
                    let Target::State(next) = &link.target else { continue };
                    if *next == state.name {
                        diagnostics.push(link.place.error("routes lead in a circle that asks nothing"));
                    } else if seen.insert(next) {
                        work.push(next);
                    }
                }
            }
        }
    }

    /// Reports dialogues that nobody can get into.
    fn check_called(&self, diagnostics: &Diagnostics) {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let entries = self.dialogues.values().filter(|dialogue| !dialogue.codes.is_empty());
        let mut work: Vec<&str> = entries.map(|dialogue| dialogue.id.as_str()).collect();
        if work.is_empty()
            && let Some(dialogue) = self.dialogues.values().next()
        {
            diagnostics.push(dialogue.place.error("no dialogue has codes, so that nothing can be dialled"));
        }
        while let Some(id) = work.pop() {
            let Some(dialogue) = self.dialogues.get(id).filter(|_| reached.insert(id)) else { continue };
            work.extend(dialogue.states.values().filter_map(|state| state.runs()));
        }
        for dialogue in self.dialogues.values().filter(|dialogue| !reached.contains(dialogue.id.as_str())) {
            diagnostics.push(dialogue.place.error("no dialled dialogue leads to this one"));
        }
    }

    fn returns(&self, id: &str) -> bool {
        let Some(dialogue) = self.dialogues.get(id) else { return false };
        let reached = self.reached(dialogue);
        let states = dialogue.states.values().filter(|state| reached.contains(&state.name));
        states.flat_map(|state| state.links()).any(|link| link.target == Target::Return)
    }

    fn reached(&self, dialogue: &Dialogue) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut work: Vec<&Target> = dialogue.entries().map(|link| &link.target).collect();
        while let Some(target) = work.pop() {
            let Target::State(name) = target else { continue };
            if let Some(state) = dialogue.state(name)
                && reached.insert(name.clone())
            {
                work.extend(state.links().into_iter().map(|link| &link.target));
            }
        }
        reached
    }

    /// Finds the states from which an end, a return or the main menu can be reached.
    fn ending(&self, dialogue: &Dialogue) -> BTreeSet<String> {
        let mut ending: BTreeSet<String> = BTreeSet::new();
        loop {
            let before = ending.len();
            for state in dialogue.states.values() {
                let leads = |link: &Link| match &link.target {
                    Target::Return | Target::Home => true,
                    Target::State(name) => ending.contains(name),
                };
                // A dialogue that never returns ends by itself, and is checked by itself.
                let ends = matches!(state.kind, StateKind::End | StateKind::Run { next: None, .. });
                if ends || state.links().into_iter().any(leads) {
                    ending.insert(state.name.clone());
                }
            }
            if ending.len() == before {
                return ending;
            }
        }
    }
}
