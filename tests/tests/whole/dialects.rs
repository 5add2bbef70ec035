//! The dialects that ship: the same application in each of them, and not a letter differs.

use crate::plays::in_one_order;
use crate::program::{root, run, succeed, text};

/// Plays in an operator's dialect; simulator and service have the profile file in common and nothing else. The
/// transcript must be the one that every dialect gives.
fn plays(profile: &str, play: &str) {
    let file = format!("config/operators/{profile}.toml");
    let transcript = succeed(&["demo", "--play", play, "--profile", &file]);
    let golden = root().join(format!("tests/golden/{play}.txt"));
    let golden = std::fs::read_to_string(golden).expect("it is reviewed with the plays");
    assert!(
        in_one_order(&transcript) == in_one_order(&golden),
        "{play} by {profile} differs from the specification's:\n{transcript}"
    );
}

#[test]
fn a2_the_same_application_completes_by_the_specification() {
    plays("specification", "apply-ussd-az");
}

#[test]
fn a2_the_same_application_completes_by_a_dialogue_id_of_fifteen_bits() {
    plays("dialogue-id", "apply-ussd-az");
}

#[test]
fn a2_the_same_application_completes_by_a_message_reference() {
    plays("message-reference", "apply-ussd-az");
}

#[test]
fn a2_the_same_application_completes_by_the_phone_number_alone() {
    plays("msisdn-only", "apply-ussd-az");
}

#[test]
fn a2_the_same_application_completes_by_a_vendors_parameter() {
    plays("vendor-tag", "apply-ussd-az");
}

#[test]
fn a2_packed_septets_carry_an_application_in_english() {
    plays("vendor-tag", "apply-ussd-en");
}

#[test]
fn a2_every_profile_that_ships_is_played() {
    let folder = std::fs::read_dir(root().join("config/operators")).expect("a folder of the content");
    let mut shipped: Vec<String> =
        folder.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    shipped.sort();
    assert_eq!(
        shipped,
        ["dialogue-id.toml", "message-reference.toml", "msisdn-only.toml", "specification.toml", "vendor-tag.toml"]
    );
}

#[test]
fn s14_a_profile_with_a_fault_starts_nothing_and_says_where() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("operator.toml");
    std::fs::write(&path, "[ussd]\nend = \"bits\"\n").expect("a file");
    let output = run(&["demo", "--play", "apply-ussd-az", "--profile", &path.display().to_string()]);
    assert_eq!(output.status.code(), Some(64));
    let said = text(&output.stderr);
    assert!(said.contains("operator.toml:2:7: error: ussd.end: must be one of op, bit, both"), "{said}");
    assert!(said.contains("nothing was started"), "{said}");
}
