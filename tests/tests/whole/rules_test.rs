//! `dayaq rules test`: worked households held against the rules.

use crate::program::{root, run, succeed, text};
use std::fs;

const WORKED: &str = "core/service/tests-data/households/income.toml";

#[test]
fn s5_the_worked_households_come_to_the_sums_of_their_authors() {
    let shown = succeed(&["rules", "test", &root().join(WORKED).display().to_string()]);
    assert!(shown.ends_with(" compared, 0 otherwise than expected\n"), "{shown}");
}

#[test]
fn s5_a_sum_that_the_rules_do_not_come_to_is_told_and_a_fault_has_its_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("own.toml");
    let worked = fs::read_to_string(root().join(WORKED)).expect("a file");
    let sum = worked.find("amount = \"").expect("somebody is granted something") + "amount = \"".len();
    let wrong = format!("{}1{}", &worked[..sum], &worked[sum..]);
    fs::write(&path, &wrong).expect("a file");
    let own = path.display().to_string();
    let output = run(&["rules", "test", &own]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).ends_with(" compared, 1 otherwise than expected\n"), "{}", text(&output.stdout));

    fs::write(&path, worked.replacen("[[household]]", "[[household]]\nincomee = 1", 1)).expect("a file");
    let output = run(&["rules", "test", &own]);
    assert_ne!(output.status.code(), Some(0));
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(said.contains("own.toml:") && said.contains("incomee"), "{said}");
}
