//! Turns that aggregators bring by HTTP: the same conversation, with its screen in the answer.
//!
//! INVARIANT: a request that was taken is never taken again. A nonce that comes a second time is either that of the last
//! turn, whose stored reply is given again; or the turn was never saved, and is taken now; or it is refused. Whether it was
//! taken is saved with the turn: of two copies at the same moment one loses the compare-and-set and finds the other.

use super::Conversations;
use super::carrier::Carrier;
use super::envelope::{Envelope, Radio};
use super::order::{Standing, brings, judge};
use super::recall::Recalled;
use super::turn::{CONFLICTS_MAX, PROFILE_PATIENCE, STORE_PATIENCE, STORE_PAUSE, Turn};
use super::way::{Answer, Way};
use crate::config::{Aggregator, CallbackEvent, Holds};
use crate::store::{Claim, StoreError, SubscriberKey};
use crate::values;
use dayaq_dialog::neutral_end;
use dayaq_smpp::Address;
use dayaq_smpp::ussd::{Dialect, SessionInfo, SessionKey, SessionRule, UssdEvent, UssdInbound};
use dayaq_types::Msisdn;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tracing::warn;

/// Nonces of one second that are known.
const NONCES_MAX: usize = 32;
/// Sessions before the last one that are known when a request of theirs comes late.
const GONE_MAX: usize = 8;

/// An aggregator as the conversation knows it.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    carrier: Carrier,
    holds: Holds,
    rule: SessionRule,
}

impl Caller {
    pub(super) fn new(aggregator: &Aggregator) -> Self {
        let (profile, request) = (&aggregator.profile, &aggregator.profile.request);
        let carrier = Carrier {
            name: aggregator.name.clone(),
            texts: aggregator.texts.clone(),
            reply_budget: profile.reply_budget,
            surface: profile.surface.clone(),
        };
        // A turn number has all the bits there are.
        let (sequence_mask, sequence_advance) = (u64::MAX, request.sequence_advance);
        let rule = SessionRule { sequence_mask, sequence_advance, ..Dialect::specification().session };
        Self { carrier, holds: request.holds, rule }
    }
}

/// One request of an aggregator that is known to be its own. It has no `Debug`: all of it is personal.
pub struct Call {
    /// What it says has happened.
    pub event: CallbackEvent,
    /// Whose phone.
    pub msisdn: Msisdn,
    /// The name of the radio session.
    pub session: String,
    /// The service code, without star and hash, where the request tells it.
    pub code: Option<String>,
    /// What was typed: on a begin what was dialled after the code; or every input so far, joined with stars.
    pub text: String,
    /// The turn number.
    pub sequence: Option<u64>,
    /// What makes the request the only one of its kind.
    pub nonce: String,
    /// The body over which the nonce stands.
    pub body: Vec<u8>,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// How long its nonce has to be remembered.
    pub nonce_life: Duration,
}

/// What became of a call.
#[derive(Clone, PartialEq, Eq)]
pub enum Called {
    /// The phone is shown this.
    Shown {
        /// The screen.
        text: String,
        /// Whether it is the last.
        ends: bool,
    },
    /// There is no phone that waits for a screen.
    Silent,
    /// It was taken before, and its reply is history.
    Past,
    /// Its nonce stands over another body.
    Reused,
    /// There is no place for another turn.
    Busy,
    /// Nothing is saved.
    Failed,
}

/// What is stored of a subscriber's last call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Marks {
    /// The aggregator and its session.
    session: Option<(String, SessionPrint)>,
    /// The nonce of the last turn.
    nonce: Option<SessionPrint>,
    /// The latest second in which a turn was signed, since 1970.
    signed_at: i64,
    /// The nonces of the turns that were signed in it.
    nonces: Vec<SessionPrint>,
    /// Every input of the session, where the aggregator sends them all.
    said: String,
    /// Sessions before it.
    gone: Vec<SessionPrint>,
}

