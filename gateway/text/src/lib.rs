//! The text of SMS and USSD: alphabets, counting, splitting, packing, and the plain form.
//!
//! Everything here is a function of its arguments. It never opens a file, never allocates more than a few octets for
//! each octet given, and no error of it carries a character of the text: texts are personal.
//!
//! ```
//! use dayaq_text::{Alphabet, Budget, best_alphabet, fits, measure, plain, split, Reference};
//!
//! let text = "Məbləğ: 584,00 AZN";
//! assert_eq!(best_alphabet(text), Alphabet::Ucs2);
//! assert_eq!(measure(text, Alphabet::Ucs2)?.units, 18);
//! assert_eq!(plain(text), "Mebleg: 584,00 AZN");
//! assert_eq!(best_alphabet(&plain(text)), Alphabet::Gsm7);
//! assert!(fits(text, Budget::ussd(Alphabet::Ucs2)));
//! assert_eq!(split(text, Alphabet::Ucs2, Reference::Bits8)?.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod air;
mod alphabet;
mod boundary;
mod budget;
pub mod gsm7;
mod national;
mod octet;
mod plain;
mod split;
pub mod ucs2;

pub use air::{Carriage, Cost, cost};
pub use alphabet::{Alphabet, Count, Undecodable, Unencodable, best_alphabet, decode, decode_lossy, encode, measure};
pub use budget::{Budget, fits};
pub use national::{NationalLanguage, Shift};
pub use octet::{ascii, cyrillic, latin1};
pub use plain::plain;
pub use split::{PARTS_MAX, Part, Reference, SplitError, part_units, split};
