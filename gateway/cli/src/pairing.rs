//! Whether the two stores are of one time, and the marks by which that is seen.
//!
//! One that was restored from an older copy, has lost its log or is new beside an older one does not hold what the other
//! has heard from it. On such stores nothing is served before somebody says so (`dayaq restored`).

use anyhow::Context;
use dayaq_core::{CoreService, CoreStore};
use dayaq_gateway::config::SessionsConfig;
use dayaq_gateway::store::{GatewayStore, Marks, Sessions, Stores, SubscriberKey};
use dayaq_types::seal::KeyRing;
use dayaq_types::{Entropy, new_id};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the stores are looked at for something to tell each other.
const LOOK: Duration = Duration::from_secs(1);
/// How long the marks are kept where sessions are.
const SEEN_LIFE: Duration = Duration::from_hours(35 * 24);

/// How far both were, as it is kept where sessions are: with both restored alike, nothing else would tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pair: Option<String>,
    core: i64,
    gateway: i64,
}

/// What two stores that may go on are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// Neither has met another, or one joins the other before anything was heard.
    New,
    /// They have gone together before.
    Together,
}

/// Why they may not go on by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Apart {
    /// The core's store is behind.
    pub core: bool,
    /// The gateway's store is behind.
    pub gateway: bool,
}

impl Apart {
    /// Of two stores that have each gone with another nobody knows what they lack.
    pub const STRANGERS: Self = Self { core: true, gateway: true };
}

impl Display for Apart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let which = match (self.core, self.gateway) {
            (true, false) => "the core's store is older than what the gateway's has heard from it",
            (false, true) => "the gateway's store is older than what the core's has heard from it",
            (_, _) => {
                "the stores of gateway and core do not belong together, or both are older than what was seen of them"
            }
        };
        write!(
            f,
            "{which}: one was restored from a copy, replaced, or has lost its log, and families may have been told what it does \
             not hold. Put the right files in place, or see `dayaq restored --config FILE`, which says what is missing and goes \
             on with these"
        )
    }
}

/// Judges by their marks.
pub fn judge(core: &Marks, gateway: &Marks, seen: &Seen) -> Result<Met, Apart> {
    match (&core.pair, &gateway.pair) {
        (None, None) => return Ok(Met::New),
        (None, Some(_)) if gateway.other == 0 => return Ok(Met::New),
        (Some(_), None) if core.other == 0 => return Ok(Met::New),
        (None, Some(_)) => return Err(Apart { core: true, gateway: false }),
        (Some(_), None) => return Err(Apart { core: false, gateway: true }),
        (Some(one), Some(other)) if one != other => return Err(Apart::STRANGERS),
        (Some(_), Some(_)) => {}
    }
    let beyond = seen.pair == core.pair;
    let apart = Apart {
        core: core.own < gateway.other || (beyond && core.own < seen.core),
        gateway: gateway.own < core.other || (beyond && gateway.own < seen.gateway),
    };
    if apart.core || apart.gateway { Err(apart) } else { Ok(Met::Together) }
}

/// The two stores, and what is kept of both where sessions are.
pub struct Pairing {
    core: CoreStore,
    gateway: Arc<GatewayStore>,
    /// Where live sessions are apart from the rows; in the gateway's own file they are restored with it.
    sessions: Option<Sessions>,
    place: SubscriberKey,
    last: Option<((i64, i64), (i64, i64))>,
}

impl Pairing {
    /// Of these.
    pub fn of(
        core: &CoreService,
        stores: &Stores,
        sessions: &SessionsConfig,
        keys: &KeyRing,
        entropy: &Arc<dyn Entropy>,
    ) -> Self {
        let apart = !matches!(sessions, SessionsConfig::Sqlite);
        let sessions = apart.then(|| Sessions::new(Arc::clone(&stores.sessions), keys.clone(), Arc::clone(entropy), 0));
        let (core, gateway) = (core.store().clone(), Arc::clone(&stores.store));
        Self { core, gateway, sessions, place: SubscriberKey::of_marks(keys), last: None }
    }

    /// The marks of core and gateway, and what was seen of both.
    pub async fn marks(&self) -> anyhow::Result<(Marks, Marks, Seen)> {
        let core = self.core.marks().await.context("the core's marks")?;
        let gateway = self.gateway.database().marks().await.context("the gateway's marks")?;
        // Where sessions cannot be reached nobody is served, and readiness says so.
        let loaded = match &self.sessions {
            Some(sessions) => sessions.load_fresh(&self.place).await.ok(),
            None => None,
        };
        let seen = loaded.and_then(|loaded| loaded.plain).and_then(|plain| serde_json::from_slice(&plain).ok());
        Ok((core, gateway, seen.unwrap_or_default()))
    }

    /// Lets stores go on that belong together, and refuses others.
    pub async fn meet(&mut self, entropy: &dyn Entropy, now: Timestamp) -> anyhow::Result<()> {
        let (core, gateway, seen) = self.marks().await?;
        let met = judge(&core, &gateway, &seen).map_err(|apart| anyhow::anyhow!("{apart}"))?;
        if met == Met::New {
            let pair = core.pair.or(gateway.pair).unwrap_or_else(|| new_id(now, entropy).to_string());
            self.gateway.database().join_pair(&pair).await?;
            // Of several that start at once the first has named it.
            let pair = self.gateway.database().marks().await?.pair.unwrap_or(pair);
            self.core.database().join_pair(&pair).await?;
        }
        self.exchange().await
    }

