//! The arrows between the crates, read from Cargo's own metadata.

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// Which of our crates each one may import. ARCHITECTURE.md says why.
const ARROWS: &[(&str, &[&str])] = &[
    ("dayaq-author", &[]),
    ("dayaq-text", &[]),
    ("dayaq-types", &[]),
    ("dayaq-smpp", &["dayaq-text"]),
    ("dayaq-dialog", &["dayaq-text", "dayaq-author"]),
    ("dayaq-core-api", &["dayaq-types"]),
    ("dayaq-sql", &["dayaq-author", "dayaq-types"]),
    (
        "dayaq-gateway",
        &["dayaq-author", "dayaq-text", "dayaq-smpp", "dayaq-dialog", "dayaq-types", "dayaq-core-api", "dayaq-sql"],
    ),
    ("dayaq-core", &["dayaq-author", "dayaq-core-api", "dayaq-sql", "dayaq-types"]),
    ("dayaq-postgres", &[]),
    ("dayaq-redis", &[]),
    ("dayaq-simulator", &["dayaq-author", "dayaq-smpp", "dayaq-text", "dayaq-types"]),
    ("dayaq-operator", &["dayaq-author", "dayaq-text", "dayaq-smpp", "dayaq-gateway", "dayaq-types"]),
    ("dayaq-registries", &["dayaq-author", "dayaq-types"]),
];

/// Crates that must stay without a runtime, a socket or a file.
const SANS_IO: &[&str] = &["dayaq-author", "dayaq-text", "dayaq-smpp", "dayaq-dialog", "dayaq-types", "dayaq-core-api"];
const IO: &[&str] = &["tokio", "axum", "reqwest", "sqlx", "redis", "hyper", "mio", "async-std"];

fn packages() -> Vec<Package> {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo tells the metadata");
    metadata.packages
}

fn imports(package: &Package) -> Vec<String> {
    let normal = package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal);
    normal.map(|d| d.name.clone()).collect()
}

#[test]
fn arrows_between_crates_are_the_ones_drawn() {
    let packages = packages();
    for package in &packages {
        let name = package.name.as_str();
        if name == "dayaq" || name == "dayaq-tests" {
            continue;
        }
        let allowed = ARROWS.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("{name} is not on the map")).1;
        for import in imports(package).iter().filter(|i| i.starts_with("dayaq")) {
            assert!(allowed.contains(&import.as_str()), "{name} imports {import}");
        }
    }
    assert_eq!(packages.len(), ARROWS.len() + 2, "a crate is missing from the tree or from the map");
}

#[test]
fn nobody_imports_the_program_or_the_tests() {
    for package in packages() {
        assert!(!imports(&package).iter().any(|i| i == "dayaq" || i == "dayaq-tests"), "{}", package.name);
    }
}

#[test]
fn protocol_and_decisions_stay_without_a_runtime() {
    for package in packages().iter().filter(|p| SANS_IO.contains(&p.name.as_str())) {
        for import in imports(package) {
            assert!(!IO.contains(&import.as_str()), "{} imports {import}", package.name);
        }
    }
}

#[test]
fn every_source_file_is_one_noun() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the tree");
    let mut long = Vec::new();
    let mut folders: Vec<_> = ["gateway", "core", "tests"].map(|f| root.join(f)).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the tree").flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let lines = std::fs::read_to_string(&path).expect("a source file").lines().count();
                if lines > 500 {
                    long.push(format!("{} has {lines} lines", path.display()));
                }
            }
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}
