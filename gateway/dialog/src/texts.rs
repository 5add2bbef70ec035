//! Every word that a person reads: Fluent messages in three languages, and what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use dayaq_author::{Diagnostics, LineIndex, Place, Position};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use fluent_syntax::ast;
use unic_langid::LanguageIdentifier;

use crate::Language;
use crate::sources::Source;

/// Holds the messages of all languages, ready to be formatted, and what the check needs to know about them.
pub(crate) struct Texts {
    bundles: Vec<FluentBundle<FluentResource>>,
    messages: [BTreeMap<String, Message>; 3],
    /// The arguments that each message and its attributes speak of, references followed.
    arguments: [BTreeMap<String, BTreeSet<String>>; 3],
}

/// Says what the check knows about one message.
struct Message {
    place: Place,
    value: Option<Uses>,
    attributes: BTreeMap<String, (Place, Uses)>,
}

/// What a pattern refers to.
#[derive(Clone, Default)]
struct Uses {
    variables: BTreeSet<String>,
    messages: BTreeSet<(String, Option<String>)>,
    /// Plural categories of each selection over a variable, to be complete for the language.
    plurals: Vec<BTreeSet<String>>,
}

/// Says that a text must exist, who needs it, and which arguments it may use.
pub(crate) struct Expected {
    pub id: String,
    pub attribute: Option<String>,
    pub args: BTreeSet<String>,
    pub needed_by: Place,
    /// An optional text may be missing, but where it is there, it is used and checked.
    pub optional: bool,
}

impl Texts {
    pub fn read(locales: &[(Language, Source)], diagnostics: &Diagnostics) -> Self {
        let mut bundles: Vec<_> = Language::ALL.into_iter().map(bundle).collect();
        let mut messages: [BTreeMap<String, Message>; 3] = Default::default();
        for (language, source) in locales {
            read_file(source, &mut messages[language.index()], diagnostics);
            // A file with faults still gives its good messages; the faults have been reported above.
            let resource = FluentResource::try_new(source.text.clone()).unwrap_or_else(|(resource, _)| resource);
            bundles[language.index()].add_resource_overriding(resource);
        }
        let mut texts = Texts { bundles, messages, arguments: Default::default() };
        for language in Language::ALL {
            let ids = texts.messages[language.index()].keys();
            let arguments = ids.map(|id| (id.clone(), texts.all_variables(language, id))).collect();
            texts.arguments[language.index()] = arguments;
        }
        texts
    }

    /// Tells whether a message or one of its attributes speaks of the argument, or of a field of it (`name-…`).
    pub fn speaks_of(&self, language: Language, id: &str, name: &str) -> bool {
        let field = |argument: &String| argument.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
        let arguments = self.arguments[language.index()].get(id);
        arguments.is_some_and(|arguments| arguments.contains(name) || arguments.iter().any(field))
    }

    fn all_variables(&self, language: Language, id: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        self.follow(language, &(id.to_owned(), None), &mut reached);
        if let Some(message) = self.messages[language.index()].get(id) {
            for attribute in message.attributes.keys() {
                self.follow(language, &(id.to_owned(), Some(attribute.clone())), &mut reached);
            }
        }
        self.variables(language, &reached)
    }

    fn variables(&self, language: Language, reached: &BTreeSet<(String, Option<String>)>) -> BTreeSet<String> {
        let uses = reached.iter().filter_map(|(id, attribute)| {
            self.messages[language.index()].get(id).and_then(|message| message.uses(attribute.as_deref()))
        });
        uses.flat_map(|uses| uses.variables.iter().cloned()).collect()
    }

    /// Formats a message or one of its attributes; `None` when the language lacks it.
    pub fn format(
        &self,
        language: Language,
        id: &str,
        attribute: Option<&str>,
        args: &FluentArgs<'_>,
    ) -> Option<String> {
        let bundle = &self.bundles[language.index()];
        let message = bundle.get_message(id)?;
        let pattern = match attribute {
            Some(name) => message.get_attribute(name)?.value(),
            None => message.value()?,
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(args), &mut errors);
        // The check has proved that arguments and references exist, so that what is left in `errors` is nothing.
        Some(text.into_owned())
    }

