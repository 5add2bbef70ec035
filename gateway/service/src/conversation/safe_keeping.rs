//! What outlives a session: the profile of its phone, and its draft as of the last finished section.

use super::Conversations;
use super::patience::within;
use super::turn::Turn;
use crate::store::{Profile, StoreError};
use crate::values;
use dayaq_dialog::Effect;
use tracing::warn;

impl Conversations {
    /// Counts what these effects change about the draft in safe keeping: with the session it is saved which version of
    /// it the session has seen.
    pub(super) fn count_draft(turn: &mut Turn<'_>, effects: &[Effect]) {
        let given_up = turn.held && !turn.envelope.dialog.holds_draft(&turn.book);
        if given_up || finishes_section(effects) {
            turn.envelope.kept = Some(turn.envelope.kept.unwrap_or(0) + 1);
        }
    }

    /// Puts profile and drafts where they outlive the session, and says whether that could be done. A fault here costs
    /// no turn: the session has them too, and the next dial or text finds that it is ahead.
    pub(super) async fn keep_safe(&self, turn: &mut Turn<'_>, effects: &[Effect]) -> bool {
        let kept = within(self.put_safe(turn, effects)).await;
        if let Err(cause) = &kept {
            warn!(carrier = turn.name(), cause = %cause, "Profile or draft not kept");
        }
        kept.is_ok()
    }

    async fn put_safe(&self, turn: &mut Turn<'_>, effects: &[Effect]) -> Result<(), StoreError> {
        let now = (turn.envelope.dialog.language(), Some(turn.carrier.name.clone()));
        let mut kept = Ok(());
        if now != turn.known {
            kept = self.remember(turn, now.0, Some(turn.carrier.texts.clone())).await;
            turn.known = now;
        }
        let version = turn.envelope.kept.unwrap_or(0);
        let holds = turn.envelope.dialog.holds_draft(&turn.book);
        if !holds && (turn.held || turn.ahead) {
            // Handed in or thrown away: what was kept for the draft's sake must not come back.
            kept = kept.and(self.store.keep_draft(&turn.key, version, None).await);
        } else if turn.ahead || finishes_section(effects) {
            let plain = serde_json::to_vec(&turn.envelope.dialog).unwrap_or_default();
            kept = kept.and(self.store.keep_draft(&turn.key, version, Some(&plain)).await);
        }
        (turn.held, turn.ahead) = (holds, false);
        kept
    }

    /// Remembers the language and the operator of a phone. One that has chosen nothing leaves nothing.
    async fn remember(
        &self,
        turn: &Turn<'_>,
        language: Option<dayaq_dialog::Language>,
        operator: Option<String>,
    ) -> Result<(), StoreError> {
        let known = self.store.profile(&turn.key).await?;
        let language = language.map(values::from_dialog_language);
        let Some(profile) = known.or_else(|| language.map(|_| Profile::default())) else { return Ok(()) };
        let language = language.or(profile.language);
        if profile.language == language && profile.operator == operator {
            return Ok(());
        }
        self.store.save_profile(&turn.key, &Profile { language, operator, ..profile }).await
    }
}

fn finishes_section(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Checkpoint { .. }))
}
