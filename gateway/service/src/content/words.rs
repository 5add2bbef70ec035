//! What the shipped words must never say, as rules over every text in the three languages: a row of words that one person
//! reads as a deadline, an insult or a question that is none is rarely alone.

use super::*;
use crate::store::DRAFT_LIFE;
use dayaq_text::{Alphabet, measure, plain};

/// One text: where it stands, its message, its attribute if it is one, and its words.
struct Said {
    language: Language,
    message: String,
    attribute: String,
    text: String,
}

impl Said {
    fn place(&self) -> String {
        format!("{} {}.{}: {:?}", self.language.code(), self.message, self.attribute, self.text)
    }
}

fn shipped() -> ContentFiles {
    ContentFiles::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).expect("the content that ships")
}

/// Every text of the locales, as Fluent divides them.
fn texts() -> Vec<Said> {
    let files = shipped();
    let mut found: Vec<Said> = Vec::new();
    for language in Language::ALL {
        for (_, file) in files.below(&format!("locales/{}", language.code()), ".ftl") {
            for line in file.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
                let named = line.trim_start().split_once(" =").filter(|(name, _)| !name.contains(' '));
                let of = found.last().map(|said| said.message.clone()).unwrap_or_default();
                match named.map(|(name, text)| (name.strip_prefix('.'), name, text.trim().to_owned())) {
                    Some((Some(attribute), _, text)) => {
                        found.push(Said { language, message: of, attribute: attribute.to_owned(), text });
                    }
                    Some((None, name, text)) if !line.starts_with(' ') => {
                        found.push(Said { language, message: name.to_owned(), attribute: String::new(), text });
                    }
                    Some((None, _, _)) | None => {
                        let said = found.last_mut().expect("a text to go on with");
                        said.text = format!("{}\n{}", said.text, line.trim()).trim().to_owned();
                    }
                }
            }
        }
    }
    assert!(found.len() > 500, "all of the locales: {}", found.len());
    found
}

/// Every name of a list, which stands in texts like their own words.
fn labels() -> Vec<Said> {
    let files = shipped();
    let [regions, branches] = [REGIONS, BRANCHES].map(|path| files.get(path).expect("a list that ships"));
    let found = Diagnostics::new();
    let items = read_lists(regions, branches, &found).into_iter().flat_map(|list| list.items);
    let said = |item: Item| {
        let labels = Language::ALL.into_iter().zip(item.label);
        labels
            .map(|(language, text)| Said { language, message: item.id.clone(), attribute: String::new(), text })
            .collect()
    };
    items.flat_map::<Vec<Said>, _>(said).collect()
}

