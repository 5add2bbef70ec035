//! The content that authors write: dialogues, locales and lists, compiled into a book.

use crate::values;
use dayaq_author::{Diagnostics, Place, Table, parse, utf8};
use dayaq_dialog::{Book, Item, Language, List, Source, Sources, compile};
use std::collections::BTreeMap;
use std::path::Path;

/// Files by their path below the content folder, with `/` between the parts.
#[derive(Clone, Debug, Default)]
pub struct ContentFiles(pub BTreeMap<String, String>);

const REGIONS: &str = "config/regions.toml";
const BRANCHES: &str = "config/branches.toml";
/// The longest id of a list item: what applications and card orders carry.
const ID_MAX: usize = 40;
/// The folders that hold content.
const FOLDERS: [&str; 3] = ["dialogs", "locales", "config"];
/// The greatest content file taken, in octets.
const FILE_MAX: u64 = 4 * 1024 * 1024;

impl ContentFiles {
    /// Reads `dialogs`, `locales` and `config` below a folder.
    ///
    /// # Errors
    ///
    /// There is no such folder, it lacks `dialogs` or `locales`, a file cannot be read, or files are not UTF-8: then the
    /// message has a line for each of them, with file and line.
    pub fn from_folder(root: &Path) -> std::io::Result<Self> {
        let lacks = |what: &str| std::io::Error::new(std::io::ErrorKind::NotFound, what.to_owned());
        if !root.is_dir() {
            return Err(lacks("no such folder"));
        }
        match ["dialogs", "locales"].map(|folder| root.join(folder).is_dir()) {
            [true, true] => {}
            [false, false] => return Err(lacks("there are no folders dialogs and locales in it")),
            [true, false] => {
                return Err(lacks("there is a folder dialogs in it and no folder locales: both are needed"));
            }
            [false, true] => {
                return Err(lacks("there is a folder locales in it and no folder dialogs: both are needed"));
            }
        }
        let mut files = BTreeMap::new();
        let faults = Diagnostics::new();
        for folder in FOLDERS {
            let path = root.join(folder);
            if path.is_dir() {
                read_folder(&path, folder, &mut files, &faults)?;
            }
        }
        if faults.has_errors() {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, format!("\n{faults}")));
        }
        Ok(Self(files))
    }

    /// The files below a folder with that ending, in the order of their paths.
    pub fn below<'a>(&'a self, folder: &'a str, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter(move |(path, _)| {
                path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')) && path.ends_with(ending)
            })
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// How many dialogues the files hold, sound or not.
    pub fn dialogues(&self) -> usize {
        let has_one = |text: &str| text.lines().any(|line| line.trim_start().starts_with("[dialog]"));
        self.below("dialogs", ".toml").filter(|(_, text)| has_one(text)).count()
    }

    /// How many messages the files hold in a language, sound or not: in Fluent what begins a line is one.
    pub fn messages(&self, language: Language) -> usize {
        let folder = format!("locales/{}", language.code());
        let begins = |line: &&str| line.starts_with(|first: char| first.is_ascii_alphabetic());
        self.below(&folder, ".ftl").map(|(_, text)| text.lines().filter(begins).count()).sum()
    }

    /// One file's text.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }
}

fn read_folder(
    folder: &Path,
    name: &str,
    files: &mut BTreeMap<String, String>,
    faults: &Diagnostics,
) -> std::io::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = format!("{name}/{}", entry.file_name().to_string_lossy());
        let kind = entry.metadata()?;
        if kind.is_dir() {
            read_folder(&entry.path(), &path, files, faults)?;
        } else if (path.ends_with(".toml") || path.ends_with(".ftl")) && kind.len() <= FILE_MAX {
            match utf8(&path, std::fs::read(entry.path())?) {
                Ok(text) => drop(files.insert(path, text)),
                Err(fault) => faults.push(fault),
            }
        }
    }
    Ok(())
}

