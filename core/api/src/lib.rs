//! The contract between the gateway and the core: the port [`Core`], its requests and replies,
//! the notices the core sends, and the [`catalogue`] of operations that a dialogue may call.
//!
//! The core may run in the same process, behind HTTP, or be the ministry's own system: so nothing
//! that belongs to the gateway (profiles, attempts, receipts) and no word that a subscriber reads
//! is named here.

pub mod catalogue;
mod error;
mod notice;
mod port;
mod reply;
mod request;
pub mod sums;
mod value;

pub use error::CoreError;
pub use notice::{Finished, LeasedNotice, Notice, NoticeClass, NoticeOutcome};
pub use port::Core;
pub use reply::{
    AwardTerms, CardStage, CompleteReply, ExistingReply, ExplainReply, PickupReply, Reply, Stage, StatusReply,
    SubmitReply,
};
pub use request::{
    BadArgument, Caller, Channel, Complete, Explain, Member, MeterNumber, Meters, Relation, Request, Submit,
};
pub use value::{Args, Term, Value};

#[cfg(test)]
mod tests;