/// The first octets of a digest: names may have any length.
type SessionPrint = [u8; 16];

impl Marks {
    fn is_of(&self, name: &str, session: &SessionPrint) -> bool {
        self.session.as_ref().is_some_and(|(of, print)| of == name && print == session)
    }

    fn knows(&self, name: &str, session: &SessionPrint) -> bool {
        self.is_of(name, session) || self.gone.contains(session)
    }

    fn take(&mut self, name: &str, call: &Call) {
        let session = print(&call.session);
        if !self.is_of(name, &session) {
            self.gone.extend(self.session.take().map(|(_, before)| before));
            self.gone.drain(..self.gone.len().saturating_sub(GONE_MAX));
            self.session = Some((name.to_owned(), session));
        }
        let (nonce, second) = (print(&call.nonce), call.signed_at.as_second());
        if second > self.signed_at {
            self.signed_at = second;
            self.nonces.clear();
        }
        if second == self.signed_at && self.nonces.len() < NONCES_MAX {
            self.nonces.push(nonce);
        }
        self.nonce = Some(nonce);
        self.said.clone_from(&call.text);
    }

    /// Whether a call was taken before the last one; `again` says that its nonce is known. What was signed before the
    /// latest second is history in any case.
    fn took(&self, call: &Call, again: bool) -> bool {
        let (nonce, second) = (print(&call.nonce), call.signed_at.as_second());
        let full = self.nonces.len() >= NONCES_MAX;
        self.nonce == Some(nonce)
            || self.nonces.contains(&nonce)
            || again && (second < self.signed_at || second == self.signed_at && full)
    }
}

