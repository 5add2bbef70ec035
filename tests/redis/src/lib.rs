//! A real Redis for tests, as people run it; every process is the test's own and ends with it.
//!
//! [`RedisNode`] is one server with whatever configuration, [`Sentinels`] one master with two replicas and three
//! Sentinels, [`Cluster`] three masters with a replica each, [`Papers`] the certificates of those that speak TLS, and
//! [`Shears`] a way to a server that cuts an answer off.

mod cluster;
mod node;
mod papers;
mod sentinels;
mod shears;

pub use cluster::Cluster;
pub use node::{RedisNode, free_port};
pub use papers::Papers;
pub use sentinels::Sentinels;
pub use shears::Shears;

use std::future::Future;
use std::time::Duration;

/// How long anything that must come about may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// Waits until something has come about.
///
/// # Panics
///
/// Where it does not.
pub async fn until<F: Future<Output = bool>>(what: &str, come: impl Fn() -> F) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !come().await {
            tokio::time::sleep(LOOK).await;
        }
    });
    assert!(waited.await.is_ok(), "{what}: not within {PATIENCE:?}");
}
