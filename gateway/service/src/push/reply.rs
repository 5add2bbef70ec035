//! Replies by SMS: what a dialogue says to somebody who wrote.

use super::herald::OWN_FENCE;
use super::segment::SegmentBody;
use super::{Sender, validity};
use crate::store::{NewText, SubscriberKey};
use dayaq_core_api::NoticeClass;
use dayaq_smpp::Address;
use dayaq_text::SplitError;
use dayaq_types::{Language, Msisdn, Pii};
use jiff::Timestamp;
use uuid::Uuid;

/// What is told of a reply to whoever asks after texts: that it is one.
const RECORD: &str = "reply";

/// A reply, not yet cut.
pub(crate) struct Reply<'r> {
    /// Made for the turn that it answers, so that adding it again adds nothing.
    pub id: Uuid,
    pub subscriber: SubscriberKey,
    pub msisdn: Msisdn,
    /// The number that was written to: the reply comes from there, so that it can be answered.
    pub service: Address,
    /// The operator over which it came.
    pub operator: &'r str,
    pub language: Language,
    pub words: &'r str,
    /// Whether a later one of the phone makes it void: a dialogue's question.
    pub question: bool,
}

impl Sender {
    /// Cuts a reply into segments.
    pub(crate) fn reply(&self, reply: &Reply<'_>, now: Timestamp) -> Result<NewText, SplitError> {
        let segments = self.cut(reply.words, reply.id)?;
        let body = |body: SegmentBody| Pii::new(body.from(reply.service).encode());
        Ok(NewText {
            id: reply.id,
            core_fence: OWN_FENCE,
            subscriber: reply.subscriber,
            msisdn: reply.msisdn,
            class: NoticeClass::Reply,
            operator: reply.operator.to_owned(),
            language: reply.language,
            notice: Pii::new(RECORD.to_owned()),
            matters: false,
            question: reply.question,
            words: Pii::new(reply.words.to_owned()),
            segments: segments.into_iter().map(body).collect(),
            not_before: now,
            expires_at: now + validity::REPLY,
        })
    }
}
