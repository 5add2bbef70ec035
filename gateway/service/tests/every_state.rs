//! Every screen of the dialogues that ship, on both channels and in all languages: what holds wherever a phone stands.

use dayaq_core_api::catalogue::{self, Kind};
use dayaq_dialog::{
    Book, DRAFT_KEPT, Effect, Form, Input, Language, Moment, Outcome, Phrase, Record, SMS_PARTS, Session, Step,
    Surface, Value, step,
};
use dayaq_gateway::content::{ContentFiles, compile_book};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::OnceLock;

/// What people type where something is asked: values of every type, one that must be confirmed, and nothing of all that.
const TYPED: [&str; 10] =
    ["5AKT9X2", "7B3C8D1", "5AKTOX2", "12345678", "1234567", "4711", "5678", "qub", "rubbish", "98"];
/// What begins a conversation by SMS.
const FIRST: [&str; 4] = ["Salam", "HELP", "STOP", "START"];
/// Sentences with every letter that a FIN is asked about for.
const SENTENCES: [&str; 6] =
    ["bilmirəm", "FIN nədir?", "I do not have it here", "Что такое ФИН? i", "indi gətirirəm", "oğlumun vəsiqəsi itib"];

/// Somewhere that a phone may stand.
struct Stand {
    session: Session,
    screen: String,
}

/// A language and a channel, with everywhere that a phone may stand there.
struct World {
    language: Language,
    surface: Surface,
    stands: Vec<Stand>,
    /// What a phone is let go with.
    lasts: BTreeSet<String>,
}

fn files() -> &'static ContentFiles {
    static FILES: OnceLock<ContentFiles> = OnceLock::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    FILES.get_or_init(|| ContentFiles::from_folder(&root).expect("the content"))
}

fn book() -> &'static Book {
    static BOOK: OnceLock<Book> = OnceLock::new();
    BOOK.get_or_init(|| {
        let (book, found) = compile_book(files());
        book.unwrap_or_else(|| panic!("{found}"))
    })
}

fn take(session: &Session, surface: &Surface, input: Input<'_>) -> Step {
    let now = Timestamp::UNIX_EPOCH;
    let moment = Moment { surface, now, fresh_draft: "fresh", draft_kept: DRAFT_KEPT, news: &[] };
    step(book(), session.clone(), input, &moment)
}

fn shown(step: &Step) -> Option<&str> {
    step.effects.iter().rev().find_map(|effect| match effect {
        Effect::Reply { text, .. } => Some(text.as_str()),
        _ => None,
    })
}

fn stored(session: &Session) -> serde_json::Value {
    serde_json::to_value(session).expect("stored")
}

/// The kind of question that is asked: "state", "help", "resume", "remove", "confirm", "found".
fn prompt(session: &Session) -> String {
    let stored = stored(session);
    let prompt = &stored["prompt"];
    // What the version before does not know is stored as a value to confirm, behind a mark.
    let marked = prompt["confirm"].as_str().and_then(|value| value.chars().next());
    let holds = || prompt.as_object().and_then(|fields| fields.keys().next()).expect("what it holds").clone();
    match marked {
        Some('\u{1}') => "discard".to_owned(),
        Some('\u{2}') => "found".to_owned(),
        Some(_) | None => prompt.as_str().map_or_else(holds, str::to_owned),
    }
}

/// The keys of the options on a screen, and of its foot.
fn keys(screen: &str) -> Vec<&str> {
    screen.lines().filter_map(|line| line.split(' ').next()).filter(|key| key.parse::<u8>().is_ok()).collect()
}

/// What tells one stand from another.
fn name(session: &Session, screen: &str) -> String {
    let stored = stored(session);
    let frames = stored["frames"].as_array().expect("frames").iter();
    let path: Vec<String> = frames.map(|frame| frame["dialogue"].to_string()).collect();
    let (page, tries, complaint) = (&stored["page"], &stored["tries"], !stored["complaint"].is_null());
    let asked = (session.position(), prompt(session), keys(screen));
    format!("{path:?} {asked:?} {page} {tries} {complaint}")
}

