//! Live sessions: one sealed blob per subscriber, changed by compare-and-set alone.

use super::session_cache::SessionCache;
use super::{StoreError, SubscriberKey};
use async_trait::async_trait;
use dayaq_types::Entropy;
use dayaq_types::seal::KeyRing;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// 16 random octets that name one attempt to write.
pub type Token = [u8; 16];

/// Which state of a session somebody has seen.
///
/// The number counts the writes since the session began; the token is that of the last write. Comparing both makes
/// a state from before a lost tail or an emptied store different from its successor with the same number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Version {
    number: u64,
    token: Token,
}

impl Version {
    /// No session.
    pub const ABSENT: Self = Self { number: 0, token: [0; 16] };

    /// The state after the `number`th write, which had this token.
    pub const fn new(number: u64, token: Token) -> Self {
        Self { number, token }
    }

    /// How many writes the session has seen; 0 if there is none.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The token of the last write.
    pub const fn token(&self) -> &Token {
        &self.token
    }

    /// Whether this cannot be what became of `seen`: it has seen fewer writes, or as many of another line. No session
    /// counts as having seen none.
    pub fn falls_behind(&self, seen: Self) -> bool {
        self.number < seen.number || self.number == seen.number && self.token != seen.token
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({})", self.number)
    }
}

/// A session as a backend holds it: the blob is sealed.
#[derive(Clone)]
pub struct Stored {
    /// Its version.
    pub version: Version,
    /// The sealed session.
    pub blob: Arc<[u8]>,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stored({:?}, {} octets)", self.version, self.blob.len())
    }
}

/// What a backend's compare-and-set came to.
#[derive(Clone, Debug)]
pub enum Cas {
    /// The new blob is there, under this version; also the answer to a repeat of the write that is already there.
    Written(Version),
    /// Another writer was first; this is what is there now.
    Conflict(Option<Stored>),
}

/// One life of a store, from its start to its end. The next may have begun with an older copy, or with a replica that
/// had not heard the last writes.
pub type Life = u32;

/// What a backend has of a subscriber.
#[derive(Clone, Debug)]
pub struct Found {
    /// The session, if there is one.
    pub stored: Option<Stored>,
    /// The life of the store that says so, where it can tell.
    pub life: Option<Life>,
}

/// Where sealed sessions are kept.
#[async_trait]
pub trait SessionBackend: Send + Sync {
    /// Reads a session; one past its time is `None`.
    async fn load(&self, key: &SubscriberKey) -> Result<Option<Stored>, StoreError>;

    /// The same, with the life of the store; a store that loses nothing at its restart need tell none.
    async fn find(&self, key: &SubscriberKey) -> Result<Found, StoreError> {
        Ok(Found { stored: self.load(key).await?, life: None })
    }

    /// Replaces the session if it is still `expected`, to be kept for `ttl` from now on.
    ///
    /// `token` names the attempt: where the last write had the same token, its result is given again (C12).
    async fn store(
        &self,
        key: &SubscriberKey,
        expected: Version,
        token: Token,
        blob: &[u8],
        ttl: Duration,
    ) -> Result<Cas, StoreError>;

    /// Whether sessions can be served.
    async fn ready(&self) -> Result<(), StoreError>;
}

/// A session as the conversation sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct Loaded {
    /// What to expect when storing.
    pub version: Version,
    /// The session; `None` if there is none, or if what is there does not open.
    pub plain: Option<Vec<u8>>,
    /// Whether this comes from memory and may be behind the store. A store over it either succeeds, which
    /// proves that it was not, or conflicts and gives the current state.
    pub cached: bool,
    /// The life of the store that this comes from, where it tells one; a session that was written in another may be
    /// older than what its phone was shown last.
    pub life: Option<Life>,
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let octets = self.plain.as_ref().map(Vec::len);
        write!(f, "Loaded({:?}, {octets:?} octets, cached: {})", self.version, self.cached)
    }
}

/// What storing came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is stored; the next store expects this version.
    Written(Version),
    /// Another writer was first; step again over this.
    Conflict(Loaded),
}

/// After so many failures in a row a write in doubt is no longer repeated at once, so that an outage does not
/// double its own load.
const REPEATS_WHILE_FAILING: u32 = 32;

/// The session store: seals, opens, and remembers the last state of recent subscribers.
///
/// The memory holds sealed blobs only. It makes a turn in steady state one round trip: [`Self::load`] answers from
/// it and [`Self::store`] finds out whether it was right.
pub struct Sessions {
    pub(super) backend: Arc<dyn SessionBackend>,
    pub(super) keys: KeyRing,
    entropy: Arc<dyn Entropy>,
    cache: Mutex<SessionCache>,
    failures: AtomicU32,
    /// The name of the gateway store's life: a session of another is of a time that the store knows nothing of.
    life: String,
}

impl Sessions {
    /// How many subscribers are remembered unless told otherwise.
    pub const CACHE_ENTRIES: usize = 20_000;

