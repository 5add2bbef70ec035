//! Texts in several parts: the headers of what goes out, and the joining of what comes in.

mod piece;
mod reassembly;
#[cfg(test)]
mod tests;

pub use piece::{Carrier, ConcatError, Piece, Series, UserData, user_data};
pub use reassembly::{Added, Limits, PartialSet, Reassembly, Rejected};

use dayaq_text::{Alphabet, Reference, SplitError, encode, split};

/// The bit of `esm_class` that says that the text begins with a user data header (SMPP 3.4 §5.2.12).
pub const ESM_CLASS_UDHI: u8 = 0x40;

/// The reference of an outgoing series: the same in each of its parts, another for each text to one phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeriesReference {
    /// The usual one.
    Bits8(u8),
    /// One octet more of header, and no collision among thousands of texts.
    Bits16(u16),
}

/// One part, ready for `short_message`.
#[derive(Clone, PartialEq, Eq)]
pub struct Segment {
    /// The header, if there is one, and the text.
    pub user_data: Vec<u8>,
    /// Whether there is a header: then `esm_class` needs [`ESM_CLASS_UDHI`].
    pub udhi: bool,
}

/// Encodes a text as one message or as a series with headers (3GPP 23.040 §9.2.3.24.1 and §9.2.3.24.8).
pub fn segments(text: &str, alphabet: Alphabet, reference: SeriesReference) -> Result<Vec<Segment>, SplitError> {
    let width = match reference {
        SeriesReference::Bits8(_) => Reference::Bits8,
        SeriesReference::Bits16(_) => Reference::Bits16,
    };
    let parts = split(text, alphabet, width)?;
    let total = parts.len();
    let mut segments = Vec::with_capacity(total);
    for (at, part) in parts.iter().enumerate() {
        let octets = encode(part.text, alphabet)?;
        if total == 1 {
            segments.push(Segment { user_data: octets, udhi: false });
            continue;
        }
        // `split` gives at most 255 parts.
        let (total, number) = (total as u8, at as u8 + 1);
        let mut user_data = match reference {
            SeriesReference::Bits8(it) => vec![5, 0, 3, it, total, number],
            SeriesReference::Bits16(it) => vec![6, 8, 4, (it >> 8) as u8, it as u8, total, number],
        };
        user_data.extend_from_slice(&octets);
        segments.push(Segment { user_data, udhi: true });
    }
    Ok(segments)
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Segment").field("octets", &self.user_data.len()).field("udhi", &self.udhi).finish()
    }
}
