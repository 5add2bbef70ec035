use proptest::prelude::*;

use super::fixture::{book, edit, sources};
use super::phone::Phone;
use crate::session::Prompt;
use crate::{Book, Form, Language, Sources, Surface, compile};

#[track_caller]
fn finds(file: &str, from: &str, to: &str, wanted: &[&str]) {
    let mut sources = sources();
    edit(&mut sources, file, from, to);
    finds_in(&sources, wanted);
}

/// Expects one finding that has all these parts, and no book.
#[track_caller]
fn finds_in(sources: &Sources, wanted: &[&str]) {
    let (book, diagnostics) = compile(sources);
    let found: Vec<String> = diagnostics.sorted().iter().map(ToString::to_string).collect();
    assert!(found.iter().any(|line| wanted.iter().all(|part| line.contains(part))), "{wanted:?} not in {found:#?}");
    assert!(book.is_none(), "nothing is served while a screen does not fit");
}

/// Gives file and line of the first line that begins so.
#[track_caller]
fn at(file: &str, beginning: &str) -> String {
    let sources = sources();
    let locales = sources.locales.iter().map(|(_, source)| source);
    let source = sources.dialogs.iter().chain(locales).find(|source| source.path == file).expect("a file");
    let line = source.text.lines().position(|line| line.trim_start().starts_with(beginning)).expect("a line");
    format!("{file}:{}", line + 1)
}

const AZ: &str = "locales/az/all.ftl";
const RU: &str = "locales/ru/all.ftl";
const EN: &str = "locales/en/all.ftl";
const APPLY: &str = "dialogs/apply.toml";
const TYPES: &str = "dialogs/types.toml";

#[test]
fn f2_every_screen_fits() {
    let proven = book(&sources());
    let proof = proven.proof();
    assert!(proof.screens > 200, "{} screens", proof.screens);
    assert_eq!(proof.notices, 6, "one notice in three languages and two forms");
    assert!(proof.rooms.iter().all(|room| room.units <= room.budget.units));
    assert!(proof.rooms.is_sorted_by(|fuller, other| fuller.filled() >= other.filled()));
    for language in Language::ALL {
        for form in [Form::Proper, Form::Plain] {
            assert!(proof.rooms.iter().any(|room| room.language == language && room.form == form));
        }
    }
}

#[test]
fn f2_a_screen_too_long_is_named_by_its_text_with_units_and_limit() {
    let place = at(AZ, "apply-cannot");
    let wanted =
        format!("{place}:1: error: apply-cannot takes 81 of the 80 UCS-2 units of a screen in az, proper form");
    finds(AZ, "apply-cannot = Qəbul olunmadı.", &format!("apply-cannot = {}", "ə".repeat(81)), &[&wanted]);
    let long = format!("apply-cannot = {}", "x".repeat(183));
    let wanted = ["apply-cannot takes 183 of the 182 septets", "in en, plain form"];
    finds(EN, "apply-cannot = Qəbul olunmadı.!", &long, &wanted);
}

#[test]
fn f2_the_line_above_a_question_counts() {
    // The question alone fits; under its error line it does not.
    let long = format!("    .error = {}", "ə".repeat(60));
    finds(
        AZ,
        "    .error = Rəqəmlərlə yazın.",
        &long,
        &["apply-notary under apply-notary.error takes", &at(AZ, "apply-notary")],
    );
    finds(
        AZ,
        "    .ask = { $position }-ci",
        &format!("    .ask = {} {{ $position }}-ci", "ə".repeat(60)),
        &["apply-fin under apply-fin.ask takes"],
    );
    finds(
        AZ,
        "    .duplicate = Bu",
        &format!("    .duplicate = {} Bu", "ə".repeat(60)),
        &["member-fin under apply-members.duplicate takes"],
    );
    let long = format!("shell-restarted = {}", "ə".repeat(160));
    finds(AZ, "shell-restarted = Xidmət yeniləndi.", &long, &["menu-main under shell-restarted takes", "pages = 2"]);
}

#[test]
fn f2_a_line_that_leaves_no_room_anywhere_is_named_itself() {
    let long = format!("shell-unreadable = {}", "ə".repeat(75));
    let wanted = [&at(AZ, "shell-unreadable"), "shell-unreadable leaves no room for"];
    finds(AZ, "shell-unreadable = Oxunmadı.", &long, &wanted);
    let wanted = [&at(AZ, "shell-home"), "the keys at the foot take", "shell-home is the longest"];
    finds(AZ, "shell-home = Menyu", &format!("shell-home = {}", "ə".repeat(30)), &wanted);
}

