//! The checkpoint of an application as of its last finished section.

use super::gateway::short;
use super::{SqliteGatewayStore, StoreError, SubscriberKey};
use std::time::Duration;

const TABLE: &str = "draft";

impl SqliteGatewayStore {
    /// How long a draft lives after it was last saved.
    pub const DRAFT_LIFE: Duration = Duration::from_hours(72);

    /// Saves a subscriber's draft for [`Self::DRAFT_LIFE`] from now on.
    pub async fn save_draft(&self, key: &SubscriberKey, plain: &[u8]) -> Result<(), StoreError> {
        let (sealed, subscriber) = (self.seal(&key.context(TABLE), plain), *key.as_bytes());
        let expires_at = self.now_ms().saturating_add(short(Self::DRAFT_LIFE));
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO drafts (subscriber, sealed, expires_at) VALUES (?, ?, ?)
                     ON CONFLICT (subscriber) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at",
                )
                .bind(&subscriber[..])
                .bind(sealed)
                .bind(expires_at)
                .execute(db)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Reads a subscriber's draft. One that does not open is counted and treated as absent.
    pub async fn draft(&self, key: &SubscriberKey) -> Result<Option<Vec<u8>>, StoreError> {
        let sealed: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT sealed FROM drafts WHERE subscriber = ? AND expires_at > ?")
                .bind(&key.as_bytes()[..])
                .bind(self.now_ms())
                .fetch_optional(self.readers())
                .await?;
        Ok(sealed.and_then(|sealed| self.open_or_count(&key.context(TABLE), Some(&sealed))))
    }

    /// Forgets a subscriber's draft.
    pub async fn forget_draft(&self, key: &SubscriberKey) -> Result<(), StoreError> {
        let subscriber = *key.as_bytes();
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query("DELETE FROM drafts WHERE subscriber = ?").bind(&subscriber[..]).execute(db).await?;
                Ok(())
            })
        })
        .await
    }
}
