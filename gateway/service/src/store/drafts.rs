//! The checkpoint of an application as of its last finished section, and its version, by which an older session is known.

use super::gateway::short;
use super::{GatewayStore, StoreError, SubscriberKey};
use std::time::Duration;

const TABLE: &str = "draft";
/// That a draft was given up is known so much longer than any session that could still hold it, by whichever clock.
const GIVEN_UP_LIFE: Duration = Duration::from_hours(24);

/// What is in safe keeping of a phone's draft.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptDraft {
    /// It counts the sections that were finished and the drafts that were given up.
    pub version: u64,
    /// The draft; `None` where it was handed in or thrown away, and where it does not open.
    pub plain: Option<Vec<u8>>,
}

impl GatewayStore {
    /// Puts a version of a subscriber's draft into safe keeping, for as long as drafts are kept, from now on; without
    /// octets, that it was given up. What is there of a later version stays.
    pub async fn keep_draft(&self, key: &SubscriberKey, version: u64, plain: Option<&[u8]>) -> Result<(), StoreError> {
        let sealed = plain.map_or_else(Vec::new, |plain| self.seal(&key.context(TABLE), plain));
        let (subscriber, now) = (*key.as_bytes(), self.now_ms());
        let life = if plain.is_some() { self.draft_life() } else { self.draft_life() + GIVEN_UP_LIFE };
        let (expires_at, version) = (now.saturating_add(short(life)), version.cast_signed());
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                db.execute(
                    "INSERT INTO drafts (subscriber, sealed, expires_at, version) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (subscriber) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at,
                        version = excluded.version
                     WHERE drafts.version <= excluded.version OR drafts.expires_at <= $5",
                    &[(&subscriber).into(), (&sealed).into(), expires_at.into(), version.into(), now.into()],
                )
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Reads what is in safe keeping of a subscriber's draft. A draft that does not open is counted.
    pub async fn kept_draft(&self, key: &SubscriberKey) -> Result<Option<KeptDraft>, StoreError> {
        let row = self
            .database()
            .row(
                "SELECT sealed, version FROM drafts WHERE subscriber = $1 AND expires_at > $2",
                &[key.as_bytes().into(), self.steady_ms().into()],
            )
            .await?;
        Ok(row.map(|row| {
            let sealed = Some(row.get::<&[u8]>("sealed")).filter(|sealed| !sealed.is_empty());
            let plain = sealed.and_then(|sealed| self.open_or_count(&key.context(TABLE), Some(sealed)));
            KeptDraft { version: row.get::<i64>("version").unsigned_abs(), plain }
        }))
    }
}
