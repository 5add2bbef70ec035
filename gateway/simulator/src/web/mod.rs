//! The web phone: a page with a keypad phone, and beside it its texts and the wire.
//!
//! Each page has a phone with a number of its own. What a page does goes to the handset, what the handset shows comes
//! back as events; a page that is loaded again hears them all again. Nothing of it is logged.

mod attribution;
mod control;
mod desk;
mod event;
mod files;
mod line;
mod pdu;
mod routes;
mod server;
#[cfg(test)]
mod tests;

pub use server::{WebPhone, WebPhoneError};