fn value(kind: &Kind) -> Value {
    match kind {
        Kind::Text => Value::Text("26-0000017-4".into()),
        Kind::Money => Value::Money(58_400),
        Kind::Date => Value::Date(jiff::civil::date(2026, 12, 14)),
        Kind::Item(list) => Value::Item { list: (*list).into(), id: "quba-1".into() },
        Kind::Choice(names) | Kind::Word { words: names, .. } => Value::Term(names[0].into()),
        Kind::Count => Value::Number(4),
        Kind::Group(fields) => Value::Records(vec![values(fields)]),
        Kind::Terms => {
            let phrase = |key: &&str| Phrase { key: (*key).into(), args: BTreeMap::new() };
            Value::Phrases(["reason-vehicle", "reason-family", "reason-jobs"].iter().map(phrase).collect())
        }
    }
}

fn values(args: &[catalogue::Arg]) -> Record {
    args.iter().map(|arg| (arg.name.to_owned(), value(&arg.kind))).collect()
}

/// The steps that may follow one, with every way that a call may turn out.
fn settled(step: Step, surface: &Surface) -> Vec<Step> {
    let call = step.effects.iter().find_map(|effect| match effect {
        Effect::Call { id, operation, .. } => Some((id.clone(), operation.clone())),
        _ => None,
    });
    let Some((id, operation)) = call else { return vec![step] };
    let operation = catalogue::OPERATIONS.iter().find(|known| known.name == operation).expect("an operation");
    let outcomes = operation.outcomes.iter().map(|(name, args)| Input::Called {
        id: &id,
        outcome: Outcome { name: (*name).to_owned(), values: values(args) },
    });
    let inputs = outcomes.chain([Input::CallSlow { id: &id }, Input::CallFailed { id: &id }]);
    inputs.flat_map(|input| settled(take(&step.session, surface, input), surface)).collect()
}

fn explore(language: Language, surface: Surface) -> World {
    let mut seen = BTreeSet::new();
    let (mut stands, mut lasts) = (Vec::new(), BTreeSet::new());
    let mut work = VecDeque::new();
    let start = Session::new("draft", Some(language), book(), Timestamp::UNIX_EPOCH);
    let by_sms = surface.budgets != Surface::ussd(surface.form).budgets;
    match by_sms {
        true => work.extend(FIRST.map(|text| take(&start, &surface, Input::Text(text)))),
        false => work.push_back(take(&start, &surface, Input::Open { dialled: "*7142#" })),
    }
    while let Some(done) = work.pop_front() {
        lasts.extend(done.effects.iter().filter_map(|effect| match effect {
            Effect::Reply { text, ends: true } => Some(text.clone()),
            _ => None,
        }));
        let Some(screen) = shown(&done).map(str::to_owned) else { continue };
        // Between two conversations nothing stands.
        if done.session.position().is_none() || !seen.insert(name(&done.session, &screen)) {
            continue;
        }
        for typed in keys(&screen).into_iter().chain(TYPED) {
            work.extend(settled(take(&done.session, &surface, Input::Text(typed)), &surface));
        }
        let aborted = take(&done.session, &surface, Input::Aborted);
        work.push_back(take(&aborted.session, &surface, Input::Open { dialled: "" }));
        stands.push(Stand { session: done.session, screen });
    }
    World { language, surface, stands, lasts }
}

fn worlds() -> &'static [World] {
    static WORLDS: OnceLock<Vec<World>> = OnceLock::new();
    WORLDS.get_or_init(|| {
        let surfaces = || [Surface::ussd(Form::Proper), Surface::sms(Form::Plain, SMS_PARTS)];
        Language::ALL.into_iter().flat_map(|language| surfaces().map(|surface| explore(language, surface))).collect()
    })
}

fn everywhere() -> impl Iterator<Item = (&'static Surface, &'static Stand)> {
    worlds().iter().flat_map(|world| world.stands.iter().map(|stand| (&world.surface, stand)))
}

/// Asserts that one input does what another does.
#[track_caller]
fn alike(surface: &Surface, stand: &Stand, typed: &str, key: &str) {
    let [done, wanted] = [typed, key].map(|text| take(&stand.session, surface, Input::Text(text)));
    assert_eq!(done.effects, wanted.effects, "{typed:?} is {key:?} at\n{}", stand.screen);
    assert!(done.session == wanted.session, "{typed:?} is {key:?} at\n{}", stand.screen);
}

