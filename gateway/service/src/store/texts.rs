//! Texts: kept when leased from the core, reported once every segment has ended.

use super::batches::List;
use super::database::{Bind, Row};
use super::gateway::{at, millis};
use super::text::{FinishedText, NewText, SegmentState, SegmentView, TextEnd, TextView};
use super::{GatewayStore, MessageState, StoreError, SubscriberKey};
use dayaq_core_api::NoticeClass;
use dayaq_types::{Language, Msisdn, Pii};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What is sealed of a text as a whole.
#[derive(Serialize, Deserialize)]
pub(super) struct Content {
    msisdn: Msisdn,
    language: Language,
    pub notice: Pii<String>,
    pub words: Pii<String>,
    sha256: String,
}

impl GatewayStore {
    /// Commits a text with its segments; `false` if it is already there.
    ///
    /// A text that the core has leased out again takes over the new fence, and is reported again if it has ended.
    pub async fn add_text(&self, text: &NewText) -> Result<bool, StoreError> {
        let content = Content {
            msisdn: text.msisdn,
            language: text.language,
            notice: text.notice.clone(),
            words: text.words.clone(),
            sha256: hex(&Sha256::digest(text.words.expose())),
        };
        let content = serde_json::to_vec(&content).map_err(|error| StoreError::Database(error.to_string()))?;
        // A reply's words are in its segments; nobody asks for them again.
        let sealed = text.matters.then(|| self.seal(&context(text.id), &content));
        let segments: Vec<Vec<u8>> =
            (1..).zip(&text.segments).map(|(number, body)| self.sealed_segment(text, number, body.expose())).collect();
        let (id, subscriber, operator) = (text.id, *text.subscriber.as_bytes(), text.operator.clone());
        let (core_fence, class) = (text.core_fence.cast_signed(), class_word(text.class));
        let (now, next_at, expires_at) = (self.now_ms(), millis(text.not_before), millis(text.expires_at));
        let (rank, untold, question) = (rank(text.class), i64::from(text.matters), i64::from(text.question));
        let of = i64::try_from(segments.len()).unwrap_or(i64::MAX);
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                let added = db
                    .row(
                        "INSERT INTO texts
                            (id, core_fence, subscriber, class, operator, segments, sealed, created_at, untold, question)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING RETURNING position",
                        &[
                            id.as_bytes().into(),
                            core_fence.into(),
                            (&subscriber).into(),
                            class.into(),
                            (&operator).into(),
                            of.into(),
                            Bind::Octets(sealed.as_deref()),
                            now.into(),
                            untold.into(),
                            question.into(),
                        ],
                    )
                    .await?;
                let Some(added) = added else {
                    db.execute(
                        "UPDATE texts SET core_fence = $1, reported_at = NULL WHERE id = $2 AND core_fence < $1",
                        &[core_fence.into(), id.as_bytes().into()],
                    )
                    .await?;
                    return Ok(false);
                };
                let position: i64 = added.get("position");
                let mut list = List::after(Vec::new());
                for (number, body) in (1i64..).zip(&segments) {
                    list.push([
                        position.into(),
                        number.into(),
                        (&operator).into(),
                        rank.into(),
                        body.into(),
                        next_at.into(),
                        expires_at.into(),
                    ]);
                }
                let (values, binds) = list.whole();
                let sql = format!(
                    "INSERT INTO text_segments (text, number, operator, rank, sealed, next_at, expires_at)
                     VALUES {values}"
                );
                db.execute(&sql, &binds).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Whether a text is kept.
    pub async fn has_text(&self, id: Uuid) -> Result<bool, StoreError> {
        Ok(self.database().row("SELECT id FROM texts WHERE id = $1", &[id.as_bytes().into()]).await?.is_some())
    }

    /// Whether the operator has surely read the answer to the text that this replies to.
    pub async fn is_heard(&self, reply: Uuid) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM texts WHERE id = $1 AND heard = 1";
        Ok(self.database().row(sql, &[reply.as_bytes().into()]).await?.is_some())
    }

    /// Whether a text may be on its phone: some of it has left, or may have left with a process that is not this one.
    pub async fn may_be_read(&self, id: Uuid) -> Result<bool, StoreError> {
        let sql = "SELECT t.id FROM texts t JOIN text_segments s ON s.text = t.position WHERE t.id = $1
             AND (s.state NOT IN ('queued', 'attempted') OR s.doubts > 0 OR (s.state = 'attempted' AND s.holder <> $2))
             LIMIT 1";
        Ok(self.database().row(sql, &[id.as_bytes().into(), self.run().cast_signed().into()]).await?.is_some())
    }

    /// Whether any text may be on this phone that was added since then.
    pub async fn may_have_read_since(&self, phone: &SubscriberKey, since: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT t.id FROM texts t JOIN text_segments s ON s.text = t.position
             WHERE t.subscriber = $1 AND t.created_at >= $2 AND (s.state <> 'queued' OR s.doubts > 0) LIMIT 1";
        Ok(self.database().row(sql, &[phone.as_bytes().into(), millis(since).into()]).await?.is_some())
    }

