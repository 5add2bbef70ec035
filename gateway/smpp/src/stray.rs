//! NULs that an SMSC puts behind a text and counts in its length.

use dayaq_text::Alphabet;

/// How many NULs are forgiven at one place: where a PDU ends, and where a text does.
pub(crate) const NULS_MAX: usize = 3;

/// The escape to the extension table of GSM-7 (3GPP 23.038 §6.2.1): what follows it is no letter of the basic table.
const ESCAPE: u8 = 0x1B;

/// Counts the NULs at the end of a text that are no letters of it: 0 to 3.
///
/// Among septets a NUL is an at sign. One alone is a stray where the word before it has a digit, a star or a hash, as
/// answers have and nobody ends with an at sign; behind any other word, a blank or nothing it is a letter, and stays. Two
/// and three are strays. In other alphabets a NUL is no letter, but in UCS-2 it may be half of one, which stays. More than
/// three are nobody's end mark, and stay.
pub(crate) fn stray_nuls(octets: &[u8], alphabet: Alphabet) -> usize {
    let before = octets.iter().rposition(|octet| *octet != 0).map_or(0, |last| last + 1);
    let run = octets.len() - before;
    let strays = match (alphabet, &octets[..before]) {
        (_, _) if run == 0 => 0,
        (Alphabet::Gsm7, [] | [.., ESCAPE]) => 0,
        (Alphabet::Gsm7, before) if run == 1 => usize::from(is_answer(before)),
        (Alphabet::Gsm7 | Alphabet::Latin1 | Alphabet::Ascii, _) => run,
        // An odd octet belongs to no unit. The others go in whole units: the first of them may end the last letter.
        (Alphabet::Ucs2, _) => octets.len() % 2 + (run - octets.len() % 2) / 2 * 2,
    };
    if strays <= NULS_MAX { strays } else { 0 }
}

/// Whether the last word of what was written has the look of an answer.
fn is_answer(septets: &[u8]) -> bool {
    let word = septets.trim_ascii_end().rsplit(u8::is_ascii_whitespace).next();
    word.is_some_and(|word| word.iter().any(|septet| septet.is_ascii_digit() || matches!(septet, b'*' | b'#')))
}
