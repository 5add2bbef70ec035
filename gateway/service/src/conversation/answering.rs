//! What a text is answered: the dialogue's own reply, or, to a phone that has had its share, a last word or nothing.

use super::Conversations;
use super::sms::Text;
use super::tally::Due;
use super::texting::TextTurn;
use super::turn::Turn;
use super::way::Way;
use crate::store::{Profile, StoreError, SubscriberKey};
use dayaq_dialog::{Effect, Input, Saying, Whereabouts, say};
use uuid::Uuid;

impl Conversations {
    /// Steps the dialogue by a text. Where the phone has had its share, the dialogue stays where it is; a wish about
    /// reminders is heard all the same. Over a session that came back older, what was typed is no answer.
    pub(super) async fn answer_text(
        &self,
        turn: &mut Turn<'_>,
        text: &Text,
        id: Uuid,
        (typed, revived): (&str, bool),
    ) -> Result<Vec<Effect>, StoreError> {
        let Way::Sms { line, .. } = turn.way else { return Ok(Vec::new()) };
        let dialog = turn.envelope.dialog.clone();
        let mut begun = TextTurn::new(id, &line.arrival.message.destination, dialog.is_waiting());
        let texting = &mut turn.envelope.texting;
        texting.operator = Some(line.voice.name.clone());
        let stood = texting.turn.replace(begun.clone());
        turn.news = self.untold(&turn.key, &turn.book, dialog.spoken()).await;
        let input = if revived { Input::Stale(typed) } else { Input::Text(typed) };
        let effects = self.advance(turn, input);
        let (from, to) = (dialog.whereabouts(), turn.envelope.dialog.whereabouts());
        // What the core has answered since is no answer of the person.
        let to = Whereabouts { answers: to.answers.filter(|answers| from.answers != Some(*answers)), ..to };
        let replied = stood.as_ref().and_then(|stood| stood.shown.as_deref());
        let due = turn.envelope.texting.tally.judge(typed, replied, to, text.at, self.share);
        let reminders = effects.iter().find_map(|effect| match effect {
            Effect::Reminders { on } => Some(*on),
            Effect::Reply { .. }
            | Effect::Call { .. }
            | Effect::SetLanguage(_)
            | Effect::Checkpoint { .. }
            | Effect::Told { .. }
            | Effect::Ended => None,
        });
        match due {
            Due::Reply => {
                // A screen that still stands somewhere is answered no more: there is one conversation.
                turn.envelope.radio = None;
                turn.envelope.texting.take(self.taken(line.arrival, text, Some(id)));
                self.charge(turn);
                Ok(effects)
            }
            Due::Warning(saying) => {
                self.counters.warned.increment(1);
                turn.envelope.dialog = dialog;
                let words = say(&turn.book, saying, Some(turn.envelope.dialog.spoken()), turn.surface());
                let texting = &mut turn.envelope.texting;
                (begun.shown, begun.reminders) = (Some(words.clone()), reminders);
                texting.turn = Some(begun);
                texting.take(self.taken(line.arrival, text, Some(id)));
                self.charge(turn);
                Ok(vec![Effect::Reply { text: words, ends: false }])
            }
            Due::Silence => {
                self.counters.unanswered.increment(1);
                (turn.envelope.dialog, turn.envelope.texting.turn) = (dialog, stood);
                turn.envelope.texting.take(self.taken(line.arrival, text, None));
                if let Some(on) = reminders {
                    self.keep_reminders(&turn.key, on).await?;
                }
                Ok(Vec::new())
            }
        }
    }

    /// What a phone hears of a text that it has to write again, of which this is the id: nothing, once it has had its
    /// share.
    pub(super) fn owed(&self, turn: &mut Turn<'_>, id: Option<Uuid>) -> Option<(Uuid, String)> {
        let (id, now) = (id?, self.clock.now());
        let Way::Sms { line, .. } = turn.way else { return None };
        let saying = match turn.envelope.texting.tally.judge_incomplete(now, self.share) {
            Due::Reply => Saying::Incomplete,
            Due::Warning(saying) => saying,
            Due::Silence => return None,
        };
        let words = say(&turn.book, saying, Some(turn.envelope.dialog.spoken()), turn.surface());
        turn.envelope.texting.tally.charge(self.segments(line.arrival.bind.operator, &words), 0, now);
        Some((id, words))
    }

    /// Charges the phone's day for the reply that the turn has by now, in place of the one before.
    pub(super) fn charge(&self, turn: &mut Turn<'_>) {
        let Way::Sms { line, .. } = turn.way else { return };
        let (texting, operator) = (&mut turn.envelope.texting, line.arrival.bind.operator);
        let Some(text) = &mut texting.turn else { return };
        let words = text.shown.as_deref().filter(|_| !text.by_notice);
        let segments = words.map_or(0, |words| self.segments(operator, words));
        texting.tally.charge(segments, std::mem::replace(&mut text.charged, segments), self.clock.now());
    }

    fn segments(&self, operator: usize, words: &str) -> u32 {
        self.senders.get(operator).map_or(0, |sender| sender.segments(words))
    }

    /// Keeps a person's wish to have reminders or not.
    pub(super) async fn keep_reminders(&self, key: &SubscriberKey, on: bool) -> Result<(), StoreError> {
        let profile = self.store.profile(key).await?.unwrap_or_default();
        self.store.save_profile(key, &Profile { reminders_stopped: !on, ..profile }).await
    }
}
