//! A primary and a standby that follows it, each behind a valve, under one address: what a failover is tried on.

use crate::{PostgresServer, Valve};
use sqlx::Executor;
use std::time::Duration;

/// The database of a pair.
const DATABASE: &str = "dayaq";

/// A primary and its standby.
pub struct PostgresPair {
    pub primary: PostgresServer,
    pub standby: PostgresServer,
    /// Before the primary and before the standby.
    pub valves: [Valve; 2],
}

impl PostgresPair {
    /// A pair with an empty database. With `synchronous` a commit is answered only when the standby has it, too.
    pub async fn streaming(synchronous: bool) -> Self {
        let primary = PostgresServer::start();
        primary.create_database(DATABASE).await;
        let standby = PostgresServer::standby_of(&primary);
        let mut aside = primary.aside("postgres").await;
        if synchronous {
            aside.execute("ALTER SYSTEM SET synchronous_standby_names = '*'").await.unwrap();
            aside.execute("SELECT pg_reload_conf()").await.unwrap();
        }
        let follows =
            "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND (sync_state = 'sync') = $1";
        let following = async {
            while sqlx::query_scalar::<_, i64>(follows).bind(synchronous).fetch_one(&mut aside).await.unwrap() != 1 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), following).await.expect("the standby follows");
        let valves = [Valve::before(primary.socket()).await, Valve::before(standby.socket()).await];
        Self { primary, standby, valves }
    }

    /// The address of both, by their valves.
    pub fn url(&self) -> String {
        let [primary, standby] = &self.valves;
        format!(
            "postgres://dayaq@127.0.0.1:{},127.0.0.1:{}/{DATABASE}?sslmode=disable&target_session_attrs=read-write",
            primary.port(),
            standby.port()
        )
    }

    /// The name of the database.
    pub const fn database(&self) -> &'static str {
        DATABASE
    }
}
