//! The plays, as a person would start them, against reviewed transcripts.

use crate::program::{root, run, succeed, text};
use crate::stage::reference;

const PLAYS: [&str; 10] = [
    "apply-ussd-az",
    "apply-ussd-ru",
    "apply-ussd-en",
    "apply-sms-az",
    "apply-sms-ru",
    "apply-sms-en",
    "refused-ussd-az",
    "resume-ussd-ru",
    "complete-ussd-az",
    "complete-sms-en",
];

/// A transcript's texts after each input in one order: the reply to a text and the core's own notice may overtake each
/// other on the air. On the screen there is one reply to an input, so that nothing moves.
pub fn in_one_order(transcript: &str) -> Vec<Vec<String>> {
    let transcript = without_numbers(transcript);
    let mut inputs = vec![Vec::new()];
    let mut block = String::new();
    for line in transcript.lines() {
        if line.starts_with("> ") {
            inputs.push(Vec::new());
        }
        block.push_str(line);
        block.push('\n');
        if line.starts_with("> ") || line.starts_with('└') {
            inputs.last_mut().expect("there is always one").push(std::mem::take(&mut block));
        }
    }
    inputs.push(vec![block]);
    inputs.iter_mut().for_each(|blocks| blocks.sort_unstable());
    inputs
}

/// A transcript with every registration number, which is drawn anew each time, in one form of the same width.
fn without_numbers(transcript: &str) -> String {
    let mut masked = transcript.to_owned();
    while let Some(number) = reference(&masked) {
        masked = masked.replace(&number, &format!("26-{}-#", "#".repeat(number.len() - 5)));
    }
    masked
}

/// The transcript of a play must be the golden one; `UPDATE_GOLDEN=1` rewrites it, and the diff is reviewed.
fn check(play: &str) {
    let transcript = without_numbers(&succeed(&["demo", "--play", play]));
    let path = root().join(format!("tests/golden/{play}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &transcript).expect("the golden folder is there");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        in_one_order(&transcript) == in_one_order(&golden),
        "{play} differs from {}:\n{transcript}",
        path.display()
    );
}

#[test]
fn s1_a_family_applies_in_azerbaijani() {
    check("apply-ussd-az");
}

#[test]
fn s1_a_family_applies_in_russian() {
    check("apply-ussd-ru");
}

#[test]
fn s1_a_family_applies_in_english() {
    check("apply-ussd-en");
}

#[test]
fn s1_a_family_applies_by_sms_in_azerbaijani() {
    check("apply-sms-az");
}

#[test]
fn s1_f10_a_family_applies_by_sms_in_russian_and_stop_holds_back_no_outcome() {
    check("apply-sms-ru");
}

#[test]
fn c2_x06_an_application_begun_on_the_screen_is_finished_by_sms_in_english() {
    check("apply-sms-en");
}

#[test]
fn s9_a_refusal_names_its_reason() {
    check("refused-ussd-az");
}

#[test]
fn b3_an_application_that_was_cut_off_goes_on_where_it_was() {
    check("resume-ussd-ru");
}

#[test]
fn s1_a_family_gives_its_notarys_number_later_by_the_code_in_azerbaijani() {
    check("complete-ussd-az");
}

#[test]
fn s1_a_family_gives_its_notarys_number_later_by_sms_in_english() {
    check("complete-sms-en");
}

#[test]
fn the_plays_listed_are_the_plays_tested() {
    let listed = succeed(&["demo", "--plays"]);
    let told: Vec<_> = listed.lines().filter_map(|line| line.split_once(' ')).collect();
    assert_eq!(told.iter().map(|(name, _)| *name).collect::<Vec<_>>(), PLAYS);
    assert!(told.iter().all(|(_, what)| !what.trim().is_empty()), "{listed}");
}

#[test]
fn a_play_that_nobody_wrote_is_a_usage_error() {
    let output = run(&["demo", "--play", "apply-ussd-fr"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("apply-ussd-az"), "the error lists what there is");
}
