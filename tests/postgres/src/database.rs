//! An empty database for each test, all of one server that the test program starts for itself.

use crate::PostgresServer;
use sqlx::{Executor, PgConnection};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

static SERVER: OnceLock<PostgresServer> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// An empty database of the shared server.
pub struct PostgresDatabase {
    name: String,
}

impl PostgresDatabase {
    /// Makes one.
    pub async fn create() -> Self {
        let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        server().create_database(&name).await;
        Self { name }
    }

    pub fn url(&self) -> String {
        server().url(&self.name)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The socket that the server listens on.
    pub fn socket(&self) -> PathBuf {
        server().socket()
    }

    /// A connection past the code under test.
    pub async fn aside(&self) -> PgConnection {
        server().aside(&self.name).await
    }

    /// Everything that lies in the files of this database.
    pub async fn raw(&self) -> Vec<u8> {
        let mut aside = self.aside().await;
        aside.execute("CHECKPOINT").await.unwrap();
        let oid: i64 = sqlx::query_scalar("SELECT oid::bigint FROM pg_database WHERE datname = current_database()")
            .fetch_one(&mut aside)
            .await
            .unwrap();
        let mut files: Vec<_> = std::fs::read_dir(server().folder().join(format!("data/base/{oid}")))
            .unwrap_or_else(|error| panic!("the cluster is its owner's alone: {error}"))
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();
        files.iter().flat_map(|file| std::fs::read(file).unwrap()).collect()
    }
}

fn server() -> &'static PostgresServer {
    SERVER.get_or_init(PostgresServer::start)
}
