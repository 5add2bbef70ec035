//! From a notice to a text with its segments.

use super::{Hours, Sender, validity};
use crate::config::FlashRule;
use crate::conversation::Flash;
use crate::store::{Form, GatewayStore, NewText, StoreError, SubscriberKey};
use crate::values;
use dayaq_core_api::{Args, LeasedNotice, NoticeClass};
use dayaq_dialog::{Book, NoticeError, render_flash, render_notice};
use dayaq_text::SplitError;
use dayaq_types::seal::KeyRing;
use dayaq_types::{Language, Msisdn, Pii};
use jiff::Timestamp;
use std::sync::Arc;
use uuid::Uuid;

/// How notices become texts.
pub struct Wording {
    /// The words.
    pub book: Arc<Book>,
    /// Language, form and operator of each phone.
    pub store: Arc<GatewayStore>,
    /// Under which a phone is looked up.
    pub keys: KeyRing,
    /// The operators; a phone never heard of goes through the first.
    pub operators: Vec<WordingOperator>,
    /// Beginnings of the numbers that are ever sent to (G09).
    pub destinations: Vec<String>,
    /// At which hours notices go out.
    pub hours: Hours,
}

/// What wording needs to know of an operator.
pub struct WordingOperator {
    /// Its name.
    pub name: String,
    /// Which letters its network carries.
    pub form: dayaq_dialog::Form,
    /// How it writes texts.
    pub sender: Sender,
    /// Which notices its phones are shown on the screen first.
    pub flashes: Vec<FlashRule>,
}

/// Something to tell a phone, from the core or from the gateway itself.
pub(super) struct Told<'t> {
    pub id: Uuid,
    pub core_fence: u64,
    pub msisdn: Msisdn,
    pub language: Language,
    pub class: NoticeClass,
    pub key: &'t str,
    pub args: Args,
    pub record: String,
}

/// Why a notice became no text.
#[derive(Debug, thiserror::Error)]
pub enum WordingError {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The words are missing or want another argument.
    #[error(transparent)]
    Words(#[from] NoticeError),
    /// The text cannot be cut into segments.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The number is not one that is sent to.
    #[error("the destination is not allowed")]
    Destination,
    /// No operator is configured.
    #[error("there is no operator")]
    NoOperator,
}

impl Wording {
    /// Puts a leased notice into words for the phone's operator and cuts it.
    pub(super) async fn text(&self, leased: &LeasedNotice, now: Timestamp) -> Result<NewText, WordingError> {
        let told = Told {
            id: leased.id,
            core_fence: leased.fence,
            msisdn: leased.msisdn,
            language: leased.language,
            class: leased.notice.class(),
            key: leased.notice.key(),
            args: leased.notice.args(),
            record: serde_json::to_string(&leased.notice).unwrap_or_default(),
        };
        self.compose(told, now).await
    }

    /// What is shown of a notice on the phone's screen ahead of its text, where the operator is told to.
    pub(super) async fn flash(&self, leased: &LeasedNotice, text: &NewText) -> Result<Option<Flash>, StoreError> {
        let key = leased.notice.key();
        let Some(operator) = self.operators.iter().find(|operator| operator.name == text.operator) else {
            return Ok(None);
        };
        let Some(rule) = operator.flashes.iter().find(|rule| rule.notice == key) else { return Ok(None) };
        let profile = self.store.profile(&text.subscriber).await?.unwrap_or_default();
        let form = match profile.form {
            Some(Form::Plain) => dayaq_dialog::Form::Plain,
            Some(Form::Proper) | None => operator.form,
        };
        let args = values::from_core(&leased.notice.args());
        let language = values::to_dialog_language(text.language);
        // The text itself was written with the same arguments.
        let words = render_flash(&self.book, key, &args, language, form).ok().flatten();
        let (operator, opens) = (operator.name.clone(), rule.opens.clone());
        Ok(Some(Flash { msisdn: text.msisdn, operator, language: text.language, words, opens }))
    }

    /// Finds the phone's language, form and operator, and writes the text.
    pub(super) async fn compose(&self, told: Told<'_>, now: Timestamp) -> Result<NewText, WordingError> {
        let digits = told.msisdn.digits();
        if !self.destinations.iter().any(|prefix| digits.starts_with(prefix.as_str())) {
            return Err(WordingError::Destination);
        }
        let subscriber = SubscriberKey::of(&self.keys, &told.msisdn);
        let profile = self.store.profile(&subscriber).await?.unwrap_or_default();
        let language = profile.language.unwrap_or(told.language);
        let known = profile.operator.and_then(|name| self.operators.iter().find(|o| o.name == name));
        let operator = known.or(self.operators.first()).ok_or(WordingError::NoOperator)?;
        let form = match profile.form {
            Some(Form::Plain) => dayaq_dialog::Form::Plain,
            Some(Form::Proper) | None => operator.form,
        };
        let args = values::from_core(&told.args);
        let words = render_notice(&self.book, told.key, &args, values::to_dialog_language(language), form)?;
        let segments = operator.sender.cut(&words, told.id)?;
        let not_before = self.hours.earliest(told.class, now);
        Ok(NewText {
            id: told.id,
            core_fence: told.core_fence,
            subscriber,
            msisdn: told.msisdn,
            class: told.class,
            operator: operator.name.clone(),
            language,
            notice: Pii::new(told.record),
            matters: true,
            question: false,
            words: Pii::new(words),
            segments: segments.iter().map(|body| Pii::new(body.encode())).collect(),
            not_before,
            expires_at: not_before + validity::of(told.class),
        })
    }
}
