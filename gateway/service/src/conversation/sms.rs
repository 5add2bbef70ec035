//! Texts that people write to us: taken once, answered by texts.

use super::address::number;
use super::doubt::{Fate, Taken, is_repeat};
use super::envelope::Envelope;
use super::texting::{TextTurn, Texting, instant, print};
use super::turn::{CONFLICTS_MAX, STORE_PATIENCE, Turn, UNREADABLE};
use super::way::{Line, Way};
use super::{Conversations, Voice};
use crate::link::{Arrival, BindHandle};
use crate::push::Reply;
use crate::store::{Profile, StoreError, SubscriberKey};
use crate::values;
use dayaq_dialog::{Effect, Input, Saying, say};
use dayaq_smpp::CommandStatus;
use dayaq_smpp::concat::{Added, Limits, UserData, shift, user_data};
use dayaq_smpp::receipt::{Receipt, claimed, is_of_a_person};
use dayaq_types::{Msisdn, new_id};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard};
use tracing::warn;
use uuid::Uuid;

/// The type of number of a sender that is a name.
const ALPHANUMERIC: u8 = 5;

/// What a delivered text gives to the dialogue.
enum Heard {
    /// This text, or the sign of one that cannot be read.
    Text(String),
    /// A part; others are still to come.
    Part,
    /// A receipt, of which the last part has come: it is recorded and not answered.
    Receipt(Receipt),
    /// More than we take: it has to be written again, as the person is told by the text of that id, once.
    TooLong(Option<Uuid>),
}

impl Conversations {
    /// A message that is neither a USSD turn nor a receipt: something that a person wrote.
    pub(super) async fn text_message(self: &Arc<Self>, arrival: &Arrival, voice: &Voice) {
        self.counters.texts_in.increment(1);
        let Some(msisdn) = self.writer(arrival) else {
            self.counters.texts_ignored.increment(1);
            arrival.respond(CommandStatus::ROK);
            return;
        };
        let key = SubscriberKey::of(&self.keys, &msisdn);
        let limiter = match user_data(&arrival.message) {
            Ok(UserData::Piece(_)) => &self.parts_limiter,
            Ok(UserData::Whole(_)) | Err(_) => &self.limiter,
        };
        if !limiter.admit(key, self.clock.monotonic()) {
            self.counters.limited.increment(1);
            arrival.respond(CommandStatus::ROK);
            return;
        }
        self.links().entry(Arc::clone(&arrival.bind.name)).or_insert_with(|| arrival.bind.clone());
        let (print, now) = (print(&voice.name, &arrival.message), self.clock.now());
        let again = self.flights.begin(key, print, now, self.clock.monotonic());
        let _passage = self.turnstile.enter(key).await;
        self.counters.turns.increment(1);
        let text = Text { print, at: now, again };
        let done = self.text_turn(arrival, voice, msisdn, key, &text).await;
        if let Err(cause) = &done {
            warn!(bind = %arrival.bind.name, cause = %cause, "Text not taken, the operator brings it again");
        }
        self.flights.end(key, print, done.is_err(), self.clock.monotonic());
        arrival.respond(if done.is_ok() { CommandStatus::ROK } else { CommandStatus::RX_T_APPN });
    }

    /// The person who wrote; `None` for a name, a short code, a foreign number, or what is no writing at all: nobody
    /// there waits for an answer, and it would be paid for (F08, G09).
    fn writer(&self, arrival: &Arrival) -> Option<Msisdn> {
        let from = &arrival.message.source;
        if !is_of_a_person(&arrival.message) || from.ton == ALPHANUMERIC {
            return None;
        }
        let digits = number(from)?;
        self.destinations.iter().any(|own| digits.digits().starts_with(own.as_str())).then_some(digits)
    }

