//! The gateway's own texts: what the core cannot know of.

use super::wording::Told;
use super::{Wording, WordingError};
use crate::store::{GatewayStore, StoreError};
use crate::values::{self, ALREADY};
use dayaq_core_api::{Args, Caller, NoticeClass};
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::Notify;
use tracing::error;
use uuid::Uuid;

/// The fence of a text that no core waits for.
pub(super) const OWN_FENCE: u64 = 0;

/// Writes the gateway's own texts.
#[derive(Clone)]
pub struct Herald {
    /// The words.
    pub wording: Arc<Wording>,
    /// Where texts are kept.
    pub store: Arc<GatewayStore>,
    /// Wakes the pusher.
    pub wake: Arc<Notify>,
}

impl Herald {
    /// Tells a phone that what it was told is recorded came to nothing. The draft's id makes it one text.
    pub async fn not_done(
        &self,
        caller: &Caller,
        draft: Uuid,
        operation: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.tell(caller, draft, values::not_done(operation), Args::new(), now).await
    }

    /// Tells a phone, which was promised its number, that its application was there already, and under which number.
    pub async fn already(&self, caller: &Caller, draft: Uuid, args: Args, now: Timestamp) -> Result<(), StoreError> {
        self.tell(caller, draft, ALREADY, args, now).await
    }

    async fn tell(
        &self,
        caller: &Caller,
        draft: Uuid,
        key: &'static str,
        args: Args,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let told = Told {
            id: draft,
            core_fence: OWN_FENCE,
            msisdn: caller.msisdn,
            language: caller.language,
            class: NoticeClass::Reply,
            key,
            args,
            record: key.to_owned(),
        };
        match self.wording.compose(told, now).await {
            Ok(text) => {
                self.store.add_text(&text).await?;
                self.wake.notify_one();
                Ok(())
            }
            Err(WordingError::Store(cause)) => Err(cause),
            Err(cause) => {
                error!(cause = %cause, "A person could not be told that a call failed");
                Ok(())
            }
        }
    }
}
