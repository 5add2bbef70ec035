//! A dialogue as its author wrote it, still without knowing whether its parts fit together.

use std::collections::{BTreeMap, BTreeSet};

use dayaq_author::{Diagnostics, Document, Place, Table};

use crate::Language;
use crate::condition::{Condition, Operand, Variable, is_name};
use crate::keyword::Keyword;
use crate::lexicon::Meaning;
use crate::transcript::Transcript;

/// The wrong answers after which help is offered, unless the author says otherwise.
const TRIES: u8 = 3;
/// The most pages that an author may declare; nobody leafs further.
const PAGES_MAX: usize = 30;
/// The items of one group; more fit neither a list of pages nor a family.
const GROUP_MAX: usize = 90;

#[derive(Clone, Debug)]
pub(crate) struct Dialogue {
    pub id: String,
    pub place: Place,
    pub codes: Vec<(String, Place)>,
    /// Words that do the same wherever they are written by SMS.
    pub keywords: Vec<Keyword>,
    pub start: Link,
    pub resume: bool,
    pub states: BTreeMap<String, State>,
    /// The states that exist in the file and could not be read.
    pub unread: BTreeSet<String>,
    pub tests: Vec<Transcript>,
}

#[derive(Clone, Debug)]
pub(crate) struct State {
    pub name: String,
    pub place: Place,
    pub section: Option<String>,
    pub tries: u8,
    /// How many pages its screen may take with the widest arguments; for a group, the list to remove from.
    pub pages: usize,
    pub kind: StateKind,
}

#[derive(Clone, Debug)]
pub(crate) enum StateKind {
    Choice {
        options: Vec<Choice>,
        save: Option<String>,
    },
    /// `skip` is the key of who does not know the answer; the variable then has no value.
    Text {
        input: String,
        save: String,
        skip: Option<String>,
        next: Link,
    },
    /// With `letters` an item is found by its first letters, and the whole list stands behind a key.
    List {
        list: String,
        parent: Option<Variable>,
        letters: Option<Letters>,
        save: String,
        next: Link,
    },
    Group(Group),
    Run {
        run: String,
        save: Option<String>,
        next: Option<Link>,
    },
    Call {
        operation: String,
        args: Vec<(String, Operand, Place)>,
        on: BTreeMap<String, Link>,
    },
    Route {
        rules: Vec<(Condition, Link)>,
        next: Link,
    },
    End,
}

#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub key: String,
    pub name: String,
    pub place: Place,
    pub next: Link,
    pub set: Vec<(String, Operand, Place)>,
    pub language: Option<Language>,
    /// Whether it means yes or no, so that any word for that chooses it.
    pub means: Option<Meaning>,
}

/// Says how an item of a list is found by its first letters.
#[derive(Clone, Debug)]
pub(crate) struct Letters {
    /// The list whose items those of this one belong to; a name of one of them finds what belongs to it.
    pub above: String,
    /// Where the item is kept to which the one found belongs.
    pub save: String,
    /// The key of who would rather see the list.
    pub key: String,
    pub next: Link,
}

#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub run: String,
    pub save: String,
    pub unique: Option<String>,
    pub except: Option<Variable>,
    /// Whether the first question about an item is asked on the group's own screen.
    pub direct: bool,
    pub min: usize,
    pub max: usize,
    pub next: Link,
}

/// Says where to go, and where the author said so.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub target: Target,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    State(String),
    Return,
    Home,
}

impl Dialogue {
    /// Gives the ways into it: where it starts, and where keywords lead.
    pub fn entries(&self) -> impl Iterator<Item = &Link> {
        std::iter::once(&self.start).chain(self.keywords.iter().map(|keyword| &keyword.next))
    }

    pub fn state(&self, name: &str) -> Option<&State> {
        self.states.get(name)
    }

    /// Gives the Fluent message of a state.
    pub fn message(&self, state: &str) -> String {
        format!("{}-{state}", self.id)
    }
}

impl State {
    /// Says whether the person sees a screen here and answers it.
    pub fn asks(&self) -> bool {
        match self.kind {
            StateKind::Choice { .. } | StateKind::Text { .. } | StateKind::List { .. } | StateKind::Group(_) => true,
            StateKind::Run { .. } | StateKind::Call { .. } | StateKind::Route { .. } | StateKind::End => false,
        }
    }

    /// Says whether one of several is to be chosen here, so that words for a wrong choice can ask for another by themselves.
    pub fn offers(&self) -> bool {
        match &self.kind {
            StateKind::Choice { .. } | StateKind::List { .. } => true,
            StateKind::Group(group) => group.direct,
            StateKind::Text { .. }
            | StateKind::Run { .. }
            | StateKind::Call { .. }
            | StateKind::Route { .. }
            | StateKind::End => false,
        }
    }

