//! The gateway: SMPP links, aggregators, conversations, session and gateway stores, pushes and HTTP.
//!
//! It never decides anything about an application: that is the core's, behind [`dayaq_core_api::Core`]. Protocol and
//! dialogue are in [`dayaq_smpp`] and [`dayaq_dialog`], which know neither time nor sockets; here they are driven.

pub mod admission;
pub mod aggregator;
pub mod config;
pub mod content;
pub mod conversation;
mod deadline;
mod figures;
#[cfg(test)]
mod heard;
mod heartbeat;
pub mod http;
mod http_server;
pub mod link;
mod listening;
pub mod push;
mod service;
mod set_clock;
mod sliding;
pub mod store;
pub mod values;
pub mod workers;

pub use deadline::Deadline;
pub use service::{Gateway, GatewayParts, StartError};
