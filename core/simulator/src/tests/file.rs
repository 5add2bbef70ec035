use crate::{Amount, Bound, Households, Month, Relation};
use std::collections::BTreeSet;

fn shipped() -> Households {
    let (households, diagnostics) = Households::shipped();
    assert!(diagnostics.is_empty(), "{diagnostics}");
    households.expect("a file without faults gives households")
}

fn faults(text: &str) -> Vec<String> {
    let (households, diagnostics) = Households::read("families.toml", text);
    assert!(households.is_none());
    diagnostics.sorted().iter().map(ToString::to_string).collect()
}

#[test]
fn the_shipped_families_have_no_fault() {
    let households = shipped();
    assert!(households.all().len() >= 14);
    for household in households.all() {
        assert!(!household.note.is_empty(), "{} says what it is for", household.id);
        let declaration = household.declaration();
        assert!(declaration.id_card.is_some(), "{}: the applicant has a card to type", household.id);
        assert_eq!(declaration.members.len() + 1, household.persons.len());
    }
}

/// The families as the README lists them.
fn listed(households: &Households) -> String {
    let mut list =
        "| Family | FIN | ID card | Notarised application | Members | District | |\n|---|---|---|---|---|---|---|\n"
            .to_owned();
    for household in households.all() {
        let typed = household.declaration();
        let card = typed.id_card.map_or(String::new(), |card| format!("{} {}", card.series(), card.number()));
        let notary = typed.notary.map_or("none".to_owned(), |number| number.as_str().to_owned());
        let name = |relation| Relation::NAMES.iter().find(|(_, r)| *r == relation).map_or("", |(name, _)| *name);
        let member = |(fin, relation): &(dayaq_types::Fin, Relation)| format!("{} {}", fin.as_str(), name(*relation));
        let members: Vec<String> = typed.members.iter().map(member).collect();
        let (id, fin, members) = (&household.id, typed.applicant.as_str(), members.join(", "));
        list +=
            &format!("| {id} | {fin} | {card} | {notary} | {members} | {} | {} |\n", typed.district, household.note);
    }
    list
}

#[test]
fn the_readme_lists_every_family_as_it_is() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).expect("it is there");
    let (head, rest) = readme.split_once("<!-- families -->\n").expect("the list begins");
    let (list, tail) = rest.split_once("<!-- end of families -->").expect("the list ends");
    let wanted = listed(&shipped());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let whole = format!("{head}<!-- families -->\n{wanted}<!-- end of families -->{tail}");
        std::fs::write(path, whole).expect("it can be written");
        return;
    }
    assert_eq!(list, wanted, "UPDATE_GOLDEN=1 rewrites it");
}

#[test]
fn p1_the_official_example_has_four_members_and_400_manat_a_month() {
    let households = shipped();
    let household = households.get("official-example").expect("it ships");
    let month = |amount: &Amount| amount.of(Month::parse("2023-05").expect("a month"));
    let income: i64 = household.persons.iter().flat_map(|p| &p.incomes).map(|i| month(&i.amount)).sum();
    assert_eq!((household.persons.len(), income), (4, 40_000));
}

#[test]
fn what_a_family_types_differs_where_the_file_says_so() {
    let households = shipped();
    let declared = |id: &str| households.get(id).expect("it ships").declaration();
    let known = |id: &str| households.get(id).expect("it ships").applicant().clone();
    assert_ne!(declared("card-mismatch").id_card, known("card-mismatch").id_card);
    assert_ne!(declared("residence-mismatch").district, known("residence-mismatch").district);
    let relations: BTreeSet<Relation> = declared("family-mismatch").members.iter().map(|(_, r)| *r).collect();
    assert_eq!(relations, [Relation::Child].into());
    assert_eq!(declared("notary-missing").notary, None);
}

#[test]
fn every_fault_of_a_file_is_reported_with_its_line() {
    let text = r#"[[household]]
id = "One"
district = "quba"

[[household.person]]
fin = "OIOIOIO"
relation = "aplicant"
surname = "Canary"
name = "A"
birth_date = 1990-01-01
id_card = { series = "AZE", number = "777" }
income = [{ monthly_qepik = 1, by_month = { jan = 1 } }, { monthly_qepik = 1, from = "2026-13" }]

[[household]]
id = "two"

[[household.person]]
fin = "1234567"
relation = "spouse"
surname = "B"
name = "B"
birth_date = 1990-01-01
vehicle = [{ plate = "1", make = "x", year = 1700, basis = "stolen" }]

[[household.person]]
fin = "1234567"
relation = "spouse"
surname = "C"
name = "C"
birth_date = 1990-01-01
distrct = "quba"
"#;
    let found = faults(text);
    let has = |line: usize, words: &str| {
        assert!(
            found.iter().any(|f| f.starts_with(&format!("families.toml:{line}:")) && f.contains(words)),
            "no fault {words:?} on line {line} in {found:#?}"
        );
    };
    has(2, "small letters");
    has(6, "FIN");
    has(7, "must be one of applicant");
    has(11, "8 digits");
    has(12, "one of the two");
    has(12, "must be a month");
    has(17, "missing here and in the household");
    has(23, "must be 1900 to 2100");
    has(26, "already here");
    has(31, "did you mean \"district\"");
}

#[test]
fn relations_and_repeats_of_a_file_are_checked() {
    let person = |fin: &str, relation: &str| {
        format!(
            "[[household.person]]\nfin = \"{fin}\"\nrelation = \"{relation}\"\nsurname = \"A\"\nname = \"A\"\nbirth_date = 1990-01-01\n"
        )
    };
    let head = |id: &str| format!("[[household]]\nid = \"{id}\"\ndistrict = \"quba\"\n");
    let notary = "notary = { number = \"123456\", issued_days_ago = 1 }\n";
    let text = [
        head("a") + notary + &person("1234567", "applicant") + &person("2234567", "applicant"),
        head("a") + notary + &person("1234567", "applicant"),
        head("b")
            + "declares.relations = { 9999999 = \"child\", 3234567 = \"applicant\" }\n"
            + &person("3234567", "applicant"),
        head("c") + "fault = [{ institution = \"taxes\" }]\n" + &person("4234567", "spouse"),
    ]
    .concat();
    let found = faults(&text).join("\n");
    for words in [
        "already here",
        "a person with this FIN",
        "with this number",
        "one applicant",
        "no person of this household",
        "must be one of spouse",
        "above 0",
    ] {
        assert!(found.contains(words), "no {words:?} in\n{found}");
    }
    assert!(!found.contains("9999999") && !found.contains("1234567"), "a FIN leaked into\n{found}");
}

#[test]
fn a_file_without_households_is_a_fault() {
    assert_eq!(faults("").len(), 1);
    assert!(faults("[[houshold]]\nid = \"a\"\n").iter().any(|f| f.contains("did you mean \"household\"")));
}

#[test]
fn months_are_read_counted_and_written() {
    let month = |text| Month::parse(text).expect("a month");
    assert_eq!(month("2026-01").plus(-1).to_string(), "2025-12");
    assert_eq!(month("2026-11").since(month("2025-11")), 12);
    for wrong in ["2026-00", "2026-13", "2026-1", "26-01", "2026", "2026-01-01", "+026-01"] {
        assert_eq!(Month::parse(wrong), None, "{wrong}");
    }
    assert_eq!(Bound::Ago(12).resolve(month("2026-11"), month("2000-01")).to_string(), "2025-11");
}
