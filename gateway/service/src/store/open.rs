//! Opening the stores where the configuration says they are.

use super::{
    Database, GatewayStore, IN_POSTGRES, IN_SQLITE, PostgresPool, RedisSessions, Retention, SessionBackend, SqliteFile,
    SqliteSessions, StoreError,
};
use crate::config::{GatewayConfig, RedisConfig, SessionsConfig, StoreConfig};
use dayaq_types::seal::KeyRing;
use dayaq_types::{Clock, Entropy};
use secrecy::{ExposeSecret, SecretString};
use std::path::Path;
use std::sync::Arc;

/// The gateway's stores, their schemas up to date.
pub struct Stores {
    /// What must outlive a session.
    pub store: Arc<GatewayStore>,
    /// Where live sessions are kept.
    pub sessions: Arc<dyn SessionBackend>,
}

/// A store that did not open.
#[derive(Debug, thiserror::Error)]
#[error("{key}: {cause}")]
pub struct OpenError {
    /// The configuration's key that says where it is.
    pub key: &'static str,
    /// Why.
    pub cause: StoreError,
}

impl Stores {
    /// Opens them and brings their schemas up to date.
    pub async fn open(
        config: &GatewayConfig,
        keys: KeyRing,
        entropy: Arc<dyn Entropy>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let in_file = |file| Arc::new(SqliteSessions::new(file, Arc::clone(&clock))) as Arc<dyn SessionBackend>;
        let (database, sessions): (Database, _) = match (&config.store, &config.sessions) {
            (StoreConfig::Sqlite, SessionsConfig::Sqlite) => {
                let file = open_file(&config.database).await?;
                (file.clone().into(), in_file(file))
            }
            (StoreConfig::Sqlite, SessionsConfig::Redis(redis)) => {
                (open_file(&config.database).await?.into(), open_redis(redis)?)
            }
            (StoreConfig::Postgres { url, connections, .. }, SessionsConfig::Sqlite) => {
                let pool = open_postgres(url, *connections, &entropy).await?;
                (pool.into(), in_file(open_file(&config.database).await?))
            }
            (StoreConfig::Postgres { url, connections, .. }, SessionsConfig::Redis(redis)) => {
                let pool = open_postgres(url, *connections, &entropy).await?;
                (pool.into(), open_redis(redis)?)
            }
        };
        let store = GatewayStore::new(database, keys, entropy, clock)
            .named(config.store.instance())
            .keeping(Retention { draft: config.draft_ttl, ..config.retention });
        let fault = |cause| OpenError { key: store_key(&config.store), cause };
        store.database().check_key(store.key_print()).await.map_err(fault)?;
        Ok(Self { store: Arc::new(store), sessions })
    }
}

/// The configuration's key that says where the gateway store is.
pub(crate) const fn store_key(config: &StoreConfig) -> &'static str {
    match config {
        StoreConfig::Sqlite => "gateway.database",
        StoreConfig::Postgres { .. } => "gateway.postgres_url",
    }
}

async fn open_file(path: &Path) -> Result<SqliteFile, OpenError> {
    SqliteFile::open(path, IN_SQLITE).await.map_err(|cause| OpenError { key: "gateway.database", cause })
}

async fn open_postgres(
    url: &SecretString,
    connections: u32,
    entropy: &Arc<dyn Entropy>,
) -> Result<PostgresPool, OpenError> {
    PostgresPool::open(url.expose_secret(), connections, IN_POSTGRES, Arc::clone(entropy))
        .await
        .map_err(|cause| OpenError { key: "gateway.postgres_url", cause })
}

fn open_redis(redis: &RedisConfig) -> Result<Arc<dyn SessionBackend>, OpenError> {
    match RedisSessions::new(redis) {
        Ok(sessions) => Ok(Arc::new(sessions)),
        Err(cause) => Err(OpenError { key: redis.key(), cause }),
    }
}
