//! The proposal as a file: each key with its evidence, and checked to load.

use super::evidence::{Findings, Line};
use dayaq_author::{Severity, parse};
use dayaq_gateway::config::read_profile;
use std::fmt::Write;

/// Columns of a comment.
const WIDTH: usize = 118;

/// Writes the file; what would not load stays a comment.
pub(super) fn write(head: &[String], found: &Findings) -> String {
    let text = render(head, found, &|_| true);
    if loads(&text) {
        return text;
    }
    // Traffic can say what no profile can: then the tables that can be had together are kept, in order.
    let mut kept: Vec<&str> = Vec::new();
    for (table, _) in &found.tables {
        let with: Vec<&str> = kept.iter().copied().chain([*table]).collect();
        if loads(&render(&[], found, &|it| with.contains(&it))) {
            kept = with;
        }
    }
    let mut head = head.to_vec();
    head.push(
        "What stands here as a comment with two signs was seen, and does not fit the rest: look at it.".to_owned(),
    );
    render(&head, found, &|it| kept.contains(&it))
}

fn loads(text: &str) -> bool {
    let (document, faults) = parse("proposal", text);
    let profile = read_profile(&document, &faults);
    profile.is_some() && !faults.sorted().iter().any(|fault| fault.severity == Severity::Error)
}

fn render(head: &[String], found: &Findings, is_kept: &dyn Fn(&str) -> bool) -> String {
    let mut text = String::new();
    head.iter().for_each(|line| comment(&mut text, line));
    for (table, lines) in &found.tables {
        let sign = if is_kept(table) { "" } else { "## " };
        let any = lines.iter().any(|line| matches!(line, Line::Set { .. }));
        let _ = write!(text, "\n{}[{table}]\n", if any { sign } else { "# " });
        for line in lines {
            match line {
                Line::Set { key, value, why } => {
                    comment(&mut text, why);
                    let _ = writeln!(text, "{sign}{key} = {value}");
                }
                Line::Left { key, value, why } => comment(&mut text, &format!("{key} = {value}  (default: {why})")),
            }
        }
    }
    text
}

/// Writes a comment over as many lines as it takes.
fn comment(text: &mut String, words: &str) {
    let mut line = String::from("#");
    for word in words.split(' ') {
        if line.len() + 1 + word.len() > WIDTH && line.len() > 1 {
            let _ = writeln!(text, "{line}");
            line = String::from("# ");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}