/// Compiles dialogues, locales and lists; `None` for the book when anything in them is an error.
pub fn compile_book(files: &ContentFiles) -> (Option<Book>, Diagnostics) {
    let found = Diagnostics::new();
    let source = |(path, text): (&str, &str)| Source { path: path.to_owned(), text: text.to_owned() };
    let mut locales = Vec::new();
    for language in Language::ALL {
        let folder = format!("locales/{}", language.code());
        locales.extend(files.below(&folder, ".ftl").map(|file| (language, source(file))));
    }
    let lists = match (files.get(REGIONS), files.get(BRANCHES)) {
        (Some(regions), Some(branches)) => read_lists(regions, branches, &found),
        (regions, _) => {
            let missing = if regions.is_none() { REGIONS } else { BRANCHES };
            found.push(Place::file(missing).error("missing"));
            Vec::new()
        }
    };
    let sources = Sources {
        dialogs: files.below("dialogs", ".toml").map(source).collect(),
        locales,
        catalogue: values::catalogue(),
        lists,
        notices: values::notices(),
        lines: values::lines(),
    };
    let (book, more) = compile(&sources);
    found.extend(more);
    let sound = !found.has_errors();
    (book.filter(|_| sound), found)
}

/// Reads the lists `regions`, `districts` and `branches`; the last two belong to a region.
fn read_lists(regions: &str, branches: &str, found: &Diagnostics) -> Vec<List> {
    let (document, more) = parse(REGIONS, regions);
    let root = document.root(&more);
    let regions: Vec<Item> = read_items(&root, "region", |table| Some(Item { parent: None, ..read_labels(table) }));
    let known = |id: &str| regions.iter().any(|region| region.id == id);
    let districts = read_items(&root, "district", |table| {
        let parent = read_parent(table, &known);
        Some(Item { parent: Some(parent?), ..read_labels(table) })
    });
    root.finish();
    found.extend(more.clone());
    let (document, more) = parse(BRANCHES, branches);
    let root = document.root(&more);
    let banks = read_items(&root, "bank", |table| Some(Item { parent: None, ..read_labels(table) }));
    let branches = read_items(&root, "branch", |table| {
        let parent = read_parent(table, &known);
        // Files of before say nothing of banks, and are read as long as sessions need them.
        let bank = if banks.is_empty() { None } else { Some(read_bank(table, &banks)?) };
        let names = table.opt_table("name").map(|name| {
            let labels = read_labels(&name);
            name.finish();
            labels
        });
        let addresses = table.opt_table("address").map(|address| {
            let labels = read_labels(&address);
            address.finish();
            labels
        });
        let (Some(names), Some(addresses)) = (names, addresses) else {
            table.error("name", "a branch has a name and an address");
            return None;
        };
        let bank = |i: usize| bank.map(|bank| format!("{}, ", bank.label[i])).unwrap_or_default();
        let label = [0, 1, 2].map(|i| format!("{}{}, {}", bank(i), names.label[i], addresses.label[i]));
        let places = [0, 1, 2].map(|i| {
            let longer = if names.label[i].len() > addresses.label[i].len() { &names } else { &addresses };
            longer.places[i].clone()
        });
        Some(Item { id: String::new(), parent: Some(parent?), label, places })
    });
    root.finish();
    found.extend(more);
    for region in regions.iter().filter(|r| !branches.iter().any(|b| b.parent.as_ref() == Some(&r.id))) {
        found.push(region.places[0].error(format!("no branch of {BRANCHES} serves the region {:?}", region.id)));
    }
    let list = |name: &str, items| List { name: name.to_owned(), items };
    vec![list("regions", regions), list("districts", districts), list("branches", branches)]
}

fn read_items(root: &Table<'_>, name: &str, read: impl Fn(&Table<'_>) -> Option<Item>) -> Vec<Item> {
    let mut items = Vec::new();
    for (id, table) in root.entries(name) {
        if id.len() > ID_MAX || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            root.error(name, format!("{id:?} must be 1 to {ID_MAX} of a-z, 0-9 and -"));
        }
        if let Some(item) = read(&table) {
            items.push(Item { id, ..item });
        }
        table.finish();
    }
    items
}

fn read_labels(table: &Table<'_>) -> Item {
    let label = Language::ALL.map(|language| table.string(language.code()).unwrap_or_default());
    let places = Language::ALL.map(|language| table.at(language.code()));
    Item { id: String::new(), parent: None, label, places }
}

fn read_bank<'b>(table: &Table<'_>, banks: &'b [Item]) -> Option<&'b Item> {
    let found = |id: &str| banks.iter().find(|bank| bank.id == id);
    table.parse("bank", |id| found(id).ok_or_else(|| format!("there is no bank {id:?}")))
}

fn read_parent(table: &Table<'_>, known: &dyn Fn(&str) -> bool) -> Option<String> {
    table.parse("region", |id| match known(id) {
        true => Ok(id.to_owned()),
        false => Err(format!("there is no region {id:?}")),
    })
}

#[cfg(test)]
mod words;
