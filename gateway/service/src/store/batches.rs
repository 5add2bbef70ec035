//! What the pusher says of many segments at once: one commit and a few statements for all of them.

use super::database::{Bind, Change, Row};
use super::gateway::short;
use super::text::Ticket;
use super::texts::uuid;
use super::{GatewayStore, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

/// Rows of a list in a statement. Each list is filled up to one of these lengths by repeating its last row, so that
/// there are few different statements and each is prepared once.
const LENGTHS: [usize; 3] = [1, 8, LIST_MAX];
/// The most that one list holds; more are taken in turns of so many.
const LIST_MAX: usize = 64;

impl GatewayStore {
    /// Commits that these PDUs are about to be written (D06) and gives those whose claim stands; no other may be.
    ///
    /// `answer_within` is how long the operator may take; a process that is still there after that says what happened
    /// by [`Self::segment_in_doubt`], and for one that is gone the attempt counts as in doubt by itself.
    pub async fn attempt_all(&self, tickets: &[Ticket], answer_within: Duration) -> Result<Vec<Ticket>, StoreError> {
        let (tickets, now) = (tickets.to_vec(), self.now_ms());
        let until = now.saturating_add(short(answer_within));
        self.write(move |mut db| {
            Box::pin(async move {
                let mut attempted = Vec::with_capacity(tickets.len());
                for tickets in tickets.chunks(LIST_MAX) {
                    let keys = hold(&mut db, tickets).await?;
                    let mut list = List::after(vec![until.into()]);
                    keys.keys().for_each(|key| list.push(key.map(Bind::from)));
                    let Some((values, binds)) = list.finish() else { continue };
                    let sql = format!(
                        "UPDATE text_segments SET state = 'attempted', leased_to = $1
                         WHERE state = 'queued' AND (text, number, fence) IN (SELECT * FROM (VALUES {values}) AS listed)
                         RETURNING text, number, fence, operator"
                    );
                    let rows = db.rows(&sql, &binds).await?;
                    let mut list = List::after(Vec::new());
                    for row in &rows {
                        let [text, number, fence] = key_of(row).map(Bind::from);
                        list.push([text, number, fence, now.into(), row.get::<&str>("operator").into()]);
                    }
                    let Some((values, binds)) = list.finish() else { continue };
                    let sql = format!(
                        "INSERT INTO text_attempts (text, number, fence, at, operator) VALUES {values}
                         ON CONFLICT DO NOTHING"
                    );
                    db.execute(&sql, &binds).await?;
                    attempted.extend(rows.iter().filter_map(|row| keys.get(&key_of(row)).copied()));
                }
                Ok(attempted)
            })
        })
        .await
    }

    /// Records that the operator took the PDUs of these attempts, each under its name, and gives those that there were.
    ///
    /// An answer is believed however late it comes (A43): it also ends a segment that waits for its resend or whose
    /// resend is under way. An empty name is accepted; no receipt will find it (A19).
    pub async fn sent_all(&self, sent: &[(Ticket, String)]) -> Result<Vec<Ticket>, StoreError> {
        self.sent_and_heard(sent, &[]).await
    }

    /// The same, and that the operator has read the answers to the texts to which these reply.
    pub async fn sent_and_heard(&self, sent: &[(Ticket, String)], heard: &[Uuid]) -> Result<Vec<Ticket>, StoreError> {
        let (sent, heard) = (sent.to_vec(), heard.to_vec());
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                let mut recorded = Vec::with_capacity(sent.len());
                for sent in sent.chunks(LIST_MAX) {
                    let (tickets, names): (Vec<Ticket>, Vec<&str>) =
                        sent.iter().map(|(ticket, name)| (*ticket, name.as_str())).unzip();
                    let keys = hold(&mut db, &tickets).await?;
                    let mut list = List::after(Vec::new());
                    for (key, ticket) in &keys {
                        let name = tickets.iter().position(|t| t == ticket).map_or("", |place| names[place]);
                        let [text, number, fence] = key.map(Bind::from);
                        list.push([text, number, fence, name.into()]);
                    }
                    let Some((values, binds)) = list.finish() else { continue };
                    let sql = format!(
                        "WITH answers (text, number, fence, message_id) AS (VALUES {values})
                         UPDATE text_attempts SET message_id = answers.message_id FROM answers
                         WHERE text_attempts.text = answers.text AND text_attempts.number = answers.number
                         AND text_attempts.fence = answers.fence
                         RETURNING text_attempts.text AS text, text_attempts.number AS number,
                            text_attempts.fence AS fence"
                    );
                    let rows = db.rows(&sql, &binds).await?;
                    let mut list = List::after(Vec::new());
                    for row in &rows {
                        let [text, number, _] = key_of(row).map(Bind::from);
                        list.push([text, number]);
                    }
                    let Some((values, binds)) = list.finish() else { continue };
                    let sql = format!(
                        "UPDATE text_segments SET state = 'sent', leased_to = 0, cause = NULL
                         WHERE (text, number) IN (SELECT * FROM (VALUES {values}) AS listed) AND state IN ('queued', 'attempted', 'unknown')
                         AND EXISTS (SELECT 1 FROM texts WHERE position = text AND reported_at IS NULL)"
                    );
                    db.execute(&sql, &binds).await?;
                    recorded.extend(rows.iter().filter_map(|row| keys.get(&key_of(row)).copied()));
                }
                for heard in heard.chunks(LIST_MAX) {
                    let mut list = List::after(Vec::new());
                    heard.iter().for_each(|reply| list.push([reply.as_bytes().into()]));
                    let Some((values, binds)) = list.finish() else { continue };
                    db.execute(&format!("UPDATE texts SET heard = 1 WHERE id IN (VALUES {values})"), &binds).await?;
                }
                Ok(recorded)
            })
        })
        .await
    }

    /// Notes that the core has taken the ends of these texts, each under its fence, and gives how many were noted: not
    /// one whose newer lease has come meanwhile.
    pub async fn reported_all(&self, reports: &[(Uuid, u64)]) -> Result<u64, StoreError> {
        let (reports, now) = (reports.to_vec(), self.now_ms());
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                let mut noted = 0;
                for reports in reports.chunks(LIST_MAX) {
                    let mut list = List::after(vec![now.into()]);
                    for (id, fence) in reports {
                        list.push([id.as_bytes().into(), fence.cast_signed().into()]);
                    }
                    let Some((values, binds)) = list.finish() else { continue };
                    let sql = format!("UPDATE texts SET reported_at = $1 WHERE (id, core_fence) IN (SELECT * FROM (VALUES {values}) AS listed)");
                    noted += db.execute(&sql, &binds).await?;
                }
                Ok(noted)
            })
        })
        .await
    }
}

