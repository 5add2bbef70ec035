//! What is remembered of a phone.

use super::{GatewayStore, StoreError, SubscriberKey};
use dayaq_types::Language;
use serde::{Deserialize, Serialize};

const TABLE: &str = "profile";

/// The form in which a subscriber wants texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// With the language's own letters.
    Proper,
    /// In the letters that every phone has.
    Plain,
}

/// What is remembered of a phone between dialogues.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Profile {
    /// The language that was chosen.
    pub language: Option<Language>,
    /// The form that was chosen.
    pub form: Option<Form>,
    /// The operator through which it was last heard, by its profile's name.
    pub operator: Option<String>,
    /// STOP: no reminders, no bulk; outcomes and card texts go on.
    pub reminders_stopped: bool,
}

impl GatewayStore {
    /// Reads a phone's profile. One that does not open is counted and treated as absent.
    pub async fn profile(&self, key: &SubscriberKey) -> Result<Option<Profile>, StoreError> {
        let row =
            self.database().row("SELECT sealed FROM profiles WHERE subscriber = $1", &[key.as_bytes().into()]).await?;
        let plain = row.and_then(|row| self.open_or_count(&key.context(TABLE), Some(row.get("sealed"))));
        Ok(plain.and_then(|plain| serde_json::from_slice(&plain).ok()))
    }

    /// Replaces a phone's profile.
    pub async fn save_profile(&self, key: &SubscriberKey, profile: &Profile) -> Result<(), StoreError> {
        let plain = serde_json::to_vec(profile).map_err(|error| StoreError::Database(error.to_string()))?;
        let (sealed, subscriber, now) = (self.seal(&key.context(TABLE), &plain), *key.as_bytes(), self.now_ms());
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                db.execute(
                    "INSERT INTO profiles (subscriber, sealed, saved_at) VALUES ($1, $2, $3)
                     ON CONFLICT (subscriber) DO UPDATE SET sealed = excluded.sealed, saved_at = excluded.saved_at",
                    &[(&subscriber).into(), (&sealed).into(), now.into()],
                )
                .await?;
                Ok(())
            })
        })
        .await
    }
}
