//! Live sessions in Redis: production.

use super::redis_link::RedisLink;
use super::{Cas, Found, Life, SessionBackend, StoreError, Stored, SubscriberKey, Token, Version};
use crate::config::{REDIS_TIMEOUT_MS as TIMEOUT_MS, RedisConfig};
use async_trait::async_trait;
use redis::Script;
use std::fmt;
use std::time::Duration;

/// Sessions in Redis (one server, one behind Sentinels, or a Cluster), as hashes `dayaq:{<subscriber>}:s` with the fields n (number), t (token), b (blob).
///
/// The braces keep all keys of a subscriber in one slot of a cluster. Time to live is Redis's alone, so that clocks
/// of gateways do not matter (C15).
pub struct RedisSessions {
    link: RedisLink,
    script: Script,
    find: Script,
}

impl RedisSessions {
    /// How long an operation may take unless told otherwise.
    pub const TIMEOUT: Duration = Duration::from_millis(TIMEOUT_MS);

    /// Sessions in that Redis.
    ///
    /// Only the address is looked at; the connection comes when the server is there, and comes back after a loss.
    /// Must be called within a tokio runtime.
    pub fn new(config: &RedisConfig) -> Result<Self, StoreError> {
        Ok(Self { link: RedisLink::open(config)?, script: Script::new(SCRIPT), find: Script::new(FIND) })
    }

    /// Sessions in one server at `url`, such as `redis://127.0.0.1:6379/0` or `unix:///run/redis.sock`; each operation
    /// takes up to `timeout`.
    pub fn open(url: &str, timeout: Duration) -> Result<Self, StoreError> {
        Self::new(&RedisConfig::at(url, timeout).map_err(StoreError::Address)?)
    }

    /// Waits until the server is there, however long that takes.
    pub async fn connected(&self) {
        self.link.connected().await;
    }
}

#[async_trait]
impl SessionBackend for RedisSessions {
    async fn load(&self, key: &SubscriberKey) -> Result<Option<Stored>, StoreError> {
        let mut command = redis::cmd("HMGET");
        command.arg(name(key)).arg(&["n", "t", "b"]);
        let fields: Result<Fields, StoreError> = self.link.query(&command).await;
        match fields {
            Ok((number, token, blob)) => Ok(stored(number, token, blob)),
            Err(StoreError::Refused(code)) if code == WRONG_TYPE => {
                quarantine("is of another type");
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    async fn find(&self, key: &SubscriberKey) -> Result<Found, StoreError> {
        let fields: Result<FieldsAndLife, StoreError> = self.link.run(&self.find, FIND, &name(key), &[]).await;
        match fields {
            Ok((number, token, blob, life)) => {
                Ok(Found { stored: stored(number, token, blob), life: life.as_deref().and_then(short_life) })
            }
            Err(StoreError::Refused(code)) if code == WRONG_TYPE => {
                quarantine("is of another type");
                Ok(Found { stored: None, life: None })
            }
            Err(other) => Err(other),
        }
    }

    async fn store(
        &self,
        key: &SubscriberKey,
        expected: Version,
        token: Token,
        blob: &[u8],
        ttl: Duration,
    ) -> Result<Cas, StoreError> {
        self.compare_and_set(name(key), expected, token, blob, ttl).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        // A server may answer and yet take no session: full, a replica, without its replicas, or the wrong node of a
        // cluster. So it is asked to take one, which is gone at once.
        let token = *Version::ABSENT.token();
        self.compare_and_set(READY_NAME.to_owned(), Version::ABSENT, token, b"", Duration::ZERO).await.map(drop)
    }
}

impl RedisSessions {
    async fn compare_and_set(
        &self,
        name: String,
        expected: Version,
        token: Token,
        blob: &[u8],
        ttl: Duration,
    ) -> Result<Cas, StoreError> {
        let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).clamp(1, TTL_MS_MAX);
        let (number, ttl) = (expected.number().to_string(), ttl_ms.to_string());
        let arguments = [number.as_bytes(), expected.token(), &token, blob, ttl.as_bytes()];
        let answer: Vec<Option<Vec<u8>>> = self.link.run(&self.script, SCRIPT, &name, &arguments).await?;
        let mut answer = answer.into_iter();
        let written = answer.next().flatten();
        let (number, held_token, held) = (answer.next().flatten(), answer.next().flatten(), answer.next().flatten());
        if written.as_deref() == Some(b"1") {
            let number = number.as_deref().and_then(decimal).ok_or_else(unexpected)?;
            return Ok(Cas::Written(Version::new(number, token)));
        }
        Ok(Cas::Conflict(stored(number, held_token, held)))
    }
}

impl fmt::Debug for RedisSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisSessions")
    }
}

/// What Redis says of a command on a key of another type.
const WRONG_TYPE: &str = "WRONGTYPE";
/// The compare-and-set.
const SCRIPT: &str = include_str!("cas.lua");
/// A session, and the life of its store.
const FIND: &str = include_str!("find.lua");

type Fields = (Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>);
type FieldsAndLife = (Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>);

/// The name under which it is found out whether sessions can be written.
const READY_NAME: &str = "dayaq:{ready}:s";
/// A year; no session lives that long.
const TTL_MS_MAX: u64 = 365 * 24 * 3600 * 1000;

fn name(key: &SubscriberKey) -> String {
    format!("dayaq:{{{}}}:s", key.hex())
}

/// Reads the fields. What the script has not written is counted and as if absent, as the script takes it too.
fn stored(number: Option<Vec<u8>>, token: Option<Vec<u8>>, blob: Option<Vec<u8>>) -> Option<Stored> {
    if number.is_none() && token.is_none() && blob.is_none() {
        return None;
    }
    let version = number.as_deref().and_then(decimal).zip(token.as_deref().and_then(|t| Token::try_from(t).ok()));
    if version.is_none() {
        quarantine("has no readable version");
    }
    // A missing blob leaves the version, so that it is replaced like one that does not open.
    version
        .map(|(number, token)| Stored { version: Version::new(number, token), blob: blob.unwrap_or_default().into() })
}

/// Counts what stands in a session's place and is none, and says so.
fn quarantine(why: &'static str) {
    metrics::counter!("dayaq_session_quarantined_total").increment(1);
    tracing::error!(why, "What is stored in a session's place is none and will be replaced");
}

/// Reads a number as the script takes it: 1 to 15 digits, no leading zero.
fn decimal(octets: &[u8]) -> Option<u64> {
    let plain = octets.len() <= 15 && octets.first().is_some_and(|first| *first != b'0');
    std::str::from_utf8(octets).ok().filter(|_| plain)?.parse().ok()
}

/// The first of the hexadecimal digits by which a server names its life: enough to tell one from the next.
fn short_life(run_id: &[u8]) -> Option<Life> {
    let digits = std::str::from_utf8(run_id.get(..8)?).ok()?;
    Life::from_str_radix(digits, 16).ok()
}

fn unexpected() -> StoreError {
    StoreError::Refused("an answer that the script does not give".to_owned())
}