    async fn text_turn(
        self: &Arc<Self>,
        arrival: &Arrival,
        voice: &Voice,
        msisdn: Msisdn,
        key: SubscriberKey,
        text: &Text,
    ) -> Result<(), StoreError> {
        let id = new_id(text.at, &*self.entropy);
        let mut loaded = self.load(&key).await?;
        for _ in 0..CONFLICTS_MAX {
            let envelope = self.envelope(&key, &loaded).await?;
            let book = self.books.of(envelope.dialog.book()).await?;
            let surface = voice.sms_surface(self.form_of(&key, voice).await?);
            let held = envelope.dialog.holds_draft(&book);
            let mut turn = Turn {
                carrier: voice,
                way: Way::Sms { line: Line { arrival, voice, again: false }, surface },
                msisdn,
                key,
                book,
                known: (envelope.dialog.language(), envelope.operator().map(str::to_owned)),
                envelope,
                version: loaded.version,
                held,
                answered: false,
                news: Vec::new(),
            };
            let taken = self.taken(arrival, text, Some(id));
            let unanswered = self.unanswered(&turn.envelope.texting, text).await?;
            let repeats =
                |taken: &Taken| self.repeats(taken, arrival, text) || unanswered.is_some() && taken.turn == unanswered;
            let found = turn.envelope.texting.find(text.print, repeats).map(|known| {
                let of = known.turn;
                *known = Taken { turn: of, ..taken.clone() };
                of
            });
            let repeat = found.is_some();
            let standing = turn.envelope.texting.turn.clone().filter(|turn| found == Some(Some(turn.id)));
            let mut effects = Vec::new();
            let mut told = None;
            match (repeat, &standing) {
                (true, Some(TextTurn { shown: None, .. })) => {
                    // The process that took it ended while it asked the core: it is taken again, by the same call.
                    effects = self.advance(&mut turn, Input::Text(UNREADABLE));
                }
                (true, _) => self.counters.mo_duplicates.increment(1),
                (false, _) => (effects, told) = self.take_text(&mut turn, arrival, voice, text, id).await?,
            }
            match self.save(&mut turn).await? {
                None => {
                    self.flights.take(key, text.print);
                    if let Some(id) = told {
                        self.tell_incomplete(&turn, id, &arrival.message.destination).await?;
                    }
                    if turn.envelope.texting.parts().sets.is_empty() {
                        return self.finish(turn, effects, standing).await;
                    }
                    self.give_up_later(arrival, voice, msisdn, key);
                    return self.finish(turn, effects, standing).await;
                }
                Some(current) => {
                    self.counters.conflicts.increment(1);
                    loaded = current;
                }
            }
        }
        Err(StoreError::Timeout(STORE_PATIENCE))
    }

    /// Takes a text that is no repeat. Gives what the dialogue asks for, and the id of the text that says that something
    /// was given up, where one is owed.
    async fn take_text(
        &self,
        turn: &mut Turn<'_>,
        arrival: &Arrival,
        voice: &Voice,
        text: &Text,
        id: Uuid,
    ) -> Result<(Vec<Effect>, Option<Uuid>), StoreError> {
        let told = turn.envelope.texting.expire(&turn.key, text.at, &self.part_limits);
        let part = self.taken(arrival, text, None);
        match hear(voice, arrival, &turn.key, &mut turn.envelope, text.at, &self.part_limits) {
            Heard::Text(typed) => {
                let asks_again = turn.envelope.dialog.is_waiting();
                turn.envelope.texting.take(self.taken(arrival, text, Some(id)));
                turn.envelope.texting.turn = Some(TextTurn::new(id, &arrival.message.destination, asks_again));
                turn.envelope.texting.operator = Some(voice.name.clone());
                // A screen that still stands somewhere is answered no more: there is one conversation.
                turn.envelope.radio = None;
                turn.news = self.untold(&turn.key, &turn.book, turn.envelope.dialog.spoken()).await;
                return Ok((self.advance(turn, Input::Text(&typed)), told));
            }
            Heard::Part => turn.envelope.texting.take(part),
            Heard::Receipt(receipt) => {
                // Recorded before the parts are let go: what is brought again is recorded again.
                self.receive_claim(voice, &receipt, &turn.key).await?;
                turn.envelope.texting.take(part);
            }
            Heard::TooLong(refused) => {
                turn.envelope.texting.take(part);
                return Ok((Vec::new(), refused.or(told)));
            }
        }
        Ok((Vec::new(), told))
    }