    pub fn has(&self, language: Language, id: &str, attribute: Option<&str>) -> bool {
        self.messages[language.index()].get(id).is_some_and(|message| message.uses(attribute).is_some())
    }

    /// Finds where a text stands; `None` when the language lacks it.
    pub fn found(&self, language: Language, id: &str, attribute: Option<&str>) -> Option<Place> {
        let message = self.messages[language.index()].get(id)?;
        match attribute {
            Some(name) => message.attributes.get(name).map(|(place, _)| place.clone()),
            None => Some(message.place.clone()),
        }
    }

    /// Compares what exists with what is needed, both ways, in every language.
    pub fn check(&self, expected: &[Expected], diagnostics: &Diagnostics) {
        for language in Language::ALL {
            let mut used: BTreeSet<(String, Option<String>)> = BTreeSet::new();
            for text in expected {
                let key = (text.id.clone(), text.attribute.clone());
                if self.has(language, &text.id, text.attribute.as_deref()) {
                    self.check_arguments(language, text, diagnostics);
                    self.follow(language, &key, &mut used);
                } else if !text.optional {
                    let shown = shown(&key);
                    let message = format!("the text {shown} is missing in {}", language.code());
                    let place =
                        if text.needed_by.position == Position::FILE { self.nearest(language, text) } else { None };
                    diagnostics.push(place.unwrap_or_else(|| text.needed_by.clone()).error(message));
                }
            }
            self.check_unused(language, &used, diagnostics);
            self.check_plurals(language, diagnostics);
        }
    }

    /// Finds where a missing text would stand: in its message, or beside the one whose name begins like its own.
    fn nearest(&self, language: Language, text: &Expected) -> Option<Place> {
        let alike = |id: &String| id.bytes().zip(text.id.bytes()).take_while(|(a, b)| a == b).count();
        let messages = self.messages[language.index()].iter();
        messages.max_by_key(|(id, _)| alike(id)).map(|(_, message)| message.place.clone())
    }

    fn check_arguments(&self, language: Language, text: &Expected, diagnostics: &Diagnostics) {
        let mut reached = BTreeSet::new();
        let key = (text.id.clone(), text.attribute.clone());
        self.follow(language, &key, &mut reached);
        let needed = self.variables(language, &reached);
        for name in needed.difference(&text.args) {
            let hint = dayaq_author::closest(name, text.args.iter().map(String::as_str));
            let known: Vec<String> = text.args.iter().map(|arg| format!("${arg}")).collect();
            let message = match hint {
                Some(near) => format!("{}: nothing gives ${name}, did you mean ${near}?", shown(&key)),
                None if known.is_empty() => format!("{}: nothing gives ${name}; it has no arguments", shown(&key)),
                None => format!("{}: nothing gives ${name}; it may use {}", shown(&key), known.join(", ")),
            };
            diagnostics.push(self.place(language, &key).error(message));
        }
    }

    /// Collects a pattern and all that it refers to; stops at what it has seen, so that a circle ends.
    fn follow(
        &self,
        language: Language,
        key: &(String, Option<String>),
        seen: &mut BTreeSet<(String, Option<String>)>,
    ) {
        if !seen.insert(key.clone()) {
            return;
        }
        let message = self.messages[language.index()].get(&key.0);
        if let Some(uses) = message.and_then(|message| message.uses(key.1.as_deref())) {
            for next in &uses.messages {
                self.follow(language, next, seen);
            }
        }
    }