    /// Tells each store how far the other is, where anything was done since. A store's own mark is on the disk before the
    /// other hears it, so that no crash makes one seem older than it is.
    async fn exchange(&mut self) -> anyhow::Result<()> {
        let done = (self.core.activity().await?, self.gateway.activity().await?);
        if self.last == Some(done) {
            return Ok(());
        }
        let core = self.core.database().move_mark().await?;
        self.gateway.database().hear_mark(core).await?;
        let gateway = self.gateway.database().move_mark().await?;
        self.core.database().hear_mark(gateway).await?;
        let seen = Seen { pair: self.core.marks().await?.pair, core, gateway };
        self.keep_seen(&seen).await;
        self.last = Some(done);
        Ok(())
    }

    /// Keeps it beside the sessions, as well as that goes.
    pub async fn keep_seen(&self, seen: &Seen) {
        let Some(sessions) = &self.sessions else { return };
        let Ok(loaded) = sessions.load_fresh(&self.place).await else { return };
        let plain = serde_json::to_vec(seen).unwrap_or_default();
        if let Err(cause) = sessions.store(&self.place, loaded.version, &plain, SEEN_LIFE).await {
            tracing::debug!(cause = %cause, "Marks not kept beside the sessions");
        }
    }

    /// Exchanges until `stop`, and once more then.
    pub async fn run(&mut self, stop: CancellationToken) {
        let mut failing = false;
        loop {
            let last = stop.is_cancelled();
            let told = self.exchange().await;
            match &told {
                Ok(()) => {}
                Err(cause) if !failing => tracing::warn!(cause = %cause, "Marks not exchanged"),
                Err(_) => {}
            }
            failing = told.is_err();
            if last {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }
}

impl Seen {
    /// So far.
    pub fn new(pair: Option<String>, core: i64, gateway: i64) -> Self {
        Self { pair, core, gateway }
    }

    /// The marks to go on from: beyond everything that was heard or seen of either, under one name.
    pub fn beyond(&self, core: &Marks, gateway: &Marks, pair: String, life: String) -> (Marks, Marks) {
        let core_own = core.own.max(gateway.other).max(self.core) + 1;
        let gateway_own = gateway.own.max(core.other).max(self.gateway) + 1;
        let pair = Some(pair);
        (
            Marks { pair: pair.clone(), own: core_own, other: gateway_own, life: core.life.clone() },
            Marks { pair, own: gateway_own, other: core_own, life },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(pair: Option<&str>, own: i64, other: i64) -> Marks {
        Marks { pair: pair.map(str::to_owned), own, other, life: String::new() }
    }

    #[test]
    fn stores_of_one_time_go_on_and_others_do_not() {
        let (core, gateway) = (Apart { core: true, gateway: false }, Apart { core: false, gateway: true });
        let unseen = Seen::default();
        for (of_core, of_gateway, seen, expected) in [
            (marks(None, 0, 0), marks(None, 0, 0), &unseen, Ok(Met::New)),
            (marks(None, 0, 0), marks(Some("a"), 0, 0), &unseen, Ok(Met::New)),
            (marks(Some("a"), 7, 9), marks(Some("a"), 9, 7), &unseen, Ok(Met::Together)),
            // A crash between a mark and its being heard.
            (marks(Some("a"), 8, 9), marks(Some("a"), 9, 7), &unseen, Ok(Met::Together)),
            (marks(Some("a"), 6, 9), marks(Some("a"), 9, 7), &unseen, Err(core)),
            (marks(Some("a"), 7, 9), marks(Some("a"), 8, 7), &unseen, Err(gateway)),
            (marks(None, 0, 0), marks(Some("a"), 9, 7), &unseen, Err(core)),
            (marks(Some("a"), 7, 9), marks(None, 0, 0), &unseen, Err(gateway)),
            (marks(Some("a"), 7, 9), marks(Some("b"), 9, 7), &unseen, Err(Apart::STRANGERS)),
            // Both were restored, of one time; the sessions were not.
            (
                marks(Some("a"), 7, 9),
                marks(Some("a"), 9, 7),
                &Seen::new(Some("a".into()), 8, 10),
                Err(Apart::STRANGERS),
            ),
            (marks(Some("a"), 7, 9), marks(Some("a"), 9, 7), &Seen::new(Some("b".into()), 8, 10), Ok(Met::Together)),
        ] {
            assert_eq!(judge(&of_core, &of_gateway, seen), expected, "{of_core:?} {of_gateway:?} {seen:?}");
            let (of_core, of_gateway) = seen.beyond(&of_core, &of_gateway, "a".to_owned(), "b".to_owned());
            assert_eq!(judge(&of_core, &of_gateway, seen), Ok(Met::Together), "gone on with");
        }
    }
}
