//! How much a family answers and presses until its application is on its way, on the dialogues that ship.

use dayaq_dialog::{Book, DRAFT_KEPT, Effect, Form, Input, Language, Moment, Outcome, Session, Surface, step};
use dayaq_gateway::content::{ContentFiles, compile_book};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::Path;

/// The applicant and three members.
const FINS: [&str; 4] = ["94FMDDD", "94FMDDE", "94FMDDF", "94FMDDG"];
/// The letters on the keys of a phone, each pressed as often as its place says. A digit is one press.
const KEYS: [&str; 8] = ["ABC", "DEF", "GHI", "JKL", "MNO", "PQRS", "TUV", "WXYZ"];
/// What nobody comes near.
const REPLIES_MAX: usize = 60;

/// What it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Taken {
    replies: usize,
    /// Key presses, the one that sends each reply among them. Dialling is none.
    presses: usize,
}

fn book() -> Book {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (book, found) = compile_book(&ContentFiles::from_folder(&root).expect("the content"));
    book.unwrap_or_else(|| panic!("{found}"))
}

/// The districts, by their ids, with their names in a language.
fn districts(language: Language) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("config/regions.toml")).expect("the regions");
    let (document, found) = dayaq_author::parse("regions.toml", &text);
    let entries = document.root(&found).entries("district");
    entries.into_iter().map(|(id, table)| (id, table.string(language.code()).expect("a name"))).collect()
}

fn presses(typed: &str) -> usize {
    let of = |c: char| KEYS.iter().find_map(|key| key.find(c)).map_or(1, |place| place + 1);
    typed.to_uppercase().chars().map(of).sum::<usize>() + 1
}

/// The key of the option that reads so, on the page that is shown.
fn key<'s>(screen: &'s str, label: &str) -> Option<&'s str> {
    screen.lines().filter_map(|line| line.split_once(' ')).find(|(_, text)| *text == label).map(|(key, _)| key)
}

/// Applies as a family of four does that knows everything by heart: from the first dial, with the choice of the language.
fn applies(book: &Book, language: Language, series: &str, home: &(String, String)) -> Taken {
    let surface = Surface::ussd(Form::Proper);
    let now = Timestamp::UNIX_EPOCH;
    let moment = Moment { surface: &surface, now, fresh_draft: "fresh", draft_kept: DRAFT_KEPT, news: &[] };
    let mut done = step(book, Session::new("draft", None, book, now), Input::Open { dialled: "*7142#" }, &moment);
    let mut taken = Taken { replies: 0, presses: 0 };
    let (mut member, mut searched) = (0, false);
    // Three letters of the name, as a keyboard without marks has them.
    let letters: String = dayaq_text::plain(&home.1).chars().filter(|c| c.is_alphanumeric()).take(3).collect();
    while taken.replies < REPLIES_MAX {
        if let Some((id, args)) = done.effects.iter().find_map(|effect| match effect {
            Effect::Call { id, operation, args, .. } if operation == "existing" => Some((id.clone(), args.clone())),
            _ => None,
        }) {
            assert!(args.is_empty());
            let outcome = Outcome { name: "none".to_owned(), values: BTreeMap::new() };
            done = step(book, done.session, Input::Called { id: &id, outcome }, &moment);
            continue;
        }
        if let Some(args) = done.effects.iter().find_map(|effect| match effect {
            Effect::Call { operation, args, .. } if operation == "submit" => Some(args),
            _ => None,
        }) {
            let sent = |name: &str| args.get(name).and_then(dayaq_dialog::Value::as_text);
            assert_eq!((sent("fin").as_deref(), sent("notary").as_deref()), (Some(FINS[0]), Some("2026004117")));
            assert_eq!(sent("district").as_ref(), Some(&home.0));
            let members = match &args["members"] {
                dayaq_dialog::Value::Records(members) => members.len(),
                other => panic!("{other:?}"),
            };
            assert_eq!(members, 3);
            return taken;
        }
        let screen = done.effects.iter().rev().find_map(|effect| match effect {
            Effect::Reply { text, .. } => Some(text.clone()),
            _ => None,
        });
        let screen = screen.expect("a screen");
        let sends = screen.lines().any(|line| line.starts_with("1 "));
        let position = done.session.position().expect("a question");
        let typed = match position {
            ("main", "language") => ["1", "2", "3"][Language::ALL.iter().position(|it| *it == language).unwrap()],
            ("applicant", "fin") => FINS[0],
            ("applicant", "card-series") => series,
            ("applicant", "number-8") => "12345678",
            ("applicant", "number-7") => "1234567",
            ("notary", "number") => "2026004117",
            ("apply", "members") if member == 3 => "2",
            ("apply", "members") => {
                member += 1;
                FINS[member]
            }
            ("member", "relation") if member == 1 => "1",
            ("member", "relation") => "2",
            ("place", "district") if !searched => {
                searched = true;
                letters.as_str()
            }
            ("place", "district") => key(&screen, &home.1).unwrap_or("98"),
            ("meters", "known") => "2",
            ("apply", "review") if !sends => "98",
            ("main", "menu") | ("apply", _) | ("place", "branch") => "1",
            other => panic!("{other:?} asks\n{screen}"),
        };
        taken.replies += 1;
        taken.presses += presses(typed);
        done = step(book, done.session, Input::Text(typed), &moment);
    }
    panic!("no end after {REPLIES_MAX} replies");
}

#[test]
fn q2_a_family_of_four_applies_in_at_most_22_replies_where_no_register_is_asked() {
    let book = book();
    for language in Language::ALL {
        let homes = districts(language);
        assert!(homes.len() > 80, "{}", homes.len());
        for (series, card) in [("1", "AZE"), ("2", "AA")] {
            // Every district where all is asked for (DAYAQ_FULL=1), else some.
            let full = std::env::var_os("DAYAQ_FULL").is_some_and(|value| value == "1");
            let homes = homes.iter().step_by(if full { 1 } else { 9 });
            let mut all: Vec<(Taken, &str)> =
                homes.map(|home| (applies(&book, language, series, home), home.1.as_str())).collect();
            all.sort_unstable();
            let [(least, _), .., (most, where_)] = all.as_slice() else { panic!("no districts") };
            let (middle, _) = all[all.len() / 2];
            println!(
                "{}, {card}: {} replies and {} key presses in the middle, {} and {} at least, {} and {} at most ({where_})",
                language.code(),
                middle.replies,
                middle.presses,
                least.replies,
                least.presses,
                most.replies,
                most.presses
            );
            assert!(most.replies <= 22, "{where_}: {most:?}");
            assert!(most.presses <= 120, "{where_}: {most:?}");
        }
    }
}