    /// Does what a saved turn asks for; for a repeat, once more what it asked for then, which has its effect once.
    async fn finish(&self, turn: Turn<'_>, effects: Vec<Effect>, standing: Option<TextTurn>) -> Result<(), StoreError> {
        match standing {
            Some(text) if text.shown.is_some() => self.reply(&turn, &text).await,
            Some(_) | None => self.carry_out(turn, effects).await,
        }
    }

    /// Keeps a reply as a text to be sent, under its turn's id: however often it is kept, it goes out once.
    pub(super) async fn reply(&self, turn: &Turn<'_>, text: &TextTurn) -> Result<(), StoreError> {
        if let Some(on) = text.reminders {
            let profile = self.store.profile(&turn.key).await?.unwrap_or_default();
            self.store.save_profile(&turn.key, &Profile { reminders_stopped: !on, ..profile }).await?;
        }
        let Some(words) = text.shown.as_ref().filter(|_| !text.by_notice) else { return Ok(()) };
        self.add_reply(turn, text.id, &text.service(), words).await
    }

    async fn tell_incomplete(
        &self,
        turn: &Turn<'_>,
        id: Uuid,
        service: &dayaq_smpp::Address,
    ) -> Result<(), StoreError> {
        let words = say(&turn.book, Saying::Incomplete, Some(turn.envelope.dialog.spoken()), turn.surface());
        self.add_reply(turn, id, service, &words).await
    }

    async fn add_reply(
        &self,
        turn: &Turn<'_>,
        id: Uuid,
        service: &dayaq_smpp::Address,
        words: &str,
    ) -> Result<(), StoreError> {
        let reply = Reply {
            id,
            subscriber: turn.key,
            msisdn: turn.msisdn,
            service: *service,
            operator: &turn.carrier.texts,
            language: values::from_dialog_language(turn.envelope.dialog.spoken()),
            words,
        };
        let Way::Sms { line, .. } = &turn.way else { return Ok(()) };
        let Some(sender) = self.senders.get(line.arrival.bind.operator) else { return Ok(()) };
        match sender.reply(&reply, self.clock.now()) {
            Ok(text) => {
                self.store.add_text(&text).await?;
                self.wake.notify_one();
            }
            Err(cause) => warn!(bind = turn.name(), cause = %cause, "Reply not cut"),
        }
        Ok(())
    }

