//! Where Redis keeps what a test is about.

use crate::serve_config::MASTER_KEY;
use dayaq_gateway::store::SubscriberKey;
use dayaq_redis::RedisNode;
use dayaq_types::seal::{Key, KeyRing};

/// The key of the only phone's session; that of the stores' marks is none.
pub async fn session_key(redis: &RedisNode) -> String {
    let mut keys: Vec<String> = redis.ask(&["KEYS", "dayaq:*:s"]).await;
    let master = Key::from_hex(MASTER_KEY).expect("a key");
    let marks = SubscriberKey::of_marks(&KeyRing::new(1, &master)).hex();
    keys.retain(|key| !key.contains(&marks));
    let [key] = &keys[..] else { panic!("one session: {keys:?}") };
    key.clone()
}