    pub fn links(&self) -> Vec<&Link> {
        match &self.kind {
            StateKind::Choice { options, .. } => options.iter().map(|option| &option.next).collect(),
            StateKind::Text { next, .. } => vec![next],
            StateKind::List { next, letters, .. } => {
                std::iter::once(next).chain(letters.iter().map(|letters| &letters.next)).collect()
            }
            StateKind::Group(group) => vec![&group.next],
            StateKind::Run { next, .. } => next.iter().collect(),
            StateKind::Call { on, .. } => on.values().collect(),
            StateKind::Route { rules, next } => rules.iter().map(|(_, link)| link).chain([next]).collect(),
            StateKind::End => Vec::new(),
        }
    }

    /// Names the dialogue that this state begins, if it begins one.
    pub fn runs(&self) -> Option<&str> {
        match &self.kind {
            StateKind::Run { run, .. } | StateKind::Group(Group { run, .. }) => Some(run),
            StateKind::Choice { .. }
            | StateKind::Text { .. }
            | StateKind::List { .. }
            | StateKind::Call { .. }
            | StateKind::Route { .. }
            | StateKind::End => None,
        }
    }
}

/// Reads one dialogue; `None` only when it has no identity to speak of.
pub(crate) fn read(document: &Document, diagnostics: &Diagnostics) -> Option<Dialogue> {
    let root = document.root(diagnostics);
    let head = root.table("dialog")?;
    let id = head.parse("id", name);
    let start = link(&head, "start");
    let codes = head.string_items("codes");
    let keywords = head.tables("keywords").into_iter().filter_map(Keyword::read).collect();
    let resume = head.boolean_or("resume", false);
    let place = head.place();
    head.finish();
    let mut states = BTreeMap::new();
    let mut unread = BTreeSet::new();
    for (name, table) in root.entries("state") {
        match state(&name, table) {
            Some(state) => drop(states.insert(name, state)),
            None => drop(unread.insert(name)),
        }
    }
    let tests = root.tables("test").into_iter().filter_map(Transcript::read).collect();
    root.finish();
    Some(Dialogue { id: id?, place, codes, keywords, start: start?, resume, states, unread, tests })
}

fn state(state_name: &str, table: Table<'_>) -> Option<State> {
    let place = table.place();
    if let Err(message) = state_name_allowed(state_name) {
        table.error_here(message);
    }
    let section = table.opt_parse("section", name);
    let tries = table.integer_or("tries", 1..=9, TRIES);
    let kind = match table.string("kind")?.as_str() {
        "choice" => choice(&table),
        "text" => read_text(&table),
        "list" => read_list(&table),
        "group" => group(&table),
        "run" => read_run(&table),
        "call" => call(&table),
        "route" => route(&table),
        "end" => Some(StateKind::End),
        other => {
            let kinds = ["choice", "text", "list", "group", "run", "call", "route", "end"];
            let hint = dayaq_author::closest(other, kinds).map(|near| format!(", did you mean {near:?}?"));
            let message = format!("must be one of {}, found {other:?}{}", kinds.join(", "), hint.unwrap_or_default());
            table.error("kind", message);
            return None;
        }
    };
    // A state that could not be read has already said why; its other keys were not all asked for.
    let kind = kind?;
    let mut state = State { name: state_name.to_owned(), place, section, tries, pages: 1, kind };
    if state.asks() || matches!(state.kind, StateKind::End) {
        state.pages = table.integer_or("pages", 1..=PAGES_MAX, 1);
    }
    table.finish();
    Some(state)
}

fn choice(table: &Table<'_>) -> Option<StateKind> {
    let save = table.opt_parse("save", name);
    let shared = opt_link(table, "next");
    let options = table.tables("options");
    if options.is_empty() {
        table.error("options", "a choice needs options");
    }
    let options = options.into_iter().filter_map(|option| read_option(option, shared.as_ref())).collect();
    Some(StateKind::Choice { options, save })
}

fn read_option(table: Table<'_>, shared: Option<&Link>) -> Option<Choice> {
    let key = table.parse("key", option_key);
    let option_name = table.parse("name", name);
    let own = opt_link(&table, "next");
    let language = table
        .opt_parse("language", |code| Language::from_code(code).ok_or_else(|| format!("{code:?} is not az, ru or en")));
    let means = table.opt_parse("means", |text| match text {
        "yes" => Ok(Meaning::Yes),
        "no" => Ok(Meaning::No),
        other => Err(format!("must be yes or no, found {other:?}")),
    });
    let set = operands(&table, "set");
    let place = table.place();
    let next = own.or_else(|| shared.cloned());
    if next.is_none() && !table.has("next") {
        table.error("next", "missing, here or on the state");
    }
    table.finish();
    Some(Choice { key: key?, name: option_name?, place, next: next?, set, language, means })
}

