//! A decision told line by line: what each sum was made of.

use super::counted::not_counted;
use super::{Decision, Measured, Outcome, Undecidable};
use crate::facts::Facts;
use crate::rules::{Ground, Rules};
use dayaq_core_api::{Term, Value, sums};
use dayaq_types::Money;
use jiff::civil::Date;

/// Tells how it came about: lines of [`sums::LINES`], in the order in which a person would add it up.
pub fn explain(rules: &Rules, facts: &Facts, day: Date, decided: &Result<Decision, Undecidable>) -> Vec<Term> {
    let mut lines = vec![line("sum-rules", [("day", Value::Date(day)), ("rules", Value::Text(rules.id.clone()))])];
    for (at, person) in facts.household.iter().flatten().enumerate() {
        if let Some(why) = not_counted(person, rules, day) {
            let why = Value::Text(why.name().to_owned());
            lines.push(line("sum-not-counted", [("member", count(at + 1)), ("why", why)]));
        }
    }
    match decided {
        Ok(decision) => tell(rules, decision, &mut lines),
        Err(why) => lines.push(Term::bare(match why {
            Undecidable::Unverified => "sum-unverified",
            Undecidable::Assumed => "sum-assumed",
            Undecidable::Contradiction => "sum-contradiction",
            Undecidable::Norm => "sum-norm",
        })),
    }
    lines
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
