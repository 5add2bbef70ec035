use std::borrow::Cow;

/// The fields of the text form (SMPP 3.4, appendix B), as far as anybody needs them.
///
/// SMSCs write it in many ways: other case, other names, `submitdate:` in one word or in two lines, fields missing,
/// added or empty, commas or nothing at all between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields<'a> {
    pub(super) id: Option<&'a [u8]>,
    pub(super) stat: Option<&'a [u8]>,
    pub(super) err: Option<&'a [u8]>,
    pub(super) submit_date: Option<&'a [u8]>,
    pub(super) done_date: Option<&'a [u8]>,
}

/// A name is one or more words; blanks, `_`, `-` or nothing may stand between them.
type Name = &'static [&'static [u8]];

const ID: &[Name] = &[&[b"id"], &[b"message", b"id"], &[b"msg", b"id"]];
const STAT: &[Name] = &[&[b"stat"], &[b"status"], &[b"state"]];
const ERR: &[Name] = &[&[b"err"], &[b"error"], &[b"err", b"code"], &[b"error", b"code"]];
const SUBMIT_DATE: &[Name] = &[&[b"submit", b"date"], &[b"submit", b"time"]];
const DONE_DATE: &[Name] = &[&[b"done", b"date"], &[b"done", b"time"], &[b"done"]];
const TEXT: &[Name] = &[&[b"text"]];
/// Names that are not asked for, but that end an empty field before them.
const OTHERS: &[Name] = &[&[b"sub"], &[b"dlvrd"]];
/// The names of appendix B. They are known where they follow a value at once, too.
const APPENDIX_B: [Name; 8] =
    [&[b"id"], &[b"stat"], &[b"sub"], &[b"dlvrd"], &[b"submit", b"date"], &[b"done", b"date"], &[b"err"], &[b"text"]];
/// States as the text form abbreviates them: words of no language.
const ABBREVIATIONS: [&[u8]; 5] = [b"DELIVRD", b"UNDELIV", b"ACCEPTD", b"REJECTD", b"ENROUTE"];

impl<'a> Fields<'a> {
    pub(super) fn read(text: &'a [u8]) -> Self {
        // The subscriber's own words stand after `text:` and must not be read as fields; but there are SMSCs that write
        // `text:` first.
        let fields = Self::read_all(find(text, TEXT).map_or(text, |(begin, _)| &text[..begin]));
        if fields.id.is_some() || fields.stat.is_some() { fields } else { Self::read_all(text) }
    }

    fn read_all(text: &'a [u8]) -> Self {
        Self {
            id: value(text, ID),
            stat: value(text, STAT),
            err: value(text, ERR),
            submit_date: value(text, SUBMIT_DATE),
            done_date: value(text, DONE_DATE),
        }
    }

    /// Reads a text that nothing but its words makes a receipt; `None` where a person may have meant it otherwise.
    ///
    /// It is one that names both a message and a state, as appendix B writes them: `id:` and `stat:` with their values
    /// behind them. With blanks between, the state must be one that there is; with other names and signs
    /// (`Status = DELIVRD`) one of the abbreviations, for people speak of the status of their ID, too.
    pub(super) fn of_receipt(text: &'a [u8]) -> Option<Self> {
        let before_text = Self::read(text);
        let has_both = before_text.id.is_some() && before_text.stat.is_some();
        let fields = if has_both { before_text } else { Self::read_all(text) };
        fields.id?;
        let Some(stat) = fields.stat else {
            // Without its state, but with what no person writes: how many were submitted, and when it was done.
            let others = APPENDIX_B[2..7].iter().filter(|name| find(text, &[**name]).is_some()).count();
            return (others >= 3).then_some(fields);
        };
        // Where the value of a name begins that stands as appendix B writes it, with nothing before its colon.
        let exactly = |name: Name| {
            let len = name[0].len() + 1;
            find(text, &[name])
                .filter(|(begin, end)| *end - *begin == len && text[*end - 1] == b':')
                .map(|(_, end)| end)
        };
        let ends = [exactly(&[b"id"]), exactly(&[b"stat"])];
        let is_word = stat.iter().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-'));
        let is_state = is_word && super::MessageState::of_word(stat).is_some();
        let is_receipt = match ends {
            [Some(id), Some(state)] => {
                let at_once = |end: usize| text.get(end).is_some_and(|octet| !octet.is_ascii_whitespace());
                is_state || is_word && at_once(id) && at_once(state)
            }
            [None, _] | [_, None] => ABBREVIATIONS.iter().any(|known| stat.eq_ignore_ascii_case(known)),
        };
        is_receipt.then_some(fields)
    }
}

