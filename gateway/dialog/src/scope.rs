//! Which variables exist where, and of what kind.

use std::collections::{BTreeMap, BTreeSet};

use dayaq_author::{Diagnostics, Place};

use crate::condition::{Operand, Variable};
use crate::definition::{Dialogue, State, StateKind, Target};
use crate::input::InputForm;
use crate::shared::Shared;
use crate::sources::Catalogue;
use crate::value::{Arg, Kind};

pub(crate) type Scope = BTreeMap<String, Kind>;

/// Holds what the dialogues know of one another.
pub(crate) struct Scopes<'b> {
    shared: &'b Shared,
    catalogue: &'b Catalogue,
    /// What each dialogue gives a value to by itself, inner dialogues that join it included.
    own: BTreeMap<String, Scope>,
    /// What has a value for certain when a dialogue returns.
    gained: BTreeMap<String, BTreeSet<String>>,
}

/// Which variables have a value for certain, by dialogue and state.
pub(crate) type Certainty = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Finds the variables that every dialogue may use, those that it gives a value to by itself, and which of them have a
/// value for certain at each state. The dialogues come callees first, as [`crate::flow::order`] gives them.
pub(crate) fn scopes(
    dialogues: &BTreeMap<String, Dialogue>,
    order: &[String],
    shared: &Shared,
    catalogue: &Catalogue,
    diagnostics: &Diagnostics,
) -> (BTreeMap<String, Scope>, BTreeMap<String, Scope>, Certainty) {
    let mut scopes = Scopes { shared, catalogue, own: BTreeMap::new(), gained: BTreeMap::new() };
    for id in order {
        let dialogue = &dialogues[id];
        let own = scopes.own_variables(dialogue, diagnostics);
        scopes.own.insert(id.clone(), own);
        let gained = scopes.certain(dialogue, &BTreeSet::new()).at_return;
        scopes.gained.insert(id.clone(), gained);
    }
    // Callers first: what they have is seen by those they call.
    let mut seen: BTreeMap<String, Scope> = BTreeMap::new();
    let mut certain: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut everywhere = Certainty::new();
    for id in order.iter().rev() {
        let dialogue = &dialogues[id];
        let mut scope = seen.get(id).cloned().unwrap_or_default();
        scope.extend(scopes.own[id].clone());
        let at_start = certain.get(id).cloned().unwrap_or_default();
        let flow = scopes.certain(dialogue, &at_start);
        for state in dialogue.states.values() {
            scopes.check_uses(state, &scope, &flow.before, diagnostics);
            let Some(callee) = state.runs() else { continue };
            let here = flow.before.get(&state.name).cloned().unwrap_or_default();
            certain
                .entry(callee.to_owned())
                .and_modify(|known| known.retain(|name| here.contains(name)))
                .or_insert(here);
            // A variable that only one of several callers has cannot be relied on.
            seen.entry(callee.to_owned())
                .and_modify(|known| known.retain(|name, kind| scope.get(name) == Some(kind)))
                .or_insert_with(|| scope.clone());
        }
        seen.insert(id.clone(), scope);
        everywhere.insert(id.clone(), flow.before);
    }
    (seen, scopes.own, everywhere)
}

/// Which variables have a value for certain, whatever way was taken.
struct Certain {
    before: BTreeMap<String, BTreeSet<String>>,
    at_return: BTreeSet<String>,
}

