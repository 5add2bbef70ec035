use crate::{Channel, Language};

/// The terms of one condition; more would make a route a program.
const TERMS_MAX: usize = 8;

/// Names a variable: `$fin`, a field of a record or outcome `$send.reference`, or `$members.count`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub name: String,
    pub field: Option<String>,
}

/// Holds what an author may write where a value is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    Literal(String),
    Number(i64),
    Variable(Variable),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    LanguageKnown,
    LanguageIs(Language),
    ChannelIs(Channel),
    Present(Variable),
    Compare { left: Variable, comparison: Comparison, right: Operand },
}

/// Holds terms that must all be true; evaluation costs at most a named number of comparisons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    /// Each term with whether it is negated.
    pub terms: Vec<(bool, Test)>,
}

impl Condition {
    pub fn parse(text: &str) -> Result<Self, String> {
        let words = words(text)?;
        let terms: Vec<_> = words.split(|word| word == "and").map(term).collect::<Result<_, _>>()?;
        if terms.len() > TERMS_MAX {
            return Err(format!("has {} terms, at most {TERMS_MAX} are allowed", terms.len()));
        }
        Ok(Condition { terms })
    }

    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.terms.iter().flat_map(|(_, test)| {
            let (left, right) = match test {
                Test::LanguageKnown | Test::LanguageIs(_) | Test::ChannelIs(_) => (None, None),
                Test::Present(variable) => (Some(variable), None),
                Test::Compare { left, right: Operand::Variable(right), .. } => (Some(left), Some(right)),
                Test::Compare { left, right: Operand::Literal(_) | Operand::Number(_), .. } => (Some(left), None),
            };
            left.into_iter().chain(right)
        })
    }
}

impl Variable {
    /// Reads `$name` or `$name.field`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let body = text.strip_prefix('$').ok_or_else(|| format!("a variable begins with $, found {text:?}"))?;
        let (name, field) = match body.split_once('.') {
            Some((name, field)) => (name, Some(field)),
            None => (body, None),
        };
        for part in std::iter::once(name).chain(field) {
            if !is_name(part) {
                return Err(format!("{part:?} is not a name"));
            }
        }
        Ok(Variable { name: name.to_owned(), field: field.map(ToOwned::to_owned) })
    }
}

impl std::fmt::Display for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "${}", self.name)?;
        self.field.as_ref().map_or(Ok(()), |field| write!(f, ".{field}"))
    }
}

impl Operand {
    /// Reads what stands in `set`, `args` and `except`: a variable, or a text as it is.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with('$') {
            Variable::parse(text).map(Operand::Variable)
        } else {
            Ok(Operand::Literal(text.into()))
        }
    }
}

/// Names are small Latin letters, digits and hyphens, because they become part of Fluent identifiers.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = if let Some(quoted) = rest.strip_prefix('"') {
            quoted.find('"').map(|at| at + 2).ok_or("a quotation mark is not closed")?
        } else {
            rest.find(char::is_whitespace).unwrap_or(rest.len())
        };
        words.push(rest[..end].to_owned());
        rest = rest[end..].trim_start();
    }
    Ok(words)
}

fn term(words: &[String]) -> Result<(bool, Test), String> {
    let (negated, words) = match words {
        [first, rest @ ..] if first == "not" => (true, rest),
        all => (false, all),
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let test = match words.as_slice() {
        ["language"] => Test::LanguageKnown,
        ["language", "==", code] => {
            let code = literal(code)?;
            Test::LanguageIs(Language::from_code(&code).ok_or_else(|| format!("{code:?} is not a language"))?)
        }
        ["channel", "==", name] => Test::ChannelIs(match literal(name)?.as_str() {
            "ussd" => Channel::Ussd,
            "sms" => Channel::Sms,
            other => return Err(format!("{other:?} is not a channel; ussd and sms are")),
        }),
        [variable] if variable.starts_with('$') => Test::Present(Variable::parse(variable)?),
        [left, sign, right] if left.starts_with('$') => {
            let comparison = match *sign {
                "==" => Comparison::Equal,
                "!=" => Comparison::Unequal,
                "<" => Comparison::Less,
                "<=" => Comparison::LessOrEqual,
                ">" => Comparison::Greater,
                ">=" => Comparison::GreaterOrEqual,
                other => return Err(format!("{other:?} is not a comparison")),
            };
            Test::Compare { left: Variable::parse(left)?, comparison, right: operand(right)? }
        }
        other => return Err(format!("cannot read the condition {:?}", other.join(" "))),
    };
    Ok((negated, test))
}

fn operand(word: &str) -> Result<Operand, String> {
    if word.starts_with('$') {
        Variable::parse(word).map(Operand::Variable)
    } else if let Ok(number) = word.parse() {
        Ok(Operand::Number(number))
    } else {
        literal(word).map(Operand::Literal)
    }
}

fn literal(word: &str) -> Result<String, String> {
    word.strip_prefix('"')
        .and_then(|word| word.strip_suffix('"'))
        .map(ToOwned::to_owned)
        .ok_or_else(|| format!("a text stands in quotation marks, found {word}"))
}
