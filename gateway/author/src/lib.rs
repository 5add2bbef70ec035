//! Reads the TOML files that people write and reports every fault with its file, line and key.
//!
//! A dialogue author or an operator's engineer sees all that is wrong at once, never the first fault alone: parsing
//! recovers, and each reading method of [`Table`] records what it did not like and goes on. The crate opens no file;
//! text and the name to show for it come in, values and [`Diagnostics`] come out.
//!
//! ```
//! let text = "[gateway]\nwindow = 0\nwindw = 3\n";
//! let (document, diagnostics) = dayaq_author::parse("config/dayaq.toml", text);
//! let root = document.root(&diagnostics);
//! let gateway = root.table("gateway").unwrap();
//! let window = gateway.integer_or("window", 1..=1000u16, 10);
//! gateway.finish();
//! root.finish();
//! assert_eq!(window, 10);
//! assert_eq!(
//!     diagnostics.to_string(),
//!     "config/dayaq.toml:2:10: error: gateway.window: must be 1 to 1000, found 0\n\
//!      config/dayaq.toml:3:1: error: gateway.windw: unknown key, did you mean \"window\"?\n"
//! );
//! ```

mod diagnostic;
mod document;
mod place;
mod secret;
mod suggest;
mod table;
#[cfg(test)]
mod tests;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use document::{Document, parse};
pub use place::{LineIndex, Place, Position, utf8};
pub use secret::{Environment, Surroundings, read_secret};
pub use suggest::closest;
pub use table::{Date, Scalar, Table};
