//! The port.

use crate::{
    Caller, Complete, CompleteReply, CoreError, ExistingReply, Explain, ExplainReply, Finished, LeasedNotice,
    PickupReply, Reply, Request, StatusReply, Submit, SubmitReply,
};
use async_trait::async_trait;
use std::time::Duration;
use uuid::Uuid;

/// The eligibility and card-order core, as the gateway sees it.
///
/// Every call may be repeated: `submit` and `complete` are idempotent by their draft, the questions change nothing but
/// the count of wrong tries, `lease` hands out what is due, and `finished` is fenced.
#[async_trait]
pub trait Core: Send + Sync {
    /// Registers an application; answers only once it is committed.
    async fn submit(&self, caller: &Caller, submit: &Submit) -> Result<SubmitReply, CoreError>;

    /// Gives an application that waits for it the number of its notarised application, upon which it goes on as if it
    /// had been handed in with the number; answers only once that is committed.
    async fn complete(&self, caller: &Caller, complete: &Complete) -> Result<CompleteReply, CoreError>;

    /// Tells which application the phone has already, before it begins another.
    async fn existing(&self, caller: &Caller) -> Result<ExistingReply, CoreError>;

    /// Tells the stage of the latest application bound to the phone.
    async fn status(&self, caller: &Caller) -> Result<StatusReply, CoreError>;

    /// Tells its outcome with details, to who knows the last four digits of the ID card.
    async fn explain(&self, caller: &Caller, explain: &Explain) -> Result<ExplainReply, CoreError>;

    /// Tells where and when the card can be collected, to who knows the last four digits.
    async fn pickup(&self, caller: &Caller, explain: &Explain) -> Result<PickupReply, CoreError>;

    /// Leases up to `most` notices that are due, for that long: those first that nobody has leased, the oldest first.
    async fn lease(&self, most: u32, lease: Duration) -> Result<Vec<LeasedNotice>, CoreError>;

    /// Notes that the gateway has kept these leased notices, each under its fence: until their end is reported nobody
    /// needs them, but after so long, in case that they were lost. A core that does not hear it hands them out again.
    async fn kept(&self, _kept: &[(Uuid, u64)], _lease: Duration) -> Result<(), CoreError> {
        Ok(())
    }

    /// Reports the end of a leased notice; `false` where the lease was no longer ours.
    async fn finished(&self, finished: &Finished) -> Result<bool, CoreError>;

    /// Does what a dialogue's call asks.
    async fn call(&self, caller: &Caller, request: &Request) -> Result<Reply, CoreError> {
        Ok(match request {
            Request::Submit(submit) => self.submit(caller, submit).await?.into(),
            Request::Complete(complete) => self.complete(caller, complete).await?.into(),
            Request::Existing => self.existing(caller).await?.into(),
            Request::Status => self.status(caller).await?.into(),
            Request::Explain(explain) => self.explain(caller, explain).await?.into(),
            Request::Pickup(explain) => self.pickup(caller, explain).await?.into(),
        })
    }
}
