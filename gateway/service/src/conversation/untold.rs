//! What a phone must still be told: notices whose texts ended and may not have arrived (X09).
//!
//! The words go to the number that the text was for, as the text would have, and nowhere else.

use super::Conversations;
use super::turn::Turn;
use crate::store::{SubscriberKey, UntoldText};
use crate::values;
use dayaq_core_api::{Args, Notice};
use dayaq_dialog::{Book, Effect, Form, Language, News, render_notice};
use dayaq_smpp::ussd::{UssdEvent, UssdInbound};
use jiff::SignedDuration;
use std::time::Duration;
use tracing::warn;

/// How long after its text was written a notice is told.
const TOLD_WITHIN: SignedDuration = SignedDuration::from_hours(UntoldText::TOLD_DAYS.cast_signed() * 24);
/// Notices that are told at once, the newest first.
const MOST: u32 = 3;
/// How long a phone that dials waits for them to be looked up: they are worth no lost screen.
const PATIENCE: Duration = Duration::from_millis(200);

impl Conversations {
    /// What the phone of a conversation that begins is told first, in its language; nothing where the store is slow.
    pub(super) async fn untold(&self, key: &SubscriberKey, book: &Book, language: Language) -> Vec<News> {
        let since = self.clock.now().checked_sub(TOLD_WITHIN).unwrap_or_default();
        let found = tokio::time::timeout(PATIENCE, self.store.untold_texts(key, since, MOST)).await;
        match found {
            Ok(Ok(texts)) => texts.iter().map(|text| news(text, book, language)).collect(),
            Ok(Err(cause)) => {
                warn!(cause = %cause, "What a phone was not told is not known");
                Vec::new()
            }
            Err(_) => {
                warn!("What a phone was not told is not known in time");
                Vec::new()
            }
        }
    }

    /// Gives a turn that begins a session what its phone is told first.
    pub(super) async fn bring_news(&self, turn: &mut Turn<'_>, inbound: &UssdInbound) {
        if inbound.event == UssdEvent::Begin {
            turn.news = self.untold(&turn.key, &turn.book, turn.envelope.dialog.spoken()).await;
        }
    }

    /// Notes what these effects of a shown page have told to its end. A fault here costs nothing but that it is told
    /// once more.
    pub(super) async fn note_told(&self, turn: &Turn<'_>, effects: &[Effect]) {
        let told: Vec<_> = effects
            .iter()
            .filter_map(|effect| if let Effect::Told { id } = effect { id.parse().ok() } else { None })
            .collect();
        if told.is_empty() {
            return;
        }
        metrics::counter!("dayaq_news_told_total").increment(told.len() as u64);
        if let Err(cause) = self.store.texts_told(&told).await {
            warn!(carrier = turn.name(), cause = %cause, "What was told is not noted");
        }
    }
}

/// A notice in the words of today's language; where it cannot be put into them, as it was sent.
fn news(text: &UntoldText, book: &Book, language: Language) -> News {
    let notice = serde_json::from_str::<Notice>(text.notice.expose()).ok();
    let (key, args) = match &notice {
        Some(notice) => (notice.key(), notice.args()),
        // The gateway's own are kept by their key alone.
        None => (text.notice.expose().as_str(), Args::new()),
    };
    let words = render_notice(book, key, &values::from_core(&args), language, Form::Proper);
    News { id: text.id.to_string(), text: words.unwrap_or_else(|_| text.words.expose().clone()) }
}