/// The phrases of `dialogs/types.toml` under a key of a table.
fn phrases(table: &str, key: &str) -> Vec<String> {
    let text = files().get("dialogs/types.toml").expect("the types");
    let (document, found) = dayaq_author::parse("types.toml", text);
    let phrases = document.root(&found).table(table).expect("the table").strings(key);
    assert!(phrases.len() > 10, "{table}.{key}: {phrases:?}");
    phrases
}

/// A phrase as it is typed in a hurry, and with a mark behind it.
fn spellings(phrase: &str) -> [String; 3] {
    [phrase.to_owned(), format!(" {}! ", phrase.to_uppercase()), dayaq_text::plain(phrase)]
}

/// Whoever is let go, and whoever has failed at something, is told where help is.
#[test]
fn d2_142_stands_on_every_last_screen_and_behind_every_failure() {
    let failures = [("status", "wrong"), ("status", "none"), ("card", "wrong")];
    for world in worlds() {
        let language = world.language.code();
        for last in &world.lasts {
            assert!(last.contains("142"), "{language}: no 142 on\n{last}");
        }
        assert!(world.lasts.len() > 20, "{language}: {} ends", world.lasts.len());
        let failed = |stand: &&Stand| stand.session.position().is_some_and(|at| failures.contains(&at));
        let failed: Vec<&Stand> = world.stands.iter().filter(failed).collect();
        assert!(failed.len() >= failures.len(), "{language}: {}", failed.len());
        for stand in failed.into_iter().filter(|stand| prompt(&stand.session) == "state" && !complains(stand)) {
            assert!(stand.screen.contains("142"), "{language}: no 142 on\n{}", stand.screen);
        }
    }
}

fn complains(stand: &Stand) -> bool {
    !stored(&stand.session)["complaint"].is_null()
}

#[test]
fn d3_on_no_screen_does_an_idle_key_do_anything() {
    let mut idle = BTreeMap::new();
    for (surface, stand) in everywhere() {
        let foot: Vec<&str> = stand.screen.lines().last().unwrap_or_default().split(' ').collect();
        let more = foot.contains(&"98");
        for key in ["98", "0", "00"] {
            // Where there is more to read, the other keys may have had no room at the foot.
            if foot.contains(&key) || more {
                continue;
            }
            for typed in [key.to_owned(), format!("{key}."), format!("*{key}#")] {
                let done = take(&stand.session, surface, Input::Text(&typed));
                assert_eq!(shown(&done), Some(stand.screen.as_str()), "{typed}");
                assert_eq!(done.effects.len(), 1, "{typed}: {:?} at\n{}", done.effects, stand.screen);
                let standing = |session: &Session| {
                    let mut stored = stored(session);
                    // The key for the menu forgives mistakes made at the menu.
                    let fields = stored.as_object_mut().expect("fields");
                    fields.retain(|field, _| !["channel", "tries"].contains(&field.as_str()));
                    stored
                };
                assert_eq!(standing(&done.session), standing(&stand.session), "{typed} at\n{}", stand.screen);
                let tries = |session: &Session| stored(session)["tries"].as_u64().expect("a count");
                assert!(tries(&done.session) <= tries(&stand.session), "{typed} counts at\n{}", stand.screen);
                *idle.entry((key, prompt(&stand.session))).or_insert(0) += 1;
            }
        }
    }
    for prompt in ["state", "help", "resume", "remove", "confirm", "found"] {
        assert!(idle.contains_key(&("98", prompt.to_owned())), "{prompt} was never reached: {idle:?}");
    }
    assert!(idle[&("98", "state".to_owned())] > 600 && idle.contains_key(&("0", "state".to_owned())), "{idle:?}");
}

