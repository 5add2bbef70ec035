//! The aggregators' callbacks that ship: the same application by each of them, its texts by the operator.

use crate::plays::in_one_order;
use crate::program::{root, succeed};

/// Plays on a phone that comes by an aggregator; service and simulator have the secret in common and nothing else.
fn plays(style: &str, play: &str, golden: &str) {
    let transcript = succeed(&["demo", "--play", play, "--aggregator", style]);
    let path = root().join(format!("tests/golden/{golden}.txt"));
    if golden != play && std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &transcript).expect("the golden folder is there");
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        in_one_order(&transcript) == in_one_order(&golden),
        "{play} by {style} differs from what it was:\n{transcript}"
    );
}

#[test]
fn a6_the_same_application_completes_by_the_callbacks_of_arkesel() {
    plays("arkesel", "apply-ussd-az", "apply-ussd-az");
}

#[test]
fn a6_the_same_application_completes_by_the_callbacks_of_hubtel() {
    plays("hubtel", "apply-ussd-az", "apply-ussd-az");
}

#[test]
fn a6_the_same_application_completes_in_plain_letters_by_the_callbacks_of_africas_talking() {
    plays("africas-talking", "apply-ussd-az", "apply-ussd-az-plain");
}

#[test]
fn a6_a_refusal_is_told_to_a_phone_that_came_by_callbacks() {
    plays("hubtel", "refused-ussd-az", "refused-ussd-az");
}

#[test]
fn a6_who_hangs_up_or_is_cut_off_goes_on_where_it_was_whether_the_aggregator_tells_or_not() {
    plays("hubtel", "resume-ussd-ru", "resume-ussd-ru");
    plays("arkesel", "resume-ussd-ru", "resume-ussd-ru");
}

#[test]
fn a6_every_profile_that_ships_is_played() {
    let folder = std::fs::read_dir(root().join("config/aggregators")).expect("a folder of the content");
    let names = folder.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut shipped: Vec<String> = names.filter(|name| name.ends_with(".toml")).collect();
    shipped.sort();
    assert_eq!(shipped, ["africas-talking.toml", "arkesel.toml", "hubtel.toml"]);
}