impl Scopes<'_> {
    fn own_variables(&self, dialogue: &Dialogue, diagnostics: &Diagnostics) -> Scope {
        let mut scope = Scope::new();
        let mut literals: Vec<(String, String, Place)> = Vec::new();
        let mut add = |name: &str, kind: Kind, place: &Place| {
            let merged = match scope.remove(name) {
                Some(earlier) => earlier.clone().merged(kind.clone()).unwrap_or_else(|| {
                    let (earlier, now) = (earlier.describe(), kind.describe());
                    diagnostics.push(place.error(format!("${name} is a {now} here and a {earlier} elsewhere")));
                    kind
                }),
                None => kind,
            };
            scope.insert(name.to_owned(), merged);
        };
        for state in dialogue.states.values() {
            match &state.kind {
                StateKind::Choice { options, save } => {
                    if let Some(save) = save {
                        let names = options.iter().map(|option| option.name.clone()).collect();
                        add(save, Kind::Choice(names), &state.place);
                    }
                    for (name, operand, place) in options.iter().flat_map(|option| &option.set) {
                        if let Operand::Literal(text) = operand {
                            literals.push((name.clone(), text.clone(), place.clone()));
                        }
                    }
                }
                StateKind::Text { input, save, .. } => {
                    let kind = match self.shared.types.get(input).map(|input| input.form) {
                        Some(InputForm::Number { .. }) => Kind::Number,
                        Some(InputForm::Date) => Kind::Date,
                        Some(InputForm::Text) | None => Kind::Text,
                    };
                    add(save, kind, &state.place);
                }
                StateKind::List { list, letters, save, .. } => {
                    add(save, Kind::Item(list.clone()), &state.place);
                    if let Some(letters) = letters {
                        add(&letters.save, Kind::Item(letters.above.clone()), &state.place);
                    }
                }
                StateKind::Group(group) => add(&group.save, Kind::Records(self.fields(&group.run)), &state.place),
                StateKind::Run { run, save: Some(save), .. } => {
                    add(save, Kind::Record(self.fields(run)), &state.place);
                }
                StateKind::Run { run, save: None, .. } => {
                    for (name, kind) in self.own.get(run).into_iter().flatten() {
                        add(name, kind.clone(), &state.place);
                    }
                }
                StateKind::Call { operation, .. } => {
                    add(&state.name, Kind::Record(self.outcome_fields(operation)), &state.place);
                }
                StateKind::Route { .. } | StateKind::End => {}
            }
        }
        for (name, text, place) in literals {
            match scope.get_mut(&name) {
                // An empty text takes a value back, whatever its kind.
                Some(_) if text.is_empty() => {}
                Some(Kind::Text) => {}
                Some(Kind::Choice(names)) => {
                    names.insert(text);
                }
                Some(other) => {
                    diagnostics.push(place.error(format!("${name} is a {} elsewhere", other.describe())));
                }
                None => {
                    scope.insert(name, Kind::Choice([text].into_iter().filter(|text| !text.is_empty()).collect()));
                }
            }
        }
        copied(dialogue, &mut scope);
        scope
    }

    fn fields(&self, dialogue: &str) -> Vec<Arg> {
        let gained = self.gained.get(dialogue);
        let certain = |name: &String| gained.is_some_and(|gained| gained.contains(name));
        let own = self.own.get(dialogue).into_iter().flatten();
        own.map(|(name, kind)| Arg { name: name.clone(), kind: kind.clone(), required: certain(name) }).collect()
    }

    fn outcome_fields(&self, operation: &str) -> Vec<Arg> {
        let mut fields: Vec<Arg> = Vec::new();
        let outcomes = self.catalogue.operation(operation).into_iter().flat_map(|operation| &operation.outcomes);
        for arg in outcomes.flat_map(|outcome| &outcome.args) {
            if !fields.iter().any(|field| field.name == arg.name) {
                fields.push(Arg { required: false, ..arg.clone() });
            }
        }
        fields
    }

    /// Follows all ways through a dialogue and keeps, at each state, what every way has given a value.
    fn certain(&self, dialogue: &Dialogue, at_start: &BTreeSet<String>) -> Certain {
        let mut before: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut at_return: Option<BTreeSet<String>> = None;
        let mut work: Vec<(Target, BTreeSet<String>)> =
            dialogue.entries().map(|link| (link.target.clone(), at_start.clone())).collect();
        while let Some((target, known)) = work.pop() {
            let name = match target {
                Target::State(name) => name,
                Target::Return => {
                    at_return = Some(meet(at_return, &known));
                    continue;
                }
                Target::Home => continue,
            };
            let Some(state) = dialogue.state(&name) else { continue };
            let earlier = before.get(&name).cloned();
            let now = meet(earlier.clone(), &known);
            // Sets only shrink, so that this comes to an end.
            if earlier.as_ref() != Some(&now) {
                before.insert(name, now.clone());
                work.extend(self.ways_out(state, &now));
            }
        }
        Certain { before, at_return: at_return.unwrap_or_default() }
    }

    fn ways_out(&self, state: &State, known: &BTreeSet<String>) -> Vec<(Target, BTreeSet<String>)> {
        let with = |names: &mut dyn Iterator<Item = String>| known.iter().cloned().chain(names).collect();
        let after: BTreeSet<String> = match &state.kind {
            StateKind::Choice { options, save } => {
                let way = |option: &crate::definition::Choice| {
                    let mut after = known.clone();
                    after.extend(save.clone());
                    for (name, operand, _) in &option.set {
                        match operand {
                            Operand::Literal(text) if text.is_empty() => after.remove(name),
                            Operand::Literal(_) | Operand::Number(_) => after.insert(name.clone()),
                            Operand::Variable(other) if known.contains(&other.name) => after.insert(name.clone()),
                            Operand::Variable(_) => after.remove(name),
                        };
                    }
                    (option.next.target.clone(), after)
                };
                return options.iter().map(way).collect();
            }
            StateKind::Text { save, skip: Some(_), .. } => {
                // Who does not know the answer takes back what was given before.
                known.iter().filter(|name| *name != save).cloned().collect()
            }
            // Who would rather see the list has named nothing yet.
            StateKind::List { save, letters: Some(letters), next, .. } => {
                let found = with(&mut [save.clone(), letters.save.clone()].into_iter());
                return vec![(next.target.clone(), found), (letters.next.target.clone(), known.clone())];
            }
            StateKind::Text { save, skip: None, .. } | StateKind::List { save, letters: None, .. } => {
                with(&mut [save.clone()].into_iter())
            }
            StateKind::Group(group) => with(&mut [group.save.clone()].into_iter()),
            StateKind::Run { save: Some(save), .. } => with(&mut [save.clone()].into_iter()),
            StateKind::Run { run, save: None, .. } => with(&mut self.gained.get(run).into_iter().flatten().cloned()),
            StateKind::Call { .. } => with(&mut [state.name.clone()].into_iter()),
            StateKind::Route { .. } | StateKind::End => known.clone(),
        };
        state.links().into_iter().map(|link| (link.target.clone(), after.clone())).collect()
    }

    fn check_uses(
        &self,
        state: &State,
        scope: &Scope,
        before: &BTreeMap<String, BTreeSet<String>>,
        diagnostics: &Diagnostics,
    ) {
        let check = |variable: &Variable, place: &Place| {
            let kind = field_kind(scope, variable);
            if kind.is_none() {
                let near = dayaq_author::closest(&variable.name, scope.keys().map(String::as_str));
                let hint = near.map(|near| format!(", did you mean ${near}?")).unwrap_or_default();
                diagnostics.push(place.error(format!("nothing gives {variable} a value{hint}")));
            }
            kind
        };
        match &state.kind {
            StateKind::Choice { options, .. } => {
                for (_, operand, place) in options.iter().flat_map(|option| &option.set) {
                    if let Operand::Variable(variable) = operand {
                        check(variable, place);
                    }
                }
            }
            StateKind::List { parent: Some(parent), .. } => {
                if let Some(kind) = check(parent, &state.place)
                    && !matches!(kind, Kind::Item(_))
                {
                    diagnostics.push(state.place.error(format!("{parent} is not an item of a list")));
                }
            }
            StateKind::Group(group) => {
                group.except.iter().for_each(|variable| {
                    check(variable, &state.place);
                });
                if let Some(unique) = &group.unique
                    && !self.own.get(&group.run).is_some_and(|own| own.contains_key(unique))
                {
                    let message = format!("the dialogue {} gives ${unique} no value", group.run);
                    diagnostics.push(state.place.error(message));
                }
            }
            StateKind::Route { rules, .. } => {
                for (condition, link) in rules {
                    condition.variables().for_each(|variable| {
                        check(variable, &link.place);
                    });
                }
            }
            StateKind::Call { operation, args, .. } => {
                let Some(operation) = self.catalogue.operation(operation) else { return };
                let known = before.get(&state.name);
                for wanted in &operation.args {
                    let given = args.iter().find(|(name, _, _)| *name == wanted.name);
                    match given {
                        None if wanted.required => diagnostics
                            .push(state.place.error(format!("{} needs the argument {}", operation.name, wanted.name))),
                        None => {}
                        Some((_, Operand::Variable(variable), place)) => {
                            let Some(kind) = check(variable, place) else { continue };
                            if !kind.fits(&wanted.kind) {
                                diagnostics.push(place.error(format!(
                                    "{} takes a {}, {variable} is a {}",
                                    wanted.name,
                                    wanted.kind.describe(),
                                    kind.describe()
                                )));
                            }
                            let certain = known.is_none_or(|known| known.contains(&variable.name));
                            if wanted.required && !certain {
                                diagnostics.push(place.error(format!(
                                    "{variable} may have no value here, and {} needs {}",
                                    operation.name, wanted.name
                                )));
                            }
                        }
                        Some((_, Operand::Literal(text), place))
                            if !Kind::Choice([text.clone()].into()).fits(&wanted.kind) =>
                        {
                            let wanted = wanted.kind.describe();
                            diagnostics.push(place.error(format!("takes a {wanted}, found {text:?}")));
                        }
                        Some((_, Operand::Literal(_) | Operand::Number(_), _)) => {}
                    }
                }
                for (name, _, place) in args {
                    if !operation.args.iter().any(|arg| arg.name == *name) {
                        let near = dayaq_author::closest(name, operation.args.iter().map(|arg| arg.name.as_str()));
                        let hint = near.map(|near| format!(", did you mean {near}?")).unwrap_or_default();
                        diagnostics.push(place.error(format!("{} has no argument {name}{hint}", operation.name)));
                    }
                }
            }
            StateKind::Text { .. } | StateKind::List { parent: None, .. } | StateKind::Run { .. } | StateKind::End => {}
        }
    }
}

