//! The checkpoint of an application as of its last finished section.

use super::gateway::short;
use super::{GatewayStore, StoreError, SubscriberKey};

const TABLE: &str = "draft";

impl GatewayStore {
    /// Saves a subscriber's draft, for as long as drafts are kept, from now on.
    pub async fn save_draft(&self, key: &SubscriberKey, plain: &[u8]) -> Result<(), StoreError> {
        let (sealed, subscriber) = (self.seal(&key.context(TABLE), plain), *key.as_bytes());
        let expires_at = self.now_ms().saturating_add(short(self.draft_life()));
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                db.execute(
                    "INSERT INTO drafts (subscriber, sealed, expires_at) VALUES ($1, $2, $3)
                     ON CONFLICT (subscriber) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at",
                    &[(&subscriber).into(), (&sealed).into(), expires_at.into()],
                )
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Reads a subscriber's draft. One that does not open is counted and treated as absent.
    pub async fn draft(&self, key: &SubscriberKey) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self
            .database()
            .row(
                "SELECT sealed FROM drafts WHERE subscriber = $1 AND expires_at > $2",
                &[key.as_bytes().into(), self.steady_ms().into()],
            )
            .await?;
        Ok(row.and_then(|row| self.open_or_count(&key.context(TABLE), Some(row.get("sealed")))))
    }

    /// Forgets a subscriber's draft.
    pub async fn forget_draft(&self, key: &SubscriberKey) -> Result<(), StoreError> {
        let subscriber = *key.as_bytes();
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                db.execute("DELETE FROM drafts WHERE subscriber = $1", &[(&subscriber).into()]).await?;
                Ok(())
            })
        })
        .await
    }
}
