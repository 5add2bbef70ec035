//! Texts that people write to us: taken once, answered by texts.

use super::address::number;
use super::doubt::Taken;
use super::envelope::Envelope;
use super::recall::{Brings, Recalled};
use super::texting::{TextTurn, Texting, instant, print};
use super::turn::{CONFLICTS_MAX, Turn, UNREADABLE};
use super::way::{Line, Way};
use super::{Conversations, Voice};
use crate::link::{Arrival, BindHandle};
use crate::push::Reply;
use crate::store::{StoreError, SubscriberKey};
use crate::values;
use dayaq_dialog::{Effect, Input};
use dayaq_smpp::CommandStatus;
use dayaq_smpp::concat::{Added, Limits, UserData, shift, user_data};
use dayaq_smpp::receipt::{Receipt, claimed, is_of_a_person};
use dayaq_types::{Clock, Msisdn, new_id};
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
    pub(super) async fn text_message(&self, arrival: &Arrival, voice: &Voice) {
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
        if !self.has_room(arrival, key, limiter) {
            return;
        }
        self.links().entry(Arc::clone(&arrival.bind.name)).or_insert_with(|| arrival.bind.clone());
        let (print, now) = (print(&voice.name, &arrival.message), self.clock.now());
        let again = self.flights.begin(key, print, now, self.clock.monotonic());
        let _passage = self.turnstile.enter(key).await;
        self.counters.turns.increment(1);
        let text = Text { print, at: now, again };
        let turn = self.text_turn(arrival, voice, msisdn, key, &text);
        let done = self.guarded(&arrival.bind.name, &self.counters.sms_seconds, turn).await;
        if let Err(cause) = &done {
            warn!(bind = %arrival.bind.name, cause = %cause, "Text not taken, the operator brings it again");
        }
        self.flights.end(key, print, done.is_err(), self.clock.monotonic());
        match done {
            Ok(reply) => arrival.respond_with(CommandStatus::ROK, reply),
            Err(_) => arrival.respond(CommandStatus::RX_T_APPN),
        }
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
        &self,
        arrival: &Arrival,
        voice: &Voice,
        msisdn: Msisdn,
        key: SubscriberKey,
        text: &Text,
    ) -> Result<Option<Uuid>, StoreError> {
        let id = new_id(text.at, &*self.entropy);
        let mut loaded = self.load(&key).await?;
        let mut seen = None;
        for _ in 0..CONFLICTS_MAX {
            let Recalled { envelope, revived, ahead } = self.recall(&key, &loaded, seen, |_| Brings::Text).await?;
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
                ahead,
                answered: false,
                news: Vec::new(),
            };
            let remembered = self.lives(&turn).then_some(turn.version);
            self.forget_kept(&mut turn.envelope.texting, text.at).await?;
            let repeated = self.repeated(&turn.envelope.texting, arrival, text).await?;
            let taking = match repeated {
                Some(at) => self.take_again(&mut turn, arrival, text, id, at).await?,
                None => self.take_text(&mut turn, arrival, voice, text, id, revived).await?,
            };
            if let Some((id, words)) = &taking.told {
                turn.envelope.texting.owe(*id, &arrival.message.destination, words.clone(), text.at);
            }
            match self.save(&mut turn).await? {
                None => {
                    if revived && repeated.is_none() {
                        self.note_revived(&turn);
                    }
                    self.flights.take(key, text.print);
                    self.tell_incomplete(&mut turn, text.at).await?;
                    if !turn.envelope.texting.parts().sets.is_empty() {
                        self.give_up_later(arrival, msisdn, key);
                    }
                    let reply = turn.envelope.texting.reply_to(text.print);
                    self.finish(turn, taking).await?;
                    return Ok(reply);
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

    /// Takes a text that was taken before, the one at that place. It has no second effect, and its writer is not left
    /// without an answer: a reply that is still to be sent is the answer, and where the phone may have read that one
    /// already, the text may be a new one after all; then the question that stands is sent again.
    async fn take_again(
        &self,
        turn: &mut Turn<'_>,
        arrival: &Arrival,
        text: &Text,
        id: Uuid,
        at: usize,
    ) -> Result<Taking, StoreError> {
        let before = turn.envelope.texting.take_again(at, self.taken(arrival, text, None));
        let standing = turn.envelope.texting.turn.clone();
        let (Some(Taken { turn: Some(of), at: since, .. }), Some(standing)) = (before, standing) else {
            // A part: what it completes, if anything, is answered by itself.
            self.counters.mo_duplicates.increment(1);
            return Ok(Taking::default());
        };
        if standing.shown.is_none() && of == standing.id {
            // The process that took it ended while it asked the core: it is taken again, by the same call.
            let effects = self.advance(turn, Input::Text(UNREADABLE));
            return Ok(Taking { effects, ..Taking::default() });
        }
        self.counters.mo_duplicates.increment(1);
        let radio = turn.envelope.radio.as_ref().map(|radio| radio.live);
        if standing.shown.is_none() || radio == Some(true) {
            // The core's answer is the next word, or the screen that the phone shows.
            return Ok(Taking::default());
        }
        if !self.may_be_read(&turn.key, &standing, since, text).await? {
            return Ok(Taking { standing: Some(standing), ..Taking::default() });
        }
        metrics::counter!("dayaq_questions_repeated_total").increment(1);
        turn.envelope.texting.leads_to(at, id);
        if !standing.by_notice && radio.is_none() {
            turn.envelope.texting.turn = Some(standing.asked_again(id));
            self.charge(turn);
            return Ok(Taking { standing: turn.envelope.texting.turn.clone(), ..Taking::default() });
        }
        // What was said last is no question: the way on is shown.
        turn.envelope.texting.turn = Some(TextTurn::new(id, &arrival.message.destination, false));
        turn.envelope.radio = None;
        let effects = self.advance(turn, Input::Open { dialled: "" });
        self.charge(turn);
        Ok(Taking { effects, ..Taking::default() })
    }

    /// Takes a text that is no repeat.
    async fn take_text(
        &self,
        turn: &mut Turn<'_>,
        arrival: &Arrival,
        voice: &Voice,
        text: &Text,
        id: Uuid,
        revived: bool,
    ) -> Result<Taking, StoreError> {
        let now = self.steady.now();
        let given_up = turn.envelope.texting.expire(&turn.key, now, &self.part_limits);
        let part = self.taken(arrival, text, None);
        match hear(voice, arrival, &turn.key, &mut turn.envelope, now, &self.part_limits) {
            Heard::Text(typed) => {
                let told = self.owed(turn, given_up);
                let effects = self.answer_text(turn, text, id, (&typed, revived)).await?;
                return Ok(Taking { effects, told, standing: None });
            }
            Heard::Part => turn.envelope.texting.take(part),
            Heard::Receipt(receipt) => {
                // Recorded before the parts are let go: what is brought again is recorded again.
                self.receive_claim(voice, &receipt, &turn.key).await?;
                turn.envelope.texting.take(part);
            }
            Heard::TooLong(refused) => {
                turn.envelope.texting.take(part);
                return Ok(Taking { told: self.owed(turn, refused.or(given_up)), ..Taking::default() });
            }
        }
        Ok(Taking { told: self.owed(turn, given_up), ..Taking::default() })
    }

    /// Does what a saved turn asks for; for a repeat, once more what it asked for then, which has its effect once.
    async fn finish(&self, turn: Turn<'_>, taking: Taking) -> Result<(), StoreError> {
        match taking.standing {
            Some(text) => self.reply(&turn, &text).await,
            None => self.carry_out(turn, taking.effects).await,
        }
    }

    /// Keeps a reply as a text to be sent, under its turn's id: however often it is kept, it goes out once.
    pub(super) async fn reply(&self, turn: &Turn<'_>, text: &TextTurn) -> Result<(), StoreError> {
        if let Some(on) = text.reminders {
            self.keep_reminders(&turn.key, on).await?;
        }
        let Some(words) = text.shown.as_ref().filter(|_| !text.by_notice) else { return Ok(()) };
        self.add_reply(turn, (text.id, true), &text.service(), words).await
    }

    /// Keeps the texts that say that something did not come whole. The session remembers them until they surely are.
    pub(super) async fn tell_incomplete(&self, turn: &mut Turn<'_>, now: Timestamp) -> Result<(), StoreError> {
        for owed in turn.envelope.texting.owed(now) {
            self.add_reply(turn, (owed.id, false), &owed.service(), &owed.words).await?;
        }
        Ok(())
    }

    pub(super) async fn forget_kept(&self, texting: &mut Texting, now: Timestamp) -> Result<(), StoreError> {
        let mut kept = Vec::new();
        for owed in texting.owed(now) {
            if self.store.has_text(owed.id).await? {
                kept.push(owed.id);
            }
        }
        texting.settle(&kept);
        Ok(())
    }

    pub(super) async fn add_reply(
        &self,
        turn: &Turn<'_>,
        (id, question): (Uuid, bool),
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
            question,
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

    /// The letters for this phone: its own wish, or else what the network carries.
    pub(super) async fn form_of(&self, key: &SubscriberKey, voice: &Voice) -> Result<dayaq_dialog::Form, StoreError> {
        let profile = self.store.profile(key).await?;
        Ok(match profile.and_then(|profile| profile.form) {
            Some(crate::store::Form::Plain) => dayaq_dialog::Form::Plain,
            Some(crate::store::Form::Proper) | None => voice.profile.form,
        })
    }

    pub(super) fn taken(&self, arrival: &Arrival, text: &Text, turn: Option<Uuid>) -> Taken {
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

    pub(super) fn links(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, BindHandle>> {
        self.links.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// A delivered text: what it is known by, when it came, and since when one like it may have been brought again.
pub(super) struct Text {
    pub print: u64,
    pub at: Timestamp,
    pub again: Option<Timestamp>,
}

/// What is to follow once a text's turn is saved.
#[derive(Default)]
struct Taking {
    /// What the dialogue asks for.
    effects: Vec<Effect>,
    /// The text that says that something was given up, under its id, where one is owed.
    told: Option<(Uuid, String)>,
    /// The turn of before whose reply is the answer.
    standing: Option<TextTurn>,
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
            match envelope.texting.add_piece(&piece, message.data_coding, instant(now), limits) {
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
