//! Defects made mechanically out of what ships: each key, message, label and block is deleted, renamed, widened or
//! duplicated, and the check must say where.
//!
//! Run after run takes the same sample, drawn evenly from every kind of file and every kind of defect. `DEFECTS=all`
//! takes all there are, and `DEFECTS_SEED=7` another sample.

mod make;

use crate::program::root;
use dayaq_author::{Diagnostic, Severity, parse};
use dayaq_core::{ContentFiles as CoreFiles, CoreContent};
use dayaq_dialog::run_transcripts;
use dayaq_gateway::config::{read_callback_profile, read_profile};
use dayaq_gateway::content::{ContentFiles, compile_book};
use make::{Change, Defect};
use std::collections::BTreeMap;

/// The defects taken from each kind of file and kind of change.
const EACH: usize = 4;

/// Checks what one file belongs to, as `dayaq check` does.
fn check(files: &ContentFiles, changed: &str) -> Vec<Diagnostic> {
    let own = |folder: &str| {
        files.below(folder, ".toml").map(|(path, text)| (path.to_owned(), text.to_owned())).collect::<Vec<_>>()
    };
    let found = if ["config/rules/", "config/calendar/", "config/institutions/"].iter().any(|f| changed.starts_with(f))
    {
        let core = CoreFiles {
            rules: own("config/rules"),
            calendar: own("config/calendar"),
            institutions: own("config/institutions"),
        };
        CoreContent::read(&core).1
    } else if changed.starts_with("config/operators/") {
        let (document, found) = parse(changed, files.get(changed).expect("the profile"));
        let more = dayaq_author::Diagnostics::new();
        read_profile(&document, &more);
        found.extend(more);
        found
    } else if changed.starts_with("config/aggregators/") {
        let (document, found) = parse(changed, files.get(changed).expect("the profile"));
        let more = dayaq_author::Diagnostics::new();
        read_callback_profile(&document, &more);
        found.extend(more);
        found
    } else {
        let (book, found) = compile_book(files);
        if let Some(book) = book {
            found.extend(run_transcripts(&book));
        }
        found
    };
    found.sorted().into_iter().filter(|finding| finding.severity == Severity::Error).collect()
}

fn shipped() -> ContentFiles {
    ContentFiles::from_folder(root()).expect("the content")
}

/// Draws from every kind of file and every kind of change.
fn sample(defects: Vec<Defect>, seed: u64) -> Vec<Defect> {
    let mut strata: BTreeMap<(String, Change), Vec<Defect>> = BTreeMap::new();
    for defect in defects {
        strata.entry((defect.kind_of_file(), defect.change)).or_default().push(defect);
    }
    let mut state = seed;
    let mut drawn = Vec::new();
    for mut stratum in strata.into_values() {
        for _ in 0..EACH.min(stratum.len()) {
            // Knuth's 64-bit multiplier: any spread that repeats with its seed will do.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(state >> 33).expect("31 bits") % stratum.len();
            drawn.push(stratum.swap_remove(at));
        }
    }
    drawn
}

/// Says why the defect counts as missed; nothing where a finding leads to it.
fn missed(files: &ContentFiles, defect: &Defect) -> Option<String> {
    let mut changed = files.clone();
    changed.0.insert(defect.file.clone(), defect.text.clone());
    let found = check(&changed, &defect.file);
    let shown = || found.iter().take(6).map(|finding| format!("\n    {finding}")).collect::<String>();
    if found.is_empty() {
        return Some(format!("{defect}: nothing was found"));
    }
    if let Some(vague) = found.iter().find(|finding| finding.line == 0) {
        return Some(format!("{defect}: a finding without a line: {vague}"));
    }
    // What was taken away is missed where it was needed, and named there; everything else is wrong where it stands.
    let line = format!("{}:{}", defect.file, defect.line);
    let here = |finding: &Diagnostic| finding.path == defect.file || finding.to_string().contains(&line);
    // A table `type.fin` is spoken of as "fin".
    let name = defect.name.rsplit('.').next().unwrap_or(&defect.name);
    let named = |finding: &Diagnostic| finding.to_string().contains(name);
    let leads = |finding: &&Diagnostic| here(finding) || named(finding);
    if found.iter().any(|finding| leads(&finding)) {
        None
    } else {
        Some(format!("{defect}: no finding leads to it:{}", shown()))
    }
}

#[test]
fn f2_every_screen_fits() {
    let (book, found) = compile_book(&shipped());
    assert_eq!(found.to_string(), "");
    let book = book.expect("a book");
    let proof = book.proof();
    assert!(proof.screens > 1000, "{} screens", proof.screens);
    for room in &proof.rooms {
        assert!(room.units <= room.budget.units, "{room:?}");
    }
}

#[test]
fn l7_every_mechanical_defect_is_found_with_its_file_and_line() {
    let files = shipped();
    let all = make::all(&files);
    for kind in ["dialogs", "locales", "lists", "config/rules", "config/calendar", "config/institutions"] {
        assert!(all.iter().any(|defect| defect.kind_of_file() == kind), "{kind} has defects");
    }
    for file in ["dialogs/types.toml", "config/regions.toml"] {
        assert_eq!(check(&files, file), [], "what ships is in order");
    }
    let seed = std::env::var("DEFECTS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(2016);
    let every = std::env::var("DEFECTS").is_ok_and(|which| which == "all");
    let taken = if every { all } else { sample(all, seed) };
    assert!(taken.len() >= 40, "only {} defects", taken.len());
    let missed: Vec<String> = taken.iter().filter_map(|defect| missed(&files, defect)).collect();
    println!("{} of {} defects found", taken.len() - missed.len(), taken.len());
    assert!(missed.is_empty(), "seed {seed}: {} of {} missed\n{}", missed.len(), taken.len(), missed.join("\n"));
}