#[test]
fn f2_what_the_shell_asks_fits_too() {
    for (from, to) in [
        ("shell-continue = Davam et", "of shell-resume"),
        ("shell-retry = Yenidən yaz", "of shell-help"),
        ("shell-yes = Bəli", "of shell-confirm"),
    ] {
        finds(AZ, from, &format!("{from} {}", "ə".repeat(70)), &[&at(AZ, from), to]);
    }
    let wanted = [&at(AZ, "shell-confirm"), "shell-confirm under shell-unreadable takes"];
    finds(AZ, "shell-confirm = ", &format!("shell-confirm = {}", "ə".repeat(60)), &wanted);
}

#[test]
fn f2_the_widest_argument_counts_and_is_named_with_its_place() {
    let cannot = |argument: &str| format!("apply-cannot = {} {argument}", "ə".repeat(34));
    let speaking = |argument: &str| {
        let mut sources = sources();
        edit(&mut sources, AZ, "apply-cannot = Qəbul olunmadı.", &cannot(argument));
        sources
    };
    let mut labelled = speaking("{ $district }");
    assert_eq!(compile(&labelled).1.to_string(), "", "what is there fits");
    labelled.lists[1].items[3].label[0] = "ə".repeat(50);
    finds_in(&labelled, &["apply-cannot takes 85 of", "$district may take 50 (config/places.toml:1)"]);
    let mut typed = speaking("{ $notary }");
    assert_eq!(compile(&typed).1.to_string(), "", "twelve digits fit");
    edit(&mut typed, TYPES, "^[0-9]{4,12}$", "^[0-9]{4,60}$");
    finds_in(&typed, &["apply-cannot takes 95 of", "$notary may take 60"]);
    // Nobody need have the number, so that the word for nothing is shown too.
    let mut nothing = speaking("{ $notary }");
    edit(&mut nothing, AZ, "shell-none = yoxdur", &format!("shell-none = {}", "ə".repeat(50)));
    finds_in(&nothing, &["apply-cannot takes 85 of", &format!("$notary may take 50 ({})", at(AZ, "shell-none"))]);
    let wide = format!("reference = \"{}\"", "9".repeat(190));
    let place = format!("$send may take 190 ({})", at(TYPES, "reference"));
    finds(TYPES, "reference = \"2026-000123\"", &wide, &["apply-done takes", &place]);
    let wide = format!("stage-granted = {}", "ə".repeat(90));
    let place = at(AZ, "stage-granted");
    finds(AZ, "stage-granted = ", &wide, &["menu-stage takes", &format!("({place})")]);
}

#[test]
fn f2_a_plural_form_that_a_smaller_number_takes_counts() {
    let plural = format!("{{ $members-count ->\n        [one] {}\n       *[other] çox\n    }}", "ə".repeat(70));
    finds(
        AZ,
        "apply-members = Ailə üzvləri: { $members-count }",
        &format!("apply-members = {plural}"),
        &["apply-members"],
    );
}

#[test]
fn f2_one_label_beyond_gsm_makes_an_english_screen_ucs2() {
    // The widest label fits 182 septets; a shorter one with a letter of its own leaves 80 units for the same screen.
    let mut sources = sources();
    let (_, english) = sources.locales.iter_mut().find(|(language, _)| *language == Language::En).expect("English");
    english.text = english
        .text
        .replace("apply-cannot = Qəbul olunmadı.!", &format!("apply-cannot = {} {{ $district }}", "x".repeat(75)));
    for item in &mut sources.lists[1].items {
        item.label[2] = "a long label of a district".to_owned();
    }
    sources.lists[1].items[2].label[2] = "Şəki city".to_owned();
    finds_in(&sources, &["apply-cannot takes 85 of the 80 UCS-2 units of a screen in en, proper form"]);
}

#[test]
fn f2_a_wording_for_sms_fits_a_reply() {
    let wording = |units: usize| format!("apply-cannot = Yox.\n    .sms = {}", "ə".repeat(units));
    let mut fits = sources();
    edit(&mut fits, AZ, "apply-cannot = Qəbul olunmadı.", &wording(201));
    assert_eq!(compile(&fits).1.to_string(), "");
    let wanted = ["apply-cannot.sms takes 202 of the 201 UCS-2 units of a reply by SMS in az, proper form"];
    finds(AZ, "apply-cannot = Qəbul olunmadı.", &wording(202), &wanted);
}

