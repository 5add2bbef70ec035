//! A text on its way to a phone: what is asked of the store and what it tells.

use super::{MessageState, SubscriberKey};
use dayaq_core_api::NoticeClass;
use dayaq_types::{Language, Msisdn, Pii};
use jiff::Timestamp;
use uuid::Uuid;

/// A text to be kept until each of its segments has ended.
#[derive(Clone, Debug)]
pub struct NewText {
    /// The notice's id: adding the same text again changes nothing.
    pub id: Uuid,
    /// The fence of the core's lease, for the report.
    pub core_fence: u64,
    /// Whose.
    pub subscriber: SubscriberKey,
    /// To which number.
    pub msisdn: Msisdn,
    /// How it is to be treated.
    pub class: NoticeClass,
    /// Through which operator, by its profile's name.
    pub operator: String,
    /// The language of its words.
    pub language: Language,
    /// What was told, as the gateway wants to find it again (JSON).
    pub notice: Pii<String>,
    /// Whether the phone is told on its screen where the text does not arrive (X09): a notice, not a dialogue's reply.
    pub matters: bool,
    /// Whether it is a dialogue's question, which is not sent late where a later one to its phone is kept.
    pub question: bool,
    /// Its words as rendered; their SHA-256 goes into the report.
    pub words: Pii<String>,
    /// What is sent, one entry per segment, in a form that only the sender reads. At least one.
    pub segments: Vec<Pii<Vec<u8>>>,
    /// Not to be sent before.
    pub not_before: Timestamp,
    /// Not to be sent from then on.
    pub expires_at: Timestamp,
}

/// What a try that failed uses up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Burn {
    /// Nothing: the operator asked for a pause, or nothing was written.
    Nothing,
    /// A try.
    Try,
    /// A try, of those few that a status has which may be final.
    Strike,
}

/// The right to say what becomes of a segment: which one, and under which claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket {
    /// The text.
    pub text: Uuid,
    /// The segment's number, from 1.
    pub number: u32,
    /// The claim's fencing token; a later claim makes it void (D11).
    pub fence: u64,
}

/// A segment claimed for sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedSegment {
    /// The claim.
    pub ticket: Ticket,
    /// How many segments its text has.
    pub of: u32,
    /// Which try this is, from 1; a pause asked for by the operator does not count.
    pub attempt: u32,
    /// How many tries a status has used up that may be final.
    pub strikes: u32,
    /// Whether a copy may already be on the air, so that this is the one resend (A42).
    pub resend: bool,
    /// Whose.
    pub subscriber: SubscriberKey,
    /// To which number.
    pub msisdn: Msisdn,
    /// How it is to be treated.
    pub class: NoticeClass,
    /// When its text was added.
    pub created_at: Timestamp,
    /// Not to be sent from then on.
    pub expires_at: Timestamp,
    /// What is sent.
    pub body: Pii<Vec<u8>>,
}

/// The end of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextEnd {
    /// The operator took every segment.
    Sent {
        /// SHA-256 of the words, in hexadecimal; empty for a reply, which no core asks after.
        text_sha256: String,
        /// How many segments it took.
        segments: u32,
    },
    /// A segment was refused for good.
    Dead {
        /// Why, of the first such segment.
        cause: String,
    },
    /// Its validity ended before the operator took every segment.
    Expired,
    /// A segment was sent twice without an answer.
    Unknown,
}

impl TextEnd {
    /// The word for it in metrics and reports.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Sent { .. } => "sent",
            Self::Dead { .. } => "dead",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }
}

/// A text that has ended and that the core has not yet heard of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedText {
    /// The notice's id.
    pub id: Uuid,
    /// The fence of the core's latest lease.
    pub core_fence: u64,
    /// Its end.
    pub end: TextEnd,
}

/// A text that has ended and may not have arrived, so that its phone is told otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntoldText {
    /// The notice's id.
    pub id: Uuid,
    /// What was told.
    pub notice: Pii<String>,
    /// Its words as they were sent.
    pub words: Pii<String>,
}

impl UntoldText {
    /// So many days after its text was written a notice is told. By then a number may be somebody else's (X08), and the stage of
    /// an application is told to whoever asks from its phone.
    pub const TOLD_DAYS: u64 = 30;
}

/// Where a segment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentState {
    /// Waits for its time, for a claim, or for the claimant.
    Queued,
    /// A PDU was or is about to be written; no answer yet.
    Attempted,
    /// The operator took it.
    Sent,
    /// Refused for good.
    Dead,
    /// Not taken while it was valid.
    Expired,
    /// Sent twice without an answer.
    Unknown,
}

impl SegmentState {
    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::Queued, Self::Attempted, Self::Sent, Self::Dead, Self::Expired, Self::Unknown]
            .into_iter()
            .find(|s| s.word() == word)
    }

    /// The word under which it is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Attempted => "attempted",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }
}

/// A text as somebody who asks after it sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextView {
    /// The notice's id.
    pub id: Uuid,
    /// How it is treated.
    pub class: NoticeClass,
    /// Through which operator.
    pub operator: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// What was told; `None` for a reply, and once erased.
    pub notice: Option<Pii<String>>,
    /// Its segments in order.
    pub segments: Vec<SegmentView>,
}

impl TextView {
    /// Whether every segment has reached the phone.
    pub fn is_delivered(&self) -> bool {
        self.segments.iter().all(|s| s.receipt == Some(MessageState::Delivered))
    }
}

/// A segment as somebody who asks after it sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentView {
    /// Its number, from 1.
    pub number: u32,
    /// Where it stands.
    pub state: SegmentState,
    /// How many tries it has used up; a pause asked for by the operator uses none.
    pub tries: u32,
    /// Not to be sent before.
    pub next_at: Timestamp,
    /// Why it was given up or put off.
    pub cause: Option<String>,
    /// What its receipt says, for any of its copies.
    pub receipt: Option<MessageState>,
}
