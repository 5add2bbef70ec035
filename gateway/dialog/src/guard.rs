//! Whether a route's condition holds.

use crate::condition::{Comparison, Condition, Operand, Test};
use crate::session::Session;
use crate::value::Value;
use crate::{Book, Channel};

pub(crate) fn holds(condition: &Condition, book: &Book, session: &Session, channel: Channel) -> bool {
    condition.terms.iter().all(|(negated, test)| is_true(test, book, session, channel) != *negated)
}

fn is_true(test: &Test, book: &Book, session: &Session, channel: Channel) -> bool {
    match test {
        Test::LanguageKnown => session.language.is_some(),
        Test::LanguageIs(language) => session.language == Some(*language),
        Test::ChannelIs(wanted) => channel == *wanted,
        Test::Present(variable) => book.value(session, variable).is_some_and(|value| !value.is_empty()),
        Test::Compare { left, comparison, right } => {
            let left = book.value(session, left);
            let right = match right {
                Operand::Literal(text) => Some(Value::Text(text.clone())),
                Operand::Number(number) => Some(Value::Number(*number)),
                Operand::Variable(variable) => book.value(session, variable),
            };
            compare(left.as_ref(), *comparison, right.as_ref())
        }
    }
}

/// A variable without a value is unequal to everything and neither more nor less than anything.
fn compare(left: Option<&Value>, comparison: Comparison, right: Option<&Value>) -> bool {
    let texts = left.and_then(Value::as_text).zip(right.and_then(Value::as_text));
    let numbers = left.and_then(Value::as_number).zip(right.and_then(Value::as_number));
    let ordered = |holds: fn(&i64, &i64) -> bool| numbers.is_some_and(|(left, right)| holds(&left, &right));
    match comparison {
        Comparison::Equal => texts.is_some_and(|(left, right)| left == right),
        Comparison::Unequal => texts.is_none_or(|(left, right)| left != right),
        Comparison::Less => ordered(i64::lt),
        Comparison::LessOrEqual => ordered(i64::le),
        Comparison::Greater => ordered(i64::gt),
        Comparison::GreaterOrEqual => ordered(i64::ge),
    }
}