#[test]
fn f3_a_list_stays_within_its_pages_and_no_option_is_cut() {
    finds(
        APPLY,
        "pages = 6\nlist = \"districts\"",
        "pages = 2\nlist = \"districts\"",
        &["apply-district", "pages in ru, proper form; pages = 2 is declared"],
    );
    finds(APPLY, "pages = 6\n", "", &["apply-district", "of a screen in az, proper form"]);
    finds(APPLY, "pages = 6\n", "pages = 31\n", &["state.district.pages: must be 1 to 30, found 31"]);
    let mut sources = sources();
    sources.lists[0].items[1].label[1] = "я".repeat(90);
    finds_in(
        &sources,
        &["config/places.toml:2:1: error: the option 2 of apply-region does not fit a page in ru, proper form"],
    );
    // What is removed from a group is a list too.
    finds(
        AZ,
        "    .item = { $fin } { $relation }",
        &format!("    .item = {}", "ə".repeat(60)),
        &["the option 1 of apply-members.which does not fit a page in az", &at(AZ, ".item")],
    );
}

#[test]
fn f2_the_core_says_how_wide_its_texts_are() {
    finds(TYPES, "reference = \"2026-000123\"\n", "", &["dialogs/types.toml:", "[widest] says no reference"]);
    finds(
        TYPES,
        "reference = \"2026",
        "refrence = \"2026",
        &["the core tells no text called \"refrence\", did you mean \"reference\"?"],
    );
}

#[test]
fn a_notice_has_no_more_parts_than_its_author_allows() {
    let long = format!("notice-outcome = {{ $amount }}, {{ $until }} {}", "ə".repeat(260));
    finds(
        AZ,
        "notice-outcome = Məbləğ: { $amount }, { $until } tarixinədək. Pulsuzdur. 142",
        &long,
        &["notice-outcome takes 5 parts by SMS in az, proper form; 4 are allowed"],
    );
    let mut allowed = sources();
    edit(&mut allowed, AZ, "notice-outcome = Məbləğ: { $amount }, { $until } tarixinədək. Pulsuzdur. 142", &long);
    edit(&mut allowed, TYPES, "[numbers]", "[segments]\noutcome = 5\n[numbers]");
    assert_eq!(compile(&allowed).1.to_string(), "");
    finds(
        TYPES,
        "[numbers]",
        "[segments]\noutcom = 5\n[numbers]",
        &["there is no notice \"outcom\", did you mean \"outcome\"?"],
    );
}

#[test]
fn every_language_is_measured_in_its_own_letters() {
    // Within the 80 units of the proper form; in the plain form щ is three letters.
    let text = format!("apply-cannot = {}", "щ".repeat(61));
    finds(
        RU,
        "apply-cannot = Qəbul olunmadı.я",
        &text,
        &["apply-cannot takes 183 of the 182 septets of a screen in ru, plain form"],
    );
}

proptest! {
    /// The proof holds in practice: a phone never has to leaf where the author declared one page.
    #[test]
    fn f2_no_conversation_leafs_where_one_page_is_declared(
        inputs in prop::collection::vec(
            prop_oneof![
                Just("1"), Just("2"), Just("3"), Just("0"), Just("00"), Just("12E4567"), Just("45K8901"), Just("12EO567"),
                Just("12EI567"), Just("202600170000"), Just("x"), Just("\0"), Just("")
            ],
            0..60,
        ),
        language in prop_oneof![Just(Language::Az), Just(Language::Ru), Just(Language::En)],
        form in prop_oneof![Just(Form::Proper), Just(Form::Plain)],
    ) {
        thread_local! {
            static BOOK: Book = book(&sources());
        }
        BOOK.with(|book| {
            let mut phone = Phone::speaking(book, language);
            phone.surface = Surface::ussd(form);
            phone.dial("*7142#");
            for input in inputs {
                phone.send(input);
                if phone.calls() {
                    phone.outcome("nobody-knows", &[]);
                }
                let Some((dialogue, state)) = phone.session.position() else { continue };
                let state = book.dialogues[dialogue].state(state).expect("a state");
                let pages = if matches!(phone.session.prompt, Prompt::State | Prompt::Remove) { state.pages } else { 1 };
                let leafs = phone.screen.lines().any(|line| line.starts_with("98 "));
                assert!(pages > 1 || !leafs, "{}.{}: {}", dialogue, state.name, phone.screen);
            }
        });
    }
}
