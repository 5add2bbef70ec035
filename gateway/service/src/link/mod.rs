//! The SMPP links over tokio: a task for each bind, which moves octets, time and messages and nothing else.

mod bind;
mod connection;
mod history;
mod reconnect;
mod traffic;

pub use bind::{Bind, BindSettings};
pub use history::History;
pub use reconnect::Reconnect;
pub use traffic::{Arrival, BindHandle, Outcome, Outgoing};