    /// Looks after the parts once their time is over, so that the person hears of it without writing again. A process
    /// that ends before leaves it to the next text.
    fn give_up_later(self: &Arc<Self>, arrival: &Arrival, voice: &Voice, msisdn: Msisdn, key: SubscriberKey) {
        let conversations = Arc::downgrade(self);
        let (arrival, voice) = (arrival.clone(), voice.clone());
        let wait = self.part_limits.lifetime;
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            let Some(conversations) = conversations.upgrade() else { return };
            let _passage = conversations.turnstile.enter(key).await;
            if let Err(cause) = conversations.give_up(&arrival, &voice, msisdn, key).await {
                warn!(cause = %cause, "Parts not given up");
            }
        });
    }

    pub(super) async fn give_up(
        &self,
        arrival: &Arrival,
        voice: &Voice,
        msisdn: Msisdn,
        key: SubscriberKey,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let loaded = self.load(&key).await?;
        let mut envelope = self.envelope(&key, &loaded).await?;
        let Some(id) = envelope.texting.expire(&key, now, &self.part_limits) else { return Ok(()) };
        let book = self.books.of(envelope.dialog.book()).await?;
        let surface = voice.sms_surface(self.form_of(&key, voice).await?);
        let known = (envelope.dialog.language(), envelope.operator().map(str::to_owned));
        let (way, version) = (Way::Sms { line: Line { arrival, voice, again: false }, surface }, loaded.version);
        let held = envelope.dialog.holds_draft(&book);
        let (carrier, answered, news) = (voice, true, Vec::new());
        let mut turn = Turn { carrier, way, msisdn, key, book, envelope, version, known, held, answered, news };
        // Whoever wins the save tells the person; a loser leaves it to the winner.
        if self.save(&mut turn).await?.is_none() {
            self.tell_incomplete(&turn, id, &arrival.message.destination).await?;
        }
        Ok(())
    }

    /// The letters for this phone: its own wish, or else what the network carries.
    async fn form_of(&self, key: &SubscriberKey, voice: &Voice) -> Result<dayaq_dialog::Form, StoreError> {
        let profile = self.store.profile(key).await?;
        Ok(match profile.and_then(|profile| profile.form) {
            Some(crate::store::Form::Plain) => dayaq_dialog::Form::Plain,
            Some(crate::store::Form::Proper) | None => voice.profile.form,
        })
    }

    fn taken(&self, arrival: &Arrival, text: &Text, turn: Option<Uuid>) -> Taken {
        Taken {
            print: text.print,
            at: text.at,
            run: self.run,
            bind: arrival.bind.name.to_string(),
            connection: arrival.connection,
            sequence_number: Some(arrival.sequence_number),
            turn,
        }
    }

    fn repeats(&self, taken: &Taken, arrival: &Arrival, text: &Text) -> bool {
        if text.again.is_some_and(|since| taken.at >= since) {
            return true;
        }
        let same = taken.run == self.run && taken.bind == *arrival.bind.name && taken.connection == arrival.connection;
        let bound = arrival.bind.history().bound_at(arrival.connection);
        !same && is_repeat(taken, self.fate(taken), bound, text.at)
    }

    /// The last turn, where this text is like the one that led to it and another process took that without keeping its
    /// reply: then it was never acknowledged, and its process ended there.
    async fn unanswered(&self, texting: &Texting, text: &Text) -> Result<Option<Uuid>, StoreError> {
        let Some(turn) = texting.turn.as_ref().filter(|turn| !turn.by_notice) else { return Ok(None) };
        if !texting.elsewhere(text.print, turn.id, self.run, text.at) || self.store.has_text(turn.id).await? {
            return Ok(None);
        }
        Ok(Some(turn.id))
    }

    fn links(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, BindHandle>> {
        self.links.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn fate(&self, taken: &Taken) -> Fate {
        if taken.run != self.run {
            return Fate::Before(self.started);
        }
        let links = self.links();
        let lost = links
            .get(taken.bind.as_str())
            .and_then(|bind| bind.history().lost_at(taken.connection, taken.sequence_number));
        lost.map_or(Fate::Past, Fate::Lost)
    }
}

/// A delivered text: what it is known by, when it came, and since when one like it may have been brought again.
struct Text {
    print: u64,
    at: Timestamp,
    again: Option<Timestamp>,
}

/// Puts parts together and letters into a text.
fn hear(
    voice: &Voice,
    arrival: &Arrival,
    key: &SubscriberKey,
    envelope: &mut Envelope,
    now: Timestamp,
    limits: &Limits,
) -> Heard {
    let (message, codings) = (&arrival.message, &voice.profile.sms.codings);
    let read = match user_data(message) {
        Ok(UserData::Whole(octets)) => {
            arrival.note_stray_nuls(codings.stray_nuls(message.data_coding, octets));
            codings.decode(message.data_coding, [(octets, shift(message))])
        }
        Ok(UserData::Piece(piece)) => {
            let mut parts = envelope.texting.parts();
            let added = parts.add(&piece, message.data_coding, instant(now), limits);
            envelope.texting.keep_parts(&parts);
            match added {
                Added::Complete(joined) => {
                    arrival.note_stray_nuls(codings.stray_nuls(message.data_coding, joined.octets()));
                    match claimed(joined.octets()) {
                        Some(receipt) => return Heard::Receipt(receipt),
                        None => codings.decode(message.data_coding, joined.runs()),
                    }
                }
                Added::Waiting | Added::Duplicate => return Heard::Part,
                Added::Rejected(_) => {
                    return Heard::TooLong(envelope.texting.refuse(key, &piece, message.data_coding, now));
                }
            }
        }
        Err(_) => return Heard::Text(UNREADABLE.to_owned()),
    };
    Heard::Text(read.unwrap_or_else(|_| UNREADABLE.to_owned()))
}
