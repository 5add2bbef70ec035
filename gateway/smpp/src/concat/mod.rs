//! Texts in several parts: the headers of what goes out, and the joining of what comes in.

mod outgoing;
mod piece;
mod reassembly;
#[cfg(test)]
mod reference_model;
#[cfg(test)]
mod tests;

pub use outgoing::{LongText, Place, Segment, segments};
pub use piece::{Carrier, ConcatError, Piece, Series, UserData, shift, user_data};
pub use reassembly::{Added, Completed, Joined, KeptPiece, Limits, PartialSet, Reassembly, Rejected};

/// The bit of `esm_class` that says that the text begins with a user data header (SMPP 3.4 §5.2.12).
pub const ESM_CLASS_UDHI: u8 = 0x40;
