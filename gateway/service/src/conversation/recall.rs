//! What is known of a phone as its turn begins, and whether that is older than what the phone answers to.
//!
//! A store of sessions may come back from an older copy, lose its last writes with its master, or start empty. The draft's
//! own version, in the gateway store, decides: a session that has seen fewer goes on where its draft is. Inside a section
//! it is the version that this gateway remembers, the life of the store that wrote the session, and the operator's turn
//! numbers that tell. What was typed is then no answer, and the present question is asked again.
//!
//! INVARIANT: a draft that was handed in or thrown away is never offered again, whatever session comes back: it leaves
//! its version.

use super::Conversations;
use super::envelope::{Envelope, Unread};
use super::patience::within;
use super::turn::{STORE_PATIENCE, STORE_PAUSE, Turn};
use crate::store::{KeptDraft, Loaded, StoreError, SubscriberKey, Version};
use crate::values;
use dayaq_dialog::Session;
use dayaq_types::new_id;
use std::time::Duration;
use tracing::{error, warn};

/// How long a session lives that holds nothing worth keeping: longer than any network keeps a dialogue, any operator
/// brings a turn again, or an aggregator's request could be taken.
pub(super) const BARE_LIFE: Duration = Duration::from_mins(15);
/// How long a phone that dials waits for its draft's version to be looked up.
const PATIENCE: Duration = Duration::from_millis(200);

/// What a turn brings, as far as it tells how old a session may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brings {
    /// The begin of a session: it answers nothing.
    Begin,
    /// The next turn of the radio session by the operator's count, or the last once more: the session is the right one.
    Next,
    /// The next turn of the radio session, where nothing is counted or the count has a gap.
    Answer,
    /// A turn of another radio session, or an end.
    Other,
    /// A text.
    Text,
}

/// What is known of a phone.
pub(super) struct Recalled {
    pub envelope: Envelope,
    /// Whether it is older than what the phone was shown last.
    pub revived: bool,
    /// Whether what is in safe keeping is older than this.
    pub ahead: bool,
}

impl Conversations {
    /// Loads the session, with patience: Redis may be failing over at this moment.
    pub(super) async fn load(&self, key: &SubscriberKey) -> Result<Loaded, StoreError> {
        let start = self.clock.monotonic();
        loop {
            match self.sessions.load(key).await {
                Ok(loaded) => return Ok(loaded),
                Err(cause) if self.clock.monotonic().saturating_sub(start) >= STORE_PATIENCE => return Err(cause),
                Err(_) => tokio::time::sleep(STORE_PAUSE).await,
            }
        }
    }

    /// The stored envelope; else one from the draft in safe keeping; else a new one in the language remembered.
    pub(super) async fn envelope(&self, key: &SubscriberKey, loaded: &Loaded) -> Result<Envelope, StoreError> {
        match loaded.plain.as_deref().map(Envelope::decode) {
            Some(Ok(envelope)) => return Ok(envelope),
            Some(Err(unread)) => self.note_unread(unread),
            None => {}
        }
        let mut envelope = self.draft_as_session(key, within(self.store.kept_draft(key)).await?).await?;
        envelope.life = loaded.life;
        Ok(envelope)
    }

    /// What is known of a phone, and how that stands to what its turn brings. `seen` is the version over which the turn
    /// could not be saved, as long as that session lives.
    pub(super) async fn recall(
        &self,
        key: &SubscriberKey,
        loaded: &Loaded,
        seen: Option<Version>,
        brings: impl Fn(&Envelope) -> Brings,
    ) -> Result<Recalled, StoreError> {
        let behind = seen.is_some_and(|seen| loaded.version.falls_behind(seen));
        let Some(mut envelope) = loaded.plain.as_deref().and_then(|plain| Envelope::decode(plain).ok()) else {
            let envelope = self.envelope(key, loaded).await?;
            return Ok(Recalled { envelope, revived: behind, ahead: false });
        };
        let brings = brings(&envelope);
        let elsewhere = envelope.life.zip(loaded.life).is_some_and(|(written, now)| written != now);
        envelope.life = loaded.life.or(envelope.life);
        // A session without its number was written by an older program.
        let numbered = envelope.kept.is_some();
        let kept = match brings {
            Brings::Begin => self.kept_in_time(key).await,
            Brings::Text => within(self.store.kept_draft(key)).await?,
            Brings::Next if numbered => None,
            Brings::Answer if numbered && !behind && !elsewhere && (loaded.cached || loaded.life.is_some()) => None,
            Brings::Next | Brings::Answer | Brings::Other => self.kept_in_time(key).await,
        };
        let version = kept.as_ref().map_or(0, |kept| kept.version);
        let had = *envelope.kept.get_or_insert(version);
        if version > had && brings != Brings::Next {
            let language = envelope.dialog.language();
            // What was written and what an aggregator brought is still known; the radio session was another one.
            let fresh = self.draft_as_session(key, kept).await?;
            (envelope.dialog, envelope.kept, envelope.radio) = (fresh.dialog, fresh.kept, None);
            if envelope.dialog.language().is_none() && language.is_some() {
                envelope.dialog = self.session(language);
            }
            return Ok(Recalled { envelope, revived: true, ahead: false });
        }
        let revived = match brings {
            Brings::Begin | Brings::Next => false,
            Brings::Answer | Brings::Text => behind || elsewhere,
            Brings::Other => behind,
        };
        Ok(Recalled { envelope, revived, ahead: kept.is_some() && version < had })
    }

