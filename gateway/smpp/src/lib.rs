//! SMPP 3.3, 3.4 and 5.0 without I/O: PDUs, the link session, concatenation, receipts and USSD dialects.
//!
//! The crate never opens a socket, starts a task or asks for the time. [`decode`] borrows from the octets it is given;
//! [`Link`] is a session for either role, ESME or SMSC, moved by octets and by time; [`ussd::Dialect`] is the data that
//! makes one operator's USSD out of the many; [`mod@concat`] and [`receipt`] are functions of a message.
//!
//! It is lenient in what it takes: an odd parameter is kept as octets and never costs the link, every request is
//! answered, and only a stream that cannot be followed any more ends it. It is strict in what it sends.
//! Numbers and texts of subscribers never reach a `Debug` or an error.
//!
//! The loop that drives a link, here two of them against each other in memory:
//!
//! ```
//! use dayaq_smpp::*;
//!
//! let mut now = Instant::ZERO;
//! let mut esme = Link::new(LinkConfig::new(Role::Esme), now);
//! let mut smsc = Link::new(LinkConfig::new(Role::Smsc), now);
//! esme.bind(now, &BindRequest::new(BindKind::Transceiver, "dayaq", "secret")?)?;
//!
//! let mut octets = Vec::new();
//! loop {
//!     // 1. Act on what happened.
//!     while let Some(event) = esme.poll_event() {
//!         match event {
//!             Event::Bound { .. } => {
//!                 let message = ShortMessage {
//!                     source: Address::new(0, 1, "7142")?,
//!                     destination: Address::new(1, 1, "994501234567")?,
//!                     short_message: b"Salam".to_vec(),
//!                     ..ShortMessage::default()
//!                 };
//!                 esme.submit(now, MessageKind::SubmitSm, &message, 42)?;
//!             }
//!             Event::Response { token, status, .. } => {
//!                 assert_eq!((token, status), (42, CommandStatus::ROK));
//!                 esme.unbind(now)?;
//!             }
//!             Event::Closed { reason } => assert_eq!(reason, CloseReason::Unbound),
//!             other => panic!("{other:?}"),
//!         }
//!     }
//!     while let Some(event) = smsc.poll_event() {
//!         match event {
//!             Event::BindRequest(_) => smsc.accept_bind(now, b"smsc")?,
//!             Event::Request { sequence_number, .. } => {
//!                 smsc.respond(now, sequence_number, CommandStatus::ROK, Some(b"id-1"))?;
//!             }
//!             _ => {}
//!         }
//!     }
//!     // 2. Write what is to be written. A real loop gives it to a socket.
//!     let mut moved = false;
//!     if esme.take_output(&mut octets) {
//!         smsc.handle_bytes(now, &octets);
//!         moved = true;
//!     }
//!     octets.clear();
//!     if smsc.take_output(&mut octets) {
//!         esme.handle_bytes(now, &octets);
//!         moved = true;
//!     }
//!     octets.clear();
//!     if moved {
//!         continue;
//!     }
//!     if esme.is_closed() {
//!         break;
//!     }
//!     // 3. Nothing to do: sleep until the earlier deadline. A real loop sleeps until then or until octets come.
//!     now = [esme.poll_timeout(), smsc.poll_timeout()].into_iter().flatten().min().expect("a link that lives waits");
//!     esme.handle_timeout(now);
//!     smsc.handle_timeout(now);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![warn(missing_docs)]

mod ancillary;
mod coding;
mod command;
pub mod concat;
mod error;
mod frame;
mod instant;
mod link;
mod message;
mod octets;
mod pace;
mod pdu;
pub mod receipt;
mod status;
mod stray;
mod tlv;
pub mod ussd;
mod validity;

pub use ancillary::{Ancillary, QueryOutcome};
pub use coding::TextCodings;
pub use command::CommandId;
pub use error::{DecodeError, EncodeError, Field, Problem};
pub use frame::{FrameError, HEADER_LEN, Header, MAX_PDU_LEN, split_frame};
pub use instant::Instant;
pub use link::{
    BindRequest, CloseReason, Counters, Event, Link, LinkConfig, OutbindRequest, Role, SEQUENCE_NUMBER_MAX, State,
    SubmitError, VerbError,
};
pub use message::{Address, DataSm, DeliverSm, MessageId, ShortMessage, SubmitSm};
pub use octets::{Octets, TooLong};
pub use pace::{Pace, PaceConfig, Urgency};
pub use pdu::{
    Addr, AlertNotification, AncillaryKind, Bind, BindKind, BindResp, Body, CancelSm, Forgiven, MessageKind, Outbind,
    Pdu, QuerySm, QuerySmResp, ReplaceSm, Sm, SmResp, decode, decode_forgiving, encode,
};
pub use status::CommandStatus;
pub use tlv::{Tag, Tlv, TlvBuf, TlvIter, Tlvs};
pub use validity::relative_time;

/// The example of the README, compiled as the others are.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