impl Conversations {
    /// Takes a turn of the aggregator at this place of the configuration, and gives what its phone is shown.
    pub async fn callback(self: &Arc<Self>, aggregator: usize, call: Call) -> Called {
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) if !self.tasks.is_closed() => place,
            Ok(_) | Err(_) => {
                self.counters.shed.increment(1);
                return Called::Busy;
            }
        };
        let conversations = Arc::clone(self);
        // A task of its own: whoever called may hang up while the turn is under way.
        self.counters.under_way.increment(1.0);
        let task = self.tasks.spawn(async move {
            let called = conversations.take_call(aggregator, &call).await;
            conversations.counters.under_way.decrement(1.0);
            drop(place);
            called
        });
        task.await.unwrap_or(Called::Failed)
    }

    async fn take_call(&self, aggregator: usize, call: &Call) -> Called {
        let Some(caller) = self.callers.get(aggregator) else { return Called::Failed };
        let turn = self.claim_and_take(caller, call);
        self.guarded(&caller.carrier.name, &self.counters.http_seconds, turn).await.unwrap_or_else(|cause| {
            warn!(carrier = %caller.carrier.name, cause = %cause, "Turn not saved");
            Called::Failed
        })
    }

    async fn claim_and_take(&self, caller: &Caller, call: &Call) -> Result<Called, StoreError> {
        let key = SubscriberKey::of(&self.keys, &call.msisdn);
        if self.turnstile.is_crowded(&key) {
            self.counters.shed.increment(1);
            return Ok(Called::Busy);
        }
        let again = match self.claim(&caller.carrier.name, call).await? {
            Claim::New => false,
            Claim::Same => true,
            Claim::Other => return Ok(Called::Reused),
        };
        // Whoever sends a request again must not use up the share of its phone.
        if !again && !self.limiter.admit(key, self.clock.monotonic()) {
            self.counters.limited.increment(1);
            return Ok(self.send_off(caller, call, &key).await);
        }
        let _passage = self.turnstile.enter(key).await;
        self.counters.turns.increment(1);
        self.call_turn(caller, call, key, again).await
    }

    async fn call_turn(
        &self,
        caller: &Caller,
        call: &Call,
        key: SubscriberKey,
        again: bool,
    ) -> Result<Called, StoreError> {
        let name = &caller.carrier.name;
        let mut loaded = self.load(&key).await?;
        let mut seen = None;
        let code = self.dialled_code(call.code.as_deref());
        for _ in 0..CONFLICTS_MAX {
            let brings = |envelope: &Envelope| {
                let (inbound, _) = place(caller, call, code.clone(), envelope);
                brings(envelope, name, &inbound, &caller.rule)
            };
            let Recalled { envelope, revived, ahead } = self.recall(&key, &loaded, seen, brings).await?;
            let (inbound, standing) = place(caller, call, code.clone(), &envelope);
            let standing = if is_last(&envelope, name, &inbound, call) {
                Standing::Again
            } else if envelope.marks.took(call, again) {
                Standing::Past
            } else if revived && inbound.event == UssdEvent::Continue {
                Standing::Revived
            } else {
                standing
            };
            // What is remembered may be behind the store, and no save will find that out.
            if loaded.cached
                && standing.saves_nothing()
                && let Ok(fresh) = self.sessions.load_fresh(&key).await
            {
                loaded = fresh;
                continue;
            }
            let book = self.books.of(envelope.dialog.book()).await?;
            let answer = Answer::default();
            let mut turn = Turn {
                carrier: &caller.carrier,
                way: Way::Call(&answer),
                msisdn: call.msisdn,
                key,
                known: (envelope.dialog.language(), envelope.operator().map(str::to_owned)),
                held: envelope.dialog.holds_draft(&book),
                version: loaded.version,
                book,
                envelope,
                ahead,
                answered: true,
                news: Vec::new(),
            };
            let remembered = self.lives(&turn).then_some(turn.version);
            let effects = match standing {
                Standing::Again if self.repeat(&mut turn).await => return Ok(shown(&answer)),
                Standing::Due | Standing::Again | Standing::Revived => {
                    self.bring_news(&mut turn, &inbound).await;
                    self.step(&mut turn, &inbound, standing)
                }
                Standing::Past => {
                    self.counters.repeats.increment(1);
                    return Ok(Called::Past);
                }
                Standing::Stray => {
                    self.stray(&mut turn, &inbound, None).await;
                    return Ok(shown(&answer));
                }
                Standing::OutOfSequence | Standing::WrongOp => self.break_off(&mut turn, &inbound),
            };
            turn.envelope.marks.take(name, call);
            match self.save(&mut turn).await? {
                None => {
                    self.note_taken(&turn, standing, revived, false);
                    self.carry_out(turn, effects).await?;
                    return Ok(shown(&answer));
                }
                Some(current) => {
                    self.counters.conflicts.increment(1);
                    seen = remembered;
                    loaded = self.reread(&key, current).await;
                }
            }
        }
        Err(StoreError::Overtaken(CONFLICTS_MAX))
    }

    /// Claims the nonce, with the patience that loading has.
    async fn claim(&self, name: &str, call: &Call) -> Result<Claim, StoreError> {
        let start = self.clock.monotonic();
        loop {
            match self.sessions.claim(name, &call.nonce, &call.body, call.nonce_life).await {
                Ok(claim) => return Ok(claim),
                Err(cause) if self.clock.monotonic().saturating_sub(start) >= STORE_PATIENCE => return Err(cause),
                Err(_) => tokio::time::sleep(STORE_PAUSE).await,
            }
        }
    }

    /// The neutral last screen for a phone beyond its share; its session and its answers are not touched.
    async fn send_off(&self, caller: &Caller, call: &Call, key: &SubscriberKey) -> Called {
        if matches!(call.event, CallbackEvent::Abort | CallbackEvent::Timeout) {
            return Called::Silent;
        }
        let profile = tokio::time::timeout(PROFILE_PATIENCE, self.store.profile(key)).await;
        let profile = profile.unwrap_or(Ok(None)).unwrap_or_default();
        let language = profile.and_then(|profile| profile.language).map(values::to_dialog_language);
        let text = neutral_end(self.books.current(), language, caller.carrier.surface().form);
        Called::Shown { text, ends: true }
    }

    /// The code that the dialogues know: the caller's, or the first where it is the aggregator's own.
    fn dialled_code(&self, code: Option<&str>) -> String {
        let codes = || self.books.current().codes().filter_map(crate::config::bare_code);
        let known = code.filter(|code| codes().any(|known| known == **code)).map(str::to_owned);
        known.or_else(|| codes().next()).unwrap_or_default()
    }
}

