//! What the fuzzer (`tests/fuzz`) calls with octets of its own making, and a test with those that it kept.
//!
//! Each function takes any octets. Where something is broken, it panics.

mod pdu;
mod reassembly;
mod receipt;
mod script;
mod session;
#[cfg(test)]
mod tests;
mod text;

pub use pdu::pdu;
pub use reassembly::reassembly;
pub use receipt::receipt;
pub use session::session;
pub use text::text;

/// A target by its name: what its corpus folder and its program are called.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 5] =
    [("pdu", pdu), ("text", text), ("receipt", receipt), ("session", session), ("reassembly", reassembly)];
