//! The report to be signed: one page of HTML that needs nothing else, for a screen and for A4.

use super::row::{Evidence, Group, Report, Row, Verdict};
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use maud::{DOCTYPE, Markup, PreEscaped, html as page};

const STYLE: &str = include_str!("report.css");

/// Writes the report.
pub fn html(report: &Report) -> String {
    let title = format!("Conformance of {}", report.smsc);
    page! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header {
                        h1 { "Conformance report" }
                        p.lead { (outcome(report)) }
                        (facts(report))
                    }
                    (differences(report))
                    @for group in Group::ALL {
                        @if report.rows.iter().any(|row| row.group == group) { (part(report, group)) }
                    }
                    @if !report.unexpected.is_empty() {
                        section {
                            h2 { "Seen, and expected by no row" }
                            ul { @for what in &report.unexpected { li { (what) } } }
                        }
                    }
                    (ticks(report))
                    (signatures())
                }
            }
        }
    }
    .into_string()
}

fn outcome(report: &Report) -> Markup {
    let count = |verdict| report.count(verdict);
    page! {
        @if let Some(why) = &report.no_bind { "There is no bind, so nothing was shown: " (why) ". " }
        span.count.conforms { (count(Verdict::Conforms)) " conform" } " "
        span.count.differs { (count(Verdict::Differs)) " differ" } " "
        span.count.not-shown { (count(Verdict::NotShown)) " not shown" }
    }
}

fn facts(report: &Report) -> Markup {
    let fact = |name: &str, value: &str| page! { div { dt { (name) } dd { (value) } } };
    page! {
        dl.facts {
            (fact("SMSC", &report.smsc))
            (fact("SMSC's own name", report.smsc_name.as_deref().filter(|name| !name.is_empty()).unwrap_or("–")))
            @if let Some(certificate) = &report.certificate {
                div.wide { dt { "SMSC's certificate" } dd { code { (certificate) } } }
            }
            (fact("Bound as (system_id)", &report.system_id))
            (fact("Test phone", &report.phone))
            (fact("Profile", &report.profile))
            div.wide { dt { "Profile's SHA-256" } dd { code { (report.profile_sha256) } } }
            (fact("Began", &moment(report.began)))
            (fact("Ended", &moment(report.ended)))
            (fact("Texts sent", &report.texts_sent.to_string()))
            (fact("Made by", &format!("dayaq {}", report.version)))
            @if !report.groups.is_empty() {
                (fact("Only", &report.groups.iter().map(|group| group.title()).collect::<Vec<_>>().join(", ")))
            }
        }
    }
}

/// The time in Baku, where the reader is.
fn moment(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(offset(4))).strftime("%d.%m.%Y %H:%M:%S (UTC+4)").to_string()
}

fn differences(report: &Report) -> Markup {
    let rows: Vec<&Row> = report.rows.iter().filter(|row| row.verdict == Verdict::Differs).collect();
    page! {
        @if !rows.is_empty() {
            section.differences {
                h2 { "What differs" }
                ol { @for row in rows { li { strong { (row.asked) } ": expected " (row.expected) "; seen " (row.seen) "." } } }
            }
        }
    }
}

fn part(report: &Report, group: Group) -> Markup {
    page! {
        section {
            h2 { (group.title()) }
            table {
                thead {
                    tr { th scope="col" { "Asked" } th scope="col" { "Expected" } th scope="col" { "Seen" } th scope="col" { "Verdict" } }
                }
                @for row in report.rows.iter().filter(|row| row.group == group) { (line(row)) }
            }
        }
    }
}

fn line(row: &Row) -> Markup {
    let class = match row.verdict {
        Verdict::Conforms => "conforms",
        Verdict::Differs => "differs",
        Verdict::NotShown => "not-shown",
    };
    page! {
        tbody id=(row.id) {
            tr class=(class) {
                th scope="row" { (row.asked) }
                td { (row.expected) }
                td { (row.seen) }
                td.verdict { span { (row.verdict.word()) } }
            }
            @if !row.evidence.is_empty() {
                tr.evidence {
                    td colspan="4" {
                        details {
                            summary {
                                @let count = row.evidence.len();
                                "Evidence: " (count) @if count == 1 { " PDU" } @else { " PDUs" }
                            }
                            ol { @for pdu in &row.evidence { (evidence(pdu)) } }
                        }
                    }
                }
            }
        }
    }
}

fn evidence(pdu: &Evidence) -> Markup {
    let at = pdu.at.as_micros() as f64 / 1_000_000.0;
    page! {
        li {
            span.pdu { (format!("{at:.3} s")) " " @if pdu.sent { "sent" } @else { "received" } " " (pdu.name) }
            code { (pdu.hex) }
        }
    }
}

fn ticks(report: &Report) -> Markup {
    let rows: Vec<(&Row, &str)> = report.rows.iter().filter_map(|row| Some((row, row.tick.as_deref()?))).collect();
    page! {
        @if !rows.is_empty() {
            section.ticks {
                h2 { "Compared on the phone" }
                p { "To be ticked by the person who held the phone, where what it showed is the same letter for letter." }
                ul {
                    @for (row, tick) in rows {
                        li {
                            label { input type="checkbox"; " " span { (row.asked) } }
                            blockquote { (tick) }
                        }
                    }
                }
            }
        }
    }
}

fn signatures() -> Markup {
    let signer = |who: &str| {
        page! {
            div {
                h3 { (who) }
                @for field in ["Name", "Date", "Signature"] { p { span { (field) } } }
            }
        }
    };
    page! {
        section.signatures {
            h2 { "Signed off" }
            div.signers { (signer("For the operator")) (signer("For the ministry")) }
        }
    }
}
