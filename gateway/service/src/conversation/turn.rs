//! One turn: load, step, save, answer, show.

use super::address::number;
use super::carrier::Carrier;
use super::envelope::{Envelope, Radio, Shown};
use super::order::{Standing, brings, judge};
use super::recall::Recalled;
use super::reports::is_in_parts;
use super::way::{Line, Way};
use super::{Conversations, Voice};
use crate::config::ResponseOrder;
use crate::link::Arrival;
use crate::store::{Loaded, Saved, StoreError, SubscriberKey, Version};
use crate::values;
use dayaq_core_api::Channel;
use dayaq_dialog::{Book, Effect, Input, Moment, News, Step, Surface, neutral_end, step};
use dayaq_smpp::CommandStatus;
use dayaq_smpp::receipt::report;
use dayaq_smpp::ussd::{UssdEvent, UssdInbound, UssdReadError};
use dayaq_types::{Clock, Msisdn, new_id};
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::Duration;
use tracing::{debug, warn};

/// How often a turn is stepped again over somebody else's write.
pub(super) const CONFLICTS_MAX: usize = 8;
/// How long a turn tries to reach the session store before the phone is let go: with a last try, a save that fails twice and
/// the look for its language it hears so within two seconds (C02).
pub(super) const STORE_PATIENCE: Duration = Duration::from_millis(1_100);
/// The pause between two such tries.
pub(super) const STORE_PAUSE: Duration = Duration::from_millis(100);
/// How long a phone that is let go waits for its language to be looked up.
pub(super) const PROFILE_PATIENCE: Duration = Duration::from_millis(100);
/// How many calls one turn may make: a dialogue with more in a row has a fault.
const CALLS_MAX: usize = 4;

/// A turn on its way: who, from where, and what has been saved.
pub(super) struct Turn<'t> {
    pub carrier: &'t Carrier,
    pub way: Way<'t>,
    pub msisdn: Msisdn,
    pub key: SubscriberKey,
    pub book: Arc<Book>,
    pub envelope: Envelope,
    pub version: Version,
    /// What the profile holds as far as the session knows: language and operator.
    pub known: (Option<dayaq_dialog::Language>, Option<String>),
    /// Whether a draft was held before this step.
    pub held: bool,
    /// Whether what is in safe keeping of the draft is older than the session.
    pub ahead: bool,
    pub answered: bool,
    /// What the phone is told first, should a conversation begin with this turn.
    pub news: Vec<News>,
}

impl Conversations {
    /// Takes one delivered message to its end.
    pub(super) async fn handle(self: &Arc<Self>, arrival: &Arrival) {
        let Some(voice) = self.voices.get(arrival.bind.operator) else {
            arrival.respond(CommandStatus::RSYSERR);
            return;
        };
        // Before anything else: an SMSC may write a receipt under the service type of dialogues, with or without a mark.
        if let Some(report) = report(&arrival.message) {
            self.report(arrival, voice, report).await;
            return;
        }
        let dialect = &voice.profile.dialect;
        if !dialect.concerns(&arrival.message) || is_in_parts(&arrival.message) {
            self.text_message(arrival, voice).await;
            return;
        }
        arrival.note_oddities(dialect);
        let (inbound, fault) = match dialect.read(&arrival.message) {
            Ok(inbound) => (inbound, None),
            Err(cause) => {
                debug!(bind = %arrival.bind.name, cause = %cause, "USSD turn not understood");
                self.counters.unreadable.increment(1);
                // Where it says whose turn it is, the phone that waits is let go.
                let Ok(inbound) = dialect.read_address(&arrival.message) else {
                    arrival.respond(CommandStatus::RX_P_APPN);
                    return;
                };
                self.counters.faulty_ops.increment(1);
                (inbound, Some(cause))
            }
        };
        self.counters.of(inbound.event).increment(1);
        if inbound.event == UssdEvent::Notified {
            arrival.respond(CommandStatus::ROK);
            return;
        }
        let Some(msisdn) = number(&inbound.from) else {
            self.counters.unreadable.increment(1);
            arrival.respond(CommandStatus::RINVSRCADR);
            return;
        };
        let key = SubscriberKey::of(&self.keys, &msisdn);
        if !self.has_room(arrival, key, &self.limiter) {
            return;
        }
        let departure = self.departed.note(key, &inbound);
        let passage = self.turnstile.enter(key).await;
        self.counters.turns.increment(1);
        let turn = self.turn(arrival, voice, &inbound, fault, msisdn, key);
        if let Err(cause) = self.guarded(&arrival.bind.name, &self.counters.ussd_seconds, turn).await {
            warn!(bind = %arrival.bind.name, cause = %cause, "Turn not saved");
            self.let_go(arrival, voice, &inbound, &key).await;
        }
        // Before the next turn of the phone begins: it may be of a session with the same name.
        drop(departure);
        drop(passage);
    }

