//! A session store without a server.

use crate::store::{Cas, SessionBackend, StoreError, Stored, SubscriberKey, Token, Version};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// Sessions in memory; none of them expires.
#[derive(Default)]
pub struct Memory(pub Mutex<BTreeMap<Vec<u8>, Stored>>);

#[async_trait]
impl SessionBackend for Memory {
    async fn load(&self, key: &SubscriberKey) -> Result<Option<Stored>, StoreError> {
        Ok(self.0.lock().unwrap().get(&key.as_bytes().to_vec()).cloned())
    }

    async fn store(
        &self,
        key: &SubscriberKey,
        expected: Version,
        token: Token,
        blob: &[u8],
        _ttl: Duration,
    ) -> Result<Cas, StoreError> {
        let mut sessions = self.0.lock().unwrap();
        let there = sessions.get(&key.as_bytes().to_vec()).cloned();
        if let Some(stored) = there.as_ref().filter(|stored| *stored.version.token() == token) {
            return Ok(Cas::Written(stored.version));
        }
        if there.as_ref().map_or(Version::ABSENT, |stored| stored.version) != expected {
            return Ok(Cas::Conflict(there));
        }
        let version = Version::new(expected.number() + 1, token);
        sessions.insert(key.as_bytes().to_vec(), Stored { version, blob: blob.into() });
        Ok(Cas::Written(version))
    }

    async fn ready(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