#[test]
fn d4_wherever_yes_or_no_is_asked_every_word_for_them_counts() {
    let [yes, no] = ["yes", "no"].map(|key| phrases("answers", key));
    let mut asked = BTreeMap::new();
    for (surface, stand) in everywhere() {
        let prompt = prompt(&stand.session);
        let (for_yes, for_no) = match (prompt.as_str(), stand.session.position()) {
            ("confirm", _) | ("state", Some(("apply", "consent") | ("meters", "known"))) => ("1", "2"),
            ("resume" | "help", _) => ("1", "00"),
            (_, _) => continue,
        };
        *asked.entry(prompt).or_insert(0) += 1;
        // With words beside it once for each prompt, for the sake of time.
        for (words, key) in [(&yes, for_yes), (&no, for_no)] {
            words.iter().step_by(7).for_each(|word| alike(surface, stand, word, key));
        }
    }
    assert_eq!(asked.keys().map(String::as_str).collect::<Vec<_>>(), ["confirm", "help", "resume", "state"]);
    let confirms = everywhere().filter(|(_, stand)| prompt(&stand.session) == "confirm").step_by(5);
    for (surface, stand) in confirms {
        for (words, key) in [(&yes, "1"), (&no, "2")] {
            words.iter().flat_map(|word| spellings(word)).for_each(|word| alike(surface, stand, &word, key));
        }
    }
}

#[test]
fn d4_at_a_confirmation_nothing_that_is_no_answer_costs_the_value() {
    let mut confirmed = 0;
    for (surface, stand) in everywhere().filter(|(_, stand)| prompt(&stand.session) == "confirm") {
        let wanted = take(&stand.session, surface, Input::Text("1"));
        let neither = phrases("answers", "neither");
        let rubbish = neither.iter().map(String::as_str).chain(SENTENCES).chain(["yes no", "???", "7", "\0"]);
        let mut session = stand.session.clone();
        for typed in rubbish {
            session = take(&session, surface, Input::Text(typed)).session;
            if prompt(&session) == "help" {
                session = take(&session, surface, Input::Text("1")).session;
            }
            assert_eq!(stored(&session)["prompt"], stored(&stand.session)["prompt"], "{typed:?}");
        }
        let done = take(&session, surface, Input::Text("hə"));
        assert_eq!(done.session.position(), wanted.session.position());
        assert_eq!(shown(&done), shown(&wanted));
        confirmed += 1;
    }
    assert!(confirmed >= 12, "{confirmed}");
}

#[test]
fn d4_a_sentence_at_the_question_for_a_fin_hears_the_ordinary_words() {
    let mut asked = 0;
    let fins = |stand: &Stand| matches!(stand.session.position(), Some(("applicant" | "member", "fin")));
    for (surface, stand) in everywhere().filter(|(_, stand)| fins(stand) && prompt(&stand.session) == "state") {
        let ordinary = take(&stand.session, surface, Input::Text("123"));
        for sentence in SENTENCES {
            let done = take(&stand.session, surface, Input::Text(sentence));
            assert_eq!(shown(&done), shown(&ordinary), "{sentence:?} at\n{}", stand.screen);
        }
        // One letter for a digit is a slip, and is shown once.
        for (typed, meant) in [("5AKI9X2", "5AK19X2"), ("5akoix2", "5AK01X2"), ("І234567", "1234567")] {
            let done = take(&stand.session, surface, Input::Text(typed));
            assert_eq!(
                (prompt(&done.session).as_str(), stored(&done.session)["prompt"]["confirm"].as_str()),
                ("confirm", Some(meant))
            );
        }
        asked += 1;
    }
    assert!(asked >= 12, "{asked}");
}

#[test]
fn e1_every_name_of_a_language_chooses_it_at_the_list_and_as_the_first_text() {
    for (at, language) in Language::ALL.into_iter().enumerate() {
        for name in phrases("languages", language.code()) {
            for typed in spellings(&name) {
                for surface in [Surface::ussd(Form::Proper), Surface::sms(Form::Plain, SMS_PARTS)] {
                    let new = Session::new("draft", None, book(), Timestamp::UNIX_EPOCH);
                    let asked = take(&new, &surface, Input::Open { dialled: "" });
                    let stand = Stand { screen: shown(&asked).expect("the list").to_owned(), session: asked.session };
                    alike(&surface, &stand, &typed, &(at + 1).to_string());
                    let first = take(&new, &surface, Input::Text(&typed));
                    assert_eq!(first.session.language(), Some(language), "{typed:?}");
                    assert_eq!(first.session.position(), Some(("main", "menu")), "{typed:?}");
                }
            }
        }
    }
}
