/// The fields of the text form (SMPP 3.4, appendix B), as far as anybody needs them.
///
/// SMSCs write it in many ways: other case, `submitdate:` in one word, fields missing, added or empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields<'a> {
    pub(super) id: Option<&'a [u8]>,
    pub(super) stat: Option<&'a [u8]>,
    pub(super) err: Option<&'a [u8]>,
    pub(super) done_date: Option<&'a [u8]>,
}

impl<'a> Fields<'a> {
    pub(super) fn read(text: &'a [u8]) -> Self {
        // The subscriber's own words stand after `text:` and must not be read as fields.
        let text = position(text, b"text:").map_or(text, |at| &text[..at]);
        Self {
            id: field(text, &[b"id:"]),
            stat: field(text, &[b"stat:", b"status:"]),
            err: field(text, &[b"err:", b"error:"]),
            done_date: field(text, &[b"done date:", b"donedate:", b"done_date:"]),
        }
    }
}

fn field<'a>(text: &'a [u8], names: &[&[u8]]) -> Option<&'a [u8]> {
    names.iter().find_map(|name| {
        let after = &text[position(text, name)? + name.len()..];
        let value = after.trim_ascii_start();
        let end = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
        let value = &value[..end];
        // An empty field: what follows is the next one.
        let next = after.len() > value.len() && after[0].is_ascii_whitespace() && value.contains(&b':');
        (!value.is_empty() && !next && value != b"done" && value != b"submit").then_some(value)
    })
}

/// Finds a field's name in any case, where it does not end a longer word.
fn position(text: &[u8], name: &[u8]) -> Option<usize> {
    (0..text.len().saturating_sub(name.len() - 1)).find(|at| {
        let begins = *at == 0 || !(text[at - 1].is_ascii_alphanumeric() || text[at - 1] == b'_');
        begins && text[*at..at + name.len()].eq_ignore_ascii_case(name)
    })
}
