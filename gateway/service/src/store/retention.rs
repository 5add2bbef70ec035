//! What the gateway store keeps for how long, and how it goes.

use super::gateway::{millis, short};
use super::text::UntoldText;
use super::{DRAFT_LIFE, GatewayStore, StoreError};
use dayaq_author::Table;
use dayaq_sql::{Column, Due, Kind, Sweeper, Tallies};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// The name of this store in the sweep's metrics.
const STORE: &str = "gateway";

/// How long what the gateway has stored lives on. Drafts have a key of their own, `draft_hours`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Replies of dialogues with everything that became of them: whoever wrote is on the next question by now. An operator
    /// that delivers a text again does so within this time, and finds that it was answered.
    pub reply: Duration,
    /// The bodies of notices: afterwards nobody can read what a family was told.
    pub body: Duration,
    /// The rows that tell what became of a notice: as long as somebody may ask whether it went out. That it did, and its hash,
    /// stay in the core with the decision.
    pub record: Duration,
    /// Receipts of messages that nobody knows: for the answer to a submit_sm that comes late (A33).
    pub stray: Duration,
    /// Published dialogues that no gateway has in force any more, and nobody has been served from since.
    pub book: Duration,
    /// Drafts, counted from when they were last saved; here for the ids of finished calls, of which no draft may be left that
    /// could make them again.
    pub draft: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self { reply: 3 * DAY, body: 90 * DAY, record: 365 * DAY, stray: 3 * DAY, book: 180 * DAY, draft: DRAFT_LIFE }
    }
}

impl Retention {
    /// Reads what `[retention]` says of the gateway's rows.
    pub fn read(table: &Table<'_>) -> Self {
        let usual = Self::default();
        let hours =
            |key, range, usual: Duration| Duration::from_hours(table.integer_or(key, range, usual.as_secs() / 3_600));
        let days = |key, range, usual: Duration| table.integer_or(key, range, usual.as_secs() / DAY.as_secs());
        // What a phone was not told is told at its next contact within 30 days.
        let body = days("body_days", UntoldText::TOLD_DAYS + 1..=3_650, usual.body);
        let record = days("record_days", UntoldText::TOLD_DAYS + 1..=3_650, usual.record);
        if record < body {
            table.error("record_days", format!("must not be less than body_days ({body}): a body goes with its row"));
        }
        Self {
            reply: hours("reply_hours", 24..=720, usual.reply),
            body: DAY * u32::try_from(body).unwrap_or(u32::MAX),
            record: DAY * u32::try_from(record).unwrap_or(u32::MAX),
            stray: hours("stray_receipt_hours", 24..=720, usual.stray),
            book: DAY * u32::try_from(days("book_days", 30..=3_650, usual.book)).unwrap_or(u32::MAX),
            draft: usual.draft,
        }
    }

    /// What is past its time by then, in the order in which it goes: bodies before the rows that they are of. Where gateways
    /// share the rows, live sessions are elsewhere.
    pub fn dues(&self, now: Timestamp, shared: bool) -> Vec<Due> {
        let now = millis(now);
        let kept = |life: Duration| now.saturating_sub(short(life));
        let due = |kind, until| Due { kind, until };
        let sessions = (!shared).then_some(due(&SESSIONS, now));
        let others = [
            due(&DRAFTS, now),
            due(&CALLS, kept(self.draft + FINISHED_CALL_LIFE)),
            due(&REPLIES, kept(self.reply.min(self.body))),
            due(&BODIES, kept(self.body)),
            due(&RECORDS, kept(self.record)),
            due(&STRAYS, kept(self.stray)),
            due(&BOOKS, kept(self.book)),
        ];
        sessions.into_iter().chain(others).collect()
    }
}

/// The id of a finished call is kept so much longer than any draft that could make it again.
const FINISHED_CALL_LIFE: Duration = Duration::from_hours(4 * 24);

const SESSIONS: Kind = Kind {
    name: "sessions",
    table: "sessions",
    at: "expires_at",
    key: &[Column::Octets("subscriber")],
    when: "1 = 1",
    unless: None,
    revisits: true,
    erase: &["DELETE FROM sessions WHERE subscriber IN ({keys})"],
};

const DRAFTS: Kind =
    Kind { name: "drafts", table: "drafts", erase: &["DELETE FROM drafts WHERE subscriber IN ({keys})"], ..SESSIONS };

const CALLS: Kind = Kind {
    name: "calls",
    table: "pending_calls",
    at: "finished_at",
    key: POSITION,
    when: "finished_at IS NOT NULL",
    erase: &["DELETE FROM pending_calls WHERE position IN ({keys})"],
    ..SESSIONS
};

