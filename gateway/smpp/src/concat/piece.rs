use std::fmt;

use dayaq_text::{NationalLanguage, Shift};

use super::ESM_CLASS_UDHI;
use crate::message::ShortMessage;
use crate::octets::Hidden;
use crate::stray::NULS_MAX;
use crate::tlv::Tag;

/// Which series a piece belongs to, within one subscriber's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Series {
    /// Its number.
    pub reference: u16,
    /// How the number came: an 8-bit 7 and a 16-bit 7 are different series.
    pub carrier: Carrier,
    /// How many pieces it has: at least 2.
    pub total: u8,
}

/// Where a series says that it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// In a user data header with an 8-bit reference.
    Header8,
    /// In a user data header with a 16-bit reference.
    Header16,
    /// In `sar_*` parameters.
    Sar,
}

/// One piece of a series.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Of which series.
    pub series: Series,
    /// Which one, from 1 to the total.
    pub number: u8,
    /// The national language tables of its text.
    pub shift: Shift,
    /// Its text, without the header.
    pub octets: &'a [u8],
}

impl fmt::Debug for Piece<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piece")
            .field("series", &self.series)
            .field("number", &self.number)
            .field("octets", &Hidden(self.octets))
            .finish()
    }
}

/// The text of a message, without its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserData<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// One piece of it.
    Piece(Piece<'a>),
}

/// A message whose header cannot be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConcatError {
    /// The user data header, or an element in it, is longer than what holds it, and there is no telling where it ends.
    #[error("the user data header runs past the end of the text")]
    HeaderLies,
    /// A piece 0, or one beyond the total.
    #[error("piece {number} of {total}")]
    NoSuchPiece {
        /// Which piece it says it is.
        number: u8,
        /// Of how many.
        total: u8,
    },
}

/// Takes the header off a message and says whether the rest is all or a piece.
///
/// A user data header goes before `sar_*` parameters where both are there. A series of one piece is whole.
pub fn user_data(message: &ShortMessage) -> Result<UserData<'_>, ConcatError> {
    let (header, octets) = split_header(message)?;
    piece(header.claim.or_else(|| sar(message)), header.shift, octets, message.data_coding)
}

/// Gives the national language tables that a whole message names in its header; none where the header lies.
pub fn shift(message: &ShortMessage) -> Shift {
    split_header(message).map(|(header, _)| header.shift).unwrap_or_default()
}

/// What a user data header says.
#[derive(Default)]
struct Header {
    claim: Option<Claim>,
    shift: Shift,
}

type Claim = (Carrier, u16, u8, u8);

fn split_header(message: &ShortMessage) -> Result<(Header, &[u8]), ConcatError> {
    let all = message.user_data();
    if message.esm_class & ESM_CLASS_UDHI == 0 || all.is_empty() {
        return Ok((Header::default(), all));
    }
    let (len, rest) = all.split_first().ok_or(ConcatError::HeaderLies)?;
    let len = usize::from(*len);
    let split = rest.split_at_checked(len);
    if let Some((header, text)) = split
        && let Some(header) = elements(header)
    {
        return Ok((header, text));
    }
    let (header, text) = leading_elements(rest);
    // Too short a header says nothing of where its text begins.
    if text.len() == rest.len() || rest.len() - text.len() > len {
        return Err(ConcatError::HeaderLies);
    }
    match split {
        Some((_, behind)) if is_fill(text, behind, message.data_coding) => Ok((header, behind)),
        Some(_) | None => Ok((header, text)),
    }
}

/// Whether what stands between the last element and the end of the header is fill: NULs, and not the first octets of
/// letters, which in UCS-2 begin with a NUL.
fn is_fill(text: &[u8], behind: &[u8], data_coding: u8) -> bool {
    let fill = &text[..text.len() - behind.len()];
    fill.iter().all(|octet| *octet == 0) && !(is_wide(data_coding) && text.len().is_multiple_of(2))
}

