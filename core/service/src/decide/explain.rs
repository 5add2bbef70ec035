//! A decision told line by line: what each sum was made of.

use super::counted::not_counted;
use super::proof::proven;
use super::{Decision, Measured, Outcome, Undecidable};
use crate::facts::{Facts, Person};
use crate::rules::{Ground, Rules};
use dayaq_core_api::{Term, Value, sums};
use dayaq_types::{Fin, Money};
use jiff::civil::Date;

/// Tells how it came about: lines of [`sums::LINES`], in the order in which a person would add it up.
pub fn explain(rules: &Rules, facts: &Facts, day: Date, decided: &Result<Decision, Undecidable>) -> Vec<Term> {
    let mut lines = vec![line("sum-rules", [("day", Value::Date(day)), ("rules", Value::Text(rules.id.clone()))])];
    if let Some(household) = &facts.household {
        lines.extend(left_out(rules, facts, household, day));
    }
    match decided {
        Ok(decision) => tell(rules, decision, &mut lines),
        Err(why) => lines.push(Term::bare(match why {
            Undecidable::Unverified => "sum-unverified",
            Undecidable::Assumed => "sum-assumed",
            Undecidable::Contradiction => "sum-contradiction",
            Undecidable::Unproven => "sum-unproven",
            Undecidable::Contested => "sum-contested",
            Undecidable::Norm => "sum-norm",
        })),
    }
    lines
}

/// Who does not count, by their number: the applicant is 1, then the members as declared. Of somebody whom nothing proves
/// nothing else is told.
fn left_out(rules: &Rules, facts: &Facts, household: &[Person], day: Date) -> Vec<Term> {
    let declared = facts.declared.members.iter().map(|member| (member.fin, proven(member, &facts.proofs, rules)));
    let everybody = [(facts.declared.applicant, true)].into_iter().chain(declared).zip(1..);
    let line_of = |((fin, proven), number): ((Fin, bool), usize)| {
        let member = ("member", count(number));
        if !proven {
            return Some(line("sum-member-unproven", [member]));
        }
        if facts.elsewhere.contains(&fin) {
            return Some(line("sum-member-elsewhere", [member]));
        }
        let why = not_counted(household.iter().find(|person| person.fin == fin)?, rules, day)?;
        Some(line("sum-not-counted", [member, ("why", Value::Text(why.name().to_owned()))]))
    };
    everybody.filter_map(line_of).collect()
}

fn tell(rules: &Rules, decision: &Decision, lines: &mut Vec<Term>) {
    if let Some(means) = &decision.means {
        let limit = Value::Money(means.limit);
        let criterion = Value::Money(rules.criterion);
        lines.push(line(
            "sum-limit",
            [("heads", Value::Count(means.heads)), ("criterion", criterion), ("limit", limit)],
        ));
    }
    if let Some(basis) = &decision.basis {
        for (parts, known, other) in [
            (&basis.income.counted, "sum-income", "sum-income-other"),
            (&basis.income.ignored, "sum-ignored", "sum-ignored-other"),
        ] {
            lines.extend(parts.iter().map(|(kind, amount)| income(kind, *amount, known, other)));
        }
    }
    if let Some(means) = &decision.means {
        lines.push(line(
            "sum-average",
            [
                ("total", Value::Money(means.income_total)),
                ("months", Value::Count(means.months)),
                ("average", Value::Money(means.income_average())),
            ],
        ));
    }
    if let Some(basis) = &decision.basis {
        let measured = |key, name, found: Option<Measured>| {
            found.map(|m| line(key, [(name, Value::Money(m.amount)), ("limit", Value::Money(m.limit))]))
        };
        lines.extend(measured("sum-deals", "total", basis.measured.deals));
        lines.extend(measured("sum-utilities", "spending", basis.measured.utilities));
        let reasons = basis.entry.iter();
        lines.extend(reasons.map(|reason| line("sum-entry", [("reason", Value::Text(reason.name().to_owned()))])));
    }
    if !decision.noted.is_empty() {
        lines.push(grounds("sum-noted", decision, &decision.noted));
    }
    match &decision.outcome {
        Outcome::Refused(found) => lines.push(grounds("sum-refused", decision, found)),
        Outcome::Granted(award) => {
            if let Some(means) = &decision.means {
                lines.push(line(
                    "sum-granted",
                    [
                        ("limit", Value::Money(means.limit)),
                        ("average", Value::Money(means.income_average())),
                        ("amount", Value::Money(award.amount)),
                    ],
                ));
            }
            lines.push(line("sum-paid", [("from", Value::Date(award.from)), ("until", Value::Date(award.until))]));
        }
    }
}

fn income(kind: &str, amount: Money, known: &str, other: &str) -> Term {
    let key = if sums::INCOME_KINDS.contains(&kind) { known } else { other };
    line(key, [("kind", Value::Text(kind.to_owned())), ("amount", Value::Money(amount))])
}

fn grounds(key: &str, decision: &Decision, found: &[Ground]) -> Term {
    line(key, [("reasons", Value::Terms(found.iter().map(|ground| decision.reason(*ground)).collect()))])
}

fn count(number: usize) -> Value {
    Value::Count(u32::try_from(number).unwrap_or(u32::MAX))
}

fn line<const N: usize>(key: &str, args: [(&str, Value); N]) -> Term {
    Term { key: key.to_owned(), args: args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
}
