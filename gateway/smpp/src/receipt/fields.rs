/// The fields of the text form (SMPP 3.4, appendix B), as far as anybody needs them.
///
/// SMSCs write it in many ways: other case, other names, `submitdate:` in one word or in two lines, fields missing,
/// added or empty, commas between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields<'a> {
    pub(super) id: Option<&'a [u8]>,
    pub(super) stat: Option<&'a [u8]>,
    pub(super) err: Option<&'a [u8]>,
    pub(super) done_date: Option<&'a [u8]>,
}

/// A name is one or more words; blanks, `_`, `-` or nothing may stand between them.
type Name = &'static [&'static [u8]];

const ID: &[Name] = &[&[b"id"], &[b"message", b"id"], &[b"msg", b"id"]];
const STAT: &[Name] = &[&[b"stat"], &[b"status"], &[b"state"]];
const ERR: &[Name] = &[&[b"err"], &[b"error"], &[b"err", b"code"], &[b"error", b"code"]];
const DONE_DATE: &[Name] = &[&[b"done", b"date"], &[b"done", b"time"], &[b"done"]];
const TEXT: &[Name] = &[&[b"text"]];
/// Names that are not asked for, but that end an empty field before them.
const OTHERS: &[Name] = &[&[b"sub"], &[b"dlvrd"], &[b"submit", b"date"], &[b"submit", b"time"]];

impl<'a> Fields<'a> {
    pub(super) fn read(text: &'a [u8]) -> Self {
        // The subscriber's own words stand after `text:` and must not be read as fields.
        let text = find(text, TEXT).map_or(text, |(begin, _)| &text[..begin]);
        Self { id: value(text, ID), stat: value(text, STAT), err: value(text, ERR), done_date: value(text, DONE_DATE) }
    }
}

fn value<'a>(text: &'a [u8], names: &[Name]) -> Option<&'a [u8]> {
    let (_, end) = find(text, names)?;
    let after = &text[end..];
    let value = after.trim_ascii_start();
    // An empty field: what follows is the next one.
    if value.len() < after.len()
        && [ID, STAT, ERR, DONE_DATE, OTHERS].iter().any(|names| name_at(value, names).is_some())
    {
        return None;
    }
    let ends = |octet: &u8| octet.is_ascii_whitespace() || matches!(octet, 0 | b',' | b';');
    let value = &value[..value.iter().position(ends).unwrap_or(value.len())];
    (!value.is_empty()).then_some(value)
}

/// Finds the first field with one of these names; gives where its name begins and where its value does.
fn find(text: &[u8], names: &[Name]) -> Option<(usize, usize)> {
    (0..text.len()).find_map(|at| {
        let begins = at == 0 || !(text[at - 1].is_ascii_alphanumeric() || matches!(text[at - 1], b'_' | b'-'));
        let len = if begins { name_at(&text[at..], names)? } else { return None };
        Some((at, at + len))
    })
}

/// Tells how long the name is that stands here, with what separates it from its value.
fn name_at(text: &[u8], names: &[Name]) -> Option<usize> {
    names.iter().find_map(|words| {
        let mut at = 0;
        for (n, word) in words.iter().enumerate() {
            let between = |octet: &u8| octet.is_ascii_whitespace() || matches!(octet, b'_' | b'-');
            while n > 0 && text.get(at).is_some_and(between) {
                at += 1;
            }
            if !text.get(at..at + word.len())?.eq_ignore_ascii_case(word) {
                return None;
            }
            at += word.len();
        }
        while text.get(at) == Some(&b' ') {
            at += 1;
        }
        matches!(text.get(at), Some(b':' | b'=')).then_some(at + 1)
    })
}
