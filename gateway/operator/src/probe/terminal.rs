//! The report for a terminal: plain, aligned, in colour only where that is wanted.

use super::row::{Group, Report, Row, Verdict};
use std::fmt::Write;

/// The width of what was asked.
const ASKED: usize = 34;

/// Writes the report; control characters of the SMSC never reach the terminal.
pub fn terminal(report: &Report, colour: bool) -> String {
    let mut text = String::new();
    let groups = Group::ALL.into_iter().filter(|group| report.rows.iter().any(|row| row.group == *group));
    for group in groups {
        let _ = writeln!(text, "{}", group.title());
        for row in report.rows.iter().filter(|row| row.group == group) {
            line(&mut text, row, colour);
        }
        text.push('\n');
    }
    if !report.unexpected.is_empty() {
        text.push_str("Seen, and expected by no row\n");
        for what in &report.unexpected {
            let _ = writeln!(text, "             {}", clean(what));
        }
        text.push('\n');
    }
    let ticks: Vec<&str> = report.rows.iter().filter_map(|row| row.tick.as_deref()).collect();
    if !ticks.is_empty() {
        text.push_str("For a person to compare on the phone\n");
        for tick in ticks {
            let _ = writeln!(text, "  [ ]        {}", clean(&tick.replace('\n', " / ")));
        }
        text.push('\n');
    }
    if let Some(certificate) = &report.certificate {
        let _ = writeln!(text, "The SMSC's certificate: {}\n", clean(certificate));
    }
    if let Some(why) = &report.no_bind {
        let _ = writeln!(text, "There is no bind, so nothing was shown: {}", clean(why));
    }
    let (conform, differ, hidden) =
        (report.count(Verdict::Conforms), report.count(Verdict::Differs), report.count(Verdict::NotShown));
    let texts = if report.texts_sent == 1 { "1 text" } else { &format!("{} texts", report.texts_sent) };
    let _ = writeln!(text, "{conform} conform, {differ} differ, {hidden} not shown; {texts} sent to {}", report.phone);
    text
}

fn line(text: &mut String, row: &Row, colour: bool) {
    let (on, off) = match (colour, row.verdict) {
        (false, _) => ("", ""),
        (true, Verdict::Conforms) => ("\x1b[32m", "\x1b[0m"),
        (true, Verdict::Differs) => ("\x1b[1;31m", "\x1b[0m"),
        (true, Verdict::NotShown) => ("\x1b[33m", "\x1b[0m"),
    };
    let (word, asked) = (row.verdict.word(), clean(&row.asked));
    let _ = write!(text, "  {on}{word:<9}{off}  ");
    match asked.chars().count() <= ASKED {
        true => {
            let _ = writeln!(text, "{asked:<ASKED$}  {}", clean(&row.seen));
        }
        false => {
            let _ = writeln!(text, "{asked}\n{:w$}{}", "", clean(&row.seen), w = ASKED + 15);
        }
    }
    if row.verdict == Verdict::Differs {
        let _ = writeln!(text, "{:w$}expected: {}", "", clean(&row.expected), w = ASKED + 15);
    }
}

fn clean(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { '\u{FFFD}' } else { it }).collect()
}