    /// Lists up to `most` texts whose every segment has ended and that are not yet reported, oldest first.
    pub async fn finished_texts(&self, most: u32) -> Result<Vec<FinishedText>, StoreError> {
        let rows = self
            .database()
            .rows(
                "SELECT id, core_fence, segments, sealed,
                    (SELECT cause FROM text_segments WHERE text = position AND state = 'dead'
                        ORDER BY number LIMIT 1) AS cause,
                    EXISTS (SELECT 1 FROM text_segments WHERE text = position AND state = 'dead') AS dead,
                    EXISTS (SELECT 1 FROM text_segments WHERE text = position AND state = 'expired') AS expired,
                    EXISTS (SELECT 1 FROM text_segments WHERE text = position AND state = 'unknown') AS unknown
                 FROM texts WHERE reported_at IS NULL AND NOT EXISTS
                    (SELECT 1 FROM text_segments WHERE text = position AND state IN ('queued', 'attempted'))
                 ORDER BY position LIMIT $1",
                &[most.into()],
            )
            .await?;
        Ok(rows.iter().filter_map(|row| self.finished(row)).collect())
    }

    /// Reads an ended text. One whose content does not open is counted and waits for its key.
    fn finished(&self, row: &Row) -> Option<FinishedText> {
        let id = uuid(row.get("id"))?;
        let end = if row.get("dead") {
            TextEnd::Dead { cause: row.get::<Option<String>>("cause").unwrap_or_default() }
        } else if row.get("expired") {
            TextEnd::Expired
        } else if row.get("unknown") {
            TextEnd::Unknown
        } else {
            // No core asks what a reply said.
            let text_sha256 = match (row.count("core_fence"), row.get::<Option<&[u8]>>("sealed")) {
                (0, None) => String::new(),
                (_, sealed) => self.content(id, sealed)?.sha256,
            };
            TextEnd::Sent { text_sha256, segments: row.short("segments") }
        };
        Some(FinishedText { id, core_fence: row.count("core_fence"), end })
    }

    /// [`Self::reported_all`] of one; `false` if a newer lease has come meanwhile.
    pub async fn reported(&self, id: Uuid, core_fence: u64) -> Result<bool, StoreError> {
        Ok(self.reported_all(&[(id, core_fence)]).await? == 1)
    }

    /// Lists a subscriber's latest texts, newest first.
    pub async fn texts_of(&self, subscriber: &SubscriberKey, most: u32) -> Result<Vec<TextView>, StoreError> {
        let rows = self
            .database()
            .rows(
                "SELECT position, id, class, operator, sealed, created_at FROM texts
                 WHERE subscriber = $1 ORDER BY position DESC LIMIT $2",
                &[subscriber.as_bytes().into(), most.into()],
            )
            .await?;
        let mut texts = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(id) = uuid(row.get("id")) else { continue };
            let segments = self
                .database()
                .rows(
                    "SELECT s.number, s.state, s.tries, s.next_at, s.cause,
                        (SELECT r.state FROM attempt_receipts r WHERE r.text = s.text AND r.number = s.number
                         ORDER BY r.state = 'DELIVRD' DESC, r.at DESC LIMIT 1) AS receipt
                     FROM text_segments s WHERE s.text = $1 ORDER BY s.number",
                    &[row.get::<i64>("position").into()],
                )
                .await?;
            let content = row.get::<Option<&[u8]>>("sealed").and_then(|sealed| self.content(id, Some(sealed)));
            texts.push(TextView {
                id,
                class: class(row.get("class")),
                operator: row.get("operator"),
                created_at: at(row.get("created_at")),
                notice: content.map(|content| content.notice),
                segments: segments.iter().filter_map(segment_view).collect(),
            });
        }
        Ok(texts)
    }

    pub(super) fn content(&self, id: Uuid, sealed: Option<&[u8]>) -> Option<Content> {
        let plain = self.open_or_count(&context(id), sealed)?;
        serde_json::from_slice(&plain).ok()
    }
}

fn segment_view(row: &Row) -> Option<SegmentView> {
    Some(SegmentView {
        number: row.short("number"),
        state: SegmentState::parse(row.get("state"))?,
        tries: row.short("tries"),
        next_at: at(row.get("next_at")),
        cause: row.get("cause"),
        receipt: row.get::<Option<&str>>("receipt").and_then(MessageState::parse),
    })
}

fn context(id: Uuid) -> Vec<u8> {
    [b"text/", &id.as_bytes()[..]].concat()
}

const fn class_word(class: NoticeClass) -> &'static str {
    match class {
        NoticeClass::Reply => "reply",
        NoticeClass::Outcome => "outcome",
    }
}

/// The rank of replies: the first of all.
pub(super) const REPLY_RANK: i64 = 0;

/// The place of a class in the queue: a person waits for a reply (I5).
const fn rank(class: NoticeClass) -> i64 {
    match class {
        NoticeClass::Reply => REPLY_RANK,
        NoticeClass::Outcome => REPLY_RANK + 1,
    }
}

/// Reads a class that the table's own check has let in.
pub(super) fn class(word: &str) -> NoticeClass {
    if word == "reply" { NoticeClass::Reply } else { NoticeClass::Outcome }
}

pub(super) fn uuid(octets: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(octets).ok()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