/// Tells whether this is likely a piece of a receipt's text form: it has two of its fields, and not those alone that a
/// person may write.
pub(super) fn resembles_piece(text: &[u8]) -> bool {
    let names = APPENDIX_B.iter().filter(|name| find(text, &[**name]).is_some()).count();
    let has = |name: Name| find(text, &[name]).is_some();
    names >= 2 && APPENDIX_B[1..7].iter().any(|name| has(name))
}

fn value<'a>(text: &'a [u8], names: &[Name]) -> Option<&'a [u8]> {
    let (_, end) = find(text, names)?;
    let after = &text[end..];
    let value = after.trim_ascii_start();
    // An empty field: what follows is the next one.
    if value.len() < after.len()
        && [ID, STAT, ERR, SUBMIT_DATE, DONE_DATE, OTHERS].iter().any(|names| name_at(value, names).is_some())
    {
        return None;
    }
    let ends = |octet: &u8| octet.is_ascii_whitespace() || matches!(octet, 0 | b',' | b';');
    let whole = &value[..value.iter().position(ends).unwrap_or(value.len())];
    // Where nothing stands between the fields, the next name ends the value.
    let next = (0..whole.len()).find(|at| follows_at_once(value, *at));
    let value = &whole[..next.unwrap_or(whole.len())];
    (!value.is_empty()).then_some(value)
}

/// Whether a field of appendix B begins here; `id` is the end of too many words.
fn follows_at_once(text: &[u8], at: usize) -> bool {
    APPENDIX_B[1..].iter().any(|name| {
        let len = name_at(&text[at..], &[*name]);
        len.is_some_and(|len| text[at + len - 1] == b':' && text[at + len - 2] != b' ')
    })
}

/// Finds the first field with one of these names; gives where its name begins and where its value does.
fn find(text: &[u8], names: &[Name]) -> Option<(usize, usize)> {
    let begins = |at: usize| at == 0 || !(text[at - 1].is_ascii_alphanumeric() || matches!(text[at - 1], b'_' | b'-'));
    let apart = (0..text.len()).filter(|at| begins(*at)).find_map(|at| Some((at, at + name_at(&text[at..], names)?)));
    // Appendix B begins with `id:`; where nothing stands between its fields, they are found behind it.
    let first = || name_at(text.trim_ascii_start(), &[&[b"id"]]).is_some();
    let known = |name: &&Name| APPENDIX_B[1..].contains(name);
    apart.or_else(|| {
        if !first() {
            return None;
        }
        let names: Vec<Name> = names.iter().filter(known).copied().collect();
        let here = |at: usize| name_at(&text[at..], &names).filter(|_| follows_at_once(text, at));
        (0..text.len()).find_map(|at| Some((at, at + here(at)?)))
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

/// Makes one octet of each letter of a receipt, however its SMSC writes it: without the NULs that stand in front, and
/// in UCS-2 with the letters of ASCII as they are and `?` for others.
pub(super) fn narrow(text: &[u8]) -> Cow<'_, [u8]> {
    let text = text.strip_prefix(&[0xFE, 0xFF]).or_else(|| text.strip_prefix(&[0xFF, 0xFE])).unwrap_or(text);
    let little = text.first().is_some_and(|first| *first != 0);
    let rest = &text[text.iter().position(|octet| *octet != 0).unwrap_or(text.len())..];
    let letter = |high: u8, low: u8| if high == 0 { low } else { b'?' };
    match rest {
        [_, 0, ..] if little => {
            Cow::Owned(rest.as_chunks::<2>().0.iter().map(|[low, high]| letter(*high, *low)).collect())
        }
        // However many NULs stand in front, the last of them is the first letter's own.
        [first, others @ ..] if others.first() == Some(&0) => {
            let others = others.as_chunks::<2>().0.iter().map(|[high, low]| letter(*high, *low));
            Cow::Owned(std::iter::once(*first).chain(others).collect())
        }
        _ => Cow::Borrowed(rest),
    }
}