    fn check_unused(&self, language: Language, used: &BTreeSet<(String, Option<String>)>, diagnostics: &Diagnostics) {
        for (id, message) in &self.messages[language.index()] {
            let wanted = used.iter().any(|(name, _)| name == id);
            if !wanted {
                diagnostics.push(message.place.error(format!("nothing uses the text {id}")));
                continue;
            }
            for (attribute, (place, _)) in &message.attributes {
                if !used.contains(&(id.clone(), Some(attribute.clone()))) {
                    diagnostics.push(place.error(format!("nothing uses the text {id}.{attribute}")));
                }
            }
        }
        for (id, attribute) in used {
            let missing =
                self.messages[language.index()].get(id).is_none_or(|m| m.uses(attribute.as_deref()).is_none());
            if missing {
                let key = (id.clone(), attribute.clone());
                diagnostics.push(self.referrer(language, &key).error(format!(
                    "refers to {}, which does not exist in {}",
                    shown(&key),
                    language.code()
                )));
            }
        }
    }

    fn check_plurals(&self, language: Language, diagnostics: &Diagnostics) {
        for (id, message) in &self.messages[language.index()] {
            let own = message.value.iter().map(|uses| (&message.place, uses));
            let attributes = message.attributes.values().map(|(place, uses)| (place, uses));
            for (place, uses) in own.chain(attributes) {
                for found in &uses.plurals {
                    for category in language.plural_categories() {
                        if !found.contains(*category) {
                            let message = format!("{id}: the plural form \"{category}\" is missing");
                            diagnostics.push(place.error(message));
                        }
                    }
                }
            }
        }
    }

    fn place(&self, language: Language, (id, attribute): &(String, Option<String>)) -> Place {
        let message = &self.messages[language.index()][id];
        match attribute.as_ref().and_then(|name| message.attributes.get(name)) {
            Some((place, _)) => place.clone(),
            None => message.place.clone(),
        }
    }

    fn referrer(&self, language: Language, key: &(String, Option<String>)) -> Place {
        let refers = |message: &&Message| message.patterns().any(|uses| uses.messages.contains(key));
        let found = self.messages[language.index()].values().find(refers);
        found.map_or_else(|| Place::file(language.code()), |message| message.place.clone())
    }
}

impl Message {
    fn uses(&self, attribute: Option<&str>) -> Option<&Uses> {
        match attribute {
            Some(name) => self.attributes.get(name).map(|(_, uses)| uses),
            None => self.value.as_ref(),
        }
    }

    fn patterns(&self) -> impl Iterator<Item = &Uses> {
        self.value.iter().chain(self.attributes.values().map(|(_, uses)| uses))
    }
}

/// The words of a message's name, as its author writes it.
fn shown((id, attribute): &(String, Option<String>)) -> String {
    match attribute {
        Some(attribute) => format!("{id}.{attribute}"),
        None => id.clone(),
    }
}

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let id: LanguageIdentifier = language.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // Isolation marks would cost characters on the air, and phones of this kind show them as boxes.
    bundle.set_use_isolating(false);
    bundle
}

