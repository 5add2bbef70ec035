//! Institutions as data: `config/institutions/*.toml` says what is asked of whom and which facts come back.

use crate::answer::FactName;
use dayaq_author::{Diagnostics, Table};
use std::collections::BTreeSet;
use std::time::Duration;

/// An institution's connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Institution {
    /// Its id, under which the configuration gives its address and token.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// How long an answer may take.
    pub timeout: Duration,
    /// The waits before the next tries; the last one repeats.
    pub retry: Vec<Duration>,
    /// What is asked.
    pub requests: Vec<Request>,
}

/// One kind of request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its id, unique among all institutions.
    pub id: String,
    /// The path under the institution's address.
    pub path: PathTemplate,
    /// For whom it is made.
    pub subject: Subject,
    /// When.
    pub stage: RequestStage,
    /// What an answer of 404 means.
    pub on_404: On404,
    /// What is read in the answer.
    pub facts: Vec<FactSource>,
}

/// For whom a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// For each person of the family.
    Person,
    /// For the notarised application's number.
    Notary,
}

/// When a request is made for the applicant; for members everything belongs to the evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestStage {
    /// Before anything else.
    Verification,
    /// Once the applicant is verified.
    Evidence,
}

/// What an answer of 404 means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On404 {
    /// There is no such person or paper.
    Unknown,
    /// The lists asked for are empty.
    Nothing,
}

/// Where in an answer a fact stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactSource {
    /// The fact.
    pub name: FactName,
    /// The JSON pointer to it.
    pub pointer: String,
    /// The pointers inside each item of a list, in the order of [`FactName::item_keys`].
    pub item: Vec<String>,
    /// Whether it may be missing or null.
    pub optional: bool,
}

/// A path with places to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Fin,
    Number,
    WindowFrom,
    WindowTo,
}

/// What fills the places.
#[derive(Clone, Copy, Debug)]
pub struct PathValues<'a> {
    /// The person's FIN, or the applicant's.
    pub fin: &'a str,
    /// The notarised application's number.
    pub number: &'a str,
    /// The first month of the income window.
    pub window_from: &'a str,
    /// The last.
    pub window_to: &'a str,
}

impl PathTemplate {
    fn parse(text: &str) -> Result<Self, String> {
        if !text.starts_with('/') {
            return Err("must begin with /".to_owned());
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or("a { is never closed")?;
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(match name {
                "fin" => Piece::Fin,
                "number" => Piece::Number,
                "window_from" => Piece::WindowFrom,
                "window_to" => Piece::WindowTo,
                other => return Err(format!("{other:?} is not fin, number, window_from or window_to")),
            });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// Fills the places in. Every value is letters, digits or a dash by its type, so that nothing needs escaping.
    pub fn fill(&self, values: &PathValues<'_>) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Fin => values.fin,
            Piece::Number => values.number,
            Piece::WindowFrom => values.window_from,
            Piece::WindowTo => values.window_to,
        });
        pieces.collect()
    }
}

impl Institution {
    /// Reads the files, one institution each; every fact that a decision needs must come from exactly one request.
    pub fn read(files: &[(String, String)], diagnostics: &Diagnostics) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let mut given: BTreeSet<FactName> = BTreeSet::new();
        let mut complete = true;
        for (path, text) in files {
            let (document, found) = dayaq_author::parse(path, text);
            let root = document.root(&found);
            match read_institution(&root, &mut given, &all) {
                Some(institution) => all.push(institution),
                None => complete = false,
            }
            root.finish();
            complete &= !found.has_errors();
            diagnostics.extend(found);
        }
        if complete {
            for name in FactName::ALL.into_iter().filter(|name| !given.contains(name)) {
                let place = dayaq_author::Place::file(files.first().map_or("institutions", |(path, _)| path));
                diagnostics.push(place.error(format!("no institution gives the fact {:?}", name.name())));
            }
        }
        all
    }

    /// The wait after that many failed tries, counted from 1.
    pub fn wait_after(&self, tries: u32) -> Duration {
        let at = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
        self.retry.get(at).or(self.retry.last()).copied().unwrap_or(Duration::from_secs(60))
    }
}