fn everything() -> Vec<Said> {
    texts().into_iter().chain(labels()).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The law counts in working days: what says 15 days tells of a deadline that does not exist.
#[test]
fn fifteen_days_are_working_days_in_every_language() {
    let (all_texts, mut counted) = (texts(), 0);
    for said in &all_texts {
        counted += usize::from(words(&said.text).any(|word| word == "15"));
        let all: Vec<&str> = words(&said.text).collect();
        for after in all.iter().zip(all.iter().skip(1)).filter(|(number, _)| **number == "15").map(|(_, after)| *after)
        {
            let days = ["gün", "дн", "day"].iter().any(|day| after.starts_with(day));
            assert!(!days, "days that are not called working days: {}", said.place());
        }
    }
    assert!(counted > 0, "of {} texts none counts days any more", all_texts.len());
}

/// Without marks `şik` is an obscene word, which people avoid: they say etiraz.
#[test]
fn e4_no_azerbaijani_word_begins_obscenely_without_its_marks() {
    for said in everything().into_iter().filter(|said| said.language == Language::Az) {
        let form = plain(&said.text).to_lowercase();
        assert!(words(&form).all(|word| !word.starts_with("sik")), "{}", said.place());
    }
}

#[test]
fn e4_every_text_has_a_plain_form_that_every_network_carries_and_loses_no_letter() {
    let all = everything();
    let russian = all.iter().filter(|said| said.language == Language::Ru).count();
    assert!(russian > 250, "{russian}");
    for said in all {
        let form = plain(&said.text);
        let units = measure(&form.replace(['{', '}'], ""), Alphabet::Gsm7).map(|count| count.units);
        assert_eq!(units, Ok(form.len()), "{}", said.place());
        assert_eq!(form.matches('?').count(), said.text.matches('?').count(), "{}", said.place());
    }
}

/// Consent to what cannot be seen is none: the line that takes the question's place names who is asked.
#[test]
fn consent_is_asked_whole_after_a_slip_too() {
    let bodies = |language| match language {
        Language::Az => "dövlət qurum",
        Language::Ru => "госорган",
        Language::En => "state bod",
    };
    let asked: Vec<Said> = texts().into_iter().filter(|said| said.message == "apply-consent").collect();
    for said in asked.iter().filter(|said| ["", "error", "sms"].contains(&said.attribute.as_str())) {
        assert!(said.text.contains(bodies(said.language)), "{}", said.place());
    }
    assert!(asked.iter().any(|said| said.attribute == "error"));
}

/// What follows an asking line is a field for the whole value, so a question there is answered with yes and refused.
#[test]
fn a_line_about_a_doubtful_letter_asks_for_no_yes() {
    for said in texts().into_iter().filter(|said| said.attribute == "ask") {
        assert!(!said.text.contains('?'), "{}", said.place());
    }
}

/// Who reads that answers are kept at the end of a call hears how long.
#[test]
fn an_end_that_keeps_answers_says_for_how_many_days() {
    let days = DRAFT_LIFE.as_secs() / 86_400;
    let kept = texts().into_iter().filter(|said| said.message == "apply-not-registered");
    let kept: Vec<Said> = kept.collect();
    assert_eq!(kept.len(), 6, "by USSD and by SMS in three languages");
    for said in kept {
        assert!(words(&said.text).any(|word| word == days.to_string()), "{}", said.place());
    }
}

/// A bare date reads as the only day.
#[test]
fn a_card_waits_from_a_day_on() {
    let days = ["$pickup-collect-from", "$collect-from"];
    let named: Vec<(Said, &str)> = texts()
        .into_iter()
        .filter_map(|said| days.into_iter().find(|day| said.text.contains(day)).map(|day| (said, day)))
        .collect();
    assert_eq!(named.len(), 6, "a screen and a text in three languages");
    for (said, day) in named {
        let from = match said.language {
            Language::Az => format!("{{ {day} }} tarixindən"),
            Language::Ru => format!("с {{ {day} }}"),
            Language::En => format!("from {{ {day} }}"),
        };
        assert!(said.text.contains(&from), "{}", said.place());
    }
}

/// Whose application was stopped for another one may be the victim of a fraud: every word of it says where to turn.
#[test]
fn a_family_whose_fin_another_used_is_asked_to_call() {
    let stopped: Vec<Said> = texts().into_iter().filter(|said| said.message.ends_with("-superseded")).collect();
    assert_eq!(stopped.len(), 6, "a screen and a text in three languages");
    for said in stopped {
        let (before, _) = said.text.split_once("142").unwrap_or_else(|| panic!("{}", said.place()));
        let not_you = match said.language {
            Language::Az => ["deyilsinizsə", "göndərməmisinizsə"],
            Language::Ru => ["не вы", "не вы"],
            Language::En => ["not you", "did not send"],
        };
        assert!(not_you.iter().any(|words| before.contains(words)), "{}", said.place());
    }
}

/// The number of the notarised application is given where the stage is told, so that nobody types all answers again.
#[test]
fn who_lacks_the_notary_number_hears_where_it_is_given() {
    let lacking = ["apply-awaiting", "status-not-begun", "notice-awaiting-notary"];
    let said: Vec<Said> = texts().into_iter().filter(|said| lacking.contains(&said.message.as_str())).collect();
    assert_eq!(said.len(), 9);
    assert!(said.iter().all(|said| said.text.contains("*7142*2#")));
}

/// Where help can be had stands on every screen that ends without the answer that was sought.
#[test]
fn who_is_turned_away_hears_where_help_is() {
    let turned_away = ["none", "wrong", "locked", "later", "declined", "not-registered", "limited", "superseded"];
    let screens = texts().into_iter().filter(|said| {
        let screen = ["apply-", "status-", "card-"].iter().find_map(|dialogue| said.message.strip_prefix(dialogue));
        ["", "sms"].contains(&said.attribute.as_str()) && screen.is_some_and(|name| turned_away.contains(&name))
    });
    let screens: Vec<Said> = screens.collect();
    assert!(screens.len() >= 30, "{} screens", screens.len());
    for said in screens {
        assert!(said.text.contains("142"), "{}", said.place());
    }
}
