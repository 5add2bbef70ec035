//! How long a turn waits for the gateway store: its person waits for a screen, and the session has the answers, too.

use super::Conversations;
use super::turn::Turn;
use crate::store::StoreError;
use dayaq_dialog::Effect;
use std::time::Duration;
use tracing::warn;

/// The longest that one of a turn's questions or changes may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// The work, as long as a turn waits for it; what it would have changed may be changed all the same.
pub(super) async fn within<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or(Err(StoreError::Timeout(PATIENCE)))
}

impl Conversations {
    /// Puts profile and drafts where they outlive the session, and says whether that could be done. A fault here costs
    /// no turn: the session has them too.
    pub(super) async fn keep_safe(&self, turn: &mut Turn<'_>, effects: &[Effect]) -> bool {
        let kept = within(self.put_safe(turn, effects)).await;
        if let Err(cause) = &kept {
            warn!(carrier = turn.name(), cause = %cause, "Profile or draft not kept");
        }
        kept.is_ok()
    }
}
