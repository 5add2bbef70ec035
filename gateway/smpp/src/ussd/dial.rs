/// What a subscriber dialled, taken apart: `*7142*2*3#` is code `7142` and rest `2*3`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DialString<'a> {
    /// The service code.
    pub code: &'a str,
    /// The inputs after it, with the stars between them; empty inputs are kept.
    pub rest: &'a str,
}

impl<'a> DialString<'a> {
    /// Takes apart a text that begins with a star or a hash; any other text was typed, not dialled.
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let body = text.strip_prefix(['*', '#'])?.trim_start_matches(['*', '#']);
        let body = body.strip_suffix('#').unwrap_or(body);
        let (code, rest) = body.split_once('*').unwrap_or((body, ""));
        Some(Self { code: code.trim_end_matches('#'), rest })
    }
}

/// Strips the star and hash that some operators leave in an address.
pub(super) fn bare_code(address: &str) -> &str {
    DialString::parse(address).map_or(address, |dialled| dialled.code).trim_end_matches('#')
}