    /// Notes a session that opens and cannot be read: the draft in safe keeping takes its place. While versions of the
    /// program change, one of another form is nobody's fault.
    fn note_unread(&self, unread: Unread) {
        match unread {
            Unread::OtherForm(form) => {
                warn!(
                    form,
                    "A stored session has the form of another version of this program; the draft takes its place"
                );
            }
            Unread::Damaged => {
                self.counters.quarantined.increment(1);
                error!("A stored session opens and cannot be read; the draft takes its place");
            }
        }
    }

    /// Notes that a turn over a session that came back older has been taken.
    pub(super) fn note_revived(&self, turn: &Turn<'_>) {
        self.counters.revived.increment(1);
        warn!(carrier = turn.name(), "A session came back older than its phone; the draft decides");
    }

    /// How long the session of a turn lives: minutes where nothing of it would be missed. What was just chosen or given
    /// up is kept until it is known to be in safe keeping.
    pub(super) fn life(&self, turn: &Turn<'_>) -> Duration {
        let dialog = &turn.envelope.dialog;
        let held = turn.held || dialog.holds_draft(&turn.book);
        let chosen = dialog.language() != turn.known.0;
        let longest = self.store.draft_life();
        if held || chosen || turn.ahead || !turn.envelope.texting.is_empty() { longest } else { longest.min(BARE_LIFE) }
    }

    /// Whether the session that a turn begins with has not come to its end meanwhile, as far as our clock tells.
    pub(super) fn lives(&self, turn: &Turn<'_>) -> bool {
        let age = self.clock.now().duration_since(turn.envelope.dialog.updated_at());
        turn.version != Version::ABSENT && Duration::try_from(age).map_or(true, |age| age < self.life(turn))
    }

    /// What stands in the way of a save, with the life of the store that has it.
    pub(super) async fn reread(&self, key: &SubscriberKey, current: Loaded) -> Loaded {
        self.sessions.load_fresh(key).await.unwrap_or(current)
    }

    /// A draft in safe keeping as a session.
    async fn draft_as_session(&self, key: &SubscriberKey, kept: Option<KeptDraft>) -> Result<Envelope, StoreError> {
        let version = kept.as_ref().map_or(0, |kept| kept.version);
        let dialog = kept.and_then(|kept| kept.plain).and_then(|plain| match serde_json::from_slice(&plain) {
            Ok(dialog) => Some(dialog),
            Err(cause) => {
                self.counters.quarantined.increment(1);
                // Its own words may quote what was answered.
                error!(
                    line = cause.line(),
                    column = cause.column(),
                    "A kept draft opens and cannot be read; it is given up"
                );
                None
            }
        });
        let dialog = match dialog {
            Some(dialog) => dialog,
            None => {
                let profile = within(self.store.profile(key)).await?;
                self.session(profile.and_then(|profile| profile.language).map(values::to_dialog_language))
            }
        };
        let mut envelope = Envelope::new(dialog);
        envelope.kept = Some(version);
        Ok(envelope)
    }

    /// A new session of the dialogues in force.
    fn session(&self, language: Option<dayaq_dialog::Language>) -> Session {
        let now = self.clock.now();
        let draft = new_id(now, &*self.entropy).to_string();
        Session::new(&draft, language, self.books.current(), now)
    }

    /// What is in safe keeping; nothing where the store is slow, for the session is all there is then.
    async fn kept_in_time(&self, key: &SubscriberKey) -> Option<KeptDraft> {
        match tokio::time::timeout(PATIENCE, self.store.kept_draft(key)).await {
            Ok(Ok(kept)) => kept,
            Ok(Err(cause)) => {
                warn!(cause = %cause, "The version of a draft is not known");
                None
            }
            Err(_) => {
                warn!("The version of a draft is not known in time");
                None
            }
        }
    }
}
