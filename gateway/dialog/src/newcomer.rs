//! Phones that have chosen no language: what they first wanted is done once it is known how to speak to them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::answer;
use crate::definition::{Choice, State, StateKind};
use crate::input::{clean, word};
use crate::keyword::Heard;
use crate::letters::written;
use crate::session::Prompt;
use crate::turn::Turn;

/// What a phone wanted before it was asked for its language.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum First {
    /// What it dialled beyond the code.
    Dialled(String),
    /// What it wrote.
    Said(String),
}

/// Shows which it is and not what it says.
impl fmt::Debug for First {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            First::Dialled(_) => "Dialled(…)",
            First::Said(_) => "Said(…)",
        })
    }
}

impl Turn<'_> {
    /// Begins a conversation with a text that is no keyword. It is no answer to a question that was not asked yet: only
    /// the name of a language is one, since nobody need be asked what was just said.
    pub(crate) fn open_with(&mut self, raw: &str) {
        self.guess(written(raw));
        self.open("");
        let Some(cleaned) = clean(raw).filter(|_| self.language_options().is_some()) else { return };
        let named = self.book.shared.languages.exact(&cleaned);
        let options = self.language_options().unwrap_or_default();
        let option = options.iter().find(|option| option.language.is_some() && option.language == named);
        match option.map(|option| option.key.clone()).filter(|key| self.renderer().shows(key)) {
            Some(key) => answer::text(self, &key),
            None => self.session.first = Some(First::Said(cleaned)),
        }
    }

    /// Chooses the language of a keyword for a phone that has none, where the word is surely of that language. Where it
    /// is not, the answer is given in the likeliest language, and the choice stays open.
    pub(crate) fn learn(&mut self, heard: &Heard<'_>) {
        match heard.language {
            Some(language) if self.session.language.is_none() => self.set_language(language),
            Some(_) | None => self.guess(heard.written.or(self.session.guess).or(Some(heard.likeliest))),
        }
    }

    /// Keeps what was dialled beyond the code while the language is asked for.
    pub(crate) fn keep_dialled(&mut self, rest: &str) {
        if self.language_options().is_some() && !rest.is_empty() {
            self.session.first = Some(First::Dialled(rest.to_owned()));
        }
    }

    /// Does what the phone first wanted, now that its language is known.
    pub(crate) fn take_up(&mut self) {
        match self.session.first.take() {
            Some(First::Dialled(rest)) => self.shortcut(&rest),
            Some(First::Said(text)) => {
                let Some((_, State { kind: StateKind::Choice { .. }, .. })) = self.present() else { return };
                // A key or a number would have been an answer to nothing; the words of an option say what is meant.
                let told = word(&text).chars().any(char::is_alphabetic);
                if let Some(key) = answer::labelled(self, &text).filter(|_| told) {
                    self.answer_harmlessly(&key);
                }
            }
            None => {}
        }
    }

    fn guess(&mut self, language: Option<crate::Language>) {
        if self.session.language.is_none() && language.is_some() {
            self.session.guess = language;
        }
    }

    /// Gives the options of the present question where it asks a phone for the language it has not chosen yet.
    fn language_options(&self) -> Option<Vec<Choice>> {
        let (_, State { kind: StateKind::Choice { options, .. }, .. }) = self.present()? else { return None };
        let asks = self.session.prompt == Prompt::State && self.session.language.is_none();
        (asks && options.iter().any(|option| option.language.is_some())).then(|| options.clone())
    }
}