    /// A store over `backend` that remembers up to `cache_entries` subscribers; 0 remembers none.
    pub fn new(
        backend: Arc<dyn SessionBackend>,
        keys: KeyRing,
        entropy: Arc<dyn Entropy>,
        cache_entries: usize,
    ) -> Self {
        let cache = Mutex::new(SessionCache::new(cache_entries));
        Self { backend, keys, entropy, cache, failures: AtomicU32::new(0), life: String::new() }
    }

    /// The same, refusing sessions of another life of the gateway store than the one of that name (X03).
    pub fn in_life(self, life: String) -> Self {
        Self { life, ..self }
    }

    /// Loads a session, from memory if it is there.
    pub async fn load(&self, key: &SubscriberKey) -> Result<Loaded, StoreError> {
        let remembered = self.cache().get(key);
        match remembered {
            Some(stored) => Ok(Loaded { cached: true, ..self.opened(key, Some(stored)) }),
            None => self.load_fresh(key).await,
        }
    }

    /// Loads a session from the store itself.
    pub async fn load_fresh(&self, key: &SubscriberKey) -> Result<Loaded, StoreError> {
        let doubted = self.cache().doubted(key);
        let Found { stored, life } = self.watched(self.backend.find(key).await)?;
        self.remember(key, stored.as_ref());
        // A store that still has what this gateway wrote last has lost nothing, in whichever life.
        let has_it = |seen| stored.as_ref().is_some_and(|stored| !stored.version.falls_behind(seen));
        let life = life.filter(|_| !doubted.is_some_and(has_it));
        Ok(Loaded { life, ..self.opened(key, stored) })
    }

    /// Stores a session over the one that was loaded as `expected`, for `ttl` from now on.
    ///
    /// A write whose answer was lost is repeated once, with its token, so that it happens at most once. If that
    /// fails too, the error says [`StoreError::is_in_doubt`] and the next load tells what happened.
    pub async fn store(
        &self,
        key: &SubscriberKey,
        expected: Version,
        plain: &[u8],
        ttl: Duration,
    ) -> Result<Saved, StoreError> {
        let blob = self.keys.seal(&self.context(key), plain, &*self.entropy);
        let token = self.token();
        let first = self.watched(self.backend.store(key, expected, token, &blob, ttl).await);
        let cas = match first {
            Err(error) if error.is_in_doubt() && self.failures.load(Ordering::Relaxed) <= REPEATS_WHILE_FAILING => {
                metrics::counter!("dayaq_session_store_repeats_total").increment(1);
                self.watched(self.backend.store(key, expected, token, &blob, ttl).await)
            }
            other => other,
        };
        match cas {
            Ok(Cas::Written(version)) => {
                self.remember(key, Some(&Stored { version, blob: blob.into() }));
                Ok(Saved::Written(version))
            }
            Ok(Cas::Conflict(stored)) => {
                metrics::counter!("dayaq_session_conflicts_total").increment(1);
                self.remember(key, stored.as_ref());
                Ok(Saved::Conflict(self.opened(key, stored)))
            }
            Err(error) => {
                self.cache().doubt(key);
                Err(error)
            }
        }
    }

    /// Whether sessions can be served.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.watched(self.backend.ready().await)
    }

    /// Opens a blob. One that does not open is counted and treated as absent, under its own version, so that the
    /// next write replaces it (C13).
    fn opened(&self, key: &SubscriberKey, stored: Option<Stored>) -> Loaded {
        let Some(stored) = stored else {
            return Loaded { version: Version::ABSENT, plain: None, cached: false, life: None };
        };
        let plain = match self.keys.open(&self.context(key), &stored.blob) {
            Ok(mut plain) => Some(std::mem::take(&mut *plain)),
            Err(error) => {
                metrics::counter!("dayaq_session_quarantined_total").increment(1);
                tracing::error!(%error, "A stored session does not open and will be replaced");
                None
            }
        };
        Loaded { version: stored.version, plain, cached: false, life: None }
    }

    fn context(&self, key: &SubscriberKey) -> Vec<u8> {
        let mut context = key.context("session");
        context.extend_from_slice(self.life.as_bytes());
        context
    }

    fn remember(&self, key: &SubscriberKey, stored: Option<&Stored>) {
        match stored {
            Some(stored) => self.cache().put(key, stored),
            None => self.cache().forget(key),
        }
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, SessionCache> {
        self.cache.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The name of an attempt to write.
    pub(super) fn token(&self) -> Token {
        let mut token = [0; 16];
        self.entropy.fill(&mut token);
        token
    }

    pub(super) fn watched<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        match &result {
            Ok(_) => self.failures.store(0, Ordering::Relaxed),
            Err(_) => {
                metrics::counter!("dayaq_session_store_errors_total").increment(1);
                // It only has to pass the limit, so it may stop there.
                if self.failures.load(Ordering::Relaxed) <= REPEATS_WHILE_FAILING {
                    self.failures.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        result
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sessions[{} remembered]", self.cache().len())
    }
}