fn read_institution(root: &Table<'_>, given: &mut BTreeSet<FactName>, others: &[Institution]) -> Option<Institution> {
    let id = root.parse("id", |text| read_id(text, others.iter().map(|o| o.id.as_str())));
    let name = root.string("name");
    let timeout = root.integer("timeout_ms", 50..=60_000u64);
    let retry = read_retry(root);
    let mut requests: Vec<Request> = Vec::new();
    for table in root.tables("request") {
        let taken = others.iter().flat_map(|o| &o.requests).chain(&requests).map(|r| r.id.as_str());
        let request = read_request(&table, taken, given);
        table.finish();
        requests.extend(request);
    }
    if requests.is_empty() {
        root.error("request", "at least one is needed");
    }
    Some(Institution { id: id?, name: name?, timeout: Duration::from_millis(timeout?), retry, requests })
}

fn read_retry(root: &Table<'_>) -> Vec<Duration> {
    let mut waits = Vec::new();
    for (text, place) in root.string_items("retry") {
        match parse_wait(&text) {
            Some(wait) => waits.push(wait),
            None => root.error(
                "retry",
                format!(
                    "must be waits such as \"30s\", \"2m\" or \"1h\", found {text:?} in line {}",
                    place.position.line
                ),
            ),
        }
    }
    if waits.is_empty() {
        root.error("retry", "at least one wait is needed");
    }
    waits
}

/// Reads `30s`, `2m` or `1h`, up to a day.
fn parse_wait(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => number,
        'm' => number.checked_mul(60)?,
        'h' => number.checked_mul(3600)?,
        _ => return None,
    };
    (1..=86_400).contains(&seconds).then(|| Duration::from_secs(seconds))
}

fn read_request<'a>(
    table: &Table<'_>,
    taken: impl Iterator<Item = &'a str>,
    given: &mut BTreeSet<FactName>,
) -> Option<Request> {
    let id = table.parse("id", |text| read_id(text, taken));
    let path = table.parse("path", PathTemplate::parse);
    let subject = table.one_of("subject", &[("person", Subject::Person), ("notary", Subject::Notary)]);
    let stages = [("verification", RequestStage::Verification), ("evidence", RequestStage::Evidence)];
    let stage = table.one_of("stage", &stages);
    let on_404 = table.one_of("on_404", &[("unknown", On404::Unknown), ("nothing", On404::Nothing)]);
    let mut facts = Vec::new();
    for fact in table.tables("facts") {
        if let Some(source) = read_fact(&fact, on_404) {
            if !given.insert(source.name) {
                fact.error("name", "another request already gives this fact");
            }
            facts.push(source);
        }
        fact.finish();
    }
    if facts.is_empty() {
        table.error("facts", "at least one is needed");
    }
    Some(Request { id: id?, path: path?, subject: subject?, stage: stage?, on_404: on_404?, facts })
}

fn read_fact(table: &Table<'_>, on_404: Option<On404>) -> Option<FactSource> {
    let names = FactName::ALL.map(|n| (n.name(), n));
    let name = table.one_of("name", &names);
    let pointer = table.parse("pointer", read_pointer);
    let optional = table.boolean_or("optional", false);
    let mut item = Vec::new();
    if let Some(name) = name {
        if optional && !name.may_be_missing() {
            table.error("optional", "a decision cannot do without this fact");
        }
        if on_404 == Some(On404::Nothing) && !name.may_be_empty() {
            table.error("name", "on_404 = \"nothing\" suits lists alone");
        }
        if !name.item_keys().is_empty()
            && let Some(items) = table.table("item")
        {
            item.extend(name.item_keys().iter().filter_map(|key| items.parse(key, read_pointer)));
            items.finish();
        }
    }
    Some(FactSource { name: name?, pointer: pointer?, item, optional })
}

fn read_pointer(text: &str) -> Result<String, String> {
    if text.starts_with('/') {
        Ok(text.to_owned())
    } else {
        Err("must be a JSON pointer such as /person/name".to_owned())
    }
}

fn read_id<'a>(text: &str, mut taken: impl Iterator<Item = &'a str>) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || text.len() > 40 || !text.chars().all(plain) {
        return Err("must be 1 to 40 lower-case letters, digits and dashes".to_owned());
    }
    if taken.any(|other| other == text) {
        return Err(format!("{text:?} is given twice"));
    }
    Ok(text.to_owned())
}