/// A segment and its claim's fence, as the tables know them: position of the text, number, fence.
type Key = [i64; 3];

/// Takes hold of the tickets' texts, in one order, so that what is read of their segments stays true until the change
/// is made; gives the tickets by what the tables call them, but those of texts that are not there.
async fn hold(db: &mut Change<'_>, tickets: &[Ticket]) -> Result<BTreeMap<Key, Ticket>, StoreError> {
    let texts: BTreeSet<Uuid> = tickets.iter().map(|ticket| ticket.text).collect();
    let mut list = List::after(Vec::new());
    texts.iter().for_each(|text| list.push([text.as_bytes().into()]));
    let Some((values, binds)) = list.finish() else { return Ok(BTreeMap::new()) };
    let lock = db.for_update();
    let sql = format!("SELECT id, position FROM texts WHERE id IN (VALUES {values}) ORDER BY position{lock}");
    let rows = db.rows(&sql, &binds).await?;
    let positions: BTreeMap<Uuid, i64> =
        rows.iter().filter_map(|row| Some((uuid(row.get("id"))?, row.get("position")))).collect();
    let key = |ticket: &Ticket| {
        Some(([*positions.get(&ticket.text)?, ticket.number.into(), ticket.fence.cast_signed()], *ticket))
    };
    Ok(tickets.iter().filter_map(key).collect())
}

fn key_of(row: &Row) -> Key {
    [row.get("text"), row.get("number"), row.get("fence")]
}

/// The rows of a `VALUES` list under way, and the binds of its statement.
///
/// Where a row of it has several columns the list must stand within a `SELECT`: SQLite finds nothing by an index that is to be
/// in several `VALUES`, and would look at the whole table.
pub(super) struct List<'a, const N: usize> {
    before: usize,
    binds: Vec<Bind<'a>>,
}

impl<'a, const N: usize> List<'a, N> {
    /// Begins a list in a statement that has these binds before it.
    pub(super) fn after(binds: Vec<Bind<'a>>) -> Self {
        Self { before: binds.len(), binds }
    }

    pub(super) fn push(&mut self, row: [Bind<'a>; N]) {
        self.binds.extend(row);
    }

    /// Fills it up and writes it; `None` for an empty one.
    fn finish(mut self) -> Option<(String, Vec<Bind<'a>>)> {
        let rows = (self.binds.len() - self.before) / N;
        let length = LENGTHS.into_iter().find(|length| rows <= *length).unwrap_or(rows);
        let last: Vec<Bind<'a>> = self.binds[self.binds.len().checked_sub(N).filter(|_| rows > 0)?..].to_vec();
        (rows..length).for_each(|_| self.binds.extend(&last));
        Some(self.whole())
    }

    /// Writes it as it is: for rows that may not be repeated.
    pub(super) fn whole(self) -> (String, Vec<Bind<'a>>) {
        let length = (self.binds.len() - self.before) / N;
        let row = |row: usize| {
            let columns: Vec<String> = (1..=N).map(|column| format!("${}", self.before + row * N + column)).collect();
            format!("({})", columns.join(", "))
        };
        let rows: Vec<String> = (0..length).map(row).collect();
        (rows.join(", "), self.binds)
    }
}
