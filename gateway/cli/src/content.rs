//! The content that travels inside the program, or a folder of one's own in its place.

use crate::exit::Usage;
use dayaq_author::Diagnostics;
use dayaq_core::CoreContent;
use dayaq_dialog::Book;
use dayaq_gateway::content::{ContentFiles, compile_book};
use rust_embed::RustEmbed;
use std::path::Path;

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

/// Reads the files of a folder, or those inside the program.
pub fn files(folder: Option<&Path>) -> anyhow::Result<ContentFiles> {
    match folder {
        Some(folder) => {
            let read = ContentFiles::from_folder(folder);
            Ok(read.map_err(|cause| Usage(format!("{}: {}", folder.display(), cause.to_string().trim_end())))?)
        }
        None => {
            let mut files = ContentFiles::default();
            take::<Dialogs>(&mut files);
            take::<Locales>(&mut files);
            take::<Config>(&mut files);
            Ok(files)
        }
    }
}

fn take<E: RustEmbed>(files: &mut ContentFiles) {
    for path in E::iter() {
        let text = E::get(&path).and_then(|file| String::from_utf8(file.data.into_owned()).ok());
        files.0.extend(text.map(|text| (path.into_owned(), text)));
    }
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
