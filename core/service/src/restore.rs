//! Taking again what a restored store has lost.

use crate::service::{CoreService, check, unavailable};
use crate::store::{Completion, CoreStore, Intake, Told};
use dayaq_core_api::{Caller, Complete, CompleteReply, CoreError, Request, Submit};

/// What became of something that was to be taken again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenAgain {
    /// It was never lost.
    There,
    /// It is here again, under the number and with the days that were told.
    Taken,
    /// It could not be taken as it was told; people have to look at it.
    Differs,
}

impl CoreService {
    /// The store, for its marks.
    pub const fn store(&self) -> &CoreStore {
        &self.store
    }

    /// Takes again what a gateway remembers to have handed in, as it was answered then: the same number, the same days, the
    /// same order at the bank. What is here already stays as it is.
    pub async fn take_again(&self, caller: &Caller, request: &Request, told: &Told) -> Result<TakenAgain, CoreError> {
        match request {
            Request::Submit(submit) => self.submit_again(caller, submit, told).await,
            Request::Complete(complete) => self.complete_again(caller, complete, told).await,
            Request::Existing | Request::Status | Request::Explain(_) | Request::Pickup(_) => Ok(TakenAgain::There),
        }
    }

    async fn submit_again(&self, caller: &Caller, submit: &Submit, told: &Told) -> Result<TakenAgain, CoreError> {
        check(submit)?;
        if self.store.has_submission(&caller.msisdn, submit).await.map_err(unavailable)? {
            return Ok(TakenAgain::There);
        }
        if self.store.has_reference(&told.reference).await.map_err(unavailable)? {
            return Ok(TakenAgain::Differs);
        }
        let intake = Intake {
            caller: caller.clone(),
            submit: submit.clone(),
            now: self.clock.now(),
            day: told.registered_on,
            decide_by: told.decide_by,
            told: Some(told.reference.clone()),
        };
        let as_told = self.store.submit_again(intake).await.map_err(unavailable)?;
        Ok(if as_told { TakenAgain::Taken } else { TakenAgain::Differs })
    }

    async fn complete_again(&self, caller: &Caller, complete: &Complete, told: &Told) -> Result<TakenAgain, CoreError> {
        if self.store.has_completion(complete).await.map_err(unavailable)? {
            return Ok(TakenAgain::There);
        }
        let completion = Completion {
            caller: caller.clone(),
            complete: complete.clone(),
            now: self.clock.now(),
            day: told.registered_on,
            decide_by: told.decide_by,
            again: true,
        };
        match self.store.complete(completion).await.map_err(unavailable)? {
            CompleteReply::Registered { .. } | CompleteReply::RegisteredUndated { .. } => Ok(TakenAgain::Taken),
            CompleteReply::Already { .. } | CompleteReply::NotAwaiting { .. } | CompleteReply::None => {
                Ok(TakenAgain::Differs)
            }
        }
    }
}
