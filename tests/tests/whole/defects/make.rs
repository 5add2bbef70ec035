//! Every defect that a change of one place makes.

use dayaq_gateway::content::ContentFiles;
use std::fmt;

/// What is done to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    Delete,
    Rename,
    Widen,
    Duplicate,
}

/// A file with one place changed.
pub struct Defect {
    pub file: String,
    /// The line that was changed, from 1.
    pub line: usize,
    pub change: Change,
    /// The key, message or label.
    pub name: String,
    /// The file's new text.
    pub text: String,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {:?} {}", self.file, self.line, self.change, self.name)
    }
}

impl Defect {
    pub fn kind_of_file(&self) -> String {
        if self.file == "config/regions.toml" || self.file == "config/branches.toml" {
            return "lists".to_owned();
        }
        let folders = [
            "config/rules",
            "config/calendar",
            "config/institutions",
            "config/operators",
            "config/aggregators",
            "locales",
            "dialogs",
        ];
        (*folders.iter().find(|folder| self.file.starts_with(**folder)).expect("a known folder")).to_owned()
    }
}

/// Far more than any declared number of pages or parts holds.
fn wide() -> String {
    " söz".repeat(450)
}

/// Lists the defects of all files that authors write.
pub fn all(files: &ContentFiles) -> Vec<Defect> {
    let mut all = Vec::new();
    for (path, text) in &files.0 {
        if path.ends_with(".ftl") {
            of_locale(path, text, &mut all);
        } else if !["config/dayaq.toml", "config/serve.example.toml"].contains(&path.as_str())
            && !path.contains(".example")
        {
            of_toml(path, text, &mut all);
        }
    }
    all
}

/// Replaces the lines `from..to` (from 0).
fn replaced(lines: &[&str], from: usize, to: usize, by: &[String]) -> String {
    let kept = |part: &[&str]| part.iter().map(|line| format!("{line}\n")).collect::<String>();
    let new: String = by.iter().map(|line| format!("{line}\n")).collect();
    format!("{}{new}{}", kept(&lines[..from]), kept(&lines[to..]))
}

/// A message reaches to the next one, an attribute to the next attribute.
fn of_locale(path: &str, text: &str, all: &mut Vec<Defect>) {
    let lines: Vec<&str> = text.lines().collect();
    let name_of = |line: &str| {
        let (name, _) = line.split_once(" =")?;
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        (plain && !name.is_empty()).then(|| name.to_owned())
    };
    let attribute_of = |line: &str| name_of(line.strip_prefix("    .")?);
    let end_of = |from: usize, stops: &dyn Fn(&str) -> bool| {
        let rest = lines[from + 1..].iter();
        let mut end =
            from + 1 + rest.take_while(|line| line.is_empty() || (line.starts_with(' ') && !stops(line))).count();
        while end > from + 1 && lines[end - 1].is_empty() {
            end -= 1;
        }
        end
    };
    let mut message = String::new();
    for (at, line) in lines.iter().enumerate() {
        let attribute = attribute_of(line);
        let name = match (&attribute, name_of(line)) {
            (Some(attribute), _) => format!("{message}.{attribute}"),
            (None, Some(name)) => {
                message.clone_from(&name);
                name
            }
            (None, None) => continue,
        };
        let stops = |line: &str| attribute_of(line).is_some();
        let value_end = end_of(at, &stops);
        let end = if attribute.is_some() { value_end } else { end_of(at, &|_| false) };
        let own: Vec<String> = lines[at..end].iter().map(|line| (*line).to_owned()).collect();
        let mut add = |change: Change, text: String| {
            all.push(Defect { file: path.to_owned(), line: at + 1, change, name: name.clone(), text });
        };
        // The wording for SMS is the one text that may be left out.
        if attribute.as_deref() != Some("sms") {
            add(Change::Delete, replaced(&lines, at, end, &[]));
        }
        let mut widened = own.clone();
        let last = value_end - at - 1;
        // A line at a terminal has no width.
        let at_a_terminal = path.ends_with("/sums.ftl");
        if !(at_a_terminal || (last == 0 && own[0].trim_end().ends_with('='))) {
            widened[last].push_str(&wide());
            add(Change::Widen, replaced(&lines, at, end, &widened));
        }
        let mut renamed = own.clone();
        renamed[0] = renamed[0].replacen(" =", "x =", 1);
        add(Change::Rename, replaced(&lines, at, end, &renamed));
        add(Change::Duplicate, replaced(&lines, at, end, &[own.clone(), own].concat()));
    }
}

/// Keys that may be left out without a fault, because the guides give them a default or a list may be shorter.
const OPTIONAL: [&str; 29] = [
    // dialogues: defaults, and what narrows or repairs
    "resume",
    "section",
    "tries",
    "min",
    "max",
    "unique",
    "except",
    "parent",
    "skip",
    "rules",
    "strip",
    "upper",
    "silent",
    "confirm",
    "ask",
    "pattern",
    "pii",
    "keywords",
    "save",
    "segments",
    "as",
    "back",
    "home",
    "next-key",
    // rules and institutions: lists that may be empty
    "excluded_kinds",
    "statuses",
    "until",
    "optional",
    "refused",
];

