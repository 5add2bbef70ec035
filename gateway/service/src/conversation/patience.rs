//! How long a turn waits for the gateway store: its person waits for a screen, and the session has the answers, too.

use crate::store::StoreError;
use std::time::Duration;

/// The longest that one of a turn's questions or changes may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// The work, as long as a turn waits for it; what it would have changed may be changed all the same.
pub(super) async fn within<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or(Err(StoreError::Timeout(PATIENCE)))
}
