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

#[test]
fn s5_a_sum_is_told_line_by_line_in_three_languages() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("own.toml");
    fs::write(
        &path,
        r#"
[[household]]
name = "the official example, and a grandfather in the army"
registered_on = 2023-06-15
[[household.member]]
relation = "applicant"
[[household.member.income]]
kind = "wage"
monthly = "400.00"
[[household.member.income]]
kind = "loan"
month = "2023-01"
amount = "90.00"
[[household.member]]
relation = "spouse"
[[household.member]]
relation = "child"
born = 2020-01-01
[[household.member]]
relation = "child"
born = 2018-01-01
[[household.member]]
relation = "parent"
statuses = ["conscript"]

[[household]]
name = "of a time without rules"
registered_on = 2010-01-01
[[household.member]]
relation = "applicant"
"#,
    )
    .expect("a file");
    let own = path.display().to_string();
    let english = succeed(&["rules", "explain", "--household", &own, "--language", "en"]);
    for line in [
        "  Day of application: 15.06.2023. Rules: 2023.",
        "  Member 5 does not count: serving as a conscript.",
        "  Limit of need: 4 people x 246,00 AZN = 984,00 AZN a month.",
        "  Income, wage: 4800,00 AZN.",
        "  No income by law, loan: 90,00 AZN.",
        "  Average monthly income: 4800,00 AZN / 12 months = 400,00 AZN.",
        "  Ground in article 3 of the law: care of a small child.",
        "  Assistance: 984,00 AZN - 400,00 AZN = 584,00 AZN a month.",
        "  Paid from 01.06.2023 until 31.05.2024.",
        "  Day of application: 01.01.2010. No rules govern that day, nothing is decided.",
    ] {
        assert!(english.lines().any(|shown| shown == line), "{line:?} in\n{english}");
    }
    let sum = "984,00 AZN - 400,00 AZN = ";
    let azerbaijani = succeed(&["rules", "explain", "--household", &own]);
    assert!(azerbaijani.contains(&format!("Yardım: {sum}ayda 584,00 AZN")), "{azerbaijani}");
    let russian = succeed(&["rules", "explain", "--household", &own, "--language", "ru"]);
    assert!(russian.contains(&format!("Помощь: {sum}584,00 AZN в месяц")), "{russian}");
    let output = run(&["rules", "explain", "--household", &own, "--language", "fr"]);
    assert_eq!(output.status.code(), Some(64), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("az, ru or en"), "{}", text(&output.stderr));
}
