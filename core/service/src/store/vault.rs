//! The sealed values of one application.

use super::{CoreStore, StoreError};
use dayaq_types::Entropy;
use dayaq_types::seal::{DataKey, SealError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Seals and opens the values of one application; each is bound to its application and place.
#[derive(Clone)]
pub struct Vault {
    id: Uuid,
    key: DataKey,
    entropy: Arc<dyn Entropy>,
}

impl Vault {
    /// The application's id.
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// Seals a value as JSON.
    pub fn seal<T: Serialize>(&self, place: &str, value: &T) -> Result<Vec<u8>, StoreError> {
        let plain = Zeroizing::new(serde_json::to_vec(value).map_err(|_| StoreError::Row("a value to seal"))?);
        Ok(self.seal_octets(place, &plain))
    }

    /// Seals octets.
    pub fn seal_octets(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        self.key.seal(self.context(place).as_bytes(), plain, self.entropy.as_ref())
    }

    /// Opens a value sealed in the same place.
    pub fn open<T: DeserializeOwned>(&self, place: &str, sealed: &[u8]) -> Result<T, StoreError> {
        let plain = self.key.open(self.context(place).as_bytes(), sealed)?;
        serde_json::from_slice(&plain).map_err(|_| StoreError::Seal(SealError::Broken))
    }

    fn context(&self, place: &str) -> String {
        format!("{}/{place}", self.id)
    }
}

impl CoreStore {
    /// Makes the key of a new application; returns its wrapped form for the row.
    pub(super) fn new_vault(&self, id: Uuid) -> (Vault, Vec<u8>) {
        let (key, wrapped) = self.keys.new_data_key(key_context(id).as_bytes(), self.entropy.as_ref());
        (Vault { id, key, entropy: self.entropy.clone() }, wrapped)
    }

    /// Opens the key of an application; `None` is the key of an erased one.
    pub(super) fn open_vault(&self, id: Uuid, wrapped: Option<&[u8]>) -> Result<Vault, StoreError> {
        let wrapped = wrapped.ok_or(StoreError::Seal(SealError::Broken))?;
        let key = self.keys.open_data_key(key_context(id).as_bytes(), wrapped)?;
        Ok(Vault { id, key, entropy: self.entropy.clone() })
    }
}

fn key_context(id: Uuid) -> String {
    format!("core/application/{id}")
}
