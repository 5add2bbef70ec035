//! Nonces: what makes a signed request the only one of its kind, remembered where sessions are.
//!
//! A nonce is kept like a session that nobody continues: written by compare-and-set where none is, and gone by itself.
//! So it is one for all gateways that share sessions, and needs no table of its own.

use super::session::{Cas, Sessions, Version};
use super::{StoreError, SubscriberKey};
use std::time::Duration;

/// What became of a nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is new, and now ours.
    New,
    /// It came before, with the same content.
    Same,
    /// It came before, with another content.
    Other,
}

impl Sessions {
    /// Claims a nonce of that sender for `life`; `content` is what it stands over.
    ///
    /// A claim whose answer was lost is made once more, with its token, so that it finds itself.
    pub async fn claim(&self, sender: &str, nonce: &str, content: &[u8], life: Duration) -> Result<Claim, StoreError> {
        let key = SubscriberKey::of_nonce(&self.keys, sender, nonce);
        let print = self.keys.lookup("nonce-content", content);
        let token = self.token();
        let claim = || self.backend.store(&key, Version::ABSENT, token, &print, life);
        let cas = match self.watched(claim().await) {
            Err(error) if error.is_in_doubt() => self.watched(claim().await)?,
            other => other?,
        };
        Ok(match cas {
            Cas::Written(_) => Claim::New,
            Cas::Conflict(Some(held)) if *held.blob == print[..] => Claim::Same,
            Cas::Conflict(_) => Claim::Other,
        })
    }
}
