//! How long the oldest of each queue has waited.

use super::gateway::at;
use super::{GatewayStore, StoreError};
use jiff::Timestamp;

impl GatewayStore {
    /// When the oldest text was added that has not ended; `None` where every one has.
    pub async fn oldest_text(&self) -> Result<Option<Timestamp>, StoreError> {
        self.oldest("SELECT created_at AS since FROM texts WHERE reported_at IS NULL ORDER BY position LIMIT 1").await
    }

    /// When the oldest call was recorded that is not carried out; `None` where every one is.
    pub async fn oldest_call(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT recorded_at AS since FROM pending_calls WHERE finished_at IS NULL ORDER BY position LIMIT 1";
        self.oldest(sql).await
    }

    async fn oldest(&self, sql: &'static str) -> Result<Option<Timestamp>, StoreError> {
        let row = self.database().row(sql, &[]).await?;
        Ok(row.and_then(|row| row.get::<Option<i64>>("since")).map(at))
    }
}