/// Tables whose keys are names that an author chooses, so that another name is not a fault by itself.
fn is_free(table: &str) -> bool {
    ["region", "district", "numbers", "ussd.inbound_ops", "ussd.outbound_ops"].contains(&table)
}

fn of_toml(path: &str, text: &str, all: &mut Vec<Defect>) {
    let lines: Vec<&str> = text.lines().collect();
    let mut table = String::new();
    let mut inside = false;
    for (at, line) in lines.iter().enumerate() {
        if let Some(header) = line.strip_prefix('[').filter(|_| !inside) {
            table = header.trim_matches(|c| c == '[' || c == ']').to_owned();
        }
        // Transcripts are not served; what is wrong with one is found when it is replayed.
        if table == "test" {
            continue;
        }
        let mut add = |change: Change, name: &str, text: String| {
            all.push(Defect { file: path.to_owned(), line: at + 1, change, name: name.to_owned(), text });
        };
        if inside {
            if line.starts_with(']') {
                inside = false;
            }
            if line.trim_start().starts_with("{ key = ") {
                let own = (*line).to_owned();
                let name = own.split("name = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
                add(Change::Delete, &format!("opt-{name}"), replaced(&lines, at, at + 1, &[]));
                add(Change::Duplicate, name, replaced(&lines, at, at + 1, &[own.clone(), own.clone()]));
                add(Change::Rename, name, replaced(&lines, at, at + 1, &[own.replacen("name = ", "nam = ", 1)]));
            }
            continue;
        }
        if line.starts_with('[') {
            header(path, &lines, at, &table, &mut add);
            continue;
        }
        let Some((key, value)) = line.split_once(" = ").filter(|(key, _)| !key.starts_with(['#', ' '])) else {
            continue;
        };
        let closes = lines[at..].iter().position(|line| line.starts_with(']')).map_or(0, |more| more);
        inside = value.trim_end().ends_with('[');
        let end = if inside { at + closes + 1 } else { at + 1 };
        let own: Vec<String> = lines[at..end].iter().map(|line| (*line).to_owned()).collect();
        add(Change::Duplicate, key, replaced(&lines, at, end, &[own.clone(), own.clone()].concat()));
        let defaults = path.starts_with("config/operators/") || path.starts_with("config/aggregators/");
        if !is_free(&table) {
            let mut renamed = own.clone();
            renamed[0] = renamed[0].replacen(" =", "-x =", 1);
            add(Change::Rename, key, replaced(&lines, at, end, &renamed));
            if !OPTIONAL.contains(&key)
                && !defaults
                && !table.starts_with("type.")
                && !path.starts_with("config/institutions/")
            {
                add(Change::Delete, key, replaced(&lines, at, end, &[]));
            }
        } else if table == "region" {
            add(Change::Delete, key, replaced(&lines, at, end, &[]));
        }
        if let Some(widened) = widened(&table, key, value) {
            add(Change::Widen, key, replaced(&lines, at, end, &[format!("{key} = {widened}")]));
        }
    }
}

/// Changes the header of a table, or the table as a whole.
fn header(path: &str, lines: &[&str], at: usize, table: &str, add: &mut dyn FnMut(Change, &str, String)) {
    let line = lines[at];
    let end = lines[at + 1..].iter().position(|line| line.starts_with('[')).map_or(lines.len(), |more| at + 1 + more);
    let block: Vec<String> = lines[at..end].iter().map(|line| (*line).to_owned()).collect();
    let own = |change: &dyn Fn(&str) -> String| [vec![change(line)], block[1..].to_vec()].concat();
    add(Change::Duplicate, table, replaced(lines, at, end, &[block.clone(), block.clone()].concat()));
    // The id of a branch is the author's to choose, and a list may have one branch less.
    if !table.starts_with("branch.") {
        let renamed = own(&|line| line.replacen(']', "-x]", 1));
        add(Change::Rename, table, replaced(lines, at, end, &renamed));
        let days = path.starts_with("config/calendar/");
        let defaults = path.starts_with("config/operators/") || path.starts_with("config/aggregators/");
        let optional = ["numbers", "keys", "segments"].contains(&table) || table.starts_with("request");
        if !days && !defaults && !optional {
            add(Change::Delete, table.rsplit('.').next().unwrap_or(table), replaced(lines, at, end, &[]));
        }
    }
}

/// Makes a value too wide or too great for its place; most texts of a rule may have any length.
fn widened(table: &str, key: &str, value: &str) -> Option<String> {
    let number = value.bytes().all(|b| b.is_ascii_digit());
    let label = ["region", "district"].contains(&table) || table.starts_with("branch.");
    if number {
        return Some(format!("{value}{}", "0".repeat(12)));
    }
    if key == "amount" || (table == "widest" && value.starts_with('"')) {
        let body = value.trim_matches('"');
        return Some(format!("\"{body}{}\"", "0".repeat(1800)));
    }
    if label && value.contains("az = \"") {
        return Some(value.replacen("az = \"", &format!("az = \"{}", wide().trim_start()), 1));
    }
    None
}
