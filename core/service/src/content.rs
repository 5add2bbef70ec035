//! The content that the core runs on: rules, calendar, institutions.

use crate::calendar::Calendar;
use crate::institution::Institution;
use crate::rules::RuleBook;
use dayaq_author::{Diagnostics, Place};

/// The files as (path, text); the paths are only printed.
#[derive(Clone, Debug, Default)]
pub struct ContentFiles {
    /// `config/rules/*.toml`.
    pub rules: Vec<(String, String)>,
    /// `config/calendar/*.toml`.
    pub calendar: Vec<(String, String)>,
    /// `config/institutions/*.toml`.
    pub institutions: Vec<(String, String)>,
}

/// The content, checked.
#[derive(Clone, Debug)]
pub struct CoreContent {
    /// The eligibility rules by date.
    pub rules: RuleBook,
    /// The working days.
    pub calendar: Calendar,
    /// The institutions' connectors.
    pub institutions: Vec<Institution>,
}

impl CoreContent {
    /// Reads all files and reports every fault of each; `None` means that there were some.
    pub fn read(files: &ContentFiles) -> (Option<Self>, Diagnostics) {
        let diagnostics = Diagnostics::new();
        for (folder, found) in
            [("rules", &files.rules), ("calendar", &files.calendar), ("institutions", &files.institutions)]
        {
            if found.is_empty() {
                diagnostics.push(Place::file(folder).error("no file was given"));
            }
        }
        let content = Self {
            rules: RuleBook::read(&files.rules, &diagnostics),
            calendar: Calendar::read(&files.calendar, &diagnostics),
            institutions: Institution::read(&files.institutions, &diagnostics),
        };
        (if diagnostics.has_errors() { None } else { Some(content) }, diagnostics)
    }

    /// The ids of the institutions, each of which the configuration must give an address.
    pub fn institution_ids(&self) -> Vec<String> {
        self.institutions.iter().map(|i| i.id.clone()).collect()
    }
}