fn piece(claim: Option<Claim>, shift: Shift, octets: &[u8], data_coding: u8) -> Result<UserData<'_>, ConcatError> {
    let Some((carrier, reference, total, number)) = claim else { return Ok(UserData::Whole(octets)) };
    if number == 0 || number > total {
        return Err(ConcatError::NoSuchPiece { number, total });
    }
    if total == 1 {
        return Ok(UserData::Whole(octets));
    }
    let octets = without_strays(octets, data_coding);
    Ok(UserData::Piece(Piece { series: Series { reference, carrier, total }, number, shift, octets }))
}

/// The greatest number of septets in a piece (3GPP 23.040 §9.2.3.24.1).
const PIECE_SEPTETS_MAX: usize = 153;

/// Leaves out NULs at a piece's end that cannot be of it, for there they would stand in the middle of the text: half a
/// unit of UCS-2, or more septets than fit. Any other may be a letter that goes on in the next piece.
fn without_strays(octets: &[u8], data_coding: u8) -> &[u8] {
    let strays = match is_wide(data_coding) {
        true => octets.len() % 2,
        false => octets.len().saturating_sub(PIECE_SEPTETS_MAX),
    };
    match octets.split_at_checked(octets.len() - strays) {
        Some((letters, [0, ..])) if strays <= NULS_MAX && octets[letters.len()..].iter().all(|octet| *octet == 0) => {
            letters
        }
        Some(_) | None => octets,
    }
}

/// Whether a text is in UCS-2: by the bits of a general data coding (3GPP 23.038 §4), among whose values are SMPP's.
const fn is_wide(data_coding: u8) -> bool {
    data_coding >> 2 & 0b11 == 0b10
}

/// Walks the information elements of a header; of two that say the same the last counts (3GPP 23.040 §9.2.3.24).
///
/// `None` where they do not fill it exactly.
fn elements(mut octets: &[u8]) -> Option<Header> {
    let mut header = Header::default();
    while let [id, len, rest @ ..] = octets {
        let (value, next) = rest.split_at_checked(usize::from(*len))?;
        header.take(*id, value);
        octets = next;
    }
    octets.is_empty().then_some(header)
}

/// Takes the elements that are known, and as long as they should be, off the front of user data whose header says to be
/// longer than they are (some count its length octet); the rest is text. What else may be an element may be a letter, too.
fn leading_elements(mut octets: &[u8]) -> (Header, &[u8]) {
    let mut header = Header::default();
    while let [id, len, rest @ ..] = octets
        && let Some((value, next)) = rest.split_at_checked(usize::from(*len))
        && header.take(*id, value)
    {
        octets = next;
    }
    (header, octets)
}

impl Header {
    /// Takes one element in; tells whether it is known.
    fn take(&mut self, id: u8, value: &[u8]) -> bool {
        match (id, value) {
            (0x00, [reference, total, number]) => {
                self.claim = Some((Carrier::Header8, u16::from(*reference), *total, *number));
            }
            (0x08, [r0, r1, total, number]) => {
                self.claim = Some((Carrier::Header16, u16::from_be_bytes([*r0, *r1]), *total, *number));
            }
            (0x24, [identifier]) => self.shift.single = NationalLanguage::from_identifier(*identifier),
            (0x25, [identifier]) => self.shift.locking = NationalLanguage::from_identifier(*identifier),
            _ => return false,
        }
        true
    }
}

fn sar(message: &ShortMessage) -> Option<Claim> {
    let tlvs = message.tlvs.as_tlvs();
    let reference = u16::try_from(tlvs.uint(Tag::SAR_MSG_REF_NUM)?).ok()?;
    let total = u8::try_from(tlvs.uint(Tag::SAR_TOTAL_SEGMENTS)?).ok()?;
    let number = u8::try_from(tlvs.uint(Tag::SAR_SEGMENT_SEQNUM)?).ok()?;
    Some((Carrier::Sar, reference, total, number))
}
