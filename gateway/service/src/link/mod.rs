//! The SMPP links over tokio: tasks for each bind, which move octets, time and messages and nothing else.

mod account;
mod bind;
mod connection;
mod dial;
mod figures;
mod history;
mod leg;
mod listen;
mod pipe;
mod reconnect;
mod replies;
mod start;
#[cfg(test)]
mod tests;
mod tls;
mod traffic;
mod way;

pub use account::Account;
pub use bind::{Bind, BindSettings};
pub use dial::{Wire, connect};
pub use history::History;
pub use listen::{AT_THE_DOOR, Door, Doorkeeper};
pub use start::{LinkError, LinkParts, Links};
#[cfg(test)]
pub(crate) use tests::VirtualClock;
pub use tls::{Secured, Seen, broken};
#[cfg(test)]
pub(crate) use traffic::LooseEnds;
pub use traffic::{Arrival, BindHandle, Outcome, Outgoing};
pub use way::Way;
