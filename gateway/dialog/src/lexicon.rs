//! Phrases that mean the same however they are spelled: what means yes and no, and the names of the languages.

use std::collections::BTreeMap;
use std::fmt;

use crate::input::word;

/// The words of an answer that is still a short one; what is longer tells something that a list of phrases cannot know.
const WORDS_MAX: usize = 6;

/// What an author's phrase means where yes or no is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Yes,
    No,
    /// It is neither, and what stands beside it is not to be relied on.
    Neither,
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Meaning::Yes => "yes",
            Meaning::No => "no",
            Meaning::Neither => "neither",
        })
    }
}

/// Holds phrases with their meanings, compared word by word without case, marks and script.
#[derive(Clone, Debug)]
pub(crate) struct Lexicon<M> {
    phrases: BTreeMap<Vec<String>, M>,
}

impl<M> Default for Lexicon<M> {
    fn default() -> Self {
        Lexicon { phrases: BTreeMap::new() }
    }
}

impl<M: Copy + PartialEq> Lexicon<M> {
    /// Adds a phrase; says what is wrong with one that has no word or has another meaning already.
    pub fn add(&mut self, phrase: &str, meaning: M) -> Result<(), &'static str> {
        let words = words(phrase);
        if words.is_empty() {
            return Err("is no word");
        }
        let known = *self.phrases.entry(words).or_insert(meaning);
        if known == meaning { Ok(()) } else { Err("means something else too") }
    }

    /// Says whether any phrase means this.
    pub fn knows(&self, meaning: M) -> bool {
        self.phrases.values().any(|known| *known == meaning)
    }

    /// Finds what a text means that is one of the phrases and nothing else.
    pub fn exact(&self, text: &str) -> Option<M> {
        self.phrases.get(&words(text)).copied()
    }

    /// Finds what a short answer means: it begins with a phrase, and nothing behind that means anything else.
    pub fn find(&self, text: &str) -> Option<M> {
        let words = words(text);
        // A number beside a word is an answer of another kind.
        if words.len() > WORDS_MAX || text.contains(char::is_numeric) {
            return None;
        }
        let (meaning, length) = self.first(&words)?;
        let mut rest = &words[length..];
        while !rest.is_empty() {
            let passed = match self.first(rest) {
                Some((other, _)) if other != meaning => return None,
                Some((_, length)) => length,
                None => 1,
            };
            rest = &rest[passed..];
        }
        Some(meaning)
    }

    /// Finds the longest phrase that the words begin with, and its words.
    fn first(&self, words: &[String]) -> Option<(M, usize)> {
        (1..=words.len()).rev().find_map(|length| Some((*self.phrases.get(&words[..length])?, length)))
    }
}

/// Cuts a text into words as they sound; an apostrophe inside one belongs to it.
fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’' | 'ʼ'));
    let sound = |part: &str| word(part).chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    parts.map(sound).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers() -> Lexicon<Meaning> {
        let mut lexicon = Lexicon::default();
        for (meaning, phrases) in [
            (Meaning::Yes, ["hə", "düzdür", "верно", "yes", "да", "правильно"].as_slice()),
            (Meaning::No, &["yox", "düz deyil", "не верно", "no", "yox da"]),
            (Meaning::Neither, &["bəlkə", "не", "don't know"]),
        ] {
            phrases.iter().for_each(|phrase| lexicon.add(phrase, meaning).expect("a phrase"));
        }
        lexicon
    }

    #[test]
    fn d4_a_short_answer_means_what_it_begins_with_unless_it_contradicts_itself() {
        let lexicon = answers();
        for (text, wanted) in [
            ("HƏ!", Some(Meaning::Yes)),
            ("hə, düzdür", Some(Meaning::Yes)),
            ("yes correct", Some(Meaning::Yes)),
            ("«да» — верно…", Some(Meaning::Yes)),
            ("правильно", Some(Meaning::Yes)),
            ("yox düz deyil", Some(Meaning::No)),
            ("не верно", Some(Meaning::No)),
            ("yox da", Some(Meaning::No)),
            ("bəlkə", Some(Meaning::Neither)),
            ("don’t know", Some(Meaning::Neither)),
            ("yes no", None),
            ("да не верно", None),
            ("да, не знаю", None),
            ("hə 5", None),
            ("correct yes", None),
            ("yes and now a long story about it", None),
            ("", None),
            ("...", None),
        ] {
            assert_eq!(lexicon.find(text), wanted, "{text:?}");
        }
        assert_eq!((lexicon.exact("Yes."), lexicon.exact("yes correct")), (Some(Meaning::Yes), None));
    }

    #[test]
    fn l4_a_phrase_has_one_meaning() {
        let mut lexicon = answers();
        assert_eq!(lexicon.add("HE", Meaning::Yes), Ok(()));
        assert_eq!(lexicon.add("He.", Meaning::No), Err("means something else too"));
        assert_eq!(lexicon.add("?!", Meaning::No), Err("is no word"));
    }
}