/// Adds the variables that are only ever given another variable's value.
fn copied(dialogue: &Dialogue, scope: &mut Scope) {
    for state in dialogue.states.values() {
        let StateKind::Choice { options, .. } = &state.kind else { continue };
        for (name, operand, _) in options.iter().flat_map(|option| &option.set) {
            if let Operand::Variable(other) = operand
                && !scope.contains_key(name)
            {
                let kind = field_kind(scope, other).unwrap_or(Kind::Text);
                scope.insert(name.clone(), kind);
            }
        }
    }
}

fn meet(earlier: Option<BTreeSet<String>>, now: &BTreeSet<String>) -> BTreeSet<String> {
    earlier.map_or_else(|| now.clone(), |earlier| earlier.intersection(now).cloned().collect())
}

/// Gives the kind of a variable or of a field of it.
pub(crate) fn field_kind(scope: &Scope, variable: &Variable) -> Option<Kind> {
    let kind = scope.get(&variable.name)?;
    match (&variable.field, kind) {
        (None, kind) => Some(kind.clone()),
        (Some(field), Kind::Record(fields)) => fields.iter().find(|arg| arg.name == *field).map(|arg| arg.kind.clone()),
        (Some(field), Kind::Records(_)) if field == "count" => Some(Kind::Number),
        (Some(_), _) => None,
    }
}

/// Lists the names that a text may use for a variable of this kind.
pub(crate) fn text_names(name: &str, kind: &Kind) -> Vec<String> {
    match kind {
        Kind::Record(fields) => {
            fields.iter().flat_map(|field| text_names(&format!("{name}-{}", field.name), &field.kind)).collect()
        }
        Kind::Records(_) => vec![format!("{name}-count"), format!("{name}-list")],
        Kind::Text
        | Kind::Number
        | Kind::Flag
        | Kind::Money
        | Kind::Date
        | Kind::Item(_)
        | Kind::Choice(_)
        | Kind::Term { .. }
        | Kind::Phrases(_) => vec![name.to_owned()],
    }
}
