//! A real Redis for tests, as people run it; every process is the test's own and ends with it.
//!
//! [`RedisNode`] is one server with whatever configuration, [`Sentinels`] one master with two replicas and three
//! Sentinels, [`Cluster`] three masters with a replica each, [`Papers`] the certificates of those that speak TLS, and
//! [`Shears`] a way to a server that cuts an answer off.
//!
//! The program is `redis-server`, or the one that the variable `DAYAQ_REDIS_SERVER` names, such as `valkey-server`.

mod cluster;
mod node;
mod papers;
mod sentinels;
mod shears;

pub use cluster::Cluster;
pub use node::{RedisNode, free_port};
pub use papers::Papers;
pub use sentinels::{Reign, Sentinels};
pub use shears::Shears;

use std::future::Future;
use std::time::Duration;

/// How long anything that must come about may take. A Sentinel that a busy machine has not let run for two seconds does
/// nothing for the next thirty, and it may happen again.
const PATIENCE: Duration = Duration::from_mins(5);
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
