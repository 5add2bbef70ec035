//! Opening the store where the configuration says it is.

use super::{CoreStore, StoreError};
use crate::config::CoreConfig;
use dayaq_sql::{Database, PostgresPool, Schema, SqliteFile, StoreConfig};
use dayaq_types::Entropy;
use dayaq_types::seal::KeyRing;
use secrecy::ExposeSecret;
use std::sync::Arc;

/// The core's tables in a file of their own.
const IN_SQLITE: Schema =
    Schema { application: "dayaq-core", namespace: None, migrations: &sqlx::migrate!("./migrations/sqlite") };
/// The core's tables in PostgreSQL: in a schema of their own, so that the gateway's may be in the same database.
const IN_POSTGRES: Schema = Schema {
    application: "dayaq-core",
    namespace: Some("dayaq_core"),
    migrations: &sqlx::migrate!("./migrations/postgres"),
};

impl CoreStore {
    /// Opens the store, makes it where there is none, and brings its schema up to date.
    ///
    /// Refuses a schema newer than this program (D10), a server that answers before it has written (D08), and another
    /// master key than the one it was made under.
    pub async fn open(config: &CoreConfig, keys: KeyRing, entropy: Arc<dyn Entropy>) -> Result<Self, StoreError> {
        let database: Database = match &config.store {
            StoreConfig::Sqlite => SqliteFile::open(&config.database, IN_SQLITE).await?.into(),
            StoreConfig::Postgres { url, connections, .. } => {
                PostgresPool::open(url.expose_secret(), *connections, IN_POSTGRES, Arc::clone(&entropy)).await?.into()
            }
        };
        let instance = config.store.instance().map(str::to_owned);
        let store = Self { database, keys, entropy, instance };
        store.database.check_key(store.keys.lookup("key", b"dayaq")).await?;
        Ok(store)
    }
}
