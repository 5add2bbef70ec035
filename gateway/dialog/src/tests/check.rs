use super::fixture::{edit, sources};
use crate::{compile, run_transcripts};

/// Compiles with one file changed and gives the findings.
#[track_caller]
fn faults(file: &str, from: &str, to: &str) -> Vec<String> {
    let mut sources = sources();
    edit(&mut sources, file, from, to);
    let (book, diagnostics) = compile(&sources);
    assert_eq!(book.is_none(), diagnostics.has_errors());
    diagnostics.sorted().iter().map(ToString::to_string).collect()
}

#[track_caller]
fn expect_fault(file: &str, from: &str, to: &str, wanted: &str) {
    let found = faults(file, from, to);
    assert!(found.iter().any(|line| line.contains(wanted)), "expected {wanted:?}, found {found:#?}");
}

const APPLY: &str = "dialogs/apply.toml";
const MENU: &str = "dialogs/menu.toml";
const AZ: &str = "locales/az/all.ftl";

#[test]
fn l1_targets_types_lists_dialogues_and_operations_exist() {
    let cases = [
        (
            "next = \"has-notary\"",
            "next = \"has-notry\"",
            "state.fin.next: there is no state \"has-notry\", did you mean \"has-notary\"?",
        ),
        ("type = \"notary\"", "type = \"notray\"", "there is no type \"notray\", did you mean \"notary\"?"),
        ("list = \"regions\"", "list = \"region\"", "there is no list \"region\", did you mean \"regions\"?"),
        ("run = \"member\"", "run = \"membre\"", "there is no dialogue \"membre\", did you mean \"member\"?"),
        (
            "operation = \"submit\"",
            "operation = \"submti\"",
            "there is no operation \"submti\", did you mean \"submit\"?",
        ),
        ("start = \"fin\"", "start = \"fni\"", "dialog.start: there is no state \"fni\", did you mean \"fin\"?"),
        ("kind = \"group\"", "kind = \"grup\"", "state.members.kind: must be one of choice"),
        ("save = \"notary\"", "svae = \"notary\"", "state.notary.save: missing"),
        ("save = \"notary\"", "save = \"Notary\"", "state.notary.save: must be small Latin letters"),
        ("resume = true", "resum = true", "dialog.resum: unknown key, did you mean \"resume\"?"),
    ];
    for (from, to, wanted) in cases {
        expect_fault(APPLY, from, to, wanted);
    }
}

#[test]
fn every_finding_has_its_file_and_line() {
    let found = faults(APPLY, "next = \"has-notary\"", "next = \"has-notry\"");
    assert!(found.iter().all(|line| line.starts_with("dialogs/apply.toml:")), "{found:#?}");
    assert!(found[0].starts_with("dialogs/apply.toml:11:8: error: state.fin.next:"), "{found:#?}");
    assert_eq!(found.len(), 1, "one cause, one finding: {found:#?}");
    let found = faults(APPLY, "save = \"notary\"\n", "");
    assert_eq!(found, ["dialogs/apply.toml:18:8: error: state.notary.save: missing"]);
    let found = faults(AZ, "apply-done = ", "apply-doen = ");
    assert!(found.iter().any(|line| line.starts_with("locales/az/all.ftl:")), "{found:#?}");
}

#[test]
fn l2_every_state_can_be_reached() {
    expect_fault(APPLY, "next = \"notary\" }", "next = \"members\" }", "state.notary: nothing leads to this state");
}

#[test]
fn l3_every_state_can_end() {
    let found = faults(
        MENU,
        "{ key = \"3\", name = \"language\", next = \"language\" }",
        "{ key = \"3\", name = \"language\", next = \"trap\" }\n]\n[state.trap]\nkind = \"choice\"\noptions = [\
         { key = \"1\", name = \"again\", next = \"trap\" }",
    );
    let wanted = "state.trap: from this state the dialogue can never end";
    assert!(found.iter().any(|line| line.contains(wanted)), "{found:#?}");
    expect_fault(
        MENU,
        "next = \"main\" }]\nnext = \"language\"",
        "next = \"open\" }]\nnext = \"language\"",
        "circle that asks nothing",
    );
    expect_fault(MENU, "run = \"apply\"", "run = \"menu\"", "dialogues call each other in a circle: menu → menu");
}

