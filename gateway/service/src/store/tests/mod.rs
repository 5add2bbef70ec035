//! Tests of the stores: the contract of the session port for each adapter, and each store's own faults.

mod contract;
mod gateway_store;
mod redis_faults;
mod redis_server;
mod sessions;
mod sqlite_faults;
mod text_model;
mod text_rules;

use super::{SqliteFile, SqliteGatewayStore, SubscriberKey};
use dayaq_types::seal::{Key, KeyRing};
use dayaq_types::{ManualClock, Msisdn, SeededEntropy};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A phone number and a FIN that must be found nowhere in clear.
const CANARY_PHONE: &str = "994501234567";
const CANARY_FIN: &str = "5ZK1QWX";

/// A folder with a store file, a clock that the test moves, and keys.
struct House {
    folder: TempDir,
    clock: Arc<ManualClock>,
    keys: KeyRing,
    entropy: Arc<SeededEntropy>,
}

impl House {
    fn new() -> Self {
        let entropy = Arc::new(SeededEntropy::new(7));
        let keys = KeyRing::new(1, &Key::generate(&*entropy));
        let noon = "2026-11-23T08:00:00Z".parse().unwrap();
        Self { folder: tempfile::tempdir().unwrap(), clock: Arc::new(ManualClock::new(noon)), keys, entropy }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("gateway.db")
    }

    async fn file(&self) -> SqliteFile {
        SqliteFile::open(&self.path()).await.unwrap()
    }

    async fn store(&self) -> SqliteGatewayStore {
        self.store_in(self.file().await)
    }

    fn store_in(&self, file: SqliteFile) -> SqliteGatewayStore {
        SqliteGatewayStore::new(file, self.keys.clone(), self.entropy.clone(), self.clock.clone())
    }

    fn subscriber(&self, n: u64) -> SubscriberKey {
        SubscriberKey::of(&self.keys, &phone(n))
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// Everything that lies in the folder, one file after the other.
    fn raw(&self) -> Vec<u8> {
        let mut files: Vec<_> = std::fs::read_dir(self.folder.path()).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        files.iter().flat_map(|file| std::fs::read(file).unwrap()).collect()
    }
}

fn phone(n: u64) -> Msisdn {
    let canary: u64 = CANARY_PHONE.parse().unwrap();
    Msisdn::parse(&format!("+{}", canary + n)).unwrap()
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}