fn shown(answer: &Answer) -> Called {
    answer.take().map_or(Called::Silent, |shown| Called::Shown { text: shown.text, ends: shown.ends })
}

/// Whether the last turn that was taken is this one.
fn is_last(envelope: &Envelope, name: &str, inbound: &UssdInbound, call: &Call) -> bool {
    let live = envelope.radio.as_ref().is_some_and(|radio| radio.is_of(name, inbound));
    live && envelope.marks.nonce == Some(print(&call.nonce))
}

/// A call as a turn of its radio session, and how it stands to what was taken before it.
fn place(caller: &Caller, call: &Call, code: String, envelope: &Envelope) -> (UssdInbound, Standing) {
    let name = &caller.carrier.name;
    let mut inbound = UssdInbound {
        event: UssdEvent::Continue,
        key: SessionInfo::new(print(&call.session)).map_or_else(|_| SessionKey::default(), |info| SessionKey(info.0)),
        session: SessionInfo::default(),
        sequence: call.sequence,
        from: Address::default(),
        to: Address::default(),
        code,
        text: Ok(call.text.clone()),
    };
    let ours = envelope.radio.as_ref().filter(|radio| radio.is_of(name, &inbound));
    inbound.event = match call.event {
        CallbackEvent::Begin => UssdEvent::Begin,
        CallbackEvent::Continue => UssdEvent::Continue,
        CallbackEvent::Abort => UssdEvent::Abort,
        CallbackEvent::Timeout => UssdEvent::Timeout,
        CallbackEvent::Turn if ours.is_some() || envelope.marks.knows(name, &print(&call.session)) => {
            UssdEvent::Continue
        }
        CallbackEvent::Turn => UssdEvent::Begin,
    };
    let standing = match (caller.holds, inbound.event) {
        (Holds::Inputs, UssdEvent::Begin | UssdEvent::Continue) => match unfold(call, ours, &envelope.marks) {
            Ok(typed) => {
                inbound.text = Ok(typed.to_owned());
                judge(envelope, name, &inbound, &caller.rule)
            }
            Err(standing) => {
                let last = call.text.rsplit('*').next().unwrap_or_default();
                inbound.text = Ok(last.to_owned());
                standing
            }
        },
        (Holds::Input | Holds::Inputs, _) => judge(envelope, name, &inbound, &caller.rule),
    };
    (inbound, standing)
}

/// What was typed last, of a text that holds every input of the session. It may hold stars itself: what came before is
/// known, and need not be guessed.
fn unfold<'c>(call: &'c Call, ours: Option<&Radio>, marks: &Marks) -> Result<&'c str, Standing> {
    let (said, text) = (marks.said.as_str(), call.text.as_str());
    let Some(radio) = ours else { return Ok(text) };
    if text == said {
        return Err(Standing::Again);
    }
    if !radio.live {
        return Err(Standing::Stray);
    }
    let follows = |before: &str, after: &'c str| match before {
        "" => Some(after),
        before => after.strip_prefix(before)?.strip_prefix('*'),
    };
    match follows(said, text) {
        Some(typed) => Ok(typed),
        None if text.is_empty() || said.strip_prefix(text).is_some_and(|rest| rest.starts_with('*')) => {
            Err(Standing::Past)
        }
        None => Err(Standing::OutOfSequence),
    }
}

fn print(name: &str) -> SessionPrint {
    let digest = Sha256::digest(name.as_bytes());
    std::array::from_fn(|at| digest[at])
}