#[test]
fn l4_keys_and_labels_are_not_ambiguous() {
    expect_fault(
        MENU,
        "{ key = \"2\", name = \"status\"",
        "{ key = \"1\", name = \"status\"",
        "the key 1 is used twice",
    );
    expect_fault(
        MENU,
        "{ key = \"2\", name = \"status\"",
        "{ key = \"00\", name = \"status\"",
        "the key 00 is one of every screen",
    );
    expect_fault(AZ, ".opt-none-yet = Hələ yox", ".opt-none-yet = var!", "none-yet and yes have the same label in az");
    expect_fault(AZ, ".opt-yes = Var", ".opt-yes = İki", "its label means the number 2 in az");
}

#[test]
fn e2_a_missing_text_stops_the_build() {
    expect_fault(AZ, "apply-done = Qeydə", "apply-dnoe = Qeydə", "state.done: the text apply-done is missing in az");
    expect_fault(AZ, "apply-done = Qeydə", "apply-dnoe = Qeydə", "nothing uses the text apply-dnoe");
    expect_fault(AZ, "    .opt-send = Göndər\n", "", "state.review: the text apply-review.opt-send is missing in az");
    expect_fault(AZ, "    .which = Kimi silək?\n", "", "the text apply-members.which is missing in az");
    expect_fault(AZ, "shell-yes = Bəli\n", "", "the text shell-yes is missing in az");
    expect_fault(AZ, "stage-granted = Təyin olunub\n", "", "the text stage-granted is missing in az");
    expect_fault(AZ, "notice-outcome =", "notice-outcom =", "the text notice-outcome is missing in az");
    expect_fault(
        AZ,
        "    .opt-send = Göndər\n",
        "    .opt-send = Göndər\n    .extra = x\n",
        "nothing uses the text apply-review.extra",
    );
    expect_fault(AZ, "shell-yes = Bəli", "shell-yes = Bəli\nshell-no = Yox", "the text shell-no exists already");
    expect_fault(AZ, "shell-yes = Bəli", "shell-yes = { Bəli", "locales/az/all.ftl:");
}

#[test]
fn f2_the_neutral_end_fits_one_screen() {
    let long = format!("shell-ended = {}", "ə".repeat(81));
    expect_fault(AZ, "shell-ended = Xidmət dayandı. 142", &long, "shell-ended does not fit one USSD screen in az");
    for id in ["shell-pause", "shell-tomorrow"] {
        let long = format!("shell-usage = *100#\n{id} = {}", "ə".repeat(71));
        expect_fault(AZ, "shell-usage = *100#", &long, &format!("{id} does not fit one SMS in az"));
    }
}

#[test]
fn texts_use_only_arguments_that_something_gives() {
    expect_fault(
        AZ,
        "FİN { $fin }, notariat",
        "FİN { $fni }, notariat",
        "apply-review: nothing gives $fni, did you mean $fin?",
    );
    expect_fault(AZ, "{ $send-reference }", "{ $reference }", "apply-done: nothing gives $reference");
    expect_fault(AZ, "shell-no = Xeyr", "shell-no = Xeyr { $x }", "shell-no: nothing gives $x; it has no arguments");
    expect_fault(
        AZ,
        "shell-no = Xeyr",
        "shell-no = { shell-nothing }",
        "refers to shell-nothing, which does not exist in az",
    );
    expect_fault(
        AZ,
        "shell-no = Xeyr",
        "shell-no = { -brand } { NUMBER(1) }\n-brand = Dayaq",
        "nothing gives $NUMBER()",
    );
    assert_eq!(faults(AZ, "shell-no = Xeyr", "shell-no = { -brand }\n-brand = Dayaq"), Vec::<String>::new());
}