fn read_file(source: &Source, messages: &mut BTreeMap<String, Message>, diagnostics: &Diagnostics) {
    let lines = LineIndex::new(&source.text);
    let place = |offset: usize| Place {
        path: source.path.as_str().into(),
        position: lines.position(offset),
        key: String::new(),
    };
    // The tree borrows from the text, so that the address of a name tells its offset.
    let offset = |part: &str| (part.as_ptr() as usize).saturating_sub(source.text.as_ptr() as usize);
    let resource = match fluent_syntax::parser::parse(source.text.as_str()) {
        Ok(resource) => resource,
        Err((resource, errors)) => {
            for error in errors {
                diagnostics.push(place(error.pos.start).error(error.kind.to_string()));
            }
            resource
        }
    };
    for entry in &resource.body {
        let (name, value, attributes) = match entry {
            ast::Entry::Message(message) => {
                (message.id.name.to_owned(), message.value.as_ref(), message.attributes.as_slice())
            }
            // Terms are known under their name with a hyphen, which no message can have.
            ast::Entry::Term(term) => (format!("-{}", term.id.name), Some(&term.value), term.attributes.as_slice()),
            ast::Entry::Comment(_)
            | ast::Entry::GroupComment(_)
            | ast::Entry::ResourceComment(_)
            | ast::Entry::Junk { .. } => continue,
        };
        let at = match entry {
            ast::Entry::Message(message) => place(offset(message.id.name)),
            ast::Entry::Term(term) => place(offset(term.id.name)),
            ast::Entry::Comment(_)
            | ast::Entry::GroupComment(_)
            | ast::Entry::ResourceComment(_)
            | ast::Entry::Junk { .. } => continue,
        };
        let mut own: BTreeMap<String, (Place, Uses)> = BTreeMap::new();
        for attribute in attributes {
            let at = place(offset(attribute.id.name));
            let found = (at.clone(), uses(&attribute.value));
            if let Some((earlier, _)) = own.insert(attribute.id.name.to_owned(), found) {
                let line = earlier.position.line;
                diagnostics
                    .push(at.error(format!("the text {name}.{} exists already in line {line}", attribute.id.name)));
            }
        }
        let message = Message { place: at.clone(), value: value.map(uses), attributes: own };
        if let Some(earlier) = messages.insert(name.clone(), message) {
            let line = earlier.place.position.line;
            diagnostics.push(at.error(format!("the text {name} exists already in {}:{line}", earlier.place.path)));
        }
    }
}

fn uses(pattern: &ast::Pattern<&str>) -> Uses {
    let mut found = Uses::default();
    walk_pattern(pattern, &mut found);
    found
}

fn walk_pattern(pattern: &ast::Pattern<&str>, found: &mut Uses) {
    for element in &pattern.elements {
        match element {
            ast::PatternElement::TextElement { .. } => {}
            ast::PatternElement::Placeable { expression } => walk_expression(expression, found),
        }
    }
}

fn walk_expression(expression: &ast::Expression<&str>, found: &mut Uses) {
    match expression {
        ast::Expression::Inline(inline) => walk_inline(inline, found),
        ast::Expression::Select { selector, variants } => {
            walk_inline(selector, found);
            let mut categories = BTreeSet::new();
            for variant in variants {
                if let ast::VariantKey::Identifier { name } = variant.key
                    && ["zero", "one", "two", "few", "many"].contains(&name)
                {
                    categories.insert(name.to_owned());
                }
                walk_pattern(&variant.value, found);
            }
            if !categories.is_empty() {
                found.plurals.push(categories);
            }
        }
    }
}

fn walk_inline(inline: &ast::InlineExpression<&str>, found: &mut Uses) {
    match inline {
        ast::InlineExpression::StringLiteral { .. } | ast::InlineExpression::NumberLiteral { .. } => {}
        ast::InlineExpression::VariableReference { id } => {
            found.variables.insert(id.name.to_owned());
        }
        ast::InlineExpression::MessageReference { id, attribute } => {
            found.messages.insert((id.name.to_owned(), attribute.as_ref().map(|name| name.name.to_owned())));
        }
        ast::InlineExpression::TermReference { id, attribute, arguments } => {
            found.messages.insert((format!("-{}", id.name), attribute.as_ref().map(|name| name.name.to_owned())));
            arguments.iter().for_each(|arguments| walk_arguments(arguments, found));
        }
        ast::InlineExpression::FunctionReference { id, arguments } => {
            // No function is registered: the engine formats numbers, money and dates itself.
            found.variables.insert(format!("{}()", id.name));
            walk_arguments(arguments, found);
        }
        ast::InlineExpression::Placeable { expression } => walk_expression(expression, found),
    }
}

fn walk_arguments(arguments: &ast::CallArguments<&str>, found: &mut Uses) {
    arguments.positional.iter().for_each(|value| walk_inline(value, found));
    arguments.named.iter().for_each(|named| walk_inline(&named.value, found));
}