    async fn turn(
        &self,
        arrival: &Arrival,
        voice: &Voice,
        inbound: &UssdInbound,
        fault: Option<UssdReadError>,
        msisdn: Msisdn,
        key: SubscriberKey,
    ) -> Result<(), StoreError> {
        let mut loaded = self.load(&key).await?;
        let mut seen = None;
        let rule = &voice.profile.dialect.session;
        for _ in 0..CONFLICTS_MAX {
            let brings = |envelope: &Envelope| brings(envelope, &voice.name, inbound, rule);
            let Recalled { envelope, revived, ahead } = self.recall(&key, &loaded, seen, brings).await?;
            let book = self.books.of(envelope.dialog.book()).await?;
            let known = (envelope.dialog.language(), envelope.operator().map(str::to_owned));
            let version = loaded.version;
            let held = envelope.dialog.holds_draft(&book);
            let mut turn = Turn {
                carrier: voice,
                way: Way::Ussd(Line { arrival, voice, again: false }, inbound),
                msisdn,
                key,
                book,
                envelope,
                version,
                known,
                held,
                ahead,
                answered: false,
                news: Vec::new(),
            };
            let remembered = self.lives(&turn).then_some(version);
            let standing = match fault {
                Some(_) if turn.envelope.belongs(&voice.name, inbound) => Standing::WrongOp,
                Some(UssdReadError::NoOp | UssdReadError::TwoOps) => Standing::Stray,
                Some(_) => {
                    // It may be anything: a phone that waits for nothing must not be shown an end.
                    arrival.respond(CommandStatus::RX_P_APPN);
                    return Ok(());
                }
                None if revived && inbound.event == UssdEvent::Continue => Standing::Revived,
                None => judge(&turn.envelope, &voice.name, inbound, rule),
            };
            // What is remembered may be behind the store, and no save will find that out.
            if loaded.cached
                && standing.saves_nothing()
                && let Ok(fresh) = self.sessions.load_fresh(&key).await
            {
                loaded = fresh;
                continue;
            }
            let effects = match standing {
                Standing::Again if self.repeat(&mut turn).await => return Ok(()),
                Standing::Due | Standing::Again | Standing::Revived => {
                    self.bring_news(&mut turn, inbound).await;
                    self.step(&mut turn, inbound, standing)
                }
                Standing::Past => {
                    self.counters.repeats.increment(1);
                    turn.answer(ResponseOrder::AfterReply);
                    return Ok(());
                }
                Standing::Stray => {
                    self.stray(&mut turn, inbound, fault).await;
                    return Ok(());
                }
                Standing::OutOfSequence | Standing::WrongOp => self.break_off(&mut turn, inbound),
            };
            match self.save(&mut turn).await? {
                None => {
                    self.note_taken(&turn, standing, revived, fault.is_some());
                    return self.carry_out(turn, effects).await;
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

    /// Counts a turn that was taken, by how it stood. What could not be read has been counted as it came.
    pub(super) fn note_taken(&self, turn: &Turn<'_>, standing: Standing, revived: bool, unread: bool) {
        match standing {
            Standing::OutOfSequence => self.counters.faulty_sequences.increment(1),
            Standing::WrongOp if !unread => self.counters.faulty_ops.increment(1),
            Standing::WrongOp
            | Standing::Due
            | Standing::Again
            | Standing::Revived
            | Standing::Past
            | Standing::Stray => {}
        }
        if revived {
            self.note_revived(turn);
        }
    }

    /// A turn that was saved before: its reply is sent again, byte for byte. `false` where there is none yet,
    /// because the process that took the turn ended while it asked the core; then it is taken again.
    pub(super) async fn repeat(&self, turn: &mut Turn<'_>) -> bool {
        let Some(shown) = turn.envelope.radio.as_ref().and_then(|radio| radio.shown.clone()) else { return false };
        self.counters.repeats.increment(1);
        if let Way::Ussd(line, _) = &mut turn.way {
            line.again = true;
        }
        turn.answer(ResponseOrder::BeforeReply);
        // A screen is only handed to its bind, which cannot fail.
        let _ = self.show(turn, &shown).await;
        turn.answer(ResponseOrder::AfterReply);
        true
    }

    /// A turn of a radio session that is not the live one: an answer is let go politely, an end says nothing. The live
    /// session and the answers are not touched.
    pub(super) async fn stray(&self, turn: &mut Turn<'_>, inbound: &UssdInbound, fault: Option<UssdReadError>) {
        // An end of a session that is over already is nobody's fault: it may have crossed ours.
        if fault.is_none() && inbound.event == UssdEvent::Continue {
            self.counters.stray_turns.increment(1);
        }
        turn.answer(ResponseOrder::BeforeReply);
        if inbound.event == UssdEvent::Continue {
            self.counters.neutral_ends.increment(1);
            let form = turn.carrier.surface().form;
            let text = neutral_end(&turn.book, Some(turn.envelope.dialog.spoken()), form);
            // A screen is only handed to its bind, which cannot fail.
            let _ = self.show(turn, &Shown { text, ends: true }).await;
        }
        turn.answer(ResponseOrder::AfterReply);
    }

    /// Ends the radio session with the neutral words, and touches nothing else: what the person meant is not known, and
    /// the answers are offered again on the next dial.
    pub(super) fn break_off(&self, turn: &mut Turn<'_>, inbound: &UssdInbound) -> Vec<Effect> {
        self.counters.neutral_ends.increment(1);
        turn.envelope.radio = Some(Radio::after(&turn.carrier.name, inbound, turn.envelope.radio.as_ref()));
        let text = neutral_end(&turn.book, Some(turn.envelope.dialog.spoken()), turn.carrier.surface().form);
        turn.note(Shown { text: text.clone(), ends: true });
        vec![Effect::Reply { text, ends: true }]
    }

    /// Steps the dialogue by what the phone or the network did; the reply is put into the envelope.
    pub(super) fn step(&self, turn: &mut Turn<'_>, inbound: &UssdInbound, standing: Standing) -> Vec<Effect> {
        turn.envelope.radio = Some(Radio::after(&turn.carrier.name, inbound, turn.envelope.radio.as_ref()));
        let typed = inbound.text.as_deref().unwrap_or(UNREADABLE);
        let dialled = match typed {
            "" => format!("*{}#", inbound.code),
            rest => format!("*{}*{rest}#", inbound.code),
        };
        let input = match inbound.event {
            UssdEvent::Begin => Input::Open { dialled: &dialled },
            UssdEvent::Continue if standing == Standing::Revived => Input::Stale(typed),
            UssdEvent::Continue => Input::Text(typed),
            UssdEvent::Abort => Input::Aborted,
            UssdEvent::Timeout | UssdEvent::Notified => Input::TimedOut,
        };
        self.advance(turn, input)
    }

    /// One step of the engine over the turn's session.
    pub(super) fn advance(&self, turn: &mut Turn<'_>, input: Input<'_>) -> Vec<Effect> {
        let now = self.steady.now();
        let fresh_draft = new_id(self.clock.now(), &*self.entropy).to_string();
        let draft_kept = SignedDuration::try_from(self.store.draft_life()).unwrap_or(SignedDuration::MAX);
        let moment = Moment { surface: turn.surface(), now, fresh_draft: &fresh_draft, draft_kept, news: &turn.news };
        let Step { session, effects } = step(&turn.book, turn.envelope.dialog.clone(), input, &moment);
        turn.envelope.dialog = session;
        Self::count_draft(turn, &effects);
        for effect in &effects {
            match effect {
                Effect::Reply { text, ends } => turn.note(Shown { text: text.clone(), ends: *ends }),
                Effect::Reminders { on } => {
                    if let Some(text) = &mut turn.envelope.texting.turn {
                        text.reminders = Some(*on);
                    }
                }
                Effect::Call { .. }
                | Effect::SetLanguage(_)
                | Effect::Checkpoint { .. }
                | Effect::Told { .. }
                | Effect::Ended => {}
            }
        }
        effects
    }

    /// Saves the envelope over the version that was loaded; gives what is there now where somebody was first.
    pub(super) async fn save(&self, turn: &mut Turn<'_>) -> Result<Option<Loaded>, StoreError> {
        let plain = turn.envelope.encode();
        match self.sessions.store(&turn.key, turn.version, &plain, self.life(turn)).await? {
            Saved::Written(version) => {
                turn.version = version;
                Ok(None)
            }
            Saved::Conflict(current) => Ok(Some(current)),
        }
    }

    /// Does what a saved step asks for, calls and all.
    pub(super) async fn carry_out(&self, mut turn: Turn<'_>, mut effects: Vec<Effect>) -> Result<(), StoreError> {
        let (begun, mut safe) = (self.clock.monotonic(), true);
        for _ in 0..=CALLS_MAX {
            turn.answer(ResponseOrder::BeforeReply);
            // A store that was not there a moment ago is not waited for again.
            safe = safe && self.keep_safe(&mut turn, &effects).await;
            let call = effects.iter().find(|effect| matches!(effect, Effect::Call { .. })).cloned();
            let Some(Effect::Call { id, operation, args, draft }) = call else { break };
            let spent = self.clock.monotonic().saturating_sub(begun);
            effects = self.call(&mut turn, &id, &operation, &args, &draft, spent).await;
            // The core has spoken; whatever becomes of this save, the person hears it. Should it fail, the same call
            // with the same id follows on the next dial and has the same answer.
            match self.save(&mut turn).await {
                Ok(None) => {}
                Ok(Some(_)) => self.counters.conflicts.increment(1),
                Err(cause) => warn!(carrier = turn.name(), cause = %cause, "Outcome shown but not saved"),
            }
        }
        if let Some(Effect::Reply { text, ends }) = effects.iter().rev().find(|e| matches!(e, Effect::Reply { .. })) {
            let left = self.show(&mut turn, &Shown { text: text.clone(), ends: *ends }).await?;
            if left {
                self.note_told(&turn, &effects).await;
            }
        }
        turn.answer(ResponseOrder::AfterReply);
        Ok(())
    }

    /// Sends the reply back the way the turn came, and says whether it has left. A text is kept in the store, which may
    /// fail.
    async fn show(&self, turn: &mut Turn<'_>, shown: &Shown) -> Result<bool, StoreError> {
        let (language, now) = (Some(turn.envelope.dialog.spoken()), self.clock.monotonic());
        match &turn.way {
            Way::Ussd(_, inbound) if self.departed.has(&turn.key, inbound) => {
                self.counters.departed.increment(1);
                return Ok(false);
            }
            Way::Ussd(line, inbound) => match line.voice.screen(inbound, &shown.text, language, shown.ends) {
                Ok(message) if line.again => {
                    let answer = (!turn.answered).then_some(CommandStatus::ROK);
                    turn.answered = true;
                    line.arrival.show_again(message, now, answer).await;
                }
                Ok(message) if turn.answered => line.arrival.show(message, now).await,
                Ok(message) => {
                    turn.answered = true;
                    line.arrival.show_and_respond(message, now, CommandStatus::ROK).await;
                }
                Err(cause) => {
                    warn!(bind = turn.name(), cause = %cause, "Screen not written");
                    return Ok(false);
                }
            },
            Way::Push(line, begun) => match line.voice.push(begun, &shown.text, language, shown.ends) {
                Ok(message) => line.arrival.push(message, now).await,
                Err(cause) => {
                    warn!(bind = turn.name(), cause = %cause, "Screen not pushed");
                    return Ok(false);
                }
            },
            Way::Call(answer) => answer.leave(shown),
            Way::Sms { .. } => {
                if let Some(text) = &turn.envelope.texting.turn {
                    self.reply(turn, text).await?;
                }
            }
        }
        // Where no bind stands it waits for one, and may be too late then.
        Ok(turn.way.stands())
    }

    /// The session cannot be had: the phone is let go politely, and its answers stay where they are.
    async fn let_go(&self, arrival: &Arrival, voice: &Voice, inbound: &UssdInbound, key: &SubscriberKey) {
        self.counters.neutral_ends.increment(1);
        let waits = matches!(inbound.event, UssdEvent::Begin | UssdEvent::Continue);
        if waits && !self.departed.has(key, inbound) {
            // The language is remembered beside the session, too, and is not worth a long wait.
            let profile = tokio::time::timeout(PROFILE_PATIENCE, self.store.profile(key)).await;
            let profile = profile.unwrap_or(Ok(None)).unwrap_or_default();
            let language = profile.and_then(|profile| profile.language).map(values::to_dialog_language);
            let text = neutral_end(self.books.current(), language, voice.surface().form);
            if let Ok(message) = voice.screen(inbound, &text, language, true) {
                arrival.show(message, self.clock.monotonic()).await;
            }
        }
        arrival.respond(CommandStatus::ROK);
    }
}

/// What is fed to the engine for input that is no text at all: it answers with its polite screen.
pub(super) const UNREADABLE: &str = "\u{0}";

impl Turn<'_> {
    fn note(&mut self, shown: Shown) {
        match (&self.way, &mut self.envelope.radio, &mut self.envelope.texting.turn) {
            (Way::Ussd(..) | Way::Push(..) | Way::Call(_), Some(radio), _) => {
                radio.live &= !shown.ends;
                radio.shown = Some(shown);
            }
            (Way::Sms { .. }, _, Some(text)) => text.shown = Some(shown.text),
            (Way::Ussd(..) | Way::Push(..) | Way::Call(_), None, _) | (Way::Sms { .. }, _, None) => {}
        }
    }

    /// What fits where the reply goes.
    pub(super) fn surface(&self) -> &Surface {
        match &self.way {
            Way::Ussd(..) | Way::Push(..) | Way::Call(_) => self.carrier.surface(),
            Way::Sms { surface, .. } => surface,
        }
    }

    /// How the core is told that it came.
    pub(super) fn channel(&self) -> Channel {
        match self.way {
            Way::Ussd(..) | Way::Push(..) | Way::Call(_) => Channel::Ussd,
            Way::Sms { .. } => Channel::Sms,
        }
    }

    /// Where it came from, for logs: a bind or an aggregator.
    pub(super) fn name(&self) -> &str {
        match &self.way {
            Way::Ussd(line, _) | Way::Push(line, _) | Way::Sms { line, .. } => &line.arrival.bind.name,
            Way::Call(_) => &self.carrier.name,
        }
    }

    /// Answers the deliver_sm once, where the operator wants it in relation to the reply.
    fn answer(&mut self, when: ResponseOrder) {
        // A text is answered by who took it, once its reply is kept; a call by its screen.
        let Way::Ussd(line, _) = self.way else { return };
        let due = line.voice.profile.response == when || when == ResponseOrder::AfterReply;
        if due && !self.answered {
            self.answered = true;
            line.arrival.respond(CommandStatus::ROK);
        }
    }
}