#[test]
fn e3_plural_forms_are_complete() {
    let plural = "üzv { $members-count ->\n        [one] bir\n       *[other] çox\n    }, ";
    assert_eq!(faults(AZ, "üzv { $members-count }, ", plural), Vec::<String>::new());
    let found = faults("locales/ru/all.ftl", "üzv { $members-count }, ", plural);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].contains("apply-review: the plural form \"few\" is missing"), "{found:#?}");
    assert!(found[1].contains("apply-review: the plural form \"many\" is missing"), "{found:#?}");
}

#[test]
fn c5_every_branch_and_argument_of_a_call_is_handled() {
    expect_fault(APPLY, "refused = \"cannot\", ", "", "state.send: on.refused is missing");
    expect_fault(APPLY, "slow = \"recorded\", ", "", "state.send: on.slow is missing");
    expect_fault(
        APPLY,
        "refused = \"cannot\"",
        "refused = \"cannot\", refusd = \"cannot\"",
        "submit has no outcome \"refusd\"",
    );
    expect_fault(APPLY, "args = { fin = \"$fin\", ", "args = { ", "state.send: submit needs the argument fin");
    expect_fault(
        APPLY,
        "args = { fin = \"$fin\", ",
        "args = { fin = \"$fin\", fni = \"x\", ",
        "submit has no argument fni",
    );
    expect_fault(
        APPLY,
        "args = { fin = \"$fin\"",
        "args = { fin = \"$finn\"",
        "nothing gives $finn a value, did you mean $fin?",
    );
    expect_fault(
        APPLY,
        "args = { fin = \"$fin\"",
        "args = { fin = \"$members\"",
        "fin takes a text, $members is a records of",
    );
    expect_fault(
        APPLY,
        "args = { fin = \"$fin\"",
        "args = { fin = \"$notary\"",
        "$notary may have no value here, and submit needs fin",
    );
    expect_fault("dialogs/member.toml", "name = \"spouse\"", "name = \"spuse\"", "members takes a records of");
}

#[test]
fn a_list_is_narrowed_by_an_item_only() {
    expect_fault(APPLY, "parent = \"region\"", "parent = \"fin\"", "$fin is not an item of a list");
    expect_fault(APPLY, "unique = \"fin\"", "unique = \"fun\"", "the dialogue member gives $fun no value");
}

#[test]
fn no_item_leads_to_an_empty_list() {
    let mut sources = sources();
    sources.lists[1].items.retain(|item| item.parent.as_deref() != Some("baki"));
    let (_, diagnostics) = compile(&sources);
    let wanted = "state.district: the list districts has nothing under baki of regions";
    assert!(diagnostics.to_string().contains(wanted), "{diagnostics}");
}

#[test]
fn n3_patterns_and_conditions_are_bounded() {
    expect_fault("dialogs/types.toml", "^[0-9]{4,12}$", "^(a{1000}){1000}$", "type.notary.pattern: not a pattern");
    expect_fault("dialogs/types.toml", "^[0-9]{4,12}$", "[0-9]{4,12}", "must begin with ^ and end with $");
    expect_fault("dialogs/types.toml", "ask = [\"I\"]", "ask = [\"O\"]", "the letter 'O' is treated in two ways");
    let long = format!("if = \"language{}\"", " and language".repeat(8));
    expect_fault(MENU, "if = \"language\"", &long, "has 9 terms, at most 8 are allowed");
    expect_fault(MENU, "if = \"language\"", "if = \"langage\"", "cannot read the condition \"langage\"");
    expect_fault(MENU, "if = \"language\"", "if = \"$nobody == 3\"", "nothing gives $nobody a value");
}

#[test]
fn all_faults_come_at_once() {
    let mut sources = sources();
    edit(&mut sources, APPLY, "type = \"notary\"", "type = \"nix\"");
    edit(&mut sources, MENU, "{ key = \"2\", name = \"status\"", "{ key = \"1\", name = \"status\"");
    edit(&mut sources, AZ, "apply-done = ", "apply-doen = ");
    let (_, diagnostics) = compile(&sources);
    let shown = diagnostics.to_string();
    for wanted in ["there is no type", "the key 1 is used twice", "apply-done is missing"] {
        assert!(shown.contains(wanted), "{shown}");
    }
}

