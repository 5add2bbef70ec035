//! The content that is checked or served: what travels inside the program, or folders in its place.

use crate::exit::Usage;
use dayaq_author::Diagnostics;
use dayaq_core::CoreContent;
use dayaq_dialog::{Book, Language};
use dayaq_gateway::content::{ContentFiles, compile_book};
use rust_embed::RustEmbed;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

#[derive(RustEmbed)]
#[folder = "../../dialogs"]
#[prefix = "dialogs/"]
#[include = "*.toml"]
struct Dialogs;

#[derive(RustEmbed)]
#[folder = "../../locales"]
#[prefix = "locales/"]
#[include = "*.ftl"]
struct Locales;

#[derive(RustEmbed)]
#[folder = "../../config"]
#[prefix = "config/"]
#[include = "*.toml"]
struct Config;

/// The parts of `config` that are content. A folder of that name that has none of them is somebody's configuration.
const CONTENT: [&str; 5] =
    ["config/regions.toml", "config/branches.toml", "config/rules/", "config/calendar/", "config/institutions/"];
/// The parts that may stand beside them; a configuration with its passwords is not content.
const PROFILES: [&str; 2] = ["config/operators/", "config/aggregators/"];
/// The folders that make the current folder one with content of its own.
const OWN: [&str; 2] = ["dialogs", "locales"];

/// Files, and where they come from.
#[derive(Clone)]
pub struct Found {
    /// The files.
    pub files: ContentFiles,
    /// Where they come from.
    pub origin: Origin,
}

/// Where content comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It travels inside the program.
    BuiltIn,
    /// From a folder.
    Folder {
        /// The folder that has `dialogs` and `locales` in it.
        folder: PathBuf,
        /// Whether `config` is from there, too.
        config: bool,
    },
}

impl Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("what is built in"),
            Self::Folder { folder, config: true } => write!(f, "dialogs, locales and config in {}", folder.display()),
            Self::Folder { folder, config: false } => {
                write!(f, "dialogs and locales in {}, with the config that is built in", folder.display())
            }
        }
    }
}

/// In one line: where it comes from, and how much it is.
impl Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages =
            Language::ALL.map(|language| format!("{} in {}", self.files.messages(language), language.code()));
        write!(f, "{}: {} dialogues; messages: {}", self.origin, self.files.dialogues(), messages.join(", "))
    }
}

/// What travels inside the program.
pub fn built_in() -> Found {
    let mut files = ContentFiles::default();
    take::<Dialogs>(&mut files);
    take::<Locales>(&mut files);
    take::<Config>(&mut files);
    Found { files, origin: Origin::BuiltIn }
}

fn take<E: RustEmbed>(files: &mut ContentFiles) {
    for path in E::iter() {
        let text = E::get(&path).and_then(|file| String::from_utf8(file.data.into_owned()).ok());
        files.0.extend(text.map(|text| (path.into_owned(), text)));
    }
}

/// What a folder holds. Where it has no `config`, or one without content, that part is what is built in.
pub fn of(folder: &Path) -> anyhow::Result<Found> {
    let read = ContentFiles::from_folder(folder);
    let mut files = read.map_err(|cause| Usage(format!("{}: {}", folder.display(), cause.to_string().trim_end())))?;
    let among = |path: &String, parts: &[&str]| parts.iter().any(|part| path.starts_with(part));
    let config = files.0.keys().any(|path| among(path, &CONTENT));
    if config {
        files.0.retain(|path, _| !path.starts_with("config/") || among(path, &CONTENT) || among(path, &PROFILES));
    } else {
        files.0.retain(|path, _| !path.starts_with("config/"));
        files.0.extend(built_in().files.0.into_iter().filter(|(path, _)| path.starts_with("config/")));
    }
    // The whole path: what is checked in one folder may be served from another of the same name.
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    Ok(Found { files, origin: Origin::Folder { folder, config } })
}

/// The content of the folder that was named; without one that of the current folder, where it has any; else what is
/// built in.
pub fn chosen(folder: Option<&Path>) -> anyhow::Result<Found> {
    match folder {
        Some(folder) => of(folder),
        None if is_own() => of(Path::new(".")).map_err(|cause| {
            Usage(format!("{cause}\nThis is the content of the current folder. Elsewhere it is what is built in."))
                .into()
        }),
        None => Ok(built_in()),
    }
}

/// Whether the current folder has content of its own.
fn is_own() -> bool {
    OWN.iter().any(|folder| Path::new(folder).is_dir())
}

/// What to say where the current folder has content that is not what `origin` names.
pub fn passed_over(origin: &Origin) -> Option<String> {
    let here = Path::new(".").canonicalize().ok()?;
    let same = matches!(origin, Origin::Folder { folder, .. } if *folder == here);
    let hint = "is not served; [content] folder in the configuration would name it";
    (is_own() && !same).then(|| format!("The content in {} {hint}", here.display()))
}

/// Everything that authors write, checked.
pub struct Content {
    /// The files themselves.
    pub files: ContentFiles,
    /// The dialogues and their words.
    pub book: Book,
    /// Rules, calendar and institutions.
    pub core: CoreContent,
}

/// Checks all content; `None` where anything in it is an error.
pub fn read(files: ContentFiles) -> (Option<Content>, Diagnostics) {
    let (book, found) = compile_book(&files);
    let own = |folder: &str| {
        files.below(folder, ".toml").map(|(path, text)| (path.to_owned(), text.to_owned())).collect::<Vec<_>>()
    };
    let core_files = dayaq_core::ContentFiles {
        rules: own("config/rules"),
        calendar: own("config/calendar"),
        institutions: own("config/institutions"),
    };
    let (core, more) = CoreContent::read(&core_files);
    found.extend(more);
    let content = book.zip(core).map(|(book, core)| Content { files, book, core });
    (content, found)
}
