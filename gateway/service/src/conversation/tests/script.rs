//! A core that says what the test wants.

use async_trait::async_trait;
use dayaq_core_api::{
    Caller, Complete, CompleteReply, Core, CoreError, ExistingReply, Explain, ExplainReply, Finished, LeasedNotice,
    PickupReply, StatusReply, Submit, SubmitReply,
};
use jiff::civil::date;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::Notify;

/// A core that says what it was told to say, at once or when it is let go.
pub struct Script {
    pub submit: Mutex<SubmitReply>,
    pub complete: Mutex<CompleteReply>,
    pub existing: Mutex<ExistingReply>,
    pub status: Mutex<StatusReply>,
    pub explain: Mutex<ExplainReply>,
    pub pickup: Mutex<PickupReply>,
    /// Whether calls wait until `go`.
    pub held: Mutex<bool>,
    /// Whose applications were handed in.
    pub submitted: Mutex<Vec<String>>,
    /// A call has come.
    pub asked: Notify,
    pub go: Notify,
}

impl Default for Script {
    fn default() -> Self {
        let (on, by) = (date(2026, 11, 23), date(2026, 12, 14));
        let registered =
            SubmitReply::Registered { reference: "26-0000001-1".to_owned(), registered_on: on, decide_by: by };
        Self {
            submit: Mutex::new(registered),
            complete: Mutex::new(CompleteReply::None),
            existing: Mutex::new(ExistingReply::None),
            status: Mutex::new(StatusReply::None),
            explain: Mutex::new(ExplainReply::None),
            pickup: Mutex::new(PickupReply::None),
            held: Mutex::new(false),
            submitted: Mutex::default(),
            asked: Notify::new(),
            go: Notify::new(),
        }
    }
}

impl Script {
    async fn wait(&self) {
        self.asked.notify_one();
        if *self.held.lock().unwrap() {
            self.go.notified().await;
        }
    }
}

#[async_trait]
impl Core for Script {
    async fn submit(&self, caller: &Caller, _: &Submit) -> Result<SubmitReply, CoreError> {
        self.submitted.lock().unwrap().push(caller.msisdn.digits().to_owned());
        self.wait().await;
        Ok(self.submit.lock().unwrap().clone())
    }

    async fn complete(&self, _: &Caller, _: &Complete) -> Result<CompleteReply, CoreError> {
        self.wait().await;
        Ok(self.complete.lock().unwrap().clone())
    }

    async fn existing(&self, _: &Caller) -> Result<ExistingReply, CoreError> {
        self.wait().await;
        Ok(self.existing.lock().unwrap().clone())
    }

    async fn status(&self, _: &Caller) -> Result<StatusReply, CoreError> {
        self.wait().await;
        Ok(self.status.lock().unwrap().clone())
    }

    async fn explain(&self, _: &Caller, _: &Explain) -> Result<ExplainReply, CoreError> {
        self.wait().await;
        Ok(self.explain.lock().unwrap().clone())
    }

    async fn pickup(&self, _: &Caller, _: &Explain) -> Result<PickupReply, CoreError> {
        self.wait().await;
        Ok(self.pickup.lock().unwrap().clone())
    }

    async fn lease(&self, _: u32, _: Duration) -> Result<Vec<LeasedNotice>, CoreError> {
        Ok(Vec::new())
    }

    async fn finished(&self, _: &Finished) -> Result<bool, CoreError> {
        Ok(true)
    }
}
