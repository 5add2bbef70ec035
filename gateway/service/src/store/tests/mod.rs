//! Tests of the stores: the contracts of the session port and of the gateway store for each adapter, and each
//! adapter's own faults.

/// Runs each case on each database of the gateway store.
macro_rules! on_each_database {
    ($($case:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $case() {
                super::$case(crate::store::tests::Ground::Sqlite).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $case() {
                super::$case(crate::store::tests::Ground::Postgres).await;
            })*
        }
    };
}

mod contract;
mod failover;
mod gateway_store;
mod heap;
mod migrations;
mod nonces;
mod plans;
mod postgres_faults;
mod processes;
mod receipt_rules;
mod redis_cluster;
mod redis_faults;
mod redis_ground;
mod redis_kinds;
mod redis_quarantine;
mod redis_table;
mod restored;
mod retention;
mod sessions;
mod sqlite_faults;
mod text_model;
mod text_order;
mod text_rules;
mod torn_log;
mod untold;
mod wrong_clock;
mod years;

use super::{Database, GatewayStore, IN_POSTGRES, IN_SQLITE, PostgresPool, SqliteFile, StoreError, SubscriberKey};
use dayaq_postgres::PostgresDatabase;
use dayaq_types::seal::{Key, KeyRing};
use dayaq_types::{ManualClock, Msisdn, SeededEntropy};
use jiff::Timestamp;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// A phone number and a FIN that must be found nowhere in clear.
const CANARY_PHONE: &str = "994501234567";
const CANARY_FIN: &str = "5ZK1QWX";

/// What a gateway store stands on.
#[derive(Clone, Copy, Debug)]
enum Ground {
    Sqlite,
    Postgres,
}

/// A folder with a store file, or a database of its own, a clock that the test moves, and keys.
struct House {
    folder: TempDir,
    /// The file that the stores share: no other process may open it.
    shared: OnceCell<SqliteFile>,
    postgres: Option<PostgresDatabase>,
    clock: Arc<ManualClock>,
    keys: KeyRing,
    entropy: Arc<SeededEntropy>,
}

impl House {
    async fn on(ground: Ground) -> Self {
        let postgres = match ground {
            Ground::Sqlite => None,
            Ground::Postgres => Some(PostgresDatabase::create().await),
        };
        Self { postgres, ..Self::new() }
    }

    fn new() -> Self {
        let entropy = Arc::new(SeededEntropy::new(7));
        let keys = KeyRing::new(1, &Key::generate(&*entropy));
        let noon = "2026-11-23T08:00:00Z".parse().unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            shared: OnceCell::new(),
            postgres: None,
            clock: Arc::new(ManualClock::new(noon)),
            keys,
            entropy,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("gateway.db")
    }

    async fn file(&self) -> SqliteFile {
        SqliteFile::open(&self.path(), IN_SQLITE).await.unwrap()
    }

    /// The store, anew as another process would have it; a file is shared, which only one process may open.
    async fn store(&self) -> GatewayStore {
        match &self.postgres {
            None => self.store_in(self.shared.get_or_init(|| self.file()).await.clone()),
            Some(database) => self.store_in(self.pool(&database.url(), PostgresPool::CONNECTIONS).await),
        }
    }

    /// The store as a process has it whose clock stands elsewhere.
    async fn store_at(&self, now: Timestamp) -> GatewayStore {
        let clock = Arc::new(ManualClock::new(now));
        let database: Database = match &self.postgres {
            None => self.shared.get_or_init(|| self.file()).await.clone().into(),
            Some(database) => self.pool(&database.url(), PostgresPool::CONNECTIONS).await.into(),
        };
        GatewayStore::new(database, self.keys.clone(), self.entropy.clone(), clock)
    }

    async fn pool(&self, url: &str, connections: u32) -> PostgresPool {
        PostgresPool::open(url, connections, IN_POSTGRES, self.entropy.clone()).await.unwrap()
    }

    fn store_in(&self, database: impl Into<Database>) -> GatewayStore {
        GatewayStore::new(database, self.keys.clone(), self.entropy.clone(), self.clock.clone())
    }

    /// The database that [`Ground::Postgres`] stands on.
    fn database(&self) -> &PostgresDatabase {
        self.postgres.as_ref().expect("a house on PostgreSQL")
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

/// Drafts as most tests want them: in one write, and the last one counts.
impl GatewayStore {
    async fn save_draft(&self, key: &SubscriberKey, plain: &[u8]) -> Result<(), StoreError> {
        self.keep_draft(key, 1, Some(plain)).await
    }

    async fn forget_draft(&self, key: &SubscriberKey) -> Result<(), StoreError> {
        self.keep_draft(key, 1, None).await
    }

    async fn draft(&self, key: &SubscriberKey) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.kept_draft(key).await?.and_then(|kept| kept.plain))
    }
}

fn phone(n: u64) -> Msisdn {
    let canary: u64 = CANARY_PHONE.parse().unwrap();
    Msisdn::parse(&format!("+{}", canary + n)).unwrap()
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}