fn read_text(table: &Table<'_>) -> Option<StateKind> {
    let input = table.string("type");
    let save = table.parse("save", name);
    let skip = table.opt_parse("skip", option_key);
    let next = link(table, "next");
    Some(StateKind::Text { input: input?, save: save?, skip, next: next? })
}

fn option_key(text: &str) -> Result<String, String> {
    let digits = !text.is_empty() && text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit());
    if digits { Ok(text.to_owned()) } else { Err(format!("must be one to three digits, found {text:?}")) }
}

fn read_list(table: &Table<'_>) -> Option<StateKind> {
    let list = table.string("list");
    let parent = table
        .opt_string("parent")
        .and_then(|text| variable(table, "parent", if text.starts_with('$') { text } else { format!("${text}") }));
    let letters = table.opt_table("letters").and_then(|table| {
        let letters = read_letters(&table);
        table.finish();
        letters
    });
    if parent.is_some() && table.has("letters") {
        table.error("letters", "finds an item of the whole list, which has no parent then");
    }
    let save = table.parse("save", name);
    let next = link(table, "next");
    Some(StateKind::List { list: list?, parent, letters, save: save?, next: next? })
}

fn read_letters(table: &Table<'_>) -> Option<Letters> {
    let above = table.string("above");
    let save = table.parse("save", name);
    let key = table.parse("key", option_key);
    let next = link(table, "next");
    Some(Letters { above: above?, save: save?, key: key?, next: next? })
}

fn group(table: &Table<'_>) -> Option<StateKind> {
    let run = table.string("run");
    let save = table.parse("save", name);
    let unique = table.opt_parse("unique", name);
    let except = table.opt_string("except").and_then(|text| variable(table, "except", text));
    let max = table.integer_or("max", 1..=GROUP_MAX, GROUP_MAX);
    let min = table.integer_or("min", 0..=max, 0);
    let direct = table.boolean_or("direct", false);
    let next = link(table, "next");
    if except.is_some() && unique.is_none() {
        table.error("except", "needs unique, which says what is compared");
    }
    Some(StateKind::Group(Group { run: run?, save: save?, unique, except, direct, min, max, next: next? }))
}

fn read_run(table: &Table<'_>) -> Option<StateKind> {
    let run = table.string("run");
    let save = table.opt_parse("save", name);
    let next = opt_link(table, "next");
    Some(StateKind::Run { run: run?, save, next })
}

fn call(table: &Table<'_>) -> Option<StateKind> {
    let operation = table.string("operation");
    let args = operands(table, "args");
    let mut on = BTreeMap::new();
    if let Some(branches) = table.table("on") {
        for outcome in branches.keys() {
            if let Some(link) = link(&branches, outcome) {
                on.insert(outcome.to_owned(), link);
            }
        }
    }
    Some(StateKind::Call { operation: operation?, args, on })
}

fn route(table: &Table<'_>) -> Option<StateKind> {
    let mut rules = Vec::new();
    for rule in table.tables("rules") {
        let condition = rule.parse("if", Condition::parse);
        let next = link(&rule, "next");
        rule.finish();
        rules.extend(condition.zip(next));
    }
    let next = link(table, "next");
    Some(StateKind::Route { rules, next: next? })
}

fn operands(table: &Table<'_>, key: &str) -> Vec<(String, Operand, Place)> {
    table
        .string_map(key)
        .into_iter()
        .filter_map(|(name, text, place)| match Operand::parse(&text) {
            Ok(operand) => Some((name, operand, place)),
            Err(message) => {
                table.error(key, message);
                None
            }
        })
        .collect()
}

fn variable(table: &Table<'_>, key: &str, text: String) -> Option<Variable> {
    Variable::parse(&text).map_err(|message| table.error(key, message)).ok()
}

pub(crate) fn link(table: &Table<'_>, key: &str) -> Option<Link> {
    let target = table.parse(key, target)?;
    Some(Link { target, place: table.at(key) })
}

fn opt_link(table: &Table<'_>, key: &str) -> Option<Link> {
    let target = table.opt_parse(key, target)?;
    Some(Link { target, place: table.at(key) })
}

fn target(text: &str) -> Result<Target, String> {
    match text {
        "return" => Ok(Target::Return),
        "home" => Ok(Target::Home),
        other => name(other).map(Target::State),
    }
}

pub(crate) fn name(text: &str) -> Result<String, String> {
    if is_name(text) {
        Ok(text.to_owned())
    } else {
        Err(format!("must be small Latin letters, digits and hyphens, beginning with a letter, found {text:?}"))
    }
}

fn state_name_allowed(text: &str) -> Result<(), String> {
    if text == "return" || text == "home" {
        return Err(format!("no state may be called {text:?}; it is a place to go to"));
    }
    name(text).map(drop)
}