#[test]
fn l5_transcripts_are_replayed() {
    let transcript = r#"
[[test]]
name = "a family applies"
language = "az"
steps = [
  { dial = "*7142#", expect = ["1 Müraciət"] },
  { send = "1", expect = ["FİN-i"] },
  { send = "12E4567" }, { send = "2" }, { send = "2" }, { send = "1" }, { send = "1", expect = ["FİN 12E4567"] }, { send = "98" },
  { send = "1", call = "submit", with = { fin = "12E4567", district = "sabail" } },
  { outcome = "registered", values = { reference = "7" }, expect = ["Qeydə alındı: 7"], refute = ["8"], ends = true },
]
"#;
    let run = |from: &str, to: &str| {
        let mut sources = sources();
        sources.dialogs[2].text.push_str(&transcript.replace(from, to));
        let (book, diagnostics) = compile(&sources);
        assert!(diagnostics.is_empty(), "{diagnostics}");
        run_transcripts(&book.expect("a book")).to_string()
    };
    assert_eq!(run("", ""), "");
    for (from, to, wanted) in [
        ("\"1 Müraciət\"", "\"1 Ərizə\"", "a family applies, step 1: expected \"1 Ərizə\", the screen is"),
        ("call = \"submit\"", "call = \"status\"", "step 9: expected the call of status, found submit"),
        ("fin = \"12E4567\"", "fin = \"12E4568\"", "step 9: expected fin = \"12E4568\""),
        ("refute = [\"8\"]", "refute = [\"7\"]", "step 10: \"7\" should not be there"),
        ("ends = true", "ends = false", "step 10: ends is true"),
        ("outcome = \"registered\"", "outcome = \"nothing\"", "step 10: there is no outcome \"nothing\""),
        ("call = \"submit\", with", "with", "step 9: expected the call of nothing, found submit"),
    ] {
        let found = run(from, to);
        assert!(found.contains(wanted), "expected {wanted:?}, found {found}");
        assert!(found.starts_with("dialogs/apply.toml:"), "{found}");
    }
}

#[test]
fn a_book_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<crate::Book>();
    shared::<crate::Session>();
}

#[test]
fn l4_yes_no_and_the_names_of_languages_have_one_meaning_each() {
    const TYPES: &str = "dialogs/types.toml";
    expect_fault(TYPES, "no = [\"yox\"", "no = [\"yox\", \"BƏLİ\"", "\"BƏLİ\" means something else too");
    expect_fault(TYPES, "en = [\"en\"", "en = [\"en\", \"Rus\"", "\"Rus\" means something else too");
    expect_fault(TYPES, "ru = [\"ru\"", "ru = [\"!\", \"ru\"", "\"!\" is no word");
    expect_fault(TYPES, "neither = [", "niether = [", "answers.niether: unknown key, did you mean \"neither\"?");
    expect_fault(TYPES, "no = [", "nay = [", "answers.no: needs a phrase");
    expect_fault(TYPES, "az = [\"az\"", "aze = [\"az\"", "languages.az: needs a phrase");
    expect_fault(TYPES, "[answers]", "[replies]", "[answers] has no phrase for yes");
    expect_fault(TYPES, "[languages]", "[tongues]", "[languages] has no name for az");
    expect_fault(APPLY, "means = \"no\"", "means = \"nay\"", "means: must be yes or no, found \"nay\"");
    expect_fault(APPLY, "means = \"no\"", "means = \"yes\"", "another option means the same");
    expect_fault(AZ, ".opt-none-yet = Hələ yox", ".opt-none-yet = Bəli", "means no, and its label says yes in az");
    expect_fault(AZ, ".opt-none-yet = Hələ yox", ".opt-none-yet = Yox / var", "none-yet and yes have the same label");
}