const POSITION: &[Column] = &[Column::Integer("position")];

const REPLIES: Kind = Kind {
    name: "replies",
    table: "texts",
    at: "created_at",
    key: POSITION,
    when: "reported_at IS NOT NULL AND class = 'reply' AND untold = 0",
    erase: &[RECEIPTS_OF_TEXTS, TEXTS],
    ..SESSIONS
};

const BODIES: Kind = Kind {
    name: "bodies",
    when: "reported_at IS NOT NULL AND (class <> 'reply' OR untold = 1) AND sealed IS NOT NULL",
    erase: &[
        "UPDATE text_segments SET sealed = NULL WHERE text IN ({keys})",
        "UPDATE texts SET sealed = NULL WHERE position IN ({keys})",
    ],
    ..REPLIES
};

const RECORDS: Kind = Kind {
    name: "records",
    when: "reported_at IS NOT NULL AND (class <> 'reply' OR untold = 1) AND sealed IS NULL",
    ..REPLIES
};

/// With their segments and attempts.
const TEXTS: &str = "DELETE FROM texts WHERE position IN ({keys})";

/// The receipts that are about these texts, as the view `attempt_receipts` has it: not those of a later message of the name.
const RECEIPTS_OF_TEXTS: &str = "DELETE FROM receipts WHERE (operator, message_id, subscriber, at) IN (
        SELECT r.operator, r.message_id, r.subscriber, r.at
        FROM text_attempts a
        JOIN texts t ON t.position = a.text
        JOIN receipts r ON r.operator = a.operator AND r.message_id = a.message_id AND r.at >= a.at - 2000
            AND (r.subscriber = t.subscriber OR length(r.subscriber) = 0)
        WHERE a.text IN ({keys}) AND NOT EXISTS (SELECT 1 FROM text_attempts b JOIN texts u ON u.position = b.text
            WHERE b.operator = a.operator AND b.message_id = a.message_id AND b.at > a.at AND b.at - 2000 <= r.at
            AND (u.subscriber = t.subscriber OR length(r.subscriber) = 0)))";

/// A receipt whose message is known goes with its text, and is looked at here once.
const STRAYS: Kind = Kind {
    name: "stray-receipts",
    table: "receipts",
    at: "at",
    key: &[Column::Text("operator"), Column::Text("message_id"), Column::Octets("subscriber"), Column::Integer("at")],
    unless: Some(
        "EXISTS (SELECT 1 FROM text_attempts a JOIN texts t ON t.position = a.text
         WHERE a.operator = receipts.operator AND a.message_id = receipts.message_id
            AND (receipts.subscriber = t.subscriber OR length(receipts.subscriber) = 0))",
    ),
    revisits: false,
    erase: &["DELETE FROM receipts WHERE (operator, message_id, subscriber, at) IN ({keys})"],
    ..SESSIONS
};

const BOOKS: Kind = Kind {
    name: "books",
    table: "books",
    at: "used_at",
    key: &[Column::Text("hash")],
    erase: &["DELETE FROM books WHERE hash IN ({keys})"],
    ..SESSIONS
};

impl GatewayStore {
    /// What sweeps this store, round by round.
    pub fn sweeper(&self) -> Sweeper {
        Sweeper::new(STORE, self.database().clone(), Arc::clone(self.clock()))
    }

    /// Sweeps once: erases what is past its time by then.
    pub async fn sweep_by(&self, sweeper: &mut Sweeper, now: Timestamp) -> Result<Tallies, StoreError> {
        sweeper.round(&self.retention().dues(now, self.database().is_shared())).await
    }

    /// Sweeps once, without a rest.
    pub async fn sweep(&self, now: Timestamp) -> Result<Swept, StoreError> {
        let tallies = self.sweep_by(&mut self.sweeper().without_rests(), now).await?;
        let of = |kind: &Kind| tallies.get(kind.name).map_or(0, |tally| tally.erased);
        Ok(Swept {
            sessions: of(&SESSIONS),
            drafts: of(&DRAFTS),
            calls: of(&CALLS),
            replies: of(&REPLIES),
            texts: of(&BODIES),
            records: of(&RECORDS),
            receipts: of(&STRAYS),
            books: of(&BOOKS),
        })
    }
}

/// What a sweep erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Expired sessions.
    pub sessions: u64,
    /// Expired drafts.
    pub drafts: u64,
    /// Ids of finished calls.
    pub calls: u64,
    /// Replies with all their rows.
    pub replies: u64,
    /// Texts whose bodies were erased.
    pub texts: u64,
    /// Texts of which nothing is left.
    pub records: u64,
    /// Receipts of unknown messages.
    pub receipts: u64,
    /// Published dialogues.
    pub books: u64,
}
