//! The outside world for demos and tests: an operator's SMSC with phones that can be scripted.
//!
//! It speaks real SMPP over TCP, from the same `dayaq-smpp` link that the gateway uses, in the other role. It never
//! looks into the gateway: what a phone shows came over the wire.
//!
//! ```no_run
//! use dayaq_simulator::{Smsc, SmscConfig};
//! use dayaq_types::Msisdn;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let smsc = Smsc::start(SmscConfig::default()).await?;
//! let phone = smsc.handset(Msisdn::parse("994501234567")?);
//! let screen = phone.dial("*7142#").await?; // waits until a gateway is bound to smsc.addr()
//! println!("{} ({} units)", screen.text, screen.units);
//! if screen.more {
//!     phone.send("1").await?;
//!     phone.hang_up().await?;
//! }
//! # Ok(())
//! # }
//! ```

mod config;
mod connection;
mod drawing;
mod exchange;
mod handset;
mod inbox;
mod phone;
mod play;
mod receipt;
mod smsc;
mod tap;
mod terminal;
mod web;

pub use config::SmscConfig;
pub use drawing::{draw_screen, draw_sms};
pub use handset::Handset;
pub use inbox::Sms;
pub use phone::{HandsetError, Screen};
pub use play::{Play, PlayError, PlayFault, Shown};
pub use smsc::{Smsc, StartError};
pub use tap::{Direction, TappedPdu};
pub use terminal::Terminal;
pub use web::{WebPhone, WebPhoneError};

#[cfg(test)]
mod tests;
