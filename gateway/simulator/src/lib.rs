//! The outside world for demos and tests: an operator's SMSC with phones that can be scripted, and an aggregator whose
//! phones come by HTTP callbacks.
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
//!
//! What an engineer wants to see an ESME survive is a [`Fault`]: given with [`SmscConfig::faults`], or while the operator
//! runs with [`Smsc::fault`] and over HTTP. `README.md` has the list, and the file of `dayaq simulate smsc`.
//!
//! ```
//! use dayaq_simulator::Fault;
//!
//! let fault: Fault = "status=RTHROTTLED,every=3,to=99450".parse()?;
//! assert_eq!((fault.every, fault.to.as_str()), (3, "99450"));
//! # Ok::<(), dayaq_simulator::FaultError>(())
//! ```

mod account;
mod aggregator;
mod config;
mod connection;
mod delivery;
mod drawing;
mod exchange;
mod fault;
mod handset;
mod inbox;
mod ledger;
mod outbind;
mod phone;
mod play;
mod push;
mod rate;
mod receipt;
mod setup;
mod smsc;
mod submission;
mod tap;
mod telephone;
mod terminal;
mod time;
mod tls;
mod web;
mod wire;

pub use account::Account;
pub use aggregator::{
    AggregatorConfig, AggregatorPhone, CallAnswer, SignedCall, SimulatedAggregator, Style, UnknownStyle,
};
pub use config::SmscConfig;
pub use drawing::{draw_screen, draw_sms};
pub use fault::{Deed, Fault, FaultError};
pub use handset::Handset;
pub use inbox::Sms;
pub use phone::{HandsetError, Screen};
pub use play::{Play, PlayError, PlayFault, Shown};
pub use receipt::{IdStyle, ReceiptForm, ReceiptOrder, ReceiptRule};
pub use setup::read_setup;
pub use smsc::{Smsc, StartError, UnknownAccount};
pub use tap::{Direction, TappedPdu};
pub use telephone::Telephone;
pub use terminal::Terminal;
pub use tls::{Tls, TlsError};
pub use web::{WebPhone, WebPhoneError};

#[cfg(test)]
mod tests;
