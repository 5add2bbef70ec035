//! A profile, checked offline: every fault at once, or the profile said back in words.

mod words;

#[cfg(test)]
mod tests;

use dayaq_author::{Diagnostic, Severity, parse};
use dayaq_gateway::config::{Profile, read_profile};

/// What became of a profile file.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Every finding, by line.
    pub found: Vec<Diagnostic>,
    /// The profile, where nothing in it is wrong.
    pub profile: Option<Profile>,
    /// The profile in words, for an engineer to compare with the operator's interface document.
    pub words: Option<String>,
}

impl Checked {
    /// Whether the profile may be served with.
    pub fn is_in_order(&self) -> bool {
        self.profile.is_some()
    }

    /// How many errors were found; warnings are not among them.
    pub fn errors(&self) -> usize {
        self.found.iter().filter(|finding| finding.severity == Severity::Error).count()
    }
}

/// Checks the text of a profile; the path is printed and never opened.
pub fn check(path: &str, text: &str) -> Checked {
    let (document, found) = parse(path, text);
    let profile = read_profile(&document, &found).filter(|_| !found.has_errors());
    let words = profile.as_ref().map(|profile| words::say(profile, &document));
    Checked { found: found.sorted(), profile, words }
}
